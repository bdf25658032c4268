#include <string.h>

#include "core/account_internal.h"
#include "core/audit.h"

/* Known browsers and sessions. Whoever reads them next, on whatever node, finds them ended. */

struct removal {
	struct account *account;
	const char *id;
};

static enum status browser_write(struct store_tx *tx, void *ctx)
{
	const struct removal *removal = ctx;
	struct browser_row row;

	TRY(account_still(tx, removal->account));
	TRY(store_browser_find(tx, removal->id, &row));
	if (strcmp(row.user_id, removal->account->user.id) != 0)
		return E_NOT_FOUND;
	TRY(store_browser_remove(tx, removal->id));
	return account_audit(tx, removal->account, "known_browser.removed", NULL);
}

enum status account_browser_remove(struct account *account, const char *id)
{
	struct removal removal = {.account = account, .id = id};

	return store_write(account->core->store, browser_write, &removal);
}

static enum status browsers_write(struct store_tx *tx, void *ctx)
{
	const struct account *account = ctx;

	TRY(account_still(tx, account));
	TRY(store_browser_remove_all(tx, account->user.id));
	return account_audit(tx, account, "known_browser.all_removed", NULL);
}

enum status account_browser_remove_all(struct account *account)
{
	return store_write(account->core->store, browsers_write, account);
}

static enum status session_write(struct store_tx *tx, void *ctx)
{
	const struct removal *removal = ctx;
	struct session_row row;

	TRY(account_still(tx, removal->account));
	TRY(store_session_find_sid(tx, removal->id, &row));
	if (strcmp(row.user_id, removal->account->user.id) != 0 || row.ended_at)
		return E_NOT_FOUND;
	TRY(store_session_end(tx, removal->id, removal->account->now));
	return account_audit(tx, removal->account, "session.ended", NULL);
}

enum status account_session_end(struct account *account, const char *sid)
{
	struct removal removal = {.account = account, .id = sid};

	TRY(store_write(account->core->store, session_write, &removal));
	core_wake(account->core, "user", account->user.id);
	return OK;
}

static enum status others_write(struct store_tx *tx, void *ctx)
{
	const struct account *account = ctx;

	TRY(account_still(tx, account));
	TRY(store_session_end_others(tx, account->user.id, account->session.sid, account->now));
	return account_audit(tx, account, "session.others_ended", NULL);
}

enum status account_session_end_others(struct account *account)
{
	TRY(store_write(account->core->store, others_write, account));
	core_wake(account->core, "user", account->user.id);
	return OK;
}
