#include "endpoints/common.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum status reply_error(struct response *res, int status, const char *code, const char *message, int64_t retry_after)
{
	scoped_json *json = json_pack("{s:s, s:s}", "error", code, "message", message);
	char seconds[24];

	if (!json)
		return E_NOMEM;
	if (retry_after > 0) {
		snprintf(seconds, sizeof(seconds), "%" PRId64, retry_after);
		TRY(response_header(res, "Retry-After", seconds));
		if (json_object_set_new(json, "retry_after", json_integer(retry_after)))
			return E_NOMEM;
	}
	return response_json(res, status, json);
}

static bool is_same_origin(const struct app *app, const struct request *req)
{
	const char *origin = request_header(req, "Origin");
	const char *site = request_header(req, "Sec-Fetch-Site");

	if (origin)
		return strcmp(origin, app->core.settings->issuer) == 0;
	return site && strcmp(site, "same-origin") == 0;
}

enum status page_post_check(const struct app *app, const struct request *req, struct response *res, bool *ret_fine)
{
	*ret_fine = false;
	if (!is_same_origin(app, req))
		return reply_error(res, 403, "wrong_origin", "This request did not come from the sign-in page.", 0);
	if (strcmp(req->content_type, "application/json") != 0)
		return reply_error(res, 400, "bad_request", "The body must be JSON.", 0);
	*ret_fine = true;
	return OK;
}
