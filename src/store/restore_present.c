#include "base/log.h"
#include "store/backup_internal.h"
#include "store/sql.h"

/*
 * What the present database knows and the backup does not: whom it disabled, which devices it revoked, which recovery
 * codes were used, how often somebody failed. A restore must not give any of that back; all of it only takes away.
 */
struct take_over {
	struct connection *present;
	struct store_tx fresh;
	struct restored *restored;
};

struct word {
	const char *id;
};
static const struct sql_field word_fields[] = {FIELD(struct word, id)};
static const struct sql_table users_words = {"users", word_fields, 1, sizeof(struct word), false};
static const struct sql_table devices_words = {"devices", word_fields, 1, sizeof(struct word), false};
static const struct sql_table clients_words = {"clients", word_fields, 1, sizeof(struct word), false};

static enum status user_disable(const void *row, void *ctx)
{
	struct take_over *over = ctx;
	int64_t changed = 0;

	TRY(sql_run(&over->fresh,
		    SQL("UPDATE users SET disabled = 1 WHERE id = ?1 AND disabled = 0",
			sql_text(((const struct word *)row)->id)),
		    &changed));
	over->restored->disabled_again += changed;
	return OK;
}

static enum status device_revoke(const void *row, void *ctx)
{
	struct take_over *over = ctx;
	int64_t changed = 0;

	TRY(sql_run(
		&over->fresh,
		SQL("UPDATE devices SET state = 'revoked', push_endpoint = NULL, push_p256dh = NULL, push_auth = NULL "
		    "WHERE id = ?1 AND state NOT IN ('revoked', 'void')",
		    sql_text(((const struct word *)row)->id)),
		&changed));
	over->restored->revoked_again += changed;
	return OK;
}

static enum status client_disable(const void *row, void *ctx)
{
	struct take_over *over = ctx;

	return sql_run(&over->fresh,
		       SQL("UPDATE clients SET disabled = 1 WHERE id = ?1", sql_text(((const struct word *)row)->id)),
		       NULL);
}

struct used {
	const char *selector;
	int64_t used_at;
};
static const struct sql_field used_fields[] = {FIELD(struct used, selector), FIELD(struct used, used_at)};
static const struct sql_table used_table = {"recoveries", used_fields, 2, sizeof(struct used), false};

static enum status recovery_use(const void *row, void *ctx)
{
	struct take_over *over = ctx;
	const struct used *used = row;

	return sql_run(&over->fresh,
		       SQL("UPDATE recoveries SET used_at = ?2 WHERE selector = ?1 AND used_at = 0",
			   sql_text(used->selector), sql_int(used->used_at)),
		       NULL);
}

struct cautious {
	const char *id;
	int64_t caution, caution_until;
};
static const struct sql_field cautious_fields[] = {FIELD(struct cautious, id), FIELD(struct cautious, caution),
						   FIELD(struct cautious, caution_until)};
static const struct sql_table cautious_table = {"users", cautious_fields, 3, sizeof(struct cautious), false};

/* After a denial somebody may still be trying: never less careful than before. */
static enum status caution_take(const void *row, void *ctx)
{
	struct take_over *over = ctx;
	const struct cautious *user = row;

	return sql_run(&over->fresh,
		       SQL("UPDATE users SET caution = CASE WHEN caution < ?2 THEN ?2 ELSE caution END, "
			   "caution_until = CASE WHEN caution_until < ?3 THEN ?3 ELSE caution_until END WHERE id = ?1",
			   sql_text(user->id), sql_int(user->caution), sql_int(user->caution_until)),
		       NULL);
}

struct attempt {
	const char *subject;
	const char *kind;
	int64_t at;
};
static const struct sql_field attempt_fields[] = {FIELD(struct attempt, subject), FIELD(struct attempt, kind),
						  FIELD(struct attempt, at)};
static const struct sql_table attempt_table = {"attempts", attempt_fields, 3, sizeof(struct attempt), false};

static enum status attempt_take(const void *row, void *ctx)
{
	struct take_over *over = ctx;
	const struct attempt *attempt = row;

