#include "keyholder/budget.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/secret.h"
#include "crypto/hash.h"

enum { SECRET_SIZE = 32 };

/* Two names with one id share a budget: too strict for one of them, once in 2^64 pairs. */
struct place {
	uint64_t id;                /* 0: free */
	uint32_t at[BUDGET_CHECKS]; /* a ring of seconds; 0: never */
	uint32_t next;              /* the oldest of the ring, to be overwritten */
};

struct budget {
	pthread_mutex_t lock;
	uint8_t secret[SECRET_SIZE]; /* so that nobody can choose names that fall together */
	struct place *places;        /* linear probing; `capacity` is a power of two */
	size_t capacity;
	size_t taken;
	uint32_t rebuilt_at;
};

enum status budget_new(struct budget **ret_budget)
{
	struct budget *budget = calloc(1, sizeof(*budget));

	if (!budget)
		return E_NOMEM;
	budget->capacity = BUDGET_PLACES_MIN;
	budget->places = calloc(budget->capacity, sizeof(*budget->places));
	if (!budget->places || pthread_mutex_init(&budget->lock, NULL) != 0) {
		free(budget->places);
		free(budget);
		return E_NOMEM;
	}
	random_fill(&random_system, budget->secret, sizeof(budget->secret));
	*ret_budget = budget;
	return OK;
}

void budget_free(struct budget **budget)
{
	if (!*budget)
		return;
	pthread_mutex_destroy(&(*budget)->lock);
	free((*budget)->places);
	secret_zero(*budget, sizeof(**budget));
	free(*budget);
	*budget = NULL;
}

/* Whether the check at this time still counts. Both are cut to seconds, so the last second is given to the stricter
 * side. */
static bool counts(uint32_t at, uint32_t now)
{
	return at != 0 && now - at <= BUDGET_SECONDS;
}

static bool is_live(const struct place *place, uint32_t now)
{
	return place->id && counts(place->at[(place->next + BUDGET_CHECKS - 1) % BUDGET_CHECKS], now);
}

/* The id's place or the free one where it would go; there always is a free one. */
static struct place *place_find(struct place *places, size_t capacity, uint64_t id)
{
	size_t i = id & (capacity - 1);

	while (places[i].id && places[i].id != id)
		i = (i + 1) & (capacity - 1);
	return &places[i];
}

static size_t live_count(const struct budget *budget, uint32_t now)
{
	size_t live = 0;

	for (size_t i = 0; i < budget->capacity; i++)
		live += is_live(&budget->places[i], now);
	return live;
}

/* Moves the names of the last minute into a table where they take a quarter, or what the limit allows. */
static enum status table_rebuild(struct budget *budget, uint32_t now)
{
	size_t live = live_count(budget, now), capacity = BUDGET_PLACES_MIN;

	while (capacity < 4 * live && capacity < BUDGET_PLACES_MAX)
		capacity *= 2;
	struct place *places = calloc(capacity, sizeof(*places));
	if (!places)
		return E_NOMEM;
	for (size_t i = 0; i < budget->capacity; i++) {
		if (is_live(&budget->places[i], now))
			*place_find(places, capacity, budget->places[i].id) = budget->places[i];
	}
	free(budget->places);
	budget->places = places;
	budget->capacity = capacity;
	budget->taken = live;
	budget->rebuilt_at = now;
	return OK;
}

static bool is_full(const struct budget *budget)
{
	return budget->taken >= budget->capacity / 4 * 3;
}

/* At its largest the table is looked through at most once a second: until then new names wait. */
static enum status room_make(struct budget *budget, uint32_t now)
{
	if (!is_full(budget))
		return OK;
	if (budget->capacity == BUDGET_PLACES_MAX && budget->rebuilt_at == now)
		return E_BUSY;
	TRY(table_rebuild(budget, now));
	return is_full(budget) ? E_BUSY : OK;
}

static enum status place_spend(struct budget *budget, uint64_t id, uint32_t now)
{
	struct place *place = place_find(budget->places, budget->capacity, id);

	if (!place->id) {
		TRY(room_make(budget, now));
		place = place_find(budget->places, budget->capacity, id);
		*place = (struct place){.id = id};
		budget->taken++;
	}
	if (counts(place->at[place->next], now))
		return E_BUSY;
	place->at[place->next] = now;
	place->next = (place->next + 1) % BUDGET_CHECKS;
	return OK;
}

enum status budget_spend(struct budget *budget, const char *name, int64_t now_ms)
{
	uint32_t now = (uint32_t)(now_ms / 1000) + 1; /* 0 means never */
	uint8_t digest[32];
	uint64_t id = 0;

	hmac_sha256(budget->secret, SECRET_SIZE, name, strlen(name), digest);
	memcpy(&id, digest, sizeof(id));
	id = id ? id : 1;
	pthread_mutex_lock(&budget->lock);
	enum status status = place_spend(budget, id, now);
	pthread_mutex_unlock(&budget->lock);
	return status;
}
