#ifndef STORE_MIGRATE_H
#define STORE_MIGRATE_H

#include "store/driver.h"

/*
 * The schema goes forward only, and so that nodes of two versions can run on one database: a migration adds (tables,
 * columns with a default, indexes), which the older version does not notice. One that takes away or renames is called
 * NNNN_contract_name, comes at least one version after the last program that needed what it takes, and is applied only
 * when nobody else is connected. migrations/NNNN_name.sql are built into the program, each with the SHA-256 of its
 * bytes; table schema_migration remembers which were applied, with the same checksum. In their text {int}, {bytes},
 * {serial}, {table} and {keyed_table} stand for what each database calls it.
 */
struct migration {
	int version;
	const char *name;     /* "0001_begin" */
	const char *checksum; /* lower-case hex */
	const char *text;
};

/* Made at build time by migrations/embed.sh, in order. */
extern const struct migration store_migrations[];
extern const size_t store_migration_count;

struct migrate_settings {
	const struct migration *migrations; /* the program's, or a test's */
	size_t count;
	bool may_change;   /* apply what is missing */
	bool may_contract; /* and what takes away, when nobody else is connected */
};

/*
 * Compares the database with `settings->migrations` and applies what is missing, all in one transaction.
 * E_CONFLICT, with one sentence in `problem`: a migration was changed after it was applied, a newer program has taken
 * away what this one may need, the database is somebody else's, or it is older and `may_change` is false.
 */
enum status must_check store_migrate(struct connection *connection, const struct migrate_settings *settings,
				     char problem[256]);

/*
 * How many of them the database has. E_CONFLICT as above, but older is fine. In a transaction of the caller's.
 */
enum status must_check store_migrated(struct connection *connection, const struct migrate_settings *settings,
				      size_t *ret_count, char problem[256]);

#endif
