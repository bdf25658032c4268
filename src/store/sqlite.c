#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/statement_cache.h"

enum { STATEMENT_TEXT_MAX = 8192, BUSY_MS = 5000, MOVED_TRIES = 3 };

/* What begins and ends a transaction. */
enum fixed { FIXED_READ, FIXED_WRITE, FIXED_COMMIT, FIXED_COUNT };
static const char *const fixed_texts[FIXED_COUNT] = {"BEGIN", "BEGIN IMMEDIATE", "COMMIT"};

/* The driver for SQLite: one connection that writes, others that read. */
struct sqlite {
	struct connection base;
	sqlite3 *db;
	int64_t busy_since_ms;
	sqlite3_stmt *fixed[FIXED_COUNT]; /* prepared when first used */
	struct statement_cache cache;
};

static struct sqlite *sqlite_of(struct connection *connection)
{
	return (struct sqlite *)connection;
}

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
static enum status code_status(struct sqlite *sqlite, int code)
{
	const int extended = sqlite3_extended_errcode(sqlite->db);

	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE: return OK;
	case SQLITE_CONSTRAINT: return constraint_status(extended);
	case SQLITE_TOOBIG: return E_INVALID;
	default: break;
	}
	sqlite->base.state = TX_LOST;
	log_error("store.failed", LOG_N("code", (code & 0xff) == (extended & 0xff) ? extended : code),
		  LOG_S("message", sqlite3_errmsg(sqlite->db)));
	return E_STORE;
}

/* ---- connections ---- */

/*
 * SQLite's own busy handler sleeps up to 100 ms and so seldom meets the short gaps that a busy daemon leaves to the
 * command; this one looks every 1 to 2 ms, for 5 s.
 */
static int busy_wait(void *context, int count)
{
	struct sqlite *sqlite = context;
	const int64_t now = clock_mono_ms();
	const struct timespec pause = {.tv_nsec = count < 20 ? 1000000 : 2000000};

	if (count == 0)
		sqlite->busy_since_ms = now;
	if (now - sqlite->busy_since_ms >= BUSY_MS)
		return 0;
	nanosleep(&pause, NULL);
	return 1;
}

static enum status problem_say(const struct sqlite *sqlite, const char *path, char problem[256])
{
	snprintf(problem, 256, "%s: %s", path, sqlite3_errmsg(sqlite->db));
	return (sqlite3_errcode(sqlite->db) & 0xff) == SQLITE_BUSY ? E_BUSY : E_STORE;
}

/*
 * SQLite gives the -wal and -shm files the mode of the database, so that is made first, for its owner only. A file that
 * is there is never opened here: closing it would drop the POSIX locks of this process's other connections.
 */
