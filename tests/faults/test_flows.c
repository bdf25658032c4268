/*
 * Every flow with every fault at its n-th operation.
 *
 * Mutations, each of which turned it red: a COMMIT's failure ignored; only the writer that failed told of a batch's
 * failure; connection_is_lost false; no ROLLBACK TO SAVEPOINT; connection_clear without its rollback (memory);
 * synchronous = NORMAL (power); a step of a code, or a recovery code, not used up; `redeemed_at = 0` not asked;
 * sessions left to a disabled user, or after "It's not me"; any number approved; keys turned only in part.
 *
 *   test-faults-flows [RUNS|all|@N|@N+] [disk|memory|openssl|every] [PATTERN]
 *   test-faults-flows names                  the flows
 *
 * RUNS: so many n for each flow and fault, evenly spread from a random beginning; all: each n, until the flow meets no
 * fault any more; @N: only the N-th operation (and with + all after it), its stack printed. FAULTS_SEED repeats a run.
 */
#include "scene.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sanitizer/asan_interface.h>
#include <sanitizer/lsan_interface.h>

#include "base/log.h"

enum { RUNS = 3, RUN_SECONDS = 120, LEAKS_EVERY = 500 };

static unsigned runs_wanted = RUNS; /* 0: all */
static unsigned one;                /* the only one */
static bool one_lasting;
static uint64_t draw;
static struct scene_of_faults *scene;
static char doing[256];
static char folder[] = "/dev/shm/symbolon-faults-XXXXXX";

struct test_case {
	const struct flow *flow;
	enum fault_kind kind;
	char name[96];
};

/* ---- a crash says where ---- */

static void say_where(void)
{
	write(STDERR_FILENO, doing, strlen(doing));
}

static void on_signal(int number)
{
	say_where();
	signal(number, SIG_DFL);
	raise(number);
}

static void silence(void *ctx, const char *line)
{
	(void)ctx;
	(void)line;
}

/* ---- runs ---- */

struct tally {
	unsigned runs, refused, ended, misses, most;
};

static void run_one(const struct test_case *test, struct fault fault, struct tally *tally)
{
	struct outcome outcome;

	snprintf(doing, sizeof(doing), "\n*** %s, %u%s\n", test->name, fault.n,
		 fault.lasting ? " and all after it" : "");
	alarm(RUN_SECONDS);
	outcome = scene_run(scene, test->flow, fault, draw + fault.n * 0x9e3779b97f4a7c15u);
	alarm(0);
	*doing = '\0';
	if (outcome.problem)
		fail_msg("operation %u%s: %s", fault.n, fault.lasting ? " and all after it" : "", outcome.problem);
	tally->runs++;
	tally->refused += outcome.was_refused;
	tally->misses = outcome.was_hit ? 0 : tally->misses + 1;
	tally->most = outcome.passed > tally->most ? outcome.passed : tally->most;
	if (tally->runs % LEAKS_EVERY == 0)
		assert_false(__lsan_do_recoverable_leak_check());
}

/*
 * Our code ends the process when OpenSSL has no memory for a hash (crypto/hash.c): there is no safe way on. So each run
 * is a process of its own, and one that ended itself must have left a database that passes. OpenSSL's own leaks after a
 * failure are not looked for.
 */
enum { CHILD_REFUSED = 10, CHILD_OK, CHILD_MISSED, CHILD_WRONG };

static int child_run(const struct test_case *test, struct fault fault)
{
	struct outcome outcome;

	signal(SIGABRT, SIG_DFL);
	outcome = scene_run(scene, test->flow, fault, draw);
	if (outcome.problem) {
		print_error("%s, %u: %s\n", test->name, fault.n, outcome.problem);
		return CHILD_WRONG;
	}
	if (!outcome.was_hit)
		return CHILD_MISSED;
	return outcome.was_refused ? CHILD_REFUSED : CHILD_OK;
}

static void run_apart(const struct test_case *test, struct fault fault, struct tally *tally)
{
	const char *wrong = NULL;
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		alarm(RUN_SECONDS);
		_exit(child_run(test, fault));
	}
	assert_true(child > 0 && waitpid(child, &status, 0) == child);
	tally->runs++;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT) {
		tally->ended++;
		wrong = scene_left(scene);
	} else if (!WIFEXITED(status) || WEXITSTATUS(status) < CHILD_REFUSED || WEXITSTATUS(status) == CHILD_WRONG) {
		wrong = "it crashed, or granted what must not be";
	}
	if (wrong)
		fail_msg("operation %u%s: %s (%x)", fault.n, fault.lasting ? " and all after it" : "", wrong,
			 (unsigned)status);
	tally->refused += WIFEXITED(status) && WEXITSTATUS(status) == CHILD_REFUSED;
	tally->misses = WIFEXITED(status) && WEXITSTATUS(status) == CHILD_MISSED ? tally->misses + 1 : 0;
}

