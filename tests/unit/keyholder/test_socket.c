/*
 * The transport to a keyholder in another process: many threads, another keyholder in the middle of it, half messages,
 * answers that make no sense. Here "another process" is a thread at the other end of the lines, except where it must
 * die: a thread cannot be killed, so closing its ends does it.
 *
 * Mutations seen red: no second try after a lost answer (calls_under_way_are_sent_once_more); a third try
 * (request_that_kills_every_keyholder_is_sent_twice); no check of the number (answer_to_another_call_is_trouble); no
 * MSG_TRUNC check (answer_that_is_too_long_is_trouble); no look at silence, or at it alone (keyholder_that_answers_…);
 * only the one line closed when a keyholder is lost
 * (idle_lines_of_a_dead_keyholder_do_not_count_as_tries).
 */
#include "cmocka_all.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "fixture.h"
#include "keyholder/message.h"
#include "keyholder/socket.h"

enum { LINES = 4, THREADS = 8, CALLS = 200 };

struct serving {
	struct keyholder_server *server;
	int line;
	enum status status;
};

/* A keyholder of LINES threads. */
struct holder {
	struct keyholder_server *server;
	pthread_t threads[LINES];
	int ends[LINES]; /* the keyholder's */
	struct serving serving[LINES];
};

static void *serve(void *arg)
{
	struct serving *serving = arg;

	serving->status = socket_serve(serving->server, serving->line);
	return NULL;
}

static void lines_make(int *mine, int *theirs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int ends[2];

		assert_int_equal(socket_line_new(ends), OK);
		mine[i] = ends[0];
		theirs[i] = ends[1];
	}
}

static void holder_start(struct holder *holder, struct transport_socket *pool)
{
	struct keyholder_server_options options = {.kek = test_kek};
	int lines[LINES];

	assert_int_equal(keyholder_server_new(&options, &holder->server), OK);
	lines_make(lines, holder->ends, LINES);
	for (int i = 0; i < LINES; i++) {
		holder->serving[i] = (struct serving){holder->server, holder->ends[i], E_STORE};
		pthread_create(&holder->threads[i], NULL, serve, &holder->serving[i]);
	}
	transport_socket_connect(pool, lines, LINES);
}

/* As a process that dies: whatever it was doing, its ends are closed. */
static void holder_stop(struct holder *holder)
{
	for (int i = 0; i < LINES; i++)
		shutdown(holder->ends[i], SHUT_RDWR);
	for (int i = 0; i < LINES; i++) {
		pthread_join(holder->threads[i], NULL);
		close(holder->ends[i]);
	}
	keyholder_server_free(&holder->server);
}

static atomic_int stalled;

static void stalled_count(void *ctx)
{
	(void)ctx;
	stalled++;
}

static struct keyholder *asker_make(int wait_ms, int answer_ms, struct transport_socket **ret_pool)
{
	struct transport_socket_options options = {wait_ms, answer_ms, stalled_count, NULL};
	struct keyholder *keyholder = NULL;

	stalled = 0;

	assert_int_equal(transport_socket_new(&options, ret_pool), OK);
	struct keyholder_transport transport = transport_socket_transport(*ret_pool);
	assert_int_equal(keyholder_connect(&transport, &keyholder), OK);
	return keyholder;
}

struct work {
	struct keyholder *keyholder;
	struct sealed_key key;
	uint8_t expected[THREADS][32];
	atomic_int next, wrong, failed, done[THREADS];
};

/* Each thread asks for its own, so an answer to another's call shows. */
static void *work_do(void *arg)
{
	struct work *work = arg;
	const int me = work->next++;
	uint8_t mac[32], data[2] = {(uint8_t)me, 0};

	for (int i = 0; i < CALLS; i++) {
		enum status status = keyholder_mac(work->keyholder, &work->key, "x", data, 1, mac);

		work->failed += status != OK;
		work->wrong += status == OK && memcmp(mac, work->expected[me], 32) != 0;
		work->done[me]++;
	}
	return NULL;
}

