#ifndef TEST_WIRE_H
#define TEST_WIRE_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/request.h"
#include "http/response.h"
#include "http/server.h"

/*
 * A real server on loopback with a small application, and raw sockets against it.
 *
 *   /hello    answered on the loop
 *   /worker   answered by another thread
 *   /gated    answered by another thread once wire_open_gate() lets it
 *   /large    WIRE_LARGE bytes, more than the sockets hold
 *   /echo     the body
 *   /where    "IP TRUSTED TLS PATH QUERY HOST"
 *   /gated-stream   the same from another thread, once the gate is open
 *   /stream   an event stream: "event: hello\ndata: N" at its opening
 *   anything  404
 */
#define WIRE_LARGE 16000000

struct wire {
	struct http_server *server;
	sem_t arrived; /* a gated request is with its worker */
	sem_t gate;
	atomic_int workers;
	pthread_mutex_t lock; /* of the list of open streams */
	struct event_stream *streams[4096];
	size_t stream_count;
	atomic_int opened;
	atomic_int closed;
	atomic_int never_opened; /* closed with the client gone before */
};

/* Fails the test when the server does not start. Times that are zero become long ones, loops 2. */
void wire_start(struct wire *wire, struct http_settings settings);
void wire_stop(struct wire *wire);
void wire_open_gate(struct wire *wire);
struct http_counters wire_counters(const struct wire *wire);

int wire_connect(const struct wire *wire);
void wire_send(int fd, const void *bytes, size_t size);
void wire_say(int fd, const char *text);
/* Reads until the text appears, the peer closes, or 10 s have passed; NUL-terminated. */
size_t wire_read_until(int fd, const char *text, char *out, size_t size);
/* One whole answer by its Content-Length. Returns its status, 0 when the connection ended first. */
int wire_answer(int fd, char *out, size_t size);
/* Whether the peer closes within the time; bytes on the way are dropped. */
bool wire_is_closed(int fd, int ms);
/* Waits until the number is reached; false after 10 s. */
bool wire_wait(atomic_int *counter, int wanted);

#endif
