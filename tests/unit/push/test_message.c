#include "../base/cmocka_all.h"

#include <string.h>

#include "crypto/webpush.h"
#include "push/message.h"

static const struct outbox_row request = {.kind = "challenge",
					  .device_id = "DDDDDDDDDDDDDDDDDDDDDD",
					  .subject_id = "CCCCCCCCCCCCCCCCCCCCCC",
					  .expires_at = 1120};

static void a_request_says_where_to_look_and_nothing_else(void **state)
{
	scoped_arena *arena = arena_new(65536);
	char *text = NULL;

	(void)state;
	assert_int_equal(push_message_format(arena, "https://id.example.org", &request, &text), OK);
	assert_string_equal(text,
			    "{\"web_push\":8030,\"notification\":{\"title\":\"Sign-in request\",\"body\":\"Open to "
			    "review\",\"navigate\":\"https://id.example.org/a/#c.CCCCCCCCCCCCCCCCCCCCCC\"},"
			    "\"mutable\":true}");
}

static void a_test_carries_its_nonce_and_other_kinds_are_not_sent(void **state)
{
	scoped_arena *arena = arena_new(65536);
	struct outbox_row row = request;
	char *text = NULL;

	(void)state;
	row.kind = "test";
	assert_int_equal(push_message_format(arena, "https://id.example.org", &row, &text), OK);
	assert_non_null(strstr(text, "/a/#t.CCCCCCCCCCCCCCCCCCCCCC\""));
	row.kind = "ended";
	assert_int_equal(push_message_format(arena, "https://id.example.org", &row, &text), E_INVALID);
}

/* The longest issuer that settings take fits into the one size that all messages have. */
static void the_longest_message_fits(void **state)
{
	scoped_arena *arena = arena_new(65536);
	char issuer[201] = "https://", *text = NULL;

	(void)state;
	memset(issuer + 8, 'a', 192);
	assert_int_equal(push_message_format(arena, issuer, &request, &text), OK);
	assert_true(strlen(text) <= WEBPUSH_PLAIN_MAX);
}

static const char *line_of(const struct push_headers *headers, const char *name)
{
	for (size_t i = 0; headers->lines[i]; i++)
		if (strncmp(headers->lines[i], name, strlen(name)) == 0)
			return headers->lines[i] + strlen(name);
	return "";
}

static void headers_are_those_of_rfc_8030(void **state)
{
	scoped_arena *arena = arena_new(65536);
	struct push_headers headers, later;
	struct outbox_row test = request, other = request;

	(void)state;
	assert_int_equal(push_headers_make(arena, &request, "vapid t=a, k=b", 1000, &headers), OK);
	assert_string_equal(line_of(&headers, "TTL: "), "120");
	assert_string_equal(line_of(&headers, "Urgency: "), "high");
	assert_string_equal(line_of(&headers, "Content-Encoding: "), "aes128gcm");
	assert_string_equal(line_of(&headers, "Authorization: "), "vapid t=a, k=b");
	assert_int_equal(strlen(line_of(&headers, "Topic: ")), 22);
	assert_null(strstr(line_of(&headers, "Topic: "), request.device_id));
	assert_int_equal(push_headers_make(arena, &request, "", 5000, &later), OK);
	assert_string_equal(line_of(&later, "TTL: "), "0");
	assert_string_equal(line_of(&later, "Topic: "), line_of(&headers, "Topic: "));
	test.kind = "test";
	assert_int_equal(push_headers_make(arena, &test, "", 1000, &later), OK);
	assert_string_not_equal(line_of(&later, "Topic: "), line_of(&headers, "Topic: "));
	other.device_id = "EEEEEEEEEEEEEEEEEEEEEE";
	assert_int_equal(push_headers_make(arena, &other, "", 1000, &later), OK);
	assert_string_not_equal(line_of(&later, "Topic: "), line_of(&headers, "Topic: "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_says_where_to_look_and_nothing_else),
		cmocka_unit_test(a_test_carries_its_nonce_and_other_kinds_are_not_sent),
		cmocka_unit_test(the_longest_message_fits),
		cmocka_unit_test(headers_are_those_of_rfc_8030),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
