#include "crypto/foreign.h"

#include <limits.h>
#include <string.h>

#include <argon2.h>
#include <openssl/core_names.h>
#include <openssl/err.h>

#include "base/secret.h"
#include "crypto/openssl.h"

enum { SALT_LEAST = 8, SALT_MOST = 1024, SCRYPT_R_MOST = 32, SCRYPT_P_MOST = 16, ROUNDS_MOST = 5000000 };
enum { ARGON2_KIB_LEAST = 8, ARGON2_KIB_MOST = 1024 * 1024, ARGON2_PASSES_MOST = 20 };
#define SCRYPT_N_MOST      (UINT64_C(1) << 20)
#define SCRYPT_MEMORY_MOST (UINT64_C(1) << 30)

static bool salt_is_valid(struct foreign_salt salt)
{
	return salt.bytes && salt.size >= SALT_LEAST && salt.size <= SALT_MOST;
}

static bool scrypt_is_bearable(uint64_t n, uint64_t r, uint64_t p)
{
	bool power_of_two = n >= 2 && (n & (n - 1)) == 0;

	return power_of_two && n <= SCRYPT_N_MOST && r >= 1 && r <= SCRYPT_R_MOST && p >= 1 && p <= SCRYPT_P_MOST &&
	       128 * n * r <= SCRYPT_MEMORY_MOST;
}

enum status foreign_scrypt(const char *passphrase, struct foreign_salt salt, const uint64_t cost[3],
			   uint8_t ret_key[FOREIGN_KEY_SIZE])
{
	if (!salt_is_valid(salt) || !scrypt_is_bearable(cost[0], cost[1], cost[2]))
		return E_INVALID;
	/* The blocks, one more for each lane, and what OpenSSL takes beside them. */
	uint64_t memory = 128 * cost[1] * (cost[0] + cost[2] + 2) + (1 << 20);
	int good = EVP_PBE_scrypt(passphrase, strlen(passphrase), salt.bytes, salt.size, cost[0], cost[1], cost[2],
				  memory, ret_key, FOREIGN_KEY_SIZE);
	if (good != 1)
		ERR_clear_error();
	return good == 1 ? OK : E_NOMEM;
}

enum status foreign_pbkdf2(const char *passphrase, struct foreign_salt salt, int64_t rounds,
			   uint8_t ret_key[FOREIGN_KEY_SIZE])
{
	if (!salt_is_valid(salt) || rounds < 1 || rounds > ROUNDS_MOST)
		return E_INVALID;
	int good = PKCS5_PBKDF2_HMAC(passphrase, (int)strlen(passphrase), salt.bytes, (int)salt.size, (int)rounds,
				     crypto_objects()->sha256, FOREIGN_KEY_SIZE, ret_key);
	if (good != 1)
		ERR_clear_error();
	return good == 1 ? OK : E_NOMEM;
}

enum status foreign_argon2id(const char *passphrase, struct foreign_salt salt, int64_t memory_kib, int64_t passes,
			     uint8_t ret_key[FOREIGN_KEY_SIZE])
{
	if (!salt_is_valid(salt) || memory_kib < ARGON2_KIB_LEAST || memory_kib > ARGON2_KIB_MOST || passes < 1 ||
	    passes > ARGON2_PASSES_MOST)
		return E_INVALID;
	int rc = argon2id_hash_raw((uint32_t)passes, (uint32_t)memory_kib, 1, passphrase, strlen(passphrase),
				   salt.bytes, salt.size, ret_key, FOREIGN_KEY_SIZE);
	if (rc == ARGON2_MEMORY_ALLOCATION_ERROR)
		return E_NOMEM;
	return rc == ARGON2_OK ? OK : E_INVALID;
}

static int gcm_decrypt(EVP_CIPHER_CTX *ctx, const uint8_t *cipher, size_t size, const uint8_t *tag, uint8_t *plain)
{
	uint8_t wanted[FOREIGN_TAG_SIZE], nowhere[1];
	int written = 0, rest = 0;

	memcpy(wanted, tag, sizeof(wanted));
	if (size && EVP_DecryptUpdate(ctx, plain, &written, cipher, (int)size) != 1)
		return 0;
	return EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, FOREIGN_TAG_SIZE, wanted) == 1 &&
	       EVP_DecryptFinal_ex(ctx, nowhere, &rest) == 1 && written + rest == (int)size;
}

enum status foreign_gcm_open(const uint8_t key[FOREIGN_KEY_SIZE], const uint8_t nonce[12], const uint8_t *cipher,
			     size_t size, const uint8_t tag[FOREIGN_TAG_SIZE], uint8_t *out)
{
	if (size > INT_MAX)
		return E_INVALID;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	if (!ctx)
		return E_NOMEM;
	int good = EVP_DecryptInit_ex2(ctx, crypto_objects()->aes_256_gcm, key, nonce, NULL) == 1 &&
		   gcm_decrypt(ctx, cipher, size, tag, out);
	EVP_CIPHER_CTX_free(ctx);
	if (good)
		return OK;
	secret_zero(out, size);
	ERR_clear_error();
	return E_REFUSED;
}
