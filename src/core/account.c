#include "core/account.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/text.h"
#include "core/account_internal.h"
#include "core/audit.h"
#include "core/client.h"
#include "core/useragent.h"

#define TOUCH_EVERY_S 60
#define NAME_CHARS    64

/* ---- policy ---- */

enum status account_decide(struct arena *arena, const struct account *account, const struct account_question *question,
			   struct decision *ret_decision)
{
	const struct user_factors *has = &question->has;
	struct client_row client;
	struct policy_input input = {.groups = account->groups,
				     .group_count = account->group_count,
				     .known_browser = question->known,
				     .ip = account->browser->ip,
				     .ip_trusted = account->browser->ip_trusted,
				     .acr_values = question->acr_values,
				     .strongest = true,
				     .pass_stands_in = question->stands_in};

	TRY(client_account(arena, account->core->settings, &client));
	input.client_id = client.id;
	input.client_name = client.name;
	input.caution = account->user.caution_until > account->now ? account->user.caution : 0;
	input.has.password = has->password;
	input.has.device = has->device;
	input.has.totp = has->totp;
	input.has.recovery = has->recovery;
	input.has.pass = has->pass;
	return policy_evaluate(arena, account->core->settings->policy, &input, ret_decision);
}

static bool satisfied(const struct decision *decision, const struct proof *proofs, size_t count)
{
	return decision->outcome == DECISION_ASK && count > 0 && !decision_next(decision, proofs, count);
}

static bool proven(const struct account *account, const struct decision *decision)
{
	return satisfied(decision, account->proofs, account->proof_count);
}

/* By a pass only it and the password count: what else was proven is no fresher for it. */
static bool counts(const struct proof *proof, bool by_pass)
{
	return !by_pass || proof->factor == FACTOR_PASS || proof->factor == FACTOR_PASSWORD;
}

/* When the oldest of the proofs that are needed was given, taking the newest of each; 0 when they do not suffice. */
static int64_t proven_since(const struct account *account, const struct decision *decision, bool by_pass)
{
	int64_t since = 0;

	for (size_t i = 0; i < account->proof_count; i++) {
		struct proof newer[PROOFS_MAX];
		size_t count = 0;

		for (size_t j = 0; j < account->proof_count; j++)
			if (account->proofs[j].at >= account->proofs[i].at && counts(&account->proofs[j], by_pass))
				newer[count++] = account->proofs[j];
		if (account->proofs[i].at > since && satisfied(decision, newer, count))
			since = account->proofs[i].at;
	}
	return since;
}

static bool has_proof(const struct account *account, enum factor factor)
{
	for (size_t i = 0; i < account->proof_count; i++)
		if (account->proofs[i].factor == factor)
			return true;
	return false;
}

/* A pass and a last recovery code that are spent still count for the session that they began, and for no other. */
static struct user_factors factors_of_session(const struct account *account)
{
	struct user_factors has = account->has;

	has.recovery |= has_proof(account, FACTOR_RECOVERY);
	has.pass = has_proof(account, FACTOR_PASS);
	return has;
}

static enum status access_find(struct account *account)
{
	struct account_question question = {.has = factors_of_session(account), .known = account->known.known};
	struct decision decision;

	TRY(account_decide(account->arena, account, &question, &decision));
	if (proven(account, &decision)) {
		account->access = ACCOUNT_FULL;
		return OK;
	}
	question.stands_in = question.has.pass;
	TRY(account_decide(account->arena, account, &question, &decision));
	if (question.stands_in && proven(account, &decision))
		account->access = ACCOUNT_ENROL;
	return account->access == ACCOUNT_NONE ? E_REFUSED : OK;
}

bool account_is_fresh(const struct account *account)
{
	return account->now < account->fresh_until;
}

static enum status fresh_by(struct account *account, bool enrol)
{
	struct account_question question = {.has = factors_of_session(account),
					    .known = account->known.known,
					    .stands_in = enrol,
					    .acr_values = enrol ? NULL : "mfa"};
	struct decision decision;
	int64_t since;

	TRY(account_decide(account->arena, account, &question, &decision));
	since = proven_since(account, &decision, enrol);
	account->fresh_until = since ? since + (enrol ? ACCOUNT_ENROL_S : ACCOUNT_FRESH_S) : 0;
	return OK;
}

/* Who had a whole session and has proven it again by a pass may enrol, as anybody with a pass. */
static enum status fresh_find(struct account *account)
{
	TRY(fresh_by(account, account->access == ACCOUNT_ENROL));
	if (account_is_fresh(account) || account->access == ACCOUNT_ENROL || !has_proof(account, FACTOR_PASS))
		return OK;
	TRY(fresh_by(account, true));
	if (account_is_fresh(account))
		account->access = ACCOUNT_ENROL;
	else
		account->fresh_until = 0;
	return OK;
}

/* ---- who is there ---- */

static enum status open_read(struct store_tx *tx, void *ctx)
{
	struct account *account = ctx;
	enum status status;

	TRY(session_find(tx, account->browser->session_token, account->browser_hash, account->now, &account->session));
	status = store_user_find(tx, account->session.user_id, &account->user);
	if (status == OK && account->user.disabled)
		return E_NOT_FOUND;
	TRY(status);
	TRY(known_browser_find(tx, account->browser->known_cookie, account->user.id, account->now,
			       account->core->settings->life.known_browser_s, &account->known));
	account->known.known &= !account->known.theft;
	TRY(store_user_groups(tx, account->user.id, &account->groups, &account->group_count));
	return user_factors_find(tx, &account->user, account->now, &account->has);
}