	over->restored->attempts++;
	return store_attempt_insert(&over->fresh, attempt->subject, attempt->kind, attempt->at);
}

struct takeable {
	const struct sql_table *table;
	const char *where;
	enum status (*fn)(const void *row, void *ctx);
};
static const struct takeable takeables[] = {
	{&users_words, "WHERE disabled <> 0", user_disable},
	{&devices_words, "WHERE state IN ('revoked', 'void')", device_revoke},
	{&clients_words, "WHERE disabled <> 0", client_disable},
	{&used_table, "WHERE used_at <> 0", recovery_use},
	{&cautious_table, "WHERE caution <> 0", caution_take},
};

/* ---- what is told only ---- */

struct person {
	const char *id;
	const char *name;
	int64_t password_at;
};
static const struct sql_field person_fields[] = {FIELD(struct person, id), FIELD(struct person, name),
						 FIELD(struct person, password_at)};
static const struct sql_table person_table = {"users", person_fields, 3, sizeof(struct person), false};

static enum status person_find(struct connection *connection, const char *id, bool *ret_found, int64_t *ret_password_at)
{
	struct store_tx tx = {.connection = connection};
	enum status status =
		sql_number(&tx, SQL("SELECT password_at FROM users WHERE id = ?1", sql_text(id)), ret_password_at);

	*ret_found = status == OK;
	return status == E_NOT_FOUND ? OK : status;
}

static enum status person_compare(const void *row, void *ctx)
{
	struct take_over *over = ctx;
	const struct person *person = row;
	bool found;
	int64_t password_at = 0;

	TRY(person_find(over->present, person->id, &found, &password_at));
	if (!found)
		names_add(&over->restored->back, person->name);
	else if (password_at != person->password_at)
		names_add(&over->restored->passwords, person->name);
	return OK;
}

static enum status person_miss(const void *row, void *ctx)
{
	struct take_over *over = ctx;
	const struct person *person = row;
	bool found;
	int64_t password_at = 0;

	TRY(person_find(over->fresh.connection, person->id, &found, &password_at));
	if (!found)
		names_add(&over->restored->gone, person->name);
	return OK;
}

static enum status people_compare(struct take_over *over, struct store_tx *present)
{
	TRY(sql_each(&over->fresh, &person_table, SQL("ORDER BY name"),
		     &(const struct sql_visitor){person_compare, over}));
	return sql_each(present, &person_table, SQL("ORDER BY name"), &(const struct sql_visitor){person_miss, over});
}

/* ---- all ---- */

static enum status present_read(struct take_over *over, int64_t made_at, bool is_exact)
{
	struct store_tx present = {.connection = over->present};

	TRY(people_compare(over, &present));
	for (size_t i = 0; i < ARRAY_COUNT(takeables) && !is_exact; i++)
		TRY(sql_each(&present, takeables[i].table, SQL(takeables[i].where),
			     &(const struct sql_visitor){takeables[i].fn, over}));
	if (is_exact)
		return OK;
	return sql_each(&present, &attempt_table, SQL("WHERE at > ?1 ORDER BY at", sql_int(made_at)),
			&(const struct sql_visitor){attempt_take, over});
}

/*
 * A present database that cannot be read is often why somebody restores: then what it knew is lost, and the person is
 * told so. What the fresh one refuses is trouble in any case.
 */
enum status present_take_over(const struct target *target, int64_t made_at, bool is_exact, struct restored *restored)
{
	struct take_over over = {.present = target->present,
				 .fresh = {.connection = target->fresh},
				 .restored = restored};
	enum status status;

	if (!target->present)
		return OK;
	status = present_read(&over, made_at, is_exact);
	restored->present_was_read = status == OK;
	if (connection_state(target->fresh) != TX_FINE)
		return E_STORE;
	if (status == E_NOMEM)
		return status;
	if (status != OK)
		log_warn("restore.present_unreadable", LOG_S("status", status_name(status)));
	return OK;
}
