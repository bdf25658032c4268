#include "store/sql.h"

static const struct sql_field login_fields[] = {
	FIELD(struct login_row, id),
	FIELD(struct login_row, version),
	FIELD(struct login_row, browser_hash),
	FIELD(struct login_row, client_id),
	FIELD(struct login_row, params),
	FIELD(struct login_row, state),
	FIELD(struct login_row, user_id),
	FIELD(struct login_row, subject),
	FIELD(struct login_row, username),
	FIELD(struct login_row, plan),
	FIELD(struct login_row, proofs),
	FIELD(struct login_row, decision),
	FIELD(struct login_row, notice),
	FIELD(struct login_row, challenge_id),
	FIELD(struct login_row, session_sid),
	FIELD(struct login_row, ip),
	FIELD(struct login_row, user_agent),
	FIELD(struct login_row, ua_label),
	FIELD(struct login_row, known_browser),
	FIELD(struct login_row, approved_at),
	FIELD(struct login_row, created_at),
	FIELD(struct login_row, expires_at),
};
static const struct sql_table login_table = {"logins", login_fields, ARRAY_COUNT(login_fields),
					     sizeof(struct login_row), false};

enum status store_login_insert(struct store_tx *tx, const struct login_row *row)
{
	return sql_insert(tx, &login_table, row);
}

enum status store_login_find(struct store_tx *tx, const char *id, struct login_row *ret_row)
{
	return sql_find(tx, &login_table, SQL("WHERE id = ?1", sql_text(id)), ret_row);
}

/* ?1 is the id and ?2 the version, as the first two fields. */
enum status store_login_update(struct store_tx *tx, const struct login_row *row)
{
	struct login_row next = *row;

	next.version++;
	return sql_update(tx, &login_table, "WHERE id = ?1 AND version = ?2 - 1", &next);
}

#define END_LOGINS                                                                                                     \
	"UPDATE logins SET state = ?2, version = version + 1 "                                                         \
	"WHERE user_id = ?1 AND expires_at > ?3 AND state IN ('identify', 'prove', 'consent', 'done')"

/* A page that has proven nothing goes on as if the name did not exist: that somebody ended it must not show. */
#define FORGET_LOGINS                                                                                                  \
	"UPDATE logins SET user_id = NULL, version = version + 1 "                                                     \
	"WHERE user_id = ?1 AND expires_at > ?2 AND state = 'prove' AND proofs = '[]' AND known_browser = 0"

static enum status strangers_forget(struct store_tx *tx, const char *user_id, const uint8_t *browser_hash, int64_t now)
{
	if (!browser_hash)
		return sql_run(tx, SQL(FORGET_LOGINS, sql_text(user_id), sql_int(now)), NULL);
	return sql_run(tx,
		       SQL(FORGET_LOGINS " AND browser_hash = ?3", sql_text(user_id), sql_int(now),
			   sql_hash(browser_hash)),
		       NULL);
}

enum status store_login_end_all(struct store_tx *tx, const char *user_id, const uint8_t *browser_hash,
				const char *state, int64_t now)
{
	TRY(strangers_forget(tx, user_id, browser_hash, now));
	if (!browser_hash)
		return sql_run(tx, SQL(END_LOGINS, sql_text(user_id), sql_text(state), sql_int(now)), NULL);
	return sql_run(tx,
		       SQL(END_LOGINS " AND browser_hash = ?4", sql_text(user_id), sql_text(state), sql_int(now),
			   sql_hash(browser_hash)),
		       NULL);
}
