#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "store/backup_internal.h"
#include "store/partial.h"
#include "store/sql.h"

/*
 * SQLite: the new database is a file beside, FILE.restoring, and takes FILE's name by rename.
 *
 * Nobody else may have FILE open. Every connection of ours keeps SQLite's shared lock for as long as it lives (WAL mode
 * does), so opening it for ourselves alone succeeds exactly when there is none, and from then on keeps others out. A
 * file too damaged to be opened is locked by the same bytes without reading it.
 */
struct swap {
	struct partial partial;
	int damaged; /* descriptor of a FILE that cannot be read, locked; -1 */
	bool is_there;
};

/* The bytes that SQLite locks (sqlite.org/lockingv3.html): pending, reserved and the 510 of shared. */
enum { LOCK_BYTES_AT = 0x40000000, LOCK_BYTES = 2 + 510 };

static enum status busy_say(const char *path, char problem[256])
{
	snprintf(problem, 256, "%s: is in use; stop `symbolon serve` (and any other symbolon command) first", path);
	return E_BUSY;
}

static enum status damaged_lock(struct swap *swap, const char *path, char problem[256])
{
	struct flock bytes = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = LOCK_BYTES_AT, .l_len = LOCK_BYTES};

	swap->damaged = open(path, O_RDWR | O_CLOEXEC);
	if (swap->damaged < 0) {
		snprintf(problem, 256, "%.150s: %s", path, strerror(errno));
		return E_IO;
	}
	return fcntl(swap->damaged, F_OFD_SETLK, &bytes) == 0 ? OK : busy_say(path, problem);
}

static bool is_ours(struct connection *connection)
{
	struct store_tx tx = {.connection = connection};
	int64_t tables = 0;

	return sql_number(&tx, SQL(connection_dialect(connection)->count_migrations_table), &tables) == OK &&
	       tables == 1;
}

/* A database of somebody else's must not go because a line of the configuration names the wrong file. */
static enum status present_check(struct target *target, const char *path, char problem[256])
{
	struct store_tx tx = {.connection = target->present};
	int64_t tables = 0;

	if (is_ours(target->present))
		return OK;
	if (sql_number(&tx, SQL(connection_dialect(target->present)->count_tables), &tables) == OK && tables > 0) {
		snprintf(problem, 256, "%s: belongs to another program; look at `database` in the configuration", path);
		return E_CONFLICT;
	}
	connection_close(&target->present);
	return damaged_lock(target->own, path, problem);
}

static enum status present_open(struct target *target, const char *path, char problem[256])
{
	const struct connection_settings wanted = {.target = path, .may_write = true, .is_file = true};
	struct swap *swap = target->own;
	enum status status = connection_open(&driver_sqlite, &wanted, &target->present, problem);

	swap->is_there = status != E_NOT_FOUND;
	if (status == E_NOT_FOUND)
		return OK;
	if (status == E_BUSY)
		return busy_say(path, problem);
	if (status == E_NOMEM)
		return status;
	if (status == OK)
		return present_check(target, path, problem);
	log_warn("restore.present_unreadable", LOG_S("problem", problem));
	return damaged_lock(swap, path, problem);
}

static enum status fresh_open(struct target *target, char problem[256])
{
	const struct swap *swap = target->own;
	const struct connection_settings wanted = {.target = swap->partial.under,
						   .create = true,
						   .may_write = true,
						   .is_file = true};

	return connection_open(&driver_sqlite, &wanted, &target->fresh, problem);
}

static enum status path_of(const char *url, const char **ret_path, char problem[256])
{
	if (!text_has_prefix(url, "sqlite:") || !url[strlen("sqlite:")] || strcmp(url, "sqlite::memory:") == 0) {
		snprintf(problem, 256, "%s: nothing can be restored into this", url);
		return E_INVALID;
	}
	*ret_path = url + strlen("sqlite:");
	return OK;
}

/* ---- the swap ---- */

