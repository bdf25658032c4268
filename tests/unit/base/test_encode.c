#include "cmocka_all.h"

#include <string.h>

#include "base/arena.h"
#include "base/encode.h"
#include "base/random.h"
#include "base/text.h"

typedef enum status parse_fn(const char *, size_t, uint8_t *, size_t, size_t *);
typedef void format_fn(const void *, size_t, char *);

/* RFC 4648 section 10; base32 and base64url without their padding. */
static const struct {
	const char *plain, *base64, *base64url, *base32, *hex;
} vectors[] = {
	{"", "", "", "", ""},
	{"f", "Zg==", "Zg", "MY", "66"},
	{"fo", "Zm8=", "Zm8", "MZXQ", "666f"},
	{"foo", "Zm9v", "Zm9v", "MZXW6", "666f6f"},
	{"foob", "Zm9vYg==", "Zm9vYg", "MZXW6YQ", "666f6f62"},
	{"fooba", "Zm9vYmE=", "Zm9vYmE", "MZXW6YTB", "666f6f6261"},
	{"foobar", "Zm9vYmFy", "Zm9vYmFy", "MZXW6YTBOI", "666f6f626172"},
};

static void check_vector(const char *plain, const char *coded, format_fn *format, parse_fn *parse)
{
	char text[100];
	uint8_t bytes[100];
	size_t size = 77;

	format(plain, strlen(plain), text);
	assert_string_equal(text, coded);
	assert_int_equal(parse(coded, strlen(coded), bytes, sizeof(bytes), &size), OK);
	assert_int_equal(size, strlen(plain));
	assert_memory_equal(bytes, plain, size);
}

static void vectors_of_rfc_4648_hold(void **state)
{
	for (size_t i = 0; i < ARRAY_COUNT(vectors); i++) {
		check_vector(vectors[i].plain, vectors[i].base64, base64_format, base64_parse);
		check_vector(vectors[i].plain, vectors[i].base64url, base64url_format, base64url_parse);
		check_vector(vectors[i].plain, vectors[i].base32, base32_format, base32_parse);
		check_vector(vectors[i].plain, vectors[i].hex, hex_format, hex_parse);
	}
}

static void random_bytes_come_back(void **state)
{
	static const struct {
		format_fn *format;
		parse_fn *parse;
	} codes[] = {
		{base64_format, base64_parse},
		{base64url_format, base64url_parse},
		{base32_format, base32_parse},
		{hex_format, hex_parse},
	};
	struct random_seeded seeded;
	struct random random = random_seed(&seeded, 1);

	for (size_t round = 0; round < 2000; round++) {
		uint8_t bytes[64], back[64];
		char text[2 * sizeof(bytes) + 1];
		size_t size = round % (sizeof(bytes) + 1), back_size = 0;
		size_t code = round / 7 % ARRAY_COUNT(codes);

		random_fill(&random, bytes, size);
		codes[code].format(bytes, size, text);
		assert_int_equal(codes[code].parse(text, strlen(text), back, size, &back_size), OK);
		assert_int_equal(back_size, size);
		assert_memory_equal(back, bytes, size);
	}
}

static void sizes_are_as_the_macros_say(void **state)
{
	uint8_t bytes[70] = {0};
	char text[200];

	for (size_t size = 0; size <= sizeof(bytes); size++) {
		base64url_format(bytes, size, text);
		assert_int_equal(strlen(text), BASE64URL_SIZE(size));
		base64_format(bytes, size, text);
		assert_int_equal(strlen(text), 4 * ((size + 2) / 3));
		base32_format(bytes, size, text);
		assert_int_equal(strlen(text), BASE32_SIZE(size));
		crockford_format(bytes, size, text);
		assert_int_equal(strlen(text), BASE32_SIZE(size));
		hex_format(bytes, size, text);
		assert_int_equal(strlen(text), 2 * size);
	}
}

