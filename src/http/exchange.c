#include "http/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"

struct request *http_exchange_request(struct http_exchange *exchange)
{
	return &exchange->request;
}

struct response *http_exchange_response(struct http_exchange *exchange)
{
	return exchange->response;
}

struct http_loop *http_exchange_loop(struct http_exchange *exchange)
{
	return exchange->loop;
}

void http_exchange_set_owner(struct http_exchange *exchange, void *owner)
{
	exchange->owner = owner;
}

void *http_exchange_owner(struct http_exchange *exchange)
{
	return exchange->owner;
}

static enum http_method method_of(struct evhttp_request *req)
{
	switch (evhttp_request_get_command(req)) {
	case EVHTTP_REQ_GET: return HTTP_GET;
	case EVHTTP_REQ_HEAD: return HTTP_HEAD;
	case EVHTTP_REQ_POST: return HTTP_POST;
	case EVHTTP_REQ_PUT: return HTTP_PUT;
	case EVHTTP_REQ_DELETE: return HTTP_DELETE;
	case EVHTTP_REQ_OPTIONS: return HTTP_OPTIONS;
	case EVHTTP_REQ_PATCH: return HTTP_PATCH;
	default: return HTTP_OTHER;
	}
}

/* The guard has seen that an absolute target names the Host, so only its path counts. */
static enum status target_fill(struct request *req, const char *target)
{
	const char *path = target[0] == '/' ? target : strchr(strstr(target, "://") + 3, '/');
	size_t size = strcspn(path, "?");

	req->path = arena_strndup(req->arena, path, size);
	req->query = arena_strdup(req->arena, path[size] == '?' ? path + size + 1 : "");
	return req->path && req->query ? OK : E_NOMEM;
}

static char *trimmed(struct arena *arena, const char *value)
{
	size_t size;

	value += strspn(value, " \t");
	size = strlen(value);
	while (size > 0 && (value[size - 1] == ' ' || value[size - 1] == '\t'))
		size--;
	return arena_strndup(arena, value, size);
}

static enum status headers_fill(struct request *req, const struct evkeyvalq *list)
{
	const struct evkeyval *header;
	struct http_header *headers;
	size_t count = 0;

	for (header = TAILQ_FIRST(list); header; header = TAILQ_NEXT(header, next))
		count++;
	headers = arena_calloc(req->arena, count + 1, sizeof(*headers));
	if (!headers)
		return E_NOMEM;
	for (header = TAILQ_FIRST(list); header; header = TAILQ_NEXT(header, next)) {
		headers->name = arena_strdup(req->arena, header->key);
		headers->value = trimmed(req->arena, header->value);
		if (!headers->name || !headers->value)
			return E_NOMEM;
		headers++;
	}
	req->headers = headers - count;
	req->header_count = count;
	return OK;
}

/* Lower case up to the ';', in the arena; "" when there is no such header. */
static enum status lowered(struct request *req, const char *name, const char **ret_text)
{
	const char *value = request_header(req, name);
	char *text = arena_strndup(req->arena, value ? value : "", value ? strcspn(value, "; \t") : 0);

	if (!text)
		return E_NOMEM;
	*ret_text = text_lower(req->arena, text);
	return *ret_text ? OK : E_NOMEM;
}

static enum status body_fill(struct request *req, struct evbuffer *input)
{
	size_t size = evbuffer_get_length(input);
	char *body = arena_alloc(req->arena, size + 1);

	if (!body)
		return E_NOMEM;
	evbuffer_remove(input, body, size);
	req->body = body;
	req->body_size = size;
	return OK;
}

static enum status request_fill(struct http_exchange *exchange)
{
	const struct http_server *server = exchange->loop->server;
	struct request *req = &exchange->request;
	char *peer = NULL;
	uint16_t port;

	req->arena = exchange->arena;
	req->method = method_of(exchange->req);
	req->now = clock_now();
	req->is_tls = server->tls != NULL;
	TRY(target_fill(req, evhttp_request_get_uri(exchange->req)));
	TRY(headers_fill(req, evhttp_request_get_input_headers(exchange->req)));
	TRY(lowered(req, "Content-Type", &req->content_type));
	TRY(lowered(req, "Host", &req->host));
	TRY(body_fill(req, evhttp_request_get_input_buffer(exchange->req)));
	evhttp_connection_get_peer(exchange->conn->evcon, &peer, &port);
	forwarded_apply(&server->proxies, peer, req);
	return OK;
}

static void exchange_free(struct http_exchange *exchange)
{
	arena_free(exchange->arena);
	free(exchange);
}

static void exchange_run(struct inbox_item *item);

static struct http_exchange *exchange_new(struct http_loop *loop, struct conn *conn, struct evhttp_request *req)
{
	struct http_exchange *exchange = calloc(1, sizeof(*exchange));

	if (!exchange)
		return NULL;
	exchange->item.run = exchange_run;
	exchange->loop = loop;
	exchange->conn = conn;
	exchange->req = req;
	exchange->arena = arena_new(loop->server->settings.request_memory);
	if (exchange->arena)
		exchange->response = response_new(exchange->arena, loop->server->settings.https);
	if (exchange->response && request_fill(exchange) == OK)
		return exchange;
	exchange_free(exchange);
	return NULL;
}

