#include "store/pool.h"

#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"

enum { POOL_RETRY_MS = 50 };

enum status pool_init(struct pool *pool, const struct driver *driver, const struct connection_settings *settings,
		      size_t max)
{
	*pool = (struct pool){.driver = driver, .settings = *settings, .max = max < POOL_MAX ? max : POOL_MAX};
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->wake, NULL);
	pool->idle = calloc(pool->max, sizeof(struct connection *));
	return pool->idle ? OK : E_NOMEM;
}

void pool_done(struct pool *pool)
{
	if (!pool->driver)
		return;
	for (size_t i = 0; i < pool->idle_count; i++)
		connection_close(&pool->idle[i]);
	free(pool->idle);
	pthread_cond_destroy(&pool->wake);
	pthread_mutex_destroy(&pool->lock);
}

/* Since when the database is away: now, if nobody has said so. */
static int64_t down_note(struct pool *pool, bool is_down)
{
	int64_t since;

	pthread_mutex_lock(&pool->lock);
	if (!is_down)
		pool->down_since_ms = 0;
	else if (!pool->down_since_ms)
		pool->down_since_ms = clock_mono_ms();
	since = pool->down_since_ms;
	pthread_mutex_unlock(&pool->lock);
	return since;
}

static enum status pool_open(struct pool *pool, struct connection **ret_connection)
{
	char problem[256] = "";
	enum status status = connection_open(pool->driver, &pool->settings, ret_connection, problem);

	while (status == E_STORE && pool->driver->many_writers &&
	       clock_mono_ms() - down_note(pool, true) < POOL_PATIENCE_MS) {
		nanosleep(&(struct timespec){.tv_nsec = POOL_RETRY_MS * 1000000}, NULL);
		status = connection_open(pool->driver, &pool->settings, ret_connection, problem);
	}
	down_note(pool, status == E_STORE);
	if (status != OK)
		log_error("store.open_failed", LOG_S("problem", problem));
	return status == OK || status == E_NOMEM ? status : E_STORE;
}

static void place_free(struct pool *pool, unsigned place)
{
	pthread_mutex_lock(&pool->lock);
	pool->open_count--;
	pool->is_placed[place] = false;
	pthread_cond_signal(&pool->wake);
	pthread_mutex_unlock(&pool->lock);
}

/* With the lock held; there is a free one. */
static unsigned place_take(struct pool *pool)
{
	unsigned place = 0;

	while (pool->is_placed[place])
		place++;
	pool->is_placed[place] = true;
	pool->open_count++;
	return place;
}

void pool_add(struct pool *pool, struct connection *connection)
{
	pthread_mutex_lock(&pool->lock);
	connection->place = place_take(pool);
	pthread_mutex_unlock(&pool->lock);
	pool_give(pool, connection);
}

enum status pool_take(struct pool *pool, struct connection **ret_connection)
{
	struct connection *connection = NULL;
	enum status status;
	unsigned place = 0;

	pthread_mutex_lock(&pool->lock);
	while (pool->idle_count == 0 && pool->open_count == pool->max)
		pthread_cond_wait(&pool->wake, &pool->lock);
	if (pool->idle_count > 0)
		connection = pool->idle[--pool->idle_count];
	else
		place = place_take(pool);
	pthread_mutex_unlock(&pool->lock);
	if (connection) {
		*ret_connection = connection;
		return OK;
	}
	status = pool_open(pool, ret_connection);
	if (status == OK)
		(*ret_connection)->place = place;
	else
		place_free(pool, place);
	return status;
}

void pool_give(struct pool *pool, struct connection *connection)
{
	if (connection_is_broken(connection)) {
		const unsigned place = connection->place;

		connection_close(&connection);
		place_free(pool, place);
		return;
	}
	pthread_mutex_lock(&pool->lock);
	pool->idle[pool->idle_count++] = connection;
	pthread_cond_signal(&pool->wake);
	pthread_mutex_unlock(&pool->lock);
}
