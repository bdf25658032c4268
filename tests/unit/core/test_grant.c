/* Codes and tokens. RFC 6749 4.1, RFC 7636, RFC 9068, OpenID Connect Core 2, 3.1.3, 5.3. */
#include "oidc_fixture.h"

#include <pthread.h>

#include "base/encode.h"
#include "crypto/hash.h"
#include "core/session.h"
#include "core/user.h"

#define VERIFIER "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

static const char *text_of(const json_t *json, const char *name)
{
	const char *text = json_get_string(json, name);

	if (!text)
		fail_msg("no %s", name);
	return text;
}

static json_int_t number_of(const json_t *json, const char *name)
{
	assert_true(json_is_integer(json_object_get(json, name)));
	return json_integer_value(json_object_get(json, name));
}

static void amr_is(const json_t *json)
{
	const json_t *amr = json_object_get(json, "amr");

	assert_int_equal(json_array_size(amr), 3);
	assert_string_equal(json_string_value(json_array_get(amr, 0)), "pwd");
	assert_string_equal(json_string_value(json_array_get(amr, 2)), "mfa");
}

/* A code for the plain grant, redeemed. */
static struct token_set tokens_of(const struct oidc *oidc)
{
	const struct grant_new grant = oidc_grant(oidc);
	const struct token_request request = oidc_request(oidc, grant.code);
	struct token_set tokens;

	oidc_issue(oidc, &grant, NOW);
	assert_string_equal(oidc_redeem(oidc, &request, NOW + 1, &tokens), "");
	return tokens;
}

static void the_id_token_says_what_was_proven(void **state)
{
	struct oidc *oidc = *state;
	const struct token_set tokens = tokens_of(oidc);
	const json_t *claims = oidc_verified(oidc, tokens.id_token, "JWT", "ES256");
	char half[BASE64URL_SIZE(16) + 1];
	uint8_t hash[32];

	assert_string_equal(text_of(claims, "iss"), ISSUER);
	assert_string_equal(text_of(claims, "sub"), "demo");
	assert_string_equal(text_of(claims, "aud"), "web");
	assert_string_equal(text_of(claims, "nonce"), "n-0S6_WzA2Mj");
	assert_string_equal(text_of(claims, "sid"), "session");
	assert_string_equal(text_of(claims, "acr"), "mfa");
	amr_is(claims);
	assert_int_equal(number_of(claims, "auth_time"), NOW - 5);
	assert_int_equal(number_of(claims, "iat"), NOW + 1);
	assert_int_equal(number_of(claims, "exp"), NOW + 1 + 300);
	assert_null(json_object_get(claims, "azp"));
	/*= OpenID.Core#3.1.3.6  the left half of the SHA-256 of the access token */
	sha256(tokens.access_token, strlen(tokens.access_token), hash);
	base64url_format(hash, 16, half);
	assert_string_equal(text_of(claims, "at_hash"), half);
}

/*= RFC9068#2.2 */
static void the_access_token_is_for_userinfo(void **state)
{
	struct oidc *oidc = *state;
	const struct token_set tokens = tokens_of(oidc), others = tokens_of(oidc);
	const json_t *claims = oidc_verified(oidc, tokens.access_token, "at+jwt", "ES256");

	assert_string_equal(text_of(claims, "iss"), ISSUER);
	assert_string_equal(text_of(claims, "sub"), "demo");
	assert_string_equal(text_of(claims, "aud"), ISSUER);
	assert_string_equal(text_of(claims, "client_id"), "web");
	assert_string_equal(text_of(claims, "scope"), "openid profile email");
	assert_string_equal(text_of(claims, "acr"), "mfa");
	amr_is(claims);
	assert_int_equal(number_of(claims, "auth_time"), NOW - 5);
	assert_int_equal(number_of(claims, "iat"), NOW + 1);
	assert_int_equal(number_of(claims, "exp"), NOW + 1 + 300);
	assert_null(json_object_get(claims, "nonce"));
	assert_null(json_object_get(claims, "at_hash"));
	assert_string_not_equal(text_of(claims, "jti"),
				text_of(oidc_verified(oidc, others.access_token, "at+jwt", "ES256"), "jti"));
	assert_int_equal(tokens.expires_in, 300);
	assert_string_equal(tokens.scope, "openid profile email");
}

