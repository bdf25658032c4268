#include "cmocka_all.h"

#include <string.h>

#include <openssl/err.h>

#include "base/arena.h"
#include "base/encode.h"
#include "base/secret.h"
#include "crypto/hash.h"
#include "crypto/jose_internal.h"
#include "vectors.h"

enum { MAX = 16384 };

static struct jose_key *es_private, *es_public, *rs_private;

static int keys_make(void **state)
{
	return jose_key_parse(A3_PRIVATE, strlen(A3_PRIVATE), &es_private) == OK &&
			       jose_public_parse(A3_PUBLIC, strlen(A3_PUBLIC), &es_public) == OK &&
			       jose_key_generate(JOSE_RS256, &rs_private) == OK
		       ? 0
		       : -1;
}

static int keys_free(void **state)
{
	jose_key_free(&es_private);
	jose_key_free(&es_public);
	jose_key_free(&rs_private);
	return 0;
}

static enum status parse(struct arena *arena, const char *jws, struct jose_parts *parts)
{
	return jose_parse(arena, jws, strlen(jws), MAX, parts);
}

/* What a verifier does: E_INVALID or E_REFUSED or OK. */
static enum status check(const char *jws, const struct jose_key *key, const char *typ)
{
	scoped_arena *arena = arena_new(1 << 20);
	struct jose_parts parts;

	TRY(parse(arena, jws, &parts));
	return jose_verify(&parts, key, typ);
}

static char *sign(struct arena *arena, const struct jose_key *key, const char *typ, const char *payload)
{
	scoped_json *header = json_pack("{s:s, s:s}", "typ", typ, "kid", "k1");
	char *jws = NULL;

	assert_int_equal(jose_sign(arena, key, header, payload, strlen(payload), &jws), OK);
	return jws;
}

/* header.payload.signature from texts, the signature as given in base64url. */
static char *assemble(struct arena *arena, const char *header, const char *payload, const char *signature)
{
	return arena_format(arena, "%s.%s.%s", base64url_dup(arena, header, strlen(header)),
			    base64url_dup(arena, payload, strlen(payload)), signature);
}

static void vectors_of_rfc_7515_verify(void **state)
{
	scoped_jose_key *rsa = NULL;

	assert_int_equal(jose_public_parse(A2_PUBLIC, strlen(A2_PUBLIC), &rsa), OK);
	assert_int_equal(check(A3_JWS, es_public, ""), OK);
	assert_int_equal(check(A2_JWS, rsa, ""), OK);
	assert_int_equal(check(A2_JWS, es_public, ""), E_REFUSED);
	assert_int_equal(check(A3_JWS, rsa, ""), E_REFUSED);
	assert_int_equal(check(A3_JWS, es_public, "JWT"), E_REFUSED);
}

static void signed_bytes_verify_and_come_back(void **state)
{
	scoped_arena *arena = arena_new(1 << 20);
	const struct jose_key *keys[] = {es_private, rs_private};

	for (size_t i = 0; i < ARRAY_COUNT(keys); i++) {
		struct jose_parts parts;
		char *jws = sign(arena, keys[i], "at+jwt", "{\"sub\":\"demo\"}");
		assert_int_equal(parse(arena, jws, &parts), OK);
		assert_string_equal(parts.typ, "at+jwt");
		assert_string_equal(parts.kid, "k1");
		assert_string_equal(parts.alg, i == 0 ? "ES256" : "RS256");
		assert_string_equal(json_get_string(parts.payload, "sub"), "demo");
		assert_null(parts.jwk);
		assert_int_equal(parts.signature_size, i == 0 ? 64 : 256);
		assert_int_equal(jose_verify(&parts, keys[i], "at+jwt"), OK);
	}
	assert_int_equal(check(sign(arena, es_private, "x", "{}"), es_public, "x"), OK);
}

