#ifndef CORE_ACCOUNT_INTERNAL_H
#define CORE_ACCOUNT_INTERNAL_H

#include "core/account.h"

/* For the account_*.c files only. */

/* First in every write: the session and the account as account_open found them, or E_REFUSED. */
enum status must_check account_still(struct store_tx *tx, const struct account *account);
enum status must_check account_audit(struct store_tx *tx, const struct account *account, const char *event,
				     const char *device_id);
/*
 * After something was taken away, in the same transaction: can the person still sign in? Needs a device or codes, and
 * a way through the account page's policy in a new browser. E_CONFLICT with problem last_factor otherwise.
 */
enum status must_check account_way_left(struct store_tx *tx, struct account *account);
/* Sets the word, and gives E_CONFLICT or E_INVALID back. */
enum status account_conflict(struct account *account, const char *word, const char *sentence);
enum status account_invalid(struct account *account, const char *word, const char *sentence);
/* A name for a device or codes: 1 to 64 characters that can be shown. E_INVALID otherwise. */
enum status must_check account_name_check(struct account *account, const char *name);

/* The policy's decision for the account page, for these factors; `known` says which kind of browser. */
struct account_question {
	struct user_factors has;
	bool known, stands_in;
	const char *acr_values; /* or NULL */
};
enum status must_check account_decide(struct arena *arena, const struct account *account,
				      const struct account_question *question, struct decision *ret_decision);

/* Parts of the JSON, in a read. */
json_t *account_devices_json(struct store_tx *tx, const struct account *account);
json_t *account_user_json(const struct account *account);
json_t *account_password_json(const struct account *account);
json_t *account_totp_json(struct store_tx *tx, const struct account *account);
json_t *account_recovery_json(struct store_tx *tx, const struct account *account);
json_t *account_browsers_json(struct store_tx *tx, const struct account *account);
json_t *account_sessions_json(struct store_tx *tx, const struct account *account);
#endif
