#include "wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "cmocka_all.h"

#define PATIENCE_MS 10000

struct job {
	struct wire *wire;
	struct http_exchange *exchange;
	bool gated;
	bool streams;
};

static const struct stream_ops stream_ops;

static void *worker_main(void *arg)
{
	struct job *job = arg;
	struct wire *wire = job->wire;
	struct response *res = http_exchange_response(job->exchange);

	if (job->gated) {
		sem_post(&wire->arrived);
		while (sem_wait(&wire->gate) != 0)
			;
	}
	if (job->streams) {
		http_exchange_stream(job->exchange, &stream_ops, wire);
	} else {
		status_ignore(response_text(res, 200, "from a worker"), "a poor answer fails the test");
		http_exchange_send(job->exchange);
	}
	free(job);
	atomic_fetch_sub(&wire->workers, 1);
	return NULL;
}

static void hand_to_worker(struct wire *wire, struct http_exchange *exchange, bool gated, bool streams)
{
	struct job *job = malloc(sizeof(*job));
	pthread_attr_t attributes;
	pthread_t thread;

	*job = (struct job){wire, exchange, gated, streams};
	atomic_fetch_add(&wire->workers, 1);
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	if (pthread_create(&thread, &attributes, worker_main, job) != 0)
		abort();
	pthread_attr_destroy(&attributes);
}

static void on_stream_open(struct event_stream *stream, void *ctx)
{
	struct wire *wire = ctx;

	pthread_mutex_lock(&wire->lock);
	wire->streams[wire->stream_count++] = stream;
	pthread_mutex_unlock(&wire->lock);
	status_ignore(event_stream_event(stream, "hello", "one\ntwo"), "the test waits for it");
	atomic_fetch_add(&wire->opened, 1);
}

static void on_stream_close(struct event_stream *stream, void *ctx)
{
	struct wire *wire = ctx;

	pthread_mutex_lock(&wire->lock);
	for (size_t i = 0; i < wire->stream_count; i++)
		if (stream && wire->streams[i] == stream)
			wire->streams[i] = wire->streams[--wire->stream_count];
	pthread_mutex_unlock(&wire->lock);
	atomic_fetch_add(stream ? &wire->closed : &wire->never_opened, 1);
}

static const struct stream_ops stream_ops = {on_stream_open, on_stream_close};

static enum status where(const struct request *req, struct response *res)
{
	const char *text = arena_format(req->arena, "%s %d %d %s %s %s", req->ip, req->ip_trusted, req->is_tls,
					req->path, req->query, req->host);

	return text ? response_text(res, 200, text) : E_NOMEM;
}

static const char large[WIRE_LARGE];

static enum status answer(const struct request *req, struct response *res)
{
	if (strcmp(req->path, "/hello") == 0)
		return response_text(res, 200, "hello");
	if (strcmp(req->path, "/echo") == 0) {
		response_status(res, 200);
		return response_body(res, "application/octet-stream", req->body, req->body_size);
	}
	if (strcmp(req->path, "/large") == 0) {
		response_status(res, 200);
		return response_body_borrow(res, "application/octet-stream", large, sizeof(large));
	}
	if (strcmp(req->path, "/empty") == 0) {
		response_status(res, 204);
		return OK;
	}
	if (strcmp(req->path, "/where") == 0)
		return where(req, res);
	return response_text(res, 404, "not here");
}

static void on_request(struct http_exchange *exchange, void *ctx)
{
	struct wire *wire = ctx;
	const struct request *req = http_exchange_request(exchange);

	if (strcmp(req->path, "/worker") == 0 || strcmp(req->path, "/gated") == 0) {
		hand_to_worker(wire, exchange, req->path[1] == 'g', false);
		return;
	}
	if (strcmp(req->path, "/gated-stream") == 0) {
		hand_to_worker(wire, exchange, true, true);
		return;
	}
	if (strcmp(req->path, "/stream") == 0) {
		http_exchange_stream(exchange, &stream_ops, wire);
		return;
	}
	if (answer(req, http_exchange_response(exchange)) != OK)
		response_status(http_exchange_response(exchange), 500);
	http_exchange_send(exchange);
}

