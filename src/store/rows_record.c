#include "store/sql.h"

/* What is kept rather than asked: keys and single values. */

/* ---- keys ---- */

static const struct sql_field key_fields[] = {
	FIELD(struct key_row, kid),        FIELD(struct key_row, purpose),    FIELD(struct key_row, alg),
	FIELD(struct key_row, sealed),     FIELD(struct key_row, public_jwk), FIELD(struct key_row, state),
	FIELD(struct key_row, created_at), FIELD(struct key_row, changed_at),
};
static const struct sql_table key_table = {"keys", key_fields, ARRAY_COUNT(key_fields), sizeof(struct key_row), false};

enum status store_key_insert(struct store_tx *tx, const struct key_row *row)
{
	return sql_insert(tx, &key_table, row);
}

enum status store_key_list(struct store_tx *tx, const char *purpose, struct key_row **ret_rows, size_t *ret_count)
{
	struct sql_rows found = {0};

	if (purpose)
		TRY(sql_list(tx, &key_table, SQL("WHERE purpose = ?1 ORDER BY created_at DESC, kid", sql_text(purpose)),
			     &found));
	else
		TRY(sql_list(tx, &key_table, SQL("ORDER BY created_at DESC, kid"), &found));
	*ret_rows = found.rows;
	*ret_count = found.count;
	return OK;
}

enum status store_key_list_in_use(struct store_tx *tx, struct key_row **ret_rows, size_t *ret_count)
{
	struct sql_rows found = {0};

	TRY(sql_list(tx, &key_table, SQL("WHERE state <> 'retired' ORDER BY created_at DESC, kid"), &found));
	*ret_rows = found.rows;
	*ret_count = found.count;
	return OK;
}

enum status store_key_set_state(struct store_tx *tx, const char *kid, const char *state, int64_t now)
{
	return sql_set(tx, SQL("UPDATE keys SET state = ?2, changed_at = ?3 WHERE kid = ?1", sql_text(kid),
			       sql_text(state), sql_int(now)));
}

/* ---- meta ---- */

enum status store_meta_get(struct store_tx *tx, const char *key, const char **ret_value)
{
	struct sql_words found = {0};

	TRY(sql_words(tx, SQL("SELECT value FROM meta WHERE name = ?1", sql_text(key)), &found));
	if (found.count == 0)
		return E_NOT_FOUND;
	*ret_value = found.words[0];
	return OK;
}

enum status store_meta_set(struct store_tx *tx, const char *key, const char *value)
{
	return sql_run(tx,
		       SQL("INSERT INTO meta (name, value) VALUES (?1, ?2) "
			   "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
			   sql_text(key), sql_text(value)),
		       NULL);
}
