#include "core/challenge.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *from, *to;
} transitions[] = {
	{"pending", "approved"},   {"pending", "denied"},    {"pending", "wrong"},   {"pending", "expired"},
	{"pending", "superseded"}, {"approved", "consumed"}, {"approved", "denied"}, /* "It's not me" after an approval
										      */
};

bool challenge_may(const char *from, const char *to)
{
	for (size_t i = 0; i < ARRAY_COUNT(transitions); i++)
		if (strcmp(transitions[i].from, from) == 0 && strcmp(transitions[i].to, to) == 0)
			return true;
	return false;
}

struct listing {
	const char *user_id;
	int64_t now;
	struct challenge_row row;
	bool found;
};

static enum status pending_read(struct store_tx *tx, void *ctx)
{
	struct listing *listing = ctx;
	enum status status = store_challenge_find_pending(tx, listing->user_id, &listing->row);

	listing->found = status == OK && listing->row.expires_at > listing->now;
	return status == E_NOT_FOUND ? OK : status;
}

enum status challenge_list(const struct core *core, struct arena *arena, const char *user_id, int64_t now,
			   json_t **ret_json)
{
	struct listing listing = {.user_id = user_id, .now = now};
	json_t *list;

	TRY(store_read(core->store, arena, pending_read, &listing));
	list = json_array();
	if (listing.found && json_array_append_new(list, json_pack("{s:s, s:I, s:I, s:b}", "id", listing.row.id,
								   "created_at", (json_int_t)listing.row.created_at,
								   "expires_at", (json_int_t)listing.row.expires_at,
								   "popup", (int)listing.row.popup))) {
		json_decref(list);
		return E_NOMEM;
	}
	*ret_json = json_pack("{s:o}", "challenges", list);
	return *ret_json ? OK : E_NOMEM;
}

struct look {
	const char *user_id;
	const char *id;
	struct challenge_row row;
};

static enum status look_read(struct store_tx *tx, void *ctx)
{
	struct look *look = ctx;

	TRY(store_challenge_find(tx, look->id, &look->row));
	if (look->row.hidden || !look->row.user_id || strcmp(look->row.user_id, look->user_id) != 0)
		return E_NOT_FOUND;
	return OK;
}

struct seen {
	struct core core; /* a copy: the request's ends with it */
	char id[ID_SIZE];
	char login_id[ID_SIZE];
	int64_t now;
};

static enum status seen_write(struct store_tx *tx, void *ctx)
{
	const struct seen *seen = ctx;

	return store_challenge_set_seen(tx, seen->id, seen->now);
}

/* The hint is committed (or lost, and no harm done): the page may read again. */
static void seen_free(void *ctx)
{
	struct seen *seen = ctx;

	core_wake(&seen->core, "login", seen->login_id);
	free(seen);
}

static void seen_note(const struct core *core, const struct challenge_row *row, int64_t now)
{
	struct seen *seen;

	if (row->seen_at || strlen(row->id) >= ID_SIZE || strlen(row->login_id) >= ID_SIZE)
		return;
	seen = calloc(1, sizeof(*seen));
	if (!seen)
		return; /* only a hint for the page */
	seen->core = *core;
	memcpy(seen->id, row->id, strlen(row->id));
	memcpy(seen->login_id, row->login_id, strlen(row->login_id));
	seen->now = now;
	store_write_later(core->store, seen_write, seen, seen_free);
}

enum status challenge_details(const struct core *core, struct arena *arena, const char *user_id,
			      const char *challenge_id, int64_t now, const char **ret_bytes)
{
	struct look look = {.user_id = user_id, .id = challenge_id};

	TRY(store_read(core->store, arena, look_read, &look));
	if (strcmp(look.row.state, "expired") == 0 ||
	    (strcmp(look.row.state, "pending") == 0 && look.row.expires_at <= now))
		return E_EXPIRED;
	if (strcmp(look.row.state, "pending") != 0)
		return E_CONFLICT;
	seen_note(core, &look.row, now);
	*ret_bytes = look.row.details;
	return OK;
}
