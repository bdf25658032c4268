/*
 * What must hold of a database whatever has failed: whole, nothing half, nothing granted without its evidence, and all
 * that somebody was told.
 *
 * After a step that was not answered OK either nothing of it is there or all of it: a COMMIT whose sync failed, or that
 * ran out of memory after it, may be durable although nobody was told so. Then a session and a code exist whose secrets
 * were drawn inside and never left: no one can hold them. So the rule is
 *   - every session and grant is complete, with its login finished and its proofs, or not there;
 *   - of those, all but one for each failed finish were told to their browser.
 */
#include "scene.h"

#include <stdio.h>
#include <string.h>

#include <sqlite3.h>

static const struct {
	const char *what, *sql; /* counts what is wrong */
} rules[] = {
	{"a grant without its finished login",
	 "SELECT COUNT(*) FROM grants g WHERE revoked_at = 0 AND NOT EXISTS (SELECT 1 FROM logins l WHERE l.id = "
	 "g.login_id AND l.state = 'finished' AND l.session_sid = g.sid AND l.user_id = g.user_id)"},
	{"a grant without its session",
	 "SELECT COUNT(*) FROM grants g WHERE NOT EXISTS (SELECT 1 FROM sessions s WHERE s.sid = g.sid)"},
	{"a finished login without its grant",
	 "SELECT COUNT(*) FROM logins l WHERE state = 'finished' AND 1 <> (SELECT COUNT(*) FROM grants g WHERE "
	 "g.login_id = l.id)"},
	{"a session without a finished login", "SELECT COUNT(*) FROM sessions s WHERE ended_at = 0 AND NOT EXISTS "
					       "(SELECT 1 FROM logins l WHERE l.session_sid = "
					       "s.sid AND l.state = 'finished')"},
	{"a finished login that the log does not know",
	 "SELECT COUNT(*) FROM logins l WHERE state = 'finished' AND 1 <> (SELECT COUNT(*) FROM audits a WHERE "
	 "a.login_id = l.id AND a.event = 'login.finished')"},
	{"the log knows a sign-in that did not happen",
	 "SELECT COUNT(*) FROM audits a WHERE event = 'login.finished' AND NOT EXISTS (SELECT 1 FROM grants g WHERE "
	 "g.login_id = a.login_id)"},
	{"a session without two proofs", "SELECT COUNT(*) FROM sessions WHERE proofs NOT LIKE '%\"password\"%' OR "
					 "(proofs NOT LIKE '%\"push%' AND proofs NOT LIKE '%\"totp\"%' AND proofs NOT "
					 "LIKE '%\"recovery\"%')"},
	{"a login that is done without its proofs",
	 "SELECT COUNT(*) FROM logins l WHERE state = 'done' AND (proofs NOT LIKE '%\"password\"%' OR (proofs NOT LIKE "
	 "'%\"push%' AND proofs NOT LIKE '%\"totp\"%' AND proofs NOT LIKE '%\"recovery\"%'))"},
	{"a login proven by a push that nobody approved",
	 "SELECT COUNT(*) FROM logins l WHERE proofs LIKE '%\"push%' AND state NOT IN ('refused', 'finished') AND NOT "
	 "EXISTS (SELECT 1 FROM challenges c WHERE c.login_id = l.id AND c.state IN ('approved', 'consumed'))"},
	{"a finished login whose push was not consumed",
	 "SELECT COUNT(*) FROM logins l WHERE proofs LIKE '%\"push%' AND state = 'finished' AND NOT EXISTS (SELECT 1 "
	 "FROM challenges c WHERE c.login_id = l.id AND c.state IN ('consumed', 'denied'))"},
	{"an approved challenge whose login does not have the proof",
	 "SELECT COUNT(*) FROM challenges c WHERE state IN ('approved', 'consumed') AND NOT EXISTS (SELECT 1 FROM "
	 "logins "
	 "l WHERE l.id = c.login_id AND l.proofs LIKE '%\"push%')"},
	{"an approval without a receipt", "SELECT COUNT(*) FROM challenges WHERE state IN ('approved', 'consumed') AND "
					  "(answer IS NULL OR device_id IS NULL)"},
	{"a push that was consumed without a sign-in",
	 "SELECT COUNT(*) FROM challenges c WHERE state = 'consumed' AND NOT EXISTS (SELECT 1 FROM grants g WHERE "
	 "g.login_id = c.login_id)"},
	{"a token whose code was not redeemed",
	 "SELECT COUNT(*) FROM tokens t WHERE NOT EXISTS (SELECT 1 FROM grants g "
	 "WHERE g.id = t.grant_id AND g.redeemed_at <> 0)"},
	{"a redeemed code without its one token", "SELECT COUNT(*) FROM grants g WHERE redeemed_at <> 0 AND 1 <> "
						  "(SELECT COUNT(*) FROM tokens t WHERE t.grant_id "
						  "= g.id)"},
	{"a token outlives its grant", "SELECT COUNT(*) FROM tokens t JOIN grants g ON g.id = t.grant_id WHERE "
				       "g.revoked_at <> 0 AND t.revoked_at = 0"},
	{"a grant outlives its session", "SELECT COUNT(*) FROM grants g JOIN sessions s ON s.sid = g.sid WHERE "
					 "s.ended_at <> 0 AND g.revoked_at = 0"},
	{"a disabled user has a session", "SELECT COUNT(*) FROM sessions s JOIN users u ON u.id = s.user_id WHERE "
					  "u.disabled <> 0 AND s.ended_at = 0"},
	{"a disabled user is asked", "SELECT COUNT(*) FROM challenges c JOIN users u ON u.id = c.user_id WHERE "
				     "u.disabled <> 0 AND c.state = 'pending'"},
	{"a device is active before its digits were typed", "SELECT COUNT(*) FROM devices d JOIN enrolments e ON e.id "
							    "= d.enrolment_id WHERE d.state = 'active' AND e.state "
							    "<> 'active'"},
	{"an active enrolment without its device", "SELECT COUNT(*) FROM enrolments e WHERE state = 'active' AND NOT "
						   "EXISTS (SELECT 1 FROM devices d WHERE d.id = e.device_id AND "
						   "d.state = 'active')"},
	{"not one current and one next key of each kind",
	 "SELECT COUNT(*) FROM (SELECT alg, SUM(state = 'current') AS c, SUM(state = 'next') AS n FROM keys WHERE "
	 "purpose = 'token' GROUP BY alg) WHERE c <> 1 OR n <> 1"},
	{"a push for a challenge that is not there", "SELECT COUNT(*) FROM outbox o WHERE kind = 'challenge' AND NOT "
						     "EXISTS (SELECT 1 FROM challenges c WHERE c.id = "
						     "o.subject_id)"},
};

