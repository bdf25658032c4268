#include "cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "crypto/otp.h"

static const uint8_t seed[] = "12345678901234567890";
enum { SEED_SIZE = 20 };
static const struct otp_params six = {.hash = OTP_SHA1, .digits = 6, .period = 30};

/* RFC 4226 Appendix D */
static const char *const hotp_codes[] = {"755224", "287082", "359152", "969429", "338314",
					 "254676", "287922", "162583", "399871", "520489"};

static void codes_agree_with_rfc_4226(void **state)
{
	char code[16];

	for (size_t i = 0; i < ARRAY_COUNT(hotp_codes); i++) {
		assert_int_equal(otp_code(seed, SEED_SIZE, &six, (int64_t)i, code), OK);
		assert_string_equal(code, hotp_codes[i]);
	}
}

static void codes_agree_with_rfc_6238(void **state)
{
	json_error_t error;
	scoped_json *vectors = json_load_file(TEST_DATA "/totp-rfc6238.json", 0, &error);
	const json_t *row;
	size_t i, count = 0;

	assert_non_null(vectors);
	json_array_foreach (json_object_get(vectors, "rows"), i, row) {
		const char *ascii = json_get_string(row, "seed_ascii");
		struct otp_params params = {0};
		int64_t time = json_integer_value(json_object_get(row, "time"));
		char code[16];
		params.digits = (unsigned)json_integer_value(json_object_get(row, "digits"));
		params.period = (unsigned)json_integer_value(json_object_get(row, "period"));
		assert_int_equal(otp_hash_parse(json_get_string(row, "algorithm"), &params.hash), OK);
		assert_int_equal(otp_code((const uint8_t *)ascii, strlen(ascii), &params, time / params.period, code),
				 OK);
		assert_string_equal(code, json_get_string(row, "code"));
		count++;
	}
	assert_int_equal(count, 18);
}

static void parameters_out_of_range_are_refused(void **state)
{
	static const struct {
		struct otp_params params;
		size_t seed_size;
		int64_t step;
	} bad[] = {
		{{OTP_SHA1, 5, 30}, 20, 1},         {{OTP_SHA1, 9, 30}, 20, 1}, {{OTP_SHA1, 0, 30}, 20, 1},
		{{OTP_SHA1, 6, 0}, 20, 1},          {{OTP_SHA1, 6, 4}, 20, 1},  {{OTP_SHA1, 6, 301}, 20, 1},
		{{(enum otp_hash)3, 6, 30}, 20, 1}, {{OTP_SHA1, 6, 30}, 0, 1},  {{OTP_SHA1, 6, 30}, 129, 1},
		{{OTP_SHA1, 6, 30}, 20, -1},
	};
	uint8_t long_seed[200] = {1};
	char code[16] = "untouched";
	int64_t step = 77;

	for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
		assert_int_equal(otp_code(long_seed, bad[i].seed_size, &bad[i].params, bad[i].step, code), E_INVALID);
		assert_int_equal(otp_check(long_seed, bad[i].seed_size, &bad[i].params, "123456", bad[i].step, 1, 0,
					   &step),
				 E_INVALID);
	}
	assert_int_equal(otp_check(seed, SEED_SIZE, &six, "123456", 30, OTP_WINDOW_MAX + 1, 0, &step), E_INVALID);
	assert_string_equal(code, "untouched");
	assert_int_equal(step, 77);
}

static void window_is_exact(void **state)
{
	static const struct {
		size_t code;
		unsigned window;
		enum status expected;
	} rows[] = {
		{5, 0, OK}, {4, 0, E_NOT_FOUND}, {6, 0, E_NOT_FOUND}, {4, 1, OK},
		{6, 1, OK}, {3, 1, E_NOT_FOUND}, {7, 1, E_NOT_FOUND}, {3, 2, OK},
		{7, 2, OK}, {0, 5, OK},          {0, 10, OK},
	};

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		for (int64_t now = 150; now < 180; now += 29) {
			int64_t step = -9;
			assert_int_equal(otp_check(seed, SEED_SIZE, &six, hotp_codes[rows[i].code], now, rows[i].window,
						   -1, &step),
					 rows[i].expected);
			assert_int_equal(step, rows[i].expected == OK ? (int64_t)rows[i].code : -9);
		}
	}
}

