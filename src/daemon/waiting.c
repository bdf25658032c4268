#include "daemon/waiting.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "daemon/live.h"
#include "daemon/workers.h"
#include "endpoints/app.h"
#include "http/server.h"

#define BUCKETS     4096 /* a power of two */
#define READ_MEMORY (256 * 1024)
#define EVENT_MAX   (64 * 1024)

/*
 * One stream that waits. The table (under its lock) finds it by topic; everything else of it happens on its own loop.
 * It lives while its stream is open or a wake for it is on the way: each holds a reference.
 */
struct waiter {
	struct waiter *next, **back; /* in the bucket */
	struct waiting_room *room;
	const struct app *app;
	struct http_loop *loop;
	struct event_stream *stream; /* NULL once closed; only its loop looks */
	enum status (*read)(const struct app *app, void *ctx, struct arena *arena, struct text *out, bool *ret_end);
	void (*free)(void *ctx);
	void *ctx;
	atomic_uint refs;
	atomic_bool on_the_way; /* a wake is posted and has not begun to read */
	bool ended;
	bool is_reading, read_again, was_read; /* on a worker; only its loop looks */
	char topic[];
};

struct waiting_room {
	pthread_mutex_t lock;
	struct waiter *buckets[BUCKETS];
	size_t count;
	struct workers *workers; /* NULL: states are read on the loops */
};

static size_t bucket_of(const char *topic)
{
	uint64_t hash = 14695981039346656037u; /* FNV-1a; the topics are our own random ids */

	for (; *topic; topic++)
		hash = (hash ^ (unsigned char)*topic) * 1099511628211u;
	return (size_t)(hash ^ (hash >> 32)) & (BUCKETS - 1);
}

static void waiter_unref(struct waiter *waiter)
{
	if (atomic_fetch_sub(&waiter->refs, 1) != 1)
		return;
	if (waiter->free)
		waiter->free(waiter->ctx);
	free(waiter);
}

static void subscribe(struct waiter *waiter)
{
	struct waiting_room *room = waiter->room;
	struct waiter **bucket = &room->buckets[bucket_of(waiter->topic)];

	pthread_mutex_lock(&room->lock);
	waiter->next = *bucket;
	waiter->back = bucket;
	if (*bucket)
		(*bucket)->back = &waiter->next;
	*bucket = waiter;
	room->count++;
	pthread_mutex_unlock(&room->lock);
}

static void unsubscribe(struct waiter *waiter)
{
	struct waiting_room *room = waiter->room;

	pthread_mutex_lock(&room->lock);
	*waiter->back = waiter->next;
	if (waiter->next)
		waiter->next->back = waiter->back;
	room->count--;
	pthread_mutex_unlock(&room->lock);
}

/* ---- reading a state and sending it ---- */

/* What was read, on its way from the worker to the loop. */
struct reading {
	struct waiter *waiter;
	struct text out;
	enum status status;
	bool end;
};

static void state_read(struct reading *reading)
{
	struct waiter *waiter = reading->waiter;
	struct arena *arena = arena_new(READ_MEMORY);
	struct app app;

	text_init(&reading->out, EVENT_MAX);
	reading->end = true;
	reading->status = E_NOMEM;
	if (arena)
		reading->status = live_app(waiter->app, arena, &app);
	if (reading->status == OK)
		reading->status = waiter->read(&app, waiter->ctx, arena, &reading->out, &reading->end);
	if (reading->status == OK && reading->out.failed)
		reading->status = E_NOMEM;
	arena_free(arena);
}

/* On the waiter's loop. */
static void state_send(struct reading *reading)
{
	struct waiter *waiter = reading->waiter;

	if (reading->status == OK && reading->out.size > 0)
		reading->status = event_stream_send(waiter->stream, reading->out.data, reading->out.size);
	if (reading->status != OK || reading->end) {
		waiter->ended = true;
		event_stream_end(waiter->stream);
	}
}

static void deliver(struct waiter *waiter);

static void reading_free(struct reading *reading)
{
	waiter_unref(reading->waiter);
	text_done(&reading->out);
	free(reading);
}

/* On the loop: a wake that came while the worker read may have come too late for it, so it reads once more. */
static void reading_arrived(void *ctx)
{
	struct reading *reading = ctx;
	struct waiter *waiter = reading->waiter;

	waiter->is_reading = false;
	waiter->was_read = true;
	if (waiter->stream && !waiter->ended)
		state_send(reading);
	if (waiter->stream && !waiter->ended && waiter->read_again)
		deliver(waiter);
	reading_free(reading);
}

static void reading_work(void *ctx)
{
	struct reading *reading = ctx;

	state_read(reading);
	if (http_loop_post(reading->waiter->loop, reading_arrived, reading) != OK)
		reading_free(reading); /* the loop has ended, and with it the stream */
}

