#include "scene.h"

#include <string.h>

#include "base/encode.h"
#include "base/text.h"
#include "crypto/hash.h"

/* ---- what a browser holds ---- */

static void hold(struct run *run, const char *hash)
{
	assert_true(run->held_count < ARRAY_COUNT(run->held));
	run->held[run->held_count++] = hash;
}

/* ---- a browser ---- */

struct visit {
	struct browser browser;
	const char *login, *challenge, *code;
};

/*
 * A right request is never refused, but for want of memory: whether an address is registered is then answered with no,
 * and the page says that it is not. Nothing is given, so that is a failed step like others.
 */
static bool request_goes(struct run *run, const struct authorize_raw *raw, struct authorize_result *ret_request)
{
	struct core_test *test = run->test;

	if (!STEP(run, authorize_check(&test->core, test->arena, raw, ret_request)))
		return false;
	if (ret_request->answer == AUTHORIZE_GO)
		return true;
	return step_done(run, "the request is right", E_NOMEM);
}

static bool visit_begin(struct run *run, struct visit *visit, const char *client)
{
	struct core_test *test = run->test;
	const struct authorize_raw raw = raw_for(test, client);
	const struct login_browser sent = browser_sends(&visit->browser);
	struct authorize_result request;
	struct login_begun begun = {0};

	if (!request_goes(run, &raw, &request) ||
	    !STEP(run, login_begin(&test->core, test->arena, &request, &sent, test->now, &begun)))
		return false;
	must_not(run, begun.has_response, "signed in without a page");
	visit->login = arena_strdup(test->arena, begun.id);
	return !run->problem;
}

/* A new browser: name and password. */
static bool visit_password(struct run *run, struct visit *visit, const char *client)
{
	struct core_test *test = run->test;

	*visit = (struct visit){.browser = browser_new(test)};
	return visit_begin(run, visit, client) &&
	       STEP(run, page_identify(test, &visit->browser, visit->login, "demo", NULL)) &&
	       STEP(run, page_password(test, &visit->browser, visit->login, DEMO_PASSWORD, NULL));
}

static bool visit_finish(struct run *run, struct visit *visit)
{
	struct core_test *test = run->test;
	struct login_finished finished = {0};
	const char *code;

	if (!STEP(run, page_finish(test, &visit->browser, visit->login, &finished))) {
		run->failed_finishes++;
		must_not(run, finished.set_session || finished.response.location, "an error that gives a session");
		return false;
	}
	code = strstr(finished.response.location, "code=");
	must_not(run, !code || !finished.set_session, "signed in without a code, or without a session");
	if (run->problem)
		return false;
	visit->code = arena_strndup(test->arena, code + 5, strcspn(code + 5, "&"));
	hold(run, hash_text(run, visit->code));
	hold(run, hash_text(run, visit->browser.session));
	promise(run, "signed in", "SELECT COUNT(*) FROM sessions WHERE ended_at = 0 AND token_hash = %s",
		hash_text(run, visit->browser.session));
	promise(run, "a code", "SELECT COUNT(*) FROM grants WHERE revoked_at = 0 AND code_hash = %s",
		hash_text(run, visit->code));
	return true;
}

/* ---- a phone ---- */

static bool push_wait(struct run *run, struct visit *visit)
{
	struct core_test *test = run->test;
	const char *bytes = NULL;

	if (!STEP(run, page_push(test, &visit->browser, visit->login, NULL)))
		return false;
	visit->challenge = challenge_of(test, visit->login);
	must_not(run, !visit->challenge, "a push that was not sent");
	return !run->problem && STEP(run, challenge_details(&test->core, test->arena, test->user_id, visit->challenge,
							    test->now, &bytes));
}

static bool phone_says(struct run *run, const struct visit *visit, const char *decision)
{
	struct core_test *test = run->test;
	const struct answer_change change = {.decision = decision};
	const char *jws = answer_sign(test, test->arena, run->phone, visit->challenge, &change);

	if (!STEP(run, answer_send(test, run->phone, visit->challenge, jws, NULL))) {
		/* The phone sends the same bytes until it knows: OK, or it was the last thing that still worked. */
		if (faults_hits() == 1 && !fault_power_is_off() && !run->problem)
			must_not(run, answer_send(test, run->phone, visit->challenge, jws, NULL) != OK,
				 "an answer that failed cannot be sent again");
		return false;
	}
	if (strcmp(decision, "report") == 0)
		promise(run, "the report",
			"SELECT COUNT(*) FROM audits WHERE event = 'challenge.reported' AND receipt = '%s'", jws);
	else
		promise(run, "the answer",
			"SELECT COUNT(*) FROM challenges WHERE id = '%s' AND state IN (%s) AND answer = '%s'",
			visit->challenge, strcmp(decision, "approve") == 0 ? "'approved', 'consumed'" : "'denied'",
			jws);
	return true;
}

