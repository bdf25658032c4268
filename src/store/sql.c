#include "store/sql.h"

#include <limits.h>
#include <stdalign.h>

enum { ROW_SIZE_MAX = 512, ROW_ARENA_SIZE = 1 << 20, LIST_FIRST = 8 };

/* ---- texts ---- */

static void columns_add(struct text *text, const struct sql_table *table, size_t first)
{
	for (size_t i = first; i < table->count; i++)
		text_add_format(text, "%s%s", i > first ? ", " : "", table->fields[i].column);
}

static void insert_build(const struct sql_table *table, struct text *text)
{
	const size_t first = table->is_serial ? 1 : 0;

	text_add_format(text, "INSERT INTO %s (", table->name);
	columns_add(text, table, first);
	text_add(text, ") VALUES (");
	for (size_t i = first; i < table->count; i++)
		text_add_format(text, "%s?%zu", i > first ? ", " : "", i - first + 1);
	text_add(text, ") ON CONFLICT DO NOTHING");
}

static void update_build(const struct sql_table *table, struct text *text)
{
	text_add_format(text, "UPDATE %s SET ", table->name);
	for (size_t i = 1; i < table->count; i++)
		text_add_format(text, "%s%s = ?%zu", i > 1 ? ", " : "", table->fields[i].column, i + 1);
}

static void text_build(const struct sql_key *key, struct text *text)
{
	if (key->verb == VERB_SELECT) {
		text_add(text, "SELECT ");
		columns_add(text, key->table, 0);
		text_add_format(text, " FROM %s", key->table->name);
	} else if (key->verb == VERB_INSERT) {
		insert_build(key->table, text);
	} else if (key->verb == VERB_UPDATE) {
		update_build(key->table, text);
	}
	if (key->text && key->verb != VERB_AS_WRITTEN)
		text_add(text, " ");
	if (key->text)
		text_add(text, key->text);
}

/* ---- one struct to parameters and back ---- */

static struct sql_arg field_arg(const struct sql_field *field, const void *row)
{
	const unsigned char *at = (const unsigned char *)row + field->offset;
	const uint8_t *const *bytes = (const void *)at;

	switch (field->kind) {
	case KIND_INT64: return sql_int(*(const int64_t *)(const void *)at);
	case KIND_INT: return sql_int(*(const int *)(const void *)at);
	case KIND_BOOL: return sql_int(*(const bool *)at);
	case KIND_HASH: return sql_hash(at);
	case KIND_BYTES: return sql_bytes(*bytes, *(const size_t *)(const void *)(bytes + 1));
	case KIND_TEXT: break;
	}
	return sql_text(*(const char *const *)(const void *)at);
}

static enum status int_read(const struct statement *statement, int column, int *ret_number)
{
	const int64_t number = statement_int(statement, column);

	if (number < INT_MIN || number > INT_MAX)
		return E_STORE;
	*ret_number = (int)number;
	return OK;
}

/* A hash of another size is nobody's work but of a hand in the database: no row is better than half a hash. */
static enum status hash_read(const struct statement *statement, int column, struct arena *arena, uint8_t hash[32])
{
	const uint8_t *bytes = NULL;
	size_t size = 0;

	TRY(statement_bytes(statement, column, arena, &bytes, &size));
	if (!bytes || size != 32)
		return E_STORE;
	memcpy(hash, bytes, 32);
	return OK;
}

static enum status field_read(const struct statement *statement, int column, const struct sql_field *field,
			      struct arena *arena, void *row)
{
	unsigned char *at = (unsigned char *)row + field->offset;
	const uint8_t **bytes = (void *)at;

	switch (field->kind) {
	case KIND_INT64: *(int64_t *)(void *)at = statement_int(statement, column); return OK;
	case KIND_INT: return int_read(statement, column, (void *)at);
	case KIND_BOOL: *(bool *)at = statement_int(statement, column) != 0; return OK;
	case KIND_HASH: return hash_read(statement, column, arena, at);
	case KIND_BYTES: return statement_bytes(statement, column, arena, bytes, (void *)(bytes + 1));
	case KIND_TEXT: break;
	}
	return statement_text(statement, column, arena, (void *)at);
}

