/* Making the keys, the first and those that follow. */
#include "core/keyring.h"

#include <string.h>

#include "core/audit.h"

#define MAKING_MEMORY (256 * 1024)

struct making {
	struct new_key keys[7];
	struct key_row rows[7];
	size_t count;
	enum keyring_part part;
	char *roll; /* of the audit log's chains: none yet */
	int64_t now;
};

static enum status key_make(struct making *making, struct keyholder *keyholder, struct arena *arena,
			    const char *purpose, const char *alg, const char *state)
{
	struct new_key *key = &making->keys[making->count];

	TRY(keyholder_key_new(keyholder, arena, alg, key));
	making->rows[making->count++] = (struct key_row){.kid = key->kid,
							 .purpose = purpose,
							 .alg = alg,
							 .sealed = key->sealed,
							 .sealed_size = key->sealed_size,
							 .public_jwk = key->public_jwk,
							 .state = state,
							 .created_at = making->now,
							 .changed_at = making->now};
	return OK;
}

static enum status init_write(struct store_tx *tx, void *ctx)
{
	const struct making *making = ctx;
	struct key_row *rows = NULL;
	size_t count = 0;

	TRY(store_key_list(tx, NULL, &rows, &count));
	if (count > 0)
		return E_CONFLICT;
	for (size_t i = 0; i < making->count; i++)
		TRY(store_key_insert(tx, &making->rows[i]));
	TRY(audit_roll_write(tx, NULL, making->roll));
	return audit_write(tx, &(struct audit_row){.at = making->now, .event = "keys.made"});
}

static enum status all_make(struct making *making, struct keyholder *keyholder, struct arena *arena)
{
	TRY(key_make(making, keyholder, arena, "token", "ES256", "current"));
	TRY(key_make(making, keyholder, arena, "token", "RS256", "current"));
	TRY(key_make(making, keyholder, arena, "token", "ES256", "next"));
	TRY(key_make(making, keyholder, arena, "token", "RS256", "next"));
	TRY(key_make(making, keyholder, arena, "vapid", KEYHOLDER_VAPID, "current"));
	TRY(key_make(making, keyholder, arena, "pepper", "HS256", "current"));
	return key_make(making, keyholder, arena, "mac", "HS256", "current");
}

static enum status roll_make(struct making *making, struct keyholder *keyholder, struct arena *arena)
{
	for (size_t i = 0; i < making->count; i++) {
		const struct key_row *row = &making->rows[i];
		const struct sealed_key mac = {row->kid, row->alg, row->sealed, row->sealed_size};

		if (strcmp(row->purpose, "mac") == 0)
			return audit_roll_format(keyholder, &mac, arena, "", &making->roll);
	}
	return E_NOT_FOUND;
}

enum status keyring_init(struct store *store, struct keyholder *keyholder, int64_t now)
{
	scoped_arena *arena = arena_new(MAKING_MEMORY);
	struct making making = {.now = now};

	if (!arena)
		return E_NOMEM;
	TRY(all_make(&making, keyholder, arena));
	TRY(roll_make(&making, keyholder, arena));
	return store_write(store, init_write, &making);
}

/* ---- rotating ---- */

/* next becomes current, current previous, previous retired. Several processes may try: the states are checked by the
 * rows themselves. */
static const char *token_state_after(const char *state)
{
	if (strcmp(state, "next") == 0)
		return "current";
	return strcmp(state, "current") == 0 ? "previous" : "retired";
}

static enum status tokens_turn(struct store_tx *tx, const struct key_row *rows, size_t count, int64_t now)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(rows[i].purpose, "token") == 0)
			TRY(store_key_set_state(tx, rows[i].kid, token_state_after(rows[i].state), now));
	return OK;
}

/* One that no subscription has is of no use; rows come newest first, so the oldest make room. */
static enum status vapid_turn(struct store_tx *tx, const struct key_row *rows, size_t count, int64_t now)
{
	size_t kept = 1;

	for (size_t i = 0; i < count; i++) {
		int64_t devices = 0;
		bool stays;

		if (strcmp(rows[i].purpose, "vapid") != 0)
			continue;
		TRY(store_device_count_kid(tx, rows[i].kid, &devices));
		stays = devices > 0 && kept < VAPID_KEYS_MAX;
		kept += stays;
		TRY(store_key_set_state(tx, rows[i].kid, stays ? "previous" : "retired", now));
	}
	return OK;
}

static enum status rotate_write(struct store_tx *tx, void *ctx)
{
	const struct making *making = ctx;
	struct key_row *rows;
	size_t count;

	TRY(store_key_list_in_use(tx, &rows, &count));
	if (making->part & KEYRING_TOKENS)
		TRY(tokens_turn(tx, rows, count, making->now));
	if (making->part & KEYRING_VAPID)
		TRY(vapid_turn(tx, rows, count, making->now));
	for (size_t i = 0; i < making->count; i++)
		TRY(store_key_insert(tx, &making->rows[i]));
	return audit_write(tx, &(struct audit_row){.at = making->now, .event = "keys.rotated"});
}

enum status keyring_rotate(struct store *store, struct keyholder *keyholder, enum keyring_part part, int64_t now)
{
	scoped_arena *arena = arena_new(MAKING_MEMORY);
	struct making making = {.now = now, .part = part};

	if (!arena)
		return E_NOMEM;
	if (part & KEYRING_TOKENS) {
		TRY(key_make(&making, keyholder, arena, "token", "ES256", "next"));
		TRY(key_make(&making, keyholder, arena, "token", "RS256", "next"));
	}
	if (part & KEYRING_VAPID)
		TRY(key_make(&making, keyholder, arena, "vapid", KEYHOLDER_VAPID, "current"));
	return store_write(store, rotate_write, &making);
}

/* ---- completing ---- */

static enum status vapid_count(struct store_tx *tx, void *ctx)
{
	struct key_row *rows = NULL;

	return store_key_list(tx, "vapid", &rows, ctx);
}

static enum status complete_write(struct store_tx *tx, void *ctx)
{
	const struct making *making = ctx;
	size_t count = 0;

	TRY(vapid_count(tx, &count));
	if (count > 0)
		return OK;
	TRY(store_key_insert(tx, &making->rows[0]));
	return audit_write(tx, &(struct audit_row){.at = making->now, .event = "keys.made"});
}

enum status keyring_complete(struct store *store, struct keyholder *keyholder, int64_t now)
{
	scoped_arena *arena = arena_new(MAKING_MEMORY);
	struct making making = {.now = now};
	size_t count = 0;

	TRY(store_read(store, arena, vapid_count, &count));
	if (count > 0)
		return OK;
	TRY(key_make(&making, keyholder, arena, "vapid", KEYHOLDER_VAPID, "current"));
	return store_write(store, complete_write, &making);
}
