#ifndef STORE_DRIVER_H
#define STORE_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "base/text.h"

/*
 * What a database must be able to do for us: one connection, its statements, and the few words in which databases
 * differ. sqlite.c implements it; a second database comes as a second file, and nothing above this header changes.
 *
 * One thread at a time uses a connection.
 */
struct connection;
struct sql_table;

enum sql_kind { KIND_TEXT, KIND_INT64, KIND_INT, KIND_BOOL, KIND_HASH, KIND_BYTES };

/* A parameter. Text and bytes are borrowed until the statement is done; NULL data is the database's NULL. */
struct sql_arg {
	enum sql_kind kind; /* KIND_TEXT, KIND_INT64 or KIND_BYTES */
	int64_t number;
	const void *data;
	size_t size;
};

/* What a statement is made from, and so what it is kept under. `text` is a literal: its address counts. */
enum sql_verb { VERB_AS_WRITTEN, VERB_SELECT, VERB_INSERT, VERB_UPDATE };
struct sql_key {
	enum sql_verb verb;
	const struct sql_table *table;
	const char *text;
};

/* A statement in use, between statement_take and statement_done. */
struct statement {
	struct connection *connection;
	void *handle;
	bool is_kept; /* goes back to the connection's cache */
};

struct dialect {
	const char *begin_write; /* takes the write lock at once */
	const char *begin_read;  /* one snapshot from the first read on */
	const char *count_tables;
	const char *count_migrations_table;
	const char *version; /* one number that stays the same for this connection's own commits only */
	struct {
		const char *word, *means;
	} words[5]; /* in migrations: {int} and so on */
};

struct connection_settings {
	const char *path;
	bool create;
	bool may_write;
};

/* E_NOT_FOUND when the file is not there and may not be made; E_STORE with one sentence in `problem` otherwise. */
enum status must_check connection_open(const struct connection_settings *settings, struct connection **ret_connection,
				       char problem[256]);
void connection_close(struct connection **connection);
const struct dialect *connection_dialect(const struct connection *connection);

/*
 * After each writer: is the transaction gone, or has something happened after which it must not be committed (full, I/O
 * error, out of memory, corrupt)? connection_clear forgets it, for the next transaction, and leaves one that could not
 * be rolled back.
 */
bool connection_is_lost(const struct connection *connection);
void connection_clear(struct connection *connection);
/* Leaves the transaction, if there is one. */
void connection_rollback(struct connection *connection);
/* Several statements at once, for migrations. */
enum status must_check connection_script(struct connection *connection, const char *text);
/* Every page and every reference; E_STORE with the first finding. */
enum status must_check connection_check(struct connection *connection, char problem[256]);

/*
 * The statement of this key; `build` writes its text when the connection does not have it yet. Every failure below is
 *   E_INVALID    a NULL where the schema has none, or a value too big
 *   E_NOT_FOUND  a row that this one refers to is not there (foreign key)
 *   E_CONFLICT   a unique key is taken
 *   E_STORE      all else, logged
 */
enum status must_check statement_take(struct connection *connection, const struct sql_key *key,
				      void (*build)(const struct sql_key *key, struct text *ret_text),
				      struct statement *ret_statement);
enum status must_check statement_bind(struct statement *statement, const struct sql_arg *args, size_t count);
enum status must_check statement_step(struct statement *statement, bool *ret_row);
int64_t statement_changed(const struct statement *statement); /* rows, after the last step */
void statement_done(struct statement *statement);

/* The current row. Text and bytes are copied to the arena; NULL gives NULL, 0 and size 0. */
int64_t statement_int(const struct statement *statement, int column);
enum status must_check statement_text(const struct statement *statement, int column, struct arena *arena,
				      const char **ret_text);
enum status must_check statement_bytes(const struct statement *statement, int column, struct arena *arena,
				       const uint8_t **ret_bytes, size_t *ret_size);

#endif
