#ifndef TESTS_FAULTS_SCENE_H
#define TESTS_FAULTS_SCENE_H

#include "../unit/core/core_fixture.h"
#include "core/grant.h"
#include "core/keyring.h"
#include "faults.h"

/*
 * A core on a database on disk that is the same at the beginning of each run: demo with a password, a phone, codes of
 * an app and recovery codes, and clients that ask for each of them. A flow is what somebody does there, step by step,
 * with one fault somewhere; the ledger is what somebody was told on the way.
 */
enum { PROMISES_MAX = 32 };

struct run {
	struct core_test *test; /* its arena is the run's */
	struct phone *phone;
	struct codes *app;
	const char (*recovery)[RECOVERY_CODE_SIZE];
	unsigned attempt;   /* 0 with the fault, then again without */
	bool is_faulty;     /* with a fault: steps may fail */
	const char *failed; /* the step that did, or NULL */
	unsigned failed_finishes;
	struct {
		const char *what, *sql; /* holds when the result is 1 */
	} promises[PROMISES_MAX];
	size_t promise_count;
	const char *held[16]; /* session tokens and codes that the browser was told */
	size_t held_count;
	const char *problem; /* what must not be: the run fails */
};

/*
 * One call of the product, with faults; true when it said OK. When it did not, and there was no fault, the run fails.
 * Everything else in a flow is the test's own work and meets no fault.
 */
#define STEP(run_, call_) step_done((run_), #call_, (faults_arm(), (call_)))
bool step_done(struct run *run, const char *call, enum status status);

/* Must hold from now on, whatever fails: after OK, what was granted; before a try, what must never be granted. */
void promise(struct run *run, const char *what, const char *sql_format, ...) __attribute__((format(printf, 3, 4)));
/* What was promised may be undone from now on. */
void promises_end(struct run *run);
void must_not(struct run *run, bool wrong, const char *problem);
const char *hash_text(struct run *run, const char *token); /* of a token, in hex, as SQL has it: x'…' */

struct flow {
	const char *name;
	void (*run)(struct run *run);
};
void flow_together(struct run *run);
extern const struct flow flows[];
extern const size_t flow_count;

/*
 * The database that each run begins with, made once in this folder; `scene_free` gives the folder back empty.
 */
struct scene_of_faults *scene_make(const char *folder);
void scene_free(struct scene_of_faults **scene);
struct outcome {
	bool was_hit;
	bool was_refused;    /* a step did not say OK */
	unsigned passed;     /* operations of the fault's kind */
	const char *problem; /* NULL: nothing that must not be; until the next run */
};
/*
 * One flow with one fault, from the opening of the database to its closing. Then:
 *   - what a process that was killed now (FAULT_POWER: a machine that stopped) leaves behind passes the oracle;
 *   - the flow is done again without faults and succeeds: with a single fault on the store as it is, with a lasting
 *     one after a restart, with FAULT_POWER on what was left behind;
 *   - the database that comes of all this passes the oracle.
 */
struct outcome scene_run(struct scene_of_faults *scene, const struct flow *flow, struct fault fault, uint64_t draw);

/* What is wrong with the database that a run left which did not come back (what it was told is not known), or NULL. */
const char *scene_left(struct scene_of_faults *scene);

/* The first thing that is wrong with the database, or NULL. */
const char *oracle(struct run *run, const char *path);

#endif
