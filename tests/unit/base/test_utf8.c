#include "cmocka_all.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"

static const struct {
	const char *why;
	const char *text;
	size_t size;
	bool valid;
} utf8_cases[] = {
	{"ASCII", "demo", 4, true},
	{"empty", "", 0, true},
	{"two bytes, the least", "\xC2\x80", 2, true},
	{"three bytes, the least", "\xE0\xA0\x80", 3, true},
	{"before the surrogates", "\xED\x9F\xBF", 3, true},
	{"after the surrogates", "\xEE\x80\x80", 3, true},
	{"four bytes, the least", "\xF0\x90\x80\x80", 4, true},
	{"four bytes, a face", "\xF0\x9F\x98\x80", 4, true},
	{"four bytes, the last", "\xF4\x8F\xBF\xBF", 4, true},
	{"overlong slash, two bytes", "\xC0\xAF", 2, false},
	{"overlong, C1", "\xC1\xBF", 2, false},
	{"overlong slash, three bytes", "\xE0\x80\xAF", 3, false},
	{"overlong, the largest of three bytes", "\xE0\x9F\xBF", 3, false},
	{"overlong slash, four bytes", "\xF0\x80\x80\xAF", 4, false},
	{"overlong, the largest of four bytes", "\xF0\x8F\xBF\xBF", 4, false},
	{"overlong NUL", "\xC0\x80", 2, false},
	{"high surrogate", "\xED\xA0\x80", 3, false},
	{"low surrogate", "\xED\xBF\xBF", 3, false},
	{"a pair of surrogates", "\xED\xA0\xBD\xED\xB8\x80", 6, false},
	{"beyond U+10FFFF", "\xF4\x90\x80\x80", 4, false},
	{"F5", "\xF5\x80\x80\x80", 4, false},
	{"five bytes", "\xF8\x88\x80\x80\x80", 5, false},
	{"FE", "\xFE", 1, false},
	{"FF", "\xFF", 1, false},
	{"a tail alone", "\x80", 1, false},
	{"the rest lies beyond the size", "\xC3\xA9", 1, false},
	{"the last byte lies beyond the size", "\xF0\x9F\x98\x80", 3, false},
	{"cut after the first of two", "\xC3", 1, false},
	{"cut after the second of three", "\xE2\x82", 2, false},
	{"cut after the third of four", "\xF0\x9F\x98", 3, false},
	{"tail replaced by ASCII", "\xE2\x28\xA1", 3, false},
	{"NUL", "a\0b", 3, false},
	{"good and then bad", "demo\xFF", 5, false},
};

static void utf8_is_taken_only_when_well_formed(void **state)
{
	for (size_t i = 0; i < ARRAY_COUNT(utf8_cases); i++)
		if (utf8_is_valid(utf8_cases[i].text, utf8_cases[i].size) != utf8_cases[i].valid)
			fail_msg("%s", utf8_cases[i].why);
}

/* Every scalar value there is, encoded by another rule than the decoder's. */
static size_t encode(uint32_t character, char out[4])
{
	if (character < 0x80)
		return out[0] = (char)character, 1;
	if (character < 0x800)
		return out[0] = (char)(192 + character / 64), out[1] = (char)(128 + character % 64), 2;
	if (character < 0x10000)
		return out[0] = (char)(224 + character / 4096), out[1] = (char)(128 + character / 64 % 64),
		       out[2] = (char)(128 + character % 64), 3;
	return out[0] = (char)(240 + character / 262144), out[1] = (char)(128 + character / 4096 % 64),
	       out[2] = (char)(128 + character / 64 % 64), out[3] = (char)(128 + character % 64), 4;
}

static void every_character_is_decoded(void **state)
{
	for (uint32_t character = 0; character <= 0x10FFFF; character++) {
		char bytes[4];
		uint32_t decoded = 0;
		size_t size = encode(character, bytes);
		bool surrogate = character >= 0xD800 && character <= 0xDFFF;

		if (utf8_decode(bytes, size, &decoded) != (surrogate ? 0 : size) ||
		    (!surrogate && decoded != character))
			fail_msg("U+%04X", character);
	}
}

static void decoding_stays_within_the_size(void **state)
{
	static const char *const characters[] = {"\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"};
	uint32_t character = 77;

	for (size_t i = 0; i < ARRAY_COUNT(characters); i++)
		for (size_t size = 0; size < strlen(characters[i]); size++)
			assert_int_equal(utf8_decode(characters[i], size, &character), 0);
	assert_int_equal(character, 77);
}