static void a_client_may_ask_for_rs256(void **state)
{
	struct oidc *oidc = *state;
	struct grant_new grant = oidc_grant(oidc);
	struct token_request request = oidc_request(oidc, grant.code);
	struct token_set tokens;

	grant.client_id = request.client_id = "rsa";
	grant.nonce = NULL;
	request.client_secret = oidc->rsa_secret;
	request.client_auth = CLIENT_AUTH_POST;
	oidc_issue(oidc, &grant, NOW);
	assert_string_equal(oidc_redeem(oidc, &request, NOW, &tokens), "");
	assert_null(json_object_get(oidc_verified(oidc, tokens.id_token, "JWT", "RS256"), "nonce"));
	oidc_verified(oidc, tokens.access_token, "at+jwt", "ES256");
}

/* ---- refusals ---- */

enum pkce { NO_PKCE, PKCE };
struct refusal {
	size_t member;
	const char *value;
	enum pkce pkce;
	const char *code;
};
#define WITH(member_, value_, pkce_, code_)                                                                            \
	{                                                                                                              \
		offsetof(struct token_request, member_), value_, pkce_, code_                                          \
	}
#define LONG_VERIFIER VERIFIER VERIFIER VERIFIER

static const struct refusal refusals[] = {
	WITH(ip, "192.0.2.9", NO_PKCE, ""), /* nothing wrong: the table's own check */
	WITH(code_verifier, VERIFIER, PKCE, ""),
	WITH(grant_type, NULL, NO_PKCE, "invalid_request"),
	WITH(grant_type, "password", NO_PKCE, "unsupported_grant_type"),
	WITH(grant_type, "refresh_token", NO_PKCE, "unsupported_grant_type"),
	WITH(code, NULL, NO_PKCE, "invalid_request"),
	WITH(code, "nothing", NO_PKCE, "invalid_grant"),
	WITH(code, "\"\t\r\n\001</script>", NO_PKCE, "invalid_grant"),
	WITH(redirect_uri, NULL, NO_PKCE, "invalid_grant"),
	WITH(redirect_uri, "https://app.example.org/other?a=b", NO_PKCE, "invalid_grant"),
	WITH(redirect_uri, WEB_CB "/", NO_PKCE, "invalid_grant"),
	WITH(client_id, NULL, NO_PKCE, "invalid_client"),
	WITH(client_id, "nobody", NO_PKCE, "invalid_client"),
	WITH(client_id, "rsa", NO_PKCE, "invalid_client"), /* with web's secret */
	WITH(client_secret, NULL, NO_PKCE, "invalid_client"),
	WITH(client_secret, "", NO_PKCE, "invalid_client"),
	WITH(client_secret, "wrong", NO_PKCE, "invalid_client"),
	/*= RFC9700#2.1.1  a verifier without a challenge is the PKCE downgrade */
	WITH(code_verifier, VERIFIER, NO_PKCE, "invalid_grant"),
	WITH(code_verifier, NULL, PKCE, "invalid_grant"),
	WITH(code_verifier, "", PKCE, "invalid_grant"),
	WITH(code_verifier, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXK", PKCE, "invalid_grant"),
	WITH(code_verifier, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", PKCE, "invalid_grant"), /* as if "plain" */
	WITH(code_verifier, LONG_VERIFIER, PKCE, "invalid_grant"),
};

static void each_wrong_request_is_refused_and_keeps_the_code(void **state)
{
	struct oidc *oidc = *state;

	for (size_t i = 0; i < ARRAY_COUNT(refusals); i++) {
		const struct refusal *row = &refusals[i];
		struct grant_new grant = oidc_grant(oidc);
		struct token_request right = oidc_request(oidc, grant.code), wrong;
		struct token_set tokens;
		const char *code;

		if (row->pkce == PKCE) {
			grant.code_challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
			right.code_verifier = VERIFIER;
		}
		oidc_issue(oidc, &grant, NOW);
		wrong = right;
		memcpy((char *)&wrong + row->member, &row->value, sizeof(row->value));
		code = oidc_redeem(oidc, &wrong, NOW, &tokens);
		if (strcmp(code, row->code) != 0)
			fail_msg("row %zu: %s, not %s", i, code, row->code);
		if (*row->code)
			assert_string_equal(oidc_redeem(oidc, &right, NOW, &tokens), "");
	}
}

static void the_vector_of_rfc_7636_holds(void **state)
{
	struct oidc *oidc = *state;
	struct grant_new grant = oidc_grant(oidc);
	struct token_request request = oidc_request(oidc, grant.code);
	scoped_json *vector = json_load_file(SOURCE_ROOT "/tests/data/pkce-rfc7636.json", 0, NULL);
	struct token_set tokens;

	assert_non_null(vector);
	grant.code_challenge = text_of(vector, "challenge_s256");
	request.code_verifier = text_of(vector, "verifier");
	oidc_issue(oidc, &grant, NOW);
	assert_string_equal(oidc_redeem(oidc, &request, NOW, &tokens), "");
}

static void verifiers_have_43_to_128_characters(void **state)
{
	static const struct {
		size_t size;
		bool accepted;
	} table[] = {{42, false}, {43, true}, {128, true}, {129, false}};
	struct oidc *oidc = *state;

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct grant_new grant = oidc_grant(oidc);
		struct token_request request = oidc_request(oidc, grant.code);
		char verifier[130], challenge[BASE64URL_SIZE(32) + 1];
		struct token_set tokens;
		uint8_t hash[32];

		memset(verifier, 'v', sizeof(verifier));
		verifier[table[i].size] = '\0';
		sha256(verifier, table[i].size, hash);
		base64url_format(hash, sizeof(hash), challenge);
		grant.code_challenge = challenge;
		request.code_verifier = verifier;
		oidc_issue(oidc, &grant, NOW);
		assert_string_equal(oidc_redeem(oidc, &request, NOW, &tokens),
				    table[i].accepted ? "" : "invalid_grant");
	}
}

static void a_public_client_has_its_verifier_only(void **state)
{
	struct oidc *oidc = *state;
	struct grant_new grant = oidc_grant(oidc);
	struct token_request request = oidc_request(oidc, grant.code);
	struct token_set tokens;

	grant.client_id = request.client_id = "native";
	grant.redirect_uri = request.redirect_uri = "http://127.0.0.1:49152/cb";
	grant.code_challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
	oidc_issue(oidc, &grant, NOW);
	request.client_secret = "";
	assert_string_equal(oidc_redeem(oidc, &request, NOW, &tokens), "invalid_client"); /* Basic */
	request.client_secret = NULL;
	request.client_auth = CLIENT_AUTH_NONE;
	assert_string_equal(oidc_redeem(oidc, &request, NOW, &tokens), "invalid_grant");
	request.code_verifier = VERIFIER;
	request.redirect_uri = "http://127.0.0.1:49153/cb";
	assert_string_equal(oidc_redeem(oidc, &request, NOW, &tokens), "invalid_grant");
	request.redirect_uri = grant.redirect_uri;
	assert_string_equal(oidc_redeem(oidc, &request, NOW, &tokens), "");
}

static void a_confidential_client_must_authenticate(void **state)
{
	struct oidc *oidc = *state;
	const struct grant_new grant = oidc_grant(oidc);
	struct token_request request = oidc_request(oidc, grant.code);
	struct token_set tokens;

	oidc_issue(oidc, &grant, NOW);
	request.client_auth = CLIENT_AUTH_NONE;
	assert_string_equal(oidc_redeem(oidc, &request, NOW, &tokens), "invalid_client");
	request.client_secret = NULL;
	assert_string_equal(oidc_redeem(oidc, &request, NOW, &tokens), "invalid_client");
}

static void another_client_gets_nothing_for_a_code(void **state)
{
	struct oidc *oidc = *state;
	const struct grant_new grant = oidc_grant(oidc);
	struct token_request request = oidc_request(oidc, grant.code), thief = request;
	struct token_set tokens;

	oidc_issue(oidc, &grant, NOW);
	thief.client_id = "rsa";
	thief.client_secret = oidc->rsa_secret;
	assert_string_equal(oidc_redeem(oidc, &thief, NOW, &tokens), "invalid_grant");
	assert_string_equal(oidc_redeem(oidc, &request, NOW, &tokens), "");
}

static void a_code_lives_for_60_seconds(void **state)
{
	struct oidc *oidc = *state;
	struct token_set tokens;

	for (int64_t age = 59; age <= 61; age++) {
		const struct grant_new grant = oidc_grant(oidc);
		const struct token_request request = oidc_request(oidc, grant.code);

		oidc_issue(oidc, &grant, NOW);
		assert_string_equal(oidc_redeem(oidc, &request, NOW + age, &tokens), age < 60 ? "" : "invalid_grant");
	}
}

static enum status userinfo(const struct oidc *oidc, const char *token, int64_t now)
{
	char *json = NULL;

	return userinfo_get(&oidc->core, oidc->arena, token, now, &json);
}

/*= RFC6749#4.1.2 */
static void a_second_use_revokes_what_the_first_gave(void **state)
{
	struct oidc *oidc = *state;
	const struct grant_new grant = oidc_grant(oidc);
	const struct token_request request = oidc_request(oidc, grant.code);
	struct token_set tokens, none;

	oidc_issue(oidc, &grant, NOW);
	assert_string_equal(oidc_redeem(oidc, &request, NOW, &tokens), "");
	assert_int_equal(userinfo(oidc, tokens.access_token, NOW), OK);
	assert_string_equal(oidc_redeem(oidc, &request, NOW + 61, &none), "invalid_grant"); /* also late */
	assert_int_equal(userinfo(oidc, tokens.access_token, NOW), E_REFUSED);
	assert_string_equal(oidc_redeem(oidc, &request, NOW, &none), "invalid_grant");
}

/* ---- a race ---- */

enum { RACERS = 8, ROUNDS = 5 };
struct racer {
	const struct oidc *oidc;
	const struct token_request *request;
	pthread_barrier_t *barrier;
	enum status status;
	bool won;
	char access_token[2048];
};

static void *race(void *ctx)
{
	struct racer *racer = ctx;
	struct arena *arena = arena_new(4 << 20);
	struct oauth_error refusal = {0};
	struct token_set tokens = {0};

	pthread_barrier_wait(racer->barrier);
	racer->status = grant_redeem(&racer->oidc->core, arena, racer->request, NOW, &tokens, &refusal);
	racer->won = racer->status == OK && !refusal.code && tokens.access_token;
	if (racer->won)
		snprintf(racer->access_token, sizeof(racer->access_token), "%s", tokens.access_token);
	arena_free(arena);
	return NULL;
}

static void of_eight_at_once_exactly_one_gets_tokens(void **state)
{
	struct oidc *oidc = *state;

	for (unsigned round = 0; round < ROUNDS; round++) {
		const struct grant_new grant = oidc_grant(oidc);
		const struct token_request request = oidc_request(oidc, grant.code);
		struct racer racers[RACERS];
		pthread_t threads[RACERS];
		pthread_barrier_t barrier;
		unsigned winners = 0;

		oidc_issue(oidc, &grant, NOW);
		pthread_barrier_init(&barrier, NULL, RACERS);
		for (size_t i = 0; i < RACERS; i++) {
			racers[i] = (struct racer){.oidc = oidc, .request = &request, .barrier = &barrier};
			assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
		}
		for (size_t i = 0; i < RACERS; i++)
			pthread_join(threads[i], NULL);
		pthread_barrier_destroy(&barrier);
		for (size_t i = 0; i < RACERS; i++) {
			assert_int_equal(racers[i].status, OK);
			winners += racers[i].won;
			if (racers[i].won) /* the others were second uses */
				assert_int_equal(userinfo(oidc, racers[i].access_token, NOW), E_REFUSED);
		}
		assert_int_equal(winners, 1);
	}
}

/* ---- what ends it ---- */

static void a_code_of_an_ended_session_is_refused(void **state)
{
	struct oidc *oidc = *state;
	const struct token_set before = tokens_of(oidc);
	const struct grant_new grant = oidc_grant(oidc), after = oidc_grant(oidc);
	struct token_request request = oidc_request(oidc, grant.code);
	struct token_set tokens;

	oidc_issue(oidc, &grant, NOW);
	assert_int_equal(session_end(&oidc->core, "session", "test", NOW), OK);
	assert_string_equal(oidc_redeem(oidc, &request, NOW, &tokens), "invalid_grant");
	assert_int_equal(userinfo(oidc, before.access_token, NOW + 1), E_REFUSED);
	oidc_issue(oidc, &after, NOW); /* not among those that the end revoked */
	request.code = after.code;
	assert_string_equal(oidc_redeem(oidc, &request, NOW, &tokens), "invalid_grant");
}

static void a_code_of_a_session_past_its_end_is_refused(void **state)
{
	struct oidc *oidc = *state;
	const struct grant_new grant = oidc_grant(oidc);
	const struct token_request request = oidc_request(oidc, grant.code);
	struct token_set tokens;

	oidc_issue(oidc, &grant, NOW + 35999); /* the session's last second */
	assert_string_equal(oidc_redeem(oidc, &request, NOW + 36000, &tokens), "invalid_grant");
	assert_string_equal(oidc_redeem(oidc, &request, NOW + 35999, &tokens), "");
}

static void a_code_without_a_session_is_refused(void **state)
{
	struct oidc *oidc = *state;
	struct grant_new grant = oidc_grant(oidc);
	const struct token_request request = oidc_request(oidc, grant.code);
	struct token_set tokens;

	grant.sid = "never";
	oidc_issue(oidc, &grant, NOW);
	assert_string_equal(oidc_redeem(oidc, &request, NOW, &tokens), "invalid_grant");
}

static enum status late_session_insert(struct store_tx *tx, void *ctx)
{
	const struct session_row row = session_row_of("late", "demo");

	return store_session_insert(tx, &row);
}

static void a_code_of_a_disabled_person_is_refused(void **state)
{
	struct oidc *oidc = *state;
	const struct token_set before = tokens_of(oidc);
	struct grant_new grant = oidc_grant(oidc), after = oidc_grant(oidc);
	struct token_request request = oidc_request(oidc, grant.code);
	struct token_set tokens;

	oidc_issue(oidc, &grant, NOW);
	assert_int_equal(user_set_disabled(&oidc->core, "demo", true, NOW), OK);
	assert_string_equal(oidc_redeem(oidc, &request, NOW, &tokens), "invalid_grant");
	assert_int_equal(userinfo(oidc, before.access_token, NOW + 1), E_REFUSED);
	write_ok(oidc->core.store, late_session_insert, NULL); /* a session that the disabling did not end */
	after.sid = "late";
	oidc_issue(oidc, &after, NOW);
	request.code = after.code;
	assert_string_equal(oidc_redeem(oidc, &request, NOW, &tokens), "invalid_grant");
}

struct evidence {
	const struct grant_new *grant;
	enum status status;
};

static enum status evidence_write(struct store_tx *tx, void *ctx)
{
	struct evidence *evidence = ctx;

	evidence->status = grant_issue(tx, evidence->grant, NOW, 60);
	return OK;
}

static void without_evidence_there_is_no_code(void **state)
{
	struct oidc *oidc = *state;

	for (unsigned missing = 0; missing < 6; missing++) {
		struct grant_new grant = oidc_grant(oidc);
		struct evidence evidence = {.grant = &grant};

		grant.acr = missing == 0 ? NULL : missing == 1 ? "" : grant.acr;
		grant.amr = missing == 2 ? NULL : missing == 3 ? "[]" : missing == 4 ? "" : grant.amr;
		grant.auth_time = missing == 5 ? 0 : grant.auth_time;
		write_ok(oidc->core.store, evidence_write, &evidence);
		assert_int_equal(evidence.status, E_REFUSED);
	}
}

/* ---- userinfo ---- */

static void userinfo_gives_what_the_scope_allows(void **state)
{
	static const struct {
		const char *scope;
		bool profile, email;
	} table[] = {{"openid", false, false},
		     {"openid profile", true, false},
		     {"openid email", false, true},
		     {"openid profile email", true, true}};
	struct oidc *oidc = *state;
	const struct user_new person = {.name = "Second",
					.display_name = "Second \"Person\"",
					.email = "Second@example.org"};
	char id[ID_SIZE];
	const char *problem;

	assert_int_equal(user_add(&oidc->core, oidc->arena, &person, NOW, id, &problem), OK);
	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct grant_new grant = oidc_grant(oidc);
		const struct token_request request = oidc_request(oidc, grant.code);
		struct token_set tokens;
		scoped_json *claims = NULL;
		char *text = NULL;

		grant.scope = table[i].scope;
		grant.user_id = id;
		oidc_issue(oidc, &grant, NOW);
		assert_string_equal(oidc_redeem(oidc, &request, NOW, &tokens), "");
		assert_int_equal(userinfo_get(&oidc->core, oidc->arena, tokens.access_token, NOW, &text), OK);
		assert_int_equal(json_parse_limited(text, strlen(text), 2, &claims), OK);
		assert_string_equal(text_of(claims, "sub"), id);
		if (table[i].profile) {
			assert_string_equal(text_of(claims, "name"), "Second \"Person\"");
			assert_string_equal(text_of(claims, "preferred_username"), "second");
		}
		if (table[i].email) {
			assert_string_equal(text_of(claims, "email"), "second@example.org");
			assert_true(json_is_false(json_object_get(claims, "email_verified")));
		}
		assert_int_equal(json_object_size(claims), 1 + 2 * table[i].profile + 2 * table[i].email);
	}
}

