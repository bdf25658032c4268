#include "daemon/workers.h"

#include <pthread.h>
#include <stdlib.h>

struct job {
	void (*fn)(void *ctx);
	void *ctx;
};

struct workers {
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct job *queue; /* a ring */
	size_t max, reserved, first, count;
	pthread_t *threads;
	unsigned thread_count;
	bool stopping;
};

static bool job_take(struct workers *workers, struct job *ret_job)
{
	bool taken;

	pthread_mutex_lock(&workers->lock);
	while (workers->count == 0 && !workers->stopping)
		pthread_cond_wait(&workers->more, &workers->lock);
	taken = workers->count > 0;
	if (taken) {
		*ret_job = workers->queue[workers->first];
		workers->first = (workers->first + 1) % workers->max;
		workers->count--;
	}
	pthread_mutex_unlock(&workers->lock);
	return taken;
}

static void *work(void *arg)
{
	struct job job;

	while (job_take(arg, &job))
		job.fn(job.ctx);
	return NULL;
}

enum status workers_new(unsigned threads, size_t queue_max, size_t reserved, struct workers **ret_workers)
{
	struct workers *workers = calloc(1, sizeof(*workers));

	if (!workers)
		return E_NOMEM;
	workers->max = queue_max;
	workers->reserved = reserved;
	workers->queue = calloc(queue_max, sizeof(*workers->queue));
	workers->threads = calloc(threads, sizeof(*workers->threads));
	pthread_mutex_init(&workers->lock, NULL);
	pthread_cond_init(&workers->more, NULL);
	while (workers->queue && workers->threads && workers->thread_count < threads &&
	       pthread_create(&workers->threads[workers->thread_count], NULL, work, workers) == 0)
		workers->thread_count++;
	if (workers->thread_count < threads) {
		workers_free(&workers);
		return E_NOMEM;
	}
	*ret_workers = workers;
	return OK;
}

enum status workers_submit(struct workers *workers, bool privileged, void (*fn)(void *ctx), void *ctx)
{
	bool fits;

	pthread_mutex_lock(&workers->lock);
	fits = !workers->stopping && workers->count < workers->max - (privileged ? 0 : workers->reserved);
	if (fits) {
		workers->queue[(workers->first + workers->count) % workers->max] = (struct job){fn, ctx};
		workers->count++;
		pthread_cond_signal(&workers->more);
	}
	pthread_mutex_unlock(&workers->lock);
	return fits ? OK : E_BUSY;
}

size_t workers_waiting(struct workers *workers)
{
	size_t count;

	pthread_mutex_lock(&workers->lock);
	count = workers->count;
	pthread_mutex_unlock(&workers->lock);
	return count;
}

void workers_stop(struct workers *workers)
{
	pthread_mutex_lock(&workers->lock);
	workers->stopping = true;
	pthread_cond_broadcast(&workers->more);
	pthread_mutex_unlock(&workers->lock);
	for (unsigned i = 0; i < workers->thread_count; i++)
		pthread_join(workers->threads[i], NULL);
	workers->thread_count = 0;
}

void workers_free(struct workers **workers)
{
	if (!*workers)
		return;
	workers_stop(*workers);
	pthread_cond_destroy(&(*workers)->more);
	pthread_mutex_destroy(&(*workers)->lock);
	free((*workers)->queue);
	free((*workers)->threads);
	free(*workers);
	*workers = NULL;
}
