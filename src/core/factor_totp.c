#include <string.h>

#include "core/login_internal.h"

/*
 * TOTP (RFC 6238). A try is possible after a first proof or in a known browser; a rule that asks for a code first has a
 * budget of its own. A step is used once: `UPDATE … WHERE last_step < ?` in the transaction that records the proof.
 */
struct totp_try {
	const char *code;
	enum status verdict; /* OK, E_NOT_FOUND wrong, E_CONFLICT used */
	char totp_id[ID_SIZE];
	int64_t step;
};

static bool is_asked(const struct login *login)
{
	return strcmp(login->row.state, "prove") == 0 && login_ask(login, FACTOR_TOTP);
}

static enum status seed_check(struct login_op *op, const struct totp_row *row, struct totp_try *try)
{
	const struct totp_check check = {
		.row_id = row->id,
		.algorithm = row->algorithm,
		.digits = (unsigned)row->digits,
		.period = (unsigned)row->period,
		.sealed = row->sealed_seed,
		.sealed_size = row->sealed_size,
		.code = try->code,
		.now = op->now,
		.window = op->core->settings->totp_window,
		.after = row->last_step,
	};
	int64_t step = 0;
	enum status status = keyholder_totp_check(op->core->keyholder, &check, &step);

	if (status != OK && status != E_NOT_FOUND && status != E_CONFLICT)
		return status;
	if (status == E_NOT_FOUND)
		return OK;
	try->verdict = status;
	try->step = step;
	memcpy(try->totp_id, row->id, ID_SIZE);
	return OK;
}

struct seeds {
	struct login_op *op;
	struct totp_row *rows;
	size_t count;
};

static enum status seeds_read(struct store_tx *tx, void *ctx)
{
	struct seeds *seeds = ctx;

	return store_totp_list(tx, seeds->op->login.user.id, &seeds->rows, &seeds->count);
}

/* Every active seed of the person is tried; a person has few. */
static enum status verify(struct login_op *op, struct totp_try *try)
{
	struct seeds seeds = {.op = op};

	try->verdict = E_NOT_FOUND;
	if (!op->login.has_user || op->login.user.disabled)
		return OK;
	TRY(store_read(op->core->store, op->arena, seeds_read, &seeds));
	for (size_t i = 0; i < seeds.count && try->verdict != OK; i++)
		if (strcmp(seeds.rows[i].state, "active") == 0 && strlen(seeds.rows[i].id) == ID_SIZE - 1)
			TRY(seed_check(op, &seeds.rows[i], try));
	return OK;
}

static bool is_first(const struct login *login)
{
	return !login_is_trusted(login);
}

static enum status totp_prepare(struct login_op *op)
{
	struct totp_try *try = op->more;
	struct login *login = &op->login;

	if (!is_asked(login))
		return E_CONFLICT;
	op->event = try->verdict == OK ? "totp.passed" : "totp.failed";
	if (try->verdict == OK)
		return login_prove(op, login_ask(login, FACTOR_TOTP));
	login->row.notice = try->verdict == E_CONFLICT && !is_first(login) ? "used_code" : "wrong_code";
	return OK;
}

/* Beyond the limit right and wrong get the same answer; within it a wrong one counts. */
static enum status totp_write(struct store_tx *tx, struct login_op *op)
{
	struct totp_try *try = op->more;
	const struct throttle_who who = login_who(op);
	const bool first = try->verdict == OK
				   ? op->login.own_count == 1 && !op->login.has_session && !op->login.known.known
				   : is_first(&op->login);

	TRY(throttle_code(tx, op->core->settings, &who, first, op->now, &op->retry_after));
	if (try->verdict != OK)
		return throttle_code_failed(tx, &who, first, op->now);
	TRY(login_challenge_drop(tx, op));
	return store_totp_use_step(tx, try->totp_id, try->step, op->now);
}

/* Before any work: whether a try is possible at all. */
static enum status may_read(struct store_tx *tx, void *ctx)
{
	struct login_op *op = ctx;
	const struct throttle_who who = login_who(op);

	return throttle_code(tx, op->core->settings, &who, is_first(&op->login), op->now, &op->retry_after);
}

enum status login_code_may(struct login_op *op, enum factor factor, struct login_view *ret_view)
{
	enum status status;

	TRY(login_op_load(op));
	if (strcmp(op->login.row.state, "prove") != 0 || !login_ask(&op->login, factor))
		return E_CONFLICT;
	status = store_read(op->core->store, op->arena, may_read, op);
	ret_view->retry_after = op->retry_after;
	op->verified_for = op->login.row.subject;
	return status;
}

enum status login_totp(const struct core *core, struct arena *arena, const char *id,
		       const struct login_browser *browser, const char *code, int64_t now, struct login_view *ret_view)
{
	struct totp_try try = {.code = code};
	struct login_op op;
	enum status status;

	login_op_init(&op, core, arena, id, browser, now);
	TRY(login_code_may(&op, FACTOR_TOTP, ret_view));
	status = verify(&op, &try);
	if (status == E_BUSY)
		ret_view->retry_after = 60; /* the keyholder checks a seed at most ten times a minute */
	TRY(status);
	op.prepare = totp_prepare;
	op.write = totp_write;
	op.more = &try;
	status = login_op_finish(&op, ret_view);
	if (status == E_CONFLICT && try.verdict == OK) {
		/* Another request used this very step first. */
		try.verdict = E_CONFLICT;
		status = login_op_finish(&op, ret_view);
	}
	return status;
}
