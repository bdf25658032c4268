#include "http/guard_parts.h"

enum { VALUE_BEFORE, VALUE_IN, VALUE_AFTER };
enum { HOST_NAME, HOST_LITERAL, HOST_LITERAL_END, HOST_PORT };

/* The headers that mean something here, and those that may appear once because somebody decides by them. */
enum field {
	FIELD_OTHER,
	FIELD_HOST,
	FIELD_CONTENT_LENGTH,
	FIELD_TRANSFER_ENCODING,
	FIELD_EXPECT,
	FIELD_CONTENT_ENCODING,
	FIELD_ONCE, /* this and the rest: only counted */
};
static const char *const fields[] = {
	NULL,
	"host",
	"content-length",
	"transfer-encoding",
	"expect",
	"content-encoding",
	"content-type",
	"authorization",
	"proxy-authorization",
	"cookie",
	"origin",
	"referer",
	"dpop",
	"x-forwarded-proto",
	"x-forwarded-host",
	"sec-fetch-site",
	"sec-fetch-mode",
	"sec-fetch-dest",
};
#define FIELD_COUNT (sizeof(fields) / sizeof(fields[0]))

static enum guard_reason step_name(struct guard *guard, uint8_t c);

static enum guard_reason step_header(struct guard *guard, uint8_t c)
{
	if (c == '\r') {
		guard->step = STEP_END_LF;
		return GUARD_OK;
	}
	/*= RFC9112#5.2  "A server that receives an obs-fold in a request message [...] MUST either reject the message
	 * by sending a 400 (Bad Request) [...]"; before the first header line it is RFC9112#2.2's case. */
	if (c == ' ' || c == '\t')
		return GUARD_OBS_FOLD;
	if (++guard->header_count > guard->limits->header_count)
		return GUARD_HEADER_COUNT;
	guard->position = 0;
	guard->step = STEP_NAME;
	return c == ':' ? GUARD_HEADER_NAME : step_name(guard, c);
}

static enum field field_find(const char *name, size_t size)
{
	for (size_t i = 1; i < FIELD_COUNT; i++)
		if (strlen(fields[i]) == size && memcmp(fields[i], name, size) == 0)
			return (enum field)i;
	return FIELD_OTHER;
}

static enum guard_reason name_end(struct guard *guard)
{
	enum field field = FIELD_OTHER;

	if (guard->position <= sizeof(guard->name))
		field = field_find(guard->name, guard->position);
	guard->field = (uint8_t)field;
	guard->value = VALUE_BEFORE;
	guard->step = STEP_VALUE;
	guard->position = 0;
	guard->word = field == FIELD_EXPECT ? "100-continue" : field == FIELD_CONTENT_ENCODING ? "identity" : NULL;
	if (field == FIELD_TRANSFER_ENCODING)
		return GUARD_TRANSFER_ENCODING;
	if (field != FIELD_OTHER && (guard->seen & (1u << field)))
		return GUARD_REPEATED;
	if (field != FIELD_OTHER)
		guard->seen |= 1u << field;
	return GUARD_OK;
}

/*= RFC9112#5.1  "No whitespace is allowed between the field name and colon. [...] A server MUST reject [...]" */
static enum guard_reason step_name(struct guard *guard, uint8_t c)
{
	if (c == ':')
		return name_end(guard);
	if (!is_token(c))
		return misfit(c, GUARD_HEADER_NAME);
	if (guard->position < sizeof(guard->name))
		guard->name[guard->position] = (char)to_lower(c);
	if (guard->position <= sizeof(guard->name))
		guard->position++; /* one more than fits: no name of ours */
	return GUARD_OK;
}

static enum guard_reason length_digit(struct guard *guard, uint8_t c)
{
	if (!is_digit(c) || guard->position >= 18)
		return GUARD_CONTENT_LENGTH;
	guard->position++;
	guard->body_left = guard->body_left * 10 + (uint64_t)(c - '0');
	return GUARD_OK;
}

static bool host_literal_char(struct guard *guard, uint8_t c)
{
	if (c == ']') {
		guard->host_part = HOST_LITERAL_END;
		return true;
	}
	return hex_value(c) >= 0 || c == ':' || c == '.';
}

static bool host_fits(struct guard *guard, uint8_t c)
{
	if (guard->host_part == HOST_PORT)
		return is_digit(c);
	if (guard->host_part == HOST_LITERAL)
		return host_literal_char(guard, c);
	if (c == ':' && guard->host_size > 0) {
		guard->host_part = HOST_PORT;
		return true;
	}
	if (guard->host_part == HOST_LITERAL_END)
		return false;
	if (c == '[' && guard->host_size == 0) {
		guard->host_part = HOST_LITERAL;
		return true;
	}
	return is_alpha(c) || is_digit(c) || c == '.' || c == '-' || c == '_';
}

