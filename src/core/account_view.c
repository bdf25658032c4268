#include <string.h>

#include "core/account_internal.h"
#include "core/audit.h"

/* What the page sees. Lists hold what is in force, newest first; NULL: no memory, or the store failed. */

static json_t *text_or_null(const char *text)
{
	return text ? json_string(text) : json_null();
}

/* Appends for each row that `shows`; the list goes when anything fails. */
#define LIST_ROWS(list_, rows_, count_, shows_, json_)                                                                 \
	for (size_t i_ = 0; (list_) && i_ < (count_); i_++)                                                            \
		if ((shows_) && json_array_append_new(list_, json_)) {                                                 \
			json_decref(list_);                                                                            \
			return NULL;                                                                                   \
		}

/* ---- the account itself ---- */

json_t *account_user_json(const struct account *account)
{
	const struct user_row *user = &account->user;

	return json_pack("{s:s, s:s, s:s, s:s}", "id", user->id, "username", user->name, "display_name",
			 user->display_name, "email", user->email);
}

json_t *account_password_json(const struct account *account)
{
	const struct user_row *user = &account->user;

	return json_pack("{s:b, s:I}", "set", (int)(user->password != NULL), "changed_at",
			 (json_int_t)(user->password ? user->password_at : 0));
}

/* ---- devices and codes ---- */

static json_t *device_json(const struct device_row *row)
{
	json_t *push = json_pack("{s:b, s:I, s:I, s:I, s:I, s:s?}", "subscribed", (int)(row->push_endpoint != NULL),
				 "confirmed_at", (json_int_t)row->push_ok_at, "reachable_since",
				 (json_int_t)row->push_since, "accepted_at", (json_int_t)row->push_accepted_at,
				 "failed_at", (json_int_t)row->push_failed_at, "failure", row->push_failure);

	return json_pack("{s:s, s:s, s:s, s:I, s:I, s:o}", "id", row->id, "name", row->name, "platform", row->platform,
			 "created_at", (json_int_t)row->created_at, "last_contact", (json_int_t)row->seen_at, "push",
			 push);
}

json_t *account_devices_json(struct store_tx *tx, const struct account *account)
{
	struct device_row *rows;
	size_t count;
	json_t *list;

	if (store_device_list(tx, account->user.id, &rows, &count) != OK)
		return NULL;
	list = json_array();
	LIST_ROWS(list, rows, count, strcmp(rows[i_].state, "active") == 0, device_json(&rows[i_]))
	return list;
}

static json_t *totp_json(const struct totp_row *row)
{
	return json_pack("{s:s, s:s, s:s, s:i, s:i, s:I, s:I}", "id", row->id, "label", row->label, "algorithm",
			 row->algorithm, "digits", row->digits, "period", row->period, "created_at",
			 (json_int_t)row->created_at, "used_at", (json_int_t)row->used_at);
}

json_t *account_totp_json(struct store_tx *tx, const struct account *account)
{
	struct totp_row *rows;
	size_t count;
	json_t *list;

	if (store_totp_list(tx, account->user.id, &rows, &count) != OK)
		return NULL;
	list = json_array();
	LIST_ROWS(list, rows, count, strcmp(rows[count - 1 - i_].state, "active") == 0,
		  totp_json(&rows[count - 1 - i_]))
	return list;
}

json_t *account_recovery_json(struct store_tx *tx, const struct account *account)
{
	int64_t left, issued;

	if (store_recovery_count(tx, account->user.id, &left) != OK ||
	    store_recovery_issued(tx, account->user.id, &issued) != OK)
		return NULL;
	return json_pack("{s:I, s:I}", "left", (json_int_t)left, "issued_at", (json_int_t)issued);
}

/* ---- browsers and sessions ---- */

static bool browser_is_in_force(const struct account *account, const struct browser_row *row)
{
	return account->access == ACCOUNT_FULL &&
	       account->now < row->used_at + account->core->settings->life.known_browser_s;
}

static json_t *browser_json(const struct account *account, const struct browser_row *row)
{
	const bool is_this = account->known.known && strcmp(account->known.id, row->id) == 0;

	return json_pack("{s:s, s:s, s:s, s:n, s:I, s:I, s:b}", "id", row->id, "browser", row->ua_label, "ip", row->ip,
			 "place", "created_at", (json_int_t)row->created_at, "used_at", (json_int_t)row->used_at,
			 "this", (int)is_this);
}

