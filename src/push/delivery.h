#ifndef PUSH_DELIVERY_H
#define PUSH_DELIVERY_H

#include "core/core.h"
#include "crypto/webpush.h"
#include "http/fetch.h"
#include "push/message.h"
#include "push/vapid.h"
#include "push/verdict.h"

/* Inside src/push: one claimed message, from the outbox to what is written down of it. */
struct delivery {
	struct delivery *next;
	struct arena *arena;
	struct core core;
	const char *id, *owner;
	struct outbox_row row;
	struct device_row device;
	struct challenge_row challenge; /* of a request */
	bool has_row, has_device, has_challenge;
	const char *connect;
	bool allow_private;
	struct push_headers headers;
	uint8_t body[WEBPUSH_BODY_SIZE];
	struct push_verdict verdict;
	int64_t ended_at, retry_at;
	bool has_news; /* the sign-in page should look */
};

/* Reads and encrypts it. OK with verdict.action PUSH_DROP and `is_ready` false: there is nothing to send (any more). */
enum status must_check delivery_prepare(struct delivery *delivery, struct vapid_cache *vapid, int64_t now,
					bool *ret_is_ready);
/* What the push service said. */
void delivery_judge(struct delivery *delivery, const struct fetch_reply *reply, int64_t now);
/* Inside a write; more than once is no harm. */
enum status must_check delivery_write(struct store_tx *tx, struct delivery *delivery);

#endif
