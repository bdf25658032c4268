#include <string.h>

#include "base/encode.h"
#include "core/device.h"

#define HISTORY_MAX 20

struct history {
	const char *user_id;
	struct challenge_row *rows;
	size_t count;
};

static enum status history_read(struct store_tx *tx, void *ctx)
{
	struct history *history = ctx;

	return store_challenge_recent(tx, history->user_id, HISTORY_MAX, &history->rows, &history->count);
}

static const char *outcome(const struct challenge_row *row, int64_t now)
{
	if (strcmp(row->state, "pending") == 0)
		return row->expires_at <= now ? "expired" : "pending";
	return strcmp(row->state, "consumed") == 0 ? "approved" : row->state;
}

/* nonce and shown are there so that an app that never opened the request can still report it. The details are our own
 * bytes: client and request are shown again as they were. */
static json_t *row_json(const struct challenge_row *row, int64_t now)
{
	scoped_json *details = NULL;
	char shown[BASE64URL_SIZE(32) + 1];
	json_t *json;

	base64url_format(row->shown, sizeof(row->shown), shown);
	if (json_parse_limited(row->details, strlen(row->details), 8, &details) != OK)
		return NULL;
	json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I}", "id", row->id, "nonce", row->nonce, "shown", shown,
			 "mode", row->mode, "state", outcome(row, now), "why", row->why, "at",
			 (json_int_t)row->created_at, "settled_at", (json_int_t)row->settled_at);
	if (json && (json_object_set(json, "client", json_object_get(details, "client")) ||
		     json_object_set(json, "request", json_object_get(details, "request")))) {
		json_decref(json);
		return NULL;
	}
	return json;
}

enum status device_history(const struct core *core, struct arena *arena, const struct device_row *device, int64_t now,
			   json_t **ret_json)
{
	struct history history = {.user_id = device->user_id};
	json_t *list;

	TRY(store_read(core->store, arena, history_read, &history));
	list = json_array();
	for (size_t i = 0; list && i < history.count; i++) {
		if (json_array_append_new(list, row_json(&history.rows[i], now))) {
			json_decref(list);
			return E_NOMEM;
		}
	}
	*ret_json = json_pack("{s:o}", "history", list);
	return *ret_json ? OK : E_NOMEM;
}
