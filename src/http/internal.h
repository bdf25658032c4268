#ifndef HTTP_INTERNAL_H
#define HTTP_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "http/forwarded.h"
#include "http/guard.h"
#include "http/request.h"
#include "http/response.h"
#include "http/server.h"

/*
 * The insides that server.c, loop.c, conn.c, exchange.c and stream.c share. Everything below a loop belongs to
 * its thread alone; the inbox and the counters are what other threads may touch.
 */
struct bufferevent;
struct evbuffer;
struct event;
struct event_base;
struct evhttp;
struct evhttp_bound_socket;
struct evhttp_connection;
struct evhttp_request;
struct peers;
struct tls;

/*
 * A connection's life. Those with a time-out stand in a list of their loop by the time they entered the phase, so one
 * timer looks at the heads only.
 *
 *   FRESH -> HEADER -> (BODY) -> HANDED -> BUSY -> WRITING -> IDLE -> HEADER …
 *              |         |                   `---> STREAM -> ENDING
 *              `-- REFUSED -> CLOSING
 */
enum phase {
	PHASE_FRESH,   /* accepted; evhttp's side of it is looked up by the next chore */
	PHASE_HEADER,  /* time-out */
	PHASE_BODY,    /* time-out */
	PHASE_HANDED,  /* complete for the guard; evhttp is about to say so too. Time-out */
	PHASE_BUSY,    /* its exchange is with the owner */
	PHASE_WRITING, /* evhttp's write time-out watches it */
	PHASE_IDLE,    /* time-out */
	PHASE_STREAM,
	PHASE_ENDING,  /* chore: end the stream */
	PHASE_REFUSED, /* chore: say so and close */
	PHASE_DROPPED, /* chore: close */
	PHASE_CLOSING, /* the last words are on their way. Time-out */
	PHASE_COUNT,
};

struct conn {
	struct http_loop *loop;
	struct bufferevent *bev;
	struct evhttp_connection *evcon; /* NULL while FRESH */
	TAILQ_ENTRY(conn) entry;         /* in loop->phases[phase] */
	int64_t since_ms;
	struct http_exchange *exchange; /* BUSY */
	struct event_stream *stream;    /* STREAM, ENDING */
	size_t unfed;                   /* bytes at the end of the input that the guard has not seen */
	int fd;
	uint8_t phase;
	bool is_counted;      /* holds a place in server->peers */
	uint16_t last_status; /* REFUSED: what to say */
	struct guard guard;
	struct network address;
};
TAILQ_HEAD(conn_list, conn);

/* Work for a loop from any thread. Intrusive, so that giving back an exchange cannot fail. */
struct inbox_item {
	struct inbox_item *next;
	void (*run)(struct inbox_item *item);
};

struct http_exchange {
	struct inbox_item item; /* first */
	struct http_loop *loop;
	struct conn *conn;          /* NULL: the client has gone */
	struct evhttp_request *req; /* NULL likewise */
	struct arena *arena;
	struct request request;
	struct response *response;
	void *owner;
	const struct stream_ops *ops; /* not NULL: becomes a stream */
	void *stream_ctx;
};

struct event_stream {
	struct conn *conn;
	struct evhttp_request *req; /* NULL once evhttp has finished with it */
	const struct stream_ops *ops;
	void *ctx;
	TAILQ_ENTRY(event_stream) by_comment;
	TAILQ_ENTRY(event_stream) by_age;
	int64_t commented_ms;
	int64_t opened_ms;
};
TAILQ_HEAD(stream_list, event_stream);

struct loop_counters {
	_Atomic uint64_t connections, accepted, turned_away, requests, bytes_in, bytes_out, timed_out;
	_Atomic uint64_t streams, streams_opened, streams_dropped, tls_failed;
	_Atomic uint64_t answers[6];
	_Atomic uint64_t refused[GUARD_REASON_COUNT];
};

struct http_loop {
	struct http_server *server;
	unsigned index;
	pthread_t thread;
	bool is_running; /* the thread was started and not yet joined */
	struct event_base *base;
	struct evhttp *http;
	struct evhttp_bound_socket **bound;
	struct event *tick;
	struct event *chore; /* made active by hand */
	struct event *wake;  /* the inbox's eventfd */
	struct evbuffer *scratch;
	struct conn_list phases[PHASE_COUNT];
	struct stream_list by_comment;
	struct stream_list by_age;
	struct conn **by_fd;
	size_t by_fd_count;
	bool is_draining;
	bool is_accepting; /* false while descriptors are short */
	int64_t drain_until_ms;
	int64_t logged_ms;
	uint64_t unlogged;

	pthread_mutex_t inbox_lock;
	struct inbox_item *inbox;
	struct inbox_item **inbox_end;
	bool inbox_closed;
	int inbox_fd;

	struct loop_counters counters;
};

struct http_server {
	struct http_settings settings;
	struct http_handlers handlers;
	struct network *networks;
	struct proxies proxies;
	struct tls *tls;
	struct peers *peers;
	uint16_t *ports;
	unsigned loop_count;
	struct http_loop *loops;
	_Atomic unsigned connections;
};

static inline void counter_add(_Atomic uint64_t *counter, uint64_t count)
{
	atomic_fetch_add_explicit(counter, count, memory_order_relaxed);
}

static inline void counter_drop(_Atomic uint64_t *counter)
{
	atomic_fetch_sub_explicit(counter, 1, memory_order_relaxed);
}

/* loop.c */
enum status must_check loop_init(struct http_loop *loop, struct http_server *server, unsigned index);
enum status must_check loop_listen(struct http_loop *loop, size_t index, int fd); /* takes fd */
enum status must_check loop_start(struct http_loop *loop);
void loop_done(struct http_loop *loop); /* after the thread has ended */
/* False when the loop has ended: nothing was taken. */
bool loop_push(struct http_loop *loop, struct inbox_item *item);
void loop_chore(struct http_loop *loop); /* run the chores soon */
void loop_drain(struct http_loop *loop, int64_t until_ms);

/* conn.c */
struct bufferevent *conn_accept(struct event_base *base, void *loop); /* evhttp's bevcb */
void conn_enter(struct conn *conn, enum phase phase);
void conn_close(struct conn *conn); /* `conn` is gone afterwards */
void conn_refuse(struct conn *conn, enum guard_reason reason);
void conn_chores(struct http_loop *loop);
void conn_deadlines(struct http_loop *loop, int64_t now_ms);
struct conn *conn_of(struct http_loop *loop, struct evhttp_request *req);
void conn_finished(struct evhttp_request *req, void *conn); /* evhttp's on_complete_cb */

/* exchange.c */
void exchange_begin(struct evhttp_request *req, void *loop); /* evhttp's gencb */
void exchange_client_gone(struct http_exchange *exchange);
void exchange_headers(struct evhttp_request *req, const struct response *res);

/* stream.c */
void stream_begin(struct http_exchange *exchange);
void stream_finish(struct event_stream *stream); /* the chore behind event_stream_end() */
void stream_client_gone(struct event_stream *stream);
void stream_deadlines(struct http_loop *loop, int64_t now_ms);

#endif
