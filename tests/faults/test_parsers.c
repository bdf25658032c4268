/*
 * Every parser of outside bytes, with one good and one bad input, without memory at each n-th allocation and from there
 * on: the bad one is never taken; the good one is taken as it is without faults, or not at all; nothing leaks.
 *
 * Mutation seen red: json_parse_limited that takes what jansson has read without memory, a claim of which can lack a
 * character.
 */
#include "../unit/core/core_fixture.h"
#include "../unit/crypto/vectors.h"
#include "faults.h"

#include <stdio.h>
#include <stdlib.h>

#include <sanitizer/lsan_interface.h>

#include "base/encode.h"
#include "base/log.h"
#include "base/text.h"
#include "core/keyring.h"
#include "core/policy.h"
#include "crypto/otp.h"
#include "crypto/password.h"
#include "http/guard.h"
#include "http/request.h"

/* One call of the product, with faults; what else a parser here does is the test's own. */
#define ARMED(call_)                                                                                                   \
	({                                                                                                             \
		faults_arm();                                                                                          \
		__auto_type result_ = (call_);                                                                         \
		faults_disarm();                                                                                       \
		result_;                                                                                               \
	})

static struct core_test *test;
static struct phone phone;
static struct arena *arena; /* of this run */

/* What was taken, as text; NULL when it was refused, for whatever reason. */
typedef const char *parser(const char *input);

static const char *form(const char *input)
{
	struct form *form = NULL;
	const char *said = "";

	if (ARMED(form_parse(arena, input, strlen(input), &form)) != OK)
		return NULL;
	for (size_t i = 0; i < form_count(form); i++) {
		const char *name, *value;

		form_at(form, i, &name, &value);
		said = arena_format(arena, "%s[%s=%s]", said, name, value);
	}
	return said;
}

static const char *cookie(const char *input)
{
	struct http_header header = {"Cookie", arena_strdup(arena, input)};
	const struct request request = {.arena = arena, .headers = &header, .header_count = 1};
	const char *value = NULL;

	return ARMED(request_cookie(&request, "__Host-s", &value)) == OK ? value : NULL;
}

static const char *guard(const char *input)
{
	struct guard_limits limits = {0};
	struct guard state;
	size_t used = 0;

	guard_limits_fill(&limits);
	guard_init(&state, &limits);
	if (ARMED(guard_feed(&state, (const uint8_t *)input, strlen(input), &used)) != GUARD_COMPLETE)
		return NULL;
	return arena_format(arena, "%zu", used);
}

static const char *json(const char *input)
{
	scoped_json *json = NULL;

	return ARMED(json_parse_limited(input, strlen(input), 8, &json)) == OK ? json_format(arena, json) : NULL;
}

static const char *jws(const char *input)
{
	scoped_jose_key *key = NULL;
	struct jose_parts parts = {0};

	IS(jose_public_parse(A3_PUBLIC, strlen(A3_PUBLIC), &key), OK);
	if (ARMED(jose_parse(arena, input, strlen(input), 4096, &parts)) != OK ||
	    ARMED(jose_verify(&parts, key, parts.typ)) != OK)
		return NULL;
	return json_format(arena, parts.payload);
}

static const char *jwk(const char *input)
{
	scoped_jose_key *key = NULL;

	return ARMED(jose_public_parse(input, strlen(input), &key)) == OK ? jose_key_public(arena, key, "k") : NULL;
}

static const char *otpauth(const char *input)
{
	const char *problem = NULL;
	struct otpauth otp;

	return ARMED(otpauth_parse(arena, input, &otp, &problem)) == OK ? otpauth_format(arena, &otp) : NULL;
}

/* What the policy of a configuration says to one who must be refused and to one who must prove two things. */
static const char *settings(const char *input)
{
	static const char *const clients[] = {"vault", "wiki", "mail"};
	const struct settings *settings = NULL;
	struct text errors;
	enum status status;
	const char *said;

	text_init(&errors, 4096);
	status = ARMED(settings_parse(arena, "/etc/symbolon.yaml", input, strlen(input), &settings, &errors));
	text_done(&errors);
	if (status != OK)
		return NULL;
	said = settings->issuer;
	for (size_t i = 0; i < ARRAY_COUNT(clients); i++) {
		const struct policy_input in = {.client_id = clients[i], .has = {true, true, true, true}};
		struct decision decision = {0};

		if (ARMED(policy_evaluate(arena, settings->policy, &in, &decision)) != OK)
			return NULL;
		said = arena_format(arena, "%s\n%s", said, decision_format(arena, &decision));
	}
	return said;
}

static const char *decision(const char *input)
{
	struct decision decision = {0};

	if (ARMED(decision_parse(arena, input, &decision)) != OK)
		return NULL;
	return arena_format(arena, "%s %d", decision_format(arena, &decision),
			    decision_next(&decision, NULL, 0) != NULL);
}

