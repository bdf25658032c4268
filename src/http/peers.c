#include "http/peers.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"

#define BUCKETS 4096

struct peer {
	struct peer *next;
	uint8_t key[16];
	unsigned count;
};

struct peers {
	pthread_mutex_t lock;
	unsigned limit;
	uint64_t seed; /* so that nobody can choose addresses that share a bucket */
	struct peer *buckets[BUCKETS];
};

struct peers *peers_new(unsigned limit)
{
	struct peers *peers = calloc(1, sizeof(*peers));

	if (!peers)
		return NULL;
	pthread_mutex_init(&peers->lock, NULL);
	peers->limit = limit;
	random_fill(&random_system, &peers->seed, sizeof(peers->seed));
	return peers;
}

void peers_free(struct peers **peers)
{
	if (!*peers)
		return;
	for (size_t i = 0; i < BUCKETS; i++)
		while ((*peers)->buckets[i]) {
			struct peer *peer = (*peers)->buckets[i];

			(*peers)->buckets[i] = peer->next;
			free(peer);
		}
	pthread_mutex_destroy(&(*peers)->lock);
	free(*peers);
	*peers = NULL;
}

/* An IPv4 address, or an IPv6 /64; the last octet tells the families apart. */
static void key_of(const struct network *address, uint8_t key[16])
{
	memcpy(key, address->bytes, 16);
	if (!address->is_v4)
		memset(key + 8, 0, 8);
	key[15] = address->is_v4 ? 1 : 0;
}

/* The link that holds the peer, or the one to add it at. */
static struct peer **peer_slot(struct peers *peers, const uint8_t key[16])
{
	uint64_t hash = peers->seed;
	struct peer **slot;

	for (size_t i = 0; i < 16; i++) {
		hash = (hash ^ key[i]) * UINT64_C(0xff51afd7ed558ccd);
		hash ^= hash >> 32;
	}
	slot = &peers->buckets[hash % BUCKETS];
	while (*slot && memcmp((*slot)->key, key, 16) != 0)
		slot = &(*slot)->next;
	return slot;
}

static bool slot_enter(struct peers *peers, struct peer **slot, const uint8_t key[16])
{
	if (!*slot) {
		*slot = calloc(1, sizeof(**slot));
		if (!*slot)
			return false;
		memcpy((*slot)->key, key, 16);
	}
	if ((*slot)->count >= peers->limit)
		return false;
	(*slot)->count++;
	return true;
}

bool peers_enter(struct peers *peers, const struct network *address)
{
	uint8_t key[16];
	bool entered;

	key_of(address, key);
	pthread_mutex_lock(&peers->lock);
	entered = slot_enter(peers, peer_slot(peers, key), key);
	pthread_mutex_unlock(&peers->lock);
	return entered;
}

void peers_leave(struct peers *peers, const struct network *address)
{
	uint8_t key[16];
	struct peer **slot;

	key_of(address, key);
	pthread_mutex_lock(&peers->lock);
	slot = peer_slot(peers, key);
	if (*slot && --(*slot)->count == 0) {
		struct peer *gone = *slot;

		*slot = gone->next;
		free(gone);
	}
	pthread_mutex_unlock(&peers->lock);
}
