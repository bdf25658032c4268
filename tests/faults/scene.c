#include "scene.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "store/sql.h"

enum { PATH_SIZE = 128, RUN_MEMORY = 64 << 20, LATER_S = 1800 };

static const char organisation[] =
	"issuer: https://id.example.org\n"
	"policy:\n"
	"  default: { ask: [password, \"push:enter:6 | totp | recovery\"] }\n"
	"  rules:\n"
	"    - { name: confirm, when: { client: wiki }, ask: [password, \"push:confirm\"] }\n"
	"    - { name: choose, when: { client: choose }, ask: [password, \"push:choose:2\"] }\n"
	"    - { name: enter, when: { client: enter }, ask: [password, \"push:enter:2\"] }\n"
	"    - { name: codes, when: { client: codes }, ask: [password, \"totp | recovery\"] }\n"
	"    - { name: wrong, when: { client: other }, ask: [password, \"totp | push:enter:2\"] }\n";

struct scene_of_faults {
	struct core_test *test;
	struct arena *arena;
	struct phone phone;
	struct codes app;
	char recovery[RECOVERY_CODES][RECOVERY_CODE_SIZE];
	char begin[PATH_SIZE], work[PATH_SIZE], left[PATH_SIZE]; /* databases */
};

/* The client "codes" gets a secret that the test knows. */
static enum status secret_set(struct store_tx *tx, void *ctx)
{
	uint8_t hash[32];

	token_hash(ctx, hash);
	return sql_run(tx, SQL("UPDATE clients SET secret_hash = ?1 WHERE id = 'codes'", sql_hash(hash)), NULL);
}

struct scene_of_faults *scene_make(const char *folder)
{
	struct scene_of_faults *scene = calloc(1, sizeof(*scene));
	char url[PATH_SIZE + 8];
	struct core_test *test;

	assert_non_null(scene);
	snprintf(scene->begin, PATH_SIZE, "%s/begin.db", folder);
	snprintf(scene->work, PATH_SIZE, "%s/work.db", folder);
	snprintf(scene->left, PATH_SIZE, "%s/left.db", folder);
	snprintf(url, sizeof(url), "sqlite:%s", scene->begin);
	scene->test = test = core_make(url, organisation);
	scene->arena = test->arena;
	phone_make(test, test->user_id, &scene->phone);
	totp_make(test, test->user_id, &scene->app);
	IS(recovery_issue(&test->core, test->user_id, test->now, scene->recovery), OK);
	write_now(test, secret_set, (void *)(uintptr_t)test->settings.issuer);
	keyring_close(&test->core.keyring);
	store_close(&test->core.store);
	return scene;
}

static void database_remove(const char *path)
{
	static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
	char name[PATH_SIZE + 16];

	for (size_t i = 0; i < ARRAY_COUNT(endings); i++) {
		snprintf(name, sizeof(name), "%s%s", path, endings[i]);
		unlink(name);
	}
}

void scene_free(struct scene_of_faults **scene)
{
	struct scene_of_faults *gone = *scene;
	void *test = gone->test;

	if (gone->test->arena != gone->arena)
		arena_free(gone->test->arena);
	gone->test->arena = gone->arena;
	database_remove(gone->begin);
	database_remove(gone->work);
	database_remove(gone->left);
	core_teardown(&test);
	free(gone);
	*scene = NULL;
}

/* ---- one run ---- */

static void store_up(struct run *run, const char *path)
{
	struct core *core = &run->test->core;
	const char *url = arena_format(run->test->arena, "sqlite:%s", path);
	const struct store_settings settings = {.url = url, .readers = 2};
	char problem[256] = "";

	if (STEP(run, store_open(&settings, &core->store, problem)))
		(void)STEP(run, keyring_open(core->store, &core->keyring));
}

static void store_down(struct run *run, bool with_faults)
{
	if (with_faults)
		faults_arm();
	keyring_close(&run->test->core.keyring);
	store_close(&run->test->core.store);
	faults_disarm();
}

