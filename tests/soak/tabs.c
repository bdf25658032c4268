#include "tabs.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define STACK_SIZE (1024 * 1024)

struct running {
	const struct tabs_work *work;
	atomic_size_t next;
};

struct runner {
	struct running *running;
	struct tab tab;
	pthread_t thread;
};

static void *run(void *arg)
{
	struct runner *runner = arg;
	const struct tabs_work *work = runner->running->work;
	size_t index;

	while ((index = atomic_fetch_add(&runner->running->next, 1)) < work->count)
		work->work(&runner->tab, index, work->ctx);
	return NULL;
}

void tabs_run(const struct tabs_work *work)
{
	struct running running = {.work = work};
	struct runner *runners = calloc(work->tabs, sizeof(*runners));
	pthread_attr_t attributes;

	if (!runners)
		fail("out of memory");
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	for (size_t i = 0; i < work->tabs; i++) {
		runners[i].running = &running;
		tab_init(&runners[i].tab, work->sites ? &work->sites[i % work->site_count]
						      : &work->cluster->sites[i % work->cluster->count]);
		if (pthread_create(&runners[i].thread, &attributes, run, &runners[i]) != 0)
			fail("a thread cannot be started");
	}
	for (size_t i = 0; i < work->tabs; i++) {
		pthread_join(runners[i].thread, NULL);
		tab_done(&runners[i].tab);
	}
	pthread_attr_destroy(&attributes);
	free(runners);
}
