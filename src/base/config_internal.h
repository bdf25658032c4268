#ifndef BASE_CONFIG_INTERNAL_H
#define BASE_CONFIG_INTERNAL_H

/* What the parts of config share: config.c (the tree), config_yaml.c (parsing), config_check.c, config_rules.c and
 * config_shape.c (the schema). */

#include "base/arena.h"
#include "base/config.h"

struct place {
	unsigned line; /* from 1 */
	unsigned column;
};

/* Where one value stands, and its key when it is a member. Known by parent, because true, false and null are shared. */
struct mark {
	const json_t *parent; /* NULL: the root */
	const char *key;      /* NULL in a list; in the tree's arena */
	size_t index;
	const json_t *value;
	struct place at;
	struct place key_at;
};

struct config_tree {
	const char *name;
	json_t *root;
	struct mark *marks;
	size_t count;
	size_t capacity;
	struct arena *arena; /* name, keys, and the texts that config_where made */
};

/* A chain from a value up to the root, on the stack while checking; NULL is the root. */
struct path {
	const struct path *up;
	const json_t *parent;
	const char *key; /* NULL: `index` counts */
	size_t index;
};

/* Collects errors, at most CONFIG_MAX_ERRORS lines. */
struct report {
	const char *name;
	struct text *out; /* NULL: only count */
	size_t count;
};

const struct mark *config_mark_find(const struct config_tree *tree, const struct path *path);

/* One line: name:line:col: path: message. `message` is cleaned. */
void report_add(struct report *report, struct place at, const struct path *path, const char *message);
void report_format(struct report *report, struct place at, const struct path *path, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void report_vformat(struct report *report, struct place at, const struct path *path, const char *format, va_list args)
	__attribute__((format(printf, 4, 0)));

/* libyaml's part: fills the tree. */
enum status must_check config_yaml_read(struct config_tree *tree, const char *bytes, size_t size,
					struct report *report);

#endif
