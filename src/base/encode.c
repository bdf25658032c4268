#include "base/encode.h"

#include <stdbool.h>
#include <string.h>

#include "base/arena.h"

#define BAD  (-1)
#define SKIP (-2) /* a character that carries nothing */

static const char alphabet_base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char alphabet_base64url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char alphabet_base32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
static const char alphabet_crockford[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
static const char alphabet_hex[] = "0123456789abcdef";

/* Writes the digits of `data`, `bits` bits each, zero bits filling up the last; returns the end. */
static char *bits_format(const char *alphabet, unsigned bits, const void *data, size_t size, char *out)
{
	const uint8_t *bytes = data;
	const uint32_t mask = (1U << bits) - 1;
	uint32_t held = 0;
	unsigned held_bits = 0;

	for (size_t i = 0; i < size; i++) {
		held = held << 8 | bytes[i];
		held_bits += 8;
		while (held_bits >= bits) {
			held_bits -= bits;
			*out++ = alphabet[held >> held_bits & mask];
		}
	}
	if (held_bits > 0)
		*out++ = alphabet[held << (bits - held_bits) & mask];
	*out = '\0';
	return out;
}

struct bits {
	unsigned bits;
	int (*value)(char c); /* BAD, SKIP or the digit */
};

/* Everything is checked before anything is written: the size, every character, and that no stray bits are set. */
static enum status bits_check(const struct bits *code, const char *text, size_t text_size, size_t max, size_t *ret_size)
{
	size_t digits = 0;
	int last = 0;
	unsigned left;

	for (size_t i = 0; i < text_size; i++) {
		int value = code->value(text[i]);

		if (value == BAD)
			return E_INVALID;
		if (value == SKIP)
			continue;
		last = value;
		digits++;
	}
	if (digits > SIZE_MAX / 8)
		return E_INVALID;
	left = (unsigned)(digits * code->bits % 8);
	if (left >= code->bits || ((unsigned)last & ((1U << left) - 1)) != 0 || digits * code->bits / 8 > max)
		return E_INVALID;
	*ret_size = digits * code->bits / 8;
	return OK;
}

static enum status bits_parse(const struct bits *code, const char *text, size_t text_size, uint8_t *out, size_t max,
			      size_t *ret_size)
{
	size_t size;
	uint32_t held = 0;
	unsigned held_bits = 0;

	TRY(bits_check(code, text, text_size, max, &size));
	for (size_t i = 0; i < text_size; i++) {
		int value = code->value(text[i]);

		if (value == SKIP)
			continue;
		held = held << code->bits | (uint32_t)value;
		held_bits += code->bits;
		if (held_bits >= 8) {
			held_bits -= 8;
			*out++ = (uint8_t)(held >> held_bits);
		}
	}
	*ret_size = size;
	return OK;
}

static int base64_alnum(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return BAD;
}

static int base64_value(char c)
{
	return c == '+' ? 62 : c == '/' ? 63 : base64_alnum(c);
}

static int base64url_value(char c)
{
	return c == '-' ? 62 : c == '_' ? 63 : base64_alnum(c);
}

static int base32_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a';
	if (c >= '2' && c <= '7')
		return c - '2' + 26;
	return c == ' ' || c == '-' ? SKIP : BAD;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : BAD;
}

void base64url_format(const void *data, size_t size, char *out)
{
	bits_format(alphabet_base64url, 6, data, size, out);
}

char *base64url_dup(struct arena *arena, const void *data, size_t size)
{
	char *text = size < SIZE_MAX / 8 ? arena_alloc(arena, BASE64URL_SIZE(size) + 1) : NULL;

	if (text)
		base64url_format(data, size, text);
	return text;
}

enum status base64url_parse(const char *text, size_t text_size, uint8_t *out, size_t max, size_t *ret_size)
{
	static const struct bits code = {6, base64url_value};

	return bits_parse(&code, text, text_size, out, max, ret_size);
}

void base64_format(const void *data, size_t size, char *out)
{
	char *end = bits_format(alphabet_base64, 6, data, size, out);

	while ((end - out) % 4 != 0)
		*end++ = '=';
	*end = '\0';
}

enum status base64_parse(const char *text, size_t text_size, uint8_t *out, size_t max, size_t *ret_size)
{
	static const struct bits code = {6, base64_value};

	if (text_size % 4 != 0)
		return E_INVALID;
	for (int padding = 0; padding < 2 && text_size > 0 && text[text_size - 1] == '='; padding++)
		text_size--;
	return bits_parse(&code, text, text_size, out, max, ret_size);
}

void base32_format(const void *data, size_t size, char *out)
{
	bits_format(alphabet_base32, 5, data, size, out);
}

enum status base32_parse(const char *text, size_t text_size, uint8_t *out, size_t max, size_t *ret_size)
{
	static const struct bits code = {5, base32_value};

	while (text_size > 0 && text[text_size - 1] == '=')
		text_size--;
	return bits_parse(&code, text, text_size, out, max, ret_size);
}

void crockford_format(const void *data, size_t size, char *out)
{
	bits_format(alphabet_crockford, 5, data, size, out);
}

/* The digit that a person meant; '\0' for nothing (a dash or a space), '!' when it is none. */
static char crockford_fold(char c)
{
	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	switch (c) {
	case '-':
	case ' ': return '\0';
	case 'O': return '0';
	case 'I':
	case 'L': return '1';
	default: return c && strchr(alphabet_crockford, c) ? c : '!';
	}
}

enum status crockford_normalize(const char *text, char *out, size_t out_size)
{
	size_t size = 0;

	for (const char *next = text; *next; next++) {
		char digit = crockford_fold(*next);

		if (digit == '!')
			return E_INVALID;
		size += digit != '\0';
	}
	if (size == 0 || size >= out_size)
		return E_INVALID;
	for (const char *next = text; *next; next++) {
		char digit = crockford_fold(*next);

		if (digit)
			*out++ = digit;
	}
	*out = '\0';
	return OK;
}

void hex_format(const void *data, size_t size, char *out)
{
	bits_format(alphabet_hex, 4, data, size, out);
}

enum status hex_parse(const char *text, size_t text_size, uint8_t *out, size_t max, size_t *ret_size)
{
	static const struct bits code = {4, hex_value};

	return bits_parse(&code, text, text_size, out, max, ret_size);
}
