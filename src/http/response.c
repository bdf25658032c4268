#include "http/response.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"

#define HEADERS_MAX 32

struct header {
	const char *name;
	const char *value;
};

struct response {
	struct arena *arena;
	int status;
	bool is_borrowed;
	size_t header_count;
	struct header headers[HEADERS_MAX];
	const void *body;
	size_t body_size;
};

static const struct header defaults[] = {
	{"Cache-Control", "no-store"},
	{"X-Content-Type-Options", "nosniff"},
	{"Referrer-Policy", "no-referrer"},
	{"Cross-Origin-Opener-Policy", "same-origin"},
	{"Cross-Origin-Resource-Policy", "same-origin"},
	{"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
	{"Strict-Transport-Security", "max-age=31536000"}, /* last: only with https */
};

struct response *response_new(struct arena *arena, bool https)
{
	struct response *res = arena_alloc(arena, sizeof(*res));
	size_t count = ARRAY_COUNT(defaults) - (https ? 0 : 1);

	if (!res)
		return NULL;
	res->arena = arena;
	res->status = 500;
	memcpy(res->headers, defaults, count * sizeof(defaults[0]));
	res->header_count = count;
	return res;
}

struct arena *response_arena(const struct response *res)
{
	return res->arena;
}

void response_status(struct response *res, int status)
{
	res->status = status;
}

static bool is_header_name(const char *name)
{
	size_t size = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~");

	return size > 0 && name[size] == '\0';
}

static bool is_header_value(const char *value)
{
	for (; *value; value++)
		if (((unsigned char)*value < 0x20 && *value != '\t') || *value == 0x7f)
			return false;
	return true;
}

static struct header *header_find(struct response *res, const char *name)
{
	for (size_t i = 0; i < res->header_count; i++)
		if (text_equal_nocase(res->headers[i].name, name))
			return &res->headers[i];
	return NULL;
}

enum status response_header(struct response *res, const char *name, const char *value)
{
	struct header *header = text_equal_nocase(name, "Set-Cookie") ? NULL : header_find(res, name);
	struct header copy;

	if (!is_header_name(name) || !is_header_value(value))
		return E_INVALID;
	if (!header && res->header_count == HEADERS_MAX)
		return E_NOMEM;
	copy.name = arena_strdup(res->arena, name);
	copy.value = arena_strdup(res->arena, value);
	if (!copy.name || !copy.value)
		return E_NOMEM;
	if (!header)
		header = &res->headers[res->header_count++];
	*header = copy;
	return OK;
}

void response_header_drop(struct response *res, const char *name)
{
	size_t kept = 0;

	for (size_t i = 0; i < res->header_count; i++)
		if (!text_equal_nocase(res->headers[i].name, name))
			res->headers[kept++] = res->headers[i];
	res->header_count = kept;
}

enum status response_body_take(struct response *res, const char *content_type, const void *bytes, size_t size)
{
	if (content_type)
		TRY(response_header(res, "Content-Type", content_type));
	res->body = bytes;
	res->body_size = size;
	res->is_borrowed = false;
	return OK;
}

enum status response_body_borrow(struct response *res, const char *content_type, const void *bytes, size_t size)
{
	TRY(response_body_take(res, content_type, bytes, size));
	res->is_borrowed = true;
	return OK;
}

enum status response_body(struct response *res, const char *content_type, const void *bytes, size_t size)
{
	const void *copy = size > 0 ? arena_memdup(res->arena, bytes, size) : "";

	if (!copy)
		return E_NOMEM;
	return response_body_take(res, content_type, copy, size);
}

enum status response_json(struct response *res, int status, const json_t *json)
{
	const char *text = json_format(res->arena, json);

	if (!text)
		return E_NOMEM;
	TRY(response_header(res, "Cache-Control", "no-store"));
	TRY(response_body_take(res, "application/json", text, strlen(text)));
	res->status = status;
	return OK;
}

/* RFC 9700 4.12: 303 after a POST, so that no browser sends the credentials on. */
enum status response_redirect(struct response *res, int status, const char *location)
{
	if (location[0] == '\0' || strpbrk(location, " \t\"<>\\^`{|}"))
		return E_INVALID;
	TRY(response_header(res, "Location", location));
	TRY(response_body(res, NULL, "", 0));
	res->status = status;
	return OK;
}

enum status response_text(struct response *res, int status, const char *text)
{
	TRY(response_body(res, "text/plain; charset=utf-8", text, strlen(text)));
	res->status = status;
	return OK;
}

/* One CSP source: a scheme, host and port, or a hash; nothing that could begin another directive. */
static bool is_policy_source(const char *source)
{
	size_t size = strspn(source, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._:/[]+=");

	return size > 0 && source[size] == '\0';
}

static char *page_policy(struct arena *arena, const struct page_options *options)
{
	const char *hash = options ? options->script_hash : NULL;
	const char *action = options ? options->form_action : NULL;

	return arena_format(
		arena,
		"default-src 'none'; script-src 'self'%s%s%s; style-src 'self'; img-src 'self' data: blob:; "
		"font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; "
		"base-uri 'none'; form-action 'self'%s%s; frame-ancestors 'none'; "
		"require-trusted-types-for 'script'; trusted-types sw",
		hash ? " '" : "", hash ? hash : "", hash ? "'" : "", action ? " " : "", action ? action : "");
}

enum status response_page_headers(struct response *res, const struct page_options *options)
{
	const char *policy;

	if (options && ((options->form_action && !is_policy_source(options->form_action)) ||
			(options->script_hash && !is_policy_source(options->script_hash))))
		return E_INVALID;
	policy = page_policy(res->arena, options);
	if (!policy)
		return E_NOMEM;
	TRY(response_header(res, "Content-Security-Policy", policy));
	return response_header(res, "X-Frame-Options", "DENY");
}

enum status response_page(struct response *res, int status, const char *html, size_t size,
			  const struct page_options *options)
{
	TRY(response_page_headers(res, options));
	TRY(response_body(res, "text/html; charset=utf-8", html, size));
	res->status = status;
	return OK;
}

static bool is_cookie_text(const char *text)
{
	for (; *text; text++)
		if (*text <= 0x20 || *text >= 0x7f || strchr("\",;\\", *text))
			return false;
	return true;
}

enum status response_cookie(struct response *res, const struct cookie *cookie)
{
	const char *site = cookie->strict ? "Strict" : "Lax";
	const char *text;

	if (!text_has_prefix(cookie->name, "__Host-") || !is_header_name(cookie->name) ||
	    !is_cookie_text(cookie->value))
		return E_INVALID;
	if (cookie->max_age == 0)
		text = arena_format(res->arena, "%s=%s; Path=/; Secure; HttpOnly; SameSite=%s", cookie->name,
				    cookie->value, site);
	else
		text = arena_format(res->arena, "%s=%s; Path=/; Secure; HttpOnly; SameSite=%s; Max-Age=%lld",
				    cookie->name, cookie->value, site,
				    (long long)(cookie->max_age < 0 ? 0 : cookie->max_age));
	return text ? response_header(res, "Set-Cookie", text) : E_NOMEM;
}

int response_get_status(const struct response *res)
{
	return res->status;
}

const char *response_get_header(const struct response *res, const char *name)
{
	for (size_t i = 0; i < res->header_count; i++)
		if (text_equal_nocase(res->headers[i].name, name))
			return res->headers[i].value;
	return NULL;
}

size_t response_header_count(const struct response *res)
{
	return res->header_count;
}

void response_header_at(const struct response *res, size_t index, const char **ret_name, const char **ret_value)
{
	*ret_name = res->headers[index].name;
	*ret_value = res->headers[index].value;
}

const void *response_get_body(const struct response *res, size_t *ret_size)
{
	*ret_size = res->body_size;
	return res->body;
}

bool response_body_is_borrowed(const struct response *res)
{
	return res->is_borrowed;
}
