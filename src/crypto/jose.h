#ifndef CRYPTO_JOSE_H
#define CRYPTO_JOSE_H

#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "base/status.h"

struct arena;

/* Compact JWS (RFC 7515) with ES256 and RS256, nothing else: no "none", no HMAC, no keys from headers unless asked for.
 */
enum jose_alg { JOSE_ES256, JOSE_RS256 };
const char *jose_alg_name(enum jose_alg alg);
/* E_INVALID for every other name, also "none" and other spellings. */
enum status must_check jose_alg_parse(const char *name, enum jose_alg *ret_alg);

/* One key, private or public. Immutable: any number of threads may use one at the same time. */
struct jose_key;

/* RS256 keys have 2048 bits. */
enum status must_check jose_key_generate(enum jose_alg alg, struct jose_key **ret_key);
/*
 * A JWK (RFC 7517): exactly an EC P-256 key or an RSA key of 2048 to 4096 bits with an odd public exponent of at least
 * 65537; the point is checked to be on the curve, and a private part to fit its public part. `alg` and `use`, when
 * there, must be the key's algorithm and "sig". E_INVALID otherwise.
 */
enum status must_check jose_key_parse(const char *jwk, size_t size, struct jose_key **ret_key);
/* A public key for verification only: E_INVALID when the JWK holds a private part. */
enum status must_check jose_public_parse(const char *jwk, size_t size, struct jose_key **ret_key);
void jose_key_free(struct jose_key **key);
enum jose_alg jose_key_alg(const struct jose_key *key);
/* JWK JSON; the private one is for sealing only, zero it. kid, use and alg are added when `kid` is not NULL. NULL: no
 * memory. */
char *jose_key_public(struct arena *arena, const struct jose_key *key, const char *kid);
/* NULL also when the key is a public one. */
char *jose_key_private(struct arena *arena, const struct jose_key *key);
/* RFC 7638 thumbprint, base64url, 43 characters. E_NOMEM. */
enum status must_check jose_key_thumbprint(const struct jose_key *key, char ret_thumbprint[44]);

static inline void jose_key_cleanup_(struct jose_key **key)
{
	jose_key_free(key);
}
#define scoped_jose_key __attribute__((cleanup(jose_key_cleanup_))) struct jose_key

/*
 * header: the protected header without alg, which is put first.
 *
 * E_INVALID  header is not an object or names an alg
 * E_REFUSED  the key has no private part
 */
enum status must_check jose_sign(struct arena *arena, const struct jose_key *key, const json_t *header,
				 const char *payload, size_t payload_size, char **ret_jws);

/* A JWS taken apart, not yet verified. Everything lives as long as the arena. */
struct jose_parts {
	json_t *header;
	json_t *payload;
	const char *alg;
	const char *typ;   /* "" when absent */
	const char *kid;   /* or NULL */
	const json_t *jwk; /* or NULL */
	const char *signing_input;
	size_t signing_input_size;
	uint8_t signature[512];
	size_t signature_size;
};
/*
 * At most `max_size` characters; strict base64url; header and payload are JSON objects without duplicate members, at
 * most 8 and 32 levels deep. E_INVALID also for crit, b64, zip, jku, x5u and x5c headers: what is not understood is not
 * passed over.
 */
enum status must_check jose_parse(struct arena *arena, const char *jws, size_t size, size_t max_size,
				  struct jose_parts *ret_parts);
/* E_REFUSED unless header alg is the key's, typ is exactly `typ`, and the signature holds. Nothing of `parts` counts
 * before. */
enum status must_check jose_verify(const struct jose_parts *parts, const struct jose_key *key, const char *typ);

#endif
