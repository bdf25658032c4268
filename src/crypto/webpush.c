#include "crypto/webpush.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>

#include "base/encode.h"
#include "base/random.h"
#include "base/secret.h"
#include "crypto/hash.h"
#include "crypto/openssl.h"

enum { SALT_SIZE = 16, KEY_SIZE = 16, NONCE_SIZE = 12, TAG_SIZE = 16, SCALAR_SIZE = 32, RECORD_SIZE = 4096 };
enum { LAST_RECORD = 2 }; /* RFC 8188 2: the byte after the plaintext of the last record */

enum status webpush_keys_parse(const char *p256dh, const char *auth, struct webpush_keys *ret_keys)
{
	struct webpush_keys keys;
	size_t point_size = 0, auth_size = 0;
	EVP_PKEY *pkey;

	if (!p256dh || !auth)
		return E_INVALID;
	TRY(base64url_parse(p256dh, strlen(p256dh), keys.point, sizeof(keys.point), &point_size));
	TRY(base64url_parse(auth, strlen(auth), keys.auth, sizeof(keys.auth), &auth_size));
	if (point_size != sizeof(keys.point) || auth_size != sizeof(keys.auth) ||
	    keys.point[0] != POINT_CONVERSION_UNCOMPRESSED)
		return E_INVALID;
	pkey = p256_from_point(keys.point);
	if (!pkey)
		return E_INVALID;
	EVP_PKEY_free(pkey);
	*ret_keys = keys;
	return OK;
}

/* ---- our own key, made for one message ---- */

/* As 0x04, x, y, whatever form OpenSSL would write. */
static bool point_get(EVP_PKEY *pkey, uint8_t out[WEBPUSH_POINT_SIZE])
{
	size_t size = 0;

	return EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY, out, WEBPUSH_POINT_SIZE, &size) == 1 &&
	       size == WEBPUSH_POINT_SIZE && out[0] == POINT_CONVERSION_UNCOMPRESSED;
}

static bool point_compute(const uint8_t scalar[SCALAR_SIZE], uint8_t out[WEBPUSH_POINT_SIZE])
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	BIGNUM *number = BN_bin2bn(scalar, SCALAR_SIZE, NULL);
	EC_POINT *point = group ? EC_POINT_new(group) : NULL;
	bool good = point && number && EC_POINT_mul(group, point, number, NULL, NULL, NULL) == 1 &&
		    EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, out, WEBPUSH_POINT_SIZE, NULL) ==
			    WEBPUSH_POINT_SIZE;

	EC_POINT_free(point);
	BN_clear_free(number);
	EC_GROUP_free(group);
	return good;
}

static EVP_PKEY *own_key_given(const uint8_t scalar[SCALAR_SIZE])
{
	uint8_t point[WEBPUSH_POINT_SIZE], little[SCALAR_SIZE];
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *pkey = NULL;

	for (size_t i = 0; i < SCALAR_SIZE; i++)
		little[i] = scalar[SCALAR_SIZE - 1 - i];
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char[]){"P-256"}, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)),
		OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, little, sizeof(little)),
		OSSL_PARAM_construct_end(),
	};
	if (!ctx || !point_compute(scalar, point) || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params) != 1)
		pkey = NULL;
	secret_zero(little, sizeof(little));
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

static bool agree(EVP_PKEY *own, EVP_PKEY *peer, uint8_t out[32])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);
	size_t size = 32;
	bool good = ctx && EVP_PKEY_derive_init(ctx) == 1 && EVP_PKEY_derive_set_peer(ctx, peer) == 1 &&
		    EVP_PKEY_derive(ctx, out, &size) == 1 && size == 32;

	EVP_PKEY_CTX_free(ctx);
	return good;
}

/* ---- from there to the record ---- */

struct message {
	const struct webpush_keys *keys;
	const void *plain;
	size_t size, padded;
	uint8_t *body; /* salt and point are in it */
	uint8_t shared[32];
	uint8_t key[KEY_SIZE], nonce[NONCE_SIZE];
};

/* RFC 5869 with at most one block of output; info may hold NULs. */
static void hkdf_short(const uint8_t *salt, size_t salt_size, const uint8_t secret[32], const void *info,
		       size_t info_size, uint8_t out[32])
{
	uint8_t prk[32], input[160];

	memcpy(input, info, info_size);
	input[info_size] = 1;
	hmac_sha256(salt, salt_size, secret, 32, prk);
	hmac_sha256(prk, sizeof(prk), input, info_size + 1, out);
	secret_zero(prk, sizeof(prk));
}

/*= RFC8291#3.4
 * key_info = "WebPush: info" || 0x00 || ua_public || as_public
 */
