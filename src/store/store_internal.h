#ifndef STORE_STORE_INTERNAL_H
#define STORE_STORE_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "store/pool.h"
#include "store/sql.h"

/*
 * The open store.
 *
 * PostgreSQL: a pool of connections, on which everybody reads and writes (transact.c), and one that listens and tells
 * (news.c). SQLite: a pool of connections that read, one connection that writes, and the queue of writers (commit.c):
 * whoever finds nobody leading leads: it alone uses the writing connection, until its own job is done, and then wakes
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

struct news;

struct store {
	const struct driver *driver;
	char *target;                 /* the path, or the URL */
	char name[64];                /* what its connections call themselves */
	char chain[STORE_CHAIN_SIZE]; /* of the audit log, for what this store writes */
	char *private_folder;         /* of sqlite::memory:; removed on close */

	struct pool pool;
	atomic_uint_fast64_t reads, repeats;
	struct news *news; /* NULL: nobody listens here */

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
};

enum { STORE_ARENA_SIZE = 4 << 20 };

/* The thread that flushes store_write_later when nobody else writes. */
enum status must_check commit_init(struct store *store);
/* Runs what is still queued for later; after it nobody may write. */
void commit_done(struct store *store);

/* One transaction; a write without group commit. */
struct transaction {
	enum begin begin;
	struct arena *arena; /* NULL: one for each try */
	store_fn fn;
	void *ctx;
};
enum status must_check transact(struct store *store, const struct transaction *wanted);
enum status must_check write_alone(struct store *store, store_fn fn, void *ctx);

/* After a write of a store that has no listener (a command): the nodes look at everything again. */
void news_of_write(struct store *store);
enum status must_check news_version(struct store *store, int64_t *ret_version);

/*
 * The driver and its target: "sqlite:PATH" the path; "sqlite::memory:" a file in a new folder of its own;
 * "postgresql://…" the URL.
 */
enum status must_check location_init(struct store *store, const char *url, char problem[256]);
void location_done(struct store *store);

#endif
