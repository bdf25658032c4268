#include "cmocka_all.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "base/status.h"
#include "base/text.h"

struct seen {
	size_t count;
	json_t *last;
};

static void sink_parse(void *ctx, const char *line)
{
	struct seen *seen = ctx;

	assert_null(strpbrk(line, "\r\n"));
	json_decref(seen->last);
	seen->last = NULL;
	assert_int_equal(json_parse_limited(line, strlen(line), 1, &seen->last), OK);
	seen->count++;
}

static int sink_begin(void **state)
{
	static struct seen seen;

	seen = (struct seen){0};
	log_sink_set(sink_parse, &seen);
	log_level_set(LOG_INFO_);
	*state = &seen;
	return 0;
}

static int sink_end(void **state)
{
	struct seen *seen = *state;

	log_sink_set(NULL, NULL);
	json_decref(seen->last);
	return 0;
}

static void line_has_time_level_event_and_fields(void **state)
{
	struct seen *seen = *state;
	const char *time_text;

	log_warn("login.denied", LOG_S("user", "demo"), LOG_N("tries", -3), LOG_S("client", NULL));
	assert_int_equal(seen->count, 1);
	assert_string_equal(json_get_string(seen->last, "level"), "warn");
	assert_string_equal(json_get_string(seen->last, "event"), "login.denied");
	assert_string_equal(json_get_string(seen->last, "user"), "demo");
	assert_string_equal(json_get_string(seen->last, "client"), "");
	assert_int_equal(json_integer_value(json_object_get(seen->last, "tries")), -3);
	time_text = json_get_string(seen->last, "time");
	assert_int_equal(strlen(time_text), strlen("2026-11-24T06:00:00.123Z"));
	for (size_t i = 0; time_text[i]; i++)
		assert_true(strchr("0123456789", time_text[i]) || time_text[i] == "____-__-__T__:__:__.___Z"[i]);
}

static void event_without_fields_is_a_line(void **state)
{
	struct seen *seen = *state;

	log_event(LOG_ERROR_, "daemon.stopped", NULL, 0);
	assert_int_equal(seen->count, 1);
	assert_int_equal(json_object_size(seen->last), 3);
}

static void lines_below_the_level_are_not_written(void **state)
{
	struct seen *seen = *state;

	log_debug("x", LOG_N("n", 1));
	assert_int_equal(seen->count, 0);
	log_level_set(LOG_DEBUG_);
	log_debug("x", LOG_N("n", 1));
	assert_int_equal(seen->count, 1);
	log_level_set(LOG_ERROR_);
	log_warn("x", LOG_N("n", 1));
	assert_int_equal(seen->count, 1);
}

/* Red without text_add_clean (what is shown) and without text_add_json_string (what parses). */
static void hostile_text_stays_inside_its_string(void **state)
{
	static const struct {
		const char *text, *shown;
	} cases[] = {
		{"a\n{\"level\":\"info\",\"event\":\"login.approved\"}",
		 "a\xEF\xBF\xBD{\"level\":\"info\",\"event\":\"login.approved\"}"},
		{"\",\"event\":\"login.approved\",\"x\":\"", "\",\"event\":\"login.approved\",\"x\":\""},
		{"back\\", "back\\"},
		{"\r\n\t\x01\x7F", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
		{"\x1B[2J", "\xEF\xBF\xBD[2J"},
		{"\xE2\x80\xAE"
		 "txt",
		 "\xEF\xBF\xBDtxt"},
		{"ad\xE2\x80\x8Bmin\xEF\xBB\xBF", "ad\xEF\xBF\xBDmin\xEF\xBF\xBD"},
		{"\xE2\x80\xA8\xC2\x85", "\xEF\xBF\xBD\xEF\xBF\xBD"},
		{"\xFF\xC0\x80\xED\xA0\x80",
		 "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
		{"\xF0\x9F\x98\x80</script>", "\xF0\x9F\x98\x80</script>"},
		{"\xE2\x80", "\xEF\xBF\xBD\xEF\xBF\xBD"},
	};
	struct seen *seen = *state;

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		log_info("user.unknown", LOG_S("name", cases[i].text));
		assert_int_equal(seen->count, i + 1);
		assert_int_equal(json_object_size(seen->last), 4);
		assert_string_equal(json_get_string(seen->last, "event"), "user.unknown");
		assert_string_equal(json_get_string(seen->last, "name"), cases[i].shown);
	}
}

static void hostile_event_and_key_stay_inside_theirs(void **state)
{
	struct seen *seen = *state;
	const struct log_field field = {.key = "k\"\n", .text = "v"};

	log_event(LOG_INFO_, "e\",\"x\":\"\n", &field, 1);
	assert_int_equal(seen->count, 1);
	assert_int_equal(json_object_size(seen->last), 4);
	assert_string_equal(json_get_string(seen->last, "k\"\xEF\xBF\xBD"), "v");
}

static void long_text_is_cut_at_512_characters(void **state)
{
	struct seen *seen = *state;
	static char faces[4 * 2000 + 1];
	const char *shown;

	for (size_t i = 0; i < 2000; i++)
		memcpy(faces + 4 * i, "\xF0\x9F\x98\x80", 4);
	log_info("x", LOG_S("name", faces));
	shown = json_get_string(seen->last, "name");
	assert_int_equal(utf8_count(shown), 512);
	assert_true(text_has_suffix(shown, "\xF0\x9F\x98\x80\xE2\x80\xA6"));
	faces[4 * 512] = '\0';
	log_info("x", LOG_S("name", faces));
	assert_string_equal(json_get_string(seen->last, "name"), faces);
}

static void line_that_would_be_too_long_says_so(void **state)
{
	struct seen *seen = *state;
	static char angles[600];
	struct log_field fields[40];

	memset(angles, '<', sizeof(angles) - 1); /* six bytes each when escaped */
	for (size_t i = 0; i < ARRAY_COUNT(fields); i++)
		fields[i] = LOG_S("k", angles);
	log_event(LOG_INFO_, "big", fields, ARRAY_COUNT(fields));
	assert_int_equal(seen->count, 1);
	assert_string_equal(json_get_string(seen->last, "event"), "big");
	assert_true(json_get_bool(seen->last, "cut", false));
}

static void errno_survives_even_a_full_disk(void **state)
{
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC), saved = dup(STDERR_FILENO);

	assert_true(full >= 0 && saved >= 0);
	log_sink_set(NULL, NULL);
	dup2(full, STDERR_FILENO);
	errno = ENOENT;
	log_info("x", LOG_S("k", "v"));
	int after = errno;
	dup2(saved, STDERR_FILENO);
	assert_int_equal(after, ENOENT);
	close(full);
	close(saved);
}

