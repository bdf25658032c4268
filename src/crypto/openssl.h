#ifndef CRYPTO_OPENSSL_H
#define CRYPTO_OPENSSL_H

#include <openssl/evp.h>

/* Inside src/crypto only. */

/* OpenSSL's algorithms, fetched once: a fetch for every call costs as much as a small hash. Shared by all threads. */
struct crypto_objects {
	EVP_MD *sha256;
	EVP_CIPHER *aes_256_gcm;
	EVP_MAC_CTX *hmac_sha256; /* a template: dup it, then give the key */
	EVP_KDF *hkdf;
	EVP_PKEY *p256; /* the curve, without a point: setting the curve up costs three times as much as copying it */
};

/* Never NULL: aborts when OpenSSL cannot give them. */
const struct crypto_objects *crypto_objects(void);

/* A public key from its uncompressed form, checked to be on the curve; NULL when it is not. */
enum { P256_POINT_SIZE = 65 };
EVP_PKEY *p256_from_point(const uint8_t point[P256_POINT_SIZE]);

#endif
