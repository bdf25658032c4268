#include "cmocka_all.h"

#include <string.h>

#include "base/arena.h"
#include "crypto/jose.h"
#include "vectors.h"

static enum status key_parse(const char *jwk, struct jose_key **ret_key)
{
	return jose_key_parse(jwk, strlen(jwk), ret_key);
}

static void thumbprint_agrees_with_rfc_7638(void **state)
{
	scoped_jose_key *key = NULL;
	char thumbprint[44];

	assert_int_equal(key_parse("{\"kty\":\"RSA\",\"n\":\"" RFC7638_N
				   "\",\"e\":\"AQAB\",\"alg\":\"RS256\",\"kid\":\"2011-04-29\"}",
				   &key),
			 OK);
	assert_int_equal(jose_key_alg(key), JOSE_RS256);
	assert_int_equal(jose_key_thumbprint(key, thumbprint), OK);
	assert_string_equal(thumbprint, RFC7638_THUMBPRINT);
}

/* The value was computed with another implementation. */
static void thumbprint_of_an_ec_key_does_not_depend_on_its_private_part(void **state)
{
	scoped_jose_key *private = NULL, *public = NULL;
	char one[44], two[44];

	assert_int_equal(key_parse(A3_PRIVATE, &private), OK);
	assert_int_equal(key_parse(A3_PUBLIC, &public), OK);
	assert_int_equal(jose_key_thumbprint(private, one), OK);
	assert_int_equal(jose_key_thumbprint(public, two), OK);
	assert_string_equal(one, "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");
	assert_string_equal(two, one);
}

static void public_jwk_has_no_private_part(void **state)
{
	scoped_arena *arena = arena_new(1 << 20);
	scoped_jose_key *key = NULL, *again = NULL;

	assert_int_equal(key_parse(A3_PRIVATE, &key), OK);
	assert_string_equal(jose_key_public(arena, key, NULL), A3_PUBLIC);
	assert_string_equal(jose_key_public(arena, key, "a\"\n"),
			    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" A3_X "\",\"y\":\"" A3_Y
			    "\",\"kid\":\"a\\\"\\n\",\"use\":\"sig\",\"alg\":\"ES256\"}");
	assert_int_equal(jose_public_parse(A3_PUBLIC, strlen(A3_PUBLIC), &again), OK);
	assert_null(jose_key_private(arena, again));
}

static void private_jwk_comes_back(void **state)
{
	scoped_arena *arena = arena_new(1 << 20);

	for (enum jose_alg alg = JOSE_ES256; alg <= JOSE_RS256; alg++) {
		scoped_jose_key *key = NULL, *again = NULL;
		assert_int_equal(jose_key_generate(alg, &key), OK);
		const char *jwk = jose_key_private(arena, key);
		assert_non_null(jwk);
		assert_int_equal(key_parse(jwk, &again), OK);
		assert_int_equal(jose_key_alg(again), alg);
		assert_string_equal(jose_key_private(arena, again), jwk);
		assert_string_equal(jose_key_public(arena, again, NULL), jose_key_public(arena, key, NULL));
	}
}

static void private_key_is_no_public_key(void **state)
{
	struct jose_key *key = NULL;
	static const char *const hidden[] = {
		A3_PRIVATE,
		"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" A3_X "\",\"y\":\"" A3_Y "\",\"d\":null}",
		"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" A3_X "\",\"y\":\"" A3_Y "\",\"k\":\"AAAA\"}",
		"{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"" A2_N "\",\"oth\":[]}",
		"{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"" A2_N "\",\"qi\":\"AAAA\"}",
	};

	for (size_t i = 0; i < ARRAY_COUNT(hidden); i++) {
		assert_int_equal(jose_public_parse(hidden[i], strlen(hidden[i]), &key), E_INVALID);
		assert_null(key);
	}
}

#define EC(members) "{\"kty\":\"EC\"," members "}"
#define XY          "\"x\":\"" A3_X "\",\"y\":\"" A3_Y "\""
#define RSA(e, n)   "{\"kty\":\"RSA\",\"e\":\"" e "\",\"n\":\"" n "\"}"