/* Leading zeros of R and S: one signature in 128 has one. */
static void two_thousand_signatures_have_64_bytes(void **state)
{
	for (int i = 0; i < 2000; i++) {
		scoped_arena *arena = arena_new(1 << 20);
		struct jose_parts parts;
		assert_int_equal(parse(arena, sign(arena, es_private, "x", "{}"), &parts), OK);
		assert_int_equal(parts.signature_size, 64);
		assert_int_equal(jose_verify(&parts, es_public, "x"), OK);
	}
}

static void type_must_be_exact(void **state)
{
	static const char *const others[] = {"", "jwt", "JWT ", "at+jwt", "application/JWT", "JW", NULL};
	scoped_arena *arena = arena_new(1 << 20);
	const char *jws = sign(arena, es_private, "JWT", "{}");

	for (size_t i = 0; i < ARRAY_COUNT(others); i++)
		assert_int_equal(check(jws, es_public, others[i]), E_REFUSED);
	assert_int_equal(check(jws, es_public, "JWT"), OK);
}

static void every_flipped_bit_is_refused(void **state)
{
	scoped_arena *arena = arena_new(1 << 20);
	char *jws = sign(arena, es_private, "JWT", "{\"sub\":\"demo\",\"n\":12}");

	for (size_t i = 0; i < strlen(jws); i++) {
		for (int bit = 0; bit < 8; bit++) {
			char kept = jws[i];
			jws[i] = (char)(jws[i] ^ 1 << bit);
			scoped_arena *inner = arena_new(1 << 20);
			struct jose_parts parts;
			enum status status = jose_parse(inner, jws, strlen(jws), MAX, &parts);
			if (status == OK)
				status = jose_verify(&parts, es_public, "JWT");
			assert_true(status == E_INVALID || status == E_REFUSED);
			jws[i] = kept;
		}
	}
	assert_int_equal(check(jws, es_public, "JWT"), OK);
}

static void every_cut_is_refused(void **state)
{
	scoped_arena *arena = arena_new(1 << 20);
	char *jws = sign(arena, es_private, "JWT", "{}");
	size_t size = strlen(jws);

	for (size_t cut = 0; cut < size; cut++) {
		char *part = arena_strndup(arena, jws, cut);
		assert_int_not_equal(check(part, es_public, "JWT"), OK);
	}
	assert_int_not_equal(check(arena_format(arena, "%sA", jws), es_public, "JWT"), OK);
	assert_int_not_equal(check(arena_format(arena, "%s.", jws), es_public, "JWT"), OK);
	assert_int_not_equal(check(arena_format(arena, "%s\n", jws), es_public, "JWT"), OK);
	assert_int_not_equal(check(arena_format(arena, " %s", jws), es_public, "JWT"), OK);
}

static void other_algorithms_are_refused(void **state)
{
	static const char *const headers[] = {
		"{\"alg\":\"none\"}",  "{\"alg\":\"None\"}",  "{\"alg\":\"HS256\"}",  "{\"alg\":\"es256\"}",
		"{\"alg\":\"ES384\"}", "{\"alg\":\"RS256\"}", "{\"alg\":\"ES256K\"}", "{\"alg\":\"\"}",
	};
	scoped_arena *arena = arena_new(1 << 20);
	const char *signature = strrchr(A3_JWS, '.') + 1;

	for (size_t i = 0; i < ARRAY_COUNT(headers); i++) {
		assert_int_equal(check(assemble(arena, headers[i], "{}", ""), es_public, ""), E_REFUSED);
		assert_int_equal(check(assemble(arena, headers[i], "{}", signature), es_public, ""), E_REFUSED);
		assert_int_equal(check(assemble(arena, headers[i], "{}", ""), rs_private, ""), E_REFUSED);
	}
}

