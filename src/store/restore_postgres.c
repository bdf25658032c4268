#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/backup_internal.h"
#include "store/sql.h"

/*
 * PostgreSQL: the new database is a schema beside, symbolon_restoring, and takes the present one's name in one
 * transaction. The lock under which schemas are brought up to date is held from open to close, so no node starts
 * meanwhile; that none is running is looked at when it begins and again before the swap.
 */
#define RESTORING "symbolon_restoring"

enum { OURS_TEXT_MAX = 1024 };

struct schemas {
	char present[64];
	bool is_locked;
	bool is_there;
	bool is_swapped;
};

static enum status trouble_say(char problem[256])
{
	snprintf(problem, 256, "PostgreSQL refused; the log line above says why");
	return E_STORE;
}

static enum status number_get(struct connection *connection, const char *text, int64_t *ret_number)
{
	struct store_tx tx = {.connection = connection};

	return sql_number(&tx, SQL(text), ret_number);
}

static enum status nobody_else(struct connection *fresh, char problem[256])
{
	int64_t others = 0;

	if (connection_others(fresh, &others) != OK)
		return trouble_say(problem);
	if (others == 0)
		return OK;
	snprintf(problem, 256,
		 "the database is in use; stop `symbolon serve` on every node (and any other symbolon "
		 "command) first");
	return E_BUSY;
}

static enum status lock_take(struct connection *fresh, struct schemas *schemas, char problem[256])
{
	int64_t is_locked = 0;

	if (number_get(fresh, "SELECT pg_try_advisory_lock(" SCHEMA_LOCK ")::int", &is_locked) != OK)
		return trouble_say(problem);
	schemas->is_locked = is_locked != 0;
	if (is_locked)
		return nobody_else(fresh, problem);
	snprintf(problem, 256, "the database is being restored, or brought up to date, by somebody else");
	return E_BUSY;
}

/* The schema that the URL leads to. A name with a quote in it is nobody's. */
static enum status present_name(struct connection *fresh, struct schemas *schemas, char problem[256])
{
	scoped_arena *arena = arena_new(64 * 1024);
	struct store_tx tx = {.connection = fresh, .arena = arena};
	struct sql_words found = {0};

	if (!arena)
		return E_NOMEM;
	if (sql_words(&tx, SQL("SELECT current_schema()"), &found) != OK)
		return trouble_say(problem);
	if (found.count != 1 || !found.words[0] || strlen(found.words[0]) >= sizeof(schemas->present) ||
	    strchr(found.words[0], '"') || strcmp(found.words[0], RESTORING) == 0) {
		snprintf(problem, 256, "the database's URL leads to no schema that can be replaced");
		return E_CONFLICT;
	}
	snprintf(schemas->present, sizeof(schemas->present), "%s", found.words[0]);
	return OK;
}

/* How much the schema holds that is not ours: other tables and views, functions, extensions. */
static enum status strangers_count(struct connection *present, int64_t *ret_count)
{
	struct store_tx tx = {.connection = present};
	struct text ours;
	enum status status = E_NOMEM;

	text_init(&ours, OURS_TEXT_MAX);
	text_add(&ours, "schema_migration");
	for (size_t i = 0; i < copy_table_count; i++)
		text_add_format(&ours, " %s", copy_tables[i]);
	if (!ours.failed)
		status = sql_number(
			&tx,
			SQL("SELECT (SELECT COUNT(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace "
			    "AND relkind IN ('r', 'p', 'v', 'm', 'f') AND relname <> ALL (string_to_array(?1, ' '))) "
			    "+ (SELECT COUNT(*) FROM pg_proc WHERE pronamespace = current_schema()::regnamespace) "
			    "+ (SELECT COUNT(*) FROM pg_extension WHERE extnamespace = current_schema()::regnamespace)",
			    sql_text(ours.data)),
			ret_count);
	text_done(&ours);
	return status;
}

static enum status present_check(struct connection *present, struct schemas *schemas, char problem[256])
{
	int64_t ours = 0, strangers = 0;

	if (number_get(present, connection_dialect(present)->count_migrations_table, &ours) != OK ||
	    strangers_count(present, &strangers) != OK)
		return trouble_say(problem);
	schemas->is_there = ours > 0;
	if (strangers == 0)
		return OK;
	snprintf(problem, 256,
		 "the schema holds things that are not Symbolon's; give it a schema of its own (search_path in the "
		 "URL)");
	return E_CONFLICT;
}

static enum status both_open(struct target *target, const char *url, char problem[256])
{
	const struct connection_settings wanted = {.target = url, .name = "symbolon/restore", .may_write = true};
	struct schemas *schemas = target->own;

	TRY(connection_open(&driver_postgres, &wanted, &target->fresh, problem));
	TRY(lock_take(target->fresh, schemas, problem));
	TRY(present_name(target->fresh, schemas, problem));
	TRY(connection_open(&driver_postgres, &wanted, &target->present, problem));
	TRY(present_check(target->present, schemas, problem));
	if (!schemas->is_there)
		connection_close(&target->present);
	if (connection_script(target->fresh, "SET client_min_messages = error;"
					     "DROP SCHEMA IF EXISTS " RESTORING " CASCADE; CREATE SCHEMA " RESTORING ";"
					     "SET search_path = " RESTORING) != OK)
		return trouble_say(problem);
	return OK;
}

static enum status schema_target_open(const char *url, struct target *ret_target, char problem[256])
{
	struct target target = {.ops = &target_postgres, .own = calloc(1, sizeof(struct schemas))};
	enum status status;

	if (!target.own)
		return E_NOMEM;
	status = both_open(&target, url, problem);
	if (status == OK)
		*ret_target = target;
	else
		target_postgres.close(&target);
	return status;
}

static enum status schema_target_swap(struct target *target, bool discard, int64_t now, char ret_kept[512],
				      char problem[256])
{
	struct schemas *schemas = target->own;
	char script[512], away[256] = "";

	connection_close(&target->present);
	TRY(nobody_else(target->fresh, problem));
	if (discard)
		snprintf(away, sizeof(away), "DROP SCHEMA \"%s\" CASCADE;", schemas->present);
	else
		snprintf(away, sizeof(away), "ALTER SCHEMA \"%s\" RENAME TO before_restore_%" PRId64 ";",
			 schemas->present, now);
	snprintf(script, sizeof(script), "BEGIN; %s ALTER SCHEMA " RESTORING " RENAME TO \"%s\"; COMMIT", away,
		 schemas->present);
	if (connection_script(target->fresh, script) != OK) {
		connection_rollback(target->fresh);
		return trouble_say(problem);
	}
	schemas->is_swapped = true;
	if (!discard && schemas->is_there)
		snprintf(ret_kept, 512, "schema before_restore_%" PRId64, now);
	return OK;
}

static void schema_target_close(struct target *target)
{
	const struct schemas *schemas = target->own;

	if (target->fresh && schemas && schemas->is_locked && !schemas->is_swapped) {
		connection_rollback(target->fresh);
		status_ignore(connection_script(target->fresh, "DROP SCHEMA IF EXISTS " RESTORING " CASCADE"),
			      "the next restore removes it");
	}
	connection_close(&target->fresh);
	connection_close(&target->present);
	free(target->own);
	*target = (struct target){0};
}

const struct target_ops target_postgres = {schema_target_open, schema_target_swap, schema_target_close};