static bool sign_in_by_push(struct run *run, struct visit *visit, const char *client)
{
	return visit_password(run, visit, client) && push_wait(run, visit) && phone_says(run, visit, "approve") &&
	       visit_finish(run, visit);
}

static void flow_confirm(struct run *run)
{
	struct visit visit;

	sign_in_by_push(run, &visit, "wiki");
}

static void flow_choose(struct run *run)
{
	struct visit visit;

	sign_in_by_push(run, &visit, "choose");
}

static void flow_enter(struct run *run)
{
	struct visit visit;

	sign_in_by_push(run, &visit, "enter");
}

/* ---- codes: once ---- */

static bool proven(struct run *run, const struct visit *visit, const char *factor)
{
	return strstr(login_row_now(run->test, visit->login).proofs,
		      arena_format(run->test->arena, "\"%s\"", factor)) != NULL;
}

/* The same code in another sign-in: at most one of them has it as a proof. */
static void code_twice(struct run *run, const char *factor, const char *code,
		       enum status (*page)(struct core_test *, const struct browser *, const char *, const char *,
					   struct login_view *))
{
	struct visit first, second;

	promise(run, "a code proves once",
		"SELECT COUNT(*) <= 1 FROM logins WHERE proofs LIKE '%%\"%s\"%%' AND created_at = %lld", factor,
		(long long)run->test->now);
	if (!visit_password(run, &first, "codes") ||
	    !STEP(run, page(run->test, &first.browser, first.login, code, NULL)))
		return;
	must_not(run, !proven(run, &first, factor), "a right code was refused");
	promise(run, "the code is used up",
		strcmp(factor, "totp") == 0
			? "SELECT last_step = %lld FROM totps WHERE user_id = '%s'"
			: "SELECT COUNT(*) = 1 FROM recoveries WHERE used_at = %lld AND user_id = '%s'",
		(long long)(strcmp(factor, "totp") == 0 ? run->test->now / 30 : run->test->now), run->test->user_id);
	if (!visit_finish(run, &first) || !visit_password(run, &second, "codes"))
		return;
	faults_arm();
	status_ignore(page(run->test, &second.browser, second.login, code, NULL), "it may not be proven, that is all");
	faults_disarm();
	must_not(run, proven(run, &second, factor), "a code was taken twice");
}

static void flow_totp(struct run *run)
{
	char code[16];

	totp_code(run->app, run->test->now, code);
	code_twice(run, "totp", code, page_totp);
}

static void flow_recovery(struct run *run)
{
	code_twice(run, "recovery", run->recovery[run->attempt], page_recovery);
}

/* ---- no ---- */

static void never_signed_in(struct run *run)
{
	promise(run, "nobody is signed in", "SELECT COUNT(*) = 0 FROM sessions WHERE created_at = %lld",
		(long long)run->test->now);
	promise(run, "nothing is approved",
		"SELECT COUNT(*) = 0 FROM challenges WHERE created_at = %lld AND state IN ('approved', 'consumed')",
		(long long)run->test->now);
}

/* In spite of all: no finish. */
static void finish_fails(struct run *run, struct visit *visit)
{
	enum status status;

	faults_arm();
	status = page_finish(run->test, &visit->browser, visit->login, NULL);
	faults_disarm();
	must_not(run, status == OK, "signed in without the proofs");
}

static void flow_denial(struct run *run)
{
	struct visit visit;

	never_signed_in(run);
	if (!visit_password(run, &visit, "enter") || !push_wait(run, &visit))
		return;
	if (phone_says(run, &visit, "deny"))
		promise(run, "caution", "SELECT caution > 0 FROM users WHERE id = '%s'", run->test->user_id);
	finish_fails(run, &visit);
}

