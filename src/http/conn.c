#include "http/internal.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/peers.h"
#include "http/tls.h"

#define LINGER_MS       1000
#define LOG_INTERVAL_MS 1000
#define STATUS_TIMEOUT  408

void conn_enter(struct conn *conn, enum phase phase)
{
	TAILQ_REMOVE(&conn->loop->phases[conn->phase], conn, entry);
	conn->phase = (uint8_t)phase;
	conn->since_ms = clock_mono_ms();
	TAILQ_INSERT_TAIL(&conn->loop->phases[phase], conn, entry);
}

static void input_discard(struct conn *conn)
{
	struct evbuffer *input = bufferevent_get_input(conn->bev);

	conn->unfed = 0;
	evbuffer_drain(input, evbuffer_get_length(input));
}

/* At most one line a second and loop, with how many were passed over. */
static void refusal_log(struct conn *conn, enum guard_reason reason)
{
	struct http_loop *loop = conn->loop;
	int64_t now_ms = clock_mono_ms();
	char ip[REQUEST_IP_SIZE];

	if (loop->logged_ms != 0 && now_ms - loop->logged_ms < LOG_INTERVAL_MS) {
		loop->unlogged++;
		return;
	}
	address_format(&conn->address, ip);
	log_warn("http.refused", LOG_S("reason", guard_reason_name(reason)), LOG_S("ip", ip),
		 LOG_N("unlogged", loop->unlogged));
	loop->logged_ms = now_ms;
	loop->unlogged = 0;
}

/* Nothing of a refused connection's input reaches evhttp; the answer is the chore's, outside libevent's callbacks. */
void conn_refuse(struct conn *conn, enum guard_reason reason)
{
	counter_add(&conn->loop->counters.refused[reason], 1);
	refusal_log(conn, reason);
	conn->last_status = (uint16_t)guard_status(reason);
	input_discard(conn);
	conn_enter(conn, PHASE_REFUSED);
	loop_chore(conn->loop);
}

/* How many of the bytes end the request, and the guard's verdict on them. */
static enum guard_verdict input_feed(struct conn *conn, size_t *ret_used)
{
	struct evbuffer *input = bufferevent_get_input(conn->bev);
	struct evbuffer_ptr at;
	struct evbuffer_iovec piece;
	enum guard_verdict verdict = GUARD_MORE;
	size_t used;

	*ret_used = 0;
	if (evbuffer_ptr_set(input, &at, evbuffer_get_length(input) - conn->unfed, EVBUFFER_PTR_SET) != 0)
		return GUARD_MORE;
	while (verdict == GUARD_MORE && *ret_used < conn->unfed && evbuffer_peek(input, -1, &at, &piece, 1) > 0) {
		verdict = guard_feed(&conn->guard, piece.iov_base, piece.iov_len, &used);
		*ret_used += used;
		if (*ret_used == conn->unfed || evbuffer_ptr_set(input, &at, used, EVBUFFER_PTR_ADD) != 0)
			break;
	}
	return verdict;
}

/* One request at a time: what follows it stays unfed until its answer has gone out. */
static void conn_feed(struct conn *conn)
{
	size_t used;
	enum guard_verdict verdict = input_feed(conn, &used);

	conn->unfed -= used;
	if (verdict == GUARD_REFUSE)
		conn_refuse(conn, guard_reason_of(&conn->guard));
	else if (verdict == GUARD_COMPLETE)
		conn_enter(conn, PHASE_HANDED);
	else if (guard_is_in_body(&conn->guard) && conn->phase != PHASE_BODY)
		conn_enter(conn, PHASE_BODY);
	else if (conn->phase == PHASE_IDLE)
		conn_enter(conn, PHASE_HEADER);
}

