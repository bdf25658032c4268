#ifndef CRYPTO_FOREIGN_H
#define CRYPTO_FOREIGN_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/*
 * What files of other authenticators are sealed with. Only opening: nothing of ours is sealed so. Every cost is the
 * file's word, so it has a limit here: a hostile file costs at most a gigabyte or some seconds.
 *
 * E_INVALID  a cost out of range, or sizes that cannot be
 * E_NOMEM    the key derivation wants more memory than there is
 */
#define FOREIGN_KEY_SIZE 32
#define FOREIGN_TAG_SIZE 16

struct foreign_salt {
	const uint8_t *bytes;
	size_t size; /* 8 to 1024 bytes */
};

/* RFC 7914. n: a power of two up to 2^20, r up to 32, p up to 16; 128 * n * r at most 1 GiB. */
enum status must_check foreign_scrypt(const char *passphrase, struct foreign_salt salt,
				      const uint64_t cost[3] /* n, r, p */, uint8_t ret_key[FOREIGN_KEY_SIZE]);
/* RFC 8018 with HMAC-SHA-256; 1 to 5,000,000 rounds. */
enum status must_check foreign_pbkdf2(const char *passphrase, struct foreign_salt salt, int64_t rounds,
				      uint8_t ret_key[FOREIGN_KEY_SIZE]);
/* RFC 9106, one lane; 8 KiB to 1 GiB, 1 to 20 passes. */
enum status must_check foreign_argon2id(const char *passphrase, struct foreign_salt salt, int64_t memory_kib,
					int64_t passes, uint8_t ret_key[FOREIGN_KEY_SIZE]);

/* AES-256-GCM without associated data; a nonce of 12 bytes. E_REFUSED: the key is wrong or a bit was altered. */
enum status must_check foreign_gcm_open(const uint8_t key[FOREIGN_KEY_SIZE], const uint8_t nonce[12],
					const uint8_t *cipher, size_t size, const uint8_t tag[FOREIGN_TAG_SIZE],
					uint8_t *out /* size */);

#define SECRETSTREAM_HEADER_SIZE 24
#define SECRETSTREAM_OVERHEAD    17 /* the kind of message, the tag */

/*
 * The first message of a libsodium secretstream (XChaCha20-Poly1305), which is also the last one in the files that we
 * read. E_REFUSED as above; E_INVALID when more messages would follow.
 */
enum status must_check foreign_secretstream_open(const uint8_t key[FOREIGN_KEY_SIZE],
						 const uint8_t header[SECRETSTREAM_HEADER_SIZE], const uint8_t *sealed,
						 size_t sealed_size, uint8_t *out /* sealed_size - OVERHEAD */);

#endif
