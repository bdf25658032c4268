#include <string.h>

#include "core/account_internal.h"
#include "core/audit.h"
#include "core/device.h"

/* ---- adding one: the starting side of an enrolment (PROTOCOL) ---- */

struct starting {
	struct account *account;
	size_t active;
};

/* One at a time for a session: a link that was left open is of no use to anybody but a thief. */
static enum status start_prepare(struct store_tx *tx, void *ctx)
{
	struct starting *starting = ctx;
	struct device_row *rows;
	size_t count;

	TRY(account_still(tx, starting->account));
	TRY(store_device_list(tx, starting->account->user.id, &rows, &count));
	starting->active = 0;
	for (size_t i = 0; i < count; i++)
		starting->active += strcmp(rows[i].state, "active") == 0;
	return store_enrolment_void_made_by(tx, starting->account->session.sid);
}

enum status account_enrolment_start(struct account *account, bool with_totp, json_t **ret_json)
{
	struct starting starting = {.account = account};
	struct enrolment_started started;

	TRY(store_write(account->core->store, start_prepare, &starting));
	if (starting.active >= ACCOUNT_DEVICES_MAX)
		return account_conflict(account, "too_many", "You have 20 devices. Remove one first.");
	TRY(enrolment_start(account->core, account->arena, account->user.id, with_totp, account->session.sid,
			    account->now, &started));
	*ret_json = json_pack("{s:s, s:s, s:s, s:s, s:n, s:b, s:n, s:I, s:I}", "id", started.id, "state", "open",
			      "link", started.link, "code", started.typed_code, "device", "contested", 0, "notice",
			      "expires_at", (json_int_t)started.expires_at, "server_time", (json_int_t)account->now);
	return *ret_json ? OK : E_NOMEM;
}

static json_t *device_or_null(const struct enrolment_state *state)
{
	if (!state->device_id)
		return json_null();
	return json_pack("{s:s, s:s, s:s}", "id", state->device_id, "name", state->device_name, "platform",
			 state->platform);
}

static bool is_final(const char *state)
{
	return strcmp(state, "open") != 0 && strcmp(state, "confirm") != 0;
}

/* Whoever did not begin it does not learn that it is there. */
static enum status look(struct account *account, const char *id, struct enrolment_state *ret_state)
{
	TRY(enrolment_look(account->core, account->arena, id, account->now, ret_state));
	if (strcmp(ret_state->user_id, account->user.id) != 0 || strcmp(ret_state->made_by, account->session.sid) != 0)
		return E_NOT_FOUND;
	return OK;
}

static enum status shown(struct account *account, const char *id, const char *notice, json_t **ret_json,
			 bool *ret_final)
{
	struct enrolment_state state;

	TRY(look(account, id, &state));
	*ret_final = is_final(state.state);
	*ret_json =
		json_pack("{s:s, s:s, s:n, s:n, s:o, s:b, s:s?, s:I, s:I}", "id", id, "state", state.state, "link",
			  "code", "device", device_or_null(&state), "contested", (int)state.contested, "notice", notice,
			  "expires_at", (json_int_t)state.expires_at, "server_time", (json_int_t)account->now);
	return *ret_json ? OK : E_NOMEM;
}

enum status account_enrolment_look(struct account *account, const char *id, json_t **ret_json, bool *ret_final)
{
	return shown(account, id, NULL, ret_json, ret_final);
}

/* Spaces and dashes are what people type between groups. */
static enum status digits_clean(const char *typed, char out[7])
{
	size_t count = 0;

	for (; *typed; typed++) {
		if (*typed == ' ' || *typed == '-')
			continue;
		if (*typed < '0' || *typed > '9' || count == 6)
			return E_INVALID;
		out[count++] = *typed;
	}
	out[count] = '\0';
	return count == 6 ? OK : E_INVALID;
}

enum status account_enrolment_confirm(struct account *account, const char *id, const char *digits, json_t **ret_json)
{
	struct enrolment_state state;
	char clean[7];
	bool final;
	enum status status;

	TRY(look(account, id, &state));
	if (digits_clean(digits, clean) != OK) /* what cannot be right costs no attempt */
		return account_invalid(account, "wrong_code", "These are not six digits. Look at the device again.");
	status = enrolment_confirm(account->core, account->arena, id, clean, account->now);
	if (status == E_CONFLICT) { /* no device has come yet, or another request was faster */
		TRY(look(account, id, &state));
		return is_final(state.state) ? E_EXPIRED : account_conflict(account, "not_now", NULL);
	}
	if (status != OK && status != E_REFUSED)
		return status;
	return shown(account, id, status == OK ? NULL : "wrong_digits", ret_json, &final);
}

enum status account_enrolment_cancel(struct account *account, const char *id, json_t **ret_json)
{
	struct enrolment_state state;
	bool final;
	enum status status;

	TRY(look(account, id, &state));
	if (!is_final(state.state)) {
		status = enrolment_void(account->core, id, account->now);
		if (status != OK && status != E_CONFLICT) /* settled meanwhile: what stands is shown */
			return status;
	}
	return shown(account, id, NULL, ret_json, &final);
}

/* ---- changing one ---- */

struct device_change {
	struct account *account;
	const char *id, *name;
	struct device_row row;
	struct push_test test;
};

static enum status own_device(struct store_tx *tx, struct device_change *change)
{
	TRY(account_still(tx, change->account));
	TRY(store_device_find(tx, change->id, &change->row));
	if (strcmp(change->row.user_id, change->account->user.id) != 0 || strcmp(change->row.state, "active") != 0)
		return E_NOT_FOUND;
	return OK;
}

static enum status rename_write(struct store_tx *tx, void *ctx)
{
	struct device_change *change = ctx;

	TRY(own_device(tx, change));
	TRY(store_device_set_name(tx, change->id, change->name));
	return account_audit(tx, change->account, "device.renamed", change->id);
}

enum status account_device_rename(struct account *account, const char *id, const char *name)
{
	struct device_change change = {.account = account, .id = id, .name = name};

	TRY(account_name_check(account, name));
	TRY(store_write(account->core->store, rename_write, &change));
	core_wake(account->core, "user", account->user.id);
	return OK;
}

static enum status test_write(struct store_tx *tx, void *ctx)
{
	struct device_change *change = ctx;

	TRY(own_device(tx, change));
	if (!change->row.push_endpoint)
		return account_conflict(change->account, "no_subscription", NULL);
	return push_test_write(tx, change->id, &change->test);
}

enum status account_device_test(struct account *account, const char *id)
{
	struct device_change change = {.account = account, .id = id};
	enum status status;

	push_test_draw(account->core, account->now, &change.test);
	status = store_write(account->core->store, test_write, &change);
	if (status == E_BUSY)
		account->retry_after = 3600;
	TRY(status);
	core_wake(account->core, "outbox", "");
	return OK;
}

/* A factor change drops the person's known browsers. */
static enum status remove_write(struct store_tx *tx, void *ctx)
{
	struct device_change *change = ctx;

	TRY(own_device(tx, change));
	TRY(store_device_set_state(tx, change->id, "active", "revoked", change->account->now));
	TRY(account_way_left(tx, change->account));
	TRY(store_browser_remove_all(tx, change->account->user.id));
	return account_audit(tx, change->account, "device.revoked", change->id);
}

enum status account_device_remove(struct account *account, const char *id)
{
	struct device_change change = {.account = account, .id = id};

	TRY(store_write(account->core->store, remove_write, &change));
	core_wake(account->core, "user", account->user.id);
	return OK;
}
