#ifndef KEYHOLDER_CLIENT_H
#define KEYHOLDER_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include "keyholder/keyholder.h"

/*
 * How messages reach the keyholder. `call` brings one request there and one reply back; it may be called by any number
 * of threads at the same time, and anything but OK counts as "cannot be reached". `close` is called once, at the end.
 */
struct keyholder_transport {
	enum status (*call)(void *transport, const uint8_t *in, size_t in_size, uint8_t *out, size_t out_max,
			    size_t *ret_size);
	void (*close)(void *transport);
	void *transport;
};

/* A client over a transport. On failure the transport is not closed. */
enum status must_check keyholder_connect(const struct keyholder_transport *transport, struct keyholder **ret_keyholder);

/* One in the same process: owns a server made of this KEK. */
enum status must_check transport_local_new(const uint8_t kek[32], struct keyholder_transport *ret_transport);

#endif
