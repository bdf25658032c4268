#include "cmocka_all.h"

#include <string.h>

#include "base/config.h"

/* Checks one file against a schema; the errors are the caller's. */
static enum status check(const char *schema_text, const char *yaml, struct text *errors)
{
	json_error_t error;
	json_t *schema = json_loads(schema_text, JSON_DECODE_ANY, &error);
	struct config_tree *tree = NULL;
	enum status status;

	text_init(errors, 100000);
	if (!schema)
		fail_msg("%s: %s", schema_text, error.text);
	if (config_parse("t.yaml", yaml, strlen(yaml), &tree, errors) != OK)
		fail_msg("%s: %s", yaml, errors->data);
	status = config_check(tree, schema, errors);
	config_free(&tree);
	json_decref(schema);
	return status;
}

struct keyword_case {
	const char *schema, *yaml, *errors; /* no errors: fits */
};

static void run_cases(const struct keyword_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct text errors;
		enum status status = check(cases[i].schema, cases[i].yaml, &errors);
		const char *got = errors.data ? errors.data : "";
		const char *wanted = cases[i].errors ? cases[i].errors : "";

		if (strcmp(got, wanted) != 0 || status != (cases[i].errors ? E_INVALID : OK))
			fail_msg("%zu\nyaml   %s\nwanted %s\ngot    %s", i, cases[i].yaml, wanted, got);
		text_done(&errors);
	}
}

