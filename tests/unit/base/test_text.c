#include "cmocka_all.h"

#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/text.h"

static void comparison_folds_ascii_only(void **state)
{
	assert_true(text_equal_nocase("Bearer", "bEARER"));
	assert_true(text_equal_nocase("", ""));
	assert_false(text_equal_nocase("a", "ab"));
	assert_false(text_equal_nocase("ab", "a"));
	assert_false(text_equal_nocase("@", "`")); /* 0x40 and 0x60 differ only in the case bit */
	assert_false(text_equal_nocase("[", "{"));
	assert_false(text_equal_nocase("\xC3\x89", "\xC3\xA9"));
	assert_false(text_equal_nocase(NULL, NULL));
	assert_false(text_equal_nocase("a", NULL));
}

static void lower_changes_ascii_letters_only(void **state)
{
	scoped_arena *arena = arena_new(4096);

	assert_string_equal(text_lower(arena, "AZaz@[`{09\xC3\x89"), "azaz@[`{09\xC3\x89");
	assert_null(text_lower(NULL, "A"));
}

static void prefix_and_suffix_are_whole(void **state)
{
	assert_true(text_has_prefix("push:enter", "push:"));
	assert_true(text_has_prefix("push:", "push:"));
	assert_false(text_has_prefix("push", "push:"));
	assert_true(text_has_prefix("x", ""));
	assert_false(text_has_prefix(NULL, ""));
	assert_true(text_has_suffix("a.example.org", ".example.org"));
	assert_false(text_has_suffix("example.org", ".example.org"));
	assert_true(text_has_suffix("x", ""));
	assert_false(text_has_suffix(NULL, ""));
	assert_true(text_is_empty(NULL));
	assert_true(text_is_empty(""));
	assert_false(text_is_empty(" "));
}

static void word_is_found_only_whole(void **state)
{
	assert_true(words_has("openid profile email", "openid"));
	assert_true(words_has("openid profile email", "profile"));
	assert_true(words_has("openid profile email", "email"));
	assert_true(words_has("  openid  ", "openid"));
	assert_false(words_has("openid2 xopenid", "openid"));
	assert_false(words_has("open id", "openid"));
	assert_false(words_has("openid", "open"));
	assert_false(words_has("openid profile", "openid profile"));
	assert_false(words_has("openid\tprofile", "openid")); /* the RFC's separator is the space alone */
	assert_false(words_has("openid", ""));
	assert_false(words_has("", "openid"));
	assert_false(words_has(NULL, "openid"));
}

static enum status word_collect(const char *word, size_t size, void *ctx)
{
	struct text *all = ctx;

	if (size == 4 && memcmp(word, "stop", 4) == 0)
		return E_REFUSED;
	text_add_format(all, "<%.*s>", (int)size, word);
	return OK;
}

static void words_come_in_order_until_one_stops(void **state)
{
	struct text all;

	text_init(&all, 1000);
	assert_int_equal(words_each("  a bc   d ", word_collect, &all), OK);
	assert_string_equal(all.data, "<a><bc><d>");
	assert_int_equal(words_each("e stop f", word_collect, &all), E_REFUSED);
	assert_string_equal(all.data, "<a><bc><d><e>");
	assert_int_equal(words_each(NULL, word_collect, &all), OK);
	text_done(&all);
}

static const struct {
	const char *text;
	int64_t min, max;
	enum status status;
	int64_t value;
} int_cases[] = {
	{"0", 0, 9, OK, 0},
	{"42", 0, 42, OK, 42},
	{"-42", -42, 0, OK, -42},
	{"007", 0, 9, OK, 7},
	{"-0", 0, 0, OK, 0},
	{"9223372036854775807", INT64_MIN, INT64_MAX, OK, INT64_MAX},
	{"-9223372036854775808", INT64_MIN, INT64_MAX, OK, INT64_MIN},
	{"9223372036854775808", INT64_MIN, INT64_MAX, E_INVALID, 0},
	{"-9223372036854775809", INT64_MIN, INT64_MAX, E_INVALID, 0},
	{"99999999999999999999999999", INT64_MIN, INT64_MAX, E_INVALID, 0},
	{"43", 0, 42, E_INVALID, 0},
	{"-1", 0, 42, E_INVALID, 0},
	{"", 0, 9, E_INVALID, 0},
	{"-", -9, 9, E_INVALID, 0},
	{"--1", -9, 9, E_INVALID, 0},
	{"+1", 0, 9, E_INVALID, 0},
	{" 1", 0, 9, E_INVALID, 0},
	{"1 ", 0, 9, E_INVALID, 0},
	{"1\n", 0, 9, E_INVALID, 0},
	{"0x1", 0, 9, E_INVALID, 0},
	{"1e1", 0, 99, E_INVALID, 0},
	{"1.0", 0, 9, E_INVALID, 0},
	{"\xD9\xA1", 0, 9, E_INVALID, 0}, /* an Arabic digit */
	{NULL, 0, 9, E_INVALID, 0},
};