json_t *account_browsers_json(struct store_tx *tx, const struct account *account)
{
	struct browser_row *rows;
	size_t count;
	json_t *list;

	if (store_browser_list(tx, account->user.id, &rows, &count) != OK)
		return NULL;
	list = json_array();
	LIST_ROWS(list, rows, count, browser_is_in_force(account, &rows[count - 1 - i_]),
		  browser_json(account, &rows[count - 1 - i_]))
	return list;
}

static bool session_is_in_force(const struct account *account, const struct session_row *row)
{
	return account->access == ACCOUNT_FULL && account->now < row->idle_until && account->now < row->ends_at;
}

static json_t *session_json(const struct account *account, const struct session_row *row)
{
	return json_pack("{s:s, s:s, s:s, s:n, s:I, s:I, s:I, s:s, s:b}", "id", row->sid, "browser", row->ua_label,
			 "ip", row->ip, "place", "created_at", (json_int_t)row->created_at, "used_at",
			 (json_int_t)row->used_at, "ends_at", (json_int_t)row->ends_at, "acr", row->acr, "this",
			 (int)(strcmp(row->sid, account->session.sid) == 0));
}

json_t *account_sessions_json(struct store_tx *tx, const struct account *account)
{
	struct session_row *rows;
	size_t count;
	json_t *list;

	if (store_session_list(tx, account->user.id, &rows, &count) != OK)
		return NULL;
	list = json_array();
	LIST_ROWS(list, rows, count, session_is_in_force(account, &rows[i_]), session_json(account, &rows[i_]))
	return list;
}

/* ---- the whole ---- */

static json_t *part_password(struct store_tx *tx, const struct account *account)
{
	return account_password_json(account);
}

static const struct {
	const char *name;
	json_t *(*make)(struct store_tx *tx, const struct account *account);
} parts[] = {
	{"password", part_password},         {"devices", account_devices_json},   {"totp", account_totp_json},
	{"recovery", account_recovery_json}, {"browsers", account_browsers_json}, {"sessions", account_sessions_json},
};

struct reading {
	struct account *account;
	const char *only; /* or NULL: all */
	json_t *json;
};

static enum status parts_read(struct store_tx *tx, void *ctx)
{
	struct reading *reading = ctx;

	/* What was changed by this very request shows. */
	TRY(store_user_find(tx, reading->account->user.id, &reading->account->user));
	for (size_t i = 0; i < ARRAY_COUNT(parts); i++)
		if (!reading->only || strcmp(parts[i].name, reading->only) == 0)
			if (json_object_set_new(reading->json, parts[i].name, parts[i].make(tx, reading->account)))
				return E_NOMEM;
	return OK;
}

static enum status parts_make(struct account *account, const char *only, json_t **ret_json)
{
	struct reading reading = {.account = account, .only = only, .json = json_object()};
	enum status status =
		reading.json ? store_read(account->core->store, account->arena, parts_read, &reading) : E_NOMEM;

	if (status != OK) {
		json_decref(reading.json);
		return status == E_NOT_FOUND ? E_REFUSED : status;
	}
	*ret_json = reading.json;
	return OK;
}

enum status account_part(struct account *account, const char *name, json_t **ret_json)
{
	return parts_make(account, name, ret_json);
}

static json_t *organisation_json(const struct settings *settings)
{
	return json_pack("{s:s, s:o, s:o}", "name", settings->organisation.name, "help_url",
			 text_or_null(settings->organisation.help_url), "privacy_url",
			 text_or_null(settings->organisation.privacy_url));
}

enum status account_overview(struct account *account, json_t **ret_json)
{
	json_t *json = NULL;

	TRY(parts_make(account, NULL, &json));
	if (json_object_set_new(json, "user", account_user_json(account)) ||
	    json_object_set_new(json, "organisation", organisation_json(account->core->settings)) ||
	    json_object_set_new(json, "access", json_string(account->access == ACCOUNT_FULL ? "full" : "enrol")) ||
	    json_object_set_new(json, "fresh_until",
				json_integer(account_is_fresh(account) ? account->fresh_until : 0)) ||
	    json_object_set_new(json, "acr", json_string(account->session.acr)) ||
	    json_object_set_new(json, "server_time", json_integer(account->now))) {
		json_decref(json);
		return E_NOMEM;
	}
	*ret_json = json;
	return OK;
}
