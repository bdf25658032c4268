#include <stdio.h>
#include <string.h>

#include "base/encode.h"
#include "base/secret.h"
#include "core/audit.h"
#include "core/keyring.h"
#include "core/login_internal.h"
#include "core/recovery.h"

#define CODE_BYTES    20
#define CODE_CHARS    32
#define SELECTOR_SIZE 9

/* The characters are a code's by now: a keyholder that cannot take them is trouble, and no wrong code. */
static enum status code_hash(const struct core *core, const char *chars, uint8_t out[32])
{
	enum status status =
		keyholder_mac(core->keyholder, &keyring_view(core->keyring)->mac, "recovery", chars, CODE_CHARS, out);

	return status == E_INVALID ? E_IO : status;
}

enum status recovery_read(const struct core *core, const char *typed, char ret_selector[9], uint8_t ret_hash[32])
{
	char chars[CODE_CHARS + 1];

	TRY(crockford_normalize(typed, chars, sizeof(chars)));
	if (strlen(chars) != CODE_CHARS)
		return E_INVALID;
	TRY(code_hash(core, chars, ret_hash));
	memcpy(ret_selector, chars, SELECTOR_SIZE - 1);
	ret_selector[SELECTOR_SIZE - 1] = '\0';
	secret_zero(chars, sizeof(chars));
	return OK;
}

/* ---- issuing ---- */

struct issue {
	const char *user_id;
	const struct recovery_by *by;
	int64_t now;
	char selectors[RECOVERY_CODES][SELECTOR_SIZE];
	uint8_t hashes[RECOVERY_CODES][32];
};

static enum status issue_write(struct store_tx *tx, void *ctx)
{
	const struct issue *issue = ctx;

	TRY(store_recovery_remove_all(tx, issue->user_id));
	for (int i = 0; i < RECOVERY_CODES; i++) {
		struct recovery_row row = {.selector = issue->selectors[i],
					   .user_id = issue->user_id,
					   .created_at = issue->now};

		memcpy(row.hash, issue->hashes[i], sizeof(row.hash));
		TRY(store_recovery_insert(tx, &row));
	}
	return audit_write(tx, &(struct audit_row){.at = issue->now,
						   .event = "recovery.issued",
						   .user_id = issue->user_id,
						   .ip = issue->by->ip,
						   .detail = issue->by->detail});
}

static enum status code_draw(const struct core *core, struct issue *issue, int i, char out[RECOVERY_CODE_SIZE])
{
	uint8_t bytes[CODE_BYTES];
	char chars[CODE_CHARS + 1];

	random_fill(core->random, bytes, sizeof(bytes));
	crockford_format(bytes, sizeof(bytes), chars);
	TRY(code_hash(core, chars, issue->hashes[i]));
	memcpy(issue->selectors[i], chars, SELECTOR_SIZE - 1);
	issue->selectors[i][SELECTOR_SIZE - 1] = '\0';
	snprintf(out, RECOVERY_CODE_SIZE, "%.8s-%.6s-%.6s-%.6s-%.6s", chars, chars + 8, chars + 14, chars + 20,
		 chars + 26);
	secret_zero(bytes, sizeof(bytes));
	secret_zero(chars, sizeof(chars));
	return OK;
}

enum status recovery_issue(const struct core *core, const char *user_id, int64_t now,
			   char ret_codes[RECOVERY_CODES][RECOVERY_CODE_SIZE])
{
	static const struct recovery_by command = {.detail = "{\"reason\":\"command\"}"};

	return recovery_issue_by(core, user_id, &command, now, ret_codes);
}

enum status recovery_issue_by(const struct core *core, const char *user_id, const struct recovery_by *by, int64_t now,
			      char ret_codes[RECOVERY_CODES][RECOVERY_CODE_SIZE])
{
	struct issue issue = {.user_id = user_id, .by = by, .now = now};

	for (int i = 0; i < RECOVERY_CODES; i++)
		TRY(code_draw(core, &issue, i, ret_codes[i]));
	return store_write(core->store, issue_write, &issue);
}

/* ---- using ---- */

struct recovery_try {
	bool matches;
	char selector[SELECTOR_SIZE];
	uint8_t hash[32];
	bool readable;
};

static enum status find(struct store_tx *tx, void *ctx)
{
	struct login_op *op = ctx;
	struct recovery_try *try = op->more;
	struct recovery_row row;
	enum status status = try->readable ? store_recovery_find(tx, try->selector, &row) : E_NOT_FOUND;

	if (status == E_NOT_FOUND)
		return OK;
	TRY(status);
	try->matches = op->login.has_user && !op->login.user.disabled && strcmp(row.user_id, op->login.user.id) == 0 &&
		       !row.used_at && secret_equal(row.hash, try->hash, sizeof(row.hash));
	return OK;
}

static bool is_first(const struct login_op *op, bool proven)
{
	const struct login *login = &op->login;

	return login->own_count == (proven ? 1 : 0) && !login->has_session && !login->known.known;
}

static enum status recovery_prepare(struct login_op *op)
{
	struct recovery_try *try = op->more;
	struct login *login = &op->login;

	if (strcmp(login->row.state, "prove") != 0 || !login_ask(login, FACTOR_RECOVERY))
		return E_CONFLICT;
	op->event = try->matches ? "recovery.passed" : "recovery.failed";
	if (try->matches)
		return login_prove(op, login_ask(login, FACTOR_RECOVERY));
	login->row.notice = "wrong_code";
	return OK;
}

static enum status recovery_write(struct store_tx *tx, struct login_op *op)
{
	struct recovery_try *try = op->more;
	const struct throttle_who who = login_who(op);
	const bool first = is_first(op, try->matches);

	TRY(throttle_code(tx, op->core->settings, &who, first, op->now, &op->retry_after));
	if (!try->matches)
		return throttle_code_failed(tx, &who, first, op->now);
	TRY(login_challenge_drop(tx, op));
	return store_recovery_use(tx, try->selector, op->now);
}

enum status login_recovery(const struct core *core, struct arena *arena, const char *id,
			   const struct login_browser *browser, const char *code, int64_t now,
			   struct login_view *ret_view)
{
	struct recovery_try try = {0};
	struct login_op op;
	enum status status;

	login_op_init(&op, core, arena, id, browser, now);
	TRY(login_code_may(&op, FACTOR_RECOVERY, ret_view));
	status = recovery_read(core, code, try.selector, try.hash);
	if (status != OK && status != E_INVALID)
		return status;
	try.readable = status == OK;
	op.more = &try;
	TRY(store_read(core->store, arena, find, &op));
	op.prepare = recovery_prepare;
	op.write = recovery_write;
	status = login_op_finish(&op, ret_view);
	if (status == E_CONFLICT && try.matches) {
		/* Another request used this very code first. */
		try.matches = false;
		status = login_op_finish(&op, ret_view);
	}
	return status;
}
