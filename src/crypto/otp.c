#include "crypto/otp.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <liboath/oath.h>

#include "base/secret.h"
#include "base/text.h"

enum { DIGITS_MIN = 6, DIGITS_MAX = 8, PERIOD_MIN = 5, PERIOD_MAX = 300, CODE_SIZE = 16 };

static const struct {
	const char *name;
	int oath_flags;
} hashes[] = {
	[OTP_SHA1] = {"SHA1", 0},
	[OTP_SHA256] = {"SHA256", OATH_TOTP_HMAC_SHA256},
	[OTP_SHA512] = {"SHA512", OATH_TOTP_HMAC_SHA512},
};

static const struct {
	const char *name;
	enum otp_hash hash;
} hash_spellings[] = {
	{"SHA1", OTP_SHA1},     {"SHA-1", OTP_SHA1},     {"HmacSHA1", OTP_SHA1},
	{"SHA256", OTP_SHA256}, {"SHA-256", OTP_SHA256}, {"HmacSHA256", OTP_SHA256},
	{"SHA512", OTP_SHA512}, {"SHA-512", OTP_SHA512}, {"HmacSHA512", OTP_SHA512},
};

const char *otp_hash_name(enum otp_hash hash)
{
	return hashes[hash].name;
}

enum status otp_hash_parse(const char *name, enum otp_hash *ret_hash)
{
	for (size_t i = 0; i < ARRAY_COUNT(hash_spellings); i++) {
		if (name && text_equal_nocase(name, hash_spellings[i].name)) {
			*ret_hash = hash_spellings[i].hash;
			return OK;
		}
	}
	return E_INVALID;
}

static pthread_once_t oath_once = PTHREAD_ONCE_INIT;

static void oath_start(void)
{
	if (oath_init() != OATH_OK)
		abort();
}

static bool params_are_sane(const struct otp_params *params, size_t seed_size)
{
	return seed_size > 0 && seed_size <= OTP_SEED_MAX && (size_t)params->hash < ARRAY_COUNT(hashes) &&
	       params->digits >= DIGITS_MIN && params->digits <= DIGITS_MAX && params->period >= PERIOD_MIN &&
	       params->period <= PERIOD_MAX;
}

enum status otp_code(const uint8_t *seed, size_t seed_size, const struct otp_params *params, int64_t step, char out[16])
{
	char code[CODE_SIZE] = "";

	if (!params_are_sane(params, seed_size) || step < 0 || pthread_once(&oath_once, oath_start) != 0)
		return E_INVALID;
	/* A period of one second makes liboath's time the step itself. */
	int rc = oath_totp_generate2((const char *)seed, seed_size, (time_t)step, 1, OATH_TOTP_DEFAULT_START_TIME,
				     params->digits, hashes[params->hash].oath_flags, code);
	if (rc != OATH_OK)
		return rc == OATH_INVALID_DIGITS ? E_INVALID : E_NOMEM;
	memcpy(out, code, params->digits + 1);
	secret_zero(code, sizeof(code));
	return OK;
}

/* The code as digits + NUL, or all NUL, which no code is. */
static void code_copy(const char *code, unsigned digits, char out[CODE_SIZE])
{
	memset(out, 0, CODE_SIZE);
	if (code && strlen(code) == digits && strspn(code, "0123456789") == digits)
		memcpy(out, code, digits);
}

enum status otp_check(const uint8_t *seed, size_t seed_size, const struct otp_params *params, const char *code,
		      int64_t now, unsigned window, int64_t after, int64_t *ret_step)
{
	char given[CODE_SIZE], expected[CODE_SIZE];
	int64_t found = -1;

	if (!params_are_sane(params, seed_size) || window > OTP_WINDOW_MAX || now < 0)
		return E_INVALID;
	code_copy(code, params->digits, given);
	int64_t middle = now / params->period;
	int64_t first = middle > window ? middle - window : 0;
	for (int64_t step = first; step <= middle + window; step++) {
		TRY(otp_code(seed, seed_size, params, step, expected));
		if (secret_equal(given, expected, params->digits))
			found = step;
	}
	secret_zero(expected, sizeof(expected));
	if (found < 0)
		return E_NOT_FOUND;
	if (found <= after)
		return E_CONFLICT;
	*ret_step = found;
	return OK;
}
