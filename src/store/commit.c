#include "store/store_internal.h"

#include <stdlib.h>
#include <time.h>

#include "base/clock.h"

enum { BATCH_MAX = 64, BATCH_US = 2000, LATER_MAX = 1024, LATER_MS = 20 };

static void queue_push(struct job_queue *queue, struct job *job)
{
	job->next = NULL;
	if (queue->last)
		queue->last->next = job;
	else
		queue->first = job;
	queue->last = job;
	queue->count++;
}

static struct job *queue_pop(struct job_queue *queue)
{
	struct job *job = queue->first;

	if (!job)
		return NULL;
	queue->first = job->next;
	if (!queue->first)
		queue->last = NULL;
	queue->count--;
	job->next = NULL;
	return job;
}

/* ---- one batch; the leader alone is here, without the lock ---- */

struct batch {
	struct job_queue jobs;
	struct job_queue later;
	int64_t until_us;
	bool has_failed;
};

static enum status job_in_savepoint(struct store_tx *tx, struct job *job)
{
	enum status status;

	TRY(sql_run(tx, SQL("SAVEPOINT writer"), NULL));
	status = job->fn(tx, job->ctx);
	if (connection_state(tx->connection) != TX_FINE)
		return E_STORE;
	if (status != OK)
		TRY(sql_run(tx, SQL("ROLLBACK TO SAVEPOINT writer"), NULL));
	TRY(sql_run(tx, SQL("RELEASE SAVEPOINT writer"), NULL));
	return status;
}

/* SQLite may have dropped the whole transaction because of one writer: then nobody of this batch has written. */
static void job_run(struct store *store, struct batch *batch, struct job *job)
{
	scoped_arena *arena = arena_new(STORE_ARENA_SIZE);
	struct store_tx tx = {.connection = store->writer, .arena = arena, .chain = store->chain};

	job->status = arena ? job_in_savepoint(&tx, job) : E_NOMEM;
	if (connection_state(store->writer) != TX_FINE)
		batch->has_failed = true;
}

/* One at a time: who arrives while the batch runs still joins it. */
static struct job *batch_next(struct store *store, struct batch *batch)
{
	const bool is_full = batch->jobs.count >= BATCH_MAX;
	struct job *job = NULL;

	if (is_full || batch->has_failed || (batch->jobs.count > 0 && clock_mono_us() >= batch->until_us))
		return NULL;
	pthread_mutex_lock(&store->lock);
	job = queue_pop(&store->waiting);
	pthread_mutex_unlock(&store->lock);
	if (job)
		queue_push(&batch->jobs, job);
	return job;
}

static struct job *batch_next_later(struct store *store, struct batch *batch)
{
	struct job *job;

	if (batch->has_failed || batch->later.count >= BATCH_MAX)
		return NULL;
	pthread_mutex_lock(&store->lock);
	job = queue_pop(&store->later);
	pthread_mutex_unlock(&store->lock);
	if (job)
		queue_push(&batch->later, job);
	return job;
}

/* Nobody could be served: those who waited for it are told so, rather than let each wait for a time-out of its own. */
static void batch_refuse(struct store *store, struct batch *batch)
{
	struct job *job = batch_next(store, batch);

	while (job)
		job = batch_next(store, batch);
	batch->has_failed = true;
}

static void batch_run(struct store *store, struct batch *batch)
{
	struct job *job;

	if (connection_begin(store->writer, BEGIN_WRITE) != OK) {
		batch_refuse(store, batch);
		return;
	}
	batch->until_us = clock_mono_us() + BATCH_US;
	while ((job = batch_next(store, batch)))
		job_run(store, batch, job);
	while ((job = batch_next_later(store, batch)))
		job_run(store, batch, job);
	if (!batch->has_failed)
		batch->has_failed = connection_commit(store->writer) != OK;
	connection_rollback(store->writer);
}

/* A refusal may rest on what another writer of the batch had written: if that is gone, so is the refusal. */
static void batch_tell(struct store *store, struct batch *batch)
{
	struct job *job;

	store->counters.commits += batch->has_failed ? 0 : 1;
	store->counters.failures += batch->has_failed ? 1 : 0;
	store->counters.writes += batch->jobs.count + batch->later.count;
	if (batch->jobs.count > store->counters.largest_batch)
		store->counters.largest_batch = batch->jobs.count;
	while ((job = queue_pop(&batch->jobs))) {
		if (batch->has_failed)
			job->status = E_STORE;
		job->is_done = true;
		pthread_cond_signal(&job->wake);
	}
}

static void later_free(struct job_queue *later)
{
	struct job *job;

	while ((job = queue_pop(later))) {
		if (job->free_ctx)
			job->free_ctx(job->ctx);
		free(job);
	}
}

/* ---- the queue ---- */

