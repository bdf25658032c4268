#ifndef HTTP_ROUTER_H
#define HTTP_ROUTER_H

#include <stdbool.h>
#include <stddef.h>

#include "http/request.h"

struct app;
struct response;
struct http_exchange;

/*
 * The route table is data; this is only the matching. A pattern is literal segments and `{name}` segments, each of
 * which matches one non-empty segment: "/device/v1/challenges/{id}/answer". A last segment `{*}` matches the rest,
 * slashes included (static files). Literal beats `{name}` beats `{*}`. HEAD falls to GET.
 */
enum route_where {
	ON_LOOP,      /* touches neither store nor keyholder */
	ON_LOOP_READ, /* only reads: on the loop with SQLite, on a worker with PostgreSQL */
	ON_WORKER,    /* may block; the default */
	ON_HASHER,    /* argon2 */
};

struct route {
	enum http_method method;
	const char *pattern;
	enum route_where where;
	enum status (*handler)(const struct app *app, const struct request *req, struct response *res);
	size_t body_max; /* 0: no body */
	/*
	 * Instead of `handler`: becomes an event stream. It runs where `where` says and either calls
	 * http_exchange_stream() and returns OK, or fills the exchange's response and returns E_REFUSED to have it
	 * sent; any other status becomes a 500 or 503.
	 */
	enum status (*open_stream)(const struct app *app, struct http_exchange *exchange);
	/* For ON_HASHER: asked on a worker before the hash queue is entered. Not admitted: the response is filled.
	 * Privileged jobs have places of their own in the queue. */
	enum status (*admit)(const struct app *app, const struct request *req, struct response *res, bool *ret_admitted,
			     bool *ret_privileged);
	bool on_grid; /* the answer leaves on the time grid */
};

struct router;

/*
 * Compiles the table once; it is borrowed and must live as long as the router. E_INVALID for a pattern without a
 * leading
 * '/', an empty segment, more than 12 segments or 4 parameters, or the same method and shape twice.
 */
enum status must_check router_new(const struct route *table, size_t count, struct router **ret_router);
void router_free(struct router **router);

/*
 * Finds the route for req->method and req->path and fills req->params.
 *
 * E_NOT_FOUND   no pattern matches: 404
 * E_REFUSED     patterns match, but not with this method: 405; *ret_allow is then "GET, HEAD, POST" for the Allow
 * header E_INVALID     a parameter is not decodable (broken %-escape, not UTF-8, NUL): 400 E_NOMEM
 */
enum status must_check router_find(const struct router *router, struct request *req, const struct route **ret_route,
				   const char **ret_allow);

const char *http_method_name(enum http_method method);

#endif
