#include "endpoints/account/account.h"
#include "endpoints/account/begin.h"

/* Devices, codes of any authenticator app, recovery codes. */

#define NAME_MAX_BYTES 256
#define CODE_MAX_BYTES 16

typedef enum status (*change_by_id)(struct account *account, const char *id);
typedef enum status (*change_by_text)(struct account *account, const char *id, const char *text);

/* A change of one thing, by its id alone. */
struct id_change {
	const char *part; /* that the answer shows */
	unsigned needs;
	change_by_id make;
};

static enum status id_post(const struct app *app, const struct request *req, struct response *res,
			   const struct id_change *change)
{
	struct account_request begun;

	TRY(account_begin(app, req, res, ACCOUNT_CHANGES | change->needs, &begun));
	if (!begun.fine)
		return OK;
	return account_reply_part(res, &begun, change->make(&begun.account, req->params[0]), change->part);
}

struct text_member {
	const char *key;
	size_t max;
	unsigned needs;
};

/* The same with a text. */
static enum status text_post(const struct app *app, const struct request *req, struct response *res, const char *part,
			     const struct text_member *member, change_by_text change)
{
	struct account_request begun;
	const char *text;
	enum status status = E_INVALID;

	TRY(account_begin(app, req, res, ACCOUNT_CHANGES | member->needs, &begun));
	if (!begun.fine)
		return OK;
	text = account_text(&begun, member->key, member->max);
	if (text)
		status = change(&begun.account, req->params[0], text);
	return account_reply_part(res, &begun, status, part);
}

/* ---- devices ---- */

enum status account_device_rename_post(const struct app *app, const struct request *req, struct response *res)
{
	static const struct text_member name = {"name", NAME_MAX_BYTES, 0};

	return text_post(app, req, res, "devices", &name, account_device_rename);
}

enum status account_device_remove_post(const struct app *app, const struct request *req, struct response *res)
{
	static const struct id_change removal = {"devices", ACCOUNT_FRESHLY, account_device_remove};

	return id_post(app, req, res, &removal);
}

enum status account_device_test_post(const struct app *app, const struct request *req, struct response *res)
{
	static const struct id_change test = {"devices", 0, account_device_test};

	return id_post(app, req, res, &test);
}

/* ---- codes ---- */

enum status account_totp_post(const struct app *app, const struct request *req, struct response *res)
{
	struct account_request begun;
	const char *label;
	json_t *json = NULL;
	enum status status = E_INVALID;

	TRY(account_begin(app, req, res, ACCOUNT_CHANGES | ACCOUNT_FRESHLY | ACCOUNT_ENROLLING, &begun));
	if (!begun.fine)
		return OK;
	label = account_text(&begun, "label", NAME_MAX_BYTES);
	if (label || !json_object_get(begun.body, "label"))
		status = account_totp_start(&begun.account, label, &json);
	return account_reply(res, &begun, status, json);
}

enum status account_totp_confirm_post(const struct app *app, const struct request *req, struct response *res)
{
	static const struct text_member code = {"code", CODE_MAX_BYTES, ACCOUNT_ENROLLING};

	return text_post(app, req, res, "totp", &code, account_totp_confirm);
}

enum status account_totp_rename_post(const struct app *app, const struct request *req, struct response *res)
{
	static const struct text_member label = {"label", NAME_MAX_BYTES, 0};

	return text_post(app, req, res, "totp", &label, account_totp_rename);
}

enum status account_totp_remove_post(const struct app *app, const struct request *req, struct response *res)
{
	static const struct id_change removal = {"totp", ACCOUNT_FRESHLY, account_totp_remove};

	return id_post(app, req, res, &removal);
}

enum status account_recovery_post(const struct app *app, const struct request *req, struct response *res)
{
	struct account_request begun;
	json_t *json = NULL;
	enum status status;

	TRY(account_begin(app, req, res, ACCOUNT_CHANGES | ACCOUNT_FRESHLY | ACCOUNT_ENROLLING, &begun));
	if (!begun.fine)
		return OK;
	status = account_recovery_issue(&begun.account, &json);
	return account_reply(res, &begun, status, json);
}
