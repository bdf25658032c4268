#include "store/sql.h"

/* What happens once, and what is counted. */

enum status store_replay_insert(struct store_tx *tx, const char *scope, const char *value, int64_t expires_at)
{
	return sql_change(tx, SQL("INSERT INTO replays (scope, value, expires_at) VALUES (?1, ?2, ?3) "
				  "ON CONFLICT DO NOTHING",
				  sql_text(scope), sql_text(value), sql_int(expires_at)));
}

enum status store_attempt_insert(struct store_tx *tx, const char *subject, const char *kind, int64_t now)
{
	return sql_run(tx,
		       SQL("INSERT INTO attempts (subject, kind, at) VALUES (?1, ?2, ?3)", sql_text(subject),
			   sql_text(kind), sql_int(now)),
		       NULL);
}

enum status store_attempt_count(struct store_tx *tx, const char *subject, const char *kind, int64_t since,
				int64_t *ret_count)
{
	return sql_number(tx,
			  SQL("SELECT COUNT(*) FROM attempts WHERE subject = ?1 AND kind = ?2 AND at >= ?3",
			      sql_text(subject), sql_text(kind), sql_int(since)),
			  ret_count);
}

enum status store_attempt_last(struct store_tx *tx, const char *subject, const char *kind, int64_t *ret_at)
{
	return sql_number(tx,
			  SQL("SELECT MAX(at) FROM attempts WHERE subject = ?1 AND kind = ?2", sql_text(subject),
			      sql_text(kind)),
			  ret_at);
}

enum status store_attempt_clear(struct store_tx *tx, const char *subject, const char *kind)
{
	return sql_run(tx,
		       SQL("DELETE FROM attempts WHERE subject = ?1 AND kind = ?2", sql_text(subject), sql_text(kind)),
		       NULL);
}
