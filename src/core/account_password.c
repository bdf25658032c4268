#include <string.h>

#include "base/secret.h"
#include "core/account_internal.h"
#include "core/audit.h"
#include "core/factor_password.h"
#include "core/throttle.h"

/*
 * The old password is tried under the same limits as at a sign-in, looked at before the hash queue and again in the
 * transaction that records the try. The new one is written only if the one that was tried is still there. This session
 * goes on with a new token: its proof of the password is the one just given.
 */
struct password_change {
	struct account *account;
	struct throttle_who who;
	const char *old;
	bool matches;
	char stored[PASSWORD_STORED_SIZE];
	char token[TOKEN_SIZE];
	struct session_row session;
};

static struct throttle_who who_of(const struct account *account)
{
	return (struct throttle_who){.subject = account->user.id,
				     .known_id = account->known.known ? account->known.id : NULL,
				     .ip = account->browser->ip};
}

static enum status may_read(struct store_tx *tx, void *ctx)
{
	struct password_change *change = ctx;
	struct account *account = change->account;

	return throttle_password(tx, account->core->settings, &change->who, account->now, &account->retry_after);
}

enum status account_password_may(struct account *account, const char *old)
{
	struct password_change change = {.account = account, .who = who_of(account)};

	if ((old != NULL) != (account->user.password != NULL))
		return account_invalid(account, "bad_request",
				       old ? "There is no old password." : "The old password is missing.");
	if (!old)
		return OK;
	return store_read(account->core->store, account->arena, may_read, &change);
}

/* ---- the old one ---- */

static enum status try_write(struct store_tx *tx, void *ctx)
{
	struct password_change *change = ctx;
	struct account *account = change->account;

	TRY(account_still(tx, account));
	TRY(throttle_password(tx, account->core->settings, &change->who, account->now, &account->retry_after));
	if (change->matches)
		return throttle_password_passed(tx, &change->who);
	TRY(throttle_password_failed(tx, &change->who, account->now));
	return account_audit(tx, account, "password.failed", NULL);
}

static enum status old_check(struct password_change *change)
{
	struct account *account = change->account;

	TRY(password_matches(account->core, change->old, account->user.password, &change->matches));
	TRY(store_write(account->core->store, try_write, change));
	return change->matches ? OK : account_invalid(account, "wrong_password", NULL);
}

/* ---- the new one ---- */

/* The session's proofs with the password as given now. */
static enum status session_prepare(struct password_change *change)
{
	struct account *account = change->account;
	struct proof proofs[PROOFS_MAX];
	size_t count = 0;

	for (size_t i = 0; i < account->proof_count; i++)
		if (account->proofs[i].factor != FACTOR_PASSWORD && count < PROOFS_MAX - 1)
			proofs[count++] = account->proofs[i];
	proofs[count++] = (struct proof){.factor = FACTOR_PASSWORD, .at = account->now};
	change->session = account->session;
	change->session.proofs = proofs_format(account->arena, proofs, count);
	change->session.acr = proofs_acr(proofs, count);
	change->session.amr = proofs_amr(account->arena, proofs, count);
	if (!change->session.proofs || !change->session.amr)
		return E_NOMEM;
	token_new(account->core->random, change->token);
	token_hash(change->token, change->session.token_hash);
	return OK;
}

static enum status is_unchanged(struct store_tx *tx, const struct account *account)
{
	struct user_row user;

	TRY(store_user_find(tx, account->user.id, &user));
	if ((user.password != NULL) != (account->user.password != NULL))
		return E_REFUSED;
	return !user.password || strcmp(user.password, account->user.password) == 0 ? OK : E_REFUSED;
}

static enum status change_write(struct store_tx *tx, void *ctx)
{
	const struct password_change *change = ctx;
	const struct account *account = change->account;

	TRY(account_still(tx, account));
	TRY(is_unchanged(tx, account));
	TRY(store_user_set_password(tx, account->user.id, change->stored, account->now));
	TRY(store_browser_remove_all(tx, account->user.id));
	TRY(store_session_end_others(tx, account->user.id, account->session.sid, account->now));
	TRY(store_session_update(tx, &change->session));
	return account_audit(tx, account, "password.changed", NULL);
}

enum status account_password_change(struct account *account, const char *old, const char *new,
				    char ret_token[TOKEN_SIZE])
{
	struct password_change change = {.account = account, .who = who_of(account), .old = old};
	const char *problem = NULL;

	TRY(account_password_may(account, old));
	if (old)
		TRY(old_check(&change));
	if (!password_is_acceptable(new, account->user.name, &problem))
		return account_invalid(account, "password_refused", problem);
	TRY(password_store(account->core, new, change.stored));
	TRY(session_prepare(&change));
	TRY(store_write(account->core->store, change_write, &change));
	core_wake(account->core, "user", account->user.id);
	memcpy(ret_token, change.token, TOKEN_SIZE);
	return OK;
}
