#include "cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "http/request.h"

static int setup(void **state)
{
	*state = arena_new(1 << 20);
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	arena_free(*state);
	return 0;
}

/* E_…, or OK with the value of "a" (NULL: absent). */
static void forms_are_read_strictly(void **state)
{
	static const struct {
		const char *bytes;
		enum status status;
		const char *value;
	} rows[] = {
		{"", OK, NULL},
		{"a=b", OK, "b"},
		{"x=y&a=b", OK, "b"},
		{"&&a=b&", OK, "b"},
		{"a=b%20c+d", OK, "b c d"},
		{"%61=%C3%A9", OK, "\xc3\xa9"},
		{"a=b=c", OK, "b=c"},
		{"a=", OK, NULL}, /* RFC 6749 3.1 */
		{"a", OK, NULL},
		{"A=b", OK, NULL},
		{"a=\"\t</script>", OK, "\"\t</script>"},
		{"a=b&a=b", E_CONFLICT, NULL},
		{"a=b&%61=c", E_CONFLICT, NULL},
		{"a=&a=b", E_CONFLICT, NULL},
		{"a=%", E_INVALID, NULL},
		{"a=%4", E_INVALID, NULL},
		{"a=%zz", E_INVALID, NULL},
		{"a=%4z", E_INVALID, NULL},
		{"a=%00", E_INVALID, NULL},
		{"a=%ff", E_INVALID, NULL},
		{"a=%C0%AF", E_INVALID, NULL},
		{"a=%ED%A0%80", E_INVALID, NULL},
		{"=b", E_INVALID, NULL},
		{"%00=b", E_INVALID, NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct form *form = NULL;
		size_t size = strlen(rows[i].bytes);
		char *copy = malloc(size + 1);
		const char *value;

		memcpy(copy, rows[i].bytes, size);
		if (form_parse(*state, copy, size, &form) != rows[i].status)
			fail_msg("row %zu: %s", i, rows[i].bytes);
		free(copy);
		if (rows[i].status == E_CONFLICT)
			assert_string_equal(form_repeated(form), "a");
		if (rows[i].status != OK)
			continue;
		value = form_get(form, "a");
		assert_null(form_repeated(form));
		if (rows[i].value)
			assert_string_equal(value, rows[i].value);
		else
			assert_null(value);
	}
}

static void nothing_is_got_from_a_form_with_a_repeated_name(void **state)
{
	struct form *form = NULL;

	assert_int_equal(form_parse(*state, "a=b&c=d&a=e", 11, &form), E_CONFLICT);
	assert_null(form_get(form, "a"));
	assert_null(form_get(form, "c"));
	assert_false(form_has(form, "c"));
	assert_int_equal(form_count(form), 0);
}

static void an_empty_value_is_present_and_omitted(void **state)
{
	struct form *form = NULL;
	const char *name;
	const char *value;

	assert_int_equal(form_parse(*state, "a=&b", 4, &form), OK);
	assert_true(form_has(form, "a"));
	assert_true(form_has(form, "b"));
	assert_false(form_has(form, "c"));
	assert_int_equal(form_count(form), 2);
	form_at(form, 1, &name, &value);
	assert_string_equal(name, "b");
	assert_string_equal(value, "");
}

static void forms_have_limits(void **state)
{
	char bytes[FORM_SIZE_MAX + 2];
	struct form *form = NULL;
	size_t size = 0;

	for (int i = 0; i < FORM_FIELDS_MAX; i++)
		size += (size_t)sprintf(bytes + size, "f%d=x&", i);
	assert_int_equal(form_parse(*state, bytes, size, &form), OK);
	assert_int_equal(form_count(form), FORM_FIELDS_MAX);
	size += (size_t)sprintf(bytes + size, "more=x");
	assert_int_equal(form_parse(*state, bytes, size, &form), E_INVALID);
	memset(bytes, 'a', sizeof(bytes));
	assert_int_equal(form_parse(*state, bytes, FORM_SIZE_MAX, &form), OK);
	assert_int_equal(form_parse(*state, bytes, FORM_SIZE_MAX + 1, &form), E_INVALID);
}

static struct request request_with(struct arena *arena, const struct http_header *headers, size_t count)
{
	return (struct request){
		.arena = arena, .body = "", .query = "", .content_type = "", .headers = headers, .header_count = count};
}

static void cookies_are_found_once_or_refused(void **state)
{
	static const struct {
		const char *header;
		enum status status;
		const char *value;
	} rows[] = {
		{"__Host-s=abc", OK, "abc"},
		{"a=b; __Host-s=abc; c=d", OK, "abc"},
		{"a=b;__Host-s=abc ;c=d", OK, "abc"},
		{"__Host-s=a=b", OK, "a=b"},
		{"__Host-s=", OK, ""},
		{"; ;; __Host-s=abc", OK, "abc"},
		{"odd; =odd; {\"x\":1}; __Host-s=abc", OK, "abc"}, /* another application's are passed over */
		{"a=b", E_NOT_FOUND, NULL},
		{"__host-s=abc", E_NOT_FOUND, NULL},
		{"__Host-sx=abc", E_NOT_FOUND, NULL},
		{"x__Host-s=abc", E_NOT_FOUND, NULL},
		{"__Host-s", E_NOT_FOUND, NULL},
		{"", E_NOT_FOUND, NULL},
		{"__Host-s=abc; __Host-s=abc", E_INVALID, NULL},
		{"__Host-s=abc; x=y; __Host-s=", E_INVALID, NULL},
		{"__Host-s=\"abc\"", E_INVALID, NULL},
		{"__Host-s=a b", E_INVALID, NULL},
		{"__Host-s=a,b", E_INVALID, NULL},
		{"__Host-s=a\\b", E_INVALID, NULL},
		{"__Host-s=\xc3\xa9", E_INVALID, NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct http_header header = {"cookie", rows[i].header};
		struct request req = request_with(*state, &header, 1);
		const char *value = NULL;

		if (request_cookie(&req, "__Host-s", &value) != rows[i].status)
			fail_msg("row %zu: %s", i, rows[i].header);
		if (rows[i].status == OK)
			assert_string_equal(value, rows[i].value);
		else
			assert_null(value);
	}
}

static void no_cookie_header_is_no_cookie(void **state)
{
	struct request req = request_with(*state, NULL, 0);
	const char *value = NULL;

	assert_int_equal(request_cookie(&req, "__Host-s", &value), E_NOT_FOUND);
}

static void headers_are_found_whatever_their_case(void **state)
{
	static const struct http_header headers[] = {{"X-One", "1"}, {"x-two", "2"}};
	struct request req = request_with(*state, headers, 2);

	assert_string_equal(request_header(&req, "x-ONE"), "1");
	assert_string_equal(request_header(&req, "X-Two"), "2");
	assert_null(request_header(&req, "X-Thre"));
}

static void a_body_is_read_only_as_what_it_says_it_is(void **state)
{
	struct request req = request_with(*state, NULL, 0);
	struct form *form = NULL;
	json_t *json = NULL;

	req.body = "a=b";
	req.body_size = 3;
	assert_int_equal(request_form(&req, &form), E_INVALID);
	req.content_type = "text/plain";
	assert_int_equal(request_form(&req, &form), E_INVALID);
	req.content_type = "application/x-www-form-urlencoded";
	assert_int_equal(request_form(&req, &form), OK);
	assert_string_equal(form_get(form, "a"), "b");
	req.query = "c=d";
	assert_int_equal(request_query(&req, &form), OK);
	assert_string_equal(form_get(form, "c"), "d");

	req.body = "{\"a\":1}";
	req.body_size = 7;
	assert_int_equal(request_json(&req, 100, &json), E_INVALID);
	req.content_type = "text/json";
	assert_int_equal(request_json(&req, 100, &json), E_INVALID);
	req.content_type = "application/json";
	assert_int_equal(request_json(&req, 6, &json), E_INVALID);
	assert_null(json);
	assert_int_equal(request_json(&req, 7, &json), OK);
	assert_non_null(json_object_get(json, "a"));
	req.content_type = "application/scim+json";
	assert_int_equal(request_json(&req, 7, &json), OK);
	req.body = "{\"a\":1,\"a\":2}";
	req.body_size = 13;
	assert_int_equal(request_json(&req, 100, &json), E_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(forms_are_read_strictly, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_is_got_from_a_form_with_a_repeated_name, setup, teardown),
		cmocka_unit_test_setup_teardown(an_empty_value_is_present_and_omitted, setup, teardown),
		cmocka_unit_test_setup_teardown(forms_have_limits, setup, teardown),
		cmocka_unit_test_setup_teardown(cookies_are_found_once_or_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(no_cookie_header_is_no_cookie, setup, teardown),
		cmocka_unit_test_setup_teardown(headers_are_found_whatever_their_case, setup, teardown),
		cmocka_unit_test_setup_teardown(a_body_is_read_only_as_what_it_says_it_is, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
