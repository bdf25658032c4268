#include "endpoints/login/reply.h"

#include "endpoints/common.h"

enum status login_reply(struct response *res, enum status status, const struct login_view *view)
{
	switch (status) {
	case OK: return response_json(res, 200, view->json);
	case E_INVALID:
		return reply_error(res, 400, "bad_request", "This could not be understood. Check what you typed.", 0);
	case E_REFUSED:
		return reply_error(res, 401, "other_browser",
				   "This sign-in was started in another browser. Start again from the service.", 0);
	case E_NOT_FOUND:
		return reply_error(res, 404, "no_login", "There is no such sign-in. Start again from the service.", 0);
	case E_CONFLICT: return reply_error(res, 409, "not_now", "This sign-in has moved on.", 0);
	case E_EXPIRED:
		return reply_error(res, 410, "login_over", "This sign-in is over. Start again from the service.", 0);
	case E_BUSY:
		return reply_error(res, 429, "slow_down", "Too many tries. Wait a little and try again.",
				   view->retry_after > 0 ? view->retry_after : 30);
	default: return status;
	}
}
