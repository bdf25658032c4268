#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "core/account_internal.h"
#include "core/client.h"

/*
 * What happened, out of the audit log, in the person's words: how somebody got in, what did not lead in, and what was
 * changed. A step of a sign-in that went through is not told apart.
 */
enum { PAGE_ROWS = 100, NEWER_ROWS = 40, PAGES_MAX = 20, DETAIL_DEPTH = 8 };

static const struct {
	const char *event, *kind, *outcome; /* kind NULL: not shown */
} words[] = {
	{"login.finished", "sign_in", "signed_in"},
	{"password.passed", "attempt", "password_right"},
	{"password.failed", "attempt", "wrong_password"},
	{"totp.failed", "attempt", "wrong_code"},
	{"recovery.failed", "attempt", "wrong_code"},
	{"pass.failed", "attempt", "wrong_code"},
	{"challenge.denied", "attempt", "denied"},
	{"challenge.wrong", "attempt", "wrong_number"},
	{"challenge.reported", "attempt", "reported"},
	{"consent.refused", "attempt", "refused"},
	{"known_browser.stolen", "attempt", "stolen"},
	{"totp.passed", NULL, NULL},
	{"recovery.passed", NULL, NULL},
	{"pass.passed", NULL, NULL},
	{"challenge.approved", NULL, NULL},
	{"consent.given", NULL, NULL},
	{"device.expects", NULL, NULL},
	{"enrolment.redeemed", NULL, NULL},
};

struct history {
	struct account *account;
	int64_t before;
	size_t limit, pages;
	json_t *list;
	struct text finished; /* " ID ID …": logins that went through */
	bool more;
};

static void kind_find(const char *event, const char **ret_kind, const char **ret_outcome)
{
	*ret_kind = "change";
	*ret_outcome = "changed";
	for (size_t i = 0; i < ARRAY_COUNT(words); i++)
		if (strcmp(words[i].event, event) == 0) {
			*ret_kind = words[i].kind;
			*ret_outcome = words[i].outcome;
		}
}

static void finished_note(struct history *history, const struct audit_row *row)
{
	if (!row->login_id || strcmp(row->event, "login.finished") != 0)
		return;
	text_add(&history->finished, " ");
	text_add(&history->finished, row->login_id);
}

static bool is_shown(const struct history *history, const struct audit_row *row, const char *kind)
{
	if (!kind)
		return false;
	return strcmp(row->event, "password.passed") != 0 || !row->login_id || !history->finished.data ||
	       !strstr(history->finished.data, row->login_id);
}

/* ---- one row ---- */

static json_t *json_of(const char *text)
{
	json_t *json = NULL;

	if (!text || json_parse_limited(text, strlen(text), DETAIL_DEPTH, &json) != OK)
		return NULL;
	return json;
}

static json_t *member(const json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	return value ? json_incref(value) : json_null();
}

static json_t *client_json(struct store_tx *tx, const struct account *account, const char *id)
{
	struct client_row row;
	bool found;

	if (!id)
		return json_null();
	if (absent_is_fine(client_find(tx, account->core->settings, id, &row), &found) != OK)
		return NULL;
	return json_pack("{s:s, s:s}", "id", id, "name", found ? row.name : id);
}

static json_t *device_json(struct store_tx *tx, const char *id)
{
	struct device_row row;
	bool found;

	if (!id)
		return json_null();
	if (absent_is_fine(store_device_find(tx, id, &row), &found) != OK)
		return NULL;
	return json_pack("{s:s, s:s}", "id", id, "name", found ? row.name : "");
}

/* "why" is an object of its own in the trace of a decision, and a sentence in what a phone was shown. */
static json_t *why_json(const json_t *detail, const json_t *shown, const json_t *client)
{
	const char *key = json_get_string(detail, "why_key"), *text = json_get_string(detail, "why");

	if (!text)
		text = json_get_string(shown, "why");
	if (!text)
		return json_null();
	return json_pack("{s:s?, s:s, s:s?}", "key", key, "text", text, "client", json_get_string(client, "name"));
}

static json_t *factors_json(const json_t *detail)
{
	const json_t *proven = json_object_get(detail, "proven");

	return json_is_array(proven) ? json_incref((json_t *)(uintptr_t)proven) : json_array();
}

