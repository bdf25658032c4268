#ifndef ENDPOINTS_LOGIN_ERROR_PAGE_H
#define ENDPOINTS_LOGIN_ERROR_PAGE_H

#include "endpoints/app.h"

/* The sign-in page with a state in it (docs/signin-api.md). */
enum status must_check state_page(const struct app *app, struct response *res, int status, const json_t *state);

/* An error page for people: `code` is one of docs/signin-api.md's. It carries a reference that the log has too. */
enum status must_check error_page(const struct app *app, const struct request *req, struct response *res, int status,
				  const char *code, const char *title, const char *message);

#endif
