#include "store/sql.h"

static const struct sql_field outbox_fields[] = {
	FIELD(struct outbox_row, id),         FIELD(struct outbox_row, kind),
	FIELD(struct outbox_row, device_id),  FIELD(struct outbox_row, subject_id),
	FIELD(struct outbox_row, not_before), FIELD(struct outbox_row, expires_at),
	FIELD(struct outbox_row, created_at), FIELD(struct outbox_row, tries),
	FIELD(struct outbox_row, claimed_by),
};
static const struct sql_table outbox_table = {"outbox", outbox_fields, ARRAY_COUNT(outbox_fields),
					      sizeof(struct outbox_row), false};

enum status store_outbox_insert(struct store_tx *tx, const struct outbox_row *row)
{
	return sql_insert(tx, &outbox_table, row);
}

enum status store_outbox_find(struct store_tx *tx, const char *id, struct outbox_row *ret_row)
{
	return sql_find(tx, &outbox_table, SQL("WHERE id = ?1", sql_text(id)), ret_row);
}

enum status store_outbox_pending(struct store_tx *tx, int64_t *ret_count)
{
	return sql_number(tx, SQL("SELECT COUNT(*) FROM outbox"), ret_count);
}

enum status store_outbox_next(struct store_tx *tx, int64_t now, int64_t *ret_at)
{
	const enum status status =
		sql_number(tx,
			   SQL("SELECT not_before FROM outbox WHERE not_before >= 0 AND expires_at > ?1 "
			       "ORDER BY not_before LIMIT 1",
			       sql_int(now)),
			   ret_at);

	if (status == E_NOT_FOUND)
		*ret_at = -1;
	return status == E_NOT_FOUND ? OK : status;
}

/* The outer condition is for databases where another node may have claimed it since the inner one was read. */
enum status store_outbox_claim(struct store_tx *tx, const struct outbox_claim *claim, const char ***ret_ids,
			       size_t *ret_count)
{
	struct sql_words found = {0};

	TRY(sql_words(tx,
		      SQL("UPDATE outbox SET claimed_by = ?1, not_before = ?2, tries = tries + 1 "
			  "WHERE not_before <= ?3 AND id IN (SELECT id FROM outbox WHERE not_before <= ?3 AND "
			  "expires_at > ?3 ORDER BY not_before, id LIMIT ?4) RETURNING id",
			  sql_text(claim->by), sql_int(claim->until), sql_int(claim->now),
			  sql_int((int64_t)claim->limit)),
		      &found));
	*ret_ids = found.words;
	*ret_count = found.count;
	return OK;
}

enum status store_outbox_retry(struct store_tx *tx, const char *id, const char *by, int64_t not_before)
{
	return sql_run(tx,
		       SQL("UPDATE outbox SET claimed_by = NULL, not_before = ?3 WHERE id = ?1 AND claimed_by = ?2",
			   sql_text(id), sql_text(by), sql_int(not_before)),
		       NULL);
}

enum status store_outbox_release(struct store_tx *tx, const char *by, int64_t now)
{
	return sql_run(tx,
		       SQL("UPDATE outbox SET claimed_by = NULL, not_before = ?2 "
			   "WHERE claimed_by = ?1 AND not_before > ?2",
			   sql_text(by), sql_int(now)),
		       NULL);
}

enum status store_outbox_remove(struct store_tx *tx, const char *id)
{
	return sql_run(tx, SQL("DELETE FROM outbox WHERE id = ?1", sql_text(id)), NULL);
}

enum status store_outbox_remove_device(struct store_tx *tx, const char *device_id)
{
	return sql_run(tx, SQL("DELETE FROM outbox WHERE device_id = ?1", sql_text(device_id)), NULL);
}