static void used_step_is_a_conflict(void **state)
{
	int64_t step = -9;

	assert_int_equal(otp_check(seed, SEED_SIZE, &six, hotp_codes[5], 150, 1, 4, &step), OK);
	assert_int_equal(step, 5);
	step = -9;
	assert_int_equal(otp_check(seed, SEED_SIZE, &six, hotp_codes[5], 150, 1, 5, &step), E_CONFLICT);
	assert_int_equal(otp_check(seed, SEED_SIZE, &six, hotp_codes[4], 150, 1, 5, &step), E_CONFLICT);
	assert_int_equal(otp_check(seed, SEED_SIZE, &six, hotp_codes[3], 150, 1, 5, &step), E_NOT_FOUND);
	assert_int_equal(step, -9);
	assert_int_equal(otp_check(seed, SEED_SIZE, &six, hotp_codes[6], 150, 1, 5, &step), OK);
}

/* This seed has one code for two steps in a row. Taken as the first, it would be good again as the second. */
static void code_of_two_steps_counts_as_the_later(void **state)
{
	const int64_t first = 910737;
	int64_t step = 0;

	assert_int_equal(otp_check(seed, SEED_SIZE, &six, "911617", first * 30, 1, 0, &step), OK);
	assert_int_equal(step, first + 1);
	assert_int_equal(otp_check(seed, SEED_SIZE, &six, "911617", first * 30 + 30, 1, step, &step), E_CONFLICT);
}

static void texts_that_are_no_code_are_wrong(void **state)
{
	static const char *const texts[] = {
		NULL,     "",       "25467",  "2546766", "0254676",      "254676 ",  " 254676",
		"25467a", "+54676", "-54676", "25467\n", "２５４６７６", "254676\n", "254676254676254676"};
	int64_t step = 0;

	for (size_t i = 0; i < ARRAY_COUNT(texts); i++)
		assert_int_equal(otp_check(seed, SEED_SIZE, &six, texts[i], 150, 0, -1, &step), E_NOT_FOUND);
	assert_int_equal(otp_check(seed, SEED_SIZE, &six, "254676", 150, 0, -1, &step), OK);
}

static void names_of_hashes_are_understood(void **state)
{
	static const struct {
		const char *name;
		enum otp_hash hash;
	} names[] = {
		{"SHA1", OTP_SHA1},     {"sha1", OTP_SHA1},         {"SHA-1", OTP_SHA1},     {"HmacSHA1", OTP_SHA1},
		{"sha256", OTP_SHA256}, {"HMACSHA256", OTP_SHA256}, {"sha-512", OTP_SHA512},
	};
	static const char *const others[] = {"", "MD5", "SHA", "SHA2", "SHA224", "SHA3-256", "SHA1 ", NULL};
	enum otp_hash hash = OTP_SHA1;

	for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
		assert_int_equal(otp_hash_parse(names[i].name, &hash), OK);
		assert_int_equal(hash, names[i].hash);
	}
	for (size_t i = 0; i < ARRAY_COUNT(others); i++)
		assert_int_equal(otp_hash_parse(others[i], &hash), E_INVALID);
	assert_string_equal(otp_hash_name(OTP_SHA512), "SHA512");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes_agree_with_rfc_4226),
		cmocka_unit_test(codes_agree_with_rfc_6238),
		cmocka_unit_test(parameters_out_of_range_are_refused),
		cmocka_unit_test(window_is_exact),
		cmocka_unit_test(used_step_is_a_conflict),
		cmocka_unit_test(code_of_two_steps_counts_as_the_later),
		cmocka_unit_test(texts_that_are_no_code_are_wrong),
		cmocka_unit_test(names_of_hashes_are_understood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
