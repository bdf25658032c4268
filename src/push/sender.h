#ifndef PUSH_SENDER_H
#define PUSH_SENDER_H

#include <stdatomic.h>

#include "core/core.h"

/*
 * Sends what lies in the outbox: one thread, which claims messages that are due, encrypts and posts them, and writes
 * down what the push services said. Many nodes share the work: a claim is kept for the time of one request and some
 * more, so what a node had claimed when it died is sent by another, or by itself when it starts again.
 *
 *   queued --claim--> claimed --2xx--> gone, device: accepted
 *     ^                  |----404, 410--> gone, and the subscription with it
 *     `--429, 5xx, none--|----other--> gone, device: failed
 *                        `----the claim runs out--> queued
 *
 * A message whose request is over, or whose device has no subscription any more, goes without being sent.
 */
struct push_sender;

struct push_sender_options {
	/* Store, keyholder, keyring and the settings in force, good until the arena is freed. */
	enum status (*core_get)(void *ctx, struct arena *arena, struct core *ret_core);
	void *ctx;
	int64_t (*now)(void);
	const char *owner; /* of the claims: this node's name, no other's */
	const char *ca_file;
};
/* The options are copied, their strings borrowed. */
enum status must_check push_sender_start(const struct push_sender_options *options, struct push_sender **ret_sender);
/* There may be something to send. Any thread; before it is started and after it has stopped nothing may call it. */
void push_sender_wake(struct push_sender *sender);
/* Waits up to two seconds for what is under way; the rest is given back. Accepts NULL inside. */
void push_sender_stop(struct push_sender **sender);

struct push_counters {
	atomic_uint_fast64_t delivered, retried, dropped, unsubscribed;
};
const struct push_counters *push_sender_counters(const struct push_sender *sender);

#endif