/* A wrong password, a wrong code and a wrong number. */
static void flow_wrong(struct run *run)
{
	struct core_test *test = run->test;
	struct visit visit = {.browser = browser_new(test)};
	const struct answer_change change = {.number = "999999"};
	const char *jws;

	never_signed_in(run);
	if (!visit_begin(run, &visit, "other") ||
	    !STEP(run, page_identify(test, &visit.browser, visit.login, "demo", NULL)))
		return;
	faults_arm();
	status_ignore(page_password(test, &visit.browser, visit.login, "horse-staple-8", NULL),
		      "no proof may come of it");
	faults_disarm();
	must_not(run, proven(run, &visit, "password"), "a wrong password was taken");
	if (!STEP(run, page_password(test, &visit.browser, visit.login, DEMO_PASSWORD, NULL)))
		return;
	faults_arm();
	status_ignore(page_totp(test, &visit.browser, visit.login, "000000", NULL), "no proof may come of it");
	faults_disarm();
	must_not(run, proven(run, &visit, "totp"), "a wrong code was taken");
	if (!push_wait(run, &visit))
		return;
	jws = answer_sign(test, test->arena, run->phone, visit.challenge, &change);
	faults_arm();
	status_ignore(answer_send(test, run->phone, visit.challenge, jws, NULL), "no approval may come of it");
	faults_disarm();
	finish_fails(run, &visit);
}

static void flow_report(struct run *run)
{
	struct visit visit;

	if (!sign_in_by_push(run, &visit, "enter"))
		return;
	if (run->attempt > 0)
		return;    /* a device's second report within a day is not taken (docs): the first may have been */
	promises_end(run); /* what a report takes back; without an answer it may have been taken too */
	if (!phone_says(run, &visit, "report"))
		return;
	promise(run, "the session has ended",
		"SELECT COUNT(*) = 0 FROM sessions WHERE created_at = %lld AND ended_at = 0",
		(long long)run->test->now);
	promise(run, "the code is revoked", "SELECT COUNT(*) FROM grants WHERE revoked_at <> 0 AND code_hash = %s",
		hash_text(run, visit.code));
}

/* ---- enrolment ---- */

/* "symbolon-enrol" 0x00 issuer 0x00 id 0x00 jwk-thumbprint (PROTOCOL.md) */
static const char *redeem_sign(struct run *run, const struct enrolment_started *started, const struct jose_key *key)
{
	struct core_test *test = run->test;
	scoped_json *header = json_pack("{s:s}", "typ", "symbolon-enrol+jwt");
	char thumbprint[44], proof[BASE64URL_SIZE(32) + 1], *jws;
	uint8_t secret[16], salt[16], k[32], mac[32];
	struct text message;
	size_t size;

	json_object_set_new(header, "jwk", json_loads(jose_key_public(test->arena, key, NULL), 0, NULL));
	IS(base64url_parse(strrchr(started->link, '.') + 1, 22, secret, 16, &size), OK);
	IS(base64url_parse(started->id, 22, salt, 16, &size), OK);
	hkdf_sha256(secret, 16, salt, 16, "symbolon enrol v1", k, 32);
	assert_int_equal(jose_key_thumbprint(key, thumbprint), OK);
	text_init(&message, 1024);
	text_add_bytes(&message, "symbolon-enrol", 15);
	text_add_bytes(&message, test->settings.issuer, strlen(test->settings.issuer) + 1);
	text_add_bytes(&message, started->id, strlen(started->id) + 1);
	text_add(&message, thumbprint);
	hmac_sha256(k, 32, message.data, message.size, mac);
	base64url_format(mac, 32, proof);
	text_done(&message);
	scoped_json *claims = json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s}", "iat", (json_int_t)test->now, "platform",
					"Tests", "aud", test->settings.issuer, "jti", "AAAAAAAAAAAAAAAAAAAAAA",
					"enrolment", started->id, "proof", proof, "name", "A phone");
	const char *payload = json_format(test->arena, claims);
	IS(jose_sign(test->arena, key, header, payload, strlen(payload), &jws), OK);
	return jws;
}

