#ifndef HTTP_RESPONSE_H
#define HTTP_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "base/status.h"

struct arena;

/*
 * An answer under construction: plain memory in the request's arena, so a worker thread may build it; the loop writes
 * it out afterwards. A fresh one is 500 with no body: forgetting to answer is seen.
 *
 * Every answer carries from the start: Cache-Control: no-store, X-Content-Type-Options: nosniff, Referrer-Policy:
 * no-referrer, Cross-Origin-Opener-Policy: same-origin, Cross-Origin-Resource-Policy: same-origin,
 * Content-Security-Policy: default-src 'none'; frame-ancestors 'none', and, when the issuer is https,
 * Strict-Transport-Security. response_header() replaces any of them.
 *
 * E_INVALID   a name that is no token, or a value with CR, LF, NUL or another control: nothing was set
 * E_NOMEM     the arena's limit, or more than 32 headers
 */
struct response;

struct response *response_new(struct arena *arena, bool https); /* NULL when out of memory */
struct arena *response_arena(const struct response *res);

void response_status(struct response *res, int status);
/* Replaces a header of this name; Set-Cookie is added. */
enum status must_check response_header(struct response *res, const char *name, const char *value);
void response_header_drop(struct response *res, const char *name);
/* Bytes are copied. An empty body with content_type NULL is a body of no bytes. */
enum status must_check response_body(struct response *res, const char *content_type, const void *bytes, size_t size);
/* Bytes are not copied: they lie in the response's arena. */
enum status must_check response_body_take(struct response *res, const char *content_type, const void *bytes,
					  size_t size);
/* Bytes are not copied: they live as long as the server. */
enum status must_check response_body_borrow(struct response *res, const char *content_type, const void *bytes,
					    size_t size);
/*
 * The JSON as body; `json` is borrowed and read before the return.
 *= RFC6749#5.1  "The authorization server MUST include the HTTP "Cache-Control" response header field with a value of
 * "no-store" in any response containing tokens, credentials, or other sensitive information"
 */
enum status must_check response_json(struct response *res, int status, const json_t *json);
/* 303 for after a POST, 302 otherwise. `location` is what the caller has checked; CR, LF and spaces are E_INVALID. */
enum status must_check response_redirect(struct response *res, int status, const char *location);
enum status must_check response_text(struct response *res, int status, const char *text); /* text/plain */

/*
 * An HTML page with the strict policy: scripts, styles, images, fonts and connections only from here, nothing inline,
 * no frames around it, Trusted Types required. `options` may be NULL.
 */
struct page_options {
	const char *form_action; /* one more origin that forms may go to ("https://app.example.org"), for form_post */
	const char *script_hash; /* one inline script allowed by its hash: "sha256-…" */
};
/* Only the headers of such a page; the caller sets status and body. */
enum status must_check response_page_headers(struct response *res, const struct page_options *options);
enum status must_check response_page(struct response *res, int status, const char *html, size_t size,
				     const struct page_options *options);

/*
 * Always `__Host-` rules: Secure, HttpOnly, SameSite=Lax (or Strict), Path=/, no Domain. E_INVALID when the name does
 * not begin with
 * `__Host-` or the value has an octet outside RFC 6265's cookie-octet.
 */
struct cookie {
	const char *name;
	const char *value;
	int64_t max_age; /* seconds; 0: ends with the browser's session; negative: delete it now */
	bool strict;     /* SameSite=Strict instead of Lax */
};
enum status must_check response_cookie(struct response *res, const struct cookie *cookie);

/* For the server, and for tests that look at an answer. */
int response_get_status(const struct response *res);
const char *response_get_header(const struct response *res, const char *name); /* the first; NULL when absent */
size_t response_header_count(const struct response *res);
void response_header_at(const struct response *res, size_t index, const char **ret_name, const char **ret_value);
const void *response_get_body(const struct response *res, size_t *ret_size);
bool response_body_is_borrowed(const struct response *res);

#endif
