#include "store/sql.h"

/* The audit log: rows in chains, and the chains themselves. What a hash covers is core's to say (core/audit.h). */

static const struct sql_field audit_fields[] = {
	FIELD(struct audit_row, id),         FIELD(struct audit_row, at),        FIELD(struct audit_row, event),
	FIELD(struct audit_row, user_id),    FIELD(struct audit_row, username),  FIELD(struct audit_row, client_id),
	FIELD(struct audit_row, device_id),  FIELD(struct audit_row, login_id),  FIELD(struct audit_row, ip),
	FIELD(struct audit_row, detail),     FIELD(struct audit_row, receipt),   FIELD(struct audit_row, shown),
	FIELD(struct audit_row, device_jwk), FIELD(struct audit_row, chain),     FIELD(struct audit_row, seq),
	FIELD(struct audit_row, salt),       FIELD(struct audit_row, prev),      FIELD(struct audit_row, commitment),
	FIELD(struct audit_row, hash),       FIELD(struct audit_row, erased_at), FIELD(struct audit_row, erased_mac),
};
static const struct sql_table audit_table = {"audits", audit_fields, ARRAY_COUNT(audit_fields),
					     sizeof(struct audit_row), true};

enum status store_audit_insert(struct store_tx *tx, const struct audit_row *row)
{
	return sql_insert(tx, &audit_table, row);
}

enum status store_audit_list(struct store_tx *tx, int64_t after, const char *user_id, size_t limit,
			     struct audit_row **ret_rows, size_t *ret_count)
{
	struct sql_rows found = {0};

	if (user_id)
		TRY(sql_list(tx, &audit_table,
			     SQL("WHERE user_id = ?3 AND id > ?1 ORDER BY id LIMIT ?2", sql_int(after),
				 sql_int((int64_t)limit), sql_text(user_id)),
			     &found));
	else
		TRY(sql_list(tx, &audit_table,
			     SQL("WHERE id > ?1 ORDER BY id LIMIT ?2", sql_int(after), sql_int((int64_t)limit)),
			     &found));
	*ret_rows = found.rows;
	*ret_count = found.count;
	return OK;
}

enum status store_audit_newest(struct store_tx *tx, const char *user_id, size_t limit, struct audit_row **ret_rows,
			       size_t *ret_count)
{
	struct sql_rows found = {0};

	if (user_id)
		TRY(sql_list(tx, &audit_table,
			     SQL("WHERE user_id = ?2 ORDER BY id DESC LIMIT ?1", sql_int((int64_t)limit),
				 sql_text(user_id)),
			     &found));
	else
		TRY(sql_list(tx, &audit_table, SQL("ORDER BY id DESC LIMIT ?1", sql_int((int64_t)limit)), &found));
	*ret_rows = found.rows;
	*ret_count = found.count;
	return OK;
}

enum status store_audit_before(struct store_tx *tx, const char *user_id, int64_t before, size_t limit,
			       struct audit_row **ret_rows, size_t *ret_count)
{
	struct sql_rows found = {0};

	TRY(sql_list(tx, &audit_table,
		     SQL("WHERE user_id = ?2 AND id < ?3 ORDER BY id DESC LIMIT ?1", sql_int((int64_t)limit),
			 sql_text(user_id), sql_int(before)),
		     &found));
	*ret_rows = found.rows;
	*ret_count = found.count;
	return OK;
}

enum status store_audit_find(struct store_tx *tx, int64_t id, struct audit_row *ret_row)
{
	return sql_find(tx, &audit_table, SQL("WHERE id = ?1", sql_int(id)), ret_row);
}

static const struct sql_field place_fields[] = {FIELD(struct audit_place, seq), FIELD(struct audit_place, hash)};
static const struct sql_table place_table = {"audits", place_fields, ARRAY_COUNT(place_fields),
					     sizeof(struct audit_place), false};

enum status store_audit_last(struct store_tx *tx, const char *chain, int64_t up_to, struct audit_place *ret_place)
{
	return sql_find(tx, &place_table,
			SQL("WHERE chain = ?1 AND seq <= ?2 ORDER BY seq DESC LIMIT 1", sql_text(chain),
			    sql_int(up_to)),
			ret_place);
}

enum status store_audit_page(struct store_tx *tx, const char *chain, int64_t after, size_t limit,
			     struct audit_row **ret_rows, size_t *ret_count)
{
	struct sql_rows found = {0};

	TRY(sql_list(tx, &audit_table,
		     SQL("WHERE chain = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3", sql_text(chain), sql_int(after),
			 sql_int((int64_t)limit)),
		     &found));
	*ret_rows = found.rows;
	*ret_count = found.count;
	return OK;
}

enum status store_audit_count(struct store_tx *tx, const char *chain, int64_t up_to, int64_t *ret_count)
{
	return sql_number(tx,
			  SQL("SELECT COUNT(*) FROM audits WHERE chain = ?1 AND seq <= ?2", sql_text(chain),
			      sql_int(up_to)),
			  ret_count);
}

enum status store_audit_unchained(struct store_tx *tx, int64_t *ret_count, int64_t *ret_late)
{
	int64_t count = 0;

	TRY(sql_number(tx, SQL("SELECT COUNT(*) FROM audits WHERE chain IS NULL"), &count));
	TRY(sql_number(tx,
		       SQL("SELECT COUNT(*) FROM audits WHERE chain IS NULL AND id > "
			   "(SELECT MIN(id) FROM audits WHERE chain > '')"),
		       ret_late));
	*ret_count = count;
	return OK;
}