static const struct {
	const char *why;
	parse_fn *parse;
	const char *text;
	size_t size;
} bad[] = {
	{"padding", base64url_parse, "Zg==", 4},
	{"one character without bits", base64url_parse, "A", 1},
	{"five characters without bits", base64url_parse, "AAAAA", 5},
	{"one character without bits", base32_parse, "A", 1},
	{"three characters without bits", base32_parse, "AAA", 3},
	{"six characters without bits", base32_parse, "AAAAAA", 6},
	{"half a byte without bits", hex_parse, "0", 1},
	{"one character", base64url_parse, "Z", 1},
	{"five characters", base64url_parse, "Zm9vY", 5},
	{"stray bits of two", base64url_parse, "Zh", 2},
	{"stray bits of three", base64url_parse, "Zm9", 3},
	{"alphabet of base64", base64url_parse, "+/+/", 4},
	{"space", base64url_parse, "Zm 9v", 5},
	{"line feed at the end", base64url_parse, "Zm9v\n", 5},
	{"NUL", base64url_parse, "Zm\0v", 4},
	{"high bytes", base64url_parse, "Zm\xC3\xA9", 4},
	{"no padding", base64_parse, "Zg", 2},
	{"too little padding", base64_parse, "Zg=", 3},
	{"padding alone", base64_parse, "====", 4},
	{"three of padding", base64_parse, "Z===", 4},
	{"padding in the middle", base64_parse, "Zg==Zg==", 8},
	{"padding after a whole group", base64_parse, "Zm9v====", 8},
	{"stray bits", base64_parse, "Zh==", 4},
	{"alphabet of base64url", base64_parse, "-_-_", 4},
	{"line break", base64_parse, "Zm9v\r\nZm", 8},
	{"one character", base32_parse, "M", 1},
	{"three characters", base32_parse, "MZX", 3},
	{"six characters", base32_parse, "MZXW6Y", 6},
	{"stray bits", base32_parse, "MZ", 2},
	{"a one", base32_parse, "M1", 2},
	{"an eight", base32_parse, "M8", 2},
	{"padding in the middle", base32_parse, "MY=MY", 5},
	{"tab", base32_parse, "MZXW6\t", 6},
	{"zero width", base32_parse, "MZXW6\xE2\x80\x8B", 8},
	{"half a byte", hex_parse, "f", 1},
	{"three digits", hex_parse, "fff", 3},
	{"g", hex_parse, "fg", 2},
	{"prefix", hex_parse, "0x00", 4},
	{"space", hex_parse, "ff ff", 5},
	{"NUL", hex_parse, "f\0", 2},
};

static void malformed_text_is_refused_and_nothing_written(void **state)
{
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
		uint8_t bytes[32], before[32];
		size_t size = 77;

		memset(bytes, 0xAA, sizeof(bytes));
		memcpy(before, bytes, sizeof(bytes));
		if (bad[i].parse(bad[i].text, bad[i].size, bytes, sizeof(bytes), &size) != E_INVALID)
			fail_msg("%zu: %s", i, bad[i].why);
		assert_int_equal(size, 77);
		assert_memory_equal(bytes, before, sizeof(bytes));
	}
}

static void more_than_fits_is_refused(void **state)
{
	uint8_t bytes[3] = {0xAA, 0xAA, 0xAA};
	size_t size = 77;

	assert_int_equal(base64url_parse("Zm9v", 4, bytes, 2, &size), E_INVALID);
	assert_int_equal(base64_parse("Zm9v", 4, bytes, 2, &size), E_INVALID);
	assert_int_equal(base32_parse("MZXW6", 5, bytes, 2, &size), E_INVALID);
	assert_int_equal(hex_parse("666f6f", 6, bytes, 2, &size), E_INVALID);
	assert_int_equal(size, 77);
	assert_int_equal(bytes[0], 0xAA);
	assert_int_equal(base64url_parse("Zm9v", 4, bytes, 3, &size), OK);
	assert_int_equal(size, 3);
	assert_int_equal(base64url_parse("", 0, NULL, 0, &size), OK);
	assert_int_equal(size, 0);
}