/* What was proven by a password that has been replaced since proves nothing any more. */
static enum status proofs_read(struct account *account)
{
	struct proof proofs[PROOFS_MAX];
	size_t count = 0;

	TRY(proofs_parse(account->session.proofs, proofs, &count));
	for (size_t i = 0; i < count; i++)
		if (proofs[i].factor != FACTOR_PASSWORD || proofs[i].at >= account->user.password_at)
			account->proofs[account->proof_count++] = proofs[i];
	return OK;
}

static enum status detail_make(struct account *account)
{
	const char *label = useragent_label(account->arena, account->browser->user_agent);
	scoped_json *json = label ? json_pack("{s:s, s:s}", "reason", "account_page", "browser", label) : NULL;

	account->detail = json ? json_format(account->arena, json) : NULL;
	return account->detail ? OK : E_NOMEM;
}

enum status account_open(const struct core *core, struct arena *arena, const struct login_browser *browser, int64_t now,
			 struct account *ret_account)
{
	struct account account = {.core = core, .arena = arena, .browser = browser, .now = now};
	enum status status;

	if (!browser->browser_token || !browser->session_token)
		return E_REFUSED;
	token_hash(browser->browser_token, account.browser_hash);
	status = store_read(core->store, arena, open_read, &account);
	if (status == E_NOT_FOUND)
		return E_REFUSED;
	TRY(status);
	TRY(proofs_read(&account));
	TRY(access_find(&account));
	TRY(fresh_find(&account));
	TRY(detail_make(&account));
	*ret_account = account;
	return OK;
}

/* ---- in use ---- */

struct touch {
	char sid[ID_SIZE];
	int64_t now, idle_until;
};

static enum status touch_write(struct store_tx *tx, void *ctx)
{
	const struct touch *touch = ctx;
	const enum status status = store_session_touch(tx, touch->sid, touch->now, touch->idle_until);

	return status == E_CONFLICT ? OK : status;
}

void account_touch(const struct account *account)
{
	struct touch *touch;

	if (account->now < account->session.used_at + TOUCH_EVERY_S || strlen(account->session.sid) >= ID_SIZE)
		return;
	touch = calloc(1, sizeof(*touch));
	if (!touch)
		return;
	memcpy(touch->sid, account->session.sid, strlen(account->session.sid) + 1);
	touch->now = account->now;
	touch->idle_until = account->now + account->core->settings->session.idle_s;
	store_write_later(account->core->store, touch_write, touch, free);
}

/* ---- what all changes need ---- */

enum status account_still(struct store_tx *tx, const struct account *account)
{
	struct session_row session;
	struct user_row user;
	enum status status = store_session_find_sid(tx, account->session.sid, &session);

	if (status == OK)
		status = store_user_find(tx, account->user.id, &user);
	if (status == E_NOT_FOUND)
		return E_REFUSED;
	TRY(status);
	return session.ended_at || user.disabled ? E_REFUSED : OK;
}

enum status account_audit(struct store_tx *tx, const struct account *account, const char *event, const char *device_id)
{
	return audit_write(tx, &(struct audit_row){.at = account->now,
						   .event = event,
						   .user_id = account->user.id,
						   .username = account->user.name,
						   .device_id = device_id,
						   .ip = account->browser->ip,
						   .detail = account->detail});
}

enum status account_conflict(struct account *account, const char *word, const char *sentence)
{
	account->problem = word;
	account->sentence = sentence;
	return E_CONFLICT;
}

enum status account_invalid(struct account *account, const char *word, const char *sentence)
{
	account->problem = word;
	account->sentence = sentence;
	return E_INVALID;
}

enum status account_way_left(struct store_tx *tx, struct account *account)
{
	struct account_question question = {0};
	struct decision decision;

	TRY(user_factors_find(tx, &account->user, account->now, &question.has));
	question.has.pass = false;
	TRY(account_decide(store_tx_arena(tx), account, &question, &decision));
	if ((!question.has.device && !question.has.totp) || decision.outcome != DECISION_ASK)
		return account_conflict(account, "last_factor",
					"Without it you could not sign in any more. Add another device or codes "
					"first, then remove this.");
	return OK;
}

enum status account_name_check(struct account *account, const char *name)
{
	if (!name || !text_is_displayable(name) || utf8_count(name) > NAME_CHARS)
		return account_invalid(account, "bad_name", NULL);
	return OK;
}

/* ---- signing in ---- */

static bool place_is_fine(const char *to)
{
	const size_t size = strlen(to);

	return size >= 1 && size <= 64 && !to[strspn(to, "abcdefghijklmnopqrstuvwxyz0123456789-/")];
}

enum status account_login_begin(const struct core *core, struct arena *arena, const struct login_browser *browser,
				const struct account_wish *wish, int64_t now, struct login_begun *ret_begun)
{
	struct authorize_result request = {.answer = AUTHORIZE_GO,
					   .params = {.redirect_uri = "/account/",
						      .response_mode = "query",
						      .scope = "openid",
						      .prompt_login = wish->fresh,
						      .acr_values = wish->fresh ? "mfa" : NULL,
						      .max_age = -1}};

	TRY(client_account(arena, core->settings, &request.client));
	if (wish->to && place_is_fine(wish->to))
		request.params.redirect_uri = arena_format(arena, "/account/#%s", wish->to);
	if (!request.params.redirect_uri)
		return E_NOMEM;
	return login_begin(core, arena, &request, browser, now, ret_begun);
}
