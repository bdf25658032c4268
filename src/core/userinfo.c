#include <string.h>

#include "base/text.h"
#include "core/grant.h"
#include "core/keyring.h"
#include "crypto/jose.h"

#define TOKEN_MAX 8192

struct reading {
	uint8_t hash[32];
	int64_t now;
	struct token_row token;
	struct user_row user;
};

/* An access token is looked up by its hash, not verified again. */
static enum status token_read(struct store_tx *tx, void *ctx)
{
	struct reading *reading = ctx;

	TRY(store_token_find(tx, reading->hash, &reading->token));
	if (reading->token.revoked_at || reading->token.expires_at <= reading->now)
		return E_REFUSED;
	TRY(store_user_find(tx, reading->token.user_id, &reading->user));
	return reading->user.disabled ? E_REFUSED : OK;
}

static int claim_set(json_t *json, const char *name, const char *value)
{
	return *value ? json_object_set_new(json, name, json_string(value)) : 0;
}

enum status userinfo_get(const struct core *core, struct arena *arena, const char *access_token, int64_t now,
			 char **ret_json)
{
	struct reading reading = {.now = now};
	scoped_json *json = NULL;
	enum status status;

	if (strlen(access_token) > TOKEN_MAX)
		return E_REFUSED;
	token_hash(access_token, reading.hash);
	status = store_read(core->store, arena, token_read, &reading);
	if (status != OK)
		return status == E_NOT_FOUND ? E_REFUSED : status;
	json = json_pack("{s:s}", "sub", reading.user.id);
	if (!json)
		return E_NOMEM;
	if (words_has(reading.token.scope, "profile") && (claim_set(json, "name", reading.user.display_name) ||
							  claim_set(json, "preferred_username", reading.user.name)))
		return E_NOMEM;
	if (words_has(reading.token.scope, "email") && *reading.user.email &&
	    (claim_set(json, "email", reading.user.email) || json_object_set_new(json, "email_verified", json_false())))
		return E_NOMEM;
	*ret_json = json_format(arena, json);
	return *ret_json ? OK : E_NOMEM;
}

/* ---- id_token_hint ---- */

static const json_t *jwk_find(const json_t *jwks, const char *kid)
{
	json_t *jwk;
	size_t i;

	json_array_foreach (json_object_get(jwks, "keys"), i, jwk) {
		const char *id = json_get_string(jwk, "kid");

		if (id && strcmp(id, kid) == 0)
			return jwk;
	}
	return NULL;
}

static enum status signature_check(const struct core *core, struct arena *arena, const struct jose_parts *parts)
{
	const struct keyring_view *keys = keyring_view(core->keyring);
	scoped_json *jwks = NULL;
	const json_t *jwk;
	struct jose_key *key = NULL;
	char *text;
	enum status status;

	TRY(json_parse_limited(keys->jwks, keys->jwks_size, 6, &jwks));
	jwk = parts->kid ? jwk_find(jwks, parts->kid) : NULL;
	if (!jwk)
		return E_REFUSED;
	text = json_format(arena, jwk);
	if (!text)
		return E_NOMEM;
	status = jose_public_parse(text, strlen(text), &key);
	if (status == OK)
		status = jose_verify(parts, key, "JWT");
	jose_key_free(&key);
	return status == E_INVALID ? E_REFUSED : status;
}

enum status id_token_hint_check(const struct core *core, struct arena *arena, const char *jwt,
				struct id_token_hint *ret_hint)
{
	struct jose_parts parts;
	struct id_token_hint hint;
	const char *iss;

	if (jose_parse(arena, jwt, strlen(jwt), TOKEN_MAX, &parts) != OK)
		return E_REFUSED;
	TRY(signature_check(core, arena, &parts));
	iss = json_get_string(parts.payload, "iss");
	hint.sub = json_get_string(parts.payload, "sub");
	hint.sid = json_get_string(parts.payload, "sid");
	hint.client_id = json_get_string(parts.payload, "aud");
	if (!iss || strcmp(iss, core->settings->issuer) != 0 || !hint.sub || !hint.sid || !hint.client_id)
		return E_REFUSED;
	*ret_hint = hint;
	return OK;
}
