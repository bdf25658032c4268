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
	uint8_t told[32]; /* hash of the state that was sent last, without its clock */
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
	const size_t size = text_size(id) + text_size(browser->browser_token) + text_size(browser->session_token) +
			    text_size(browser->known_cookie);
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

/*
 * Whether the page does not know this yet. A stranger's state stays the same when the phone sees or denies the request:
 * then nothing may be sent at all, or the moment of it would tell that there is an account, a phone and a person.
 */
static enum status is_news(struct waiting_login *waiting, struct arena *arena, json_t *state, int64_t now,
			   bool *ret_news)
{
	uint8_t hash[32];
	char *json;

	if (json_object_set_new(state, "server_time", json_null()))
		return E_NOMEM;
	json = json_format(arena, state);
	if (!json || json_object_set_new(state, "server_time", json_integer(now)))
		return E_NOMEM;
	token_hash(json, hash);
	*ret_news = memcmp(hash, waiting->told, sizeof(hash)) != 0;
	memcpy(waiting->told, hash, sizeof(hash));
	return OK;
}

static enum status state_read(const struct app *app, void *ctx, struct arena *arena, struct text *out, bool *ret_end)
{
	struct waiting_login *waiting = ctx;
	const int64_t now = app->now();
	const struct login_browser browser = {.browser_token = waiting->browser_token,
					      .session_token = waiting->session_token,
					      .known_cookie = waiting->known_cookie,
					      .ip = waiting->ip,
					      .ip_trusted = true};
	struct login_view view = {0};
	char *json;
	bool news;

	TRY(login_state(&app->core, arena, waiting->id, &browser, now, &view));
	*ret_end = view.is_final;
	TRY(is_news(waiting, arena, view.json, now, &news));
	if (!news)
		return OK;
	json = json_format(arena, view.json);
	if (!json)
		return E_NOMEM;
	text_add(out, "event: state\ndata: ");
	text_add(out, json);
	text_add(out, "\n\n");
	return OK;
}

/* GET /signin/v1/logins/{id}/events */
enum status login_events_open(const struct app *app, struct http_exchange *exchange)
{
	const struct request *req = http_exchange_request(exchange);
	struct response *res = http_exchange_response(exchange);
	struct waiting_source source = {.read = state_read, .free = free};
	struct login_browser browser;
	struct login_view view = {0};
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