static const struct {
	const char *why;
	const char *text;
	bool displayable;
} display_cases[] = {
	{"a name", "Demo account", true},
	{"accents", "D\xC3\xA9mo", true},
	{"right-to-left letters by themselves", "\xD7\x93\xD7\x9E\xD7\x95", true},
	{"a face", "\xF0\x9F\x98\x80", true},
	{"markup is not this function's business", "<b>\"'&</b>", true},
	{"nothing", "", false},
	{"NULL", NULL, false},
	{"only a space", " ", false},
	{"only odd spaces", "\xC2\xA0\xE2\x80\x83\xE3\x80\x80", false},
	{"line feed", "a\nb", false},
	{"carriage return", "a\rb", false},
	{"tab", "a\tb", false},
	{"escape", "a\x1B[31m", false},
	{"delete", "a\x7F", false},
	{"C1 control (next line)", "a\xC2\x85", false},
	{"override U+202E",
	 "gpj\xE2\x80\xAE"
	 "exe",
	 false},
	{"embedding U+202A",
	 "a\xE2\x80\xAA"
	 "b",
	 false},
	{"isolate U+2066",
	 "a\xE2\x81\xA6"
	 "b",
	 false},
	{"isolate U+2069",
	 "a\xE2\x81\xA9"
	 "b",
	 false},
	{"mark U+200F",
	 "a\xE2\x80\x8F"
	 "b",
	 false},
	{"Arabic mark U+061C",
	 "a\xD8\x9C"
	 "b",
	 false},
	{"zero width U+200B", "ad\xE2\x80\x8Bmin", false},
	{"joiner U+200D", "ad\xE2\x80\x8Dmin", false},
	{"byte order mark U+FEFF",
	 "\xEF\xBB\xBF"
	 "demo",
	 false},
	{"word joiner U+2060", "ad\xE2\x81\xA0min", false},
	{"soft hyphen U+00AD", "ad\xC2\xADmin", false},
	{"line separator U+2028",
	 "a\xE2\x80\xA8"
	 "b",
	 false},
	{"paragraph separator U+2029",
	 "a\xE2\x80\xA9"
	 "b",
	 false},
	{"Hangul filler U+3164", "a\xE3\x85\xA4", false},
	{"Braille blank U+2800", "\xE2\xA0\x80", false},
	{"variation selector U+FE0F", "a\xEF\xB8\x8F", false},
	{"tag letters U+E0041", "a\xF3\xA0\x81\x81", false},
	{"no character U+FFFE", "a\xEF\xBF\xBE", false},
	{"no character U+1FFFF", "a\xF0\x9F\xBF\xBF", false},
	{"not UTF-8", "a\xFF", false},
	{"a surrogate", "a\xED\xA0\x80", false},
};

static void only_what_can_be_seen_is_displayable(void **state)
{
	for (size_t i = 0; i < ARRAY_COUNT(display_cases); i++)
		if (text_is_displayable(display_cases[i].text) != display_cases[i].displayable)
			fail_msg("%s", display_cases[i].why);
}

static void cleaned_text_is_displayable(void **state)
{
	scoped_arena *arena = arena_new(1 << 20);

	for (size_t i = 0; i < ARRAY_COUNT(display_cases); i++) {
		const char *text = display_cases[i].text ? display_cases[i].text : "";
		char *clean = NULL;

		assert_int_equal(text_clean(arena, text, strlen(text), 100, &clean), OK);
		if (strspn(text, " \xC2\xA0\xE2\x80\x83\xE3\x80\x80") != strlen(text) && !text_is_displayable(clean))
			fail_msg("%s", display_cases[i].why);
		if (display_cases[i].displayable)
			assert_string_equal(clean, text);
	}
}

static const struct {
	const char *text;
	size_t size;
	size_t max_chars;
	const char *clean;
} clean_cases[] = {
	{"demo", 4, 4, "demo"},
	{"demos", 5, 4, "dem\xE2\x80\xA6"},
	{"demo", 4, 1, "\xE2\x80\xA6"},
	{"d", 1, 1, "d"},
	{"demo", 4, 0, ""},
	{"", 0, 0, ""},
	{"a\nb", 3, 9,
	 "a\xEF\xBF\xBD"
	 "b"},
	{"a\0b", 3, 9,
	 "a\xEF\xBF\xBD"
	 "b"},
	{"\xE2\x82", 2, 9, "\xEF\xBF\xBD\xEF\xBF\xBD"},
	{"\xE2\x80\xAE"
	 "x",
	 4, 9, "\xEF\xBF\xBDx"},
	{"\xF0\x9F\x98\x80\xF0\x9F\x98\x80\xF0\x9F\x98\x80", 12, 2, "\xF0\x9F\x98\x80\xE2\x80\xA6"},
	{"ab\xFF\xFF\xFF", 5, 3, "ab\xE2\x80\xA6"},
};

static void cleaning_replaces_and_cuts(void **state)
{
	scoped_arena *arena = arena_new(1 << 20);

	for (size_t i = 0; i < ARRAY_COUNT(clean_cases); i++) {
		char *clean = NULL;

		assert_int_equal(text_clean(arena, clean_cases[i].text, clean_cases[i].size, clean_cases[i].max_chars,
					    &clean),
				 OK);
		assert_string_equal(clean, clean_cases[i].clean);
		assert_true(utf8_count(clean) <= clean_cases[i].max_chars);
	}
}

static void cleaning_without_memory_leaves_the_result(void **state)
{
	scoped_arena *arena = arena_new(16);
	char before[] = "before", *clean = before;

	assert_int_equal(text_clean(arena, "0123456789abcdefg", 17, 100, &clean), E_NOMEM);
	assert_ptr_equal(clean, before);
}

static void cleaning_twice_changes_nothing_more(void **state)
{
	scoped_arena *arena = arena_new(1 << 20);
	char bytes[256], *once = NULL, *twice = NULL;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)i;
	assert_int_equal(text_clean(arena, bytes, sizeof(bytes), 300, &once), OK);
	assert_int_equal(utf8_count(once), 256); /* one for each byte, none lost */
	assert_true(utf8_is_valid(once, strlen(once)));
	assert_int_equal(text_clean(arena, once, strlen(once), 300, &twice), OK);
	assert_string_equal(once, twice);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(utf8_is_taken_only_when_well_formed),
		cmocka_unit_test(every_character_is_decoded),
		cmocka_unit_test(decoding_stays_within_the_size),
		cmocka_unit_test(only_what_can_be_seen_is_displayable),
		cmocka_unit_test(cleaned_text_is_displayable),
		cmocka_unit_test(cleaning_replaces_and_cuts),
		cmocka_unit_test(cleaning_without_memory_leaves_the_result),
		cmocka_unit_test(cleaning_twice_changes_nothing_more),
	};

	return cmocka_run_group_tests_name("base/utf8", tests, NULL, NULL);
}