static void number_is_read_whole_and_within_bounds(void **state)
{
	for (size_t i = 0; i < ARRAY_COUNT(int_cases); i++) {
		int64_t value = -77;

		if (text_parse_int(int_cases[i].text, int_cases[i].min, int_cases[i].max, &value) !=
			    int_cases[i].status ||
		    value != (int_cases[i].status == OK ? int_cases[i].value : -77))
			fail_msg("%s", int_cases[i].text ? int_cases[i].text : "NULL");
	}
}

static const struct {
	const char *text;
	enum status status;
	int64_t seconds;
} duration_cases[] = {
	{"90", OK, 90},
	{"15s", OK, 15},
	{"10m", OK, 600},
	{"12h", OK, 43200},
	{"30d", OK, 2592000},
	{"0", OK, 0},
	{"106751991167300d", OK, 9223372036854720000},
	{"106751991167301d", E_INVALID, 0}, /* one more than fits */
	{"9223372036854775808", E_INVALID, 0},
	{"", E_INVALID, 0},
	{"m", E_INVALID, 0},
	{"-5m", E_INVALID, 0},
	{"+5m", E_INVALID, 0},
	{"5 m", E_INVALID, 0},
	{"5M", E_INVALID, 0},
	{"5w", E_INVALID, 0},
	{"1h30m", E_INVALID, 0},
	{"1.5h", E_INVALID, 0},
	{NULL, E_INVALID, 0},
};

static void duration_is_a_number_and_a_unit(void **state)
{
	for (size_t i = 0; i < ARRAY_COUNT(duration_cases); i++) {
		int64_t seconds = -77;

		if (text_parse_duration(duration_cases[i].text, &seconds) != duration_cases[i].status ||
		    seconds != (duration_cases[i].status == OK ? duration_cases[i].seconds : -77))
			fail_msg("%s", duration_cases[i].text ? duration_cases[i].text : "NULL");
	}
}

