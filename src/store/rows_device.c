#include "store/sql.h"

/* ---- devices ---- */

static const struct sql_field device_fields[] = {
	FIELD(struct device_row, id),
	FIELD(struct device_row, user_id),
	FIELD(struct device_row, name),
	FIELD(struct device_row, platform),
	FIELD(struct device_row, jwk),
	FIELD(struct device_row, thumbprint),
	FIELD(struct device_row, state),
	FIELD(struct device_row, enrolment_id),
	FIELD(struct device_row, push_endpoint),
	FIELD(struct device_row, push_p256dh),
	FIELD(struct device_row, push_auth),
	FIELD(struct device_row, push_kid),
	FIELD(struct device_row, push_ok_at),
	FIELD(struct device_row, push_since),
	FIELD(struct device_row, push_nonce),
	FIELD(struct device_row, push_nonce_until),
	FIELD(struct device_row, push_accepted_at),
	FIELD(struct device_row, push_failed_at),
	FIELD(struct device_row, push_failure),
	FIELD(struct device_row, reported_at),
	FIELD(struct device_row, created_at),
	FIELD(struct device_row, seen_at),
	FIELD(struct device_row, revoked_at),
};
static const struct sql_table device_table = {"devices", device_fields, ARRAY_COUNT(device_fields),
					      sizeof(struct device_row), false};

enum status store_device_insert(struct store_tx *tx, const struct device_row *row)
{
	return sql_insert(tx, &device_table, row);
}

enum status store_device_find(struct store_tx *tx, const char *id, struct device_row *ret_row)
{
	return sql_find(tx, &device_table, SQL("WHERE id = ?1", sql_text(id)), ret_row);
}

enum status store_device_list(struct store_tx *tx, const char *user_id, struct device_row **ret_rows, size_t *ret_count)
{
	struct sql_rows found = {0};

	TRY(sql_list(tx, &device_table, SQL("WHERE user_id = ?1 ORDER BY created_at DESC, id", sql_text(user_id)),
		     &found));
	*ret_rows = found.rows;
	*ret_count = found.count;
	return OK;
}

enum status store_device_set_state(struct store_tx *tx, const char *id, const char *from, const char *to, int64_t now)
{
	return sql_change(tx, SQL("UPDATE devices SET state = ?3, "
				  "revoked_at = CASE WHEN ?3 IN ('revoked', 'void') THEN ?4 ELSE revoked_at END "
				  "WHERE id = ?1 AND state = ?2",
				  sql_text(id), sql_text(from), sql_text(to), sql_int(now)));
}

enum status store_device_set_name(struct store_tx *tx, const char *id, const char *name)
{
	return sql_change(tx, SQL("UPDATE devices SET name = ?2 WHERE id = ?1 AND state = 'active'", sql_text(id),
				  sql_text(name)));
}

/* A new subscription has not proven yet that it reaches the device. */
enum status store_device_set_push(struct store_tx *tx, const char *id, const struct push_subscription *push,
				  int64_t now)
{
	return sql_set(tx, SQL("UPDATE devices SET push_endpoint = ?2, push_p256dh = ?3, push_auth = ?4, "
			       "push_kid = ?5, push_ok_at = 0, push_since = 0, push_nonce = NULL, "
			       "push_accepted_at = 0, push_failed_at = 0, push_failure = NULL, seen_at = ?6 "
			       "WHERE id = ?1",
			       sql_text(id), sql_text(push->endpoint), sql_text(push->p256dh), sql_text(push->auth),
			       sql_text(push->kid), sql_int(now)));
}

enum status store_device_set_push_nonce(struct store_tx *tx, const char *id, const char *nonce, int64_t until)
{
	return sql_set(tx, SQL("UPDATE devices SET push_nonce = ?2, push_nonce_until = ?3 WHERE id = ?1", sql_text(id),
			       sql_text(nonce), sql_int(until)));
}

enum status store_device_echo(struct store_tx *tx, const char *id, const char *nonce, int64_t now)
{
	return sql_change(tx, SQL("UPDATE devices SET push_ok_at = ?3, push_failure = NULL, "
				  "push_since = CASE WHEN push_since = 0 THEN ?3 ELSE push_since END "
				  "WHERE id = ?1 AND push_nonce = ?2 AND push_nonce_until > ?3",
				  sql_text(id), sql_text(nonce), sql_int(now)));
}

enum status store_device_push_accepted(struct store_tx *tx, const char *id, const char *endpoint, int64_t now)
{
	return sql_run(tx,
		       SQL("UPDATE devices SET push_accepted_at = ?3, push_failure = NULL "
			   "WHERE id = ?1 AND push_endpoint = ?2",
			   sql_text(id), sql_text(endpoint), sql_int(now)),
		       NULL);
}

