#include "store/store_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char sqlite_prefix[] = "sqlite:";

/*
 * SQLite's own in-memory databases belong to one connection, or share their cache and then know neither snapshots nor
 * waiting. A file in memory behaves exactly like one on disk, so that is what it is.
 */
static enum status memory_init(struct store *store, char problem[256])
{
	const char *const parents[] = {"/dev/shm", "/tmp"};
	char folder[64];

	for (size_t i = 0; i < ARRAY_COUNT(parents); i++) {
		snprintf(folder, sizeof(folder), "%s/symbolon-XXXXXX", parents[i]);
		if (!mkdtemp(folder))
			continue;
		store->private_folder = strdup(folder);
		if (!store->private_folder || asprintf(&store->target, "%s/memory.db", folder) < 0) {
			rmdir(folder);
			return E_NOMEM;
		}
		return OK;
	}
	snprintf(problem, 256, "no folder for a database in memory: neither /dev/shm nor /tmp can be written");
	return E_STORE;
}

bool store_url_is_postgres(const char *url)
{
	return text_has_prefix(url, "postgresql://") || text_has_prefix(url, "postgres://");
}

enum status location_init(struct store *store, const char *url, char problem[256])
{
	const bool is_sqlite = text_has_prefix(url, sqlite_prefix) && url[strlen(sqlite_prefix)];

	if (!is_sqlite && !store_url_is_postgres(url)) {
		snprintf(problem, 256, "store: must be sqlite:PATH or postgresql://…");
		return E_INVALID;
	}
	store->driver = is_sqlite ? &driver_sqlite : &driver_postgres;
	if (strcmp(url, "sqlite::memory:") == 0)
		return memory_init(store, problem);
	store->target = strdup(is_sqlite ? url + strlen(sqlite_prefix) : url);
	return store->target ? OK : E_NOMEM;
}

void location_done(struct store *store)
{
	static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
	char path[128];

	if (store->private_folder) {
		for (size_t i = 0; i < ARRAY_COUNT(endings); i++) {
			snprintf(path, sizeof(path), "%s/memory.db%s", store->private_folder, endings[i]);
			unlink(path);
		}
		rmdir(store->private_folder);
	}
	free(store->private_folder);
	if (store->target)
		explicit_bzero(store->target, strlen(store->target)); /* a URL may hold a password */
	free(store->target);
	store->private_folder = NULL;
	store->target = NULL;
}
