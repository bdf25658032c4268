#ifndef ENDPOINTS_LOGIN_LOGIN_H
#define ENDPOINTS_LOGIN_LOGIN_H

#include "endpoints/app.h"

/* The sign-in page and its JSON: docs/signin-api.md. */
enum status login_page(const struct app *app, const struct request *req, struct response *res);
enum status login_get(const struct app *app, const struct request *req, struct response *res);
enum status login_events_open(const struct app *app, struct http_exchange *exchange);
enum status login_identify_post(const struct app *app, const struct request *req, struct response *res);
enum status login_password_post(const struct app *app, const struct request *req, struct response *res);
enum status login_push_post(const struct app *app, const struct request *req, struct response *res);
enum status login_totp_post(const struct app *app, const struct request *req, struct response *res);
enum status login_recovery_post(const struct app *app, const struct request *req, struct response *res);
enum status login_pass_post(const struct app *app, const struct request *req, struct response *res);
enum status login_cancel_post(const struct app *app, const struct request *req, struct response *res);
enum status login_consent_post(const struct app *app, const struct request *req, struct response *res);
enum status login_finish_post(const struct app *app, const struct request *req, struct response *res);
/* GET /signin/complete?login=ID: finishes a login whose response is a form_post, by the page that posts it. */
enum status login_complete_get(const struct app *app, const struct request *req, struct response *res);
enum status login_logout_post(const struct app *app, const struct request *req, struct response *res);
/* Asked before the hash queue is entered: false when the reply (429, 409, …) is filled already. */
enum status login_password_admit(const struct app *app, const struct request *req, struct response *res,
				 bool *ret_admitted, bool *ret_privileged);

#endif
