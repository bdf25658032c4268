#ifndef CORE_SESSION_H
#define CORE_SESSION_H

#include "core/core.h"

/*
 * A signed-in browser. The cookie holds 256 random bits, the store their hash. The token changes at every rise of
 * privilege. Ends when idle, at its absolute end, by sign-out, by disabling the user, or by "It's not me".
 */

/* The session in force of this cookie in this browser. E_NOT_FOUND otherwise, whatever the reason. For read
 * transactions. */
enum status must_check session_find(struct store_tx *tx, const char *token, const uint8_t browser_hash[32], int64_t now,
				    struct session_row *ret_row);
/* reason: one machine word, for the audit log. */
enum status must_check session_end(const struct core *core, const char *sid, const char *reason, int64_t now);

/*
 * A known browser: the cookie holds "id.token" pairs, at most 4 (one for each user), joined by '~'.
 * Made only after a complete multi-factor sign-in, rotated at each use. An old token that comes back later (more than
 * 60 s after its rotation, so that two tabs do not hurt each other) removes the pair and raises an audit alert.
 */
#define KNOWN_COOKIE_SIZE 320
struct known_browser {
	bool known;
	bool theft; /* an old token came back: remove it and tell */
	char id[ID_SIZE];
	uint8_t token_hash[32]; /* of the token in the cookie */
};
/* Which of the cookie's pairs is this user's; nothing is written. */
enum status must_check known_browser_find(struct store_tx *tx, const char *cookie, const char *user_id, int64_t now,
					  int64_t life_s, struct known_browser *ret_known);
/* The cookie with this user's pair set to id.token (others kept, oldest dropped past 4). */
void known_cookie_set(const char *cookie, const char *old_id, const char *id, const char *token,
		      char out[KNOWN_COOKIE_SIZE]);
/* Inside a write: rotates (known) or inserts (not known) and keeps at most 10 for the user. */
enum status must_check known_browser_renew(struct store_tx *tx, const struct known_browser *known,
					   const struct browser_row *row, int64_t now);

#endif
