#ifndef ENDPOINTS_LOGIN_BROWSER_H
#define ENDPOINTS_LOGIN_BROWSER_H

#include "core/login.h"
#include "endpoints/app.h"

/* The cookies and what else a request says about its browser. A cookie that comes twice counts as absent. */
enum status must_check login_browser_read(const struct request *req, struct login_browser *ret_browser);
/* The same; draws and sets the browser cookie when there is none. */
enum status must_check login_browser_ensure(const struct app *app, const struct request *req, struct response *res,
					    struct login_browser *ret_browser);
/* Sets the session and known-browser cookies; NULL leaves one alone. */
enum status must_check login_cookies_set(const struct app *app, struct response *res, const char *session,
					 const char *known);

/* The browser goes back to the service: a 303, or the page that posts the form. */
enum status must_check authorize_response_send(const struct app *app, struct response *res,
					       const struct authorize_response *response);

#endif
