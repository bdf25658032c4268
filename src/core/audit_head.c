#include <string.h>

#include "base/secret.h"
#include "core/audit_internal.h"
#include "core/keyring.h"
#include "crypto/hash.h"

enum { CHAIN_ARENA = 64 << 20, MESSAGE_MAX = 1024, YOUNG_PAGE = 1000 };

/* ---- the keyholder's word ---- */

static void number_put(uint8_t **at, int64_t number)
{
	for (int i = 0; i < 8; i++)
		*(*at)++ = (uint8_t)((uint64_t)number >> (56 - 8 * i));
}

static void hash_put(uint8_t **at, const uint8_t hash[32])
{
	memcpy(*at, hash, 32);
	*at += 32;
}

/* The name comes last and takes the rest: all before has a fixed size. E_INVALID: longer than any that we write. */
static enum status name_put(uint8_t **at, const uint8_t *start, const char *name)
{
	const size_t size = strlen(name);

	if (size > MESSAGE_MAX - (size_t)(*at - start))
		return E_REFUSED;
	memcpy(*at, name, size);
	*at += size;
	return OK;
}

static enum status head_message(const struct chain_row *head, uint8_t message[MESSAGE_MAX], size_t *ret_size)
{
	uint8_t *at = message;

	number_put(&at, head->base_seq);
	hash_put(&at, head->base_hash);
	number_put(&at, head->head_seq);
	hash_put(&at, head->head_hash);
	number_put(&at, head->head_at);
	TRY(name_put(&at, message, head->chain));
	*ret_size = (size_t)(at - message);
	return OK;
}

static enum status head_mac_with(const struct core *core, const struct sealed_key *key, const struct chain_row *head,
				 uint8_t ret_mac[32])
{
	uint8_t message[MESSAGE_MAX];
	size_t size;

	TRY(head_message(head, message, &size));
	return keyholder_mac(core->keyholder, key, "audit head v1", message, size, ret_mac);
}

enum status audit_head_mac(const struct core *core, struct chain_row *head)
{
	const struct sealed_key *key = &keyring_view(core->keyring)->mac;

	TRY(head_mac_with(core, key, head, head->head_mac));
	head->head_kid = key->kid;
	return OK;
}

struct key_finding {
	const char *kid;
	struct sealed_key key;
};

static enum status key_read(struct store_tx *tx, void *ctx)
{
	struct key_finding *finding = ctx;
	struct key_row *rows;
	size_t count;

	TRY(store_key_list(tx, "mac", &rows, &count));
	for (size_t i = 0; i < count; i++)
		if (strcmp(rows[i].kid, finding->kid) == 0)
			finding->key =
				(struct sealed_key){rows[i].kid, rows[i].alg, rows[i].sealed, rows[i].sealed_size};
	return finding->key.kid ? OK : E_REFUSED;
}

enum status audit_key_find(const struct core *core, struct arena *arena, const char *kid, struct sealed_key *ret_key)
{
	struct key_finding finding = {.kid = kid, .key = keyring_view(core->keyring)->mac};

	if (strcmp(finding.key.kid, kid) != 0) {
		finding.key = (struct sealed_key){0};
		TRY(store_read(core->store, arena, key_read, &finding));
	}
	*ret_key = finding.key;
	return OK;
}

enum status audit_head_check(const struct core *core, struct arena *arena, const struct chain_row *head)
{
	struct sealed_key key;
	uint8_t mac[32];

	TRY(audit_key_find(core, arena, head->head_kid, &key));
	TRY(head_mac_with(core, &key, head, mac));
	return secret_equal(mac, head->head_mac, sizeof(mac)) ? OK : E_REFUSED;
}

/* ---- every chain ---- */

struct naming {
	const char *after;
	const char *chain;
};

static enum status next_read(struct store_tx *tx, void *ctx)
{
	struct naming *naming = ctx;

	return store_chain_next(tx, naming->after, &naming->chain);
}

enum status audit_chain_each(const struct core *core, const struct audit_each *each)
{
	struct arena *before = arena_new(CHAIN_ARENA);
	struct naming naming = {.after = ""};
	enum status status = before ? OK : E_NOMEM;

	while (status == OK) {
		struct arena *arena = arena_new(CHAIN_ARENA);

		status = arena ? store_read(core->store, arena, next_read, &naming) : E_NOMEM;
		arena_free(before);
		before = arena;
		naming.after = naming.chain;
		if (status == OK)
			status = each->fn(core, arena, naming.chain, each->ctx);
	}
	arena_free(before);
	return status == E_NOT_FOUND ? OK : status;
}

/* ---- one chain ---- */

struct loading {
	const char *chain;
	struct audit_chain_state state;
};

static enum status place_or_base(struct store_tx *tx, const struct chain_row *row, int64_t up_to,
				 struct audit_place *ret_place)
{
	enum status status = store_audit_last(tx, row->chain, up_to, ret_place);

	if (status != E_NOT_FOUND)
		return status;
	ret_place->seq = row->base_seq;
	memcpy(ret_place->hash, row->base_hash, sizeof(row->base_hash));
	return OK;
}

static enum status state_read(struct store_tx *tx, void *ctx)
{
	struct loading *loading = ctx;
	struct audit_chain_state *state = &loading->state;

	TRY(store_chain_find(tx, loading->chain, &state->row));
	TRY(place_or_base(tx, &state->row, INT64_MAX, &state->newest));
	return place_or_base(tx, &state->row, state->row.head_seq, &state->at_head);
}

enum status audit_chain_load(const struct core *core, struct arena *arena, const char *chain,
			     struct audit_chain_state *ret_state)
{
	struct loading loading = {.chain = chain};

	TRY(store_read(core->store, arena, state_read, &loading));
	*ret_state = loading.state;
	return OK;
}

