#include "endpoints/account/begin.h"

#include <string.h>

#include "base/text.h"
#include "endpoints/common.h"
#include "endpoints/login/browser.h"

#define BODY_MAX 4096

static const struct {
	const char *word, *sentence;
} sentences[] = {
	{"bad_request", "This could not be understood."},
	{"wrong_password", "That is not your password."},
	{"wrong_code", "That is not the code. Check it, and the clock of the device that shows it."},
	{"used_code", "That code was used already. Wait for the next one."},
	{"password_refused", "This password cannot be used."},
	{"bad_name", "A name has 1 to 64 characters that can be shown."},
	{"last_factor", "Without it you could not sign in any more."},
	{"not_now", "This has moved on. Look again."},
	{"no_subscription", "This device has notifications off. Open the authenticator on it."},
	{"too_many", "You have as many as you can have. Remove one first."},
};

static const char *sentence_of(const char *word)
{
	for (size_t i = 0; i < ARRAY_COUNT(sentences); i++)
		if (strcmp(sentences[i].word, word) == 0)
			return sentences[i].sentence;
	return sentences[0].sentence;
}

/* Where the page goes to be let in again. */
static enum status refuse_to(struct response *res, int status, const char *word, const char *sentence,
			     const char *location)
{
	scoped_json *json = json_pack("{s:s, s:s, s:s}", "error", word, "message", sentence, "location", location);

	return json ? response_json(res, status, json) : E_NOMEM;
}

static enum status signed_out(struct response *res)
{
	return refuse_to(res, 401, "signed_out", "You are signed out. Sign in again.", "/account/login");
}

static enum status problem_reply(struct response *res, int status, const struct account *account)
{
	const char *word = account->problem ? account->problem : status == 409 ? "not_now" : "bad_request";

	return reply_error(res, status, word, account->sentence ? account->sentence : sentence_of(word), 0);
}

static enum status refusal(struct response *res, const struct account *account, enum status status)
{
	switch (status) {
	case E_REFUSED: return signed_out(res);
	case E_NOT_FOUND: return reply_error(res, 404, "not_found", "There is no such thing in your account.", 0);
	case E_CONFLICT: return problem_reply(res, 409, account);
	case E_INVALID: return problem_reply(res, 400, account);
	case E_EXPIRED: return reply_error(res, 410, "over", "This is over. Begin again.", 0);
	case E_BUSY:
		return reply_error(res, 429, "slow_down", "Too many tries. Wait a little and try again.",
				   account->retry_after > 0 ? account->retry_after : 30);
	default: return status;
	}
}

enum status account_reply(struct response *res, const struct account_request *begun, enum status status, json_t *json)
{
	enum status sent;

	if (status != OK)
		return refusal(res, &begun->account, status);
	sent = response_json(res, 200, json);
	json_decref(json);
	return sent;
}

enum status account_reply_part(struct response *res, struct account_request *begun, enum status status,
			       const char *name)
{
	json_t *json = NULL;

	if (status == OK)
		status = account_part(&begun->account, name, &json);
	return account_reply(res, begun, status, json);
}

const char *account_text(const struct account_request *begun, const char *key, size_t max)
{
	const char *text = json_get_string(begun->body, key);

	return text && *text && strlen(text) <= max ? text : NULL;
}

/* ---- letting in ---- */

/* Other sites cannot read our answers; they need not be able to ask either. */
static bool is_from_elsewhere(const struct request *req)
{
	const char *site = request_header(req, "Sec-Fetch-Site");

	return site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0;
}

static enum status body_read(const struct app *app, const struct request *req, struct response *res,
			     struct account_request *begun, bool *ret_fine)
{
	enum status status;

	TRY(page_post_check(app, req, res, ret_fine));
	if (!*ret_fine)
		return OK;
	status = request_json(req, BODY_MAX, &begun->body);
	*ret_fine = status == OK && json_is_object(begun->body);
	if (status == OK && *ret_fine)
		return OK;
	if (status != OK && status != E_INVALID)
		return status;
	return reply_error(res, 400, "bad_request", "The body must be a JSON object.", 0);
}

static enum status source_check(const struct app *app, const struct request *req, struct response *res, unsigned needs,
				struct account_request *begun, bool *ret_fine)
{
	if (needs & ACCOUNT_CHANGES)
		return body_read(app, req, res, begun, ret_fine);
	*ret_fine = !is_from_elsewhere(req);
	return *ret_fine ? OK
			 : reply_error(res, 403, "wrong_origin", "This request did not come from the account page.", 0);
}

static enum status rights_check(struct response *res, unsigned needs, struct account_request *begun)
{
	if (begun->account.access != ACCOUNT_FULL && !(needs & ACCOUNT_ENROLLING))
		return reply_error(
			res, 403, "enrol_only",
			"You came in by a temporary pass. Add something to sign in with, then sign in by it.", 0);
	if ((needs & ACCOUNT_FRESHLY) && !account_is_fresh(&begun->account))
		return refuse_to(res, 403, "fresh_proof", "Sign in once more to do this.", "/account/login?fresh=1");
	begun->fine = true;
	return OK;
}

enum status account_begin(const struct app *app, const struct request *req, struct response *res, unsigned needs,
			  struct account_request *begun)
{
	enum status status;
	bool fine = false;

	*begun = (struct account_request){.app = app};
	TRY(source_check(app, req, res, needs, begun, &fine));
	if (!fine)
		return OK;
	TRY(login_browser_read(req, &begun->browser));
	status = account_open(&app->core, req->arena, &begun->browser, req->now, &begun->account);
	if (status == E_REFUSED)
		return signed_out(res);
	TRY(status);
	account_touch(&begun->account);
	return rights_check(res, needs, begun);
}
