#include "store/postgres.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The driver for PostgreSQL (13 and newer; tested on 15). Every worker has a connection of its own.
 *
 * Writers run SERIALIZABLE, so that what a rule has read is still so when it commits, as on SQLite, where one writes at
 * a time; who loses begins again (TX_AGAIN). What may happen only once does not rest on that: it is a unique key or a
 * condition in an UPDATE.
 */
enum { ANSWER_MS = 12000 };

/* ---- connections ---- */

/*
 * Acknowledged is on disk, whatever the server's default is. A plan that reads a whole table makes SERIALIZABLE collide
 * with every writer of it, so indexes are preferred however small a table is.
 */
static const char settings_text[] =
	"SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') "
	"IN ('off', 'local');"
	"SET statement_timeout = '10s'; SET lock_timeout = '5s'; SET idle_in_transaction_session_timeout = '60s';"
	"SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan";

static enum status set_up(struct postgres *postgres, char problem[256])
{
	const char *encoding = PQparameterStatus(postgres->link, "server_encoding");

	if (!encoding || strcmp(encoding, "UTF8") != 0) {
		snprintf(problem, 256, "PostgreSQL: the database must have the encoding UTF8, not %s",
			 encoding ? encoding : "an unknown one");
		return E_STORE;
	}
	if (postgres_run(postgres, settings_text) != OK)
		return postgres_problem(postgres->link, problem);
	return OK;
}

static void postgres_close(struct connection *connection)
{
	struct postgres *postgres = postgres_of(connection);

	postgres_forget(postgres);
	PQfinish(postgres->link);
	free(postgres);
}

static enum status postgres_open(const struct connection_settings *settings, struct connection **ret_connection,
				 char problem[256])
{
	struct postgres *postgres = calloc(1, sizeof(*postgres));
	enum status status;

	if (!postgres)
		return E_NOMEM;
	postgres->base.driver = &driver_postgres;
	postgres->patience_ms = ANSWER_MS;
	snprintf(postgres->name, sizeof(postgres->name), "%s", settings->name);
	status = postgres_connect(settings->target, settings->name, &postgres->link, problem);
	if (status == OK)
		status = set_up(postgres, problem);
	if (status != OK) {
		postgres_close(&postgres->base);
		return status;
	}
	*ret_connection = &postgres->base;
	return OK;
}

static bool postgres_is_broken(const struct connection *connection)
{
	const struct postgres *postgres = (const struct postgres *)connection;

	return postgres->is_useless || PQstatus(postgres->link) == CONNECTION_BAD;
}

/* ---- transactions ---- */

#ifdef SYMBOLON_TESTING
/* The races are run under this too: what happens once must not rest on SERIALIZABLE. */
static const char *write_text(void)
{
	return getenv("SYMBOLON_TEST_READ_COMMITTED") ? "BEGIN ISOLATION LEVEL READ COMMITTED"
						      : "BEGIN ISOLATION LEVEL SERIALIZABLE";
}
#else
static const char *write_text(void)
{
	return "BEGIN ISOLATION LEVEL SERIALIZABLE";
}
#endif

static enum status postgres_begin(struct connection *connection, enum begin begin)
{
	struct postgres *postgres = postgres_of(connection);

	postgres->is_committing = false;
	postgres->patience_ms = begin == BEGIN_SCHEMA ? 0 : ANSWER_MS;
	if (begin == BEGIN_WRITE)
		return postgres_run(postgres, write_text());
	if (begin == BEGIN_READ)
		return postgres_run(postgres, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
	TRY(postgres_run(postgres, "BEGIN ISOLATION LEVEL READ COMMITTED"));
	TRY(postgres_run(postgres, "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = '20s'"));
	return postgres_run(postgres, "SELECT pg_advisory_xact_lock(" SCHEMA_LOCK ")");
}

/* COMMIT of a transaction that an error has made void succeeds as a ROLLBACK. */
static enum status postgres_commit(struct connection *connection)
{
	struct postgres *postgres = postgres_of(connection);
	PGresult *result;
	enum status status = OK;

