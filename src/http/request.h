#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "base/status.h"

struct arena;

/*
 * One request as the endpoints see it: already framed, limited and refused where it was malformed (http/guard.h), plain
 * memory in its arena, no library type. Endpoint tests build one by hand.
 */
enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_PUT, HTTP_DELETE, HTTP_OPTIONS, HTTP_PATCH, HTTP_OTHER };

#define REQUEST_PARAMS_MAX 4
#define REQUEST_IP_SIZE    46

struct http_header {
	const char *name;  /* as sent; compared without case */
	const char *value; /* no white space at either end */
};

struct request {
	struct arena *arena;
	enum http_method method;
	const char *path;  /* as sent: "/device/v1/challenges/abc"; never "//", "/../", "%2F", "%5C", "%00" */
	const char *query; /* as sent, without the '?'; "" when there is none */
	const char *body;  /* a NUL follows; never NULL */
	size_t body_size;
	const char *content_type; /* "application/json": lower case, without parameters; "" when absent */
	const char *host;         /* "id.example.org:8443", lower case; "" only for HTTP/1.0 without Host */
	/*
	 * The client's address. The peer's own, or, when the peer is a trusted proxy, the last address of the chosen
	 * forwarding header that is not a trusted proxy. What cannot be parsed gives the peer's address and
	 * ip_trusted = false: policy then takes the stricter side.
	 */
	char ip[REQUEST_IP_SIZE];
	bool ip_trusted;
	bool is_tls;                            /* TLS here, or X-Forwarded-Proto: https from a trusted proxy */
	int64_t now;                            /* Unix seconds when the request was complete */
	const char *params[REQUEST_PARAMS_MAX]; /* the route's {…} segments in order, percent-decoded, valid UTF-8 */
	const struct http_header *headers;
	size_t header_count;
};

/*
 * The header's value, NULL when absent. The guard lets none of these through twice: Host, Content-Length, Content-Type,
 * Content-Encoding, Authorization, Proxy-Authorization, Cookie, Origin, Referer, DPoP, Expect, X-Forwarded-Proto,
 * X-Forwarded-Host, Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest. Of any other the first is given.
 */
const char *request_header(const struct request *req, const char *name);

/*
 * The cookie's value, copied into the arena (RFC 6265 5.4 as sent by browsers: `name=value; name2=value2`).
 *
 * E_NOT_FOUND   no such cookie
 * E_INVALID     the name appears twice (somebody may have planted one), or its value has octets that no cookie has
 *
 * Other cookies, however odd, are passed over: another application's must not lock anybody out.
 */
enum status must_check request_cookie(const struct request *req, const char *name, const char **ret_value);

/* A parsed application/x-www-form-urlencoded body or query: at most 64 fields and 16 KiB; valid UTF-8, no NUL. */
struct form;

#define FORM_FIELDS_MAX 64
#define FORM_SIZE_MAX   16384

/*
 * E_INVALID    too many fields, too long, a broken %-escape, not UTF-8, a NUL, an empty name
 * E_CONFLICT   a name appears twice; *ret_form is then set as well, but only form_repeated() may be asked of it
 */
enum status must_check form_parse(struct arena *arena, const char *bytes, size_t size, struct form **ret_form);

/*
 * The value, decoded; NULL when absent or empty.
 *= RFC6749#3.1  "Parameters sent without a value MUST be treated as if they were omitted from the request."
 */
const char *form_get(const struct form *form, const char *name);
bool form_has(const struct form *form, const char *name); /* present, perhaps empty */
/* The name that appeared twice; NULL when none did. */
const char *form_repeated(const struct form *form);
/* For walking all fields: at(i) with i < form_count(). Values may be "". */
size_t form_count(const struct form *form);
void form_at(const struct form *form, size_t index, const char **ret_name, const char **ret_value);

/* The body as a form. E_INVALID also when the content type is another one; else as form_parse. */
enum status must_check request_form(const struct request *req, struct form **ret_form);
/* The query as a form (an empty query is an empty form). */
enum status must_check request_query(const struct request *req, struct form **ret_form);
/*
 * The body as JSON, borrowed: it is freed with the request's arena. E_INVALID when the content type is not
 * application/json (or application/…+json), the body is longer than `max` bytes, or json_parse_limited refuses it.
 */
enum status must_check request_json(const struct request *req, size_t max, json_t **ret_json);

/* `%41+b` decoded in the arena; `plus` says whether '+' is a space. E_INVALID as for form_parse. */
enum status must_check percent_decode(struct arena *arena, const char *text, size_t size, bool plus,
				      const char **ret_text);

#endif
