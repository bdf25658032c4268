#ifndef STORE_STORE_INTERNAL_H
#define STORE_STORE_INTERNAL_H

#include <pthread.h>

#include "store/sql.h"

/*
 * The open store: one connection that writes, a pool of those that read, and the queue of writers.
 *
 * Whoever finds nobody leading leads: it alone uses the writing connection, until its own job is done, and then wakes
 * the first in the queue. So there is no writer thread to wake for a lone write, and a queue in front of a busy one.
 */
struct job {
	store_fn fn;
	void *ctx;
	void (*free_ctx)(void *); /* of a job that nobody waits for */
	enum status status;
	bool is_done;
	pthread_cond_t wake;
	struct job *next;
};

struct job_queue {
	struct job *first;
	struct job *last;
	size_t count;
};

enum { STORE_CHAIN_SIZE = 128 };

struct store {
	char *path;
	char chain[STORE_CHAIN_SIZE]; /* of the audit log, for what this store writes */
	char *private_folder;         /* of sqlite::memory:; removed on close */

	/* The writers. `lock` guards everything here but what `writer` points to: that is the leader's. */
	pthread_mutex_t lock;
	struct connection *writer;
	struct job_queue waiting;
	struct job_queue later;
	bool is_led;
	bool is_closing;
	struct store_counters counters;
	pthread_t later_thread;
	pthread_cond_t later_wake;

	/* The readers. */
	pthread_mutex_t readers_lock;
	pthread_cond_t readers_wake;
	struct connection **idle;
	size_t idle_count, open_count, readers_max;
	uint64_t reads;
};

enum { STORE_ARENA_SIZE = 4 << 20 };

/* The thread that flushes store_write_later when nobody else writes. */
enum status must_check commit_init(struct store *store);
/* Runs what is still queued for later; after it nobody may write. */
void commit_done(struct store *store);

/* "sqlite:PATH" to the path; "sqlite::memory:" to a file in a new folder of its own. */
enum status must_check location_init(struct store *store, const char *url, char problem[256]);
void location_done(struct store *store);

#endif
