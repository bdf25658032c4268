#include "http/internal.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>

#include "base/clock.h"
#include "base/log.h"

#define TICK_MIN_MS 10
#define TICK_MAX_MS 1000

static _Thread_local struct http_loop *current;

bool http_loop_is_current(const struct http_loop *loop)
{
	return loop == current;
}

unsigned http_loop_index(const struct http_loop *loop)
{
	return loop->index;
}

/* Only the push into an empty inbox wakes the loop: while it is not empty a wake-up is already under way. */
bool loop_push(struct http_loop *loop, struct inbox_item *item)
{
	uint64_t one = 1;
	bool was_empty;
	bool taken;

	item->next = NULL;
	pthread_mutex_lock(&loop->inbox_lock);
	was_empty = !loop->inbox;
	taken = !loop->inbox_closed;
	if (taken) {
		*loop->inbox_end = item;
		loop->inbox_end = &item->next;
	}
	pthread_mutex_unlock(&loop->inbox_lock);
	/* Fails only when the counter is full, and then the loop is awake. */
	if (taken && was_empty && write(loop->inbox_fd, &one, sizeof(one)) < 0)
		return true;
	return taken;
}

static struct inbox_item *inbox_take(struct http_loop *loop, bool close_it)
{
	struct inbox_item *items;

	pthread_mutex_lock(&loop->inbox_lock);
	items = loop->inbox;
	loop->inbox = NULL;
	loop->inbox_end = &loop->inbox;
	loop->inbox_closed = loop->inbox_closed || close_it;
	pthread_mutex_unlock(&loop->inbox_lock);
	return items;
}