static void base32_forgives_what_people_type(void **state)
{
	static const char *const same[] = {"MZXW6YTBOI",   "mzxw6ytboi",       "MZXW 6YTB OI",
					   "mzxw-6ytb-oi", "MZXW6YTBOI======", " MZXW6YTBOI "};

	for (size_t i = 0; i < ARRAY_COUNT(same); i++) {
		uint8_t bytes[6];
		size_t size = 0;

		assert_int_equal(base32_parse(same[i], strlen(same[i]), bytes, sizeof(bytes), &size), OK);
		assert_int_equal(size, 6);
		assert_memory_equal(bytes, "foobar", 6);
	}
}

static void hex_is_read_in_either_case(void **state)
{
	uint8_t bytes[2];
	size_t size = 0;

	assert_int_equal(hex_parse("aBCd", 4, bytes, 2, &size), OK);
	assert_memory_equal(bytes, "\xAB\xCD", 2);
}

static const struct {
	const char *text;
	size_t out_size;
	const char *normal; /* NULL: refused */
} crockford_cases[] = {
	{"01234-56789", 11, "0123456789"},
	{"abcde-fghjk", 11, "ABCDEFGHJK"},
	{"oOiIlL", 11, "001111"},
	{" 0 - 1 ", 11, "01"},
	{"MNPQRSTVWXYZ", 13, "MNPQRSTVWXYZ"},
	{"MNPQRSTVWXYZ", 12, NULL},
	{"U", 11, NULL},
	{"u", 11, NULL},
	{"", 11, NULL},
	{"--", 11, NULL},
	{"0123*", 11, NULL},
	{"0123\n", 11, NULL},
	{"\xEF\xBC\x91", 11, NULL}, /* a full-width one */
	{"0", 0, NULL},
	{"0", 1, NULL},
};

static void crockford_folds_what_people_confuse(void **state)
{
	for (size_t i = 0; i < ARRAY_COUNT(crockford_cases); i++) {
		char out[32] = "before";
		bool good = crockford_cases[i].normal;

		assert_int_equal(crockford_normalize(crockford_cases[i].text, out, crockford_cases[i].out_size),
				 good ? OK : E_INVALID);
		assert_string_equal(out, good ? crockford_cases[i].normal : "before");
	}
}

static void crockford_text_is_already_normal(void **state)
{
	const uint8_t bytes[] = {0x00, 0x44, 0x32, 0x14, 0xC7, 0x42, 0x54, 0xB6, 0x35, 0xCF,
				 0x84, 0x65, 0x3A, 0x56, 0xD7, 0xC6, 0x75, 0xBE, 0x77, 0xDF};
	char text[64], normal[64];

	crockford_format(bytes, sizeof(bytes), text); /* the bytes count 0 to 31 in digits of five bits */
	assert_string_equal(text, "0123456789ABCDEFGHJKMNPQRSTVWXYZ");
	assert_int_equal(crockford_normalize(text, normal, sizeof(normal)), OK);
	assert_string_equal(normal, text);
}

static void copy_in_arena_equals_the_format(void **state)
{
	scoped_arena *arena = arena_new(32);

	assert_string_equal(base64url_dup(arena, "foobar", 6), "Zm9vYmFy");
	assert_null(base64url_dup(arena, "0123456789abcdef", 16));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors_of_rfc_4648_hold),
		cmocka_unit_test(random_bytes_come_back),
		cmocka_unit_test(sizes_are_as_the_macros_say),
		cmocka_unit_test(malformed_text_is_refused_and_nothing_written),
		cmocka_unit_test(more_than_fits_is_refused),
		cmocka_unit_test(base32_forgives_what_people_type),
		cmocka_unit_test(hex_is_read_in_either_case),
		cmocka_unit_test(crockford_folds_what_people_confuse),
		cmocka_unit_test(crockford_text_is_already_normal),
		cmocka_unit_test(copy_in_arena_equals_the_format),
	};

	return cmocka_run_group_tests_name("base/encode", tests, NULL, NULL);
}
