#ifndef BENCH_WAITING_H
#define BENCH_WAITING_H

#include "crowd.h"

/* What it costs that many sign-in pages wait, and to wake single ones among them. */
struct waiting_cost {
	size_t count;      /* pages that wait */
	double bytes_each; /* private memory of the daemon */
	double change_us;  /* CPU of a change of a login that nobody watches */
	double wake_us;    /* what it costs more when a page waits for it: waking, reading, sending */
	double idle_core;  /* share of one core while nothing happens but comments */
};

#define WAITING_STEPS 2

/*
 * Opens counts[0] pages, then more up to counts[1], and measures at each. The daemon should be fresh: what earlier work
 * left in its heap would be used again and hide the cost.
 */
void waiting_measure(const struct daemon_under_test *daemon, const struct site *site,
		     const size_t counts[WAITING_STEPS], struct waiting_cost ret_costs[WAITING_STEPS]);

#endif
