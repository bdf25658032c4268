#include "cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/guard.h"

#define HOST "Host: id.example.org\r\n"
#define GET  "GET / HTTP/1.1\r\n" HOST
#define POST "POST /token HTTP/1.1\r\n" HOST

/* One row for each thing that is refused, and for what must pass. GUARD_OK: complete with the last byte. */
struct row {
	const char *clause;
	enum guard_reason reason;
	const char *bytes;
	size_t size; /* 0: up to the NUL */
};

static const struct row rows[] = {
	{"a plain GET", GUARD_OK, GET "\r\n", 0},
	{"a form", GUARD_OK, POST "Content-Length: 3\r\n\r\na=b", 0},
	{"RFC 9112 6.3 rule 7: no length means none", GUARD_OK, POST "\r\n", 0},
	{"leading zeros are digits", GUARD_OK, POST "Content-Length: 0003\r\n\r\na=b", 0},
	{"white space around a value", GUARD_OK, POST "Content-Length: \t 3 \t \r\n\r\na=b", 0},
	{"an empty value", GUARD_OK, GET "X-Empty:\r\n\r\n", 0},
	{"every method of ours", GUARD_OK, "DELETE /account/v1/sessions/1 HTTP/1.1\r\n" HOST "\r\n", 0},
	{"OPTIONS for CORS", GUARD_OK, "OPTIONS /token HTTP/1.1\r\n" HOST "\r\n", 0},
	{"PATCH for SCIM", GUARD_OK, "PATCH /scim/v2/Users/1 HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n{}", 0},
	{"HTTP/1.0 without Host", GUARD_OK, "GET /healthz HTTP/1.0\r\n\r\n", 0},
	{"RFC 9112 3.2.2: absolute-form of the same authority", GUARD_OK,
	 "GET https://id.EXAMPLE.org/x?y=z HTTP/1.1\r\n" HOST "\r\n", 0},
	{"IPv6 host with a port", GUARD_OK, "GET / HTTP/1.1\r\nHost: [2001:db8::1]:8443\r\n\r\n", 0},
	{"obs-text in a value", GUARD_OK, GET "User-Agent: caf\xc3\xa9\r\n\r\n", 0},
	{"a header repeated that may be", GUARD_OK, GET "Accept: a\r\nAccept: b\r\n\r\n", 0},
	{"two lines of X-Forwarded-For are one list", GUARD_OK,
	 GET "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: 192.0.2.2\r\n\r\n", 0},
	{"Expect: 100-continue", GUARD_OK, POST "Expect: 100-Continue\r\nContent-Length: 1\r\n\r\nx", 0},
	{"Content-Encoding: identity", GUARD_OK, POST "Content-Encoding: identity\r\nContent-Length: 1\r\n\r\nx", 0},
	{"dots within a segment", GUARD_OK, "GET /.well-known/a..b/...c HTTP/1.1\r\n" HOST "\r\n", 0},
	{"escapes that mean themselves", GUARD_OK, "GET /users/demo%40example.org/%25 HTTP/1.1\r\n" HOST "\r\n", 0},
	{"a query may hold what a path may not", GUARD_OK,
	 "GET /authorize?redirect_uri=https%3A%2F%2Fa//../%00 HTTP/1.1\r\n" HOST "\r\n", 0},

	{"RFC 9112 2.2: bare LF after the request line", GUARD_BARE_LF, "GET / HTTP/1.1\nHost: a\r\n\r\n", 0},
	{"bare LF after a header", GUARD_BARE_LF, GET "A: b\nC: d\r\n\r\n", 0},
	{"bare LF as the empty line", GUARD_BARE_LF, GET "\n", 0},
	{"bare LF in a name", GUARD_BARE_LF, GET "A\n: b\r\n\r\n", 0},
	{"bare LF in a target", GUARD_BARE_LF, "GET /\n HTTP/1.1\r\n" HOST "\r\n", 0},
	{"bare CR in a value", GUARD_BARE_CR, GET "A: b\rC: d\r\n\r\n", 0},
	{"bare CR after the version", GUARD_BARE_CR, "GET / HTTP/1.1\rHost: a\r\n\r\n", 0},
	{"bare CR instead of the empty line", GUARD_BARE_CR, GET "\rx", 0},
	{"bare CR in a name", GUARD_BARE_CR, GET "A\rB: c\r\n\r\n", 0},
	{"NUL in a value", GUARD_CONTROL, GET "A: b\0c\r\n\r\n", sizeof(GET "A: b\0c\r\n\r\n") - 1},
	{"NUL in a name", GUARD_CONTROL, GET "A\0: b\r\n\r\n", sizeof(GET "A\0: b\r\n\r\n") - 1},
	{"NUL in a target", GUARD_CONTROL, "GET /\0 HTTP/1.1\r\n" HOST "\r\n",
	 sizeof("GET /\0 HTTP/1.1\r\n" HOST "\r\n") - 1},
	{"NUL in a Host", GUARD_CONTROL, "GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n",
	 sizeof("GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n") - 1},
	{"a control in a value", GUARD_CONTROL, GET "A: \001\r\n\r\n", 0},
	{"DEL in a value", GUARD_CONTROL, GET "A: \177\r\n\r\n", 0},
	{"vertical tab before the value", GUARD_CONTROL, POST "Content-Length:\0133\r\n\r\nabc", 0},
	{"an empty line first", GUARD_BARE_CR, "\r\nGET / HTTP/1.1\r\n" HOST "\r\n", 0},
	{"no token as method", GUARD_LINE_SYNTAX, "G(T / HTTP/1.1\r\n", 0},
	{"a TLS hello on a plain port", GUARD_CONTROL, "\026\003\001\002", 0},
	{"unknown method", GUARD_METHOD, "BREW / HTTP/1.1\r\n", 0},
	{"TRACE", GUARD_METHOD, "TRACE / HTTP/1.1\r\n" HOST "\r\n", 0},
	{"CONNECT", GUARD_METHOD, "CONNECT a:443 HTTP/1.1\r\n" HOST "\r\n", 0},
	{"a method is case-sensitive", GUARD_METHOD, "get / HTTP/1.1\r\n" HOST "\r\n", 0},
	{"a method cut short", GUARD_METHOD, "GE / HTTP/1.1\r\n" HOST "\r\n", 0},
	{"a method too long", GUARD_METHOD, "GETS / HTTP/1.1\r\n" HOST "\r\n", 0},
	{"no method", GUARD_METHOD, " / HTTP/1.1\r\n", 0},
	{"HTTP/0.9", GUARD_VERSION, "GET /\r\n", 0},
	{"HTTP/0.9 with a query", GUARD_VERSION, "GET /?a\r\n", 0},
	{"HTTP/2 by name", GUARD_VERSION, "GET / HTTP/2.0\r\n" HOST "\r\n", 0},
	{"HTTP/2 preface", GUARD_VERSION, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 0},
	{"HTTP/1.2", GUARD_VERSION, "GET / HTTP/1.2\r\n" HOST "\r\n", 0},
	{"HTTP/1.10", GUARD_VERSION, "GET / HTTP/1.10\r\n" HOST "\r\n", 0},
	{"lower-case version", GUARD_VERSION, "GET / http/1.1\r\n" HOST "\r\n", 0},
	{"two spaces before the version", GUARD_VERSION, "GET /  HTTP/1.1\r\n" HOST "\r\n", 0},
	{"a space after the version", GUARD_VERSION, "GET / HTTP/1.1 \r\n" HOST "\r\n", 0},
	{"absolute-form, another scheme", GUARD_TARGET, "GET ftp://id.example.org/ HTTP/1.1\r\n" HOST "\r\n", 0},
	{"absolute-form, another authority", GUARD_TARGET, "GET http://evil.example/ HTTP/1.1\r\n" HOST "\r\n", 0},
	{"absolute-form, an authority that begins alike", GUARD_TARGET,
	 "GET http://id.example.org.evil.example/ HTTP/1.1\r\n" HOST "\r\n", 0},
	{"absolute-form with a user", GUARD_TARGET, "GET http://a@id.example.org/ HTTP/1.1\r\n" HOST "\r\n", 0},
	{"absolute-form without Host", GUARD_TARGET, "GET http://id.example.org/ HTTP/1.0\r\n\r\n", 0},
	{"asterisk-form", GUARD_TARGET, "OPTIONS * HTTP/1.1\r\n" HOST "\r\n", 0},
	{"no leading slash", GUARD_TARGET, "GET index HTTP/1.1\r\n" HOST "\r\n", 0},
	{"a fragment in a query", GUARD_TARGET, "GET /?a#b HTTP/1.1\r\n" HOST "\r\n", 0},
	{"raw UTF-8 in a query", GUARD_TARGET, "GET /?\xc3\xa9 HTTP/1.1\r\n" HOST "\r\n", 0},
	{"double slash", GUARD_PATH, "GET //evil.example/ HTTP/1.1\r\n" HOST "\r\n", 0},
	{"double slash within", GUARD_PATH, "GET /a//b HTTP/1.1\r\n" HOST "\r\n", 0},
	{"dot segment", GUARD_PATH, "GET /a/../b HTTP/1.1\r\n" HOST "\r\n", 0},
	{"dot segment at the end", GUARD_PATH, "GET /a/.. HTTP/1.1\r\n" HOST "\r\n", 0},
	{"single dot before a query", GUARD_PATH, "GET /a/.?x HTTP/1.1\r\n" HOST "\r\n", 0},
	{"dot segment, escaped", GUARD_PATH, "GET /a/%2e%2E/b HTTP/1.1\r\n" HOST "\r\n", 0},
	{"dot segment, half escaped", GUARD_PATH, "GET /a/.%2e/b HTTP/1.1\r\n" HOST "\r\n", 0},
	{"escaped slash", GUARD_PATH, "GET /a%2fb HTTP/1.1\r\n" HOST "\r\n", 0},
	{"escaped backslash", GUARD_PATH, "GET /a%5Cb HTTP/1.1\r\n" HOST "\r\n", 0},
	{"backslash", GUARD_PATH, "GET /a\\b HTTP/1.1\r\n" HOST "\r\n", 0},
	{"escaped NUL", GUARD_PATH, "GET /a%00 HTTP/1.1\r\n" HOST "\r\n", 0},
	{"escaped CR", GUARD_PATH, "GET /a%0d%0aX:%20y HTTP/1.1\r\n" HOST "\r\n", 0},
	{"broken escape", GUARD_PATH, "GET /a%2 HTTP/1.1\r\n" HOST "\r\n", 0},
	{"escape of no digits", GUARD_PATH, "GET /a%zz HTTP/1.1\r\n" HOST "\r\n", 0},
	{"a fragment in a path", GUARD_PATH, "GET /a#b HTTP/1.1\r\n" HOST "\r\n", 0},
	{"RFC 9112 5.1: space before the colon", GUARD_HEADER_NAME, POST "Content-Length : 3\r\n\r\nabc", 0},
	{"tab before the colon", GUARD_CONTROL, POST "Content-Length\t: 3\r\n\r\nabc", 0},
	{"no name", GUARD_HEADER_NAME, GET ": a\r\n\r\n", 0},
	{"a name that is no token", GUARD_HEADER_NAME, GET "A(b): c\r\n\r\n", 0},
	{"a name of UTF-8", GUARD_HEADER_NAME, GET "\xc3\xa9: c\r\n\r\n", 0},
	{"a line without colon", GUARD_BARE_CR, GET "Hello\r\n\r\n", 0},
	{"RFC 9112 5.2: obs-fold with a space", GUARD_OBS_FOLD, GET "A: b\r\n c\r\n\r\n", 0},
	{"obs-fold with a tab", GUARD_OBS_FOLD, GET "A: b\r\n\tc\r\n\r\n", 0},
	{"RFC 9112 2.2: white space before the first header", GUARD_OBS_FOLD, "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 0},
	{"RFC 9112 3.2: no Host", GUARD_HOST_MISSING, "GET / HTTP/1.1\r\nA: b\r\n\r\n", 0},
	{"RFC 9112 3.2: two Hosts", GUARD_REPEATED, GET "Host: id.example.org\r\n\r\n", 0},
	{"two Hosts, other case", GUARD_REPEATED, GET "hOST: id.example.org\r\n\r\n", 0},
	{"empty Host", GUARD_HOST_SYNTAX, "GET / HTTP/1.1\r\nHost: \r\n\r\n", 0},
	{"two names in a Host", GUARD_HOST_SYNTAX, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 0},
	{"a list in a Host", GUARD_HOST_SYNTAX, "GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", 0},
	{"a user in a Host", GUARD_HOST_SYNTAX, "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 0},
	{"a path in a Host", GUARD_HOST_SYNTAX, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 0},
	{"a port of letters", GUARD_HOST_SYNTAX, "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", 0},
	{"only a port", GUARD_HOST_SYNTAX, "GET / HTTP/1.1\r\nHost: :80\r\n\r\n", 0},
	{"an open IPv6 literal", GUARD_HOST_SYNTAX, "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 0},
	{"text after an IPv6 literal", GUARD_HOST_SYNTAX, "GET / HTTP/1.1\r\nHost: [::1]a\r\n\r\n", 0},
	{"two Content-Length, different", GUARD_REPEATED, POST "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc", 0},
	{"two Content-Length, equal", GUARD_REPEATED, POST "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 0},
	{"two Content-Type", GUARD_REPEATED, POST "Content-Type: a/b\r\nContent-Type: a/c\r\n\r\n", 0},
	{"two Authorization", GUARD_REPEATED, GET "Authorization: A b\r\nAuthorization: A c\r\n\r\n", 0},
	{"two Cookie", GUARD_REPEATED, GET "Cookie: a=b\r\nCookie: c=d\r\n\r\n", 0},
	{"two Origin", GUARD_REPEATED, GET "Origin: null\r\nOrigin: null\r\n\r\n", 0},
	{"RFC 9449 4.3 check 1: two DPoP", GUARD_REPEATED, GET "DPoP: a\r\nDPoP: b\r\n\r\n", 0},
	{"two X-Forwarded-Proto", GUARD_REPEATED, GET "X-Forwarded-Proto: a\r\nX-Forwarded-Proto: b\r\n\r\n", 0},
	{"two Sec-Fetch-Site", GUARD_REPEATED, GET "Sec-Fetch-Site: a\r\nSec-Fetch-Site: b\r\n\r\n", 0},
	{"Content-Length with a plus", GUARD_CONTENT_LENGTH, POST "Content-Length: +1\r\n\r\na", 0},
	{"negative Content-Length", GUARD_CONTENT_LENGTH, POST "Content-Length: -1\r\n\r\n", 0},
	{"a list of lengths", GUARD_CONTENT_LENGTH, POST "Content-Length: 3, 3\r\n\r\nabc", 0},
	{"a length with a space", GUARD_CONTENT_LENGTH, POST "Content-Length: 1 2\r\n\r\n", 0},
	{"a length in hexadecimal", GUARD_CONTENT_LENGTH, POST "Content-Length: 0x3\r\n\r\nabc", 0},
	{"an empty length", GUARD_CONTENT_LENGTH, POST "Content-Length: \r\n\r\n", 0},
	{"a length past 64 bits", GUARD_CONTENT_LENGTH, POST "Content-Length: 18446744073709551617\r\n\r\n", 0},
	{"chunked", GUARD_TRANSFER_ENCODING, POST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 0},
	{"CL.TE", GUARD_TRANSFER_ENCODING, POST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", 0},
	{"TE.CL", GUARD_TRANSFER_ENCODING, POST "transfer-encoding: xchunked\r\nContent-Length: 3\r\n\r\n", 0},
	{"TE with an odd space", GUARD_HEADER_NAME, POST "Transfer-Encoding : chunked\r\n\r\n", 0},
	{"RFC 9110 9.3.1: content with GET", GUARD_BODY_METHOD, GET "Content-Length: 1\r\n\r\na", 0},
	{"content with HEAD", GUARD_BODY_METHOD, "HEAD / HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\na", 0},
	{"413", GUARD_BODY_LONG, POST "Content-Length: 65537\r\n\r\n", 0},
	{"RFC 9110 10.1.1: another expectation", GUARD_EXPECT, POST "Expect: 200-ok\r\n\r\n", 0},
	{"an expectation cut short", GUARD_EXPECT, POST "Expect: 100-\r\n\r\n", 0},
	{"an expectation with more", GUARD_EXPECT, POST "Expect: 100-continue, x\r\n\r\n", 0},
	{"compressed content", GUARD_CONTENT_ENCODING, POST "Content-Encoding: gzip\r\n\r\n", 0},
};

static const struct guard_limits limits = {GUARD_LINE_BYTES, GUARD_HEADER_BYTES_MAX, GUARD_HEADERS_MAX,
					   GUARD_BODY_BYTES};

struct verdict {
	enum guard_verdict verdict;
	enum guard_reason reason;
	size_t used;
};

/* Feeds `first` bytes, then pieces of `piece` bytes, until the guard has decided. */
static struct verdict feed(const char *bytes, size_t size, size_t first, size_t piece)
{
	struct guard guard;
	struct verdict result = {GUARD_MORE, GUARD_OK, 0};
	size_t step = first;

	guard_init(&guard, &limits);
	while (result.verdict == GUARD_MORE && result.used < size) {
		size_t used = 0;
		size_t given = step < size - result.used ? step : size - result.used;
		uint8_t *copy = malloc(given + 1); /* so that the sanitizer sees a read past the piece */

		memcpy(copy, bytes + result.used, given);
		result.verdict = guard_feed(&guard, copy, given, &used);
		free(copy);
		result.used += used;
		step = piece;
	}
	result.reason = guard_reason_of(&guard);
	return result;
}

static size_t row_size(const struct row *row)
{
	return row->size ? row->size : strlen(row->bytes);
}

static void each_request_gets_its_verdict(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t size = row_size(&rows[i]);
		struct verdict got = feed(rows[i].bytes, size, size, size);

		if (got.reason != rows[i].reason)
			fail_msg("%s: %s instead of %s", rows[i].clause, guard_reason_name(got.reason),
				 guard_reason_name(rows[i].reason));
		assert_int_equal(got.verdict, rows[i].reason == GUARD_OK ? GUARD_COMPLETE : GUARD_REFUSE);
		if (rows[i].reason == GUARD_OK)
			assert_int_equal(got.used, size);
	}
}

static void the_verdict_does_not_depend_on_how_bytes_are_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t size = row_size(&rows[i]);
		struct verdict whole = feed(rows[i].bytes, size, size, size);

		for (size_t cut = 1; cut <= size; cut++) {
			struct verdict two = feed(rows[i].bytes, size, cut, size);
			struct verdict small = feed(rows[i].bytes, size, 1, cut);

			assert_int_equal(two.verdict, whole.verdict);
			assert_int_equal(two.reason, whole.reason);
			assert_int_equal(two.used, whole.used);
			assert_int_equal(small.reason, whole.reason);
			assert_int_equal(small.used, whole.used);
		}
	}
}

/* A prefix of a good request is neither refused nor complete. */
static void no_prefix_of_a_good_request_is_decided(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t size = row_size(&rows[i]);

		for (size_t cut = 1; rows[i].reason == GUARD_OK && cut < size; cut++)
			assert_int_equal(feed(rows[i].bytes, cut, cut, cut).verdict, GUARD_MORE);
	}
}

static void pipelined_requests_end_where_their_bodies_end(void **state)
{
	static const char first[] = POST "Content-Length: 5\r\n\r\nGET /";
	static const char second[] = GET "\r\n";
	char both[sizeof(first) + sizeof(second)];
	struct guard guard;
	size_t used;

	(void)state;
	snprintf(both, sizeof(both), "%s%s", first, second);
	guard_init(&guard, &limits);
	assert_true(guard_is_idle(&guard));
	assert_int_equal(guard_feed(&guard, (uint8_t *)both, strlen(both), &used), GUARD_COMPLETE);
	assert_int_equal(used, strlen(first));
	assert_true(guard_is_idle(&guard));
	assert_int_equal(guard_feed(&guard, (uint8_t *)both + used, strlen(second), &used), GUARD_COMPLETE);
	assert_int_equal(used, strlen(second));
}

static void a_refused_connection_stays_refused(void **state)
{
	struct guard guard;
	size_t used = 9;

	(void)state;
	guard_init(&guard, &limits);
	assert_int_equal(guard_feed(&guard, (const uint8_t *)"\n", 1, &used), GUARD_REFUSE);
	assert_int_equal(used, 0);
	assert_int_equal(guard_feed(&guard, (const uint8_t *)GET "\r\n", strlen(GET) + 2, &used), GUARD_REFUSE);
	assert_int_equal(used, 0);
	assert_int_equal(guard_reason_of(&guard), GUARD_BARE_LF);
}

/* The request of `size` bytes that a limit just allows, and the one that is a byte too long. */
static enum guard_reason line_of(size_t size)
{
	char bytes[20000];
	size_t path = size - strlen("GET  HTTP/1.1");

	memcpy(bytes, "GET /", 5);
	memset(bytes + 5, 'a', path - 1);
	strcpy(bytes + 4 + path, " HTTP/1.1\r\n" HOST "\r\n");
	return feed(bytes, strlen(bytes), 7, 7).reason;
}

static void a_request_line_has_a_limit(void **state)
{
	(void)state;
	assert_int_equal(line_of(GUARD_LINE_BYTES), GUARD_OK);
	assert_int_equal(line_of(GUARD_LINE_BYTES + 1), GUARD_LINE_LONG);
}

static enum guard_reason head_of(size_t size)
{
	char bytes[20000];
	size_t fixed = strlen(GET "X: \r\n\r\n");

	strcpy(bytes, GET "X: ");
	memset(bytes + strlen(GET "X: "), 'a', size - fixed);
	strcpy(bytes + size - 4, "\r\n\r\n");
	return feed(bytes, size, 11, 11).reason;
}

static void headers_have_a_limit_in_bytes(void **state)
{
	(void)state;
	assert_int_equal(head_of(GUARD_HEADER_BYTES_MAX), GUARD_OK);
	assert_int_equal(head_of(GUARD_HEADER_BYTES_MAX + 1), GUARD_HEADER_BYTES);
}

static enum guard_reason headers_of(size_t count)
{
	char bytes[20000] = GET;

	for (size_t i = 1; i < count; i++)
		strcat(bytes, "X: y\r\n");
	strcat(bytes, "\r\n");
	return feed(bytes, strlen(bytes), 5, 5).reason;
}

static void headers_have_a_limit_in_number(void **state)
{
	(void)state;
	assert_int_equal(headers_of(GUARD_HEADERS_MAX), GUARD_OK);
	assert_int_equal(headers_of(GUARD_HEADERS_MAX + 1), GUARD_HEADER_COUNT);
}

static void every_reason_has_a_name_and_a_status(void **state)
{
	(void)state;
	for (int i = GUARD_OK + 1; i < GUARD_REASON_COUNT; i++) {
		int status = guard_status((enum guard_reason)i);

		assert_non_null(guard_reason_name((enum guard_reason)i));
		assert_true((status >= 400 && status < 432) || status == 501 || status == 505);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_request_gets_its_verdict),
		cmocka_unit_test(the_verdict_does_not_depend_on_how_bytes_are_cut),
		cmocka_unit_test(no_prefix_of_a_good_request_is_decided),
		cmocka_unit_test(pipelined_requests_end_where_their_bodies_end),
		cmocka_unit_test(a_refused_connection_stays_refused),
		cmocka_unit_test(a_request_line_has_a_limit),
		cmocka_unit_test(headers_have_a_limit_in_bytes),
		cmocka_unit_test(headers_have_a_limit_in_number),
		cmocka_unit_test(every_reason_has_a_name_and_a_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
