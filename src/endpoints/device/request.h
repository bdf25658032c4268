#ifndef ENDPOINTS_DEVICE_REQUEST_H
#define ENDPOINTS_DEVICE_REQUEST_H

#include "core/device.h"
#include "endpoints/app.h"

/* Who sent a signed request. `fine` false: the refusal has been filled in. */
struct signed_request {
	bool fine;
	struct device_row device;
	const char *jti;
};
enum status must_check signed_request_read(const struct app *app, const struct request *req, struct response *res,
					   bool allow_confirm, struct signed_request *ret_signed);

/* The JSON object of a body; NULL (and a refusal filled in) when it is none. */
enum status must_check device_body_read(const struct request *req, struct response *res, json_t **ret_body);

/* The refusal that PROTOCOL gives for a status; trouble is passed on. `json`, freed here, is the answer for OK. */
enum status must_check device_reply(struct response *res, enum status status, int ok_status, json_t *json);

#endif