static void each_keyword_takes_and_refuses(void **state)
{
	static const struct keyword_case cases[] = {
		{"{\"type\":\"object\"}", "{}", NULL},
		{"{\"type\":\"object\"}", "", "t.yaml: must be a mapping, not empty\n"},
		{"{\"type\":\"array\"}", "a: 1", "t.yaml:1:1: must be a list, not a mapping\n"},
		{"{\"type\":\"string\"}", "abc", NULL},
		{"{\"type\":\"string\"}", "12", "t.yaml:1:1: must be a text, not a number; put it in quotes\n"},
		{"{\"type\":\"string\"}", "true", "t.yaml:1:1: must be a text, not true; put it in quotes\n"},
		{"{\"type\":\"integer\"}", "-3", NULL},
		{"{\"type\":\"number\"}", "3", NULL},
		{"{\"type\":\"integer\"}", "'3'",
		 "t.yaml:1:1: must be a whole number, not a text; write it without quotes\n"},
		{"{\"type\":\"integer\"}", "1.5", "t.yaml:1:1: must be a whole number, not a text\n"},
		{"{\"type\":\"boolean\"}", "false", NULL},
		{"{\"type\":\"boolean\"}", "on",
		 "t.yaml:1:1: must be true or false, not a text; write true for yes and on, false for no and off\n"},
		{"{\"type\":\"boolean\"}", "'true'",
		 "t.yaml:1:1: must be true or false, not a text; write it without quotes\n"},
		{"{\"type\":\"null\"}", "~", NULL},
		{"{\"type\":[\"string\",\"integer\"]}", "5", NULL},
		{"{\"type\":[\"string\",\"integer\"]}", "[]",
		 "t.yaml:1:1: must be a text or a whole number, not a list\n"},
		{"{\"enum\":[\"a\",1,true]}", "1", NULL},
		{"{\"enum\":[\"enter\",\"choose\"]}", "entre",
		 "t.yaml:1:1: must be one of: enter, choose; did you mean \"enter\"?\n"},
		{"{\"enum\":[\"enter\",\"choose\"]}", "sms", "t.yaml:1:1: must be one of: enter, choose\n"},
		{"{\"const\":\"v1\"}", "v1", NULL},
		{"{\"const\":\"v1\"}", "v2", "t.yaml:1:1: must be v1\n"},
		{"{\"const\":null}", "", NULL},
		{"{\"pattern\":\"^[a-z]+$\"}", "abc", NULL},
		{"{\"pattern\":\"^[a-z]+$\"}", "12", NULL}, /* only for texts */
		{"{\"pattern\":\"^[a-z]+$\",\"description\":\"small letters\"}", "aBc",
		 "t.yaml:1:1: must match ^[a-z]+$ (small letters)\n"},
		{"{\"pattern\":\"^[a-z]+$\"}", "\"abc\\n\"", "t.yaml:1:1: must match ^[a-z]+$\n"},
		{"{\"minimum\":2}", "2", NULL},
		{"{\"minimum\":2}", "1", "t.yaml:1:1: must be at least 2\n"},
		{"{\"maximum\":2}", "2", NULL},
		{"{\"maximum\":2}", "3", "t.yaml:1:1: must be at most 2\n"},
		{"{\"minLength\":2}", "\xC3\xA9\xC3\xA9", NULL},
		{"{\"minLength\":2}", "\xC3\xA9", "t.yaml:1:1: must have at least 2 characters\n"},
		{"{\"minLength\":1}", "''", "t.yaml:1:1: must not be empty (at least 1 character)\n"},
		{"{\"maxLength\":2}", "\xF0\x9F\x98\x80\xF0\x9F\x98\x80", NULL},
		{"{\"maxLength\":1}", "ab", "t.yaml:1:1: must have at most 1 character\n"},
		{"{\"minItems\":1}", "[x]", NULL},
		{"{\"minItems\":1}", "[]", "t.yaml:1:1: must have at least 1 entry\n"},
		{"{\"maxItems\":2}", "[1,2]", NULL},
		{"{\"maxItems\":2}", "[1,2,3]", "t.yaml:1:1: must have at most 2 entries\n"},
		{"{\"items\":{\"type\":\"string\"}}", "[a, b]", NULL},
		{"{\"items\":{\"type\":\"string\"}}", "- a\n- [b]\n- c\n- {}\n",
		 "t.yaml:2:3: [1]: must be a text, not a list\nt.yaml:4:3: [3]: must be a text, not a mapping\n"},
		{"{\"required\":[\"a\"]}", "a:", NULL},
		{"{\"required\":[\"a\",\"b\"],\"properties\":{\"b\":{\"description\":\"its name\"}}}", "c: 1",
		 "t.yaml:1:1: \"a\" is missing\nt.yaml:1:1: \"b\" is missing (its name)\n"},
		{"{\"properties\":{\"a\":false}}", "b: 1", NULL},
		{"{\"properties\":{\"a\":false}}", "a: 1", "t.yaml:1:4: a: is not allowed here\n"},
		{"{\"properties\":{\"a\":{}},\"additionalProperties\":{\"type\":\"integer\"}}", "{a: x, b: 1}", NULL},
		{"{\"properties\":{\"a\":{}},\"additionalProperties\":{\"type\":\"integer\"}}", "{a: x, b: y}",
		 "t.yaml:1:11: b: must be a whole number, not a text\n"},
		{"{\"properties\":{\"a\":{}},\"additionalProperties\":true}", "b: 1", NULL},
	};

	run_cases(cases, ARRAY_COUNT(cases));
}

#define KNOWN                                                                                                          \
	"{\"properties\":{\"issuer\":{},\"listen\":{},\"redirect_uris\":{},\"id\":{}},\"additionalProperties\":false}"

