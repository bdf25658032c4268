#include "crowd.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define VISITORS_MAX 256
#define STACK_SIZE   (512 * 1024)

/* Each visitor begins where the last one was not: pieces are taken in order. */
struct running {
	const struct crowd *crowd;
	atomic_size_t next;
	int64_t *latency_us;
};

struct runner {
	struct running *running;
	struct visitor visitor;
	pthread_t thread;
};

static void *run(void *arg)
{
	struct runner *runner = arg;
	struct running *running = runner->running;
	const struct crowd *crowd = running->crowd;
	size_t index;

	while ((index = atomic_fetch_add(&running->next, 1)) < crowd->count) {
		const int64_t begun_us = now_us();

		crowd->work(&runner->visitor, index, crowd->ctx);
		running->latency_us[index] = now_us() - begun_us;
	}
	return NULL;
}

static void runner_start(struct runner *runner, struct running *running)
{
	pthread_attr_t attributes;

	runner->running = running;
	visitor_init(&runner->visitor, running->crowd->site);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	if (pthread_create(&runner->thread, &attributes, run, runner) != 0)
		fail("a thread cannot be started");
	pthread_attr_destroy(&attributes);
}

static void runner_join(struct runner *runner, struct crowd_result *result)
{
	struct visitor *visitor = &runner->visitor;

	pthread_join(runner->thread, NULL);
	result->requests += visitor->requests;
	result->put_off += visitor->put_off;
	result->signed_things += visitor->signed_things;
	if (*visitor->access_token)
		memcpy(result->access_token, visitor->access_token, sizeof(result->access_token));
	visitor_done(visitor);
}

static int ascending(const void *a, const void *b)
{
	const int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

	return (left > right) - (left < right);
}

void crowd_run(const struct crowd *crowd, const struct daemon_under_test *daemon, struct crowd_result *ret_result)
{
	struct running running = {.crowd = crowd, .latency_us = calloc(crowd->count, sizeof(int64_t))};
	struct runner *runners = calloc(crowd->visitors, sizeof(*runners));
	struct crowd_result result = {.latency_us = running.latency_us};
	struct reading before, after;

	if (!running.latency_us || !runners || crowd->visitors > VISITORS_MAX)
		fail("out of memory");
	if (daemon)
		reading_take(daemon, &before);
	for (size_t i = 0; i < crowd->visitors; i++)
		runner_start(&runners[i], &running);
	for (size_t i = 0; i < crowd->visitors; i++)
		runner_join(&runners[i], &result);
	free(runners);
	if (daemon)
		reading_take(daemon, &after);
	if (daemon)
		result.spent = reading_since(&before, &after);
	if (daemon && result.spent.answers_5xx != result.put_off)
		fail("the daemon answered %llu requests with 5xx",
		     (unsigned long long)(result.spent.answers_5xx - result.put_off));
	qsort(result.latency_us, crowd->count, sizeof(int64_t), ascending);
	*ret_result = result;
}
