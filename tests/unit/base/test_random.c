#include "cmocka_all.h"

#include <math.h>
#include <string.h>

#include "base/encode.h"
#include "base/random.h"
#include "base/status.h"
#include "base/text.h"

/*
 * Chi-squared with `cells` cells, as a normal deviate (Wilson and Hilferty). The sources are seeded, so nothing here
 * fails by chance; 5 is what a fresh source would pass but once in three million.
 */
static double chi_deviate(const uint32_t *counts, size_t cells, double total)
{
	double expected = total / (double)cells, sum = 0, freedom = (double)cells - 1, spread = 2 / (9 * freedom);

	for (size_t i = 0; i < cells; i++)
		sum += ((double)counts[i] - expected) * ((double)counts[i] - expected) / expected;
	return (cbrt(sum / freedom) - (1 - spread)) / sqrt(spread);
}

static void small_bounds_are_uniform(void **state)
{
	static const uint32_t bounds[] = {2, 3, 7, 10, 31, 90, 100, 255};
	struct random_seeded seeded;
	struct random random = random_seed(&seeded, 20);

	for (size_t i = 0; i < ARRAY_COUNT(bounds); i++) {
		uint32_t counts[256] = {0};

		for (size_t draw = 0; draw < 200000; draw++) {
			uint32_t value = random_below(&random, bounds[i]);

			assert_true(value < bounds[i]);
			counts[value]++;
		}
		assert_true(fabs(chi_deviate(counts, bounds[i], 200000)) < 5);
	}
}

/*
 * A bound of three quarters of 2^32: taking the remainder without rejection gives the lowest third twice its share.
 * Red with `reject = 0` in random_below.
 */
static void large_bound_is_not_biased_towards_low_results(void **state)
{
	const uint32_t bound = 3U << 30;
	struct random_seeded seeded;
	struct random random = random_seed(&seeded, 21);
	uint32_t counts[3] = {0};

	for (size_t draw = 0; draw < 100000; draw++)
		counts[random_below(&random, bound) / (1U << 30)]++;
	assert_true(fabs(chi_deviate(counts, 3, 100000)) < 5);
}

static void fill_script(void *state, void *out, size_t size)
{
	const uint32_t **next = state;

	assert_int_equal(size, sizeof(uint32_t));
	memcpy(out, (*next)++, size);
}

static void draws_that_would_bias_are_thrown_away(void **state)
{
	static const uint32_t script[] = {0, 3, 5, 4}; /* 2^32 mod 10 is 6: below that is rejected */
	static const uint32_t more[] = {0, 5, 6, 0xFFFFFFFF};
	const uint32_t *next = script;
	struct random random = {fill_script, &next};

	assert_int_equal(random_below(&random, 2), 0);
	next = more;
	assert_int_equal(random_below(&random, 10), 6);
	assert_ptr_equal(next, more + 3);
	assert_int_equal(random_below(&random, 10), 5);
	next = script + 1;
	assert_int_equal(random_below(&random, 1), 0);
}

/* Red when the digits come from a bound of 10^digits - 1, or without the leading zeros. */
static void digits_are_uniform_in_every_place(void **state)
{
	struct random_seeded seeded;
	struct random random = random_seed(&seeded, 22);

	for (unsigned digits = 1; digits <= 9; digits++) {
		uint32_t counts[9][10] = {{0}};

		for (size_t draw = 0; draw < 20000; draw++) {
			char out[11];

			memset(out, 'x', sizeof(out));
			random_digits(&random, digits, out);
			assert_int_equal(strlen(out), digits);
			assert_int_equal(out[digits + 1], 'x');
			for (unsigned place = 0; place < digits; place++) {
				assert_true(out[place] >= '0' && out[place] <= '9');
				counts[place][out[place] - '0']++;
			}
		}
		for (unsigned place = 0; place < digits; place++)
			assert_true(fabs(chi_deviate(counts[place], 10, 20000)) < 5);
	}
}

static void two_digits_take_all_hundred_values(void **state)
{
	struct random_seeded seeded;
	struct random random = random_seed(&seeded, 23);
	uint32_t counts[100] = {0};

	for (size_t draw = 0; draw < 100000; draw++) {
		char out[3];
		int64_t value = 0;

		random_digits(&random, 2, out);
		assert_int_equal(text_parse_int(out, 0, 99, &value), OK);
		counts[value]++;
	}
	assert_true(fabs(chi_deviate(counts, 100, 100000)) < 5);
}

static void tokens_decode_to_their_bytes_and_differ(void **state)
{
	for (size_t bytes = 0; bytes <= 200; bytes++) {
		char token[BASE64URL_SIZE(200) + 1], other[BASE64URL_SIZE(200) + 1];
		uint8_t decoded[200];
		size_t size = 0;

		random_token(&random_system, bytes, token);
		random_token(&random_system, bytes, other);
		assert_int_equal(strlen(token), BASE64URL_SIZE(bytes));
		assert_int_equal(base64url_parse(token, strlen(token), decoded, sizeof(decoded), &size), OK);
		assert_int_equal(size, bytes);
		if (bytes >= 16)
			assert_string_not_equal(token, other);
	}
}

static void system_source_fills_every_byte(void **state)
{
	uint8_t seen[1000] = {0};

	/* a byte stays zero through 8 fills with a chance of 2^-64 */
	for (size_t round = 0; round < 8; round++) {
		uint8_t bytes[1000];

		random_fill(&random_system, bytes, sizeof(bytes));
		for (size_t i = 0; i < sizeof(bytes); i++)
			seen[i] = (uint8_t)(seen[i] | bytes[i]);
	}
	for (size_t i = 0; i < sizeof(seen); i++)
		assert_int_not_equal(seen[i], 0);
}

static void same_seed_gives_the_same_stream(void **state)
{
	struct random_seeded one, same, other;
	struct random a = random_seed(&one, 5), b = random_seed(&same, 5), c = random_seed(&other, 6);
	uint8_t from_a[100], from_b[100], from_c[100];

	random_fill(&a, from_a, sizeof(from_a));
	random_fill(&b, from_b, sizeof(from_b));
	random_fill(&c, from_c, sizeof(from_c));
	assert_memory_equal(from_a, from_b, sizeof(from_a));
	assert_memory_not_equal(from_a, from_c, sizeof(from_a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_bounds_are_uniform),
		cmocka_unit_test(large_bound_is_not_biased_towards_low_results),
		cmocka_unit_test(draws_that_would_bias_are_thrown_away),
		cmocka_unit_test(digits_are_uniform_in_every_place),
		cmocka_unit_test(two_digits_take_all_hundred_values),
		cmocka_unit_test(tokens_decode_to_their_bytes_and_differ),
		cmocka_unit_test(system_source_fills_every_byte),
		cmocka_unit_test(same_seed_gives_the_same_stream),
	};

	return cmocka_run_group_tests_name("base/random", tests, NULL, NULL);
}
