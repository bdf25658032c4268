#include "base/clock.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#ifdef SYMBOLON_TESTING
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static _Atomic int64_t clock_shift_s;
static const _Atomic int64_t clock_unshifted;
static const _Atomic int64_t *clock_file = &clock_unshifted;

void clock_shift(int64_t seconds)
{
	clock_shift_s = seconds;
}

/* A page of the file is mapped before main, so that a confined process needs no system call to see it change. */
__attribute__((constructor)) static void clock_file_map(void)
{
	const char *path = getenv("SYMBOLON_TEST_CLOCK");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	struct stat found;
	void *page = MAP_FAILED;

	if (!path)
		return;
	if (fd >= 0 && fstat(fd, &found) == 0 && found.st_size == sizeof(int64_t))
		page = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, fd, 0);
	if (fd >= 0)
		close(fd);
	if (page == MAP_FAILED) {
		fprintf(stderr, "SYMBOLON_TEST_CLOCK: %s is not a file of 8 bytes: the shift in seconds\n", path);
		_exit(3);
	}
	clock_file = page;
}
#endif

int64_t clock_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
#ifdef SYMBOLON_TESTING
	return (int64_t)now.tv_sec + clock_shift_s + *clock_file;
#else
	return (int64_t)now.tv_sec;
#endif
}

int64_t clock_mono_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_mono_ms(void)
{
	return clock_mono_us() / 1000;
}

/*
 * Not gmtime_r: glibc's reads /etc/localtime on its first call, which a sandboxed process may not.
 * Years are counted from March, so the leap day is the last of its year.
 */
void clock_format(int64_t unix_s, char out[CLOCK_TEXT_SIZE])
{
	char text[80];

	if (unix_s < 0)
		unix_s = 0;
	if (unix_s > CLOCK_MAX)
		unix_s = CLOCK_MAX;

	unsigned day = (unsigned)(unix_s / 86400) + 719468; /* days since 0000-03-01 */
	unsigned second = (unsigned)(unix_s % 86400);
	unsigned era = day / 146097;
	unsigned day_of_era = day % 146097;
	unsigned year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	unsigned month_from_march = (5 * day_of_year + 2) / 153;
	unsigned month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
	unsigned year = era * 400 + year_of_era + (month <= 2);

	/* the compiler cannot know how small the parts are, so they get room for any unsigned */
	snprintf(text, sizeof(text), "%04u-%02u-%02uT%02u:%02u:%02uZ", year, month,
		 day_of_year - (153 * month_from_march + 2) / 5 + 1, second / 3600, second / 60 % 60, second % 60);
	memcpy(out, text, CLOCK_TEXT_SIZE);
}
