#include "store/copy.h"

#include "store/sql.h"

enum { COLUMNS_MAX = 48, TABLE_ARENA_SIZE = 256 * 1024, ROW_ARENA_SIZE = 32 << 20, TEXT_MAX = 16 * 1024 };

const char *const copy_tables[] = {
	"users",   "user_groups", "clients",      "consents", "logins",   "challenges", "devices", "enrolments",
	"replays", "totps",       "recoveries",   "sessions", "browsers", "grants",     "tokens",  "attempts",
	"outbox",  "audits",      "audit_chains", "keys",     "meta",     "passes",
};
const size_t copy_table_count = ARRAY_COUNT(copy_tables);

#define NAME_LETTERS "abcdefghijklmnopqrstuvwxyz0123456789_"

static const char migrations_table[] = "schema_migration";

/* ---- what a table looks like, asked of the file ---- */

struct column {
	const char *name;
	enum sql_kind kind;
	int64_t key; /* 0: not of the primary key; else its place there */
};

struct table {
	const char *name;
	struct column columns[COLUMNS_MAX];
	size_t count;
};

static enum status kind_of(const char *type, enum sql_kind *ret_kind)
{
	if (strcmp(type, "INTEGER") == 0)
		*ret_kind = KIND_INT64;
	else if (strcmp(type, "TEXT") == 0)
		*ret_kind = KIND_TEXT;
	else if (strcmp(type, "BLOB") == 0)
		*ret_kind = KIND_BYTES;
	else
		return E_CONFLICT;
	return OK;
}

static void once_build(const struct sql_key *key, struct text *text)
{
	text_add(text, key->text);
}

static enum status once_take(struct connection *connection, const char *text, struct statement *ret_statement)
{
	return statement_take(connection, &(const struct sql_key){.verb = VERB_ONCE, .text = text}, once_build,
			      ret_statement);
}

static enum status column_read(const struct statement *statement, struct arena *arena, struct table *table)
{
	struct column *column = &table->columns[table->count];
	const char *type = NULL;

	if (table->count == COLUMNS_MAX)
		return E_CONFLICT;
	TRY(statement_text(statement, 0, arena, &column->name));
	if (!column->name || !*column->name || strspn(column->name, NAME_LETTERS) != strlen(column->name))
		return E_CONFLICT; /* it goes into statements as it is, and comes from a file that nothing vouches for
				    */
	TRY(statement_text(statement, 1, arena, &type));
	column->key = statement_int(statement, 2);
	TRY(kind_of(type ? type : "", &column->kind));
	table->count++;
	return OK;
}

static enum status columns_read(struct statement *statement, struct arena *arena, struct table *table)
{
	const struct sql_arg name = sql_text(table->name);
	bool has_row = false;

	TRY(statement_bind(statement, &name, 1));
	TRY(statement_step(statement, &has_row));
	while (has_row) {
		TRY(column_read(statement, arena, table));
		TRY(statement_step(statement, &has_row));
	}
	return table->count > 0 ? OK : E_CONFLICT;
}

static enum status table_read(struct connection *file, const char *name, struct arena *arena, struct table *ret_table)
{
	struct table table = {.name = name};
	struct statement statement;
	enum status status;

	TRY(once_take(file, "SELECT name, type, pk FROM pragma_table_info(?1) ORDER BY cid", &statement));
	status = columns_read(&statement, arena, &table);
	statement_done(&statement);
	if (status == OK)
		*ret_table = table;
	return status;
}

/* ---- statements ---- */

static void names_add(struct text *text, const struct table *table)
{
	for (size_t i = 0; i < table->count; i++)
		text_add_format(text, "%s%s", i > 0 ? ", " : "", table->columns[i].name);
}

static void order_add(struct text *text, const struct table *table)
{
	for (int64_t key = 1; key <= (int64_t)table->count; key++)
		for (size_t i = 0; i < table->count; i++)
			if (table->columns[i].key == key)
				text_add_format(text, "%s%s", key > 1 ? ", " : " ORDER BY ", table->columns[i].name);
}

static enum status select_take(struct connection *from, const struct table *table, bool is_ordered,
			       struct statement *ret_statement)
{
	struct text text;
	enum status status = E_NOMEM;

	text_init(&text, TEXT_MAX);
	text_add(&text, "SELECT ");
	names_add(&text, table);
	text_add_format(&text, " FROM %s", table->name);
	if (is_ordered)
		order_add(&text, table);
	if (!text.failed)
		status = once_take(from, text.data, ret_statement);
	text_done(&text);
	return status;
}

