#include "core/login_internal.h"

#include <assert.h>
#include <string.h>

#include "base/secret.h"
#include "core/audit.h"
#include "core/useragent.h"

/* Every state and where it may go; what is not here is a conflict. */
static const struct {
	const char *from, *to;
} transitions[] = {
	{"identify", "prove"},   {"identify", "refused"}, {"identify", "consent"}, {"identify", "done"},
	{"prove", "prove"},      {"prove", "identify"},   {"prove", "consent"},    {"prove", "done"},
	{"prove", "refused"},    {"consent", "done"},     {"consent", "refused"},  {"consent", "identify"},
	{"done", "finished"},    {"done", "refused"},     {"done", "identify"},    {"identify", "expired"},
	{"prove", "expired"},    {"consent", "expired"},  {"done", "expired"},     {"refused", "identify"},
	{"finished", "refused"},
};

bool login_may(const char *from, const char *to)
{
	for (size_t i = 0; i < ARRAY_COUNT(transitions); i++)
		if (strcmp(transitions[i].from, from) == 0 && strcmp(transitions[i].to, to) == 0)
			return true;
	return false;
}

void login_move(struct login *login, const char *to)
{
	assert(login_may(login->row.state, to));
	login->row.state = to;
}

bool login_is_trusted(const struct login *login)
{
	return login->own_count > 0 || login->has_session || login->known.known;
}

const struct decision *login_shown_decision(const struct login *login)
{
	return login->has_facade && !login_is_trusted(login) ? &login->facade : &login->decision;
}

const struct step *login_step(const struct login *login)
{
	if (!login->has_decision)
		return NULL;
	return decision_next(login_shown_decision(login), login->all, login->all_count);
}

const struct ask *login_ask(const struct login *login, enum factor factor)
{
	const struct step *step = login_step(login);

	for (size_t i = 0; step && i < step->count; i++)
		if (step->asks[i].factor == factor)
			return &step->asks[i];
	return NULL;
}

/* Whether a proof of the browser's session counts for this request (OpenID Connect Core 3.1.2.1: prompt, max_age). */
static bool proof_counts(const struct login *login, const struct proof *proof, int64_t now)
{
	const struct authorize_params *params = &login->params;

	if (proof->at > login->row.created_at)
		return true;
	if (params->prompt_login || params->max_age == 0)
		return false;
	return params->max_age < 0 || proof->at >= now - params->max_age;
}

/* What was proven by a password that has been replaced since proves nothing any more. */
static bool proof_stands(const struct login *login, const struct proof *proof)
{
	return proof->factor != FACTOR_PASSWORD || !login->has_user || proof->at >= login->user.password_at;
}

void login_proofs_merge(struct login *login, int64_t now)
{
	struct proof kept[PROOFS_MAX];
	size_t count = 0;

	login->all_count = 0;
	for (size_t i = 0; i < login->own_count; i++)
		if (proof_stands(login, &login->own[i]))
			login->all[login->all_count++] = login->own[i];
	if (!login->has_session || proofs_parse(login->session.proofs, kept, &count) != OK)
		return;
	for (size_t i = 0; i < count; i++)
		if (proof_counts(login, &kept[i], now) && proof_stands(login, &kept[i]))
			login->all[login->all_count++] = kept[i];
}

static bool decision_holds(const struct login *login)
{
	return login->has_decision && login->decision.outcome == DECISION_ASK && login->has_user &&
	       !login->user.disabled && login->all_count > 0 &&
	       !decision_next(&login->decision, login->all, login->all_count);
}

void login_advance(struct login *login)
{
	const char *state = login->row.state;

	if (strcmp(state, "prove") != 0 && strcmp(state, "identify") != 0)
		return;
	if (decision_holds(login))
		login_move(login, login->consent_needed ? "consent" : "done");
	else if (login->has_decision && login_shown_decision(login)->outcome == DECISION_REFUSE) {
		login->row.notice = login_shown_decision(login)->refusal;
		login_move(login, "refused");
	} else if (strcmp(state, "identify") == 0 && login->has_decision)
		login_move(login, "prove");
}

