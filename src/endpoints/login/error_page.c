#include "endpoints/login/error_page.h"

#include <string.h>

#include "base/log.h"

#define PAGE_SIZE_MAX (128 * 1024)

enum status state_page(const struct app *app, struct response *res, int status, const json_t *state)
{
	static const char marker[] = "<!--STATE-->";
	const char *at = app->signin_page ? strstr(app->signin_page, marker) : NULL;
	char *json = json_format_html(response_arena(res), state);
	struct text html;
	enum status result;

	if (!at)
		return E_IO;
	if (!json)
		return E_NOMEM;
	text_init(&html, PAGE_SIZE_MAX);
	text_add_bytes(&html, app->signin_page, (size_t)(at - app->signin_page));
	text_add(&html, "<script type=\"application/json\" id=\"state\">");
	text_add(&html, json);
	text_add(&html, "</script>");
	text_add(&html, at + sizeof(marker) - 1);
	result = html.failed ? E_NOMEM : response_page(res, status, html.data, html.size, NULL);
	text_done(&html);
	return result;
}

enum status error_page(const struct app *app, const struct request *req, struct response *res, int status,
		       const char *code, const char *title, const char *message)
{
	const struct settings *settings = app->core.settings;
	char reference[ID_SIZE];
	scoped_json *state = NULL;

	id_new(app->core.random, reference);
	reference[8] = '\0';
	log_info("page.error", LOG_S("code", code), LOG_S("reference", reference), LOG_S("ip", req->ip),
		 LOG_S("path", req->path));
	state = json_pack("{s:s, s:{s:s, s:s?, s:s?}, s:{s:s, s:s, s:s, s:s}}", "state", "error", "organisation",
			  "name", settings->organisation.name, "help_url", settings->organisation.help_url,
			  "privacy_url", settings->organisation.privacy_url, "error", "code", code, "title", title,
			  "message", message, "reference", reference);
	if (!state)
		return E_NOMEM;
	return state_page(app, res, status, state);
}
