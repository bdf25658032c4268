#include "crypto/seal.h"

#include <string.h>

#include <argon2.h>
#include <openssl/err.h>

#include "base/random.h"
#include "base/secret.h"
#include "crypto/openssl.h"

enum { VERSION = 1, VERSION_SIZE = 1, NONCE_SIZE = 12, TAG_SIZE = 16 };
enum { PASSPHRASE_PASSES = 3, PASSPHRASE_KIB = 64 * 1024, PASSPHRASE_LANES = 1 };

/* The version and the identity: both must be what they were. */
static int authenticate_identity(EVP_CIPHER_CTX *ctx, const char *identity)
{
	const uint8_t version = VERSION;
	int ignored = 0;

	return EVP_CipherUpdate(ctx, NULL, &ignored, &version, sizeof(version)) == 1 &&
	       EVP_CipherUpdate(ctx, NULL, &ignored, (const uint8_t *)identity, (int)strlen(identity)) == 1;
}

static int encrypt(EVP_CIPHER_CTX *ctx, const char *identity, const void *plain, size_t size, uint8_t *cipher)
{
	int written = 0, rest = 0;

	if (!authenticate_identity(ctx, identity))
		return 0;
	if (size && EVP_EncryptUpdate(ctx, cipher, &written, plain, (int)size) != 1)
		return 0;
	return EVP_EncryptFinal_ex(ctx, cipher + written, &rest) == 1 && (size_t)(written + rest) == size;
}

enum status seal(const uint8_t key[32], const char *identity, const void *plain, size_t size, uint8_t *out)
{
	uint8_t *nonce = out + VERSION_SIZE, *cipher = nonce + NONCE_SIZE;

	if (size > SEAL_MAX || strlen(identity) > SEAL_MAX)
		return E_INVALID;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	if (!ctx)
		return E_NOMEM;

	out[0] = VERSION;
	random_fill(&random_system, nonce, NONCE_SIZE);
	int good = EVP_EncryptInit_ex2(ctx, crypto_objects()->aes_256_gcm, key, nonce, NULL) == 1 &&
		   encrypt(ctx, identity, plain, size, cipher) &&
		   EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, cipher + size) == 1;
	EVP_CIPHER_CTX_free(ctx);
	if (!good)
		ERR_clear_error();
	return good ? OK : E_NOMEM;
}

static int decrypt(EVP_CIPHER_CTX *ctx, const char *identity, const uint8_t *cipher, size_t size, uint8_t *plain)
{
	uint8_t tag[TAG_SIZE], nowhere[1];
	int written = 0, rest = 0;

	memcpy(tag, cipher + size, TAG_SIZE);
	if (!authenticate_identity(ctx, identity))
		return 0;
	if (size && EVP_DecryptUpdate(ctx, plain, &written, cipher, (int)size) != 1)
		return 0;
	return EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE, tag) == 1 &&
	       EVP_DecryptFinal_ex(ctx, nowhere, &rest) == 1 && (size_t)(written + rest) == size;
}

enum status unseal(const uint8_t key[32], const char *identity, const uint8_t *sealed, size_t sealed_size, void *out)
{
	if (sealed_size < SEAL_OVERHEAD || sealed_size > SEAL_MAX + SEAL_OVERHEAD || sealed[0] != VERSION)
		return E_REFUSED;
	if (strlen(identity) > SEAL_MAX)
		return E_REFUSED;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	if (!ctx)
		return E_NOMEM;

	const uint8_t *nonce = sealed + VERSION_SIZE;
	size_t size = sealed_size - SEAL_OVERHEAD;
	int good = EVP_DecryptInit_ex2(ctx, crypto_objects()->aes_256_gcm, key, nonce, NULL) == 1 &&
		   decrypt(ctx, identity, nonce + NONCE_SIZE, size, out);
	EVP_CIPHER_CTX_free(ctx);
	if (good)
		return OK;
	secret_zero(out, size);
	ERR_clear_error();
	return E_REFUSED;
}

enum status seal_key_from_passphrase(const char *passphrase, const uint8_t salt[16], uint8_t ret_key[32])
{
	uint8_t key[32];
	int rc = argon2id_hash_raw(PASSPHRASE_PASSES, PASSPHRASE_KIB, PASSPHRASE_LANES, passphrase, strlen(passphrase),
				   salt, 16, key, sizeof(key));

	if (rc == ARGON2_MEMORY_ALLOCATION_ERROR)
		return E_NOMEM;
	if (rc != ARGON2_OK)
		return E_INVALID;
	memcpy(ret_key, key, sizeof(key));
	secret_zero(key, sizeof(key));
	return OK;
}