static enum status file_make(const struct connection_settings *settings, char problem[256])
{
	const int file = settings->create ? open(settings->target, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
	struct stat found;
	int error = 0;

	if (file >= 0)
		close(file);
	else if (settings->create && errno != EEXIST)
		error = errno;
	else if (stat(settings->target, &found) != 0)
		error = errno;
	if (error == 0)
		return OK;
	snprintf(problem, 256, "%s: %s", settings->target, strerror(error));
	return error == ENOENT && !settings->create ? E_NOT_FOUND : E_STORE;
}

static const char pragmas[] = "PRAGMA foreign_keys = ON;"
			      "PRAGMA synchronous = FULL;"
			      "PRAGMA secure_delete = ON;"
			      "PRAGMA temp_store = MEMORY;"
			      "PRAGMA cell_size_check = ON;";

/* Turning WAL on needs the file for itself; while another process does the same, SQLite says busy without waiting. */
static int journal_set(struct sqlite *sqlite)
{
	const int64_t until = clock_mono_ms() + BUSY_MS;
	int code = sqlite3_exec(sqlite->db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);

	while (code == SQLITE_BUSY && clock_mono_ms() < until) {
		nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
		code = sqlite3_exec(sqlite->db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
	}
	return code;
}

/*
 * A file to read stays as it is. One to write is locked until the connection closes, and is whole without a -wal beside
 * it: leaving WAL needs every other connection gone, in whatever process, so this is also how we know that nobody has
 * it open.
 */
static int file_set_up(sqlite3 *db, bool may_write)
{
	static const char alone[] = "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = DELETE;"
				    "BEGIN EXCLUSIVE; COMMIT;";

	return may_write ? sqlite3_exec(db, alone, NULL, NULL, NULL) : SQLITE_OK;
}

static int set_up(struct sqlite *sqlite, const struct connection_settings *settings)
{
	sqlite3 *db = sqlite->db;
	int code;

	sqlite3_extended_result_codes(db, 1);
	sqlite3_busy_handler(db, busy_wait, sqlite);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	code = settings->is_file ? file_set_up(db, settings->may_write) : journal_set(sqlite);
	if (code == SQLITE_OK)
		code = sqlite3_exec(db, pragmas, NULL, NULL, NULL);
	if (code == SQLITE_OK && !settings->may_write)
		code = sqlite3_exec(db, "PRAGMA query_only = ON", NULL, NULL, NULL);
	return code;
}

/* Statistics of memory that nobody reads cost a lock of the whole process at each allocation. Too late is no harm. */
static void library_set_up(void)
{
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static void sqlite_close(struct connection *connection)
{
	struct sqlite *sqlite = sqlite_of(connection);

	for (size_t i = 0; i < FIXED_COUNT; i++)
		sqlite3_finalize(sqlite->fixed[i]);
	for (size_t i = 0; i < CACHE_SLOTS; i++)
		sqlite3_finalize(sqlite->cache.slots[i].handle);
	sqlite3_close(sqlite->db);
	free(sqlite);
}

/* From here on the connection keeps a lock that a restore waits for; so what has not moved now will not move. */
static bool has_moved(struct sqlite *sqlite)
{
	int moved = 0;

	return sqlite3_file_control(sqlite->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved;
}

static enum status open_try(const struct connection_settings *settings, struct sqlite **ret_sqlite, char problem[256])
{
	const bool only_read = settings->is_file && !settings->may_write;
	const int flags = (only_read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) | SQLITE_OPEN_NOMUTEX |
			  SQLITE_OPEN_PRIVATECACHE;
	struct sqlite *sqlite;
	int code;

	TRY(file_make(settings, problem));
	sqlite = calloc(1, sizeof(*sqlite));
	if (!sqlite)
		return E_NOMEM;
	sqlite->base.driver = &driver_sqlite;
	code = sqlite3_open_v2(settings->target, &sqlite->db, flags, NULL);
	if (code == SQLITE_OK)
		code = set_up(sqlite, settings);
	if (code != SQLITE_OK) {
		enum status status = problem_say(sqlite, settings->target, problem);

		sqlite_close(&sqlite->base);
		return status == E_BUSY && !settings->is_file ? E_STORE : status;
	}
	*ret_sqlite = sqlite;
	return OK;
}

/* While this one waited, a restore may have put another file in the place of the one it had opened. */
static enum status sqlite_open(const struct connection_settings *settings, struct connection **ret_connection,
			       char problem[256])
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct sqlite *sqlite = NULL;

	pthread_once(&once, library_set_up);
	for (int tries = 0; tries < MOVED_TRIES; tries++) {
		TRY(open_try(settings, &sqlite, problem));
		if (!has_moved(sqlite)) {
			*ret_connection = &sqlite->base;
			return OK;
		}
		sqlite_close(&sqlite->base);
	}
	snprintf(problem, 256, "%s: is being replaced; try again in a moment", settings->target);
	return E_STORE;
}

/* ---- transactions ---- */

static enum status fixed_run(struct sqlite *sqlite, enum fixed fixed)
{
	sqlite3_stmt **statement = &sqlite->fixed[fixed];
	enum status status;
	int code = SQLITE_OK;

	if (!*statement)
		code = sqlite3_prepare_v3(sqlite->db, fixed_texts[fixed], -1, SQLITE_PREPARE_PERSISTENT, statement,
					  NULL);
	if (code == SQLITE_OK)
		code = sqlite3_step(*statement);
	status = code_status(sqlite, code);
	sqlite3_reset(*statement);
	return status;
}

static enum status sqlite_begin(struct connection *connection, enum begin begin)
{
	return fixed_run(sqlite_of(connection), begin == BEGIN_READ ? FIXED_READ : FIXED_WRITE);
}

static enum status sqlite_commit(struct connection *connection)
{
	return fixed_run(sqlite_of(connection), FIXED_COMMIT);
}

static void sqlite_rollback(struct connection *connection)
{
	sqlite3 *db = sqlite_of(connection)->db;

	if (!sqlite3_get_autocommit(db))
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
}

/* SQLite ends a transaction by itself after some errors; what follows would then be written outside of any. */
static enum tx_state sqlite_state(const struct connection *connection)
{
	const struct sqlite *sqlite = (const struct sqlite *)connection;

	return sqlite3_get_autocommit(sqlite->db) ? TX_LOST : connection->state;
}

static bool sqlite_is_broken(const struct connection *connection)
{
	return false;
}

static enum status sqlite_script(struct connection *connection, const char *text)
{
	struct sqlite *sqlite = sqlite_of(connection);

	return code_status(sqlite, sqlite3_exec(sqlite->db, text, NULL, NULL, NULL));
}

static enum status sqlite_others(struct connection *connection, int64_t *ret_count)
{
	*ret_count = 0;
	return OK;
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

static enum status sqlite_check(struct connection *connection, char problem[256])
{
	sqlite3 *db = sqlite_of(connection)->db;
	struct finding finding = {.problem = problem};
	int code = sqlite3_exec(db, "PRAGMA integrity_check(1)", integrity_row, &finding, NULL);

	if (code == SQLITE_OK && !finding.found)
		code = sqlite3_exec(db, "PRAGMA foreign_key_check", reference_row, &finding, NULL);
	if (code != SQLITE_OK && !finding.found)
		snprintf(problem, 256, "the database cannot be read: %s", sqlite3_errmsg(db));
	return code == SQLITE_OK && !finding.found ? OK : E_STORE;
}

/* ---- statements ---- */

static enum status text_prepare(struct sqlite *sqlite, const struct sql_key *key,
				void (*build)(const struct sql_key *, struct text *), sqlite3_stmt **ret_statement)
{
	struct text text;
	int code = SQLITE_NOMEM;

	text_init(&text, STATEMENT_TEXT_MAX);
	build(key, &text);
	if (!text.failed)
		code = sqlite3_prepare_v3(sqlite->db, text.data, (int)text.size, SQLITE_PREPARE_PERSISTENT,
					  ret_statement, NULL);
	text_done(&text);
	return code_status(sqlite, code);
}

/* A function that is called for each row may use the same statement again: then it gets one of its own. */
static enum status sqlite_take(struct connection *connection, const struct sql_key *key,
			       void (*build)(const struct sql_key *key, struct text *ret_text),
			       struct statement *ret_statement)
{
	struct sqlite *sqlite = sqlite_of(connection);
	struct cache_slot *slot = cache_find(&sqlite->cache, key);
	sqlite3_stmt *statement = slot->handle;
	bool is_kept = statement && !sqlite3_stmt_busy(statement);

	if (!is_kept) {
		TRY(text_prepare(sqlite, key, build, &statement));
		is_kept = key->verb != VERB_ONCE && !slot->handle && cache_keep(&sqlite->cache, slot, key, statement);
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

static enum status sqlite_bind(struct statement *statement, const struct sql_arg *args, size_t count)
{
	int code = SQLITE_OK;

	for (size_t i = 0; i < count && code == SQLITE_OK; i++)
		code = arg_bind(statement->handle, (int)i + 1, &args[i]);
	return code_status(sqlite_of(statement->connection), code);
}

static enum status sqlite_step(struct statement *statement, bool *ret_row)
{
	const int code = sqlite3_step(statement->handle);

	TRY(code_status(sqlite_of(statement->connection), code));
	*ret_row = code == SQLITE_ROW;
	return OK;
}

static int64_t sqlite_changed(const struct statement *statement)
{
	return sqlite3_changes64(sqlite_of(statement->connection)->db);
}

static void sqlite_again(struct statement *statement)
{
	sqlite3_reset(statement->handle);
}

static void sqlite_done(struct statement *statement)
{
	if (statement->is_kept) {
		sqlite3_reset(statement->handle);
		sqlite3_clear_bindings(statement->handle);
	} else {
		sqlite3_finalize(statement->handle);
	}
}

/* ---- columns ---- */

static bool sqlite_is_null(const struct statement *statement, int column)
{
	return sqlite3_column_type(statement->handle, column) == SQLITE_NULL;
}

static int64_t sqlite_int(const struct statement *statement, int column)
{
	return sqlite3_column_int64(statement->handle, column);
}

/* A NULL pointer for what is not NULL means that SQLite had no memory to end it with a NUL; its size is 0 then. */
static enum status column_copy(const struct statement *statement, int column, struct arena *arena, const void *data,
			       char **ret_copy)
{
	const size_t size = (size_t)sqlite3_column_bytes(statement->handle, column);

	if (!data)
		return code_status(sqlite_of(statement->connection), SQLITE_NOMEM);
	*ret_copy = arena_strndup(arena, data, size);
	return *ret_copy ? OK : E_NOMEM;
}

/* Text that goes on after a NUL is nobody's work but of a hand in the database: no text is better than half of it. */
static enum status sqlite_text(const struct statement *statement, int column, struct arena *arena,
			       const char **ret_text)
{
	char *copy = NULL;

	if (sqlite3_column_type(statement->handle, column) != SQLITE_NULL)
		TRY(column_copy(statement, column, arena, sqlite3_column_text(statement->handle, column), &copy));
	if (copy && strlen(copy) != (size_t)sqlite3_column_bytes(statement->handle, column))
		return E_STORE;
	*ret_text = copy;
	return OK;
}

static enum status sqlite_bytes(const struct statement *statement, int column, struct arena *arena,
				const uint8_t **ret_bytes, size_t *ret_size)
{
	const bool is_null = sqlite3_column_type(statement->handle, column) == SQLITE_NULL;
	const void *data = sqlite3_column_blob(statement->handle, column);
	const size_t size = (size_t)sqlite3_column_bytes(statement->handle, column);
	uint8_t *copy = NULL;

	if (!data && size > 0)
		return code_status(sqlite_of(statement->connection), SQLITE_NOMEM);
	if (!is_null) {
		copy = arena_alloc(arena, size ? size : 1);
		if (!copy)
			return E_NOMEM;
		if (data && size)
			memcpy(copy, data, size);
	}
	*ret_bytes = copy;
	*ret_size = size;
	return OK;
}

const struct driver driver_sqlite = {
	.dialect =
		{
			.count_tables = "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' "
					"AND name NOT LIKE 'sqlite_%'",
			.chain_is_name = "(typeof(chain) = 'text' AND instr(CAST(chain AS BLOB), x'00') = 0)",
			.count_migrations_table = "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' "
						  "AND name = 'schema_migration'",
			.version = "PRAGMA data_version",
			.words =
				{
					{"{int}", "INTEGER"},
					{"{bytes}", "BLOB"},
					{"{serial}", "INTEGER PRIMARY KEY AUTOINCREMENT"},
					{"{table}", "STRICT"},
					{"{keyed_table}", "STRICT, WITHOUT ROWID"},
				},
		},
	.open = sqlite_open,
	.close = sqlite_close,
	.begin = sqlite_begin,
	.commit = sqlite_commit,
	.rollback = sqlite_rollback,
	.state = sqlite_state,
	.is_broken = sqlite_is_broken,
	.script = sqlite_script,
	.others = sqlite_others,
	.check = sqlite_check,
	.take = sqlite_take,
	.bind = sqlite_bind,
	.step = sqlite_step,
	.changed = sqlite_changed,
	.again = sqlite_again,
	.done = sqlite_done,
	.column_is_null = sqlite_is_null,
	.column_int = sqlite_int,
	.column_text = sqlite_text,
	.column_bytes = sqlite_bytes,
};