static void work_prepare(struct work *work, struct keyholder *keyholder, struct arena *arena)
{
	struct new_key key;

	work->keyholder = keyholder;
	assert_int_equal(keyholder_key_new(keyholder, arena, "HS256", &key), OK);
	work->key = (struct sealed_key){arena_strdup(arena, key.kid), "HS256", key.sealed, key.sealed_size};
	for (int i = 0; i < THREADS; i++) {
		uint8_t data[1] = {(uint8_t)i};

		assert_int_equal(keyholder_mac(keyholder, &work->key, "x", data, 1, work->expected[i]), OK);
	}
}

static void work_start(struct work *work, pthread_t threads[THREADS])
{
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, work_do, work), 0);
}

static void work_end(pthread_t threads[THREADS])
{
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

static void threads_share_few_lines_and_get_their_own_answers(void **state)
{
	scoped_arena *arena = arena_new(1 << 20);
	struct transport_socket *pool = NULL;
	struct keyholder *keyholder = asker_make(0, 0, &pool);
	struct holder holder;
	struct work work = {0};
	pthread_t threads[THREADS];

	holder_start(&holder, pool);
	work_prepare(&work, keyholder, arena);
	work_start(&work, threads);
	work_end(threads);
	assert_int_equal(work.failed, 0);
	assert_int_equal(work.wrong, 0);
	keyholder_close(&keyholder);
	holder_stop(&holder);
	for (int i = 0; i < LINES; i++)
		assert_int_equal(holder.serving[i].status, OK);
}

/* Each thread has had an answer, so that no call can lose two keyholders. */
static void progress_await(const struct work *work)
{
	for (int i = 0; i < THREADS; i++) {
		const int until = work->done[i] + 2;

		while (work->done[i] < until && work->done[i] < CALLS)
			sched_yield();
	}
}

/* Ten keyholders, one after the other, while eight threads ask: everyone gets the right answer. */
static void calls_under_way_are_sent_once_more(void **state)
{
	scoped_arena *arena = arena_new(1 << 20);
	struct transport_socket *pool = NULL;
	struct keyholder *keyholder = asker_make(20000, 0, &pool);
	struct holder holder;
	struct work work = {0};
	pthread_t threads[THREADS];

	holder_start(&holder, pool);
	work_prepare(&work, keyholder, arena);
	work_start(&work, threads);
	for (int i = 1; i <= 10; i++) {
		progress_await(&work);
		holder_stop(&holder);
		holder_start(&holder, pool);
	}
	work_end(threads);
	assert_int_equal(work.failed, 0);
	assert_int_equal(work.wrong, 0);
	keyholder_close(&keyholder);
	holder_stop(&holder);
}

static void idle_lines_of_a_dead_keyholder_do_not_count_as_tries(void **state)
{
	scoped_arena *arena = arena_new(1 << 20);
	struct transport_socket *pool = NULL;
	struct keyholder *keyholder = asker_make(100, 0, &pool);
	struct holder holder;
	struct work work = {0};
	uint8_t mac[32];

	holder_start(&holder, pool);
	work_prepare(&work, keyholder, arena);
	holder_stop(&holder);
	const int64_t begun = clock_mono_ms();
	assert_int_equal(keyholder_mac(keyholder, &work.key, "x", "", 0, mac), E_IO);
	assert_true(clock_mono_ms() - begun >= 95); /* it waited for another one */
	assert_int_equal(keyholder_mac(keyholder, &work.key, "x", "", 0, mac), E_IO);
	holder_start(&holder, pool);
	assert_int_equal(keyholder_mac(keyholder, &work.key, "x", "", 0, mac), OK);
	keyholder_close(&keyholder);
	holder_stop(&holder);
}

/* ---- a keyholder that follows a script ---- */

struct script {
	int line;
	atomic_int requests;
	void (*answer)(int line, const uint8_t number[8]);
};

static void *script_run(void *arg)
{
	struct script *script = arg;
	uint8_t bytes[1024];
	ssize_t got;

	while ((got = recv(script->line, bytes, sizeof(bytes), 0)) > 0) {
		script->requests++;
		script->answer(script->line, bytes);
	}
	return NULL;
}

static void answer_die(int line, const uint8_t number[8])
{
	shutdown(line, SHUT_RDWR);
}

/* The asker may have given up the line by then. */
static void put(int line, const void *bytes, size_t size)
{
	if (send(line, bytes, size, MSG_NOSIGNAL) < 0)
		return;
}

static void answer_right(int line, const uint8_t number[8])
{
	uint8_t bytes[10];

	memcpy(bytes, number, 8);
	bytes[8] = MESSAGE_VERSION;
	bytes[9] = E_NOT_FOUND;
	put(line, bytes, 10);
}

static void answer_twice(int line, const uint8_t number[8])
{
	answer_right(line, number);
	answer_right(line, number);
}

static void answer_other_number(int line, const uint8_t number[8])
{
	uint8_t other[8];

	memcpy(other, number, 8);
	other[0] ^= 1;
	answer_right(line, other);
}

static void answer_half_a_number(int line, const uint8_t number[8])
{
	put(line, number, 4);
}

static void answer_number_alone(int line, const uint8_t number[8])
{
	put(line, number, 8);
}

static void answer_too_long(int line, const uint8_t number[8])
{
	uint8_t *bytes = calloc(1, 8 + MESSAGE_SIZE_MAX + 1);

	memcpy(bytes, number, 8);
	bytes[8] = MESSAGE_VERSION;
	bytes[9] = E_NOT_FOUND;
	put(line, bytes, 8 + MESSAGE_SIZE_MAX + 1);
	free(bytes);
}

static void answer_garbage(int line, const uint8_t number[8])
{
	uint8_t bytes[64];

	memset(bytes, 0xff, sizeof(bytes));
	memcpy(bytes, number, 8);
	put(line, bytes, sizeof(bytes));
}

static void answer_never(int line, const uint8_t number[8])
{
}

static enum status ask(struct keyholder *keyholder)
{
	static const struct sealed_key key = {"kid", "HS256", (const uint8_t *)"x", 1};
	uint8_t mac[32];

	return keyholder_mac(keyholder, &key, "x", "", 0, mac);
}

static void *ask_thread(void *keyholder)
{
	return (void *)(uintptr_t)ask(keyholder);
}

static void script_start(struct script *script, struct transport_socket *pool, pthread_t *ret_thread)
{
	int line;

	lines_make(&line, &script->line, 1);
	pthread_create(ret_thread, NULL, script_run, script);
	transport_socket_connect(pool, &line, 1);
}

/* What `calls` calls on one line with this answer give. */
static void assert_script(void (*answer)(int line, const uint8_t number[8]), enum status first, enum status second)
{
	struct transport_socket *pool = NULL;
	struct keyholder *keyholder = asker_make(50, 200, &pool);
	struct script script = {.answer = answer};
	pthread_t thread;

	script_start(&script, pool, &thread);
	assert_int_equal(ask(keyholder), first);
	assert_int_equal(ask(keyholder), second);
	keyholder_close(&keyholder);
	pthread_join(thread, NULL);
	close(script.line);
}

static void answer_to_another_call_is_trouble(void **state)
{
	assert_script(answer_right, E_NOT_FOUND, E_NOT_FOUND);
	assert_script(answer_other_number, E_IO, E_IO);
	assert_script(answer_twice, E_NOT_FOUND, E_IO); /* the second call meets the first one's second answer */
}

static void half_answers_are_trouble(void **state)
{
	assert_script(answer_half_a_number, E_IO, E_IO);
	assert_script(answer_number_alone, E_IO, E_IO);
}

static void answer_that_is_too_long_is_trouble(void **state)
{
	assert_script(answer_too_long, E_IO, E_IO);
}

/* It came under the right number: the line is in order, the answer is not. */
static void garbage_under_the_right_number_is_trouble(void **state)
{
	assert_script(answer_garbage, E_IO, E_IO);
}

static void no_answer_is_trouble_and_the_call_is_not_repeated(void **state)
{
	struct transport_socket *pool = NULL;
	struct keyholder *keyholder = asker_make(50, 200, &pool);
	struct script script = {.answer = answer_never};
	pthread_t thread;
	const int64_t begun = clock_mono_ms();

	script_start(&script, pool, &thread);
	assert_int_equal(ask(keyholder), E_IO);
	assert_true(clock_mono_ms() - begun >= 195);
	assert_int_equal(ask(keyholder), E_IO);
	keyholder_close(&keyholder);
	pthread_join(thread, NULL);
	assert_int_equal(script.requests, 1);
	close(script.line);
}

/* Four lines, one asker at a time: it must not take four times the limit. Red when only the last line counts. */
static void keyholder_that_answers_nobody_is_told_once(void **state)
{
	struct transport_socket *pool = NULL;
	struct keyholder *keyholder = asker_make(10000, 200, &pool);
	int lines[LINES], theirs[LINES];
	struct holder holder;
	pthread_t asking;
	void *status = NULL;

	lines_make(lines, theirs, LINES);
	transport_socket_connect(pool, lines, LINES);
	assert_int_equal(ask(keyholder), E_IO);
	assert_int_equal(stalled, 1);
	assert_int_equal(pthread_create(&asking, NULL, ask_thread, keyholder), 0);
	holder_start(&holder, pool); /* which the supervisor does */
	pthread_join(asking, &status);
	assert_int_equal((enum status)(uintptr_t)status, E_REFUSED); /* by the real one: the key is none */
	assert_int_equal(stalled, 1);
	keyholder_close(&keyholder);
	holder_stop(&holder);
	for (int i = 0; i < LINES; i++)
		close(theirs[i]);
}

/* One slow operation beside others that are answered is no reason to replace everybody's keyholder. */
static void keyholder_that_answers_others_is_kept(void **state)
{
	struct transport_socket *pool = NULL;
	struct keyholder *keyholder = asker_make(0, 2000, &pool);
	struct script silent = {.answer = answer_never}, right = {.answer = answer_right};
	pthread_t threads[2], asking;
	void *status = (void *)(uintptr_t)E_IO;
	int lines[2];

	/* the last one is taken first: the silent one, by the first call */
	lines_make(&lines[0], &right.line, 1);
	lines_make(&lines[1], &silent.line, 1);
	pthread_create(&threads[0], NULL, script_run, &right);
	pthread_create(&threads[1], NULL, script_run, &silent);
	transport_socket_connect(pool, lines, 2);
	assert_int_equal(pthread_create(&asking, NULL, ask_thread, keyholder), 0);
	while (silent.requests == 0) {
		/* until it has the first call */
	}
	while (pthread_tryjoin_np(asking, &status) != 0)
		assert_int_equal(ask(keyholder), E_NOT_FOUND);
	assert_int_equal((enum status)(uintptr_t)status, E_IO);
	assert_int_equal(stalled, 0);
	keyholder_close(&keyholder);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	close(silent.line);
	close(right.line);
}

static void request_that_kills_every_keyholder_is_sent_twice(void **state)
{
	struct transport_socket *pool = NULL;
	struct keyholder *keyholder = asker_make(5000, 0, &pool);
	struct script scripts[3] = {{.answer = answer_die}, {.answer = answer_die}, {.answer = answer_right}};
	pthread_t threads[3], asking;

	script_start(&scripts[0], pool, &threads[0]);
	assert_int_equal(pthread_create(&asking, NULL, ask_thread, keyholder), 0);
	pthread_join(threads[0], NULL);
	script_start(&scripts[1], pool, &threads[1]);
	pthread_join(threads[1], NULL);
	script_start(&scripts[2], pool, &threads[2]);
	void *status = NULL;
	pthread_join(asking, &status);
	assert_int_equal((enum status)(uintptr_t)status, E_IO);
	keyholder_close(&keyholder);
	pthread_join(threads[2], NULL);
	assert_int_equal(scripts[0].requests, 1);
	assert_int_equal(scripts[1].requests, 1);
	assert_int_equal(scripts[2].requests, 0);
	for (int i = 0; i < 3; i++)
		close(scripts[i].line);
}

static void connect_with_nothing_or_with_what_is_no_socket_fails_closed(void **state)
{
	struct transport_socket *pool = NULL;
	struct keyholder *keyholder = asker_make(20, 0, &pool);
	int pipes[2];

	assert_int_equal(ask(keyholder), E_IO);
	assert_int_equal(pipe(pipes), 0);
	transport_socket_connect(pool, pipes, 2);
	assert_int_equal(ask(keyholder), E_IO);
	keyholder_close(&keyholder);
}

/* ---- the keyholder's end ---- */

static void whatever_comes_is_answered(void **state)
{
	struct transport_socket *pool = NULL;
	struct keyholder *keyholder = asker_make(0, 0, &pool);
	static uint8_t huge[8 + MESSAGE_SIZE_MAX + 100];
	static const size_t sizes[] = {1,           7, 8, 9, 10, 200, 8 + MESSAGE_SIZE_MAX, 8 + MESSAGE_SIZE_MAX + 1,
				       sizeof(huge)};
	struct keyholder_server_options options = {.kek = test_kek};
	struct holder holder = {0};
	uint8_t answer[64];
	int line;

	assert_int_equal(keyholder_server_new(&options, &holder.server), OK);
	lines_make(&line, &holder.ends[0], 1);
	holder.serving[0] = (struct serving){holder.server, holder.ends[0], E_STORE};
	pthread_create(&holder.threads[0], NULL, serve, &holder.serving[0]);
	memset(huge, 'N', sizeof(huge));
	for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
		put(line, huge, sizes[i]);
		assert_int_equal(recv(line, answer, sizeof(answer), 0), 10);
		assert_int_equal(answer[0], sizes[i] < 8 ? 0 : 'N');
		assert_int_equal(answer[9], E_INVALID);
	}
	close(line);
	pthread_join(holder.threads[0], NULL);
	assert_int_equal(holder.serving[0].status, OK);
	close(holder.ends[0]);
	keyholder_server_free(&holder.server);
	keyholder_close(&keyholder);
}

