#include "endpoints/device/device.h"

#include <string.h>

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

enum status device_push_test_post(const struct app *app, const struct request *req, struct response *res)
{
	return change_reply(app, req, res, device_test_push);
}

enum status device_delete(const struct app *app, const struct request *req, struct response *res)
{
	return change_reply(app, req, res, device_leave);
}

/* PUT /device/v1/device/push {endpoint, p256dh, auth}, or {"push": null} when notifications are off */
enum status device_push_put(const struct app *app, const struct request *req, struct response *res)
{
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
	status = device_set_push(&app->core, &from.device, from.jti, body, req->now);
	return device_reply(res, status, 200,
			    status == OK ? json_pack("{s:I}", "server_time", (json_int_t)req->now) : NULL);
}
