#ifndef CRYPTO_WEBPUSH_H
#define CRYPTO_WEBPUSH_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/*
 * RFC 8291: a message that only the browser of one subscription can read, in one record of aes128gcm (RFC 8188). Every
 * message has the same size, so that its length tells nothing.
 */
enum {
	WEBPUSH_POINT_SIZE = 65,
	WEBPUSH_AUTH_SIZE = 16,
	WEBPUSH_HEADER_SIZE = 16 + 4 + 1 + WEBPUSH_POINT_SIZE, /* salt, record size, size of the key, the key */
	WEBPUSH_PLAIN_MAX = 1023,                              /* and a byte that ends it */
	WEBPUSH_BODY_SIZE = WEBPUSH_HEADER_SIZE + WEBPUSH_PLAIN_MAX + 1 + 16,
	WEBPUSH_P256DH_CHARS = 87,
	WEBPUSH_AUTH_CHARS = 22,
};

/* What a subscription says of the browser. */
struct webpush_keys {
	uint8_t point[WEBPUSH_POINT_SIZE]; /* its public key, an uncompressed point */
	uint8_t auth[WEBPUSH_AUTH_SIZE];
};
/* From base64url without padding. E_INVALID: another size or form, or a point that is not on the curve. */
enum status must_check webpush_keys_parse(const char *p256dh, const char *auth, struct webpush_keys *ret_keys);

/*
 * A fresh key and salt for each message; padded to WEBPUSH_PLAIN_MAX.
 *
 * E_INVALID  longer than WEBPUSH_PLAIN_MAX, or the point is not on the curve
 * E_NOMEM
 */
enum status must_check webpush_encrypt(const struct webpush_keys *keys, const void *plain, size_t size,
				       uint8_t ret_body[WEBPUSH_BODY_SIZE]);

/* The same with what is drawn given, and padded to `padded` bytes: for the RFC's example. */
struct webpush_drawn {
	uint8_t private_key[32];
	uint8_t salt[16];
};
enum status must_check webpush_encrypt_drawn(const struct webpush_keys *keys, const struct webpush_drawn *drawn,
					     const void *plain, size_t size, size_t padded,
					     uint8_t ret_body[WEBPUSH_BODY_SIZE]);

#endif
