#include "endpoints/device/request.h"

#include <string.h>

#include "endpoints/common.h"
#include "http/router.h"

#define BODY_MAX 16384

/* 401 says what time it is here, so that a device can mend its clock. */
static enum status unsigned_reply(struct response *res, const struct request *req, bool clock_off)
{
	scoped_json *json = json_pack("{s:s, s:s, s:I}", "error", clock_off ? "clock_off" : "unauthorized", "message",
				      clock_off ? "The device's clock is more than a minute off."
						: "The request is not signed by a device that is enrolled here.",
				      "server_time", (json_int_t)req->now);

	if (!json)
		return E_NOMEM;
	TRY(response_header(res, "WWW-Authenticate", "Symbolon"));
	return response_json(res, 401, json);
}

enum status signed_request_read(const struct app *app, const struct request *req, struct response *res,
				bool allow_confirm, struct signed_request *ret_signed)
{
	const struct device_request request = {.authorization = request_header(req, "Authorization"),
					       .method = http_method_name(req->method),
					       .path = req->path,
					       .body = req->body,
					       .body_size = req->body_size};
	bool clock_off = false;
	enum status status = device_request_verify(&app->core, req->arena, &request, allow_confirm, req->now,
						   &ret_signed->device, &ret_signed->jti, &clock_off);

	ret_signed->fine = status == OK;
	if (status == E_EXPIRED)
		return reply_error(res, 503, "restored",
				   "The service was restored from a backup a moment ago. Try again in a minute.", 60);
	if (status == E_REFUSED || status == E_NOT_FOUND || status == E_INVALID)
		return unsigned_reply(res, req, clock_off);
	return status;
}

enum status device_body_read(const struct request *req, struct response *res, json_t **ret_body)
{
	enum status status = request_json(req, BODY_MAX, ret_body);

	if (status == OK && json_is_object(*ret_body))
		return OK;
	*ret_body = NULL;
	if (status != OK && status != E_INVALID)
		return status;
	return reply_error(res, 400, "bad_request", "The body must be a JSON object.", 0);
}

enum status device_reply(struct response *res, enum status status, int ok_status, json_t *json)
{
	scoped_json *owned = json;

	switch (status) {
	case OK: return response_json(res, ok_status, owned);
	case E_INVALID: return reply_error(res, 400, "bad_request", "Something is missing or cannot be understood.", 0);
	case E_REFUSED: return reply_error(res, 403, "refused", "The signature or what it covers is wrong.", 0);
	case E_NOT_FOUND: return reply_error(res, 404, "not_found", "There is no such thing for this device.", 0);
	case E_CONFLICT:
		return reply_error(res, 409, "conflict", "This was done already, or somebody else was first.", 0);
	case E_EXPIRED: return reply_error(res, 410, "expired", "This is over. Start again.", 0);
	case E_BUSY: return reply_error(res, 429, "slow_down", "Too many tries. Wait and try again.", 60);
	default: return status;
	}
}
