#ifndef TESTS_FUZZ_CORE_FUZZ_H
#define TESTS_FUZZ_CORE_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "core/core.h"
#include "crypto/jose.h"

/*
 * A small world for targets that need a database: the user "demo", the client "app", one active device with a key that
 * the target holds, one login that waits for one challenge. Time stands still, chance is repeatable.
 */
struct world {
	struct core core;
	struct settings settings;
	char decision[256];  /* by the policy in force */
	struct arena *arena; /* as long as the world */
	struct random_seeded seeded;
	struct random random;
	struct device_row device;
	struct jose_key *key;
	char user_id[ID_SIZE], challenge_id[ID_SIZE];
	unsigned settled;
};

#define FUZZ_NOW 1790000000

/* Made at the first call; the same from then on. */
struct world *world_get(void);
/* After an input that was taken: a new world now and then, so that memory stays small. */
struct world *world_turn(struct world *world);
/* The same, and another pending challenge for another login, when this one is settled. */
struct world *world_next_challenge(struct world *world);
void must(bool holds);

/*
 * Signs a header and claims that the input may bend: its first line is a JSON object whose members replace the header's
 * (null takes one away), its second one does so with the claims'. NULL when it is no such input.
 */
struct bent {
	json_t *header, *claims; /* what was signed */
	const char *jws;
};
bool bent_sign(struct arena *arena, const struct jose_key *key, json_t *header, json_t *claims, const char *text,
	       struct bent *ret_bent);
bool claim_equals(const json_t *claims, const char *name, const char *value);

#endif
