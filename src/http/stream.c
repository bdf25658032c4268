#include "http/internal.h"

#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http.h>

#include "base/clock.h"
#include "base/text.h"

struct http_loop *event_stream_loop(const struct event_stream *stream)
{
	return stream->conn->loop;
}

static void headers_send(struct http_exchange *exchange)
{
	struct evkeyvalq *out = evhttp_request_get_output_headers(exchange->req);

	exchange_headers(exchange->req, exchange->response);
	evhttp_remove_header(out, "Content-Type");
	evhttp_add_header(out, "Content-Type", "text/event-stream");
	evhttp_add_header(out, "X-Accel-Buffering", "no"); /* nginx: pass each event on at once */
	evhttp_add_header(out, "Connection", "close");
	evhttp_send_reply_start(exchange->req, 200, NULL);
	/* evhttp has written them; a waiting page must not keep them. */
	evhttp_clear_headers(out);
	evhttp_clear_headers(evhttp_request_get_input_headers(exchange->req));
}

static struct event_stream *stream_new(struct http_exchange *exchange)
{
	struct event_stream *stream = calloc(1, sizeof(*stream));

	if (!stream)
		return NULL;
	stream->conn = exchange->conn;
	stream->req = exchange->req;
	stream->ops = exchange->ops;
	stream->ctx = exchange->stream_ctx;
	stream->opened_ms = clock_mono_ms();
	stream->commented_ms = stream->opened_ms;
	return stream;
}

/* HEAD has no content to stream, and without memory nobody can be served: the connection ends. */
static void stream_turn_away(struct http_exchange *exchange)
{
	struct conn *conn = exchange->conn;

	conn_enter(conn, PHASE_DROPPED);
	loop_chore(exchange->loop);
	exchange_client_gone(exchange);
	exchange->ops->close(NULL, exchange->stream_ctx);
}

void stream_begin(struct http_exchange *exchange)
{
	struct http_loop *loop = exchange->loop;
	struct conn *conn = exchange->conn;
	struct event_stream *stream = exchange->request.method == HTTP_HEAD ? NULL : stream_new(exchange);
	struct evbuffer *output = bufferevent_get_output(conn->bev);
	size_t before = evbuffer_get_length(output);

	if (!stream) {
		stream_turn_away(exchange);
		return;
	}
	headers_send(exchange);
	conn->exchange = NULL;
	conn->stream = stream;
	conn_enter(conn, PHASE_STREAM);
	TAILQ_INSERT_TAIL(&loop->by_comment, stream, by_comment);
	TAILQ_INSERT_TAIL(&loop->by_age, stream, by_age);
	counter_add(&loop->counters.answers[2], 1);
	counter_add(&loop->counters.streams, 1);
	counter_add(&loop->counters.streams_opened, 1);
	counter_add(&loop->counters.bytes_out, evbuffer_get_length(output) - before);
	stream->ops->open(stream, stream->ctx);
	if (loop->is_draining)
		event_stream_end(stream);
}

/* The connection is being freed, for whatever cause; evhttp's request as in exchange_client_gone(). */
void stream_client_gone(struct event_stream *stream)
{
	struct http_loop *loop = stream->conn->loop;

	if (stream->req && !evhttp_request_get_connection(stream->req))
		evhttp_request_free(stream->req);
	stream->conn->stream = NULL;
	TAILQ_REMOVE(&loop->by_comment, stream, by_comment);
	TAILQ_REMOVE(&loop->by_age, stream, by_age);
	counter_drop(&loop->counters.streams);
	stream->ops->close(stream, stream->ctx);
	free(stream);
}

static void stream_drop(struct event_stream *stream)
{
	struct http_loop *loop = stream->conn->loop;

	counter_add(&loop->counters.streams_dropped, 1);
	conn_enter(stream->conn, PHASE_DROPPED);
	loop_chore(loop);
}

enum status event_stream_send(struct event_stream *stream, const void *bytes, size_t size)
{
	struct conn *conn = stream->conn;
	struct http_loop *loop = conn->loop;

	if (conn->phase != PHASE_STREAM)
		return E_CONFLICT;
	if (evbuffer_get_length(bufferevent_get_output(conn->bev)) + size > loop->server->settings.stream_backlog) {
		stream_drop(stream);
		return E_CONFLICT;
	}
	if (evbuffer_add(loop->scratch, bytes, size) != 0)
		return E_NOMEM;
	evhttp_send_reply_chunk(stream->req, loop->scratch);
	counter_add(&loop->counters.bytes_out, size);
	return OK;
}

/* WHATWG HTML 9.2.6: every line of the data gets its own field, or it would end the event. */
static enum status event_format(struct text *text, const char *event, const char *data)
{
	text_add_format(text, "event: %s\n", event);
	for (;;) {
		size_t size = strcspn(data, "\r\n");

		text_add(text, "data: ");
		text_add_bytes(text, data, size);
		text_add(text, "\n");
		data += size;
		if (*data == '\0')
			break;
		data += data[0] == '\r' && data[1] == '\n' ? 2 : 1;
	}
	text_add(text, "\n");
	return text->failed ? E_NOMEM : OK;
}

enum status event_stream_event(struct event_stream *stream, const char *event, const char *data)
{
	struct text text;
	enum status status;

	if (strpbrk(event, "\r\n"))
		return E_INVALID;
	text_init(&text, stream->conn->loop->server->settings.stream_backlog);
	status = event_format(&text, event, data);
	if (status == OK)
		status = event_stream_send(stream, text.data, text.size);
	text_done(&text);
	return status;
}

void event_stream_end(struct event_stream *stream)
{
	struct conn *conn = stream->conn;

	if (conn->phase != PHASE_STREAM)
		return;
	conn_enter(conn, PHASE_ENDING);
	loop_chore(conn->loop);
}

void stream_finish(struct event_stream *stream)
{
	/* evhttp looks here whether to close, once the last chunk has gone out. */
	evhttp_add_header(evhttp_request_get_output_headers(stream->req), "Connection", "close");
	evhttp_send_reply_end(stream->req);
}

static void comment_send(struct http_loop *loop, struct event_stream *stream, int64_t now_ms)
{
	TAILQ_REMOVE(&loop->by_comment, stream, by_comment);
	stream->commented_ms = now_ms;
	TAILQ_INSERT_TAIL(&loop->by_comment, stream, by_comment);
	status_ignore(event_stream_send(stream, ":\n\n", 3), "a stream that is ending needs none");
}

void stream_deadlines(struct http_loop *loop, int64_t now_ms)
{
	const struct http_settings *settings = &loop->server->settings;
	struct event_stream *stream;

	while ((stream = TAILQ_FIRST(&loop->by_comment)) != NULL &&
	       now_ms - stream->commented_ms >= settings->stream_comment_ms)
		comment_send(loop, stream, now_ms);
	for (stream = TAILQ_FIRST(&loop->by_age); stream; stream = TAILQ_NEXT(stream, by_age)) {
		if (now_ms - stream->opened_ms < settings->stream_max_ms)
			break;
		event_stream_end(stream);
	}
}
