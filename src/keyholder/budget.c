#include "keyholder/budget.h"

#include <pthread.h>
#include <stdatomic.h>
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

/*
 * May lie in memory that outlives the process, so it makes sense at every instant: whoever is killed between two
 * writes leaves a count that is right or one too high.
 */
struct table {
	uint8_t secret[SECRET_SIZE]; /* so that nobody can choose names that fall together */
	atomic_uint made;            /* 0: fresh memory */
	atomic_uint moving;          /* 1: places are being moved; found like this, they say nothing */
	atomic_size_t taken;
	struct place places[]; /* linear probing */
};

struct budget {
	pthread_mutex_t lock;
	struct table *table;
	size_t capacity; /* places, a power of two */
	bool is_shared;
	uint32_t rebuilt_at;
	bool is_blind;        /* the past minute is not known … */
	uint32_t blind_until; /* … so nothing is allowed up to this second; 0: no check has come yet */
};

static size_t table_size(size_t capacity)
{
	return sizeof(struct table) + capacity * sizeof(struct place);
}

size_t budget_memory_size(void)
{
	return table_size(BUDGET_PLACES_MAX);
}

static struct table *table_new(size_t capacity)
{
	return calloc(1, table_size(capacity));
}

static void table_wipe(struct table *table, size_t capacity)
{
	memset(table->places, 0, capacity * sizeof(table->places[0]));
	table->taken = 0;
}

/* What another process left, or fresh memory. */
static void table_adopt(struct budget *budget, struct table *table)
{
	budget->table = table;
	if (table->made && table->moving) {
		budget->is_blind = true;
		table_wipe(table, budget->capacity);
		table->moving = 0;
	}
	if (!table->made)
		random_fill(&random_system, table->secret, sizeof(table->secret));
	table->made = 1;
}

enum status budget_new(void *shared, struct budget **ret_budget)
{
	struct budget *budget = calloc(1, sizeof(*budget));

	if (!budget)
		return E_NOMEM;
	budget->is_shared = shared != NULL;
	budget->capacity = shared ? BUDGET_PLACES_MAX : BUDGET_PLACES_MIN;
	struct table *table = shared ? shared : table_new(budget->capacity);
	if (!table || pthread_mutex_init(&budget->lock, NULL) != 0) {
		if (!shared)
			free(table);
		free(budget);
		return E_NOMEM;
	}
	table_adopt(budget, table);
	*ret_budget = budget;
	return OK;
}

void budget_free(struct budget **budget)
{
	if (!*budget)
		return;
	pthread_mutex_destroy(&(*budget)->lock);
	if (!(*budget)->is_shared) {
		secret_zero((*budget)->table->secret, SECRET_SIZE);
		free((*budget)->table);
	}
	free(*budget);
	*budget = NULL;
}

/* Whether the check at this time still counts. Both are cut to seconds, so the last second is given to the stricter
 * side. */
static bool counts(uint32_t at, uint32_t now)
{
	return at != 0 && (at > now || now - at <= BUDGET_SECONDS); /* later: by a thread that read the clock first */
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
		live += is_live(&budget->table->places[i], now);
	return live;
}

/* The moved table takes the old one's place: at once, or byte by byte under the mark. */
static void table_replace(struct budget *budget, struct table *moved, size_t capacity)
{
	struct table *old = budget->table;

	if (!budget->is_shared) {
		memcpy(moved->secret, old->secret, SECRET_SIZE);
		moved->made = 1;
		budget->table = moved;
		budget->capacity = capacity;
		free(old);
		return;
	}
	old->moving = 1;
	memcpy(old->places, moved->places, capacity * sizeof(old->places[0]));
	old->taken = moved->taken;
	old->moving = 0;
	free(moved);
}

/* Moves the names of the last minute into a table where they take a quarter, or what the limit allows. */
static enum status table_rebuild(struct budget *budget, uint32_t now)
{
	size_t live = live_count(budget, now), capacity = budget->is_shared ? BUDGET_PLACES_MAX : BUDGET_PLACES_MIN;

	while (capacity < 4 * live && capacity < BUDGET_PLACES_MAX)
		capacity *= 2;
	struct table *moved = table_new(capacity);
	if (!moved)
		return E_NOMEM;
	for (size_t i = 0; i < budget->capacity; i++) {
		const struct place *place = &budget->table->places[i];

		if (is_live(place, now))
			*place_find(moved->places, capacity, place->id) = *place;
	}
	moved->taken = live;
	table_replace(budget, moved, capacity);
	budget->rebuilt_at = now;
	return OK;
}

static bool is_full(const struct budget *budget)
{
	return budget->table->taken >= budget->capacity / 4 * 3;
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
	struct place *place = place_find(budget->table->places, budget->capacity, id);

	if (!place->id) {
		TRY(room_make(budget, now));
		place = place_find(budget->table->places, budget->capacity, id);
		budget->table->taken++;
		*place = (struct place){.id = id};
	}
	if (counts(place->at[place->next], now))
		return E_BUSY;
	place->at[place->next] = now; /* killed here: the ring looks full for a minute */
	atomic_signal_fence(memory_order_seq_cst);
	place->next = (place->next + 1) % BUDGET_CHECKS;
	return OK;
}

/* Under the lock. */
static bool is_blind(struct budget *budget, uint32_t now)
{
	if (budget->is_blind && !budget->blind_until)
		budget->blind_until = now + BUDGET_SECONDS;
	budget->is_blind = budget->is_blind && now <= budget->blind_until;
	return budget->is_blind;
}

enum status budget_spend(struct budget *budget, const char *name, int64_t now_ms)
{
	uint32_t now = (uint32_t)(now_ms / 1000) + 1; /* 0 means never */
	uint8_t digest[32];
	uint64_t id = 0;

	hmac_sha256(budget->table->secret, SECRET_SIZE, name, strlen(name), digest);
	memcpy(&id, digest, sizeof(id));
	id = id ? id : 1;
	pthread_mutex_lock(&budget->lock);
	enum status status = is_blind(budget, now) ? E_BUSY : place_spend(budget, id, now);
	pthread_mutex_unlock(&budget->lock);
	return status;
}
