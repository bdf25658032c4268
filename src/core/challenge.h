#ifndef CORE_CHALLENGE_H
#define CORE_CHALLENGE_H

#include "core/core.h"
#include "core/policy.h"

/*
 * A challenge is one question put to one user through one factor. It is answered at most once.
 *
 *   pending --approve--> approved --finish--> consumed
 *      |------deny-----> denied
 *      |------wrong----> wrong
 *      |------time-----> expired
 *      `------newer----> superseded
 *
 * Time comes in as `now`; a push goes out as an outbox row written in the same transaction, so a crash can neither
 * lose nor invent a notification. A hidden challenge (a decoy for a name that does not exist, or one that may not take
 * the place of another browser's) looks the same to its page and is never offered to a device.
 */
bool challenge_may(const char *from, const char *to);

/* The device's side: what GET /challenges and GET /challenges/{id} give. Only pending, unexpired, not hidden ones of
 * this user. */
enum status must_check challenge_list(const struct core *core, struct arena *arena, const char *user_id, int64_t now,
				      json_t **ret_json);
/* The stored bytes exactly; notes that the device has seen it and wakes the page. E_NOT_FOUND, E_EXPIRED, or E_CONFLICT
 * when settled. */
enum status must_check challenge_details(const struct core *core, struct arena *arena, const char *user_id,
					 const char *challenge_id, int64_t now, const char **ret_bytes);

struct challenge_answer {
	const char *jws;
	size_t jws_size;
	const struct device_row *device; /* who sent it: its request was verified */
	const char *ip;
};
struct challenge_settled {
	const char *state;      /* the settled state, also with E_CONFLICT */
	const char *settled_by; /* the name of the device that settled it, or NULL */
};
/*
 * Record the device's answer (PROTOCOL: The answer).
 *
 * OK            stored, or these same bytes were stored before; *ret says what became of the challenge
 * E_INVALID     not a JWS of this type, or claims missing
 * E_REFUSED     signature, typ, aud, kid, nonce, iat or shown is wrong
 * E_NOT_FOUND   no such challenge for this device's user
 * E_CONFLICT    already settled otherwise; the first answer stands
 * E_EXPIRED     too late; the challenge is expired
 */
enum status must_check challenge_answer(const struct core *core, struct arena *arena, const char *challenge_id,
					const struct challenge_answer *answer, int64_t now,
					struct challenge_settled *ret_settled);

#endif