/* The browser that asked, and where it was: of an answer by phone, what the phone was shown of it. */
static int where_set(json_t *json, const struct audit_row *row, const json_t *detail, const json_t *shown)
{
	const json_t *request = json_object_get(shown, "request");
	json_t *ip = request ? member(request, "ip") : row->ip ? json_string(row->ip) : json_null();

	return json_object_set_new(json, "ip", ip) || json_object_set_new(json, "place", json_null()) ||
	       json_object_set_new(json, "browser", member(request ? request : detail, "browser"));
}

static json_t *row_json(struct store_tx *tx, const struct account *account, const struct audit_row *row)
{
	scoped_json *detail = json_of(row->detail), *shown = json_of(row->shown);
	scoped_json *client = client_json(tx, account, row->client_id);
	const char *kind, *outcome;
	char id[24];
	json_t *json;

	kind_find(row->event, &kind, &outcome);
	snprintf(id, sizeof(id), "%" PRId64, row->id);
	json = json_pack("{s:s, s:I, s:s, s:s, s:s}", "id", id, "at", (json_int_t)row->at, "kind", kind, "event",
			 row->event, "outcome", outcome);
	if (json && (json_object_set(json, "client", client) || where_set(json, row, detail, shown) ||
		     json_object_set_new(json, "factors", factors_json(detail)) ||
		     json_object_set_new(json, "device", device_json(tx, row->device_id)) ||
		     json_object_set_new(json, "why", why_json(detail, shown, client)) ||
		     json_object_set_new(json, "reason", member(detail, "reason")))) {
		json_decref(json);
		return NULL;
	}
	return json;
}

/* ---- a page ---- */

/* What stands just above the page: a sign-in whose first step is on it. */
static enum status newer_read(struct store_tx *tx, struct history *history)
{
	struct audit_row *rows;
	size_t count;

	if (history->before == INT64_MAX)
		return OK;
	TRY(store_audit_list(tx, history->before - 1, history->account->user.id, NEWER_ROWS, &rows, &count));
	for (size_t i = 0; i < count; i++)
		finished_note(history, &rows[i]);
	return OK;
}

static enum status rows_add(struct store_tx *tx, struct history *history, const struct audit_row *rows, size_t count)
{
	for (size_t i = 0; i < count && json_array_size(history->list) < history->limit; i++) {
		const char *kind, *outcome;

		history->before = rows[i].id;
		finished_note(history, &rows[i]);
		kind_find(rows[i].event, &kind, &outcome);
		if (is_shown(history, &rows[i], kind) &&
		    json_array_append_new(history->list, row_json(tx, history->account, &rows[i])))
			return E_NOMEM;
	}
	return OK;
}

static enum status history_read(struct store_tx *tx, void *ctx)
{
	struct history *history = ctx;
	struct audit_row *rows;
	size_t count;

	TRY(newer_read(tx, history));
	history->more = true;
	for (size_t page = 0; history->more && page < PAGES_MAX && json_array_size(history->list) < history->limit;
	     page++) {
		TRY(store_audit_before(tx, history->account->user.id, history->before, PAGE_ROWS, &rows, &count));
		TRY(rows_add(tx, history, rows, count));
		/* Less than asked for is the end, unless the page was full first. */
		history->more = count == PAGE_ROWS || (count > 0 && rows[count - 1].id < history->before);
	}
	return OK;
}

enum status account_history(struct account *account, int64_t before, size_t limit, json_t **ret_json)
{
	struct history history = {.account = account, .before = before, .limit = limit, .list = json_array()};
	scoped_arena *arena = arena_new(16 << 20);
	char next[24];
	enum status status;

	if (!history.list || !arena) {
		json_decref(history.list);
		return E_NOMEM;
	}
	text_init(&history.finished, 1 << 20);
	status = store_read(account->core->store, arena, history_read, &history);
	text_done(&history.finished);
	if (status != OK) {
		json_decref(history.list);
		return status;
	}
	snprintf(next, sizeof(next), "%" PRId64, history.before);
	*ret_json = json_pack("{s:o, s:s?}", "history", history.list, "next", history.more ? next : NULL);
	return *ret_json ? OK : E_NOMEM;
}
