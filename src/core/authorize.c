#include "core/authorize.h"

#include <string.h>

#include "base/text.h"
#include "core/client.h"

#define STATE_MAX    2048
#define VALUE_MAX    512
#define CHALLENGE    43 /* base64url of SHA-256 */
#define RESPONSE_MAX 8192

static const char *const scopes_known[] = {"openid", "profile", "email"};

static enum status refuse(struct authorize_result *result, enum authorize_answer answer, const char *code,
			  const char *description)
{
	result->answer = answer;
	result->error = (struct oauth_error){code, description};
	return OK;
}

/* ---- the client and where it may be answered ---- */

struct finding {
	const char *id;
	struct client_row row;
	bool found;
};

static enum status client_read(struct store_tx *tx, void *ctx)
{
	struct finding *finding = ctx;
	enum status status = store_client_find(tx, finding->id, &finding->row);

	finding->found = status == OK;
	return status == E_NOT_FOUND ? OK : status;
}

/*= RFC6749#3.1.2.4
 * "If an authorization request fails validation due to a missing, invalid, or mismatching redirection URI, the
 * authorization server SHOULD inform the resource owner of the error and MUST NOT automatically redirect the user-agent
 * to the invalid redirection URI."
 */
static enum status client_check(struct arena *arena, const struct authorize_raw *raw, const struct client_row *client,
				struct authorize_result *result)
{
	if (!raw->client_id)
		return refuse(result, AUTHORIZE_PAGE, "unknown_client", "The service did not say which one it is.");
	if (!client || client->disabled)
		return refuse(result, AUTHORIZE_PAGE, "unknown_client",
			      "The service that sent you here is not registered.");
	if (!redirect_uri_matches(client, raw->redirect_uri))
		return refuse(result, AUTHORIZE_PAGE, "bad_redirect_uri",
			      "The service asked to be answered at an address that is not registered for it.");
	result->client = *client;
	result->params.redirect_uri = arena_strdup(arena, raw->redirect_uri);
	result->answer = AUTHORIZE_REDIRECT;
	return result->params.redirect_uri ? OK : E_NOMEM;
}

/* ---- the rest ---- */

static enum status response_mode_check(const struct authorize_raw *raw, struct authorize_result *result)
{
	result->params.response_mode = "query";
	if (raw->state && strlen(raw->state) > STATE_MAX)
		return refuse(result, AUTHORIZE_REDIRECT, "invalid_request", "state is too long");
	result->params.state = raw->state;
	if (!raw->response_mode || strcmp(raw->response_mode, "query") == 0)
		return OK;
	if (strcmp(raw->response_mode, "form_post") != 0)
		return refuse(result, AUTHORIZE_REDIRECT, "invalid_request", "response_mode is query or form_post");
	/* A browser posts forms to no app's own scheme. */
	if (!text_has_prefix(result->params.redirect_uri, "https://") &&
	    !text_has_prefix(result->params.redirect_uri, "http://"))
		return refuse(result, AUTHORIZE_REDIRECT, "invalid_request", "form_post needs an http redirect URI");
	result->params.response_mode = "form_post";
	return OK;
}

static enum status request_check(const struct authorize_raw *raw, struct authorize_result *result)
{
	if (raw->request)
		return refuse(result, AUTHORIZE_REDIRECT, "request_not_supported", "request objects are not supported");
	if (raw->request_uri)
		return refuse(result, AUTHORIZE_REDIRECT, "request_uri_not_supported", "request_uri is not supported");
	if (!raw->response_type)
		return refuse(result, AUTHORIZE_REDIRECT, "invalid_request", "response_type is missing");
	if (strcmp(raw->response_type, "code") != 0)
		return refuse(result, AUTHORIZE_REDIRECT, "unsupported_response_type", "response_type is code");
	return OK;
}

static bool is_base64url(const char *text, size_t size)
{
	return strlen(text) == size &&
	       strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == size;
}

