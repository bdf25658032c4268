#include "store/postgres.h"

#include <endian.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/statement_cache.h"

/*
 * The driver for PostgreSQL (13 and newer; tested on 15). Every worker has a connection of its own.
 *
 * Writers run SERIALIZABLE, so that what a rule has read is still so when it commits, as on SQLite, where one writes at
 * a time; who loses begins again (TX_AGAIN). What may happen only once does not rest on that: it is a unique key or a
 * condition in an UPDATE.
 */
enum {
	STREAM_NOT_SENT = -2,
	ANSWER_MS = 12000,
	ARGS_MAX = 48,
	STATEMENT_TEXT_MAX = 8192,
	OID_BYTEA = 17,
	OID_INT8 = 20,
	OID_INT2 = 21,
	OID_INT4 = 23,
	OID_TEXT = 25
};

struct postgres {
	struct connection base;
	PGconn *link;
	unsigned prepared; /* statements named so far */
	bool is_committing;
	bool is_useless;     /* read-only, or it has not answered in time */
	int64_t patience_ms; /* of one answer; 0: no limit */
	char pattern[64];    /* the application names of this store's connections */
	struct statement_cache cache;
};

/* A statement: what it was prepared as, its parameters, and what came back, whole. */
struct prepared {
	char name[16]; /* "" when it is not kept: the protocol's unnamed one */
	char *text;    /* until it is prepared */
	size_t count;
	const char *values[ARGS_MAX];
	int sizes[ARGS_MAX], formats[ARGS_MAX];
	Oid types[ARGS_MAX];
	uint64_t numbers[ARGS_MAX]; /* in network order */
	PGresult *result;
	int row;
	bool is_busy;
	bool is_streamed; /* row by row: a whole table would not fit into memory */
};

static struct postgres *postgres_of(struct connection *connection)
{
	return (struct postgres *)connection;
}

/* ---- what went wrong ---- */

static bool is_one_of(const char *code, const char *const *codes)
{
	for (; *codes; codes++)
		if (strncmp(code, *codes, strlen(*codes)) == 0)
			return true;
	return false;
}

/* https://www.postgresql.org/docs/15/errcodes-appendix.html; the whole transaction is void after any of them. */
static enum status code_status(const char *code)
{
	static const char *const invalid[] = {"23502", "23514", "22", NULL};

	if (strcmp(code, "23505") == 0)
		return E_CONFLICT;
	if (strcmp(code, "23503") == 0)
		return E_NOT_FOUND;
	return is_one_of(code, invalid) ? E_INVALID : E_STORE;
}

/* Serialization failure, deadlock, lock timeout; and a server that shuts down or a connection that is gone. */
static bool may_work_again(struct postgres *postgres, const char *code)
{
	static const char *const again[] = {"40001", "40P01", "55P03", NULL};
	static const char *const gone[] = {"57P", "08", NULL};

	if (is_one_of(code, again))
		return true;
	if (strcmp(code, "25006") == 0) { /* a standby: the next connection finds who writes now */
		postgres->is_useless = true;
		return true;
	}
	/* While it committed, nobody knows whether it did. */
	return !postgres->is_committing &&
	       (is_one_of(code, gone) || postgres->is_useless || PQstatus(postgres->link) == CONNECTION_BAD);
}

static enum status trouble(struct postgres *postgres, const PGresult *result)
{
	const char *field = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
	const char *code = field ? field : "";
	enum status status = code_status(code);

	if (status != E_STORE)
		return status;
	postgres->base.state = may_work_again(postgres, code) ? TX_AGAIN : TX_LOST;
	if (postgres->base.state == TX_AGAIN)
		log_debug("store.again", LOG_S("code", code));
	else
		log_error("store.failed", LOG_S("code", code), LOG_S("message", PQerrorMessage(postgres->link)));
	return E_STORE;
}

