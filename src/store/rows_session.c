#include "store/sql.h"

/* ---- sessions ---- */

static const struct sql_field session_fields[] = {
	FIELD(struct session_row, sid),        FIELD(struct session_row, token_hash),
	FIELD(struct session_row, user_id),    FIELD(struct session_row, browser_hash),
	FIELD(struct session_row, proofs),     FIELD(struct session_row, acr),
	FIELD(struct session_row, amr),        FIELD(struct session_row, auth_time),
	FIELD(struct session_row, ip),         FIELD(struct session_row, ua_label),
	FIELD(struct session_row, created_at), FIELD(struct session_row, used_at),
	FIELD(struct session_row, idle_until), FIELD(struct session_row, ends_at),
	FIELD(struct session_row, ended_at),
};
static const struct sql_table session_table = {"sessions", session_fields, ARRAY_COUNT(session_fields),
					       sizeof(struct session_row), false};

enum status store_session_insert(struct store_tx *tx, const struct session_row *row)
{
	return sql_insert(tx, &session_table, row);
}

enum status store_session_find(struct store_tx *tx, const uint8_t token_hash[32], struct session_row *ret_row)
{
	return sql_find(tx, &session_table, SQL("WHERE token_hash = ?1 AND ended_at = 0", sql_hash(token_hash)),
			ret_row);
}

enum status store_session_find_sid(struct store_tx *tx, const char *sid, struct session_row *ret_row)
{
	return sql_find(tx, &session_table, SQL("WHERE sid = ?1", sql_text(sid)), ret_row);
}

enum status store_session_update(struct store_tx *tx, const struct session_row *row)
{
	return sql_change(tx, SQL("UPDATE sessions SET token_hash = ?2, browser_hash = ?3, proofs = ?4, acr = ?5, "
				  "amr = ?6, auth_time = ?7, ip = ?8, ua_label = ?9, used_at = ?10, "
				  "idle_until = ?11, ends_at = ?12 WHERE sid = ?1 AND ended_at = 0",
				  sql_text(row->sid), sql_hash(row->token_hash), sql_hash(row->browser_hash),
				  sql_text(row->proofs), sql_text(row->acr), sql_text(row->amr),
				  sql_int(row->auth_time), sql_text(row->ip), sql_text(row->ua_label),
				  sql_int(row->used_at), sql_int(row->idle_until), sql_int(row->ends_at)));
}

enum status store_session_touch(struct store_tx *tx, const char *sid, int64_t now, int64_t idle_until)
{
	return sql_change(tx, SQL("UPDATE sessions SET used_at = ?2, idle_until = ?3 "
				  "WHERE sid = ?1 AND ended_at = 0 AND used_at < ?2",
				  sql_text(sid), sql_int(now), sql_int(idle_until)));
}

enum status store_session_end(struct store_tx *tx, const char *sid, int64_t now)
{
	TRY(sql_change(tx, SQL("UPDATE sessions SET ended_at = ?2 WHERE sid = ?1 AND ended_at = 0", sql_text(sid),
			       sql_int(now))));
	TRY(sql_run(tx,
		    SQL("UPDATE tokens SET revoked_at = ?2 WHERE revoked_at = 0 AND grant_id IN "
			"(SELECT id FROM grants WHERE sid = ?1)",
			sql_text(sid), sql_int(now)),
		    NULL));
	return sql_run(tx,
		       SQL("UPDATE grants SET revoked_at = ?2 WHERE sid = ?1 AND revoked_at = 0", sql_text(sid),
			   sql_int(now)),
		       NULL);
}

/* The sids first: what ends is exactly what is revoked. */
enum status store_session_end_all(struct store_tx *tx, const char *user_id, const uint8_t *browser_hash, int64_t now)
{
	struct sql_words sids = {0};

	if (browser_hash)
		TRY(sql_words(tx,
			      SQL("SELECT sid FROM sessions WHERE user_id = ?1 AND ended_at = 0 AND browser_hash = ?2",
				  sql_text(user_id), sql_hash(browser_hash)),
			      &sids));
	else
		TRY(sql_words(tx,
			      SQL("SELECT sid FROM sessions WHERE user_id = ?1 AND ended_at = 0", sql_text(user_id)),
			      &sids));
	for (size_t i = 0; i < sids.count; i++)
		TRY(store_session_end(tx, sids.words[i], now));
	return OK;
}

enum status store_session_end_others(struct store_tx *tx, const char *user_id, const char *sid, int64_t now)
{
	struct sql_words sids = {0};

	TRY(sql_words(tx,
		      SQL("SELECT sid FROM sessions WHERE user_id = ?1 AND ended_at = 0 AND sid <> ?2",
			  sql_text(user_id), sql_text(sid)),
		      &sids));
	for (size_t i = 0; i < sids.count; i++)
		TRY(store_session_end(tx, sids.words[i], now));
	return OK;
}

enum status store_session_list(struct store_tx *tx, const char *user_id, struct session_row **ret_rows,
			       size_t *ret_count)
{
	struct sql_rows found = {0};

	TRY(sql_list(tx, &session_table,
		     SQL("WHERE user_id = ?1 AND ended_at = 0 ORDER BY used_at DESC, sid", sql_text(user_id)), &found));
	*ret_rows = found.rows;
	*ret_count = found.count;
	return OK;
}

/* ---- known browsers ---- */

static const struct sql_field browser_fields[] = {
	FIELD(struct browser_row, id),         FIELD(struct browser_row, user_id),
	FIELD(struct browser_row, token_hash), FIELD(struct browser_row, previous_hash),
	FIELD(struct browser_row, ip),         FIELD(struct browser_row, ua_label),
	FIELD(struct browser_row, created_at), FIELD(struct browser_row, used_at),
	FIELD(struct browser_row, rotated_at),
};
static const struct sql_table browser_table = {"browsers", browser_fields, ARRAY_COUNT(browser_fields),
					       sizeof(struct browser_row), false};

enum status store_browser_insert(struct store_tx *tx, const struct browser_row *row)
{
	return sql_insert(tx, &browser_table, row);
}

enum status store_browser_find(struct store_tx *tx, const char *id, struct browser_row *ret_row)
{
	return sql_find(tx, &browser_table, SQL("WHERE id = ?1", sql_text(id)), ret_row);
}

enum status store_browser_rotate(struct store_tx *tx, const char *id, const uint8_t old_hash[32],
				 const uint8_t new_hash[32], int64_t now)
{
	return sql_change(tx, SQL("UPDATE browsers SET previous_hash = token_hash, token_hash = ?3, rotated_at = ?4, "
				  "used_at = ?4 WHERE id = ?1 AND token_hash = ?2",
				  sql_text(id), sql_hash(old_hash), sql_hash(new_hash), sql_int(now)));
}

enum status store_browser_remove(struct store_tx *tx, const char *id)
{
	return sql_set(tx, SQL("DELETE FROM browsers WHERE id = ?1", sql_text(id)));
}

enum status store_browser_remove_all(struct store_tx *tx, const char *user_id)
{
	return sql_run(tx, SQL("DELETE FROM browsers WHERE user_id = ?1", sql_text(user_id)), NULL);
}

enum status store_browser_list(struct store_tx *tx, const char *user_id, struct browser_row **ret_rows,
			       size_t *ret_count)
{
	struct sql_rows found = {0};

	TRY(sql_list(tx, &browser_table, SQL("WHERE user_id = ?1 ORDER BY used_at, id", sql_text(user_id)), &found));
	*ret_rows = found.rows;
	*ret_count = found.count;
	return OK;
}