enum status store_audit_remove(struct store_tx *tx, const char *chain, int64_t up_to)
{
	return sql_run(tx, SQL("DELETE FROM audits WHERE chain = ?1 AND seq <= ?2", sql_text(chain), sql_int(up_to)),
		       NULL);
}

enum status store_audit_remove_unchained(struct store_tx *tx, int64_t before, size_t limit, size_t *ret_removed)
{
	int64_t changed = 0;

	TRY(sql_run(tx,
		    SQL("DELETE FROM audits WHERE id IN "
			"(SELECT id FROM audits WHERE chain IS NULL AND at < ?1 LIMIT ?2)",
			sql_int(before), sql_int((int64_t)limit)),
		    &changed));
	*ret_removed = (size_t)changed;
	return OK;
}

/* ---- erasing ---- */

enum status store_audit_of(struct store_tx *tx, const struct audit_of *of, int64_t after, size_t limit,
			   struct audit_row **ret_rows, size_t *ret_count)
{
	struct sql_rows found = {0};

	if (of->user_id)
		TRY(sql_list(tx, &audit_table,
			     SQL("WHERE user_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3", sql_text(of->user_id),
				 sql_int(after), sql_int((int64_t)limit)),
			     &found));
	else
		TRY(sql_list(tx, &audit_table,
			     SQL("WHERE user_id IS NULL AND username = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
				 sql_text(of->username), sql_int(after), sql_int((int64_t)limit)),
			     &found));
	*ret_rows = found.rows;
	*ret_count = found.count;
	return OK;
}

enum status store_audit_erase(struct store_tx *tx, int64_t id, const uint8_t *mac, int64_t now)
{
	return sql_change(tx, SQL("UPDATE audits SET user_id = NULL, username = NULL, client_id = NULL, "
				  "device_id = NULL, login_id = NULL, ip = NULL, detail = NULL, receipt = NULL, "
				  "shown = NULL, device_jwk = NULL, salt = NULL, erased_at = ?2, erased_mac = ?3 "
				  "WHERE id = ?1 AND erased_at = 0",
				  sql_int(id), sql_int(now), sql_hash(mac)));
}

/* ---- chains ---- */

static const struct sql_field chain_fields[] = {
	FIELD(struct chain_row, chain),    FIELD(struct chain_row, base_seq),  FIELD(struct chain_row, base_hash),
	FIELD(struct chain_row, head_seq), FIELD(struct chain_row, head_hash), FIELD(struct chain_row, head_at),
	FIELD(struct chain_row, head_kid), FIELD(struct chain_row, head_mac),
};
static const struct sql_table chain_table = {"audit_chains", chain_fields, ARRAY_COUNT(chain_fields),
					     sizeof(struct chain_row), false};

enum status store_chain_insert(struct store_tx *tx, const struct chain_row *row)
{
	return sql_insert(tx, &chain_table, row);
}

enum status store_chain_find(struct store_tx *tx, const char *chain, struct chain_row *ret_row)
{
	return sql_find(tx, &chain_table, SQL("WHERE chain = ?1", sql_text(chain)), ret_row);
}

/* A chain is found by its own row or by any row of the log: none can be hidden by taking one of them away. */
enum status store_chain_next(struct store_tx *tx, const char *after, const char **ret_chain)
{
	const char *is_name = connection_dialect(tx->connection)->chain_is_name;
	const char *text =
		arena_format(tx->arena,
			     "SELECT MIN(chain) FROM (SELECT MIN(chain) AS chain FROM audits WHERE chain > ?1 "
			     "AND %s UNION ALL SELECT MIN(chain) FROM audit_chains WHERE chain > ?1 AND %s) "
			     "AS chains",
			     is_name, is_name);
	struct sql_words found = {0};

	if (!text)
		return E_NOMEM;
	TRY(sql_words(tx, SQL(text, sql_text(after)), &found));
	if (found.count == 0 || !found.words[0])
		return E_NOT_FOUND;
	*ret_chain = found.words[0];
	return OK;
}

enum status store_audit_nameless(struct store_tx *tx, int64_t *ret_count)
{
	const char *is_name = connection_dialect(tx->connection)->chain_is_name;
	const char *text = arena_format(tx->arena,
					"SELECT (SELECT COUNT(*) FROM audits WHERE chain IS NOT NULL AND "
					"(chain = '' OR NOT (%s))) + "
					"(SELECT COUNT(*) FROM audit_chains WHERE chain = '' OR NOT (%s))",
					is_name, is_name);

	return text ? sql_number(tx, SQL(text), ret_count) : E_NOMEM;
}

enum status store_chain_move(struct store_tx *tx, const struct chain_row *from, const struct chain_row *to)
{
	return sql_change(tx, SQL("UPDATE audit_chains SET base_seq = ?4, base_hash = ?5, head_seq = ?6, "
				  "head_hash = ?7, head_at = ?8, head_kid = ?9, head_mac = ?10 "
				  "WHERE chain = ?1 AND base_seq = ?2 AND head_seq = ?3",
				  sql_text(from->chain), sql_int(from->base_seq), sql_int(from->head_seq),
				  sql_int(to->base_seq), sql_hash(to->base_hash), sql_int(to->head_seq),
				  sql_hash(to->head_hash), sql_int(to->head_at), sql_text(to->head_kid),
				  sql_hash(to->head_mac)));
}
