#ifndef BENCH_CROWD_H
#define BENCH_CROWD_H

#include "signin.h"

/* Many visitors at a time, a thread each, that share `count` pieces of work; a piece is done by one of them. */
struct crowd {
	const struct site *site;
	size_t visitors; /* in flight */
	size_t count;
	void (*work)(struct visitor *visitor, size_t index, void *ctx);
	void *ctx;
};

struct crowd_result {
	struct reading spent; /* by the daemon */
	uint64_t requests, signed_things, put_off;
	int64_t *latency_us; /* of each piece, ascending; free() */
	char access_token[2048];
};

/* Runs it to its end and reads what the daemon spent on it; `daemon` NULL: only the pieces are timed. */
void crowd_run(const struct crowd *crowd, const struct daemon_under_test *daemon, struct crowd_result *ret_result);

#endif
