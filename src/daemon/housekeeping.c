#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "core/keyring.h"
#include "daemon/daemon.h"

#define LOOK_MS     500 /* a disable or revoke by the command takes effect within a second */
#define SWEEP_TICKS 20
#define SWEEP_LIMIT 1000

struct housekeeping {
	struct daemon *daemon;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t thread;
	bool stopping;
	int64_t version;
};

/* Another process has written: keys may have turned, and everything that waits reads again. Until it has worked. */
static void changes_follow(struct housekeeping *housekeeping)
{
	struct core *core = &housekeeping->daemon->app.core;
	int64_t version;

	if (store_version(core->store, &version) != OK || version == housekeeping->version)
		return;
	if (keyring_refresh(core->keyring, core->store) == OK)
		housekeeping->version = version;
	else
		log_error("keyring.refresh_failed", LOG_S("what", "keys stay as they were until the next look"));
	waiting_wake_all(housekeeping->daemon->app.waiting);
}

struct sweep {
	int64_t now;
	size_t expired, removed;
};

static enum status sweep_write(struct store_tx *tx, void *ctx)
{
	struct sweep *sweep = ctx;

	TRY(store_challenge_expire(tx, sweep->now, SWEEP_LIMIT, &sweep->expired));
	return store_sweep(tx, sweep->now, SWEEP_LIMIT, &sweep->removed);
}

static void sweep(struct housekeeping *housekeeping)
{
	struct sweep work = {.now = clock_now()};
	enum status status = store_write(housekeeping->daemon->app.core.store, sweep_write, &work);

	if (status != OK)
		log_error("sweep.failed", LOG_S("status", status_name(status)));
	else if (work.removed)
		log_debug("sweep.done", LOG_N("removed", work.removed), LOG_N("expired", work.expired));
}

/* True when it is time to end. */
static bool rest(struct housekeeping *housekeeping)
{
	struct timespec until;
	bool stopping;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += LOOK_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_mutex_lock(&housekeeping->lock);
	if (!housekeeping->stopping)
		pthread_cond_timedwait(&housekeeping->changed, &housekeeping->lock, &until);
	stopping = housekeeping->stopping;
	pthread_mutex_unlock(&housekeeping->lock);
	return stopping;
}

static void *keep(void *arg)
{
	struct housekeeping *housekeeping = arg;

	for (unsigned tick = 1; !rest(housekeeping); tick++) {
		changes_follow(housekeeping);
		if (tick % SWEEP_TICKS == 0)
			sweep(housekeeping);
	}
	return NULL;
}

enum status housekeeping_start(struct daemon *daemon, struct housekeeping **ret_housekeeping)
{
	struct housekeeping *housekeeping = calloc(1, sizeof(*housekeeping));
	pthread_condattr_t monotonic;

	if (!housekeeping)
		return E_NOMEM;
	housekeeping->daemon = daemon;
	status_ignore(store_version(daemon->app.core.store, &housekeeping->version), "0 only means one look too many");
	pthread_mutex_init(&housekeeping->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&housekeeping->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	if (pthread_create(&housekeeping->thread, NULL, keep, housekeeping) != 0) {
		free(housekeeping);
		return E_NOMEM;
	}
	*ret_housekeeping = housekeeping;
	return OK;
}

void housekeeping_stop(struct housekeeping **housekeeping)
{
	if (!*housekeeping)
		return;
	pthread_mutex_lock(&(*housekeeping)->lock);
	(*housekeeping)->stopping = true;
	pthread_cond_signal(&(*housekeeping)->changed);
	pthread_mutex_unlock(&(*housekeeping)->lock);
	pthread_join((*housekeeping)->thread, NULL);
	pthread_cond_destroy(&(*housekeeping)->changed);
	pthread_mutex_destroy(&(*housekeeping)->lock);
	free(*housekeeping);
	*housekeeping = NULL;
}
