#include <string.h>

#include "endpoints/account/account.h"
#include "endpoints/account/begin.h"

/* Known browsers and sessions: ending them needs no fresh proof, so that nobody waits to do it. */

enum status account_browser_remove_post(const struct app *app, const struct request *req, struct response *res)
{
	struct account_request begun;

	TRY(account_begin(app, req, res, ACCOUNT_CHANGES, &begun));
	if (!begun.fine)
		return OK;
	return account_reply_part(res, &begun, account_browser_remove(&begun.account, req->params[0]), "browsers");
}

enum status account_browsers_remove_post(const struct app *app, const struct request *req, struct response *res)
{
	struct account_request begun;

	TRY(account_begin(app, req, res, ACCOUNT_CHANGES, &begun));
	if (!begun.fine)
		return OK;
	return account_reply_part(res, &begun, account_browser_remove_all(&begun.account), "browsers");
}

static enum status this_ended(struct response *res)
{
	scoped_json *json = json_pack("{s:[]}", "sessions");

	TRY(response_cookie(res, &(struct cookie){.name = COOKIE_SESSION, .value = "", .max_age = -1}));
	return json ? response_json(res, 200, json) : E_NOMEM;
}

enum status account_session_end_post(const struct app *app, const struct request *req, struct response *res)
{
	struct account_request begun;
	enum status status;

	TRY(account_begin(app, req, res, ACCOUNT_CHANGES, &begun));
	if (!begun.fine)
		return OK;
	status = account_session_end(&begun.account, req->params[0]);
	if (status == OK && strcmp(req->params[0], begun.account.session.sid) == 0)
		return this_ended(res);
	return account_reply_part(res, &begun, status, "sessions");
}

enum status account_sessions_end_post(const struct app *app, const struct request *req, struct response *res)
{
	struct account_request begun;

	TRY(account_begin(app, req, res, ACCOUNT_CHANGES, &begun));
	if (!begun.fine)
		return OK;
	return account_reply_part(res, &begun, account_session_end_others(&begun.account), "sessions");
}
