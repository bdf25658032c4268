#include "core/session.h"

#include <stdio.h>

#include "base/secret.h"
#include "core/audit.h"

enum status session_find(struct store_tx *tx, const char *token, const uint8_t browser_hash[32], int64_t now,
			 struct session_row *ret_row)
{
	struct session_row row;
	uint8_t hash[32];

	if (!token || !*token)
		return E_NOT_FOUND;
	token_hash(token, hash);
	TRY(store_session_find(tx, hash, &row));
	if (row.ended_at || now >= row.idle_until || now >= row.ends_at)
		return E_NOT_FOUND;
	if (!secret_equal(row.browser_hash, browser_hash, sizeof(row.browser_hash)))
		return E_NOT_FOUND;
	*ret_row = row;
	return OK;
}

struct ending {
	const char *sid;
	char detail[96];
	int64_t now;
};

static enum status session_end_write(struct store_tx *tx, void *ctx)
{
	const struct ending *ending = ctx;
	struct session_row row;

	TRY(store_session_find_sid(tx, ending->sid, &row));
	TRY(store_session_end(tx, ending->sid, ending->now));
	return audit_write(tx, &(struct audit_row){.at = ending->now,
						   .event = "session.ended",
						   .user_id = row.user_id,
						   .ip = row.ip,
						   .detail = ending->detail});
}

enum status session_end(const struct core *core, const char *sid, const char *reason, int64_t now)
{
	struct ending ending = {.sid = sid, .now = now};

	snprintf(ending.detail, sizeof(ending.detail), "{\"reason\":\"%s\"}", reason);
	return store_write(core->store, session_end_write, &ending);
}
