#include "cmocka_all.h"

#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/text.h"

static const struct {
	const char *why;
	const char *bytes;
	size_t size; /* 0: strlen */
	enum status status;
} parse_cases[] = {
	{"an object", "{\"a\":1}", 0, OK},
	{"an array", " [1, 2.5, null, true] \n", 0, OK},
	{"brackets in a string do not nest", "[\"[[[[[[[[{{{{\"]", 0, OK},
	{"an escaped quote does not end the string", "[\"\\\"[[[[[[[\"]", 0, OK},
	{"a backslash before the quote ends it", "[\"\\\\\",[[[]]]]", 0, OK},
	{"four levels", "[{\"a\":[{}]}]", 0, OK},
	{"many shallow ones", "[[],[],[],[],[],[],[]]", 0, OK},
	{"five levels", "[{\"a\":[{\"b\":[]}]}]", 0, E_INVALID},
	{"five levels, not closed", "[[[[[", 0, E_INVALID},
	{"the same key twice", "{\"a\":1,\"a\":1}", 0, E_INVALID},
	{"the same key twice, inside", "[{\"a\":{\"b\":1,\"b\":2}}]", 0, E_INVALID},
	{"the same key, once escaped", "{\"a\":1,\"\\u0061\":2}", 0, E_INVALID},
	{"a NUL escape in a value", "{\"a\":\"x\\u0000y\"}", 0, E_INVALID},
	{"a NUL escape in a key", "{\"a\\u0000b\":1}", 0, E_INVALID},
	{"a NUL byte in a string", "{\"a\":\"x\0y\"}", 11, E_INVALID},
	{"a NUL byte at the end", "{\"a\":1}", 8, E_INVALID},
	{"a NUL byte between", "{\"a\":\0 1}", 9, E_INVALID},
	{"trailing text", "{}x", 0, E_INVALID},
	{"a second value", "{}{}", 0, E_INVALID},
	{"trailing comma", "[1,]", 0, E_INVALID},
	{"a byte order mark", "\xEF\xBB\xBF{}", 0, E_INVALID},
	{"not UTF-8", "{\"a\":\"\xFF\"}", 0, E_INVALID},
	{"overlong", "{\"a\":\"\xC0\xAF\"}", 0, E_INVALID},
	{"a surrogate in UTF-8", "{\"a\":\"\xED\xA0\x80\"}", 0, E_INVALID},
	{"half a pair of escapes", "{\"a\":\"\\uD83D\"}", 0, E_INVALID},
	{"halves in the wrong order", "{\"a\":\"\\uDE00\\uD83D\"}", 0, E_INVALID},
	{"a whole pair of escapes", "{\"a\":\"\\uD83D\\uDE00\"}", 0, OK},
	{"a raw line feed in a string", "{\"a\":\"x\ny\"}", 0, E_INVALID},
	{"a number that does not fit", "[9223372036854775808]", 0, E_INVALID},
	{"a fraction that does not fit", "[1e999]", 0, E_INVALID},
	{"a leading zero", "[01]", 0, E_INVALID},
	{"a comment", "{/**/}", 0, E_INVALID},
	{"single quotes", "{'a':1}", 0, E_INVALID},
	{"NaN", "[NaN]", 0, E_INVALID},
	{"a bare text", "\"a\"", 0, E_INVALID},
	{"a bare number", "1", 0, E_INVALID},
	{"nothing", "", 0, E_INVALID},
	{"a closing bracket first", "]]]]]][[", 0, E_INVALID},
};

static void outside_bytes_are_taken_only_within_limits(void **state)
{
	for (size_t i = 0; i < ARRAY_COUNT(parse_cases); i++) {
		size_t size = parse_cases[i].size ? parse_cases[i].size : strlen(parse_cases[i].bytes);
		json_t *json = NULL;

		if (json_parse_limited(parse_cases[i].bytes, size, 4, &json) != parse_cases[i].status ||
		    (json != NULL) != (parse_cases[i].status == OK))
			fail_msg("%s", parse_cases[i].why);
		json_decref(json);
	}
}

static void only_the_given_bytes_are_read(void **state)
{
	json_t *json = NULL;

	assert_int_equal(json_parse_limited("{\"a\":1}garbage", 7, 4, &json), OK);
	json_decref(json);
	assert_int_equal(json_parse_limited(NULL, 0, 4, &json), E_INVALID);
}

