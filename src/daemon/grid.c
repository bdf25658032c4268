#include "daemon/grid.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "http/server.h"

struct held {
	struct held *next;
	struct http_exchange *exchange;
	int64_t due_ms;
};

struct grid {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t thread;
	struct held *first; /* by due time */
	bool stopping;
};

static void wait_until(struct grid *grid, int64_t due_ms)
{
	int64_t left_ms = due_ms - clock_mono_ms();
	struct timespec until;

	if (left_ms <= 0)
		return;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += (left_ms % 1000) * 1000000;
	until.tv_sec += left_ms / 1000 + until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_cond_timedwait(&grid->changed, &grid->lock, &until);
}

/* The first that is due, taken off the list; NULL when stopped and empty. Called with the lock held. */
static struct held *held_take(struct grid *grid)
{
	struct held *held;

	while (!grid->first || (!grid->stopping && grid->first->due_ms > clock_mono_ms())) {
		if (!grid->first && grid->stopping)
			return NULL;
		if (grid->first)
			wait_until(grid, grid->first->due_ms);
		else
			pthread_cond_wait(&grid->changed, &grid->lock);
	}
	held = grid->first;
	grid->first = held->next;
	return held;
}

static void *grid_run(void *arg)
{
	struct grid *grid = arg;
	struct held *held;

	pthread_mutex_lock(&grid->lock);
	while ((held = held_take(grid))) {
		pthread_mutex_unlock(&grid->lock);
		http_exchange_send(held->exchange);
		free(held);
		pthread_mutex_lock(&grid->lock);
	}
	pthread_mutex_unlock(&grid->lock);
	return NULL;
}

enum status grid_new(struct grid **ret_grid)
{
	struct grid *grid = calloc(1, sizeof(*grid));
	pthread_condattr_t monotonic;

	if (!grid)
		return E_NOMEM;
	pthread_mutex_init(&grid->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&grid->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	if (pthread_create(&grid->thread, NULL, grid_run, grid) != 0) {
		free(grid);
		return E_NOMEM;
	}
	*ret_grid = grid;
	return OK;
}

void grid_send(struct grid *grid, struct http_exchange *exchange, int64_t arrived_ms)
{
	int64_t spent_ms = clock_mono_ms() - arrived_ms;
	struct held *held = calloc(1, sizeof(*held));
	struct held **at;

	if (!held) {
		http_exchange_send(exchange);
		return;
	}
	held->exchange = exchange;
	held->due_ms = arrived_ms + (spent_ms / GRID_MS + 1) * GRID_MS;
	pthread_mutex_lock(&grid->lock);
	for (at = &grid->first; *at && (*at)->due_ms <= held->due_ms;)
		at = &(*at)->next;
	held->next = *at;
	*at = held;
	pthread_cond_signal(&grid->changed);
	pthread_mutex_unlock(&grid->lock);
}

void grid_free(struct grid **grid)
{
	if (!*grid)
		return;
	pthread_mutex_lock(&(*grid)->lock);
	(*grid)->stopping = true;
	pthread_cond_signal(&(*grid)->changed);
	pthread_mutex_unlock(&(*grid)->lock);
	pthread_join((*grid)->thread, NULL);
	pthread_cond_destroy(&(*grid)->changed);
	pthread_mutex_destroy(&(*grid)->lock);
	free(*grid);
	*grid = NULL;
}