enum status login_prove(struct login_op *op, const struct ask *ask)
{
	struct login *login = &op->login;
	const struct proof proof = {.factor = ask->factor, .mode = ask->mode, .digits = ask->digits, .at = op->now};

	if (login->own_count == PROOFS_MAX)
		return E_CONFLICT;
	login->own[login->own_count++] = proof;
	login->row.proofs = proofs_format(op->arena, login->own, login->own_count);
	if (!login->row.proofs)
		return E_NOMEM;
	login->row.approved_at = op->now;
	login->row.notice = NULL;
	if (ask->factor != FACTOR_PUSH)
		login->row.challenge_id = NULL;
	login_proofs_merge(login, op->now);
	login_advance(login);
	return OK;
}

struct throttle_who login_who(const struct login_op *op)
{
	return (struct throttle_who){
		.subject = op->login.row.subject,
		.known_id = op->login.known.known ? op->login.known.id : NULL,
		.ip = op->browser->ip,
	};
}

/* ---- reading ---- */

/* Whether every scope asked for was granted before (only third parties ask). */
enum status login_consent_read(struct store_tx *tx, struct login *login)
{
	const char *granted = "";
	bool found;

	login->consent_needed = login->client.third_party || login->params.prompt_consent;
	if (!login->client.third_party || login->params.prompt_consent || !login->has_user)
		return OK;
	TRY(absent_is_fine(store_consent_find(tx, login->user.id, login->client.id, &granted), &found));
	if (!found)
		return OK;
	login->consent_needed = false;
	for (const char *word = login->params.scope; *word;) {
		size_t size = strcspn(word, " ");
		char name[64];

		if (size < sizeof(name)) {
			memcpy(name, word, size);
			name[size] = '\0';
			login->consent_needed |= !words_has(granted, name);
		}
		word += size + (word[size] == ' ');
	}
	return OK;
}

static enum status user_read(struct store_tx *tx, struct login_op *op)
{
	struct login *login = &op->login;
	struct session_row session;
	bool found;

	const char *id = login->row.user_id ? login->row.user_id : login->row.subject;

	/* Before identify there is nobody to look for; afterwards a name that does not exist costs the same reads. */
	if (!id)
		return OK;
	TRY(absent_is_fine(store_user_find(tx, id, &login->user), &login->has_user));
	if (!login->row.user_id)
		login->has_user = false;
	if (!op->browser) { /* a device's answer: the page brings its cookies when it comes back */
		login->known.known = login->row.known_browser;
		return OK;
	}
	TRY(known_browser_find(tx, op->browser->known_cookie, id, op->now, op->core->settings->life.known_browser_s,
			       &login->known));
	TRY(absent_is_fine(session_find(tx, op->browser->session_token, op->browser_hash, op->now, &session), &found));
	login->has_session = found && login->has_user && strcmp(session.user_id, id) == 0;
	if (login->has_session)
		login->session = session;
	if (!login->has_user)
		login->known = (struct known_browser){0};
	return OK;
}

static enum status decision_read(struct login_op *op)
{
	struct login *login = &op->login;

	login->has_decision = login->row.decision != NULL;
	login->has_facade = login->row.plan != NULL;
	if (login->has_decision)
		TRY(decision_parse(op->arena, login->row.decision, &login->decision));
	if (login->has_facade)
		TRY(decision_parse(op->arena, login->row.plan, &login->facade));
	TRY(proofs_parse(login->row.proofs, login->own, &login->own_count));
	login_proofs_merge(login, op->now);
	return OK;
}

/*
 * A policy that was changed holds for sign-ins under way too: what another one decided is over, and the person begins
 * again. What is finished stays.
 */
