#ifndef DAEMON_GRID_H
#define DAEMON_GRID_H

#include <stdint.h>

#include "base/status.h"

struct http_exchange;

/*
 * The time grid: an answer that a stranger may be timing leaves a whole number of GRID_MS after its request arrived, so
 * that what was done for it does not show.
 */
#define GRID_MS 50

struct grid;
enum status must_check grid_new(struct grid **ret_grid);
/* Sends the exchange on the grid, counted from `arrived_ms` (clock_mono_ms). Any thread. */
void grid_send(struct grid *grid, struct http_exchange *exchange, int64_t arrived_ms);
/* Sends all that is held at once and ends the thread. */
void grid_free(struct grid **grid);

#endif