static void run_any(const struct test_case *test, struct fault fault, struct tally *tally)
{
	if (test->kind == FAULT_OPENSSL)
		run_apart(test, fault, tally);
	else
		run_one(test, fault, tally);
}

static unsigned operations_of(const struct test_case *test)
{
	const struct fault never = {.kind = test->kind, .n = UINT32_MAX};
	struct tally tally = {0};

	run_one(test, never, &tally);
	return tally.most;
}

static void run_sample(const struct test_case *test, unsigned count, struct tally *tally)
{
	const unsigned step = count / runs_wanted + 1, from = (unsigned)(draw >> 32) % step;

	for (unsigned n = from, i = 0; n < count; n += step, i++)
		run_any(test, (struct fault){test->kind, (draw + i) % 2, n + 1}, tally);
}

/* Threads make the number of operations vary a little: done when twice nothing was met. */
static void run_every(const struct test_case *test, bool lasting, struct tally *tally)
{
	tally->misses = 0;
	for (unsigned n = 1; tally->misses < 2; n++)
		run_any(test, (struct fault){test->kind, lasting, n}, tally);
}

static void faults_do_no_harm(void **state)
{
	const struct test_case *test = *state;
	const unsigned count = operations_of(test);
	struct tally tally = {0};

	if (faults_traced)
		run_any(test, (struct fault){test->kind, one_lasting, one}, &tally);
	else if (runs_wanted)
		run_sample(test, count, &tally);
	else
		for (int lasting = 0; lasting < 2; lasting++)
			run_every(test, lasting, &tally);
	print_message("%-44s %6u operations %6u faults %6u refused", test->name, count, tally.runs, tally.refused);
	if (tally.ended)
		print_message(" %6u ended the process", tally.ended);
	print_message("\n");
	assert_false(__lsan_do_recoverable_leak_check());
}

static int doing_say(void **state)
{
	(void)state;
	faults_disarm();
	alarm(0);
	say_where();
	*doing = '\0';
	return 0;
}

/* ---- the group ---- */

static int group_begin(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	scene = scene_make(folder);
	log_sink_set(silence, NULL);
	return 0;
}

static int group_end(void **state)
{
	(void)state;
	scene_free(&scene);
	return rmdir(folder);
}

static size_t tests_make(struct test_case *cases, struct CMUnitTest *tests, const char *part)
{
	const enum fault_kind first = strcmp(part, "openssl") == 0  ? FAULT_OPENSSL
				      : strcmp(part, "memory") == 0 ? FAULT_MEMORY
								    : FAULT_WRITE;
	const enum fault_kind last = strcmp(part, "disk") == 0     ? FAULT_POWER
				     : strcmp(part, "memory") == 0 ? FAULT_MEMORY
								   : FAULT_OPENSSL;
	size_t count = 0;

	for (size_t i = 0; i < flow_count; i++)
		for (enum fault_kind kind = first; kind <= last; kind++, count++) {
			struct test_case *test = &cases[count];

			*test = (struct test_case){.flow = &flows[i], .kind = kind};
			snprintf(test->name, sizeof(test->name), "%s: %s", flows[i].name, fault_name(kind));
			tests[count] = (struct CMUnitTest){.name = test->name,
							   .test_func = faults_do_no_harm,
							   .teardown_func = doing_say,
							   .initial_state = test};
		}
	return count;
}

int main(int argc, char **argv)
{
	static struct test_case cases[16 * FAULT_KINDS];
	static struct CMUnitTest tests[16 * FAULT_KINDS];
	const char *seed = getenv("FAULTS_SEED");
	size_t count;

	if (argc > 1 && strcmp(argv[1], "names") == 0) {
		for (size_t i = 0; i < flow_count; i++)
			puts(flows[i].name);
		return 0;
	}
	disk_shim();
	__asan_set_death_callback(say_where);
	signal(SIGABRT, on_signal);
	signal(SIGALRM, on_signal);
	if (argc > 1)
		runs_wanted = strcmp(argv[1], "all") == 0 ? 0 : (unsigned)strtoul(argv[1], NULL, 10);
	if (argc > 1 && argv[1][0] == '@') {
		one = (unsigned)strtoul(argv[1] + 1, NULL, 10);
		one_lasting = strchr(argv[1], '+') != NULL;
		faults_traced = true;
	}
	if (argc > 3)
		cmocka_set_test_filter(argv[3]);
	random_fill(&random_system, &draw, sizeof(draw));
	if (seed)
		draw = strtoull(seed, NULL, 16);
	print_message("FAULTS_SEED=%llx, %s\n", (unsigned long long)draw, runs_wanted ? "a sample" : "every operation");
	assert_true(flow_count * FAULT_KINDS <= ARRAY_COUNT(tests));
	count = tests_make(cases, tests, argc > 2 ? argv[2] : "every");
	return _cmocka_run_group_tests("faults", tests, count, group_begin, group_end);
}