enum status store_device_push_failed(struct store_tx *tx, const char *id, const char *endpoint, const char *failure,
				     int64_t now)
{
	return sql_run(tx,
		       SQL("UPDATE devices SET push_failed_at = ?3, push_failure = ?4 "
			   "WHERE id = ?1 AND push_endpoint = ?2",
			   sql_text(id), sql_text(endpoint), sql_int(now), sql_text(failure)),
		       NULL);
}

enum status store_device_push_drop(struct store_tx *tx, const char *id, const char *endpoint, int64_t now)
{
	return sql_change(tx, SQL("UPDATE devices SET push_endpoint = NULL, push_p256dh = NULL, push_auth = NULL, "
				  "push_kid = NULL, push_ok_at = 0, push_since = 0, push_nonce = NULL, "
				  "push_failed_at = ?3, push_failure = 'gone' WHERE id = ?1 AND push_endpoint = ?2",
				  sql_text(id), sql_text(endpoint), sql_int(now)));
}

enum status store_device_count_kid(struct store_tx *tx, const char *kid, int64_t *ret_count)
{
	return sql_number(tx,
			  SQL("SELECT COUNT(*) FROM devices WHERE push_kid = ?1 AND state = 'active'", sql_text(kid)),
			  ret_count);
}

enum status store_device_set_seen(struct store_tx *tx, const char *id, int64_t now)
{
	return sql_set(tx, SQL("UPDATE devices SET seen_at = ?2 WHERE id = ?1", sql_text(id), sql_int(now)));
}

enum status store_device_report(struct store_tx *tx, const char *id, int64_t now, int64_t within_s)
{
	return sql_change(tx, SQL("UPDATE devices SET reported_at = ?2 WHERE id = ?1 AND reported_at <= ?3",
				  sql_text(id), sql_int(now), sql_int(now - within_s)));
}

/* ---- enrolments ---- */

static const struct sql_field enrolment_fields[] = {
	FIELD(struct enrolment_row, id),
	FIELD(struct enrolment_row, user_id),
	FIELD(struct enrolment_row, sealed_secret),
	FIELD(struct enrolment_row, code_hash),
	FIELD(struct enrolment_row, code_taken),
	FIELD(struct enrolment_row, state),
	FIELD(struct enrolment_row, device_id),
	FIELD(struct enrolment_row, digits),
	FIELD(struct enrolment_row, with_totp),
	FIELD(struct enrolment_row, totp_id),
	FIELD(struct enrolment_row, made_by),
	FIELD(struct enrolment_row, created_at),
	FIELD(struct enrolment_row, expires_at),
};
static const struct sql_table enrolment_table = {"enrolments", enrolment_fields, ARRAY_COUNT(enrolment_fields),
						 sizeof(struct enrolment_row), false};

enum status store_enrolment_insert(struct store_tx *tx, const struct enrolment_row *row)
{
	return sql_insert(tx, &enrolment_table, row);
}

enum status store_enrolment_find(struct store_tx *tx, const char *id, struct enrolment_row *ret_row)
{
	return sql_find(tx, &enrolment_table, SQL("WHERE id = ?1", sql_text(id)), ret_row);
}

enum status store_enrolment_find_code(struct store_tx *tx, const uint8_t code_hash[32], struct enrolment_row *ret_row)
{
	return sql_find(tx, &enrolment_table, SQL("WHERE code_hash = ?1", sql_hash(code_hash)), ret_row);
}

enum status store_enrolment_move(struct store_tx *tx, const char *id, const char *from, const char *to,
				 const char *device_id, const char *digits)
{
	return sql_change(tx, SQL("UPDATE enrolments SET state = ?3, device_id = COALESCE(?4, device_id), "
				  "digits = COALESCE(?5, digits) WHERE id = ?1 AND state = ?2",
				  sql_text(id), sql_text(from), sql_text(to), sql_text(device_id), sql_text(digits)));
}

enum status store_enrolment_void_made_by(struct store_tx *tx, const char *made_by)
{
	return sql_run(tx,
		       SQL("UPDATE enrolments SET state = 'void' WHERE made_by = ?1 AND state = 'open'",
			   sql_text(made_by)),
		       NULL);
}

enum status store_enrolment_take_code(struct store_tx *tx, const char *id)
{
	return sql_change(tx,
			  SQL("UPDATE enrolments SET code_taken = 1 WHERE id = ?1 AND code_taken = 0", sql_text(id)));
}
