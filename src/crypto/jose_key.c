#include "crypto/jose.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "base/arena.h"
#include "base/encode.h"
#include "base/secret.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/jose_internal.h"

enum { JWK_SIZE_MAX = 16 * 1024, JWK_DEPTH_MAX = 4 };
enum { RSA_BITS = 2048, RSA_BITS_MIN = 2048 }; /* at most RSA_SIZE_MAX bytes: 4096 bits */
enum { NUMBERS_MAX = 8, EC_POINT_SIZE = 65 };

/* A number of a JWK: its member, OpenSSL's name for it, whether it must stay private. In the order we print them. */
struct number {
	const char *member;
	const char *param;
	bool is_private;
};

/* What differs between the two kinds of key. Required members are in the order of RFC 7638: the thumbprint's. */
struct kind {
	const char *kty;
	const char *type; /* OpenSSL's */
	size_t width;     /* of each number in bytes; 0: as short as possible */
	struct number numbers[NUMBERS_MAX];
	size_t count;
};

static const struct kind kinds[] = {
	[JOSE_ES256] = {"EC",
			"EC",
			ES256_HALF,
			{{"x", OSSL_PKEY_PARAM_EC_PUB_X, false},
			 {"y", OSSL_PKEY_PARAM_EC_PUB_Y, false},
			 {"d", OSSL_PKEY_PARAM_PRIV_KEY, true}},
			3},
	[JOSE_RS256] = {"RSA",
			"RSA",
			0,
			{{"e", OSSL_PKEY_PARAM_RSA_E, false},
			 {"n", OSSL_PKEY_PARAM_RSA_N, false},
			 {"d", OSSL_PKEY_PARAM_RSA_D, true},
			 {"p", OSSL_PKEY_PARAM_RSA_FACTOR1, true},
			 {"q", OSSL_PKEY_PARAM_RSA_FACTOR2, true},
			 {"dp", OSSL_PKEY_PARAM_RSA_EXPONENT1, true},
			 {"dq", OSSL_PKEY_PARAM_RSA_EXPONENT2, true},
			 {"qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1, true}},
			8},
};

/* Whatever could be the private part of a key of any kind (RFC 7518 section 6). */
static const char *const private_members[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};

static const char *const alg_names[] = {[JOSE_ES256] = "ES256", [JOSE_RS256] = "RS256"};

const char *jose_alg_name(enum jose_alg alg)
{
	return alg_names[alg];
}

enum status jose_alg_parse(const char *name, enum jose_alg *ret_alg)
{
	for (size_t i = 0; name && i < ARRAY_COUNT(alg_names); i++) {
		if (strcmp(name, alg_names[i]) == 0) {
			*ret_alg = (enum jose_alg)i;
			return OK;
		}
	}
	return E_INVALID;
}

void jose_key_free(struct jose_key **key)
{
	if (!*key)
		return;
	EVP_PKEY_CTX_free((*key)->signer);
	EVP_PKEY_CTX_free((*key)->verifier);
	EVP_PKEY_free((*key)->pkey);
	free(*key);
	*key = NULL;
}

enum jose_alg jose_key_alg(const struct jose_key *key)
{
	return key->alg;
}

static EVP_PKEY_CTX *template_new(enum jose_alg alg, EVP_PKEY *pkey, int (*init)(EVP_PKEY_CTX *))
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);

	if (ctx && init(ctx) == 1 && EVP_PKEY_CTX_set_signature_md(ctx, crypto_objects()->sha256) == 1 &&
	    (alg != JOSE_RS256 || EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1))
		return ctx;
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return NULL;
}

enum status jose_key_wrap(enum jose_alg alg, EVP_PKEY *pkey, bool is_private, struct jose_key **ret_key)
{
	struct jose_key *key = calloc(1, sizeof(*key));
	if (!key) {
		EVP_PKEY_free(pkey);
		return E_NOMEM;
	}

	key->alg = alg;
	key->pkey = pkey;
	key->verifier = template_new(alg, pkey, EVP_PKEY_verify_init);
	if (is_private)
		key->signer = template_new(alg, pkey, EVP_PKEY_sign_init);
	if (!key->verifier || (is_private && !key->signer)) {
		jose_key_free(&key);
		return E_NOMEM;
	}
	*ret_key = key;
	return OK;
}