static void unknown_key_names_the_nearest(void **state)
{
	static const struct keyword_case cases[] = {
		{KNOWN, "id: 1\nisuer: 2\n", "t.yaml:2:1: unknown key \"isuer\"; did you mean \"issuer\"?\n"},
		{KNOWN, "ISSUER: 2\n", "t.yaml:1:1: unknown key \"ISSUER\"; did you mean \"issuer\"?\n"},
		{KNOWN, "redirectUris: 2\n",
		 "t.yaml:1:1: unknown key \"redirectUris\"; did you mean \"redirect_uris\"?\n"},
		{KNOWN, "redirect-uri: 2\n",
		 "t.yaml:1:1: unknown key \"redirect-uri\"; did you mean \"redirect_uris\"?\n"},
		{KNOWN, "di: 2\n", "t.yaml:1:1: unknown key \"di\"; did you mean \"id\"?\n"},
		{KNOWN, "database: 2\n",
		 "t.yaml:1:1: unknown key \"database\"; known here: issuer, listen, redirect_uris, id\n"},
		{KNOWN, "\"a\\nb\\u202E\": 2\n",
		 "t.yaml:1:1: unknown key \"a\xEF\xBF\xBD"
		 "b\xEF\xBF\xBD\"; known here: issuer, listen, redirect_uris, id\n"},
	};

	run_cases(cases, ARRAY_COUNT(cases));
}

static void uri_and_duration_are_checked(void **state)
{
#define URI   "{\"format\":\"uri\"}"
#define NOURI "t.yaml:1:1: must be a URI such as https://id.example.org/path\n"
#define DUR   "{\"format\":\"duration\"}"
#define NODUR "t.yaml:1:1: must be a duration such as 90s, 10m, 12h or 30d\n"
	static const struct keyword_case cases[] = {
		{URI, "https://id.example.org", NULL},
		{URI, "http://127.0.0.1:8080/cb?x=%41#f", NULL},
		{URI, "https://[2001:db8::1]:8443/", NULL},
		{URI, "com.example.app:/callback", NULL},
		{URI, "urn:example:a", NULL},
		{URI, "file:///var/lib", NULL},
		{URI, "id.example.org", NOURI},
		{URI, "/path", NOURI},
		{URI, "'https:'", NOURI},
		{URI, "'https://'", NOURI},
		{URI, "https:///path", NOURI},
		{URI, "https://:80", NOURI},
		{URI, "1a://x", NOURI},
		{URI, "'://x'", NOURI},
		{URI, "https://id example.org", NOURI},
		{URI, "https://id.example.org/%4", NOURI},
		{URI, "https://id.example.org/%zz", NOURI},
		{URI, "https://id.example.org/\\", NOURI},
		{URI, "https://id.example.org/<>", NOURI},
		{URI, "https://d\xC3\xA9mo.example.org", NOURI},
		{URI, "''", NOURI},
		{URI, "5", NULL}, /* only for texts */
		{DUR, "10m", NULL},
		{DUR, "90", NULL},
		{DUR, "0", NULL},
		{DUR, "-5", NODUR},
		{DUR, "10 minutes", NODUR},
		{DUR, "''", NODUR},
		{DUR, "1w", NODUR},
	};

	run_cases(cases, ARRAY_COUNT(cases));
}

#define RULES                                                                                                          \
	"{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"policy\"],\"properties\":{\"policy\":"    \
	"{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{\"rules\":{\"type\":\"array\",\"items\":" \
	"{\"$ref\":\"#/$defs/rule\"}}}}},\"$defs\":{\"rule\":{\"type\":\"object\",\"additionalProperties\":false,"     \
	"\"properties\":{\"if\":{\"$ref\":\"#/$defs/test\"},\"ask\":{\"type\":\"array\",\"minItems\":1,\"items\":"     \
	"{\"$ref\":\"#/$defs/factor\"}}}},\"factor\":{\"anyOf\":[{\"enum\":[\"password\",\"totp\"]},"                  \
	"{\"type\":\"string\",\"pattern\":\"^push:\",\"description\":\"push:MODE\"}]},"                                \
	"\"test\":{\"oneOf\":[{\"type\":\"string\",\"enum\":[\"new_browser\",\"always\"]},"                            \
	"{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"all\"],\"properties\":{\"all\":"          \
	"{\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/test\"}}}},"                                                \
	"{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"any\"],\"properties\":{\"any\":"          \
	"{\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/test\"}}}}]}}}"

