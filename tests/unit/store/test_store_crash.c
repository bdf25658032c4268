#include "fixture.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/random.h"

/*
 * A process that writes on four threads and says through a pipe what was acknowledged is killed at a random moment.
 * Then a fresh store must hold all of it. (This shows what a crash of the process does; a loss of power is not tried.)
 */
enum { KILLS = 25, CHILD_WRITERS = 4 };

static void pause_ms(long ms)
{
	nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

static enum status value_set(struct store_tx *tx, void *ctx)
{
	return store_meta_set(tx, ctx, "x");
}

struct child_writer {
	struct store *store;
	int number;
	int out;
	int64_t exit_after; /* 0: until killed */
};

struct acknowledged {
	int32_t writer, number;
};

/* Acknowledges through the pipe what store_write has said OK to, and nothing else. */
static void *child_writer_run(void *argument)
{
	struct child_writer *writer = argument;
	char name[32];

	for (int32_t i = 0;; i++) {
		const struct acknowledged done = {writer->number, i};

		snprintf(name, sizeof(name), "a%d-%d", writer->number, i);
		if (store_write(writer->store, value_set, name) != OK ||
		    write(writer->out, &done, sizeof(done)) != sizeof(done))
			_exit(3);
		if (writer->exit_after && i >= writer->exit_after)
			_exit(0);
	}
}

static void child_run(const char *url, int out, int64_t exit_after)
{
	struct store *store = store_at(url);
	struct child_writer writers[CHILD_WRITERS];
	pthread_t thread;

	for (int i = 0; i < CHILD_WRITERS; i++) {
		writers[i] = (struct child_writer){store, i, out, i == 0 ? exit_after : 0};
		pthread_create(&thread, NULL, child_writer_run, &writers[i]);
	}
	for (;;)
		pause();
}

struct ledger {
	int32_t last[CHILD_WRITERS]; /* each writes 0, 1, 2 … */
	int64_t count;
};

static struct ledger ledger_read(int in)
{
	struct ledger ledger = {.last = {-1, -1, -1, -1}};
	struct acknowledged done;

	while (read(in, &done, sizeof(done)) == sizeof(done)) {
		ledger.last[done.writer] = done.number;
		ledger.count++;
	}
	return ledger;
}

static enum status ledger_check(struct store_tx *tx, void *ctx)
{
	const struct ledger *ledger = ctx;
	const char *value = NULL;
	char name[32];

	for (int writer = 0; writer < CHILD_WRITERS; writer++) {
		for (int32_t i = 0; i <= ledger->last[writer]; i++) {
			snprintf(name, sizeof(name), "a%d-%d", writer, i);
			CHECK(store_meta_get(tx, name, &value) == OK);
		}
	}
	return OK;
}

static int64_t kill_once(const char *url, int64_t exit_after, long kill_after_ms)
{
	int pipes[2], status;
	struct ledger ledger;
	struct store *store;
	pid_t child;

	assert_int_equal(pipe(pipes), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		close(pipes[0]);
		child_run(url, pipes[1], exit_after);
	}
	close(pipes[1]);
	if (!exit_after) {
		pause_ms(kill_after_ms);
		kill(child, SIGKILL);
	}
	ledger = ledger_read(pipes[0]);
	close(pipes[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(exit_after ? WIFEXITED(status) && WEXITSTATUS(status) == 0 : WIFSIGNALED(status));
	store = store_at(url);
	read_ok(store, ledger_check, &ledger);
	assert_int_equal(store_check(store, NULL), OK);
	store_close(&store);
	return ledger.count;
}

static void fresh_kill(int64_t exit_after, long kill_after_ms, int64_t *acknowledged)
{
	char folder[64], url[128];

	folder_make(folder);
	snprintf(url, sizeof(url), "sqlite:%s/test.db", folder);
	*acknowledged += kill_once(url, exit_after, kill_after_ms);
	folder_remove(folder);
}

/* Red when the leader tells its batch before it commits. */
static void what_was_acknowledged_survives_kill_9(void **state)
{
	int64_t acknowledged = 0;

	for (int i = 0; i < KILLS; i++)
		fresh_kill(0, 60 + (long)random_below(&random_system, 240), &acknowledged);
	assert_true(acknowledged > 0);
	print_message("%d kills, %lld writes acknowledged, none lost\n", KILLS, (long long)acknowledged);
}

static void what_was_acknowledged_survives_an_abrupt_exit(void **state)
{
	int64_t acknowledged = 0;

	for (int i = 0; i < 5; i++)
		fresh_kill(1 + i * 20, 0, &acknowledged);
	assert_true(acknowledged > 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_acknowledged_survives_kill_9),
		cmocka_unit_test(what_was_acknowledged_survives_an_abrupt_exit),
	};

	return cmocka_run_group_tests_name("store-crash", tests, NULL, NULL);
}