void exchange_begin(struct evhttp_request *req, void *arg)
{
	struct http_loop *loop = arg;
	struct conn *conn = conn_of(loop, req);
	struct http_exchange *exchange;

	if (!conn || conn->phase != PHASE_HANDED) {
		counter_add(&loop->counters.refused[GUARD_DISAGREED], 1);
		log_error("http.disagreed", LOG_N("phase", conn ? conn->phase : -1));
		evhttp_connection_free(evhttp_request_get_connection(req));
		return;
	}
	conn_enter(conn, PHASE_BUSY);
	counter_add(&loop->counters.requests, 1);
	exchange = exchange_new(loop, conn, req);
	if (!exchange) {
		conn_enter(conn, PHASE_DROPPED);
		loop_chore(loop);
		return;
	}
	conn->exchange = exchange;
	evhttp_request_set_on_complete_cb(req, conn_finished, conn);
	loop->server->handlers.on_request(exchange, loop->server->handlers.ctx);
}

/*
 * The connection is being freed under the exchange, which lives on with its owner. evhttp frees the request with the
 * connection, except after an error: then it has cut the two apart and left the request to us.
 */
void exchange_client_gone(struct http_exchange *exchange)
{
	if (!evhttp_request_get_connection(exchange->req))
		evhttp_request_free(exchange->req);
	exchange->req = NULL;
	exchange->conn->exchange = NULL;
	exchange->conn = NULL;
}

/* What evhttp does not know by name. */
static const char *phrase_of(int status)
{
	switch (status) {
	case 413: return "Content Too Large";
	case 421: return "Misdirected Request";
	case 422: return "Unprocessable Content";
	case 429: return "Too Many Requests";
	case 431: return "Request Header Fields Too Large";
	default: return NULL;
	}
}

void exchange_headers(struct evhttp_request *req, const struct response *res)
{
	struct evkeyvalq *out = evhttp_request_get_output_headers(req);

	for (size_t i = 0; i < response_header_count(res); i++) {
		const char *name;
		const char *value;

		response_header_at(res, i, &name, &value);
		evhttp_add_header(out, name, value); /* fails only for want of memory: the answer is then the poorer */
	}
}

static bool has_no_body(const struct http_exchange *exchange, int status)
{
	return exchange->request.method == HTTP_HEAD || status == 204 || status == 304 || status < 200;
}

static void body_write(struct http_exchange *exchange, struct evbuffer *out)
{
	size_t size;
	const void *body = response_get_body(exchange->response, &size);

	if (size > 0 && response_body_is_borrowed(exchange->response))
		evbuffer_add_reference(out, body, size, NULL, NULL);
	else if (size > 0)
		evbuffer_add(out, body, size);
}

/* evhttp leaves Content-Length out where it sends no content, and HEAD should say what GET would send. */
static void length_write(struct evhttp_request *req, const struct response *res)
{
	char text[24];
	size_t size;

	response_get_body(res, &size);
	snprintf(text, sizeof(text), "%zu", size);
	evhttp_add_header(evhttp_request_get_output_headers(req), "Content-Length", text);
}

static void exchange_write(struct http_exchange *exchange)
{
	struct http_loop *loop = exchange->loop;
	struct conn *conn = exchange->conn;
	struct evhttp_request *req = exchange->req;
	struct evbuffer *output = bufferevent_get_output(conn->bev);
	size_t before = evbuffer_get_length(output);
	int status = response_get_status(exchange->response);

	exchange_headers(req, exchange->response);
	if (loop->is_draining)
		evhttp_add_header(evhttp_request_get_output_headers(req), "Connection", "close");
	if (!has_no_body(exchange, status))
		body_write(exchange, loop->scratch);
	else if (exchange->request.method == HTTP_HEAD)
		length_write(req, exchange->response);
	counter_add(&loop->counters.answers[status / 100 % 6], 1);
	conn->exchange = NULL;
	conn_enter(conn, PHASE_WRITING);
	evhttp_send_reply(req, status, phrase_of(status), loop->scratch);
	counter_add(&loop->counters.bytes_out, evbuffer_get_length(output) - before);
	evbuffer_drain(loop->scratch, evbuffer_get_length(loop->scratch));
}

static void exchange_finish(struct http_exchange *exchange)
{
	if (exchange->ops && exchange->conn) {
		stream_begin(exchange);
	} else if (exchange->conn) {
		exchange_write(exchange);
	} else {
		counter_add(&exchange->loop->counters.answers[0], 1);
		if (exchange->ops)
			exchange->ops->close(NULL, exchange->stream_ctx);
	}
	exchange_free(exchange);
}

static void exchange_run(struct inbox_item *item)
{
	exchange_finish((struct http_exchange *)item);
}

void http_exchange_send(struct http_exchange *exchange)
{
	/* When the loop has ended its connections are gone, and this thread is the last that knows the exchange. */
	if (http_loop_is_current(exchange->loop) || !loop_push(exchange->loop, &exchange->item))
		exchange_finish(exchange);
}

void http_exchange_stream(struct http_exchange *exchange, const struct stream_ops *ops, void *ctx)
{
	exchange->ops = ops;
	exchange->stream_ctx = ctx;
	http_exchange_send(exchange);
}
