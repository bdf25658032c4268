#include "store/sql.h"

enum { HOUR_S = 3600, DAY_S = 24 * HOUR_S };

/*
 * How long what is over stays, in seconds. A login and its session can still be reported for a day after the approval;
 * an unknown name's login stays as long as a known one's, so that its end tells nothing. Budgets look back 30 days.
 */
enum {
	KEEP_LOGIN_S = 2 * DAY_S,
	KEEP_SESSION_S = 2 * DAY_S,
	KEEP_CHALLENGE_S = 31 * DAY_S,
	KEEP_ATTEMPT_S = 31 * DAY_S,
	KEEP_PASS_S = 31 * DAY_S,
};

/* ?1: over at or before this; ?2: at most so many. Each walks an index from its oldest entry. */
struct sweep {
	const char *text;
	int64_t keep_s;
};

static const struct sweep sweeps[] = {
	{"DELETE FROM logins WHERE id IN "
	 "(SELECT id FROM logins WHERE subject IS NULL AND expires_at <= ?1 ORDER BY expires_at LIMIT ?2)",
	 0},
	{"DELETE FROM logins WHERE id IN "
	 "(SELECT id FROM logins WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)",
	 KEEP_LOGIN_S},
	{"DELETE FROM challenges WHERE id IN "
	 "(SELECT id FROM challenges WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)",
	 KEEP_CHALLENGE_S},
	{"DELETE FROM enrolments WHERE id IN "
	 "(SELECT id FROM enrolments WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)",
	 0},
	{"DELETE FROM replays WHERE (scope, value) IN "
	 "(SELECT scope, value FROM replays WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)",
	 0},
	{"DELETE FROM tokens WHERE token_hash IN "
	 "(SELECT token_hash FROM tokens WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)",
	 0},
	{"DELETE FROM grants WHERE id IN "
	 "(SELECT id FROM grants WHERE keep_until <= ?1 AND expires_at <= ?1 ORDER BY keep_until, expires_at LIMIT ?2)",
	 0},
	{"DELETE FROM sessions WHERE sid IN "
	 "(SELECT sid FROM sessions WHERE idle_until <= ?1 ORDER BY idle_until LIMIT ?2)",
	 KEEP_SESSION_S},
	{"DELETE FROM sessions WHERE sid IN "
	 "(SELECT sid FROM sessions WHERE ended_at <> 0 AND ended_at <= ?1 ORDER BY ended_at LIMIT ?2)",
	 KEEP_SESSION_S},
	{"DELETE FROM attempts WHERE id IN (SELECT id FROM attempts WHERE at <= ?1 ORDER BY at LIMIT ?2)",
	 KEEP_ATTEMPT_S},
	{"DELETE FROM passes WHERE id IN "
	 "(SELECT id FROM passes WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)",
	 KEEP_PASS_S},
	{"DELETE FROM outbox WHERE id IN "
	 "(SELECT id FROM outbox WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)",
	 0},
};

enum status store_sweep(struct store_tx *tx, int64_t now, size_t limit, size_t *ret_removed)
{
	int64_t removed = 0;

	for (size_t i = 0; i < ARRAY_COUNT(sweeps); i++) {
		int64_t changed = 0;

		TRY(sql_run(tx, SQL(sweeps[i].text, sql_int(now - sweeps[i].keep_s), sql_int((int64_t)limit)),
			    &changed));
		removed += changed;
	}
	*ret_removed = (size_t)removed;
	return OK;
}
