#include "cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "http/request.h"
#include "http/response.h"
#include "http/static.h"

static char directory[] = "/tmp/symbolon-static-XXXXXX";
static struct static_files *files;

static void write_file(const char *name, const char *text)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void path_of(const char *name, char path[256])
{
	snprintf(path, 256, "%s/%s", directory, name);
}

static const char *const names[] = {"signin/index.html",
				    "signin/app-5XK3QZ2M.js",
				    "signin/app-5XK3QZ2M.js.br",
				    "signin/app-5XK3QZ2M.js.gz",
				    "signin/service-worker.js",
				    "style-0123abcd.css",
				    "signin/app.webmanifest",
				    "only.txt.br",
				    ".hidden"};

static int setup(void **state)
{
	char path[256];

	(void)state;
	if (!mkdtemp(directory))
		return -1;
	path_of("signin", path);
	mkdir(path, 0700);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		write_file(names[i], names[i]);
	path_of("link.txt", path);
	if (symlink("/etc/passwd", path) != 0)
		return -1;
	return static_files_load(directory, 1 << 20, &files) == OK ? 0 : -1;
}

static int teardown(void **state)
{
	char path[256];

	(void)state;
	static_files_free(&files);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		path_of(names[i], path);
		unlink(path);
	}
	path_of("link.txt", path);
	unlink(path);
	path_of("signin", path);
	rmdir(path);
	return rmdir(directory);
}

struct asked {
	const char *name;
	const char *accept;
	const char *etag;
};

static struct response *ask(struct arena *arena, struct asked asked, enum status wanted)
{
	struct http_header headers[2];
	struct request req = {.arena = arena, .headers = headers};
	struct response *res = response_new(arena, true);

	if (asked.accept)
		headers[req.header_count++] = (struct http_header){"Accept-Encoding", asked.accept};
	if (asked.etag)
		headers[req.header_count++] = (struct http_header){"If-None-Match", asked.etag};
	assert_int_equal(static_files_answer(files, asked.name, &req, res), wanted);
	return res;
}

static const char *header(const struct response *res, const char *name)
{
	const char *value = response_get_header(res, name);

	return value ? value : "";
}

static void files_come_with_their_type_and_cache_rule(void **state)
{
	static const struct {
		const char *name;
		const char *type;
		const char *cache;
	} rows[] = {
		{"signin/", "text/html; charset=utf-8", "no-cache"},
		{"signin/index.html", "text/html; charset=utf-8", "no-cache"},
		{"signin/app-5XK3QZ2M.js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"},
		{"signin/service-worker.js", "text/javascript; charset=utf-8", "no-cache"},
		{"style-0123abcd.css", "text/css; charset=utf-8", "public, max-age=31536000, immutable"},
		{"signin/app.webmanifest", "application/manifest+json", "no-cache"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		scoped_arena *arena = arena_new(1 << 16);
		struct response *res = ask(arena, (struct asked){rows[i].name, NULL, NULL}, OK);

		assert_int_equal(response_get_status(res), 200);
		assert_string_equal(header(res, "Content-Type"), rows[i].type);
		assert_string_equal(header(res, "Cache-Control"), rows[i].cache);
		assert_true(response_body_is_borrowed(res));
	}
}

static void a_page_from_a_file_has_the_page_policy(void **state)
{
	scoped_arena *arena = arena_new(1 << 16);
	struct response *res = ask(arena, (struct asked){"signin/", NULL, NULL}, OK);

	(void)state;
	assert_non_null(strstr(header(res, "Content-Security-Policy"), "script-src 'self'"));
	assert_string_equal(header(res, "X-Frame-Options"), "DENY");
}

static void nothing_but_the_table_is_served(void **state)
{
	static const char *const absent[] = {
		"../etc/passwd",    "signin/../signin/index.html", "/etc/passwd", "link.txt",    ".hidden",
		"signin",           "signin/app-5XK3QZ2M.js.br",   "only.txt",    "only.txt.br", "",
		"SIGNIN/index.html"};
	char longest[300];

	(void)state;
	for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++) {
		scoped_arena *arena = arena_new(1 << 16);
		struct response *res = ask(arena, (struct asked){absent[i], NULL, NULL}, E_NOT_FOUND);

		assert_int_equal(response_get_status(res), 500);
	}
	memset(longest, 'a', sizeof(longest));
	longest[299] = '\0';
	scoped_arena *arena = arena_new(1 << 16);
	ask(arena, (struct asked){longest, NULL, NULL}, E_NOT_FOUND);
}

