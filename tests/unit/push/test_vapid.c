/* RFC 8292: what is signed, with which key, and how long it is used again. */
#include "../core/core_fixture.h"

#include "push/vapid.h"

static const char *token_of(struct core_test *test, const char *header)
{
	const char *end = strchr(header, ',');

	assert_true(strncmp(header, "vapid t=", 8) == 0 && end);
	return arena_strndup(test->arena, header + 8, (size_t)(end - header - 8));
}

static json_t *claims_of(struct core_test *test, const char *header, struct jose_parts *parts)
{
	const char *token = token_of(test, header);

	IS(jose_parse(test->arena, token, strlen(token), 4096, parts), OK);
	return parts->payload;
}

static const char *get(struct core_test *test, struct vapid_cache *cache, const char *origin)
{
	const struct vapid_key *key = keyring_vapid(keyring_view(test->core.keyring), NULL);
	const char *header = NULL;

	IS(vapid_header_get(cache, &test->core, key, origin, test->now, &header), OK);
	return arena_strdup(test->arena, header);
}

static void the_token_says_who_for_whom_and_how_long(void **state)
{
	struct core_test *test = *state;
	const struct vapid_key *key = keyring_vapid(keyring_view(test->core.keyring), NULL);
	struct vapid_cache cache = {0};
	struct jose_parts parts;
	const char *header;
	const json_t *claims;
	int64_t exp = 0;

	test->settings.push.subject = "mailto:ops@example.org";
	header = get(test, &cache, "https://push.example.org");
	claims = claims_of(test, header, &parts);
	assert_string_equal(json_get_string(claims, "aud"), "https://push.example.org");
	assert_string_equal(json_get_string(claims, "sub"), "mailto:ops@example.org");
	IS(json_take_int(claims, "exp", test->now + 1, test->now + 24 * 3600, &exp), OK);
	assert_string_equal(parts.typ, "JWT");
	assert_null(parts.kid);
	assert_string_equal(strstr(header, ", k=") + 4, key->public_key);
	vapid_cache_done(&cache);
}

/* Mutation: the cache's condition always true; one signature for each message. */
static void it_is_used_again_for_eleven_hours(void **state)
{
	struct core_test *test = *state;
	struct vapid_cache cache = {0};
	const char *first = get(test, &cache, "https://a.example.org"), *other;

	test->now += VAPID_LIFE_S - VAPID_RENEW_S - 1;
	assert_string_equal(get(test, &cache, "https://a.example.org"), first);
	other = get(test, &cache, "https://b.example.org");
	assert_string_not_equal(other, first);
	test->now++;
	assert_string_not_equal(get(test, &cache, "https://a.example.org"), first);
	assert_string_equal(get(test, &cache, "https://b.example.org"), other);
	test->settings.push.subject = "https://example.org/contact";
	assert_string_not_equal(get(test, &cache, "https://b.example.org"), other);
	test->settings.push.subject = NULL;
	test->now -= 30 * 86400; /* a clock that was set back makes a new one */
	assert_string_not_equal(get(test, &cache, "https://b.example.org"), other);
	vapid_cache_done(&cache);
}

static void the_cache_has_a_limit(void **state)
{
	struct core_test *test = *state;
	struct vapid_cache cache = {0};

	for (int i = 0; i < 3 * VAPID_CACHE_SIZE; i++) {
		test->now++;
		get(test, &cache, arena_format(test->arena, "https://push%d.example.org", i));
	}
	vapid_cache_done(&cache);
}

/* Each key signs for its own purpose only, whoever asks. */
static void no_other_key_signs_for_push_and_this_one_nothing_else(void **state)
{
	static const char *const others[] = {"JWT", "at+jwt", "logout+jwt", "secevent+jwt", "token-introspection+jwt",
					     ""};
	struct core_test *test = *state;
	const struct keyring_view *view = keyring_view(test->core.keyring);
	struct sealed_key disguised = keyring_vapid(view, NULL)->key;
	struct sign_job job = {.key = &view->es256, .typ = KEYHOLDER_VAPID_TYP, .payload = "{}"};
	char *jws = NULL;

	IS(keyholder_sign(test->core.keyholder, test->arena, &job, 1, &jws), E_REFUSED);
	job.key = &keyring_vapid(view, NULL)->key;
	IS(keyholder_sign(test->core.keyholder, test->arena, &job, 1, &jws), OK);
	for (size_t i = 0; i < ARRAY_COUNT(others); i++) {
		job.typ = others[i];
		IS(keyholder_sign(test->core.keyholder, test->arena, &job, 1, &jws), E_REFUSED);
	}
	disguised.alg = "ES256"; /* the blob is sealed for what it is */
	job = (struct sign_job){.key = &disguised, .typ = "at+jwt", .payload = "{}"};
	IS(keyholder_sign(test->core.keyholder, test->arena, &job, 1, &jws), E_REFUSED);
}

int main(void)
{
#define T(name_) cmocka_unit_test_setup_teardown(name_, core_setup, core_teardown)
	const struct CMUnitTest tests[] = {
		T(the_token_says_who_for_whom_and_how_long),
		T(it_is_used_again_for_eleven_hours),
		T(the_cache_has_a_limit),
		T(no_other_key_signs_for_push_and_this_one_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