/* Runs as bytes arrive, before evhttp's read callback sees them. */
static void on_input(struct evbuffer *input, const struct evbuffer_cb_info *info, void *arg)
{
	struct conn *conn = arg;

	(void)input;
	if (info->n_added == 0)
		return;
	counter_add(&conn->loop->counters.bytes_in, info->n_added);
	switch (conn->phase) {
	case PHASE_FRESH:
	case PHASE_HEADER:
	case PHASE_BODY:
	case PHASE_IDLE:
		conn->unfed += info->n_added;
		conn_feed(conn);
		break;
	case PHASE_HANDED:
	case PHASE_BUSY:
	case PHASE_WRITING: conn->unfed += info->n_added; break; /* bounded by the read watermark */
	default: input_discard(conn); break;
	}
}

static struct bufferevent *bufferevent_make(struct http_loop *loop, struct event_base *base)
{
	const struct http_settings *settings = &loop->server->settings;
	struct timeval write_time = {settings->write_ms / 1000, (settings->write_ms % 1000) * 1000};
	struct bufferevent *bev = loop->server->tls ? tls_bufferevent(loop->server->tls, base)
						    : bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);

	if (!bev)
		return NULL;
	bufferevent_set_timeouts(bev, NULL, &write_time);
	/* evhttp wants a whole body in the input; beyond that a client that pipelines waits. */
	bufferevent_setwatermark(bev, EV_READ, 0, settings->limits.header_bytes + (size_t)settings->limits.body_bytes);
	return bev;
}

/*
 * evhttp 2.1 gives no hook for a new connection but this one, which makes the bufferevent before the connection
 * exists. So the conn starts as FRESH, and the chore that runs right after the accept finds evhttp's side of it.
 * Should this fail, evhttp makes a bufferevent of its own; exchange_begin() knows no conn for it and closes it.
 */
struct bufferevent *conn_accept(struct event_base *base, void *arg)
{
	struct http_loop *loop = arg;
	struct conn *conn = calloc(1, sizeof(*conn));

	if (conn)
		conn->bev = bufferevent_make(loop, base);
	if (!conn || !conn->bev || !evbuffer_add_cb(bufferevent_get_input(conn->bev), on_input, conn)) {
		if (conn && conn->bev)
			bufferevent_free(conn->bev);
		free(conn);
		return NULL;
	}
	conn->loop = loop;
	conn->fd = -1;
	guard_init(&conn->guard, &loop->server->settings.limits);
	bufferevent_incref(conn->bev); /* until the chore: evhttp may give up before */
	conn->since_ms = clock_mono_ms();
	TAILQ_INSERT_TAIL(&loop->phases[PHASE_FRESH], conn, entry);
	counter_add(&loop->counters.connections, 1);
	counter_add(&loop->counters.accepted, 1);
	atomic_fetch_add_explicit(&loop->server->connections, 1, memory_order_relaxed);
	loop_chore(loop);
	return conn->bev;
}

static void conn_free(struct conn *conn)
{
	struct http_loop *loop = conn->loop;

	TAILQ_REMOVE(&loop->phases[conn->phase], conn, entry);
	if (conn->fd >= 0 && loop->by_fd[conn->fd] == conn)
		loop->by_fd[conn->fd] = NULL;
	if (conn->is_counted)
		peers_leave(loop->server->peers, &conn->address);
	counter_drop(&loop->counters.connections);
	atomic_fetch_sub_explicit(&loop->server->connections, 1, memory_order_relaxed);
	free(conn);
	if (loop->is_draining)
		loop_chore(loop);
}

/* evhttp is about to free the connection, for whatever cause. */
static void on_gone(struct evhttp_connection *evcon, void *arg)
{
	struct conn *conn = arg;

	(void)evcon;
	evbuffer_remove_cb(bufferevent_get_input(conn->bev), on_input, conn);
	if (conn->loop->server->tls && !tls_is_open(conn->bev))
		counter_add(&conn->loop->counters.tls_failed, 1);
	if (conn->exchange)
		exchange_client_gone(conn->exchange);
	if (conn->stream)
		stream_client_gone(conn->stream);
	conn_free(conn);
}

void conn_close(struct conn *conn)
{
	evhttp_connection_free(conn->evcon);
}

