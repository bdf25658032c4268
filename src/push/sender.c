#include "push/sender.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "push/delivery.h"

enum {
	UNDER_WAY_MAX = 64,
	CLAIM_MAX = 16, /* in one transaction */
	ID_MAX = 96,
	DELIVERY_MEMORY = 256 * 1024,
	LOOK_MS = 1000, /* for what other nodes and the command have written, and claims that ran out */
	SLACK_S = 10,   /* a claim outlives its request by so much */
	TROUBLE_S = 2,  /* the database or the keyholder did not answer */
	STOP_MS = 2000,
};

struct push_sender {
	struct push_sender_options options;
	struct push_counters counters;
	pthread_t thread;
	struct fetch *fetch;
	struct vapid_cache vapid;
	atomic_bool stopping, woken;
	int64_t look_at_ms;
	size_t under_way;
	struct delivery *ended; /* not written down yet */
};

struct call {
	struct push_sender *sender;
	struct delivery *delivery;
};

/* ---- one message ---- */

static void delivery_free(struct delivery *delivery)
{
	arena_free(delivery->arena);
	free(delivery);
}

static void delivery_end(struct push_sender *sender, struct delivery *delivery)
{
	delivery->next = sender->ended;
	sender->ended = delivery;
}

static void replied(void *ctx, const struct fetch_reply *reply)
{
	const struct call *call = ctx;

	call->sender->under_way--;
	delivery_judge(call->delivery, reply, call->sender->options.now());
	delivery_end(call->sender, call->delivery);
}

static enum status delivery_send(struct push_sender *sender, struct delivery *delivery)
{
	struct call *call = arena_alloc(delivery->arena, sizeof(*call));
	const struct fetch_request request = {
		.url = delivery->device.push_endpoint,
		.headers = delivery->headers.lines,
		.body = delivery->body,
		.body_size = sizeof(delivery->body),
		.connect = delivery->connect,
		.allow_private = delivery->allow_private,
		.fresh = delivery->row.tries > 1,
		.timeout_ms = delivery->core.settings->push.timeout_s * 1000,
		.done = replied,
		.ctx = call,
	};

	if (!call)
		return E_NOMEM;
	*call = (struct call){sender, delivery};
	TRY(fetch_start(sender->fetch, &request));
	sender->under_way++;
	return OK;
}

static struct delivery *delivery_new(struct push_sender *sender, const char *id)
{
	struct delivery *delivery = calloc(1, sizeof(*delivery));

	if (!delivery)
		return NULL;
	delivery->owner = sender->options.owner;
	delivery->arena = arena_new(DELIVERY_MEMORY);
	delivery->id = arena_strdup(delivery->arena, id);
	if (delivery->id && sender->options.core_get(sender->options.ctx, delivery->arena, &delivery->core) == OK)
		return delivery;
	delivery_free(delivery);
	return NULL;
}

/* Our own trouble is not the device's: it is tried again, and its health stays what it was. */
static void trouble(struct delivery *delivery, enum status status, int64_t now)
{
	log_error("push.trouble", LOG_S("message", delivery->id), LOG_S("status", status_name(status)));
	delivery->verdict = (struct push_verdict){PUSH_RETRY, NULL, false};
	delivery->retry_at = now + TROUBLE_S;
}

static void delivery_begin(struct push_sender *sender, const char *id, int64_t now)
{
	struct delivery *delivery = delivery_new(sender, id);
	bool is_ready = false;
	enum status status;

	if (!delivery)
		return; /* no memory: the claim runs out, and somebody tries again */
	status = delivery_prepare(delivery, &sender->vapid, now, &is_ready);
	if (status == OK && is_ready)
		status = delivery_send(sender, delivery);
	if (status != OK)
		trouble(delivery, status, now);
	if (status != OK || !is_ready)
		delivery_end(sender, delivery);
}

/* ---- writing down ---- */

static enum status ended_write(struct store_tx *tx, void *ctx)
{
	for (struct delivery *at = ctx; at; at = at->next)
		TRY(delivery_write(tx, at));
	return OK;
}

static void delivery_count(struct push_counters *counters, const struct delivery *delivery)
{
	switch (delivery->verdict.action) {
	case PUSH_DELIVERED: counters->delivered++; break;
	case PUSH_RETRY: counters->retried++; break;
	case PUSH_UNSUBSCRIBE: counters->unsubscribed++; break;
	case PUSH_DROP: counters->dropped++; break;
	case PUSH_RELEASE: break;
	}
}

/* What cannot be written is sent again when its claim runs out. */
static void ended_finish(struct push_sender *sender)
{
	struct delivery *ended = sender->ended;
	enum status status;

	if (!ended)
		return;
	sender->ended = NULL;
	status = store_write(ended->core.store, ended_write, ended);
	if (status != OK)
		log_error("push.not_written", LOG_S("status", status_name(status)));
	while (ended) {
		struct delivery *next = ended->next;

		delivery_count(&sender->counters, ended);
		if (status == OK && ended->has_news)
			core_wake(&ended->core, "login", ended->challenge.login_id);
		delivery_free(ended);
		ended = next;
	}
}

/* ---- claiming ---- */