static void nested_places_are_named(void **state)
{
	static const struct keyword_case cases[] = {
		{RULES,
		 "policy:\n  rules:\n    - ask: [password, 'push:enter']\n      if: {all: [always, {any: [always]}]}\n",
		 NULL},
		{RULES, "policy:\n  rules:\n    - ask: [totp]\n    - ask: totp\n",
		 "t.yaml:4:12: policy.rules[1].ask: must be a list, not a text\n"},
		{RULES, "policy:\n  rules:\n    - asc: [totp]\n",
		 "t.yaml:3:7: policy.rules[0]: unknown key \"asc\"; did you mean \"ask\"?\n"},
		{RULES, "policy:\n  rules:\n    - ask: [sms]\n",
		 "t.yaml:3:13: policy.rules[0].ask[0]: must be one of: password, totp, or a text (push:MODE)\n"},
		/* the branch that was meant is the one that explains */
		{RULES, "policy:\n  rules:\n    - if: alway\n",
		 "t.yaml:3:11: policy.rules[0].if: must be one of: new_browser, always; did you mean \"always\"?\n"},
		{RULES, "policy:\n  rules:\n    - if: {any: [{all: [alwys]}]}\n",
		 "t.yaml:3:25: policy.rules[0].if.any[0].all[0]: must be one of: new_browser, always; "
		 "did you mean \"always\"?\n"},
		{RULES, "policy:\n  rules:\n    - if: 5\n",
		 "t.yaml:3:11: policy.rules[0].if: must be one of: new_browser, always, or a mapping with all, "
		 "or a mapping with any\n"},
		{RULES, "polcy:\n",
		 "t.yaml:1:1: unknown key \"polcy\"; did you mean \"policy\"?\nt.yaml:1:1: \"policy\" is missing\n"},
	};

	run_cases(cases, ARRAY_COUNT(cases));
}

#define SINKS                                                                                                          \
	"{\"oneOf\":[{\"type\":\"object\",\"required\":[\"kind\"],\"additionalProperties\":false,\"properties\":"      \
	"{\"kind\":{\"const\":\"file\"},\"path\":{\"type\":\"string\"}}},"                                             \
	"{\"type\":\"object\",\"required\":[\"kind\",\"url\"],\"additionalProperties\":false,\"properties\":"          \
	"{\"kind\":{\"const\":\"http\"},\"url\":{\"format\":\"uri\"}}}]}"

static void word_that_tells_the_form_decides_who_explains(void **state)
{
	static const struct keyword_case cases[] = {
		{SINKS, "{kind: file, path: x}", NULL},
		{SINKS, "{kind: http, url: 'https://a.example.org'}", NULL},
		{SINKS, "{kind: http, url: nope}",
		 "t.yaml:1:19: url: must be a URI such as https://id.example.org/path\n"},
		{SINKS, "{kind: http}", "t.yaml:1:1: \"url\" is missing\n"},
		{SINKS, "{kind: file, path: []}", "t.yaml:1:20: path: must be a text, not a list\n"},
		{SINKS, "{kind: smtp}",
		 "t.yaml:1:1: must be a mapping with kind: file, or a mapping with kind: http, url\n"},
		{SINKS, "[]", "t.yaml:1:1: must be a mapping with kind: file, or a mapping with kind: http, url\n"},
		{"{\"oneOf\":[{\"type\":\"integer\"},{\"minimum\":3}]}", "5",
		 "t.yaml:1:1: fits more than one of the forms that are allowed here\n"},
		{"{\"oneOf\":[{\"enum\":[\"allow\"]},{\"type\":\"object\"}]}", "5",
		 "t.yaml:1:1: must be one of: allow, or a mapping\n"},
		{"{\"anyOf\":[{\"type\":\"integer\"},{\"minimum\":3}]}", "5", NULL},
		{"{\"oneOf\":[{\"type\":\"integer\"},{\"minimum\":3}]}", "1", NULL},
	};

	run_cases(cases, ARRAY_COUNT(cases));
}

