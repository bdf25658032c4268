#ifndef BENCH_HTTP_CLIENT_H
#define BENCH_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A small blocking HTTP/1.1 client for the load generator: one kept-alive connection at a time to one loopback address.
 * A thread uses it alone. Whatever goes wrong (no answer within 20 s, an answer that cannot be read) ends the program
 * with a sentence: a measurement with failures in it is none.
 */

/* Ends the program with its name, a sentence and exit code 3. */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

struct http_place {
	uint16_t port;    /* on 127.0.0.1 */
	const char *host; /* the Host header */
	uint32_t source;  /* the last three bytes of the 127/8 address to come from; 0: the kernel chooses */
};

struct http_client {
	const struct http_place *place;
	int fd; /* -1: not connected */
	char *bytes;
	size_t size; /* of the answer read so far */
};

void http_client_init(struct http_client *client, const struct http_place *place);
void http_client_done(struct http_client *client);
/* Makes the next request use a new connection. */
void http_client_close(struct http_client *client);

struct http_request {
	const char *method;
	const char *target;
	const char *headers; /* whole lines, each ended by CRLF; or NULL */
	const char *body;    /* or NULL */
};

/* `headers` and `body` are valid until the client's next call. */
struct http_answer {
	int status;
	const char *headers; /* NUL-terminated, with the status line */
	const char *body;    /* NUL-terminated */
	size_t body_size;
};

void http_call(struct http_client *client, const struct http_request *request, struct http_answer *ret_answer);
/* The value of a header, up to `size` with its NUL; fails when it is not there. `name` as it is written, e.g.
 * "Location". */
void http_header(const struct http_answer *answer, const char *name, char *out, size_t size);

/* One event stream: a connection of its own, and memory only while an event is on its way. */
struct http_stream {
	int fd;
	char *bytes;
	size_t size;
};

/* Sends the request and reads until the answer's headers are there; fails unless its status is 200. */
void http_stream_open(struct http_stream *stream, const struct http_place *place, const struct http_request *request);
/* Waits for the next event of this name, passing over others; `data` is its one line of data. */
void http_stream_wait(struct http_stream *stream, const char *event, char *data, size_t size);
void http_stream_close(struct http_stream *stream);

#endif
