#include "store/sql.h"

static const struct sql_field user_fields[] = {
	FIELD(struct user_row, id),           FIELD(struct user_row, name),       FIELD(struct user_row, display_name),
	FIELD(struct user_row, email),        FIELD(struct user_row, password),   FIELD(struct user_row, password_at),
	FIELD(struct user_row, disabled),     FIELD(struct user_row, caution),    FIELD(struct user_row, caution_until),
	FIELD(struct user_row, expect_until), FIELD(struct user_row, created_at), FIELD(struct user_row, updated_at),
};
static const struct sql_table user_table = {"users", user_fields, ARRAY_COUNT(user_fields), sizeof(struct user_row),
					    false};

enum status store_user_insert(struct store_tx *tx, const struct user_row *row)
{
	return sql_insert(tx, &user_table, row);
}

enum status store_user_find(struct store_tx *tx, const char *id, struct user_row *ret_row)
{
	return sql_find(tx, &user_table, SQL("WHERE id = ?1", sql_text(id)), ret_row);
}

/* Two people may share an address; then it names neither. */
static enum status user_find_email(struct store_tx *tx, const char *email, struct user_row *ret_row)
{
	struct sql_rows found = {0};

	TRY(sql_list(tx, &user_table, SQL("WHERE email = ?1 ORDER BY id LIMIT 2", sql_text(email)), &found));
	if (found.count != 1)
		return E_NOT_FOUND;
	*ret_row = *(const struct user_row *)found.rows;
	return OK;
}

enum status store_user_find_name(struct store_tx *tx, const char *name, struct user_row *ret_row)
{
	enum status status;

	if (text_is_empty(name))
		return E_NOT_FOUND;
	status = sql_find(tx, &user_table, SQL("WHERE name = ?1", sql_text(name)), ret_row);
	return status == E_NOT_FOUND ? user_find_email(tx, name, ret_row) : status;
}

struct user_visitor {
	enum status (*fn)(const struct user_row *row, void *ctx);
	void *ctx;
};

static enum status user_visit(const void *row, void *ctx)
{
	const struct user_visitor *visitor = ctx;

	return visitor->fn(row, visitor->ctx);
}

enum status store_user_each(struct store_tx *tx, enum status (*fn)(const struct user_row *row, void *ctx), void *ctx)
{
	struct user_visitor visitor = {.fn = fn, .ctx = ctx};

	return sql_each(tx, &user_table, SQL("ORDER BY name"),
			&(const struct sql_visitor){.fn = user_visit, .ctx = &visitor});
}

enum status store_user_set_password(struct store_tx *tx, const char *id, const char *hash, int64_t now)
{
	return sql_set(tx, SQL("UPDATE users SET password = ?2, password_at = ?3, updated_at = ?3 WHERE id = ?1",
			       sql_text(id), sql_text(hash), sql_int(now)));
}

enum status store_user_upgrade_password(struct store_tx *tx, const char *id, const char *old_hash, const char *new_hash,
					int64_t now)
{
	return sql_change(tx, SQL("UPDATE users SET password = ?3, updated_at = ?4 WHERE id = ?1 AND password = ?2",
				  sql_text(id), sql_text(old_hash), sql_text(new_hash), sql_int(now)));
}

/* Whatever is under way for this person ends in the same transaction: nothing half-done can be finished later. */
static enum status user_stop(struct store_tx *tx, const char *id, int64_t now)
{
	TRY(store_session_end_all(tx, id, NULL, now));
	TRY(store_grant_revoke_user(tx, id, now));
	TRY(store_login_end_all(tx, id, NULL, "refused", now));
	return sql_run(tx,
		       SQL("UPDATE challenges SET state = 'superseded', settled_at = ?2 "
			   "WHERE user_id = ?1 AND state = 'pending'",
			   sql_text(id), sql_int(now)),
		       NULL);
}

enum status store_user_set_disabled(struct store_tx *tx, const char *id, bool disabled, int64_t now)
{
	TRY(sql_set(tx, SQL("UPDATE users SET disabled = ?2, updated_at = ?3 WHERE id = ?1", sql_text(id),
			    sql_int(disabled), sql_int(now))));
	return disabled ? user_stop(tx, id, now) : OK;
}

enum status store_user_set_caution(struct store_tx *tx, const char *id, int level, int64_t until)
{
	return sql_set(tx, SQL("UPDATE users SET caution = ?2, caution_until = ?3 WHERE id = ?1", sql_text(id),
			       sql_int(level), sql_int(until)));
}

enum status store_user_set_expect(struct store_tx *tx, const char *id, int64_t until)
{
	return sql_set(tx, SQL("UPDATE users SET expect_until = ?2 WHERE id = ?1", sql_text(id), sql_int(until)));
}

enum status store_user_remove(struct store_tx *tx, const char *id)
{
	TRY(sql_run(tx, SQL("DELETE FROM attempts WHERE subject = ?1", sql_text(id)), NULL));
	return sql_set(tx, SQL("DELETE FROM users WHERE id = ?1", sql_text(id)));
}

enum status store_user_set_groups(struct store_tx *tx, const char *id, const char *const *groups, size_t count)
{
	TRY(sql_run(tx, SQL("DELETE FROM user_groups WHERE user_id = ?1", sql_text(id)), NULL));
	for (size_t i = 0; i < count; i++)
		TRY(sql_run(tx,
			    SQL("INSERT INTO user_groups (user_id, name) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
				sql_text(id), sql_text(groups[i])),
			    NULL));
	return OK;
}

enum status store_user_groups(struct store_tx *tx, const char *id, const char *const **ret_groups, size_t *ret_count)
{
	struct sql_words found = {0};

	TRY(sql_words(tx, SQL("SELECT name FROM user_groups WHERE user_id = ?1 ORDER BY name", sql_text(id)), &found));
	*ret_groups = found.words;
	*ret_count = found.count;
	return OK;
}
