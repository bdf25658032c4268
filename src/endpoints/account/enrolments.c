#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/core.h"
#include "endpoints/account/account.h"
#include "endpoints/account/begin.h"
#include "endpoints/waiting.h"
#include "http/server.h"

#define DIGITS_TEXT_MAX 32

enum status account_enrolments_post(const struct app *app, const struct request *req, struct response *res)
{
	struct account_request begun;
	json_t *json = NULL;
	enum status status;

	TRY(account_begin(app, req, res, ACCOUNT_CHANGES | ACCOUNT_FRESHLY | ACCOUNT_ENROLLING, &begun));
	if (!begun.fine)
		return OK;
	status = account_enrolment_start(&begun.account, json_get_bool(begun.body, "totp", false), &json);
	return account_reply(res, &begun, status, json);
}

enum status account_enrolment_get(const struct app *app, const struct request *req, struct response *res)
{
	struct account_request begun;
	json_t *json = NULL;
	enum status status;
	bool final;

	TRY(account_begin(app, req, res, ACCOUNT_READS | ACCOUNT_ENROLLING, &begun));
	if (!begun.fine)
		return OK;
	status = account_enrolment_look(&begun.account, req->params[0], &json, &final);
	return account_reply(res, &begun, status, json);
}

enum status account_enrolment_confirm_post(const struct app *app, const struct request *req, struct response *res)
{
	struct account_request begun;
	json_t *json = NULL;
	const char *digits;
	enum status status = E_INVALID;

	TRY(account_begin(app, req, res, ACCOUNT_CHANGES | ACCOUNT_ENROLLING, &begun));
	if (!begun.fine)
		return OK;
	digits = account_text(&begun, "digits", DIGITS_TEXT_MAX);
	if (digits)
		status = account_enrolment_confirm(&begun.account, req->params[0], digits, &json);
	return account_reply(res, &begun, status, json);
}

enum status account_enrolment_cancel_post(const struct app *app, const struct request *req, struct response *res)
{
	struct account_request begun;
	json_t *json = NULL;
	enum status status;

	TRY(account_begin(app, req, res, ACCOUNT_CHANGES | ACCOUNT_ENROLLING, &begun));
	if (!begun.fine)
		return OK;
	status = account_enrolment_cancel(&begun.account, req->params[0], &json);
	return account_reply(res, &begun, status, json);
}

/* ---- GET /account/v1/enrolments/{id}/events ---- */

struct waiting_enrolment {
	char id[ID_SIZE];
	char browser_token[TOKEN_SIZE], session_token[TOKEN_SIZE];
	char ip[REQUEST_IP_SIZE];
	bool ip_trusted, told;
	uint8_t last[32]; /* hash of what was sent last, without its clock */
	char known_cookie[];
};

static struct waiting_enrolment *waiting_new(const char *id, const struct login_browser *browser)
{
	const char *known = browser->known_cookie ? browser->known_cookie : "";
	struct waiting_enrolment *waiting = calloc(1, sizeof(*waiting) + strlen(known) + 1);

	if (!waiting)
		return NULL;
	memcpy(waiting->id, id, strlen(id) + 1);
	memcpy(waiting->browser_token, browser->browser_token, strlen(browser->browser_token) + 1);
	memcpy(waiting->session_token, browser->session_token, strlen(browser->session_token) + 1);
	memcpy(waiting->ip, browser->ip, strlen(browser->ip) + 1);
	memcpy(waiting->known_cookie, known, strlen(known) + 1);
	waiting->ip_trusted = browser->ip_trusted;
	return waiting;
}

static enum status is_news(struct waiting_enrolment *waiting, struct arena *arena, json_t *json, bool *ret_news)
{
	json_t *clock = json_incref(json_object_get(json, "server_time"));
	uint8_t hash[32];
	char *text;
	int failed;

	json_object_del(json, "server_time");
	text = json_format(arena, json);
	failed = json_object_set_new(json, "server_time", clock);
	if (!text || failed)
		return E_NOMEM;
	token_hash(text, hash);
	*ret_news = !waiting->told || memcmp(hash, waiting->last, sizeof(hash)) != 0;
	memcpy(waiting->last, hash, sizeof(hash));
	waiting->told = true;
	return OK;
}

static enum status event_add(struct waiting_enrolment *waiting, struct arena *arena, json_t *json, struct text *out)
{
	bool news;
	char *text;

	TRY(is_news(waiting, arena, json, &news));
	if (!news)
		return OK;
	text = json_format(arena, json);
	if (!text)
		return E_NOMEM;
	text_add(out, "event: enrolment\ndata: ");
	text_add(out, text);
	text_add(out, "\n\n");
	return OK;
}

/* A session that has ended ends the stream: the page asks, and is told so. */
static enum status enrolment_read(const struct app *app, void *ctx, struct arena *arena, struct text *out,
				  bool *ret_end)
{
	struct waiting_enrolment *waiting = ctx;
	const struct login_browser browser = {.browser_token = waiting->browser_token,
					      .session_token = waiting->session_token,
					      .known_cookie = waiting->known_cookie,
					      .ip = waiting->ip,
					      .ip_trusted = waiting->ip_trusted};
	struct account account;
	json_t *json = NULL;
	enum status status;

	TRY(account_open(&app->core, arena, &browser, app->now(), &account));
	TRY(account_enrolment_look(&account, waiting->id, &json, ret_end));
	status = event_add(waiting, arena, json, out);
	json_decref(json);
	return status;
}

enum status account_enrolment_events_open(const struct app *app, struct http_exchange *exchange)
{
	const struct request *req = http_exchange_request(exchange);
	struct response *res = http_exchange_response(exchange);
	struct waiting_source source = {.read = enrolment_read, .free = free};
	struct account_request begun;
	json_t *json = NULL;
	enum status status;
	bool final;

	TRY(account_begin(app, req, res, ACCOUNT_READS | ACCOUNT_ENROLLING, &begun));
	if (!begun.fine)
		return E_REFUSED;
	status = account_enrolment_look(&begun.account, req->params[0], &json, &final);
	json_decref(json);
	if (status != OK) {
		TRY(account_reply(res, &begun, status, NULL));
		return E_REFUSED;
	}
	source.topic = arena_format(req->arena, "user:%s", begun.account.user.id);
	source.ctx = waiting_new(req->params[0], &begun.browser);
	if (!source.topic || !source.ctx) {
		free(source.ctx);
		return E_NOMEM;
	}
	return waiting_open(app, exchange, &source);
}
