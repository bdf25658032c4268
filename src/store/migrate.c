#include "store/migrate.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/sql.h"

enum { SCRIPT_MAX = 256 * 1024, MIGRATE_ARENA_SIZE = 1 << 20 };

struct applied {
	int64_t version;
	const char *name;
	const char *checksum;
	int64_t applied_at;
};

static const struct sql_field applied_fields[] = {
	FIELD(struct applied, version),
	FIELD(struct applied, name),
	FIELD(struct applied, checksum),
	FIELD(struct applied, applied_at),
};
static const struct sql_table applied_table = {"schema_migration", applied_fields, ARRAY_COUNT(applied_fields),
					       sizeof(struct applied), false};

static const char applied_schema[] = "CREATE TABLE schema_migration ("
				     "version {int} NOT NULL PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, "
				     "applied_at {int} NOT NULL) {table};";

/* ---- the text in the database's own words ---- */

static const char *word_find(const struct dialect *dialect, const char *at, size_t *ret_size)
{
	for (size_t i = 0; i < ARRAY_COUNT(dialect->words) && dialect->words[i].word; i++) {
		if (text_has_prefix(at, dialect->words[i].word)) {
			*ret_size = strlen(dialect->words[i].word);
			return dialect->words[i].means;
		}
	}
	return NULL;
}

/* Words begin with '{', which nothing else does, or with a blank (" TEXT" is one for PostgreSQL). */
static enum status script_expand(const struct dialect *dialect, const char *text, struct text *script)
{
	while (*text) {
		size_t size = strcspn(text, "{ ");
		const char *means;

		text_add_bytes(script, text, size);
		text += size;
		if (!*text)
			break;
		means = word_find(dialect, text, &size);
		if (!means && *text == '{')
			return E_INVALID;
		text_add_bytes(script, means ? means : text, means ? strlen(means) : 1);
		text += means ? size : 1;
	}
	return script->failed ? E_NOMEM : OK;
}

static enum status script_run(struct connection *connection, const char *text)
{
	struct text script;
	enum status status;

	text_init(&script, SCRIPT_MAX);
	status = script_expand(connection_dialect(connection), text, &script);
	if (status == OK)
		status = connection_script(connection, script.data);
	text_done(&script);
	return status;
}

/* ---- what is there ---- */

static enum status table_make(struct store_tx *tx, bool may_change, char problem[256])
{
	int64_t tables = 0;

	TRY(sql_number(tx, SQL(connection_dialect(tx->connection)->count_tables), &tables));
	if (tables > 0) {
		snprintf(problem, 256, "this database belongs to another program: it has tables, but none of ours");
		return E_CONFLICT;
	}
	if (!may_change) {
		snprintf(problem, 256, "the database is empty; `symbolon init` makes one");
		return E_CONFLICT;
	}
	return script_run(tx->connection, applied_schema);
}

static bool is_contract(const char *name)
{
	return strstr(name, "_contract_") != NULL;
}

static enum status applied_check(const struct applied *applied, const struct migrate_settings *settings, size_t at,
				 char problem[256])
{
	const struct migration *known = at < settings->count ? &settings->migrations[at] : NULL;

	if (!known && !is_contract(applied->name)) {
		log_debug("store.newer", LOG_S("migration", applied->name),
			  LOG_S("what", "a newer version has added to the database; this one goes on without it"));
		return OK;
	}
	if (!known)
		snprintf(problem, 256,
			 "a newer version has taken away what this one may need (migration %s); "
			 "run that version, or restore a backup from before",
			 applied->name);
	else if (applied->version != known->version || strcmp(applied->name, known->name) != 0)
		snprintf(problem, 256, "the database has migration %s where this program has %s", applied->name,
			 known->name);
	else if (strcmp(applied->checksum, known->checksum) != 0)
		snprintf(problem, 256,
			 "migration %s was changed after it was applied (SHA-256 %.12s… then, %.12s… now); "
			 "run the version that applied it",
			 known->name, applied->checksum, known->checksum);
	else
		return OK;
	return E_CONFLICT;
}

static enum status migration_apply(struct store_tx *tx, const struct migration *migration, char problem[256])
{
	const struct applied applied = {.version = migration->version,
					.name = migration->name,
					.checksum = migration->checksum,
					.applied_at = clock_now()};
	enum status status = script_run(tx->connection, migration->text);

	if (status == OK)
		status = sql_insert(tx, &applied_table, &applied);
	if (status != OK)
		snprintf(problem, 256, "migration %s failed; the database is as it was", migration->name);
	return status;
}

static enum status migrations_apply(struct store_tx *tx, const struct migrate_settings *settings, size_t applied,
				    char problem[256])
{
	int64_t others = 0;

	if (applied < settings->count && !settings->may_change && !is_contract(settings->migrations[applied].name)) {
		snprintf(problem, 256, "the database is older than this program (migration %s is missing)",
			 settings->migrations[applied].name);
		return E_CONFLICT;
	}
	for (size_t i = applied; settings->may_change && i < settings->count; i++) {
		if (is_contract(settings->migrations[i].name)) {
			TRY(connection_others(tx->connection, &others));
			if (!settings->may_contract || others > 0)
				return OK; /* what it would take away does no harm meanwhile */
		}
		TRY(migration_apply(tx, &settings->migrations[i], problem));
	}
	return OK;
}

enum status store_migrated(struct connection *connection, const struct migrate_settings *settings, size_t *ret_count,
			   char problem[256])
{
	scoped_arena *arena = arena_new(MIGRATE_ARENA_SIZE);
	struct store_tx tx = {.connection = connection, .arena = arena};
	struct sql_rows found = {0};

	if (!arena)
		return E_NOMEM;
	TRY(sql_list(&tx, &applied_table, SQL("ORDER BY version"), &found));
	for (size_t i = 0; i < found.count; i++)
		TRY(applied_check((const struct applied *)found.rows + i, settings, i, problem));
	*ret_count = found.count;
	return OK;
}

static enum status migrate_in(struct store_tx *tx, const struct migrate_settings *settings, char problem[256])
{
	struct sql_rows found = {0};
	int64_t has_table = 0;

	TRY(sql_number(tx, SQL(connection_dialect(tx->connection)->count_migrations_table), &has_table));
	if (has_table == 0)
		TRY(table_make(tx, settings->may_change, problem));
	TRY(sql_list(tx, &applied_table, SQL("ORDER BY version"), &found));
	for (size_t i = 0; i < found.count; i++)
		TRY(applied_check((const struct applied *)found.rows + i, settings, i, problem));
	return migrations_apply(tx, settings, found.count, problem);
}

enum status store_migrate(struct connection *connection, const struct migrate_settings *settings, char problem[256])
{
	scoped_arena *arena = arena_new(MIGRATE_ARENA_SIZE);
	struct store_tx tx = {.connection = connection, .arena = arena};
	enum status status;

	if (!arena)
		return E_NOMEM;
	snprintf(problem, 256, "the database cannot be read or written");
	status = connection_begin(connection, settings->may_change ? BEGIN_SCHEMA : BEGIN_READ);
	if (status == OK)
		status = migrate_in(&tx, settings, problem);
	if (status == OK)
		status = connection_commit(connection);
	connection_rollback(connection);
	return status;
}
