/* libyaml's events into a jansson tree. Whatever YAML can do beyond plain data is refused. */
#include <yaml.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/config_internal.h"

struct builder {
	yaml_parser_t parser;
	struct config_tree *tree;
	struct report *report;
	enum status status; /* not OK: stop; E_INVALID has been reported */
};

struct scalar {
	const char *text;
	size_t size;
	bool plain;
};

static struct place place_of(yaml_mark_t mark)
{
	return (struct place){.line = (unsigned)mark.line + 1, .column = (unsigned)mark.column + 1};
}

/* What people mostly did when libyaml says this. */
static const char *syntax_hint(const char *problem)
{
	static const struct {
		const char *problem, *hint;
	} hints[] = {
		{"cannot start any token", "; a tab, or a text that needs quotes? Indent with spaces"},
		{"mapping values are not allowed",
		 "; a text with a colon needs quotes, or the line is indented too far"},
		{"did not find expected key", "; is the line indented like its neighbours, and is every quote closed?"},
		{"could not find expected ':'", "; every line of a mapping is written 'key: value'"},
		{"did not find expected '-'", "; every entry of a list begins with '- ' in the same column"},
		{"did not find expected ',' or", "; a [list] or {mapping} is not closed"},
		{"unexpected end of stream", "; a quote is not closed"},
		{"UTF-8", "; save the file as UTF-8"},
		{"control characters", "; remove what cannot be seen"},
	};

	for (size_t i = 0; i < ARRAY_COUNT(hints); i++)
		if (strstr(problem, hints[i].problem))
			return hints[i].hint;
	return "";
}

/* A reader's error has no mark but an offset in the bytes. */
static struct place syntax_place(const yaml_parser_t *parser)
{
	return place_of(parser->error == YAML_READER_ERROR ? parser->mark : parser->problem_mark);
}

static void syntax_failed(struct builder *builder)
{
	const yaml_parser_t *parser = &builder->parser;
	const char *problem = parser->problem ? parser->problem : "not YAML";

	if (parser->error == YAML_MEMORY_ERROR) {
		builder->status = E_NOMEM;
		return;
	}
	builder->status = E_INVALID;
	if (parser->context)
		report_format(builder->report, syntax_place(parser), NULL, "%s %s (line %zu)%s", problem,
			      parser->context, parser->context_mark.line + 1, syntax_hint(problem));
	else
		report_format(builder->report, syntax_place(parser), NULL, "%s%s", problem, syntax_hint(problem));
}

static bool event_next(struct builder *builder, yaml_event_t *event)
{
	if (builder->report->count >= CONFIG_MAX_ERRORS)
		builder->status = E_INVALID;
	if (builder->status != OK)
		return false;
	if (yaml_parser_parse(&builder->parser, event))
		return true;
	syntax_failed(builder);
	return false;
}

static void refuse(struct builder *builder, const yaml_event_t *event, const struct path *path, const char *why)
{
	report_add(builder->report, place_of(event->start_mark), path, why);
}

static json_t *no_memory(struct builder *builder)
{
	builder->status = E_NOMEM;
	return NULL;
}

static void mark_add(struct builder *builder, const struct mark *mark)
{
	struct config_tree *tree = builder->tree;

	if (tree->count == tree->capacity) {
		size_t capacity = tree->capacity ? tree->capacity * 2 : 64;
		struct mark *marks = reallocarray(tree->marks, capacity, sizeof(*marks));

		if (!marks) {
			builder->status = E_NOMEM;
			return;
		}
		tree->marks = marks;
		tree->capacity = capacity;
	}
	tree->marks[tree->count++] = *mark;
}

static bool word_is(const char *text, const char *const words[], size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(text, words[i]) == 0)
			return true;
	return false;
}

/* YAML 1.2 core: decimal with a sign, 0o octal, 0x hexadecimal. E_NOT_FOUND: no number; E_INVALID: too large. */
static enum status integer_parse(const char *text, int64_t *ret_value)
{
	const bool prefixed = text[0] == '0' && (text[1] == 'o' || text[1] == 'x');
	const char *digits = prefixed ? text + 2 : text + (*text == '-' || *text == '+');
	const int base = !prefixed ? 10 : text[1] == 'o' ? 8 : 16;
	const char *allowed = base == 10 ? "0123456789" : base == 8 ? "01234567" : "0123456789abcdefABCDEF";
	long long value;

	if (!*digits || digits[strspn(digits, allowed)])
		return E_NOT_FOUND;
	errno = 0;
	value = strtoll(prefixed ? digits : text, NULL, base);
	if (errno)
		return E_INVALID;
	*ret_value = value;
	return OK;
}

