#include <string.h>

#include "base/text.h"
#include "endpoints/account/account.h"
#include "endpoints/account/begin.h"
#include "endpoints/login/browser.h"

#define PAGE_SIZE_MAX (512 * 1024)

/* ---- GET /account/login, and /account/ for whoever is not signed in ---- */

static enum status sign_in(const struct app *app, const struct request *req, struct response *res,
			   const struct account_wish *wish)
{
	struct login_browser browser;
	struct login_begun begun;
	const char *page;

	TRY(login_browser_ensure(app, req, res, &browser));
	TRY(account_login_begin(&app->core, req->arena, &browser, wish, req->now, &begun));
	if (begun.has_response) {
		TRY(login_cookies_set(app, res, begun.set_session, begun.set_known));
		return response_redirect(res, 303, begun.response.location);
	}
	page = arena_format(req->arena, "/signin/?login=%s", begun.id);
	return page ? response_redirect(res, 303, page) : E_NOMEM;
}

enum status account_login_get(const struct app *app, const struct request *req, struct response *res)
{
	struct account_wish wish = {0};
	struct form *query = NULL;
	const enum status status = request_query(req, &query);
	const char *fresh;

	if (status == E_NOMEM)
		return status;
	if (status == OK) {
		fresh = form_get(query, "fresh");
		wish.fresh = fresh && strcmp(fresh, "1") == 0;
		wish.to = form_get(query, "to");
	}
	return sign_in(app, req, res, &wish);
}

/* ---- GET /account/ ---- */

static enum status page_send(const struct app *app, struct response *res, const json_t *state)
{
	static const char marker[] = "<!--STATE-->";
	const char *at = app->account_page ? strstr(app->account_page, marker) : NULL;
	const char *json = json_format_html(response_arena(res), state);
	struct text html;
	enum status status;

	if (!at)
		return response_text(res, 503, "The account page is not installed here.\n");
	if (!json)
		return E_NOMEM;
	text_init(&html, PAGE_SIZE_MAX);
	text_add_bytes(&html, app->account_page, (size_t)(at - app->account_page));
	text_add(&html, "<script type=\"application/json\" id=\"state\">");
	text_add(&html, json);
	text_add(&html, "</script>");
	text_add(&html, at + sizeof(marker) - 1);
	status = html.failed ? E_NOMEM : response_page(res, 200, html.data, html.size, NULL);
	text_done(&html);
	return status;
}

enum status account_page(const struct app *app, const struct request *req, struct response *res)
{
	static const struct account_wish plain = {0};
	struct login_browser browser;
	struct account account;
	json_t *state = NULL;
	enum status status;

	TRY(login_browser_read(req, &browser));
	status = account_open(&app->core, req->arena, &browser, req->now, &account);
	if (status == E_REFUSED)
		return sign_in(app, req, res, &plain);
	TRY(status);
	account_touch(&account);
	TRY(account_overview(&account, &state));
	status = page_send(app, res, state);
	json_decref(state);
	return status;
}

enum status account_page_moved(const struct app *app, const struct request *req, struct response *res)
{
	return response_redirect(res, 303, "/account/");
}

enum status account_overview_get(const struct app *app, const struct request *req, struct response *res)
{
	struct account_request begun;
	json_t *json = NULL;
	enum status status;

	TRY(account_begin(app, req, res, ACCOUNT_READS | ACCOUNT_ENROLLING, &begun));
	if (!begun.fine)
		return OK;
	status = account_overview(&begun.account, &json);
	return account_reply(res, &begun, status, json);
}
