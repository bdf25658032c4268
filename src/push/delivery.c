#include "push/delivery.h"

#include <string.h>

#include "base/log.h"
#include "core/push_endpoint.h"

/* ---- reading ---- */

static enum status message_read(struct store_tx *tx, void *ctx)
{
	struct delivery *delivery = ctx;

	TRY(absent_is_fine(store_outbox_find(tx, delivery->id, &delivery->row), &delivery->has_row));
	if (!delivery->has_row)
		return OK;
	TRY(absent_is_fine(store_device_find(tx, delivery->row.device_id, &delivery->device), &delivery->has_device));
	if (strcmp(delivery->row.kind, "challenge") != 0)
		return OK;
	return absent_is_fine(store_challenge_find(tx, delivery->row.subject_id, &delivery->challenge),
			      &delivery->has_challenge);
}

/* The request has been answered or is over, the device is gone or has no subscription: nobody waits for this. */
static bool is_wanted(const struct delivery *delivery, int64_t now)
{
	const struct device_row *device = &delivery->device;
	const struct challenge_row *challenge = &delivery->challenge;

	if (!delivery->has_row || !delivery->has_device || strcmp(device->state, "active") != 0 ||
	    !device->push_endpoint)
		return false;
	if (delivery->row.expires_at <= now)
		return false;
	if (strcmp(delivery->row.kind, "challenge") != 0)
		return true;
	return delivery->has_challenge && strcmp(challenge->state, "pending") == 0 && challenge->expires_at > now;
}

static bool fail(struct delivery *delivery, const char *failure)
{
	delivery->verdict = (struct push_verdict){PUSH_DROP, failure, true};
	return false;
}

/* The list may have changed since the device put its subscription there. */
static bool way_find(struct delivery *delivery, struct push_endpoint *ret_endpoint)
{
	const struct push_host *host;

	if (push_endpoint_parse(delivery->device.push_endpoint, ret_endpoint) != OK)
		return fail(delivery, "not_listed");
	host = push_host_find(delivery->core.settings, ret_endpoint);
	if (!host)
		return fail(delivery, "not_listed");
	delivery->connect = host->connect;
	delivery->allow_private = host->is_private;
	return true;
}

/* ---- encrypting and signing ---- */

static enum status body_make(struct delivery *delivery)
{
	struct webpush_keys keys;
	char *text = NULL;

	TRY(webpush_keys_parse(delivery->device.push_p256dh, delivery->device.push_auth, &keys));
	TRY(push_message_format(delivery->arena, delivery->core.settings->issuer, &delivery->row, &text));
	return webpush_encrypt(&keys, text, strlen(text), delivery->body);
}

static enum status headers_make(struct delivery *delivery, struct vapid_cache *cache, const struct vapid_key *key,
				const char *origin, int64_t now)
{
	const char *authorization = NULL;

	TRY(vapid_header_get(cache, &delivery->core, key, origin, now, &authorization));
	return push_headers_make(delivery->arena, &delivery->row, authorization, now, &delivery->headers);
}

enum status delivery_prepare(struct delivery *delivery, struct vapid_cache *cache, int64_t now, bool *ret_is_ready)
{
	const struct vapid_key *key;
	struct push_endpoint endpoint;
	enum status status;

	delivery->ended_at = now;
	*ret_is_ready = false;
	TRY(store_read(delivery->core.store, delivery->arena, message_read, delivery));
	if (!is_wanted(delivery, now) || !way_find(delivery, &endpoint))
		return OK;
	key = keyring_vapid(keyring_view(delivery->core.keyring), delivery->device.push_kid);
	status = body_make(delivery);
	if (!key || status == E_INVALID) {
		fail(delivery, key ? "refused" : "vapid");
		return OK;
	}
	TRY(status);
	TRY(headers_make(delivery, cache, key, endpoint.origin, now));
	*ret_is_ready = true;
	return OK;
}

/* ---- what became of it ---- */

static void log_verdict(const struct delivery *delivery, const struct fetch_reply *reply)
{
	const struct push_verdict *verdict = &delivery->verdict;
	const char *event = strcmp(verdict->failure, "address") == 0 ? "push.private_address" : "push.refused";
	struct push_endpoint endpoint = {0};

	status_ignore(push_endpoint_parse(delivery->device.push_endpoint, &endpoint), "it has been parsed before");
	if (!verdict->alarm) {
		log_info("push.failed", LOG_S("device", delivery->device.id), LOG_S("host", endpoint.host),
			 LOG_S("failure", verdict->failure), LOG_N("status", reply->status),
			 LOG_N("tries", delivery->row.tries), LOG_S("problem", reply->problem));
		return;
	}
	log_error(event, LOG_S("device", delivery->device.id), LOG_S("host", endpoint.host),
		  LOG_S("failure", verdict->failure), LOG_N("status", reply->status), LOG_S("problem", reply->problem),
		  LOG_S("text", reply->text));
}

void delivery_judge(struct delivery *delivery, const struct fetch_reply *reply, int64_t now)
{
	delivery->verdict = push_verdict_of(reply);
	delivery->ended_at = now;
	delivery->retry_at = push_retry_at(delivery->row.tries, reply->retry_after_s, now);
	/* Later nobody waits for it any more. */
	if (delivery->verdict.action == PUSH_RETRY && delivery->retry_at >= delivery->row.expires_at)
		delivery->verdict.action = PUSH_DROP;
	if (delivery->verdict.failure)
		log_verdict(delivery, reply);
}

/* Whether a push service has taken the request's message, for the page. */
static enum status news_write(struct store_tx *tx, struct delivery *delivery)
{
	const bool reached = delivery->verdict.action == PUSH_DELIVERED;
	enum status status;

	delivery->has_news = false;
	if (!delivery->has_challenge || (!reached && !delivery->verdict.failure))
		return OK;
	status = store_challenge_set_delivery(tx, delivery->challenge.id, reached ? "reached" : "failed");
	delivery->has_news = status == OK;
	return status == E_CONFLICT ? OK : status;
}

static enum status health_write(struct store_tx *tx, const struct delivery *delivery)
{
	const struct device_row *device = &delivery->device;
	enum status status;

	if (!delivery->has_device || !device->push_endpoint)
		return OK;
	if (delivery->verdict.action == PUSH_DELIVERED)
		return store_device_push_accepted(tx, device->id, device->push_endpoint, delivery->ended_at);
	if (!delivery->verdict.failure)
		return OK;
	if (delivery->verdict.action != PUSH_UNSUBSCRIBE)
		return store_device_push_failed(tx, device->id, device->push_endpoint, delivery->verdict.failure,
						delivery->ended_at);
	status = store_device_push_drop(tx, device->id, device->push_endpoint, delivery->ended_at);
	if (status == E_CONFLICT)
		return OK; /* it has a newer one, which other messages are for */
	TRY(status);
	return store_outbox_remove_device(tx, device->id);
}

enum status delivery_write(struct store_tx *tx, struct delivery *delivery)
{
	switch (delivery->verdict.action) {
	case PUSH_RELEASE: return store_outbox_retry(tx, delivery->id, delivery->owner, delivery->ended_at);
	case PUSH_RETRY: TRY(store_outbox_retry(tx, delivery->id, delivery->owner, delivery->retry_at)); break;
	case PUSH_DELIVERED:
	case PUSH_DROP:
	case PUSH_UNSUBSCRIBE: TRY(store_outbox_remove(tx, delivery->id)); break;
	}
	TRY(health_write(tx, delivery));
	return news_write(tx, delivery);
}