static enum status insert_take(struct connection *to, const struct table *table, struct statement *ret_statement)
{
	struct text text;
	enum status status = E_NOMEM;

	text_init(&text, TEXT_MAX);
	text_add_format(&text, "INSERT INTO %s (", table->name);
	names_add(&text, table);
	text_add(&text, ") VALUES (");
	for (size_t i = 0; i < table->count; i++)
		text_add_format(&text, "%s?%zu", i > 0 ? ", " : "", i + 1);
	text_add(&text, ")");
	if (!text.failed)
		status = once_take(to, text.data, ret_statement);
	text_done(&text);
	return status;
}

/* ---- rows ---- */

static enum status value_read(const struct statement *statement, int at, enum sql_kind kind, struct arena *arena,
			      struct sql_arg *ret_arg)
{
	const char *text = NULL;
	const uint8_t *bytes = NULL;
	size_t size = 0;

	*ret_arg = (struct sql_arg){.kind = kind == KIND_INT64 ? KIND_BYTES : kind};
	if (statement_is_null(statement, at))
		return OK;
	if (kind == KIND_INT64) {
		*ret_arg = sql_int(statement_int(statement, at));
	} else if (kind == KIND_TEXT) {
		TRY(statement_text(statement, at, arena, &text));
		*ret_arg = sql_text(text);
	} else {
		TRY(statement_bytes(statement, at, arena, &bytes, &size));
		*ret_arg = sql_bytes(bytes, size);
	}
	return OK;
}

/* What is done with each row. */
struct row_use {
	enum status (*fn)(const struct table *table, const struct sql_arg *values, void *ctx);
	void *ctx;
};

static enum status row_use(const struct statement *statement, const struct table *table, const struct row_use *use)
{
	scoped_arena *arena = arena_new(ROW_ARENA_SIZE);
	struct sql_arg values[COLUMNS_MAX];

	if (!arena)
		return E_NOMEM;
	for (size_t i = 0; i < table->count; i++)
		TRY(value_read(statement, (int)i, table->columns[i].kind, arena, &values[i]));
	return use->fn(table, values, use->ctx);
}

static enum status rows_use(struct statement *rows, const struct table *table, const struct row_use *use)
{
	bool has_row = false;

	TRY(statement_bind(rows, NULL, 0));
	TRY(statement_step(rows, &has_row));
	while (has_row) {
		TRY(row_use(rows, table, use));
		TRY(statement_step(rows, &has_row));
	}
	return OK;
}

static enum status table_use(struct connection *from, const struct table *table, bool is_ordered,
			     const struct row_use *use)
{
	struct statement rows;
	enum status status;

	TRY(select_take(from, table, is_ordered, &rows));
	status = rows_use(&rows, table, use);
	statement_done(&rows);
	return status;
}

/* meta's first column is its key. */
static bool tells_of_the_file(const struct table *table, const struct sql_arg *values)
{
	return strcmp(table->name, "meta") == 0 && values[0].data && text_has_prefix(values[0].data, "backup.");
}

/* ---- the content as bytes ---- */

static void number_sink(const struct copy_sink *sink, char tag, uint64_t number)
{
	uint8_t bytes[9] = {(uint8_t)tag};

	for (size_t i = 0; i < 8; i++)
		bytes[i + 1] = (uint8_t)(number >> (8 * i));
	sink->add(sink->ctx, bytes, sizeof(bytes));
}

static void data_sink(const struct copy_sink *sink, char tag, const void *data, size_t size)
{
	number_sink(sink, tag, size);
	if (size > 0)
		sink->add(sink->ctx, data, size);
}

static bool is_seal(const struct table *table, const struct sql_arg *values)
{
	return strcmp(table->name, "meta") == 0 && values[0].data &&
	       (strcmp(values[0].data, "backup.sha256") == 0 || strcmp(values[0].data, "backup.mac") == 0);
}

static enum status row_sink(const struct table *table, const struct sql_arg *values, void *ctx)
{
	const struct copy_sink *sink = ctx;

	if (is_seal(table, values))
		return OK;
	for (size_t i = 0; i < table->count; i++) {
		if (values[i].kind == KIND_INT64)
			number_sink(sink, 'i', (uint64_t)values[i].number);
		else if (!values[i].data)
			number_sink(sink, 'n', 0);
		else
			data_sink(sink, values[i].kind == KIND_TEXT ? 't' : 'b', values[i].data, values[i].size);
	}
	return OK;
}

