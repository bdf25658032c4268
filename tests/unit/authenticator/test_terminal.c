#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmocka_all.h"

#include "terminal.h"
#include "vault.h"

static void outside_text_is_made_safe(void **state)
{
	static const char *const hostile[] = {
		"\033[2J\033]0;x\007",
		"a\rb",
		"a\nb",
		"\xc2\x9b"
		"31m",
		"\xe2\x80\xae"
		"abc",
		"\xe2\x81\xa6"
		"x",
		"\xff\xfe",
		"\b\b",
		"\x7f",
	};
	struct arena *arena = arena_new(64 * 1024);

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(hostile); i++)
		assert_true(text_is_displayable(shown(arena, hostile[i])));
	assert_string_equal(shown(arena, "Caf\xc3\xa9 <b>"), "Caf\xc3\xa9 <b>");
	assert_string_equal(shown(arena, NULL), "");
	arena_free(arena);
}

static void pipe_write(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

static void lines_come_whole_and_long_ones_as_nothing(void **state)
{
	struct line_reader reader;
	char line[8];
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	line_reader_init(&reader, ends[0]);
	pipe_write(ends[1], "ab");
	line_reader_fill(&reader);
	assert_false(line_reader_take(&reader, line, sizeof(line)));
	pipe_write(ends[1], "c\r\nmuch too long\n\nd");
	line_reader_fill(&reader);
	assert_true(line_reader_take(&reader, line, sizeof(line)));
	assert_string_equal(line, "abc");
	assert_true(line_reader_take(&reader, line, sizeof(line)));
	assert_string_equal(line, "");
	assert_true(line_reader_take(&reader, line, sizeof(line)));
	assert_string_equal(line, "");
	assert_false(line_reader_take(&reader, line, sizeof(line)));
	line_reader_discard(&reader);
	pipe_write(ends[1], "e\n");
	line_reader_fill(&reader);
	assert_true(line_reader_take(&reader, line, sizeof(line)));
	assert_string_equal(line, "e");
	close(ends[1]);
	line_reader_fill(&reader);
	assert_int_equal(reader.fd, -1);
	close(ends[0]);
	line_reader_done(&reader);
}

static void only_whole_vaults_are_valid(void **state)
{
	static const struct {
		const char *text;
		bool valid;
	} rows[] = {
#define HEAD  "{\"format\":\"symbolon-authenticator\",\"version\":1,"
#define EMPTY "\"codes\":[],\"recent\":[]}"
		{HEAD "\"accounts\":[]," EMPTY, true},
		{HEAD "\"accounts\":[{\"issuer\":\"x\",\"state\":\"active\",\"enrolment\":\"e\",\"key\":{}}]," EMPTY,
		 true},
		{HEAD "\"accounts\":[{\"issuer\":\"x\",\"state\":\"active\",\"enrolment\":\"e\"}]," EMPTY, false},
		{HEAD "\"accounts\":[{\"issuer\":\"x\",\"state\":\"active\",\"key\":{}}]," EMPTY, false},
		{HEAD "\"accounts\":[7]," EMPTY, false},
		{HEAD "\"accounts\":{}," EMPTY, false},
		{HEAD EMPTY, false},
		{HEAD "\"accounts\":[],\"codes\":[{}],\"recent\":[]}", false},
		{HEAD "\"accounts\":[],\"codes\":[],\"recent\":[{\"device_id\":\"d\",\"details\":\"{}\"}]}", false},
		{HEAD "\"accounts\":[],\"codes\":[],\"recent\":[{\"device_id\":\"d\",\"details\":\"{}\",\"at\":1}]}",
		 true},
		{"{\"format\":\"symbolon-authenticator\",\"version\":2,\"accounts\":[]," EMPTY, false},
		{"{\"version\":1,\"accounts\":[]," EMPTY, false},
		{"[]", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		scoped_json *root = json_loads(rows[i].text, 0, NULL);
		assert_non_null(root);
		if (vault_is_valid(root) != rows[i].valid)
			fail_msg("%s", rows[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outside_text_is_made_safe),
		cmocka_unit_test(lines_come_whole_and_long_ones_as_nothing),
		cmocka_unit_test(only_whole_vaults_are_valid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
