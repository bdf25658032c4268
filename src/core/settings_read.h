#ifndef CORE_SETTINGS_READ_H
#define CORE_SETTINGS_READ_H

/* What settings.c and settings_read.c share: reading single values, where the schema gives defaults and bounds. */

#include "core/settings.h"

struct reader {
	struct arena *arena;
	const struct config_tree *tree;
	const json_t *schema;
	const char *folder; /* of the file: what relative paths count from */
	struct text *errors;
	size_t mistakes;
	bool no_memory;
};

/* One key of the file. `section` is NULL at the top. */
struct name {
	const char *section;
	const char *key;
};

/* Adds a line: where, which key, what is wrong. */
void reader_mistake(struct reader *reader, const struct name *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* What the file says, else the schema's default, else NULL. */
const json_t *reader_find(const struct reader *reader, const struct name *name);

/* All of these give nothing (NULL, 0) where nothing is said or a mistake was noted. Texts are copied into the arena. */
const char *reader_text(struct reader *reader, const struct name *name);
const char **reader_texts(struct reader *reader, const struct name *name, size_t *ret_count); /* a text, or a list */
const char *reader_path(struct reader *reader, const struct name *name);                      /* absolute */
/* A number, or a duration in seconds, within the schema's bounds. */
int64_t reader_number(struct reader *reader, const struct name *name);

char *reader_format(struct reader *reader, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- settings_push.c ---- */
void push_read(struct reader *reader, struct settings *settings);

/* The schema as a tree. Test builds lose the bounds of what tests size: password, session, life, budget, audit. */
enum status must_check schema_load(json_t **ret_schema);

/* ---- settings_address.c: NULL when it is right, else what would be ---- */
const char *issuer_problem(const char *issuer);
const char *endpoint_problem(const char *endpoint); /* "127.0.0.1:8080", "[::1]:0" */
const char *link_problem(const char *url);          /* what a person may be sent to */

#endif
