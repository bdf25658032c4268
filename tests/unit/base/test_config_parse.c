#include "cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/config.h"

static enum status parse(const char *bytes, size_t size, struct config_tree **ret_tree, struct text *errors)
{
	text_init(errors, 100000);
	return config_parse("t.yaml", bytes, size, ret_tree, errors);
}

/* YAML and the same in JSON. */
static const struct {
	const char *yaml, *json;
} good[] = {
	{"a: 1\nb: text\n", "{\"a\":1,\"b\":\"text\"}"},
	{"- 1\n- -2\n- +3\n- 0\n", "[1,-2,3,0]"},
	{"- 0o17\n- 0x1F\n- 007\n", "[15,31,7]"},
	{"[true, True, TRUE, false, False, FALSE]", "[true,true,true,false,false,false]"},
	{"[null, Null, NULL, ~]", "[null,null,null,null]"},
	{"a:\nb: ''\n", "{\"a\":null,\"b\":\"\"}"},
	{"[yes, no, on, off, y, n, Yes, NO, tRUE]",
	 "[\"yes\",\"no\",\"on\",\"off\",\"y\",\"n\",\"Yes\",\"NO\",\"tRUE\"]"},
	{"['1', \"true\", 'null', '~']", "[\"1\",\"true\",\"null\",\"~\"]"},
	{"[1.5, 1e3, 1_000, 0b1, 12:30:45, 0o8, 0x, '', -, 2026-11-24]",
	 "[\"1.5\",\"1e3\",\"1_000\",\"0b1\",\"12:30:45\",\"0o8\",\"0x\",\"\",\"-\",\"2026-11-24\"]"},
	{"[9223372036854775807, -9223372036854775808]", "[9223372036854775807,-9223372036854775808]"},
	{"ask: [password, \"push:enter | totp\"]", "{\"ask\":[\"password\",\"push:enter | totp\"]}"},
	{"issuer: https://id.example.org # a note\n", "{\"issuer\":\"https://id.example.org\"}"},
	{"text: |\n  one\n  two\n", "{\"text\":\"one\\ntwo\\n\"}"},
	{"text: \"\\u00e9 \\U0001F600\"", "{\"text\":\"\xC3\xA9 \xF0\x9F\x98\x80\"}"},
	{"1: a\ntrue: b\n", "{\"1\":\"a\",\"true\":\"b\"}"},
	{"a: {b: {c: []}}", "{\"a\":{\"b\":{\"c\":[]}}}"},
	{"%YAML 1.2\n---\na: 1\n...\n", "{\"a\":1}"},
	{"\xEF\xBB\xBF"
	 "a: 1\n",
	 "{\"a\":1}"},
	{"{\"json\": [\"is\", {\"yaml\": true}]}", "{\"json\":[\"is\",{\"yaml\":true}]}"},
	{"a: 1\r\nb: 2\r\n", "{\"a\":1,\"b\":2}"},
	{"", "null"},
	{"# only a note\n", "null"},
	{"text", "\"text\""},
};

static void yaml_becomes_the_same_tree_as_json(void **state)
{
	for (size_t i = 0; i < ARRAY_COUNT(good); i++) {
		scoped_json *wanted = json_loads(good[i].json, JSON_DECODE_ANY, NULL);
		struct config_tree *tree = NULL;
		struct text errors;

		assert_non_null(wanted);
		if (parse(good[i].yaml, strlen(good[i].yaml), &tree, &errors) != OK)
			fail_msg("%s: %s", good[i].yaml, errors.data);
		if (!json_equal(wanted, config_root(tree)))
			fail_msg("%s", good[i].yaml);
		assert_int_equal(errors.size, 0);
		config_free(&tree);
		assert_null(tree);
		text_done(&errors);
	}
}

