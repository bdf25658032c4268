#ifndef BASE_CONFIG_CHECK_H
#define BASE_CONFIG_CHECK_H

/*
 * The JSON Schema checker. check_value runs the table of keywords over one value. Where a schema gives a choice
 * (oneOf, anyOf) each branch is tried on a copy of the checker that prints nothing and stops at its first problem;
 * how near that problem lay to a fit (its rank) says which branch the person most likely meant.
 */

#include "base/config_internal.h"

struct check_shared {
	size_t steps;        /* what one check may cost, whatever the schema */
	const char *broken;  /* what is wrong with the schema itself; a fixed text */
	const char *keyword; /* and where; borrowed from the schema */
};

struct checker {
	const struct config_tree *tree;
	const json_t *schema; /* the whole, for $ref */
	struct check_shared *shared;
	struct report report;
	bool trial;
	size_t rank; /* trial: of the first problem */
	size_t nesting;
};

/* The value being looked at. */
struct spot {
	const json_t *value;
	const struct path *path;
	size_t depth;
};

enum fit { FIT_OTHER_TYPE, FIT_OTHER_WORD, FIT_TYPE }; /* how near a value with a problem was */

typedef void check_rule(struct checker *checker, const struct spot *spot, const json_t *schema, const json_t *rule);

void check_value(struct checker *checker, const struct spot *spot, const json_t *schema);
void check_member(struct checker *checker, const struct spot *spot, const char *key, const json_t *value,
		  const json_t *schema);

void problem_add(struct checker *checker, const struct spot *spot, enum fit fit, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* The same at the key of a member. */
void problem_add_key(struct checker *checker, const struct spot *spot, const char *key, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* Whether more problems would not be seen: the broken schema, the first in a trial, the last of a report. */
bool checker_is_full(const struct checker *checker);
void schema_is_broken(struct checker *checker, const char *keyword, const char *why);

/* Follows $ref; NULL, and the schema is broken, when it leads nowhere. */
const json_t *schema_resolve(struct checker *checker, const json_t *schema);
/* A count or limit; false, and the schema is broken, when it is no whole number. */
bool schema_take_int(struct checker *checker, const char *keyword, const json_t *rule, json_int_t *ret_value);
bool schema_type_fits(const json_t *type, const json_t *value);

/* What a schema wants, in a few words: "a list", "one of: a, b", its description. */
void describe_schema(struct checker *checker, struct text *out, const json_t *schema);
void describe_type(struct text *out, const json_t *type);
void describe_value(struct text *out, const json_t *value);
/* " (its description)", or nothing. */
void describe_note(struct text *out, const json_t *schema);
/* Names in a row, at most a dozen; `names` is an array of scalars. */
void describe_list(struct text *out, const json_t *names);
/* "; did you mean "x"?" when one of the names is near. */
void describe_nearest(struct text *out, const char *word, const json_t *names);

check_rule check_type, check_enum, check_const, check_pattern, check_format;
check_rule check_minimum, check_maximum, check_min_length, check_max_length;
check_rule check_telling_words, check_required, check_properties, check_additional, check_items, check_min_items,
	check_max_items;
check_rule check_ref, check_one_of, check_any_of;

#endif
