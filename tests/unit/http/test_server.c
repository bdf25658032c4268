#include "cmocka_all.h"

#include <stdio.h>
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

static void several_requests_share_a_connection(void **state)
{
	struct wire wire;
	char out[2048];
	int fd;

	(void)state;
	wire_start(&wire, (struct http_settings){0});
	fd = wire_connect(&wire);
	for (int i = 0; i < 50; i++) {
		wire_say(fd, i % 2 ? "GET /hello" HOST "\r\n" : "GET /worker" HOST "\r\n");
		assert_int_equal(wire_answer(fd, out, sizeof(out)), 200);
		assert_non_null(strstr(out, i % 2 ? "\r\n\r\nhello" : "\r\n\r\nfrom a worker"));
	}
	assert_int_equal(wire_counters(&wire).requests, 50);
	assert_int_equal(wire_counters(&wire).accepted, 1);
	close(fd);
	wire_stop(&wire);
}

static void every_answer_carries_the_security_headers(void **state)
{
	static const char *const wanted[] = {"Cache-Control: no-store\r\n",
					     "X-Content-Type-Options: nosniff\r\n",
					     "Referrer-Policy: no-referrer\r\n",
					     "Cross-Origin-Opener-Policy: same-origin\r\n",
					     "frame-ancestors 'none'\r\n",
					     "Strict-Transport-Security: max-age="};
	struct wire wire;
	char out[2048];
	int fd;

	(void)state;
	wire_start(&wire, (struct http_settings){.https = true});
	fd = wire_connect(&wire);
	wire_say(fd, "GET /nowhere" HOST "\r\n");
	assert_int_equal(wire_answer(fd, out, sizeof(out)), 404);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		assert_non_null(strstr(out, wanted[i]));
	close(fd);
	wire_stop(&wire);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
	struct wire wire;
	char out[2048];
	int fd;

	(void)state;
	wire_start(&wire, (struct http_settings){0});
	fd = wire_connect(&wire);
	wire_say(fd, "GET /worker" HOST "\r\n"
		     "POST /echo" HOST "Content-Length: 5\r\n\r\nfirst"
		     "GET /hello" HOST "\r\n"
		     "POST /echo" HOST "Content-Length: 6\r\n\r\nsec");
	assert_int_equal(wire_answer(fd, out, sizeof(out)), 200);
	assert_non_null(strstr(out, "from a worker"));
	wire_say(fd, "ond"
		     "GET /hello" HOST "Connection: close\r\n\r\n");
	assert_int_equal(wire_answer(fd, out, sizeof(out)), 200);
	assert_non_null(strstr(out, "\r\n\r\nfirst"));
	assert_int_equal(wire_answer(fd, out, sizeof(out)), 200);
	assert_non_null(strstr(out, "\r\n\r\nhello"));
	assert_int_equal(wire_answer(fd, out, sizeof(out)), 200);
	assert_non_null(strstr(out, "\r\n\r\nsecond"));
	assert_int_equal(wire_answer(fd, out, sizeof(out)), 200);
	assert_true(wire_is_closed(fd, 5000));
	close(fd);
	wire_stop(&wire);
}

/* The good request before the bad one is answered; the bad one is not seen by anybody. */
static void a_bad_request_in_a_pipeline_is_refused_in_its_turn(void **state)
{
	struct wire wire;
	char out[2048];
	int fd;

	(void)state;
	wire_start(&wire, (struct http_settings){0});
	fd = wire_connect(&wire);
	wire_say(fd, "GET /worker" HOST "\r\n"
		     "POST /echo" HOST "Content-Length: +1\r\n\r\nx"
		     "GET /hello" HOST "\r\n");
	assert_int_equal(wire_answer(fd, out, sizeof(out)), 200);
	assert_int_equal(wire_answer(fd, out, sizeof(out)), 400);
	assert_true(wire_is_closed(fd, 5000));
	assert_int_equal(wire_counters(&wire).requests, 1);
	assert_int_equal(wire_counters(&wire).refused[GUARD_CONTENT_LENGTH], 1);
	close(fd);
	wire_stop(&wire);
}

