#ifndef BENCH_DAEMON_H
#define BENCH_DAEMON_H

#include <stdint.h>
#include <sys/types.h>

#include "http_client.h"

/* The provider under measurement: a child process and its children, their clocks and the daemon's counters. */
struct daemon_under_test {
	const char *program, *config, *log; /* log: what it prints goes there */
	struct http_place place, metrics;
	pid_t pid; /* 0: not running */
};

/* Starts it and gives the microseconds from fork to the first answered GET /healthz. Ends with us, whatever happens. */
int64_t daemon_start(struct daemon_under_test *daemon);
/* SIGTERM, then waits; fails when it did not end by itself with 0 within 20 s. */
void daemon_stop(struct daemon_under_test *daemon);

/* What has been spent and counted since the daemon started. */
struct reading {
	int64_t at_us;  /* wall clock, monotonic */
	int64_t cpu_us; /* all threads of daemon, keyholder and supervisor, user and kernel */
	uint64_t requests, answers_5xx, commits, writes, reads, keyholder_calls, signatures;
};
void reading_take(const struct daemon_under_test *daemon, struct reading *ret_reading);
/* later - earlier. */
struct reading reading_since(const struct reading *earlier, const struct reading *later);

/* Memory that is the three processes' own, summed: what they map in common counts in `resident` three times. `is_exact`
 * false: the kernel gave only the anonymous part (needs root). */
struct memory {
	int64_t written;       /* bytes: heap, stacks, relocated data */
	int64_t private_clean; /* bytes of files that no other process happens to map */
	int64_t resident;
	bool is_exact;
};
void memory_read(const struct daemon_under_test *daemon, struct memory *ret_memory);

int64_t now_us(void);
void rest_ms(int64_t ms);

#endif
