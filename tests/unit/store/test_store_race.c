#include "fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * Everything that may happen once, tried by eight at the same time on one row: exactly one gets OK and seven get
 * E_CONFLICT. The eight are threads on two stores (two connections that write the same file), then processes.
 *
 * Each line names the mutation that turns it red.
 */
enum { RACERS = 8, ROUNDS = 12, PROCESSES = 4, PROCESS_ROUNDS = 40 };

struct attempt {
	int round;
	int racer;
};

static const char *name_of(struct store_tx *tx, const char *kind, int round)
{
	return arena_format(store_tx_arena(tx), "%s-%d", kind, round);
}

/* ---- what is prepared for a round, and what each racer then tries ---- */

static enum status grant_prepare(struct store_tx *tx, int round)
{
	const struct grant_row row = grant_row_of(name_of(tx, "grant", round), "demo");

	return store_grant_insert(tx, &row);
}

static enum status grant_try(struct store_tx *tx, const struct attempt *attempt)
{
	return store_grant_redeem(tx, name_of(tx, "grant", attempt->round), NOW);
}

static enum status challenge_prepare(struct store_tx *tx, int round)
{
	struct challenge_row row = challenge_row_of(name_of(tx, "challenge", round), "demo");

	row.hidden = true; /* so that rounds do not stand in each other's way */
	return store_challenge_insert(tx, &row);
}

static enum status challenge_try(struct store_tx *tx, const struct attempt *attempt)
{
	const struct challenge_settle settle = {.to = attempt->racer % 2 ? "approved" : "denied", .now = NOW};

	return store_challenge_settle(tx, name_of(tx, "challenge", attempt->round), "pending", &settle, NOW);
}

static enum status totp_prepare(struct store_tx *tx, int round)
{
	const struct totp_row row = totp_row_of(name_of(tx, "totp", round), "demo");

	return store_totp_insert(tx, &row);
}

static enum status totp_try(struct store_tx *tx, const struct attempt *attempt)
{
	return store_totp_use_step(tx, name_of(tx, "totp", attempt->round), 50, NOW);
}

static enum status recovery_prepare(struct store_tx *tx, int round)
{
	const struct recovery_row row = recovery_row_of(name_of(tx, "recovery", round), "demo");

	return store_recovery_insert(tx, &row);
}

static enum status recovery_try(struct store_tx *tx, const struct attempt *attempt)
{
	return store_recovery_use(tx, name_of(tx, "recovery", attempt->round), NOW);
}

static enum status pass_prepare(struct store_tx *tx, int round)
{
	const char *id = name_of(tx, "pass", round);
	const struct user_row user = user_row_of(name_of(tx, "guest", round));
	const struct pass_row row = {.id = id, .user_id = user.id, .created_at = NOW, .expires_at = NOW + 100};

	TRY(store_user_insert(tx, &user));
	return store_pass_insert(tx, &row);
}

static enum status pass_try(struct store_tx *tx, const struct attempt *attempt)
{
	return store_pass_use(tx, name_of(tx, "pass", attempt->round), NOW);
}

static enum status nothing_prepare(struct store_tx *tx, int round)
{
	return OK;
}

static enum status replay_try(struct store_tx *tx, const struct attempt *attempt)
{
	return store_replay_insert(tx, "jti", name_of(tx, "replay", attempt->round), NOW + 60);
}

static enum status browser_prepare(struct store_tx *tx, int round)
{
	const struct browser_row row = browser_row_of(name_of(tx, "browser", round), "demo");

	return store_browser_insert(tx, &row);
}

static enum status browser_try(struct store_tx *tx, const struct attempt *attempt)
{
	const char *id = name_of(tx, "browser", attempt->round);
	uint8_t old_hash[32], new_hash[32];

	hash_of(id, old_hash);
	hash_of(name_of(tx, "new", attempt->racer), new_hash);
	return store_browser_rotate(tx, id, old_hash, new_hash, NOW);
}

static enum status pending_prepare(struct store_tx *tx, int round)
{
	const struct user_row row = user_row_of(name_of(tx, "user", round));

	return store_user_insert(tx, &row);
}

static enum status pending_try(struct store_tx *tx, const struct attempt *attempt)
{
	const char *id = name_of(tx, "pending", attempt->round * RACERS + attempt->racer);
	const struct challenge_row row = challenge_row_of(id, name_of(tx, "user", attempt->round));

	return store_challenge_insert(tx, &row);
}

static enum status login_prepare(struct store_tx *tx, int round)
{
	const struct login_row row = login_row_of(name_of(tx, "login", round), "demo");

	return store_login_insert(tx, &row);
}

static enum status login_try(struct store_tx *tx, const struct attempt *attempt)
{
	const struct login_row row = login_row_of(name_of(tx, "login", attempt->round), "demo");

	return store_login_update(tx, &row);
}

