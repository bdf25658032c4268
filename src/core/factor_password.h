#ifndef CORE_FACTOR_PASSWORD_H
#define CORE_FACTOR_PASSWORD_H

#include "core/core.h"
#include "crypto/password.h"

/* The text to store for a password: argon2id by the settings, peppered by the keyholder. Takes about 20 ms of CPU. */
enum status must_check password_store(const struct core *core, const char *password, char out[PASSWORD_STORED_SIZE]);

#endif