static void keys_derive(struct message *message)
{
	static const char text[] = "WebPush: info", key_info[] = "Content-Encoding: aes128gcm",
			  nonce_info[] = "Content-Encoding: nonce";
	const uint8_t *own_point = message->body + WEBPUSH_HEADER_SIZE - WEBPUSH_POINT_SIZE;
	uint8_t info[sizeof(text) + 2 * WEBPUSH_POINT_SIZE], ikm[32], out[32];

	memcpy(info, text, sizeof(text));
	memcpy(info + sizeof(text), message->keys->point, WEBPUSH_POINT_SIZE);
	memcpy(info + sizeof(text) + WEBPUSH_POINT_SIZE, own_point, WEBPUSH_POINT_SIZE);
	hkdf_short(message->keys->auth, WEBPUSH_AUTH_SIZE, message->shared, info, sizeof(info), ikm);
	hkdf_short(message->body, SALT_SIZE, ikm, key_info, sizeof(key_info), out);
	memcpy(message->key, out, KEY_SIZE);
	hkdf_short(message->body, SALT_SIZE, ikm, nonce_info, sizeof(nonce_info), out);
	memcpy(message->nonce, out, NONCE_SIZE);
	secret_zero(ikm, sizeof(ikm));
	secret_zero(out, sizeof(out));
}

/* The plaintext, the byte that ends it, zeroes. */
static bool record_encrypt(const struct message *message)
{
	uint8_t record[WEBPUSH_PLAIN_MAX + 1] = {0}, *cipher = message->body + WEBPUSH_HEADER_SIZE;
	const int size = (int)message->padded + 1;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int written = 0, rest = 0;
	bool good;

	memcpy(record, message->plain, message->size);
	record[message->size] = LAST_RECORD;
	good = ctx && EVP_EncryptInit_ex2(ctx, EVP_aes_128_gcm(), message->key, message->nonce, NULL) == 1 &&
	       EVP_EncryptUpdate(ctx, cipher, &written, record, size) == 1 &&
	       EVP_EncryptFinal_ex(ctx, cipher + written, &rest) == 1 && written + rest == size &&
	       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, cipher + size) == 1;
	EVP_CIPHER_CTX_free(ctx);
	secret_zero(record, sizeof(record));
	return good;
}

/* RFC 8188 2.1: salt, record size, size of the key id, the key id, which is our public key. */
static bool header_write(struct message *message, const uint8_t salt[SALT_SIZE], EVP_PKEY *own)
{
	static const uint8_t sizes[] = {0, 0, RECORD_SIZE >> 8, RECORD_SIZE & 0xff, WEBPUSH_POINT_SIZE};

	memcpy(message->body, salt, SALT_SIZE);
	memcpy(message->body + SALT_SIZE, sizes, sizeof(sizes));
	return point_get(own, message->body + SALT_SIZE + sizeof(sizes));
}

static enum status message_write(struct message *message, const uint8_t salt[SALT_SIZE], EVP_PKEY *own)
{
	EVP_PKEY *peer = p256_from_point(message->keys->point);
	bool good;

	if (!peer)
		return E_INVALID;
	good = own && header_write(message, salt, own) && agree(own, peer, message->shared);
	if (good) {
		keys_derive(message);
		good = record_encrypt(message);
	}
	EVP_PKEY_free(peer);
	secret_zero(message->shared, sizeof(message->shared));
	secret_zero(message->key, sizeof(message->key));
	ERR_clear_error();
	return good ? OK : E_NOMEM;
}

enum status webpush_encrypt(const struct webpush_keys *keys, const void *plain, size_t size,
			    uint8_t ret_body[WEBPUSH_BODY_SIZE])
{
	struct message message = {
		.keys = keys, .plain = plain, .size = size, .padded = WEBPUSH_PLAIN_MAX, .body = ret_body};
	uint8_t salt[SALT_SIZE];
	EVP_PKEY *own;
	enum status status;

	if (size > WEBPUSH_PLAIN_MAX)
		return E_INVALID;
	random_fill(&random_system, salt, sizeof(salt));
	own = EVP_EC_gen("P-256");
	status = message_write(&message, salt, own);
	EVP_PKEY_free(own);
	return status;
}

enum status webpush_encrypt_drawn(const struct webpush_keys *keys, const struct webpush_drawn *drawn, const void *plain,
				  size_t size, size_t padded, uint8_t ret_body[WEBPUSH_BODY_SIZE])
{
	struct message message = {.keys = keys, .plain = plain, .size = size, .padded = padded, .body = ret_body};
	EVP_PKEY *own;
	enum status status;

	if (size > padded || padded > WEBPUSH_PLAIN_MAX)
		return E_INVALID;
	own = own_key_given(drawn->private_key);
	status = message_write(&message, drawn->salt, own);
	EVP_PKEY_free(own);
	return status;
}
