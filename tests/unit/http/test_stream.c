#include "cmocka_all.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "wire.h"

#define HOST " HTTP/1.1\r\nHost: id.example.org\r\n"
#define MANY 2000

static void silent(void *ctx, const char *line)
{
	(void)ctx;
	(void)line;
}

static int setup(void **state)
{
	struct rlimit files;

	(void)state;
	log_sink_set(silent, NULL);
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &files);
}

static int open_stream(const struct wire *wire)
{
	int fd = wire_connect(wire);

	wire_say(fd, "GET /stream" HOST "\r\n");
	return fd;
}

/* What is done with every stream of one loop, on that loop. */
struct action {
	struct wire *wire;
	struct http_loop *loop;
	void (*fn)(struct event_stream *stream);
	atomic_int *done;
};

static void action_run(void *ctx)
{
	struct action *action = ctx;
	static __thread struct event_stream *mine[4096];
	size_t count = 0;

	pthread_mutex_lock(&action->wire->lock);
	for (size_t i = 0; i < action->wire->stream_count; i++)
		if (event_stream_loop(action->wire->streams[i]) == action->loop)
			mine[count++] = action->wire->streams[i];
	pthread_mutex_unlock(&action->wire->lock);
	for (size_t i = 0; i < count; i++)
		action->fn(mine[i]);
	atomic_fetch_add(action->done, 1);
	free(action);
}

static void with_each_stream(struct wire *wire, void (*fn)(struct event_stream *stream))
{
	unsigned loops = http_server_loop_count(wire->server);
	atomic_int done = 0;

	for (unsigned i = 0; i < loops; i++) {
		struct action *action = malloc(sizeof(*action));

		*action = (struct action){wire, http_server_loop(wire->server, i), fn, &done};
		assert_int_equal(http_loop_post(action->loop, action_run, action), OK);
	}
	assert_true(wire_wait(&done, (int)loops));
}

static void send_wake(struct event_stream *stream)
{
	assert_int_equal(event_stream_event(stream, "wake", "{\"a\":1}"), OK);
	assert_int_equal(event_stream_event(stream, "x\nevent: forged", ""), E_INVALID);
}

static void end(struct event_stream *stream)
{
	event_stream_end(stream);
	event_stream_end(stream);
	assert_int_equal(event_stream_send(stream, "late", 4), E_CONFLICT);
}

static void a_stream_sends_events_and_ends(void **state)
{
	struct wire wire;
	char out[4096];
	int fd;

	(void)state;
	wire_start(&wire, (struct http_settings){0});
	fd = open_stream(&wire);
	wire_read_until(fd, "data: two\n\n", out, sizeof(out));
	assert_int_equal(strncmp(out, "HTTP/1.1 200", 12), 0);
	assert_non_null(strstr(out, "Content-Type: text/event-stream\r\n"));
	assert_non_null(strstr(out, "Cache-Control: no-store\r\n"));
	assert_non_null(strstr(out, "event: hello\ndata: one\ndata: two\n\n"));
	with_each_stream(&wire, send_wake);
	wire_read_until(fd, "\n\n", out, sizeof(out));
	assert_non_null(strstr(out, "event: wake\ndata: {\"a\":1}\n\n"));
	with_each_stream(&wire, end);
	wire_read_until(fd, "0\r\n\r\n", out, sizeof(out));
	assert_null(strstr(out, "late"));
	assert_non_null(strstr(out, "0\r\n\r\n"));
	assert_true(wire_is_closed(fd, 5000));
	assert_true(wire_wait(&wire.closed, 1));
	assert_int_equal(wire_counters(&wire).streams, 0);
	close(fd);
	wire_stop(&wire);
	assert_int_equal(wire.closed, 1);
	assert_int_equal(wire.never_opened, 0);
}

