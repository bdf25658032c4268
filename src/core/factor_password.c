#include <string.h>

#include "base/secret.h"
#include "core/keyring.h"
#include "core/factor_password.h"
#include "core/login_internal.h"

/*
 * The password. The limit is looked at before the hash queue and again in the transaction that records the try. A name
 * that does not exist, or has no password, costs the same stretch and the same round trip.
 */
struct password_try {
	const char *password;
	bool matches;
	const char *upgraded; /* a fresh hash in place of an imported one, or NULL */
	char stored[PASSWORD_STORED_SIZE];
	struct push_draft push; /* what comes next, started in the same transaction */
	bool pushes;
};

static enum status mac_compute(const struct core *core, const char *password, const struct password_params *params,
			       const uint8_t salt[16], uint8_t mac[32])
{
	uint8_t raw[32];
	enum status status = password_stretch(password, params, salt, raw);

	if (status == OK)
		status = keyholder_pepper(core->keyholder, &keyring_view(core->keyring)->pepper, raw, mac);
	secret_zero(raw, sizeof(raw));
	return status;
}

static struct password_params params_of(const struct core *core)
{
	return (struct password_params){core->settings->password.memory_kib, core->settings->password.passes,
					core->settings->password.lanes};
}

enum status password_store(const struct core *core, const char *password, char out[PASSWORD_STORED_SIZE])
{
	struct password_record record = {.params = params_of(core)};

	random_fill(core->random, record.salt, sizeof(record.salt));
	TRY(mac_compute(core, password, &record.params, record.salt, record.mac));
	password_format(&record, out);
	return OK;
}

static enum status ours_verify(const struct core *core, const char *password, const char *stored, bool *ret_matches)
{
	struct password_record record;
	uint8_t mac[32];

	TRY(password_parse(stored, &record));
	TRY(mac_compute(core, password, &record.params, record.salt, mac));
	*ret_matches = secret_equal(mac, record.mac, sizeof(mac));
	return OK;
}

static enum status imported_verify(const struct core *core, struct password_try *try, const char *stored)
{
	TRY(password_verify_imported(try->password, stored, &try->matches));
	if (!try->matches)
		return OK;
	TRY(password_store(core, try->password, try->stored));
	try->upgraded = try->stored;
	return OK;
}

/* Nobody's password: the same work, always a mismatch. */
static enum status nobody_verify(const struct core *core, const char *password)
{
	const struct password_params params = params_of(core);
	const uint8_t salt[16] = {0};
	uint8_t mac[32];

	return mac_compute(core, password, &params, salt, mac);
}

static enum status verify(const struct core *core, const struct login *login, struct password_try *try)
{
	const char *stored = login->has_user && !login->user.disabled ? login->user.password : NULL;

	switch (stored ? password_kind(stored) : PASSWORD_UNKNOWN) {
	case PASSWORD_OURS: return ours_verify(core, try->password, stored, &try->matches);
	case PASSWORD_CRYPT:
	case PASSWORD_ARGON2_PHC: return imported_verify(core, try, stored);
	case PASSWORD_UNKNOWN: break;
	}
	return nobody_verify(core, try->password);
}

enum status password_matches(const struct core *core, const char *password, const char *stored, bool *ret_matches)
{
	bool matches = false;

	switch (stored ? password_kind(stored) : PASSWORD_UNKNOWN) {
	case PASSWORD_OURS: TRY(ours_verify(core, password, stored, &matches)); break;
	case PASSWORD_CRYPT:
	case PASSWORD_ARGON2_PHC: TRY(password_verify_imported(password, stored, &matches)); break;
	case PASSWORD_UNKNOWN: TRY(nobody_verify(core, password)); break;
	}
	*ret_matches = matches;
	return OK;
}

static bool is_asked(const struct login *login)
{
	return strcmp(login->row.state, "prove") == 0 && login_ask(login, FACTOR_PASSWORD);
}

static enum status may_read(struct store_tx *tx, void *ctx)
{
	struct login_op *op = ctx;
	const struct throttle_who who = login_who(op);

	return throttle_password(tx, op->core->settings, &who, op->now, &op->retry_after);
}

static enum status may(struct login_op *op, struct login_view *view)
{
	enum status status;

	TRY(login_op_load(op));
	if (!is_asked(&op->login))
		return E_CONFLICT;
	status = store_read(op->core->store, op->arena, may_read, op);
	view->trusted = login_is_trusted(&op->login);
	view->retry_after = op->retry_after;
	return status;
}

enum status login_password_may(const struct core *core, struct arena *arena, const char *id,
			       const struct login_browser *browser, int64_t now, struct login_view *ret_view)
{
	struct login_op op;

	login_op_init(&op, core, arena, id, browser, now);
	return may(&op, ret_view);
}

/* The person has just acted on this page: when a push comes next, it goes out at once. */
static enum status passed_prepare(struct login_op *op, struct password_try *try)
{
	struct login *login = &op->login;
	const struct ask *ask;

	TRY(login_prove(op, login_ask(login, FACTOR_PASSWORD)));
	ask = login_first_push(login);
	try->pushes = ask != NULL;
	return ask ? push_draft(op, ask, &try->push) : OK;
}

static enum status password_prepare(struct login_op *op)
{
	struct password_try *try = op->more;
	struct login *login = &op->login;

	if (!is_asked(login))
		return E_CONFLICT;
	try->pushes = false;
	op->event = try->matches ? "password.passed" : "password.failed";
	if (try->matches)
		return passed_prepare(op, try);
	login->row.notice = "wrong_password";
	return OK;
}

static enum status password_write(struct store_tx *tx, struct login_op *op)
{
	struct password_try *try = op->more;
	const struct throttle_who who = login_who(op);

	TRY(throttle_password(tx, op->core->settings, &who, op->now, &op->retry_after));
	if (!try->matches)
		return throttle_password_failed(tx, &who, op->now);
	if (try->upgraded) {
		enum status status = store_user_upgrade_password(tx, op->login.user.id, op->login.user.password,
								 try->upgraded, op->now);

		if (status != OK && status != E_CONFLICT) /* it was changed meanwhile: what is there stays */
			return status;
	}
	TRY(login_challenge_drop(tx, op));
	if (try->pushes)
		TRY(push_start(tx, op, &try->push));
	return throttle_password_passed(tx, &who);
}

enum status login_password(const struct core *core, struct arena *arena, const char *id,
			   const struct login_browser *browser, const char *password, int64_t now,
			   struct login_view *ret_view)
{
	struct password_try try = {.password = password};
	struct login_op op;

	login_op_init(&op, core, arena, id, browser, now);
	TRY(may(&op, ret_view));
	op.verified_for = op.login.row.subject;
	TRY(verify(core, &op.login, &try));
	op.prepare = password_prepare;
	op.write = password_write;
	op.more = &try;
	TRY(login_op_finish(&op, ret_view));
	push_wake(&op, try.pushes ? &try.push : NULL);
	return OK;
}
