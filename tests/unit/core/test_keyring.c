/* The keys in force, and their rotation. */
#include "oidc_fixture.h"

#include "crypto/jose.h"

static struct arena *scratch;

static json_t *jwks_of(const struct keyring_view *view)
{
	json_t *jwks = NULL;

	assert_int_equal(strlen(view->jwks), view->jwks_size);
	assert_int_equal(json_parse_limited(view->jwks, view->jwks_size, 6, &jwks), OK);
	return jwks;
}

static bool jwks_has(const struct keyring_view *view, const char *kid)
{
	scoped_json *jwks = jwks_of(view);
	size_t i;
	json_t *jwk;

	json_array_foreach (json_object_get(jwks, "keys"), i, jwk)
		if (strcmp(json_get_string(jwk, "kid"), kid) == 0)
			return true;
	return false;
}

static void the_first_keys_are_there(void **state)
{
	struct oidc *oidc = *state;
	const struct keyring_view *view = keyring_view(oidc->core.keyring);

	assert_string_equal(view->es256.alg, "ES256");
	assert_string_equal(view->rs256.alg, "RS256");
	assert_string_equal(view->pepper.alg, "HS256");
	assert_string_equal(view->mac.alg, "HS256");
	assert_string_not_equal(view->pepper.kid, view->mac.kid);
	assert_true(jwks_has(view, view->es256.kid));
	assert_true(jwks_has(view, view->rs256.kid));
	assert_false(jwks_has(view, view->pepper.kid));
	assert_false(jwks_has(view, view->mac.kid));
}

static void jwks_shows_public_parts_only(void **state)
{
	static const char *const private[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};
	struct oidc *oidc = *state;
	scoped_json *jwks = jwks_of(keyring_view(oidc->core.keyring));
	const json_t *keys = json_object_get(jwks, "keys");
	size_t i;
	json_t *jwk;

	assert_int_equal(json_array_size(keys), 4); /* current and next, of each kind */
	json_array_foreach (keys, i, jwk) {
		for (size_t k = 0; k < ARRAY_COUNT(private); k++)
			assert_null(json_object_get(jwk, private[k]));
		assert_string_equal(json_get_string(jwk, "use"), "sig");
		assert_non_null(json_get_string(jwk, "kid"));
		assert_non_null(json_get_string(jwk, "alg"));
	}
}

static void an_empty_database_has_no_keyring(void **state)
{
	struct keyring *keyring = NULL;
	struct store *store = store_at("sqlite::memory:");

	(void)state;
	assert_int_equal(keyring_open(store, &keyring), E_NOT_FOUND);
	assert_null(keyring);
	store_close(&store);
}

static void rotate(struct oidc *oidc, int64_t now)
{
	assert_int_equal(keyring_rotate(oidc->core.store, oidc->core.keyholder, KEYRING_ALL, now), OK);
	assert_int_equal(keyring_refresh(oidc->core.keyring, oidc->core.store), OK);
}

static char *id_token_of(const struct oidc *oidc)
{
	const struct grant_new grant = oidc_grant(oidc);
	const struct token_request request = oidc_request(oidc, grant.code);
	struct token_set tokens;

	oidc_issue(oidc, &grant, NOW);
	assert_string_equal(oidc_redeem(oidc, &request, NOW, &tokens), "");
	return arena_strdup(oidc->arena, tokens.id_token);
}

static enum status hint(const struct oidc *oidc, const char *jwt)
{
	struct id_token_hint ignored;

	return id_token_hint_check(&oidc->core, oidc->arena, jwt, &ignored);
}

/* A key is shown before it signs, and after it has signed as long as it is the previous one. */
static void keys_are_shown_before_and_after_they_sign(void **state)
{
	struct oidc *oidc = *state;
	const struct keyring_view *first = keyring_view(oidc->core.keyring);
	const char *token = id_token_of(oidc), *later;
	const struct keyring_view *second, *third;

	assert_int_equal(hint(oidc, token), OK);
	rotate(oidc, NOW + 1);
	second = keyring_view(oidc->core.keyring);
	assert_ptr_not_equal(first, second);
	assert_string_not_equal(second->es256.kid, first->es256.kid);
	assert_string_not_equal(second->rs256.kid, first->rs256.kid);
	assert_true(jwks_has(first, second->es256.kid)); /* it was the next one */
	assert_true(jwks_has(first, second->rs256.kid));
	assert_true(jwks_has(second, first->es256.kid)); /* the previous one */
	assert_string_equal(second->pepper.kid, first->pepper.kid);
	assert_string_equal(second->mac.kid, first->mac.kid);
	assert_int_equal(hint(oidc, token), OK);
	later = id_token_of(oidc);
	rotate(oidc, NOW + 2);
	third = keyring_view(oidc->core.keyring);
	assert_true(jwks_has(second, third->es256.kid));
	assert_false(jwks_has(third, first->es256.kid)); /* retired */
	assert_int_equal(hint(oidc, token), E_REFUSED);
	assert_int_equal(hint(oidc, later), OK);
}

static void a_view_outlives_a_rotation(void **state)
{
	struct oidc *oidc = *state;
	const struct keyring_view *view = keyring_view(oidc->core.keyring);
	const struct sign_job job = {.key = &view->es256, .typ = "JWT", .payload = "{}"};
	char *before = arena_strdup(scratch, view->jwks), *jws = NULL;

	rotate(oidc, NOW + 3);
	rotate(oidc, NOW + 4);
	assert_string_equal(view->jwks, before);
	assert_int_equal(keyholder_sign(oidc->core.keyholder, oidc->arena, &job, 1, &jws), OK);
}

static void nothing_new_gives_the_same_view(void **state)
{
	struct oidc *oidc = *state;
	const struct keyring_view *view = keyring_view(oidc->core.keyring);

	assert_int_equal(keyring_refresh(oidc->core.keyring, oidc->core.store), OK);
	assert_ptr_equal(keyring_view(oidc->core.keyring), view);
}

static void another_process_sees_a_rotation_at_its_refresh(void **state)
{
	struct oidc *oidc = *state;
	struct keyring *other = NULL;
	const char *before;

	assert_int_equal(keyring_open(oidc->core.store, &other), OK);
	before = keyring_view(other)->es256.kid;
	rotate(oidc, NOW + 5);
	assert_string_equal(keyring_view(other)->es256.kid, before);
	assert_int_equal(keyring_refresh(other, oidc->core.store), OK);
	assert_string_equal(keyring_view(other)->es256.kid, keyring_view(oidc->core.keyring)->es256.kid);
	keyring_close(&other);
	assert_null(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_keys_are_there),
		cmocka_unit_test(jwks_shows_public_parts_only),
		cmocka_unit_test(an_empty_database_has_no_keyring),
		cmocka_unit_test(nothing_new_gives_the_same_view),
		cmocka_unit_test(keys_are_shown_before_and_after_they_sign),
		cmocka_unit_test(a_view_outlives_a_rotation),
		cmocka_unit_test(another_process_sees_a_rotation_at_its_refresh),
	};

	int failed;

	scratch = arena_new(1 << 20);
	failed = cmocka_run_group_tests(tests, oidc_setup, oidc_teardown);
	arena_free(scratch);
	return failed;
}
