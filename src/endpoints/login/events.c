#include <stdlib.h>
#include <string.h>

#include "endpoints/common.h"
#include "endpoints/login/browser.h"
#include "endpoints/login/login.h"
#include "endpoints/login/reply.h"
#include "endpoints/waiting.h"
#include "http/server.h"

/* What a waiting page needs to be read again: the login's id and its cookies, in one piece of memory. */
struct waiting_login {
	const char *id, *browser_token, *session_token, *known_cookie; /* into `text` */
	char ip[REQUEST_IP_SIZE];
	char text[];
};

static const char *text_take(char **at, const char *text)
{
	char *begin = *at;

	if (!text)
		return NULL;
	memcpy(begin, text, strlen(text) + 1);
	*at += strlen(text) + 1;
	return begin;
}

static size_t text_size(const char *text)
{
	return text ? strlen(text) + 1 : 0;
}

static struct waiting_login *waiting_new(const char *id, const struct login_browser *browser)
{
	const size_t size = text_size(id) + text_size(browser->browser_token) + text_size(browser->session_token) + text_size(browser->known_cookie);
	struct waiting_login *waiting = calloc(1, sizeof(*waiting) + size);
	char *at;

	if (!waiting)
		return NULL;
	at = waiting->text;
	waiting->id = text_take(&at, id);
	waiting->browser_token = text_take(&at, browser->browser_token);
	waiting->session_token = text_take(&at, browser->session_token);
	waiting->known_cookie = text_take(&at, browser->known_cookie);
	memcpy(waiting->ip, browser->ip, strlen(browser->ip) + 1);
	return waiting;
}

static enum status state_read(const struct app *app, void *ctx, struct arena *arena, struct text *out, bool *ret_end)
{
	const struct waiting_login *waiting = ctx;
	const struct login_browser browser = {
		.browser_token = waiting->browser_token, .session_token = waiting->session_token, .known_cookie = waiting->known_cookie, .ip = waiting->ip, .ip_trusted = true
	};
	struct login_view view = { 0 };
	char *json;

	TRY(login_state(&app->core, arena, waiting->id, &browser, app->now(), &view));
	json = json_format(arena, view.json);
	if (!json)
		return E_NOMEM;
	text_add(out, "event: state\ndata: ");
	text_add(out, json);
	text_add(out, "\n\n");
	*ret_end = view.is_final;
	return OK;
}

/* GET /signin/v1/logins/{id}/events */
enum status login_events_open(const struct app *app, struct http_exchange *exchange)
{
	const struct request *req = http_exchange_request(exchange);
	struct response *res = http_exchange_response(exchange);
	struct waiting_source source = { .read = state_read, .free = free };
	struct login_browser browser;
	struct login_view view = { 0 };
	enum status status;

	TRY(login_browser_read(req, &browser));
	status = login_state(&app->core, req->arena, req->params[0], &browser, req->now, &view);
	if (status != OK) {
		TRY(login_reply(res, status, &view));
		return E_REFUSED;
	}
	source.topic = arena_format(req->arena, "login:%s", req->params[0]);
	source.ctx = waiting_new(req->params[0], &browser);
	if (!source.topic || !source.ctx) {
		free(source.ctx);
		return E_NOMEM;
	}
	return waiting_open(app, exchange, &source);
}
