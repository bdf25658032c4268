#include "cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#include "keyholder/message.h"

static void example_make(struct text *message)
{
	message_begin(message, 7);
	message_add_number(message, -5);
	message_add_text(message, "a text");
	message_add_bytes(message, "\0\1\2", 3);
	message_add_text(message, NULL);
	message_add_bytes(message, NULL, 0);
	message_add_number(message, INT64_MAX);
}

/* Reads what example_make wrote from exactly `size` bytes on the heap; whether all of it was there. */
static bool example_read(const char *data, size_t size)
{
	uint8_t *exact = malloc(size ? size : 1);
	struct message_reader reader = {0};
	size_t bytes_size = 9, nothing = 9;

	assert_non_null(exact);
	memcpy(exact, data, size);
	bool good = message_open(exact, size, &reader) == OK && reader.kind == 7;
	if (good) {
		good = message_number(&reader) == -5;
		good = strcmp(message_text(&reader), "a text") == 0 && good;
		good = message_bytes(&reader, &bytes_size) && bytes_size == 3 && good;
		good = strcmp(message_text(&reader), "") == 0 && good;
		good = message_bytes(&reader, &nothing) && nothing == 0 && good;
		good = message_number(&reader) == INT64_MAX && good;
		good = message_is_done(&reader) && good;
	}
	free(exact);
	return good;
}

static void fields_come_back(void **state)
{
	struct text message;

	example_make(&message);
	assert_false(message.failed);
	assert_true(example_read(message.data, message.size));
	text_done(&message);
}

static void message_cut_at_any_byte_is_refused(void **state)
{
	struct text message;

	example_make(&message);
	for (size_t size = 0; size < message.size; size++)
		assert_false(example_read(message.data, size));
	text_add_bytes(&message, "x", 1);
	assert_false(example_read(message.data, message.size)); /* something behind */
	text_done(&message);
}

/* Types, sizes and the head: a changed one never passes for the same message. */
static void changed_structure_is_refused(void **state)
{
	static const size_t places[] = {0, 1, 2, 3, 4, 5, 6, 15, 16, 17, 18, 19};
	struct text message;

	example_make(&message);
	for (size_t i = 0; i < ARRAY_COUNT(places); i++) {
		for (int bit = 0; bit < 8; bit++) {
			message.data[places[i]] = (char)(message.data[places[i]] ^ 1 << bit);
			assert_false(example_read(message.data, message.size));
			message.data[places[i]] = (char)(message.data[places[i]] ^ 1 << bit);
		}
	}
	text_done(&message);
}

static void text_holds_one_nul_at_its_end(void **state)
{
	static const struct {
		const char *data;
		size_t size;
		bool good;
	} rows[] = {
		{"\1\0t\0\0\0\2a\0", 9, true},     {"\1\0t\0\0\0\1\0", 8, true},      {"\1\0t\0\0\0\0", 7, false},
		{"\1\0t\0\0\0\1a", 8, false},      {"\1\0t\0\0\0\3a\0\0", 10, false}, {"\1\0t\0\0\0\3a\0b", 10, false},
		{"\1\0t\0\0\0\3\0b\0", 10, false}, {"\1\0b\0\0\0\2a\0", 9, false},
	};

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct message_reader reader = {0};
		assert_int_equal(message_open((const uint8_t *)rows[i].data, rows[i].size, &reader), OK);
		message_text(&reader);
		assert_int_equal(message_is_done(&reader), rows[i].good);
	}
}

static void failed_reader_gives_nothing_more(void **state)
{
	struct message_reader reader = {0};
	struct text message;
	size_t size = 1;

	example_make(&message);
	assert_int_equal(message_open((const uint8_t *)message.data, message.size, &reader), OK);
	assert_string_equal(message_text(&reader), ""); /* it is a number */
	assert_int_equal(message_number(&reader), 0);
	assert_non_null(message_bytes(&reader, &size));
	assert_int_equal(size, 0);
	assert_null(message_exact(&reader, 0));
	assert_false(message_is_done(&reader));
	text_done(&message);
}

static void exact_size_is_exact(void **state)
{
	for (size_t size = 0; size < 8; size++) {
		struct message_reader reader = {0};
		struct text message;
		message_begin(&message, 0);
		message_add_bytes(&message, "abcd", 4);
		assert_int_equal(message_open((const uint8_t *)message.data, message.size, &reader), OK);
		const uint8_t *bytes = message_exact(&reader, size);
		assert_int_equal(bytes != NULL, size == 4);
		assert_int_equal(message_is_done(&reader), size == 4);
		text_done(&message);
	}
}

static void too_much_is_noticed_by_the_writer(void **state)
{
	static char big[MESSAGE_SIZE_MAX + 1];
	struct message_reader reader;
	struct text message;

	message_begin(&message, 0);
	message_add_bytes(&message, big, MESSAGE_SIZE_MAX - 7); /* the largest */
	assert_false(message.failed);
	assert_int_equal(message.size, MESSAGE_SIZE_MAX);
	assert_int_equal(message_open((const uint8_t *)message.data, message.size, &reader), OK);
	message_add_bytes(&message, "", 0);
	assert_true(message.failed);
	text_done(&message);

	message_begin(&message, 0);
	message_add_bytes(&message, big, MESSAGE_SIZE_MAX - 6);
	assert_true(message.failed);
	text_done(&message);
	big[0] = MESSAGE_VERSION;
	assert_int_equal(message_open((const uint8_t *)big, sizeof(big), &reader), E_INVALID);
	assert_int_equal(message_open((const uint8_t *)big, sizeof(big) - 1, &reader), OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_come_back),
		cmocka_unit_test(message_cut_at_any_byte_is_refused),
		cmocka_unit_test(changed_structure_is_refused),
		cmocka_unit_test(text_holds_one_nul_at_its_end),
		cmocka_unit_test(failed_reader_gives_nothing_more),
		cmocka_unit_test(exact_size_is_exact),
		cmocka_unit_test(too_much_is_noticed_by_the_writer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