/*
 * A stream that cannot be begun ends, and its client asks again. One that waits already stays: all that wait are looked
 * at every 10 s. Reads leave the last quarter of the queue to requests.
 */
static void reading_begin(struct waiter *waiter)
{
	struct reading *reading = calloc(1, sizeof(*reading));

	waiter->read_again = false;
	waiter->is_reading = true;
	atomic_fetch_add(&waiter->refs, 1);
	if (reading) {
		reading->waiter = waiter;
		if (workers_submit(waiter->room->workers, false, reading_work, reading) == OK)
			return;
	}
	free(reading);
	waiter->is_reading = false;
	if (!waiter->was_read) {
		waiter->ended = true;
		event_stream_end(waiter->stream);
	}
	waiter_unref(waiter);
}

/* On the waiter's loop. */
static void deliver(struct waiter *waiter)
{
	struct reading reading = {.waiter = waiter};

	if (waiter->is_reading) {
		waiter->read_again = true;
	} else if (waiter->room->workers) {
		reading_begin(waiter);
	} else {
		state_read(&reading);
		state_send(&reading);
		text_done(&reading.out);
	}
}

static void woken(void *ctx)
{
	struct waiter *waiter = ctx;

	atomic_store(&waiter->on_the_way, false); /* before the read: a wake from now on counts again */
	if (waiter->stream && !waiter->ended)
		deliver(waiter);
	waiter_unref(waiter);
}

static void wake(struct waiter *waiter)
{
	if (atomic_exchange(&waiter->on_the_way, true))
		return;
	atomic_fetch_add(&waiter->refs, 1);
	if (http_loop_post(waiter->loop, woken, waiter) != OK)
		waiter_unref(waiter); /* the loop has ended, and with it the stream */
}

void waiting_wake(struct waiting_room *room, const char *topic)
{
	pthread_mutex_lock(&room->lock);
	for (struct waiter *waiter = room->buckets[bucket_of(topic)]; waiter; waiter = waiter->next)
		if (strcmp(waiter->topic, topic) == 0)
			wake(waiter);
	pthread_mutex_unlock(&room->lock);
}

void waiting_wake_all(struct waiting_room *room)
{
	pthread_mutex_lock(&room->lock);
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct waiter *waiter = room->buckets[i]; waiter; waiter = waiter->next)
			wake(waiter);
	pthread_mutex_unlock(&room->lock);
}

void waiting_wake_part(struct waiting_room *room, unsigned part, unsigned parts)
{
	pthread_mutex_lock(&room->lock);
	for (size_t i = part; i < BUCKETS; i += parts)
		for (struct waiter *waiter = room->buckets[i]; waiter; waiter = waiter->next)
			wake(waiter);
	pthread_mutex_unlock(&room->lock);
}

size_t waiting_count(struct waiting_room *room)
{
	size_t count;

	pthread_mutex_lock(&room->lock);
	count = room->count;
	pthread_mutex_unlock(&room->lock);
	return count;
}

/* Subscribe, then read, then send: no wake is lost. */
static void stream_opened(struct event_stream *stream, void *ctx)
{
	struct waiter *waiter = ctx;

	waiter->stream = stream;
	waiter->loop = event_stream_loop(stream);
	subscribe(waiter);
	deliver(waiter);
}

static void stream_closed(struct event_stream *stream, void *ctx)
{
	struct waiter *waiter = ctx;

	if (stream)
		unsubscribe(waiter);
	waiter->stream = NULL;
	waiter_unref(waiter);
}

static const struct stream_ops ops = {.open = stream_opened, .close = stream_closed};

enum status waiting_open(const struct app *app, struct http_exchange *exchange, const struct waiting_source *source)
{
	size_t size = strlen(source->topic) + 1;
	struct waiter *waiter = calloc(1, sizeof(*waiter) + size);

	if (!waiter) {
		source->free(source->ctx);
		return E_NOMEM;
	}
	memcpy(waiter->topic, source->topic, size);
	waiter->room = app->waiting;
	waiter->app = app->whole ? app->whole : app; /* the request's own ends with it */
	waiter->read = source->read;
	waiter->free = source->free;
	waiter->ctx = source->ctx;
	atomic_init(&waiter->refs, 1);
	http_exchange_stream(exchange, &ops, waiter);
	return OK;
}

void waiting_room_read_on(struct waiting_room *room, struct workers *workers)
{
	room->workers = workers;
}

enum status waiting_room_new(struct waiting_room **ret_room)
{
	struct waiting_room *room = calloc(1, sizeof(*room));

	if (!room)
		return E_NOMEM;
	pthread_mutex_init(&room->lock, NULL);
	*ret_room = room;
	return OK;
}

void waiting_room_free(struct waiting_room **room)
{
	if (!*room)
		return;
	if ((*room)->count)
		log_error("waiting.left", LOG_N("count", (*room)->count));
	pthread_mutex_destroy(&(*room)->lock);
	free(*room);
	*room = NULL;
}