static enum guard_reason host_char(struct guard *guard, uint8_t c)
{
	if (!host_fits(guard, c) || guard->host_size >= HOST_SIZE_MAX)
		return GUARD_HOST_SYNTAX;
	guard->host_size++;
	guard->host_hash = (guard->host_hash ^ to_lower(c)) * HASH_PRIME;
	return GUARD_OK;
}

static enum guard_reason word_misfit(const struct guard *guard)
{
	return guard->field == FIELD_EXPECT ? GUARD_EXPECT : GUARD_CONTENT_ENCODING;
}

static enum guard_reason word_char(struct guard *guard, uint8_t c)
{
	if (to_lower(c) != (uint8_t)guard->word[guard->position])
		return word_misfit(guard);
	guard->position++;
	return GUARD_OK;
}

static enum guard_reason value_char(struct guard *guard, uint8_t c)
{
	switch (guard->field) {
	case FIELD_HOST: return host_char(guard, c);
	case FIELD_CONTENT_LENGTH: return length_digit(guard, c);
	case FIELD_EXPECT:
	case FIELD_CONTENT_ENCODING: return word_char(guard, c);
	default: return GUARD_OK;
	}
}

static enum guard_reason value_end(const struct guard *guard)
{
	switch (guard->field) {
	case FIELD_HOST:
		if (guard->host_size == 0 || guard->host_part == HOST_LITERAL)
			return GUARD_HOST_SYNTAX;
		return GUARD_OK;
	case FIELD_CONTENT_LENGTH: return guard->position == 0 ? GUARD_CONTENT_LENGTH : GUARD_OK;
	case FIELD_EXPECT:
	case FIELD_CONTENT_ENCODING: return guard->word[guard->position] ? word_misfit(guard) : GUARD_OK;
	default: return GUARD_OK;
	}
}

/* White space around the value is no part of it; white space within it is, and a number or a host has none. */
static enum guard_reason step_value(struct guard *guard, uint8_t c)
{
	if (c == '\r') {
		guard->step = STEP_VALUE_LF;
		return value_end(guard);
	}
	if (c == ' ' || c == '\t') {
		if (guard->value == VALUE_IN)
			guard->value = VALUE_AFTER;
		return GUARD_OK;
	}
	if (c < 0x20 || c == 0x7f)
		return misfit(c, GUARD_CONTROL);
	if (guard->value == VALUE_AFTER && guard->field == FIELD_HOST)
		return GUARD_HOST_SYNTAX;
	if (guard->value == VALUE_AFTER && guard->field == FIELD_CONTENT_LENGTH)
		return GUARD_CONTENT_LENGTH;
	if (guard->value == VALUE_AFTER && guard->word)
		return word_misfit(guard);
	guard->value = VALUE_IN;
	return value_char(guard, c);
}

static enum guard_reason step_value_lf(struct guard *guard, uint8_t c)
{
	guard->step = STEP_HEADER;
	return c == '\n' ? GUARD_OK : GUARD_BARE_CR;
}

/*
 *= RFC9112#3.2  "A server MUST respond with a 400 (Bad Request) status code to any HTTP/1.1 request message that lacks
 * a Host header field and to any request message that contains more than one Host header field line or a Host header
 * field with an invalid field value."
 */
static enum guard_reason headers_check(const struct guard *guard)
{
	bool has_host = guard->seen & (1u << FIELD_HOST);

	if (!has_host && guard->minor == 1)
		return GUARD_HOST_MISSING;
	if (guard->is_absolute &&
	    (!has_host || guard->host_size != guard->authority_size || guard->host_hash != guard->authority_hash))
		return GUARD_TARGET;
	if (guard->body_left > 0 && (guard->method_may & METHOD_WITHOUT_BODY))
		return GUARD_BODY_METHOD;
	if (guard->body_left > guard->limits->body_bytes)
		return GUARD_BODY_LONG;
	return GUARD_OK;
}

static enum guard_reason step_end_lf(struct guard *guard, uint8_t c)
{
	if (c != '\n')
		return GUARD_BARE_CR;
	guard->step = STEP_BODY;
	return headers_check(guard);
}

static enum guard_reason head_step(struct guard *guard, uint8_t c)
{
	if (guard->step <= STEP_LINE_LF)
		return guard_line_step(guard, c);
	switch (guard->step) {
	case STEP_HEADER: return step_header(guard, c);
	case STEP_NAME: return step_name(guard, c);
	case STEP_VALUE: return step_value(guard, c);
	case STEP_VALUE_LF: return step_value_lf(guard, c);
	default: return step_end_lf(guard, c);
	}
}