struct claiming {
	struct outbox_claim claim;
	char ids[CLAIM_MAX][ID_MAX];
	size_t count;
	int64_t next_at; /* -1: nothing waits */
};

static enum status next_read(struct store_tx *tx, void *ctx)
{
	struct claiming *claiming = ctx;

	return store_outbox_next(tx, claiming->claim.now, &claiming->next_at);
}

static enum status claim_write(struct store_tx *tx, void *ctx)
{
	struct claiming *claiming = ctx;
	const char **ids = NULL;
	size_t count = 0;

	TRY(store_outbox_claim(tx, &claiming->claim, &ids, &count));
	claiming->count = 0;
	for (size_t i = 0; i < count; i++)
		if (strlen(ids[i]) < ID_MAX)
			memcpy(claiming->ids[claiming->count++], ids[i], strlen(ids[i]) + 1);
	return OK;
}

static enum status due_claim(struct push_sender *sender, struct arena *arena, struct claiming *claiming)
{
	struct core core;

	TRY(sender->options.core_get(sender->options.ctx, arena, &core));
	claiming->claim.until = claiming->claim.now + core.settings->push.timeout_s + SLACK_S;
	TRY(store_read(core.store, arena, next_read, claiming));
	if (claiming->next_at < 0 || claiming->next_at > claiming->claim.now)
		return OK;
	return store_write(core.store, claim_write, claiming);
}

/* Begins what is due. True: there may be more at once. */
static bool due_begin(struct push_sender *sender)
{
	const size_t room = fetch_room(sender->fetch);
	struct claiming claiming = {.claim = {.by = sender->options.owner,
					      .now = sender->options.now(),
					      .limit = room < CLAIM_MAX ? room : CLAIM_MAX}};
	scoped_arena *arena = arena_new(DELIVERY_MEMORY);
	enum status status = arena ? OK : E_NOMEM;

	if (status == OK && room > 0)
		status = due_claim(sender, arena, &claiming);
	if (status != OK)
		log_error("push.not_claimed", LOG_S("status", status_name(status)));
	for (size_t i = 0; status == OK && i < claiming.count; i++)
		delivery_begin(sender, claiming.ids[i], claiming.claim.now);
	return status == OK && claiming.count == CLAIM_MAX;
}

/* ---- the thread ---- */

static enum status release_write(struct store_tx *tx, void *ctx)
{
	const struct outbox_claim *claim = ctx;

	return store_outbox_release(tx, claim->by, claim->now);
}

/* What this node had claimed when it died. */
static void begun_release(struct push_sender *sender)
{
	scoped_arena *arena = arena_new(DELIVERY_MEMORY);
	struct outbox_claim claim = {.by = sender->options.owner, .now = sender->options.now()};
	struct core core;

	if (!arena || sender->options.core_get(sender->options.ctx, arena, &core) != OK ||
	    store_write(core.store, release_write, &claim) != OK)
		log_warn("push.not_released", LOG_S("what", "messages wait until their claims run out"));
}

static void last_ones_send(struct push_sender *sender)
{
	for (int i = 0; sender->under_way > 0 && i < STOP_MS / 100; i++) {
		fetch_run(sender->fetch, 100);
		ended_finish(sender);
	}
	fetch_free(&sender->fetch);
	ended_finish(sender);
}

/* Not at each turn: one transfer takes several, and a look costs a read. */
static void outbox_look(struct push_sender *sender)
{
	if (!atomic_exchange(&sender->woken, false) && clock_mono_ms() < sender->look_at_ms)
		return;
	while (due_begin(sender))
		;
	sender->look_at_ms = clock_mono_ms() + LOOK_MS;
}

static void *send_all(void *arg)
{
	struct push_sender *sender = arg;

	begun_release(sender);
	while (!sender->stopping) {
		outbox_look(sender);
		ended_finish(sender);
		fetch_run(sender->fetch, LOOK_MS);
		ended_finish(sender);
	}
	last_ones_send(sender);
	return NULL;
}

/* ---- begin and end ---- */

enum status push_sender_start(const struct push_sender_options *options, struct push_sender **ret_sender)
{
	const struct fetch_settings fetch = {.ca_file = options->ca_file, .limit = UNDER_WAY_MAX};
	struct push_sender *sender = calloc(1, sizeof(*sender));
	enum status status;

	if (!sender)
		return E_NOMEM;
	sender->options = *options;
	status = fetch_new(&fetch, &sender->fetch);
	if (status == OK && pthread_create(&sender->thread, NULL, send_all, sender) != 0)
		status = E_NOMEM;
	if (status != OK) {
		fetch_free(&sender->fetch);
		free(sender);
		return status;
	}
	*ret_sender = sender;
	return OK;
}

void push_sender_wake(struct push_sender *sender)
{
	atomic_store(&sender->woken, true);
	fetch_wake(sender->fetch);
}

void push_sender_stop(struct push_sender **sender)
{
	if (!*sender)
		return;
	atomic_store(&(*sender)->stopping, true);
	push_sender_wake(*sender);
	pthread_join((*sender)->thread, NULL);
	vapid_cache_done(&(*sender)->vapid);
	free(*sender);
	*sender = NULL;
}

const struct push_counters *push_sender_counters(const struct push_sender *sender)
{
	return &sender->counters;
}
