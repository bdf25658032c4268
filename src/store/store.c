#include "store/store_internal.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "store/migrate.h"

enum { READERS_DEFAULT = 4, READERS_LIMIT = 64 };

struct arena *store_tx_arena(struct store_tx *tx)
{
	return tx->arena;
}

const char *store_tx_chain(const struct store_tx *tx)
{
	return tx->chain ? tx->chain : "";
}

/* ---- readers: opened when first needed, up to the number given ---- */

static enum status readers_init(struct store *store, unsigned readers)
{
	const size_t wanted = readers ? readers : READERS_DEFAULT;

	store->readers_max = wanted < READERS_LIMIT ? wanted : READERS_LIMIT;
	pthread_mutex_init(&store->readers_lock, NULL);
	pthread_cond_init(&store->readers_wake, NULL);
	store->idle = calloc(store->readers_max, sizeof(struct connection *));
	return store->idle ? OK : E_NOMEM;
}

static void readers_done(struct store *store)
{
	for (size_t i = 0; i < store->idle_count; i++)
		connection_close(&store->idle[i]);
	free(store->idle);
	pthread_cond_destroy(&store->readers_wake);
	pthread_mutex_destroy(&store->readers_lock);
}

static enum status reader_open(struct store *store, struct connection **ret_reader)
{
	const struct connection_settings settings = {.path = store->path};
	char problem[256] = "";
	enum status status = connection_open(&settings, ret_reader, problem);

	if (status != OK)
		log_error("store.open_failed", LOG_S("problem", problem));
	return status == E_NOMEM ? E_NOMEM : (status == OK ? OK : E_STORE);
}

static enum status reader_take(struct store *store, struct connection **ret_reader)
{
	bool must_open = false;
	enum status status = OK;

	pthread_mutex_lock(&store->readers_lock);
	while (store->idle_count == 0 && store->open_count == store->readers_max)
		pthread_cond_wait(&store->readers_wake, &store->readers_lock);
	store->reads++;
	if (store->idle_count > 0) {
		*ret_reader = store->idle[--store->idle_count];
	} else {
		store->open_count++;
		must_open = true;
	}
	pthread_mutex_unlock(&store->readers_lock);
	if (must_open)
		status = reader_open(store, ret_reader);
	if (status == OK)
		return OK;
	pthread_mutex_lock(&store->readers_lock);
	store->open_count--;
	pthread_cond_signal(&store->readers_wake);
	pthread_mutex_unlock(&store->readers_lock);
	return status;
}

static void reader_give(struct store *store, struct connection *reader)
{
	pthread_mutex_lock(&store->readers_lock);
	store->idle[store->idle_count++] = reader;
	pthread_cond_signal(&store->readers_wake);
	pthread_mutex_unlock(&store->readers_lock);
}

static enum status reader_run(struct connection *reader, struct arena *arena, store_fn fn, void *ctx)
{
	struct store_tx tx = {.connection = reader, .arena = arena};
	enum status status;

	connection_clear(reader);
	TRY(sql_run(&tx, SQL(connection_dialect(reader)->begin_read), NULL));
	status = fn(&tx, ctx);
	if (connection_is_lost(reader) || sql_run(&tx, SQL("COMMIT"), NULL) != OK)
		status = E_STORE;
	connection_rollback(reader);
	return status;
}

enum status store_read(struct store *store, struct arena *arena, store_fn fn, void *ctx)
{
	struct connection *reader = NULL;
	enum status status;

	TRY(reader_take(store, &reader));
	status = reader_run(reader, arena, fn, ctx);
	reader_give(store, reader);
	return status;
}

/* ---- open and close ---- */

static enum status writer_open(struct store *store, const struct store_settings *settings, char problem[256])
{
	const bool is_memory = store->private_folder;
	const struct connection_settings wanted = {
		.path = store->path,
		.create = settings->create || is_memory,
		.may_write = true,
	};
	const struct migrate_settings schema = {
		.migrations = store_migrations,
		.count = store_migration_count,
		.may_change = settings->migrate || is_memory,
	};

	TRY(connection_open(&wanted, &store->writer, problem));
	return store_migrate(store->writer, &schema, problem);
}

static enum status store_init(struct store *store, const struct store_settings *settings, char problem[256])
{
	snprintf(store->chain, sizeof(store->chain), "%s", settings->chain ? settings->chain : "local/command");
	TRY(location_init(store, settings->url, problem));
	TRY(writer_open(store, settings, problem));
	return readers_init(store, settings->readers);
}

static void store_free(struct store *store)
{
	if (store->idle)
		readers_done(store);
	connection_close(&store->writer);
	location_done(store);
	free(store);
}

enum status store_open(const struct store_settings *settings, struct store **ret_store, char problem[256])
{
	char sentence[256] = "out of memory";
	struct store *store = calloc(1, sizeof(*store));
	enum status status = store ? store_init(store, settings, sentence) : E_NOMEM;

	if (status == OK)
		status = commit_init(store);
	if (status == OK)
		*ret_store = store;
	else if (store)
		store_free(store);
	if (status != OK && problem)
		snprintf(problem, 256, "%s", sentence);
	return status;
}

void store_close(struct store **store)
{
	struct store *gone = *store;

	*store = NULL;
	if (!gone)
		return;
	commit_done(gone);
	store_free(gone);
}

/* ---- about the whole ---- */

static enum status version_read(struct store_tx *tx, void *ctx)
{
	return sql_number(tx, SQL(connection_dialect(tx->connection)->version), ctx);
}

/* On the writing connection, because that is the one whose own commits do not count. */
enum status store_version(struct store *store, int64_t *ret_version)
{
	int64_t version = 0;

	TRY(store_write(store, version_read, &version));
	*ret_version = version;
	return OK;
}

void store_counters(struct store *store, struct store_counters *ret_counters)
{
	struct store_counters counters;

	pthread_mutex_lock(&store->lock);
	counters = store->counters;
	pthread_mutex_unlock(&store->lock);
	pthread_mutex_lock(&store->readers_lock);
	counters.reads = store->reads;
	pthread_mutex_unlock(&store->readers_lock);
	*ret_counters = counters;
}

enum status store_check(struct store *store, char problem[256])
{
	char sentence[256] = "out of memory";
	struct connection *reader = NULL;
	enum status status = reader_take(store, &reader);

	if (status == OK) {
		status = connection_check(reader, sentence);
		reader_give(store, reader);
	}
	if (status != OK && problem)
		snprintf(problem, 256, "%s", sentence);
	return status;
}
