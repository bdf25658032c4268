#ifndef CORE_PASS_H
#define CORE_PASS_H

#include "core/core.h"

/*
 * A temporary pass lets somebody in who has nothing else: an operator issues it, it works once, and only until its time
 * is over. 8 to 48 characters of Crockford's base32 (5 random bits each), stored as a keyed hash whose key the
 * keyholder has: one fast hash is enough, because who has only the database cannot try any. Nobody can issue one to
 * themselves.
 *
 *   in force --used--> used     --a newer one, `pass revoke`, disable, a restore--> ended     --time--> expired
 *
 * Unless policy names it, it counts at the account page alone, and who came in by it may only enrol (core/account.h).
 */
enum { PASS_LENGTH_MIN = 8, PASS_LENGTH_MAX = 48, PASS_LENGTH = 16 };
enum { PASS_VALID_MIN_S = 600, PASS_VALID_MAX_S = 30 * 86400, PASS_VALID_S = 86400 };
#define PASS_TEXT_SIZE 60 /* 48 characters in groups of four, and NUL */

struct pass_wish {
	const char *user_id;
	size_t length;
	int64_t valid_s;
};
struct pass_issued {
	char id[ID_SIZE];
	char text[PASS_TEXT_SIZE]; /* "XXXX-XXXX-…", shown once */
	int64_t expires_at;
};
/* The one before ends. E_INVALID: length or time; E_NOT_FOUND: no such user. */
enum status must_check pass_issue(const struct core *core, const struct pass_wish *wish, int64_t now,
				  struct pass_issued *ret_issued);
/* E_NOT_FOUND, or E_CONFLICT when it was used or has ended. */
enum status must_check pass_revoke(const struct core *core, const char *id, int64_t now);
/* "in_force", "used", "ended" or "expired". */
const char *pass_state(const struct pass_row *row, int64_t now);

/* The keyed hash of what was typed, for this subject. E_INVALID when it cannot be a pass. */
enum status must_check pass_read(const struct core *core, struct arena *arena, const char *subject, const char *typed,
				 uint8_t ret_hash[32]);

#endif