static void decision_compare(struct login_op *op)
{
	static const char *const under_way[] = {"prove", "consent", "done"};
	struct login *login = &op->login;
	bool is_under_way = false;

	for (size_t i = 0; i < ARRAY_COUNT(under_way); i++)
		is_under_way |= strcmp(login->row.state, under_way[i]) == 0;
	if (is_under_way && login->has_decision &&
	    strcmp(login->decision.policy, policy_mark(op->core->settings->policy)) != 0 &&
	    login->row.expires_at > op->now)
		login->row.expires_at = op->now;
}

static enum status load(struct store_tx *tx, void *ctx)
{
	struct login_op *op = ctx;
	struct login *login = &op->login;

	memset(login, 0, sizeof(*login));
	TRY(store_login_find(tx, op->id, &login->row));
	if (op->browser && !secret_equal(login->row.browser_hash, op->browser_hash, sizeof(op->browser_hash)))
		return E_REFUSED;
	TRY(client_find(tx, op->core->settings, login->row.client_id, &login->client));
	TRY(authorize_params_parse(op->arena, login->row.params, &login->params));
	TRY(user_read(tx, op));
	TRY(login_consent_read(tx, login));
	if (login->row.challenge_id)
		TRY(absent_is_fine(store_challenge_find(tx, login->row.challenge_id, &login->challenge),
				   &login->has_challenge));
	TRY(decision_read(op));
	decision_compare(op);
	return OK;
}

void login_op_init(struct login_op *op, const struct core *core, struct arena *arena, const char *id,
		   const struct login_browser *browser, int64_t now)
{
	*op = (struct login_op){.core = core, .arena = arena, .id = id, .browser = browser, .now = now};
	if (browser && browser->browser_token)
		token_hash(browser->browser_token, op->browser_hash);
}

enum status login_op_load(struct login_op *op)
{
	if (op->browser && !op->browser->browser_token)
		return E_REFUSED;
	TRY(store_read(op->core->store, op->arena, load, op));
	if (op->login.client.disabled)
		return E_NOT_FOUND;
	return OK;
}

/* ---- writing ---- */

/* Which browser: for the person's own history. */
static enum status event_detail_make(struct login_op *op)
{
	scoped_json *json = NULL;

	if (!op->event || op->event_detail || !op->login.row.ua_label)
		return OK;
	json = json_pack("{s:s}", "browser", op->login.row.ua_label);
	op->event_detail = json ? json_format(op->arena, json) : NULL;
	return op->event_detail ? OK : E_NOMEM;
}

static enum status event_write(struct store_tx *tx, const struct login_op *op)
{
	const struct login_row *row = &op->login.row;

	if (!op->event)
		return OK;
	return audit_write(tx, &(struct audit_row){.at = op->now,
						   .event = op->event,
						   .user_id = row->user_id,
						   .username = row->username,
						   .client_id = row->client_id,
						   .login_id = row->id,
						   .ip = op->browser->ip,
						   .detail = op->event_detail});
}

static enum status update(struct store_tx *tx, void *ctx)
{
	struct login_op *op = ctx;

	if (op->write)
		TRY(op->write(tx, op));
	TRY(store_login_update(tx, &op->login.row));
	return event_write(tx, op);
}

static bool is_over(const struct login_op *op)
{
	return op->now >= op->login.row.expires_at || strcmp(op->login.row.state, "expired") == 0 ||
	       strcmp(op->login.row.state, "finished") == 0;
}

/* The page may have gone back and named somebody else meanwhile: what was verified is the first one's. */
static bool is_for_same(const struct login_op *op)
{
	const char *subject = op->login.row.subject;

	return !op->verified_for || (subject && strcmp(op->verified_for, subject) == 0);
}

enum status login_op_run(struct login_op *op)
{
	enum status status = E_CONFLICT;

	for (int round = 0; round < 4 && status == E_CONFLICT; round++) {
		TRY(login_op_load(op));
		if (is_over(op))
			return E_EXPIRED;
		if (!is_for_same(op))
			return E_CONFLICT;
		TRY(op->prepare(op));
		TRY(event_detail_make(op));
		status = store_write(op->core->store, update, op);
	}
	TRY(status);
	core_wake(op->core, "login", op->id);
	return OK;
}

