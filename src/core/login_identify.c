#include "core/login_internal.h"

#include <stdio.h>
#include <string.h>

#include "base/encode.h"
#include "core/audit.h"
#include "core/keyring.h"
#include "core/useragent.h"

/*
 * Who are you? A name that does not exist goes the same way as one that does, at the same price: policy is evaluated
 * for factors drawn from a keyed hash of the name (the same on every node and day), its pushes are counted, and its
 * page waits as long. Until a first proof nothing that depends on the account is shown.
 */

struct identify {
	const char *name; /* canonical */
	const char *typed;
	uint8_t draw[32]; /* keyed hash of the name */
	struct user_row user;
	bool found;
	struct known_browser known;
	const char *const *groups;
	size_t group_count;
	struct user_factors has;
	struct push_draft push;
	bool pushes;
};

/* Out of 256; roughly as common as among real accounts. */
#define DRAW_DEVICE   230
#define DRAW_CODES    128
#define DRAW_CAUTION4 8
#define DRAW_CAUTION6 12
#define DRAW_PASS     8

static struct user_factors factors_draw(const uint8_t draw[32], bool at_account)
{
	/* A pass shows at the account page only; whoever has one has little else. */
	if (at_account && draw[4] < DRAW_PASS)
		return (struct user_factors){.password = draw[5] < DRAW_CODES, .pass = true};
	return (struct user_factors){.password = true,
				     .device = draw[0] < DRAW_DEVICE,
				     .totp = draw[1] < DRAW_CODES,
				     .recovery = draw[2] < DRAW_CODES};
}

static int caution_draw(const uint8_t draw[32])
{
	if (draw[3] < DRAW_CAUTION4)
		return 4;
	return draw[3] < DRAW_CAUTION6 ? 6 : 0;
}

static struct policy_input input_for(const struct login_op *op)
{
	const struct login *login = &op->login;

	return (struct policy_input){
		.client_id = login->client.id,
		.client_name = login->client.name,
		.known_browser = login->known.known,
		.ip = op->browser->ip,
		.ip_trusted = op->browser->ip_trusted,
		.acr_values = login->params.acr_values,
	};
}

/* The pass stands in at the account page only. */
static void has_set(const struct login_op *op, const struct user_factors *has, struct policy_input *input)
{
	input->has.password = has->password;
	input->has.device = has->device;
	input->has.totp = has->totp;
	input->has.recovery = has->recovery;
	input->has.pass = has->pass;
	input->strongest = client_is_account(&op->login.client);
	input->pass_stands_in = has->pass && input->strongest;
}

static enum status decide_as_stranger(struct login_op *op, const uint8_t draw[32], struct decision *ret_decision)
{
	const struct user_factors has = factors_draw(draw, client_is_account(&op->login.client));
	struct policy_input input = input_for(op);

	input.known_browser = false;
	input.caution = caution_draw(draw);
	has_set(op, &has, &input);
	return policy_evaluate(op->arena, op->core->settings->policy, &input, ret_decision);
}

static enum status decide_for_user(struct login_op *op, const char *const *groups, size_t group_count,
				   const struct user_factors *has)
{
	struct login *login = &op->login;
	struct policy_input input = input_for(op);

	input.groups = groups;
	input.group_count = group_count;
	input.caution = login->user.caution_until > op->now ? login->user.caution : 0;
	has_set(op, has, &input);
	return policy_evaluate(op->arena, op->core->settings->policy, &input, &login->decision);
}

enum status login_decide(struct login_op *op, const char *const *groups, size_t group_count,
			 const struct user_factors *has, const uint8_t draw[32])
{
	struct login *login = &op->login;

	if (login->has_user)
		TRY(decide_for_user(op, groups, group_count, has));
	else
		TRY(decide_as_stranger(op, draw, &login->decision));
	login->has_decision = true;
	login->row.decision = decision_format(op->arena, &login->decision);
	login->has_facade = login->has_user && login->decision.outcome == DECISION_REFUSE && !login_is_trusted(login);
	if (login->has_facade) {
		TRY(decide_as_stranger(op, draw, &login->facade));
		login->row.plan = decision_format(op->arena, &login->facade);
	}
	return login->row.decision && (!login->has_facade || login->row.plan) ? OK : E_NOMEM;
}