/* A schema that says what we cannot check must never pass as checked. */
static void schema_outside_the_subset_is_refused(void **state)
{
	static const struct keyword_case cases[] = {
		{"{\"patternProperties\":{}}", "{}", "schema: patternProperties is a keyword outside our subset\n"},
		{"{\"properties\":{\"a\":{\"not\":{}}}}", "a: 1", "schema: not is a keyword outside our subset\n"},
		{"{\"anyOf\":[{\"allOf\":[]},{}]}", "a: 1", "schema: allOf is a keyword outside our subset\n"},
		{"{\"format\":\"email\"}", "a", "schema: format must be uri or duration\n"},
		{"{\"pattern\":\"(\"}", "a", "schema: pattern must be a POSIX extended regular expression\n"},
		{"{\"minimum\":\"1\"}", "1", "schema: minimum must be a whole number\n"},
		{"{\"maxItems\":1.5}", "[]", "schema: maxItems must be a whole number\n"},
		{"{\"required\":\"a\"}", "a: 1", "schema: required must be a list of keys\n"},
		{"{\"properties\":[]}", "a: 1", "schema: properties must be a mapping of schemas\n"},
		{"{\"type\":5}", "a: 1", "schema: type must be a name or a list of names\n"},
		{"{\"oneOf\":[]}", "a: 1", "schema: oneOf, anyOf must be a list of schemas\n"},
		{"{\"$ref\":\"#/$defs/absent\"}", "1", "schema: $ref must lead to a member of #/$defs\n"},
		{"{\"$ref\":\"https://example.org/s\"}", "1", "schema: $ref must lead to a member of #/$defs\n"},
		{"{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"$ref\":\"#/$defs/a\"}}}", "1",
		 "schema: $ref never ends\n"},
		{"{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"anyOf\":[{\"$ref\":\"#/$defs/a\"}]}}}", "1",
		 "schema: $ref never ends\n"},
		{"[]", "1", "schema:  must consist of objects\n"},
	};

	run_cases(cases, ARRAY_COUNT(cases));
}

static void errors_end_at_twenty(void **state)
{
	struct text yaml, errors;
	size_t lines = 0;

	text_init(&yaml, 1 << 20);
	for (int i = 0; i < 60000; i++)
		text_add_format(&yaml, "k%d: 1\n", i);
	assert_int_equal(check("{\"additionalProperties\":false}", yaml.data, &errors), E_INVALID);
	for (size_t i = 0; i < errors.size; i++)
		lines += errors.data[i] == '\n';
	assert_int_equal(lines, CONFIG_MAX_ERRORS);
	text_done(&errors);
	text_done(&yaml);
}

/* Both branches of each level fit down to the leaf, so the tries double with each; red without the count of steps. */
static void check_that_would_never_end_is_refused(void **state)
{
	struct text yaml, errors;

	text_init(&yaml, 10000);
	for (int i = 0; i < 30; i++)
		text_add(&yaml, "[");
	for (int i = 0; i < 30; i++)
		text_add(&yaml, "]");
	assert_int_equal(
		check("{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"oneOf\":[{\"items\":{\"$ref\":\"#/$defs/a\"}},"
		      "{\"items\":{\"$ref\":\"#/$defs/a\"},\"minItems\":0}]}}}",
		      yaml.data, &errors),
		E_INVALID);
	text_done(&errors);
	text_done(&yaml);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_keyword_takes_and_refuses),
		cmocka_unit_test(unknown_key_names_the_nearest),
		cmocka_unit_test(uri_and_duration_are_checked),
		cmocka_unit_test(nested_places_are_named),
		cmocka_unit_test(word_that_tells_the_form_decides_who_explains),
		cmocka_unit_test(schema_outside_the_subset_is_refused),
		cmocka_unit_test(errors_end_at_twenty),
		cmocka_unit_test(check_that_would_never_end_is_refused),
	};

	return cmocka_run_group_tests_name("base/config-check", tests, NULL, NULL);
}
