#ifndef CRYPTO_HASH_H
#define CRYPTO_HASH_H

#include <stddef.h>
#include <stdint.h>

/* SHA-256, HMAC (RFC 2104) and HKDF (RFC 5869). They abort if OpenSSL cannot: there is no safe way on. */
void sha256(const void *data, size_t size, uint8_t out[32]);
/* In pieces. sha256_end frees it. */
struct sha256;
struct sha256 *sha256_begin(void);
void sha256_add(struct sha256 *hash, const void *data, size_t size);
void sha256_end(struct sha256 **hash, uint8_t out[32]);
void hmac_sha256(const void *key, size_t key_size, const void *data, size_t size, uint8_t out[32]);
/* At most 8160 bytes of output. `info` is text without its NUL. */
void hkdf_sha256(const void *key, size_t key_size, const void *salt, size_t salt_size, const char *info, uint8_t *out,
		 size_t out_size);

/*
 * Fetches and uses every algorithm of this folder once, and JSON. A process that will give up the right to open files
 * calls it before: afterwards nothing here needs more than memory, the clock and randomness.
 */
void crypto_warm(void);

#endif
