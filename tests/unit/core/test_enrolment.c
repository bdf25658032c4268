/* A device comes to an account (PROTOCOL, "Enrolment"). SECURITY 2 "Enrolment hijack"; 5 T12, T16; ASVS 6.4.1. */
#include "core_fixture.h"

#include <stdio.h>

#include "base/encode.h"
#include "base/text.h"
#include "crypto/hash.h"

struct started {
	struct enrolment_started it;
	char secret[BASE64URL_SIZE(16) + 1];
};

static struct started start(struct core_test *test, bool with_totp)
{
	struct started started;
	const char *secret;

	IS(enrolment_start(&test->core, test->arena, test->user_id, with_totp, "command", test->now, &started.it), OK);
	assert_true(text_has_prefix(started.it.link, "https://id.example.org/a/#e1."));
	secret = strrchr(started.it.link, '.') + 1;
	snprintf(started.secret, sizeof(started.secret), "%s", secret);
	return started;
}

/* What is set replaces the right value; "-" leaves it out. */
struct redeem_change {
	const char *typ, *aud, *enrolment, *jti, *secret, *proof, *salt;
	int64_t iat;
	const struct jose_key *signer;
	bool no_jwk, private_jwk;
	const char *name;
};

static struct jose_key *key_new(struct core_test *test)
{
	assert_true(test->key_count < ARRAY_COUNT(test->keys));
	IS(jose_key_generate(JOSE_ES256, &test->keys[test->key_count]), OK);
	return test->keys[test->key_count++];
}

/* "symbolon-enrol" 0x00 issuer 0x00 id 0x00 jwk-thumbprint */
static void proof_make(struct core_test *test, const struct started *started, const struct jose_key *key,
		       const struct redeem_change *change, char out[BASE64URL_SIZE(32) + 1])
{
	const char *salt = change->salt ? change->salt : started->it.id;
	uint8_t secret[16], bytes[16], k[32], mac[32];
	struct text message;
	char thumbprint[44];
	size_t size;

	IS(base64url_parse(change->secret ? change->secret : started->secret, 22, secret, 16, &size), OK);
	IS(base64url_parse(salt, 22, bytes, 16, &size), OK);
	hkdf_sha256(secret, 16, bytes, 16, "symbolon enrol v1", k, 32);
	assert_int_equal(jose_key_thumbprint(key, thumbprint), OK);
	text_init(&message, 1024);
	text_add_bytes(&message, "symbolon-enrol", 15);
	text_add_bytes(&message, test->settings.issuer, strlen(test->settings.issuer) + 1);
	text_add_bytes(&message, started->it.id, strlen(started->it.id) + 1);
	text_add(&message, thumbprint);
	hmac_sha256(k, 32, message.data, message.size, mac);
	base64url_format(mac, 32, out);
	text_done(&message);
}

static void claim(json_t *claims, const char *key, const char *value, const char *changed)
{
	const char *said = changed ? changed : value;

	if (said && strcmp(said, "-") != 0)
		assert_int_equal(json_object_set_new(claims, key, json_string(said)), 0);
}

static const char *redeem_sign(struct core_test *test, const struct started *started, const struct jose_key *key,
			       const struct redeem_change *change)
{
	scoped_json *header = json_pack("{s:s}", "typ", change->typ ? change->typ : "symbolon-enrol+jwt");
	scoped_json *claims = json_pack("{s:I, s:s}", "iat", (json_int_t)(change->iat ? change->iat : test->now),
					"platform", "Tests");
	char proof[BASE64URL_SIZE(32) + 1], *jws;
	const char *payload;

	if (!change->no_jwk)
		assert_int_equal(json_object_set_new(header, "jwk",
						     json_loads(change->private_jwk
									? jose_key_private(test->arena, key)
									: jose_key_public(test->arena, key, NULL),
								0, NULL)),
				 0);
	proof_make(test, started, key, change, proof);
	claim(claims, "aud", test->settings.issuer, change->aud);
	claim(claims, "jti", "AAAAAAAAAAAAAAAAAAAAAA", change->jti);
	claim(claims, "enrolment", started->it.id, change->enrolment);
	claim(claims, "proof", proof, change->proof);
	claim(claims, "name", "A phone", change->name);
	payload = json_format(test->arena, claims);
	IS(jose_sign(test->arena, change->signer ? change->signer : key, header, payload, strlen(payload), &jws), OK);
	return jws;
}

