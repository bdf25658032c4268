#include "store/sql.h"

/* ---- totp ---- */

static const struct sql_field totp_fields[] = {
	FIELD(struct totp_row, id),          FIELD(struct totp_row, user_id),   FIELD(struct totp_row, label),
	FIELD(struct totp_row, sealed_seed), FIELD(struct totp_row, algorithm), FIELD(struct totp_row, digits),
	FIELD(struct totp_row, period),      FIELD(struct totp_row, last_step), FIELD(struct totp_row, state),
	FIELD(struct totp_row, created_at),  FIELD(struct totp_row, used_at),
};
static const struct sql_table totp_table = {"totps", totp_fields, ARRAY_COUNT(totp_fields), sizeof(struct totp_row),
					    false};

enum status store_totp_insert(struct store_tx *tx, const struct totp_row *row)
{
	return sql_insert(tx, &totp_table, row);
}

enum status store_totp_list(struct store_tx *tx, const char *user_id, struct totp_row **ret_rows, size_t *ret_count)
{
	struct sql_rows found = {0};

	TRY(sql_list(tx, &totp_table, SQL("WHERE user_id = ?1 ORDER BY created_at, id", sql_text(user_id)), &found));
	*ret_rows = found.rows;
	*ret_count = found.count;
	return OK;
}

enum status store_totp_find(struct store_tx *tx, const char *id, struct totp_row *ret_row)
{
	return sql_find(tx, &totp_table, SQL("WHERE id = ?1", sql_text(id)), ret_row);
}

/*= RFC6238#5.2
 * "The verifier MUST NOT accept the second attempt of the OTP after the successful validation has been issued for the
 * first OTP" */
enum status store_totp_use_step(struct store_tx *tx, const char *id, int64_t step, int64_t now)
{
	return sql_change(tx, SQL("UPDATE totps SET last_step = ?2, used_at = ?3 WHERE id = ?1 AND last_step < ?2",
				  sql_text(id), sql_int(step), sql_int(now)));
}

enum status store_totp_set_state(struct store_tx *tx, const char *id, const char *from, const char *to)
{
	return sql_change(tx, SQL("UPDATE totps SET state = ?3 WHERE id = ?1 AND state = ?2", sql_text(id),
				  sql_text(from), sql_text(to)));
}

enum status store_totp_set_label(struct store_tx *tx, const char *id, const char *label)
{
	return sql_change(tx, SQL("UPDATE totps SET label = ?2 WHERE id = ?1 AND state = 'active'", sql_text(id),
				  sql_text(label)));
}

enum status store_totp_remove_pending(struct store_tx *tx, const char *user_id)
{
	return sql_run(tx, SQL("DELETE FROM totps WHERE user_id = ?1 AND state = 'pending'", sql_text(user_id)), NULL);
}

enum status store_totp_remove(struct store_tx *tx, const char *id)
{
	return sql_set(tx, SQL("DELETE FROM totps WHERE id = ?1", sql_text(id)));
}

/* ---- recovery codes ---- */

static const struct sql_field recovery_fields[] = {
	FIELD(struct recovery_row, selector),   FIELD(struct recovery_row, user_id), FIELD(struct recovery_row, hash),
	FIELD(struct recovery_row, created_at), FIELD(struct recovery_row, used_at),
};
static const struct sql_table recovery_table = {"recoveries", recovery_fields, ARRAY_COUNT(recovery_fields),
						sizeof(struct recovery_row), false};

enum status store_recovery_insert(struct store_tx *tx, const struct recovery_row *row)
{
	return sql_insert(tx, &recovery_table, row);
}

enum status store_recovery_find(struct store_tx *tx, const char *selector, struct recovery_row *ret_row)
{
	return sql_find(tx, &recovery_table, SQL("WHERE selector = ?1", sql_text(selector)), ret_row);
}

enum status store_recovery_use(struct store_tx *tx, const char *selector, int64_t now)
{
	return sql_change(tx, SQL("UPDATE recoveries SET used_at = ?2 WHERE selector = ?1 AND used_at = 0",
				  sql_text(selector), sql_int(now)));
}

enum status store_recovery_remove_all(struct store_tx *tx, const char *user_id)
{
	return sql_run(tx, SQL("DELETE FROM recoveries WHERE user_id = ?1", sql_text(user_id)), NULL);
}

enum status store_recovery_count(struct store_tx *tx, const char *user_id, int64_t *ret_unused)
{
	return sql_number(tx,
			  SQL("SELECT COUNT(*) FROM recoveries WHERE user_id = ?1 AND used_at = 0", sql_text(user_id)),
			  ret_unused);
}

enum status store_recovery_issued(struct store_tx *tx, const char *user_id, int64_t *ret_at)
{
	return sql_number(tx, SQL("SELECT MAX(created_at) FROM recoveries WHERE user_id = ?1", sql_text(user_id)),
			  ret_at);
}

/* ---- temporary passes ---- */

static const struct sql_field pass_fields[] = {
	FIELD(struct pass_row, id),         FIELD(struct pass_row, user_id),    FIELD(struct pass_row, hash),
	FIELD(struct pass_row, created_at), FIELD(struct pass_row, expires_at), FIELD(struct pass_row, used_at),
	FIELD(struct pass_row, ended_at),
};
static const struct sql_table pass_table = {"passes", pass_fields, ARRAY_COUNT(pass_fields), sizeof(struct pass_row),
					    false};

enum status store_pass_insert(struct store_tx *tx, const struct pass_row *row)
{
	return sql_insert(tx, &pass_table, row);
}

enum status store_pass_find(struct store_tx *tx, const char *id, struct pass_row *ret_row)
{
	return sql_find(tx, &pass_table, SQL("WHERE id = ?1", sql_text(id)), ret_row);
}

enum status store_pass_find_live(struct store_tx *tx, const char *user_id, int64_t now, struct pass_row *ret_row)
{
	return sql_find(tx, &pass_table,
			SQL("WHERE user_id = ?1 AND used_at = 0 AND ended_at = 0 AND expires_at > ?2",
			    sql_text(user_id), sql_int(now)),
			ret_row);
}

enum status store_pass_list(struct store_tx *tx, const char *user_id, struct pass_row **ret_rows, size_t *ret_count)
{
	struct sql_rows found = {0};

	TRY(sql_list(tx, &pass_table, SQL("WHERE user_id = ?1 ORDER BY created_at DESC, id", sql_text(user_id)),
		     &found));
	*ret_rows = found.rows;
	*ret_count = found.count;
	return OK;
}

enum status store_pass_use(struct store_tx *tx, const char *id, int64_t now)
{
	return sql_change(tx, SQL("UPDATE passes SET used_at = ?2 WHERE id = ?1 AND used_at = 0 AND ended_at = 0 "
				  "AND expires_at > ?2",
				  sql_text(id), sql_int(now)));
}

enum status store_pass_end(struct store_tx *tx, const char *id, int64_t now)
{
	return sql_change(tx, SQL("UPDATE passes SET ended_at = ?2 WHERE id = ?1 AND used_at = 0 AND ended_at = 0",
				  sql_text(id), sql_int(now)));
}

enum status store_pass_end_all(struct store_tx *tx, const char *user_id, int64_t now)
{
	return sql_run(tx,
		       SQL("UPDATE passes SET ended_at = ?2 WHERE user_id = ?1 AND used_at = 0 AND ended_at = 0",
			   sql_text(user_id), sql_int(now)),
		       NULL);
}
