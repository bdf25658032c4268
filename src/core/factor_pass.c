#include <string.h>

#include "base/secret.h"
#include "core/login_internal.h"
#include "core/pass.h"

/*
 * The temporary pass. Its failures have a budget of their own: neither can a stranger who tries passes lock anybody out
 * of their codes, nor the other way round. It is used once: `UPDATE … WHERE used_at = 0` in the transaction that
 * records the proof. A name that does not exist costs the same.
 */
struct pass_try {
	bool readable, matches;
	char id[ID_SIZE];
	uint8_t hash[32];
};

static bool is_asked(const struct login *login)
{
	return strcmp(login->row.state, "prove") == 0 && login_ask(login, FACTOR_PASS);
}

static enum status find(struct store_tx *tx, void *ctx)
{
	struct login_op *op = ctx;
	struct pass_try *try = op->more;
	struct pass_row row;
	bool found;

	TRY(absent_is_fine(store_pass_find_live(tx, op->login.row.subject, op->now, &row), &found));
	try->matches = try->readable && found && op->login.has_user && !op->login.user.disabled &&
		       strlen(row.id) == ID_SIZE - 1 && secret_equal(row.hash, try->hash, sizeof(row.hash));
	if (try->matches)
		memcpy(try->id, row.id, ID_SIZE);
	return OK;
}

static enum status pass_prepare(struct login_op *op)
{
	struct pass_try *try = op->more;
	struct login *login = &op->login;

	if (!is_asked(login))
		return E_CONFLICT;
	op->event = try->matches ? "pass.passed" : "pass.failed";
	if (try->matches)
		return login_prove(op, login_ask(login, FACTOR_PASS));
	login->row.notice = "wrong_code";
	return OK;
}

static enum status pass_write(struct store_tx *tx, struct login_op *op)
{
	struct pass_try *try = op->more;
	const struct throttle_who who = login_who(op);

	TRY(throttle_pass(tx, op->core->settings, &who, op->now, &op->retry_after));
	if (!try->matches)
		return throttle_pass_failed(tx, &who, op->now);
	TRY(login_challenge_drop(tx, op));
	return store_pass_use(tx, try->id, op->now);
}

static enum status may_read(struct store_tx *tx, void *ctx)
{
	struct login_op *op = ctx;
	const struct throttle_who who = login_who(op);

	return throttle_pass(tx, op->core->settings, &who, op->now, &op->retry_after);
}

static enum status may(struct login_op *op, struct login_view *ret_view)
{
	enum status status;

	TRY(login_op_load(op));
	if (!is_asked(&op->login))
		return E_CONFLICT;
	status = store_read(op->core->store, op->arena, may_read, op);
	ret_view->retry_after = op->retry_after;
	op->verified_for = op->login.row.subject;
	return status;
}

enum status login_pass(const struct core *core, struct arena *arena, const char *id,
		       const struct login_browser *browser, const char *code, int64_t now, struct login_view *ret_view)
{
	struct pass_try try = {0};
	struct login_op op;
	enum status status;

	login_op_init(&op, core, arena, id, browser, now);
	TRY(may(&op, ret_view));
	status = pass_read(core, arena, op.login.row.subject, code, try.hash);
	if (status != OK && status != E_INVALID)
		return status;
	try.readable = status == OK;
	op.more = &try;
	TRY(store_read(core->store, arena, find, &op));
	op.prepare = pass_prepare;
	op.write = pass_write;
	status = login_op_finish(&op, ret_view);
	if (status == E_CONFLICT && try.matches) {
		/* Another request used this very pass first. */
		try.matches = false;
		status = login_op_finish(&op, ret_view);
	}
	return status;
}
