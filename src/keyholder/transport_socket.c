#include "keyholder/socket.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "keyholder/message.h"

#define WAIT_MS   2000
#define ANSWER_MS 15000

/* A line that a call is using. */
struct line {
	int fd;
	uint64_t generation;
};

struct transport_socket {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int free[SOCKET_LINES_MAX]; /* lines of this generation that no call is using; the last used first */
	size_t free_count;
	size_t open_count;   /* lines of this generation, free and used */
	uint64_t generation; /* one more with each keyholder, and when one is lost */
	uint64_t number;     /* of the last call */
	int64_t heard_ms;    /* when this generation last answered, or came */
	int wait_ms, answer_ms;
	void (*stalled)(void *ctx);
	void *ctx;
};

enum status transport_socket_new(const struct transport_socket_options *options, struct transport_socket **ret_socket)
{
	struct transport_socket *made = calloc(1, sizeof(*made));
	pthread_condattr_t monotonic;

	if (!made)
		return E_NOMEM;
	made->wait_ms = options->wait_ms ? options->wait_ms : WAIT_MS;
	made->answer_ms = options->answer_ms ? options->answer_ms : ANSWER_MS;
	made->stalled = options->stalled;
	made->ctx = options->ctx;
	pthread_mutex_init(&made->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&made->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	*ret_socket = made;
	return OK;
}

/* Under the lock. The used lines of a generation that has passed are closed when their calls bring them back. */
static void generation_end(struct transport_socket *pool)
{
	for (size_t i = 0; i < pool->free_count; i++)
		close(pool->free[i]);
	pool->free_count = pool->open_count = 0;
	pool->generation++;
	pthread_cond_broadcast(&pool->changed);
}

void transport_socket_connect(struct transport_socket *pool, const int *lines, size_t count)
{
	const struct timeval patience = {pool->answer_ms / 1000, pool->answer_ms % 1000 * 1000};

	pthread_mutex_lock(&pool->lock);
	generation_end(pool);
	for (size_t i = 0; i < count; i++) {
		if (i >= SOCKET_LINES_MAX ||
		    setsockopt(lines[i], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) != 0 ||
		    setsockopt(lines[i], SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) != 0)
			close(lines[i]);
		else
			pool->free[pool->free_count++] = lines[i];
	}
	pool->open_count = pool->free_count;
	pool->heard_ms = clock_mono_ms();
	pthread_cond_broadcast(&pool->changed);
	pthread_mutex_unlock(&pool->lock);
}

static struct timespec until_ms(int64_t at_ms)
{
	return (struct timespec){at_ms / 1000, (long)(at_ms % 1000) * 1000000};
}

/*
 * Under the lock. While there are lines, one comes back within answer_ms; while there are none, the wait is for
 * another keyholder.
 */
static enum status line_await(struct transport_socket *pool)
{
	const int64_t begun_ms = clock_mono_ms();
	int64_t lost_ms = begun_ms;

	while (pool->free_count == 0) {
		const bool connected = pool->open_count > 0;
		const int64_t limit_ms = connected ? begun_ms + pool->answer_ms : lost_ms + pool->wait_ms;
		const struct timespec until = until_ms(limit_ms);

		if (clock_mono_ms() >= limit_ms)
			return E_IO;
		if (pthread_cond_timedwait(&pool->changed, &pool->lock, &until) == 0 && connected &&
		    pool->open_count == 0)
			lost_ms = clock_mono_ms();
	}
	return OK;
}

static enum status line_take(struct transport_socket *pool, struct line *ret_line, uint64_t *ret_number)
{
	enum status status;

