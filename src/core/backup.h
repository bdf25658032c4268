#ifndef CORE_BACKUP_H
#define CORE_BACKUP_H

#include "core/core.h"
#include "store/backup.h"

/*
 * Who may vouch for a backup: the installation that made it. Its file carries a MAC under the installation's "mac" key,
 * which lies sealed in the file and which only the key-encryption key (KEK) opens. So a file is restored only where the
 * same KEK is; without it nothing sealed in the file would open either, which is why there is no way around the check.
 */

/* Makes FILE, then records `backup.made`. `problem` gets a sentence when it is not OK. Statuses as backup_begin. */
enum status must_check backup_make(const struct core *core, const char *path, bool may_replace, int64_t now,
				   struct backup_sums *ret_sums, char problem[256]);

struct backup_restore {
	const char *path;
	bool is_exact, keep_recovery, discard; /* as in struct restore_settings */
	int64_t now;
};
struct backup_restored {
	struct restored done;
	int64_t made_at;
};
/*
 * core needs settings and keyholder only: there may be no database that can be opened. Statuses as backup_file_open and
 * store_restore; E_REFUSED: damaged, changed, another installation's, or another KEK.
 */
enum status must_check backup_restore(const struct core *core, const struct backup_restore *wanted,
				      struct backup_restored *ret_restored, char problem[256]);

/* What `symbolon doctor` tells; 0: never. */
struct backup_history {
	int64_t made_at, epoch, restored_at;
};
enum status must_check backup_history(const struct core *core, struct backup_history *ret_history);

#endif