static void a_stream_ends_when_its_client_leaves(void **state)
{
	struct wire wire;
	char out[4096];

	(void)state;
	wire_start(&wire, (struct http_settings){0});
	for (int i = 0; i < 20; i++) {
		struct linger reset = {1, 0};
		int fd = open_stream(&wire);

		wire_read_until(fd, "\n\n", out, sizeof(out));
		if (i % 2)
			setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		close(fd);
		assert_true(wire_wait(&wire.closed, i + 1));
	}
	wire_stop(&wire);
	assert_int_equal(wire.closed, 20);
}

static void a_stream_opens_from_another_thread_also_without_its_client(void **state)
{
	struct wire wire;

	(void)state;
	wire_start(&wire, (struct http_settings){0});
	for (int i = 0; i < 10; i++) {
		int fd = wire_connect(&wire);

		wire_say(fd, "GET /gated-stream" HOST "\r\n");
		sem_wait(&wire.arrived);
		close(fd);
		wire_open_gate(&wire);
		assert_true(wire_wait(&wire.closed, i + 1));
	}
	wire_stop(&wire);
	assert_int_equal(wire.closed + wire.never_opened, 10);
}

static void a_stream_that_comes_after_the_stop_is_closed(void **state)
{
	struct wire wire;
	int fd;

	(void)state;
	wire_start(&wire, (struct http_settings){0});
	fd = wire_connect(&wire);
	wire_say(fd, "GET /gated-stream" HOST "\r\n");
	sem_wait(&wire.arrived);
	http_server_stop(wire.server, 0);
	wire_open_gate(&wire);
	assert_true(wire_wait(&wire.never_opened, 1));
	close(fd);
	wire_stop(&wire);
	assert_int_equal(wire.closed, 0);
}

static void comments_keep_a_stream_alive(void **state)
{
	struct wire wire;
	char out[4096];
	int fd;

	(void)state;
	wire_start(&wire, (struct http_settings){.stream_comment_ms = 100});
	fd = open_stream(&wire);
	wire_read_until(fd, "\n\n", out, sizeof(out));
	for (int i = 0; i < 3; i++) {
		wire_read_until(fd, ":\n\n", out, sizeof(out));
		assert_non_null(strstr(out, ":\n\n"));
	}
	close(fd);
	wire_stop(&wire);
}

static void a_stream_does_not_last_for_ever(void **state)
{
	struct wire wire;
	int fd;

	(void)state;
	wire_start(&wire, (struct http_settings){.stream_max_ms = 1000});
	fd = open_stream(&wire);
	assert_true(wire_wait(&wire.opened, 1));
	assert_false(wire_is_closed(fd, 100));
	assert_true(wire_is_closed(fd, 5000));
	assert_true(wire_wait(&wire.closed, 1));
	close(fd);
	wire_stop(&wire);
}

static void send_much(struct event_stream *stream)
{
	static char bytes[60000];

	memset(bytes, 'x', sizeof(bytes));
	status_ignore(event_stream_send(stream, bytes, sizeof(bytes)), "a dropped one refuses");
}

static void a_reader_that_does_not_read_is_dropped(void **state)
{
	struct wire wire;
	int fd;
	int64_t began = clock_mono_ms();

	(void)state;
	wire_start(&wire, (struct http_settings){0});
	fd = open_stream(&wire);
	assert_true(wire_wait(&wire.opened, 1));
	while (atomic_load(&wire.closed) == 0 && clock_mono_ms() - began < 10000)
		with_each_stream(&wire, send_much);
	assert_int_equal(wire.closed, 1);
	assert_int_equal(wire_counters(&wire).streams_dropped, 1);
	close(fd);
	wire_stop(&wire);
}

static void what_a_client_says_into_its_stream_is_not_kept(void **state)
{
	static char bytes[100000];
	struct wire wire;
	char out[4096];
	int fd;

	(void)state;
	wire_start(&wire, (struct http_settings){0});
	fd = open_stream(&wire);
	wire_read_until(fd, "\n\n", out, sizeof(out));
	for (int i = 0; i < 50; i++)
		wire_send(fd, bytes, sizeof(bytes)); /* more than any buffer holds: it is being read */
	while (wire_counters(&wire).bytes_in < 50 * sizeof(bytes))
		usleep(1000);
	with_each_stream(&wire, send_wake);
	wire_read_until(fd, "wake", out, sizeof(out));
	assert_non_null(strstr(out, "wake"));
	close(fd);
	wire_stop(&wire);
}

