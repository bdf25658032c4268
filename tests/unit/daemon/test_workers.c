#include "cmocka_all.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "daemon/workers.h"

#define JOBS 2000

struct gate {
	sem_t arrived, open;
	atomic_int done;
};

static void gate_init(struct gate *gate)
{
	sem_init(&gate->arrived, 0, 0);
	sem_init(&gate->open, 0, 0);
	atomic_init(&gate->done, 0);
}

static void wait_at(void *ctx)
{
	struct gate *gate = ctx;

	sem_post(&gate->arrived);
	sem_wait(&gate->open);
	atomic_fetch_add(&gate->done, 1);
}

static void count(void *ctx)
{
	atomic_fetch_add((atomic_int *)ctx, 1);
}

/* Mutation: `count < max - reserved` without the reserve lets the fourth stranger in. */
static void strangers_leave_the_reserved_places_free(void **state)
{
	struct workers *workers = NULL;
	struct gate gate;

	gate_init(&gate);
	assert_int_equal(workers_new(1, 4, 1, &workers), OK);
	assert_int_equal(workers_submit(workers, false, wait_at, &gate), OK);
	sem_wait(&gate.arrived); /* the only thread is busy: what follows is queued */
	for (int i = 0; i < 3; i++)
		assert_int_equal(workers_submit(workers, false, count, &gate.done), OK);
	assert_int_equal(workers_submit(workers, false, count, &gate.done), E_BUSY);
	assert_int_equal(workers_submit(workers, true, count, &gate.done), OK);
	assert_int_equal(workers_submit(workers, true, count, &gate.done), E_BUSY);
	assert_int_equal(workers_waiting(workers), 4);
	sem_post(&gate.open);
	workers_stop(workers);
	assert_int_equal(atomic_load(&gate.done), 5);
	workers_free(&workers);
	assert_null(workers);
}

static void a_stopping_pool_finishes_what_it_took_and_takes_no_more(void **state)
{
	struct workers *workers = NULL;
	atomic_int done = 0;

	assert_int_equal(workers_new(4, JOBS, 0, &workers), OK);
	for (int i = 0; i < JOBS; i++)
		assert_int_equal(workers_submit(workers, false, count, &done), OK);
	workers_stop(workers);
	assert_int_equal(atomic_load(&done), JOBS);
	assert_int_equal(workers_submit(workers, true, count, &done), E_BUSY);
	workers_free(&workers);
}

struct submitter {
	struct workers *workers;
	atomic_int *done;
	int accepted;
};

static void *submit_many(void *arg)
{
	struct submitter *submitter = arg;

	for (int i = 0; i < JOBS; i++)
		submitter->accepted += workers_submit(submitter->workers, i % 2, count, submitter->done) == OK;
	return NULL;
}

static void every_accepted_job_runs_exactly_once(void **state)
{
	struct submitter submitters[4];
	struct workers *workers = NULL;
	pthread_t threads[4];
	atomic_int done = 0;
	int accepted = 0;

	assert_int_equal(workers_new(3, 16, 4, &workers), OK);
	for (int i = 0; i < 4; i++) {
		submitters[i] = (struct submitter){workers, &done, 0};
		assert_int_equal(pthread_create(&threads[i], NULL, submit_many, &submitters[i]), 0);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		accepted += submitters[i].accepted;
	}
	workers_free(&workers);
	assert_true(accepted > 0);
	assert_int_equal(atomic_load(&done), accepted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strangers_leave_the_reserved_places_free),
		cmocka_unit_test(a_stopping_pool_finishes_what_it_took_and_takes_no_more),
		cmocka_unit_test(every_accepted_job_runs_exactly_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
