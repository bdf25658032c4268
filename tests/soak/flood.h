#ifndef SOAK_FLOOD_H
#define SOAK_FLOOD_H

#include "accounts.h"
#include "browser.h"

/* `count` sign-ins that nobody finishes: neither evict nor slow a real one; tallies. */
void abandoned_judge(struct cluster *cluster, size_t count);
/* `count` whole sign-ins, many at once, of which none fails; tallies. */
void concurrent_judge(struct cluster *cluster, size_t count);

#endif
