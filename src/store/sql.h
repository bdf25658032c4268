#ifndef STORE_SQL_H
#define STORE_SQL_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "store/driver.h"
#include "store/store.h"

/*
 * How the rows_*.c files talk to the database. A statement is a literal with its parameters:
 *
 *   sql_change(tx, SQL("UPDATE totps SET last_step = ?2 WHERE id = ?1 AND last_step < ?2", sql_text(id),
 * sql_int(step)))
 *
 * The text is prepared once for each connection and kept under its address. It is written for SQLite and PostgreSQL
 * alike: ?1, ?2 … (there $1, $2 …), ON CONFLICT DO NOTHING, RETURNING, conditional UPDATEs, BIGINT, TEXT and BYTEA; no
 * function that only one of them has.
 *
 * A row struct is mapped once, by a table whose fields have the names of its members; whole rows are then read,
 * inserted and updated by that table, so no list of columns can drift from another.
 */
struct store_tx {
	struct connection *connection;
	struct arena *arena;
	const char *chain; /* of the audit log; NULL in a read */
};

struct sql_query {
	const char *text; /* a literal */
	const struct sql_arg *args;
	size_t count;
};

#define SQL(text_, ...)                                                                                                \
	(&(const struct sql_query){.text = (text_),                                                                    \
				   .args = (const struct sql_arg[]){__VA_ARGS__},                                      \
				   .count = sizeof((const struct sql_arg[]){__VA_ARGS__}) / sizeof(struct sql_arg)})

static inline struct sql_arg sql_int(int64_t number)
{
	return (struct sql_arg){.kind = KIND_INT64, .number = number};
}
static inline struct sql_arg sql_text(const char *text) /* NULL: the database's NULL */
{
	return (struct sql_arg){.kind = KIND_TEXT, .data = text, .size = text ? strlen(text) : 0};
}
static inline struct sql_arg sql_bytes(const uint8_t *bytes, size_t size)
{
	return (struct sql_arg){.kind = KIND_BYTES, .data = bytes, .size = size};
}
static inline struct sql_arg sql_hash(const uint8_t *hash) /* 32 bytes, or NULL */
{
	return sql_bytes(hash, 32);
}

/* One member: its column has its name, its kind follows from its type. After a pointer to bytes comes their size. */
struct sql_field {
	const char *column;
	size_t offset;
	enum sql_kind kind;
};
#define FIELD(row_, member_)                                                                                             \
	{                                                                                                                \
		.column = #member_, .offset = offsetof(row_, member_), .kind = _Generic(((row_ *)0)->member_,          \
			const char *: KIND_TEXT,                                                                       \
			int64_t: KIND_INT64,                                                                           \
			int: KIND_INT,                                                                                 \
			bool: KIND_BOOL,                                                                               \
			uint8_t *: KIND_HASH,                                                                          \
			const uint8_t *: KIND_BYTES) \
	}

enum { SQL_FIELDS_MAX = 32 };

struct sql_table {
	const char *name;
	const struct sql_field *fields; /* the first is the key */
	size_t count;
	size_t row_size;
	bool is_serial; /* the database gives the key */
};

/* ---- statements as they are written ---- */

/* Runs it; ret_changed (may be NULL) says how many rows. */
enum status must_check sql_run(struct store_tx *tx, const struct sql_query *query, int64_t *ret_changed);
/* E_CONFLICT when it changed no row: the condition did not hold. */
enum status must_check sql_change(struct store_tx *tx, const struct sql_query *query);
/* E_NOT_FOUND when it changed no row: no such key. */
enum status must_check sql_set(struct store_tx *tx, const struct sql_query *query);
/* The first column of the first row. E_NOT_FOUND when there is none; for a sum or a greatest of nothing 0. */
enum status must_check sql_number(struct store_tx *tx, const struct sql_query *query, int64_t *ret_number);
/* The first column of every row. */
struct sql_words {
	const char **words;
	size_t count;
};
enum status must_check sql_words(struct store_tx *tx, const struct sql_query *query, struct sql_words *ret_words);

/* ---- whole rows; the query is what follows "SELECT … FROM table" or "UPDATE table SET …" ---- */

/* E_CONFLICT when a unique key is taken. */
enum status must_check sql_insert(struct store_tx *tx, const struct sql_table *table, const void *row);
/* Sets all fields but the key. Fields are numbered as parameters in their order, the key is ?1. E_CONFLICT: no row. */
enum status must_check sql_update(struct store_tx *tx, const struct sql_table *table, const char *where,
				  const void *row);
/* The first row; E_NOT_FOUND when there is none. */
enum status must_check sql_find(struct store_tx *tx, const struct sql_table *table, const struct sql_query *query,
				void *ret_row);
struct sql_rows {
	void *rows;
	size_t count;
};
enum status must_check sql_list(struct store_tx *tx, const struct sql_table *table, const struct sql_query *query,
				struct sql_rows *ret_rows);
/* Calls fn for each row, whose strings live until fn returns; stops at the first status that is not OK. */
struct sql_visitor {
	enum status (*fn)(const void *row, void *ctx);
	void *ctx;
};
enum status must_check sql_each(struct store_tx *tx, const struct sql_table *table, const struct sql_query *query,
				const struct sql_visitor *visitor);

#endif
