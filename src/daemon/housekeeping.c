#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "core/audit.h"
#include "core/keyring.h"
#include "daemon/daemon.h"
#include "daemon/live.h"

#define LOOK_MS       250 /* a disable or revoke by the command, or a change of the policy, takes effect within a second */
#define STORE_TICKS   2
#define SWEEP_TICKS   40
#define LOOK_TICKS    40 /* 10 s: so long is anybody without a news that got lost between nodes */
#define SWEEP_LIMIT   1000
#define RETAIN_ROUNDS 20

struct heads_seen {
	int64_t version;
	uint64_t writes;
};

struct housekeeping {
	struct daemon *daemon;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t thread;
	bool stopping;
	int64_t version;
	struct heads_seen heads_seen; /* as of the last time that all heads were moved */
	bool is_broken;               /* the audit log, as far as its heads and beginnings show: told once */
};

static bool keys_follow(struct housekeeping *housekeeping)
{
	struct core *core = &housekeeping->daemon->app.core;

	if (keyring_refresh(core->keyring, core->store) == OK)
		return true;
	log_error("keyring.refresh_failed", LOG_S("what", "keys stay as they were until the next look"));
	return false;
}

/* Another process has written: keys may have turned, and everything that waits reads again. Until it has worked. */
static void changes_follow(struct housekeeping *housekeeping)
{
	int64_t version;

	if (store_version(housekeeping->daemon->app.core.store, &version) != OK || version == housekeeping->version)
		return;
	if (keys_follow(housekeeping))
		housekeeping->version = version;
	waiting_wake_all(housekeeping->daemon->app.waiting);
}

/* News between nodes can be lost: everything is looked at every 10 s all the same, a part of it at each tick. */
static void nodes_follow(struct housekeeping *housekeeping, unsigned tick)
{
	struct store *store = housekeeping->daemon->app.core.store;

	waiting_wake_part(housekeeping->daemon->app.waiting, tick % LOOK_TICKS, LOOK_TICKS);
	if (tick % LOOK_TICKS != 0)
		return;
	(void)keys_follow(housekeeping); /* again at the next look */
	if (!store_clock_agrees(store))
		log_error("clock.differs", LOG_N("database_ahead_s", store_clock_ahead(store)),
			  LOG_S("remedy", "synchronise the clocks of all nodes; this one answers 503 meanwhile"));
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

/* E_REFUSED is not the machinery's trouble: somebody has changed the log. */
static void audit_say(struct housekeeping *housekeeping, enum status status)
{
	const bool is_broken = status == E_REFUSED;

	if (status != OK && !is_broken)
		log_error("audit.failed", LOG_S("status", status_name(status)));
	if (is_broken && !housekeeping->is_broken)
		log_error("audit.not_whole", LOG_S("what", "the audit log was changed: run `symbolon audit verify`"));
	housekeeping->is_broken |= is_broken;
}

/*
 * A look at every chain is three questions, so only when something was written, here or elsewhere. What another node
 * wrote and could not finish is found at every LOOK_TICKS.
 */
static void audit_follow(struct housekeeping *housekeeping, unsigned tick)
{
	struct core *core = &housekeeping->daemon->app.core;
	struct store_counters counters;
	struct heads_seen now = {0};
	enum status status;

	store_counters(core->store, &counters);
	now.writes = counters.writes;
	status = store_version(core->store, &now.version);
	if (status == OK && tick % LOOK_TICKS != 0 && now.writes == housekeeping->heads_seen.writes &&
	    now.version == housekeeping->heads_seen.version)
		return;
	status = audit_heads_move(core, clock_now());
	audit_say(housekeeping, status);
	if (status == OK || status == E_REFUSED)
		housekeeping->heads_seen = now;
}

static void audit_keep(struct housekeeping *housekeeping)
{
	scoped_arena *arena = arena_new(4096);
	size_t removed = 1, total = 0;
	struct app app;

	if (!arena || live_app(&housekeeping->daemon->app, arena, &app) != OK)
		return; /* how long it is kept may have changed: rather later than by the old settings */
	for (int round = 0; removed > 0 && round < RETAIN_ROUNDS; round++) {
		removed = 0;
		audit_say(housekeeping, audit_retain(&app.core, clock_now(), &removed));
		total += removed;
	}
	if (total)
		log_info("audit.removed", LOG_N("rows", total));
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
		if (live_follow(housekeeping->daemon->live, false))
			waiting_wake_all(housekeeping->daemon->app.waiting);
		if (tick % STORE_TICKS == 0) {
			changes_follow(housekeeping);
			audit_follow(housekeeping, tick);
		}
		if (store_is_remote(housekeeping->daemon->app.core.store))
			nodes_follow(housekeeping, tick);
		/* A node whose clock is wrong must not throw away what is over by its clock alone. */
		if (tick % SWEEP_TICKS == 0 && store_clock_agrees(housekeeping->daemon->app.core.store)) {
			sweep(housekeeping);
			audit_keep(housekeeping);
		}
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
