#include <string.h>

#include "core/audit.h"
#include "core/grant.h"
#include "core/login_internal.h"

/*
 * The one place where a sign-in becomes a session and a code. It demands recorded evidence: the decision's steps must
 * hold by proofs of this login and of the browser's own session, at this moment, for a user who is in force.
 */
struct finish {
	struct login_op *op;
	bool insert; /* single sign-on: the login has no row yet */
	struct proof kept[PROOFS_MAX];
	size_t kept_count;
	const char *kept_json, *acr, *amr;
	int64_t auth_time;
	struct grant_new grant;
	struct session_row session;
	bool new_session, new_token; /* the token changes at every rise of privilege */
	char sid[ID_SIZE], token[TOKEN_SIZE];
	bool renews_known;
	char known_id[ID_SIZE], known_token[TOKEN_SIZE];
	bool known_rotated;
};

static bool same_proof(const struct proof *a, const struct proof *b)
{
	return a->factor == b->factor && a->mode == b->mode && a->digits == b->digits;
}

/* Of all proofs the newest of each kind, newest first where they do not all fit. */
static void proofs_keep(struct finish *finish)
{
	const struct login *login = &finish->op->login;

	for (size_t i = 0; i < login->all_count; i++) {
		const struct proof *proof = &login->all[i];
		size_t at = 0;

		if (proof->at > finish->auth_time)
			finish->auth_time = proof->at;
		while (at < finish->kept_count && !same_proof(&finish->kept[at], proof))
			at++;
		if (at == finish->kept_count && finish->kept_count < PROOFS_MAX)
			finish->kept[finish->kept_count++] = *proof;
		else if (at < finish->kept_count && finish->kept[at].at < proof->at)
			finish->kept[at] = *proof;
	}
}

static enum status evidence_prepare(struct finish *finish)
{
	struct login_op *op = finish->op;

	proofs_keep(finish);
	finish->kept_json = proofs_format(op->arena, finish->kept, finish->kept_count);
	finish->acr = proofs_acr(op->login.all, op->login.all_count);
	finish->amr = proofs_amr(op->arena, op->login.all, op->login.all_count);
	return finish->kept_json && finish->acr && finish->amr ? OK : E_NOMEM;
}

static void session_prepare(struct finish *finish)
{
	struct login_op *op = finish->op;
	const struct login *login = &op->login;
	struct session_row *row = &finish->session;
	const struct settings *settings = op->core->settings;

	finish->new_session = !login->has_session;
	finish->new_token = finish->new_session || login->own_count > 0;
	if (finish->new_session) {
		*row = (struct session_row){.sid = finish->sid,
					    .user_id = login->user.id,
					    .created_at = op->now,
					    .ends_at = op->now + settings->session.absolute_s};
		id_new(op->core->random, finish->sid);
		memcpy(row->browser_hash, op->browser_hash, sizeof(row->browser_hash));
	} else {
		*row = login->session;
	}
	if (finish->new_token) {
		token_new(op->core->random, finish->token);
		token_hash(finish->token, row->token_hash);
	}
	row->proofs = finish->kept_json;
	row->acr = finish->acr;
	row->amr = finish->amr;
	row->auth_time = finish->auth_time;
	row->ip = op->browser->ip;
	row->ua_label = login->row.ua_label;
	row->used_at = op->now;
	row->idle_until = op->now + settings->session.idle_s;
}

static void grant_prepare(struct finish *finish)
{
	struct login_op *op = finish->op;
	const struct login *login = &op->login;

	finish->grant = (struct grant_new){.client_id = login->client.id,
					   .user_id = login->user.id,
					   .login_id = login->row.id,
					   .sid = finish->session.sid,
					   .redirect_uri = login->params.redirect_uri,
					   .scope = login->params.scope,
					   .nonce = login->params.nonce,
					   .code_challenge = login->params.code_challenge,
					   .acr = finish->acr,
					   .amr = finish->amr,
					   .auth_time = finish->auth_time};
	grant_draw(op->core->random, &finish->grant);
}

