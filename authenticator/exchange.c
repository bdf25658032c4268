#include "exchange.h"

#include <string.h>

#include "base/encode.h"
#include "base/random.h"
#include "crypto/seal.h"
#include "import.h"

enum { SALT_SIZE = 16, KEY_SIZE = 32, EXCHANGE_ARENA_MAX = 5 * SEAL_MAX };

const char exchange_format[] = "symbolon-authenticator-export";
static const char kdf_name[] = "argon2id-64MiB-3";
static const char seal_identity[] = "symbolon-authenticator export 1";

json_t *exchange_new(const json_t *codes, int64_t now)
{
	return json_pack("{s:s, s:i, s:I, s:O}", "format", exchange_format, "version", 1, "exported_at",
			 (json_int_t)now, "codes", codes);
}

static json_t *sealed_new(int64_t now, const char *salt, const char *box)
{
	return json_pack("{s:s, s:i, s:I, s:{s:s, s:s, s:s}}", "format", exchange_format, "version", 1, "exported_at",
			 (json_int_t)now, "sealed", "kdf", kdf_name, "salt", salt, "box", box);
}

enum status exchange_seal(const json_t *document, const char *passphrase, int64_t now, json_t **ret_sealed)
{
	scoped_arena *arena = arena_new(EXCHANGE_ARENA_MAX);
	uint8_t salt[SALT_SIZE], key[KEY_SIZE];
	char salt_text[BASE64URL_SIZE(SALT_SIZE) + 1];
	const char *plain = json_format(arena, document);
	size_t size = plain ? strlen(plain) : 0;
	uint8_t *box = plain ? arena_alloc(arena, size + SEAL_OVERHEAD) : NULL;

	if (!box)
		return E_NOMEM;
	random_fill(&random_system, salt, sizeof(salt));
	TRY(seal_key_from_passphrase(passphrase, salt, key));
	enum status status = seal(key, seal_identity, plain, size, box);
	secret_zero(key, sizeof(key));
	TRY(status);
	base64url_format(salt, sizeof(salt), salt_text);
	const char *text = base64url_dup(arena, box, size + SEAL_OVERHEAD);
	json_t *sealed = text ? sealed_new(now, salt_text, text) : NULL;
	if (!sealed)
		return E_NOMEM;
	*ret_sealed = sealed;
	return OK;
}

static enum status salt_read(const json_t *sealed, uint8_t salt[SALT_SIZE])
{
	const char *kdf = json_get_string(sealed, "kdf"), *text = json_get_string(sealed, "salt");
	size_t size = 0;

	if (!kdf || strcmp(kdf, kdf_name) != 0 || !text)
		return E_INVALID;
	TRY(base64url_parse(text, strlen(text), salt, SALT_SIZE, &size));
	return size == SALT_SIZE ? OK : E_INVALID;
}

enum status exchange_unseal(const json_t *sealed, const char *passphrase, json_t **ret_document)
{
	scoped_arena *arena = arena_new(EXCHANGE_ARENA_MAX);
	const char *text = json_get_string(sealed, "box");
	uint8_t salt[SALT_SIZE], key[KEY_SIZE];
	size_t size = 0, most = text ? strlen(text) : 0;
	uint8_t *box = arena_alloc(arena, most + 1);
	char *plain = arena_alloc(arena, most + 1);

	if (!box || !plain)
		return E_NOMEM;
	TRY(salt_read(sealed, salt));
	if (base64url_parse(text ? text : "", most, box, most, &size) != OK || size < SEAL_OVERHEAD)
		return E_INVALID;
	TRY(seal_key_from_passphrase(passphrase, salt, key));
	enum status status = unseal(key, seal_identity, box, size, plain);
	secret_zero(key, sizeof(key));
	TRY(status);
	return json_parse_limited(plain, size - SEAL_OVERHEAD, IMPORT_DEPTH_MAX, ret_document);
}
