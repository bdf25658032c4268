#include <string.h>

#include "base/encode.h"
#include "base/log.h"
#include "base/secret.h"
#include "core/audit.h"
#include "core/challenge.h"
#include "core/login_internal.h"
#include "crypto/hash.h"
#include "crypto/jose.h"

#define ANSWER_SIZE_MAX 4096
#define IAT_WINDOW_S    60
#define REPORT_EVERY_S  86400
#define CAUTION_S       (30 * 86400)

/* What the device says, taken from the JWS. */
struct claims {
	const char *decision; /* approve, deny, report */
	const char *number;   /* or NULL */
};

struct answering {
	const struct challenge_answer *answer;
	const char *id;
	uint8_t hash[32];
	struct jose_parts parts;
	struct claims claims;
	const char *outcome; /* approved, denied, wrong */
	bool report;         /* "It's not me", counted */
	bool repeated;       /* these bytes were taken before */
	struct device_row settled_by;
	bool has_settled_by;
	struct login_op op;
};

/* ---- reading and checking ---- */

static enum status read_all(struct store_tx *tx, void *ctx)
{
	struct answering *a = ctx;
	struct challenge_row *row = &a->op.login.challenge;
	enum status status;

	TRY(store_challenge_find(tx, a->id, row));
	if (row->hidden || !row->user_id || strcmp(row->user_id, a->answer->device->user_id) != 0)
		return E_NOT_FOUND;
	a->has_settled_by = false;
	if (!row->device_id)
		return OK;
	status = store_device_find(tx, row->device_id, &a->settled_by);
	a->has_settled_by = status == OK;
	return status == E_NOT_FOUND ? OK : status;
}

static bool claim_is(const json_t *payload, const char *key, const char *value)
{
	const char *claim = json_get_string(payload, key);

	return claim && secret_text_equal(claim, value);
}

static enum status claims_check(struct answering *a, const struct challenge_row *row)
{
	const json_t *payload = a->parts.payload;
	char shown[BASE64URL_SIZE(32) + 1];
	int64_t iat;

	base64url_format(row->shown, sizeof(row->shown), shown);
	if (!a->parts.kid || strcmp(a->parts.kid, a->answer->device->id) != 0 ||
	    !claim_is(payload, "aud", a->op.core->settings->issuer))
		return E_REFUSED;
	if (!claim_is(payload, "challenge", row->id) || !claim_is(payload, "nonce", row->nonce) ||
	    !claim_is(payload, "shown", shown))
		return E_REFUSED;
	if (json_take_int(payload, "iat", a->op.now - IAT_WINDOW_S, a->op.now + IAT_WINDOW_S, &iat) != OK)
		return E_REFUSED;
	a->claims.decision = json_get_string(payload, "decision");
	a->claims.number = json_get_string(payload, "number");
	return a->claims.decision && json_get_string(payload, "jti") ? OK : E_INVALID;
}

static enum status signature_check(struct answering *a)
{
	struct jose_key *key = NULL;
	const char *jwk = a->answer->device->jwk;
	enum status status = jose_public_parse(jwk, strlen(jwk), &key);

	if (status == OK)
		status = jose_verify(&a->parts, key, "symbolon-answer+jwt");
	jose_key_free(&key);
	return status;
}

/* One answer: a wrong number is a refusal, not a retry. */
static enum status outcome_find(struct answering *a, const struct challenge_row *row)
{
	const char *decision = a->claims.decision;

	a->report = strcmp(decision, "report") == 0;
	if (a->report || strcmp(decision, "deny") == 0)
		a->outcome = "denied";
	else if (strcmp(decision, "approve") != 0)
		return E_INVALID;
	else if (strcmp(row->mode, "confirm") == 0)
		a->outcome = a->claims.number ? NULL : "approved";
	else
		a->outcome = !a->claims.number                                  ? NULL
			     : secret_text_equal(a->claims.number, row->number) ? "approved"
										: "wrong";
	return a->outcome ? OK : E_INVALID;
}

static bool is_pending(const struct challenge_row *row)
{
	return strcmp(row->state, "pending") == 0;
}

/* ---- what follows in the login ---- */

static bool login_waits_for(const struct answering *a)
{
	const struct login_row *row = &a->op.login.row;

	return strcmp(row->state, "prove") == 0 && row->challenge_id && strcmp(row->challenge_id, a->id) == 0 &&
	       a->op.now < row->expires_at;
}

/* The page of a stranger must not learn of the report: it goes on as for a name that does not exist. */
static void reported_end(struct login *login)
{
	if (!login_is_trusted(login)) {
		login->row.user_id = NULL;
		return;
	}
	login_move(login, "refused");
	login->row.notice = "reported";
}

