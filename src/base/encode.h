#ifndef BASE_ENCODE_H
#define BASE_ENCODE_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct arena;

#define BASE64URL_SIZE(bytes) (((bytes)*4 + 2) / 3) /* characters without padding or NUL */
#define BASE32_SIZE(bytes)    (((bytes)*8 + 4) / 5)

/* RFC 4648 section 5, no padding. `out` needs BASE64URL_SIZE(size) + 1 bytes; the result is NUL-terminated. */
void base64url_format(const void *data, size_t size, char *out);
char *base64url_dup(struct arena *arena, const void *data, size_t size);
/*
 * All parsers: nothing is written to `out` unless the whole text is good; the empty text is zero bytes.
 */

/* Strict: no padding, no white space, no stray bits. E_INVALID, also when more than `max` bytes. */
enum status must_check base64url_parse(const char *text, size_t text_size, uint8_t *out, size_t max, size_t *ret_size);
/* Standard alphabet with padding (HTTP Basic, RFC 7617). */
enum status must_check base64_parse(const char *text, size_t text_size, uint8_t *out, size_t max, size_t *ret_size);
void base64_format(const void *data, size_t size, char *out); /* out: 4 * ((size + 2) / 3) + 1 bytes */

/* RFC 4648 section 6, upper case, no padding (as in otpauth URIs). */
void base32_format(const void *data, size_t size, char *out);
/* Accepts either case, spaces, dashes and trailing '='; E_INVALID otherwise. */
enum status must_check base32_parse(const char *text, size_t text_size, uint8_t *out, size_t max, size_t *ret_size);

/*
 * Crockford base32 for people: no I, L, O, U. Normalizing folds case, drops dashes and spaces, reads O as 0, I and L
 * as 1. E_INVALID for any other character, when nothing is left, or when it does not fit; then `out` is untouched.
 */
void crockford_format(const void *data, size_t size, char *out); /* out: BASE32_SIZE(size) + 1 bytes */
enum status must_check crockford_normalize(const char *text, char *out, size_t out_size);

void hex_format(const void *data, size_t size, char *out); /* lower case; 2 * size + 1 bytes */
enum status must_check hex_parse(const char *text, size_t text_size, uint8_t *out, size_t max, size_t *ret_size);

#endif
