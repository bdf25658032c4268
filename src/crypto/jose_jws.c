#include "crypto/jose.h"

#include <string.h>

#include <openssl/ecdsa.h>
#include <openssl/err.h>

#include "base/arena.h"
#include "base/encode.h"
#include "crypto/hash.h"
#include "crypto/jose_internal.h"

enum { HEADER_DEPTH_MAX = 8, PAYLOAD_DEPTH_MAX = 32, DER_SIZE_MAX = 80 };

/* Members that change what a signature covers or where keys come from. We do none of it, so their JWS is not for us. */
static const char *const refused_headers[] = {"crit", "b64", "zip", "jku", "x5u", "x5c"};

/* RFC 7518 3.4: R and S as two 32-byte numbers, where OpenSSL has DER. */
static bool es256_from_der(const uint8_t *der, size_t size, uint8_t out[ES256_SIZE])
{
	ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)size);
	bool good = pair && BN_bn2binpad(ECDSA_SIG_get0_r(pair), out, ES256_HALF) == ES256_HALF &&
		    BN_bn2binpad(ECDSA_SIG_get0_s(pair), out + ES256_HALF, ES256_HALF) == ES256_HALF;

	ECDSA_SIG_free(pair);
	return good;
}

/* The size of the DER form, 0 when out of memory. */
static size_t es256_to_der(const uint8_t signature[ES256_SIZE], uint8_t der[DER_SIZE_MAX])
{
	ECDSA_SIG *pair = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(signature, ES256_HALF, NULL), *s = BN_bin2bn(signature + ES256_HALF, ES256_HALF, NULL);
	int size = 0;

	if (pair && r && s && ECDSA_SIG_set0(pair, r, s) == 1) {
		r = s = NULL;
		size = i2d_ECDSA_SIG(pair, &der);
	}
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(pair);
	return size > 0 ? (size_t)size : 0;
}

enum status jose_digest_sign(const struct jose_key *key, const uint8_t digest[32], uint8_t *out, size_t *ret_size)
{
	uint8_t der[DER_SIZE_MAX];
	bool is_ec = key->alg == JOSE_ES256;
	size_t size = is_ec ? sizeof(der) : RSA_SIZE_MAX;

	if (!key->signer)
		return E_REFUSED;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_dup(key->signer);
	bool good = ctx && EVP_PKEY_sign(ctx, is_ec ? der : out, &size, digest, 32) == 1 &&
		    (!is_ec || es256_from_der(der, size, out));
	EVP_PKEY_CTX_free(ctx);
	if (!good) {
		ERR_clear_error();
		return E_NOMEM;
	}
	*ret_size = is_ec ? ES256_SIZE : size;
	return OK;
}

/*= RFC7518#3.4
 * The JWS Signature value MUST be a 64-octet sequence. If it is not a 64-octet sequence, the validation has failed.
 */
enum status jose_digest_verify(const struct jose_key *key, const uint8_t digest[32], const uint8_t *signature,
			       size_t size)
{
	uint8_t der[DER_SIZE_MAX];

	if (key->alg == JOSE_ES256) {
		if (size != ES256_SIZE)
			return E_REFUSED;
		size = es256_to_der(signature, der);
		signature = der;
	}
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_dup(key->verifier);
	bool holds = ctx && size > 0 && EVP_PKEY_verify(ctx, signature, size, digest, 32) == 1;
	EVP_PKEY_CTX_free(ctx);
	if (holds)
		return OK;
	/* Left in this thread's queue, the error would be taken for one of the next TLS call. */
	ERR_clear_error();
	return E_REFUSED;
}

/* {"alg":…, the caller's members…} */
static enum status header_format(struct arena *arena, const struct jose_key *key, const json_t *header, char **ret_text)
{
	scoped_json *whole = json_object();

	if (!json_is_object(header) || json_object_get(header, "alg"))
		return E_INVALID;
	if (!whole || json_object_set_new(whole, "alg", json_string(jose_alg_name(key->alg))) != 0 ||
	    json_object_update(whole, (json_t *)(uintptr_t)header) != 0)
		return E_NOMEM;
	char *text = json_format(arena, whole);
	if (!text)
		return E_NOMEM;
	*ret_text = text;
	return OK;
}