/* A packet socket keeps the borders of writes, so each packet is one write(2). */
static void line_is_one_write_to_standard_error(void **state)
{
	int sockets[2], saved = dup(STDERR_FILENO);
	char packet[4096];
	ssize_t size;

	log_sink_set(NULL, NULL);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sockets), 0);
	dup2(sockets[0], STDERR_FILENO);
	log_info("one", LOG_S("name", "a\nb"));
	log_info("two", LOG_N("n", 2));
	dup2(saved, STDERR_FILENO);
	for (int i = 0; i < 2; i++) {
		size = recv(sockets[1], packet, sizeof(packet), MSG_DONTWAIT);
		assert_true(size > 2);
		assert_ptr_equal(memchr(packet, '\n', (size_t)size), packet + size - 1);
		assert_int_equal(packet[size - 2], '}');
	}
	assert_int_equal(recv(sockets[1], packet, sizeof(packet), MSG_DONTWAIT), -1);
	close(sockets[0]);
	close(sockets[1]);
	close(saved);
}

static void *thread_log(void *name)
{
	for (int i = 0; i < 500; i++)
		log_info("thread.line", LOG_S("name", name), LOG_N("i", i));
	return NULL;
}

static void threads_do_not_mix_their_lines(void **state)
{
	struct seen *seen = *state;
	pthread_t threads[4];

	for (size_t i = 0; i < ARRAY_COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, thread_log, (char *)"a\nb"), 0);
	for (size_t i = 0; i < ARRAY_COUNT(threads); i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(seen->count, 2000); /* each parsed alone, in sink_parse; a race on `count` is seen by TSan */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(line_has_time_level_event_and_fields, sink_begin, sink_end),
		cmocka_unit_test_setup_teardown(event_without_fields_is_a_line, sink_begin, sink_end),
		cmocka_unit_test_setup_teardown(lines_below_the_level_are_not_written, sink_begin, sink_end),
		cmocka_unit_test_setup_teardown(hostile_text_stays_inside_its_string, sink_begin, sink_end),
		cmocka_unit_test_setup_teardown(hostile_event_and_key_stay_inside_theirs, sink_begin, sink_end),
		cmocka_unit_test_setup_teardown(long_text_is_cut_at_512_characters, sink_begin, sink_end),
		cmocka_unit_test_setup_teardown(line_that_would_be_too_long_says_so, sink_begin, sink_end),
		cmocka_unit_test_setup_teardown(errno_survives_even_a_full_disk, sink_begin, sink_end),
		cmocka_unit_test_setup_teardown(line_is_one_write_to_standard_error, sink_begin, sink_end),
		cmocka_unit_test_setup_teardown(threads_do_not_mix_their_lines, sink_begin, sink_end),
	};

	return cmocka_run_group_tests_name("base/log", tests, NULL, NULL);
}
