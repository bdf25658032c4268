/* What a schema wants, in words for the person who wrote the file. */
#include "base/config_check.h"

#include <string.h>

#define LIST_MAX       12
#define WORD_MAX_CHARS 60
#define NOTE_MAX_CHARS 200

static const char *type_word(const char *type)
{
	static const struct {
		const char *type, *word;
	} words[] = {
		{"object", "a mapping"}, {"array", "a list"},
		{"string", "a text"},    {"integer", "a whole number"},
		{"number", "a number"},  {"boolean", "true or false"},
		{"null", "empty"},
	};

	for (size_t i = 0; i < ARRAY_COUNT(words); i++)
		if (strcmp(type, words[i].type) == 0)
			return words[i].word;
	return "of a type that is not known";
}

void describe_type(struct text *out, const json_t *type)
{
	json_t *name;
	size_t i;

	if (json_is_string(type))
		text_add(out, type_word(json_string_value(type)));
	json_array_foreach ((json_t *)(uintptr_t)type, i, name) {
		text_add(out, i > 0 ? " or " : "");
		text_add(out, type_word(json_is_string(name) ? json_string_value(name) : ""));
	}
}

void describe_value(struct text *out, const json_t *value)
{
	const char *text = json_string_value(value);

	if (text)
		text_add_clean(out, text, strlen(text), WORD_MAX_CHARS);
	else if (json_is_integer(value))
		text_add_format(out, "%lld", (long long)json_integer_value(value));
	else if (json_is_boolean(value))
		text_add(out, json_is_true(value) ? "true" : "false");
	else
		text_add(out, json_is_null(value) ? "empty" : "a certain list or mapping");
}

void describe_note(struct text *out, const json_t *schema)
{
	const char *description = json_get_string(schema, "description");

	if (!description)
		return;
	text_add(out, " (");
	text_add_clean(out, description, strlen(description), NOTE_MAX_CHARS);
	text_add(out, ")");
}

void describe_list(struct text *out, const json_t *names)
{
	json_t *name;
	size_t i;

	json_array_foreach ((json_t *)(uintptr_t)names, i, name) {
		if (i == LIST_MAX) {
			text_add(out, ", and others");
			return;
		}
		text_add(out, i > 0 ? ", " : "");
		describe_value(out, name);
	}
}

/* One mistake in a short word, one in every three letters of a longer one. */
void describe_nearest(struct text *out, const char *word, const json_t *names)
{
	const char *nearest = NULL;
	size_t least = strlen(word) / 3 > 1 ? strlen(word) / 3 : 1;
	json_t *name;
	size_t i;

	json_array_foreach ((json_t *)(uintptr_t)names, i, name) {
		const char *candidate = json_string_value(name);
		size_t distance = candidate ? text_distance(word, candidate) : SIZE_MAX;

		if (distance < least || (distance == least && !nearest)) {
			nearest = candidate;
			least = distance;
		}
	}
	if (nearest)
		text_add_format(out, "; did you mean \"%s\"?", nearest);
}

static void describe_mapping(struct text *out, const json_t *schema)
{
	const json_t *properties = json_object_get(schema, "properties");
	json_t *key;
	size_t i;

	text_add(out, "a mapping");
	json_array_foreach (json_object_get(schema, "required"), i, key) {
		const json_t *only = json_object_get(json_object_get(properties, json_string_value(key)), "const");

		text_add_format(out, "%s%s", i > 0 ? ", " : " with ", json_string_value(key));
		if (only) {
			text_add(out, ": ");
			describe_value(out, only);
		}
	}
}

void describe_schema(struct checker *checker, struct text *out, const json_t *schema)
{
	schema = schema_resolve(checker, schema);
	if (!schema)
		return;
	if (json_object_get(schema, "enum")) {
		text_add(out, "one of: ");
		describe_list(out, json_object_get(schema, "enum"));
	} else if (json_object_get(schema, "const")) {
		describe_value(out, json_object_get(schema, "const"));
	} else if (json_object_get(schema, "properties")) {
		describe_mapping(out, schema);
	} else if (json_object_get(schema, "type")) {
		describe_type(out, json_object_get(schema, "type"));
	} else {
		text_add(out, "of another form");
	}
	if (!json_object_get(schema, "enum"))
		describe_note(out, schema);
}
