#ifndef ENDPOINTS_OIDC_SESSION_OF_H
#define ENDPOINTS_OIDC_SESSION_OF_H

#include "core/login.h"
#include "core/session.h"
#include "endpoints/app.h"

/* The session in force of the browser that asks; *ret_found is false when nobody is signed in there. */
enum status must_check session_of_browser(const struct app *app, const struct request *req, struct session_row *ret_row,
					  bool *ret_found);

#endif
