#include "store/sql.h"

/* ---- grants ---- */

static const struct sql_field grant_fields[] = {
	FIELD(struct grant_row, id),           FIELD(struct grant_row, code_hash),
	FIELD(struct grant_row, client_id),    FIELD(struct grant_row, user_id),
	FIELD(struct grant_row, login_id),     FIELD(struct grant_row, sid),
	FIELD(struct grant_row, redirect_uri), FIELD(struct grant_row, scope),
	FIELD(struct grant_row, nonce),        FIELD(struct grant_row, code_challenge),
	FIELD(struct grant_row, acr),          FIELD(struct grant_row, amr),
	FIELD(struct grant_row, auth_time),    FIELD(struct grant_row, created_at),
	FIELD(struct grant_row, expires_at),   FIELD(struct grant_row, redeemed_at),
	FIELD(struct grant_row, revoked_at),
};
static const struct sql_table grant_table = {"grants", grant_fields, ARRAY_COUNT(grant_fields),
					     sizeof(struct grant_row), false};

enum status store_grant_insert(struct store_tx *tx, const struct grant_row *row)
{
	return sql_insert(tx, &grant_table, row);
}

enum status store_grant_find_code(struct store_tx *tx, const uint8_t code_hash[32], struct grant_row *ret_row)
{
	return sql_find(tx, &grant_table, SQL("WHERE code_hash = ?1", sql_hash(code_hash)), ret_row);
}

/*= RFC6749#4.1.2
 * "If an authorization code is used more than once, the authorization server MUST deny the request" */
enum status store_grant_redeem(struct store_tx *tx, const char *id, int64_t now)
{
	return sql_change(tx, SQL("UPDATE grants SET redeemed_at = ?2 "
				  "WHERE id = ?1 AND redeemed_at = 0 AND revoked_at = 0 AND expires_at > ?2",
				  sql_text(id), sql_int(now)));
}

enum status store_grant_revoke(struct store_tx *tx, const char *id, int64_t now)
{
	TRY(sql_run(tx,
		    SQL("UPDATE tokens SET revoked_at = ?2 WHERE grant_id = ?1 AND revoked_at = 0", sql_text(id),
			sql_int(now)),
		    NULL));
	return sql_run(tx,
		       SQL("UPDATE grants SET revoked_at = ?2 WHERE id = ?1 AND revoked_at = 0", sql_text(id),
			   sql_int(now)),
		       NULL);
}

enum status store_grant_revoke_login(struct store_tx *tx, const char *login_id, int64_t now)
{
	TRY(sql_run(tx,
		    SQL("UPDATE tokens SET revoked_at = ?2 WHERE revoked_at = 0 AND grant_id IN "
			"(SELECT id FROM grants WHERE login_id = ?1)",
			sql_text(login_id), sql_int(now)),
		    NULL));
	return sql_run(tx,
		       SQL("UPDATE grants SET revoked_at = ?2 WHERE login_id = ?1 AND revoked_at = 0",
			   sql_text(login_id), sql_int(now)),
		       NULL);
}

enum status store_grant_revoke_user(struct store_tx *tx, const char *user_id, int64_t now)
{
	TRY(sql_run(tx,
		    SQL("UPDATE tokens SET revoked_at = ?2 WHERE revoked_at = 0 AND grant_id IN "
			"(SELECT id FROM grants WHERE user_id = ?1)",
			sql_text(user_id), sql_int(now)),
		    NULL));
	return sql_run(tx,
		       SQL("UPDATE grants SET revoked_at = ?2 WHERE user_id = ?1 AND revoked_at = 0", sql_text(user_id),
			   sql_int(now)),
		       NULL);
}

/* ---- access tokens ---- */

static const struct sql_field token_fields[] = {
	FIELD(struct token_row, token_hash), FIELD(struct token_row, grant_id),   FIELD(struct token_row, client_id),
	FIELD(struct token_row, user_id),    FIELD(struct token_row, scope),      FIELD(struct token_row, created_at),
	FIELD(struct token_row, expires_at), FIELD(struct token_row, revoked_at),
};
static const struct sql_table token_table = {"tokens", token_fields, ARRAY_COUNT(token_fields),
					     sizeof(struct token_row), false};

/* The grant stays as long as its longest token (a code used twice must be seen), and a revoked one gives no more. */
enum status store_token_insert(struct store_tx *tx, const struct token_row *row)
{
	TRY(sql_change(tx, SQL("UPDATE grants "
			       "SET keep_until = CASE WHEN keep_until < ?2 THEN ?2 ELSE keep_until END "
			       "WHERE id = ?1 AND revoked_at = 0",
			       sql_text(row->grant_id), sql_int(row->expires_at))));
	return sql_insert(tx, &token_table, row);
}

/* A session that was swept has ended by itself; one that was ended had its grants revoked, and this looks again. */
static enum status token_ended_find(struct store_tx *tx, const char *grant_id, int64_t *ret_ended_at)
{
	return sql_number(
		tx,
		SQL("SELECT CASE WHEN g.revoked_at <> 0 THEN g.revoked_at WHEN s.ended_at <> 0 THEN s.ended_at "
		    "WHEN u.disabled <> 0 THEN u.updated_at ELSE 0 END "
		    "FROM grants g JOIN users u ON u.id = g.user_id LEFT JOIN sessions s ON s.sid = g.sid "
		    "WHERE g.id = ?1",
		    sql_text(grant_id)),
		ret_ended_at);
}

enum status store_token_find(struct store_tx *tx, const uint8_t token_hash[32], struct token_row *ret_row)
{
	struct token_row row = {0};

	TRY(sql_find(tx, &token_table, SQL("WHERE token_hash = ?1", sql_hash(token_hash)), &row));
	if (row.revoked_at == 0)
		TRY(token_ended_find(tx, row.grant_id, &row.revoked_at));
	*ret_row = row;
	return OK;
}