enum status login_op_show(struct login_op *op, struct login_view *ret_view)
{
	op->login.has_challenge = op->login.has_challenge && op->login.row.challenge_id;
	return login_view_build(op, ret_view);
}

enum status login_op_finish(struct login_op *op, struct login_view *ret_view)
{
	enum status status = login_op_run(op);

	if (status == E_BUSY)
		ret_view->retry_after = op->retry_after;
	TRY(status);
	return login_op_show(op, ret_view);
}

enum status login_state(const struct core *core, struct arena *arena, const char *id,
			const struct login_browser *browser, int64_t now, struct login_view *ret_view)
{
	struct login_op op;

	login_op_init(&op, core, arena, id, browser, now);
	TRY(login_op_load(&op));
	return login_view_build(&op, ret_view);
}

/* ---- cancel and consent ---- */

struct cancel {
	bool forget;
};

static enum status cancel_prepare(struct login_op *op)
{
	const struct cancel *cancel = op->more;
	struct login *login = &op->login;

	login->row.notice = NULL;
	login->row.challenge_id = NULL;
	if (!cancel->forget)
		return strcmp(login->row.state, "prove") == 0 ? OK : E_CONFLICT;
	if (!login_may(login->row.state, "identify") && strcmp(login->row.state, "identify") != 0)
		return E_CONFLICT;
	login->row.state = "identify";
	login->row.user_id = login->row.subject = login->row.username = NULL;
	login->row.decision = login->row.plan = NULL;
	login->row.proofs = "[]";
	login->row.approved_at = 0;
	login->row.known_browser = false;
	return OK;
}

enum status login_challenge_drop(struct store_tx *tx, struct login_op *op)
{
	const struct challenge_settle settle = {.to = "superseded", .now = op->now};
	enum status status;

	if (!op->login.has_challenge)
		return OK;
	status = store_challenge_settle(tx, op->login.challenge.id, "pending", &settle, 0);
	return status == E_CONFLICT ? OK : status; /* settled already */
}

enum status login_cancel(const struct core *core, struct arena *arena, const char *id,
			 const struct login_browser *browser, bool forget, int64_t now, struct login_view *ret_view)
{
	struct cancel cancel = {.forget = forget};
	struct login_op op;

	login_op_init(&op, core, arena, id, browser, now);
	op.prepare = cancel_prepare;
	op.write = login_challenge_drop;
	op.more = &cancel;
	TRY(login_op_run(&op));
	if (op.login.has_challenge && op.login.challenge.user_id)
		core_wake(core, "user", op.login.challenge.user_id);
	TRY(login_op_load(&op));
	return login_view_build(&op, ret_view);
}

struct consent {
	bool allow;
};

static enum status consent_prepare(struct login_op *op)
{
	const struct consent *consent = op->more;
	struct login *login = &op->login;

	login_advance(login); /* the browser's session may have grown in another tab */
	if (strcmp(login->row.state, "consent") != 0 || !login->has_user || login->user.disabled)
		return E_CONFLICT;
	if (!consent->allow) {
		login_move(login, "refused");
		login->row.notice = "not_allowed";
		op->event = "consent.refused";
		return OK;
	}
	login_move(login, "done");
	op->event = "consent.given";
	return OK;
}

static enum status consent_write(struct store_tx *tx, struct login_op *op)
{
	const struct consent *consent = op->more;

	if (!consent->allow)
		return OK;
	return store_consent_set(tx, op->login.user.id, op->login.client.id, op->login.params.scope, op->now);
}

enum status login_consent(const struct core *core, struct arena *arena, const char *id,
			  const struct login_browser *browser, bool allow, int64_t now, struct login_view *ret_view)
{
	struct consent consent = {.allow = allow};
	struct login_op op;

	login_op_init(&op, core, arena, id, browser, now);
	op.prepare = consent_prepare;
	op.write = consent_write;
	op.more = &consent;
	return login_op_finish(&op, ret_view);
}
