/* An implementation that nobody here wrote (cjose) signs and we verify, we sign and it verifies. */
#include "cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#include <cjose/cjose.h>

#include "base/arena.h"
#include "crypto/jose.h"

enum { ROUNDS = 50 };

static void ours_verifies_there(const struct jose_key *ours, cjose_jwk_t *theirs)
{
	scoped_arena *arena = arena_new(1 << 20);
	scoped_json *header = json_pack("{s:s}", "typ", "JWT");
	char *text = NULL;
	cjose_err error;

	assert_int_equal(jose_sign(arena, ours, header, "{\"sub\":\"demo\"}", 14, &text), OK);
	cjose_jws_t *jws = cjose_jws_import(text, strlen(text), &error);
	assert_non_null(jws);
	assert_true(cjose_jws_verify(jws, theirs, &error));
	cjose_jws_release(jws);
}

static void theirs_verifies_here(const struct jose_key *ours, cjose_jwk_t *theirs)
{
	scoped_arena *arena = arena_new(1 << 20);
	struct jose_parts parts;
	const char *text = NULL;
	cjose_err error;
	cjose_header_t *header = cjose_header_new(&error);

	assert_true(cjose_header_set(header, "alg", jose_alg_name(jose_key_alg(ours)), &error));
	assert_true(cjose_header_set(header, "typ", "JWT", &error));
	cjose_jws_t *jws = cjose_jws_sign(theirs, header, (const uint8_t *)"{\"sub\":\"demo\"}", 14, &error);
	assert_non_null(jws);
	assert_true(cjose_jws_export(jws, &text, &error));
	assert_int_equal(jose_parse(arena, text, strlen(text), 4096, &parts), OK);
	assert_int_equal(jose_verify(&parts, ours, "JWT"), OK);
	cjose_jws_release(jws);
	cjose_header_release(header);
}

static void keys_and_signatures_agree(enum jose_alg alg)
{
	scoped_arena *arena = arena_new(1 << 20);
	scoped_jose_key *ours = NULL;
	cjose_err error;

	assert_int_equal(jose_key_generate(alg, &ours), OK);
	char *jwk = jose_key_private(arena, ours);
	cjose_jwk_t *theirs = cjose_jwk_import(jwk, strlen(jwk), &error);
	assert_non_null(theirs);
	for (int i = 0; i < ROUNDS; i++) {
		ours_verifies_there(ours, theirs);
		theirs_verifies_here(ours, theirs);
	}
	cjose_jwk_release(theirs);
}

static void es256_agrees_with_the_peer(void **state)
{
	keys_and_signatures_agree(JOSE_ES256);
}

static void rs256_agrees_with_the_peer(void **state)
{
	keys_and_signatures_agree(JOSE_RS256);
}

static void key_made_by_the_peer_is_taken(void **state)
{
	cjose_err error;
	cjose_jwk_t *theirs = cjose_jwk_create_EC_random(CJOSE_JWK_EC_P_256, &error);
	char *jwk = cjose_jwk_to_json(theirs, true, &error);
	scoped_jose_key *ours = NULL;

	assert_int_equal(jose_key_parse(jwk, strlen(jwk), &ours), OK);
	ours_verifies_there(ours, theirs);
	theirs_verifies_here(ours, theirs);
	free(jwk);
	cjose_jwk_release(theirs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(es256_agrees_with_the_peer),
		cmocka_unit_test(rs256_agrees_with_the_peer),
		cmocka_unit_test(key_made_by_the_peer_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
