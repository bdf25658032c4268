#ifndef CRYPTO_OTP_H
#define CRYPTO_OTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct arena;

/* RFC 6238 through liboath, and otpauth:// URIs. */
enum otp_hash { OTP_SHA1, OTP_SHA256, OTP_SHA512 };
const char *otp_hash_name(enum otp_hash hash); /* "SHA1" */
/* Also what apps write: any case, "SHA-256", "HmacSHA256". E_INVALID otherwise. */
enum status must_check otp_hash_parse(const char *name, enum otp_hash *ret_hash);

struct otp_params {
	enum otp_hash hash;
	unsigned digits; /* 6 to 8 */
	unsigned period; /* seconds, 5 to 300 */
};

#define OTP_SEED_MAX   128 /* bytes */
#define OTP_WINDOW_MAX 10  /* steps to each side */

/*
 * The code of one time step; `out` gets digits + NUL. Steps past 2^31 seconds work.
 *
 * E_INVALID  parameters out of range, an empty or too long seed, a negative step
 */
enum status must_check otp_code(const uint8_t *seed, size_t seed_size, const struct otp_params *params, int64_t step,
				char out[16]);
/*
 * The step in [now/period - window, now/period + window] whose code this is, and that is greater than `after`; when two
 * steps have this code, the later one, so that the code is not good a second time. Every step of the window is computed
 * and compared whatever the code is, so the time taken says nothing.
 *
 * E_NOT_FOUND  none; also when `code` is not exactly params->digits digits
 * E_CONFLICT   it is the code of a step that is not greater than `after` (used already)
 * E_INVALID    as above, or a window of more than OTP_WINDOW_MAX
 */
enum status must_check otp_check(const uint8_t *seed, size_t seed_size, const struct otp_params *params,
				 const char *code, int64_t now, unsigned window, int64_t after, int64_t *ret_step);

struct otpauth {
	char *issuer; /* "" when absent */
	char *account;
	uint8_t seed[OTP_SEED_MAX];
	size_t seed_size;
	struct otp_params params;
};
/*
 * otpauth://totp/Issuer:account?secret=…&issuer=…&algorithm=…&digits=…&period=…
 *
 * As apps write it: the secret in either case, with spaces, dashes or padding; the issuer in the label, in the
 * parameter, in both or absent (the parameter wins); a colon as it is or as %3A, with spaces after it; unknown
 * parameters. Defaults: SHA1, 6 digits, 30 seconds. Not accepted: hotp, a parameter given twice, an empty secret or one
 * of more than 128 bytes, names that cannot be shown on one line, neither issuer nor account.
 *
 * E_INVALID with a sentence in *ret_problem (static text); *ret_otp is then untouched. `seed` is a secret: zero it.
 */
enum status must_check otpauth_parse(struct arena *arena, const char *uri, struct otpauth *ret_otp,
				     const char **ret_problem);
/* The URI in its usual form, all parameters given; NULL when out of memory. It holds the seed. */
char *otpauth_format(struct arena *arena, const struct otpauth *otp);

#endif