static const char *const bad_keys[] = {
	"",
	"null",
	"[]",
	"{}",
	"\"" A3_X "\"",
	"{\"kty\":\"oct\",\"k\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
	"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" A3_X "\"}",
	"{\"kty\":1,\"crv\":\"P-256\"," XY "}",
	"{\"kty\":\"ec\",\"crv\":\"P-256\"," XY "}",
	EC(XY),
	EC("\"crv\":\"P-384\"," XY),
	EC("\"crv\":\"secp256k1\"," XY),
	EC("\"crv\":\"P-256\",\"crv\":\"P-256\"," XY),
	EC("\"crv\":\"P-256\",\"x\":\"" A3_X "\""),
	EC("\"crv\":\"P-256\",\"x\":\"" A3_X "\",\"y\":null"),
	EC("\"crv\":\"P-256\",\"x\":\"" A3_X "\",\"y\":\"" A3_X "\""),   /* not on the curve */
	EC("\"crv\":\"P-256\",\"x\":\"" A3_Y "\",\"y\":\"" A3_X "\""),   /* the other way round */
	EC("\"crv\":\"P-256\",\"x\":\"" A3_X "=\",\"y\":\"" A3_Y "\""),  /* padded */
	EC("\"crv\":\"P-256\",\"x\":\"AP" A3_X "\",\"y\":\"" A3_Y "\""), /* too long */
	EC("\"crv\":\"P-256\",\"x\":\"" A3_X "\",\"y\":\"_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\""),
	EC("\"crv\":\"P-256\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
	   "\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\""),
	EC("\"crv\":\"P-256\",\"x\":\"__________________________________________8\","
	   "\"y\":\"__________________________________________8\""),
	EC("\"crv\":\"P-256\",\"alg\":\"HS256\"," XY),
	EC("\"crv\":\"P-256\",\"alg\":\"RS256\"," XY),
	EC("\"crv\":\"P-256\",\"alg\":null," XY),
	EC("\"crv\":\"P-256\",\"use\":\"enc\"," XY),
	EC("\"crv\":\"P-256\",\"d\":\"\"," XY),
	EC("\"crv\":\"P-256\",\"d\":null," XY),
	EC("\"crv\":\"P-256\",\"d\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"," XY), /* 0 */
	EC("\"crv\":\"P-256\",\"d\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\"," XY), /* another key's */
	EC("\"crv\":\"P-256\",\"d\":\"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LM\"," XY),
	RSA("AQAB", ""),
	RSA("AQAB", "AQAB"),
	RSA("AQAB", A3_X A3_X),
	RSA("Aw", A2_N),                                                      /* 3 */
	RSA("AQAA", A2_N),                                                    /* even */
	RSA("AQ", A2_N),                                                      /* 1 */
	RSA("AQAAAAAAAAAB", A2_N),                                            /* 65 bits */
	RSA("AQAB", A2_N A2_N A2_N),                                          /* 6144 bits */
	"{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"" A2_N "\",\"d\":\"AQAB\"}", /* half a private key */
};

static void bad_keys_are_refused(void **state)
{
	struct jose_key *key = NULL;

	for (size_t i = 0; i < ARRAY_COUNT(bad_keys); i++) {
		if (key_parse(bad_keys[i], &key) != E_INVALID)
			fail_msg("taken: %s", bad_keys[i]);
		assert_null(key);
	}
	assert_int_equal(key_parse(EC("\"crv\":\"P-256\",\"use\":\"sig\",\"alg\":\"ES256\"," XY), &key), OK);
	jose_key_free(&key);
	assert_int_equal(key_parse(RSA("AQAB", A2_N), &key), OK);
	jose_key_free(&key);
}

static bool signs_rightly(const struct jose_key *key, const struct jose_key *whole)
{
	scoped_arena *arena = arena_new(1 << 20);
	scoped_json *header = json_object();
	struct jose_parts parts;
	char *jws = NULL;

	return jose_sign(arena, key, header, "{}", 2, &jws) == OK &&
	       jose_parse(arena, jws, strlen(jws), 4096, &parts) == OK && jose_verify(&parts, whole, "") == OK;
}

/*
 * A wrong result of the Chinese remainder would give a factor away. OpenSSL looks at each result and computes the slow
 * way when it is wrong, so a key with one damaged part may be taken, but what it signs is right.
 */
static void damaged_rsa_key_is_refused_or_signs_rightly(void **state)
{
	static const char *const members[] = {"n", "d", "p", "q", "dp", "dq", "qi"};
	scoped_arena *arena = arena_new(1 << 20);
	scoped_jose_key *key = NULL;

	assert_int_equal(jose_key_generate(JOSE_RS256, &key), OK);
	for (size_t i = 0; i < ARRAY_COUNT(members); i++) {
		scoped_json *jwk = NULL;
		scoped_jose_key *damaged = NULL;
		const char *text = jose_key_private(arena, key);
		assert_int_equal(json_parse_limited(text, strlen(text), 3, &jwk), OK);
		char *number = arena_strdup(arena, json_get_string(jwk, members[i]));
		number[20] = number[20] == 'A' ? 'B' : 'A';
		json_object_set_new(jwk, members[i], json_string(number));
		enum status status = key_parse(json_format(arena, jwk), &damaged);
		if (status == OK && !signs_rightly(damaged, key))
			fail_msg("a key with a damaged %s was taken and signs wrongly", members[i]);
		if (strcmp(members[i], "n") == 0)
			assert_int_equal(status, E_INVALID);
	}
}

static void names_of_algorithms_are_exact(void **state)
{
	static const char *const others[] = {"none",  "None",  "",      "es256", "ES256 ", "HS256",
					     "ES384", "PS256", "RS512", "RS1",   "EdDSA",  NULL};
	enum jose_alg alg = JOSE_ES256;

	for (size_t i = 0; i < ARRAY_COUNT(others); i++)
		assert_int_equal(jose_alg_parse(others[i], &alg), E_INVALID);
	assert_int_equal(jose_alg_parse("RS256", &alg), OK);
	assert_int_equal(alg, JOSE_RS256);
	assert_string_equal(jose_alg_name(JOSE_ES256), "ES256");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(thumbprint_agrees_with_rfc_7638),
		cmocka_unit_test(thumbprint_of_an_ec_key_does_not_depend_on_its_private_part),
		cmocka_unit_test(public_jwk_has_no_private_part),
		cmocka_unit_test(private_jwk_comes_back),
		cmocka_unit_test(private_key_is_no_public_key),
		cmocka_unit_test(bad_keys_are_refused),
		cmocka_unit_test(damaged_rsa_key_is_refused_or_signs_rightly),
		cmocka_unit_test(names_of_algorithms_are_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