static void an_access_token_expires(void **state)
{
	struct oidc *oidc = *state;
	const struct token_set tokens = tokens_of(oidc); /* at NOW + 1 */

	assert_int_equal(userinfo(oidc, tokens.access_token, NOW + 300), OK);
	assert_int_equal(userinfo(oidc, tokens.access_token, NOW + 301), E_REFUSED);
}

/* RFC 9068 4, RFC 8725 3.11: no token passes for another kind. */
static void no_token_passes_for_another_kind(void **state)
{
	struct oidc *oidc = *state;
	const struct token_set tokens = tokens_of(oidc);
	const struct grant_new grant = oidc_grant(oidc);
	struct id_token_hint hint;
	const struct sign_job logout = {.key = &keyring_view(oidc->core.keyring)->es256,
					.typ = "logout+jwt",
					.payload = "{\"iss\":\"" ISSUER
						   "\",\"sub\":\"demo\",\"aud\":\"web\",\"sid\":\"session\"}"};
	char *damaged = arena_strdup(oidc->arena, tokens.access_token), *logout_token = NULL;

	oidc_issue(oidc, &grant, NOW);
	assert_int_equal(userinfo(oidc, tokens.id_token, NOW + 1), E_REFUSED);
	assert_int_equal(userinfo(oidc, grant.code, NOW + 1), E_REFUSED);
	assert_int_equal(userinfo(oidc, "", NOW + 1), E_REFUSED);
	assert_int_equal(keyholder_sign(oidc->core.keyholder, oidc->arena, &logout, 1, &logout_token), OK);
	assert_int_equal(id_token_hint_check(&oidc->core, oidc->arena, logout_token, &hint), E_REFUSED);
	damaged[strlen(damaged) - 10] ^= 1;
	assert_int_equal(userinfo(oidc, damaged, NOW + 1), E_REFUSED);
	assert_int_equal(id_token_hint_check(&oidc->core, oidc->arena, tokens.access_token, &hint), E_REFUSED);
}

