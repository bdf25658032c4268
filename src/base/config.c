#include "base/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/config_internal.h"
#include "base/secret.h"

#define ARENA_LIMIT    (16 * (size_t)CONFIG_MAX_SIZE)
#define NAME_MAX_CHARS 200
#define LINE_MAX_CHARS 600

static void path_add(struct text *out, const struct path *path)
{
	if (!path)
		return;
	path_add(out, path->up);
	if (!path->key)
		text_add_format(out, "[%zu]", path->index);
	else if (path->key[strspn(path->key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")])
		text_add_format(out, "[\"%s\"]", path->key);
	else
		text_add_format(out, "%s%s", path->up ? "." : "", path->key);
}

void report_add(struct report *report, struct place at, const struct path *path, const char *message)
{
	struct text line;

	if (report->count++ >= CONFIG_MAX_ERRORS || !report->out)
		return;
	text_init(&line, CONFIG_MAX_SIZE);
	path_add(&line, path);
	if (line.size > 0)
		text_add(&line, ": ");
	text_add(&line, message);
	text_add_format(report->out, "%s:", report->name);
	if (at.line > 0)
		text_add_format(report->out, "%u:%u:", at.line, at.column);
	text_add(report->out, " ");
	if (line.data)
		text_add_clean(report->out, line.data, line.size, LINE_MAX_CHARS);
	text_add(report->out, "\n");
	text_done(&line);
}

void report_vformat(struct report *report, struct place at, const struct path *path, const char *format, va_list args)
{
	struct arena *arena = arena_new(2 * (size_t)CONFIG_MAX_SIZE);
	const char *message = arena_vformat(arena, format, args);

	report_add(report, at, path, message ? message : format);
	arena_free(arena);
}

void report_format(struct report *report, struct place at, const struct path *path, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report_vformat(report, at, path, format, args);
	va_end(args);
}

const struct mark *config_mark_find(const struct config_tree *tree, const struct path *path)
{
	static const struct mark nowhere = {0};

	for (size_t i = 0; i < tree->count; i++) {
		const struct mark *mark = &tree->marks[i];

		if (!path ? !mark->parent
			  : mark->parent == path->parent && (path->key ? mark->key && strcmp(mark->key, path->key) == 0
								       : !mark->key && mark->index == path->index))
			return mark;
	}
	return &nowhere;
}

void config_free(struct config_tree **tree)
{
	if (!*tree)
		return;
	json_decref((*tree)->root);
	free((*tree)->marks);
	arena_free((*tree)->arena);
	free(*tree);
	*tree = NULL;
}

static struct config_tree *tree_new(const char *name)
{
	struct config_tree *tree = calloc(1, sizeof(*tree));
	char *clean;

	if (!tree)
		return NULL;
	tree->arena = arena_new(ARENA_LIMIT);
	if (!tree->arena || text_clean(tree->arena, name, strlen(name), NAME_MAX_CHARS, &clean) != OK) {
		config_free(&tree);
		return NULL;
	}
	tree->name = clean;
	return tree;
}

enum status config_parse(const char *name, const char *bytes, size_t size, struct config_tree **ret_tree,
			 struct text *errors)
{
	struct config_tree *tree = tree_new(name);
	struct report report = {.out = errors};
	enum status status;

	if (!tree)
		return E_NOMEM;
	report.name = tree->name;
	if (size > CONFIG_MAX_SIZE) {
		report_format(&report, (struct place){0}, NULL, "is larger than %d bytes", CONFIG_MAX_SIZE);
		status = E_INVALID;
	} else {
		status = config_yaml_read(tree, bytes, size, &report);
	}
	if (status == OK && report.count > 0)
		status = E_INVALID;
	if (status != OK) {
		config_free(&tree);
		return status;
	}
	*ret_tree = tree;
	return OK;
}

/* A file may be a pipe: read until the end, and one byte past the limit to know that there is more. */
static enum status file_read(int fd, struct text *out)
{
	char chunk[16384];

	for (;;) {
		ssize_t got = read(fd, chunk, sizeof(chunk));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return E_IO;
		if (got == 0 || out->size > CONFIG_MAX_SIZE)
			break;
		text_add_bytes(out, chunk, (size_t)got);
	}
	secret_zero(chunk, sizeof(chunk)); /* a file may hold a password */
	return out->failed ? E_NOMEM : OK;
}

static void load_failed(const char *path, struct text *errors)
{
	struct report report = {.name = path, .out = errors};

	report_format(&report, (struct place){0}, NULL, "cannot be read: %s", strerrordesc_np(errno));
}

enum status config_load(const char *path, struct config_tree **ret_tree, struct text *errors)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct text bytes;
	enum status status;

	if (fd < 0) {
		status = errno == ENOENT ? E_NOT_FOUND : E_IO;
		load_failed(path, errors);
		return status;
	}
	text_init(&bytes, 2 * (size_t)CONFIG_MAX_SIZE);
	status = file_read(fd, &bytes);
	if (status == E_IO)
		load_failed(path, errors);
	close(fd);
	if (status == OK)
		status = config_parse(path, bytes.data ? bytes.data : "", bytes.size, ret_tree, errors);
	text_done(&bytes);
	return status;
}

const json_t *config_root(const struct config_tree *tree)
{
	return tree->root;
}

static const char *where_format(const struct config_tree *tree, const struct mark *mark)
{
	const char *where = NULL;

	if (mark && mark->at.line > 0)
		where = arena_format(tree->arena, "%s:%u:%u", tree->name, mark->at.line, mark->at.column);
	return where ? where : tree->name;
}

const char *config_where(const struct config_tree *tree, const json_t *value)
{
	const struct mark *found = NULL;

	if (json_is_boolean(value) || json_is_null(value))
		return tree->name;
	for (size_t i = 0; i < tree->count && !found; i++)
		if (tree->marks[i].value == value)
			found = &tree->marks[i];
	return where_format(tree, found);
}

const char *config_where_member(const struct config_tree *tree, const json_t *object, const char *key)
{
	const struct path path = {.parent = object, .key = key};
	const struct mark *mark = config_mark_find(tree, &path);

	return mark->at.line > 0 ? where_format(tree, mark) : config_where(tree, object);
}
