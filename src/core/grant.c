#include "core/grant.h"

#include <string.h>

#include "base/encode.h"
#include "base/secret.h"
#include "core/audit.h"
#include "core/client.h"
#include "core/keyring.h"
#include "crypto/hash.h"

#define VERIFIER_MIN 43
#define VERIFIER_MAX 128
#define JTI_BYTES    16

void grant_draw(const struct random *random, struct grant_new *grant)
{
	id_new(random, grant->id);
	token_new(random, grant->code);
}

enum status grant_issue(struct store_tx *tx, const struct grant_new *grant, int64_t now, int64_t life_s)
{
	struct grant_row row = {.id = grant->id,
				.client_id = grant->client_id,
				.user_id = grant->user_id,
				.login_id = grant->login_id,
				.sid = grant->sid,
				.redirect_uri = grant->redirect_uri,
				.scope = grant->scope,
				.nonce = grant->nonce,
				.code_challenge = grant->code_challenge,
				.acr = grant->acr,
				.amr = grant->amr,
				.auth_time = grant->auth_time,
				.created_at = now,
				.expires_at = now + life_s};

	if (!grant->acr || !*grant->acr || !grant->amr || !*grant->amr || strcmp(grant->amr, "[]") == 0 ||
	    !grant->auth_time)
		return E_REFUSED;
	token_hash(grant->code, row.code_hash);
	return store_grant_insert(tx, &row);
}

/* ---- redeeming ---- */

struct redeem {
	const struct core *core;
	struct arena *arena;
	const struct token_request *request;
	int64_t now;
	struct client_row client;
	bool has_client;
	uint8_t code_hash[32];
	struct grant_row grant;
	bool has_grant;
	struct session_row session;
	struct user_row user;
	bool in_force; /* session and user still are */
	struct token_row token;
	bool reused; /* the code was redeemed before: what it gave is revoked */
};

static enum status client_read(struct store_tx *tx, void *ctx)
{
	struct redeem *redeem = ctx;

	return absent_is_fine(store_client_find(tx, redeem->request->client_id, &redeem->client), &redeem->has_client);
}

static enum status grant_read(struct store_tx *tx, void *ctx)
{
	struct redeem *redeem = ctx;
	bool has_session, has_user = false;

	TRY(absent_is_fine(store_grant_find_code(tx, redeem->code_hash, &redeem->grant), &redeem->has_grant));
	if (!redeem->has_grant)
		return OK;
	TRY(absent_is_fine(store_session_find_sid(tx, redeem->grant.sid, &redeem->session), &has_session));
	TRY(absent_is_fine(store_user_find(tx, redeem->grant.user_id, &redeem->user), &has_user));
	redeem->in_force = has_session && !redeem->session.ended_at && redeem->session.ends_at > redeem->now &&
			   has_user && !redeem->user.disabled;
	return OK;
}

static const struct oauth_error invalid_client = {"invalid_client", "the client is unknown or its secret is wrong"};

static bool client_is_proven(const struct redeem *redeem)
{
	const struct token_request *request = redeem->request;

	if (!redeem->has_client || redeem->client.disabled)
		return false;
	if (redeem->client.is_public)
		return request->client_auth == CLIENT_AUTH_NONE;
	return request->client_auth != CLIENT_AUTH_NONE &&
	       client_secret_matches(&redeem->client, request->client_secret);
}

static struct oauth_error invalid_grant(const char *description)
{
	return (struct oauth_error){"invalid_grant", description};
}

/*= RFC7636#4.6  code_verifier against code_challenge; a verifier without a challenge is a downgrade and refused (RFC
 * 9700 2.1.1) */
static bool verifier_fits(const struct redeem *redeem)
{
	const char *verifier = redeem->request->code_verifier, *challenge = redeem->grant.code_challenge;
	char text[BASE64URL_SIZE(32) + 1];
	uint8_t hash[32];
	size_t size;

	if (!challenge || !verifier)
		return !challenge && !verifier;
	size = strlen(verifier);
	if (size < VERIFIER_MIN || size > VERIFIER_MAX)
		return false;
	sha256(verifier, size, hash);
	base64url_format(hash, sizeof(hash), text);
	return secret_text_equal(text, challenge);
}