static void json_drop(void *json)
{
	json_decref(json);
}

static enum status redeem(struct core_test *test, const struct started *started, const struct jose_key *key,
			  const struct redeem_change *change, json_t **ret_json)
{
	const char *jws = redeem_sign(test, started, key, change);
	json_t *json = NULL;
	enum status status =
		enrolment_redeem(&test->core, test->arena, started->it.id, jws, strlen(jws), test->now, &json);

	if (json)
		assert_int_equal(arena_defer(test->arena, json_drop, json), 0);
	if (ret_json)
		*ret_json = json;
	return status;
}

static const struct redeem_change right;

static struct enrolment_state look(struct core_test *test, const struct started *started)
{
	struct enrolment_state state;

	IS(enrolment_look(&test->core, test->arena, started->it.id, test->now, &state), OK);
	return state;
}

static const char *redeemed_digits(struct core_test *test, const struct started *started, const struct jose_key *key,
				   const char **ret_device)
{
	json_t *json;

	IS(redeem(test, started, key, &right, &json), OK);
	assert_string_equal(json_get_string(json, "state"), "confirm");
	assert_string_equal(json_get_string(json_object_get(json, "account"), "username"), "demo");
	*ret_device = json_get_string(json, "device_id");
	assert_int_equal(strspn(json_get_string(json, "digits"), "0123456789"), 6);
	return json_get_string(json, "digits");
}

/* Mutation: any one comparison of key_check, claims_check or proof_check left out. */
static void every_wrong_redemption_is_refused_and_leaves_it_open(void **state)
{
	struct core_test *test = *state;
	const struct started started = start(test, false);
	struct jose_key *key = key_new(test), *other = key_new(test);
	struct redeem_change cases[] = {
		{.typ = "symbolon-request+jwt"},
		{.typ = ""},
		{.aud = "https://id.example.com"},
		{.aud = "-"},
		{.enrolment = "AAAAAAAAAAAAAAAAAAAAAA"},
		{.enrolment = "-"},
		{.jti = "-"},
		{.secret = "AAAAAAAAAAAAAAAAAAAAAA"},
		{.salt = "AAAAAAAAAAAAAAAAAAAAAA"},
		{.proof = "-"},
		{.proof = ""},
		{.proof = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
		{.iat = CORE_NOW - 61},
		{.iat = CORE_NOW + 61},
		{.no_jwk = true},
		{.private_jwk = true},
		{.signer = other},
	};

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		enum status status = redeem(test, &started, key, &cases[i], NULL);

		if (status != E_REFUSED)
			fail_msg("case %zu: %s", i, status_name(status));
		assert_string_equal(look(test, &started).state, "open");
	}
	IS(redeem(test, &started, key, &right, NULL), OK);
}

/* T16. Mutation: a device inserted as active. */
static void a_device_is_active_only_after_its_digits_were_typed(void **state)
{
	struct core_test *test = *state;
	const struct started started = start(test, true);
	const char *id, *digits = redeemed_digits(test, &started, key_new(test), &id);
	struct device_row device = {.id = id, .user_id = test->user_id, .name = "A phone"};
	json_t *json;

	assert_string_equal(look(test, &started).state, "confirm");
	assert_string_equal(look(test, &started).device_name, "A phone");
	IS(enrolment_poll(&test->core, test->arena, started.it.id, &device, test->now, &json), OK);
	assert_string_equal(json_get_string(json, "state"), "confirm");
	assert_null(json_get_string(json, "totp"));
	json_decref(json);
	IS(enrolment_confirm(&test->core, test->arena, started.it.id, digits, test->now), OK);
	assert_string_equal(look(test, &started).state, "active");
	for (int i = 0; i < 2; i++) { /* the seed leaves once. Mutation: no store_replay_insert in totp_write */
		IS(enrolment_poll(&test->core, test->arena, started.it.id, &device, test->now, &json), OK);
		assert_string_equal(json_get_string(json, "state"), "active");
		assert_int_equal(json_get_string(json, "totp") != NULL, i == 0);
		json_decref(json);
	}
	device.id = "AAAAAAAAAAAAAAAAAAAAAA";
	IS(enrolment_poll(&test->core, test->arena, started.it.id, &device, test->now, &json), E_NOT_FOUND);
	IS(enrolment_confirm(&test->core, test->arena, started.it.id, digits, test->now), E_CONFLICT);
}

