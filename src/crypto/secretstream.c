/*
 * libsodium's crypto_secretstream_xchacha20poly1305, one message, opening only. OpenSSL has ChaCha20 and Poly1305
 * (RFC 8439) but not the X; the function that makes the subkey is written out here (draft-irtf-cfrg-xchacha, 2.2).
 */
#include "crypto/foreign.h"

#include <limits.h>
#include <string.h>

#include <openssl/err.h>

#include "base/secret.h"
#include "crypto/openssl.h"

enum { BLOCK_SIZE = 64, NONCE_SIZE = 12, MESSAGE_FINAL = 0x03 };

struct stream_keys {
	uint8_t key[FOREIGN_KEY_SIZE];
	uint8_t nonce[NONCE_SIZE];
};

static uint32_t word_read(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static void word_write(uint8_t *bytes, uint64_t word, size_t size)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(word >> (8 * i));
}

static uint32_t turned(uint32_t word, int by)
{
	return word << by | word >> (32 - by);
}

static void quarter(uint32_t s[16], int a, int b, int c, int d)
{
	s[a] += s[b];
	s[d] = turned(s[d] ^ s[a], 16);
	s[c] += s[d];
	s[b] = turned(s[b] ^ s[c], 12);
	s[a] += s[b];
	s[d] = turned(s[d] ^ s[a], 8);
	s[c] += s[d];
	s[b] = turned(s[b] ^ s[c], 7);
}

static void hchacha20(const uint8_t key[32], const uint8_t nonce[16], uint8_t out[32])
{
	uint32_t s[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};

	for (size_t i = 0; i < 8; i++)
		s[4 + i] = word_read(key + 4 * i);
	for (size_t i = 0; i < 4; i++)
		s[12 + i] = word_read(nonce + 4 * i);
	for (int round = 0; round < 10; round++) {
		for (int i = 0; i < 4; i++)
			quarter(s, i, 4 + i, 8 + i, 12 + i);
		for (int i = 0; i < 4; i++)
			quarter(s, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4);
	}
	for (size_t i = 0; i < 4; i++) {
		word_write(out + 4 * i, s[i], 4);
		word_write(out + 16 + 4 * i, s[12 + i], 4);
	}
	secret_zero(s, sizeof(s));
}

/* RFC 8439: `in` with the key stream from block `counter` on. */
static bool chacha20(const struct stream_keys *keys, uint32_t counter, const uint8_t *in, size_t size, uint8_t *out)
{
	uint8_t iv[4 + NONCE_SIZE];
	int written = 0;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	word_write(iv, counter, 4);
	memcpy(iv + 4, keys->nonce, NONCE_SIZE);
	bool good = ctx && EVP_EncryptInit_ex2(ctx, EVP_chacha20(), keys->key, iv, NULL) == 1 &&
		    (size == 0 || EVP_EncryptUpdate(ctx, out, &written, in, (int)size) == 1);
	EVP_CIPHER_CTX_free(ctx);
	return good && (size_t)written == size;
}

/* What is authenticated: the block with the sealed kind of message, the text, and the sizes. */
static bool tag_make(const uint8_t key[32], const uint8_t block[BLOCK_SIZE], const uint8_t *text, size_t size,
		     uint8_t ret_tag[FOREIGN_TAG_SIZE])
{
	static const uint8_t zeros[16];
	uint8_t sizes[16] = {0};
	size_t made = 0;
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "POLY1305", NULL);
	EVP_MAC_CTX *ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;

	word_write(sizes + 8, BLOCK_SIZE + size, 8);
	bool good = ctx && EVP_MAC_init(ctx, key, 32, NULL) == 1 && EVP_MAC_update(ctx, block, BLOCK_SIZE) == 1 &&
		    EVP_MAC_update(ctx, text, size) == 1 &&
		    EVP_MAC_update(ctx, zeros, size & 15) == 1 && /* so libsodium pads */
		    EVP_MAC_update(ctx, sizes, sizeof(sizes)) == 1 &&
		    EVP_MAC_final(ctx, ret_tag, &made, FOREIGN_TAG_SIZE) == 1 && made == FOREIGN_TAG_SIZE;
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(mac);
	return good;
}

static enum status message_open(const struct stream_keys *keys, const uint8_t *sealed, size_t size, uint8_t *out)
{
	uint8_t first[BLOCK_SIZE] = {0}, block[BLOCK_SIZE] = {0}, tag[FOREIGN_TAG_SIZE];
	const uint8_t *text = sealed + 1;

	block[0] = sealed[0];
	if (!chacha20(keys, 0, first, BLOCK_SIZE, first) || !chacha20(keys, 1, block, BLOCK_SIZE, block))
		return E_NOMEM;
	uint8_t kind = block[0];
	block[0] = sealed[0];
	bool made = tag_make(first, block, text, size, tag);
	secret_zero(first, sizeof(first));
	if (!made)
		return E_NOMEM;
	if (!secret_equal(tag, text + size, sizeof(tag)))
		return E_REFUSED;
	if (kind != MESSAGE_FINAL)
		return E_INVALID;
	return chacha20(keys, 2, text, size, out) ? OK : E_NOMEM;
}

enum status foreign_secretstream_open(const uint8_t key[FOREIGN_KEY_SIZE],
				      const uint8_t header[SECRETSTREAM_HEADER_SIZE], const uint8_t *sealed,
				      size_t sealed_size, uint8_t *out)
{
	struct stream_keys keys = {.nonce = {1}};

	if (sealed_size < SECRETSTREAM_OVERHEAD || sealed_size > INT_MAX)
		return E_INVALID;
	hchacha20(key, header, keys.key);
	memcpy(keys.nonce + 4, header + 16, 8);
	enum status status = message_open(&keys, sealed, sealed_size - SECRETSTREAM_OVERHEAD, out);
	secret_zero(&keys, sizeof(keys));
	ERR_clear_error();
	return status;
}
