#include "oidc_fixture.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "core/client.h"
#include "core/settings.h"
#include "crypto/jose.h"

static const char configuration[] = "issuer: " ISSUER "\n"
				    "policy:\n"
				    "  default: { ask: [password, \"push:enter | totp\"] }\n";

static void wake_count(void *ctx, const char *topic)
{
	struct oidc *oidc = ctx;

	assert_non_null(strchr(topic, ':'));
	oidc->wakes++;
}

static enum status session_insert(struct store_tx *tx, void *ctx)
{
	const struct session_row row = session_row_of("session", "demo");

	(void)ctx;
	return store_session_insert(tx, &row);
}

static void client_make(struct oidc *oidc, const struct client_new *client, char secret[TOKEN_SIZE])
{
	const char *problem = NULL;

	assert_int_equal(client_add(&oidc->core, oidc->arena, client, NOW, secret, &problem), OK);
}

static void clients_make(struct oidc *oidc)
{
	static const char *const web_uris[] = {WEB_CB, "https://app.example.org/other?a=b"};
	static const char *const logout_uris[] = {"https://app.example.org/bye?a=b"};
	static const char *const native_uris[] = {"http://127.0.0.1/cb"};
	char none[TOKEN_SIZE];

	client_make(oidc,
		    &(struct client_new){.id = "web",
					 .name = "Web",
					 .redirect_uris = web_uris,
					 .redirect_uri_count = 2,
					 .logout_uris = logout_uris,
					 .logout_uri_count = 1},
		    oidc->web_secret);
	client_make(oidc,
		    &(struct client_new){.id = "rsa",
					 .name = "Rsa",
					 .redirect_uris = web_uris,
					 .redirect_uri_count = 1,
					 .alg = "RS256"},
		    oidc->rsa_secret);
	client_make(oidc,
		    &(struct client_new){.id = "native",
					 .name = "Native",
					 .redirect_uris = native_uris,
					 .redirect_uri_count = 1,
					 .is_public = true},
		    none);
}

static void core_make(struct oidc *oidc)
{
	struct core *core = &oidc->core;
	char problem[256] = "";

	*core = (struct core){.store = oidc->fixture->store,
			      .random = &random_system,
			      .wake = wake_count,
			      .wake_ctx = oidc};
	snprintf(oidc->kek, sizeof(oidc->kek), "%s/kek", oidc->fixture->folder);
	assert_int_equal(keyholder_init_kek(oidc->kek), OK);
	assert_int_equal(keyholder_open(oidc->kek, &core->keyholder, problem), OK);
	assert_int_equal(keyring_init(core->store, core->keyholder, NOW), OK);
	assert_int_equal(keyring_open(core->store, &core->keyring), OK);
	assert_int_equal(settings_parse(oidc->arena, "/etc/symbolon/symbolon.yaml", configuration,
					strlen(configuration), &core->settings, NULL),
			 OK);
}

int oidc_setup(void **state)
{
	struct oidc *oidc = calloc(1, sizeof(*oidc));
	void *fixture = NULL;

	log_level_set(LOG_ERROR_);
	assert_int_equal(disk_setup(&fixture), 0);
	oidc->fixture = fixture;
	oidc->arena = arena_new(16 << 20);
	core_make(oidc);
	clients_make(oidc);
	write_ok(oidc->core.store, session_insert, NULL);
	*state = oidc;
	return 0;
}

int oidc_teardown(void **state)
{
	struct oidc *oidc = *state;
	void *fixture = oidc->fixture;

	keyring_close(&oidc->core.keyring);
	keyholder_close(&oidc->core.keyholder);
	arena_free(oidc->arena);
	fixture_teardown(&fixture);
	free(oidc);
	return 0;
}

struct grant_new oidc_grant(const struct oidc *oidc)
{
	struct grant_new grant = {.client_id = "web",
				  .user_id = "demo",
				  .login_id = "login",
				  .sid = "session",
				  .redirect_uri = WEB_CB,
				  .scope = "openid profile email",
				  .nonce = "n-0S6_WzA2Mj",
				  .acr = "mfa",
				  .amr = "[\"pwd\",\"swk\",\"mfa\"]",
				  .auth_time = NOW - 5};

	grant_draw(oidc->core.random, &grant);
	return grant;
}

struct issuing {
	const struct grant_new *grant;
	int64_t now;
};

static enum status issue(struct store_tx *tx, void *ctx)
{
	const struct issuing *issuing = ctx;

	return grant_issue(tx, issuing->grant, issuing->now, 60);
}

void oidc_issue(const struct oidc *oidc, const struct grant_new *grant, int64_t now)
{
	struct issuing issuing = {grant, now};

	write_ok(oidc->core.store, issue, &issuing);
}

struct token_request oidc_request(const struct oidc *oidc, const char *code)
{
	return (struct token_request){.grant_type = "authorization_code",
				      .code = code,
				      .redirect_uri = WEB_CB,
				      .client_id = "web",
				      .client_secret = oidc->web_secret,
				      .client_auth = CLIENT_AUTH_BASIC,
				      .ip = "192.0.2.1"};
}

const char *oidc_redeem(const struct oidc *oidc, const struct token_request *request, int64_t now,
			struct token_set *ret_tokens)
{
	struct oauth_error refusal = {0};

	*ret_tokens = (struct token_set){0};
	assert_int_equal(grant_redeem(&oidc->core, oidc->arena, request, now, ret_tokens, &refusal), OK);
	if (refusal.code) {
		assert_null(ret_tokens->access_token);
		assert_null(ret_tokens->id_token);
		return refusal.code;
	}
	assert_non_null(ret_tokens->access_token);
	assert_non_null(ret_tokens->id_token);
	return "";
}

const json_t *oidc_verified(const struct oidc *oidc, const char *jwt, const char *typ, const char *alg)
{
	const struct keyring_view *keys = keyring_view(oidc->core.keyring);
	scoped_json *jwks = NULL;
	struct jose_parts parts;
	bool verified = false;
	size_t i;
	json_t *jwk;

	assert_int_equal(jose_parse(oidc->arena, jwt, strlen(jwt), 8192, &parts), OK);
	assert_string_equal(parts.alg, alg);
	assert_int_equal(json_parse_limited(keys->jwks, keys->jwks_size, 6, &jwks), OK);
	json_array_foreach (json_object_get(jwks, "keys"), i, jwk) {
		char *text = json_format(oidc->arena, jwk);
		scoped_jose_key *key = NULL;

		assert_int_equal(jose_public_parse(text, strlen(text), &key), OK);
		if (strcmp(json_get_string(jwk, "kid"), parts.kid) == 0)
			verified = jose_verify(&parts, key, typ) == OK;
	}
	assert_true(verified);
	return parts.payload;
}
