#include "core/keyring.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"

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

/* 0x04, x, y: RFC 8292 3.2 has the key in its uncompressed form. */
static enum status point_of(struct arena *arena, const char *public_jwk, char **ret_public_key)
{
	scoped_json *jwk = NULL;
	const char *x, *y;
	uint8_t point[65] = {0x04};
	size_t x_size = 0, y_size = 0;

	TRY(json_parse_limited(public_jwk ? public_jwk : "", public_jwk ? strlen(public_jwk) : 0, 4, &jwk));
	x = json_get_string(jwk, "x");
	y = json_get_string(jwk, "y");
	if (!x || !y)
		return E_INVALID;
	TRY(base64url_parse(x, strlen(x), point + 1, 32, &x_size));
	TRY(base64url_parse(y, strlen(y), point + 33, 32, &y_size));
	if (x_size != 32 || y_size != 32)
		return E_INVALID;
	*ret_public_key = base64url_dup(arena, point, sizeof(point));
	return *ret_public_key ? OK : E_NOMEM;
}

static enum status vapid_add(struct snapshot *snapshot, const struct key_row *row)
{
	struct keyring_view *view = &snapshot->view;
	struct vapid_key added = {.key = {row->kid, row->alg, row->sealed, row->sealed_size}};
	const bool is_current = strcmp(row->state, "current") == 0;
	char *public_key = NULL;

	if (view->vapid_count == VAPID_KEYS_MAX && !is_current)
		return OK;
	TRY(point_of(snapshot->arena, row->public_jwk, &public_key));
	added.public_key = public_key;
	if (view->vapid_count < VAPID_KEYS_MAX)
		view->vapid_count++;
	for (size_t i = view->vapid_count - 1; is_current && i > 0; i--)
		view->vapid[i] = view->vapid[i - 1];
	view->vapid[is_current ? 0 : view->vapid_count - 1] = added;
	return OK;
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
		if (strcmp(row->purpose, "vapid") == 0)
			TRY(vapid_add(snapshot, row));
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

static bool vapid_is_same(const struct keyring_view *a, const struct keyring_view *b)
{
	bool same = a->vapid_count == b->vapid_count;

	for (size_t i = 0; same && i < a->vapid_count; i++)
		same = strcmp(a->vapid[i].key.kid, b->vapid[i].key.kid) == 0;
	return same;
}

/* A snapshot is made only when the keys differ from the newest one's. */
static bool is_same(const struct snapshot *a, const struct snapshot *b)
{
	return a && strcmp(a->view.jwks, b->view.jwks) == 0 && strcmp(a->view.es256.kid, b->view.es256.kid) == 0 &&
	       strcmp(a->view.rs256.kid, b->view.rs256.kid) == 0 &&
	       strcmp(a->view.pepper.kid, b->view.pepper.kid) == 0 && strcmp(a->view.mac.kid, b->view.mac.kid) == 0 &&
	       vapid_is_same(&a->view, &b->view);
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

const struct vapid_key *keyring_vapid(const struct keyring_view *view, const char *kid)
{
	for (size_t i = 0; i < view->vapid_count; i++)
		if (!kid || strcmp(view->vapid[i].key.kid, kid) == 0)
			return &view->vapid[i];
	return NULL;
}

const struct vapid_key *keyring_vapid_public(const struct keyring_view *view, const char *public_key)
{
	for (size_t i = 0; i < view->vapid_count; i++)
		if (strcmp(view->vapid[i].public_key, public_key) == 0)
			return &view->vapid[i];
	return NULL;
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
