#ifndef STORE_STATEMENT_CACHE_H
#define STORE_STATEMENT_CACHE_H

#include "store/driver.h"

/* A connection's prepared statements by their keys: open addressing, and never full. `handle` is the driver's. */
enum { CACHE_SLOTS = 512, CACHE_USED_MAX = 400 };

struct cache_slot {
	struct sql_key key;
	void *handle; /* NULL: free */
};

struct statement_cache {
	size_t used;
	struct cache_slot slots[CACHE_SLOTS];
};

/* The key's slot, or the free one where it belongs. */
struct cache_slot *cache_find(struct statement_cache *cache, const struct sql_key *key);
/* Fills the free slot that cache_find gave; false when the cache has enough. */
bool cache_keep(struct statement_cache *cache, struct cache_slot *slot, const struct sql_key *key, void *handle);

#endif