enum status jose_key_generate(enum jose_alg alg, struct jose_key **ret_key)
{
	EVP_PKEY *pkey = alg == JOSE_ES256 ? EVP_EC_gen("P-256") : EVP_RSA_gen(RSA_BITS);

	if (!pkey) {
		ERR_clear_error();
		return E_NOMEM;
	}
	return jose_key_wrap(alg, pkey, true, ret_key);
}

/* The numbers of a JWK as OpenSSL takes them: in the machine's byte order. Zeroed after use. */
struct parsed_jwk {
	const struct kind *kind;
	bool is_private;
	uint8_t bytes[NUMBERS_MAX][RSA_SIZE_MAX]; /* big-endian, as in the JWK */
	size_t sizes[NUMBERS_MAX];
};

static void bytes_reverse(uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size / 2; i++) {
		uint8_t kept = bytes[i];
		bytes[i] = bytes[size - 1 - i];
		bytes[size - 1 - i] = kept;
	}
}

/* The byte order of OSSL_PARAM integers, from the JWK's. */
static OSSL_PARAM number_param(const char *name, uint8_t *bytes, size_t size)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	bytes_reverse(bytes, size);
#endif
	return OSSL_PARAM_construct_BN(name, bytes, size);
}

static bool has_private_part(const json_t *jwk)
{
	for (size_t i = 0; i < ARRAY_COUNT(private_members); i++) {
		if (json_object_get(jwk, private_members[i]))
			return true;
	}
	return false;
}

/* An absent member is fine; a present one must be exactly this text. */
static bool member_is(const json_t *jwk, const char *member, const char *expected)
{
	const json_t *value = json_object_get(jwk, member);
	const char *text = json_string_value(value);

	return !value || (text && strcmp(text, expected) == 0);
}

static enum status kind_find(const json_t *jwk, enum jose_alg *ret_alg)
{
	const char *kty = json_get_string(jwk, "kty"), *crv = json_get_string(jwk, "crv");

	for (size_t i = 0; kty && i < ARRAY_COUNT(kinds); i++) {
		if (strcmp(kty, kinds[i].kty) != 0)
			continue;
		if (i == JOSE_ES256 && (!crv || strcmp(crv, "P-256") != 0))
			return E_INVALID;
		if (!member_is(jwk, "alg", alg_names[i]) || !member_is(jwk, "use", "sig"))
			return E_INVALID;
		*ret_alg = (enum jose_alg)i;
		return OK;
	}
	return E_INVALID;
}

static enum status number_read(const json_t *jwk, const struct kind *kind, const char *member, uint8_t *out,
			       size_t *ret_size)
{
	const char *text = json_get_string(jwk, member);
	size_t size = 0;

	if (!text)
		return E_INVALID;
	TRY(base64url_parse(text, strlen(text), out, RSA_SIZE_MAX, &size));
	if (size == 0 || (kind->width && size != kind->width))
		return E_INVALID;
	*ret_size = size;
	return OK;
}

/* Every number of the kind, or every public one. */
static enum status numbers_read(const json_t *jwk, struct parsed_jwk *parsed)
{
	const struct kind *kind = parsed->kind;

	for (size_t i = 0; i < kind->count; i++) {
		if (kind->numbers[i].is_private && !parsed->is_private)
			continue;
		TRY(number_read(jwk, kind, kind->numbers[i].member, parsed->bytes[i], &parsed->sizes[i]));
	}
	return OK;
}

static EVP_PKEY *pkey_from_params(const struct kind *kind, OSSL_PARAM *params)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, kind->type, NULL);
	EVP_PKEY *pkey = NULL;

	if (!ctx || EVP_PKEY_fromdata_init(ctx) != 1 || EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params) != 1)
		ERR_clear_error();
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

static EVP_PKEY *pkey_from_point(const uint8_t point[EC_POINT_SIZE])
{
	EVP_PKEY *pkey = EVP_PKEY_new();

	if (pkey && EVP_PKEY_copy_parameters(pkey, crypto_objects()->p256) == 1 &&
	    EVP_PKEY_set1_encoded_public_key(pkey, point, EC_POINT_SIZE) == 1)
		return pkey;
	EVP_PKEY_free(pkey);
	ERR_clear_error();
	return NULL;
}

