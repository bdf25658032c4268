#include "endpoints/login/browser.h"

#include <string.h>

#include "base/text.h"

#define BROWSER_COOKIE_S (400 * 86400) /* the longest that browsers keep */
#define PAGE_SIZE_MAX    (64 * 1024)
#define USER_AGENT_MAX   512

static enum status cookie_or_null(const struct request *req, const char *name, size_t size_max, const char **ret_value)
{
	const char *value = NULL;
	enum status status = request_cookie(req, name, &value);

	if (status != OK && status != E_NOT_FOUND && status != E_INVALID)
		return status;
	*ret_value = status == OK && *value && strlen(value) <= size_max ? value : NULL;
	return OK;
}

/* Any bytes can stand in a header; only text goes further. */
static enum status user_agent_read(const struct request *req, const char **ret_user_agent)
{
	const char *header = request_header(req, "User-Agent");
	char *clean = NULL;

	if (header)
		TRY(text_clean(req->arena, header, strlen(header), USER_AGENT_MAX, &clean));
	*ret_user_agent = clean;
	return OK;
}

enum status login_browser_read(const struct request *req, struct login_browser *ret_browser)
{
	struct login_browser browser = {.ip = req->ip, .ip_trusted = req->ip_trusted};

	TRY(user_agent_read(req, &browser.user_agent));
	TRY(cookie_or_null(req, COOKIE_BROWSER, TOKEN_SIZE - 1, &browser.browser_token));
	TRY(cookie_or_null(req, COOKIE_SESSION, TOKEN_SIZE - 1, &browser.session_token));
	TRY(cookie_or_null(req, COOKIE_KNOWN, 320, &browser.known_cookie));
	*ret_browser = browser;
	return OK;
}

enum status login_browser_ensure(const struct app *app, const struct request *req, struct response *res,
				 struct login_browser *ret_browser)
{
	struct login_browser browser;
	char token[TOKEN_SIZE];

	TRY(login_browser_read(req, &browser));
	if (!browser.browser_token || strlen(browser.browser_token) != TOKEN_SIZE - 1) {
		token_new(app->core.random, token);
		browser.browser_token = arena_strdup(req->arena, token);
		if (!browser.browser_token)
			return E_NOMEM;
		TRY(response_cookie(res, &(struct cookie){.name = COOKIE_BROWSER,
							  .value = browser.browser_token,
							  .max_age = BROWSER_COOKIE_S}));
	}
	*ret_browser = browser;
	return OK;
}

enum status login_cookies_set(const struct app *app, struct response *res, const char *session, const char *known)
{
	if (session)
		TRY(response_cookie(res, &(struct cookie){.name = COOKIE_SESSION, .value = session}));
	if (known)
		TRY(response_cookie(res, &(struct cookie){.name = COOKIE_KNOWN,
							  .value = known,
							  .max_age = app->core.settings->life.known_browser_s}));
	return OK;
}

/* "https://app.example.org" of "https://app.example.org/callback?x": what the page's form may go to. */
static char *origin_of(struct arena *arena, const char *uri)
{
	const char *host = strstr(uri, "://");

	if (!host)
		return NULL;
	return arena_strndup(arena, uri, (size_t)(host - uri) + 3 + strcspn(host + 3, "/?#"));
}

static void form_add(struct text *html, const struct authorize_response *response)
{
	text_add(html, "<form method=\"post\" action=\"");
	text_add_html(html, response->location);
	text_add(html, "\">");
	for (size_t i = 0; i < response->field_count; i++) {
		text_add(html, "<input type=\"hidden\" name=\"");
		text_add_html(html, response->fields[i].name);
		text_add(html, "\" value=\"");
		text_add_html(html, response->fields[i].value);
		text_add(html, "\">");
	}
	text_add(html, "<noscript><button>Continue</button></noscript></form>");
}

static enum status form_post_send(const struct app *app, struct response *res,
				  const struct authorize_response *response)
{
	static const char marker[] = "<!--FORM-->";
	const char *at = app->form_post_page ? strstr(app->form_post_page, marker) : NULL;
	const struct page_options options = {.form_action = origin_of(response_arena(res), response->location)};
	struct text html;
	enum status status;

	if (!at || !options.form_action)
		return E_IO;
	text_init(&html, PAGE_SIZE_MAX);
	text_add_bytes(&html, app->form_post_page, (size_t)(at - app->form_post_page));
	form_add(&html, response);
	text_add(&html, at + sizeof(marker) - 1);
	status = html.failed ? E_NOMEM : response_page(res, 200, html.data, html.size, &options);
	text_done(&html);
	return status;
}

enum status authorize_response_send(const struct app *app, struct response *res,
				    const struct authorize_response *response)
{
	if (response->form_post)
		return form_post_send(app, res, response);
	return response_redirect(res, 303, response->location);
}
