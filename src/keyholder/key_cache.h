#ifndef KEYHOLDER_KEY_CACHE_H
#define KEYHOLDER_KEY_CACHE_H

#include <pthread.h>
#include <stdint.h>

#include "crypto/jose.h"
#include "keyholder/keyholder.h"

/*
 * Keys that have been unsealed, found by kid and SHA-256 of the sealed blob, so that another blob under a known kid is
 * not taken for it. At most KEY_CACHE_SIZE; the one not used for longest makes room.
 */
enum { KEY_CACHE_SIZE = 64, KEY_ID_MAX = 64, SYMMETRIC_SIZE = 32 };

struct cached_key {
	uint8_t digest[32];    /* of kid, alg and blob */
	struct jose_key *jose; /* NULL: symmetric */
	uint8_t symmetric[SYMMETRIC_SIZE];
	unsigned users; /* calls that hold it now: it stays */
	uint64_t used;  /* a count of takes; 0: the place is free */
};

struct key_cache {
	pthread_mutex_t lock;
	uint64_t takes;
	struct cached_key keys[KEY_CACHE_SIZE];
};

enum status must_check key_cache_init(struct key_cache *cache);
void key_cache_done(struct key_cache *cache); /* zeroes all keys */

/*
 * The key, unsealed now or before; give it back.
 *
 * E_INVALID  not a kid and an alg that we make, or no key inside
 * E_REFUSED  the blob is not this key's, or damaged
 * E_BUSY     every place is held by a call
 */
enum status must_check key_cache_take(struct key_cache *cache, const uint8_t key_key[32],
				      const struct sealed_key *sealed, struct cached_key **ret_key);
void key_cache_give(struct key_cache *cache, struct cached_key *key);

/* What a signing key's alg is to JOSE; E_INVALID for what we do not make, and for "HS256". */
enum status must_check key_alg_parse(const char *alg, enum jose_alg *ret_alg);

/* "key:<alg>:<kid>": what a key's blob is sealed for. */
enum { KEY_IDENTITY_SIZE = KEY_ID_MAX + 16 };
enum status must_check key_identity_format(const char *kid, const char *alg, char out[KEY_IDENTITY_SIZE]);

#endif
