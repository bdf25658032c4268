#include "crypto/hash.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "crypto/openssl.h"

static struct crypto_objects objects;
static pthread_once_t objects_once = PTHREAD_ONCE_INIT;

static void must(int true_when_good)
{
	if (true_when_good != 1)
		abort();
}

static EVP_PKEY *p256_make(void)
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char[]){"P-256"}, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *curve = NULL;

	must(ctx && EVP_PKEY_fromdata_init(ctx) == 1);
	must(EVP_PKEY_fromdata(ctx, &curve, EVP_PKEY_KEY_PARAMETERS, params));
	EVP_PKEY_CTX_free(ctx);
	return curve;
}

static void objects_fetch(void)
{
	OSSL_PARAM digest[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char[]){"SHA256"}, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);

	objects.sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	objects.aes_256_gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	objects.hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	objects.hmac_sha256 = EVP_MAC_CTX_new(hmac);
	objects.p256 = p256_make();
	must(objects.sha256 && objects.aes_256_gcm && objects.hkdf && objects.hmac_sha256);
	must(EVP_MAC_CTX_set_params(objects.hmac_sha256, digest));
	EVP_MAC_free(hmac);
}

const struct crypto_objects *crypto_objects(void)
{
	must(pthread_once(&objects_once, objects_fetch) == 0);
	return &objects;
}

void sha256(const void *data, size_t size, uint8_t out[32])
{
	must(EVP_Digest(data, size, out, NULL, crypto_objects()->sha256, NULL));
}

struct sha256 {
	EVP_MD_CTX *ctx;
};

struct sha256 *sha256_begin(void)
{
	struct sha256 *hash = calloc(1, sizeof(*hash));

	must(hash != NULL);
	hash->ctx = EVP_MD_CTX_new();
	must(hash->ctx && EVP_DigestInit_ex2(hash->ctx, crypto_objects()->sha256, NULL) == 1);
	return hash;
}

void sha256_add(struct sha256 *hash, const void *data, size_t size)
{
	must(EVP_DigestUpdate(hash->ctx, data, size));
}

void sha256_end(struct sha256 **hash, uint8_t out[32])
{
	must(EVP_DigestFinal_ex((*hash)->ctx, out, NULL));
	EVP_MD_CTX_free((*hash)->ctx);
	free(*hash);
	*hash = NULL;
}

void hmac_sha256(const void *key, size_t key_size, const void *data, size_t size, uint8_t out[32])
{
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_dup(crypto_objects()->hmac_sha256);
	size_t written = 0;

	must(ctx != NULL);
	/* A NULL key would mean "the key of before": an empty key is a pointer to nothing. */
	must(EVP_MAC_init(ctx, key_size ? key : "", key_size, NULL));
	must(EVP_MAC_update(ctx, size ? data : "", size));
	must(EVP_MAC_final(ctx, out, &written, 32) && written == 32);
	EVP_MAC_CTX_free(ctx);
}

void hkdf_sha256(const void *key, size_t key_size, const void *salt, size_t salt_size, const char *info, uint8_t *out,
		 size_t out_size)
{
	char empty[1] = "";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char[]){"SHA256"}, 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)key, key_size),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt_size ? (void *)(uintptr_t)salt : empty,
						  salt_size),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)(uintptr_t)info, strlen(info)),
		OSSL_PARAM_construct_end(),
	};
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(crypto_objects()->hkdf);

	must(ctx != NULL);
	must(EVP_KDF_derive(ctx, out, out_size, params));
	EVP_KDF_CTX_free(ctx);
}
