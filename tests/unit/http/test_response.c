#include "cmocka_all.h"

#include <string.h>

#include "base/arena.h"
#include "http/response.h"

static struct arena *arena;

static int setup(void **state)
{
	arena = arena_new(1 << 20);
	*state = response_new(arena, true);
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static void assert_header(const struct response *res, const char *name, const char *value)
{
	const char *got = response_get_header(res, name);

	assert_non_null(got);
	assert_string_equal(got, value);
}

static void a_fresh_response_is_a_500_with_the_strict_headers(void **state)
{
	struct response *res = *state;
	struct response *plain = response_new(arena, false);

	assert_int_equal(response_get_status(res), 500);
	assert_header(res, "cache-control", "no-store");
	assert_header(res, "x-content-type-options", "nosniff");
	assert_header(res, "content-security-policy", "default-src 'none'; frame-ancestors 'none'");
	assert_non_null(response_get_header(res, "strict-transport-security"));
	assert_null(response_get_header(plain, "strict-transport-security"));
}

static void headers_cannot_be_split_or_forged(void **state)
{
	static const struct {
		const char *name;
		const char *value;
		enum status status;
	} rows[] = {
		{"X-A", "b", OK},
		{"X-A", "", OK},
		{"X-A", "tab\there", OK},
		{"X-A", "caf\xc3\xa9", OK},
		{"X-A", "b\r\nSet-Cookie: a=b", E_INVALID},
		{"X-A", "b\nc", E_INVALID},
		{"X-A", "b\rc", E_INVALID},
		{"X-A", "\001", E_INVALID},
		{"X-A", "\177", E_INVALID},
		{"", "b", E_INVALID},
		{"X A", "b", E_INVALID},
		{"X-A:", "b", E_INVALID},
		{"X-A\r\n", "b", E_INVALID},
		{"X-\xc3\xa9", "b", E_INVALID},
	};
	struct response *res = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (response_header(res, rows[i].name, rows[i].value) != rows[i].status)
			fail_msg("row %zu", i);
	assert_header(res, "X-A", "caf\xc3\xa9");
}

static void a_header_replaces_and_a_cookie_adds(void **state)
{
	struct response *res = *state;
	size_t before = response_header_count(res);
	const char *name;
	const char *value;

	assert_int_equal(response_header(res, "CACHE-CONTROL", "no-cache"), OK);
	assert_int_equal(response_header_count(res), before);
	assert_header(res, "Cache-Control", "no-cache");
	assert_int_equal(response_header(res, "Set-Cookie", "a=b"), OK);
	assert_int_equal(response_header(res, "Set-Cookie", "c=d"), OK);
	assert_int_equal(response_header_count(res), before + 2);
	response_header_at(res, before + 1, &name, &value);
	assert_string_equal(value, "c=d");
	response_header_drop(res, "set-cookie");
	assert_int_equal(response_header_count(res), before);
}

static void headers_have_a_limit(void **state)
{
	struct response *res = *state;
	enum status status = OK;

	for (int i = 0; i < 40 && status == OK; i++)
		status = response_header(res, "Set-Cookie", "a=b");
	assert_int_equal(status, E_NOMEM);
	assert_int_equal(response_header_count(res), 32);
	assert_int_equal(response_header(res, "Cache-Control", "no-cache"), OK); /* replacing still works */
}

static void cookies_follow_the_host_prefix_rules(void **state)
{
	static const struct {
		struct cookie cookie;
		enum status status;
		const char *header;
	} rows[] = {
		{{"__Host-s", "abc", 0, false}, OK, "__Host-s=abc; Path=/; Secure; HttpOnly; SameSite=Lax"},
		{{"__Host-s", "abc", 60, true},
		 OK,
		 "__Host-s=abc; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=60"},
		{{"__Host-s", "", -1, false}, OK, "__Host-s=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0"},
		{{"s", "abc", 0, false}, E_INVALID, NULL},
		{{"__Secure-s", "abc", 0, false}, E_INVALID, NULL},
		{{"__host-s", "abc", 0, false}, E_INVALID, NULL},
		{{"__Host-s;", "abc", 0, false}, E_INVALID, NULL},
		{{"__Host-s", "a;Domain=evil", 0, false}, E_INVALID, NULL},
		{{"__Host-s", "a b", 0, false}, E_INVALID, NULL},
		{{"__Host-s", "a\r\nX: y", 0, false}, E_INVALID, NULL},
		{{"__Host-s", "\"a\"", 0, false}, E_INVALID, NULL},
		{{"__Host-s", "\xc3\xa9", 0, false}, E_INVALID, NULL},
	};
	struct response *res = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		response_header_drop(res, "Set-Cookie");
		if (response_cookie(res, &rows[i].cookie) != rows[i].status)
			fail_msg("row %zu", i);
		if (rows[i].header)
			assert_header(res, "Set-Cookie", rows[i].header);
		else
			assert_null(response_get_header(res, "Set-Cookie"));
	}
}

