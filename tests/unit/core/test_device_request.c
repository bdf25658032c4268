/* Signed requests and what a device changes by them (PROTOCOL, "Signed requests"). SECURITY 1a N4; 5 T21. */
#include "core_fixture.h"

#include "base/encode.h"
#include "base/text.h"
#include "crypto/hash.h"

/* What is set replaces the right value; "-" leaves the claim out. */
struct request_change {
	const char *typ, *aud, *htm, *htu, *bh, *jti, *kid, *scheme;
	int64_t iat;
	const struct jose_key *key;
	/* What the server sees of the request itself. */
	const char *method, *path, *body;
};

static void claim(json_t *claims, const char *key, const char *value, const char *changed)
{
	const char *said = changed ? changed : value;

	if (said && strcmp(said, "-") != 0)
		assert_int_equal(json_object_set_new(claims, key, json_string(said)), 0);
}

static const char body[] = "{\"answer\":\"x\"}";

static enum status request_send(struct core_test *test, const struct phone *phone, const struct request_change *change,
				bool allow_confirm, bool *ret_clock_off)
{
	scoped_json *header = json_pack("{s:s, s:s}", "typ", change->typ ? change->typ : "symbolon-request+jwt", "kid",
					change->kid ? change->kid : phone->id);
	scoped_json *claims = json_pack("{s:I}", "iat", (json_int_t)(change->iat ? change->iat : test->now));
	struct device_request request = {.method = change->method ? change->method : "POST",
					 .path = change->path ? change->path : "/device/v1/expect",
					 .body = change->body ? change->body : body};
	struct device_row device;
	const char *jti, *payload;
	char bh[BASE64URL_SIZE(32) + 1], *jws;
	uint8_t hash[32];

	sha256(body, strlen(body), hash);
	base64url_format(hash, 32, bh);
	claim(claims, "aud", test->settings.issuer, change->aud);
	claim(claims, "htm", "POST", change->htm);
	claim(claims, "htu", "https://id.example.org/device/v1/expect", change->htu);
	claim(claims, "bh", bh, change->bh);
	claim(claims, "jti", "AAAAAAAAAAAAAAAAAAAAAA", change->jti);
	payload = json_format(test->arena, claims);
	IS(jose_sign(test->arena, change->key ? change->key : phone->key, header, payload, strlen(payload), &jws), OK);
	request.authorization = arena_format(test->arena, "%s%s", change->scheme ? change->scheme : "Symbolon ", jws);
	request.body_size = strlen(request.body);
	return device_request_verify(&test->core, test->arena, &request, allow_confirm, test->now, &device, &jti,
				     ret_clock_off);
}

/* Mutation: any one comparison of claims_check or body_check left out. */
static void every_wrong_claim_of_a_request_is_refused(void **state)
{
	struct core_test *test = *state;
	struct phone phone, other;
	bool off;
	struct request_change cases[] = {
		{.typ = "symbolon-answer+jwt"},
		{.typ = ""},
		{.aud = "https://id.example.com"},
		{.aud = "-"},
		{.htm = "GET"},
		{.htm = "post"},
		{.htm = "-"},
		{.htu = "https://id.example.org/device/v1/expect/"},
		{.htu = "https://id.example.com/device/v1/expect"},
		{.htu = "/device/v1/expect"},
		{.htu = "-"},
		{.bh = "-"},
		{.bh = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
		{.jti = "-"},
		{.jti = "short"},
		{.jti = "AAAAAAAAAAAAAAAAAAAAA"},
		{.jti = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
		{.scheme = "Bearer "},
		{.scheme = "symbolon "},
		{.scheme = ""},
		{.scheme = "Symbolon  "},
		{.kid = "short"},
		{.method = "DELETE"},
		{.path = "/device/v1/device"},
		{.body = ""},
		{.body = "{}"},
		{.key = NULL},
	};

	phone_make(test, test->user_id, &phone);
	phone_make(test, test->user_id, &other);
	cases[ARRAY_COUNT(cases) - 1].key = other.key;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		enum status status = request_send(test, &phone, &cases[i], false, &off);

		if (status != E_REFUSED || off)
			fail_msg("case %zu: %s", i, status_name(status));
	}
	IS(request_send(test, &phone, &(struct request_change){.kid = "AAAAAAAAAAAAAAAAAAAAAA"}, false, &off),
	   E_NOT_FOUND);
	IS(request_send(test, &phone, &(struct request_change){0}, false, &off), OK);
	IS(request_send(test, &phone, &(struct request_change){.body = "", .bh = "-"}, false, &off), OK);
}

/* The clock is told only to whom the signature fits. */
static void a_wrong_clock_is_told_to_the_device_alone(void **state)
{
	static const struct {
		int64_t off;
		bool fine;
	} cases[] = {{-61, false}, {-60, true}, {60, true}, {61, false}, {86400, false}};
	struct core_test *test = *state;
	struct phone phone, other;
	bool off;

	phone_make(test, test->user_id, &phone);
	phone_make(test, test->user_id, &other);
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct request_change change = {.iat = test->now + cases[i].off};

		IS(request_send(test, &phone, &change, false, &off), cases[i].fine ? OK : E_REFUSED);
		assert_int_equal(off, !cases[i].fine);
		change.key = other.key;
		IS(request_send(test, &phone, &change, false, &off), E_REFUSED);
		assert_false(off);
	}
}

