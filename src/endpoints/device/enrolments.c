#include <string.h>

#include "endpoints/common.h"
#include "endpoints/device/device.h"
#include "endpoints/device/request.h"

/* POST /device/v1/enrolments/lookup {code} */
enum status device_enrolment_lookup(const struct app *app, const struct request *req, struct response *res)
{
	json_t *body = NULL, *json = NULL;
	const char *code;
	enum status status;

	TRY(device_body_read(req, res, &body));
	if (!body)
		return OK;
	code = json_get_string(body, "code");
	status = code ? enrolment_lookup(&app->core, req->arena, code, req->ip, req->now, &json) : E_INVALID;
	return device_reply(res, status, 200, json);
}

/* The body is the JWS itself (application/jose), or {"enrolment": "…"}. */
static enum status jws_read(const struct request *req, struct response *res, const char **ret_jws)
{
	json_t *body = NULL;

	*ret_jws = NULL;
	if (strcmp(req->content_type, "application/jose") == 0) {
		*ret_jws = req->body;
		return OK;
	}
	TRY(device_body_read(req, res, &body));
	if (!body)
		return OK;
	*ret_jws = json_get_string(body, "enrolment");
	if (!*ret_jws)
		return reply_error(res, 400, "bad_request", "The body must be {\"enrolment\": \"…\"}.", 0);
	return OK;
}

/* POST /device/v1/enrolments/{id} */
enum status device_enrolment_redeem(const struct app *app, const struct request *req, struct response *res)
{
	const char *jws;
	json_t *json = NULL;
	enum status status;

	TRY(jws_read(req, res, &jws));
	if (!jws)
		return OK;
	status = enrolment_redeem(&app->core, req->arena, req->params[0], jws, strlen(jws), req->now, &json);
	if (status == E_CONFLICT)
		return reply_error(res, 409, "second_device",
				   "Another device has used this link already. If that was not you, start again.", 0);
	return device_reply(res, status, 202, json);
}

/* GET /device/v1/enrolments/{id}, signed */
enum status device_enrolment_poll(const struct app *app, const struct request *req, struct response *res)
{
	struct signed_request from;
	json_t *json = NULL;
	enum status status;

	TRY(signed_request_read(app, req, res, true, &from));
	if (!from.fine)
		return OK;
	status = enrolment_poll(&app->core, req->arena, req->params[0], &from.device, req->now, &json);
	if (status == E_EXPIRED)
		return reply_error(res, 410, "void", "The digits were wrong or the time is over. Start again.", 0);
	return device_reply(res, status, 200, json);
}