static void head_of_a_stream_is_turned_away(void **state)
{
	struct wire wire;
	int fd;

	(void)state;
	wire_start(&wire, (struct http_settings){0});
	fd = wire_connect(&wire);
	wire_say(fd, "HEAD /stream" HOST "\r\n");
	assert_true(wire_is_closed(fd, 5000));
	close(fd);
	wire_stop(&wire);
	assert_int_equal(wire.never_opened, 1);
	assert_int_equal(wire.opened, 0);
}

static void two_thousand_streams_wait_and_all_are_woken(void **state)
{
	static int fds[MANY];
	static struct wire wire;
	char out[4096];

	(void)state;
	wire_start(&wire, (struct http_settings){0});
	for (int i = 0; i < MANY; i++)
		fds[i] = open_stream(&wire);
	assert_true(wire_wait(&wire.opened, MANY));
	assert_int_equal(wire_counters(&wire).streams, MANY);
	with_each_stream(&wire, send_wake);
	for (int i = 0; i < MANY; i++) {
		wire_read_until(fds[i], "event: wake\ndata: {\"a\":1}\n\n", out, sizeof(out));
		assert_non_null(strstr(out, "event: wake"));
	}
	for (int i = 0; i < MANY / 2; i++)
		close(fds[i]);
	assert_true(wire_wait(&wire.closed, MANY / 2));
	wire_stop(&wire);
	assert_int_equal(wire.closed, MANY); /* the stop ended the others */
	for (int i = MANY / 2; i < MANY; i++) {
		assert_true(wire_is_closed(fds[i], 5000));
		close(fds[i]);
	}
}

static void count_up(void *ctx)
{
	atomic_fetch_add((atomic_int *)ctx, 1);
}

static void *post_main(void *arg)
{
	struct wire *wire = ((void **)arg)[0];
	atomic_int *ran = ((void **)arg)[1];
	atomic_int *taken = ((void **)arg)[2];

	for (unsigned i = 0; i < 5000; i++)
		if (http_loop_post(http_server_loop(wire->server, i % 2), count_up, ran) == OK)
			atomic_fetch_add(taken, 1);
	return NULL;
}

/* Posts race with the stop: whatever was taken ran, and what came too late was not taken. */
static void whatever_was_posted_runs_once(void **state)
{
	atomic_int ran = 0;
	atomic_int taken = 0;
	struct wire wire;
	void *args[] = {&wire, &ran, &taken};
	pthread_t threads[4];

	(void)state;
	wire_start(&wire, (struct http_settings){0});
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, post_main, args), 0);
	while (atomic_load(&ran) < 100)
		;
	http_server_stop(wire.server, 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(ran, taken);
	assert_int_equal(http_loop_post(http_server_loop(wire.server, 0), count_up, &ran), E_CONFLICT);
	wire_stop(&wire);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stream_sends_events_and_ends),
		cmocka_unit_test(a_stream_ends_when_its_client_leaves),
		cmocka_unit_test(a_stream_opens_from_another_thread_also_without_its_client),
		cmocka_unit_test(a_stream_that_comes_after_the_stop_is_closed),
		cmocka_unit_test(comments_keep_a_stream_alive),
		cmocka_unit_test(a_stream_does_not_last_for_ever),
		cmocka_unit_test(a_reader_that_does_not_read_is_dropped),
		cmocka_unit_test(what_a_client_says_into_its_stream_is_not_kept),
		cmocka_unit_test(head_of_a_stream_is_turned_away),
		cmocka_unit_test(two_thousand_streams_wait_and_all_are_woken),
		cmocka_unit_test(whatever_was_posted_runs_once),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
