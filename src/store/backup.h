#ifndef STORE_BACKUP_H
#define STORE_BACKUP_H

#include "store/store.h"

/*
 * A backup is one file: a SQLite database with our schema, whatever database the installation uses, mode 0600. It is
 * made from one snapshot while the daemon works, and says of itself, in rows of meta:
 *
 *   backup.format     "1"
 *   backup.made_at    Unix seconds
 *   backup.issuer     whose it is
 *   backup.sha256     of its content, which finds damage
 *   backup.mac        of that, by a key that only the keyholder can use, which finds changes
 *
 * Making one: begin, seal, finish. What is under way is FILE.partial, locked; a run that died leaves it, and the next
 * to the same FILE takes its place. Nobody sees FILE before it is whole and on disk.
 */
struct backup;

struct backup_settings {
	const char *path;
	bool may_replace; /* a FILE that is there */
	const char *issuer;
	int64_t now;
};
struct backup_sums {
	uint64_t rows;
	char sha256[65];
};
/* What a SHA-256 is made with; the store has none of its own. */
struct backup_hasher {
	void *(*begin)(void);
	void (*add)(void *ctx, const void *data, size_t size);
	void (*end)(void *ctx, char ret_hex[65]);
};

/*
 * E_CONFLICT: FILE is there and may not be replaced. E_BUSY: another backup to this FILE is under way. E_IO: the file.
 * `problem` gets one sentence.
 */
enum status must_check backup_begin(struct store *store, const struct backup_settings *settings,
				    const struct backup_hasher *hasher, struct backup **ret_backup, char problem[256]);
const struct backup_sums *backup_sums(const struct backup *backup);
/* Writes the mac and puts the file in its place. */
enum status must_check backup_finish(struct backup *backup, const char *mac, char problem[256]);
/* Frees; what is not finished is removed. Accepts NULL inside. */
void backup_close(struct backup **backup);

/* ---- reading one ---- */

struct backup_file;

struct backup_facts {
	int64_t made_at, epoch;
	const char *issuer;
	const char *sha256, *mac; /* as the file says */
	char computed_sha256[65]; /* as it is */
	const char *last_migration;
	struct {
		const char *kid, *alg;
		const uint8_t *sealed;
		size_t size;
	} mac_key; /* of the installation that made it; sealed */
};
/*
 * Nothing in the file is changed, and nothing in it is believed: sha256 and mac are the caller's to compare.
 * E_NOT_FOUND; E_INVALID: not a backup, or damaged; E_CONFLICT: made by a newer version, or a migration differs.
 */
enum status must_check backup_file_open(const char *path, const struct backup_hasher *hasher,
					struct backup_file **ret_file, char problem[256]);
const struct backup_facts *backup_file_facts(const struct backup_file *file);
void backup_file_close(struct backup_file **file);

/* ---- putting one in the place of the database ---- */

struct restore_settings {
	const char *url;    /* of the database */
	bool is_exact;      /* take over nothing from the database as it is */
	bool keep_recovery; /* recovery codes that were unused then may be used (again) */
	bool discard;       /* the database as it is, rather than keep it beside */
	int64_t now;
	unsigned totp_window; /* steps to each side that a code is accepted */
	const char *chain;    /* of the audit log, for what `also` writes */
	store_fn also;        /* in the new database's transaction, last: the audit event. ctx is a struct restored */
	const void *also_ctx;
};

/* What came of it. Names are at most RESTORE_NAMES of each kind, counts are whole. */
enum { RESTORE_NAMES = 20 };
struct restore_names {
	int64_t count;
	char names[RESTORE_NAMES][72];
};
struct restored {
	int64_t epoch;
	uint64_t rows;
	bool present_was_read;          /* the database as it was could be read: what follows is known */
	int64_t disabled_again;         /* users disabled since the backup: they stay disabled */
	int64_t revoked_again;          /* devices revoked since: they stay revoked */
	int64_t attempts;               /* failures and pushes since, which still count */
	struct restore_names back;      /* users that were removed since, and are there again */
	struct restore_names gone;      /* users that were made since, and are not there any more */
	struct restore_names passwords; /* users whose password was changed since: the old one holds again */
	struct restore_names recovery;  /* users who have recovery codes: void, or usable with keep_recovery */
	char kept[512];                 /* where the database as it was lies now; "" nowhere */
	const void *also_ctx;
};

/*
 * All or nothing: the new database is built beside, from the file's rows; brought up to date; everything that was under
 * way when the backup was made is void in it (store_epoch_raise); then it takes the place of the present one in one
 * step. Until then the present one is untouched, and a run that died changed nothing.
 *
 * E_BUSY: a daemon or another command has the database open. E_CONFLICT: the present database is not ours.
 */
enum status must_check store_restore(struct backup_file *file, const struct restore_settings *settings,
				     struct restored *ret_restored, char problem[256]);

#endif
