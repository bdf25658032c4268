#include "core/totp_enrol.h"

#include <string.h>

#include "core/audit.h"

#define PERIOD_S 30

struct enrol {
	struct totp_row row;
	const char *id, *user_id;
	int64_t step, now;
	bool replaces;
	const struct totp_by *by;
};

static enum status start_write(struct store_tx *tx, void *ctx)
{
	const struct enrol *enrol = ctx;

	if (enrol->replaces)
		TRY(store_totp_remove_pending(tx, enrol->row.user_id));
	return store_totp_insert(tx, &enrol->row);
}

enum status totp_enrol_start(const struct core *core, struct arena *arena, const struct totp_wish *wish, int64_t now,
			     struct totp_enrolment *ret_enrolment)
{
	struct totp_enrolment enrolment = {0};
	struct totp_request request = {.algorithm = wish->algorithm,
				       .digits = wish->digits,
				       .period = PERIOD_S,
				       .issuer = core->settings->organisation.name,
				       .account = wish->username};
	struct sealed_blob seed;
	struct enrol enrol = {.now = now, .replaces = wish->replaces};
	char *otpauth;

	if (wish->digits < 6 || wish->digits > 8)
		return E_INVALID;
	id_new(core->random, enrolment.id);
	request.row_id = enrolment.id;
	TRY(keyholder_totp_new(core->keyholder, arena, &request, &seed, &otpauth));
	enrol.row = (struct totp_row){.id = enrolment.id,
				      .user_id = wish->user_id,
				      .label = wish->label,
				      .sealed_seed = seed.bytes,
				      .sealed_size = seed.size,
				      .algorithm = wish->algorithm,
				      .digits = (int)wish->digits,
				      .period = PERIOD_S,
				      .state = "pending",
				      .created_at = now};
	TRY(store_write(core->store, start_write, &enrol));
	enrolment.otpauth = otpauth;
	*ret_enrolment = enrolment;
	return OK;
}

static enum status find_read(struct store_tx *tx, void *ctx)
{
	struct enrol *enrol = ctx;

	return store_totp_find(tx, enrol->id, &enrol->row);
}

/* A factor change drops the person's known browsers. */
static enum status confirm_write(struct store_tx *tx, void *ctx)
{
	const struct enrol *enrol = ctx;

	TRY(store_totp_set_state(tx, enrol->id, "pending", "active"));
	TRY(store_totp_use_step(tx, enrol->id, enrol->step, enrol->now));
	TRY(store_browser_remove_all(tx, enrol->row.user_id));
	return audit_write(tx, &(struct audit_row){.at = enrol->now,
						   .event = "totp.enrolled",
						   .user_id = enrol->row.user_id,
						   .ip = enrol->by->ip,
						   .detail = enrol->by->detail});
}

enum status totp_enrol_confirm(const struct core *core, struct arena *arena, const char *id, const char *code,
			       int64_t now)
{
	static const struct totp_by command = {.detail = "{\"reason\":\"command\"}"};

	return totp_enrol_confirm_by(core, arena, id, code, &command, now);
}

enum status totp_enrol_confirm_by(const struct core *core, struct arena *arena, const char *id, const char *code,
				  const struct totp_by *by, int64_t now)
{
	struct enrol enrol = {.id = id, .now = now, .by = by};
	struct totp_check check = {.row_id = id, .code = code, .now = now, .window = core->settings->totp_window};

	TRY(store_read(core->store, arena, find_read, &enrol));
	if (strcmp(enrol.row.state, "pending") != 0)
		return E_CONFLICT;
	check.algorithm = enrol.row.algorithm;
	check.digits = (unsigned)enrol.row.digits;
	check.period = (unsigned)enrol.row.period;
	check.sealed = enrol.row.sealed_seed;
	check.sealed_size = enrol.row.sealed_size;
	check.after = enrol.row.last_step;
	TRY(keyholder_totp_check(core->keyholder, &check, &enrol.step));
	return store_write(core->store, confirm_write, &enrol);
}

static enum status remove_write(struct store_tx *tx, void *ctx)
{
	struct enrol *enrol = ctx;

	TRY(store_totp_find(tx, enrol->id, &enrol->row));
	if (strcmp(enrol->row.user_id, enrol->user_id) != 0)
		return E_NOT_FOUND;
	TRY(store_totp_remove(tx, enrol->id));
	TRY(store_browser_remove_all(tx, enrol->user_id));
	return audit_write(tx,
			   &(struct audit_row){.at = enrol->now, .event = "totp.removed", .user_id = enrol->user_id});
}

enum status totp_remove(const struct core *core, const char *user_id, const char *id, int64_t now)
{
	struct enrol enrol = {.id = id, .user_id = user_id, .now = now};

	return store_write(core->store, remove_write, &enrol);
}