enum status audit_chain_trust(const struct core *core, struct arena *arena, const struct audit_chain_state *state)
{
	const struct chain_row *row = &state->row;

	if (!*row->head_kid) {
		static const uint8_t none[32];

		return row->head_seq == 0 && row->base_seq == 0 && memcmp(row->base_hash, none, 32) == 0 ? OK
													 : E_REFUSED;
	}
	TRY(audit_head_check(core, arena, row));
	return state->at_head.seq == row->head_seq && memcmp(state->at_head.hash, row->head_hash, 32) == 0 ? OK
													   : E_REFUSED;
}

/* ---- moving heads ---- */

struct moving {
	struct chain_row from, to;
	struct audit_roll roll; /* of a chain that gets its first MAC */
	char *longer;
};

static enum status move_write(struct store_tx *tx, void *ctx)
{
	const struct moving *moving = ctx;

	TRY(store_chain_move(tx, &moving->from, &moving->to));
	return moving->longer ? audit_roll_write(tx, moving->roll.whole, moving->longer) : OK;
}

struct young {
	const char *chain;
	int64_t after;
	struct audit_row *rows;
	size_t count;
};

static enum status young_read(struct store_tx *tx, void *ctx)
{
	struct young *young = ctx;

	return store_audit_page(tx, young->chain, young->after, YOUNG_PAGE, &young->rows, &young->count);
}

static bool follows(const struct core *core, const struct audit_row *row, const struct audit_place *place)
{
	return !audit_row_fault(row, place) && (!row->erased_at || audit_erased_check(core, row) == OK);
}

/* The head goes to the last row that follows from the one before, and no further. */
static enum status rows_pass(const struct core *core, struct chain_row *to, bool *ret_broken)
{
	scoped_arena *arena = arena_new(CHAIN_ARENA);
	struct young young = {.chain = to->chain, .after = to->head_seq};
	struct audit_place place = {.seq = to->head_seq};

	if (!arena)
		return E_NOMEM;
	memcpy(place.hash, to->head_hash, 32);
	TRY(store_read(core->store, arena, young_read, &young));
	for (size_t i = 0; i < young.count && !*ret_broken; i++) {
		*ret_broken = !follows(core, &young.rows[i], &place);
		if (*ret_broken)
			break;
		place.seq = young.rows[i].seq;
		memcpy(place.hash, young.rows[i].hash, 32);
	}
	to->head_seq = place.seq;
	memcpy(to->head_hash, place.hash, 32);
	return OK;
}

/* A name that has had a MAC before was begun anew, unless another node has put it on this moment. */
static enum status first_mac(const struct core *core, struct arena *arena, struct moving *moving)
{
	struct audit_chain_state again;

	TRY(audit_roll_load(core, arena, &moving->roll));
	if (audit_roll_has(&moving->roll, moving->from.chain)) {
		TRY(audit_chain_load(core, arena, moving->from.chain, &again));
		return *again.row.head_kid ? E_CONFLICT : E_REFUSED;
	}
	return audit_roll_add(core, arena, &moving->roll, moving->from.chain, &moving->longer);
}

/* One page: what is left moves in the next round. */
static enum status head_move(const struct core *core, struct arena *arena, const struct audit_chain_state *state,
			     int64_t now)
{
	struct moving moving = {.from = state->row, .to = state->row};
	bool is_broken = false;
	enum status status;

	if (!*state->row.head_kid) { /* the base is zero, then */
		status = first_mac(core, arena, &moving);
		if (status != OK)
			return status == E_CONFLICT ? OK : status;
		memcpy(moving.to.head_hash, state->row.base_hash, 32);
	}
	TRY(rows_pass(core, &moving.to, &is_broken));
	if (moving.to.head_seq == moving.from.head_seq)
		return is_broken ? E_REFUSED : OK;
	moving.to.head_at = now;
	TRY(audit_head_mac(core, &moving.to));
	status = store_write(core->store, move_write, &moving);
	if (status != OK && status != E_CONFLICT) /* somebody else has moved it */
		return status;
	return is_broken ? E_REFUSED : OK;
}

struct round {
	int64_t now;
	bool refused;
};

static enum status chain_move(const struct core *core, struct arena *arena, const char *chain, void *ctx)
{
	struct round *round = ctx;
	struct audit_chain_state state;
	enum status status = audit_chain_load(core, arena, chain, &state);

	if (status == OK && state.newest.seq == state.row.head_seq)
		return OK;
	if (status == OK)
		status = audit_chain_trust(core, arena, &state);
	if (status == OK)
		status = head_move(core, arena, &state, round->now);
	round->refused |= status == E_REFUSED || status == E_NOT_FOUND;
	return round->refused ? OK : status;
}

enum status audit_heads_move(const struct core *core, int64_t now)
{
	struct round round = {.now = now};

	TRY(audit_chain_each(core, &(struct audit_each){chain_move, &round}));
	return round.refused ? E_REFUSED : OK;
}

/* ---- a look ---- */

static enum status chain_check(const struct core *core, struct arena *arena, const char *chain, void *ctx)
{
	struct audit_chain_state state;
	enum status status = audit_chain_load(core, arena, chain, &state);

	if (status == OK)
		status = audit_chain_trust(core, arena, &state);
	return status == E_NOT_FOUND ? E_REFUSED : status;
}

static void contradiction_note(const char *chain, const char *what, void *ctx)
{
	bool *found = ctx;

	*found = true;
}

enum status audit_heads_check(const struct core *core)
{
	bool found = false;

	TRY(audit_chain_each(core, &(struct audit_each){chain_check, NULL}));
	TRY(audit_roll_check(core, contradiction_note, &found));
	return found ? E_REFUSED : OK;
}
