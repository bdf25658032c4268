#ifndef BASE_CONFIG_H
#define BASE_CONFIG_H

#include "base/json.h"
#include "base/text.h"

/*
 * YAML text to a jansson tree, checked by a JSON Schema (the subset that our own schema uses: type, properties,
 * required, additionalProperties, items, enum, const, pattern, minimum, maximum, minLength, maxLength, minItems,
 * maxItems, oneOf, anyOf, $ref to #/$defs/…, format "uri" and "duration", description, default). A keyword outside the
 * subset is an error, so no rule of a schema is ever silently ignored. A pattern is a POSIX extended regular
 * expression; "duration" is what text_parse_duration reads, or a whole number of seconds. A description stands in the
 * errors in brackets; a value does not, unless it was to be one of a list: it may be a secret.
 *
 * Every error is one line a person can act on, with the place:
 *   symbolon.yaml:12:5: policy.rules[1].ask: must be a list
 * An unknown key names the nearest known one. All errors are collected (at most 20), not only the first.
 *
 * YAML limits: 1 MiB, 32 levels, no anchors, aliases, tags or duplicate keys, one document. Plain scalars are typed by
 * YAML 1.2 core (true/false, integers, null); "yes"/"no"/"on"/"off" stay strings, and so do fractions. An empty file is
 * a null.
 *
 * Errors are added to `errors`, each line ending in a newline; what others wrote is cleaned as in text_clean.
 */
struct config_tree; /* the tree and the line of each value; belongs to one thread at a time */

#define CONFIG_MAX_SIZE   1048576
#define CONFIG_MAX_DEPTH  32
#define CONFIG_MAX_ERRORS 20

/*
 * `name` stands in the errors.
 *
 * OK          *ret_tree is the caller's, to config_free
 * E_INVALID   not what the limits allow; see `errors`
 * E_NOT_FOUND config_load: no such file
 * E_IO        config_load: it cannot be read
 */

enum status must_check config_parse(const char *name, const char *bytes, size_t size, struct config_tree **ret_tree,
				    struct text *errors);
enum status must_check config_load(const char *path, struct config_tree **ret_tree, struct text *errors);
/* E_INVALID: it does not keep to the schema, or the schema does not keep to our subset; see `errors`. */
enum status must_check config_check(const struct config_tree *tree, const json_t *schema, struct text *errors);
const json_t *config_root(const struct config_tree *tree);
/*
 * "symbolon.yaml:12:5" for a value of the tree, for errors found later; never NULL, lives as long as the tree. Jansson
 * has one true, one false and one null for all places: for these only the file's name comes, so ask for the member.
 */
const char *config_where(const struct config_tree *tree, const json_t *value);
/* The same for a member of a mapping by its key, whatever its type; the mapping's own place when it has none such. */
const char *config_where_member(const struct config_tree *tree, const json_t *object, const char *key);
void config_free(struct config_tree **tree);

#endif
