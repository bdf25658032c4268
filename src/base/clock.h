#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* Unix time in seconds. Core never calls it: time comes in as `now`. */
int64_t clock_now(void);
/* Milliseconds and microseconds of a clock that never steps back; for time-outs and time grids within this process. */
int64_t clock_mono_ms(void);
int64_t clock_mono_us(void);

/* RFC 3339 in UTC, "2026-11-24T06:00:00Z". Times before 1970 or after 9999 are shown as the nearest end. */
#define CLOCK_TEXT_SIZE 21
#define CLOCK_MAX       253402300799 /* 9999-12-31T23:59:59Z */
void clock_format(int64_t unix_s, char out[CLOCK_TEXT_SIZE]);

/*
 * Test builds only (-Dtesting=true): every clock_now() is shifted by this many seconds. A whole daemon is shifted by
 * the file that the environment variable SYMBOLON_TEST_CLOCK names: 8 bytes, the seconds as an integer of this machine,
 * which a test may overwrite at any moment.
 */
#ifdef SYMBOLON_TESTING
void clock_shift(int64_t seconds);
#endif

#endif