static bool by_fd_set(struct http_loop *loop, int fd, struct conn *conn)
{
	if ((size_t)fd >= loop->by_fd_count) {
		size_t count = ((size_t)fd + 64) * 2;
		struct conn **grown = realloc(loop->by_fd, count * sizeof(struct conn *));

		if (!grown)
			return false;
		memset(grown + loop->by_fd_count, 0, (count - loop->by_fd_count) * sizeof(struct conn *));
		loop->by_fd = grown;
		loop->by_fd_count = count;
	}
	loop->by_fd[fd] = conn;
	return true;
}

static bool is_trusted_proxy(const struct http_server *server, const struct network *address)
{
	for (size_t i = 0; i < server->proxies.count; i++)
		if (network_has(&server->networks[i], address))
			return true;
	return false;
}

/* Whether there is room for it. */
static bool conn_admit(struct conn *conn)
{
	struct http_server *server = conn->loop->server;
	char *peer = NULL;
	uint16_t port;

	evhttp_connection_get_peer(conn->evcon, &peer, &port);
	if (address_parse(peer, &conn->address) != OK)
		memset(&conn->address, 0, sizeof(conn->address));
	if (atomic_load_explicit(&server->connections, memory_order_relaxed) > server->settings.max_connections)
		return false;
	if (!server->peers || is_trusted_proxy(server, &conn->address))
		return true;
	conn->is_counted = peers_enter(server->peers, &conn->address);
	return conn->is_counted;
}

