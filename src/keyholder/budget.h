#ifndef KEYHOLDER_BUDGET_H
#define KEYHOLDER_BUDGET_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/*
 * At most BUDGET_CHECKS in any BUDGET_SECONDS for each name (a TOTP seed's row). The table grows with the names used
 * within the last minute, up to BUDGET_PLACES_MAX; when it is full then new names are refused, so filling it buys
 * nobody a guess. Names come in only after their blob has been unsealed: strangers cannot fill it with names they
 * invent.
 */
enum { BUDGET_CHECKS = 10, BUDGET_SECONDS = 60, BUDGET_PLACES_MIN = 1024, BUDGET_PLACES_MAX = 256 * 1024 };

struct budget;

/*
 * `shared` is NULL, or budget_memory_size() bytes of zeroed memory shared with processes that come after this one: they
 * go on counting where it stopped, wherever it was killed. One process at a time uses it. Killed while places were
 * being moved, the next one knows nothing of the past minute and allows nothing for a minute.
 */
enum status must_check budget_new(void *shared, struct budget **ret_budget);
size_t budget_memory_size(void); /* about 15 MB of addresses; memory is taken with use */
void budget_free(struct budget **budget);

/*
 * Counts one check at `now_ms`, a clock that never steps back.
 *
 * E_BUSY   not now: spent, or the table is full
 * E_NOMEM  the table cannot grow
 */
enum status must_check budget_spend(struct budget *budget, const char *name, int64_t now_ms);

#endif
