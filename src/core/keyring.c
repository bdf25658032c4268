#include "core/keyring.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/audit.h"

#define VIEW_MEMORY (256 * 1024)

/* One immutable snapshot; the older ones stay until the keyring is closed. */
struct snapshot {
	struct snapshot *older;
	struct arena *arena;
	struct keyring_view view;
};

struct keyring {
	pthread_mutex_t lock;
	struct snapshot *newest;
};

/* ---- making ---- */

struct making {
	struct new_key keys[6];
	struct key_row rows[6];
	size_t count;
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
	scoped_arena *arena = arena_new(VIEW_MEMORY);
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
static enum status states_turn(struct store_tx *tx, int64_t now)
{
	struct key_row *rows;
	size_t count;

	TRY(store_key_list_in_use(tx, &rows, &count));
	for (size_t i = 0; i < count; i++) {
		const char *state = rows[i].state;
		const char *to = strcmp(state, "next") == 0      ? "current"
				 : strcmp(state, "current") == 0 ? "previous"
								 : "retired";

		if (strcmp(rows[i].purpose, "token") == 0)
			TRY(store_key_set_state(tx, rows[i].kid, to, now));
	}
	return OK;
}

static enum status rotate_write(struct store_tx *tx, void *ctx)
{
	const struct making *making = ctx;

	TRY(states_turn(tx, making->now));
	for (size_t i = 0; i < making->count; i++)
		TRY(store_key_insert(tx, &making->rows[i]));
	return audit_write(tx, &(struct audit_row){.at = making->now, .event = "keys.rotated"});
}

enum status keyring_rotate(struct store *store, struct keyholder *keyholder, int64_t now)
{
	scoped_arena *arena = arena_new(VIEW_MEMORY);
	struct making making = {.now = now};

	if (!arena)
		return E_NOMEM;
	TRY(key_make(&making, keyholder, arena, "token", "ES256", "next"));
	TRY(key_make(&making, keyholder, arena, "token", "RS256", "next"));
	return store_write(store, rotate_write, &making);
}

/* ---- reading ---- */

struct reading {
	struct key_row *rows;
	size_t count;
};

static enum status keys_read(struct store_tx *tx, void *ctx)
{
	struct reading *reading = ctx;

	return store_key_list_in_use(tx, &reading->rows, &reading->count);
}

static bool is_shown(const struct key_row *row)
{
	return strcmp(row->purpose, "token") == 0 && strcmp(row->state, "retired") != 0 && row->public_jwk;
}

static enum status jwks_fill(struct snapshot *snapshot, const struct reading *reading)
{
	scoped_json *jwks = json_pack("{s:[]}", "keys");
	json_t *list = json_object_get(jwks, "keys");

	for (size_t i = 0; i < reading->count; i++) {
		json_t *jwk = NULL;

		if (!is_shown(&reading->rows[i]))
			continue;
		TRY(json_parse_limited(reading->rows[i].public_jwk, strlen(reading->rows[i].public_jwk), 4, &jwk));
		if (json_array_append_new(list, jwk))
			return E_NOMEM;
	}
	snapshot->view.jwks = json_format(snapshot->arena, jwks);
	if (!snapshot->view.jwks)
		return E_NOMEM;
	snapshot->view.jwks_size = strlen(snapshot->view.jwks);
	return OK;
}

static struct sealed_key *place_of(struct keyring_view *view, const struct key_row *row)
{
	if (strcmp(row->state, "current") != 0)
		return NULL;
	if (strcmp(row->purpose, "pepper") == 0)
		return &view->pepper;
	if (strcmp(row->purpose, "mac") == 0)
		return &view->mac;
	if (strcmp(row->purpose, "token") != 0)
		return NULL;
	return strcmp(row->alg, "RS256") == 0 ? &view->rs256 : &view->es256;
}

static enum status snapshot_fill(struct snapshot *snapshot, struct store *store)
{
	struct reading reading = {0};
	struct keyring_view *view = &snapshot->view;

	TRY(store_read(store, snapshot->arena, keys_read, &reading));
	for (size_t i = 0; i < reading.count; i++) {
		const struct key_row *row = &reading.rows[i];
		struct sealed_key *key = place_of(view, row);

		if (key)
			*key = (struct sealed_key){row->kid, row->alg, row->sealed, row->sealed_size};
	}
	if (!view->es256.kid || !view->rs256.kid || !view->pepper.kid || !view->mac.kid)
		return E_NOT_FOUND;
	return jwks_fill(snapshot, &reading);
}

static void snapshot_free(struct snapshot *snapshot)
{
	arena_free(snapshot->arena);
	free(snapshot);
}

/* A snapshot is made only when the keys differ from the newest one's. */
static bool is_same(const struct snapshot *a, const struct snapshot *b)
{
	return a && strcmp(a->view.jwks, b->view.jwks) == 0 && strcmp(a->view.es256.kid, b->view.es256.kid) == 0 &&
	       strcmp(a->view.rs256.kid, b->view.rs256.kid) == 0 &&
	       strcmp(a->view.pepper.kid, b->view.pepper.kid) == 0 && strcmp(a->view.mac.kid, b->view.mac.kid) == 0;
}

enum status keyring_refresh(struct keyring *keyring, struct store *store)
{
	struct snapshot *snapshot = calloc(1, sizeof(*snapshot));
	enum status status = E_NOMEM;

	if (!snapshot)
		return E_NOMEM;
	snapshot->arena = arena_new(VIEW_MEMORY);
	if (snapshot->arena)
		status = snapshot_fill(snapshot, store);
	pthread_mutex_lock(&keyring->lock);
	if (status == OK && !is_same(keyring->newest, snapshot)) {
		snapshot->older = keyring->newest;
		keyring->newest = snapshot;
		snapshot = NULL;
	}
	pthread_mutex_unlock(&keyring->lock);
	if (snapshot)
		snapshot_free(snapshot);
	return status;
}

enum status keyring_open(struct store *store, struct keyring **ret_keyring)
{
	struct keyring *keyring = calloc(1, sizeof(*keyring));
	enum status status;

	if (!keyring)
		return E_NOMEM;
	pthread_mutex_init(&keyring->lock, NULL);
	status = keyring_refresh(keyring, store);
	if (status != OK) {
		keyring_close(&keyring);
		return status;
	}
	*ret_keyring = keyring;
	return OK;
}

const struct keyring_view *keyring_view(struct keyring *keyring)
{
	const struct keyring_view *view;

	pthread_mutex_lock(&keyring->lock);
	view = &keyring->newest->view;
	pthread_mutex_unlock(&keyring->lock);
	return view;
}

void keyring_close(struct keyring **keyring)
{
	struct snapshot *snapshot = *keyring ? (*keyring)->newest : NULL;

	if (!*keyring)
		return;
	while (snapshot) {
		struct snapshot *older = snapshot->older;

		snapshot_free(snapshot);
		snapshot = older;
	}
	pthread_mutex_destroy(&(*keyring)->lock);
	free(*keyring);
	*keyring = NULL;
}
