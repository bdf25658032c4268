#ifndef CORE_USER_H
#define CORE_USER_H

#include "core/core.h"

/* A user name: 1 to 64 of a–z 0–9 . _ - @ +, canonical is lower case. What is typed may be an e-mail address. E_INVALID
 * otherwise. */
enum status must_check username_canonical(struct arena *arena, const char *typed, char **ret_name);

struct user_new {
	const char *name;
	const char *display_name; /* or NULL */
	const char *email;        /* or NULL */
	const char *const *groups;
	size_t group_count;
	const char *password; /* plain, already accepted; or NULL */
	const char *imported; /* an imported hash, or NULL */
};
/* E_CONFLICT: the name is taken. E_INVALID with a sentence in *ret_problem. */
enum status must_check user_add(const struct core *core, struct arena *arena, const struct user_new *user, int64_t now,
				char ret_id[ID_SIZE], const char **ret_problem);
/* Ends sessions, streams, pending challenges and grants in the same transaction. */
enum status must_check user_set_disabled(const struct core *core, const char *id, bool disabled, int64_t now);
enum status must_check user_remove(const struct core *core, const char *id, int64_t now);
/* Drops known browsers and sessions too. */
enum status must_check user_set_password(const struct core *core, struct arena *arena, const char *id,
					 const char *password, int64_t now, const char **ret_problem);

/* What the account has at `now`, for policy. */
struct user_factors {
	bool password, device, totp, recovery, pass;
};
enum status must_check user_factors_find(struct store_tx *tx, const struct user_row *user, int64_t now,
					 struct user_factors *ret_factors);

#endif