/* OpenSSL takes the public half of an EC key as one uncompressed point and refuses one that is not on the curve. */
static EVP_PKEY *pkey_from_ec(struct parsed_jwk *parsed)
{
	uint8_t point[EC_POINT_SIZE] = {POINT_CONVERSION_UNCOMPRESSED};

	memcpy(point + 1, parsed->bytes[0], ES256_HALF);
	memcpy(point + 1 + ES256_HALF, parsed->bytes[1], ES256_HALF);
	if (!parsed->is_private)
		return pkey_from_point(point);

	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char[]){"P-256"}, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)),
		number_param(OSSL_PKEY_PARAM_PRIV_KEY, parsed->bytes[2], parsed->sizes[2]),
		OSSL_PARAM_construct_end(),
	};
	return pkey_from_params(parsed->kind, params);
}

static bool rsa_public_is_sane(const EVP_PKEY *pkey)
{
	BIGNUM *e = NULL;
	bool sane = EVP_PKEY_get_bits(pkey) >= RSA_BITS_MIN &&
		    EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &e) == 1 && BN_is_odd(e) &&
		    BN_num_bits(e) >= 17 && BN_num_bits(e) <= 64;

	BN_free(e);
	return sane;
}

static EVP_PKEY *pkey_from_rsa(struct parsed_jwk *parsed)
{
	OSSL_PARAM params[NUMBERS_MAX + 1], *next = params;

	for (size_t i = 0; i < parsed->kind->count; i++) {
		if (parsed->sizes[i])
			*next++ = number_param(parsed->kind->numbers[i].param, parsed->bytes[i], parsed->sizes[i]);
	}
	*next = OSSL_PARAM_construct_end();

	EVP_PKEY *pkey = pkey_from_params(parsed->kind, params);
	if (pkey && rsa_public_is_sane(pkey))
		return pkey;
	EVP_PKEY_free(pkey);
	return NULL;
}

/* A private half that is another key's must not sign. */
static bool halves_fit(const struct jose_key *key)
{
	uint8_t digest[32] = {0x53, 0x79, 0x6d}, signature[RSA_SIZE_MAX];
	size_t size = 0;

	return !key->signer || (jose_digest_sign(key, digest, signature, &size) == OK &&
				jose_digest_verify(key, digest, signature, size) == OK);
}

static enum status key_make(struct parsed_jwk *parsed, enum jose_alg alg, struct jose_key **ret_key)
{
	scoped_jose_key *key = NULL;
	EVP_PKEY *pkey = alg == JOSE_ES256 ? pkey_from_ec(parsed) : pkey_from_rsa(parsed);

	if (!pkey)
		return E_INVALID;
	TRY(jose_key_wrap(alg, pkey, parsed->is_private, &key));
	if (!halves_fit(key))
		return E_INVALID;
	*ret_key = key;
	key = NULL;
	return OK;
}

static enum status key_from_json(const json_t *jwk, struct jose_key **ret_key)
{
	struct parsed_jwk parsed = {0};
	enum jose_alg alg = JOSE_ES256;

	TRY(kind_find(jwk, &alg));
	if (json_object_get(jwk, "oth")) /* RSA with more than two primes */
		return E_INVALID;
	parsed.kind = &kinds[alg];
	parsed.is_private = has_private_part(jwk);
	enum status status = numbers_read(jwk, &parsed);
	if (status == OK)
		status = key_make(&parsed, alg, ret_key);
	secret_zero(&parsed, sizeof(parsed));
	return status;
}

static enum status jwk_parse(const char *text, size_t size, json_t **ret_jwk)
{
	if (size > JWK_SIZE_MAX)
		return E_INVALID;
	return json_parse_limited(text, size, JWK_DEPTH_MAX, ret_jwk);
}

enum status jose_key_parse(const char *jwk, size_t size, struct jose_key **ret_key)
{
	scoped_json *json = NULL;

	TRY(jwk_parse(jwk, size, &json));
	if (!json_is_object(json))
		return E_INVALID;
	return key_from_json(json, ret_key);
}

enum status jose_public_parse(const char *jwk, size_t size, struct jose_key **ret_key)
{
	scoped_json *json = NULL;

	TRY(jwk_parse(jwk, size, &json));
	if (!json_is_object(json) || has_private_part(json))
		return E_INVALID;
	return key_from_json(json, ret_key);
}