static void head_sink(const struct copy_sink *sink, const struct table *table)
{
	data_sink(sink, 'T', table->name, strlen(table->name));
	for (size_t i = 0; i < table->count; i++)
		data_sink(sink, 'c', table->columns[i].name, strlen(table->columns[i].name));
}

static enum status table_sink(struct connection *file, const char *name, const struct copy_sink *sink)
{
	scoped_arena *arena = arena_new(TABLE_ARENA_SIZE);
	struct table table;

	if (!arena)
		return E_NOMEM;
	TRY(table_read(file, name, arena, &table));
	head_sink(sink, &table);
	return table_use(file, &table, true, &(const struct row_use){row_sink, (void *)(uintptr_t)sink});
}

/* ---- copying ---- */

struct insert {
	struct statement statement;
	const struct copy_sink *sink;
	uint64_t rows;
};

static enum status row_insert(const struct table *table, const struct sql_arg *values, void *ctx)
{
	struct insert *insert = ctx;
	bool has_row;

	if (insert->sink)
		TRY(row_sink(table, values, (void *)(uintptr_t)insert->sink));
	if (tells_of_the_file(table, values))
		return OK;
	TRY(statement_bind(&insert->statement, values, table->count));
	TRY(statement_step(&insert->statement, &has_row));
	statement_again(&insert->statement);
	insert->rows++;
	return OK;
}

static enum status table_copy(const struct copy *copy, const char *name, uint64_t *rows)
{
	scoped_arena *arena = arena_new(TABLE_ARENA_SIZE);
	struct table table;
	struct insert insert = {.rows = *rows, .sink = copy->sink};
	enum status status;

	if (!arena)
		return E_NOMEM;
	TRY(table_read(copy->file, name, arena, &table));
	if (copy->sink)
		head_sink(copy->sink, &table);
	TRY(insert_take(copy->to, &table, &insert.statement));
	status = table_use(copy->from, &table, copy->sink != NULL, &(const struct row_use){row_insert, &insert});
	statement_done(&insert.statement);
	*rows = insert.rows;
	return status;
}

static enum status tables_count(struct connection *connection, int64_t *ret_count)
{
	struct store_tx tx = {.connection = connection};

	return sql_number(&tx, SQL(connection_dialect(connection)->count_tables), ret_count);
}

/* A file of an older version lacks what later migrations made. */
static enum status table_is_there(struct connection *file, const char *name, bool *ret_there)
{
	struct store_tx tx = {.connection = file};
	int64_t count = 0;

	TRY(sql_number(&tx,
		       SQL("SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = ?1", sql_text(name)),
		       &count));
	*ret_there = count == 1;
	return OK;
}

/* Views and triggers of a stranger's file are never run: only plain tables of these names are read. */
enum status copy_tables_check(struct connection *file)
{
	int64_t count = 0, known = 1; /* schema_migration */
	bool there = false;

	TRY(tables_count(file, &count));
	for (size_t i = 0; i < copy_table_count; i++) {
		TRY(table_is_there(file, copy_tables[i], &there));
		known += there;
	}
	return known > 1 && count == known ? OK : E_CONFLICT;
}

enum status copy_all(const struct copy *copy, uint64_t *ret_rows)
{
	uint64_t rows = 0;
	int64_t here = 0, there = 0;
	bool is_there = false;

	TRY(copy_tables_check(copy->file));
	TRY(tables_count(copy->from, &here));
	TRY(tables_count(copy->to, &there));
	if (here != there)
		return E_CONFLICT;
	if (copy->sink)
		TRY(table_sink(copy->file, migrations_table, copy->sink));
	for (size_t i = 0; i < copy_table_count; i++) {
		TRY(table_is_there(copy->file, copy_tables[i], &is_there));
		if (is_there)
			TRY(table_copy(copy, copy_tables[i], &rows));
	}
	if (copy->sink)
		number_sink(copy->sink, 'E', 0);
	if (connection_dialect(copy->to)->after_copy)
		TRY(connection_script(copy->to, connection_dialect(copy->to)->after_copy));
	*ret_rows = rows;
	return OK;
}

enum status copy_digest(struct connection *file, const struct copy_sink *sink)
{
	bool there = false;

	TRY(table_sink(file, migrations_table, sink));
	for (size_t i = 0; i < copy_table_count; i++) {
		TRY(table_is_there(file, copy_tables[i], &there));
		if (there)
			TRY(table_sink(file, copy_tables[i], sink));
	}
	number_sink(sink, 'E', 0);
	return OK;
}
