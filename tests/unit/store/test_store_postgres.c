#include "fixture.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "server.h"
#include "store/store_internal.h"

/* What only PostgreSQL does: two that collide, a server that goes away, and news between stores. */

static void pause_ms(long ms)
{
	nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

static enum status value_set(struct store_tx *tx, void *ctx)
{
	return store_meta_set(tx, ctx, "x");
}

static enum status value_get(struct store_tx *tx, void *ctx)
{
	const char *value = NULL;

	return store_meta_get(tx, ctx, &value);
}

static bool has_value(struct store *store, char *name)
{
	struct arena *arena = arena_new(1 << 20);
	const enum status status = store_read(store, arena, value_get, name);

	arena_free(arena);
	assert_true(status == OK || status == E_NOT_FOUND);
	return status == OK;
}

/* ---- who reads and then writes is as alone as on SQLite ---- */

enum { THREADS = 8, TRIES = 25, LIMIT = 40 };

/* A budget: counts, and adds only below the limit. Nothing but the isolation keeps it. */
static enum status budget_spend(struct store_tx *tx, void *ctx)
{
	int64_t count = 0;

	TRY(store_attempt_count(tx, "demo", "code", 0, &count));
	return count < LIMIT ? store_attempt_insert(tx, "demo", "code", NOW) : E_BUSY;
}

struct spender {
	struct store *store;
	int ok, busy;
};

static void *spender_run(void *argument)
{
	struct spender *spender = argument;

	for (int i = 0; i < TRIES; i++) {
		const enum status status = store_write(spender->store, budget_spend, NULL);

		spender->ok += status == OK;
		spender->busy += status == E_BUSY;
	}
	return NULL;
}

/* Red with SYMBOLON_TEST_READ_COMMITTED=1: more than the limit get through. */
static void a_budget_holds_among_many_writers(void **state)
{
	struct fixture *fixture = *state;
	struct store *stores[2] = {fixture->store, store_at(fixture->url)};
	struct spender spenders[THREADS] = {0};
	struct store_counters counters;
	pthread_t threads[THREADS];
	int ok = 0, busy = 0;

	for (int i = 0; i < THREADS; i++) {
		spenders[i].store = stores[i % 2];
		assert_int_equal(pthread_create(&threads[i], NULL, spender_run, &spenders[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		ok += spenders[i].ok;
		busy += spenders[i].busy;
	}
	store_counters(fixture->store, &counters);
	store_close(&stores[1]);
	assert_int_equal(ok, LIMIT);
	assert_int_equal(busy, THREADS * TRIES - LIMIT);
	assert_int_equal(counters.failures, 0);
	print_message("%d writers, %d tries, begun again on one of the stores: %d\n", THREADS, THREADS * TRIES,
		      (int)counters.repeats);
}

/* ---- the server goes away ---- */

struct stream {
	struct store *store;
	atomic_bool may_end;
	atomic_int acknowledged; /* "v0" to "v<n - 1>" are promised */
	int refused;
};

static void *stream_run(void *argument)
{
	struct stream *stream = argument;
	char name[32];

	while (!atomic_load(&stream->may_end)) {
		snprintf(name, sizeof(name), "v%d", atomic_load(&stream->acknowledged));
		if (store_write(stream->store, value_set, name) == OK)
			atomic_fetch_add(&stream->acknowledged, 1);
		else
			stream->refused++;
	}
	return NULL;
}

static void acknowledged_reaches(struct stream *stream, int wanted)
{
	const int64_t until = clock_mono_ms() + 30000;

	while (atomic_load(&stream->acknowledged) < wanted && clock_mono_ms() < until)
		pause_ms(2);
	assert_true(atomic_load(&stream->acknowledged) >= wanted);
}

/* A writer in the middle of it waits and goes on; only one whose COMMIT was on the way may be told no. */
static void restarts_survive(struct fixture *fixture, int signal_number)
{
	struct stream stream = {.store = fixture->store};
	pthread_t thread;
	char name[32];

	assert_int_equal(pthread_create(&thread, NULL, stream_run, &stream), 0);
	for (int i = 0; i < 3; i++) {
		acknowledged_reaches(&stream, atomic_load(&stream.acknowledged) + 20);
		server_kill(signal_number);
		server_start();
	}
	acknowledged_reaches(&stream, atomic_load(&stream.acknowledged) + 20);
	atomic_store(&stream.may_end, true);
	pthread_join(thread, NULL);
	assert_true(stream.refused <= 3);
	for (int i = 0; i < atomic_load(&stream.acknowledged); i++) {
		snprintf(name, sizeof(name), "v%d", i);
		if (!has_value(fixture->store, name))
			fail_msg("%s was acknowledged and is gone", name);
	}
}

static void a_server_that_starts_again_is_waited_for(void **state)
{
	restarts_survive(*state, SIGINT);
}

static void a_server_that_is_killed_loses_nothing_acknowledged(void **state)
{
	restarts_survive(*state, SIGKILL);
}

/* Red when pool_give keeps a broken connection. */
static void without_a_server_everything_is_refused_and_then_goes_on(void **state)
{
	struct fixture *fixture = *state;
	int64_t begun;

	server_kill(SIGINT);
	begun = clock_mono_ms();
	assert_int_equal(store_write(fixture->store, value_set, "never"), E_STORE);
	assert_true(clock_mono_ms() - begun >= 1000); /* it was waited for */
	assert_int_equal(store_write(fixture->store, value_set, "never"), E_STORE);
	server_start();
	assert_int_equal(store_write(fixture->store, value_set, "after"), OK);
	assert_false(has_value(fixture->store, "never"));
}

/* ---- news ---- */

struct ear {
	pthread_mutex_t lock;
	char heard[4096]; /* " topic topic" */
};

static void ear_hear(void *ctx, const char *topic)
{
	struct ear *ear = ctx;

	pthread_mutex_lock(&ear->lock);
	snprintf(ear->heard + strlen(ear->heard), sizeof(ear->heard) - strlen(ear->heard), " %s", topic);
	pthread_mutex_unlock(&ear->lock);
}

static bool ear_heard(struct ear *ear, const char *topic)
{
	const int64_t until = clock_mono_ms() + 20000;
	bool heard = false;

	while (!heard && clock_mono_ms() < until) {
		pthread_mutex_lock(&ear->lock);
		heard = strstr(ear->heard, topic) != NULL;
		pthread_mutex_unlock(&ear->lock);
		if (!heard)
			pause_ms(2);
	}
	return heard;
}

static void version_leaves(struct store *store, int64_t old)
{
	const int64_t until = clock_mono_ms() + 20000;
	int64_t version = old;

	while (version == old && clock_mono_ms() < until) {
		assert_int_equal(store_version(store, &version), OK);
		pause_ms(2);
	}
	assert_true(version != old);
}

struct pair {
	struct ear ears[2];
	struct store *stores[2];
};

static void pair_open(struct pair *pair, struct fixture *fixture)
{
	pair->stores[0] = fixture->store;
	pair->stores[1] = store_at(fixture->url);
	for (int i = 0; i < 2; i++) {
		const struct store_listener listener = {ear_hear, &pair->ears[i]};

		pthread_mutex_init(&pair->ears[i].lock, NULL);
		assert_int_equal(store_listen(pair->stores[i], &listener), OK);
		version_leaves(pair->stores[i], 0); /* it listens */
	}
}

static void what_one_tells_the_other_hears_and_not_itself(void **state)
{
	struct pair pair = {0};

	pair_open(&pair, *state);
	for (int i = 0; i < 200; i++)
		store_tell(pair.stores[0], "login:often");
	store_tell(pair.stores[0], "user:last");
	assert_true(ear_heard(&pair.ears[1], "user:last"));
	assert_true(ear_heard(&pair.ears[1], "login:often"));
	store_tell(pair.stores[1], "login:back");
	assert_true(ear_heard(&pair.ears[0], "login:back"));
	assert_null(strstr(pair.ears[0].heard, "often"));
	store_close(&pair.stores[1]);
}

static void a_command_makes_every_node_look_again(void **state)
{
	struct fixture *fixture = *state;
	struct store *command = store_at(fixture->url);
	struct pair pair = {0};
	int64_t versions[2];

	pair_open(&pair, fixture);
	for (int i = 0; i < 2; i++)
		assert_int_equal(store_version(pair.stores[i], &versions[i]), OK);
	write_ok(pair.stores[0], value_set, "own");
	write_ok(command, value_set, "commanded");
	for (int i = 0; i < 2; i++)
		version_leaves(pair.stores[i], versions[i]);
	store_close(&command);
	store_close(&pair.stores[1]);
}

/* Red when link_open does not raise the version. */
static void who_was_without_news_looks_again_and_hears_on(void **state)
{
	struct pair pair = {0};
	int64_t version;

	pair_open(&pair, *state);
	assert_int_equal(store_version(pair.stores[1], &version), OK);
	server_kill(SIGINT);
	store_tell(pair.stores[0], "login:meanwhile");
	server_start();
	version_leaves(pair.stores[1], version);
	for (int i = 0; i < 2; i++)
		assert_true(store_clock_ahead(pair.stores[i]) >= -2 && store_clock_ahead(pair.stores[i]) <= 2);
	do
		store_tell(pair.stores[0], "user:after");
	while (!ear_heard(&pair.ears[1], "user:after"));
	store_close(&pair.stores[1]);
}

/* One process of the server stands still, with the line open. Red when the answer is waited for without a limit. */
static void news_go_on_when_the_server_stands_still(void **state)
{
	struct pair pair = {0};
	char first[256];
	pid_t pid;

	setenv("SYMBOLON_TEST_NEWS_MS", "500", 1);
	server_sql("SELECT COALESCE(MAX(pid), 0) FROM pg_stat_activity WHERE query LIKE '%clock_timestamp%' AND pid <> "
		   "pg_backend_pid()",
		   first);
	assert_int_equal(atoi(first), 0);
	pair_open(&pair, *state);
	server_sql("SELECT MIN(pid) FROM pg_stat_activity WHERE query LIKE '%clock_timestamp%' AND pid <> "
		   "pg_backend_pid()",
		   first);
	pid = atoi(first);
	assert_true(pid > 1);
	assert_int_equal(kill(pid, SIGSTOP), 0);
	/* whichever of the two it is: it tells, and it hears */
	do {
		store_tell(pair.stores[0], "user:one");
		store_tell(pair.stores[1], "user:other");
	} while (!ear_heard(&pair.ears[1], "user:one") || !ear_heard(&pair.ears[0], "user:other"));
	kill(pid, SIGCONT);
	unsetenv("SYMBOLON_TEST_NEWS_MS");
	store_close(&pair.stores[1]);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_budget_holds_among_many_writers, postgres_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(a_server_that_starts_again_is_waited_for, postgres_setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(a_server_that_is_killed_loses_nothing_acknowledged, postgres_setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(without_a_server_everything_is_refused_and_then_goes_on, postgres_setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(what_one_tells_the_other_hears_and_not_itself, postgres_setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(a_command_makes_every_node_look_again, postgres_setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(who_was_without_news_looks_again_and_hears_on, postgres_setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(news_go_on_when_the_server_stands_still, postgres_setup,
						fixture_teardown),
	};

	return cmocka_run_group_tests_name("store-postgres", tests, NULL, NULL);
}
