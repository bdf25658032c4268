/* Where an outgoing connection may go. What a service answers, tests/e2e/push.test.mjs has. */
#include "cmocka_all.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/status.h"
#include "http/fetch.h"

struct wait {
	int done;
	enum fetch_outcome outcome;
};

struct scene {
	struct fetch *fetch;
	int listener;
	unsigned port;
};

static void note(void *ctx, const struct fetch_reply *reply)
{
	struct wait *wait = ctx;

	wait->done++;
	wait->outcome = reply->outcome;
}

/* Listens on loopback, of both families where the machine has both; nobody ever speaks TLS there. */
static int setup(void **state)
{
	const struct fetch_settings settings = {.limit = 4};
	struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT};
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY)};
	struct scene *scene = calloc(1, sizeof(*scene));
	struct sockaddr_storage bound;
	socklen_t size = sizeof(bound);

	scene->listener = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (scene->listener < 0 || bind(scene->listener, (struct sockaddr *)&any, sizeof(any)) != 0) {
		scene->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		assert_int_equal(bind(scene->listener, (struct sockaddr *)&v4, sizeof(v4)), 0);
	}
	assert_int_equal(listen(scene->listener, 16), 0);
	assert_int_equal(getsockname(scene->listener, (struct sockaddr *)&bound, &size), 0);
	scene->port = ntohs(bound.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&bound)->sin6_port
							: ((struct sockaddr_in *)&bound)->sin_port);
	assert_int_equal(fetch_new(&settings, &scene->fetch), OK);
	*state = scene;
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;

	fetch_free(&scene->fetch);
	close(scene->listener);
	free(scene);
	return 0;
}

static void begin(struct scene *scene, const char *url, const char *connect, bool allow_private, struct wait *wait)
{
	const struct fetch_request request = {.url = url,
					      .body = "x",
					      .body_size = 1,
					      .connect = connect,
					      .allow_private = allow_private,
					      .timeout_ms = 20000,
					      .done = note,
					      .ctx = wait};

	assert_int_equal(fetch_start(scene->fetch, &request), OK);
}

static enum fetch_outcome outcome(struct scene *scene, const char *url, const char *connect, bool allow_private)
{
	struct wait wait = {0};

	begin(scene, url, connect, allow_private, &wait);
	while (!wait.done)
		fetch_run(scene->fetch, 1000);
	assert_int_equal(wait.done, 1);
	assert_int_equal(fetch_room(scene->fetch), 4);
	return wait.outcome;
}

static bool somebody_came(const struct scene *scene)
{
	const int fd = accept(scene->listener, NULL, NULL);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* Mutation: `return true` in address_is_allowed; then somebody comes. */
static void no_spelling_of_a_private_address_is_connected_to(void **state)
{
	static const char *const hosts[] = {"127.0.0.1",
					    "localhost",
					    "127.1",
					    "0x7f.0.0.1",
					    "0177.0.0.1",
					    "2130706433",
					    "0",
					    "0.0.0.0",
					    "[::1]",
					    "[::]",
					    "[::ffff:127.0.0.1]",
					    "[::ffff:7f00:1]",
					    "[::127.0.0.1]",
					    "10.0.0.1",
					    "169.254.169.254",
					    "192.168.0.1",
					    "[fe80::1]",
					    "[64:ff9b::7f00:1]"};
	struct scene *scene = *state;
	char url[128];

	for (size_t i = 0; i < ARRAY_COUNT(hosts); i++) {
		snprintf(url, sizeof(url), "https://%s:%u/", hosts[i], scene->port);
		if (outcome(scene, url, NULL, false) != FETCH_PRIVATE)
			fail_msg("not refused: %s", url);
	}
	snprintf(url, sizeof(url), "127.0.0.1:%u", scene->port);
	assert_int_equal(outcome(scene, "https://push.example.org/", url, false), FETCH_PRIVATE);
	assert_false(somebody_came(scene));
}

static void an_address_that_is_allowed_is_connected_to(void **state)
{
	struct scene *scene = *state;
	struct wait wait = {0};
	char connect[64];

	snprintf(connect, sizeof(connect), "127.0.0.1:%u", scene->port);
	begin(scene, "https://push.example.org/", connect, true, &wait);
	while (!somebody_came(scene)) /* it hangs up at once: no TLS there */
		fetch_run(scene->fetch, 10);
	while (!wait.done)
		fetch_run(scene->fetch, 1000);
	assert_int_equal(wait.outcome, FETCH_UNREACHABLE);
}

static void nothing_but_https_is_spoken(void **state)
{
	static const char *const schemes[] = {"http", "ftp", "file", "gopher", "dict", "ldap", "smtp", "telnet"};
	struct scene *scene = *state;
	char url[128];

	for (size_t i = 0; i < ARRAY_COUNT(schemes); i++) {
		snprintf(url, sizeof(url), "%s://127.0.0.1:%u/etc/passwd", schemes[i], scene->port);
		assert_int_equal(outcome(scene, url, NULL, true), FETCH_UNREACHABLE);
	}
	assert_false(somebody_came(scene));
}

/* Mutation: CURLOPT_PROXY left out. */
static void a_proxy_of_the_environment_is_not_used(void **state)
{
	struct scene *scene = *state;
	char proxy[64];

	snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%u", scene->port);
	setenv("https_proxy", proxy, 1);
	setenv("ALL_PROXY", proxy, 1);
	assert_int_equal(outcome(scene, "https://127.0.0.1:1/", NULL, true), FETCH_UNREACHABLE);
	unsetenv("https_proxy");
	unsetenv("ALL_PROXY");
	assert_false(somebody_came(scene));
}

static void there_is_a_limit_and_an_end(void **state)
{
	struct scene *scene = *state;
	struct wait wait = {0};
	const struct fetch_request one_more = {.url = "https://127.0.0.1/", .done = note, .ctx = &wait};
	char connect[64];

	snprintf(connect, sizeof(connect), "127.0.0.1:%u", scene->port);
	for (int i = 0; i < 4; i++)
		begin(scene, "https://push.example.org/", connect, true, &wait);
	assert_int_equal(fetch_room(scene->fetch), 0);
	assert_int_equal(fetch_start(scene->fetch, &one_more), E_BUSY);
	fetch_free(&scene->fetch);
	assert_int_equal(wait.done, 4);
	assert_int_equal(wait.outcome, FETCH_CANCELLED);
}

static void *wake(void *arg)
{
	fetch_wake(arg);
	return NULL;
}

/* Were it not woken, the test would run into its own time limit. */
static void waiting_ends_when_it_is_woken(void **state)
{
	struct scene *scene = *state;
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, wake, scene->fetch), 0);
	fetch_run(scene->fetch, 600000);
	pthread_join(thread, NULL);
}

int main(void)
{
#define T(name_) cmocka_unit_test_setup_teardown(name_, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(no_spelling_of_a_private_address_is_connected_to),
		T(an_address_that_is_allowed_is_connected_to),
		T(nothing_but_https_is_spoken),
		T(a_proxy_of_the_environment_is_not_used),
		T(there_is_a_limit_and_an_end),
		T(waiting_ends_when_it_is_woken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
