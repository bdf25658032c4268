#ifndef CORE_RECOVERY_H
#define CORE_RECOVERY_H

#include "core/core.h"

/*
 * Recovery codes: "XXXXXXXX-XXXXXX-XXXXXX-XXXXXX-XXXXXX" in Crockford base32: a selector of 40 bits and a secret of
 * 120. Stored as a keyed hash; one fast hash is enough for that many random bits (SP 800-63B-4 3.1.2). Each works once.
 */
#define RECOVERY_CODES     10
#define RECOVERY_CODE_SIZE 37 /* with NUL */

/* Ten new ones, shown once; the old ones end. */
enum status must_check recovery_issue(const struct core *core, const char *user_id, int64_t now,
				      char ret_codes[RECOVERY_CODES][RECOVERY_CODE_SIZE]);

/* The same by somebody else than a command: the audit log's words for it. */
struct recovery_by {
	const char *detail; /* JSON with the reason */
	const char *ip;
};
enum status must_check recovery_issue_by(const struct core *core, const char *user_id, const struct recovery_by *by,
					 int64_t now, char ret_codes[RECOVERY_CODES][RECOVERY_CODE_SIZE]);

/* Its selector and keyed hash. E_INVALID when it does not look like one. */
enum status must_check recovery_read(const struct core *core, const char *typed, char ret_selector[9],
				     uint8_t ret_hash[32]);

#endif
