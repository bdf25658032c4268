#include "endpoints/oidc/session_of.h"

#include "endpoints/login/browser.h"

struct reading {
	const char *token;
	uint8_t browser_hash[32];
	int64_t now;
	struct session_row row;
};

static enum status session_read(struct store_tx *tx, void *ctx)
{
	struct reading *reading = ctx;

	return session_find(tx, reading->token, reading->browser_hash, reading->now, &reading->row);
}

enum status session_of_browser(const struct app *app, const struct request *req, struct session_row *ret_row,
			       bool *ret_found)
{
	struct reading reading = {.now = req->now};
	struct login_browser browser;
	enum status status = E_NOT_FOUND;

	TRY(login_browser_read(req, &browser));
	if (browser.browser_token && browser.session_token) {
		reading.token = browser.session_token;
		token_hash(browser.browser_token, reading.browser_hash);
		status = store_read(app->core.store, req->arena, session_read, &reading);
	}
	if (status != OK && status != E_NOT_FOUND)
		return status;
	*ret_found = status == OK;
	if (*ret_found)
		*ret_row = reading.row;
	return OK;
}