void wire_start(struct wire *wire, struct http_settings settings)
{
	static const char *const listen[] = {"127.0.0.1:0"};
	struct http_handlers handlers = {on_request, wire};

	memset(wire, 0, sizeof(*wire));
	sem_init(&wire->arrived, 0, 0);
	sem_init(&wire->gate, 0, 0);
	pthread_mutex_init(&wire->lock, NULL);
	if (settings.listen_count == 0) {
		settings.listen = listen;
		settings.listen_count = 1;
	}
	if (settings.loops == 0)
		settings.loops = 2;
	assert_int_equal(http_server_new(&settings, &handlers, &wire->server), OK);
	assert_int_equal(http_server_start(wire->server), OK);
}

void wire_stop(struct wire *wire)
{
	http_server_stop(wire->server, 2000);
	while (atomic_load(&wire->workers) > 0) {
		sem_post(&wire->gate);
		usleep(1000);
	}
	http_server_free(&wire->server);
	sem_destroy(&wire->arrived);
	sem_destroy(&wire->gate);
	pthread_mutex_destroy(&wire->lock);
}

void wire_open_gate(struct wire *wire)
{
	sem_post(&wire->gate);
}

struct http_counters wire_counters(const struct wire *wire)
{
	struct http_counters counters;

	http_server_counters(wire->server, &counters);
	return counters;
}

int wire_connect(const struct wire *wire)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons(http_server_port(wire->server, 0)),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

void wire_send(int fd, const void *bytes, size_t size)
{
	const char *at = bytes;

	while (size > 0) {
		ssize_t sent = send(fd, at, size, MSG_NOSIGNAL);

		if (sent <= 0)
			return; /* refused half way: the answer says so */
		at += sent;
		size -= (size_t)sent;
	}
}

void wire_say(int fd, const char *text)
{
	wire_send(fd, text, strlen(text));
}

static bool readable(int fd, int64_t until_ms)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	int64_t left = until_ms - clock_mono_ms();

	return poll(&poll_fd, 1, left > 0 ? (int)left : 0) == 1;
}

size_t wire_read_until(int fd, const char *text, char *out, size_t size)
{
	int64_t until_ms = clock_mono_ms() + PATIENCE_MS;
	size_t got = 0;

	out[0] = '\0';
	while (!strstr(out, text) && got + 1 < size && readable(fd, until_ms)) {
		ssize_t count = recv(fd, out + got, 1, 0); /* one: what follows stays for the next */

		if (count <= 0)
			break;
		got += (size_t)count;
		out[got] = '\0';
	}
	return got;
}

int wire_answer(int fd, char *out, size_t size)
{
	size_t got = wire_read_until(fd, "\r\n\r\n", out, size);
	const char *length = strstr(out, "Content-Length: ");
	size_t body = length ? strtoul(length + 16, NULL, 10) : 0;
	int64_t until_ms = clock_mono_ms() + PATIENCE_MS;

	if (!strstr(out, "\r\n\r\n") || strncmp(out, "HTTP/1.", 7) != 0)
		return 0;
	while (body > 0 && got + 1 < size && readable(fd, until_ms)) {
		ssize_t count = recv(fd, out + got, body < size - got - 1 ? body : size - got - 1, 0);

		if (count <= 0)
			return 0;
		got += (size_t)count;
		body -= (size_t)count;
	}
	out[got] = '\0';
	return atoi(out + 9);
}

bool wire_is_closed(int fd, int ms)
{
	int64_t until_ms = clock_mono_ms() + ms;
	char bytes[4096];

	while (readable(fd, until_ms))
		if (recv(fd, bytes, sizeof(bytes), 0) <= 0)
			return true;
	return false;
}

bool wire_wait(atomic_int *counter, int wanted)
{
	int64_t until_ms = clock_mono_ms() + PATIENCE_MS;

	while (atomic_load(counter) < wanted && clock_mono_ms() < until_ms)
		usleep(1000);
	return atomic_load(counter) >= wanted;
}
