#include "store/statement_cache.h"

static size_t key_slot(const struct sql_key *key)
{
	uint64_t hash = (uint64_t)(uintptr_t)key->text * 0x9e3779b97f4a7c15u;

	hash ^= ((uint64_t)(uintptr_t)key->table + (uint64_t)key->verb) * 0xc2b2ae3d27d4eb4fu;
	return (size_t)(hash >> 32) % CACHE_SLOTS;
}

static bool key_equal(const struct sql_key *a, const struct sql_key *b)
{
	return a->verb == b->verb && a->table == b->table && a->text == b->text;
}

struct cache_slot *cache_find(struct statement_cache *cache, const struct sql_key *key)
{
	size_t i = key_slot(key);

	while (cache->slots[i].handle && !key_equal(&cache->slots[i].key, key))
		i = (i + 1) % CACHE_SLOTS;
	return &cache->slots[i];
}

bool cache_keep(struct statement_cache *cache, struct cache_slot *slot, const struct sql_key *key, void *handle)
{
	if (cache->used >= CACHE_USED_MAX)
		return false;
	*slot = (struct cache_slot){.key = *key, .handle = handle};
	cache->used++;
	return true;
}
