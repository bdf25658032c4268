#include "cmocka_all.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/waiting.h"
#include "endpoints/app.h"
#include "http/server.h"

#define PAGES  300
#define ROUNDS 50

/* The application: GET /N waits on topic "login:N" and is told the value of its counter. */
static struct app app;
static atomic_int values[PAGES];
static atomic_int reads, freed;
static struct http_server *server;

static enum status value_read(const struct app *unused, void *ctx, struct arena *arena, struct text *out, bool *ret_end)
{
	const int value = atomic_load(&values[*(int *)ctx]);

	atomic_fetch_add(&reads, 1);
	text_add_format(out, "data: %d;\n\n", value);
	*ret_end = value < 0;
	return OK;
}

static void value_free(void *ctx)
{
	free(ctx);
	atomic_fetch_add(&freed, 1);
}

static void on_request(struct http_exchange *exchange, void *ctx)
{
	int *page = malloc(sizeof(*page));
	char topic[32];
	const struct waiting_source source = {topic, value_read, page, value_free};

	*page = atoi(http_exchange_request(exchange)->path + 1);
	snprintf(topic, sizeof(topic), "login:%d", *page);
	assert_int_equal(waiting_open(&app, exchange, &source), OK);
}

static void quiet(void *ctx, const char *line)
{
}

static int begin(void **state)
{
	static const char *const listen[] = {"127.0.0.1:0"};
	const struct http_settings settings = {.listen = listen, .listen_count = 1, .loops = 2};
	const struct http_handlers handlers = {on_request, NULL};

	log_sink_set(quiet, NULL);
	atomic_store(&freed, 0);
	for (int i = 0; i < PAGES; i++)
		atomic_store(&values[i], 0);
	return waiting_room_new(&app.waiting) != OK || http_server_new(&settings, &handlers, &server) != OK ||
	       http_server_start(server) != OK;
}

static int end(void **state)
{
	http_server_stop(server, 1000);
	http_server_free(&server);
	waiting_room_free(&app.waiting);
	return 0;
}

static int page_open(int page)
{
	const struct sockaddr_in address = {.sin_family = AF_INET,
					    .sin_port = htons(http_server_port(server, 0)),
					    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	char request[128];
	int fd = socket(AF_INET, SOCK_STREAM, 0), size;

	assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	size = snprintf(request, sizeof(request), "GET /%d HTTP/1.1\r\nHost: id.example.org\r\n\r\n", page);
	assert_int_equal(write(fd, request, (size_t)size), size);
	return fd;
}

/* Reads until `text` comes; false when the stream ends or ten seconds pass first. */
static bool page_sees(int fd, const char *text)
{
	char got[65536];
	size_t size = 0;

	while (size < sizeof(got) - 1) {
		struct pollfd ready = {.fd = fd, .events = POLLIN};
		ssize_t more = poll(&ready, 1, 10000) == 1 ? read(fd, got + size, sizeof(got) - 1 - size) : 0;

		if (more <= 0)
			return false;
		size += (size_t)more;
		got[size] = '\0';
		if (strstr(got, text))
			return true;
	}
	return false;
}

static void wake_page(int page)
{
	char topic[32];

	snprintf(topic, sizeof(topic), "login:%d", page);
	waiting_wake(app.waiting, topic);
}

static void a_page_is_told_its_state_at_once_and_at_every_wake(void **state)
{
	int fd = page_open(7);

	assert_true(page_sees(fd, "data: 0;"));
	atomic_store(&values[7], 1);
	wake_page(7);
	assert_true(page_sees(fd, "data: 1;"));
	atomic_store(&values[7], -1);
	wake_page(7);
	assert_true(page_sees(fd, "data: -1;"));
	assert_false(page_sees(fd, "nothing more")); /* it has ended */
	close(fd);
}

/* Mutation: reading before subscribing in stream_opened loses the wake that falls between. */
static void no_wake_is_lost_between_opening_and_waiting(void **state)
{
	for (int round = 1; round <= ROUNDS; round++) {
		int fd;

		atomic_store(&values[1], 0);
		fd = page_open(1);
		for (int i = 0; i < round; i++)
			sched_yield();
		atomic_store(&values[1], round);
		wake_page(1);
		char wanted[32];

		snprintf(wanted, sizeof(wanted), "data: %d;", round);
		assert_true(page_sees(fd, wanted));
		close(fd);
	}
}

/* Mutation: comparing no topic in waiting_wake reads all pages of the bucket, and this count shows it. */
static void only_the_woken_topic_reads(void **state)
{
	int fds[PAGES];
	int before;

	for (int i = 0; i < PAGES; i++) {
		fds[i] = page_open(i);
		assert_true(page_sees(fds[i], "data: 0;"));
	}
	assert_int_equal(waiting_count(app.waiting), PAGES);
	before = atomic_load(&reads);
	for (int i = 0; i < PAGES; i += 3) {
		atomic_store(&values[i], 5);
		wake_page(i);
		assert_true(page_sees(fds[i], "data: 5;"));
	}
	assert_int_equal(atomic_load(&reads) - before, PAGES / 3);
	for (int i = 0; i < PAGES; i++)
		close(fds[i]);
}

static void what_a_page_holds_is_freed_when_the_server_stops(void **state)
{
	int fds[20];

	for (int i = 0; i < 20; i++) {
		fds[i] = page_open(i);
		assert_true(page_sees(fds[i], "data: 0;"));
	}
	waiting_wake_all(app.waiting);
	http_server_stop(server, 1000);
	assert_int_equal(atomic_load(&freed), 20);
	for (int i = 0; i < 20; i++)
		close(fds[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_page_is_told_its_state_at_once_and_at_every_wake, begin, end),
		cmocka_unit_test_setup_teardown(no_wake_is_lost_between_opening_and_waiting, begin, end),
		cmocka_unit_test_setup_teardown(only_the_woken_topic_reads, begin, end),
		cmocka_unit_test_setup_teardown(what_a_page_holds_is_freed_when_the_server_stops, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
