#ifndef HTTP_FORWARDED_H
#define HTTP_FORWARDED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/network.h"
#include "base/status.h"
#include "http/request.h"
#include "http/server.h"

struct proxies {
	const struct network *networks;
	size_t count;
	enum http_forwarded header;
};

/*
 * Sets req->ip, ip_trusted and is_tls (which already says whether TLS ended here) from the peer's address and
 * the headers. The header is read from its end: each entry was written by the hop after it, so the first that is no
 * trusted proxy's is the client; what stands before it anybody may have written. A trusted proxy that sends no header,
 * or one that cannot be parsed up to the client, gives the peer's address and ip_trusted = false.
 */
void forwarded_apply(const struct proxies *proxies, const char *peer, struct request *req);

#endif