/*= RFC9700#2.1.1  public clients must use PKCE; "plain" is not offered */
static enum status pkce_check(const struct authorize_raw *raw, struct authorize_result *result)
{
	if (!raw->code_challenge) {
		if (raw->code_challenge_method)
			return refuse(result, AUTHORIZE_REDIRECT, "invalid_request", "code_challenge is missing");
		if (result->client.is_public)
			return refuse(result, AUTHORIZE_REDIRECT, "invalid_request", "code_challenge is required");
		return OK;
	}
	if (!raw->code_challenge_method || strcmp(raw->code_challenge_method, "S256") != 0)
		return refuse(result, AUTHORIZE_REDIRECT, "invalid_request", "code_challenge_method is S256");
	if (!is_base64url(raw->code_challenge, CHALLENGE))
		return refuse(result, AUTHORIZE_REDIRECT, "invalid_request",
			      "code_challenge is the base64url of a SHA-256");
	result->params.code_challenge = raw->code_challenge;
	return OK;
}

static enum status scope_check(struct arena *arena, const struct authorize_raw *raw, struct authorize_result *result)
{
	struct text kept;

	if (!raw->scope || !words_has(raw->scope, "openid"))
		return refuse(result, AUTHORIZE_REDIRECT, "invalid_scope", "scope must have openid");
	text_init(&kept, 256);
	for (size_t i = 0; i < ARRAY_COUNT(scopes_known); i++)
		if (words_has(raw->scope, scopes_known[i])) {
			text_add(&kept, kept.size ? " " : "");
			text_add(&kept, scopes_known[i]);
		}
	result->params.scope = kept.failed ? NULL : arena_strdup(arena, kept.data);
	text_done(&kept);
	return result->params.scope ? OK : E_NOMEM;
}

static enum status prompt_check(const struct authorize_raw *raw, struct authorize_result *result)
{
	struct authorize_params *params = &result->params;

	params->max_age = -1;
	params->prompt_none = words_has(raw->prompt, "none");
	params->prompt_login = words_has(raw->prompt, "login");
	params->prompt_consent = words_has(raw->prompt, "consent");
	params->prompt_select_account = words_has(raw->prompt, "select_account");
	/*= OpenID.Core#3.1.2.1  "If this parameter contains none with any other value, an error is returned." */
	if (params->prompt_none && (params->prompt_login || params->prompt_consent || params->prompt_select_account))
		return refuse(result, AUTHORIZE_REDIRECT, "invalid_request", "prompt none stands alone");
	if (raw->max_age && text_parse_int(raw->max_age, 0, INT32_MAX, &params->max_age) != OK)
		return refuse(result, AUTHORIZE_REDIRECT, "invalid_request", "max_age is a number of seconds");
	return OK;
}

static bool fits(const char *value)
{
	return !value || strlen(value) <= VALUE_MAX;
}

static enum status values_check(const struct authorize_raw *raw, struct authorize_result *result)
{
	if (!fits(raw->nonce) || !fits(raw->login_hint) || !fits(raw->acr_values) || !fits(raw->ui_locales))
		return refuse(result, AUTHORIZE_REDIRECT, "invalid_request",
			      "a parameter is longer than 512 characters");
	result->params.nonce = raw->nonce;
	result->params.login_hint = raw->login_hint && text_is_displayable(raw->login_hint) ? raw->login_hint : NULL;
	result->params.acr_values = raw->acr_values;
	result->params.ui_locales = raw->ui_locales;
	return OK;
}

enum status authorize_judge(struct arena *arena, const struct authorize_raw *raw, const struct client_row *client,
			    struct authorize_result *ret_result)
{
	struct authorize_result result = {.params = {.max_age = -1}};

	TRY(client_check(arena, raw, client, &result));
	if (!result.error.code)
		TRY(response_mode_check(raw, &result));
	if (!result.error.code)
		TRY(request_check(raw, &result));
	if (!result.error.code)
		TRY(pkce_check(raw, &result));
	if (!result.error.code)
		TRY(scope_check(arena, raw, &result));
	if (!result.error.code)
		TRY(prompt_check(raw, &result));
	if (!result.error.code)
		TRY(values_check(raw, &result));
	if (!result.error.code)
		result.answer = AUTHORIZE_GO;
	*ret_result = result;
	return OK;
}

enum status authorize_check(const struct core *core, struct arena *arena, const struct authorize_raw *raw,
			    struct authorize_result *ret_result)
{
	struct finding finding = {.id = raw->client_id};

	if (raw->client_id)
		TRY(store_read(core->store, arena, client_read, &finding));
	return authorize_judge(arena, raw, finding.found ? &finding.row : NULL, ret_result);
}

/* ---- stored with the login ---- */