static enum status row_read(const struct statement *statement, const struct sql_table *table, struct arena *arena,
			    void *row)
{
	for (size_t i = 0; i < table->count; i++)
		TRY(field_read(statement, (int)i, &table->fields[i], arena, row));
	return OK;
}

/* ---- running ---- */

/* What one statement is run with, and what is done with each row; `stop` ends it early. */
struct run {
	struct sql_key key;
	const struct sql_arg *args;
	size_t count;
	enum status (*row)(const struct statement *statement, void *ctx, bool *stop);
	void *ctx;
	int64_t changed;
};

/* SQLite would keep any bytes as text, PostgreSQL would not: so none gets as far as either. */
static bool args_are_texts(const struct sql_arg *args, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (args[i].kind == KIND_TEXT && args[i].data && !utf8_is_valid(args[i].data, args[i].size))
			return false;
	return true;
}

static enum status rows_step(struct statement *statement, struct run *run)
{
	bool has_row = false;
	bool stop = false;

	if (!args_are_texts(run->args, run->count))
		return E_INVALID;
	TRY(statement_bind(statement, run->args, run->count));
	TRY(statement_step(statement, &has_row));
	while (has_row && !stop) {
		if (run->row)
			TRY(run->row(statement, run->ctx, &stop));
		if (!stop)
			TRY(statement_step(statement, &has_row));
	}
	run->changed = statement_changed(statement);
	return OK;
}

/*
 * SQLite may have ended the transaction with the error: what a writer that overlooks it goes on to write would then be
 * committed statement by statement.
 */
static enum status run_do(struct store_tx *tx, struct run *run)
{
	struct statement statement;
	enum status status;

	if (tx->connection->state != TX_FINE)
		return E_STORE;
	TRY(statement_take(tx->connection, &run->key, text_build, &statement));
	status = rows_step(&statement, run);
	statement_done(&statement);
	return status;
}

static struct run run_of(enum sql_verb verb, const struct sql_table *table, const struct sql_query *query)
{
	return (struct run){.key = {.verb = verb, .table = table, .text = query->text},
			    .args = query->args,
			    .count = query->count};
}

enum status sql_run(struct store_tx *tx, const struct sql_query *query, int64_t *ret_changed)
{
	struct run run = run_of(VERB_AS_WRITTEN, NULL, query);

	TRY(run_do(tx, &run));
	if (ret_changed)
		*ret_changed = run.changed;
	return OK;
}

enum status sql_change(struct store_tx *tx, const struct sql_query *query)
{
	int64_t changed = 0;

	TRY(sql_run(tx, query, &changed));
	return changed > 0 ? OK : E_CONFLICT;
}

enum status sql_set(struct store_tx *tx, const struct sql_query *query)
{
	int64_t changed = 0;

	TRY(sql_run(tx, query, &changed));
	return changed > 0 ? OK : E_NOT_FOUND;
}

struct number {
	int64_t value;
	bool found;
};

static enum status number_row(const struct statement *statement, void *ctx, bool *stop)
{
	*(struct number *)ctx = (struct number){.value = statement_int(statement, 0), .found = true};
	*stop = true;
	return OK;
}

enum status sql_number(struct store_tx *tx, const struct sql_query *query, int64_t *ret_number)
{
	struct run run = run_of(VERB_AS_WRITTEN, NULL, query);
	struct number number = {0};

	run.row = number_row;
	run.ctx = &number;
	TRY(run_do(tx, &run));
	if (!number.found)
		return E_NOT_FOUND;
	*ret_number = number.value;
	return OK;
}

/* ---- lists: doubled in the arena as they grow; the arena's limit is theirs ---- */

struct list {
	const struct sql_table *table; /* NULL: words */
	struct arena *arena;
	unsigned char *items;
	size_t item_size, count, capacity;
};

static enum status list_grow(struct list *list)
{
	const size_t capacity = list->capacity ? list->capacity * 2 : LIST_FIRST;
	unsigned char *items = arena_calloc(list->arena, capacity, list->item_size);

	if (!items)
		return E_NOMEM;
	if (list->count)
		memcpy(items, list->items, list->count * list->item_size);
	list->items = items;
	list->capacity = capacity;
	return OK;
}

static enum status list_row(const struct statement *statement, void *ctx, bool *stop)
{
	struct list *list = ctx;
	unsigned char *item;

