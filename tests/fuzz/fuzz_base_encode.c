/*
 * The text encodings. The first byte chooses one, the rest is its input: parsing must keep to its bounds, and what it
 * takes must come back when formatted and parsed again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"

typedef enum status parse_fn(const char *, size_t, uint8_t *, size_t, size_t *);
typedef void format_fn(const void *, size_t, char *);

static const struct {
	parse_fn *parse;
	format_fn *format;
} codes[] = {
	{base64url_parse, base64url_format},
	{base64_parse, base64_format},
	{base32_parse, base32_format},
	{hex_parse, hex_format},
};

static void demand(int holds)
{
	if (!holds)
		abort();
}

static void check_code(size_t code, const char *text, size_t size)
{
	uint8_t *bytes = malloc(size + 1), *again = malloc(size + 1);
	char *formatted = malloc(4 * size + 8);
	size_t parsed = 0, reparsed = 0;

	demand(bytes && again && formatted);
	if (codes[code].parse(text, size, bytes, size, &parsed) == OK) {
		demand(parsed <= size);
		codes[code].format(bytes, parsed, formatted);
		demand(codes[code].parse(formatted, strlen(formatted), again, parsed, &reparsed) == OK);
		demand(reparsed == parsed && memcmp(bytes, again, parsed) == 0);
		if (parsed > 0)
			demand(codes[code].parse(text, size, again, parsed - 1, &reparsed) == E_INVALID);
		/* base64 has one text for each value; base32 and hex forgive case, and base32 spaces */
		if (codes[code].parse == base64url_parse || codes[code].parse == base64_parse)
			demand(strlen(formatted) == size && memcmp(formatted, text, size) == 0);
	}
	codes[code].format(text, size, formatted);
	demand(codes[code].parse(formatted, strlen(formatted), bytes, size, &parsed) == OK);
	demand(parsed == size && memcmp(bytes, text, size) == 0);
	free(formatted);
	free(again);
	free(bytes);
}

static void check_crockford(const char *text, size_t size)
{
	char *copy = calloc(1, size + 1), *normal = malloc(size + 1), *again = malloc(size + 1);

	demand(copy && normal && again);
	memcpy(copy, text, size);
	if (crockford_normalize(copy, normal, size + 1) == OK) {
		demand(strlen(normal) > 0 && strspn(normal, "0123456789ABCDEFGHJKMNPQRSTVWXYZ") == strlen(normal));
		demand(crockford_normalize(normal, again, strlen(normal) + 1) == OK && strcmp(normal, again) == 0);
		demand(crockford_normalize(normal, again, strlen(normal)) == E_INVALID);
	}
	free(again);
	free(normal);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t code;

	if (size == 0)
		return 0;
	code = data[0] % (ARRAY_COUNT(codes) + 1);
	if (code < ARRAY_COUNT(codes))
		check_code(code, (const char *)data + 1, size - 1);
	else
		check_crockford((const char *)data + 1, size - 1);
	return 0;
}