static const struct {
	const char *bytes;
	int status;
} refusals[] = {
	{"GET /hello HTTP/1.1\nHost: a\r\n\r\n", 400},
	{"GET /hello" HOST "Host: b\r\n\r\n", 400},
	{"GET /hello HTTP/1.1\r\n\r\n", 400},
	{"POST /echo" HOST "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx", 400},
	{"POST /echo" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501},
	{"POST /echo" HOST "Content-Length : 1\r\n\r\nx", 400},
	{"GET /hello" HOST "A: b\r\n c\r\n\r\n", 400},
	{"TRACE /hello" HOST "\r\n", 501},
	{"GET /hello\r\n", 505},
	{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
	{"GET /a/../hello" HOST "\r\n", 400},
	{"POST /echo" HOST "Content-Length: 99999\r\n\r\n", 413},
	{"POST /echo" HOST "Expect: miracles\r\n\r\n", 417},
};

static void what_the_guard_refuses_never_reaches_the_application(void **state)
{
	struct wire wire;
	char out[2048];

	(void)state;
	wire_start(&wire, (struct http_settings){0});
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		int fd = wire_connect(&wire);

		wire_say(fd, refusals[i].bytes);
		if (wire_answer(fd, out, sizeof(out)) != refusals[i].status)
			fail_msg("row %zu: %s", i, out);
		assert_non_null(strstr(out, "Connection: close"));
		assert_true(wire_is_closed(fd, 5000));
		close(fd);
	}
	assert_int_equal(wire_counters(&wire).requests, 0);
	assert_int_equal(wire_counters(&wire).refused[GUARD_DISAGREED], 0);
	wire_stop(&wire);
}

/* The answer arrives although more is on its way to us than we want to read. */
static void a_large_body_does_not_swallow_its_refusal(void **state)
{
	static char body[300000];
	struct wire wire;
	char out[2048];
	int fd;

	(void)state;
	memset(body, 'x', sizeof(body));
	wire_start(&wire, (struct http_settings){0});
	fd = wire_connect(&wire);
	wire_say(fd, "POST /echo" HOST "Content-Length: 300000\r\n\r\n");
	wire_send(fd, body, sizeof(body));
	assert_int_equal(wire_answer(fd, out, sizeof(out)), 413);
	close(fd);
	wire_stop(&wire);
}

/* One good and some bad requests, cut in two at every byte: the same answers as in one piece. */
static void answers_do_not_depend_on_how_bytes_arrive(void **state)
{
	static const struct {
		const char *bytes;
		int status;
	} rows[] = {
		{"POST /echo" HOST "Content-Length: 7\r\n\r\nabc\ndef", 200},
		{"GET /hello HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", 400},
		{"POST /echo" HOST "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 501},
	};
	struct wire wire;
	char out[2048];

	(void)state;
	wire_start(&wire, (struct http_settings){0});
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t cut = 1; cut < strlen(rows[i].bytes); cut++) {
			int fd = wire_connect(&wire);

			wire_send(fd, rows[i].bytes, cut);
			usleep(300); /* mostly two reads; a merged one only tests less */
			wire_say(fd, rows[i].bytes + cut);
			if (wire_answer(fd, out, sizeof(out)) != rows[i].status)
				fail_msg("row %zu cut at %zu: %s", i, cut, out);
			close(fd);
		}
	assert_int_equal(wire_counters(&wire).refused[GUARD_DISAGREED], 0);
	wire_stop(&wire);
}

static void head_says_what_get_would_send_and_sends_nothing(void **state)
{
	struct wire wire;
	char out[2048];
	int fd;

	(void)state;
	wire_start(&wire, (struct http_settings){0});
	fd = wire_connect(&wire);
	wire_say(fd, "HEAD /hello" HOST "\r\nGET /empty" HOST "\r\nGET /hello" HOST "\r\n");
	wire_read_until(fd, "\r\n\r\n", out, sizeof(out));
	assert_non_null(strstr(out, "Content-Length: 5\r\n"));
	wire_read_until(fd, "\r\n\r\n", out, sizeof(out));
	assert_int_equal(strncmp(out, "HTTP/1.1 204", 12), 0);
	assert_null(strstr(out, "Content-Length"));
	assert_int_equal(wire_answer(fd, out, sizeof(out)), 200);
	close(fd);
	wire_stop(&wire);
}

static void a_client_is_told_to_continue(void **state)
{
	struct wire wire;
	char out[2048];
	int fd;

	(void)state;
	wire_start(&wire, (struct http_settings){0});
	fd = wire_connect(&wire);
	wire_say(fd, "POST /echo" HOST "Expect: 100-continue\r\nContent-Length: 4\r\n\r\n");
	wire_read_until(fd, "\r\n\r\n", out, sizeof(out));
	assert_int_equal(strncmp(out, "HTTP/1.1 100", 12), 0);
	wire_say(fd, "body");
	assert_int_equal(wire_answer(fd, out, sizeof(out)), 200);
	assert_non_null(strstr(out, "\r\n\r\nbody"));
	close(fd);
	wire_stop(&wire);
}

static void an_answer_outlives_its_client(void **state)
{
	struct wire wire;
	struct http_counters counters;

	(void)state;
	wire_start(&wire, (struct http_settings){0});
	for (int i = 0; i < 30; i++) {
		int fd = wire_connect(&wire);
		struct linger reset = {1, 0};

		wire_say(fd, "GET /gated" HOST "\r\n");
		sem_wait(&wire.arrived);
		if (i % 2)
			setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		close(fd);
		wire_open_gate(&wire);
	}
	while (counters = wire_counters(&wire), counters.answers[2] < 30 || counters.connections > 0)
		usleep(1000);
	wire_stop(&wire);
}

