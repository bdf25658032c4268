#ifndef CRYPTO_PASSWORD_INTERNAL_H
#define CRYPTO_PASSWORD_INTERNAL_H

#include "crypto/password.h"

/* Inside src/crypto only: reading a stored hash from left to right. Each moves *at on when it fits, and only then. */
bool take_text(const char **at, const char *text);
/* Decimal, no leading zero, in [min, max]. */
bool take_number(const char **at, uint32_t min, uint32_t max, uint32_t *ret_number);
/* "19456,t=2,p=1$", within the limits of password.h. */
bool password_params_take(const char **at, struct password_params *ret_params);

/* PASSWORD_CRYPT, PASSWORD_ARGON2_PHC or PASSWORD_UNKNOWN. */
enum password_kind password_imported_kind(const char *stored);

#endif
