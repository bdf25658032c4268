#include "endpoints/login/browser.h"
#include "endpoints/login/error_page.h"
#include "endpoints/login/login.h"

static enum status trouble_page(const struct app *app, const struct request *req, struct response *res,
				enum status status)
{
	switch (status) {
	case E_NOT_FOUND:
	case E_INVALID:
		return error_page(app, req, res, 404, "no_login", "There is no such sign-in",
				  "The address is incomplete or too old. Go back to the service and sign in again.");
	case E_EXPIRED:
		return error_page(app, req, res, 410, "login_over", "This sign-in is over",
				  "Go back to the service and sign in again.");
	case E_REFUSED:
		return error_page(app, req, res, 401, "other_browser", "This sign-in belongs to another browser",
				  "Only the browser that began a sign-in can finish it. Go back to the service and "
				  "sign in again.");
	default: return status;
	}
}

/* GET /signin/?login=ID */
enum status login_page(const struct app *app, const struct request *req, struct response *res)
{
	struct login_browser browser;
	struct login_view view = {0};
	struct form *query = NULL;
	const char *id;
	enum status status = request_query(req, &query);

	id = status == OK ? form_get(query, "login") : NULL;
	if (status == E_NOMEM)
		return status;
	if (!id)
		return trouble_page(app, req, res, E_NOT_FOUND);
	TRY(login_browser_read(req, &browser));
	status = login_state(&app->core, req->arena, id, &browser, req->now, &view);
	if (status != OK)
		return trouble_page(app, req, res, status);
	return state_page(app, res, 200, view.json);
}

/* GET /signin/complete?login=ID */
enum status login_complete_get(const struct app *app, const struct request *req, struct response *res)
{
	struct login_browser browser;
	struct login_finished finished = {0};
	struct form *query = NULL;
	const char *id;
	enum status status = request_query(req, &query);

	id = status == OK ? form_get(query, "login") : NULL;
	if (status == E_NOMEM)
		return status;
	if (!id)
		return trouble_page(app, req, res, E_NOT_FOUND);
	TRY(login_browser_read(req, &browser));
	status = login_finish(&app->core, req->arena, id, &browser, true, req->now, &finished);
	if (status == E_CONFLICT)
		status = E_EXPIRED;
	if (status != OK)
		return trouble_page(app, req, res, status);
	TRY(login_cookies_set(app, res, finished.set_session, finished.set_known));
	return authorize_response_send(app, res, &finished.response);
}
