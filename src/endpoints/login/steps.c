#include <string.h>

#include "endpoints/common.h"
#include "endpoints/login/browser.h"
#include "endpoints/login/login.h"
#include "endpoints/login/reply.h"

#define BODY_MAX     4096
#define USERNAME_MAX 254
#define PASSWORD_MAX 512
#define CODE_MAX     64

/* What every step needs: the right origin, a JSON body, the browser. */
struct step_request {
	bool fine;
	json_t *body;
	struct login_browser browser;
	const char *id;
};

static enum status step_read(const struct app *app, const struct request *req, struct response *res,
			     struct step_request *step)
{
	enum status status;

	step->fine = false;
	TRY(page_post_check(app, req, res, &step->fine));
	if (!step->fine)
		return OK;
	status = request_json(req, BODY_MAX, &step->body);
	if (status == E_INVALID || (status == OK && !json_is_object(step->body))) {
		step->fine = false;
		return reply_error(res, 400, "bad_request", "The body must be a JSON object.", 0);
	}
	TRY(status);
	step->id = req->params[0];
	return login_browser_read(req, &step->browser);
}

/* A member that must be text of 1 to `max` bytes; NULL when it is not. */
static const char *text_member(const struct step_request *step, const char *key, size_t max)
{
	const char *text = json_get_string(step->body, key);

	return text && *text && strlen(text) <= max ? text : NULL;
}

enum status login_get(const struct app *app, const struct request *req, struct response *res)
{
	struct login_browser browser;
	struct login_view view = {0};

	TRY(login_browser_read(req, &browser));
	return login_reply(res, login_state(&app->core, req->arena, req->params[0], &browser, req->now, &view), &view);
}

typedef enum status (*text_step)(const struct core *, struct arena *, const char *, const struct login_browser *,
				 const char *, int64_t, struct login_view *);

/* A step that takes one text: the member's name and how long it may be. */
static enum status text_post(const struct app *app, const struct request *req, struct response *res, const char *key,
			     size_t max, text_step take)
{
	struct step_request step = {0};
	struct login_view view = {0};
	const char *text;

	TRY(step_read(app, req, res, &step));
	if (!step.fine)
		return OK;
	text = text_member(&step, key, max);
	if (!text)
		return login_reply(res, E_INVALID, &view);
	return login_reply(res, take(&app->core, req->arena, step.id, &step.browser, text, req->now, &view), &view);
}

enum status login_identify_post(const struct app *app, const struct request *req, struct response *res)
{
	return text_post(app, req, res, "username", USERNAME_MAX, login_identify);
}

enum status login_password_post(const struct app *app, const struct request *req, struct response *res)
{
	return text_post(app, req, res, "password", PASSWORD_MAX, login_password);
}

enum status login_totp_post(const struct app *app, const struct request *req, struct response *res)
{
	return text_post(app, req, res, "code", CODE_MAX, login_totp);
}

enum status login_recovery_post(const struct app *app, const struct request *req, struct response *res)
{
	return text_post(app, req, res, "code", CODE_MAX, login_recovery);
}

enum status login_pass_post(const struct app *app, const struct request *req, struct response *res)
{
	return text_post(app, req, res, "code", CODE_MAX, login_pass);
}

enum status login_password_admit(const struct app *app, const struct request *req, struct response *res,
				 bool *ret_admitted, bool *ret_privileged)
{
	struct step_request step = {0};
	struct login_view view = {0};
	enum status status;

	*ret_admitted = *ret_privileged = false;
	TRY(step_read(app, req, res, &step));
	if (!step.fine)
		return OK;
	if (!text_member(&step, "password", PASSWORD_MAX))
		return login_reply(res, E_INVALID, &view);
	status = login_password_may(&app->core, req->arena, step.id, &step.browser, req->now, &view);
	*ret_admitted = status == OK;
	*ret_privileged = view.trusted;
	return status == OK ? OK : login_reply(res, status, &view);
}

enum status login_push_post(const struct app *app, const struct request *req, struct response *res)
{
	struct step_request step = {0};
	struct login_view view = {0};

	TRY(step_read(app, req, res, &step));
	if (!step.fine)
		return OK;
	return login_reply(res, login_push(&app->core, req->arena, step.id, &step.browser, req->now, &view), &view);
}

enum status login_cancel_post(const struct app *app, const struct request *req, struct response *res)
{
	struct step_request step = {0};
	struct login_view view = {0};

	TRY(step_read(app, req, res, &step));
	if (!step.fine)
		return OK;
	return login_reply(res,
			   login_cancel(&app->core, req->arena, step.id, &step.browser,
					json_get_bool(step.body, "forget", false), req->now, &view),
			   &view);
}

enum status login_consent_post(const struct app *app, const struct request *req, struct response *res)
{
	struct step_request step = {0};
	struct login_view view = {0};

	TRY(step_read(app, req, res, &step));
	if (!step.fine)
		return OK;
	return login_reply(res,
			   login_consent(&app->core, req->arena, step.id, &step.browser,
					 json_get_bool(step.body, "allow", false), req->now, &view),
			   &view);
}
