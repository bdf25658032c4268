#include "endpoints/oidc/params.h"

#include "base/text.h"
#include "endpoints/login/error_page.h"

#define QUERY_MAX 7000 /* with the path it fits into the request line that http/guard.h allows */

static enum status refuse(const struct app *app, const struct request *req, struct response *res, const char *message)
{
	return error_page(app, req, res, 400, "bad_request", "This request cannot be understood", message);
}

/* Written anew, so nothing but what the form says is in it. NULL: too long, or out of memory. */
static char *query_format(const struct request *req, const struct form *form)
{
	struct text query;
	char *location = NULL;

	text_init(&query, QUERY_MAX);
	for (size_t i = 0; i < form_count(form); i++) {
		const char *name, *value;

		form_at(form, i, &name, &value);
		text_add(&query, query.size ? "&" : "");
		text_add_percent(&query, name);
		text_add(&query, "=");
		text_add_percent(&query, value);
	}
	if (!query.failed)
		location = arena_format(req->arena, "%s?%s", req->path, query.size ? query.data : "");
	text_done(&query);
	return location;
}

static enum status as_get(const struct app *app, const struct request *req, struct response *res,
			  const struct form *form)
{
	const char *location = query_format(req, form);

	if (!location)
		return refuse(app, req, res, "The service sent more than can be taken.");
	return response_redirect(res, 303, location);
}

enum status browser_params(const struct app *app, const struct request *req, struct response *res,
			   struct form **ret_form)
{
	struct form *form = NULL;
	const bool is_post = req->method == HTTP_POST;
	const enum status status = is_post ? request_form(req, &form) : request_query(req, &form);

	if (status == E_CONFLICT)
		return refuse(app, req, res, "The service sent the same parameter twice.");
	if (status == E_INVALID)
		return refuse(app, req, res, "The service sent something that is not well-formed.");
	TRY(status);
	if (is_post)
		return as_get(app, req, res, form);
	*ret_form = form;
	return OK;
}

void authorize_raw_read(const struct form *form, struct authorize_raw *ret_raw)
{
	*ret_raw = (struct authorize_raw){
		.client_id = form_get(form, "client_id"),
		.redirect_uri = form_get(form, "redirect_uri"),
		.response_type = form_get(form, "response_type"),
		.response_mode = form_get(form, "response_mode"),
		.scope = form_get(form, "scope"),
		.state = form_get(form, "state"),
		.nonce = form_get(form, "nonce"),
		.prompt = form_get(form, "prompt"),
		.max_age = form_get(form, "max_age"),
		.login_hint = form_get(form, "login_hint"),
		.acr_values = form_get(form, "acr_values"),
		.ui_locales = form_get(form, "ui_locales"),
		.code_challenge = form_get(form, "code_challenge"),
		.code_challenge_method = form_get(form, "code_challenge_method"),
		.request = form_get(form, "request"),
		.request_uri = form_get(form, "request_uri"),
		.id_token_hint = form_get(form, "id_token_hint"),
	};
}
