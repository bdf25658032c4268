/* Keywords about single values. */
#include "base/config_check.h"

#include <regex.h>
#include <string.h>

static bool type_name_fits(const char *name, const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT: return strcmp(name, "object") == 0;
	case JSON_ARRAY: return strcmp(name, "array") == 0;
	case JSON_STRING: return strcmp(name, "string") == 0;
	case JSON_INTEGER: return strcmp(name, "integer") == 0 || strcmp(name, "number") == 0;
	case JSON_REAL: return strcmp(name, "number") == 0;
	case JSON_TRUE:
	case JSON_FALSE: return strcmp(name, "boolean") == 0;
	case JSON_NULL: return strcmp(name, "null") == 0;
	}
	return false;
}

bool schema_type_fits(const json_t *type, const json_t *value)
{
	json_t *name;
	size_t i;

	if (json_is_string(type))
		return type_name_fits(json_string_value(type), value);
	json_array_foreach ((json_t *)(uintptr_t)type, i, name)
		if (json_is_string(name) && type_name_fits(json_string_value(name), value))
			return true;
	return false;
}

static const char *kind_of(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT: return "a mapping";
	case JSON_ARRAY: return "a list";
	case JSON_STRING: return "a text";
	case JSON_INTEGER:
	case JSON_REAL: return "a number";
	case JSON_TRUE: return "true";
	case JSON_FALSE: return "false";
	case JSON_NULL: return "empty";
	}
	return "something else";
}

/* What people trip over when they come from other formats or from YAML 1.1. */
static const char *type_hint(const json_t *type, const json_t *value)
{
	static const char *const old_booleans[] = {"yes", "no", "on", "off", "y", "n"};
	const char *wanted = json_is_string(type) ? json_string_value(type) : "";
	const char *text = json_string_value(value);

	if (strcmp(wanted, "string") == 0 && (json_is_number(value) || json_is_boolean(value)))
		return "; put it in quotes";
	if (strcmp(wanted, "integer") == 0 && text && *text && !text[strspn(text, "0123456789")])
		return "; write it without quotes";
	if (strcmp(wanted, "boolean") != 0)
		return "";
	if (text && (strcmp(text, "true") == 0 || strcmp(text, "false") == 0))
		return "; write it without quotes";
	for (size_t i = 0; i < ARRAY_COUNT(old_booleans); i++)
		if (text_equal_nocase(text, old_booleans[i]))
			return "; write true for yes and on, false for no and off";
	return "";
}

void check_type(struct checker *checker, const struct spot *spot, const json_t *schema, const json_t *rule)
{
	struct text wanted;

	text_init(&wanted, 1024);
	if (!json_is_string(rule) && !json_is_array(rule))
		schema_is_broken(checker, "type", "must be a name or a list of names");
	describe_type(&wanted, rule);
	problem_add(checker, spot, FIT_OTHER_TYPE, "must be %s, not %s%s", wanted.data ? wanted.data : "otherwise",
		    kind_of(spot->value), type_hint(rule, spot->value));
	text_done(&wanted);
}

/* A word of a type that no choice has means another form, not a slip. */
static enum fit enum_fit(const json_t *words, const json_t *value)
{
	json_t *word;
	size_t i;

	json_array_foreach ((json_t *)(uintptr_t)words, i, word)
		if (json_typeof(word) == json_typeof(value))
			return FIT_OTHER_WORD;
	return FIT_OTHER_TYPE;
}

static bool enum_has(const json_t *words, const json_t *value)
{
	json_t *word;
	size_t i;

	json_array_foreach ((json_t *)(uintptr_t)words, i, word)
		if (json_equal(word, value))
			return true;
	return false;
}

void check_enum(struct checker *checker, const struct spot *spot, const json_t *schema, const json_t *rule)
{
	struct text message;

	if (enum_has(rule, spot->value))
		return;
	text_init(&message, 4096);
	text_add(&message, "must be one of: ");
	describe_list(&message, rule);
	if (json_is_string(spot->value))
		describe_nearest(&message, json_string_value(spot->value), rule);
	problem_add(checker, spot, enum_fit(rule, spot->value), "%s", message.data);
	text_done(&message);
}

void check_const(struct checker *checker, const struct spot *spot, const json_t *schema, const json_t *rule)
{
	struct text wanted;

	if (json_equal(rule, spot->value))
		return;
	text_init(&wanted, 1024);
	describe_value(&wanted, rule);
	problem_add(checker, spot, FIT_OTHER_WORD, "must be %s", wanted.data ? wanted.data : "otherwise");
	text_done(&wanted);
}