/* Mutation: a second attempt allowed, or only the enrolment voided and not the device. */
static void wrong_digits_void_it_at_once(void **state)
{
	static const char *const wrong[] = {"", "00000", "abcdef", "1234567"};
	struct core_test *test = *state;

	for (size_t i = 0; i < ARRAY_COUNT(wrong); i++) {
		const struct started started = start(test, false);
		const char *id, *digits = redeemed_digits(test, &started, key_new(test), &id);
		struct device_row device = {.id = id, .user_id = test->user_id};
		json_t *json;

		IS(enrolment_confirm(&test->core, test->arena, started.it.id, wrong[i], test->now), E_REFUSED);
		assert_string_equal(look(test, &started).state, "void");
		IS(enrolment_confirm(&test->core, test->arena, started.it.id, digits, test->now), E_CONFLICT);
		IS(enrolment_poll(&test->core, test->arena, started.it.id, &device, test->now, &json), E_EXPIRED);
		IS(device_revoke(&test->core, id, test->now), E_CONFLICT); /* it is not active */
		IS(redeem(test, &started, key_new(test), &right, NULL), E_EXPIRED);
	}
}

/* Mutation: `open` not asked in redeem_write, or nobody told. */
static void the_first_device_wins_and_both_sides_hear_of_the_second(void **state)
{
	struct core_test *test = *state;
	const struct started started = start(test, false);
	struct jose_key *first = key_new(test), *second = key_new(test);
	const char *id, *again, *digits = redeemed_digits(test, &started, first, &id);

	assert_false(look(test, &started).contested);
	assert_string_equal(redeemed_digits(test, &started, first, &again), digits); /* its answer was lost */
	assert_string_equal(again, id);
	assert_false(look(test, &started).contested);
	IS(redeem(test, &started, second, &right, NULL), E_CONFLICT);
	assert_true(look(test, &started).contested);
	assert_true(audited(test, "enrolment.second_device"));
	IS(enrolment_confirm(&test->core, test->arena, started.it.id, digits, test->now), OK);
	IS(redeem(test, &started, second, &right, NULL), E_CONFLICT);
	IS(redeem(test, &started, first, &right, NULL), E_CONFLICT); /* and no digits any more */
}

struct racer {
	struct core_test *test;
	const char *id, *jws;
	enum status status;
	pthread_t thread;
};

static void *race(void *ctx)
{
	struct racer *racer = ctx;
	struct arena *arena = arena_new(1 << 20);
	json_t *json = NULL;

	racer->status = enrolment_redeem(&racer->test->core, arena, racer->id, racer->jws, strlen(racer->jws),
					 racer->test->now, &json);
	json_decref(json);
	arena_free(arena);
	return NULL;
}

