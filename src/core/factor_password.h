#ifndef CORE_FACTOR_PASSWORD_H
#define CORE_FACTOR_PASSWORD_H

#include "core/core.h"
#include "crypto/password.h"

/* The text to store for a password: argon2id by the settings, peppered by the keyholder. Takes about 20 ms of CPU. */
enum status must_check password_store(const struct core *core, const char *password, char out[PASSWORD_STORED_SIZE]);

/*
 * Whether it is the one of that stored text, ours or imported; nothing is counted or upgraded. The same work for NULL,
 * which nothing matches.
 */
enum status must_check password_matches(const struct core *core, const char *password, const char *stored,
					bool *ret_matches);

#endif
