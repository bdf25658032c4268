#include "store/backup.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/backup_internal.h"
#include "store/migrate.h"
#include "store/partial.h"
#include "store/transaction.h"

enum { BACKUP_ARENA_SIZE = 4 << 20 };

struct backup {
	struct backup_settings settings;
	const struct backup_hasher *hasher;
	struct partial partial;
	struct connection *file;
	struct arena *arena;
	struct backup_sums sums;
};

static enum status failed_say(enum status status, const char *path, char problem[256])
{
	if (!*problem)
		snprintf(problem, 256, "%s: cannot be written (%s); is the disk full?", path, status_name(status));
	return status;
}

/* ---- the file ---- */

static enum status file_make(struct backup *backup, char problem[256])
{
	const struct connection_settings wanted = {.target = backup->partial.under,
						   .create = true,
						   .may_write = true,
						   .is_file = true};
	const struct migrate_settings schema = {store_migrations, store_migration_count, true, true};

	TRY(connection_open(&driver_sqlite, &wanted, &backup->file, problem));
	*problem = '\0';
	return store_migrate(backup->file, &schema, problem);
}

/* ---- its rows ---- */

static enum status snapshot_read(struct store_tx *tx, void *ctx)
{
	struct backup *backup = ctx;
	const struct copy copy = {.from = tx->connection, .to = backup->file, .file = backup->file};

	return copy_all(&copy, &backup->sums.rows);
}

static enum status facts_write(struct store_tx *tx, const struct backup_settings *settings)
{
	char made_at[24];

	snprintf(made_at, sizeof(made_at), "%" PRId64, settings->now);
	TRY(store_meta_set(tx, "backup.format", BACKUP_FORMAT));
	TRY(store_meta_set(tx, "backup.made_at", made_at));
	return store_meta_set(tx, "backup.issuer", settings->issuer);
}

static enum status rows_write(struct backup *backup, struct store *store)
{
	struct store_tx tx = {.connection = backup->file, .arena = backup->arena};
	enum status status;

	TRY(transaction_begin(backup->file));
	status = store_read(store, backup->arena, snapshot_read, backup);
	if (status == OK)
		status = facts_write(&tx, &backup->settings);
	return transaction_end(backup->file, status);
}

enum status backup_hash(struct connection *file, const struct backup_hasher *hasher, char ret_hex[65])
{
	struct copy_sink sink = {.add = hasher->add, .ctx = hasher->begin()};
	enum status status = copy_digest(file, &sink);

	hasher->end(sink.ctx, ret_hex);
	return status;
}

static enum status backup_make(struct backup *backup, struct store *store, char problem[256])
{
	const char *path = backup->settings.path;

	TRY(partial_begin(path, ".partial", &backup->partial, problem));
	TRY(file_make(backup, problem));
	*problem = '\0';
	if (rows_write(backup, store) != OK || backup_hash(backup->file, backup->hasher, backup->sums.sha256) != OK)
		return failed_say(E_STORE, path, problem);
	return OK;
}

enum status backup_begin(struct store *store, const struct backup_settings *settings,
			 const struct backup_hasher *hasher, struct backup **ret_backup, char problem[256])
{
	struct backup *backup;
	enum status status;

	*problem = '\0';
	if (!settings->may_replace && access(settings->path, F_OK) == 0) {
		snprintf(problem, 256, "%s: is there already", settings->path);
		return E_CONFLICT;
	}
	backup = calloc(1, sizeof(*backup));
	if (!backup)
		return E_NOMEM;
	backup->settings = *settings;
	backup->hasher = hasher;
	backup->partial.lock = -1;
	backup->arena = arena_new(BACKUP_ARENA_SIZE);
	status = backup->arena ? backup_make(backup, store, problem) : E_NOMEM;
	if (status == OK)
		*ret_backup = backup;
	else
		backup_close(&backup);
	return status;
}

const struct backup_sums *backup_sums(const struct backup *backup)
{
	return &backup->sums;
}

static enum status seal_write(struct backup *backup, const char *mac)
{
	struct store_tx tx = {.connection = backup->file, .arena = backup->arena};
	enum status status;

	TRY(transaction_begin(backup->file));
	status = store_meta_set(&tx, "backup.sha256", backup->sums.sha256);
	if (status == OK)
		status = store_meta_set(&tx, "backup.mac", mac);
	return transaction_end(backup->file, status);
}

enum status backup_finish(struct backup *backup, const char *mac, char problem[256])
{
	*problem = '\0';
	if (seal_write(backup, mac) != OK)
		return failed_say(E_STORE, backup->settings.path, problem);
	connection_close(&backup->file);
	return partial_finish(&backup->partial, backup->settings.may_replace, problem);
}

void backup_close(struct backup **backup)
{
	struct backup *gone = *backup;

	*backup = NULL;
	if (!gone)
		return;
	connection_close(&gone->file);
	partial_done(&gone->partial);
	arena_free(gone->arena);
	free(gone);
}