/* Bound to the client and the redirect_uri; the code's own state is for the transaction to judge. */
static struct oauth_error grant_check(const struct redeem *redeem)
{
	const struct token_request *request = redeem->request;
	const struct grant_row *grant = &redeem->grant;

	if (!redeem->has_grant || strcmp(grant->client_id, redeem->client.id) != 0)
		return invalid_grant("the code is unknown or over");
	if (!request->redirect_uri || strcmp(request->redirect_uri, grant->redirect_uri) != 0)
		return invalid_grant("redirect_uri is not the one of the authorization request");
	if (!verifier_fits(redeem))
		return invalid_grant("code_verifier does not fit");
	return (struct oauth_error){0};
}

/* ---- the tokens ---- */

static json_t *amr_parse(const char *amr)
{
	json_t *list = NULL;

	return json_parse_limited(amr, strlen(amr), 2, &list) == OK ? list : NULL;
}

/*= RFC9068#2.2  iss exp aud sub client_id iat jti, and auth_time acr amr where they are known */
static char *access_payload(const struct redeem *redeem, const char *jti)
{
	const struct grant_row *grant = &redeem->grant;
	const char *issuer = redeem->core->settings->issuer;
	scoped_json *json =
		json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:s, s:s, s:I, s:s, s:o}", "iss", issuer, "sub",
			  grant->user_id, "aud", issuer, "client_id", grant->client_id, "iat", (json_int_t)redeem->now,
			  "exp", (json_int_t)redeem->now + (json_int_t)redeem->core->settings->life.access_token_s,
			  "jti", jti, "scope", grant->scope, "auth_time", (json_int_t)grant->auth_time, "acr",
			  grant->acr, "amr", amr_parse(grant->amr));

	return json ? json_format(redeem->arena, json) : NULL;
}

/* at_hash comes from the keyholder, which signs both in one round trip. */
static char *id_payload(const struct redeem *redeem)
{
	const struct grant_row *grant = &redeem->grant;
	scoped_json *json =
		json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:s, s:o, s:s}", "iss", redeem->core->settings->issuer, "sub",
			  grant->user_id, "aud", grant->client_id, "iat", (json_int_t)redeem->now, "exp",
			  (json_int_t)redeem->now + (json_int_t)redeem->core->settings->life.id_token_s, "auth_time",
			  (json_int_t)grant->auth_time, "acr", grant->acr, "amr", amr_parse(grant->amr), "sid",
			  grant->sid);

	if (!json || (grant->nonce && json_object_set_new(json, "nonce", json_string(grant->nonce))))
		return NULL;
	return json_format(redeem->arena, json);
}

static enum status tokens_sign(const struct redeem *redeem, struct token_set *tokens)
{
	const struct keyring_view *keys = keyring_view(redeem->core->keyring);
	const bool rs256 = strcmp(redeem->client.alg, "RS256") == 0;
	char jti[BASE64URL_SIZE(JTI_BYTES) + 1];
	struct sign_job jobs[2] = {{.key = &keys->es256, .typ = "at+jwt"},
				   {.key = rs256 ? &keys->rs256 : &keys->es256, .typ = "JWT"}};
	char *signed_tokens[2];

	random_token(redeem->core->random, JTI_BYTES, jti);
	jobs[0].payload = access_payload(redeem, jti);
	jobs[1].payload = id_payload(redeem);
	if (!jobs[0].payload || !jobs[1].payload)
		return E_NOMEM;
	TRY(keyholder_sign(redeem->core->keyholder, redeem->arena, jobs, 2, signed_tokens));
	*tokens = (struct token_set){.access_token = signed_tokens[0],
				     .id_token = signed_tokens[1],
				     .scope = redeem->grant.scope,
				     .expires_in = redeem->core->settings->life.access_token_s};
	return OK;
}

/* ---- once ---- */

static enum status reuse_write(struct store_tx *tx, struct redeem *redeem)
{
	struct grant_row row;

