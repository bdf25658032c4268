#include "http/router.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

#define SEGMENTS_MAX 12

enum segment_kind { SEGMENT_LITERAL, SEGMENT_PARAM, SEGMENT_REST };

struct segment {
	enum segment_kind kind;
	const char *at; /* in the pattern or the path */
	size_t size;
};

struct segments {
	size_t count;
	struct segment list[SEGMENTS_MAX];
};

struct compiled {
	const struct route *route;
	struct segments segments;
};

/* Sorted so that the first that matches is the most literal one. */
struct router {
	size_t count;
	struct compiled routes[];
};

/* "/" is one empty segment. E_INVALID when there are more than fit. */
static enum status segments_split(const char *path, struct segments *segments)
{
	segments->count = 0;
	while (*path == '/') {
		if (segments->count == SEGMENTS_MAX)
			return E_INVALID;
		path++;
		segments->list[segments->count] = (struct segment){.at = path, .size = strcspn(path, "/")};
		path += segments->list[segments->count++].size;
	}
	return segments->count > 0 ? OK : E_INVALID;
}

static enum status pattern_segment(struct segment *segment, bool is_last)
{
	if (segment->size == 0 || !memchr(segment->at, '{', segment->size))
		return segment->size > 0 || is_last ? OK : E_INVALID; /* "/signin/" ends with an empty one */
	if (segment->at[0] != '{' || segment->at[segment->size - 1] != '}' || segment->size < 3)
		return E_INVALID;
	segment->kind = SEGMENT_PARAM;
	if (segment->size == 3 && segment->at[1] == '*')
		segment->kind = SEGMENT_REST;
	return segment->kind == SEGMENT_REST && !is_last ? E_INVALID : OK;
}

static enum status pattern_compile(const struct route *route, struct compiled *compiled)
{
	struct segments *segments = &compiled->segments;
	size_t params = 0;

	compiled->route = route;
	TRY(segments_split(route->pattern, segments));
	for (size_t i = 0; i < segments->count; i++) {
		TRY(pattern_segment(&segments->list[i], i + 1 == segments->count));
		params += segments->list[i].kind != SEGMENT_LITERAL;
	}
	return params <= REQUEST_PARAMS_MAX ? OK : E_INVALID;
}

static int segment_compare(const struct segment *a, const struct segment *b)
{
	size_t size = a->size < b->size ? a->size : b->size;
	int order;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->kind != SEGMENT_LITERAL)
		return 0;
	order = memcmp(a->at, b->at, size);
	if (order == 0 && a->size != b->size)
		order = a->size < b->size ? -1 : 1;
	return order;
}

static int compiled_compare(const void *left, const void *right)
{
	const struct compiled *a = left;
	const struct compiled *b = right;

	for (size_t i = 0; i < a->segments.count && i < b->segments.count; i++) {
		int order = segment_compare(&a->segments.list[i], &b->segments.list[i]);

		if (order != 0)
			return order;
	}
	if (a->segments.count != b->segments.count)
		return a->segments.count < b->segments.count ? -1 : 1;
	return (int)a->route->method - (int)b->route->method;
}

static enum status router_fill(struct router *router, const struct route *table, size_t count)
{
	for (size_t i = 0; i < count; i++)
		TRY(pattern_compile(&table[i], &router->routes[i]));
	router->count = count;
	qsort(router->routes, count, sizeof(router->routes[0]), compiled_compare);
	for (size_t i = 1; i < count; i++)
		if (compiled_compare(&router->routes[i - 1], &router->routes[i]) == 0)
			return E_INVALID;
	return OK;
}

enum status router_new(const struct route *table, size_t count, struct router **ret_router)
{
	struct router *router = calloc(1, sizeof(*router) + count * sizeof(router->routes[0]));
	enum status status;

	if (!router)
		return E_NOMEM;
	status = router_fill(router, table, count);
	if (status != OK)
		free(router);
	else
		*ret_router = router;
	return status;
}

void router_free(struct router **router)
{
	free(*router);
	*router = NULL;
}

static bool segments_match(const struct segments *pattern, const struct segments *path)
{
	for (size_t i = 0; i < pattern->count; i++) {
		const struct segment *want = &pattern->list[i];

		if (i == path->count)
			return false;
		if (want->kind == SEGMENT_REST)
			return true;
		if (want->kind == SEGMENT_PARAM && path->list[i].size == 0)
			return false;
		if (want->kind == SEGMENT_LITERAL && segment_compare(want, &path->list[i]) != 0)
			return false;
	}
	return pattern->count == path->count;
}

static enum status params_fill(const struct segments *pattern, const struct segments *path, struct request *req)
{
	size_t count = 0;

	for (size_t i = 0; i < pattern->count; i++) {
		const struct segment *at = &path->list[i];
		size_t size = at->size;

		if (pattern->list[i].kind == SEGMENT_LITERAL)
			continue;
		if (pattern->list[i].kind == SEGMENT_REST)
			size = strlen(at->at);
		TRY(percent_decode(req->arena, at->at, size, false, &req->params[count++]));
	}
	return OK;
}

static bool method_fits(enum http_method route, enum http_method asked)
{
	return route == asked || (route == HTTP_GET && asked == HTTP_HEAD);
}

static const char *allow_format(struct arena *arena, unsigned methods)
{
	const char *text = "";

	if (methods & (1u << HTTP_GET))
		methods |= 1u << HTTP_HEAD;
	for (unsigned i = HTTP_GET; i < HTTP_OTHER && text; i++)
		if (methods & (1u << i))
			text = arena_format(arena, "%s%s%s", text, *text ? ", " : "",
					    http_method_name((enum http_method)i));
	return text;
}

enum status router_find(const struct router *router, struct request *req, const struct route **ret_route,
			const char **ret_allow)
{
	struct segments path = {0};
	const char *allow;
	unsigned methods = 0;

	if (segments_split(req->path, &path) != OK)
		return E_NOT_FOUND;
	for (size_t i = 0; i < router->count; i++) {
		const struct compiled *compiled = &router->routes[i];

		if (!segments_match(&compiled->segments, &path))
			continue;
		if (!method_fits(compiled->route->method, req->method)) {
			methods |= 1u << compiled->route->method;
			continue;
		}
		TRY(params_fill(&compiled->segments, &path, req));
		*ret_route = compiled->route;
		return OK;
	}
	if (methods == 0)
		return E_NOT_FOUND;
	allow = allow_format(req->arena, methods);
	if (!allow)
		return E_NOMEM;
	*ret_allow = allow;
	return E_REFUSED;
}

const char *http_method_name(enum http_method method)
{
	static const char *const names[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"};

	return (unsigned)method < ARRAY_COUNT(names) ? names[method] : "OTHER";
}
