#ifndef CORE_RECEIPT_H
#define CORE_RECEIPT_H

#include "base/json.h"
#include "core/audit.h"

/*
 * A receipt: a device's signed answer with what it had been shown and the public key that signed it, as the audit log
 * keeps them; and the same as a file that can be checked anywhere, without database and configuration (docs/audit.md).
 *
 * What holds without a database: the file is as it was exported, and the key in it signed this answer to exactly what
 * was shown. Whose key that is, and that the row stands in the log, only the service knows: compare thumbprint and
 * hash.
 */
struct receipt {
	struct audit_row row;
	const char *decision; /* approve, deny, report */
	const char *number;   /* or NULL */
	const char *issuer;
	int64_t signed_at;   /* by the device's clock */
	const json_t *shown; /* the details */
	char thumbprint[44]; /* of the key */
};

enum { RECEIPT_SIZE_MAX = 64 * 1024 };

/*
 * Checks signature, claims and hashes of one row. E_REFUSED: `problem` says what does not hold. E_NOT_FOUND: the row
 * has no receipt, or not all that is needed to check it (erased, or from before that was kept); `problem` says which.
 */
enum status must_check receipt_check(struct arena *arena, const struct audit_row *row, struct receipt *ret_receipt,
				     const char **ret_problem);
/* The file's text; the row has been checked. */
enum status must_check receipt_format(struct arena *arena, const struct audit_row *row, char **ret_text);
/* E_INVALID: not such a file, or not byte for byte what receipt_format writes. Nothing of it is checked further. */
enum status must_check receipt_parse(struct arena *arena, const char *text, size_t size, struct audit_row *ret_row,
				     const char **ret_problem);

#endif
