#include <crypt.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <argon2.h>

#include "base/secret.h"
#include "crypto/password_internal.h"

/*
 * crypt(3) would compute whatever cost a stored text names: hours, gigabytes. So each form is read here before, and the
 * cost has a limit.
 */
#define CRYPT_ALPHABET  "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define BASE64_ALPHABET "+/0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

enum { BCRYPT_COST_MIN = 4, BCRYPT_COST_MAX = 14, BCRYPT_TAIL = 53 };
enum { SHA_ROUNDS_MIN = 1000, SHA_ROUNDS_MAX = 1000000, SHA_SALT_MAX = 16, SHA256_TAIL = 43, SHA512_TAIL = 86 };
enum { YESCRYPT_LOG_MAX = 20, YESCRYPT_BLOCK_MAX = 32, YESCRYPT_MEMORY_MAX = 256 << 20 };
enum { YESCRYPT_SALT_MAX = 86, YESCRYPT_TAIL = 43 };
enum { PHC_SALT_MIN = 11, PHC_SALT_MAX = 86, PHC_HASH_MIN = 22, PHC_HASH_MAX = 86 };

/* min to max characters of the alphabet. */
static bool take_span(const char **at, const char *alphabet, size_t min, size_t max)
{
	size_t size = strspn(*at, alphabet);

	if (size < min || size > max)
		return false;
	*at += size;
	return true;
}

static bool is_end(const char *at)
{
	return *at == '\0';
}

/* $2b$12$ and 22 characters of salt, 31 of hash */
static bool is_bcrypt(const char *at)
{
	if (!take_text(&at, "$2a$") && !take_text(&at, "$2b$") && !take_text(&at, "$2y$"))
		return false;
	if (at[0] < '0' || at[0] > '9' || at[1] < '0' || at[1] > '9')
		return false;
	int cost = (at[0] - '0') * 10 + (at[1] - '0');
	at += 2;
	return cost >= BCRYPT_COST_MIN && cost <= BCRYPT_COST_MAX && take_text(&at, "$") &&
	       take_span(&at, CRYPT_ALPHABET, BCRYPT_TAIL, BCRYPT_TAIL) && is_end(at);
}

/* $6$salt$hash or $6$rounds=N$salt$hash */
static bool is_sha_crypt(const char *at, const char *prefix, size_t tail)
{
	uint32_t rounds = 0;

	if (!take_text(&at, prefix))
		return false;
	if (take_text(&at, "rounds=") &&
	    !(take_number(&at, SHA_ROUNDS_MIN, SHA_ROUNDS_MAX, &rounds) && take_text(&at, "$")))
		return false;
	return take_span(&at, CRYPT_ALPHABET, 0, SHA_SALT_MAX) && take_text(&at, "$") &&
	       take_span(&at, CRYPT_ALPHABET, tail, tail) && is_end(at);
}

/* One character of a yescrypt setting as a number from 1, 0 when it is none. */
static uint64_t yescrypt_number(char c)
{
	const char *found = c ? strchr(CRYPT_ALPHABET, c) : NULL;

	return found ? (uint64_t)(found - CRYPT_ALPHABET) + 1 : 0;
}

/* $y$j9T$salt$hash: flags "j", log2 of N, the block size r; it takes 128 * N * r bytes */
static bool is_yescrypt(const char *at)
{
	if (!take_text(&at, "$y$j"))
		return false;
	uint64_t log = yescrypt_number(at[0]);
	uint64_t block = log ? yescrypt_number(at[1]) : 0;
	if (!block || log > YESCRYPT_LOG_MAX || block > YESCRYPT_BLOCK_MAX ||
	    (128 * block) << log > YESCRYPT_MEMORY_MAX)
		return false;
	at += 2;
	return take_text(&at, "$") && take_span(&at, CRYPT_ALPHABET, 1, YESCRYPT_SALT_MAX) && take_text(&at, "$") &&
	       take_span(&at, CRYPT_ALPHABET, YESCRYPT_TAIL, YESCRYPT_TAIL) && is_end(at);
}

static bool is_argon2_phc(const char *at)
{
	struct password_params params;

	return take_text(&at, "$argon2id$v=19$m=") && password_params_take(&at, &params) &&
	       take_span(&at, BASE64_ALPHABET, PHC_SALT_MIN, PHC_SALT_MAX) && take_text(&at, "$") &&
	       take_span(&at, BASE64_ALPHABET, PHC_HASH_MIN, PHC_HASH_MAX) && is_end(at);
}

enum password_kind password_imported_kind(const char *stored)
{
	if (is_argon2_phc(stored))
		return PASSWORD_ARGON2_PHC;
	if (is_bcrypt(stored) || is_yescrypt(stored) || is_sha_crypt(stored, "$6$", SHA512_TAIL) ||
	    is_sha_crypt(stored, "$5$", SHA256_TAIL))
		return PASSWORD_CRYPT;
	return PASSWORD_UNKNOWN;
}

static enum status crypt_verify(const char *password, const char *stored, bool *ret_matches)
{
	struct crypt_data *data = calloc(1, sizeof(*data)); /* 32 KiB */
	if (!data)
		return E_NOMEM;

	errno = 0;
	const char *computed = crypt_rn(password, stored, data, (int)sizeof(*data));
	int error = errno;
	bool failed = !computed;
	bool matches = !failed && secret_text_equal(computed, stored);
	secret_zero(data, sizeof(*data));
	free(data);
	if (failed && error == ENOMEM)
		return E_NOMEM;
	if (failed && error != ERANGE) /* ERANGE: longer than crypt(3) takes */
		return E_INVALID;
	*ret_matches = matches;
	return OK;
}

static enum status phc_verify(const char *password, const char *stored, bool *ret_matches)
{
	int rc = argon2id_verify(stored, password, strlen(password));

	if (rc == ARGON2_MEMORY_ALLOCATION_ERROR || rc == ARGON2_THREAD_FAIL)
		return E_NOMEM;
	if (rc != ARGON2_OK && rc != ARGON2_VERIFY_MISMATCH)
		return E_INVALID;
	*ret_matches = rc == ARGON2_OK;
	return OK;
}

enum status password_verify_imported(const char *password, const char *stored, bool *ret_matches)
{
	switch (stored ? password_imported_kind(stored) : PASSWORD_UNKNOWN) {
	case PASSWORD_CRYPT: return crypt_verify(password, stored, ret_matches);
	case PASSWORD_ARGON2_PHC: return phc_verify(password, stored, ret_matches);
	default: return E_INVALID;
	}
}