static void largest_message_goes_through(void **state)
{
	scoped_arena *arena = arena_new(1 << 20);
	struct transport_socket *pool = NULL;
	struct keyholder *keyholder = asker_make(0, 0, &pool);
	struct holder holder;
	struct work work = {0};
	static uint8_t data[MESSAGE_SIZE_MAX];
	uint8_t mac[32];
	size_t size = sizeof(data);

	holder_start(&holder, pool);
	work_prepare(&work, keyholder, arena);
	while (keyholder_mac(keyholder, &work.key, "x", data, size, mac) == E_INVALID)
		size--;
	assert_true(size > MESSAGE_SIZE_MAX - 300);
	assert_int_equal(keyholder_mac(keyholder, &work.key, "x", data, size, mac), OK);
	keyholder_close(&keyholder);
	holder_stop(&holder);
}

static void silence(void *ctx, const char *line)
{
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_share_few_lines_and_get_their_own_answers),
		cmocka_unit_test(calls_under_way_are_sent_once_more),
		cmocka_unit_test(idle_lines_of_a_dead_keyholder_do_not_count_as_tries),
		cmocka_unit_test(answer_to_another_call_is_trouble),
		cmocka_unit_test(half_answers_are_trouble),
		cmocka_unit_test(answer_that_is_too_long_is_trouble),
		cmocka_unit_test(garbage_under_the_right_number_is_trouble),
		cmocka_unit_test(no_answer_is_trouble_and_the_call_is_not_repeated),
		cmocka_unit_test(keyholder_that_answers_nobody_is_told_once),
		cmocka_unit_test(keyholder_that_answers_others_is_kept),
		cmocka_unit_test(request_that_kills_every_keyholder_is_sent_twice),
		cmocka_unit_test(connect_with_nothing_or_with_what_is_no_socket_fails_closed),
		cmocka_unit_test(whatever_comes_is_answered),
		cmocka_unit_test(largest_message_goes_through),
	};

	log_sink_set(silence, NULL);
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
