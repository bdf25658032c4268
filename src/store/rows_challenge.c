#include "store/sql.h"

static const struct sql_field challenge_fields[] = {
	FIELD(struct challenge_row, id),           FIELD(struct challenge_row, login_id),
	FIELD(struct challenge_row, user_id),      FIELD(struct challenge_row, mode),
	FIELD(struct challenge_row, digits),       FIELD(struct challenge_row, number),
	FIELD(struct challenge_row, code),         FIELD(struct challenge_row, nonce),
	FIELD(struct challenge_row, details),      FIELD(struct challenge_row, shown),
	FIELD(struct challenge_row, state),        FIELD(struct challenge_row, hidden),
	FIELD(struct challenge_row, popup),        FIELD(struct challenge_row, known_browser),
	FIELD(struct challenge_row, browser_hash), FIELD(struct challenge_row, why),
	FIELD(struct challenge_row, client_name),  FIELD(struct challenge_row, device_id),
	FIELD(struct challenge_row, answer_hash),  FIELD(struct challenge_row, answer),
	FIELD(struct challenge_row, created_at),   FIELD(struct challenge_row, expires_at),
	FIELD(struct challenge_row, seen_at),      FIELD(struct challenge_row, settled_at),
	FIELD(struct challenge_row, delivery),
};
static const struct sql_table challenge_table = {"challenges", challenge_fields, ARRAY_COUNT(challenge_fields),
						 sizeof(struct challenge_row), false};

enum status store_challenge_insert(struct store_tx *tx, const struct challenge_row *row)
{
	return sql_insert(tx, &challenge_table, row);
}

enum status store_challenge_find(struct store_tx *tx, const char *id, struct challenge_row *ret_row)
{
	return sql_find(tx, &challenge_table, SQL("WHERE id = ?1", sql_text(id)), ret_row);
}

enum status store_challenge_find_pending(struct store_tx *tx, const char *user_id, struct challenge_row *ret_row)
{
	return sql_find(tx, &challenge_table,
			SQL("WHERE user_id = ?1 AND state = 'pending' AND hidden = 0", sql_text(user_id)), ret_row);
}

/* What `settle` leaves out stays: consuming an approved challenge keeps its answer. */
enum status store_challenge_settle(struct store_tx *tx, const char *id, const char *from,
				   const struct challenge_settle *settle, int64_t unexpired_at)
{
	return sql_change(tx, SQL("UPDATE challenges SET state = ?3, device_id = COALESCE(?4, device_id), "
				  "answer_hash = COALESCE(?5, answer_hash), answer = COALESCE(?6, answer), "
				  "settled_at = ?7 "
				  "WHERE id = ?1 AND state = ?2 AND (?8 = 0 OR expires_at > ?8)",
				  sql_text(id), sql_text(from), sql_text(settle->to), sql_text(settle->device_id),
				  sql_hash(settle->answer_hash), sql_text(settle->answer), sql_int(settle->now),
				  sql_int(unexpired_at)));
}

/* One push service that took it is enough, however many others do not. */
enum status store_challenge_set_delivery(struct store_tx *tx, const char *id, const char *to)
{
	return sql_change(tx, SQL("UPDATE challenges SET delivery = ?2 WHERE id = ?1 AND delivery IS NOT NULL "
				  "AND delivery <> ?2 AND delivery <> 'reached'",
				  sql_text(id), sql_text(to)));
}

enum status store_challenge_set_seen(struct store_tx *tx, const char *id, int64_t now)
{
	return sql_change(tx, SQL("UPDATE challenges SET seen_at = ?2 WHERE id = ?1 AND seen_at = 0", sql_text(id),
				  sql_int(now)));
}

enum status store_challenge_recent(struct store_tx *tx, const char *user_id, size_t limit,
				   struct challenge_row **ret_rows, size_t *ret_count)
{
	struct sql_rows found = {0};

	TRY(sql_list(tx, &challenge_table,
		     SQL("WHERE user_id = ?1 AND hidden = 0 ORDER BY created_at DESC, id LIMIT ?2", sql_text(user_id),
			 sql_int((int64_t)limit)),
		     &found));
	*ret_rows = found.rows;
	*ret_count = found.count;
	return OK;
}

enum status store_challenge_expire(struct store_tx *tx, int64_t now, size_t limit, size_t *ret_count)
{
	int64_t changed = 0;

	TRY(sql_run(tx,
		    SQL("UPDATE challenges SET state = 'expired', settled_at = ?1 WHERE state = 'pending' AND id IN "
			"(SELECT id FROM challenges WHERE state = 'pending' AND expires_at <= ?1 "
			"ORDER BY expires_at LIMIT ?2)",
			sql_int(now), sql_int((int64_t)limit)),
		    &changed));
	*ret_count = (size_t)changed;
	return OK;
}