enum status jose_sign(struct arena *arena, const struct jose_key *key, const json_t *header, const char *payload,
		      size_t payload_size, char **ret_jws)
{
	uint8_t digest[32], signature[RSA_SIZE_MAX];
	size_t signature_size = 0;
	char *header_text = NULL;

	TRY(header_format(arena, key, header, &header_text));
	size_t header_end = BASE64URL_SIZE(strlen(header_text));
	size_t payload_end = header_end + 1 + BASE64URL_SIZE(payload_size);
	char *jws = arena_alloc(arena, payload_end + 1 + BASE64URL_SIZE(RSA_SIZE_MAX) + 1);
	if (!jws)
		return E_NOMEM;

	base64url_format(header_text, strlen(header_text), jws);
	jws[header_end] = '.';
	base64url_format(payload, payload_size, jws + header_end + 1);
	sha256(jws, payload_end, digest);
	TRY(jose_digest_sign(key, digest, signature, &signature_size));
	jws[payload_end] = '.';
	base64url_format(signature, signature_size, jws + payload_end + 1);
	*ret_jws = jws;
	return OK;
}

static void json_hook(void *json)
{
	json_decref(json);
}

/* One base64url segment of JSON into an object that goes with the arena. */
static enum status segment_parse(struct arena *arena, const char *segment, size_t size, size_t max_depth,
				 json_t **ret_object)
{
	json_t *object = NULL;
	size_t bytes_size = 0;
	uint8_t *bytes = arena_alloc(arena, size + 1);

	if (!bytes)
		return E_NOMEM;
	TRY(base64url_parse(segment, size, bytes, size, &bytes_size));
	TRY(json_parse_limited((const char *)bytes, bytes_size, max_depth, &object));
	if (arena_defer(arena, json_hook, object) != 0)
		return E_NOMEM;
	if (!json_is_object(object))
		return E_INVALID;
	*ret_object = object;
	return OK;
}

/* A member that must be text when it is there. */
static enum status header_text(const json_t *header, const char *member, const char *otherwise, const char **ret_text)
{
	const json_t *value = json_object_get(header, member);

	if (value && !json_is_string(value))
		return E_INVALID;
	*ret_text = value ? json_string_value(value) : otherwise;
	return OK;
}

static enum status header_read(struct jose_parts *parts)
{
	const json_t *header = parts->header;

	for (size_t i = 0; i < ARRAY_COUNT(refused_headers); i++) {
		if (json_object_get(header, refused_headers[i]))
			return E_INVALID;
	}
	TRY(header_text(header, "alg", NULL, &parts->alg));
	TRY(header_text(header, "typ", "", &parts->typ));
	TRY(header_text(header, "kid", NULL, &parts->kid));
	parts->jwk = json_object_get(header, "jwk");
	if (!parts->alg || (parts->jwk && !json_is_object(parts->jwk)))
		return E_INVALID;
	return OK;
}

/* Where the two dots are; E_INVALID unless there are exactly two. */
static enum status dots_find(const char *jws, size_t size, size_t ret_dots[2])
{
	size_t count = 0;

	for (size_t i = 0; i < size; i++) {
		if (jws[i] != '.')
			continue;
		if (count == 2)
			return E_INVALID;
		ret_dots[count++] = i;
	}
	return count == 2 ? OK : E_INVALID;
}

enum status jose_parse(struct arena *arena, const char *jws, size_t size, size_t max_size, struct jose_parts *ret_parts)
{
	struct jose_parts parts = {0};
	size_t dots[2] = {0, 0};

	if (size > max_size)
		return E_INVALID;
	TRY(dots_find(jws, size, dots));
	TRY(base64url_parse(jws + dots[1] + 1, size - dots[1] - 1, parts.signature, sizeof(parts.signature),
			    &parts.signature_size));
	TRY(segment_parse(arena, jws, dots[0], HEADER_DEPTH_MAX, &parts.header));
	TRY(header_read(&parts));
	TRY(segment_parse(arena, jws + dots[0] + 1, dots[1] - dots[0] - 1, PAYLOAD_DEPTH_MAX, &parts.payload));
	parts.signing_input_size = dots[1];
	parts.signing_input = arena_strndup(arena, jws, dots[1]);
	if (!parts.signing_input)
		return E_NOMEM;
	*ret_parts = parts;
	return OK;
}

enum status jose_verify(const struct jose_parts *parts, const struct jose_key *key, const char *typ)
{
	uint8_t digest[32];

	if (!typ || strcmp(parts->typ, typ) != 0 || strcmp(parts->alg, jose_alg_name(key->alg)) != 0)
		return E_REFUSED;
	sha256(parts->signing_input, parts->signing_input_size, digest);
	return jose_digest_verify(key, digest, parts->signature, parts->signature_size);
}