static enum status login_follow(struct answering *a)
{
	struct login *login = &a->op.login;
	const struct challenge_row *challenge = &login->challenge;
	const struct ask proven = {.factor = FACTOR_PUSH,
				   .mode = push_mode_parse(challenge->mode),
				   .digits = challenge->digits};

	if (strcmp(a->outcome, "approved") == 0)
		return login_prove(&a->op, &proven);
	login->row.notice = a->report ? "reported" : strcmp(a->outcome, "wrong") == 0 ? "number_wrong" : "denied";
	if (a->report)
		reported_end(login);
	return OK;
}

/* ---- writing ---- */

static enum status caution_raise(struct store_tx *tx, const struct answering *a)
{
	const char *user_id = a->answer->device->user_id;
	struct user_row user;
	int level;

	TRY(store_user_find(tx, user_id, &user));
	level = user.caution_until > a->op.now && user.caution ? 6 : 4;
	return store_user_set_caution(tx, user_id, level, a->op.now + CAUTION_S);
}

/*
 * A push that popped up in an unknown browser under caution was one that the open app had announced: that lifts the
 * rule. What a known browser asked for says nothing of the strangers' budget; its own is cleared when its login
 * finishes.
 */
static enum status approval_write(struct store_tx *tx, const struct answering *a)
{
	const struct challenge_row *row = &a->op.login.challenge;
	const struct throttle_who who = {.subject = row->user_id};

	if (row->known_browser)
		return OK;
	TRY(throttle_push_approved(tx, &who));
	if (!row->popup)
		return OK;
	return store_user_set_caution(tx, row->user_id, 0, 0);
}

static enum status audit_answer(struct store_tx *tx, const struct answering *a, const char *event)
{
	const struct login_row *login = &a->op.login.row;

	return audit_write(tx, &(struct audit_row){.at = a->op.now,
						   .event = event,
						   .user_id = a->answer->device->user_id,
						   .username = login->username,
						   .client_id = login->client_id,
						   .device_id = a->answer->device->id,
						   .login_id = login->id,
						   .ip = a->answer->ip,
						   .receipt = a->answer->jws,
						   .shown = a->op.login.challenge.details,
						   .device_jwk = a->answer->device->jwk});
}

static const char *event_name(const struct answering *a)
{
	if (a->report)
		return "challenge.reported";
	if (strcmp(a->outcome, "approved") == 0)
		return "challenge.approved";
	return strcmp(a->outcome, "wrong") == 0 ? "challenge.wrong" : "challenge.denied";
}

/* It may have been revoked since its request was verified. */
static enum status device_is_in_force(struct store_tx *tx, const struct answering *a)
{
	struct device_row device;

	TRY(store_device_find(tx, a->answer->device->id, &device));
	return strcmp(device.state, "active") == 0 ? OK : E_NOT_FOUND;
}

static enum status settle_write(struct store_tx *tx, struct answering *a)
{
	const struct challenge_settle settle = {.to = a->outcome,
						.device_id = a->answer->device->id,
						.answer_hash = a->hash,
						.answer = a->answer->jws,
						.now = a->op.now};

	TRY(device_is_in_force(tx, a));
	TRY(store_challenge_settle(tx, a->id, "pending", &settle, a->op.now));
	TRY(strcmp(a->outcome, "approved") == 0 ? approval_write(tx, a) : caution_raise(tx, a));
	return store_login_update(tx, &a->op.login.row);
}

/* The page may have gone back and named somebody else meanwhile. */
static bool login_is_theirs(const struct answering *a)
{
	const char *user_id = a->op.login.row.user_id;

	return user_id && strcmp(user_id, a->answer->device->user_id) == 0;
}

/* "It's not me": what that browser has of this person ends, in this very transaction. */
static enum status report_write(struct store_tx *tx, struct answering *a)
{
	const struct challenge_row *row = &a->op.login.challenge;

	TRY(store_session_end_all(tx, row->user_id, row->browser_hash, a->op.now));
	TRY(store_login_end_all(tx, row->user_id, row->browser_hash, "refused", a->op.now));
	if (login_is_theirs(a))
		TRY(store_grant_revoke_login(tx, row->login_id, a->op.now));
	return store_browser_remove_all(tx, row->user_id);
}

static enum status pending_write(struct store_tx *tx, void *ctx)
{
	struct answering *a = ctx;

	TRY(settle_write(tx, a));
	if (a->report) {
		enum status status = store_device_report(tx, a->answer->device->id, a->op.now, REPORT_EVERY_S);

		if (status != OK && status != E_CONFLICT) /* reported today already: it counts as a denial */
			return status;
		if (status == OK)
			TRY(report_write(tx, a));
	}
	return audit_answer(tx, a, event_name(a));
}