/* Lengths come first: a long line is refused before it is read, whatever is in it. */
static enum guard_reason head_feed(struct guard *guard, uint8_t c)
{
	if (guard->step < STEP_LINE_LF && c != '\r' && ++guard->line_bytes > guard->limits->line_bytes)
		return GUARD_LINE_LONG;
	if (++guard->head_bytes > guard->limits->header_bytes)
		return guard->step <= STEP_LINE_LF ? GUARD_LINE_LONG : GUARD_HEADER_BYTES;
	return head_step(guard, c);
}

static void guard_restart(struct guard *guard)
{
	const struct guard_limits *limits = guard->limits;

	*guard = (struct guard){.limits = limits,
				.authority_hash = HASH_START,
				.host_hash = HASH_START,
				.method_may = 0xff};
}

void guard_limits_fill(struct guard_limits *limits)
{
	if (limits->line_bytes == 0)
		limits->line_bytes = GUARD_LINE_BYTES;
	if (limits->header_bytes == 0)
		limits->header_bytes = GUARD_HEADER_BYTES_MAX;
	if (limits->header_count == 0)
		limits->header_count = GUARD_HEADERS_MAX;
	if (limits->body_bytes == 0)
		limits->body_bytes = GUARD_BODY_BYTES;
}

void guard_init(struct guard *guard, const struct guard_limits *limits)
{
	guard->limits = limits;
	guard_restart(guard);
}

static size_t body_take(struct guard *guard, size_t size)
{
	size_t taken = size < guard->body_left ? size : (size_t)guard->body_left;

	guard->body_left -= taken;
	return taken;
}

enum guard_verdict guard_feed(struct guard *guard, const uint8_t *bytes, size_t size, size_t *ret_used)
{
	size_t used = 0;

	while (guard->step < STEP_BODY && used < size) {
		enum guard_reason reason = head_feed(guard, bytes[used]);

		if (reason != GUARD_OK) {
			guard->step = STEP_REFUSED;
			guard->reason = (uint8_t)reason;
			break;
		}
		used++;
	}
	if (guard->step == STEP_REFUSED) {
		*ret_used = used;
		return GUARD_REFUSE;
	}
	if (guard->step == STEP_BODY)
		used += body_take(guard, size - used);
	*ret_used = used;
	if (guard->step != STEP_BODY || guard->body_left > 0)
		return GUARD_MORE;
	guard_restart(guard);
	return GUARD_COMPLETE;
}

bool guard_is_idle(const struct guard *guard)
{
	return guard->step == STEP_METHOD && guard->head_bytes == 0;
}

bool guard_is_in_body(const struct guard *guard)
{
	return guard->step == STEP_BODY;
}

enum guard_reason guard_reason_of(const struct guard *guard)
{
	return (enum guard_reason)guard->reason;
}

int guard_status(enum guard_reason reason)
{
	switch (reason) {
	case GUARD_LINE_LONG: return 414;
	case GUARD_METHOD:
	case GUARD_TRANSFER_ENCODING: return 501;
	case GUARD_VERSION: return 505;
	case GUARD_HEADER_BYTES:
	case GUARD_HEADER_COUNT: return 431;
	case GUARD_BODY_LONG: return 413;
	case GUARD_EXPECT: return 417;
	case GUARD_CONTENT_ENCODING: return 415;
	default: return 400;
	}
}

const char *guard_reason_name(enum guard_reason reason)
{
	static const char *const names[GUARD_REASON_COUNT] = {
		[GUARD_OK] = "ok",
		[GUARD_BARE_LF] = "bare_lf",
		[GUARD_BARE_CR] = "bare_cr",
		[GUARD_CONTROL] = "control",
		[GUARD_LINE_SYNTAX] = "line_syntax",
		[GUARD_LINE_LONG] = "line_long",
		[GUARD_METHOD] = "method",
		[GUARD_VERSION] = "version",
		[GUARD_TARGET] = "target",
		[GUARD_PATH] = "path",
		[GUARD_HEADER_NAME] = "header_name",
		[GUARD_OBS_FOLD] = "obs_fold",
		[GUARD_HEADER_BYTES] = "header_bytes",
		[GUARD_HEADER_COUNT] = "header_count",
		[GUARD_HOST_MISSING] = "host_missing",
		[GUARD_HOST_SYNTAX] = "host_syntax",
		[GUARD_REPEATED] = "repeated",
		[GUARD_CONTENT_LENGTH] = "content_length",
		[GUARD_TRANSFER_ENCODING] = "transfer_encoding",
		[GUARD_BODY_METHOD] = "body_method",
		[GUARD_BODY_LONG] = "body_long",
		[GUARD_EXPECT] = "expect",
		[GUARD_CONTENT_ENCODING] = "content_encoding",
		[GUARD_DISAGREED] = "disagreed",
	};

	return (unsigned)reason < GUARD_REASON_COUNT ? names[reason] : "unknown";
}
