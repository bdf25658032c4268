#ifndef HTTP_GUARD_PARTS_H
#define HTTP_GUARD_PARTS_H

#include <string.h>

#include "http/guard.h"

/* What guard.c (headers, framing) and guard_line.c (the request line) share. */
enum step {
	STEP_METHOD,
	STEP_TARGET,
	STEP_SCHEME,
	STEP_AUTHORITY,
	STEP_PATH,
	STEP_QUERY,
	STEP_VERSION,
	STEP_LINE_LF,
	STEP_HEADER, /* first octet of a header line */
	STEP_NAME,
	STEP_VALUE,
	STEP_VALUE_LF,
	STEP_END_LF,
	STEP_BODY,
	STEP_REFUSED,
};

#define METHOD_WITHOUT_BODY 0x07 /* bits of guard->method_may: GET, HEAD, OPTIONS */

#define HOST_SIZE_MAX 255
#define HASH_START    UINT64_C(14695981039346656037)
#define HASH_PRIME    UINT64_C(1099511628211)

static inline bool is_alpha(uint8_t c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static inline bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static inline uint8_t to_lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

static inline bool is_token(uint8_t c)
{
	return is_alpha(c) || is_digit(c) || (c && strchr("!#$%&'*+-.^_`|~", c));
}

static inline int hex_value(uint8_t c)
{
	if (is_digit(c))
		return c - '0';
	c = to_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* What an octet that does not belong here is: the line ends and the controls have names of their own. */
static inline enum guard_reason misfit(uint8_t c, enum guard_reason otherwise)
{
	if (c == '\n')
		return GUARD_BARE_LF;
	if (c == '\r')
		return GUARD_BARE_CR;
	if (c < 0x20 || c == 0x7f)
		return GUARD_CONTROL;
	return otherwise;
}

/* One octet of the request line, in a step up to STEP_LINE_LF. */
enum guard_reason guard_line_step(struct guard *guard, uint8_t c);

#endif
