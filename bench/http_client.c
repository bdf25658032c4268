#include "http_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_MAX  (256 * 1024)
#define REQUEST_MAX (16 * 1024)
#define EVENT_MAX   (16 * 1024)
#define TIMEOUT_S   20

void fail(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fprintf(stderr, "%s: ", program_invocation_short_name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	fflush(stderr);
	_exit(3); /* other threads may be in the middle of anything */
}

/* ---- connections ---- */

static void source_bind(int fd, const struct http_place *place)
{
	const struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000000u | place->source)};
	const int late = 1; /* the port is chosen at connect, when the pair is known */

	if (!place->source)
		return;
	if (setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &late, sizeof(late)) != 0 ||
	    bind(fd, (const struct sockaddr *)&from, sizeof(from)) != 0)
		fail("binding to a loopback address: %s", strerror(errno));
}

static int place_connect(const struct http_place *place)
{
	const struct sockaddr_in to = {.sin_family = AF_INET,
				       .sin_port = htons(place->port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	const struct timeval timeout = {.tv_sec = TIMEOUT_S};
	const int no_delay = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		fail("making a socket: %s", strerror(errno));
	source_bind(fd, place);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &no_delay, sizeof(no_delay));
	if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) != 0)
		fail("connecting to port %u: %s", place->port, strerror(errno));
	return fd;
}

static void request_send(int fd, const struct http_place *place, const struct http_request *request)
{
	char bytes[REQUEST_MAX];
	const size_t body_size = request->body ? strlen(request->body) : 0;
	int size = snprintf(bytes, sizeof(bytes), "%s %s HTTP/1.1\r\nHost: %s\r\n%s", request->method, request->target,
			    place->host, request->headers ? request->headers : "");

	if (size < 0 || (size_t)size + body_size + 64 > sizeof(bytes))
		fail("%s %s: the request is too long", request->method, request->target);
	if (request->body)
		size += snprintf(bytes + size, sizeof(bytes) - (size_t)size, "Content-Length: %zu\r\n\r\n%s", body_size,
				 request->body);
	else
		size += snprintf(bytes + size, sizeof(bytes) - (size_t)size, "\r\n");
	for (ssize_t sent, at = 0; at < size; at += sent) {
		sent = send(fd, bytes + at, (size_t)(size - at), MSG_NOSIGNAL);
		if (sent <= 0)
			fail("%s %s: sending: %s", request->method, request->target, strerror(errno));
	}
}

/* Adds what has come to bytes[*size]; keeps it NUL-terminated. */
static void bytes_read(int fd, char *bytes, size_t *size, size_t max, const char *what)
{
	ssize_t got;

	if (*size + 1 >= max)
		fail("%s: the answer is longer than %zu bytes", what, max);
	got = recv(fd, bytes + *size, max - *size - 1, 0);
	if (got <= 0)
		fail("%s: %s", what, got == 0 ? "the connection was closed" : strerror(errno));
	*size += (size_t)got;
	bytes[*size] = '\0';
}

/* ---- requests ---- */

void http_client_init(struct http_client *client, const struct http_place *place)
{
	*client = (struct http_client){.place = place, .fd = -1, .bytes = malloc(ANSWER_MAX)};
	if (!client->bytes)
		fail("out of memory");
}

void http_client_close(struct http_client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	client->fd = -1;
}

void http_client_done(struct http_client *client)
{
	http_client_close(client);
	free(client->bytes);
	client->bytes = NULL;
}

static const char *header_find(const char *headers, const char *name)
{
	const size_t size = strlen(name);

	for (const char *line = headers; (line = strstr(line, "\r\n"));) {
		line += 2;
		if (strncasecmp(line, name, size) == 0 && line[size] == ':')
			return line + size + 1 + strspn(line + size + 1, " ");
	}
	return NULL;
}

void http_header(const struct http_answer *answer, const char *name, char *out, size_t size)
{
	const char *value = header_find(answer->headers, name);
	const size_t length = value ? strcspn(value, "\r\n") : 0;

	if (!value || length >= size)
		fail("an answer with status %d has no usable %s: %.200s", answer->status, name, answer->body);
	memcpy(out, value, length);
	out[length] = '\0';
}

/* Reads until the blank line; gives where the body begins. Splits headers from body with a NUL. */
static size_t headers_read(int fd, char *bytes, size_t *size, size_t max, const char *what)
{
	const char *end;

	*size = 0;
	do {
		bytes_read(fd, bytes, size, max, what);
	} while (!(end = strstr(bytes, "\r\n\r\n")));
	bytes[end + 2 - bytes] = '\0';
	return (size_t)(end - bytes) + 4;
}

