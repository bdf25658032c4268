#ifndef ENDPOINTS_ACCOUNT_ACCOUNT_H
#define ENDPOINTS_ACCOUNT_ACCOUNT_H

#include "endpoints/app.h"

/* The account page and its JSON: docs/account-api.md. */
enum status account_page(const struct app *app, const struct request *req, struct response *res);
enum status account_page_moved(const struct app *app, const struct request *req, struct response *res);
enum status account_login_get(const struct app *app, const struct request *req, struct response *res);
enum status account_overview_get(const struct app *app, const struct request *req, struct response *res);

enum status account_enrolments_post(const struct app *app, const struct request *req, struct response *res);
enum status account_enrolment_get(const struct app *app, const struct request *req, struct response *res);
enum status account_enrolment_events_open(const struct app *app, struct http_exchange *exchange);
enum status account_enrolment_confirm_post(const struct app *app, const struct request *req, struct response *res);
enum status account_enrolment_cancel_post(const struct app *app, const struct request *req, struct response *res);
enum status account_device_rename_post(const struct app *app, const struct request *req, struct response *res);
enum status account_device_test_post(const struct app *app, const struct request *req, struct response *res);
enum status account_device_remove_post(const struct app *app, const struct request *req, struct response *res);

enum status account_totp_post(const struct app *app, const struct request *req, struct response *res);
enum status account_totp_confirm_post(const struct app *app, const struct request *req, struct response *res);
enum status account_totp_rename_post(const struct app *app, const struct request *req, struct response *res);
enum status account_totp_remove_post(const struct app *app, const struct request *req, struct response *res);
enum status account_recovery_post(const struct app *app, const struct request *req, struct response *res);

enum status account_password_post(const struct app *app, const struct request *req, struct response *res);
/* Asked before the hash queue is entered. */
enum status account_password_admit(const struct app *app, const struct request *req, struct response *res,
				   bool *ret_admitted, bool *ret_privileged);

enum status account_browser_remove_post(const struct app *app, const struct request *req, struct response *res);
enum status account_browsers_remove_post(const struct app *app, const struct request *req, struct response *res);
enum status account_session_end_post(const struct app *app, const struct request *req, struct response *res);
enum status account_sessions_end_post(const struct app *app, const struct request *req, struct response *res);

enum status account_history_get(const struct app *app, const struct request *req, struct response *res);
enum status account_export_post(const struct app *app, const struct request *req, struct response *res);

#endif