/* Whoever holds the key can sign any header. A true signature does not make its algorithm ours. */
static void true_signature_under_another_algorithm_is_refused(void **state)
{
	static const char *const algs[] = {"none", "HS256", "RS256", "es256", "ES256 "};
	scoped_arena *arena = arena_new(1 << 20);
	uint8_t digest[32], signature[RSA_SIZE_MAX];
	size_t size = 0;

	for (size_t i = 0; i <= ARRAY_COUNT(algs); i++) { /* the last is the right one: the test itself works */
		const char *alg = i < ARRAY_COUNT(algs) ? algs[i] : "ES256";
		char *jws = assemble(arena, arena_format(arena, "{\"alg\":\"%s\"}", alg), "{}", "");
		sha256(jws, strlen(jws) - 1, digest);
		assert_int_equal(jose_digest_sign(es_private, digest, signature, &size), OK);
		jws = arena_format(arena, "%s%s", jws, base64url_dup(arena, signature, size));
		assert_int_equal(check(jws, es_public, ""), i < ARRAY_COUNT(algs) ? E_REFUSED : OK);
	}
}

/* The classic: an HMAC whose key is the public key everybody has. */
static void hmac_with_the_public_key_is_refused(void **state)
{
	static const char *const algs[] = {"HS256", "ES256", "RS256"};
	scoped_arena *arena = arena_new(1 << 20);
	char mac_text[44];
	uint8_t mac[32];

	for (size_t i = 0; i < ARRAY_COUNT(algs); i++) {
		char *jws = assemble(arena, arena_format(arena, "{\"alg\":\"%s\"}", algs[i]), "{}", "");
		hmac_sha256(A3_PUBLIC, strlen(A3_PUBLIC), jws, strlen(jws) - 1, mac);
		base64url_format(mac, sizeof(mac), mac_text);
		assert_int_equal(check(arena_format(arena, "%s%s", jws, mac_text), es_public, ""), E_REFUSED);
		assert_int_equal(check(arena_format(arena, "%s%s", jws, mac_text), rs_private, ""), E_REFUSED);
	}
}

/* ES256 signatures in any other form than 64 bytes: DER, longer halves, zero, the order itself. */
static void signatures_of_another_form_are_refused(void **state)
{
	scoped_arena *arena = arena_new(1 << 20);
	struct jose_parts parts, changed;
	uint8_t raw[64];

	assert_int_equal(parse(arena, sign(arena, es_private, "x", "{}"), &parts), OK);
	memcpy(raw, parts.signature, 64);

	changed = parts; /* 33-byte halves with leading zeros: the same numbers */
	memset(changed.signature, 0, 66);
	memcpy(changed.signature + 1, raw, 32);
	memcpy(changed.signature + 34, raw + 32, 32);
	changed.signature_size = 66;
	assert_int_equal(jose_verify(&changed, es_public, "x"), E_REFUSED);

	for (size_t size = 0; size <= sizeof(changed.signature); size++) {
		changed = parts;
		changed.signature_size = size;
		assert_int_equal(jose_verify(&changed, es_public, "x"), size == 64 ? OK : E_REFUSED);
	}
	changed = parts;
	memset(changed.signature, 0, 64);
	assert_int_equal(jose_verify(&changed, es_public, "x"), E_REFUSED);
	memset(changed.signature, 0xff, 64);
	assert_int_equal(jose_verify(&changed, es_public, "x"), E_REFUSED);
	changed = parts;
	memcpy(changed.signature, raw + 32, 32);
	memcpy(changed.signature + 32, raw, 32);
	assert_int_equal(jose_verify(&changed, es_public, "x"), E_REFUSED);
}

