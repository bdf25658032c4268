#include "http/guard_parts.h"

enum { SEGMENT_EMPTY, SEGMENT_DOT, SEGMENT_DOTS, SEGMENT_TEXT };

/* The first three may have no content: METHOD_WITHOUT_BODY. */
static const char *const methods[] = {"GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH", "PRI"};
#define METHOD_HTTP2 0x80

static enum guard_reason step_method(struct guard *guard, uint8_t c)
{
	if (c == ' ') {
		for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
			if ((guard->method_may & (1u << i)) && methods[i][guard->position])
				guard->method_may &= (uint8_t) ~(1u << i);
		if (!guard->method_may)
			return GUARD_METHOD;
		guard->step = STEP_TARGET;
		return GUARD_OK;
	}
	if (!is_token(c))
		return misfit(c, GUARD_LINE_SYNTAX);
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if ((guard->method_may & (1u << i)) && methods[i][guard->position] != (char)c)
			guard->method_may &= (uint8_t) ~(1u << i);
	if (!guard->method_may)
		return GUARD_METHOD;
	guard->position++; /* bounded: some method still matches */
	return GUARD_OK;
}

static enum guard_reason step_target(struct guard *guard, uint8_t c)
{
	guard->position = 0;
	if (guard->method_may & METHOD_HTTP2)
		return GUARD_VERSION;
	if (c == '/') {
		guard->segment = SEGMENT_EMPTY;
		guard->step = STEP_PATH;
		return GUARD_OK;
	}
	if (to_lower(c) == 'h') {
		guard->position = 1;
		guard->is_absolute = true;
		guard->step = STEP_SCHEME;
		return GUARD_OK;
	}
	return misfit(c, GUARD_TARGET);
}

/* "http://" or "https://" */
static enum guard_reason step_scheme(struct guard *guard, uint8_t c)
{
	static const char plain[] = "http://";

	if (guard->position == 4 && to_lower(c) == 's' && !guard->segment) {
		guard->segment = 1; /* the 's' was seen */
		return GUARD_OK;
	}
	if (to_lower(c) != (uint8_t)plain[guard->position])
		return misfit(c, GUARD_TARGET);
	if (plain[++guard->position] == '\0')
		guard->step = STEP_AUTHORITY;
	return GUARD_OK;
}

static enum guard_reason step_authority(struct guard *guard, uint8_t c)
{
	if (c == '/') {
		guard->segment = SEGMENT_EMPTY;
		guard->step = STEP_PATH;
		return GUARD_OK;
	}
	/* Its syntax is Host's, since they must be equal; user information never is. */
	if (!is_alpha(c) && !is_digit(c) && !(c && strchr(".-_:[]", c)))
		return misfit(c, GUARD_TARGET);
	if (++guard->authority_size > HOST_SIZE_MAX)
		return GUARD_TARGET;
	guard->authority_hash = (guard->authority_hash ^ to_lower(c)) * HASH_PRIME;
	return GUARD_OK;
}

static bool segment_is_dots(const struct guard *guard)
{
	return guard->segment == SEGMENT_DOT || guard->segment == SEGMENT_DOTS;
}

static void segment_add(struct guard *guard, uint8_t c)
{
	if (c == '.' && guard->segment < SEGMENT_DOTS)
		guard->segment++;
	else
		guard->segment = SEGMENT_TEXT;
}

static enum guard_reason path_escape(struct guard *guard, uint8_t c)
{
	int value = hex_value(c);

	if (value < 0)
		return misfit(c, GUARD_PATH);
	guard->escape_value = (uint8_t)(guard->escape_value * 16 + value);
	if (++guard->escape < 3)
		return GUARD_OK;
	guard->escape = 0;
	c = guard->escape_value;
	if (c == '/' || c == '\\' || c < 0x20 || c == 0x7f)
		return GUARD_PATH;
	segment_add(guard, c);
	return GUARD_OK;
}

static enum guard_reason path_slash(struct guard *guard)
{
	if (guard->segment == SEGMENT_EMPTY || segment_is_dots(guard))
		return GUARD_PATH;
	guard->segment = SEGMENT_EMPTY;
	return GUARD_OK;
}

/* RFC 3986 pchar; "/" and "." are looked at, so that what is matched and what is meant are one path. */
static enum guard_reason step_path(struct guard *guard, uint8_t c)
{
	if (guard->escape)
		return path_escape(guard, c);
	if (c == ' ' || c == '?') {
		guard->step = c == ' ' ? STEP_VERSION : STEP_QUERY;
		guard->position = 0;
		return segment_is_dots(guard) ? GUARD_PATH : GUARD_OK;
	}
	if (c == '/')
		return path_slash(guard);
	if (c == '%') {
		guard->escape = 1;
		guard->escape_value = 0;
		return GUARD_OK;
	}
	if (c == '\r')
		return GUARD_VERSION; /* HTTP/0.9 has no version */
	if (!is_alpha(c) && !is_digit(c) && !(c && strchr("-._~!$&'()*+,;=:@", c)))
		return misfit(c, GUARD_PATH);
	segment_add(guard, c);
	return GUARD_OK;
}

static enum guard_reason step_query(struct guard *guard, uint8_t c)
{
	if (c == ' ') {
		guard->step = STEP_VERSION;
		return GUARD_OK;
	}
	if (c == '\r')
		return GUARD_VERSION;
	if (c <= 0x20 || c >= 0x7f || c == '#')
		return misfit(c, GUARD_TARGET);
	return GUARD_OK;
}

static enum guard_reason step_version(struct guard *guard, uint8_t c)
{
	static const char version[] = "HTTP/1.";

	if (guard->position < sizeof(version) - 1) {
		if (c != (uint8_t)version[guard->position])
			return c == '\r' ? GUARD_VERSION : misfit(c, GUARD_VERSION);
		guard->position++;
		return GUARD_OK;
	}
	if (guard->position == sizeof(version) - 1) {
		if (c != '0' && c != '1')
			return misfit(c, GUARD_VERSION);
		guard->minor = (uint8_t)(c - '0');
		guard->position++;
		return GUARD_OK;
	}
	if (c != '\r')
		return misfit(c, GUARD_VERSION);
	guard->step = STEP_LINE_LF;
	return GUARD_OK;
}

static enum guard_reason step_line_lf(struct guard *guard, uint8_t c)
{
	guard->step = STEP_HEADER;
	return c == '\n' ? GUARD_OK : GUARD_BARE_CR;
}

enum guard_reason guard_line_step(struct guard *guard, uint8_t c)
{
	switch (guard->step) {
	case STEP_METHOD: return step_method(guard, c);
	case STEP_TARGET: return step_target(guard, c);
	case STEP_SCHEME: return step_scheme(guard, c);
	case STEP_AUTHORITY: return step_authority(guard, c);
	case STEP_PATH: return step_path(guard, c);
	case STEP_QUERY: return step_query(guard, c);
	case STEP_VERSION: return step_version(guard, c);
	default: return step_line_lf(guard, c);
	}
}