static const char *proofs(const char *input)
{
	struct proof proofs[PROOFS_MAX];
	size_t count = 0;

	return ARMED(proofs_parse(input, proofs, &count)) == OK ? proofs_format(arena, proofs, count) : NULL;
}

static const char *redirect(const char *input)
{
	const struct client_row client = {.redirect_uris = "[\"https://a.example/cb\",\"https://b.example/cb\"]"};

	return ARMED(redirect_uri_matches(&client, input)) ? "yes" : NULL;
}

/* An authorization request whose redirect_uri is the input: what is stored of it, and where its answer goes. */
static const char *authorize(const char *input)
{
	const struct client_row client = {.id = "web", .redirect_uris = "[\"https://a.example/cb\"]", .alg = "ES256"};
	const struct authorize_raw raw = {.client_id = "web",
					  .redirect_uri = input,
					  .response_type = "code",
					  .scope = "openid",
					  .state = "s",
					  .nonce = "n",
					  .prompt = "login",
					  .max_age = "60",
					  .code_challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
					  .code_challenge_method = "S256"};
	struct authorize_response response;
	struct authorize_result result;
	const char *stored;

	if (ARMED(authorize_judge(arena, &raw, &client, &result)) != OK || result.answer != AUTHORIZE_GO)
		return NULL;
	stored = ARMED(authorize_params_format(arena, &result.params));
	if (!stored || ARMED(authorize_params_parse(arena, stored, &result.params)) != OK ||
	    ARMED(authorize_response_code(&test->core, arena, &result.params, "code", &response)) != OK)
		return NULL;
	return arena_format(arena, "%s %s %s", stored, response.location,
			    authorize_params_format(arena, &result.params));
}

/* The stored form of "password"; the input is what is typed. */
static const char *password(const char *input)
{
	bool matches = false;

	if (ARMED(password_verify_imported(input, "$2b$04$CCCCCCCCCCCCCCCCCCCCC.FXJHjF.8tyWAsIeGLxC7hC/nyX4QxgC",
					   &matches)) != OK)
		return NULL;
	return matches ? "yes" : NULL;
}

/* The keyholder's messages: a key under its own kid, or under another. */
static const char *keyholder(const char *input)
{
	const uint8_t raw[32] = "raw";
	struct sealed_key pepper = keyring_view(test->core.keyring)->pepper;
	uint8_t mac[32];
	char text[BASE64URL_SIZE(32) + 1];

	if (*input)
		pepper.kid = input;
	if (ARMED(keyholder_pepper(test->core.keyholder, &pepper, raw, mac)) != OK)
		return NULL;
	base64url_format(mac, 32, text);
	return arena_strdup(arena, text);
}

/* A device's signed request; the input is the htm that it claims, for a POST. */
static const char *device_request(const char *input)
{
	scoped_json *header = json_pack("{s:s, s:s}", "typ", "symbolon-request+jwt", "kid", phone.id);
	scoped_json *claims = json_pack("{s:s, s:s, s:s, s:s, s:I}", "aud", test->settings.issuer, "htm", input, "htu",
					"https://id.example.org/device/expect", "jti", "AAAAAAAAAAAAAAAAAAAAAA", "iat",
					(json_int_t)test->now);
	const char *payload = json_format(arena, claims), *jti = NULL;
	struct device_row row;
	bool is_off;
	char *signed_request;

	IS(jose_sign(arena, phone.key, header, payload, strlen(payload), &signed_request), OK);
	const struct device_request request = {.authorization = arena_format(arena, "Symbolon %s", signed_request),
					       .method = "POST",
					       .path = "/device/expect",
					       .body = ""};
	if (ARMED(device_request_verify(&test->core, arena, &request, false, test->now, &row, &jti, &is_off)) != OK)
		return NULL;
	return arena_format(arena, "%s %s", row.id, jti);
}

/* A device's answer and an enrolment's redemption that are not signed as they must be. The good ones are in the flows.
 */
static const char *device_answer(const char *input)
{
	struct challenge_settled settled;
	const struct challenge_answer sent = {.jws = input,
					      .jws_size = strlen(input),
					      .device = &phone.row,
					      .ip = "192.0.2.1"};

	return ARMED(challenge_answer(&test->core, arena, "AAAAAAAAAAAAAAAAAAAAAA", &sent, test->now, &settled)) == OK
		       ? "yes"
		       : NULL;
}

static const char *enrolment(const char *input)
{
	scoped_json *json = NULL;

	return ARMED(enrolment_redeem(&test->core, arena, "AAAAAAAAAAAAAAAAAAAAAA", input, strlen(input), test->now,
				      &json)) == OK
		       ? "yes"
		       : NULL;
}

#define BAD_JWS                                                                                                        \
	"eyJhbGciOiJFUzI1NiJ9." RFC7515_PAYLOAD                                                                        \
	".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1w"
