#ifndef ENDPOINTS_ACCOUNT_BEGIN_H
#define ENDPOINTS_ACCOUNT_BEGIN_H

#include "core/account.h"
#include "endpoints/app.h"

/* What a request needs; together with |. */
enum {
	ACCOUNT_READS = 0,
	ACCOUNT_CHANGES = 1,  /* a POST of our own page */
	ACCOUNT_FRESHLY = 2,  /* fresh proof */
	ACCOUNT_ENROLLING = 4 /* access enrol is enough */
};

/* A request of the account page: who it is, and what it says. */
struct account_request {
	bool fine; /* false: the refusal has been filled in */
	const struct app *app;
	struct login_browser browser;
	struct account account;
	json_t *body; /* an object; NULL for a GET */
};
enum status must_check account_begin(const struct app *app, const struct request *req, struct response *res,
				     unsigned needs, struct account_request *ret_begun);

/* The JSON (the reference is taken) for OK, else the refusal that docs/account-api.md gives for the status. */
enum status must_check account_reply(struct response *res, const struct account_request *begun, enum status status,
				     json_t *json);
/* After a change: that member of the overview. */
enum status must_check account_reply_part(struct response *res, struct account_request *begun, enum status status,
					  const char *name);
/* A member that is text of 1 to `max` bytes; NULL when it is not. */
const char *account_text(const struct account_request *begun, const char *key, size_t max);

#endif
