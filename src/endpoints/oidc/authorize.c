#include "core/authorize.h"

#include <string.h>

#include "core/grant.h"
#include "core/login.h"
#include "endpoints/login/browser.h"
#include "endpoints/login/error_page.h"
#include "endpoints/oidc/oidc.h"
#include "endpoints/oidc/params.h"
#include "endpoints/oidc/session_of.h"

static enum status refusal_page(const struct app *app, const struct request *req, struct response *res,
				const struct oauth_error *error)
{
	const char *title = strcmp(error->code, "unknown_client") == 0 ? "This service is not known here"
								       : "This request cannot be answered";

	return error_page(app, req, res, 400, error->code, title, error->description);
}

static enum status refusal_send(const struct app *app, const struct request *req, struct response *res,
				const struct authorize_result *result)
{
	struct authorize_response response;

	TRY(authorize_response_error(&app->core, req->arena, &result->params, &result->error, &response));
	return authorize_response_send(app, res, &response);
}

/*
 * Whom a silent request is about: nobody else may be answered for.
 *= OpenID.Core#3.1.2.1
 * "If the End-User identified by the ID Token is already logged in or is logged in as a result of the request […] then
 *the Authorization Server returns a positive response; otherwise, it MUST return an error, such as login_required."
 */
static enum status hint_check(const struct app *app, const struct request *req, const struct authorize_raw *raw,
			      struct authorize_result *result)
{
	struct id_token_hint hint;
	struct session_row session;
	bool found;
	enum status status;

	if (!raw->id_token_hint || !result->params.prompt_none)
		return OK;
	status = id_token_hint_check(&app->core, req->arena, raw->id_token_hint, &hint);
	if (status != OK && status != E_REFUSED)
		return status;
	if (status == E_REFUSED) {
		result->error = (struct oauth_error){"invalid_request", "id_token_hint is not an ID token of ours"};
		return OK;
	}
	TRY(session_of_browser(app, req, &session, &found));
	if (!found || strcmp(session.user_id, hint.sub) != 0)
		result->error = (struct oauth_error){"login_required", "The person of id_token_hint is not signed in."};
	return OK;
}

static enum status begin(const struct app *app, const struct request *req, struct response *res,
			 const struct authorize_result *result)
{
	struct login_browser browser;
	struct login_begun begun;
	const char *page;

	TRY(login_browser_ensure(app, req, res, &browser));
	TRY(login_begin(&app->core, req->arena, result, &browser, req->now, &begun));
	if (begun.has_response) {
		TRY(login_cookies_set(app, res, begun.set_session, begun.set_known));
		return authorize_response_send(app, res, &begun.response);
	}
	page = arena_format(req->arena, "/signin/?login=%s", begun.id);
	return page ? response_redirect(res, 303, page) : E_NOMEM;
}

enum status oidc_authorize(const struct app *app, const struct request *req, struct response *res)
{
	struct authorize_result result;
	struct authorize_raw raw;
	struct form *form = NULL;

	TRY(browser_params(app, req, res, &form));
	if (!form)
		return OK;
	authorize_raw_read(form, &raw);
	TRY(authorize_check(&app->core, req->arena, &raw, &result));
	if (result.answer == AUTHORIZE_PAGE)
		return refusal_page(app, req, res, &result.error);
	if (result.answer == AUTHORIZE_GO)
		TRY(hint_check(app, req, &raw, &result));
	if (result.error.code)
		return refusal_send(app, req, res, &result);
	return begin(app, req, res, &result);
}
