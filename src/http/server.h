#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "http/guard.h"

struct request;
struct response;

/*
 * N loop threads, each with its own event_base and its own SO_REUSEPORT listeners; a connection stays with its loop.
 *
 *   new -> start -> (reload_tls)* -> stop -> free
 *
 * The request's way: bytes -> guard (http/guard.h) -> a complete request -> on_request(exchange) on the loop thread ->
 * any thread fills the response -> http_exchange_send(exchange) from any thread, exactly once.
 */
struct http_server;
struct http_loop;
struct http_exchange;
struct event_stream;

/* Which header a trusted proxy writes the client's address into; the other one is never looked at. */
enum http_forwarded { FORWARDED_X_FORWARDED_FOR, FORWARDED_RFC7239 };

struct http_settings {
	const char *const *listen; /* "127.0.0.1:8080", "[::1]:0"; numeric addresses only */
	size_t listen_count;
	const char *tls_certificate; /* PEM chain and key; both or neither */
	const char *tls_key;
	const char *const *trusted_proxies; /* "192.0.2.0/24", "2001:db8::1" */
	size_t trusted_proxy_count;
	enum http_forwarded forwarded;
	bool https;                 /* the issuer is https: answers carry Strict-Transport-Security */
	unsigned loops;             /* 0: one per core, at most 8; never more than 64 */
	struct guard_limits limits; /* zero members take the defaults of http/guard.h */
	unsigned taken_ms;          /* how long to wait for an address that is taken; default 0 */
	unsigned idle_ms;           /* a kept-alive connection without a request; default 60,000 */
	unsigned header_ms;         /* first byte (or accept) to the end of the headers; default 10,000 */
	unsigned body_ms;           /* end of headers to the end of the body; default 20,000 */
	unsigned write_ms;          /* an answer that makes no progress; default 30,000 */
	unsigned max_connections;   /* all loops together; default 20,000 */
	unsigned max_per_address;   /* from one IPv4 address or IPv6 /64, trusted proxies excepted; 0: no limit */
	unsigned stream_comment_ms; /* how often a stream gets a comment line; default 25,000 */
	unsigned stream_max_ms;     /* how long a stream may last; default 3,600,000 */
	size_t stream_backlog;      /* a reader with more unsent bytes than this is dropped; default 65,536 */
	size_t request_memory;      /* limit of a request's arena; default 2 MiB */
};

struct http_handlers {
	/* On the loop thread, once per complete request. The exchange is now the owner's until it is sent or streamed.
	 */
	void (*on_request)(struct http_exchange *exchange, void *ctx);
	void *ctx;
};

/* What went over the wire, all loops together; each number only grows, except `connections` and `streams`. */
struct http_counters {
	uint64_t connections; /* open now */
	uint64_t accepted;
	uint64_t turned_away; /* over a connection limit */
	uint64_t requests;    /* complete and handed on */
	uint64_t answers[6];  /* by status class: [2] is 2xx; [0] the client had gone */
	uint64_t bytes_in;
	uint64_t bytes_out;
	uint64_t refused[GUARD_REASON_COUNT]; /* by guard reason */
	uint64_t timed_out;
	uint64_t streams; /* open now */
	uint64_t streams_opened;
	uint64_t streams_dropped; /* slow readers */
	uint64_t tls_failed;      /* handshakes */
};

/*
 * Binds the listeners and loads the certificate, so that port 0 is known and every error is found before start.
 *
 * E_INVALID   an address, a CIDR or the certificate cannot be understood (logged with what and where)
 * E_CONFLICT  an address is taken, and still was after `taken_ms`
 * E_IO        a file cannot be read
 */
enum status must_check http_server_new(const struct http_settings *settings, const struct http_handlers *handlers,
				       struct http_server **ret_server);
enum status must_check http_server_start(struct http_server *server);
/* Reads certificate and key again; new connections use them. On failure the old ones stay. */
enum status must_check http_server_reload_tls(struct http_server *server);
/*
 * Stops accepting, closes idle connections, ends event streams, lets requests under way finish for at most
 * `deadline_ms`, then cuts what is left; returns when the loop threads have ended. Exchanges that are still with their
 * owner may be sent afterwards, until http_server_free(): that only frees them.
 */
void http_server_stop(struct http_server *server, unsigned deadline_ms);
/* Stops first where needed. Every exchange must have been sent by now. */
void http_server_free(struct http_server **server);
/* The port of the nth listen address, for port 0. */
uint16_t http_server_port(const struct http_server *server, size_t index);
void http_server_counters(const struct http_server *server, struct http_counters *ret_counters);
unsigned http_server_loop_count(const struct http_server *server);
struct http_loop *http_server_loop(struct http_server *server, unsigned index);

/* Valid until the exchange is sent or streamed. */
struct request *http_exchange_request(struct http_exchange *exchange);
struct response *http_exchange_response(struct http_exchange *exchange);
struct http_loop *http_exchange_loop(struct http_exchange *exchange);
/* A place for the owner to keep a pointer while the exchange is his. */
void http_exchange_set_owner(struct http_exchange *exchange, void *owner);
void *http_exchange_owner(struct http_exchange *exchange);

/* Any thread, exactly once; the exchange is gone afterwards. Right also when the client has left meanwhile. */
void http_exchange_send(struct http_exchange *exchange);

/*
 * An event stream (text/event-stream, WHATWG HTML 9.2). It costs memory and no thread: the request with its arena is
 * freed once it streams. It ends by event_stream_end(), when the client leaves or reads too slowly, after
 * stream_max_ms, or when the server stops.
 */
struct stream_ops {
	void (*open)(struct event_stream *stream, void *ctx); /* on the loop: subscribe, read the state, send it */
	/*
	 * On the loop, exactly once, the last use of ctx. `stream` is NULL when the client had gone before it opened
	 * (open was not called then). The stream must not be used afterwards.
	 */
	void (*close)(struct event_stream *stream, void *ctx);
};

/* Any thread, instead of http_exchange_send(); the exchange is gone afterwards. `ops` lives as long as the server. */
void http_exchange_stream(struct http_exchange *exchange, const struct stream_ops *ops, void *ctx);

/* The rest only on the stream's loop thread. */
/* Bytes as they go over the wire, whole events. E_CONFLICT when the stream is ending. */
enum status must_check event_stream_send(struct event_stream *stream, const void *bytes, size_t size);
/* One event; `data` may hold newlines. E_INVALID when `event` holds CR or LF. */
enum status must_check event_stream_event(struct event_stream *stream, const char *event, const char *data);
/* Sends what is pending, then closes the connection. ops->close follows from the loop, never from within this call. */
void event_stream_end(struct event_stream *stream);
struct http_loop *event_stream_loop(const struct event_stream *stream);

/*
 * Runs fn(ctx) on the loop thread soon; any thread. Wake-ups coalesce. Everything accepted runs exactly once, at the
 * latest inside http_server_stop(). E_CONFLICT when the loop has ended, E_NOMEM.
 */
enum status must_check http_loop_post(struct http_loop *loop, void (*fn)(void *ctx), void *ctx);
unsigned http_loop_index(const struct http_loop *loop);
bool http_loop_is_current(const struct http_loop *loop); /* called on that loop's thread */

#endif
