#include "store/driver.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <pthread.h>
#include <sqlite3.h>

#include "base/clock.h"
#include "base/log.h"

enum { SLOTS = 512, SLOTS_USED_MAX = 400, STATEMENT_TEXT_MAX = 8192, BUSY_MS = 5000 };

struct slot {
	struct sql_key key;
	sqlite3_stmt *statement;
};

struct connection {
	sqlite3 *db;
	int64_t busy_since_ms;
	bool is_lost;
	size_t used;
	struct slot slots[SLOTS];
};

static const struct dialect dialect_sqlite = {
	.begin_write = "BEGIN IMMEDIATE",
	.begin_read = "BEGIN",
	.count_tables = "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
	.count_migrations_table =
		"SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'schema_migration'",
	.version = "PRAGMA data_version",
	.words =
		{
			{"{int}", "INTEGER"},
			{"{bytes}", "BLOB"},
			{"{serial}", "INTEGER PRIMARY KEY AUTOINCREMENT"},
			{"{table}", "STRICT"},
			{"{keyed_table}", "STRICT, WITHOUT ROWID"},
		},
};

/* ---- what went wrong ---- */

static enum status constraint_status(int extended)
{
	switch (extended) {
	case SQLITE_CONSTRAINT_UNIQUE:
	case SQLITE_CONSTRAINT_PRIMARYKEY:
	case SQLITE_CONSTRAINT_ROWID: return E_CONFLICT;
	case SQLITE_CONSTRAINT_FOREIGNKEY: return E_NOT_FOUND;
	default: return E_INVALID;
	}
}

/* Whatever is not one row's fault spoils the transaction: it is safer to say no to a batch than to guess. */
static enum status code_status(struct connection *connection, int code)
{
	const int extended = sqlite3_extended_errcode(connection->db);

	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE: return OK;
	case SQLITE_CONSTRAINT: return constraint_status(extended);
	case SQLITE_TOOBIG: return E_INVALID;
	default: break;
	}
	connection->is_lost = true;
	log_error("store.failed", LOG_N("code", (code & 0xff) == (extended & 0xff) ? extended : code),
		  LOG_S("message", sqlite3_errmsg(connection->db)));
	return E_STORE;
}

/* ---- connections ---- */

/*
 * SQLite's own busy handler sleeps up to 100 ms and so seldom meets the short gaps that a busy daemon leaves to the
 * command; this one looks every 1 to 2 ms, for 5 s.
 */
static int busy_wait(void *context, int count)
{
	struct connection *connection = context;
	const int64_t now = clock_mono_ms();
	const struct timespec pause = {.tv_nsec = count < 20 ? 1000000 : 2000000};

	if (count == 0)
		connection->busy_since_ms = now;
	if (now - connection->busy_since_ms >= BUSY_MS)
		return 0;
	nanosleep(&pause, NULL);
	return 1;
}

static enum status problem_say(const struct connection *connection, const char *path, char problem[256])
{
	snprintf(problem, 256, "%s: %s", path, sqlite3_errmsg(connection->db));
	return E_STORE;
}

/*
 * SQLite gives the -wal and -shm files the mode of the database, so that is made first, for its owner only. A file that
 * is there is never opened here: closing it would drop the POSIX locks of this process's other connections.
 */