/* A report of what is over or was approved: once per device in 24 hours; the same bytes again change nothing. */
static enum status late_report_write(struct store_tx *tx, void *ctx)
{
	struct answering *a = ctx;
	const struct challenge_row *row = &a->op.login.challenge;
	const struct challenge_settle settle = {.to = "denied",
						.device_id = a->answer->device->id,
						.answer_hash = a->hash,
						.answer = a->answer->jws,
						.now = a->op.now};
	char value[BASE64URL_SIZE(32) + 1];
	enum status status;

	base64url_format(a->hash, sizeof(a->hash), value);
	status = store_replay_insert(tx, "report", value, a->op.now + REPORT_EVERY_S);
	a->repeated = status == E_CONFLICT;
	if (a->repeated)
		return OK;
	TRY(status);
	TRY(device_is_in_force(tx, a));
	TRY(store_device_report(tx, a->answer->device->id, a->op.now, REPORT_EVERY_S));
	if (strcmp(row->state, "approved") == 0)
		TRY(store_challenge_settle(tx, a->id, "approved", &settle, 0));
	TRY(caution_raise(tx, a));
	if (login_is_theirs(a) && login_may(a->op.login.row.state, "refused"))
		reported_end(&a->op.login);
	TRY(store_login_update(tx, &a->op.login.row));
	TRY(report_write(tx, a));
	return audit_answer(tx, a, "challenge.reported");
}

/* ---- the way through ---- */

static enum status late_answer(struct answering *a)
{
	TRY(store_write(a->op.core->store, late_report_write, a));
	if (!a->repeated)
		log_warn("challenge.reported", LOG_S("user", a->answer->device->user_id), LOG_S("challenge", a->id),
			 LOG_S("state", a->op.login.challenge.state));
	return OK;
}

/* The same bytes again: what they were told the first time. */
static const char *state_told(const struct answering *a, const struct challenge_row *row)
{
	const char *decision = json_get_string(a->parts.payload, "decision");

	if (decision && strcmp(decision, "report") == 0)
		return "reported";
	return strcmp(row->state, "consumed") == 0 ? "approved" : row->state;
}

static enum status answer_once(struct answering *a, struct challenge_settled *settled)
{
	struct challenge_row challenge;
	const struct challenge_row *row = &a->op.login.challenge;

	TRY(store_read(a->op.core->store, a->op.arena, read_all, a));
	challenge = *row;
	settled->state = challenge.state;
	settled->settled_by = a->has_settled_by ? a->settled_by.name : NULL;
	if (challenge.device_id && secret_equal(challenge.answer_hash, a->hash, sizeof(a->hash))) {
		settled->state = state_told(a, &challenge);
		return strcmp(challenge.device_id, a->answer->device->id) == 0 ? OK : E_CONFLICT;
	}
	TRY(claims_check(a, &challenge));
	TRY(outcome_find(a, &challenge));
	a->op.id = challenge.login_id;
	TRY(login_op_load(&a->op));
	a->op.login.challenge = challenge;
	settled->state = a->report ? "reported" : a->outcome;
	if (a->report && (!is_pending(&challenge) || challenge.expires_at <= a->op.now || !login_waits_for(a))) {
		enum status status = late_answer(a);

		if (status != OK)
			settled->state = challenge.state;
		return status;
	}
	if (is_pending(&challenge) && challenge.expires_at <= a->op.now) {
		settled->state = "expired";
		return E_EXPIRED;
	}
	if (!is_pending(&challenge) || !login_waits_for(a)) {
		settled->state = is_pending(&challenge) ? "superseded" : challenge.state;
		return strcmp(settled->state, "expired") == 0 ? E_EXPIRED : E_CONFLICT;
	}
	TRY(login_follow(a));
	return store_write(a->op.core->store, pending_write, a);
}

enum status challenge_answer(const struct core *core, struct arena *arena, const char *challenge_id,
			     const struct challenge_answer *answer, int64_t now, struct challenge_settled *ret_settled)
{
	struct answering a = {.answer = answer, .id = challenge_id};
	enum status status;

	login_op_init(&a.op, core, arena, "", NULL, now);
	TRY(jose_parse(arena, answer->jws, answer->jws_size, ANSWER_SIZE_MAX, &a.parts));
	sha256(answer->jws, answer->jws_size, a.hash);
	TRY(signature_check(&a));
	status = answer_once(&a, ret_settled);
	/*
	 * Somebody was faster on the challenge or the login, perhaps between our reading of the one and of the other:
	 * look again; the next look says what stands.
	 */
	for (int again = 0; status == E_CONFLICT && again < 3; again++)
		status = answer_once(&a, ret_settled);
	if (status != OK)
		return status;
	core_wake(core, "login", a.op.login.row.id ? a.op.login.row.id : a.op.login.challenge.login_id);
	core_wake(core, "user", answer->device->user_id);
	return OK;
}