static void read_large(int fd)
{
	static char out[WIRE_LARGE + 4096];

	assert_int_equal(wire_answer(fd, out, sizeof(out)), 200);
}

static void wait_for_bytes(const struct wire *wire, uint64_t wanted)
{
	int64_t until_ms = clock_mono_ms() + 10000;

	while (wire_counters(wire).bytes_in < wanted && clock_mono_ms() < until_ms)
		usleep(1000);
	assert_true(wire_counters(wire).bytes_in >= wanted);
}

/* What arrives while an answer is being written waits its turn, the good and the bad. */
static void a_request_that_comes_during_an_answer_waits(void **state)
{
	static const char first[] = "GET /large" HOST "\r\n";
	static const char second[] = "GET /hello" HOST "\r\n";
	struct wire wire;
	char out[2048];
	int fd;

	(void)state;
	wire_start(&wire, (struct http_settings){0});
	fd = wire_connect(&wire);
	wire_say(fd, first);
	while (wire_counters(&wire).bytes_out < WIRE_LARGE)
		usleep(1000);
	wire_send(fd, second, 15);
	wait_for_bytes(&wire, strlen(first) + 15);
	wire_say(fd, second + 15);
	wire_say(fd, "BAD\n");
	wait_for_bytes(&wire, strlen(first) + strlen(second) + 4);
	assert_int_equal(wire_counters(&wire).requests, 1);
	read_large(fd);
	assert_int_equal(wire_answer(fd, out, sizeof(out)), 200);
	assert_non_null(strstr(out, "\r\n\r\nhello"));
	assert_int_equal(wire_answer(fd, out, sizeof(out)), 501);
	assert_int_equal(wire_counters(&wire).refused[GUARD_DISAGREED], 0);
	close(fd);
	wire_stop(&wire);
}

static void the_request_knows_where_it_came_from(void **state)
{
	static const char *const proxies[] = {"127.0.0.0/8"};
	struct wire wire;
	char out[2048];
	int fd;

	(void)state;
	wire_start(&wire, (struct http_settings){.trusted_proxies = proxies, .trusted_proxy_count = 1});
	fd = wire_connect(&wire);
	wire_say(fd,
		 "GET /where?a=b%20c" HOST "X-Forwarded-For: evil, 203.0.113.9\r\nX-Forwarded-Proto: https\r\n\r\n");
	assert_int_equal(wire_answer(fd, out, sizeof(out)), 200);
	assert_non_null(strstr(out, "\r\n\r\n203.0.113.9 1 1 /where a=b%20c id.example.org"));
	wire_say(fd, "GET http://ID.example.org/where HTTP/1.1\r\nHost:\tid.EXAMPLE.org \r\n\r\n");
	assert_int_equal(wire_answer(fd, out, sizeof(out)), 200);
	assert_non_null(strstr(out, "\r\n\r\n127.0.0.1 0 0 /where  id.example.org"));
	close(fd);
	wire_stop(&wire);
}

struct stopper {
	struct wire *wire;
	unsigned deadline_ms;
};

static void *stop_main(void *arg)
{
	struct stopper *stopper = arg;

	http_server_stop(stopper->wire->server, stopper->deadline_ms);
	return NULL;
}

static void a_stop_lets_requests_under_way_finish(void **state)
{
	struct wire wire;
	struct stopper stopper = {&wire, 10000};
	pthread_t thread;
	char out[2048];
	int idle;
	int busy;

	(void)state;
	wire_start(&wire, (struct http_settings){0});
	idle = wire_connect(&wire);
	busy = wire_connect(&wire);
	wire_say(busy, "GET /gated" HOST "\r\n");
	sem_wait(&wire.arrived);
	assert_int_equal(pthread_create(&thread, NULL, stop_main, &stopper), 0);
	assert_true(wire_is_closed(idle, 5000));
	wire_open_gate(&wire);
	assert_int_equal(wire_answer(busy, out, sizeof(out)), 200);
	assert_non_null(strstr(out, "Connection: close"));
	assert_true(wire_is_closed(busy, 5000));
	pthread_join(thread, NULL);
	close(idle);
	close(busy);
	wire_stop(&wire);
}

static void a_stop_cuts_what_outlasts_its_deadline(void **state)
{
	struct wire wire;
	int64_t began;
	int fd;

	(void)state;
	wire_start(&wire, (struct http_settings){.header_ms = 500});
	fd = wire_connect(&wire);
	wire_say(fd, "GET /gated" HOST "\r\n");
	sem_wait(&wire.arrived);
	began = clock_mono_ms();
	http_server_stop(wire.server, 200);
	assert_true(clock_mono_ms() - began < 5000);
	assert_true(wire_is_closed(fd, 5000));
	close(fd);
	wire_stop(&wire); /* the worker sends to a server that has ended */
}