static enum status file_make(const struct connection_settings *settings, char problem[256])
{
	const int file = settings->create ? open(settings->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
	struct stat found;
	int error = 0;

	if (file >= 0)
		close(file);
	else if (settings->create && errno != EEXIST)
		error = errno;
	else if (stat(settings->path, &found) != 0)
		error = errno;
	if (error == 0)
		return OK;
	snprintf(problem, 256, "%s: %s", settings->path, strerror(error));
	return error == ENOENT && !settings->create ? E_NOT_FOUND : E_STORE;
}

static const char pragmas[] = "PRAGMA foreign_keys = ON;"
			      "PRAGMA synchronous = FULL;"
			      "PRAGMA secure_delete = ON;"
			      "PRAGMA temp_store = MEMORY;"
			      "PRAGMA cell_size_check = ON;";

/* Turning WAL on needs the file for itself; while another process does the same, SQLite says busy without waiting. */
static int journal_set(struct connection *connection)
{
	const int64_t until = clock_mono_ms() + BUSY_MS;
	int code = sqlite3_exec(connection->db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);

	while (code == SQLITE_BUSY && clock_mono_ms() < until) {
		nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
		code = sqlite3_exec(connection->db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
	}
	return code;
}

static int connection_set_up(struct connection *connection, bool may_write)
{
	sqlite3 *db = connection->db;
	int code;

	sqlite3_extended_result_codes(db, 1);
	sqlite3_busy_handler(db, busy_wait, connection);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	code = journal_set(connection);
	if (code == SQLITE_OK)
		code = sqlite3_exec(db, pragmas, NULL, NULL, NULL);
	if (code == SQLITE_OK && !may_write)
		code = sqlite3_exec(db, "PRAGMA query_only = ON", NULL, NULL, NULL);
	return code;
}

/* Statistics of memory that nobody reads cost a lock of the whole process at each allocation. Too late is no harm. */
static void library_set_up(void)
{
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

enum status connection_open(const struct connection_settings *settings, struct connection **ret_connection,
			    char problem[256])
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
	struct connection *connection;
	int code;

	pthread_once(&once, library_set_up);
	TRY(file_make(settings, problem));
	connection = calloc(1, sizeof(*connection));
	if (!connection)
		return E_NOMEM;
	code = sqlite3_open_v2(settings->path, &connection->db, flags, NULL);
	if (code == SQLITE_OK)
		code = connection_set_up(connection, settings->may_write);
	if (code != SQLITE_OK) {
		enum status status = problem_say(connection, settings->path, problem);

		connection_close(&connection);
		return status;
	}
	*ret_connection = connection;
	return OK;
}

void connection_close(struct connection **connection)
{
	struct connection *gone = *connection;

	*connection = NULL;
	if (!gone)
		return;
	for (size_t i = 0; i < SLOTS; i++)
		sqlite3_finalize(gone->slots[i].statement);
	sqlite3_close(gone->db);
	free(gone);
}

const struct dialect *connection_dialect(const struct connection *connection)
{
	return &dialect_sqlite;
}

bool connection_is_lost(const struct connection *connection)
{
	return connection->is_lost || sqlite3_get_autocommit(connection->db);
}

/* A ROLLBACK that had no memory leaves a transaction open: without this the connection could never begin another. */
void connection_clear(struct connection *connection)
{
	connection_rollback(connection);
	connection->is_lost = false;
}

void connection_rollback(struct connection *connection)
{
	if (!sqlite3_get_autocommit(connection->db))
		sqlite3_exec(connection->db, "ROLLBACK", NULL, NULL, NULL);
}

enum status connection_script(struct connection *connection, const char *text)
{
	return code_status(connection, sqlite3_exec(connection->db, text, NULL, NULL, NULL));
}

/* ---- the check ---- */

struct finding {
	char *problem;
	bool found;
};

static int integrity_row(void *context, int count, char **values, char **names)
{
	struct finding *finding = context;

	if (!finding->found && count > 0 && values[0] && strcmp(values[0], "ok") != 0) {
		finding->found = true;
		snprintf(finding->problem, 256, "the database is damaged: %s", values[0]);
	}
	return 0;
}

static int reference_row(void *context, int count, char **values, char **names)
{
	struct finding *finding = context;

	if (!finding->found && count > 2) {
		finding->found = true;
		snprintf(finding->problem, 256, "a row of table %s refers to a row of %s that is not there",
			 values[0] ? values[0] : "?", values[2] ? values[2] : "?");
	}
	return 0;
}

enum status connection_check(struct connection *connection, char problem[256])
{
	struct finding finding = {.problem = problem};
	int code = sqlite3_exec(connection->db, "PRAGMA integrity_check(1)", integrity_row, &finding, NULL);

	if (code == SQLITE_OK && !finding.found)
		code = sqlite3_exec(connection->db, "PRAGMA foreign_key_check", reference_row, &finding, NULL);
	if (code != SQLITE_OK && !finding.found)
		snprintf(problem, 256, "the database cannot be read: %s", sqlite3_errmsg(connection->db));
	return code == SQLITE_OK && !finding.found ? OK : E_STORE;
}

/* ---- statements ---- */

static size_t key_slot(const struct sql_key *key)
{
	uint64_t hash = (uint64_t)(uintptr_t)key->text * 0x9e3779b97f4a7c15u;

	hash ^= ((uint64_t)(uintptr_t)key->table + (uint64_t)key->verb) * 0xc2b2ae3d27d4eb4fu;
	return (size_t)(hash >> 32) % SLOTS;
}

static bool key_equal(const struct sql_key *a, const struct sql_key *b)
{
	return a->verb == b->verb && a->table == b->table && a->text == b->text;
}

/* The key's slot, or the free one where it belongs; the table is never full. */
static struct slot *slot_find(struct connection *connection, const struct sql_key *key)
{
	size_t i = key_slot(key);

	while (connection->slots[i].statement && !key_equal(&connection->slots[i].key, key))
		i = (i + 1) % SLOTS;
	return &connection->slots[i];
}

static enum status text_prepare(struct connection *connection, const struct sql_key *key,
				void (*build)(const struct sql_key *, struct text *), sqlite3_stmt **ret_statement)
{
	struct text text;
	int code = SQLITE_NOMEM;

	text_init(&text, STATEMENT_TEXT_MAX);
	build(key, &text);
	if (!text.failed)
		code = sqlite3_prepare_v3(connection->db, text.data, (int)text.size, SQLITE_PREPARE_PERSISTENT,
					  ret_statement, NULL);
	text_done(&text);
	return code_status(connection, code);
}

/* A function that is called for each row may use the same statement again: then it gets one of its own. */
enum status statement_take(struct connection *connection, const struct sql_key *key,
			   void (*build)(const struct sql_key *key, struct text *ret_text),
			   struct statement *ret_statement)
{
	struct slot *slot = slot_find(connection, key);
	sqlite3_stmt *statement = slot->statement;
	bool is_kept = statement && !sqlite3_stmt_busy(statement);

	if (!is_kept) {
		TRY(text_prepare(connection, key, build, &statement));
		if (!slot->statement && connection->used < SLOTS_USED_MAX) {
			*slot = (struct slot){.key = *key, .statement = statement};
			connection->used++;
			is_kept = true;
		}
	}
	*ret_statement = (struct statement){.connection = connection, .handle = statement, .is_kept = is_kept};
	return OK;
}

static int arg_bind(sqlite3_stmt *statement, int at, const struct sql_arg *arg)
{
	if (arg->kind == KIND_INT64)
		return sqlite3_bind_int64(statement, at, arg->number);
	if (!arg->data)
		return sqlite3_bind_null(statement, at);
	if (arg->kind == KIND_TEXT)
		return sqlite3_bind_text64(statement, at, arg->data, arg->size, SQLITE_STATIC, SQLITE_UTF8);
	return sqlite3_bind_blob64(statement, at, arg->data, arg->size, SQLITE_STATIC);
}

enum status statement_bind(struct statement *statement, const struct sql_arg *args, size_t count)
{
	int code = SQLITE_OK;

	for (size_t i = 0; i < count && code == SQLITE_OK; i++)
		code = arg_bind(statement->handle, (int)i + 1, &args[i]);
	return code_status(statement->connection, code);
}

enum status statement_step(struct statement *statement, bool *ret_row)
{
	const int code = sqlite3_step(statement->handle);

	TRY(code_status(statement->connection, code));
	*ret_row = code == SQLITE_ROW;
	return OK;
}

int64_t statement_changed(const struct statement *statement)
{
	return sqlite3_changes64(statement->connection->db);
}

void statement_done(struct statement *statement)
{
	if (statement->is_kept) {
		sqlite3_reset(statement->handle);
		sqlite3_clear_bindings(statement->handle);
	} else {
		sqlite3_finalize(statement->handle);
	}
	statement->handle = NULL;
}

/* ---- columns ---- */

int64_t statement_int(const struct statement *statement, int column)
{
	return sqlite3_column_int64(statement->handle, column);
}

/* A NULL pointer for what is not NULL means that SQLite had no memory to end it with a NUL; its size is 0 then. */
static enum status column_copy(const struct statement *statement, int column, struct arena *arena, const void *data,
			       char **ret_copy)
{
	const size_t size = (size_t)sqlite3_column_bytes(statement->handle, column);

	if (!data)
		return code_status(statement->connection, SQLITE_NOMEM);
	*ret_copy = arena_strndup(arena, data, size);
	return *ret_copy ? OK : E_NOMEM;
}

enum status statement_text(const struct statement *statement, int column, struct arena *arena, const char **ret_text)
{
	char *copy = NULL;

	if (sqlite3_column_type(statement->handle, column) != SQLITE_NULL)
		TRY(column_copy(statement, column, arena, sqlite3_column_text(statement->handle, column), &copy));
	*ret_text = copy;
	return OK;
}

enum status statement_bytes(const struct statement *statement, int column, struct arena *arena,
			    const uint8_t **ret_bytes, size_t *ret_size)
{
	const bool is_null = sqlite3_column_type(statement->handle, column) == SQLITE_NULL;
	const void *data = sqlite3_column_blob(statement->handle, column);
	const size_t size = (size_t)sqlite3_column_bytes(statement->handle, column);
	uint8_t *copy = NULL;

	if (!data && size > 0)
		return code_status(statement->connection, SQLITE_NOMEM);
	if (!is_null) {
		copy = arena_alloc(arena, size ? size : 1);
		if (!copy)
			return E_NOMEM;
		if (size)
			memcpy(copy, data, size);
	}
	*ret_bytes = copy;
	*ret_size = size;
	return OK;
}
