#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/challenge.h"
#include "endpoints/device/device.h"
#include "endpoints/device/request.h"
#include "endpoints/waiting.h"
#include "http/server.h"

/* What a device's stream has told so far. */
struct watching {
	char device_id[ID_SIZE];
	char user_id[ID_SIZE];
	char told[ID_SIZE]; /* the challenge that was announced and not yet ended; "" none */
};

struct reading {
	struct watching *watching;
	int64_t now;
	struct device_row device;
	struct challenge_row pending, told;
	bool active, has_pending, has_told;
};

static enum status read_all(struct store_tx *tx, void *ctx)
{
	struct reading *reading = ctx;
	const struct watching *watching = reading->watching;
	struct user_row user;
	bool has_user;

	TRY(absent_is_fine(store_device_find(tx, watching->device_id, &reading->device), &reading->active));
	TRY(absent_is_fine(store_user_find(tx, watching->user_id, &user), &has_user));
	reading->active = reading->active && has_user && !user.disabled && strcmp(reading->device.state, "active") == 0;
	TRY(absent_is_fine(store_challenge_find_pending(tx, watching->user_id, &reading->pending),
			   &reading->has_pending));
	if (!*watching->told)
		return OK;
	return absent_is_fine(store_challenge_find(tx, watching->told, &reading->told), &reading->has_told);
}

static void ended_add(struct text *out, const struct reading *reading)
{
	const struct challenge_row *row = &reading->told;
	const char *state = !reading->has_told || strcmp(row->state, "pending") == 0 ? "expired"
			    : strcmp(row->state, "consumed") == 0                    ? "approved"
										     : row->state;

	text_add_format(out, "event: ended\ndata: {\"id\":\"%s\",\"state\":\"%s\"}\n\n", reading->watching->told,
			state);
}

/* Only what popped up is announced; the rest is there when the person opens the app. */
static void challenge_add(struct text *out, struct reading *reading)
{
	const struct challenge_row *row = &reading->pending;

	if (!reading->has_pending || !row->popup || row->expires_at <= reading->now ||
	    strcmp(row->id, reading->watching->told) == 0 || strlen(row->id) >= ID_SIZE)
		return;
	text_add_format(out, "event: challenge\ndata: {\"id\":\"%s\",\"expires_at\":%" PRId64 "}\n\n", row->id,
			row->expires_at);
	memcpy(reading->watching->told, row->id, strlen(row->id) + 1);
}

static bool told_is_over(const struct reading *reading)
{
	const struct watching *watching = reading->watching;

	return *watching->told && (!reading->has_told || strcmp(reading->told.state, "pending") != 0 ||
				   reading->told.expires_at <= reading->now);
}

static enum status events_read(const struct app *app, void *ctx, struct arena *arena, struct text *out, bool *ret_end)
{
	struct reading reading = {.watching = ctx, .now = app->now()};

	TRY(store_read(app->core.store, arena, read_all, &reading));
	*ret_end = !reading.active;
	if (!reading.active) {
		text_add(out, "event: device\ndata: {\"state\":\"revoked\"}\n\n");
		return OK;
	}
	if (told_is_over(&reading)) {
		ended_add(out, &reading);
		reading.watching->told[0] = '\0';
	}
	challenge_add(out, &reading);
	return OK;
}

struct contact {
	char id[ID_SIZE];
	int64_t now;
};

static enum status contact_write(struct store_tx *tx, void *ctx)
{
	const struct contact *contact = ctx;

	return store_device_set_seen(tx, contact->id, contact->now);
}

static void contact_note(const struct app *app, const struct device_row *device, int64_t now)
{
	struct contact *contact = calloc(1, sizeof(*contact));

	if (!contact)
		return; /* "last contact" is a hint */
	memcpy(contact->id, device->id, strnlen(device->id, ID_SIZE - 1));
	contact->now = now;
	store_write_later(app->core.store, contact_write, contact, free);
}

/* GET /device/v1/events */
enum status device_events_open(const struct app *app, struct http_exchange *exchange)
{
	const struct request *req = http_exchange_request(exchange);
	struct waiting_source source = {.read = events_read, .free = free};
	struct signed_request from;
	struct watching *watching;

	TRY(signed_request_read(app, req, http_exchange_response(exchange), false, &from));
	if (!from.fine)
		return E_REFUSED;
	contact_note(app, &from.device, req->now);
	watching = calloc(1, sizeof(*watching));
	source.topic = arena_format(req->arena, "user:%s", from.device.user_id);
	if (!watching || !source.topic) {
		free(watching);
		return E_NOMEM;
	}
	memcpy(watching->device_id, from.device.id, strnlen(from.device.id, ID_SIZE - 1));
	memcpy(watching->user_id, from.device.user_id, strnlen(from.device.user_id, ID_SIZE - 1));
	source.ctx = watching;
	return waiting_open(app, exchange, &source);
}