/* What is refused, and how its first error begins. */
static const struct {
	const char *yaml, *error;
} bad[] = {
	{"a: &x 1\n", "t.yaml:1:4: a: an anchor (&name) is not allowed"},
	{"a: &x [1]\n", "t.yaml:1:4: a: an anchor"},
	{"a: &x {b: 1}\n", "t.yaml:1:4: a: an anchor"},
	{"a: 1\nb: *x\n", "t.yaml:2:4: b: an alias (*name) is not allowed"},
	{"a: !!str 1\n", "t.yaml:1:4: a: a tag (!name) is not allowed"},
	{"a: !local [1]\n", "t.yaml:1:4: a: a tag"},
	{"a: ! x\n", "t.yaml:1:4: a: a tag"},
	{"a: !!binary aGk=\n", "t.yaml:1:4: a: a tag"},
	{"&k a: 1\n", "t.yaml:1:1: an anchor"},
	{"a: 1\nb: 2\na: 3\n", "t.yaml:3:1: a: stands twice; it was first set in line 1\n"},
	{"r:\n  - x: 1\n    x: 2\n", "t.yaml:3:5: r[0].x: stands twice; it was first set in line 2\n"},
	{"a: 1\n\"a\": 2\n", "t.yaml:2:1: a: stands twice"},
	{"? [1, 2]\n: 3\n", "t.yaml:1:3: a key must be a plain text\n"},
	{"? {a: 1}\n: 3\n", "t.yaml:1:3: a key must be a plain text\n"},
	{"*x : 1\n", "t.yaml:1:1: a key must be a plain text\n"},
	{"a: 1\n---\nb: 2\n", "t.yaml:2:1: a second document ('---') begins here"},
	{"%TAG ! tag:example.org,2026:\n---\na: 1\n", "t.yaml:1:1: a %TAG directive is not allowed"},
	{"a: 9223372036854775808\n", "t.yaml:1:4: a: is too large for a number"},
	{"a: \"x\\0y\"\n", "t.yaml:1:4: a: must be valid UTF-8 without a NUL"},
	{"\"x\\0y\": 1\n", "t.yaml:1:1: a key must be a plain text"},
	{"a: [1, 2\n", "t.yaml:2:1: did not find expected ',' or ']'"},
	{"a:\n\tb: 1\n", "t.yaml:2:1: found character that cannot start any token"},
	{"a: b: c\n", "t.yaml:1:5: mapping values are not allowed in this context; a text with a colon needs quotes"},
	{"a: 1\n b: 2\n", "t.yaml:2:3: mapping values are not allowed"},
	{"a: \"open\n", "t.yaml:2:1: found unexpected end of stream"},
	{"a: \xFF\n", "t.yaml:1:"},
	{"a: \xC0\xAF\n", "t.yaml:1:"},
	{"a: \xED\xA0\x80\n", "t.yaml:1:"},
	{"a: \"\\uD800\"\n", "t.yaml:1:"},
	{"a: \x01\n", "t.yaml:1:"},
	{"}", "t.yaml:1:1: "},
	{"\"my key\": {\"a.b\": !x 1}", "t.yaml:1:19: [\"my key\"][\"a.b\"]: a tag"},
	{"\"k\\n\\u202E\": &a 1\n", "t.yaml:1:14: [\"k\xEF\xBF\xBD\xEF\xBF\xBD\"]: an anchor"},
};

static void assert_lines_are_whole(const struct text *errors)
{
	assert_true(errors->size > 0);
	assert_int_equal(errors->data[errors->size - 1], '\n');
	for (const char *line = errors->data; *line; line = strchr(line, '\n') + 1)
		assert_true(text_has_prefix(line, "t.yaml:"));
}

static void what_is_refused_is_said_with_its_place(void **state)
{
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
		struct config_tree *tree = NULL;
		struct text errors;

		if (parse(bad[i].yaml, strlen(bad[i].yaml), &tree, &errors) != E_INVALID)
			fail_msg("taken: %s", bad[i].yaml);
		assert_null(tree);
		assert_lines_are_whole(&errors);
		if (!text_has_prefix(errors.data, bad[i].error))
			fail_msg("%s: %s", bad[i].yaml, errors.data);
		text_done(&errors);
	}
}

static void nul_byte_is_refused(void **state)
{
	struct config_tree *tree = NULL;
	struct text errors;

	assert_int_equal(parse("a: 1\0\nb: 2\n", 11, &tree, &errors), E_INVALID);
	text_done(&errors);
}

static void all_mistakes_are_said_but_no_more_than_twenty(void **state)
{
	struct config_tree *tree = NULL;
	struct text errors, yaml;
	size_t lines = 0;

	assert_int_equal(parse("a: !x 1\nb: &y 2\nc: 3\nc: 4\n", 26, &tree, &errors), E_INVALID);
	for (size_t i = 0; i < errors.size; i++)
		lines += errors.data[i] == '\n';
	assert_int_equal(lines, 3);
	text_done(&errors);

	text_init(&yaml, 100000);
	for (int i = 0; i < 100; i++)
		text_add(&yaml, i == 0 ? "- !x 1\n" : "- &y !x 1\n"); /* then two in each line: 21 come at once */
	assert_int_equal(parse(yaml.data, yaml.size, &tree, &errors), E_INVALID);
	lines = 0;
	for (size_t i = 0; i < errors.size; i++)
		lines += errors.data[i] == '\n';
	assert_int_equal(lines, CONFIG_MAX_ERRORS);
	text_done(&errors);
	text_done(&yaml);
}

static enum status parse_nested(size_t levels, const char *open, const char *inner, const char *close)
{
	struct config_tree *tree = NULL;
	struct text errors, yaml;
	enum status status;

	text_init(&yaml, 1 << 20);
	for (size_t i = 0; i < levels; i++)
		text_add(&yaml, open);
	text_add(&yaml, inner);
	for (size_t i = 0; i < levels; i++)
		text_add(&yaml, close);
	status = parse(yaml.data, yaml.size, &tree, &errors);
	if (status != OK)
		assert_lines_are_whole(&errors);
	config_free(&tree);
	text_done(&errors);
	text_done(&yaml);
	return status;
}

