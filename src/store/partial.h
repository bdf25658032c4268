#ifndef STORE_PARTIAL_H
#define STORE_PARTIAL_H

#include <stdbool.h>

#include "base/status.h"

/*
 * A file that is being made under another name, so that nobody sees it half: PATH + ending, mode 0600, locked for as
 * long as it is made. What an earlier run left is emptied.
 */
struct partial {
	char *path;  /* of the file to be */
	char *under; /* where it is made */
	int lock;
};

/* E_BUSY: another process makes it. E_IO. */
enum status must_check partial_begin(const char *path, const char *ending, struct partial *ret_partial,
				     char problem[256]);
/* Its bytes and its name are on disk afterwards. E_CONFLICT: PATH is there and may not be replaced. */
enum status must_check partial_finish(struct partial *partial, bool may_replace, char problem[256]);
/* Removes what was not finished, and frees. */
void partial_done(struct partial *partial);

/* The folder of a path is brought to disk, with the names in it. */
enum status must_check folder_sync(const char *path);

#endif