static enum status enrolment_prepare(struct store_tx *tx, int round)
{
	const struct enrolment_row row = enrolment_row_of(name_of(tx, "enrolment", round), "demo");

	return store_enrolment_insert(tx, &row);
}

static enum status enrolment_try(struct store_tx *tx, const struct attempt *attempt)
{
	return store_enrolment_move(tx, name_of(tx, "enrolment", attempt->round), "open", "confirm",
				    name_of(tx, "device", attempt->racer), "123456");
}

static enum status code_try(struct store_tx *tx, const struct attempt *attempt)
{
	return store_enrolment_take_code(tx, name_of(tx, "enrolment", attempt->round));
}

static enum status session_prepare(struct store_tx *tx, int round)
{
	const struct session_row row = session_row_of(name_of(tx, "session", round), "demo");

	return store_session_insert(tx, &row);
}

static enum status session_try(struct store_tx *tx, const struct attempt *attempt)
{
	return store_session_end(tx, name_of(tx, "session", attempt->round), NOW);
}

static enum status device_prepare(struct store_tx *tx, int round)
{
	const struct device_row row = device_row_of(name_of(tx, "phone", round), "demo");

	return store_device_insert(tx, &row);
}

static enum status report_try(struct store_tx *tx, const struct attempt *attempt)
{
	return store_device_report(tx, name_of(tx, "phone", attempt->round), NOW, 86400);
}

static enum status outbox_prepare(struct store_tx *tx, int round)
{
	const struct device_row device = device_row_of(name_of(tx, "sends", round), "demo");
	const struct outbox_row row = {.id = name_of(tx, "message", round),
				       .kind = "test",
				       .device_id = device.id,
				       .subject_id = "x",
				       .not_before = NOW + round * 100,
				       .expires_at = NOW + round * 100 + 100};

	TRY(store_device_insert(tx, &device));
	return store_outbox_insert(tx, &row);
}

static enum status claim_try(struct store_tx *tx, const struct attempt *attempt)
{
	const int64_t now = NOW + attempt->round * 100; /* when only that round's message is neither early nor over */
	const struct outbox_claim claim = {.by = name_of(tx, "node", attempt->racer),
					   .now = now,
					   .until = now + 50,
					   .limit = 9};
	const char **ids = NULL;
	size_t count = 0;

	TRY(store_outbox_claim(tx, &claim, &ids, &count));
	return count > 0 ? OK : E_CONFLICT;
}

struct race {
	const char *name;
	enum status (*prepare)(struct store_tx *tx, int round);
	enum status (*attempt)(struct store_tx *tx, const struct attempt *attempt);
};

static const struct race races[] = {
	{"redeem", grant_prepare, grant_try},                 /* without AND redeemed_at = 0 */
	{"settle", challenge_prepare, challenge_try},         /* without AND state = ?2 */
	{"use_step", totp_prepare, totp_try},                 /* without AND last_step < ?2 */
	{"recovery_use", recovery_prepare, recovery_try},     /* without AND used_at = 0 */
	{"pass_use", pass_prepare, pass_try},                 /* without AND used_at = 0 */
	{"replay_insert", nothing_prepare, replay_try},       /* DO UPDATE instead of DO NOTHING */
	{"browser_rotate", browser_prepare, browser_try},     /* without AND token_hash = ?2 */
	{"challenge_insert", pending_prepare, pending_try},   /* without the index challenges_one_pending */
	{"login_update", login_prepare, login_try},           /* without AND version = ?2 - 1 */
	{"enrolment_move", enrolment_prepare, enrolment_try}, /* without AND state = ?2 */
	{"take_code", enrolment_prepare, code_try},           /* without AND code_taken = 0 */
	{"session_end", session_prepare, session_try},        /* without AND ended_at = 0 */
	{"device_report", device_prepare, report_try},        /* without AND reported_at <= ?3 */
	{"outbox_claim", outbox_prepare, claim_try},          /* without both not_before <= ?3 */
};

/* ---- threads ---- */

struct racer {
	const struct race *race;
	struct attempt attempt;
	struct store *store;
	pthread_barrier_t *start;
	enum status status;
};

static enum status racer_write(struct store_tx *tx, void *ctx)
{
	const struct racer *racer = ctx;

	return racer->race->attempt(tx, &racer->attempt);
}

static enum status racer_prepare(struct store_tx *tx, void *ctx)
{
	const struct racer *racer = ctx;

	return racer->race->prepare(tx, racer->attempt.round);
}

static void *racer_run(void *argument)
{
	struct racer *racer = argument;

	pthread_barrier_wait(racer->start);
	racer->status = store_write(racer->store, racer_write, racer);
	return NULL;
}

