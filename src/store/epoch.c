#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/sql.h"

/*
 * What was under way when a backup was made must not go on after it was restored: whoever has seen a cookie, a code, a
 * token or an answer since would have it work a second time.
 */
struct void_rule {
	const char *text;
	bool takes_now; /* as ?1 */
};
static const struct void_rule voids[] = {
	{"UPDATE logins SET state = 'refused', version = version + 1, approved_at = 0 "
	 "WHERE state NOT IN ('finished', 'refused', 'expired', 'superseded')",
	 false},
	{"UPDATE challenges SET state = 'superseded', settled_at = ?1 WHERE state IN ('pending', 'approved')", true},
	{"UPDATE sessions SET ended_at = ?1 WHERE ended_at = 0", true},
	{"UPDATE grants SET revoked_at = ?1 WHERE revoked_at = 0", true},
	{"UPDATE tokens SET revoked_at = ?1 WHERE revoked_at = 0", true},
	{"DELETE FROM browsers", false},
	{"UPDATE enrolments SET state = 'void' WHERE state IN ('open', 'confirm')", false},
	{"UPDATE devices SET state = 'void', revoked_at = ?1 WHERE state = 'confirm'", true},
	{"DELETE FROM totps WHERE state = 'pending'", false},
	{"DELETE FROM outbox", false},
	{"UPDATE passes SET ended_at = ?1 WHERE used_at = 0 AND ended_at = 0", true},
	{"UPDATE users SET expect_until = 0 WHERE expect_until <> 0", false},
};

static enum status void_run(struct store_tx *tx, const struct void_rule *rule, int64_t now)
{
	return rule->takes_now ? sql_run(tx, SQL(rule->text, sql_int(now)), NULL) : sql_run(tx, SQL(rule->text), NULL);
}

/* A code may be used up to `window` steps before its time, by a clock that is ahead: those are spent too. */
static enum status totps_move(struct store_tx *tx, int64_t now, unsigned window)
{
	return sql_run(
		tx,
		SQL("UPDATE totps SET last_step = ?1 / period + ?2 WHERE period > 0 AND last_step < ?1 / period + ?2",
		    sql_int(now), sql_int(window)),
		NULL);
}

static enum status number_set(struct store_tx *tx, const char *name, int64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, number);
	return store_meta_set(tx, name, text);
}

enum status store_epoch_raise(struct store_tx *tx, const struct epoch_raise *raise)
{
	for (size_t i = 0; i < ARRAY_COUNT(voids); i++)
		TRY(void_run(tx, &voids[i], raise->now));
	TRY(totps_move(tx, raise->now, raise->totp_window));
	if (!raise->keep_recovery)
		TRY(sql_run(tx, SQL("UPDATE recoveries SET used_at = ?1 WHERE used_at = 0", sql_int(raise->now)),
			    NULL));
	TRY(number_set(tx, "epoch", raise->epoch));
	return number_set(tx, "restored_at", raise->now);
}

enum status store_meta_number(struct store_tx *tx, const char *key, int64_t *ret_number)
{
	const char *text;
	enum status status = store_meta_get(tx, key, &text);

	if (status != OK && status != E_NOT_FOUND)
		return status;
	*ret_number = status == OK ? strtoll(text, NULL, 10) : 0;
	return OK;
}
