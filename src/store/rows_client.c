#include "store/sql.h"

static const struct sql_field client_fields[] = {
	FIELD(struct client_row, id),
	FIELD(struct client_row, name),
	FIELD(struct client_row, is_public),
	FIELD(struct client_row, secret_hash),
	FIELD(struct client_row, redirect_uris),
	FIELD(struct client_row, logout_uris),
	FIELD(struct client_row, alg),
	FIELD(struct client_row, third_party),
	FIELD(struct client_row, disabled),
	FIELD(struct client_row, created_at),
};
static const struct sql_table client_table = {"clients", client_fields, ARRAY_COUNT(client_fields),
					      sizeof(struct client_row), false};

enum status store_client_insert(struct store_tx *tx, const struct client_row *row)
{
	return sql_insert(tx, &client_table, row);
}

enum status store_client_find(struct store_tx *tx, const char *id, struct client_row *ret_row)
{
	return sql_find(tx, &client_table, SQL("WHERE id = ?1", sql_text(id)), ret_row);
}

struct client_visitor {
	enum status (*fn)(const struct client_row *row, void *ctx);
	void *ctx;
};

static enum status client_visit(const void *row, void *ctx)
{
	const struct client_visitor *visitor = ctx;

	return visitor->fn(row, visitor->ctx);
}

enum status store_client_each(struct store_tx *tx, enum status (*fn)(const struct client_row *row, void *ctx),
			      void *ctx)
{
	struct client_visitor visitor = {.fn = fn, .ctx = ctx};

	return sql_each(tx, &client_table, SQL("ORDER BY id"),
			&(const struct sql_visitor){.fn = client_visit, .ctx = &visitor});
}

/* Grants and consents name clients without a foreign key, so that a built-in client needs no row. */
enum status store_client_remove(struct store_tx *tx, const char *id)
{
	TRY(sql_run(tx, SQL("DELETE FROM grants WHERE client_id = ?1", sql_text(id)), NULL));
	TRY(sql_run(tx, SQL("DELETE FROM consents WHERE client_id = ?1", sql_text(id)), NULL));
	return sql_set(tx, SQL("DELETE FROM clients WHERE id = ?1", sql_text(id)));
}

enum status store_consent_set(struct store_tx *tx, const char *user_id, const char *client_id, const char *scope,
			      int64_t now)
{
	return sql_run(tx,
		       SQL("INSERT INTO consents (user_id, client_id, scope, granted_at) VALUES (?1, ?2, ?3, ?4) "
			   "ON CONFLICT (user_id, client_id) DO UPDATE "
			   "SET scope = excluded.scope, granted_at = excluded.granted_at",
			   sql_text(user_id), sql_text(client_id), sql_text(scope), sql_int(now)),
		       NULL);
}

enum status store_consent_find(struct store_tx *tx, const char *user_id, const char *client_id, const char **ret_scope)
{
	struct sql_words found = {0};

	TRY(sql_words(tx,
		      SQL("SELECT scope FROM consents WHERE user_id = ?1 AND client_id = ?2", sql_text(user_id),
			  sql_text(client_id)),
		      &found));
	if (found.count == 0)
		return E_NOT_FOUND;
	*ret_scope = found.words[0];
	return OK;
}

static const struct sql_field consent_fields[] = {
	FIELD(struct consent_row, client_id),
	FIELD(struct consent_row, scope),
	FIELD(struct consent_row, granted_at),
};
static const struct sql_table consent_table = {"consents", consent_fields, ARRAY_COUNT(consent_fields),
					       sizeof(struct consent_row), false};

enum status store_consent_list(struct store_tx *tx, const char *user_id, struct consent_row **ret_rows,
			       size_t *ret_count)
{
	struct sql_rows found = {0};

	TRY(sql_list(tx, &consent_table, SQL("WHERE user_id = ?1 ORDER BY client_id", sql_text(user_id)), &found));
	*ret_rows = found.rows;
	*ret_count = found.count;
	return OK;
}