static void enrol(struct run *run, const struct jose_key *key)
{
	struct core_test *test = run->test;
	struct enrolment_started started;
	const char *jws, *device, *digits;
	scoped_json *found = NULL, *taken = NULL, *polled = NULL;
	struct device_row row = {.name = "A phone", .user_id = test->user_id};

	if (!STEP(run, enrolment_start(&test->core, test->arena, test->user_id, true, "command", test->now, &started)))
		return;
	promise(run, "the enrolment", "SELECT COUNT(*) FROM enrolments WHERE id = '%s'", started.id);
	if (!STEP(run, enrolment_lookup(&test->core, test->arena, started.typed_code, "192.0.2.9", test->now, &found)))
		return;
	jws = redeem_sign(run, &started, key);
	if (!STEP(run, enrolment_redeem(&test->core, test->arena, started.id, jws, strlen(jws), test->now, &taken)))
		return;
	device = arena_strdup(test->arena, json_get_string(taken, "device_id"));
	digits = arena_strdup(test->arena, json_get_string(taken, "digits"));
	promise(run, "the device", "SELECT COUNT(*) FROM devices WHERE id = '%s' AND state IN ('confirm', 'active')",
		device);
	if (!STEP(run, enrolment_confirm(&test->core, test->arena, started.id, digits, test->now)))
		return;
	promise(run, "it is active", "SELECT COUNT(*) FROM devices WHERE id = '%s' AND state = 'active'", device);
	row.id = device;
	if (STEP(run, enrolment_poll(&test->core, test->arena, started.id, &row, test->now, &polled)))
		must_not(run, strcmp(json_get_string(polled, "state"), "active") != 0, "active, and not told so");
}

static void flow_enrolment(struct run *run)
{
	struct jose_key *key = NULL;

	IS(jose_key_generate(JOSE_ES256, &key), OK);
	enrol(run, key);
	jose_key_free(&key);
}

/* ---- a service ---- */

static bool code_redeem(struct run *run, const struct visit *visit, struct token_set *ret_tokens)
{
	struct core_test *test = run->test;
	const struct token_request request = {.grant_type = "authorization_code",
					      .code = visit->code,
					      .redirect_uri = "https://codes.example.org/cb",
					      .client_id = "codes",
					      .client_secret = test->settings.issuer, /* see scene_make */
					      .client_auth = CLIENT_AUTH_POST,
					      .ip = "192.0.2.1"};
	struct oauth_error refusal = {0};

	*ret_tokens = (struct token_set){0};
	if (!STEP(run, grant_redeem(&test->core, test->arena, &request, test->now, ret_tokens, &refusal))) {
		must_not(run, ret_tokens->access_token || ret_tokens->id_token, "an error that gives tokens");
		return false;
	}
	must_not(run, !refusal.code != !!ret_tokens->access_token, "tokens and a refusal, or neither");
	return !refusal.code;
}

/* A sign-in that meets no fault: what the flow is about comes after it. */
static void quiet_sign_in(struct run *run, struct visit *visit)
{
	struct core_test *test = run->test;
	char code[16];
	struct login_finished finished;
	const char *at;

	totp_code(run->app, test->now, code);
	*visit = (struct visit){.browser = browser_new(test)};
	visit->login = login_new(test, &visit->browser, "codes");
	IS(page_identify(test, &visit->browser, visit->login, "demo", NULL), OK);
	IS(page_password(test, &visit->browser, visit->login, DEMO_PASSWORD, NULL), OK);
	IS(page_totp(test, &visit->browser, visit->login, code, NULL), OK);
	IS(page_finish(test, &visit->browser, visit->login, &finished), OK);
	at = strstr(finished.response.location, "code=") + 5;
	visit->code = arena_strndup(test->arena, at, strcspn(at, "&"));
	hold(run, hash_text(run, visit->code));
	hold(run, hash_text(run, visit->browser.session));
}

/* Redeemed, used, and used again by a thief: then it is revoked. */
static void flow_code(struct run *run)
{
	struct core_test *test = run->test;
	struct token_set tokens, again;
	struct visit visit;
	char *claims = NULL;

	quiet_sign_in(run, &visit);
	if (!code_redeem(run, &visit, &tokens))
		return;
	promise(run, "the code is spent", "SELECT COUNT(*) FROM grants WHERE redeemed_at <> 0 AND code_hash = %s",
		hash_text(run, visit.code));
	promise(run, "the token", "SELECT COUNT(*) FROM tokens WHERE token_hash = %s",
		hash_text(run, tokens.access_token));
	if (!STEP(run, userinfo_get(&test->core, test->arena, tokens.access_token, test->now, &claims)))
		return;
	must_not(run, !strstr(claims, test->user_id), "the claims of nobody");
	must_not(run, code_redeem(run, &visit, &again), "a code gave tokens twice");
	if (run->failed)
		return;
	promise(run, "a code used twice is revoked",
		"SELECT COUNT(*) FROM tokens WHERE revoked_at <> 0 AND token_hash = %s",
		hash_text(run, tokens.access_token));
	faults_arm();
	must_not(run, userinfo_get(&test->core, test->arena, tokens.access_token, test->now, &claims) == OK,
		 "a revoked token is taken");
	faults_disarm();
}

