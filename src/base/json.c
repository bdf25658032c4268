#include "base/json.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/secret.h"

/* jansson's reader drops a character when it has no memory for it and reads on: what it says cannot be relied on. */
static _Thread_local bool memory_was_short;

static void *json_malloc(size_t size)
{
	void *data = malloc(size);

	if (!data)
		memory_was_short = true;
	return data;
}

static void json_free_zeroed(void *data)
{
	if (data)
		secret_zero(data, malloc_usable_size(data));
	free(data);
}

/* Passwords and private keys pass through trees. Set before main, because jansson's functions are not to change later.
 */
__attribute__((constructor)) static void json_memory_init(void)
{
	json_set_alloc_funcs(json_malloc, json_free_zeroed);
}

/* Before parsing, so that no depth of recursion is ever asked of the parser. */
static bool depth_is_within(const char *bytes, size_t size, size_t max_depth)
{
	size_t depth = 0;
	bool in_string = false;

	for (size_t i = 0; i < size; i++) {
		char c = bytes[i];

		if (in_string && c == '\\')
			i++;
		else if (c == '"')
			in_string = !in_string;
		else if (!in_string && (c == '{' || c == '[') && ++depth > max_depth)
			return false;
		else if (!in_string && (c == '}' || c == ']') && depth > 0)
			depth--;
	}
	return true;
}

enum status json_parse_limited(const char *bytes, size_t size, size_t max_depth, json_t **ret_json)
{
	json_error_t error;
	json_t *json;

	if (!bytes || !depth_is_within(bytes, size, max_depth))
		return E_INVALID;
	memory_was_short = false;
	json = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, &error);
	if (memory_was_short) {
		json_decref(json);
		return E_NOMEM;
	}
	if (!json)
		return E_INVALID;
	*ret_json = json;
	return OK;
}

const char *json_get_string(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

enum status json_take_int(const json_t *object, const char *key, int64_t min, int64_t max, int64_t *ret_value)
{
	const json_t *member = json_object_get(object, key);
	int64_t value;

	if (!member || json_is_null(member))
		return E_NOT_FOUND;
	if (!json_is_integer(member))
		return E_INVALID;
	value = json_integer_value(member);
	if (value < min || value > max)
		return E_INVALID;
	*ret_value = value;
	return OK;
}

bool json_get_bool(const json_t *object, const char *key, bool otherwise)
{
	const json_t *member = json_object_get(object, key);

	return json_is_boolean(member) ? json_is_true(member) : otherwise;
}

char *json_format(struct arena *arena, const json_t *json)
{
	const size_t flags = JSON_COMPACT | JSON_ENCODE_ANY;
	size_t size = json_dumpb(json, NULL, 0, flags);
	char *text = size > 0 ? arena_alloc(arena, size + 1) : NULL;

	if (text && json_dumpb(json, text, size, flags) != size)
		return NULL;
	return text;
}

/* The escape for what begins here and how many bytes it stands for; NULL when it may stay. */
static const char *html_escape(const char *text, size_t *ret_size)
{
	*ret_size = 1;
	switch (*text) {
	case '<': return "\\u003c";
	case '>': return "\\u003e";
	case '&': return "\\u0026";
	case '\xE2': break;
	default: return NULL;
	}
	if (text[1] != '\x80' || (text[2] != '\xA8' && text[2] != '\xA9'))
		return NULL;
	*ret_size = 3;
	return text[2] == '\xA8' ? "\\u2028" : "\\u2029";
}

static size_t html_size(const char *text)
{
	size_t size = 0, step;

	for (; *text; text += step)
		size += html_escape(text, &step) ? 6 : 1;
	return size;
}

/* These characters stand only inside strings in JSON, so they can be escaped without looking at its structure. */
char *json_format_html(struct arena *arena, const json_t *json)
{
	const char *text = json_format(arena, json);
	char *safe = text ? arena_alloc(arena, html_size(text) + 1) : NULL;
	char *next = safe;
	size_t step;

	for (; safe && *text; text += step) {
		const char *escape = html_escape(text, &step);

		if (escape)
			next = stpcpy(next, escape);
		else
			*next++ = *text;
	}
	return safe;
}