static json_t *scalar_plain(struct builder *builder, const yaml_event_t *event, const char *text,
			    const struct path *path)
{
	static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
	static const char *const trues[] = {"true", "True", "TRUE"};
	static const char *const falses[] = {"false", "False", "FALSE"};
	int64_t number;
	enum status status;

	if (word_is(text, nulls, ARRAY_COUNT(nulls)))
		return json_null();
	if (word_is(text, trues, ARRAY_COUNT(trues)))
		return json_true();
	if (word_is(text, falses, ARRAY_COUNT(falses)))
		return json_false();
	status = integer_parse(text, &number);
	if (status == OK)
		return json_integer(number);
	if (status == E_INVALID)
		refuse(builder, event, path, "is too large for a number; if it is a text, put it in quotes");
	return json_string(text);
}

static struct scalar scalar_of(const yaml_event_t *event)
{
	return (struct scalar){.text = (const char *)event->data.scalar.value,
			       .size = event->data.scalar.length,
			       .plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE};
}

static bool extras_are_absent(struct builder *builder, const yaml_event_t *event, const yaml_char_t *anchor,
			      const yaml_char_t *tag, const struct path *path)
{
	if (anchor)
		refuse(builder, event, path,
		       "an anchor (&name) is not allowed here; write the value out. "
		       "A text that begins with & needs quotes");
	if (tag)
		refuse(builder, event, path,
		       "a tag (!name) is not allowed here. A text that begins with ! needs quotes");
	return !anchor && !tag;
}

static json_t *scalar_build(struct builder *builder, const yaml_event_t *event, const struct path *path)
{
	const struct scalar scalar = scalar_of(event);
	json_t *value;

	if (!extras_are_absent(builder, event, event->data.scalar.anchor, event->data.scalar.tag, path))
		return json_null();
	if (!utf8_is_valid(scalar.text, scalar.size)) {
		refuse(builder, event, path, "must be valid UTF-8 without a NUL character");
		return json_null();
	}
	value = scalar.plain ? scalar_plain(builder, event, scalar.text, path) : json_string(scalar.text);
	return value ? value : no_memory(builder);
}

static json_t *node_build(struct builder *builder, yaml_event_t *event, const struct path *path, size_t depth);

static json_t *list_build(struct builder *builder, const struct path *up, size_t depth)
{
	json_t *list = json_array();
	yaml_event_t event;

	while (list && event_next(builder, &event)) {
		struct path path = {.up = up, .parent = list, .index = json_array_size(list)};
		struct mark mark = {.parent = list, .index = path.index, .at = place_of(event.start_mark)};
		json_t *value;

		if (event.type == YAML_SEQUENCE_END_EVENT) {
			yaml_event_delete(&event);
			return list;
		}
		value = node_build(builder, &event, &path, depth);
		mark.value = value;
		if (value && json_array_append_new(list, value) != 0)
			no_memory(builder);
		else if (value)
			mark_add(builder, &mark);
	}
	if (!list)
		return no_memory(builder);
	json_decref(list);
	return NULL;
}

/* The key in the tree's arena; NULL with the error reported when it is none. */
static const char *key_read(struct builder *builder, const yaml_event_t *event, const struct path *up)
{
	struct scalar scalar = {0};
	const char *key;

	if (event->type == YAML_SCALAR_EVENT)
		scalar = scalar_of(event);
	if (event->type != YAML_SCALAR_EVENT || !utf8_is_valid(scalar.text, scalar.size)) {
		refuse(builder, event, up, "a key must be a plain text");
		builder->status = E_INVALID;
		return NULL;
	}
	if (!extras_are_absent(builder, event, event->data.scalar.anchor, event->data.scalar.tag, up)) {
		builder->status = E_INVALID;
		return NULL;
	}
	key = arena_strndup(builder->tree->arena, scalar.text, scalar.size);
	if (!key)
		builder->status = E_NOMEM;
	return key;
}

static void member_set(struct builder *builder, json_t *object, struct mark *mark, const struct path *path)
{
	const struct mark *first;

	if (json_object_get(object, mark->key)) {
		first = config_mark_find(builder->tree, path);
		report_format(builder->report, mark->key_at, path, "stands twice; it was first set in line %u",
			      first->key_at.line);
		return;
	}
	if (json_object_set(object, mark->key, (json_t *)(uintptr_t)mark->value) != 0)
		no_memory(builder);
	else
		mark_add(builder, mark);
}

