#include "base/text.h"
#include "endpoints/account/account.h"
#include "endpoints/account/begin.h"

#define PAGE_DEFAULT 30
#define PAGE_MAX     100
#define EXPORT_MAX   (64u << 20)

/* ---- GET /account/v1/history?before=ID&limit=N ---- */

static enum status number_take(const struct form *query, const char *name, int64_t max, int64_t otherwise,
			       int64_t *ret_number)
{
	const char *text = form_get(query, name);

	*ret_number = otherwise;
	return text ? text_parse_int(text, 1, max, ret_number) : OK;
}

static enum status page_read(const struct request *req, int64_t *ret_before, int64_t *ret_limit)
{
	struct form *query = NULL;
	enum status status = request_query(req, &query);

	if (status != OK)
		return status == E_NOMEM ? status : E_INVALID;
	TRY(number_take(query, "before", INT64_MAX - 1, INT64_MAX, ret_before));
	return number_take(query, "limit", PAGE_MAX, PAGE_DEFAULT, ret_limit);
}

enum status account_history_get(const struct app *app, const struct request *req, struct response *res)
{
	struct account_request begun;
	int64_t before, limit;
	json_t *json = NULL;
	enum status status;

	TRY(account_begin(app, req, res, ACCOUNT_READS, &begun));
	if (!begun.fine)
		return OK;
	status = page_read(req, &before, &limit);
	if (status == OK)
		status = account_history(&begun.account, before, (size_t)limit, &json);
	return account_reply(res, &begun, status, json);
}

/* ---- POST /account/v1/export ---- */

static void text_release(void *text)
{
	text_done(text);
}

enum status account_export_post(const struct app *app, const struct request *req, struct response *res)
{
	struct account_request begun;
	struct text *out;
	enum status status;

	TRY(account_begin(app, req, res, ACCOUNT_CHANGES | ACCOUNT_FRESHLY, &begun));
	if (!begun.fine)
		return OK;
	out = arena_alloc(req->arena, sizeof(*out));
	if (!out)
		return E_NOMEM;
	text_init(out, EXPORT_MAX);
	if (arena_defer(req->arena, text_release, out))
		return E_NOMEM;
	status = account_export(&begun.account, out);
	if (status != OK)
		return account_reply(res, &begun, status, NULL);
	response_status(res, 200);
	return response_body_take(res, "application/json", out->data, out->size);
}