/* Only after a complete multi-factor sign-in in which something was proven now. */
static void known_prepare(struct finish *finish)
{
	struct login_op *op = finish->op;
	const struct login *login = &op->login;

	finish->renews_known =
		login->own_count > 0 && (login->known.known || proofs_are_multi_factor(login->all, login->all_count));
	if (!finish->renews_known)
		return;
	id_new(op->core->random, finish->known_id);
	token_new(op->core->random, finish->known_token);
}

static bool is_in_time(const struct login_op *op)
{
	const struct login_row *row = &op->login.row;

	return !row->approved_at || op->now <= row->approved_at + APPROVAL_LIFE_S;
}

static enum status finish_prepare(struct login_op *op)
{
	struct finish *finish = op->more;
	struct login *login = &op->login;

	*finish = (struct finish){.op = op, .insert = finish->insert};
	if (op->no_form && strcmp(login->params.response_mode, "form_post") == 0)
		return E_INVALID;
	login_advance(login);
	if (strcmp(login->row.state, "done") != 0 || !login->has_user || login->user.disabled)
		return E_CONFLICT;
	if (login->consent_needed &&
	    !login->params.prompt_consent) /* asked each time: then only consent leads to done */
		return E_CONFLICT;
	if (login->decision.outcome != DECISION_ASK || login->all_count == 0 ||
	    decision_next(&login->decision, login->all, login->all_count))
		return E_REFUSED;
	if (!is_in_time(op))
		return E_EXPIRED;
	TRY(evidence_prepare(finish));
	session_prepare(finish);
	grant_prepare(finish);
	known_prepare(finish);
	login_move(login, "finished");
	login->row.session_sid = finish->session.sid;
	op->event = "login.finished";
	op->event_detail = login->row.decision;
	return OK;
}

/* The user may have been disabled, the password replaced, between the read and this transaction. */
static enum status user_recheck(struct store_tx *tx, const struct login_op *op)
{
	struct user_row user;

	TRY(store_user_find(tx, op->login.user.id, &user));
	return user.disabled || user.password_at != op->login.user.password_at ? E_CONFLICT : OK;
}

static enum status session_write(struct store_tx *tx, const struct finish *finish)
{
	const struct login_op *op = finish->op;
	struct session_row other;
	enum status status;

	if (!finish->new_session)
		return store_session_update(tx, &finish->session);
	/* Whoever was signed in in this browser is signed out. */
	status = session_find(tx, op->browser->session_token, op->browser_hash, op->now, &other);
	if (status == OK)
		status = store_session_end(tx, other.sid, op->now);
	if (status != OK && status != E_NOT_FOUND)
		return status;
	return store_session_insert(tx, &finish->session);
}

static enum status known_write(struct store_tx *tx, struct finish *finish)
{
	const struct login_op *op = finish->op;
	struct browser_row row = {.id = finish->known_id,
				  .user_id = op->login.user.id,
				  .ip = op->browser->ip,
				  .ua_label = op->login.row.ua_label,
				  .created_at = op->now,
				  .used_at = op->now};
	struct browser_row there;
	bool is_new;

	if (!finish->renews_known)
		return OK;
	token_hash(finish->known_token, row.token_hash);
	TRY(known_browser_renew(tx, &op->login.known, &row, op->now));
	TRY(absent_is_fine(store_browser_find(tx, finish->known_id, &there), &is_new));
	finish->known_rotated = !is_new;
	return OK;
}

/* The approval is spent; a later "It's not me" finds it consumed and revokes what came of it. */
static enum status challenge_consume(struct store_tx *tx, const struct login_op *op)
{
	const struct challenge_row *row = &op->login.challenge;
	const struct challenge_settle settle = {.to = "consumed",
						.device_id = row->device_id,
						.answer_hash = row->answer_hash,
						.answer = row->answer,
						.now = row->settled_at};

