#include <stdio.h>
#include <stdlib.h>

#include "store/backup_internal.h"
#include "store/migrate.h"
#include "store/sql.h"

enum { FILE_ARENA_SIZE = 4 << 20 };

static const char not_ours[] = "is not a backup that `symbolon backup` made, or it is damaged";

static enum status not_ours_say(const char *path, char problem[256])
{
	snprintf(problem, 256, "%s: %s", path, not_ours);
	return E_INVALID;
}

/* ---- what it says of itself ---- */

static enum status text_get(struct store_tx *tx, const char *name, const char **ret_value)
{
	enum status status = store_meta_get(tx, name, ret_value);

	return status == E_NOT_FOUND ? E_INVALID : status;
}

static enum status number_get(struct store_tx *tx, const char *name, int64_t *ret_number)
{
	const char *text;
	char *end;

	TRY(text_get(tx, name, &text));
	*ret_number = strtoll(text, &end, 10);
	return *text && !*end && *ret_number >= 0 ? OK : E_INVALID;
}

struct mac_key {
	const char *kid;
	const char *alg;
	const uint8_t *sealed;
	size_t size;
};
static const struct sql_field mac_key_fields[] = {
	FIELD(struct mac_key, kid),
	FIELD(struct mac_key, alg),
	FIELD(struct mac_key, sealed),
};
static const struct sql_table mac_key_table = {"keys", mac_key_fields, ARRAY_COUNT(mac_key_fields),
					       sizeof(struct mac_key), false};

static enum status mac_key_get(struct store_tx *tx, struct backup_facts *facts)
{
	struct mac_key key = {0};
	enum status status =
		sql_find(tx, &mac_key_table,
			 SQL("WHERE purpose = 'mac' AND state = 'current' ORDER BY created_at DESC"), &key);

	if (status != OK || !key.kid || !key.alg || !key.sealed)
		return status == E_STORE ? E_STORE : E_INVALID;
	facts->mac_key.kid = key.kid;
	facts->mac_key.alg = key.alg;
	facts->mac_key.sealed = key.sealed;
	facts->mac_key.size = key.size;
	return OK;
}

static enum status facts_read(struct backup_file *file)
{
	struct store_tx tx = {.connection = file->connection, .arena = file->arena};
	struct backup_facts *facts = &file->facts;
	const char *format = NULL;

	TRY(text_get(&tx, "backup.format", &format));
	if (strcmp(format, BACKUP_FORMAT) != 0)
		return E_CONFLICT;
	TRY(number_get(&tx, "backup.made_at", &facts->made_at));
	TRY(text_get(&tx, "backup.issuer", &facts->issuer));
	TRY(text_get(&tx, "backup.sha256", &facts->sha256));
	TRY(text_get(&tx, "backup.mac", &facts->mac));
	if (number_get(&tx, "epoch", &facts->epoch) != OK)
		facts->epoch = 0; /* never restored */
	return mac_key_get(&tx, facts);
}

/* ---- opening ---- */

static enum status shape_check(struct backup_file *file, const char *path, char problem[256])
{
	const struct migrate_settings schema = {store_migrations, store_migration_count, false};
	enum status status;

	if (copy_tables_check(file->connection) != OK)
		return not_ours_say(path, problem);
	status = store_migrated(file->connection, &schema, &file->migrations, problem);
	if (status == E_CONFLICT)
		return status;
	if (status != OK || file->migrations == 0)
		return not_ours_say(path, problem);
	if (file->migrations > store_migration_count) {
		snprintf(problem, 256, "%s: was made by a newer version; restore it with that version", path);
		return E_CONFLICT;
	}
	file->facts.last_migration = store_migrations[file->migrations - 1].name;
	return OK;
}

static enum status file_read(struct backup_file *file, const char *path, const struct backup_hasher *hasher,
			     char problem[256])
{
	enum status status;

	if (connection_begin(file->connection, BEGIN_READ) != OK)
		return not_ours_say(path, problem);
	TRY(shape_check(file, path, problem));
	status = facts_read(file);
	if (status == E_CONFLICT)
		snprintf(problem, 256, "%s: was made by a newer version; restore it with that version", path);
	if (status == E_CONFLICT || status == E_NOMEM)
		return status;
	if (status != OK || backup_hash(file->connection, hasher, file->facts.computed_sha256) != OK)
		return not_ours_say(path, problem);
	return OK;
}

enum status backup_file_open(const char *path, const struct backup_hasher *hasher, struct backup_file **ret_file,
			     char problem[256])
{
	const struct connection_settings wanted = {.target = path, .is_file = true};
	struct backup_file *file = calloc(1, sizeof(*file));
	enum status status = E_NOMEM;

	if (!file)
		return E_NOMEM;
	file->hasher = hasher;
	file->arena = arena_new(FILE_ARENA_SIZE);
	if (file->arena)
		status = connection_open(&driver_sqlite, &wanted, &file->connection, problem);
	if (status == OK)
		status = file_read(file, path, hasher, problem);
	else if (status == E_STORE)
		status = not_ours_say(path, problem);
	if (status == OK)
		*ret_file = file;
	else
		backup_file_close(&file);
	return status;
}

const struct backup_facts *backup_file_facts(const struct backup_file *file)
{
	return &file->facts;
}

void backup_file_close(struct backup_file **file)
{
	struct backup_file *gone = *file;

	*file = NULL;
	if (!gone)
		return;
	if (gone->connection)
		connection_rollback(gone->connection);
	connection_close(&gone->connection);
	arena_free(gone->arena);
	free(gone);
}
