#include "cmocka_all.h"

#include <stdio.h>
#include <string.h>

#include "base/encode.h"
#include "base/json.h"
#include "crypto/webpush.h"

static json_t *vector_load(void)
{
	json_t *json = json_load_file(TEST_DATA "/webpush-rfc8291.json", 0, NULL);

	assert_non_null(json);
	return json;
}

static void bytes_of(const json_t *vector, const char *member, uint8_t *out, size_t size)
{
	const char *text = json_get_string(vector, member);
	size_t written = 0;

	assert_int_equal(base64url_parse(text, strlen(text), out, size, &written), OK);
	assert_int_equal(written, size);
}

static struct webpush_keys keys_of(const json_t *vector)
{
	struct webpush_keys keys;

	assert_int_equal(webpush_keys_parse(json_get_string(vector, "ua_public"),
					    json_get_string(vector, "auth_secret"), &keys),
			 OK);
	return keys;
}

/*= RFC8291#A the intermediate values and the message of the example */
static void the_example_of_the_rfc_comes_out_byte_for_byte(void **state)
{
	scoped_json *vector = vector_load();
	const char *plain = json_get_string(vector, "plaintext");
	const struct webpush_keys keys = keys_of(vector);
	const size_t size = WEBPUSH_HEADER_SIZE + strlen(plain) + 1 + 16;
	struct webpush_drawn drawn;
	uint8_t body[WEBPUSH_BODY_SIZE], wanted[WEBPUSH_BODY_SIZE];

	bytes_of(vector, "as_private", drawn.private_key, sizeof(drawn.private_key));
	bytes_of(vector, "salt", drawn.salt, sizeof(drawn.salt));
	bytes_of(vector, "body", wanted, size);
	assert_int_equal(webpush_encrypt_drawn(&keys, &drawn, plain, strlen(plain), strlen(plain), body), OK);
	assert_memory_equal(body, wanted, size);
}

static void two_messages_share_nothing_but_their_size(void **state)
{
	scoped_json *vector = vector_load();
	const struct webpush_keys keys = keys_of(vector);
	uint8_t one[WEBPUSH_BODY_SIZE], other[WEBPUSH_BODY_SIZE];

	assert_int_equal(webpush_encrypt(&keys, "a", 1, one), OK);
	assert_int_equal(webpush_encrypt(&keys, "a", 1, other), OK);
	assert_memory_equal(one + 16, other + 16, 6); /* sizes and the form of the key */
	assert_memory_not_equal(one, other, 16);
	assert_memory_not_equal(one + 22, other + 22, 64);
	assert_memory_not_equal(one + WEBPUSH_HEADER_SIZE, other + WEBPUSH_HEADER_SIZE, 16);
	assert_int_equal(WEBPUSH_BODY_SIZE, 1126);
}

static void a_message_has_a_greatest_size(void **state)
{
	scoped_json *vector = vector_load();
	const struct webpush_keys keys = keys_of(vector);
	uint8_t body[WEBPUSH_BODY_SIZE];
	char plain[WEBPUSH_PLAIN_MAX + 1] = {0};

	assert_int_equal(webpush_encrypt(&keys, plain, 0, body), OK);
	assert_int_equal(webpush_encrypt(&keys, plain, WEBPUSH_PLAIN_MAX, body), OK);
	assert_int_equal(webpush_encrypt(&keys, plain, WEBPUSH_PLAIN_MAX + 1, body), E_INVALID);
}

#define GOOD_POINT "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
#define GOOD_AUTH  "BTBZMqHH6r4Tts7J_aSIgg"

static void keys_that_are_none_are_refused(void **state)
{
	static const char *const points[] = {
		NULL,
		"",
		"BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw",
		"BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw8", /* off the
													      curve */
		"BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4A",
		"BCVxsr7N/eNgVRqvHtD0zTZsEc6+VV+JvLexhqUzORcxaOzi6+AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
		"BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4=",
		"BiVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4", /* hybrid
													      form */
		"BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	};
	static const char *const auths[] = {NULL, "", "BTBZMqHH6r4Tts7J_aSI", "BTBZMqHH6r4Tts7J_aSIggAA",
					    "BTBZMqHH6r4Tts7J/aSIgg"};
	struct webpush_keys keys;

	assert_int_equal(webpush_keys_parse(GOOD_POINT, GOOD_AUTH, &keys), OK);
	for (size_t i = 0; i < ARRAY_COUNT(points); i++)
		assert_int_equal(webpush_keys_parse(points[i], GOOD_AUTH, &keys), E_INVALID);
	for (size_t i = 0; i < ARRAY_COUNT(auths); i++)
		assert_int_equal(webpush_keys_parse(GOOD_POINT, auths[i], &keys), E_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_of_the_rfc_comes_out_byte_for_byte),
		cmocka_unit_test(two_messages_share_nothing_but_their_size),
		cmocka_unit_test(a_message_has_a_greatest_size),
		cmocka_unit_test(keys_that_are_none_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