/* A parser that recursed would need a stack for each of these; red without depth_is_within when the limit is small. */
static void very_deep_text_is_refused_before_it_is_parsed(void **state)
{
	static char deep[1000000];
	json_t *json = NULL;

	memset(deep, '[', sizeof(deep));
	assert_int_equal(json_parse_limited(deep, sizeof(deep), 32, &json), E_INVALID);
	assert_null(json);
}

static void members_are_read_by_type(void **state)
{
	scoped_json *json = json_loads("{\"s\":\"x\",\"n\":5,\"z\":null,\"t\":true,\"f\":false,\"r\":5.0}", 0, NULL);
	int64_t value = 77;

	assert_string_equal(json_get_string(json, "s"), "x");
	assert_null(json_get_string(json, "n"));
	assert_null(json_get_string(json, "z"));
	assert_null(json_get_string(json, "absent"));
	assert_null(json_get_string(NULL, "s"));
	assert_int_equal(json_take_int(json, "absent", 0, 9, &value), E_NOT_FOUND);
	assert_int_equal(json_take_int(json, "z", 0, 9, &value), E_NOT_FOUND);
	assert_int_equal(json_take_int(json, "s", 0, 9, &value), E_INVALID);
	assert_int_equal(json_take_int(json, "t", 0, 9, &value), E_INVALID);
	assert_int_equal(json_take_int(json, "r", 0, 9, &value), E_INVALID);
	assert_int_equal(json_take_int(json, "n", 6, 9, &value), E_INVALID);
	assert_int_equal(json_take_int(json, "n", 0, 4, &value), E_INVALID);
	assert_int_equal(value, 77);
	assert_int_equal(json_take_int(json, "n", 5, 5, &value), OK);
	assert_int_equal(value, 5);
	assert_true(json_get_bool(json, "t", false));
	assert_false(json_get_bool(json, "f", true));
	assert_true(json_get_bool(json, "absent", true));
	assert_false(json_get_bool(json, "absent", false));
	assert_false(json_get_bool(json, "n", false)); /* a number is no yes */
	assert_false(json_get_bool(json, "s", false));
}

static void text_keeps_the_order_of_keys(void **state)
{
	scoped_arena *arena = arena_new(4096);
	scoped_json *json = json_object();

	json_object_set_new(json, "z", json_integer(1));
	json_object_set_new(json, "a", json_string("x"));
	json_object_set_new(json, "m", json_null());
	assert_string_equal(json_format(arena, json), "{\"z\":1,\"a\":\"x\",\"m\":null}");
}

static void text_beyond_the_limit_is_refused(void **state)
{
	scoped_arena *arena = arena_new(16);
	scoped_json *json = json_string("0123456789abcdef");

	assert_null(json_format(arena, json));
	assert_null(json_format_html(arena, json));
	assert_null(json_format(NULL, json));
}

static void html_text_holds_nothing_that_ends_a_script(void **state)
{
	scoped_arena *arena = arena_new(1 << 16);
	scoped_json *json = json_object();
	const char *hostile = "</script><!--&\xE2\x80\xA8\xE2\x80\xA9\xE2\x80\xAA\xC3\xA9\"\\";
	const char *text;
	json_t *back = NULL;

	json_object_set_new(json, "<k>", json_string(hostile));
	text = json_format_html(arena, json);
	assert_string_equal(text, "{\"\\u003ck\\u003e\":\"\\u003c/script\\u003e\\u003c!--\\u0026\\u2028\\u2029"
				  "\xE2\x80\xAA\xC3\xA9\\\"\\\\\"}");
	assert_int_equal(json_parse_limited(text, strlen(text), 2, &back), OK);
	assert_true(json_equal(json, back));
	json_decref(back);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outside_bytes_are_taken_only_within_limits),
		cmocka_unit_test(only_the_given_bytes_are_read),
		cmocka_unit_test(very_deep_text_is_refused_before_it_is_parsed),
		cmocka_unit_test(members_are_read_by_type),
		cmocka_unit_test(text_keeps_the_order_of_keys),
		cmocka_unit_test(text_beyond_the_limit_is_refused),
		cmocka_unit_test(html_text_holds_nothing_that_ends_a_script),
	};

	return cmocka_run_group_tests_name("base/json", tests, NULL, NULL);
}
