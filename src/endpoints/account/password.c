#include "endpoints/account/account.h"
#include "endpoints/account/begin.h"
#include "endpoints/common.h"
#include "endpoints/login/browser.h"

#define PASSWORD_MAX 512

/* Who came in by a pass may set a first password, not change one. */
static unsigned needs_of(void)
{
	return ACCOUNT_CHANGES | ACCOUNT_FRESHLY | ACCOUNT_ENROLLING;
}

struct passwords {
	struct account_request begun;
	const char *old, *new; /* old NULL: there is none */
	bool fine;
};

static enum status passwords_read(const struct app *app, const struct request *req, struct response *res,
				  struct passwords *passwords)
{
	struct account_request *begun = &passwords->begun;

	TRY(account_begin(app, req, res, needs_of(), begun));
	if (!begun->fine)
		return OK;
	if (begun->account.access != ACCOUNT_FULL && begun->account.user.password)
		return reply_error(res, 403, "enrol_only",
				   "A temporary pass does not change a password. Sign in by what you have added.", 0);
	passwords->old = account_text(begun, "old", PASSWORD_MAX);
	passwords->new = account_text(begun, "new", PASSWORD_MAX);
	if (!passwords->new || (json_object_get(begun->body, "old") && !passwords->old))
		return account_reply(res, begun, E_INVALID, NULL);
	passwords->fine = true;
	return OK;
}

enum status account_password_admit(const struct app *app, const struct request *req, struct response *res,
				   bool *ret_admitted, bool *ret_privileged)
{
	struct passwords passwords = {0};
	enum status status;

	*ret_admitted = *ret_privileged = false;
	TRY(passwords_read(app, req, res, &passwords));
	if (!passwords.fine)
		return OK;
	status = account_password_may(&passwords.begun.account, passwords.old);
	*ret_admitted = *ret_privileged = status == OK;
	return status == OK ? OK : account_reply(res, &passwords.begun, status, NULL);
}

enum status account_password_post(const struct app *app, const struct request *req, struct response *res)
{
	struct passwords passwords = {0};
	char token[TOKEN_SIZE] = "";
	enum status status;

	TRY(passwords_read(app, req, res, &passwords));
	if (!passwords.fine)
		return OK;
	status = account_password_change(&passwords.begun.account, passwords.old, passwords.new, token);
	if (status == OK)
		TRY(login_cookies_set(app, res, token, NULL));
	return account_reply_part(res, &passwords.begun, status, "password");
}