	pthread_mutex_lock(&pool->lock);
	status = line_await(pool);
	if (status == OK) {
		*ret_line = (struct line){pool->free[--pool->free_count], pool->generation};
		*ret_number = ++pool->number;
	}
	pthread_mutex_unlock(&pool->lock);
	return status;
}

static void line_give_back(struct transport_socket *pool, const struct line *line)
{
	pthread_mutex_lock(&pool->lock);
	if (line->generation == pool->generation) {
		pool->heard_ms = clock_mono_ms();
		pool->free[pool->free_count++] = line->fd;
		pthread_cond_signal(&pool->changed);
	} else {
		close(line->fd);
	}
	pthread_mutex_unlock(&pool->lock);
}

/* Under the lock, after a call that was in vain. Half the time: others may have had their answers as this one began. */
static bool is_silent(const struct transport_socket *pool)
{
	return clock_mono_ms() - pool->heard_ms >= pool->answer_ms / 2;
}

/* This one alone makes no sense, or is too slow; or nobody is answered at all. */
static void line_drop(struct transport_socket *pool, const struct line *line, bool is_late)
{
	bool has_stalled = false;

	close(line->fd);
	pthread_mutex_lock(&pool->lock);
	if (line->generation == pool->generation)
		has_stalled = --pool->open_count == 0 || (is_late && is_silent(pool));
	if (has_stalled)
		generation_end(pool);
	pthread_mutex_unlock(&pool->lock);
	if (has_stalled && pool->stalled)
		pool->stalled(pool->ctx);
}

/* Its keyholder is gone, and with it all lines of this generation. */
static void line_lost(struct transport_socket *pool, const struct line *line)
{
	close(line->fd);
	pthread_mutex_lock(&pool->lock);
	if (line->generation == pool->generation)
		generation_end(pool);
	pthread_mutex_unlock(&pool->lock);
}

enum trip { TRIP_NONSENSE = 0, TRIP_DONE, TRIP_LATE, TRIP_NOT_SENT, TRIP_LOST };

/* After an error of a socket with a limit of time. */
static bool was_too_slow(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK;
}

struct call_bytes {
	const uint8_t *in;
	size_t in_size;
	uint8_t *out;
	size_t out_max;
	uint64_t number;
};

static enum trip trip_send(int fd, const struct call_bytes *bytes)
{
	struct iovec parts[2] = {{(void *)(uintptr_t)&bytes->number, sizeof(bytes->number)},
				 {(void *)(uintptr_t)bytes->in, bytes->in_size}};
	const struct msghdr packet = {.msg_iov = parts, .msg_iovlen = 2};
	ssize_t sent;

	do
		sent = sendmsg(fd, &packet, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent < 0 && (errno == EPIPE || errno == ECONNRESET))
		return TRIP_NOT_SENT;
	if (sent < 0 && was_too_slow())
		return TRIP_LATE;
	return sent == (ssize_t)(sizeof(bytes->number) + bytes->in_size) ? TRIP_DONE : TRIP_NONSENSE;
}

static enum trip trip_receive(int fd, const struct call_bytes *bytes, size_t *ret_size)
{
	uint64_t number = 0;
	struct iovec parts[2] = {{&number, sizeof(number)}, {bytes->out, bytes->out_max}};
	struct msghdr packet = {.msg_iov = parts, .msg_iovlen = 2};
	ssize_t got;

	do
		got = recvmsg(fd, &packet, 0);
	while (got < 0 && errno == EINTR);
	if (got == 0 || (got < 0 && errno == ECONNRESET))
		return TRIP_LOST;
	if (got < 0 && was_too_slow())
		return TRIP_LATE;
	if (got <= (ssize_t)sizeof(number) || (packet.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) || number != bytes->number)
		return TRIP_NONSENSE;
	*ret_size = (size_t)got - sizeof(number);
	return TRIP_DONE;
}

static enum trip trip_make(struct transport_socket *pool, struct call_bytes *bytes, size_t *ret_size)
{
	struct line line;
	enum trip trip;

	if (line_take(pool, &line, &bytes->number) != OK)
		return TRIP_NONSENSE;
	trip = trip_send(line.fd, bytes);
	if (trip == TRIP_DONE)
		trip = trip_receive(line.fd, bytes, ret_size);
	if (trip == TRIP_DONE)
		line_give_back(pool, &line);
	else if (trip == TRIP_NONSENSE || trip == TRIP_LATE)
		line_drop(pool, &line, trip == TRIP_LATE);
	else
		line_lost(pool, &line);
	return trip;
}

/* What did not leave may be sent as often as there is another keyholder; what may have arrived, once more. */
static enum status socket_call(void *transport, const uint8_t *in, size_t in_size, uint8_t *out, size_t out_max,
			       size_t *ret_size)
{
	struct call_bytes bytes = {in, in_size, out, out_max, 0};
	enum trip trip;
	int lost = 0;

	do {
		trip = trip_make(transport, &bytes, ret_size);
		lost += trip == TRIP_LOST;
	} while (trip == TRIP_NOT_SENT || (trip == TRIP_LOST && lost == 1));
	if (trip != TRIP_DONE)
		log_error("keyholder.unreachable", LOG_S("what", lost ? "lost twice" : "no answer"));
	return trip == TRIP_DONE ? OK : E_IO;
}

void transport_socket_free(struct transport_socket **socket)
{
	struct transport_socket *pool = *socket;

	if (!pool)
		return;
	pthread_mutex_lock(&pool->lock);
	generation_end(pool);
	pthread_mutex_unlock(&pool->lock);
	pthread_cond_destroy(&pool->changed);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
	*socket = NULL;
}

static void socket_close(void *transport)
{
	struct transport_socket *pool = transport;

	transport_socket_free(&pool);
}

struct keyholder_transport transport_socket_transport(struct transport_socket *socket)
{
	return (struct keyholder_transport){.call = socket_call, .close = socket_close, .transport = socket};
}
