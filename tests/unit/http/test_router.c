#include "cmocka_all.h"

#include <string.h>

#include "base/arena.h"
#include "http/router.h"

static const struct route table[] = {
	{.method = HTTP_GET, .pattern = "/"},
	{.method = HTTP_GET, .pattern = "/jwks"},
	{.method = HTTP_GET, .pattern = "/.well-known/openid-configuration"},
	{.method = HTTP_POST, .pattern = "/token"},
	{.method = HTTP_OPTIONS, .pattern = "/token"},
	{.method = HTTP_GET, .pattern = "/authorize"},
	{.method = HTTP_POST, .pattern = "/authorize"},
	{.method = HTTP_GET, .pattern = "/device/v1/challenges/{id}"},
	{.method = HTTP_POST, .pattern = "/device/v1/challenges/{id}/answer"},
	{.method = HTTP_GET, .pattern = "/device/v1/challenges/pending"},
	{.method = HTTP_DELETE, .pattern = "/admin/v1/users/{user}/devices/{device}"},
	{.method = HTTP_GET, .pattern = "/signin/"},
	{.method = HTTP_GET, .pattern = "/a/{*}"},
	{.method = HTTP_GET, .pattern = "/a/config.json"},
};

static const struct row {
	enum http_method method;
	const char *path;
	enum status status;
	const char *found; /* the pattern, or the methods allowed */
	const char *params[2];
} rows[] = {
	{HTTP_GET, "/", OK, "/", {0}},
	{HTTP_GET, "/jwks", OK, "/jwks", {0}},
	{HTTP_HEAD, "/jwks", OK, "/jwks", {0}},
	{HTTP_GET, "/jwks/", E_NOT_FOUND, NULL, {0}},
	{HTTP_GET, "/JWKS", E_NOT_FOUND, NULL, {0}},
	{HTTP_GET, "/jwksx", E_NOT_FOUND, NULL, {0}},
	{HTTP_GET, "/jwk", E_NOT_FOUND, NULL, {0}},
	{HTTP_GET, "/%6Awks", E_NOT_FOUND, NULL, {0}}, /* literals are compared as sent */
	{HTTP_GET, "/.well-known/openid-configuration", OK, "/.well-known/openid-configuration", {0}},
	{HTTP_POST, "/token", OK, "/token", {0}},
	{HTTP_GET, "/token", E_REFUSED, "POST, OPTIONS", {0}},
	{HTTP_HEAD, "/token", E_REFUSED, "POST, OPTIONS", {0}},
	{HTTP_OTHER, "/token", E_REFUSED, "POST, OPTIONS", {0}},
	{HTTP_DELETE, "/authorize", E_REFUSED, "GET, HEAD, POST", {0}},
	{HTTP_GET, "/device/v1/challenges/abc", OK, "/device/v1/challenges/{id}", {"abc"}},
	{HTTP_GET, "/device/v1/challenges/pending", OK, "/device/v1/challenges/pending", {0}},
	{HTTP_GET, "/device/v1/challenges/", E_NOT_FOUND, NULL, {0}},
	{HTTP_POST, "/device/v1/challenges/abc/answer", OK, "/device/v1/challenges/{id}/answer", {"abc"}},
	{HTTP_POST, "/device/v1/challenges//answer", E_NOT_FOUND, NULL, {0}},
	{HTTP_GET, "/device/v1/challenges/abc/answer", E_REFUSED, "POST", {0}},
	{HTTP_DELETE,
	 "/admin/v1/users/demo%40example.org/devices/d%20\xc3\xa9",
	 OK,
	 "/admin/v1/users/{user}/devices/{device}",
	 {"demo@example.org", "d \xc3\xa9"}},
	{HTTP_DELETE, "/admin/v1/users/a+b/devices/c", OK, "/admin/v1/users/{user}/devices/{device}", {"a+b", "c"}},
	{HTTP_DELETE, "/admin/v1/users/%ff/devices/c", E_INVALID, NULL, {0}},
	{HTTP_DELETE, "/admin/v1/users/%00/devices/c", E_INVALID, NULL, {0}},
	{HTTP_DELETE, "/admin/v1/users/%4/devices/c", E_INVALID, NULL, {0}},
	{HTTP_GET, "/signin/", OK, "/signin/", {0}},
	{HTTP_GET, "/signin", E_NOT_FOUND, NULL, {0}},
	{HTTP_GET, "/a/", OK, "/a/{*}", {""}},
	{HTTP_GET, "/a/x/y.js", OK, "/a/{*}", {"x/y.js"}},
	{HTTP_GET, "/a/config.json", OK, "/a/config.json", {0}},
	{HTTP_GET, "/a", E_NOT_FOUND, NULL, {0}},
	{HTTP_GET, "", E_NOT_FOUND, NULL, {0}},
	{HTTP_GET, "/1/2/3/4/5/6/7/8/9/10/11/12/13", E_NOT_FOUND, NULL, {0}},
};

static void each_path_finds_its_route(void **state)
{
	struct router *router = NULL;

	(void)state;
	assert_int_equal(router_new(table, ARRAY_COUNT(table), &router), OK);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		scoped_arena *arena = arena_new(4096);
		struct request req = {.arena = arena, .method = rows[i].method, .path = rows[i].path};
		const struct route *route = NULL;
		const char *allow = NULL;
		enum status status = router_find(router, &req, &route, &allow);

		if (status != rows[i].status)
			fail_msg("%s: %d", rows[i].path, (int)status);
		if (status == OK)
			assert_string_equal(route->pattern, rows[i].found);
		if (status == E_REFUSED)
			assert_string_equal(allow, rows[i].found);
		for (size_t k = 0; k < 2; k++) {
			if (rows[i].params[k])
				assert_string_equal(req.params[k], rows[i].params[k]);
			else if (status == OK)
				assert_null(req.params[k]);
		}
	}
	router_free(&router);
	assert_null(router);
}

static void tables_with_mistakes_are_refused(void **state)
{
	static const struct route bad[][2] = {
		{{.pattern = "jwks"}},
		{{.pattern = ""}},
		{{.pattern = "/a//b"}},
		{{.pattern = "/a/{}"}},
		{{.pattern = "/a/{id"}},
		{{.pattern = "/a/x{id}"}},
		{{.pattern = "/a/{*}/b"}},
		{{.pattern = "/{a}/{b}/{c}/{d}/{e}"}},
		{{.pattern = "/1/2/3/4/5/6/7/8/9/10/11/12/13"}},
		{{.pattern = "/a/{x}"}, {.pattern = "/a/{y}"}},
		{{.pattern = "/a"}, {.pattern = "/a"}},
	};
	struct router *router = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
		if (router_new(bad[i], bad[i][1].pattern ? 2 : 1, &router) != E_INVALID)
			fail_msg("%s", bad[i][0].pattern);
	assert_null(router);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_path_finds_its_route),
		cmocka_unit_test(tables_with_mistakes_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
