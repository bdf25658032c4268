#ifndef STORE_BACKUP_INTERNAL_H
#define STORE_BACKUP_INTERNAL_H

#include "store/backup.h"
#include "store/copy.h"

#define BACKUP_FORMAT "1"

/* SHA-256 of a file's content, in hex. */
enum status must_check backup_hash(struct connection *file, const struct backup_hasher *hasher, char ret_hex[65]);

/* Inside a read transaction from open to close. */
struct backup_file {
	struct connection *connection;
	struct arena *arena;
	size_t migrations; /* how many of ours it has */
	const struct backup_hasher *hasher;
	struct backup_facts facts;
};

/*
 * The database that is to be replaced, and the one that will take its place. Nobody else has it open, from open to
 * close.
 */
struct target {
	struct connection *present; /* as it is; NULL: there is none, or it cannot be read */
	struct connection *fresh;   /* empty */
	const struct target_ops *ops;
	void *own;
};
/* One for each kind of database; the functions below call them. */
struct target_ops {
	enum status (*open)(const char *url, struct target *ret_target, char problem[256]);
	enum status (*swap)(struct target *target, bool discard, int64_t now, char ret_kept[512], char problem[256]);
	void (*close)(struct target *target);
};
extern const struct target_ops target_sqlite, target_postgres;

/* E_BUSY: somebody has it open. E_INVALID: the url. */
enum status must_check target_open(const char *url, struct target *ret_target, char problem[256]);
/*
 * In one step the fresh one is the database. `discard`: the present one goes; else it is kept, and ret_kept says where.
 * Whatever is not OK: the present one is the database still.
 */
enum status must_check target_swap(struct target *target, bool discard, int64_t now, char ret_kept[512],
				   char problem[256]);
/* What was not swapped is removed. */
void target_close(struct target *target);

/* Names of which `restored` tells; counts all, keeps the first. */
void names_add(struct restore_names *names, const char *name);
/* What is compared with and taken over from the present database into the fresh one. */
enum status must_check present_take_over(const struct target *target, int64_t made_at, bool is_exact,
					 struct restored *restored);

#endif