void check_pattern(struct checker *checker, const struct spot *spot, const json_t *schema, const json_t *rule)
{
	const char *pattern = json_string_value(rule);
	const char *text = json_string_value(spot->value);
	struct text note;
	regex_t regex;

	if (!pattern || regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0) {
		schema_is_broken(checker, "pattern", "must be a POSIX extended regular expression");
		return;
	}
	if (text && regexec(&regex, text, 0, NULL, 0) != 0) {
		text_init(&note, 1024);
		describe_note(&note, schema);
		problem_add(checker, spot, FIT_TYPE, "must match %s%s", pattern, note.data ? note.data : "");
		text_done(&note);
	}
	regfree(&regex);
}

static bool is_uri_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("-._~:/?#[]@!$&'()*+,;=%", c));
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* A scheme and what RFC 3986 lets follow; a "//" must have a host after it unless the scheme is "file". */
static bool uri_is_valid(const char *uri)
{
	static const char scheme_rest[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.";
	size_t scheme = strspn(uri, scheme_rest);
	const char *rest = uri + scheme + 1;

	if (scheme == 0 || uri[scheme] != ':' || !*rest || !strchr(scheme_rest, uri[0]) ||
	    strchr("0123456789+-.", uri[0]))
		return false;
	if (text_has_prefix(rest, "//") && !text_has_prefix(uri, "file:") && (!rest[2] || strchr("/?#:@", rest[2])))
		return false;
	for (const char *next = rest; *next; next++) {
		if (!is_uri_character(*next) || (*next == '%' && (!is_hex(next[1]) || !is_hex(next[2]))))
			return false;
	}
	return true;
}

void check_format(struct checker *checker, const struct spot *spot, const json_t *schema, const json_t *rule)
{
	const char *format = json_is_string(rule) ? json_string_value(rule) : "";
	const char *text = json_string_value(spot->value);
	int64_t seconds;

	if (strcmp(format, "uri") == 0) {
		if (text && !uri_is_valid(text))
			problem_add(checker, spot, FIT_TYPE, "must be a URI such as https://id.example.org/path");
	} else if (strcmp(format, "duration") == 0) {
		if ((text && text_parse_duration(text, &seconds) != OK) ||
		    (json_is_integer(spot->value) && json_integer_value(spot->value) < 0))
			problem_add(checker, spot, FIT_TYPE, "must be a duration such as 90s, 10m, 12h or 30d");
	} else {
		schema_is_broken(checker, "format", "must be uri or duration");
	}
}

bool schema_take_int(struct checker *checker, const char *keyword, const json_t *rule, json_int_t *ret_value)
{
	if (!json_is_integer(rule)) {
		schema_is_broken(checker, keyword, "must be a whole number");
		return false;
	}
	*ret_value = json_integer_value(rule);
	return true;
}

void check_minimum(struct checker *checker, const struct spot *spot, const json_t *schema, const json_t *rule)
{
	json_int_t least;

	if (schema_take_int(checker, "minimum", rule, &least) && json_is_integer(spot->value) &&
	    json_integer_value(spot->value) < least)
		problem_add(checker, spot, FIT_TYPE, "must be at least %lld", (long long)least);
}

void check_maximum(struct checker *checker, const struct spot *spot, const json_t *schema, const json_t *rule)
{
	json_int_t most;

	if (schema_take_int(checker, "maximum", rule, &most) && json_is_integer(spot->value) &&
	    json_integer_value(spot->value) > most)
		problem_add(checker, spot, FIT_TYPE, "must be at most %lld", (long long)most);
}

void check_min_length(struct checker *checker, const struct spot *spot, const json_t *schema, const json_t *rule)
{
	const char *text = json_string_value(spot->value);
	json_int_t least;

	if (schema_take_int(checker, "minLength", rule, &least) && text && (json_int_t)utf8_count(text) < least)
		problem_add(checker, spot, FIT_TYPE,
			    *text ? "must have at least %lld %s" : "must not be empty (at least %lld %s)",
			    (long long)least, least == 1 ? "character" : "characters");
}

void check_max_length(struct checker *checker, const struct spot *spot, const json_t *schema, const json_t *rule)
{
	const char *text = json_string_value(spot->value);
	json_int_t most;

	if (schema_take_int(checker, "maxLength", rule, &most) && text && (json_int_t)utf8_count(text) > most)
		problem_add(checker, spot, FIT_TYPE, "must have at most %lld %s", (long long)most,
			    most == 1 ? "character" : "characters");
}