static void headers_we_do_not_understand_are_refused(void **state)
{
	static const char *const headers[] = {
		"{\"alg\":\"ES256\",\"crit\":[\"b64\"],\"b64\":false}",
		"{\"alg\":\"ES256\",\"crit\":[]}",
		"{\"alg\":\"ES256\",\"b64\":true}",
		"{\"alg\":\"ES256\",\"zip\":\"DEF\"}",
		"{\"alg\":\"ES256\",\"jku\":\"https://example.org/\"}",
		"{\"alg\":\"ES256\",\"x5u\":\"https://example.org/\"}",
		"{\"alg\":\"ES256\",\"x5c\":[\"AAAA\"]}",
		"{\"alg\":\"ES256\",\"x5c\":null}",
		"{\"alg\":\"ES256\",\"alg\":\"ES256\"}",
		"{\"alg\":\"ES256\",\"\\u0061lg\":\"none\"}",
		"{\"alg\":1}",
		"{\"alg\":null}",
		"{}",
		"{\"typ\":\"JWT\"}",
		"{\"alg\":\"ES256\",\"typ\":1}",
		"{\"alg\":\"ES256\",\"typ\":null}",
		"{\"alg\":\"ES256\",\"kid\":[]}",
		"{\"alg\":\"ES256\",\"jwk\":\"x\"}",
		"{\"alg\":\"ES256\",\"kid\":\"a\\u0000b\"}",
		"{\"alg\":\"ES256\"} x",
		"{\"alg\":\"ES256\",\"a\":[[[[[[[[]]]]]]]]}",
		"[\"ES256\"]",
		"\"ES256\"",
		"",
		"{\"alg\":\"ES256\xff\"}",
	};
	scoped_arena *arena = arena_new(1 << 20);
	struct jose_parts parts;

	for (size_t i = 0; i < ARRAY_COUNT(headers); i++) {
		if (parse(arena, assemble(arena, headers[i], "{}", "AAAA"), &parts) != E_INVALID)
			fail_msg("taken: %s", headers[i]);
	}
	assert_int_equal(parse(arena, assemble(arena, "{\"alg\":\"ES256\",\"jwk\":{}}", "{}", "AAAA"), &parts), OK);
	assert_non_null(parts.jwk);
	assert_null(parts.kid);
	assert_string_equal(parts.typ, "");
}

static void texts_that_are_no_jws_are_refused(void **state)
{
	static const char *const texts[] = {
		"",
		".",
		"..",
		"...",
		"a.b",
		"eyJhbGciOiJFUzI1NiJ9.e30",
		"eyJhbGciOiJFUzI1NiJ9..AAAA",
		"eyJhbGciOiJFUzI1NiJ9.e30.AAAA.AAAA",
		"eyJhbGciOiJFUzI1NiJ9.e30.AAA=",
		"eyJhbGciOiJFUzI1NiJ9.e30.AA+A",
		"eyJhbGciOiJFUzI1NiJ9=.e30.AAAA",
		"eyJhbGciOiJFUzI1NiJ9.e31.AAAA",
		"eyJhbGciOiJFUzI1NiJ9.W10.AAAA",
		"eyJhbGciOiJFUzI1NiJ9.e30.A",
		"eyJhbGciOiJFUzI1NiJ9.e30.AAAB\n",
		"eyJhbGciOiJFUzI1NiJ9.e 30.AAAA",
		"eyJhbGciOiJFUzI1NiJ9.e30.AAB",
	};
	scoped_arena *arena = arena_new(1 << 20);
	struct jose_parts parts;

	for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
		if (parse(arena, texts[i], &parts) != E_INVALID)
			fail_msg("taken: %s", texts[i]);
	}
	assert_int_equal(parse(arena, "eyJhbGciOiJFUzI1NiJ9.e30.AAAA", &parts), OK);
}

static void limit_of_size_is_exact(void **state)
{
	scoped_arena *arena = arena_new(1 << 20);
	struct jose_parts parts;
	size_t size = strlen(A3_JWS);

	assert_int_equal(jose_parse(arena, A3_JWS, size, size, &parts), OK);
	assert_int_equal(jose_parse(arena, A3_JWS, size, size - 1, &parts), E_INVALID);
}

