#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "base/text.h"
#include "core/account_internal.h"
#include "core/audit.h"
#include "core/pass.h"

/*
 * Everything that is held of one person, as one JSON document; no hash, seed or token, so whoever finds the file cannot
 * get in by it. Events are written one by one: a tree of them all would take many times their size.
 */
enum { EVENTS_PAGE = 200, EVENTS_MAX = 20000, CHALLENGES_MAX = 2000, PAGE_MEMORY = 32 << 20, DETAIL_DEPTH = 32 };

struct exporting {
	struct account *account;
	struct text *out;
	json_t *json;
	int64_t before; /* events: the page before this id */
	size_t written, last_count;
};

static json_t *text_or_null(const char *text)
{
	return text ? json_string(text) : json_null();
}

static int put(json_t *object, const char *key, json_t *value)
{
	return json_object_set_new(object, key, value);
}

/* ---- what stands in the tables ---- */

static json_t *user_json(const struct account *account)
{
	json_t *json = account_user_json(account), *groups = json_array();

	for (size_t i = 0; groups && i < account->group_count; i++)
		json_array_append_new(groups, json_string(account->groups[i]));
	if (json && (put(json, "groups", groups) || put(json, "created_at", json_integer(account->user.created_at)) ||
		     put(json, "updated_at", json_integer(account->user.updated_at)))) {
		json_decref(json);
		return NULL;
	}
	return json;
}

static json_t *device_json(const struct device_row *row)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:{s:s?, s:I}, s:I, s:I, s:I, s:I}", "id", row->id, "name",
			 row->name, "platform", row->platform, "state", row->state, "thumbprint", row->thumbprint,
			 "push", "endpoint", row->push_endpoint, "confirmed_at", (json_int_t)row->push_ok_at,
			 "created_at", (json_int_t)row->created_at, "last_contact", (json_int_t)row->seen_at,
			 "reported_at", (json_int_t)row->reported_at, "removed_at", (json_int_t)row->revoked_at);
}

static enum status devices_add(struct store_tx *tx, struct exporting *exporting)
{
	json_t *list = json_array();
	struct device_row *rows;
	size_t count;

	if (put(exporting->json, "devices", list))
		return E_NOMEM;
	TRY(store_device_list(tx, exporting->account->user.id, &rows, &count));
	for (size_t i = 0; i < count; i++)
		if (json_array_append_new(list, device_json(&rows[i])))
			return E_NOMEM;
	return OK;
}

static enum status passes_add(struct store_tx *tx, struct exporting *exporting)
{
	json_t *list = json_array();
	struct pass_row *rows;
	size_t count;

	if (put(exporting->json, "passes", list))
		return E_NOMEM;
	TRY(store_pass_list(tx, exporting->account->user.id, &rows, &count));
	for (size_t i = 0; i < count; i++)
		if (json_array_append_new(list, json_pack("{s:I, s:I, s:I, s:I}", "created_at",
							  (json_int_t)rows[i].created_at, "expires_at",
							  (json_int_t)rows[i].expires_at, "used_at",
							  (json_int_t)rows[i].used_at, "ended_at",
							  (json_int_t)rows[i].ended_at)))
			return E_NOMEM;
	return OK;
}

static enum status consents_add(struct store_tx *tx, struct exporting *exporting)
{
	json_t *list = json_array();
	struct consent_row *rows;
	size_t count;

	if (put(exporting->json, "consents", list))
		return E_NOMEM;
	TRY(store_consent_list(tx, exporting->account->user.id, &rows, &count));
	for (size_t i = 0; i < count; i++)
		if (json_array_append_new(list, json_pack("{s:s, s:s, s:I}", "client", rows[i].client_id, "scope",
							  rows[i].scope, "granted_at", (json_int_t)rows[i].granted_at)))
			return E_NOMEM;
	return OK;
}

static json_t *challenge_json(const struct challenge_row *row)
{
	json_t *details = NULL;

	if (json_parse_limited(row->details, strlen(row->details), DETAIL_DEPTH, &details) != OK)
		details = json_null();
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:s?, s:s?, s:I, s:I, s:I}", "id", row->id, "client",
			 row->client_name, "mode", row->mode, "state", row->state, "why", row->why, "shown", details,
			 "device", row->device_id, "answer", row->answer, "at", (json_int_t)row->created_at, "seen_at",
			 (json_int_t)row->seen_at, "settled_at", (json_int_t)row->settled_at);
}

static enum status challenges_add(struct store_tx *tx, struct exporting *exporting)
{
	json_t *list = json_array();
	struct challenge_row *rows;
	size_t count;

