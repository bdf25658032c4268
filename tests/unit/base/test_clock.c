#include "cmocka_all.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/status.h"

static const struct {
	int64_t unix_s;
	const char *text;
} cases[] = {
	{0, "1970-01-01T00:00:00Z"},          {86399, "1970-01-01T23:59:59Z"},
	{951782400, "2000-02-29T00:00:00Z"},  {951868800, "2000-03-01T00:00:00Z"},
	{1709164800, "2024-02-29T00:00:00Z"}, {1735689599, "2024-12-31T23:59:59Z"},
	{4107542400, "2100-03-01T00:00:00Z"}, /* 2100 has no leap day */
	{CLOCK_MAX, "9999-12-31T23:59:59Z"},  {CLOCK_MAX + 1, "9999-12-31T23:59:59Z"},
	{INT64_MAX, "9999-12-31T23:59:59Z"},  {-1, "1970-01-01T00:00:00Z"},
	{INT64_MIN, "1970-01-01T00:00:00Z"},
};

static void known_times_are_shown(void **state)
{
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		char text[CLOCK_TEXT_SIZE];

		clock_format(cases[i].unix_s, text);
		assert_string_equal(text, cases[i].text);
	}
}

/* Each day from 1970 to 2500, against the C library. */
static void every_day_agrees_with_the_c_library(void **state)
{
	for (int64_t unix_s = 43210; unix_s < 16725225600; unix_s += 86400) {
		char text[CLOCK_TEXT_SIZE], wanted[CLOCK_TEXT_SIZE];
		time_t library = (time_t)unix_s;
		struct tm parts;

		clock_format(unix_s, text);
		gmtime_r(&library, &parts);
		strftime(wanted, sizeof(wanted), "%Y-%m-%dT%H:%M:%SZ", &parts);
		assert_string_equal(text, wanted);
	}
}

static void monotonic_clock_never_steps_back(void **state)
{
	int64_t before = clock_mono_us();

	for (int i = 0; i < 10000; i++) {
		int64_t now = clock_mono_us();

		assert_true(now >= before);
		before = now;
	}
	assert_true(clock_mono_ms() >= before / 1000);
	assert_true(clock_mono_ms() <= clock_mono_us() / 1000);
}

static void clock_shows_the_time_of_day(void **state)
{
	int64_t before = time(NULL), now = clock_now();

	/* time() may be read from a coarser clock */
	assert_true(now >= before && now <= time(NULL) + 1);
#ifdef SYMBOLON_TESTING
	clock_shift(1000);
	assert_true(clock_now() >= before + 1000);
	clock_shift(0);
	assert_true(clock_now() <= time(NULL) + 1);
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_times_are_shown),
		cmocka_unit_test(every_day_agrees_with_the_c_library),
		cmocka_unit_test(monotonic_clock_never_steps_back),
		cmocka_unit_test(clock_shows_the_time_of_day),
	};

	return cmocka_run_group_tests_name("base/clock", tests, NULL, NULL);
}
