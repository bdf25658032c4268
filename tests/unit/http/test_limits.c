#include "cmocka_all.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "wire.h"

#define HOST " HTTP/1.1\r\nHost: id.example.org\r\n"

static void silent(void *ctx, const char *line)
{
	(void)ctx;
	(void)line;
}

static int setup(void **state)
{
	(void)state;
	log_sink_set(silent, NULL);
	return 0;
}

/* However much is pipelined, only so much of it is read before its turn. */
static void a_flood_behind_a_request_is_not_read(void **state)
{
	static char flood[1 << 20];
	struct wire wire;
	int fd;

	(void)state;
	memset(flood, 'x', sizeof(flood));
	wire_start(&wire, (struct http_settings){0});
	fd = wire_connect(&wire);
	wire_say(fd, "GET /large" HOST "\r\n");
	while (wire_counters(&wire).bytes_out < WIRE_LARGE)
		usleep(1000);
	for (int i = 0; i < 64; i++)
		if (send(fd, flood, sizeof(flood), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			usleep(5000);
	assert_true(wire_counters(&wire).bytes_in > 1000);
	assert_true(wire_counters(&wire).bytes_in < 200000);
	close(fd);
	wire_stop(&wire);
}

static void a_client_that_does_not_read_is_cut_off(void **state)
{
	struct wire wire;
	int fd;
	int64_t began = clock_mono_ms();

	(void)state;
	wire_start(&wire, (struct http_settings){.write_ms = 300});
	fd = wire_connect(&wire);
	wire_say(fd, "GET /large" HOST "\r\n");
	while (wire_counters(&wire).requests == 0)
		usleep(1000);
	while (wire_counters(&wire).connections > 0 && clock_mono_ms() - began < 10000)
		usleep(1000);
	assert_int_equal(wire_counters(&wire).connections, 0);
	close(fd);
	wire_stop(&wire);
}

/* A byte now and then must not hold a connection: the deadline is absolute. */
static void a_slow_client_is_cut_off(void **state)
{
	static const char *const starts[] = {"GET /hello HTTP/1.1\r\nX-Slow: ",
					     "POST /echo" HOST "Content-Length: 5000\r\n\r\n"};
	struct wire wire;
	char out[2048];

	(void)state;
	wire_start(&wire, (struct http_settings){.header_ms = 300, .body_ms = 300, .idle_ms = 5000});
	for (size_t i = 0; i < 2; i++) {
		int fd = wire_connect(&wire);
		int64_t began = clock_mono_ms();

		wire_say(fd, starts[i]);
		while (recv(fd, out, 1, MSG_DONTWAIT | MSG_PEEK) < 0 && clock_mono_ms() - began < 5000) {
			wire_say(fd, "a");
			usleep(20000);
		}
		assert_int_equal(wire_answer(fd, out, sizeof(out)), 408);
		assert_true(clock_mono_ms() - began < 4000);
		assert_true(wire_is_closed(fd, 5000));
		close(fd);
	}
	assert_int_equal(wire_counters(&wire).timed_out, 2);
	wire_stop(&wire);
}

static void a_silent_connection_is_closed_without_a_word(void **state)
{
	struct wire wire;
	char out[64];
	int fresh;
	int idle;

	(void)state;
	wire_start(&wire, (struct http_settings){.header_ms = 200, .idle_ms = 200, .body_ms = 200});
	fresh = wire_connect(&wire);
	idle = wire_connect(&wire);
	wire_say(idle, "GET /hello" HOST "\r\n");
	wire_read_until(idle, "\r\n\r\nhello", out, sizeof(out));
	assert_int_equal(recv(fresh, out, sizeof(out), 0), 0);
	assert_true(wire_is_closed(idle, 5000));
	close(fresh);
	close(idle);
	wire_stop(&wire);
}

static void connections_have_a_limit(void **state)
{
	struct wire wire;
	char out[2048];
	int fds[4];

	(void)state;
	wire_start(&wire, (struct http_settings){.max_connections = 3, .loops = 1});
	for (int i = 0; i < 4; i++) {
		fds[i] = wire_connect(&wire);
		wire_say(fds[i], "GET /hello" HOST "\r\n");
		assert_int_equal(wire_answer(fds[i], out, sizeof(out)), i < 3 ? 200 : 0);
	}
	assert_int_equal(wire_counters(&wire).turned_away, 1);
	for (int i = 0; i < 4; i++)
		close(fds[i]);
	wire_stop(&wire);
}

static void one_address_has_a_limit_that_ends_with_its_connections(void **state)
{
	struct wire wire;
	char out[2048];
	int first;
	int second;

	(void)state;
	wire_start(&wire, (struct http_settings){.max_per_address = 1});
	first = wire_connect(&wire);
	wire_say(first, "GET /hello" HOST "\r\n");
	assert_int_equal(wire_answer(first, out, sizeof(out)), 200);
	second = wire_connect(&wire);
	assert_true(wire_is_closed(second, 5000));
	close(second);
	close(first);
	while (wire_counters(&wire).connections > 0)
		usleep(1000);
	first = wire_connect(&wire);
	wire_say(first, "GET /hello" HOST "\r\n");
	assert_int_equal(wire_answer(first, out, sizeof(out)), 200);
	close(first);
	wire_stop(&wire);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flood_behind_a_request_is_not_read),
		cmocka_unit_test(a_client_that_does_not_read_is_cut_off),
		cmocka_unit_test(a_slow_client_is_cut_off),
		cmocka_unit_test(a_silent_connection_is_closed_without_a_word),
		cmocka_unit_test(connections_have_a_limit),
		cmocka_unit_test(one_address_has_a_limit_that_ends_with_its_connections),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
