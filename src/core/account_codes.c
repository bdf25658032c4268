#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "core/account_internal.h"
#include "core/audit.h"
#include "core/recovery.h"
#include "core/totp_enrol.h"

/* ---- TOTP ---- */

struct totp_change {
	struct account *account;
	const char *id, *label;
	struct totp_row row;
	size_t active;
};

static enum status own_totp(struct store_tx *tx, struct totp_change *change)
{
	TRY(store_totp_find(tx, change->id, &change->row));
	return strcmp(change->row.user_id, change->account->user.id) == 0 ? OK : E_NOT_FOUND;
}

static enum status count_read(struct store_tx *tx, void *ctx)
{
	struct totp_change *change = ctx;
	struct totp_row *rows;
	size_t count;

	TRY(account_still(tx, change->account));
	TRY(store_totp_list(tx, change->account->user.id, &rows, &count));
	for (size_t i = 0; i < count; i++)
		change->active += strcmp(rows[i].state, "active") == 0;
	return OK;
}

/* The secret of "otpauth://totp/…?secret=BASE32&…", for those who type. */
static char *secret_of(struct arena *arena, const char *otpauth)
{
	static const char key[] = "secret=";
	const char *at = strstr(otpauth, key);

	return at ? arena_strndup(arena, at + strlen(key), strcspn(at + strlen(key), "&")) : NULL;
}

static enum status started_format(struct account *account, const struct totp_enrolment *started,
				  const struct totp_wish *wish, json_t **ret_json)
{
	const char *secret = secret_of(account->arena, started->otpauth);

	if (!secret)
		return E_NOMEM;
	*ret_json = json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:I, s:I}", "id", started->id, "otpauth",
			      started->otpauth, "secret", secret, "algorithm", wish->algorithm, "digits",
			      (int)wish->digits, "period", 30, "expires_at",
			      (json_int_t)(account->now + ACCOUNT_TOTP_S), "server_time", (json_int_t)account->now);
	return *ret_json ? OK : E_NOMEM;
}

enum status account_totp_start(struct account *account, const char *label, json_t **ret_json)
{
	const struct totp_wish wish = {.user_id = account->user.id,
				       .username = account->user.name,
				       .label = label ? label : "Codes",
				       .algorithm = "SHA1",
				       .digits = 6,
				       .replaces = true};
	struct totp_change change = {.account = account};
	struct totp_enrolment started;

	TRY(account_name_check(account, wish.label));
	TRY(store_read(account->core->store, account->arena, count_read, &change));
	if (change.active >= ACCOUNT_TOTP_MAX)
		return account_conflict(account, "too_many", "You have codes in 10 apps. Remove one first.");
	TRY(totp_enrol_start(account->core, account->arena, &wish, account->now, &started));
	return started_format(account, &started, &wish, ret_json);
}

static enum status pending_read(struct store_tx *tx, void *ctx)
{
	struct totp_change *change = ctx;

	TRY(account_still(tx, change->account));
	return own_totp(tx, change);
}

enum status account_totp_confirm(struct account *account, const char *id, const char *code)
{
	struct totp_change change = {.account = account, .id = id};
	const struct totp_by by = {.detail = account->detail, .ip = account->browser->ip};
	enum status status;

	TRY(store_read(account->core->store, account->arena, pending_read, &change));
	if (strcmp(change.row.state, "pending") != 0)
		return account_conflict(account, "not_now", "These codes are in force already.");
	if (account->now >= change.row.created_at + ACCOUNT_TOTP_S)
		return E_EXPIRED;
	status = totp_enrol_confirm_by(account->core, account->arena, id, code, &by, account->now);
	if (status == E_NOT_FOUND)
		return account_invalid(account, "wrong_code", NULL);
	if (status == E_CONFLICT) /* the step was used, or another tab was faster */
		return account_invalid(account, "used_code", NULL);
	if (status == E_BUSY)
		account->retry_after = 60; /* the keyholder checks a seed at most ten times a minute */
	return status;
}

static enum status label_write(struct store_tx *tx, void *ctx)
{
	struct totp_change *change = ctx;

	TRY(account_still(tx, change->account));
	TRY(own_totp(tx, change));
	if (strcmp(change->row.state, "active") != 0)
		return E_NOT_FOUND;
	TRY(store_totp_set_label(tx, change->id, change->label));
	return account_audit(tx, change->account, "totp.renamed", NULL);
}

enum status account_totp_rename(struct account *account, const char *id, const char *label)
{
	struct totp_change change = {.account = account, .id = id, .label = label};

	TRY(account_name_check(account, label));
	return store_write(account->core->store, label_write, &change);
}

/* A factor change drops the person's known browsers. */
static enum status remove_write(struct store_tx *tx, void *ctx)
{
	struct totp_change *change = ctx;

	TRY(account_still(tx, change->account));
	TRY(own_totp(tx, change));
	TRY(store_totp_remove(tx, change->id));
	if (strcmp(change->row.state, "active") != 0)
		return OK; /* never confirmed: it was nothing yet */
	TRY(account_way_left(tx, change->account));
	TRY(store_browser_remove_all(tx, change->account->user.id));
	return account_audit(tx, change->account, "totp.removed", NULL);
}

enum status account_totp_remove(struct account *account, const char *id)
{
	struct totp_change change = {.account = account, .id = id};

	return store_write(account->core->store, remove_write, &change);
}

/* ---- recovery codes ---- */

static enum status still_read(struct store_tx *tx, void *ctx)
{
	return account_still(tx, ctx);
}

static json_t *codes_json(char codes[RECOVERY_CODES][RECOVERY_CODE_SIZE])
{
	json_t *list = json_array();

	for (int i = 0; list && i < RECOVERY_CODES; i++)
		if (json_array_append_new(list, json_string(codes[i]))) {
			json_decref(list);
			return NULL;
		}
	return list;
}

enum status account_recovery_issue(struct account *account, json_t **ret_json)
{
	const struct recovery_by by = {.detail = account->detail, .ip = account->browser->ip};
	char codes[RECOVERY_CODES][RECOVERY_CODE_SIZE];
	json_t *json = NULL;

	TRY(store_read(account->core->store, account->arena, still_read, account));
	TRY(recovery_issue_by(account->core, account->user.id, &by, account->now, codes));
	TRY(account_part(account, "recovery", &json));
	if (json_object_set_new(json, "codes", codes_json(codes))) {
		json_decref(json);
		return E_NOMEM;
	}
	secret_zero(codes, sizeof(codes));
	*ret_json = json;
	return OK;
}