static void member_build(struct builder *builder, json_t *object, const yaml_event_t *key_event, const struct path *up,
			 size_t depth)
{
	struct path path = {.up = up, .parent = object, .key = key_read(builder, key_event, up)};
	struct mark mark = {.parent = object, .key = path.key, .key_at = place_of(key_event->start_mark)};
	yaml_event_t event;
	json_t *value;

	if (!path.key || !event_next(builder, &event))
		return;
	mark.at = place_of(event.start_mark);
	value = node_build(builder, &event, &path, depth);
	if (!value)
		return;
	mark.value = value;
	member_set(builder, object, &mark, &path);
	json_decref(value);
}

static json_t *mapping_build(struct builder *builder, const struct path *up, size_t depth)
{
	json_t *object = json_object();
	yaml_event_t event;

	while (object && event_next(builder, &event)) {
		if (event.type == YAML_MAPPING_END_EVENT) {
			yaml_event_delete(&event);
			return object;
		}
		member_build(builder, object, &event, up, depth);
		yaml_event_delete(&event);
	}
	if (!object)
		return no_memory(builder);
	json_decref(object);
	return NULL;
}

static json_t *too_deep(struct builder *builder, const yaml_event_t *event)
{
	report_format(builder->report, place_of(event->start_mark), NULL, "is nested deeper than %d levels",
		      CONFIG_MAX_DEPTH);
	builder->status = E_INVALID;
	return NULL;
}

/* Takes the event. A value that was refused comes as null, so that what follows is looked at too; NULL: stop. */
static json_t *node_build(struct builder *builder, yaml_event_t *event, const struct path *path, size_t depth)
{
	const bool nests = event->type == YAML_SEQUENCE_START_EVENT || event->type == YAML_MAPPING_START_EVENT;
	json_t *value = NULL;

	if (nests && depth >= CONFIG_MAX_DEPTH) {
		value = too_deep(builder, event);
	} else if (event->type == YAML_SCALAR_EVENT) {
		value = scalar_build(builder, event, path);
	} else if (event->type == YAML_SEQUENCE_START_EVENT) {
		extras_are_absent(builder, event, event->data.sequence_start.anchor, event->data.sequence_start.tag,
				  path);
		value = list_build(builder, path, depth + 1);
	} else if (event->type == YAML_MAPPING_START_EVENT) {
		extras_are_absent(builder, event, event->data.mapping_start.anchor, event->data.mapping_start.tag,
				  path);
		value = mapping_build(builder, path, depth + 1);
	} else { /* only an alias is left */
		refuse(builder, event, path,
		       "an alias (*name) is not allowed here; write the value out. "
		       "A text that begins with * needs quotes");
		value = json_null();
	}
	yaml_event_delete(event);
	return value;
}

static void root_build(struct builder *builder, yaml_event_t *event)
{
	struct mark mark = {.at = place_of(event->start_mark)};
	json_t *root = node_build(builder, event, NULL, 0);

	if (!root)
		return;
	mark.value = root;
	builder->tree->root = root;
	mark_add(builder, &mark);
}

static void document_start(struct builder *builder, yaml_event_t *event)
{
	if (builder->tree->root) {
		refuse(builder, event, NULL, "a second document ('---') begins here; only one is allowed");
		builder->status = E_INVALID;
	}
	if (event->data.document_start.tag_directives.start != event->data.document_start.tag_directives.end)
		refuse(builder, event, NULL, "a %TAG directive is not allowed");
}

static void stream_build(struct builder *builder)
{
	yaml_event_t event;
	bool end = false;

	while (!end && event_next(builder, &event)) {
		switch (event.type) {
		case YAML_STREAM_START_EVENT:
		case YAML_DOCUMENT_END_EVENT: yaml_event_delete(&event); break;
		case YAML_DOCUMENT_START_EVENT:
			document_start(builder, &event);
			yaml_event_delete(&event);
			break;
		case YAML_STREAM_END_EVENT:
			end = true;
			yaml_event_delete(&event);
			break;
		default: root_build(builder, &event); break; /* takes the event */
		}
	}
}

enum status config_yaml_read(struct config_tree *tree, const char *bytes, size_t size, struct report *report)
{
	struct builder builder = {.tree = tree, .report = report};

	if (!yaml_parser_initialize(&builder.parser))
		return E_NOMEM;
	yaml_parser_set_encoding(&builder.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&builder.parser, (const unsigned char *)bytes, size);
	stream_build(&builder);
	yaml_parser_delete(&builder.parser);
	if (builder.status == OK && !tree->root)
		tree->root = json_null();
	return builder.status;
}