/* A disabled account is no account to the outside. */
static enum status identify_read(struct store_tx *tx, void *ctx)
{
	struct login_op *op = ctx;
	struct identify *identify = op->more;
	enum status status = store_user_find_name(tx, identify->name, &identify->user);

	identify->found = status == OK && !identify->user.disabled;
	if (status != OK && status != E_NOT_FOUND)
		return status;
	if (!identify->found)
		return OK;
	TRY(known_browser_find(tx, op->browser->known_cookie, identify->user.id, op->now,
			       op->core->settings->life.known_browser_s, &identify->known));
	TRY(store_user_groups(tx, identify->user.id, &identify->groups, &identify->group_count));
	return user_factors_find(tx, &identify->user, op->now, &identify->has);
}

static enum status subject_for(struct login_op *op, const struct identify *identify, const char **ret_subject)
{
	char hash[BASE64URL_SIZE(16) + 1];

	base64url_format(identify->draw + 16, 16, hash);
	*ret_subject = identify->found ? identify->user.id : arena_format(op->arena, "~%s", hash);
	return *ret_subject ? OK : E_NOMEM;
}

/* The session counts only if it is this user's; another's stays untouched until this login finishes. */
static enum status session_read(struct store_tx *tx, void *ctx)
{
	struct login_op *op = ctx;
	struct session_row session;
	enum status status = session_find(tx, op->browser->session_token, op->browser_hash, op->now, &session);

	if (status == E_NOT_FOUND)
		return OK;
	TRY(status);
	op->login.has_session = op->login.has_user && strcmp(session.user_id, op->login.user.id) == 0;
	if (op->login.has_session)
		op->login.session = session;
	return OK;
}

static enum status identify_prepare(struct login_op *op)
{
	struct identify *identify = op->more;
	struct login *login = &op->login;
	const struct ask *ask;

	if (strcmp(login->row.state, "identify") != 0)
		return E_CONFLICT;
	TRY(store_read(op->core->store, op->arena, identify_read, op));
	login->has_user = identify->found;
	login->user = identify->user;
	login->known = identify->known;
	login->row.user_id = identify->found ? identify->user.id : NULL;
	login->row.username = identify->typed;
	login->row.known_browser = identify->known.known;
	TRY(subject_for(op, identify, &login->row.subject));
	TRY(store_read(op->core->store, op->arena, session_read, op));
	login_proofs_merge(login, op->now);
	TRY(login_decide(op, identify->groups, identify->group_count, &identify->has, identify->draw));
	login->row.notice = NULL;
	login_advance(login);
	ask = login_first_push(login);
	identify->pushes = ask != NULL;
	return identify->pushes ? push_draft(op, ask, &identify->push) : OK;
}

static enum status identify_write(struct store_tx *tx, struct login_op *op)
{
	struct identify *identify = op->more;

	if (identify->known.theft) {
		TRY(store_browser_remove(tx, identify->known.id));
		TRY(audit_write(tx, &(struct audit_row){.at = op->now,
							.event = "known_browser.stolen",
							.user_id = op->login.row.user_id,
							.login_id = op->login.row.id,
							.ip = op->browser->ip}));
	}
	return identify->pushes ? push_start(tx, op, &identify->push) : OK;
}

enum status login_identify(const struct core *core, struct arena *arena, const char *id,
			   const struct login_browser *browser, const char *username, int64_t now,
			   struct login_view *ret_view)
{
	struct identify identify = {0};
	struct login_op op;
	char *name;

	login_op_init(&op, core, arena, id, browser, now);
	TRY(login_op_load(&op));
	TRY(username_canonical(arena, username, &name));
	identify.name = name;
	identify.typed = username;
	TRY(keyholder_mac(core->keyholder, &keyring_view(core->keyring)->mac, "decoy", name, strlen(name),
			  identify.draw));
	op.prepare = identify_prepare;
	op.write = identify_write;
	op.more = &identify;
	TRY(login_op_run(&op));
	push_wake(&op, identify.pushes ? &identify.push : NULL);
	return login_op_show(&op, ret_view);
}