static void inbox_run(struct inbox_item *items)
{
	while (items) {
		struct inbox_item *item = items;

		items = item->next;
		item->run(item); /* frees it */
	}
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
	struct http_loop *loop = arg;
	uint64_t count;

	(void)what;
	if (read(fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		log_error("http.inbox", LOG_N("errno", errno));
	inbox_run(inbox_take(loop, false));
}

struct posted {
	struct inbox_item item; /* first */
	void (*fn)(void *ctx);
	void *ctx;
};

static void posted_run(struct inbox_item *item)
{
	struct posted *posted = (struct posted *)item;

	posted->fn(posted->ctx);
	free(posted);
}

enum status http_loop_post(struct http_loop *loop, void (*fn)(void *ctx), void *ctx)
{
	struct posted *posted = malloc(sizeof(*posted));

	if (!posted)
		return E_NOMEM;
	*posted = (struct posted){.item.run = posted_run, .fn = fn, .ctx = ctx};
	if (loop_push(loop, &posted->item))
		return OK;
	free(posted);
	return E_CONFLICT;
}

void loop_chore(struct http_loop *loop)
{
	event_active(loop->chore, EV_TIMEOUT, 1);
}

static void idle_close(struct http_loop *loop)
{
	struct conn *conn;
	struct conn *following;

	while ((conn = TAILQ_FIRST(&loop->phases[PHASE_IDLE])) != NULL)
		conn_close(conn);
	for (conn = TAILQ_FIRST(&loop->phases[PHASE_HEADER]); conn; conn = following) {
		following = TAILQ_NEXT(conn, entry);
		if (guard_is_idle(&conn->guard))
			conn_close(conn);
	}
}

static void drain_step(struct http_loop *loop, int64_t now_ms)
{
	struct event_stream *stream;

	idle_close(loop);
	for (stream = TAILQ_FIRST(&loop->by_age); stream; stream = TAILQ_NEXT(stream, by_age))
		event_stream_end(stream);
	if (atomic_load_explicit(&loop->counters.connections, memory_order_relaxed) == 0 ||
	    now_ms >= loop->drain_until_ms)
		event_base_loopbreak(loop->base);
}

static void on_chore(evutil_socket_t fd, short what, void *arg)
{
	struct http_loop *loop = arg;

	(void)fd;
	(void)what;
	conn_chores(loop);
	if (loop->is_draining)
		drain_step(loop, clock_mono_ms());
}

static void listeners_switch(struct http_loop *loop, bool on)
{
	for (size_t i = 0; i < loop->server->settings.listen_count; i++) {
		struct evconnlistener *listener =
			loop->bound[i] ? evhttp_bound_socket_get_listener(loop->bound[i]) : NULL;

		if (listener && on)
			evconnlistener_enable(listener);
		else if (listener)
			evconnlistener_disable(listener);
	}
	loop->is_accepting = on;
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct http_loop *loop = arg;
	int64_t now_ms = clock_mono_ms();

	(void)fd;
	(void)what;
	if (!loop->is_accepting && !loop->is_draining)
		listeners_switch(loop, true);
	conn_deadlines(loop, now_ms);
	stream_deadlines(loop, now_ms);
	if (loop->is_draining)
		drain_step(loop, now_ms);
}

/* Out of descriptors: libevent would try again at once, for ever. The next tick does. */
static void on_accept_error(struct evconnlistener *listener, void *arg)
{
	struct http_loop *loop = arg;

	(void)listener;
	log_error("http.accept", LOG_N("errno", errno));
	listeners_switch(loop, false);
}

void loop_drain(struct http_loop *loop, int64_t until_ms)
{
	loop->is_draining = true;
	loop->drain_until_ms = until_ms;
	for (size_t i = 0; i < loop->server->settings.listen_count; i++) {
		if (loop->bound[i])
			evhttp_del_accept_socket(loop->http, loop->bound[i]);
		loop->bound[i] = NULL;
	}
	loop_chore(loop);
}

static unsigned min_of(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* A fifth of the shortest time-out. */
static struct timeval tick_interval(const struct http_settings *settings)
{
	unsigned ms = min_of(min_of(settings->header_ms, settings->body_ms), settings->idle_ms);

	ms = min_of(ms, min_of(settings->stream_comment_ms, settings->stream_max_ms)) / 5;
	if (ms < TICK_MIN_MS)
		ms = TICK_MIN_MS;
	if (ms > TICK_MAX_MS)
		ms = TICK_MAX_MS;
	return (struct timeval){.tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000};
}

/* The base has no lock: nobody but its thread touches it; others write to the eventfd. */
static struct event_base *base_new(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base = NULL;

	if (config && event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK) == 0)
		base = event_base_new_with_config(config);
	if (config)
		event_config_free(config);
	return base;
}

static enum status events_init(struct http_loop *loop)
{
	struct timeval interval = tick_interval(&loop->server->settings);

	loop->inbox_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	loop->tick = event_new(loop->base, -1, EV_PERSIST, on_tick, loop);
	loop->chore = event_new(loop->base, -1, 0, on_chore, loop);
	if (loop->inbox_fd >= 0)
		loop->wake = event_new(loop->base, loop->inbox_fd, EV_READ | EV_PERSIST, on_wake, loop);
	if (!loop->tick || !loop->chore || !loop->wake)
		return E_NOMEM;
	if (event_add(loop->tick, &interval) != 0 || event_add(loop->wake, NULL) != 0)
		return E_NOMEM;
	return OK;
}

static void http_init(struct http_loop *loop)
{
	const struct guard_limits *limits = &loop->server->settings.limits;

	/* The guard's limits are the limits; these are only there should evhttp count otherwise. */
	evhttp_set_max_headers_size(loop->http, (ev_ssize_t)limits->header_bytes + 1024);
	evhttp_set_max_body_size(loop->http, (ev_ssize_t)limits->body_bytes);
	evhttp_set_default_content_type(loop->http, NULL);
	evhttp_set_allowed_methods(loop->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_POST | EVHTTP_REQ_PUT |
						       EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS | EVHTTP_REQ_PATCH);
	evhttp_set_bevcb(loop->http, conn_accept, loop);
	evhttp_set_gencb(loop->http, exchange_begin, loop);
}

enum status loop_init(struct http_loop *loop, struct http_server *server, unsigned index)
{
	loop->server = server;
	loop->index = index;
	loop->inbox_fd = -1;
	loop->inbox_end = &loop->inbox;
	loop->is_accepting = true;
	pthread_mutex_init(&loop->inbox_lock, NULL);
	for (size_t i = 0; i < PHASE_COUNT; i++)
		TAILQ_INIT(&loop->phases[i]);
	TAILQ_INIT(&loop->by_comment);
	TAILQ_INIT(&loop->by_age);
	loop->bound = calloc(server->settings.listen_count, sizeof(*loop->bound));
	loop->scratch = evbuffer_new();
	loop->base = base_new();
	if (!loop->bound || !loop->scratch || !loop->base)
		return E_NOMEM;
	loop->http = evhttp_new(loop->base);
	if (!loop->http)
		return E_NOMEM;
	http_init(loop);
	return events_init(loop);
}

enum status loop_listen(struct http_loop *loop, size_t index, int fd)
{
	struct evconnlistener *listener =
		evconnlistener_new(loop->base, NULL, NULL, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);

	if (!listener) {
		close(fd);
		return E_NOMEM;
	}
	loop->bound[index] = evhttp_bind_listener(loop->http, listener);
	if (!loop->bound[index]) {
		evconnlistener_free(listener);
		return E_NOMEM;
	}
	evconnlistener_set_error_cb(listener, on_accept_error);
	return OK;
}

/*
 * Connections first, so that every exchange learns that its client has gone; then the inbox is closed, and what it
 * still holds runs here.
 */
static void loop_end(struct http_loop *loop)
{
	conn_chores(loop); /* so that evhttp knows whom to tell of each connection's end */
	evhttp_free(loop->http);
	loop->http = NULL;
	event_del(loop->tick);
	event_del(loop->wake);
	event_del(loop->chore);
	inbox_run(inbox_take(loop, true));
	event_base_loop(loop->base, EVLOOP_NONBLOCK); /* libevent frees bufferevents from the loop */
}

static void *loop_main(void *arg)
{
	struct http_loop *loop = arg;

	current = loop;
	event_base_dispatch(loop->base);
	loop_end(loop);
	current = NULL;
	return NULL;
}

/* Signals are the main thread's business; SIGPIPE is nobody's. */
enum status loop_start(struct http_loop *loop)
{
	sigset_t all;
	sigset_t before;
	int failed;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(&loop->thread, NULL, loop_main, loop);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	loop->is_running = failed == 0;
	return failed == 0 ? OK : E_NOMEM;
}

static void event_drop(struct event *event)
{
	if (event)
		event_free(event);
}

void loop_done(struct http_loop *loop)
{
	if (loop->http)
		evhttp_free(loop->http);
	inbox_run(inbox_take(loop, true));
	event_drop(loop->tick);
	event_drop(loop->chore);
	event_drop(loop->wake);
	if (loop->scratch)
		evbuffer_free(loop->scratch);
	if (loop->base)
		event_base_free(loop->base);
	if (loop->inbox_fd >= 0)
		close(loop->inbox_fd);
	pthread_mutex_destroy(&loop->inbox_lock);
	free(loop->by_fd);
	free(loop->bound);
}