static void round_run(const struct race *race, int round, struct store *const stores[2])
{
	struct racer racers[RACERS];
	pthread_t threads[RACERS];
	pthread_barrier_t start;
	int ok = 0, conflict = 0;

	racers[0] = (struct racer){.race = race, .attempt = {.round = round}};
	write_ok(stores[0], racer_prepare, &racers[0]);
	pthread_barrier_init(&start, NULL, RACERS);
	for (int i = 0; i < RACERS; i++) {
		racers[i] = (struct racer){race, {round, i}, stores[i % 2], &start, E_IO};
		assert_int_equal(pthread_create(&threads[i], NULL, racer_run, &racers[i]), 0);
	}
	for (int i = 0; i < RACERS; i++) {
		pthread_join(threads[i], NULL);
		ok += racers[i].status == OK;
		conflict += racers[i].status == E_CONFLICT;
	}
	pthread_barrier_destroy(&start);
	if (ok != 1 || conflict != RACERS - 1)
		fail_msg("%s: %d OK and %d E_CONFLICT of %d", race->name, ok, conflict, RACERS);
}

static void of_eight_threads_on_two_stores_exactly_one_wins(void **state)
{
	struct fixture *fixture = *state;
	struct store *stores[2] = {fixture->store, store_at(fixture->url)};

	for (size_t i = 0; i < ARRAY_COUNT(races); i++) {
		for (int round = 0; round < ROUNDS; round++)
			round_run(&races[i], (int)i * 1000 + round, stores);
	}
	store_close(&stores[1]);
}

static void on_postgres_of_eight_threads_exactly_one_wins(void **state)
{
	of_eight_threads_on_two_stores_exactly_one_wins(state);
}

/* Once is a condition or a unique key, not an isolation level. */
static void on_postgres_exactly_one_wins_without_serializable_too(void **state)
{
	setenv("SYMBOLON_TEST_READ_COMMITTED", "1", 1);
	of_eight_threads_on_two_stores_exactly_one_wins(state);
	unsetenv("SYMBOLON_TEST_READ_COMMITTED");
}

/* ---- processes ---- */

/* Waits for the start, tries every round, and says how often it got OK, or 255. */
static void process_run(const struct race *race, const char *url, int racer, int start)
{
	const struct store_settings settings = {.url = url};
	struct store *store = NULL;
	char go;
	int ok = 0;

	if (store_open(&settings, &store, NULL) != OK || read(start, &go, 1) != 0)
		_exit(255);
	for (int round = 0; round < PROCESS_ROUNDS; round++) {
		struct racer one = {.race = race, .attempt = {100000 + round, racer}};
		const enum status status = store_write(store, racer_write, &one);

		if (status != OK && status != E_CONFLICT)
			_exit(255);
		ok += status == OK;
	}
	store_close(&store);
	_exit(ok);
}

static enum status rounds_prepare(struct store_tx *tx, void *ctx)
{
	const struct race *race = ctx;

	for (int round = 0; round < PROCESS_ROUNDS; round++)
		TRY(race->prepare(tx, 100000 + round));
	return OK;
}

static void processes_race(const struct race *race, const char *url)
{
	pid_t children[PROCESSES];
	int start[2], total = 0, status;

	assert_int_equal(pipe(start), 0);
	for (int i = 0; i < PROCESSES; i++) {
		children[i] = fork();
		assert_true(children[i] >= 0);
		if (children[i] == 0) {
			close(start[1]);
			process_run(race, url, i, start[0]);
		}
	}
	close(start[0]);
	close(start[1]); /* end of file for all: go */
	for (int i = 0; i < PROCESSES; i++) {
		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) != 255);
		total += WEXITSTATUS(status);
	}
	if (total != PROCESS_ROUNDS)
		fail_msg("%s: %d OK in %d rounds", race->name, total, PROCESS_ROUNDS);
}

/* No store is open in this process while it forks. */
static void of_four_processes_exactly_one_wins(void **state)
{
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_COUNT(races); i++) {
		struct store *store = NULL;

		if (strcmp(races[i].name, "take_code") == 0) /* its rows are enrolment_move's */
			continue;
		store_close(&fixture->store);
		store = store_at(fixture->url);
		write_ok(store, rounds_prepare, (void *)(uintptr_t)&races[i]);
		store_close(&store);
		processes_race(&races[i], fixture->url);
		fixture->store = store_at(fixture->url);
	}
}

static void on_postgres_of_four_processes_exactly_one_wins(void **state)
{
	of_four_processes_exactly_one_wins(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(of_eight_threads_on_two_stores_exactly_one_wins, disk_setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(on_postgres_of_eight_threads_exactly_one_wins, postgres_setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(on_postgres_exactly_one_wins_without_serializable_too, postgres_setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(of_four_processes_exactly_one_wins, disk_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(on_postgres_of_four_processes_exactly_one_wins, postgres_setup,
						fixture_teardown),
	};

	return cmocka_run_group_tests_name("store-race", tests, NULL, NULL);
}