/* Called and left with the lock held. */
static void batch_lead(struct store *store)
{
	struct batch batch = {0};

	store->is_led = true;
	pthread_mutex_unlock(&store->lock);
	batch_run(store, &batch);
	pthread_mutex_lock(&store->lock);
	batch_tell(store, &batch);
	if (batch.later.count > 0) {
		pthread_mutex_unlock(&store->lock);
		later_free(&batch.later);
		pthread_mutex_lock(&store->lock);
	}
	store->is_led = false;
}

/*
 * No wake-up is lost: a job sleeps only while somebody leads, and who stops leading wakes the first that still waits;
 * if a newcomer leads before that one is awake, it serves it or wakes it in its turn.
 */
enum status store_write(struct store *store, store_fn fn, void *ctx)
{
	struct job job = {.fn = fn, .ctx = ctx, .status = E_STORE};

	if (store->driver->many_writers)
		return write_alone(store, fn, ctx);
	pthread_cond_init(&job.wake, NULL);
	pthread_mutex_lock(&store->lock);
	queue_push(&store->waiting, &job);
	while (!job.is_done) {
		if (store->is_led)
			pthread_cond_wait(&job.wake, &store->lock);
		else
			batch_lead(store);
	}
	if (!store->is_led && store->waiting.first)
		pthread_cond_signal(&store->waiting.first->wake);
	pthread_mutex_unlock(&store->lock);
	pthread_cond_destroy(&job.wake);
	return job.status;
}

/* ---- what nobody waits for ---- */

void store_write_later(struct store *store, store_fn fn, void *ctx, void (*free_ctx)(void *))
{
	struct job *job = calloc(1, sizeof(*job));
	bool is_queued = false;

	pthread_mutex_lock(&store->lock);
	if (job && !store->is_closing && store->later.count < LATER_MAX) {
		*job = (struct job){.fn = fn, .ctx = ctx, .free_ctx = free_ctx};
		queue_push(&store->later, job);
		is_queued = true;
		if (store->later.count == 1)
			pthread_cond_signal(&store->later_wake);
	}
	pthread_mutex_unlock(&store->lock);
	if (!is_queued) {
		free(job);
		if (free_ctx)
			free_ctx(ctx);
	}
}

static enum status nothing_write(struct store_tx *tx, void *ctx)
{
	return OK;
}

/* Gives other writers LATER_MS to take the queue with them. Called and left with the lock held. */
static void later_linger(struct store *store)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += LATER_MS * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	while (!store->is_closing && pthread_cond_timedwait(&store->later_wake, &store->lock, &until) == 0)
		;
}

/* Each in a savepoint: what one of them meets is not the others' trouble. */
static enum status later_write(struct store_tx *tx, void *ctx)
{
	const struct job_queue *later = ctx;

	for (struct job *job = later->first; job; job = job->next) {
		status_ignore(job_in_savepoint(tx, job), "nobody waits for it");
		if (connection_state(tx->connection) != TX_FINE)
			return E_STORE;
	}
	return OK;
}

/* Without group commit nobody takes the queue along: it is written by itself. */
static enum status later_alone(struct store *store)
{
	struct job_queue later = {0};
	struct job *job = NULL;
	enum status status;

	pthread_mutex_lock(&store->lock);
	while (later.count < BATCH_MAX && (job = queue_pop(&store->later)))
		queue_push(&later, job);
	pthread_mutex_unlock(&store->lock);
	status = write_alone(store, later_write, &later);
	later_free(&later);
	return status;
}

/* A job of its own, which does nothing, brings a batch about; the batch takes the queue along. */
static void *later_run(void *argument)
{
	struct store *store = argument;

	pthread_mutex_lock(&store->lock);
	while (!store->is_closing || store->later.count > 0) {
		enum status status = OK;

		while (!store->is_closing && store->later.count == 0)
			pthread_cond_wait(&store->later_wake, &store->lock);
		later_linger(store);
		if (store->later.count == 0)
			continue;
		pthread_mutex_unlock(&store->lock);
		status = store->driver->many_writers ? later_alone(store) : store_write(store, nothing_write, NULL);
		pthread_mutex_lock(&store->lock);
		if (status != OK && store->is_closing)
			break;
	}
	pthread_mutex_unlock(&store->lock);
	return NULL;
}

enum status commit_init(struct store *store)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_mutex_init(&store->lock, NULL);
	pthread_cond_init(&store->later_wake, &attributes);
	pthread_condattr_destroy(&attributes);
	return pthread_create(&store->later_thread, NULL, later_run, store) == 0 ? OK : E_NOMEM;
}

void commit_done(struct store *store)
{
	pthread_mutex_lock(&store->lock);
	store->is_closing = true;
	pthread_cond_signal(&store->later_wake);
	pthread_mutex_unlock(&store->lock);
	pthread_join(store->later_thread, NULL);
	later_free(&store->later);
	pthread_cond_destroy(&store->later_wake);
	pthread_mutex_destroy(&store->lock);
}