static void of_sixteen_devices_at_once_one_wins(void **state)
{
	struct core_test *test = *state;
	const struct started started = start(test, false);
	struct racer racers[16];
	int won = 0;

	for (size_t i = 0; i < ARRAY_COUNT(racers); i++)
		racers[i] = (struct racer){.test = test,
					   .id = started.it.id,
					   .jws = redeem_sign(test, &started, key_new(test), &right)};
	for (size_t i = 0; i < ARRAY_COUNT(racers); i++)
		assert_int_equal(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
	for (size_t i = 0; i < ARRAY_COUNT(racers); i++) {
		pthread_join(racers[i].thread, NULL);
		won += racers[i].status == OK;
		assert_true(racers[i].status == OK || racers[i].status == E_CONFLICT);
	}
	assert_int_equal(won, 1);
}

/* Mutation: any of the comparisons with expires_at. */
static void after_ten_minutes_it_is_over(void **state)
{
	struct core_test *test = *state;
	const struct started open = start(test, false), confirm = start(test, false);
	const char *id, *digits = redeemed_digits(test, &confirm, key_new(test), &id);
	json_t *json = NULL;

	test->now += test->settings.life.enrolment_s;
	assert_string_equal(look(test, &open).state, "expired");
	IS(redeem(test, &open, key_new(test), &right, NULL), E_EXPIRED);
	IS(enrolment_lookup(&test->core, test->arena, open.it.typed_code, "192.0.2.7", test->now, &json), E_NOT_FOUND);
	IS(enrolment_confirm(&test->core, test->arena, confirm.it.id, digits, test->now), E_EXPIRED);
	test->now -= 1;
	IS(enrolment_confirm(&test->core, test->arena, confirm.it.id, digits, test->now), OK);
	IS(enrolment_void(&test->core, open.it.id, test->now), OK);
	assert_string_equal(look(test, &open).state, "void");
	IS(enrolment_void(&test->core, confirm.it.id, test->now), E_CONFLICT); /* that is for revoking */
	assert_string_equal(look(test, &confirm).state, "active");
}

static void a_typed_code_works_once(void **state)
{
	struct core_test *test = *state;
	const struct started started = start(test, false);
	char *lower = text_lower(test->arena, started.it.typed_code);
	json_t *json = NULL;

	lower[5] = ' ';
	IS(enrolment_lookup(&test->core, test->arena, lower, "192.0.2.7", test->now, &json), OK);
	assert_string_equal(json_get_string(json, "id"), started.it.id);
	assert_string_equal(json_get_string(json, "secret"), started.secret);
	json_decref(json);
	IS(enrolment_lookup(&test->core, test->arena, started.it.typed_code, "192.0.2.7", test->now, &json),
	   E_NOT_FOUND); /* Mutation: no code_taken */
	IS(enrolment_lookup(&test->core, test->arena, "", "192.0.2.7", test->now, &json), E_INVALID);
	IS(enrolment_lookup(&test->core, test->arena, "AAAAA-AAAAU", "192.0.2.7", test->now, &json), E_INVALID);
}

/* Beyond the limit a right code gets the answer that a wrong one gets. Mutation: only wrong ones counted. */
static void an_address_looks_up_twenty_codes_an_hour(void **state)
{
	struct core_test *test = *state;
	const struct started started = start(test, false);
	json_t *json = NULL;

	for (int i = 0; i < 20; i++)
		IS(enrolment_lookup(&test->core, test->arena, arena_format(test->arena, "00000-000%02d", i),
				    i % 2 ? "192.0.2.7" : "192.0.2.99", test->now, &json),
		   E_NOT_FOUND);
	IS(enrolment_lookup(&test->core, test->arena, started.it.typed_code, "192.0.2.1", test->now, &json), E_BUSY);
	IS(enrolment_lookup(&test->core, test->arena, started.it.typed_code, "198.51.100.1", test->now, &json), OK);
	json_decref(json);
}

static void a_name_from_a_device_is_made_fit_to_be_shown(void **state)
{
	struct core_test *test = *state;
	const struct started started = start(test, false), blank = start(test, false);
	const struct redeem_change spaces = {.name = "   "}, change = {.name = "\xe2\x80\xae"
									       "enohp\x1b[2J\n<b>"};

	IS(redeem(test, &started, key_new(test), &change, NULL), OK);
	assert_true(text_is_displayable(look(test, &started).device_name));
	IS(redeem(test, &blank, key_new(test), &spaces, NULL), OK);
	assert_string_equal(look(test, &blank).device_name, "A device");
}

int main(void)
{
#define T(name_) cmocka_unit_test_setup_teardown(name_, core_setup, core_teardown)
	const struct CMUnitTest tests[] = {
		T(every_wrong_redemption_is_refused_and_leaves_it_open),
		T(a_device_is_active_only_after_its_digits_were_typed),
		T(wrong_digits_void_it_at_once),
		T(the_first_device_wins_and_both_sides_hear_of_the_second),
		T(of_sixteen_devices_at_once_one_wins),
		T(after_ten_minutes_it_is_over),
		T(a_typed_code_works_once),
		T(an_address_looks_up_twenty_codes_an_hour),
		T(a_name_from_a_device_is_made_fit_to_be_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
