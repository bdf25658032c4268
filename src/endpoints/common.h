#ifndef ENDPOINTS_COMMON_H
#define ENDPOINTS_COMMON_H

#include "endpoints/app.h"

/* {"error": code, "message": message, "retry_after": n}; Retry-After too when n > 0. */
enum status must_check reply_error(struct response *res, int status, const char *code, const char *message,
				   int64_t retry_after);

/*
 * A POST from our own page: JSON, and Origin is the issuer's (or Sec-Fetch-Site says same-origin where a browser sends
 * no Origin). False: *ret_reply is the status of the refusal, which has been filled in.
 */
enum status must_check page_post_check(const struct app *app, const struct request *req, struct response *res,
				       bool *ret_fine);

#endif