static bool is_fine(const PGresult *result)
{
	const ExecStatusType status = PQresultStatus(result);

	return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

/* Whether the answer comes in time; a server that stands still must not stop a node. */
static bool answer_await(struct postgres *postgres)
{
	const int64_t until = clock_mono_ms() + postgres->patience_ms;
	struct pollfd wanted = {.fd = PQsocket(postgres->link), .events = POLLIN};

	while (PQisBusy(postgres->link)) {
		const int64_t left = until - clock_mono_ms();

		if (postgres->patience_ms && left <= 0) {
			postgres->is_useless = true;
			return false;
		}
		if (poll(&wanted, 1, postgres->patience_ms ? (int)left : -1) > 0 && !PQconsumeInput(postgres->link))
			return true; /* broken: the result says so */
	}
	return true;
}

/* The last result of what was sent; NULL: it could not be sent, or no answer came in time. */
static PGresult *result_get(struct postgres *postgres, int was_sent)
{
	PGresult *last = NULL, *next = NULL;

	if (!was_sent)
		return NULL;
	while (answer_await(postgres) && (next = PQgetResult(postgres->link))) {
		PQclear(last);
		last = next;
	}
	if (!postgres->is_useless)
		return last;
	PQclear(last);
	return NULL;
}

static enum status text_run(struct postgres *postgres, const char *text)
{
	PGresult *result = result_get(postgres, PQsendQuery(postgres->link, text));
	enum status status = is_fine(result) ? OK : trouble(postgres, result);

	PQclear(result);
	return status;
}

/* ---- connections ---- */

/* libpq says nothing of a notice; ours would be noise. */
static void notice_ignore(void *ctx, const PGresult *result)
{
}

static enum status problem_say(const PGconn *link, char problem[256])
{
	const char *message = link ? PQerrorMessage(link) : "out of memory";
	size_t size = strcspn(message, "\n");

	snprintf(problem, 256, "PostgreSQL: %.*s", size < 230 ? (int)size : 230, message);
	return E_STORE;
}

/* What is before dbname gives way to what the URL says; what is behind it does not. */
enum status postgres_connect(const char *url, const char *name, PGconn **ret_link, char problem[256])
{
	const char *const keys[] = {"connect_timeout",  "tcp_user_timeout",
				    "keepalives_idle",  "keepalives_interval",
				    "keepalives_count", "target_session_attrs",
				    "dbname",           "client_encoding",
				    "application_name", NULL};
	const char *const values[] = {"5", "10000", "10", "3", "2", "read-write", url, "UTF8", name, NULL};
	PQconninfoOption *parsed = PQconninfoParse(url, NULL);

	if (!parsed) { /* libpq would tell the part that it does not understand, which may be the password */
		snprintf(problem, 256,
			 "PostgreSQL: the URL of the database cannot be understood; is every special "
			 "character of the password written as %%XX?");
		return E_STORE;
	}
	PQconninfoFree(parsed);
	PGconn *link = PQconnectdbParams(keys, values, 1);

	if (!link || PQstatus(link) != CONNECTION_OK) {
		enum status status = problem_say(link, problem);

		PQfinish(link);
		return status;
	}
	PQsetNoticeReceiver(link, notice_ignore, NULL);
	*ret_link = link;
	return OK;
}

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
	if (text_run(postgres, settings_text) != OK)
		return problem_say(postgres->link, problem);
	return OK;
}