static int status_of(const char *headers)
{
	return strncmp(headers, "HTTP/1.1 ", 9) == 0 ? atoi(headers + 9) : 0;
}

void http_call(struct http_client *client, const struct http_request *request, struct http_answer *ret_answer)
{
	size_t body_at, body_size;
	const char *length, *connection;

	if (client->fd < 0)
		client->fd = place_connect(client->place);
	request_send(client->fd, client->place, request);
	body_at = headers_read(client->fd, client->bytes, &client->size, ANSWER_MAX, request->target);
	length = header_find(client->bytes, "Content-Length");
	connection = header_find(client->bytes, "Connection");
	body_size = length ? strtoul(length, NULL, 10) : 0;
	while (client->size < body_at + body_size)
		bytes_read(client->fd, client->bytes, &client->size, ANSWER_MAX, request->target);
	*ret_answer = (struct http_answer){status_of(client->bytes), client->bytes, client->bytes + body_at, body_size};
	if (connection && strncasecmp(connection, "close", 5) == 0)
		http_client_close(client);
}

/* ---- streams ---- */

void http_stream_open(struct http_stream *stream, const struct http_place *place, const struct http_request *request)
{
	char *bytes = malloc(EVENT_MAX);
	size_t size, body_at;

	if (!bytes)
		fail("out of memory");
	*stream = (struct http_stream){.fd = place_connect(place)};
	request_send(stream->fd, place, request);
	body_at = headers_read(stream->fd, bytes, &size, EVENT_MAX, request->target);
	if (status_of(bytes) != 200)
		fail("%s: status %d: %.200s", request->target, status_of(bytes), bytes + body_at);
	if (size > body_at) {
		stream->size = size - body_at;
		memmove(bytes, bytes + body_at, stream->size + 1);
		stream->bytes = bytes;
	} else {
		free(bytes);
	}
}

/*
 * Takes the first whole event out of the bytes. The daemon sends each event in one chunk, so the chunk sizes between
 * them need no decoding: an event is what begins with "event: " and ends with a blank line.
 */
static bool event_take(struct http_stream *stream, char *event, size_t size)
{
	char *begin = stream->bytes ? strstr(stream->bytes, "event: ") : NULL;
	char *end = begin ? strstr(begin, "\n\n") : NULL;

	if (!end)
		return false;
	if ((size_t)(end - begin) >= size)
		fail("an event is longer than %zu bytes", size);
	memcpy(event, begin, (size_t)(end - begin));
	event[end - begin] = '\0';
	stream->size -= (size_t)(end + 2 - stream->bytes);
	memmove(stream->bytes, end + 2, stream->size + 1);
	return true;
}

/* Between events there is only the end of a chunk: then the memory goes. */
static void stream_rest(struct http_stream *stream)
{
	if (stream->bytes && stream->bytes[strspn(stream->bytes, "\r\n")])
		return;
	free(stream->bytes);
	stream->bytes = NULL;
	stream->size = 0;
}

static void event_wait(struct http_stream *stream, char *event, size_t size)
{
	while (!event_take(stream, event, size)) {
		if (!stream->bytes) {
			stream->bytes = malloc(EVENT_MAX);
			if (!stream->bytes)
				fail("out of memory");
			stream->bytes[0] = '\0';
		}
		bytes_read(stream->fd, stream->bytes, &stream->size, EVENT_MAX, "an event stream");
	}
	stream_rest(stream);
}

void http_stream_wait(struct http_stream *stream, const char *event, char *data, size_t size)
{
	char bytes[EVENT_MAX];
	const size_t name_size = strlen(event);
	const char *line;

	do {
		event_wait(stream, bytes, sizeof(bytes));
	} while (strncmp(bytes + 7, event, name_size) != 0 || bytes[7 + name_size] != '\n');
	line = strstr(bytes, "\ndata: ");
	if (!line || strlen(line + 7) >= size)
		fail("an event \"%s\" without usable data", event);
	memcpy(data, line + 7, strlen(line + 7) + 1);
}

void http_stream_close(struct http_stream *stream)
{
	if (stream->fd >= 0)
		close(stream->fd);
	free(stream->bytes);
	*stream = (struct http_stream){.fd = -1};
}