static enum status restored_at_set(struct store_tx *tx, void *ctx)
{
	return store_meta_set(tx, "restored_at", ctx);
}

/* Mutation: is_from_before without its minute, or left out. */
static void what_was_signed_before_a_restore_is_refused(void **state)
{
	static const struct {
		int64_t after; /* signed so long after the restore */
		int64_t sent;  /* and sent so long after it */
		enum status expected;
	} cases[] = {
		{-60, 0, E_EXPIRED}, {0, 0, E_EXPIRED},    {0, 60, E_EXPIRED}, {60, 0, E_EXPIRED},
		{60, 60, E_EXPIRED}, {60, 120, E_EXPIRED}, {61, 61, OK},       {61, 1, OK},
	};
	struct core_test *test = *state;
	const int64_t restored_at = test->now;
	char text[24];
	struct phone phone;
	bool off;

	phone_make(test, test->user_id, &phone);
	snprintf(text, sizeof(text), "%lld", (long long)restored_at);
	IS(store_write(test->core.store, restored_at_set, text), OK);
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		const struct request_change change = {.iat = restored_at + cases[i].after};

		test->now = restored_at + cases[i].sent;
		IS(request_send(test, &phone, &change, false, &off), cases[i].expected);
	}
}

static void a_change_is_taken_once(void **state)
{
	struct core_test *test = *state;
	struct phone phone, other;
	static const char jti[] = "BBBBBBBBBBBBBBBBBBBBBB";

	phone_make(test, test->user_id, &phone);
	phone_make(test, test->user_id, &other);
	IS(device_expect(&test->core, &phone.row, jti, test->now), OK);
	IS(device_expect(&test->core, &phone.row, jti, test->now), E_CONFLICT); /* Mutation: no device_jti_use */
	IS(device_set_push(&test->core, &phone.row, jti, NULL, test->now, &(struct push_set){0}), E_CONFLICT);
	IS(device_echo(&test->core, &phone.row, jti, "n", test->now), E_CONFLICT);
	IS(device_test_push(&test->core, &phone.row, jti, test->now), E_CONFLICT);
	IS(device_leave(&test->core, &phone.row, jti, test->now), E_CONFLICT);
	IS(device_expect(&test->core, &other.row, jti, test->now), OK); /* another device's own */
}

static void a_device_that_left_or_was_revoked_is_nobody(void **state)
{
	struct core_test *test = *state;
	struct phone phone, other;
	const struct request_change fine = {0};
	bool off;

	phone_make(test, test->user_id, &phone);
	phone_make(test, test->user_id, &other);
	IS(device_revoke(&test->core, phone.id, test->now), OK);
	assert_true(woke(test, "user", test->user_id));
	IS(device_revoke(&test->core, phone.id, test->now), E_CONFLICT);
	IS(request_send(test, &phone, &fine, false, &off), E_NOT_FOUND);
	IS(request_send(test, &phone, &fine, true, &off), E_NOT_FOUND);
	IS(device_leave(&test->core, &other.row, "CCCCCCCCCCCCCCCCCCCCCC", test->now), OK);
	IS(request_send(test, &other, &fine, false, &off), E_NOT_FOUND);
	IS(device_revoke(&test->core, "AAAAAAAAAAAAAAAAAAAAAA", test->now), E_NOT_FOUND);
}

static void a_disabled_persons_device_is_nobody(void **state)
{
	struct core_test *test = *state;
	struct phone phone;
	bool off;

	phone_make(test, test->user_id, &phone);
	user_disable(test, test->user_id);
	IS(request_send(test, &phone, &(struct request_change){0}, false, &off), E_NOT_FOUND);
}

/* Mutation: id_new without its loop; one id in 64 then looks like an option. */
static void ids_can_be_typed_behind_a_command(void **state)
{
	struct core_test *test = *state;
	char id[ID_SIZE];

	for (int i = 0; i < 2000; i++) {
		id_new(test->core.random, id);
		assert_int_equal(strlen(id), ID_SIZE - 1);
		assert_int_not_equal(id[0], '-');
	}
}

int main(void)
{
#define T(name_) cmocka_unit_test_setup_teardown(name_, core_setup, core_teardown)
	const struct CMUnitTest tests[] = {
		T(every_wrong_claim_of_a_request_is_refused),   T(a_wrong_clock_is_told_to_the_device_alone),
		T(what_was_signed_before_a_restore_is_refused), T(a_change_is_taken_once),
		T(a_device_that_left_or_was_revoked_is_nobody), T(a_disabled_persons_device_is_nobody),
		T(ids_can_be_typed_behind_a_command),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