static int64_t number(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement = NULL;
	int64_t result = -1;

	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	if (sqlite3_step(statement) == SQLITE_ROW)
		result = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return result;
}

static const char *text(struct run *run, sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement = NULL;
	const char *result = NULL;

	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW)
		result = (const char *)sqlite3_column_text(statement, 0);
	result = result ? arena_strdup(run->test->arena, result) : NULL;
	sqlite3_finalize(statement);
	return result;
}

/* Sessions and codes whose secret was told to nobody: at most one for each finish that failed. */
static int64_t untold(struct run *run, sqlite3 *db, const char *table, const char *column)
{
	const char *sql = arena_format(run->test->arena, "SELECT COUNT(*) FROM %s WHERE %s NOT IN (x''", table, column);

	for (size_t i = 0; i < run->held_count; i++)
		sql = arena_format(run->test->arena, "%s, %s", sql, run->held[i]);
	return number(db, arena_format(run->test->arena, "%s)", sql));
}

static const char *wrong_in(struct run *run, sqlite3 *db)
{
	struct arena *arena = run->test->arena;
	const char *whole = text(run, db, "PRAGMA integrity_check");

	if (!whole || strcmp(whole, "ok") != 0)
		return arena_format(arena, "the database is damaged: %s", whole ? whole : sqlite3_errmsg(db));
	if (text(run, db, "PRAGMA foreign_key_check"))
		return "a row refers to what is not there";
	for (size_t i = 0; i < ARRAY_COUNT(rules); i++)
		if (number(db, rules[i].sql) != 0)
			return rules[i].what;
	for (size_t i = 0; i < run->promise_count; i++)
		if (number(db, run->promises[i].sql) != 1)
			return arena_format(arena, "told, and not so: %s", run->promises[i].what);
	if (untold(run, db, "sessions", "token_hash") > run->failed_finishes)
		return "a session that nobody was told of";
	if (untold(run, db, "grants", "code_hash") > run->failed_finishes)
		return "a code that nobody was told of";
	return NULL;
}

const char *oracle(struct run *run, const char *path)
{
	const char *wrong = "it cannot be opened";
	sqlite3 *db = NULL;

	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK) {
		sqlite3_busy_timeout(db, 5000);
		wrong = wrong_in(run, db);
	}
	sqlite3_close(db);
	return wrong;
}
