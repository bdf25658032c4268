#include "base/random.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/encode.h"
#include "base/secret.h"

static void system_fill(void *state, void *out, size_t size)
{
	uint8_t *next = out;

	(void)state;
	while (size > 0) {
		ssize_t got = getrandom(next, size, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			abort();
		next += got;
		size -= (size_t)got;
	}
}

const struct random random_system = {.fill = system_fill};

void random_fill(const struct random *random, void *out, size_t size)
{
	random->fill(random->state, out, size);
}

uint32_t random_below(const struct random *random, uint32_t bound)
{
	uint32_t draw, reject;

	assert(bound > 0);
	reject = (uint32_t)(-bound) % bound; /* 2^32 mod bound: as many draws would favour the low results */
	do
		random_fill(random, &draw, sizeof(draw));
	while (draw < reject);
	return draw % bound;
}

void random_digits(const struct random *random, unsigned digits, char *out)
{
	uint32_t bound = 1, value;

	assert(digits >= 1 && digits <= 9);
	for (unsigned i = 0; i < digits; i++)
		bound *= 10;
	value = random_below(random, bound);
	out[digits] = '\0';
	while (digits > 0) {
		out[--digits] = (char)('0' + value % 10);
		value /= 10;
	}
}

void random_token(const struct random *random, size_t bytes, char *out)
{
	uint8_t chunk[48]; /* a multiple of three, so the pieces join without padding */

	out[0] = '\0';
	while (bytes > 0) {
		size_t size = bytes < sizeof(chunk) ? bytes : sizeof(chunk);

		random_fill(random, chunk, size);
		base64url_format(chunk, size, out);
		out += BASE64URL_SIZE(size);
		bytes -= size;
	}
	secret_zero(chunk, sizeof(chunk));
}

static uint64_t rotate_left(uint64_t value, int count)
{
	return value << count | value >> (64 - count);
}

/* xoshiro256** by Blackman and Vigna */
static uint64_t seeded_next(struct random_seeded *state)
{
	uint64_t *s = state->s;
	uint64_t result = rotate_left(s[1] * 5, 7) * 9;
	uint64_t shifted = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= shifted;
	s[3] = rotate_left(s[3], 45);
	return result;
}

static void seeded_fill(void *state, void *out, size_t size)
{
	uint8_t *next = out;

	while (size > 0) {
		uint64_t value = seeded_next(state);
		size_t part = size < sizeof(value) ? size : sizeof(value);

		memcpy(next, &value, part);
		next += part;
		size -= part;
	}
}

/* splitmix64 spreads the seed, so near seeds give unlike streams and the state is never all zero. */
struct random random_seed(struct random_seeded *state, uint64_t seed)
{
	for (size_t i = 0; i < 4; i++) {
		uint64_t mixed;

		seed += 0x9e3779b97f4a7c15;
		mixed = (seed ^ seed >> 30) * 0xbf58476d1ce4e5b9;
		mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
		state->s[i] = mixed ^ mixed >> 31;
	}
	return (struct random){.fill = seeded_fill, .state = state};
}