	postgres->is_committing = true;
	result = postgres_answer(postgres, PQsendQuery(postgres->link, "COMMIT"));
	if (!postgres_is_fine(result)) {
		status_ignore(postgres_trouble(postgres, result), "whatever it was, nobody may count on a commit");
		status = E_STORE;
	} else if (strcmp(PQcmdStatus(result), "COMMIT") != 0) {
		postgres->base.state = TX_LOST;
		status = E_STORE;
	}
	PQclear(result);
	return status;
}

static void postgres_rollback(struct connection *connection)
{
	struct postgres *postgres = postgres_of(connection);

	if (postgres->is_useless)
		return;
	if (PQtransactionStatus(postgres->link) == PQTRANS_INTRANS ||
	    PQtransactionStatus(postgres->link) == PQTRANS_INERROR)
		PQclear(PQexec(postgres->link, "ROLLBACK"));
}

static enum tx_state postgres_state(const struct connection *connection)
{
	const struct postgres *postgres = (const struct postgres *)connection;

	if (connection->state == TX_FINE && postgres_is_broken(connection))
		return postgres->is_committing ? TX_LOST : TX_AGAIN;
	return connection->state;
}

static enum status postgres_script(struct connection *connection, const char *text)
{
	return postgres_run(postgres_of(connection), text);
}

static enum status number_get(struct postgres *postgres, const char *text, const char *parameter, int64_t *ret_number)
{
	PGresult *result = PQexecParams(postgres->link, text, parameter ? 1 : 0, NULL, &parameter, NULL, NULL, 0);
	enum status status = postgres_is_fine(result) ? OK : postgres_trouble(postgres, result);

	if (status == OK)
		*ret_number = PQntuples(result) > 0 ? strtoll(PQgetvalue(result, 0, 0), NULL, 10) : 0;
	PQclear(result);
	return status;
}

static enum status postgres_others(struct connection *connection, int64_t *ret_count)
{
	struct postgres *postgres = postgres_of(connection);

	return number_get(postgres,
			  "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() "
			  "AND application_name LIKE 'symbolon/%' AND application_name <> $1",
			  postgres->name, ret_count);
}

/* PostgreSQL keeps references itself; an index that was not finished is what can be wrong without a word. */
static enum status postgres_check(struct connection *connection, char problem[256])
{
	int64_t broken = 0;

	TRY(number_get(postgres_of(connection), "SELECT COUNT(*) FROM pg_index WHERE NOT indisvalid", NULL, &broken));
	if (broken == 0)
		return OK;
	snprintf(problem, 256,
		 "PostgreSQL says that %lld of its indexes cannot be used; REINDEX DATABASE makes them anew",
		 (long long)broken);
	return E_STORE;
}

/* Texts compare by their bytes, as on SQLite: an index then does not depend on the C library's version either. */
const struct driver driver_postgres = {
	.many_writers = true,
	.dialect =
		{
			.count_tables = "SELECT COUNT(*) FROM pg_catalog.pg_tables WHERE schemaname = current_schema()",
			.clock = "SELECT extract(epoch FROM clock_timestamp())::bigint",
			.chain_is_name = "TRUE", /* a text of theirs has no such byte */
			.count_migrations_table =
				"SELECT COUNT(*) FROM pg_catalog.pg_tables "
				"WHERE schemaname = current_schema() AND tablename = 'schema_migration'",
			.after_copy = "SELECT setval(pg_get_serial_sequence('attempts', 'id'), MAX(id)) FROM attempts;"
				      "SELECT setval(pg_get_serial_sequence('audits', 'id'), MAX(id)) FROM audits",
			.words =
				{
					{"{int}", "BIGINT"},
					{"{bytes}", "BYTEA"},
					{"{serial}", "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY"},
					{"{table}", ""},
					{"{keyed_table}", ""},
					{" TEXT", " TEXT COLLATE \"C\""},
				},
		},
	.open = postgres_open,
	.close = postgres_close,
	.begin = postgres_begin,
	.commit = postgres_commit,
	.rollback = postgres_rollback,
	.state = postgres_state,
	.is_broken = postgres_is_broken,
	.script = postgres_script,
	.others = postgres_others,
	.check = postgres_check,
	.take = postgres_take,
	.bind = postgres_bind,
	.step = postgres_step,
	.changed = postgres_changed,
	.again = postgres_again,
	.done = postgres_done,
	.column_is_null = postgres_is_null,
	.column_int = postgres_int,
	.column_text = postgres_text,
	.column_bytes = postgres_bytes,
};
