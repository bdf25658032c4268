#include "endpoints/device/device.h"

#include <string.h>

#include "endpoints/common.h"
#include "endpoints/device/request.h"

typedef enum status (*device_look)(const struct core *core, struct arena *arena, const struct device_row *device,
				   int64_t now, json_t **ret_json);

static enum status look_reply(const struct app *app, const struct request *req, struct response *res, device_look look)
{
	struct signed_request from;
	json_t *json = NULL;
	enum status status;

	TRY(signed_request_read(app, req, res, false, &from));
	if (!from.fine)
		return OK;
	status = look(&app->core, req->arena, &from.device, req->now, &json);
	return device_reply(res, status, 200, json);
}

/* GET /device/v1/device */
enum status device_get(const struct app *app, const struct request *req, struct response *res)
{
	return look_reply(app, req, res, device_describe);
}

/* GET /device/v1/history */
enum status device_history_get(const struct app *app, const struct request *req, struct response *res)
{
	return look_reply(app, req, res, device_history);
}

typedef enum status (*device_change)(const struct core *core, const struct device_row *device, const char *jti,
				     int64_t now);

static enum status change_reply(const struct app *app, const struct request *req, struct response *res,
				device_change change)
{
	struct signed_request from;
	enum status status;

	TRY(signed_request_read(app, req, res, false, &from));
	if (!from.fine)
		return OK;
	status = change(&app->core, &from.device, from.jti, req->now);
	return device_reply(res, status, 200,
			    status == OK ? json_pack("{s:I}", "server_time", (json_int_t)req->now) : NULL);
}

enum status device_expect_post(const struct app *app, const struct request *req, struct response *res)
{
	return change_reply(app, req, res, device_expect);
}

/* POST /device/v1/device/push/test */
enum status device_push_test_post(const struct app *app, const struct request *req, struct response *res)
{
	struct signed_request from;
	enum status status;

	TRY(signed_request_read(app, req, res, false, &from));
	if (!from.fine)
		return OK;
	status = device_test_push(&app->core, &from.device, from.jti, req->now);
	if (status == E_NOT_FOUND)
		return reply_error(res, 409, "no_subscription", "This device has no push subscription.", 0);
	return device_reply(res, status, 200,
			    status == OK ? json_pack("{s:I}", "server_time", (json_int_t)req->now) : NULL);
}

/* POST /device/v1/device/push/echo {nonce} */
enum status device_push_echo_post(const struct app *app, const struct request *req, struct response *res)
{
	struct signed_request from;
	json_t *body = NULL;
	const char *nonce;
	enum status status;

	TRY(signed_request_read(app, req, res, false, &from));
	if (!from.fine)
		return OK;
	TRY(device_body_read(req, res, &body));
	if (!body)
		return OK;
	nonce = json_get_string(body, "nonce");
	status = nonce ? device_echo(&app->core, &from.device, from.jti, nonce, req->now) : E_INVALID;
	return device_reply(res, status, 200,
			    status == OK ? json_pack("{s:I, s:I}", "server_time", (json_int_t)req->now, "confirmed_at",
						     (json_int_t)req->now)
					 : NULL);
}

enum status device_delete(const struct app *app, const struct request *req, struct response *res)
{
	return change_reply(app, req, res, device_leave);
}

static const struct {
	const char *word;
	int status;
	const char *message;
} push_refusals[] = {
	{"bad_endpoint", 400, "The endpoint must be an https address as a browser's push service gives it."},
	{"endpoint_not_listed", 400, "This identity provider does not send to that push service (push.endpoints)."},
	{"bad_keys", 400, "p256dh and auth must be a subscription's keys, in base64url without padding."},
	{"other_key", 409, "The subscription was made with another key. Subscribe again with vapid_public_key."},
};

static enum status push_refuse(struct response *res, const char *word)
{
	for (size_t i = 0; i < ARRAY_COUNT(push_refusals); i++)
		if (strcmp(push_refusals[i].word, word) == 0)
			return reply_error(res, push_refusals[i].status, word, push_refusals[i].message, 0);
	return E_INVALID;
}

/* PUT /device/v1/device/push {endpoint, p256dh, auth, vapid_public_key?}, or {"push": null} when notifications are off
 */
enum status device_push_put(const struct app *app, const struct request *req, struct response *res)
{
	struct push_set set = {0};
	struct signed_request from;
	json_t *body = NULL;
	enum status status;

	TRY(signed_request_read(app, req, res, false, &from));
	if (!from.fine)
		return OK;
	TRY(device_body_read(req, res, &body));
	if (!body)
		return OK;
	if (json_object_get(body, "push"))
		body = json_object_get(body, "push");
	status = device_set_push(&app->core, &from.device, from.jti, body, req->now, &set);
	if (status == E_INVALID && set.refusal)
		return push_refuse(res, set.refusal);
	return device_reply(res, status, 200,
			    status == OK
				    ? json_pack("{s:I, s:s}", "server_time", (json_int_t)req->now, "state", set.state)
				    : NULL);
}
