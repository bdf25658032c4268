#include "crypto/password.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <argon2.h>

#include "base/encode.h"
#include "base/secret.h"
#include "crypto/password_internal.h"

enum { MEMORY_KIB_MAX = 256 * 1024, PASSES_MAX = 64, LANES_MAX = 8, WORK_KIB_MAX = 1024 * 1024 };
enum { MEMORY_KIB_PER_LANE = 8 }; /* RFC 9106 3.1 */

/* OWASP's first choice for argon2id with 19 MiB. */
const struct password_params password_default = {.memory_kib = 19456, .passes = 2, .lanes = 1};

#define OURS_PREFIX "$symbolon$argon2id$v=19$m="

static bool params_are_sane(const struct password_params *params)
{
	return params->lanes >= 1 && params->lanes <= LANES_MAX &&
	       params->memory_kib >= MEMORY_KIB_PER_LANE * params->lanes && params->memory_kib <= MEMORY_KIB_MAX &&
	       params->passes >= 1 && params->passes <= PASSES_MAX &&
	       (uint64_t)params->memory_kib * params->passes <= WORK_KIB_MAX;
}

/* m=19456,t=2,p=1$ — the "m=" has been read. */
bool password_params_take(const char **at, struct password_params *ret_params)
{
	struct password_params params = {0};

	if (!take_number(at, 1, MEMORY_KIB_MAX, &params.memory_kib) || !take_text(at, ",t=") ||
	    !take_number(at, 1, PASSES_MAX, &params.passes) || !take_text(at, ",p=") ||
	    !take_number(at, 1, LANES_MAX, &params.lanes) || !take_text(at, "$") || !params_are_sane(&params))
		return false;
	*ret_params = params;
	return true;
}

bool take_text(const char **at, const char *text)
{
	size_t size = strlen(text);

	if (strncmp(*at, text, size) != 0)
		return false;
	*at += size;
	return true;
}

bool take_number(const char **at, uint32_t min, uint32_t max, uint32_t *ret_number)
{
	size_t digits = strspn(*at, "0123456789");
	uint64_t number = 0;

	if (digits == 0 || digits > 9 || (digits > 1 && **at == '0'))
		return false;
	for (size_t i = 0; i < digits; i++)
		number = number * 10 + (uint64_t)((*at)[i] - '0');
	if (number < min || number > max)
		return false;
	*at += digits;
	*ret_number = (uint32_t)number;
	return true;
}

/* Exactly `size` bytes in base64url. */
static bool take_bytes(const char **at, uint8_t *out, size_t size)
{
	size_t length = BASE64URL_SIZE(size), read = 0;

	if (strnlen(*at, length) < length || base64url_parse(*at, length, out, size, &read) != OK || read != size)
		return false;
	*at += length;
	return true;
}

enum status password_parse(const char *stored, struct password_record *ret_record)
{
	struct password_record record = {0};
	const char *at = stored;

	if (!stored || !take_text(&at, OURS_PREFIX) || !password_params_take(&at, &record.params) ||
	    !take_bytes(&at, record.salt, sizeof(record.salt)) || !take_text(&at, "$") ||
	    !take_bytes(&at, record.mac, sizeof(record.mac)) || *at != '\0')
		return E_INVALID;
	*ret_record = record;
	return OK;
}

void password_format(const struct password_record *record, char out[PASSWORD_STORED_SIZE])
{
	char salt[BASE64URL_SIZE(16) + 1], mac[BASE64URL_SIZE(32) + 1];

	base64url_format(record->salt, sizeof(record->salt), salt);
	base64url_format(record->mac, sizeof(record->mac), mac);
	snprintf(out, PASSWORD_STORED_SIZE, OURS_PREFIX "%u,t=%u,p=%u$%s$%s", record->params.memory_kib,
		 record->params.passes, record->params.lanes, salt, mac);
}

enum password_kind password_kind(const char *stored)
{
	struct password_record record;

	if (!stored)
		return PASSWORD_UNKNOWN;
	if (password_parse(stored, &record) == OK)
		return PASSWORD_OURS;
	return password_imported_kind(stored);
}

enum status password_stretch(const char *password, const struct password_params *params, const uint8_t salt[16],
			     uint8_t ret_raw[32])
{
	uint8_t raw[32];

	if (!params_are_sane(params))
		return E_INVALID;
	int rc = argon2id_hash_raw(params->passes, params->memory_kib, params->lanes, password, strlen(password), salt,
				   16, raw, sizeof(raw));
	if (rc != ARGON2_OK)
		return rc == ARGON2_MEMORY_ALLOCATION_ERROR || rc == ARGON2_THREAD_FAIL ? E_NOMEM : E_INVALID;
	memcpy(ret_raw, raw, sizeof(raw));
	secret_zero(raw, sizeof(raw));
	return OK;
}