	if (list->count == list->capacity)
		TRY(list_grow(list));
	item = list->items + list->count * list->item_size;
	if (list->table)
		TRY(row_read(statement, list->table, list->arena, item));
	else
		TRY(statement_text(statement, 0, list->arena, (void *)item));
	list->count++;
	return OK;
}

enum status sql_words(struct store_tx *tx, const struct sql_query *query, struct sql_words *ret_words)
{
	struct run run = run_of(VERB_AS_WRITTEN, NULL, query);
	struct list list = {.arena = tx->arena, .item_size = sizeof(const char *)};

	run.row = list_row;
	run.ctx = &list;
	TRY(run_do(tx, &run));
	*ret_words = (struct sql_words){.words = (void *)list.items, .count = list.count};
	return OK;
}

enum status sql_list(struct store_tx *tx, const struct sql_table *table, const struct sql_query *query,
		     struct sql_rows *ret_rows)
{
	struct run run = run_of(VERB_SELECT, table, query);
	struct list list = {.table = table, .arena = tx->arena, .item_size = table->row_size};

	run.row = list_row;
	run.ctx = &list;
	TRY(run_do(tx, &run));
	*ret_rows = (struct sql_rows){.rows = list.items, .count = list.count};
	return OK;
}

/* ---- whole rows ---- */

static size_t row_args(const struct sql_table *table, size_t first, const void *row, struct sql_arg *args)
{
	for (size_t i = first; i < table->count; i++)
		args[i - first] = field_arg(&table->fields[i], row);
	return table->count - first;
}

enum status sql_insert(struct store_tx *tx, const struct sql_table *table, const void *row)
{
	struct sql_arg args[SQL_FIELDS_MAX];
	struct run run = {.key = {.verb = VERB_INSERT, .table = table}, .args = args};

	run.count = row_args(table, table->is_serial ? 1 : 0, row, args);
	TRY(run_do(tx, &run));
	return run.changed > 0 ? OK : E_CONFLICT;
}

enum status sql_update(struct store_tx *tx, const struct sql_table *table, const char *where, const void *row)
{
	struct sql_arg args[SQL_FIELDS_MAX];
	struct run run = {.key = {.verb = VERB_UPDATE, .table = table, .text = where}, .args = args};

	run.count = row_args(table, 0, row, args);
	TRY(run_do(tx, &run));
	return run.changed > 0 ? OK : E_CONFLICT;
}

struct find {
	const struct sql_table *table;
	struct arena *arena;
	void *row;
	bool found;
};

static enum status find_row(const struct statement *statement, void *ctx, bool *stop)
{
	struct find *find = ctx;

	find->found = true;
	*stop = true;
	return row_read(statement, find->table, find->arena, find->row);
}

/* Into a row of its own first: the caller's stays untouched on failure. */
enum status sql_find(struct store_tx *tx, const struct sql_table *table, const struct sql_query *query, void *ret_row)
{
	alignas(max_align_t) unsigned char row[ROW_SIZE_MAX] = {0};
	struct run run = run_of(VERB_SELECT, table, query);
	struct find find = {.table = table, .arena = tx->arena, .row = row};

	run.row = find_row;
	run.ctx = &find;
	TRY(run_do(tx, &run));
	if (!find.found)
		return E_NOT_FOUND;
	memcpy(ret_row, row, table->row_size);
	return OK;
}

struct each {
	const struct sql_table *table;
	const struct sql_visitor *visitor;
};

static enum status each_row(const struct statement *statement, void *ctx, bool *stop)
{
	const struct each *each = ctx;
	alignas(max_align_t) unsigned char row[ROW_SIZE_MAX] = {0};
	scoped_arena *arena = arena_new(ROW_ARENA_SIZE);

	if (!arena)
		return E_NOMEM;
	TRY(row_read(statement, each->table, arena, row));
	return each->visitor->fn(row, each->visitor->ctx);
}

enum status sql_each(struct store_tx *tx, const struct sql_table *table, const struct sql_query *query,
		     const struct sql_visitor *visitor)
{
	struct run run = run_of(VERB_SELECT, table, query);
	struct each each = {.table = table, .visitor = visitor};

	run.row = each_row;
	run.ctx = &each;
	return run_do(tx, &run);
}