static void a_stop_comes_through_while_bytes_arrive(void **state)
{
	struct wire wire;
	int fds[64];

	(void)state;
	wire_start(&wire, (struct http_settings){0});
	for (int i = 0; i < 64; i++) {
		fds[i] = wire_connect(&wire);
		wire_say(fds[i], i % 3 ? "GET /worker" HOST "\r\n" : i % 2 ? "GET /hel" : "BAD\n");
	}
	wire_stop(&wire);
	for (int i = 0; i < 64; i++)
		close(fds[i]);
}

static void a_port_that_is_taken_is_found_out(void **state)
{
	struct http_handlers handlers = {0};
	struct http_server *second = NULL;
	struct wire wire;
	char address[32];
	const char *listen = address;

	(void)state;
	wire_start(&wire, (struct http_settings){0});
	snprintf(address, sizeof(address), "127.0.0.1:%u", http_server_port(wire.server, 0));
	assert_int_equal(http_server_new(&(struct http_settings){.listen = &listen, .listen_count = 1}, &handlers,
					 &second),
			 E_CONFLICT);
	assert_null(second);
	wire_stop(&wire);
}

static void *wire_stop_soon(void *wire)
{
	wire_stop(wire);
	return NULL;
}

static void a_port_that_becomes_free_is_waited_for(void **state)
{
	struct http_handlers handlers = {0};
	struct http_server *second = NULL;
	struct wire wire;
	char address[32];
	const char *listen = address;
	pthread_t stopper;

	(void)state;
	wire_start(&wire, (struct http_settings){0});
	snprintf(address, sizeof(address), "127.0.0.1:%u", http_server_port(wire.server, 0));
	assert_int_equal(pthread_create(&stopper, NULL, wire_stop_soon, &wire), 0);
	assert_int_equal(
		http_server_new(&(struct http_settings){.listen = &listen, .listen_count = 1, .taken_ms = 60000},
				&handlers, &second),
		OK);
	pthread_join(stopper, NULL);
	http_server_free(&second);
}

static void settings_that_cannot_be_understood_are_refused(void **state)
{
	static const char *const listens[] = {
		"",       "127.0.0.1",      "localhost:80", "127.0.0.1:", "127.0.0.1:99999",
		"::1:80", "[127.0.0.1]:80", "[::1]",        ":80",        "127.0.0.1:8x"};
	struct http_handlers handlers = {0};
	struct http_server *server = NULL;
	const char *proxy = "192.0.2.1/24";

	(void)state;
	for (size_t i = 0; i < sizeof(listens) / sizeof(listens[0]); i++)
		if (http_server_new(&(struct http_settings){.listen = &listens[i], .listen_count = 1}, &handlers,
				    &server) != E_INVALID)
			fail_msg("%s", listens[i]);
	assert_int_equal(http_server_new(&(struct http_settings){.trusted_proxies = &proxy, .trusted_proxy_count = 1},
					 &handlers, &server),
			 E_INVALID);
	assert_int_equal(http_server_new(&(struct http_settings){.tls_key = "/nowhere"}, &handlers, &server),
			 E_INVALID);
	assert_null(server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(several_requests_share_a_connection),
		cmocka_unit_test(every_answer_carries_the_security_headers),
		cmocka_unit_test(pipelined_requests_are_answered_in_order),
		cmocka_unit_test(a_bad_request_in_a_pipeline_is_refused_in_its_turn),
		cmocka_unit_test(what_the_guard_refuses_never_reaches_the_application),
		cmocka_unit_test(a_large_body_does_not_swallow_its_refusal),
		cmocka_unit_test(answers_do_not_depend_on_how_bytes_arrive),
		cmocka_unit_test(head_says_what_get_would_send_and_sends_nothing),
		cmocka_unit_test(a_client_is_told_to_continue),
		cmocka_unit_test(an_answer_outlives_its_client),
		cmocka_unit_test(a_request_that_comes_during_an_answer_waits),
		cmocka_unit_test(the_request_knows_where_it_came_from),
		cmocka_unit_test(a_stop_lets_requests_under_way_finish),
		cmocka_unit_test(a_stop_cuts_what_outlasts_its_deadline),
		cmocka_unit_test(a_stop_comes_through_while_bytes_arrive),
		cmocka_unit_test(a_port_that_is_taken_is_found_out),
		cmocka_unit_test(a_port_that_becomes_free_is_waited_for),
		cmocka_unit_test(settings_that_cannot_be_understood_are_refused),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
