#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/*
 * Chance, handed to core as an argument so that tests can seed it. The system source is getrandom(2)
 * and aborts if the kernel cannot give randomness: there is no safe way on.
 */
struct random {
	void (*fill)(void *state, void *out, size_t size);
	void *state;
};

extern const struct random random_system;

void random_fill(const struct random *random, void *out, size_t size);
/* Uniform in [0, bound), by rejection; bound > 0. */
uint32_t random_below(const struct random *random, uint32_t bound);
/* `digits` (1..9) uniform decimal digits, leading zeros kept; `out` has digits + 1 bytes. */
void random_digits(const struct random *random, unsigned digits, char *out);
/* base64url of `bytes` random bytes; `out` has BASE64URL_SIZE(bytes) + 1 bytes. */
void random_token(const struct random *random, size_t bytes, char *out);

/* A repeatable source for tests (xoshiro); never for anything else. */
struct random_seeded {
	uint64_t s[4];
};
struct random random_seed(struct random_seeded *state, uint64_t seed);

#endif
