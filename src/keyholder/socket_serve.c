#include "keyholder/socket.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/secret.h"
#include "keyholder/message.h"

#define NUMBER_SIZE 8

enum status socket_line_new(int ret_ends[2])
{
	const int room = 2 * MESSAGE_SIZE_MAX;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		return E_IO;
	for (int i = 0; i < 2; i++)
		if (setsockopt(ends[i], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)) != 0) {
			close(ends[0]);
			close(ends[1]);
			return E_IO;
		}
	memcpy(ret_ends, ends, sizeof(ends));
	return OK;
}

/* Both hold secrets at times, and are zeroed after each call. */
struct buffers {
	uint8_t in[NUMBER_SIZE + MESSAGE_SIZE_MAX + 1]; /* one more, to see what is too long */
	uint8_t out[NUMBER_SIZE + MESSAGE_SIZE_MAX];
};

/* read and write: the process that this runs in may do no more, and one of them is one packet here. */
static ssize_t packet_get(int line, uint8_t *bytes, size_t max)
{
	ssize_t size;

	do
		size = read(line, bytes, max);
	while (size < 0 && errno == EINTR);
	return size;
}

static enum status packet_put(int line, const uint8_t *bytes, size_t size)
{
	ssize_t sent;

	do
		sent = write(line, bytes, size);
	while (sent < 0 && errno == EINTR);
	return sent == (ssize_t)size ? OK : E_IO;
}

/* What has no number is answered under number 0, which nobody uses. */
static size_t answer_make(struct keyholder_server *server, struct buffers *buffers, size_t size)
{
	const bool numbered = size >= NUMBER_SIZE;
	const uint8_t *in = buffers->in + (numbered ? NUMBER_SIZE : 0);
	uint8_t *out = buffers->out + NUMBER_SIZE;
	size_t answer_size = 0;

	memset(buffers->out, 0, NUMBER_SIZE);
	if (numbered)
		memcpy(buffers->out, buffers->in, NUMBER_SIZE);
	if (size > NUMBER_SIZE + MESSAGE_SIZE_MAX)
		size = NUMBER_SIZE; /* too long: as good as empty */
	if (keyholder_server_handle(server, in, numbered ? size - NUMBER_SIZE : 0, out, MESSAGE_SIZE_MAX,
				    &answer_size) != OK) {
		out[0] = MESSAGE_VERSION;
		out[1] = E_NOMEM;
		answer_size = 2;
	}
	return NUMBER_SIZE + answer_size;
}

static enum status one_serve(struct keyholder_server *server, int line, struct buffers *buffers, bool *ret_ended)
{
	const ssize_t got = packet_get(line, buffers->in, sizeof(buffers->in));

	if (got < 0 && errno != ECONNRESET)
		return E_IO;
	*ret_ended = got <= 0; /* an empty packet looks like the end, and no asker of ours sends one */
	if (*ret_ended)
		return OK;
	const size_t size = answer_make(server, buffers, (size_t)got);
	const enum status status = packet_put(line, buffers->out, size);
	secret_zero(buffers->in, (size_t)got);
	secret_zero(buffers->out, size);
	if (status != OK && (errno == EPIPE || errno == ECONNRESET)) {
		*ret_ended = true;
		return OK;
	}
	return status;
}

enum status socket_serve(struct keyholder_server *server, int line)
{
	struct buffers *buffers = malloc(sizeof(*buffers));
	enum status status = buffers ? OK : E_NOMEM;
	bool ended = false;

	while (status == OK && !ended)
		status = one_serve(server, line, buffers, &ended);
	free(buffers);
	return status;
}
