#ifndef KEYHOLDER_SOCKET_H
#define KEYHOLDER_SOCKET_H

#include <stddef.h>

#include "keyholder/client.h"
#include "keyholder/server.h"

/*
 * Messages to a keyholder in another process, over connected SOCK_SEQPACKET sockets ("lines"). One packet is
 *
 *   8 bytes the asker's number of this call | one message (message.h)
 *
 * and the answer repeats the number, so an answer can never be taken for another call's. A line serves one call at a
 * time; there are as many lines as calls can be under way. At the keyholder's end one thread serves one line.
 */
#define SOCKET_LINES_MAX 16

/* A connected pair with room for a whole message; both are closed by exec. E_IO: the system has no more. */
enum status must_check socket_line_new(int ret_ends[2]);

/*
 * The keyholder's end: answers what comes until the other end is closed. Whatever the bytes are they get an answer.
 * Uses read and write on `line` alone, so SIGPIPE must be ignored.
 *
 * OK      the other end is closed
 * E_IO    the line is broken
 * E_NOMEM
 */
enum status must_check socket_serve(struct keyholder_server *server, int line);

/*
 * The asker's end: lines that may be replaced as a whole when the keyholder was started anew.
 *
 * A call whose keyholder dies is sent once more, to the next one; calls wait for a next one up to wait_ms and then fail
 * with E_IO. Repeating is safe: no operation of the keyholder changes anything but its counters and the budget of a
 * TOTP seed, and there a repeated check counts twice, to the stricter side. Once, so that a request which kills the
 * keyholder cannot do so for ever. No answer within answer_ms: E_IO, not repeated, and the line is given up.
 *
 * A keyholder that is there and answers nobody is useless, and does not end by itself. When a call had no answer within
 * answer_ms and no other call had one in the second half of that time, or when the last line had to be given up,
 * `stalled` is called, once for each keyholder: it has to be replaced. Calls wait for the next one as above.
 */
struct transport_socket;
struct transport_socket_options {
	int wait_ms;                /* 0: 2000 */
	int answer_ms;              /* 0: 15000; more than the slowest operation, the making of an RSA key */
	void (*stalled)(void *ctx); /* or NULL; by the thread of the call, without locks */
	void *ctx;
};
enum status must_check transport_socket_new(const struct transport_socket_options *options,
					    struct transport_socket **ret_socket);
/* Takes the descriptors, whatever comes. Those from before are closed as soon as no call is under way on them. */
void transport_socket_connect(struct transport_socket *socket, const int *lines, size_t count);
/* For keyholder_connect(); its close frees the transport_socket. */
struct keyholder_transport transport_socket_transport(struct transport_socket *socket);
void transport_socket_free(struct transport_socket **socket);

#endif
