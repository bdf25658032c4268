#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "store/postgres.h"

enum {
	STREAM_NOT_SENT = -2,
	ARGS_MAX = 48,
	STATEMENT_TEXT_MAX = 8192,
	OID_BYTEA = 17,
	OID_INT8 = 20,
	OID_TEXT = 25,
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
enum status postgres_take(struct connection *connection, const struct sql_key *key,
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
			status_ignore(postgres_run(postgres, "SET LOCAL statement_timeout = 0"), "then it may be cut");
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
	PGresult *result = postgres_answer(postgres, PQsendPrepare(postgres->link, prepared->name, prepared->text,
								   (int)prepared->count, prepared->types));
	enum status status = postgres_is_fine(result) ? OK : postgres_trouble(postgres, result);

	PQclear(result);
	if (status == OK) {
		free(prepared->text);
		prepared->text = NULL;
	}
	return status;
}

enum status postgres_bind(struct statement *statement, const struct sql_arg *args, size_t count)
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
		postgres_answer(postgres, PQsendQueryPrepared(postgres->link, prepared->name, (int)prepared->count,
							      prepared->values, prepared->sizes, prepared->formats, 1));
	return postgres_is_fine(prepared->result) ? OK : postgres_trouble(postgres, prepared->result);
}

/* The next row, or the end, of a statement that is streamed; only the end says how many rows were changed. */
static enum status stream_step(struct postgres *postgres, struct prepared *prepared, bool *ret_row)
{
	if (prepared->row == STREAM_NOT_SENT) {
		if (!PQsendQueryPrepared(postgres->link, prepared->name, (int)prepared->count, prepared->values,
					 prepared->sizes, prepared->formats, 1))
			return postgres_trouble(postgres, NULL);
		PQsetSingleRowMode(postgres->link);
	}
	PQclear(prepared->result);
	prepared->result = PQgetResult(postgres->link);
	prepared->row = 0;
	*ret_row = PQresultStatus(prepared->result) == PGRES_SINGLE_TUPLE;
	if (*ret_row)
		return OK;
	PQclear(PQgetResult(postgres->link)); /* NULL: the statement has ended */
	return postgres_is_fine(prepared->result) ? OK : postgres_trouble(postgres, prepared->result);
}

enum status postgres_step(struct statement *statement, bool *ret_row)
{
	struct prepared *prepared = statement->handle;

	if (prepared->is_streamed)
		return stream_step(postgres_of(statement->connection), prepared, ret_row);
	if (!prepared->result)
		TRY(prepared_run(postgres_of(statement->connection), prepared));
	*ret_row = ++prepared->row < PQntuples(prepared->result);
	return OK;
}

int64_t postgres_changed(const struct statement *statement)
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

void postgres_again(struct statement *statement)
{
	struct prepared *prepared = statement->handle;

	if (prepared->is_streamed)
		stream_end(postgres_of(statement->connection), prepared);
	PQclear(prepared->result);
	prepared->result = NULL;
	prepared->row = prepared->is_streamed ? STREAM_NOT_SENT : -1;
}

void postgres_done(struct statement *statement)
{
	struct prepared *prepared = statement->handle;

	postgres_again(statement);
	prepared->is_busy = false;
	if (!statement->is_kept) {
		free(prepared->text);
		free(prepared);
	}
}

void postgres_forget(struct postgres *postgres)
{
	for (size_t i = 0; i < CACHE_SLOTS; i++) {
		struct prepared *prepared = postgres->cache.slots[i].handle;

		if (prepared)
			free(prepared->text);
		free(prepared);
	}
}

/* ---- columns, in their binary forms ---- */

bool postgres_is_null(const struct statement *statement, int column)
{
	const struct prepared *prepared = statement->handle;

	return PQgetisnull(prepared->result, prepared->row, column);
}

int64_t postgres_int(const struct statement *statement, int column)
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

enum status postgres_text(const struct statement *statement, int column, struct arena *arena, const char **ret_text)
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

enum status postgres_bytes(const struct statement *statement, int column, struct arena *arena,
			   const uint8_t **ret_bytes, size_t *ret_size)
{
	const struct prepared *prepared = statement->handle;
	const size_t size = (size_t)PQgetlength(prepared->result, prepared->row, column);
	uint8_t *copy = NULL;

	if (!PQgetisnull(prepared->result, prepared->row, column)) {
		copy = arena_alloc(arena, size ? size : 1);
		if (!copy)
			return E_NOMEM;
		if (size)
			memcpy(copy, PQgetvalue(prepared->result, prepared->row, column), size);
	}
	*ret_bytes = copy;
	*ret_size = size;
	return OK;
}