	if (put(exporting->json, "challenges", list))
		return E_NOMEM;
	TRY(store_challenge_recent(tx, exporting->account->user.id, CHALLENGES_MAX, &rows, &count));
	for (size_t i = 0; i < count; i++)
		if (json_array_append_new(list, challenge_json(&rows[i])))
			return E_NOMEM;
	return OK;
}

static enum status tables_read(struct store_tx *tx, void *ctx)
{
	struct exporting *exporting = ctx;
	const struct account *account = exporting->account;

	if (put(exporting->json, "format", json_string("symbolon-export-1")) ||
	    put(exporting->json, "made_at", json_integer(account->now)) ||
	    put(exporting->json, "issuer", json_string(account->core->settings->issuer)) ||
	    put(exporting->json, "user", user_json(account)) ||
	    put(exporting->json, "password", account_password_json(account)) ||
	    put(exporting->json, "totp", account_totp_json(tx, account)) ||
	    put(exporting->json, "recovery", account_recovery_json(tx, account)) ||
	    put(exporting->json, "browsers", account_browsers_json(tx, account)) ||
	    put(exporting->json, "sessions", account_sessions_json(tx, account)))
		return E_NOMEM;
	TRY(devices_add(tx, exporting));
	TRY(passes_add(tx, exporting));
	TRY(consents_add(tx, exporting));
	return challenges_add(tx, exporting);
}

/* ---- the audit log's rows ---- */

static json_t *detail_json(const char *text)
{
	json_t *json = NULL;

	if (!text)
		return json_null();
	return json_parse_limited(text, strlen(text), DETAIL_DEPTH, &json) == OK ? json : json_string(text);
}

static enum status event_write(struct exporting *exporting, const struct audit_row *row)
{
	scoped_json *json =
		json_pack("{s:I, s:I, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id", (json_int_t)row->id, "at",
			  (json_int_t)row->at, "event", row->event, "client", text_or_null(row->client_id), "device",
			  text_or_null(row->device_id), "login", text_or_null(row->login_id), "ip",
			  text_or_null(row->ip), "detail", detail_json(row->detail), "receipt",
			  text_or_null(row->receipt), "shown", detail_json(row->shown));
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;

	if (!text)
		return E_NOMEM;
	text_add(exporting->out, exporting->written++ ? ",\n" : "\n");
	text_add(exporting->out, text);
	free(text);
	return OK;
}

static enum status events_read(struct store_tx *tx, void *ctx)
{
	struct exporting *exporting = ctx;
	struct audit_row *rows;

	TRY(store_audit_before(tx, exporting->account->user.id, exporting->before, EVENTS_PAGE, &rows,
			       &exporting->last_count));
	for (size_t i = 0; i < exporting->last_count; i++) {
		exporting->before = rows[i].id;
		TRY(event_write(exporting, &rows[i]));
	}
	return OK;
}

static enum status events_write(struct exporting *exporting)
{
	exporting->before = INT64_MAX;
	exporting->last_count = EVENTS_PAGE;
	while (exporting->last_count == EVENTS_PAGE && exporting->written < EVENTS_MAX) {
		scoped_arena *arena = arena_new(PAGE_MEMORY);

		if (!arena)
			return E_NOMEM;
		TRY(store_read(exporting->account->core->store, arena, events_read, exporting));
	}
	return OK;
}

/* ---- the document ---- */

static enum status document_write(struct exporting *exporting)
{
	char *head = json_dumps(exporting->json, JSON_COMPACT);
	enum status status;

	if (!head)
		return E_NOMEM;
	text_add_bytes(exporting->out, head, strlen(head) - 1); /* without its closing brace */
	free(head);
	text_add(exporting->out, ",\n\"events\":[");
	status = events_write(exporting);
	text_add(exporting->out, "\n],\"events_cut\":");
	text_add(exporting->out, exporting->last_count == EVENTS_PAGE ? "true}\n" : "false}\n");
	if (status == OK && exporting->out->failed)
		status = E_NOMEM;
	return status;
}

static enum status told_write(struct store_tx *tx, void *ctx)
{
	struct account *account = ctx;

	TRY(account_still(tx, account));
	return account_audit(tx, account, "account.exported", NULL);
}

enum status account_export(struct account *account, struct text *out)
{
	struct exporting exporting = {.account = account, .out = out, .json = json_object()};
	scoped_arena *arena = arena_new(PAGE_MEMORY);
	enum status status = exporting.json && arena ? OK : E_NOMEM;

	if (status == OK)
		status = store_write(account->core->store, told_write, account);
	if (status == OK)
		status = store_read(account->core->store, arena, tables_read, &exporting);
	if (status == OK)
		status = document_write(&exporting);
	json_decref(exporting.json);
	return status;
}