/* Adds ,"member":"number" to JSON text. As text: a tree would copy the private numbers about. */
static bool number_add(struct text *jwk, const struct jose_key *key, const struct number *number)
{
	uint8_t bytes[RSA_SIZE_MAX];
	char encoded[BASE64URL_SIZE(RSA_SIZE_MAX) + 1];
	BIGNUM *value = NULL;
	int width = (int)kinds[key->alg].width;
	bool good = EVP_PKEY_get_bn_param(key->pkey, number->param, &value) == 1;

	if (good) {
		width = width ? width : BN_num_bytes(value);
		good = width <= RSA_SIZE_MAX && BN_bn2binpad(value, bytes, width) == width;
	}
	if (good) {
		base64url_format(bytes, (size_t)width, encoded);
		text_add_format(jwk, "%s\"%s\":\"%s\"", jwk->data[jwk->size - 1] == '{' ? "" : ",", number->member,
				encoded);
	}
	BN_clear_free(value);
	secret_zero(bytes, sizeof(bytes));
	secret_zero(encoded, sizeof(encoded));
	return good && !jwk->failed;
}

static bool numbers_add(struct text *jwk, const struct jose_key *key, bool is_private)
{
	const struct kind *kind = &kinds[key->alg];

	for (size_t i = 0; i < kind->count; i++) {
		if (kind->numbers[i].is_private == is_private && !number_add(jwk, key, &kind->numbers[i]))
			return false;
	}
	return true;
}

/* kty, (crv) and the public numbers, without the closing brace. */
static bool public_add(struct text *jwk, const struct jose_key *key)
{
	text_add_format(jwk, "{\"kty\":\"%s\"%s", kinds[key->alg].kty,
			key->alg == JOSE_ES256 ? ",\"crv\":\"P-256\"" : "");
	return !jwk->failed && numbers_add(jwk, key, false);
}

static char *finish(struct arena *arena, struct text *jwk, bool good)
{
	text_add(jwk, "}");
	char *copy = good && !jwk->failed ? arena_strndup(arena, jwk->data, jwk->size) : NULL;
	text_done(jwk);
	ERR_clear_error();
	return copy;
}

char *jose_key_public(struct arena *arena, const struct jose_key *key, const char *kid)
{
	struct text jwk;

	text_init(&jwk, JWK_SIZE_MAX);
	bool good = public_add(&jwk, key);
	if (good && kid) {
		text_add(&jwk, ",\"kid\":");
		text_add_json_string(&jwk, kid);
		text_add_format(&jwk, ",\"use\":\"sig\",\"alg\":\"%s\"", jose_alg_name(key->alg));
	}
	return finish(arena, &jwk, good);
}

char *jose_key_private(struct arena *arena, const struct jose_key *key)
{
	struct text jwk;

	if (!key->signer)
		return NULL;
	text_init(&jwk, JWK_SIZE_MAX);
	bool good = public_add(&jwk, key) && numbers_add(&jwk, key, true);
	return finish(arena, &jwk, good);
}

/*= RFC7638#3
 * Construct a JSON object containing only the required members [...] with no whitespace or line breaks before or after
 * any syntactic elements and with the required members ordered lexicographically
 */
enum status jose_key_thumbprint(const struct jose_key *key, char ret_thumbprint[44])
{
	const struct kind *kind = &kinds[key->alg];
	struct text jwk;
	uint8_t digest[32];

	text_init(&jwk, JWK_SIZE_MAX);
	text_add(&jwk, key->alg == JOSE_ES256 ? "{\"crv\":\"P-256\",\"kty\":\"EC\"" : "{");
	bool good = !jwk.failed && number_add(&jwk, key, &kind->numbers[0]);
	if (key->alg == JOSE_RS256)
		text_add(&jwk, ",\"kty\":\"RSA\"");
	good = good && number_add(&jwk, key, &kind->numbers[1]);
	text_add(&jwk, "}");
	good = good && !jwk.failed;
	if (good) {
		sha256(jwk.data, jwk.size, digest);
		base64url_format(digest, sizeof(digest), ret_thumbprint);
	}
	text_done(&jwk);
	ERR_clear_error();
	return good ? OK : E_NOMEM;
}
