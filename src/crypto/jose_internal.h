#ifndef CRYPTO_JOSE_INTERNAL_H
#define CRYPTO_JOSE_INTERNAL_H

#include <stdbool.h>

#include "crypto/jose.h"
#include "crypto/openssl.h"

/* Inside src/crypto only. */

enum { ES256_SIZE = 64, ES256_HALF = 32, RSA_SIZE_MAX = 512 };

/*
 * The contexts are templates, ready to sign or verify a SHA-256 digest. An operation dups one, which only reads it, so
 * threads share the key without a lock; preparing a context each time costs a tenth of an ES256 signature.
 */
struct jose_key {
	enum jose_alg alg;
	EVP_PKEY *pkey;
	EVP_PKEY_CTX *signer; /* NULL: a public key */
	EVP_PKEY_CTX *verifier;
};

/* Makes the templates; takes pkey over, also on failure. */
enum status must_check jose_key_wrap(enum jose_alg alg, EVP_PKEY *pkey, bool is_private, struct jose_key **ret_key);

/* One signature of a digest, in the form of RFC 7518. `out` has RSA_SIZE_MAX bytes. */
enum status must_check jose_digest_sign(const struct jose_key *key, const uint8_t digest[32], uint8_t *out,
					size_t *ret_size);
/* E_REFUSED unless it holds. */
enum status must_check jose_digest_verify(const struct jose_key *key, const uint8_t digest[32],
					  const uint8_t *signature, size_t size);

#endif