static void a_hint_is_an_id_token_of_ours(void **state)
{
	struct oidc *oidc = *state;
	const struct token_set tokens = tokens_of(oidc);
	const size_t size = strlen(tokens.id_token);
	struct settings other = *oidc->core.settings;
	struct core elsewhere = oidc->core;
	struct id_token_hint hint = {0};

	assert_int_equal(id_token_hint_check(&oidc->core, oidc->arena, tokens.id_token, &hint), OK);
	assert_string_equal(hint.sub, "demo");
	assert_string_equal(hint.sid, "session");
	assert_string_equal(hint.client_id, "web");
	for (size_t i = 1; i < size; i += 7) {
		char *damaged = arena_strdup(oidc->arena, tokens.id_token);

		damaged[i] = damaged[i] == 'A' ? 'B' : 'A';
		if (strcmp(damaged, tokens.id_token) != 0)
			assert_int_equal(id_token_hint_check(&oidc->core, oidc->arena, damaged, &hint), E_REFUSED);
	}
	other.issuer = "https://other.example.org";
	elsewhere.settings = &other;
	assert_int_equal(id_token_hint_check(&elsewhere, oidc->arena, tokens.id_token, &hint), E_REFUSED);
}

static void nonsense_is_no_hint(void **state)
{
	static const char *const nonsense[] = {
		"",
		".",
		"..",
		"a.b.c",
		"e30.e30.",
		("eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUub3JnIiwic3ViIjoiZGVtbyIsInNpZCI6InMiLCJhdWQi"
		 "OiJ3ZWIifQ."), /* alg none */
		"\"\t\r\n\001</script>",
	};
	struct oidc *oidc = *state;
	struct id_token_hint hint;

	for (size_t i = 0; i < ARRAY_COUNT(nonsense); i++)
		assert_int_equal(id_token_hint_check(&oidc->core, oidc->arena, nonsense[i], &hint), E_REFUSED);
}

