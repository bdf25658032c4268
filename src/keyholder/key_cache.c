#include "keyholder/key_cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "crypto/hash.h"
#include "crypto/seal.h"

enum { KEY_PLAIN_MAX = 8 * 1024 }; /* a private RSA JWK of 4096 bits has 3.2 kB */

enum status key_cache_init(struct key_cache *cache)
{
	memset(cache, 0, sizeof(*cache));
	return pthread_mutex_init(&cache->lock, NULL) == 0 ? OK : E_NOMEM;
}

static void key_forget(struct cached_key *key)
{
	jose_key_free(&key->jose);
	secret_zero(key, sizeof(*key));
}

void key_cache_done(struct key_cache *cache)
{
	for (size_t i = 0; i < KEY_CACHE_SIZE; i++)
		key_forget(&cache->keys[i]);
	pthread_mutex_destroy(&cache->lock);
}

enum status key_alg_parse(const char *alg, enum jose_alg *ret_alg)
{
	if (strcmp(alg, KEYHOLDER_VAPID) != 0)
		return jose_alg_parse(alg, ret_alg);
	*ret_alg = JOSE_ES256;
	return OK;
}

enum status key_identity_format(const char *kid, const char *alg, char out[KEY_IDENTITY_SIZE])
{
	enum jose_alg known;

	if (strcmp(alg, "HS256") != 0 && key_alg_parse(alg, &known) != OK)
		return E_INVALID;
	if (!*kid || strlen(kid) > KEY_ID_MAX)
		return E_INVALID;
	snprintf(out, KEY_IDENTITY_SIZE, "key:%s:%s", alg, kid);
	return OK;
}

static void digest_make(const char *identity, const struct sealed_key *sealed, uint8_t out[32])
{
	uint8_t both[64];

	sha256(identity, strlen(identity), both);
	sha256(sealed->sealed, sealed->size, both + 32);
	sha256(both, sizeof(both), out);
}

static struct cached_key *key_find(struct key_cache *cache, const uint8_t digest[32])
{
	for (size_t i = 0; i < KEY_CACHE_SIZE; i++) {
		struct cached_key *key = &cache->keys[i];
		if (key->used && memcmp(key->digest, digest, 32) == 0)
			return key;
	}
	return NULL;
}

/* A free place, or that of the key not used for longest; NULL when calls hold all. */
static struct cached_key *place_find(struct key_cache *cache)
{
	struct cached_key *oldest = NULL;

	for (size_t i = 0; i < KEY_CACHE_SIZE; i++) {
		struct cached_key *key = &cache->keys[i];
		if (key->users == 0 && (!oldest || key->used < oldest->used))
			oldest = key;
	}
	return oldest;
}

/* Plain bytes to a key of exactly the algorithm the row names. */
static enum status key_from_plain(const char *alg, const uint8_t *plain, size_t size, struct cached_key *key)
{
	scoped_jose_key *jose = NULL;
	enum jose_alg wanted;

	if (strcmp(alg, "HS256") == 0) {
		if (size != SYMMETRIC_SIZE)
			return E_INVALID;
		memcpy(key->symmetric, plain, SYMMETRIC_SIZE);
		return OK;
	}
	TRY(key_alg_parse(alg, &wanted));
	TRY(jose_key_parse((const char *)plain, size, &jose));
	if (jose_key_alg(jose) != wanted)
		return E_INVALID;
	key->jose = jose;
	jose = NULL;
	return OK;
}

static enum status key_unseal(const uint8_t key_key[32], const struct sealed_key *sealed, const char *identity,
			      struct cached_key *key)
{
	uint8_t plain[KEY_PLAIN_MAX];
	size_t size = sealed->size - SEAL_OVERHEAD;

	if (sealed->size < SEAL_OVERHEAD || size > sizeof(plain))
		return E_REFUSED;
	enum status status = unseal(key_key, identity, sealed->sealed, sealed->size, plain);
	if (status == OK)
		status = key_from_plain(sealed->alg, plain, size, key);
	secret_zero(plain, size);
	return status;
}

/* Into a place of the cache, unless it is there; under the lock. */
static enum status key_load(struct key_cache *cache, const uint8_t key_key[32], const struct sealed_key *sealed,
			    const char *identity, struct cached_key **ret_key)
{
	struct cached_key fresh = {0};

	digest_make(identity, sealed, fresh.digest);
	struct cached_key *key = key_find(cache, fresh.digest);
	if (!key) {
		key = place_find(cache);
		if (!key)
			return E_BUSY;
		TRY(key_unseal(key_key, sealed, identity, &fresh));
		key_forget(key);
		*key = fresh;
		secret_zero(&fresh, sizeof(fresh));
	}
	key->users++;
	key->used = ++cache->takes;
	*ret_key = key;
	return OK;
}

enum status key_cache_take(struct key_cache *cache, const uint8_t key_key[32], const struct sealed_key *sealed,
			   struct cached_key **ret_key)
{
	char identity[KEY_IDENTITY_SIZE];

	TRY(key_identity_format(sealed->kid, sealed->alg, identity));
	pthread_mutex_lock(&cache->lock);
	enum status status = key_load(cache, key_key, sealed, identity, ret_key);
	pthread_mutex_unlock(&cache->lock);
	return status;
}

void key_cache_give(struct key_cache *cache, struct cached_key *key)
{
	pthread_mutex_lock(&cache->lock);
	key->users--;
	pthread_mutex_unlock(&cache->lock);
}
