#ifndef CRYPTO_SEAL_H
#define CRYPTO_SEAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define SEAL_OVERHEAD 29                /* version, 12 bytes of nonce, 16 of tag */
#define SEAL_MAX      (8 * 1024 * 1024) /* bytes of plain text: an authenticator's whole vault, and room */

/*
 * AES-256-GCM (NIST SP 800-38D) with a random nonce; `identity` ("totp:<row id>") is associated data, so a blob fits
 * its own row only. A sealed blob is:  0x01 | nonce (12) | cipher text (size of the plain text) | tag (16).
 * Random nonces are safe for 2^32 blobs under one key.
 *
 * E_INVALID  more than SEAL_MAX bytes
 */
enum status must_check seal(const uint8_t key[32], const char *identity, const void *plain, size_t size,
			    uint8_t *out /* size + SEAL_OVERHEAD */);
/* E_REFUSED when the key, the identity or a bit is wrong; `out` is zeroed then, never half-true. */
enum status must_check unseal(const uint8_t key[32], const char *identity, const uint8_t *sealed, size_t sealed_size,
			      void *out /* sealed_size - SEAL_OVERHEAD */);

/* A 32-byte key from a passphrase for key files: argon2id 64 MiB, 3 passes, 1 lane. */
enum status must_check seal_key_from_passphrase(const char *passphrase, const uint8_t salt[16], uint8_t ret_key[32]);

#endif
