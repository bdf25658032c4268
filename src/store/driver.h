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
 * differ. sqlite.c and postgres.c implement it; nothing above this header knows which one is there.
 *
 * One thread at a time uses a connection.
 */
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
/* VERB_ONCE: `text` is no literal, and the statement is made for this one use and not kept. */
enum sql_verb { VERB_AS_WRITTEN, VERB_SELECT, VERB_INSERT, VERB_UPDATE, VERB_ONCE };
struct sql_key {
	enum sql_verb verb;
	const struct sql_table *table;
	const char *text;
};

/* PostgreSQL: nobody else brings the schema up to date at the same time; a key of our own for pg_advisory_lock. */
#define SCHEMA_LOCK "7306085934212"

/* How a transaction begins. */
enum begin {
	BEGIN_READ,   /* one snapshot from the first read on */
	BEGIN_WRITE,  /* as if nobody else wrote meanwhile: SQLite locks, PostgreSQL has one of two begin again */
	BEGIN_SCHEMA, /* nobody else changes the schema meanwhile */
};

/*
 * What has become of a transaction. TX_LOST: something has happened after which it must not be committed (full, I/O
 * error, out of memory, corrupt, connection gone at the commit). TX_AGAIN: the same, and it is certain that nothing was
 * written, and likely that it works when it is begun again (serialization failure, deadlock, connection gone before).
 */
enum tx_state { TX_FINE = 0, TX_LOST, TX_AGAIN };

struct connection {
	const struct driver *driver;
	enum tx_state state;
	unsigned place; /* of the pool: 0 to its size less one; no two of one store have the same */
};

/* A statement in use, between statement_take and statement_done. */
struct statement {
	struct connection *connection;
	void *handle;
	bool is_kept; /* goes back to the connection's cache */
};

struct dialect {
	const char *count_tables;           /* SELECT: how many tables of ours or others there are */
	const char *count_migrations_table; /* SELECT: 1 when schema_migration is there */
	const char *after_copy;             /* script, after rows were copied with the keys that they had; NULL: none */
	const char *chain_is_name;          /* condition: the column `chain` is a text that C can hold */
	const char *clock;                  /* SELECT: the server's time, Unix seconds; NULL: ours is its */
	const char *version; /* one number that stays the same for this connection's own commits only; NULL: none */
	struct {
		const char *word, *means;
	} words[6]; /* in migrations: {int} and so on */
};

struct connection_settings {
	const char *target; /* a path, or the URL */
	const char *name;   /* PostgreSQL: what the connection calls itself to the server */
	bool create;
	bool may_write;
	bool is_file; /* a database in one file with nothing beside it: a backup, or one that nobody else may have open
		       */
};

/*
 * E_BUSY: wanted for ourselves alone (is_file and may_write) and somebody has it open, after 5 s.
 * E_NOT_FOUND when the file is not there and may not be made; E_STORE with one sentence in `problem` otherwise.
 */
enum status must_check connection_open(const struct driver *driver, const struct connection_settings *settings,
				       struct connection **ret_connection, char problem[256]);
void connection_close(struct connection **connection);
const struct dialect *connection_dialect(const struct connection *connection);

/* state becomes TX_FINE; a transaction that could not be rolled back for want of memory is, now */
enum status must_check connection_begin(struct connection *connection, enum begin begin);
enum status must_check connection_commit(struct connection *connection);
/* Leaves the transaction, if there is one. */
void connection_rollback(struct connection *connection);
/* Asked after each writer. */
enum tx_state connection_state(const struct connection *connection);
/* It will never work again: close it. */
bool connection_is_broken(const struct connection *connection);

/* Several statements at once, for migrations. */
enum status must_check connection_script(struct connection *connection, const char *text);
/* How many others are connected to this database: connections whose name is not of this store. 0 on SQLite. */
enum status must_check connection_others(struct connection *connection, int64_t *ret_count);
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
/* Ready for another bind and step. */
void statement_again(struct statement *statement);
void statement_done(struct statement *statement);

/* The current row. Text and bytes are copied to the arena; NULL gives NULL, 0 and size 0. */
bool statement_is_null(const struct statement *statement, int column);
int64_t statement_int(const struct statement *statement, int column);
enum status must_check statement_text(const struct statement *statement, int column, struct arena *arena,
				      const char **ret_text);
enum status must_check statement_bytes(const struct statement *statement, int column, struct arena *arena,
				       const uint8_t **ret_bytes, size_t *ret_size);

/* What a database gives for the above. */
struct driver {
	bool many_writers; /* each worker writes on a connection of its own; else all on one, with group commit */
	struct dialect dialect;
	enum status (*open)(const struct connection_settings *settings, struct connection **ret_connection,
			    char problem[256]);
	void (*close)(struct connection *connection);
	enum status (*begin)(struct connection *connection, enum begin begin);
	enum status (*commit)(struct connection *connection);
	void (*rollback)(struct connection *connection);
	enum tx_state (*state)(const struct connection *connection);
	bool (*is_broken)(const struct connection *connection);
	enum status (*script)(struct connection *connection, const char *text);
	enum status (*others)(struct connection *connection, int64_t *ret_count);
	enum status (*check)(struct connection *connection, char problem[256]);
	enum status (*take)(struct connection *connection, const struct sql_key *key,
			    void (*build)(const struct sql_key *key, struct text *ret_text),
			    struct statement *ret_statement);
	enum status (*bind)(struct statement *statement, const struct sql_arg *args, size_t count);
	enum status (*step)(struct statement *statement, bool *ret_row);
	int64_t (*changed)(const struct statement *statement);
	void (*again)(struct statement *statement);
	void (*done)(struct statement *statement);
	bool (*column_is_null)(const struct statement *statement, int column);
	int64_t (*column_int)(const struct statement *statement, int column);
	enum status (*column_text)(const struct statement *statement, int column, struct arena *arena,
				   const char **ret_text);
	enum status (*column_bytes)(const struct statement *statement, int column, struct arena *arena,
				    const uint8_t **ret_bytes, size_t *ret_size);
};
extern const struct driver driver_sqlite, driver_postgres;

#endif
