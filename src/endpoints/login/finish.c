#include "core/session.h"
#include "endpoints/common.h"
#include "endpoints/login/browser.h"
#include "endpoints/login/login.h"
#include "endpoints/login/reply.h"

static enum status location_reply(struct response *res, const char *location)
{
	scoped_json *json = json_pack("{s:s}", "location", location);

	return json ? response_json(res, 200, json) : E_NOMEM;
}

static enum status form_location(struct response *res, const struct request *req)
{
	const char *location = arena_format(req->arena, "/signin/complete?login=%s", req->params[0]);

	return location ? location_reply(res, location) : E_NOMEM;
}

/* POST /signin/v1/logins/{id}/finish: the page goes to `location` itself, so the code passes no form post of ours. */
enum status login_finish_post(const struct app *app, const struct request *req, struct response *res)
{
	struct login_finished finished = {0};
	struct login_view view = {0};
	struct login_browser browser;
	enum status status;
	bool fine;

	TRY(page_post_check(app, req, res, &fine));
	if (!fine)
		return OK;
	TRY(login_browser_read(req, &browser));
	status = login_finish(&app->core, req->arena, req->params[0], &browser, false, req->now, &finished);
	if (status == E_INVALID)
		return form_location(res, req);
	if (status != OK)
		return login_reply(res, status, &view);
	TRY(login_cookies_set(app, res, finished.set_session, finished.set_known));
	return location_reply(res, finished.response.location);
}

/* ---- sign-out that was asked for without a proven hint: the person has confirmed it on our page ---- */

struct signed_in {
	const char *token;
	uint8_t browser_hash[32];
	int64_t now;
	struct session_row session;
};

static enum status session_read(struct store_tx *tx, void *ctx)
{
	struct signed_in *signed_in = ctx;

	return session_find(tx, signed_in->token, signed_in->browser_hash, signed_in->now, &signed_in->session);
}

enum status login_logout_post(const struct app *app, const struct request *req, struct response *res)
{
	struct signed_in signed_in = {.now = req->now};
	struct login_browser browser;
	enum status status = E_NOT_FOUND;
	bool fine;

	TRY(page_post_check(app, req, res, &fine));
	if (!fine)
		return OK;
	TRY(login_browser_read(req, &browser));
	if (browser.browser_token) {
		signed_in.token = browser.session_token;
		token_hash(browser.browser_token, signed_in.browser_hash);
		status = store_read(app->core.store, req->arena, session_read, &signed_in);
	}
	if (status == OK)
		TRY(session_end(&app->core, signed_in.session.sid, "sign_out", req->now));
	else if (status != E_NOT_FOUND)
		return status;
	TRY(response_cookie(res, &(struct cookie){.name = COOKIE_SESSION, .value = "", .max_age = -1}));
	return location_reply(res, "/logout?done=1");
}