static void thirty_two_levels_are_the_most(void **state)
{
	assert_int_equal(parse_nested(CONFIG_MAX_DEPTH, "[", "x", "]"), OK);
	assert_int_equal(parse_nested(CONFIG_MAX_DEPTH + 1, "[", "x", "]"), E_INVALID);
	assert_int_equal(parse_nested(CONFIG_MAX_DEPTH, "{a: ", "x", "}"), OK);
	assert_int_equal(parse_nested(CONFIG_MAX_DEPTH + 1, "{a: ", "x", "}"), E_INVALID);
	assert_int_equal(parse_nested(100000, "[", "", ""), E_INVALID);
	assert_int_equal(parse_nested(100000, "- ", "x", ""), E_INVALID);
}

static void one_mebibyte_is_the_most(void **state)
{
	char *bytes = malloc(CONFIG_MAX_SIZE + 1);
	struct config_tree *tree = NULL;
	struct text errors;

	memset(bytes, ' ', CONFIG_MAX_SIZE + 1);
	assert_int_equal(parse(bytes, CONFIG_MAX_SIZE, &tree, &errors), OK);
	config_free(&tree);
	text_done(&errors);
	assert_int_equal(parse(bytes, CONFIG_MAX_SIZE + 1, &tree, &errors), E_INVALID);
	assert_string_equal(errors.data, "t.yaml: is larger than 1048576 bytes\n");
	text_done(&errors);
	free(bytes);
}

static void every_value_knows_its_place(void **state)
{
	static const char yaml[] = "issuer: https://id.example.org\n"
				   "policy:\n"
				   "  rules:\n"
				   "    - ask: password\n"
				   "      open: true\n"
				   "    - {ask: totp,   open: true}\n";
	struct config_tree *tree = NULL;
	struct text errors;
	const json_t *root, *rules, *second;

	assert_int_equal(parse(yaml, strlen(yaml), &tree, &errors), OK);
	root = config_root(tree);
	rules = json_object_get(json_object_get(root, "policy"), "rules");
	second = json_array_get(rules, 1);
	assert_string_equal(config_where(tree, root), "t.yaml:1:1");
	assert_string_equal(config_where(tree, json_object_get(root, "issuer")), "t.yaml:1:9");
	assert_string_equal(config_where(tree, rules), "t.yaml:4:5");
	assert_string_equal(config_where(tree, second), "t.yaml:6:7");
	assert_string_equal(config_where(tree, json_object_get(second, "ask")), "t.yaml:6:13");
	/* a shared true has no place of its own, but the member has */
	assert_string_equal(config_where(tree, json_object_get(second, "open")), "t.yaml");
	assert_string_equal(config_where_member(tree, second, "open"), "t.yaml:6:27");
	assert_string_equal(config_where_member(tree, json_array_get(rules, 0), "open"), "t.yaml:5:13");
	assert_string_equal(config_where_member(tree, second, "absent"), "t.yaml:6:7");
	assert_string_equal(config_where(tree, NULL), "t.yaml");
	config_free(&tree);
	text_done(&errors);
}

static void hostile_name_is_cleaned(void **state)
{
	struct config_tree *tree = NULL;
	struct text errors;

	text_init(&errors, 1000);
	assert_int_equal(config_parse("a\nb\x1B.yaml", "a: !x 1", 7, &tree, &errors), E_INVALID);
	assert_true(text_has_prefix(errors.data, "a\xEF\xBF\xBD"
						 "b\xEF\xBF\xBD.yaml:1:4: a: "));
	text_done(&errors);
}

static void file_is_loaded_and_named(void **state)
{
	char path[] = "/tmp/base-config-XXXXXX";
	int fd = mkstemp(path);
	struct config_tree *tree = NULL;
	struct text errors;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "a: {b: 2}\n", 10), 10);
	text_init(&errors, 1000);
	assert_int_equal(config_load(path, &tree, &errors), OK);
	assert_true(text_has_prefix(config_where(tree, config_root(tree)), path));
	config_free(&tree);
	assert_int_equal(ftruncate(fd, 2 * CONFIG_MAX_SIZE), 0);
	assert_int_equal(config_load(path, &tree, &errors), E_INVALID);
	assert_non_null(strstr(errors.data, "is larger than"));
	close(fd);
	unlink(path);
	text_done(&errors);
	assert_int_equal(config_load(path, &tree, &errors), E_NOT_FOUND);
	assert_non_null(strstr(errors.data, "cannot be read: No such file or directory\n"));
	text_done(&errors);
	assert_int_equal(config_load("/tmp", &tree, &errors), E_IO);
	assert_string_equal(errors.data, "/tmp: cannot be read: Is a directory\n");
	assert_null(tree);
	text_done(&errors);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(yaml_becomes_the_same_tree_as_json),
		cmocka_unit_test(what_is_refused_is_said_with_its_place),
		cmocka_unit_test(nul_byte_is_refused),
		cmocka_unit_test(all_mistakes_are_said_but_no_more_than_twenty),
		cmocka_unit_test(thirty_two_levels_are_the_most),
		cmocka_unit_test(one_mebibyte_is_the_most),
		cmocka_unit_test(every_value_knows_its_place),
		cmocka_unit_test(hostile_name_is_cleaned),
		cmocka_unit_test(file_is_loaded_and_named),
	};

	return cmocka_run_group_tests_name("base/config-parse", tests, NULL, NULL);
}
