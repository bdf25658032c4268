#ifndef HTTP_GUARD_H
#define HTTP_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A strict reader of HTTP/1.x requests that sees every byte of a connection before evhttp does, and refuses what evhttp
 * would let pass. It keeps no text, allocates nothing, and follows the framing from request to request, so
 * that it and evhttp always agree where a request ends; where they could differ, the request is refused.
 *
 *   request line --CRLF--> header lines --empty line--> body of Content-Length bytes --> request line …
 *        `------------------- anything else -------------> refused (final)
 *
 * The verdict is the same however the bytes are cut into pieces.
 *
 * Transfer-Encoding is refused whole: no client of ours needs a chunked request, so none is framed by it.
 */
enum guard_reason {
	GUARD_OK,
	GUARD_BARE_LF,           /* RFC 9112 2.2: may be taken for a line end, and is how requests are smuggled */
	GUARD_BARE_CR,           /* RFC 9112 2.2 */
	GUARD_CONTROL,           /* NUL or another control octet: RFC 9110 5.5 */
	GUARD_LINE_SYNTAX,       /* RFC 9112 3 */
	GUARD_LINE_LONG,         /* 414 */
	GUARD_METHOD,            /* 501: not GET, HEAD, POST, PUT, DELETE, OPTIONS or PATCH */
	GUARD_VERSION,           /* 505: HTTP/0.9, HTTP/2 and its preface, and whatever is not HTTP/1.0 or 1.1 */
	GUARD_TARGET,            /* neither origin-form nor absolute-form of the same authority: RFC 9112 3.2 */
	GUARD_PATH,              /* "//", dot segments, %2F, %5C, encoded controls, a broken escape */
	GUARD_HEADER_NAME,       /* no token, or white space before the colon: RFC 9112 5.1 */
	GUARD_OBS_FOLD,          /* RFC 9112 5.2 */
	GUARD_HEADER_BYTES,      /* 431 */
	GUARD_HEADER_COUNT,      /* 431 */
	GUARD_HOST_MISSING,      /* RFC 9112 3.2 */
	GUARD_HOST_SYNTAX,       /* RFC 9110 7.2 */
	GUARD_REPEATED,          /* a header that decides something appeared twice */
	GUARD_CONTENT_LENGTH,    /* not 1*DIGIT (signs, lists, spaces): RFC 9110 8.6 */
	GUARD_TRANSFER_ENCODING, /* 501: RFC 9112 6.1 */
	GUARD_BODY_METHOD,       /* content with GET, HEAD or OPTIONS; evhttp and others disagree whether to read it */
	GUARD_BODY_LONG,         /* 413 */
	GUARD_EXPECT,            /* 417: anything but 100-continue */
	GUARD_CONTENT_ENCODING,  /* 415: anything but identity */
	GUARD_DISAGREED,         /* evhttp saw a request end where the guard did not; never seen, always fatal */
	GUARD_REASON_COUNT,
};

#define GUARD_LINE_BYTES       8192
#define GUARD_HEADER_BYTES_MAX 16384
#define GUARD_HEADERS_MAX      64
#define GUARD_BODY_BYTES       65536

/* Zero members mean the defaults above; guard_limits_fill() writes them in. */
struct guard_limits {
	uint32_t line_bytes;   /* request line without CRLF */
	uint32_t header_bytes; /* request line and header lines together, CRLFs counted */
	uint32_t header_count;
	uint64_t body_bytes;
};

/* The members are the guard's own; it is here only to be embedded. */
struct guard {
	const struct guard_limits *limits;
	uint64_t body_left;
	uint64_t authority_hash;
	uint64_t host_hash;
	const char *word;
	uint32_t line_bytes;
	uint32_t head_bytes;
	uint32_t seen;
	uint16_t header_count;
	uint16_t host_size;
	uint16_t authority_size;
	uint8_t step;
	uint8_t reason;
	uint8_t position;
	uint8_t method_may; /* methods that still match, one bit each */
	uint8_t minor;
	uint8_t escape;
	uint8_t escape_value;
	uint8_t segment;
	uint8_t field;
	uint8_t value;
	uint8_t host_part;
	bool is_absolute;
	char name[24];
};

enum guard_verdict {
	GUARD_REFUSE,   /* final; guard_reason_of() says why */
	GUARD_MORE,     /* all bytes were taken; the request is not complete */
	GUARD_COMPLETE, /* *ret_used bytes end this request; the next feed begins another */
};

void guard_limits_fill(struct guard_limits *limits);
/* `limits` is borrowed, filled, and outlives the guard. */
void guard_init(struct guard *guard, const struct guard_limits *limits);
enum guard_verdict guard_feed(struct guard *guard, const uint8_t *bytes, size_t size, size_t *ret_used);

/* Between two requests: not one byte of the next has been seen. */
bool guard_is_idle(const struct guard *guard);
/* The headers are complete and the body is not. */
bool guard_is_in_body(const struct guard *guard);
enum guard_reason guard_reason_of(const struct guard *guard);
/* The status of the answer: 400, 413, 414, 415, 417, 431, 501, 505. */
int guard_status(enum guard_reason reason);
const char *guard_reason_name(enum guard_reason reason); /* "bare_lf", for counters and logs */

#endif