static void distance_counts_single_mistakes(void **state)
{
	assert_int_equal(text_distance("issuer", "issuer"), 0);
	assert_int_equal(text_distance("Issuer", "iSSUER"), 0);
	assert_int_equal(text_distance("isuer", "issuer"), 1);
	assert_int_equal(text_distance("isssuer", "issuer"), 1);
	assert_int_equal(text_distance("issucr", "issuer"), 1);
	assert_int_equal(text_distance("isseur", "issuer"), 1); /* neighbours swapped */
	assert_int_equal(text_distance("redirectUris", "redirect_uris"), 1);
	assert_int_equal(text_distance("kitten", "sitting"), 3);
	assert_int_equal(text_distance("", "abc"), 3);
	assert_int_equal(text_distance("abc", ""), 3);
	assert_int_equal(text_distance("", ""), 0);
	assert_int_equal(text_distance("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "a"),
			 SIZE_MAX);
}

static void buffer_stops_at_its_limit(void **state)
{
	struct text text;

	text_init(&text, 5);
	text_add(&text, "abc");
	text_add(&text, "def");
	assert_true(text.failed);
	assert_string_equal(text.data, "abc"); /* a write that does not fit adds nothing */
	text_add(&text, "d");
	assert_string_equal(text.data, "abc"); /* and nothing follows it, though it would fit */
	text_done(&text);
	assert_null(text.data);
	assert_false(text.failed);
	text_add(&text, "abcde");
	assert_false(text.failed);
	assert_int_equal(text.size, 5);
	text_add(&text, "");
	assert_false(text.failed);
	text_done(&text);
}

static void buffer_grows_and_keeps_what_it_has(void **state)
{
	struct text text;

	text_init(&text, 100000);
	for (int i = 0; i < 10000; i++)
		text_add_format(&text, "%d,", i % 10);
	assert_false(text.failed);
	assert_int_equal(text.size, 20000);
	assert_int_equal(strlen(text.data), 20000);
	for (size_t i = 0; i < 10000; i++)
		assert_int_equal(text.data[2 * i], '0' + (int)(i % 10));
	text_cut(&text, 4);
	assert_string_equal(text.data, "0,1,");
	text_cut(&text, 100);
	assert_int_equal(text.size, 4);
	text_done(&text);
}

static const char *const hostile[] = {
	"",
	"\"\t\r\n\001",
	"back\\slash \"quotes\" 'single'",
	"</script><script>alert(1)</script>",
	"<!-- & -->",
	"\xE2\x80\xAE right to left",
	"\xE2\x80\xA8 \xE2\x80\xA9 separators",
	"\xF0\x9F\x98\x80 face",
	"\x7F",
};

static void json_string_reads_back_as_itself(void **state)
{
	for (size_t i = 0; i < ARRAY_COUNT(hostile); i++) {
		struct text text;
		json_t *json;

		text_init(&text, 1000);
		text_add(&text, "[");
		text_add_json_string(&text, hostile[i]);
		text_add(&text, "]");
		assert_null(strpbrk(text.data, "<>&\n\r"));
		assert_null(strstr(text.data, "\xE2\x80\xA8"));
		json = json_loads(text.data, 0, NULL);
		assert_non_null(json);
		assert_string_equal(json_string_value(json_array_get(json, 0)), hostile[i]);
		json_decref(json);
		text_done(&text);
	}
}

static void added(char *out, size_t size, void (*add)(struct text *, const char *), const char *data)
{
	struct text text;

	text_init(&text, 1000);
	add(&text, data);
	assert_true(text.size < size);
	strcpy(out, text.data ? text.data : "");
	text_done(&text);
}

static void escapes_are_as_their_formats_want(void **state)
{
	static const struct {
		void (*add)(struct text *, const char *);
		const char *data, *wanted;
	} cases[] = {
		{text_add_json_string, "a<\x01\xFF", "\"a\\u003c\\u0001\xEF\xBF\xBD\""},
		{text_add_json_string, NULL, "\"\""},
		{text_add_json_string, "\xC3", "\"\xEF\xBF\xBD\""},
		{text_add_html, "<a href=\"x\" b='y'>&</a>",
		 "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;&lt;/a&gt;"},
		{text_add_html, "caf\xC3\xA9 \xC0\xBCscript", "caf\xC3\xA9 \xEF\xBF\xBD\xEF\xBF\xBDscript"},
		{text_add_html, NULL, ""},
		{text_add_percent, "AZaz09-._~", "AZaz09-._~"},
		{text_add_percent, "a b&c=d/?#%+", "a%20b%26c%3Dd%2F%3F%23%25%2B"},
		{text_add_percent, "\xC3\xA9\xFF\n", "%C3%A9%FF%0A"},
		{text_add_percent, NULL, ""},
	};

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		char out[1000];

		added(out, sizeof(out), cases[i].add, cases[i].data);
		assert_string_equal(out, cases[i].wanted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comparison_folds_ascii_only),
		cmocka_unit_test(lower_changes_ascii_letters_only),
		cmocka_unit_test(prefix_and_suffix_are_whole),
		cmocka_unit_test(word_is_found_only_whole),
		cmocka_unit_test(words_come_in_order_until_one_stops),
		cmocka_unit_test(number_is_read_whole_and_within_bounds),
		cmocka_unit_test(duration_is_a_number_and_a_unit),
		cmocka_unit_test(distance_counts_single_mistakes),
		cmocka_unit_test(buffer_stops_at_its_limit),
		cmocka_unit_test(buffer_grows_and_keeps_what_it_has),
		cmocka_unit_test(json_string_reads_back_as_itself),
		cmocka_unit_test(escapes_are_as_their_formats_want),
	};

	return cmocka_run_group_tests_name("base/text", tests, NULL, NULL);
}
