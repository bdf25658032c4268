#include <stdio.h>
#include <string.h>

#include "store/backup_internal.h"
#include "store/migrate.h"
#include "store/transaction.h"

enum { RESTORE_ARENA_SIZE = 8 << 20 };

void names_add(struct restore_names *names, const char *name)
{
	if (names->count < RESTORE_NAMES)
		snprintf(names->names[names->count], sizeof(names->names[0]), "%s", name);
	names->count++;
}

/* ---- which kind of database ---- */

enum status target_open(const char *url, struct target *ret_target, char problem[256])
{
	const struct target_ops *ops = store_url_is_postgres(url) ? &target_postgres : &target_sqlite;

	return ops->open(url, ret_target, problem);
}

enum status target_swap(struct target *target, bool discard, int64_t now, char ret_kept[512], char problem[256])
{
	return target->ops->swap(target, discard, now, ret_kept, problem);
}

void target_close(struct target *target)
{
	target->ops->close(target);
}

/* ---- the new database: as old as the file, its rows, then brought up to date ---- */

static enum status schema_make(struct connection *fresh, size_t count, char problem[256])
{
	const struct migrate_settings schema = {store_migrations, count, true, true};

	return store_migrate(fresh, &schema, problem);
}

/*
 * The file was summed and believed before: who can write it could have changed it since. So what is copied is summed
 * again as it is read.
 */
static enum status rows_copy(struct backup_file *file, struct connection *fresh, struct restored *restored,
			     char problem[256])
{
	const struct copy_sink sink = {.add = file->hasher->add, .ctx = file->hasher->begin()};
	const struct copy copy = {.from = file->connection, .to = fresh, .file = file->connection, .sink = &sink};
	char sum[65] = "";
	enum status status = transaction_begin(fresh);

	if (status == OK)
		status = copy_all(&copy, &restored->rows);
	file->hasher->end(sink.ctx, sum);
	if (status == OK && strcmp(sum, file->facts.computed_sha256) != 0) {
		snprintf(problem, 256, "the backup was changed while it was read; nothing of it is used");
		status = E_REFUSED;
	}
	return transaction_end(fresh, status);
}

/*
 * When this is, for everything that must be over: not before the backup was made, and by the database's clock where it
 * has one. Requests that devices signed before are refused by it, on nodes whose clocks follow the database's.
 */
static enum status now_choose(const struct target *target, int64_t now, int64_t made_at, int64_t *ret_now)
{
	const char *clock = connection_dialect(target->fresh)->clock;
	struct store_tx tx = {.connection = target->fresh};
	int64_t theirs = 0;

	if (clock)
		TRY(sql_number(&tx, SQL(clock), &theirs));
	*ret_now = now > theirs ? now : theirs;
	if (*ret_now < made_at)
		*ret_now = made_at;
	return OK;
}

/* ---- what holds in it from now on ---- */

static enum status epoch_choose(const struct target *target, struct store_tx *fresh, struct restored *restored)
{
	struct store_tx present = {.connection = target->present, .arena = fresh->arena};
	int64_t here = 0, there = 0;

	TRY(store_meta_number(fresh, "epoch", &there));
	if (restored->present_was_read)
		TRY(store_meta_number(&present, "epoch", &here));
	restored->epoch = (here > there ? here : there) + 1;
	return OK;
}

struct recovery_user {
	const char *name;
};
static const struct sql_field recovery_user_fields[] = {FIELD(struct recovery_user, name)};
static const struct sql_table recovery_user_table = {"users", recovery_user_fields, 1, sizeof(struct recovery_user),
						     false};

static enum status recovery_user_tell(const void *row, void *ctx)
{
	names_add(ctx, ((const struct recovery_user *)row)->name);
	return OK;
}

static enum status recovery_tell(struct store_tx *tx, struct restored *restored)
{
	return sql_each(tx, &recovery_user_table,
			SQL("WHERE id IN (SELECT user_id FROM recoveries WHERE used_at = 0) ORDER BY name"),
			&(const struct sql_visitor){recovery_user_tell, &restored->recovery});
}

static enum status epoch_write(const struct target *target, const struct restore_settings *settings, int64_t made_at,
			       struct restored *restored)
{
	scoped_arena *arena = arena_new(RESTORE_ARENA_SIZE);
	struct store_tx tx = {.connection = target->fresh, .arena = arena, .chain = settings->chain};
	struct epoch_raise raise = {.now = settings->now,
				    .totp_window = settings->totp_window,
				    .keep_recovery = settings->keep_recovery};

	if (!arena)
		return E_NOMEM;
	TRY(now_choose(target, settings->now, made_at, &raise.now));
	TRY(present_take_over(target, made_at, settings->is_exact, restored));
	TRY(epoch_choose(target, &tx, restored));
	TRY(recovery_tell(&tx, restored));
	raise.epoch = restored->epoch;
	TRY(store_epoch_raise(&tx, &raise));
	restored->also_ctx = settings->also_ctx;
	return settings->also ? settings->also(&tx, restored) : OK;
}

static enum status fresh_make(struct backup_file *file, const struct target *target,
			      const struct restore_settings *settings, struct restored *restored, char problem[256])
{
	enum status status;

	TRY(schema_make(target->fresh, file->migrations, problem));
	snprintf(problem, 256, "the backup's rows cannot be written; is the disk full?");
	TRY(rows_copy(file, target->fresh, restored, problem));
	TRY(schema_make(target->fresh, store_migration_count, problem));
	snprintf(problem, 256, "the new database cannot be written; is the disk full?");
	TRY(transaction_begin(target->fresh));
	status = epoch_write(target, settings, file->facts.made_at, restored);
	return transaction_end(target->fresh, status);
}

enum status store_restore(struct backup_file *file, const struct restore_settings *settings,
			  struct restored *ret_restored, char problem[256])
{
	struct restored restored = {0};
	struct target target = {0};
	enum status status;

	TRY(target_open(settings->url, &target, problem));
	status = fresh_make(file, &target, settings, &restored, problem);
	if (status == OK)
		status = connection_check(target.fresh, problem);
	if (status == OK)
		status = target_swap(&target, settings->discard, settings->now, restored.kept, problem);
	target_close(&target);
	if (status == OK)
		*ret_restored = restored;
	return status;
}