static void left_behind(struct scene_of_faults *scene, struct fault fault, uint64_t draw)
{
	char from[PATH_SIZE + 16], to[PATH_SIZE + 16];

	database_remove(scene->left);
	if (fault.kind == FAULT_POWER) {
		disk_image(scene->left, draw);
		return;
	}
	snprintf(from, sizeof(from), "%s-wal", scene->work);
	snprintf(to, sizeof(to), "%s-wal", scene->left);
	file_copy(scene->work, scene->left);
	file_copy(from, to);
}

static void look(struct run *run, const char *path, const char *when)
{
	const char *wrong = oracle(run, path);

	if (wrong)
		must_not(run, true, arena_format(run->test->arena, "%s: %s", when, wrong));
}

static bool is_up(const struct run *run)
{
	return run->test->core.store && run->test->core.keyring;
}

/* Later, without faults, it succeeds. */
static void again(struct run *run, const struct flow *flow)
{
	faults_set((struct fault){0});
	run->is_faulty = false;
	run->failed = NULL;
	run->attempt++;
	run->test->now += LATER_S;
	promises_end(run);
	if (is_up(run))
		flow->run(run);
	must_not(run, run->failed != NULL, "it cannot be done again");
}

static void run_all(struct run *run, struct scene_of_faults *scene, const struct flow *flow, struct fault fault,
		    uint64_t draw, struct outcome *outcome)
{
	const bool is_power = fault.kind == FAULT_POWER, restarts = is_power || fault.lasting;
	const char *path = is_power ? scene->left : scene->work;

	store_up(run, scene->work);
	if (is_up(run))
		flow->run(run);
	outcome->was_refused = run->failed != NULL;
	if (is_power)
		store_down(run, true); /* the log is brought into the database: the power may go then, too */
	if (fault.kind != FAULT_MEMORY && fault.kind != FAULT_OPENSSL) { /* these leave the disk as it is */
		left_behind(scene, fault, draw);
		look(run, scene->left, is_power ? "after the power was lost" : "after the process was killed");
	}
	if (restarts || !is_up(run)) {
		store_down(run, true);
		outcome->was_hit = faults_hits() > 0;
		outcome->passed = faults_count(fault_operations(fault.kind));
		faults_set((struct fault){0});
		look(run, path, "after the restart");
		run->is_faulty = false;
		store_up(run, path);
	} else {
		look(run, path, "while it runs");
		outcome->was_hit = faults_hits() > 0;
		outcome->passed = faults_count(fault_operations(fault.kind));
	}
	if (!run->problem)
		again(run, flow);
	store_down(run, false);
	look(run, path, "after it was done again");
}

/* The test itself may have left the run before in the middle. */
static void arena_begin(struct scene_of_faults *scene)
{
	faults_disarm();
	keyring_close(&scene->test->core.keyring);
	store_close(&scene->test->core.store);
	if (scene->test->arena != scene->arena)
		arena_free(scene->test->arena);
	scene->test->arena = arena_new(RUN_MEMORY);
}

struct outcome scene_run(struct scene_of_faults *scene, const struct flow *flow, struct fault fault, uint64_t draw)
{
	struct core_test *test = scene->test;
	struct run run = {.test = test,
			  .phone = &scene->phone,
			  .app = &scene->app,
			  .recovery = (const char(*)[RECOVERY_CODE_SIZE])scene->recovery,
			  .is_faulty = fault.kind != FAULT_NONE};
	struct outcome outcome = {0};

	arena_begin(scene);
	database_remove(scene->work);
	file_copy(scene->begin, scene->work);
	test->random = random_seed(&test->seeded, 1001);
	test->now = CORE_NOW + LATER_S;
	if (fault.kind == FAULT_POWER)
		disk_remember(scene->work);
	faults_set(fault);
	run_all(&run, scene, flow, fault, draw, &outcome);
	disk_forget();
	outcome.problem = run.problem ? arena_format(test->arena, "%s%s%s", run.problem, run.failed ? "; failed: " : "",
						     run.failed ? run.failed : "")
				      : NULL;
	return outcome;
}

const char *scene_left(struct scene_of_faults *scene)
{
	struct run run = {.test = scene->test, .failed_finishes = UINT_MAX};

	arena_begin(scene);
	return oracle(&run, scene->work);
}
