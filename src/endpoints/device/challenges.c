#include <string.h>

#include "core/challenge.h"
#include "endpoints/common.h"
#include "endpoints/device/device.h"
#include "endpoints/device/request.h"

/* GET /device/v1/challenges */
enum status device_challenges(const struct app *app, const struct request *req, struct response *res)
{
	struct signed_request from;
	json_t *json = NULL;
	enum status status;

	TRY(signed_request_read(app, req, res, false, &from));
	if (!from.fine)
		return OK;
	status = challenge_list(&app->core, req->arena, from.device.user_id, req->now, &json);
	return device_reply(res, status, 200, json);
}

/* GET /device/v1/challenges/{id}: the stored bytes, exactly. */
enum status device_challenge(const struct app *app, const struct request *req, struct response *res)
{
	struct signed_request from;
	const char *bytes;
	enum status status;

	TRY(signed_request_read(app, req, res, false, &from));
	if (!from.fine)
		return OK;
	status = challenge_details(&app->core, req->arena, from.device.user_id, req->params[0], req->now, &bytes);
	if (status != OK)
		return device_reply(res, status, 200, NULL);
	response_status(res, 200);
	return response_body(res, "application/json", bytes, strlen(bytes));
}

static enum status settled_reply(struct response *res, const struct challenge_settled *settled)
{
	scoped_json *json = json_pack("{s:s, s:s, s:s, s:s?}", "error", "settled", "message",
				      "This request has been settled already.", "state", settled->state, "settled_by",
				      settled->settled_by);

	return json ? response_json(res, 409, json) : E_NOMEM;
}

/* POST /device/v1/challenges/{id}/answer {answer} */
enum status device_challenge_answer(const struct app *app, const struct request *req, struct response *res)
{
	struct challenge_settled settled = {0};
	struct challenge_answer answer = {.ip = req->ip};
	struct signed_request from;
	json_t *body = NULL;
	enum status status;

	TRY(signed_request_read(app, req, res, false, &from));
	if (!from.fine)
		return OK;
	TRY(device_body_read(req, res, &body));
	if (!body)
		return OK;
	answer.jws = json_get_string(body, "answer");
	answer.device = &from.device;
	if (!answer.jws)
		return device_reply(res, E_INVALID, 200, NULL);
	answer.jws_size = strlen(answer.jws);
	status = challenge_answer(&app->core, req->arena, req->params[0], &answer, req->now, &settled);
	if (status == E_CONFLICT && settled.state)
		return settled_reply(res, &settled);
	return device_reply(res, status, 200, status == OK ? json_pack("{s:s}", "state", settled.state) : NULL);
}