static void a_redirect_goes_where_it_says_or_nowhere(void **state)
{
	static const char *const bad[] = {"", "a b", "https://a\r\nX: y", "https://a\\b", "https://a/\"", "\t"};
	struct response *res = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(response_redirect(res, 303, bad[i]), E_INVALID);
		assert_int_equal(response_get_status(res), 500);
	}
	assert_int_equal(response_redirect(res, 303, "https://app.example.org/cb?code=a&state=b"), OK);
	assert_int_equal(response_get_status(res), 303);
	assert_header(res, "Location", "https://app.example.org/cb?code=a&state=b");
}

static void json_is_never_stored(void **state)
{
	struct response *res = *state;
	json_t *json = json_pack("{s:s}", "a", "</script>\n");
	size_t size;
	const char *body;

	assert_int_equal(response_header(res, "Cache-Control", "public"), OK);
	assert_int_equal(response_json(res, 201, json), OK);
	json_decref(json);
	body = response_get_body(res, &size);
	assert_int_equal(response_get_status(res), 201);
	assert_header(res, "Cache-Control", "no-store");
	assert_header(res, "Content-Type", "application/json");
	assert_memory_equal(body, "{\"a\":\"", 6);
	assert_false(response_body_is_borrowed(res));
}

static void a_page_has_the_strict_policy(void **state)
{
	struct response *res = *state;
	struct page_options options = {"https://app.example.org", "sha256-abc+/="};
	struct page_options forged = {"https://a; script-src *", NULL};
	const char *policy;

	assert_int_equal(response_page(res, 200, "<p>", 3, NULL), OK);
	policy = response_get_header(res, "Content-Security-Policy");
	assert_non_null(strstr(policy, "default-src 'none'; script-src 'self'; style-src 'self'; "));
	assert_non_null(strstr(policy, "form-action 'self'; frame-ancestors 'none'; "));
	assert_null(strstr(policy, "unsafe"));
	assert_header(res, "X-Frame-Options", "DENY");
	assert_int_equal(response_page(res, 200, "<p>", 3, &options), OK);
	policy = response_get_header(res, "Content-Security-Policy");
	assert_non_null(strstr(policy, "script-src 'self' 'sha256-abc+/='; "));
	assert_non_null(strstr(policy, "form-action 'self' https://app.example.org; "));
	assert_int_equal(response_page(res, 200, "<p>", 3, &forged), E_INVALID);
}

static void a_body_is_copied(void **state)
{
	struct response *res = *state;
	char bytes[] = "abc";
	size_t size;

	assert_int_equal(response_body(res, "text/plain", bytes, 3), OK);
	bytes[0] = 'x';
	assert_memory_equal(response_get_body(res, &size), "abc", 3);
	assert_int_equal(size, 3);
	assert_int_equal(response_body_borrow(res, "text/plain", bytes, 3), OK);
	assert_true(response_body_is_borrowed(res));
	assert_ptr_equal(response_get_body(res, &size), bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_fresh_response_is_a_500_with_the_strict_headers, setup, teardown),
		cmocka_unit_test_setup_teardown(headers_cannot_be_split_or_forged, setup, teardown),
		cmocka_unit_test_setup_teardown(a_header_replaces_and_a_cookie_adds, setup, teardown),
		cmocka_unit_test_setup_teardown(headers_have_a_limit, setup, teardown),
		cmocka_unit_test_setup_teardown(cookies_follow_the_host_prefix_rules, setup, teardown),
		cmocka_unit_test_setup_teardown(a_redirect_goes_where_it_says_or_nowhere, setup, teardown),
		cmocka_unit_test_setup_teardown(json_is_never_stored, setup, teardown),
		cmocka_unit_test_setup_teardown(a_page_has_the_strict_policy, setup, teardown),
		cmocka_unit_test_setup_teardown(a_body_is_copied, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
