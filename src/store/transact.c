#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "store/store_internal.h"

/* A transaction on a connection of the pool, begun again as long as the database asks for it and PATIENCE lasts. */
enum { PATIENCE_MS = 10000, PAUSE_MAX_US = 50000 };

static enum status once(struct store *store, struct connection *connection, const struct transaction *wanted)
{
	scoped_arena *own = wanted->arena ? NULL : arena_new(STORE_ARENA_SIZE);
	struct store_tx tx = {.connection = connection, .arena = own ? own : wanted->arena};
	char chain[STORE_CHAIN_SIZE + 16];
	enum status status;

	if (wanted->begin != BEGIN_READ) { /* a chain for each connection: writers never wait for each other's */
		snprintf(chain, sizeof(chain), "%s-%u", store->chain, connection->place);
		tx.chain = chain;
	}
	if (!tx.arena)
		return E_NOMEM;
	TRY(connection_begin(connection, wanted->begin));
	status = wanted->fn(&tx, wanted->ctx);
	if (connection_state(connection) != TX_FINE)
		return E_STORE;
	if (status == OK || wanted->begin == BEGIN_READ) {
		if (connection_commit(connection) != OK)
			return E_STORE;
	}
	return status;
}

/*
 * Who lost to another writer waits longer each time, and not as long as the other who lost. The low bits of the clock
 * are chance enough for that.
 */
static void pause_before(unsigned again)
{
	const int64_t longest = again < 10 ? 500LL << again : PAUSE_MAX_US;
	const int64_t most = longest < PAUSE_MAX_US ? longest : PAUSE_MAX_US;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	nanosleep(&(struct timespec){.tv_nsec = (now.tv_nsec / 64 * 2654435761) % (most * 1000)}, NULL);
}

static enum status try_once(struct store *store, const struct transaction *wanted, bool *ret_again)
{
	struct connection *connection = NULL;
	enum status status;

	TRY(pool_take(&store->pool, &connection));
	status = once(store, connection, wanted);
	*ret_again = connection_state(connection) == TX_AGAIN;
	connection_rollback(connection);
	pool_give(&store->pool, connection);
	return status;
}

enum status transact(struct store *store, const struct transaction *wanted)
{
	const int64_t until = clock_mono_ms() + PATIENCE_MS;
	enum status status = E_STORE;
	bool again = true;

	for (unsigned tries = 0; again && (tries == 0 || clock_mono_ms() < until); tries++) {
		if (tries > 0) {
			atomic_fetch_add(&store->repeats, 1);
			pause_before(tries);
		}
		again = false;
		status = try_once(store, wanted, &again);
	}
	return status;
}

/* ---- each writer for itself, where the database takes many at a time ---- */

enum status write_alone(struct store *store, store_fn fn, void *ctx)
{
	const struct transaction wanted = {.begin = BEGIN_WRITE, .fn = fn, .ctx = ctx};
	enum status status = transact(store, &wanted);

	pthread_mutex_lock(&store->lock);
	store->counters.writes++;
	store->counters.commits += status == OK ? 1 : 0;
	store->counters.failures += status == E_STORE ? 1 : 0;
	pthread_mutex_unlock(&store->lock);
	if (status == OK)
		news_of_write(store);
	return status;
}