#define YAML(rule_)                                                                                                    \
	"issuer: https://id.example.org\npolicy:\n  default: { ask: [password, \"push:enter:6 | totp\"] }\n  rules:\n" \
	"    - { name: vault, when: { client: vault }, " rule_ " }\n    - { name: wiki, when: { client: wiki }, ask: " \
	"[password, \"totp\"] }\n"
#define DECISION(steps_)                                                                                               \
	"{\"outcome\":\"ask\",\"rule\":\"default\",\"asked\":" steps_ ",\"why_key\":\"enter_default\",\"why\":\"Why."  \
	"\"}"

static const struct row {
	const char *name;
	parser *parse;
	const char *good; /* NULL: none here */
	const char *bad;
} rows[] = {
	{"form", form, "a=1&name=%C3%A4+x&empty=", "a=1&a=2"},
	{"form, broken escape", form, "a=b", "a=%4"},
	{"cookie", cookie, "x=1; __Host-s=abc; y=2", "x=1; __Host-s=abc; __Host-s=abd"},
	{"guard", guard, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"},
	{"json", json, "{\"a\":[1,\"\\u00e4\",{\"b\":null}],\"c\":true}", "{\"a\":1,\"a\":2}"},
	{"jws", jws, A3_JWS, BAD_JWS},
	{"jwk", jwk, A3_PUBLIC, A3_PRIVATE},
	{"otpauth", otpauth, "otpauth://totp/Example:demo?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Example",
	 "otpauth://totp/Example:demo?secret=GEZDGNBVGY3TQOJQ&secret=GEZDGNBVGY3TQOJQ"},
	{"settings", settings, YAML("deny: true"), YAML("deny: perhaps")},
	{"decision", decision, DECISION("[[\"password\"],[\"push:enter:6\",\"totp\"]]"), DECISION("[[\"hope\"]]")},
	{"proofs", proofs, "[{\"factor\":\"push\",\"at\":1,\"mode\":\"enter\",\"digits\":6}]",
	 "[{\"factor\":\"hope\",\"at\":1}]"},
	{"redirect", redirect, "https://b.example/cb", "https://b.example/cb/"},
	{"authorize", authorize, "https://a.example/cb", "https://a.example/cb?x"},
	{"password", password, "password", "passw0rd"},
	{"keyholder", keyholder, "", "another"},
	{"device request", device_request, "POST", "GET"},
	{"device answer", device_answer, NULL, BAD_JWS},
	{"enrolment", enrolment, NULL, BAD_JWS},
};

static const char *parse(const struct row *row, const char *input, struct fault fault)
{
	const char *said;

	faults_set(fault);
	said = row->parse(input);
	faults_disarm();
	return said;
}

static void good_is_taken_whole_or_not(const struct row *row, struct fault fault)
{
	const char *whole = parse(row, row->good, (struct fault){0});
	const char *said = parse(row, row->good, fault);

	assert_non_null(whole);
	if (said && strcmp(said, whole) != 0)
		fail_msg("allocation %u%s: taken as\n%s\nand not as\n%s", fault.n, fault.lasting ? " and on" : "", said,
			 whole);
}

static unsigned every(const struct row *row, bool lasting)
{
	unsigned n = 0;
	bool was_hit = true;

	while (was_hit) {
		const struct fault fault = {FAULT_MEMORY, lasting, ++n};

		arena = arena_new(8 << 20);
		if (row->good)
			good_is_taken_whole_or_not(row, fault);
		was_hit = row->good && faults_hits() > 0;
		if (parse(row, row->bad, fault))
			fail_msg("allocation %u%s: the bad input was taken", n, lasting ? " and on" : "");
		was_hit |= faults_hits() > 0;
		arena_free(arena);
	}
	return n - 1;
}

static void a_failed_allocation_opens_nothing(void **state)
{
	const struct row *row = *state;
	const unsigned once = every(row, false), lasting = every(row, true);

	print_message("%-24s %5u allocations once, %5u and on\n", row->name, once, lasting);
	assert_false(__lsan_do_recoverable_leak_check());
}

static void silence(void *ctx, const char *line)
{
	(void)ctx;
	(void)line;
}

static int group_begin(void **state)
{
	(void)state;
	void *made = NULL;

	core_setup(&made);
	test = made;
	phone_make(test, test->user_id, &phone);
	log_sink_set(silence, NULL);
	return 0;
}

static int group_end(void **state)
{
	(void)state;
	void *gone = test;

	return core_teardown(&gone);
}

int main(void)
{
	static struct CMUnitTest tests[ARRAY_COUNT(rows)];

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		tests[i] = (struct CMUnitTest){.name = rows[i].name,
					       .test_func = a_failed_allocation_opens_nothing,
					       .initial_state = (void *)(uintptr_t)&rows[i]};
	return cmocka_run_group_tests_name("parsers", tests, group_begin, group_end);
}
