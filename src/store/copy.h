#ifndef STORE_COPY_H
#define STORE_COPY_H

#include "store/driver.h"

/*
 * Whole databases, row by row, from any database of ours to any other: how backups are written and read. Values are
 * numbers, text, bytes or NULL; columns are those that the schema has.
 */

/* Every table but schema_migration, those that others refer to first. A test compares it with the schema. */
extern const char *const copy_tables[];
extern const size_t copy_table_count;

struct copy_sink {
	void (*add)(void *ctx, const void *data, size_t size);
	void *ctx;
};

struct copy {
	struct connection *from;      /* inside a transaction: one snapshot */
	struct connection *to;        /* inside a transaction; its tables are there and empty */
	struct connection *file;      /* whichever of both is the one in a file: it is asked for the columns */
	const struct copy_sink *sink; /* gets what copy_digest would give, of the very rows that are copied; or NULL */
};
/*
 * Copies every table. Rows of meta that tell of the file and not of the installation ("backup.…") stay behind.
 * E_CONFLICT: `from` has tables that this program does not know. Memory: one row at a time.
 */
enum status must_check copy_all(const struct copy *copy, uint64_t *ret_rows);

/*
 * Gives the whole content of a file to `sink`, in an order that depends on the content alone: each value with its kind
 * and size, so that no two contents give the same bytes. Left out: what backup_seal writes.
 */
enum status must_check copy_digest(struct connection *file, const struct copy_sink *sink);

/* E_CONFLICT unless a file's tables are ours and no others; what later migrations make may be missing. */
enum status must_check copy_tables_check(struct connection *file);

#endif
