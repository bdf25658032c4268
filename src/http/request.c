#include "http/request.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"

#define JSON_DEPTH_MAX 16

const char *request_header(const struct request *req, const char *name)
{
	for (size_t i = 0; i < req->header_count; i++)
		if (text_equal_nocase(req->headers[i].name, name))
			return req->headers[i].value;
	return NULL;
}

/* RFC 6265 4.1.1: cookie-octet */
static bool is_cookie_value(const char *value, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)value[i];

		if (c <= 0x20 || c >= 0x7f || c == '"' || c == ',' || c == ';' || c == '\\')
			return false;
	}
	return true;
}

/* One `name=value` of the header, without the white space around it; name_size is 0 where there is no '='. */
struct cookie_pair {
	const char *name;
	size_t name_size;
	const char *value;
	size_t value_size;
};

static const char *cookie_next(const char *at, struct cookie_pair *ret_pair)
{
	const char *end;
	const char *equals;
	size_t size;

	at += strspn(at, "; \t");
	if (*at == '\0')
		return NULL;
	size = strcspn(at, ";");
	end = at + size;
	while (size > 0 && (at[size - 1] == ' ' || at[size - 1] == '\t'))
		size--;
	equals = memchr(at, '=', size);
	*ret_pair = (struct cookie_pair){.name = at};
	if (equals) {
		ret_pair->name_size = (size_t)(equals - at);
		ret_pair->value = equals + 1;
		ret_pair->value_size = size - ret_pair->name_size - 1;
	}
	return end;
}

enum status request_cookie(const struct request *req, const char *name, const char **ret_value)
{
	const char *at = request_header(req, "Cookie");
	struct cookie_pair pair = {0};
	struct cookie_pair found = {0};
	char *value;

	while (at && (at = cookie_next(at, &pair)) != NULL) {
		if (pair.name_size != strlen(name) || memcmp(pair.name, name, pair.name_size) != 0)
			continue;
		if (found.name)
			return E_INVALID;
		found = pair;
	}
	if (!found.name)
		return E_NOT_FOUND;
	if (!is_cookie_value(found.value, found.value_size))
		return E_INVALID;
	value = arena_strndup(req->arena, found.value, found.value_size);
	if (!value)
		return E_NOMEM;
	*ret_value = value;
	return OK;
}

enum status request_form(const struct request *req, struct form **ret_form)
{
	if (strcmp(req->content_type, "application/x-www-form-urlencoded") != 0)
		return E_INVALID;
	return form_parse(req->arena, req->body, req->body_size, ret_form);
}

enum status request_query(const struct request *req, struct form **ret_form)
{
	return form_parse(req->arena, req->query, strlen(req->query), ret_form);
}

static bool is_json_type(const char *type)
{
	return strcmp(type, "application/json") == 0 ||
	       (text_has_prefix(type, "application/") && text_has_suffix(type, "+json"));
}

static void json_release(void *json)
{
	json_decref(json);
}

enum status request_json(const struct request *req, size_t max, json_t **ret_json)
{
	json_t *json = NULL;

	if (!is_json_type(req->content_type) || req->body_size > max)
		return E_INVALID;
	TRY(json_parse_limited(req->body, req->body_size, JSON_DEPTH_MAX, &json));
	if (arena_defer(req->arena, json_release, json) != 0)
		return E_NOMEM;
	*ret_json = json;
	return OK;
}