	if (!op->login.has_challenge || strcmp(row->state, "approved") != 0)
		return OK;
	return store_challenge_settle(tx, row->id, "approved", &settle, 0);
}

/* A complete sign-in with another factor lifts the rule that a denial left behind. */
static enum status caution_lift(struct store_tx *tx, const struct login_op *op)
{
	for (size_t i = 0; i < op->login.own_count; i++)
		if (op->login.user.caution &&
		    (op->login.own[i].factor == FACTOR_TOTP || op->login.own[i].factor == FACTOR_RECOVERY))
			return store_user_set_caution(tx, op->login.user.id, 0, 0);
	return OK;
}

/* A success begins the count of pushes anew; in a known browser it is that browser's own count. */
static enum status budget_clear(struct store_tx *tx, const struct login_op *op)
{
	const struct throttle_who who = login_who(op);

	for (size_t i = 0; i < op->login.own_count; i++)
		if (op->login.own[i].factor != FACTOR_PASSWORD)
			return throttle_push_approved(tx, &who);
	return OK;
}

static enum status finish_write(struct store_tx *tx, struct login_op *op)
{
	struct finish *finish = op->more;

	TRY(user_recheck(tx, op));
	TRY(session_write(tx, finish));
	TRY(known_write(tx, finish));
	TRY(challenge_consume(tx, op));
	TRY(caution_lift(tx, op));
	TRY(budget_clear(tx, op));
	TRY(grant_issue(tx, &finish->grant, op->now, op->core->settings->life.code_s));
	return finish->insert ? store_login_insert(tx, &op->login.row) : OK;
}

static enum status insert_all(struct store_tx *tx, void *ctx)
{
	struct login_op *op = ctx;

	TRY(finish_write(tx, op));
	return audit_write(tx, &(struct audit_row){.at = op->now,
						   .event = op->event,
						   .user_id = op->login.row.user_id,
						   .username = op->login.row.username,
						   .client_id = op->login.row.client_id,
						   .login_id = op->login.row.id,
						   .ip = op->browser->ip,
						   .detail = op->event_detail});
}

static enum status finished_fill(struct finish *finish, struct login_finished *ret_finished)
{
	struct login_op *op = finish->op;
	struct login_finished finished = {0};
	char cookie[KNOWN_COOKIE_SIZE];

	TRY(authorize_response_code(op->core, op->arena, &op->login.params, finish->grant.code, &finished.response));
	if (finish->new_token) {
		finished.set_session = arena_strdup(op->arena, finish->token);
		if (!finished.set_session)
			return E_NOMEM;
	}
	if (finish->renews_known) {
		const char *id = finish->known_rotated ? op->login.known.id : finish->known_id;

		known_cookie_set(op->browser->known_cookie, op->login.known.id, id, finish->known_token, cookie);
		finished.set_known = arena_strdup(op->arena, cookie);
		if (!finished.set_known)
			return E_NOMEM;
	}
	*ret_finished = finished;
	return OK;
}

enum status login_complete(struct login_op *op, bool insert, struct login_finished *ret_finished)
{
	struct finish finish = {.op = op, .insert = insert};

	op->more = &finish;
	if (insert) {
		TRY(finish_prepare(op));
		TRY(store_write(op->core->store, insert_all, op));
	} else {
		op->prepare = finish_prepare;
		op->write = finish_write;
		TRY(login_op_run(op));
	}
	return finished_fill(&finish, ret_finished);
}

enum status login_finish(const struct core *core, struct arena *arena, const char *id,
			 const struct login_browser *browser, bool can_post_form, int64_t now,
			 struct login_finished *ret_finished)
{
	struct login_op op;

	login_op_init(&op, core, arena, id, browser, now);
	op.no_form = !can_post_form;
	return login_complete(&op, false, ret_finished);
}