	TRY(store_grant_find_code(tx, redeem->code_hash, &row));
	redeem->reused = row.redeemed_at != 0;
	if (!redeem->reused || row.revoked_at)
		return OK;
	TRY(store_grant_revoke(tx, row.id, redeem->now));
	return audit_write(tx, &(struct audit_row){.at = redeem->now,
						   .event = "code.reused",
						   .user_id = row.user_id,
						   .client_id = row.client_id,
						   .login_id = row.login_id,
						   .ip = redeem->request->ip});
}

/*= RFC6749#4.1.2
 * "If an authorization code is used more than once, the authorization server MUST deny the request and SHOULD revoke
 * (when possible) all tokens previously issued based on that authorization code."
 */
static enum status redeem_write(struct store_tx *tx, void *ctx)
{
	struct redeem *redeem = ctx;
	enum status status = store_grant_redeem(tx, redeem->grant.id, redeem->now);

	redeem->reused = false;
	if (status == E_CONFLICT) {
		TRY(reuse_write(tx, redeem));
		redeem->has_grant = false;
		return OK;
	}
	TRY(status);
	TRY(store_token_insert(tx, &redeem->token));
	redeem->has_grant = true;
	return OK;
}

static enum status redeem_once(struct redeem *redeem, const struct token_set *tokens, struct oauth_error *refusal)
{
	redeem->token = (struct token_row){.grant_id = redeem->grant.id,
					   .client_id = redeem->grant.client_id,
					   .user_id = redeem->grant.user_id,
					   .scope = redeem->grant.scope,
					   .created_at = redeem->now,
					   .expires_at = redeem->now + redeem->core->settings->life.access_token_s};
	token_hash(tokens->access_token, redeem->token.token_hash);
	TRY(store_write(redeem->core->store, redeem_write, redeem));
	if (!redeem->has_grant)
		*refusal = invalid_grant(redeem->reused ? "the code was used before; what it gave is revoked"
							: "the code is unknown or over");
	return OK;
}

/* A code that cannot be redeemed any more goes straight to the transaction, which sees whether it is a reuse: no
 * signature is spent. */
static bool is_spent(const struct redeem *redeem)
{
	return redeem->grant.redeemed_at || redeem->grant.revoked_at || redeem->grant.expires_at <= redeem->now;
}

static enum status code_redeem(struct redeem *redeem, struct token_set *tokens, struct oauth_error *refusal)
{
	const struct token_set none = {.access_token = ""};
	struct token_set signed_tokens;

	token_hash(redeem->request->code, redeem->code_hash);
	TRY(store_read(redeem->core->store, redeem->arena, grant_read, redeem));
	*refusal = grant_check(redeem);
	if (refusal->code)
		return OK;
	if (is_spent(redeem))
		return redeem_once(redeem, &none, refusal);
	if (!redeem->in_force) {
		*refusal = invalid_grant("the sign-in that this code comes from has ended");
		return OK;
	}
	TRY(tokens_sign(redeem, &signed_tokens));
	TRY(redeem_once(redeem, &signed_tokens, refusal));
	if (!refusal->code)
		*tokens = signed_tokens;
	return OK;
}

enum status grant_redeem(const struct core *core, struct arena *arena, const struct token_request *request, int64_t now,
			 struct token_set *ret_tokens, struct oauth_error *ret_refusal)
{
	struct redeem redeem = {.core = core, .arena = arena, .request = request, .now = now};
	struct oauth_error refusal = {0};

	if (!request->client_id)
		refusal = invalid_client;
	else
		TRY(store_read(core->store, arena, client_read, &redeem));
	if (!refusal.code && !client_is_proven(&redeem))
		refusal = invalid_client;
	if (!refusal.code && !request->grant_type)
		refusal = (struct oauth_error){"invalid_request", "grant_type is missing"};
	if (!refusal.code && strcmp(request->grant_type, "authorization_code") != 0)
		refusal = (struct oauth_error){"unsupported_grant_type", "grant_type is authorization_code"};
	if (!refusal.code && !request->code)
		refusal = (struct oauth_error){"invalid_request", "code is missing"};
	if (!refusal.code)
		TRY(code_redeem(&redeem, ret_tokens, &refusal));
	*ret_refusal = refusal;
	return OK;
}
