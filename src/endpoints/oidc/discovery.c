#include "endpoints/oidc/oidc.h"

#include <string.h>

#define LIFE "public, max-age=300"

struct member {
	const char *name;
	const char *value; /* a path under the issuer, or words */
};

static const struct member endpoints[] = {
	{"authorization_endpoint", "/authorize"}, {"token_endpoint", "/token"},
	{"userinfo_endpoint", "/userinfo"},       {"jwks_uri", "/jwks"},
	{"end_session_endpoint", "/logout"},
};

static const struct member lists[] = {
	{"scopes_supported", "openid profile email"},
	{"response_types_supported", "code"},
	{"response_modes_supported", "query form_post"},
	{"grant_types_supported", "authorization_code"},
	{"subject_types_supported", "public"},
	{"id_token_signing_alg_values_supported", "ES256 RS256"},
	{"token_endpoint_auth_methods_supported", "client_secret_basic client_secret_post none"},
	{"code_challenge_methods_supported", "S256"},
	{"prompt_values_supported", "none login consent select_account"},
	{"acr_values_supported", "mfa swk otp pwd"},
	{"claim_types_supported", "normal"},
	{"claims_supported",
	 "sub iss aud exp iat auth_time acr amr sid nonce at_hash name preferred_username email email_verified"},
	{"ui_locales_supported", "en ar"},
};

static json_t *words_list(const char *words)
{
	json_t *list = json_array();
	size_t size;

	for (; list && *words; words += size + (words[size] == ' ')) {
		size = strcspn(words, " ");
		if (json_array_append_new(list, json_stringn(words, size))) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static enum status endpoints_add(json_t *json, struct arena *arena, const char *issuer)
{
	for (size_t i = 0; i < ARRAY_COUNT(endpoints); i++) {
		const char *url = arena_format(arena, "%s%s", issuer, endpoints[i].value);

		if (!url || json_object_set_new(json, endpoints[i].name, json_string(url)))
			return E_NOMEM;
	}
	return OK;
}

static enum status lists_add(json_t *json)
{
	for (size_t i = 0; i < ARRAY_COUNT(lists); i++)
		if (json_object_set_new(json, lists[i].name, words_list(lists[i].value)))
			return E_NOMEM;
	return OK;
}

/*= OpenID.Discovery#4.3
 * "The issuer value returned MUST be identical to the Issuer URL that was used as the prefix to
 * /.well-known/openid-configuration"
 */
enum status oidc_discovery_make(struct arena *arena, const char *issuer, const char **ret_json)
{
	scoped_json *json = json_pack("{s:s}", "issuer", issuer);

	if (!json)
		return E_NOMEM;
	TRY(endpoints_add(json, arena, issuer));
	TRY(lists_add(json));
	/*= RFC9207#3  "Authorization servers supporting this specification MUST indicate it" */
	if (json_object_set_new(json, "authorization_response_iss_parameter_supported", json_true()) ||
	    json_object_set_new(json, "claims_parameter_supported", json_false()) ||
	    json_object_set_new(json, "request_parameter_supported", json_false()) ||
	    json_object_set_new(json, "request_uri_parameter_supported", json_false()))
		return E_NOMEM;
	*ret_json = json_format(arena, json);
	return *ret_json ? OK : E_NOMEM;
}

enum status oidc_discovery(const struct app *app, const struct request *req, struct response *res)
{
	response_status(res, 200);
	TRY(response_body_borrow(res, "application/json", app->discovery, strlen(app->discovery)));
	return response_header(res, "Cache-Control", LIFE);
}