/* Another service in the same browser. */
static void flow_single_sign_on(struct run *run)
{
	struct core_test *test = run->test;
	struct authorize_raw raw = raw_for(test, "wiki");
	struct login_begun begun = {0};
	struct authorize_result request;
	struct visit visit;
	const char *code;

	raw.client_id = "codes";
	raw.redirect_uri = "https://codes.example.org/cb";
	quiet_sign_in(run, &visit);
	const struct login_browser sent = browser_sends(&visit.browser);
	if (!request_goes(run, &raw, &request))
		return;
	if (!STEP(run, login_begin(&test->core, test->arena, &request, &sent, test->now, &begun))) {
		run->failed_finishes++;
		return;
	}
	must_not(run, begun.set_session, "single sign-on raises");
	/* Proofs of the session that cannot be read prove nothing: the person is asked again. */
	if (!begun.has_response && !step_done(run, "single sign-on, and no page", E_NOMEM))
		return;
	code = begun.has_response ? strstr(begun.response.location, "code=") : NULL;
	must_not(run, !code, "single sign-on without a code");
	if (run->problem)
		return;
	code = arena_strndup(test->arena, code + 5, strcspn(code + 5, "&"));
	hold(run, hash_text(run, code));
	promise(run, "a code", "SELECT COUNT(*) FROM grants WHERE revoked_at = 0 AND code_hash = %s",
		hash_text(run, code));
}

/* ---- operators ---- */

static void flow_disable(struct run *run)
{
	struct core_test *test = run->test;
	struct visit visit, open;
	struct token_set tokens;

	IS(user_set_disabled(&test->core, test->user_id, false, test->now), OK);
	quiet_sign_in(run, &visit);
	open = (struct visit){.browser = browser_new(test)};
	open.login = login_new(test, &open.browser, "enter");
	IS(page_identify(test, &open.browser, open.login, "demo", NULL), OK);
	IS(page_password(test, &open.browser, open.login, DEMO_PASSWORD, NULL), OK);
	IS(page_push(test, &open.browser, open.login, NULL), OK);
	if (!STEP(run, user_set_disabled(&test->core, test->user_id, true, test->now)))
		return;
	promise(run, "disabled", "SELECT disabled FROM users WHERE id = '%s'", test->user_id);
	promise(run, "no session left", "SELECT COUNT(*) = 0 FROM sessions WHERE ended_at = 0");
	finish_fails(run, &open);
	faults_arm();
	must_not(run, code_redeem(run, &visit, &tokens), "a code of a disabled user gave tokens");
	faults_disarm();
}

static void flow_rotation(struct run *run)
{
	struct core_test *test = run->test;
	const struct keyring_view *view;
	const char *kid;

	IS(keyring_refresh(test->core.keyring, test->core.store), OK); /* the daemon looks until it has seen them */
	kid = arena_strdup(test->arena, keyring_view(test->core.keyring)->es256.kid);
	if (!STEP(run, keyring_rotate(test->core.store, test->core.keyholder, test->now)))
		return;
	promise(run, "the key is no longer current", "SELECT state = 'previous' FROM keys WHERE kid = '%s'", kid);
	if (!STEP(run, keyring_refresh(test->core.keyring, test->core.store)))
		return;
	view = keyring_view(test->core.keyring);
	must_not(run, strcmp(view->es256.kid, kid) == 0, "the old key is still used");
	must_not(run, !strstr(view->jwks, kid), "the old key is not shown any more");
}

/* To add a flow: write it above with STEP and promise, and name it here. */
const struct flow flows[] = {
	{"sign-in by confirm", flow_confirm},
	{"sign-in by choose", flow_choose},
	{"sign-in by enter", flow_enter},
	{"sign-in by code, and again", flow_totp},
	{"sign-in by recovery code, and again", flow_recovery},
	{"denial", flow_denial},
	{"wrong password, code and number", flow_wrong},
	{"it is not me", flow_report},
	{"enrolment", flow_enrolment},
	{"code redeemed, and again", flow_code},
	{"single sign-on", flow_single_sign_on},
	{"user disabled", flow_disable},
	{"keys rotated", flow_rotation},
	{"writers at once", flow_together},
};
const size_t flow_count = ARRAY_COUNT(flows);
