#ifndef STORE_POOL_H
#define STORE_POOL_H

#include <pthread.h>

#include "store/driver.h"

/*
 * Connections, opened when first needed, up to a number; who wants one more waits. One that broke is thrown away, and
 * the next is tried for POOL_PATIENCE_MS: a database that starts again is waited for. When it has been away for longer,
 * a single try is all, so that requests fail at once rather than pile up.
 */
enum { POOL_PATIENCE_MS = 5000, POOL_MAX = 64 };

struct pool {
	const struct driver *driver;
	struct connection_settings settings; /* its strings are the store's */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct connection **idle;
	size_t idle_count, open_count, max;
	bool is_placed[POOL_MAX];
	int64_t down_since_ms; /* 0: not */
};

enum status must_check pool_init(struct pool *pool, const struct driver *driver,
				 const struct connection_settings *settings, size_t max);
void pool_done(struct pool *pool);

/* E_STORE, logged, when there is none to be had. */
enum status must_check pool_take(struct pool *pool, struct connection **ret_connection);
/* One that was opened elsewhere becomes the pool's. */
void pool_add(struct pool *pool, struct connection *connection);
void pool_give(struct pool *pool, struct connection *connection);

#endif
