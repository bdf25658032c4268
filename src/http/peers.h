#ifndef HTTP_PEERS_H
#define HTTP_PEERS_H

#include "base/network.h"
#include <stdbool.h>
#include <stdint.h>

/* How many connections each IPv4 address or IPv6 /64 holds, over all loops. Any thread. */
struct peers;

struct peers *peers_new(unsigned limit); /* NULL when out of memory */
void peers_free(struct peers **peers);
/* False when the address holds `limit` connections already, or memory is short; else it holds one more. */
bool peers_enter(struct peers *peers, const struct network *address);
void peers_leave(struct peers *peers, const struct network *address);

#endif