char *authorize_params_format(struct arena *arena, const struct authorize_params *params)
{
	scoped_json *json = json_pack("{s:s, s:s, s:s, s:s?, s:s?, s:s?, s:s?, s:s?, s:s?, s:b, s:b, s:b, s:b, s:I}",
				      "redirect_uri", params->redirect_uri, "response_mode", params->response_mode,
				      "scope", params->scope, "state", params->state, "nonce", params->nonce,
				      "login_hint", params->login_hint, "acr_values", params->acr_values, "ui_locales",
				      params->ui_locales, "code_challenge", params->code_challenge, "prompt_none",
				      (int)params->prompt_none, "prompt_login", (int)params->prompt_login,
				      "prompt_consent", (int)params->prompt_consent, "prompt_select_account",
				      (int)params->prompt_select_account, "max_age", (json_int_t)params->max_age);

	return json ? json_format(arena, json) : NULL;
}

static void json_free(void *json)
{
	json_decref(json);
}

enum status authorize_params_parse(struct arena *arena, const char *text, struct authorize_params *ret_params)
{
	struct authorize_params params = {0};
	json_t *json = NULL;

	TRY(json_parse_limited(text, strlen(text), 4, &json));
	if (arena_defer(arena, json_free, json))
		return E_NOMEM;
	params.redirect_uri = json_get_string(json, "redirect_uri");
	params.response_mode = json_get_string(json, "response_mode");
	params.scope = json_get_string(json, "scope");
	params.state = json_get_string(json, "state");
	params.nonce = json_get_string(json, "nonce");
	params.login_hint = json_get_string(json, "login_hint");
	params.acr_values = json_get_string(json, "acr_values");
	params.ui_locales = json_get_string(json, "ui_locales");
	params.code_challenge = json_get_string(json, "code_challenge");
	params.prompt_none = json_get_bool(json, "prompt_none", false);
	params.prompt_login = json_get_bool(json, "prompt_login", false);
	params.prompt_consent = json_get_bool(json, "prompt_consent", false);
	params.prompt_select_account = json_get_bool(json, "prompt_select_account", false);
	TRY(json_take_int(json, "max_age", -1, INT32_MAX, &params.max_age));
	if (!params.redirect_uri || !params.response_mode || !params.scope)
		return E_INVALID;
	*ret_params = params;
	return OK;
}

/* ---- the response ---- */

static void field_add(struct authorize_response *response, const char *name, const char *value)
{
	if (!value)
		return;
	response->fields[response->field_count].name = name;
	response->fields[response->field_count++].value = value;
}

static enum status location_build(struct arena *arena, const struct authorize_params *params,
				  struct authorize_response *response)
{
	struct text location;
	char separator = strchr(params->redirect_uri, '?') ? '&' : '?';

	text_init(&location, RESPONSE_MAX);
	text_add(&location, params->redirect_uri);
	for (size_t i = 0; i < response->field_count; i++) {
		text_add_format(&location, "%c%s=", separator, response->fields[i].name);
		text_add_percent(&location, response->fields[i].value);
		separator = '&';
	}
	response->location = location.failed ? NULL : arena_strdup(arena, location.data);
	text_done(&location);
	return response->location ? OK : E_NOMEM;
}

static enum status response_build(const struct core *core, struct arena *arena, const struct authorize_params *params,
				  struct authorize_response *response)
{
	field_add(response, "state", params->state);
	field_add(response, "iss", core->settings->issuer); /*= RFC9207#2 */
	response->form_post = strcmp(params->response_mode, "form_post") == 0;
	if (!response->form_post)
		return location_build(arena, params, response);
	response->location = params->redirect_uri;
	return OK;
}

enum status authorize_response_code(const struct core *core, struct arena *arena, const struct authorize_params *params,
				    const char *code, struct authorize_response *ret_response)
{
	struct authorize_response response = {0};
	const char *copy = arena_strdup(arena, code);

	if (!copy)
		return E_NOMEM;
	field_add(&response, "code", copy);
	TRY(response_build(core, arena, params, &response));
	*ret_response = response;
	return OK;
}

enum status authorize_response_error(const struct core *core, struct arena *arena,
				     const struct authorize_params *params, const struct oauth_error *error,
				     struct authorize_response *ret_response)
{
	struct authorize_response response = {0};

	field_add(&response, "error", error->code);
	field_add(&response, "error_description", error->description);
	TRY(response_build(core, arena, params, &response));
	*ret_response = response;
	return OK;
}