static void the_best_encoding_that_is_accepted_is_sent(void **state)
{
	static const struct {
		const char *accept;
		const char *encoding;
	} rows[] = {
		{NULL, ""},
		{"", ""},
		{"gzip, deflate, br", "br"},
		{"GZIP", "gzip"},
		{"gzip;q=0.5, br;q=0.1", "br"},
		{"gzip;q=1, br;q=0", "gzip"},
		{"br; q=0.000, gzip ; q=0", ""},
		{"brotli, xbr", ""},
		{"identity", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		scoped_arena *arena = arena_new(1 << 16);
		struct response *res = ask(arena, (struct asked){"signin/app-5XK3QZ2M.js", rows[i].accept, NULL}, OK);
		const char *body;
		size_t size;

		if (strcmp(header(res, "Content-Encoding"), rows[i].encoding) != 0)
			fail_msg("row %zu: %s", i, header(res, "Content-Encoding"));
		assert_string_equal(header(res, "Vary"), "Accept-Encoding");
		body = response_get_body(res, &size);
		assert_int_equal(size, strlen("signin/app-5XK3QZ2M.js") + (rows[i].encoding[0] ? 3 : 0));
		if (rows[i].encoding[0])
			assert_memory_equal(body + size - 2, rows[i].encoding[0] == 'b' ? "br" : "gz", 2);
	}
}

/* What a 304 says takes the place of what the browser has kept: a page must keep its own policy. */
static void a_304_for_a_page_carries_the_policy_of_the_page(void **state)
{
	scoped_arena *arena = arena_new(1 << 16);
	struct response *whole = ask(arena, (struct asked){"signin/", NULL, NULL}, OK);
	struct response *same = ask(arena, (struct asked){"signin/", NULL, header(whole, "ETag")}, OK);

	(void)state;
	assert_int_equal(response_get_status(same), 304);
	assert_non_null(strstr(header(whole, "Content-Security-Policy"), "script-src 'self'"));
	assert_string_equal(header(same, "Content-Security-Policy"), header(whole, "Content-Security-Policy"));
}

static void an_etag_that_is_still_right_gives_304(void **state)
{
	scoped_arena *arena = arena_new(1 << 16);
	struct response *res = ask(arena, (struct asked){"signin/app-5XK3QZ2M.js", "br", NULL}, OK);
	const char *etag = header(res, "ETag");
	const char *plain = header(ask(arena, (struct asked){"signin/app-5XK3QZ2M.js", NULL, NULL}, OK), "ETag");
	char list[128];
	size_t size;

	(void)state;
	assert_int_equal(etag[0], '"');
	assert_string_not_equal(etag, plain); /* strong: each encoding has its own */
	res = ask(arena, (struct asked){"signin/app-5XK3QZ2M.js", "br", etag}, OK);
	assert_int_equal(response_get_status(res), 304);
	response_get_body(res, &size);
	assert_int_equal(size, 0);
	assert_string_equal(header(res, "ETag"), etag);
	snprintf(list, sizeof(list), "\"x\", W/%s", etag);
	assert_int_equal(response_get_status(ask(arena, (struct asked){"signin/app-5XK3QZ2M.js", "br", list}, OK)),
			 304);
	assert_int_equal(response_get_status(ask(arena, (struct asked){"signin/app-5XK3QZ2M.js", "br", plain}, OK)),
			 200);
	assert_int_equal(response_get_status(ask(arena, (struct asked){"signin/app-5XK3QZ2M.js", NULL, "\"x\""}, OK)),
			 200);
}

static void a_directory_that_is_absent_too_large_or_oddly_named_is_refused(void **state)
{
	struct static_files *other = NULL;
	char path[256];

	(void)state;
	assert_int_equal(static_files_load("/nonexistent/symbolon", 1000, &other), E_NOT_FOUND);
	assert_int_equal(static_files_load(directory, 20, &other), E_INVALID);
	write_file("odd name.js", "x");
	assert_int_equal(static_files_load(directory, 1 << 20, &other), E_INVALID);
	path_of("odd name.js", path);
	unlink(path);
	assert_null(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_come_with_their_type_and_cache_rule),
		cmocka_unit_test(a_page_from_a_file_has_the_page_policy),
		cmocka_unit_test(nothing_but_the_table_is_served),
		cmocka_unit_test(the_best_encoding_that_is_accepted_is_sent),
		cmocka_unit_test(an_etag_that_is_still_right_gives_304),
		cmocka_unit_test(a_304_for_a_page_carries_the_policy_of_the_page),
		cmocka_unit_test(a_directory_that_is_absent_too_large_or_oddly_named_is_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