int main(void)
{
	const struct CMUnitTest shared[] = {
		cmocka_unit_test(the_id_token_says_what_was_proven),
		cmocka_unit_test(the_access_token_is_for_userinfo),
		cmocka_unit_test(a_client_may_ask_for_rs256),
		cmocka_unit_test(each_wrong_request_is_refused_and_keeps_the_code),
		cmocka_unit_test(the_vector_of_rfc_7636_holds),
		cmocka_unit_test(verifiers_have_43_to_128_characters),
		cmocka_unit_test(a_public_client_has_its_verifier_only),
		cmocka_unit_test(a_confidential_client_must_authenticate),
		cmocka_unit_test(another_client_gets_nothing_for_a_code),
		cmocka_unit_test(a_code_lives_for_60_seconds),
		cmocka_unit_test(a_second_use_revokes_what_the_first_gave),
		cmocka_unit_test(of_eight_at_once_exactly_one_gets_tokens),
		cmocka_unit_test(a_code_of_a_session_past_its_end_is_refused),
		cmocka_unit_test(a_code_without_a_session_is_refused),
		cmocka_unit_test(without_evidence_there_is_no_code),
		cmocka_unit_test(userinfo_gives_what_the_scope_allows),
		cmocka_unit_test(an_access_token_expires),
		cmocka_unit_test(no_token_passes_for_another_kind),
		cmocka_unit_test(a_hint_is_an_id_token_of_ours),
		cmocka_unit_test(nonsense_is_no_hint),
	};
	const struct CMUnitTest ending[] = {
		cmocka_unit_test_setup_teardown(a_code_of_an_ended_session_is_refused, oidc_setup, oidc_teardown),
		cmocka_unit_test_setup_teardown(a_code_of_a_disabled_person_is_refused, oidc_setup, oidc_teardown),
	};

	return cmocka_run_group_tests(shared, oidc_setup, oidc_teardown) + cmocka_run_group_tests(ending, NULL, NULL);
}