static void signature_of_more_than_512_bytes_is_refused(void **state)
{
	scoped_arena *arena = arena_new(1 << 20);
	struct jose_parts parts;
	char long_one[700];

	memset(long_one, 'A', sizeof(long_one));
	long_one[BASE64URL_SIZE(512)] = '\0';
	assert_int_equal(parse(arena, assemble(arena, "{\"alg\":\"RS256\"}", "{}", long_one), &parts), OK);
	long_one[BASE64URL_SIZE(512)] = 'A';
	long_one[BASE64URL_SIZE(513)] = '\0';
	assert_int_equal(parse(arena, assemble(arena, "{\"alg\":\"RS256\"}", "{}", long_one), &parts), E_INVALID);
}

static void public_key_does_not_sign(void **state)
{
	scoped_arena *arena = arena_new(1 << 20);
	scoped_json *header = json_object(), *with_alg = json_pack("{s:s}", "alg", "none"), *list = json_array();
	char *jws = NULL;

	assert_int_equal(jose_sign(arena, es_public, header, "{}", 2, &jws), E_REFUSED);
	assert_int_equal(jose_sign(arena, es_private, with_alg, "{}", 2, &jws), E_INVALID);
	assert_int_equal(jose_sign(arena, es_private, list, "{}", 2, &jws), E_INVALID);
	assert_null(jws);
}

/* Left in the thread's queue, an error would be taken for one of the next TLS call. */
static void failures_leave_no_openssl_error_behind(void **state)
{
	scoped_arena *arena = arena_new(1 << 20);
	struct jose_key *key = NULL;
	const char *zeros =
		assemble(arena, "{\"alg\":\"ES256\"}", "{}", base64url_dup(arena, arena_alloc(arena, 64), 64));
	const char *rsa_zeros =
		assemble(arena, "{\"alg\":\"RS256\"}", "{}", base64url_dup(arena, arena_alloc(arena, 256), 256));
	const char *off_curve = "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" A3_X "\",\"y\":\"" A3_X "\"}";

	ERR_clear_error();
	assert_int_equal(check(zeros, es_public, ""), E_REFUSED);
	assert_int_equal(ERR_peek_error(), 0);
	assert_int_equal(check(rsa_zeros, rs_private, ""), E_REFUSED);
	assert_int_equal(ERR_peek_error(), 0);
	assert_int_equal(jose_public_parse(off_curve, strlen(off_curve), &key), E_INVALID);
	assert_int_equal(ERR_peek_error(), 0);
}

static void memory_limit_ends_in_nomem(void **state)
{
	for (size_t limit = 0; limit < 1200; limit += 8) {
		scoped_arena *arena = arena_new(limit);
		struct jose_parts parts = {.alg = "untouched"};
		enum status status = parse(arena, A3_JWS, &parts);
		assert_true(status == OK || (status == E_NOMEM && strcmp(parts.alg, "untouched") == 0));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors_of_rfc_7515_verify),
		cmocka_unit_test(signed_bytes_verify_and_come_back),
		cmocka_unit_test(two_thousand_signatures_have_64_bytes),
		cmocka_unit_test(type_must_be_exact),
		cmocka_unit_test(every_flipped_bit_is_refused),
		cmocka_unit_test(every_cut_is_refused),
		cmocka_unit_test(other_algorithms_are_refused),
		cmocka_unit_test(true_signature_under_another_algorithm_is_refused),
		cmocka_unit_test(hmac_with_the_public_key_is_refused),
		cmocka_unit_test(signatures_of_another_form_are_refused),
		cmocka_unit_test(headers_we_do_not_understand_are_refused),
		cmocka_unit_test(texts_that_are_no_jws_are_refused),
		cmocka_unit_test(limit_of_size_is_exact),
		cmocka_unit_test(signature_of_more_than_512_bytes_is_refused),
		cmocka_unit_test(public_key_does_not_sign),
		cmocka_unit_test(failures_leave_no_openssl_error_behind),
		cmocka_unit_test(memory_limit_ends_in_nomem),
	};

	return cmocka_run_group_tests(tests, keys_make, keys_free);
}
