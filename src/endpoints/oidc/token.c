#include <string.h>

#include "base/log.h"
#include "core/grant.h"
#include "endpoints/oidc/client_auth.h"
#include "endpoints/oidc/oidc.h"

/*= RFC6749#5.2
 * "If the client attempted to authenticate via the "Authorization" request header field, the authorization server MUST
 * respond with an HTTP 401 (Unauthorized) status code and include the "WWW-Authenticate" response header field"
 */
static enum status reply_refusal(const struct app *app, struct response *res, const struct oauth_error *refusal)
{
	const bool unauthorized = strcmp(refusal->code, "invalid_client") == 0;
	scoped_json *json = json_pack("{s:s, s:s}", "error", refusal->code, "error_description", refusal->description);

	if (!json)
		return E_NOMEM;
	if (unauthorized) {
		const char *value = arena_format(response_arena(res), "Basic realm=\"%s\"", app->core.settings->issuer);

		if (!value)
			return E_NOMEM;
		TRY(response_header(res, "WWW-Authenticate", value));
	}
	TRY(response_header(res, "Pragma", "no-cache"));
	return response_json(res, unauthorized ? 401 : 400, json);
}

static enum status reply_tokens(struct response *res, const struct token_set *tokens)
{
	scoped_json *json = json_pack("{s:s, s:s, s:I, s:s, s:s}", "access_token", tokens->access_token, "token_type",
				      "Bearer", "expires_in", (json_int_t)tokens->expires_in, "id_token",
				      tokens->id_token, "scope", tokens->scope);

	if (!json)
		return E_NOMEM;
	/*= RFC6749#5.1  […] "as well as the "Pragma" response header field with a value of "no-cache"." */
	TRY(response_header(res, "Pragma", "no-cache"));
	return response_json(res, 200, json);
}

static enum status request_read(const struct request *req, struct token_request *wanted, struct oauth_error *refusal)
{
	struct form *form = NULL;
	const enum status status = request_form(req, &form);

	if (status == E_CONFLICT)
		*refusal = (struct oauth_error){"invalid_request", "a parameter is repeated"};
	else if (status == E_INVALID)
		*refusal = (struct oauth_error){"invalid_request", "the body is not a well-formed form"};
	if (refusal->code)
		return OK;
	TRY(status);
	wanted->grant_type = form_get(form, "grant_type");
	wanted->code = form_get(form, "code");
	wanted->redirect_uri = form_get(form, "redirect_uri");
	wanted->code_verifier = form_get(form, "code_verifier");
	wanted->ip = req->ip;
	return client_auth_read(req, form, wanted, refusal);
}

enum status oidc_token(const struct app *app, const struct request *req, struct response *res)
{
	struct token_request wanted = {0};
	struct token_set tokens = {0};
	struct oauth_error refusal = {0};

	TRY(request_read(req, &wanted, &refusal));
	if (!refusal.code)
		TRY(grant_redeem(&app->core, req->arena, &wanted, req->now, &tokens, &refusal));
	if (refusal.code) {
		log_info("token.refused", LOG_S("error", refusal.code), LOG_S("description", refusal.description),
			 LOG_S("client", wanted.client_id), LOG_S("ip", req->ip));
		return reply_refusal(app, res, &refusal);
	}
	return reply_tokens(res, &tokens);
}
