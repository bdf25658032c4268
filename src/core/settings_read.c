#include "core/settings_read.h"

#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"

#define MESSAGE_MAX  400
#define SCHEMA_DEPTH 16

static const json_t *section_of(const json_t *object, const char *section)
{
	return section ? json_object_get(object, section) : object;
}

static const json_t *property_of(const struct reader *reader, const struct name *name)
{
	const json_t *properties = json_object_get(reader->schema, "properties");

	if (name->section)
		properties = json_object_get(json_object_get(properties, name->section), "properties");
	return json_object_get(properties, name->key);
}

void reader_mistake(struct reader *reader, const struct name *name, const char *format, ...)
{
	const json_t *section = section_of(config_root(reader->tree), name->section);
	char *message;
	va_list args;

	reader->mistakes++;
	va_start(args, format);
	message = arena_vformat(reader->arena, format, args);
	va_end(args);
	reader->no_memory = reader->no_memory || !message;
	if (!message || !reader->errors)
		return;
	text_add_format(reader->errors, "%s: %s%s%s: ",
			config_where_member(reader->tree, section ? section : config_root(reader->tree), name->key),
			name->section ? name->section : "", name->section ? "." : "", name->key);
	text_add_clean(reader->errors, message, strlen(message), MESSAGE_MAX);
	text_add(reader->errors, "\n");
}

char *reader_format(struct reader *reader, const char *format, ...)
{
	char *text;
	va_list args;

	va_start(args, format);
	text = arena_vformat(reader->arena, format, args);
	va_end(args);
	reader->no_memory = reader->no_memory || !text;
	return text;
}

const json_t *reader_find(const struct reader *reader, const struct name *name)
{
	const json_t *value = json_object_get(section_of(config_root(reader->tree), name->section), name->key);

	return value ? value : json_object_get(property_of(reader, name), "default");
}

const char *reader_text(struct reader *reader, const struct name *name)
{
	const char *text = json_string_value(reader_find(reader, name));

	return text ? reader_format(reader, "%s", text) : NULL;
}

const char **reader_texts(struct reader *reader, const struct name *name, size_t *ret_count)
{
	const json_t *value = reader_find(reader, name);
	size_t count = json_is_array(value) ? json_array_size(value) : value ? 1 : 0;
	const char **texts = arena_calloc(reader->arena, count + 1, sizeof(*texts));

	reader->no_memory = reader->no_memory || !texts;
	for (size_t i = 0; texts && i < count; i++) {
		const char *text = json_string_value(json_is_array(value) ? json_array_get(value, i) : value);

		texts[i] = reader_format(reader, "%s", text ? text : "");
		if (!texts[i])
			texts = NULL;
	}
	*ret_count = texts ? count : 0;
	return texts;
}

const char *reader_path(struct reader *reader, const struct name *name)
{
	const char *path = reader_text(reader, name);

	if (!path)
		return NULL;
	if (!text_is_displayable(path)) {
		reader_mistake(reader, name, "must be a path");
		return NULL;
	}
	return *path == '/' ? path : reader_format(reader, "%s/%s", reader->folder, path);
}

static int64_t bound_of(const struct reader *reader, const struct name *name, const char *keyword, int64_t otherwise)
{
	const json_t *bound = json_object_get(property_of(reader, name), keyword);

	return json_is_integer(bound) ? json_integer_value(bound) : otherwise;
}

/* Whole hours, days and so on as a person would write them. */
static const char *number_show(struct reader *reader, const struct name *name, int64_t value)
{
	static const struct {
		int64_t seconds;
		char unit;
	} units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};

	for (size_t i = 0; i < ARRAY_COUNT(units) && json_get_string(property_of(reader, name), "format"); i++)
		if (value > 0 && value % units[i].seconds == 0)
			return reader_format(reader, "%lld%c", (long long)(value / units[i].seconds), units[i].unit);
	return reader_format(reader, "%lld", (long long)value);
}

int64_t reader_number(struct reader *reader, const struct name *name)
{
	const json_t *value = reader_find(reader, name);
	int64_t least = bound_of(reader, name, "minimum", 0);
	int64_t most = bound_of(reader, name, "maximum", INT32_MAX);
	int64_t number = json_integer_value(value);
	const char *shown_least, *shown_most;

	if (json_is_string(value) && text_parse_duration(json_string_value(value), &number) != OK) {
		reader_mistake(reader, name, "must be a duration such as 90s, 10m, 12h or 30d");
		return 0;
	}
	if (number >= least && number <= most)
		return number;
	shown_least = number_show(reader, name, least);
	shown_most = number_show(reader, name, most);
	reader_mistake(reader, name, "must be at least %s and at most %s", shown_least ? shown_least : "?",
		       shown_most ? shown_most : "?");
	return 0;
}

#ifdef SYMBOLON_TESTING
static void bounds_drop(json_t *schema, const char *section)
{
	json_t *properties =
		json_object_get(json_object_get(json_object_get(schema, "properties"), section), "properties");
	const char *key;
	json_t *property;

	json_object_foreach (properties, key, property) {
		json_object_del(property, "minimum");
		json_object_del(property, "maximum");
	}
}

static void bounds_loosen(json_t *schema)
{
	static const char *const sized_by_tests[] = {"password", "session", "life", "budget", "audit"};

	for (size_t i = 0; i < ARRAY_COUNT(sized_by_tests); i++)
		bounds_drop(schema, sized_by_tests[i]);
}
#else
static void bounds_loosen(json_t *schema)
{
}
#endif

enum status schema_load(json_t **ret_schema)
{
	TRY(json_parse_limited(settings_schema, strlen(settings_schema), SCHEMA_DEPTH, ret_schema));
	bounds_loosen(*ret_schema);
	return OK;
}