/* Small events must not wait for the acknowledgement of the last one. */
static void socket_configure(int fd)
{
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

/*
 * evhttp sets its connection as the argument of the bufferevent's callbacks, and clears them when it frees it. The
 * equality checks that this is so: another libevent must not be used unseen.
 */
static struct evhttp_connection *evcon_find(struct bufferevent *bev)
{
	bufferevent_event_cb on_event = NULL;
	void *evcon = NULL;

	bufferevent_getcb(bev, NULL, NULL, &on_event, &evcon);
	return on_event && evcon && evhttp_connection_get_bufferevent(evcon) == bev ? evcon : NULL;
}

static void conn_settle(struct conn *conn)
{
	struct http_loop *loop = conn->loop;
	struct bufferevent *bev = conn->bev;

	conn->evcon = evcon_find(bev);
	if (!conn->evcon) {
		evbuffer_remove_cb(bufferevent_get_input(bev), on_input, conn);
		conn_free(conn);
		bufferevent_decref(bev);
		return;
	}
	bufferevent_decref(bev);
	evhttp_connection_set_closecb(conn->evcon, on_gone, conn);
	conn->fd = (int)bufferevent_getfd(bev);
	conn_enter(conn, PHASE_HEADER);
	if (conn->fd < 0 || !by_fd_set(loop, conn->fd, conn) || !conn_admit(conn)) {
		counter_add(&loop->counters.turned_away, 1);
		conn_close(conn);
		return;
	}
	socket_configure(conn->fd);
}

static void on_closing_write(struct bufferevent *bev, void *arg)
{
	struct conn *conn = arg;

	/* Closing now, with input unread, would reset the connection and could take our last words with it. */
	if (!conn->loop->server->tls)
		shutdown((int)bufferevent_getfd(bev), SHUT_WR);
}

static void on_closing_event(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	(void)what;
	conn_close(arg);
}

static const char *status_phrase(int status)
{
	switch (status) {
	case 400: return "Bad Request";
	case 408: return "Request Timeout";
	case 413: return "Content Too Large";
	case 414: return "URI Too Long";
	case 415: return "Unsupported Media Type";
	case 417: return "Expectation Failed";
	case 431: return "Request Header Fields Too Large";
	case 501: return "Not Implemented";
	default: return "HTTP Version Not Supported";
	}
}

/* The last words; evhttp has no more part in this connection but to free it. */
static void conn_say_and_close(struct conn *conn)
{
	int status = conn->last_status;
	const char *phrase = status_phrase(status);

	conn_enter(conn, PHASE_CLOSING);
	bufferevent_setcb(conn->bev, NULL, on_closing_write, on_closing_event, conn);
	evbuffer_add_printf(bufferevent_get_output(conn->bev),
			    "HTTP/1.1 %d %s\r\nConnection: close\r\nCache-Control: no-store\r\n"
			    "Content-Type: text/plain\r\nContent-Length: %zu\r\n\r\n%s\n",
			    status, phrase, strlen(phrase) + 1, phrase);
	counter_add(&conn->loop->counters.answers[status / 100], 1);
	bufferevent_enable(conn->bev, EV_READ | EV_WRITE);
}

void conn_chores(struct http_loop *loop)
{
	struct conn *conn;

	while ((conn = TAILQ_FIRST(&loop->phases[PHASE_FRESH])) != NULL)
		conn_settle(conn);
	while ((conn = TAILQ_FIRST(&loop->phases[PHASE_REFUSED])) != NULL)
		conn_say_and_close(conn);
	while ((conn = TAILQ_FIRST(&loop->phases[PHASE_DROPPED])) != NULL)
		conn_close(conn);
	while ((conn = TAILQ_FIRST(&loop->phases[PHASE_ENDING])) != NULL) {
		conn_enter(conn, PHASE_WRITING);
		stream_finish(conn->stream);
	}
}

/* A request that began and did not end is answered; whoever sent nothing is not. */
static void conn_too_slow(struct conn *conn)
{
	struct http_loop *loop = conn->loop;

	counter_add(&loop->counters.timed_out, 1);
	if ((conn->phase == PHASE_HEADER || conn->phase == PHASE_BODY) && !guard_is_idle(&conn->guard)) {
		conn->last_status = STATUS_TIMEOUT;
		input_discard(conn);
		conn_enter(conn, PHASE_REFUSED);
		loop_chore(loop);
		return;
	}
	if (conn->phase == PHASE_HANDED)
		counter_add(&loop->counters.refused[GUARD_DISAGREED], 1);
	conn_close(conn);
}

static void phase_deadline(struct http_loop *loop, enum phase phase, int64_t before_ms)
{
	struct conn *conn;

	while ((conn = TAILQ_FIRST(&loop->phases[phase])) != NULL && conn->since_ms <= before_ms) {
		if (phase == PHASE_IDLE || phase == PHASE_CLOSING)
			conn_close(conn);
		else
			conn_too_slow(conn);
	}
}

void conn_deadlines(struct http_loop *loop, int64_t now_ms)
{
	const struct http_settings *settings = &loop->server->settings;

	phase_deadline(loop, PHASE_HEADER, now_ms - settings->header_ms);
	phase_deadline(loop, PHASE_BODY, now_ms - settings->body_ms);
	phase_deadline(loop, PHASE_HANDED, now_ms - settings->header_ms);
	phase_deadline(loop, PHASE_IDLE, now_ms - settings->idle_ms);
	phase_deadline(loop, PHASE_CLOSING, now_ms - LINGER_MS);
}

struct conn *conn_of(struct http_loop *loop, struct evhttp_request *req)
{
	struct evhttp_connection *evcon = evhttp_request_get_connection(req);
	int fd = (int)bufferevent_getfd(evhttp_connection_get_bufferevent(evcon));
	struct conn *conn = fd >= 0 && (size_t)fd < loop->by_fd_count ? loop->by_fd[fd] : NULL;

	return conn && conn->evcon == evcon ? conn : NULL;
}

/* The answer has gone out; evhttp now either closes the connection or reads on. */
void conn_finished(struct evhttp_request *req, void *arg)
{
	struct conn *conn = arg;

	(void)req;
	if (conn->stream) {
		conn->stream->req = NULL; /* evhttp frees it and the connection next */
		return;
	}
	conn_enter(conn, PHASE_IDLE);
	if (conn->loop->is_draining)
		loop_chore(conn->loop);
	else if (conn->unfed > 0)
		conn_feed(conn);
}