static void postgres_close(struct connection *connection)
{
	struct postgres *postgres = postgres_of(connection);

	for (size_t i = 0; i < CACHE_SLOTS; i++) {
		struct prepared *prepared = postgres->cache.slots[i].handle;

		if (prepared)
			free(prepared->text);
		free(prepared);
	}
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
	snprintf(postgres->pattern, sizeof(postgres->pattern), "%s", settings->name);
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
		return text_run(postgres, write_text());
	if (begin == BEGIN_READ)
		return text_run(postgres, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
	TRY(text_run(postgres, "BEGIN ISOLATION LEVEL READ COMMITTED"));
	TRY(text_run(postgres, "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = '20s'"));
	return text_run(postgres, "SELECT pg_advisory_xact_lock(" SCHEMA_LOCK ")");
}

/* COMMIT of a transaction that an error has made void succeeds as a ROLLBACK. */
static enum status postgres_commit(struct connection *connection)
{
	struct postgres *postgres = postgres_of(connection);
	PGresult *result;
	enum status status = OK;

	postgres->is_committing = true;
	result = result_get(postgres, PQsendQuery(postgres->link, "COMMIT"));
	if (!is_fine(result)) {
		status = trouble(postgres, result) == OK ? OK : E_STORE;
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
	return text_run(postgres_of(connection), text);
}

static enum status number_get(struct postgres *postgres, const char *text, const char *parameter, int64_t *ret_number)
{
	PGresult *result = PQexecParams(postgres->link, text, parameter ? 1 : 0, NULL, &parameter, NULL, NULL, 0);
	enum status status = is_fine(result) ? OK : trouble(postgres, result);

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
			  postgres->pattern, ret_count);
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

/* ---- statements ---- */

/* "?1" of our texts is "$1" here; a question mark is nowhere else in them. */
static enum status prepared_new(const struct sql_key *key, void (*build)(const struct sql_key *, struct text *),
				struct prepared **ret_prepared)
{
	struct prepared *prepared = calloc(1, sizeof(*prepared));
	struct text text;

	text_init(&text, STATEMENT_TEXT_MAX);
	build(key, &text);
	if (prepared && !text.failed)
		prepared->text = strdup(text.data);
	text_done(&text);
	if (!prepared || !prepared->text) {
		free(prepared);
		return E_NOMEM;
	}
	for (char *at = prepared->text; *at; at++)
		if (*at == '?')
			*at = '$';
	*ret_prepared = prepared;
	return OK;
}

/* A function that is called for each row may use the same statement again: then it gets one of its own. */
static enum status postgres_take(struct connection *connection, const struct sql_key *key,
				 void (*build)(const struct sql_key *key, struct text *ret_text),
				 struct statement *ret_statement)
{
	struct postgres *postgres = postgres_of(connection);
	struct cache_slot *slot = cache_find(&postgres->cache, key);
	struct prepared *prepared = slot->handle;
	bool is_kept = prepared && !prepared->is_busy;

	if (!is_kept) {
		TRY(prepared_new(key, build, &prepared));
		prepared->is_streamed = key->verb == VERB_ONCE;
		if (prepared->is_streamed) { /* a whole table takes as long as it takes */
			postgres->patience_ms = 0;
			status_ignore(text_run(postgres, "SET LOCAL statement_timeout = 0"), "then it may be cut");
		}
		is_kept = key->verb != VERB_ONCE && !slot->handle && cache_keep(&postgres->cache, slot, key, prepared);
		if (is_kept)
			snprintf(prepared->name, sizeof(prepared->name), "s%u", ++postgres->prepared);
	}
	prepared->is_busy = true;
	prepared->row = prepared->is_streamed ? STREAM_NOT_SENT : -1;
	*ret_statement = (struct statement){.connection = connection, .handle = prepared, .is_kept = is_kept};
	return OK;
}

static void arg_set(struct prepared *prepared, size_t at, const struct sql_arg *arg)
{
	prepared->formats[at] = 1;
	if (arg->kind == KIND_INT64) {
		prepared->types[at] = OID_INT8;
		prepared->numbers[at] = htobe64((uint64_t)arg->number);
		prepared->values[at] = (const char *)&prepared->numbers[at];
		prepared->sizes[at] = sizeof(uint64_t);
		return;
	}
	prepared->types[at] = arg->kind == KIND_TEXT ? OID_TEXT : OID_BYTEA;
	prepared->values[at] = arg->data;
	prepared->sizes[at] = (int)arg->size;
}

/* The parameters' types are known only now, so that it is prepared now. */
static enum status prepared_send(struct postgres *postgres, struct prepared *prepared)
{
	PGresult *result = result_get(postgres, PQsendPrepare(postgres->link, prepared->name, prepared->text,
							      (int)prepared->count, prepared->types));
	enum status status = is_fine(result) ? OK : trouble(postgres, result);

	PQclear(result);
	if (status == OK) {
		free(prepared->text);
		prepared->text = NULL;
	}
	return status;
}

static enum status postgres_bind(struct statement *statement, const struct sql_arg *args, size_t count)
{
	struct prepared *prepared = statement->handle;

	if (count > ARGS_MAX)
		return E_INVALID;
	for (size_t i = 0; i < count; i++) {
		if (args[i].size > INT32_MAX)
			return E_INVALID;
		arg_set(prepared, i, &args[i]);
	}
	prepared->count = count;
	return prepared->text ? prepared_send(postgres_of(statement->connection), prepared) : OK;
}

static enum status prepared_run(struct postgres *postgres, struct prepared *prepared)
{
	prepared->result =
		result_get(postgres, PQsendQueryPrepared(postgres->link, prepared->name, (int)prepared->count,
							 prepared->values, prepared->sizes, prepared->formats, 1));
	return is_fine(prepared->result) ? OK : trouble(postgres, prepared->result);
}

/* The next row, or the end, of a statement that is streamed; only the end says how many rows were changed. */
static enum status stream_step(struct postgres *postgres, struct prepared *prepared, bool *ret_row)
{
	if (prepared->row == STREAM_NOT_SENT) {
		if (!PQsendQueryPrepared(postgres->link, prepared->name, (int)prepared->count, prepared->values,
					 prepared->sizes, prepared->formats, 1))
			return trouble(postgres, NULL);
		PQsetSingleRowMode(postgres->link);
	}
	PQclear(prepared->result);
	prepared->result = PQgetResult(postgres->link);
	prepared->row = 0;
	*ret_row = PQresultStatus(prepared->result) == PGRES_SINGLE_TUPLE;
	if (*ret_row)
		return OK;
	PQclear(PQgetResult(postgres->link)); /* NULL: the statement has ended */
	return is_fine(prepared->result) ? OK : trouble(postgres, prepared->result);
}

static enum status postgres_step(struct statement *statement, bool *ret_row)
{
	struct prepared *prepared = statement->handle;

	if (prepared->is_streamed)
		return stream_step(postgres_of(statement->connection), prepared, ret_row);
	if (!prepared->result)
		TRY(prepared_run(postgres_of(statement->connection), prepared));
	*ret_row = ++prepared->row < PQntuples(prepared->result);
	return OK;
}

static int64_t postgres_changed(const struct statement *statement)
{
	const struct prepared *prepared = statement->handle;

	return strtoll(PQcmdTuples(prepared->result), NULL, 10);
}

/* A stream that was left before its end is read to it. */
static void stream_end(struct postgres *postgres, const struct prepared *prepared)
{
	if (PQresultStatus(prepared->result) != PGRES_SINGLE_TUPLE)
		return;
	for (PGresult *rest = PQgetResult(postgres->link); rest; rest = PQgetResult(postgres->link))
		PQclear(rest);
}

static void postgres_again(struct statement *statement)
{
	struct prepared *prepared = statement->handle;

	if (prepared->is_streamed)
		stream_end(postgres_of(statement->connection), prepared);
	PQclear(prepared->result);
	prepared->result = NULL;
	prepared->row = prepared->is_streamed ? STREAM_NOT_SENT : -1;
}

static void postgres_done(struct statement *statement)
{
	struct prepared *prepared = statement->handle;

	postgres_again(statement);
	prepared->is_busy = false;
	if (!statement->is_kept) {
		free(prepared->text);
		free(prepared);
	}
}

/* ---- columns, in their binary forms ---- */

static bool postgres_is_null(const struct statement *statement, int column)
{
	const struct prepared *prepared = statement->handle;

	return PQgetisnull(prepared->result, prepared->row, column);
}

static int64_t postgres_int(const struct statement *statement, int column)
{
	const struct prepared *prepared = statement->handle;
	const char *value = PQgetvalue(prepared->result, prepared->row, column);
	const int size = PQgetlength(prepared->result, prepared->row, column);
	uint64_t big;
	uint32_t small;

	if (size == (int)sizeof(big)) {
		memcpy(&big, value, sizeof(big));
		return (int64_t)be64toh(big);
	}
	if (size != (int)sizeof(small))
		return 0; /* NULL: of size 0 */
	memcpy(&small, value, sizeof(small));
	return (int32_t)be32toh(small);
}

static enum status postgres_text(const struct statement *statement, int column, struct arena *arena,
				 const char **ret_text)
{
	const struct prepared *prepared = statement->handle;
	char *copy = NULL;

	if (!PQgetisnull(prepared->result, prepared->row, column)) {
		copy = arena_strndup(arena, PQgetvalue(prepared->result, prepared->row, column),
				     (size_t)PQgetlength(prepared->result, prepared->row, column));
		if (!copy)
			return E_NOMEM;
	}
	*ret_text = copy;
	return OK;
}

static enum status postgres_bytes(const struct statement *statement, int column, struct arena *arena,
				  const uint8_t **ret_bytes, size_t *ret_size)
{
	const struct prepared *prepared = statement->handle;
	const size_t size = (size_t)PQgetlength(prepared->result, prepared->row, column);
	uint8_t *copy = NULL;

	if (!PQgetisnull(prepared->result, prepared->row, column)) {
		copy = arena_alloc(arena, size ? size : 1);
		if (!copy)
			return E_NOMEM;
		memcpy(copy, PQgetvalue(prepared->result, prepared->row, column), size);
	}
	*ret_bytes = copy;
	*ret_size = size;
	return OK;
}

/* Texts compare by their bytes, as on SQLite: an index then does not depend on the C library's version either. */
const struct driver driver_postgres = {
	.many_writers = true,
	.dialect =
		{
			.count_tables = "SELECT COUNT(*) FROM pg_catalog.pg_tables WHERE schemaname = current_schema()",
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