/* Run by root, the new file still belongs to the account that the daemon runs as. */
static enum status owner_keep(const struct swap *swap, char problem[256])
{
	struct stat there;

	if (geteuid() != 0 || stat(swap->partial.path, &there) != 0)
		return OK;
	if (fchown(swap->partial.lock, there.st_uid, there.st_gid) == 0)
		return OK;
	snprintf(problem, 256, "%s: its owner cannot be set: %s", swap->partial.under, strerror(errno));
	return E_IO;
}

/* The file gets a second name first, so that there is no moment without a database. */
static enum status present_keep(const struct swap *swap, int64_t now, char ret_kept[512], char problem[256])
{
	char from[4200], to[600];
	int failed = -1;

	errno = EEXIST;
	for (int64_t at = now; failed != 0 && errno == EEXIST && at < now + 60; at++) {
		snprintf(ret_kept, 512, "%s.before-restore-%" PRId64, swap->partial.path, at);
		failed = link(swap->partial.path, ret_kept);
	}
	if (failed != 0) {
		snprintf(problem, 256, "%.120s: cannot be kept under a second name: %s (--discard does without)",
			 swap->partial.path, strerror(errno));
		*ret_kept = '\0';
		return E_IO;
	}
	snprintf(from, sizeof(from), "%s-wal", swap->partial.path);
	snprintf(to, sizeof(to), "%s-wal", ret_kept);
	if (rename(from, to) != 0 && errno != ENOENT) /* only beside a damaged file is there one */
		log_warn("restore.wal_not_kept", LOG_S("path", from));
	return OK;
}

/* What belonged to the old file must not be taken for the new one's. */
static enum status remains_remove(const struct swap *swap, char problem[256])
{
	static const char *const endings[] = {"-wal", "-shm", "-journal"};
	char path[4200];

	for (size_t i = 0; i < ARRAY_COUNT(endings); i++) {
		snprintf(path, sizeof(path), "%s%s", swap->partial.path, endings[i]);
		if (unlink(path) != 0 && errno != ENOENT) {
			snprintf(problem, 256, "%.150s: %s", path, strerror(errno));
			return E_IO;
		}
	}
	return OK;
}

static enum status file_target_swap(struct target *target, bool discard, int64_t now, char ret_kept[512],
				    char problem[256])
{
	struct swap *swap = target->own;
	enum status status;

	connection_close(&target->fresh);
	TRY(owner_keep(swap, problem));
	if (swap->is_there && !discard)
		TRY(present_keep(swap, now, ret_kept, problem));
	TRY(remains_remove(swap, problem));
	status = partial_finish(&swap->partial, true, problem);
	if (status != OK && *ret_kept) {
		unlink(ret_kept);
		*ret_kept = '\0';
	}
	return status;
}

static void file_target_close(struct target *target)
{
	struct swap *swap = target->own;

	connection_close(&target->fresh);
	connection_close(&target->present);
	if (swap) {
		partial_done(&swap->partial);
		if (swap->damaged >= 0)
			close(swap->damaged);
		free(swap);
	}
	*target = (struct target){0};
}

static enum status file_target_open(const char *url, struct target *ret_target, char problem[256])
{
	struct target target = {0};
	struct swap *swap;
	const char *path;
	enum status status;

	TRY(path_of(url, &path, problem));
	swap = calloc(1, sizeof(*swap));
	if (!swap)
		return E_NOMEM;
	*swap = (struct swap){.partial = {.lock = -1}, .damaged = -1};
	target.own = swap;
	target.ops = &target_sqlite;
	status = partial_begin(path, ".restoring", &swap->partial, problem);
	if (status == OK)
		status = present_open(&target, path, problem);
	if (status == OK)
		status = fresh_open(&target, problem);
	if (status == OK)
		*ret_target = target;
	else
		file_target_close(&target);
	return status;
}

const struct target_ops target_sqlite = {file_target_open, file_target_swap, file_target_close};
