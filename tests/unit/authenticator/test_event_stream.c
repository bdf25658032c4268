#include <stdio.h>
#include <string.h>

#include "cmocka_all.h"

#include "event_stream.h"

struct heard {
	char text[4096];
};

static void hear(void *ctx, const char *name, const char *data, size_t size)
{
	struct heard *heard = ctx;
	size_t used = strlen(heard->text);

	snprintf(heard->text + used, sizeof(heard->text) - used, "%s=%.*s;", name, (int)size, data);
}

static const struct {
	const char *bytes;
	const char *heard;
} streams[] = {
	{"", ""},
	{"data: a\n\n", "message=a;"},
	{"data: a\n", ""}, /* not complete */
	{"event: x\ndata: a\n\n", "x=a;"},
	{"event:x\r\ndata:a\r\n\r\n", "x=a;"},
	{"event: x\rdata: a\r\r", "x=a;"},
	{"event: x\r\n\ndata: a\n\n", "message=a;"}, /* an empty line forgets the name */
	{"data: a\ndata: b\n\n", "message=a\nb;"},
	{"data\n\n", "message=;"},
	{"data:  a \n\n", "message= a ;"},
	{": comment\n\n: another\n\ndata: a\n\n", "message=a;"},
	{"id: 7\nretry: 1\nfoo: bar\ndata: a\n\n", "message=a;"},
	{"\xef\xbb\xbf"
	 "data: a\n\n",
	 "message=a;"},
	{"data: a\n\n\xef\xbb\xbf"
	 "data: b\n\n",
	 "message=a;"}, /* only at the beginning */
	{"event: one\ndata: 1\n\nevent: two\ndata: 2\n\n", "one=1;two=2;"},
	{"event: one\nevent: two\ndata: 2\n\n", "two=2;"},
	{"Data: a\n\n", ""},
	{"event: 0123456789012345678901234567890123456789\ndata: a\n\n", "0123456789012345678901234567890=a;"},
};

static void streams_are_taken_apart_however_they_are_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(streams); i++)
		for (size_t step = 1; step <= 7; step++) {
			struct event_stream stream;
			struct heard heard = {""};
			size_t size = strlen(streams[i].bytes);

			event_stream_init(&stream);
			for (size_t at = 0; at < size; at += step)
				assert_true(event_stream_feed(&stream, streams[i].bytes + at,
							      size - at < step ? size - at : step, hear, &heard));
			event_stream_done(&stream);
			assert_string_equal(heard.text, streams[i].heard);
		}
}

static void an_endless_event_fails_the_stream(void **state)
{
	static const char *const pieces[] = {"x", "data: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n"};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(pieces); i++) {
		struct event_stream stream;
		struct heard heard = {""};
		size_t fed = 0;

		event_stream_init(&stream);
		while (fed <= 2 * EVENT_MAX && event_stream_feed(&stream, pieces[i], strlen(pieces[i]), hear, &heard))
			fed += strlen(pieces[i]);
		assert_true(fed <= 2 * EVENT_MAX);
		assert_false(event_stream_feed(&stream, "\n\n", 2, hear, &heard) && *heard.text == '\0' && fed == 0);
		event_stream_done(&stream);
	}
}

static void events_of_the_protocol_are_read(void **state)
{
	struct symbolon_event event;
	static const char challenge[] = "{\"id\":\"abc\",\"expires_at\":1790000120}";
	static const char ended[] = "{\"id\":\"abc\",\"state\":\"denied\"}";

	(void)state;
	assert_true(event_read("challenge", challenge, strlen(challenge), &event));
	assert_int_equal(event.kind, SYMBOLON_EVENT_CHALLENGE);
	assert_string_equal(event.id, "abc");
	assert_int_equal(event.expires_at, 1790000120);
	assert_true(event_read("ended", ended, strlen(ended), &event));
	assert_int_equal(event.kind, SYMBOLON_EVENT_ENDED);
	assert_string_equal(event.state, "denied");
	assert_true(event_read("device", "{}", 2, &event));
	assert_int_equal(event.kind, SYMBOLON_EVENT_DEVICE);
}

static void what_is_no_event_of_ours_is_passed_over(void **state)
{
	static const char *const rows[][2] = {
		{"challenge", ""},
		{"challenge", "{}"},
		{"challenge", "[]"},
		{"challenge", "{\"id\":7}"},
		{"challenge", "{\"id\":\"../device\"}"},
		{"challenge", "{\"id\":\"a\",\"state\":\"0123456789012345678901234567890123456789\"}"},
		{"challenge", "{\"id\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}"},
		{"ended", "{\"state\":\"denied\"}"},
		{"device", "7"},
		{"message", "{\"id\":\"abc\"}"},
		{"Challenge", "{\"id\":\"abc\"}"},
	};
	struct symbolon_event event = {.kind = SYMBOLON_EVENT_LOST};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		assert_false(event_read(rows[i][0], rows[i][1], strlen(rows[i][1]), &event));
	assert_int_equal(event.kind, SYMBOLON_EVENT_LOST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(streams_are_taken_apart_however_they_are_cut),
		cmocka_unit_test(an_endless_event_fails_the_stream),
		cmocka_unit_test(events_of_the_protocol_are_read),
		cmocka_unit_test(what_is_no_event_of_ours_is_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
