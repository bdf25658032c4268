#ifndef DAEMON_WORKERS_H
#define DAEMON_WORKERS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

/*
 * A pool of threads with a bounded queue. `reserved` places of the queue are kept for privileged jobs (known browsers),
 * so that a flood by strangers cannot shut everybody else out.
 */
struct workers;

enum status must_check workers_new(unsigned threads, size_t queue_max, size_t reserved, struct workers **ret_workers);
/* E_BUSY when the queue is full for this kind of job, or the pool is stopping: fn will not run. */
enum status must_check workers_submit(struct workers *workers, bool privileged, void (*fn)(void *ctx), void *ctx);
size_t workers_waiting(struct workers *workers);
/* Takes no more, finishes what was taken, joins the threads. */
void workers_stop(struct workers *workers);
void workers_free(struct workers **workers);

#endif
