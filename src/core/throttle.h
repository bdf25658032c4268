#ifndef CORE_THROTTLE_H
#define CORE_THROTTLE_H

#include "core/core.h"

/*
 * Limits of attempts. They belong to the user's id (or to the keyed hash of a name that does not exist), whatever alias
 * was typed, over all sessions, nodes and doors. A known browser has its own, so that a stranger cannot lock the person
 * out. A verdict is reached before the limit is looked at in the very transaction that records the attempt: of any
 * number of parallel guesses only those within the limit can count, and beyond it right and wrong get the same answer.
 */
struct throttle_who {
	const char *subject;  /* user id or keyed hash */
	const char *known_id; /* known browser's id, or NULL */
	const char *ip;
};

#define THROTTLE_KEY_SIZE 160

/* OK: a try is possible. E_BUSY with the seconds to wait. */
enum status must_check throttle_password(struct store_tx *tx, const struct settings *settings,
					 const struct throttle_who *who, int64_t now, int64_t *ret_wait);
enum status must_check throttle_password_failed(struct store_tx *tx, const struct throttle_who *who, int64_t now);
/* Clears only the failures from the same address block (SP 800-63B-4 3.2.2). */
enum status must_check throttle_password_passed(struct store_tx *tx, const struct throttle_who *who);

/* TOTP and recovery codes share one budget. `first`: nothing was proven before in an unknown browser; such tries have a
 * budget of their own. */
enum status must_check throttle_code(struct store_tx *tx, const struct settings *settings,
				     const struct throttle_who *who, bool first, int64_t now, int64_t *ret_wait);
enum status must_check throttle_code_failed(struct store_tx *tx, const struct throttle_who *who, bool first,
					    int64_t now);

/* Temporary passes: the numbers of codes, counted apart. */
enum status must_check throttle_pass(struct store_tx *tx, const struct settings *settings,
				     const struct throttle_who *who, int64_t now, int64_t *ret_wait);
enum status must_check throttle_pass_failed(struct store_tx *tx, const struct throttle_who *who, int64_t now);

/* Whether a push may still pop up; the challenge is counted either way, until all are spent. */
enum status must_check throttle_push(struct store_tx *tx, const struct settings *settings,
				     const struct throttle_who *who, int64_t now, bool *ret_popup);
/* Pushes since the last success, of which none or only wrong ones were answered; 0 for a known browser. */
enum status must_check throttle_push_count(struct store_tx *tx, const struct throttle_who *who, int64_t *ret_count);
enum status must_check throttle_push_approved(struct store_tx *tx, const struct throttle_who *who);

/* "203.0.113.0/24", "2001:db8:1::/48"; "unknown" when it is not an address. */
void address_block(const char *ip, char out[64]);

#endif
