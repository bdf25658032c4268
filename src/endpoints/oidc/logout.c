#include <string.h>

#include "base/text.h"
#include "core/client.h"
#include "core/grant.h"
#include "core/session.h"
#include "endpoints/login/error_page.h"
#include "endpoints/oidc/oidc.h"
#include "endpoints/oidc/params.h"
#include "endpoints/oidc/session_of.h"

#define LOCATION_MAX 8192

/*
 * OpenID Connect RP-Initiated Logout 1.0: whoever has an ID token of this very session may end it without a question.
 *Anybody else may only ask the person, and nobody is sent anywhere but to a registered address of the service that the
 *hint names. = OpenID.RPInitiated#2 "At the Logout Endpoint, the OP SHOULD ask the End-User whether to log out of the
 *OP as well."
 */
struct leaving {
	const struct form *form;
	struct id_token_hint hint;
	bool has_hint;
	struct session_row session;
	bool has_session;
	struct client_row client;
};

static enum status hint_read(const struct app *app, const struct request *req, struct leaving *leaving)
{
	const char *jwt = form_get(leaving->form, "id_token_hint");
	const char *client_id = form_get(leaving->form, "client_id");
	const enum status status = jwt ? id_token_hint_check(&app->core, req->arena, jwt, &leaving->hint) : E_REFUSED;

	if (status != OK && status != E_REFUSED)
		return status;
	/*= OpenID.RPInitiated#2  "the OP MUST verify that the Client Identifier matches the one used when issuing the
	 * ID Token." */
	leaving->has_hint = status == OK && (!client_id || strcmp(client_id, leaving->hint.client_id) == 0);
	return OK;
}

static enum status client_read(struct store_tx *tx, void *ctx)
{
	struct leaving *leaving = ctx;

	return store_client_find(tx, leaving->hint.client_id, &leaving->client);
}

static enum status location_format(struct arena *arena, const char *uri, const char *state, const char **ret_location)
{
	struct text location;

	text_init(&location, LOCATION_MAX);
	text_add(&location, uri);
	if (state) {
		text_add(&location, strchr(uri, '?') ? "&state=" : "?state=");
		text_add_percent(&location, state);
	}
	*ret_location = location.failed ? NULL : arena_strdup(arena, location.data);
	text_done(&location);
	return *ret_location ? OK : E_NOMEM;
}

/*= OpenID.RPInitiated#3
 * "The value MUST have been previously registered with the OP […] If the post_logout_redirect_uri is not valid the OP
 * MUST NOT perform post-logout redirection." *ret_location stays NULL.
 */
static enum status location_find(const struct app *app, const struct request *req, struct leaving *leaving,
				 const char **ret_location)
{
	const char *uri = form_get(leaving->form, "post_logout_redirect_uri");
	enum status status;

	if (!uri || !leaving->has_hint)
		return OK;
	status = store_read(app->core.store, req->arena, client_read, leaving);
	if (status == E_NOT_FOUND)
		return OK;
	TRY(status);
	if (leaving->client.disabled || !logout_uri_matches(&leaving->client, uri))
		return OK;
	return location_format(req->arena, uri, form_get(leaving->form, "state"), ret_location);
}

static enum status signed_out(const struct app *app, const struct request *req, struct response *res,
			      struct leaving *leaving)
{
	const char *location = NULL;

	TRY(response_cookie(res, &(struct cookie){.name = COOKIE_SESSION, .value = "", .max_age = -1}));
	TRY(location_find(app, req, leaving, &location));
	if (location)
		return response_redirect(res, 303, location);
	return error_page(app, req, res, 200, "signed_out", "You are signed out", "You can close this page.");
}

static enum status confirm(const struct app *app, const struct request *req, struct response *res)
{
	return error_page(app, req, res, 200, "confirm_sign_out", "Sign out?",
			  "A service asks to sign you out here. You will be asked to sign in again the next time.");
}

enum status oidc_logout(const struct app *app, const struct request *req, struct response *res)
{
	struct leaving leaving = {0};
	struct form *form = NULL;
	enum status status;

	TRY(browser_params(app, req, res, &form));
	if (!form)
		return OK;
	leaving.form = form;
	TRY(hint_read(app, req, &leaving));
	TRY(session_of_browser(app, req, &leaving.session, &leaving.has_session));
	if (!leaving.has_session)
		return signed_out(app, req, res, &leaving);
	if (!leaving.has_hint || strcmp(leaving.hint.sid, leaving.session.sid) != 0)
		return confirm(app, req, res);
	status = session_end(&app->core, leaving.session.sid, "service_sign_out", req->now);
	if (status != OK && status != E_CONFLICT) /* somebody else has just ended it */
		return status;
	return signed_out(app, req, res, &leaving);
}
