/* Keywords about lists and mappings. */
#include "base/config_check.h"

#include <string.h>

/* The keys that a mapping may have, as an array of strings for the describe functions; NULL when out of memory. */
static json_t *known_keys(const json_t *schema)
{
	json_t *keys = json_array();
	const char *key;
	json_t *member;

	json_object_foreach (json_object_get(schema, "properties"), key, member)
		if (json_array_append_new(keys, json_string(key)) != 0)
			break;
	return keys;
}

static void unknown_key(struct checker *checker, const struct spot *spot, const json_t *schema, const char *key)
{
	scoped_json *known = known_keys(schema);
	struct text hint;

	text_init(&hint, 4096);
	describe_nearest(&hint, key, known);
	if (hint.size == 0) {
		text_add(&hint, "; known here: ");
		describe_list(&hint, known);
	}
	problem_add_key(checker, spot, key, "unknown key \"%s\"%s", key, hint.data ? hint.data : "");
	text_done(&hint);
}

void check_additional(struct checker *checker, const struct spot *spot, const json_t *schema, const json_t *rule)
{
	const json_t *known = json_object_get(schema, "properties");
	const char *key;
	json_t *member;

	json_object_foreach ((json_t *)(uintptr_t)spot->value, key, member) {
		if (checker_is_full(checker))
			return;
		if (json_object_get(known, key))
			continue;
		if (json_is_false(rule))
			unknown_key(checker, spot, schema, key);
		else
			check_member(checker, spot, key, member, rule);
	}
}

static void missing_key(struct checker *checker, const struct spot *spot, const json_t *schema, const char *key)
{
	const json_t *member = schema_resolve(checker, json_object_get(json_object_get(schema, "properties"), key));
	struct text note;

	text_init(&note, 1024);
	if (member)
		describe_note(&note, member);
	problem_add(checker, spot, FIT_TYPE, "\"%s\" is missing%s", key, note.data ? note.data : "");
	text_done(&note);
}

void check_required(struct checker *checker, const struct spot *spot, const json_t *schema, const json_t *rule)
{
	json_t *key;
	size_t i;

	if (!json_is_array(rule))
		schema_is_broken(checker, "required", "must be a list of keys");
	if (!json_is_object(spot->value))
		return;
	json_array_foreach ((json_t *)(uintptr_t)rule, i, key) {
		if (!json_is_string(key))
			schema_is_broken(checker, "required", "must be a list of keys");
		else if (!json_object_get(spot->value, json_string_value(key)))
			missing_key(checker, spot, schema, json_string_value(key));
	}
}

/* In a trial a wrong "kind: …" must be the first problem found: it says that another form was meant. */
void check_telling_words(struct checker *checker, const struct spot *spot, const json_t *schema, const json_t *rule)
{
	const char *key;
	json_t *member_schema;

	if (!checker->trial)
		return;
	json_object_foreach ((json_t *)(uintptr_t)rule, key, member_schema) {
		const json_t *member = json_object_get(spot->value, key);

		if (member && json_object_get(member_schema, "const"))
			check_member(checker, spot, key, member, member_schema);
	}
}

void check_properties(struct checker *checker, const struct spot *spot, const json_t *schema, const json_t *rule)
{
	const char *key;
	json_t *member_schema;

	if (!json_is_object(rule))
		schema_is_broken(checker, "properties", "must be a mapping of schemas");
	json_object_foreach ((json_t *)(uintptr_t)rule, key, member_schema) {
		const json_t *member = json_object_get(spot->value, key);

		if (member)
			check_member(checker, spot, key, member, member_schema);
	}
}

void check_items(struct checker *checker, const struct spot *spot, const json_t *schema, const json_t *rule)
{
	json_t *item;
	size_t i;

	json_array_foreach ((json_t *)(uintptr_t)spot->value, i, item) {
		const struct path path = {.up = spot->path, .parent = spot->value, .index = i};
		const struct spot member = {.value = item, .path = &path, .depth = spot->depth + 1};

		check_value(checker, &member, rule);
	}
}

void check_min_items(struct checker *checker, const struct spot *spot, const json_t *schema, const json_t *rule)
{
	json_int_t least;

	if (schema_take_int(checker, "minItems", rule, &least) && json_is_array(spot->value) &&
	    (json_int_t)json_array_size(spot->value) < least)
		problem_add(checker, spot, FIT_TYPE, "must have at least %lld %s", (long long)least,
			    least == 1 ? "entry" : "entries");
}

void check_max_items(struct checker *checker, const struct spot *spot, const json_t *schema, const json_t *rule)
{
	json_int_t most;

	if (schema_take_int(checker, "maxItems", rule, &most) && json_is_array(spot->value) &&
	    (json_int_t)json_array_size(spot->value) > most)
		problem_add(checker, spot, FIT_TYPE, "must have at most %lld %s", (long long)most,
			    most == 1 ? "entry" : "entries");
}
