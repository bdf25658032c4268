#ifndef HTTP_FORWARDED_H
#define HTTP_FORWARDED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "http/request.h"
#include "http/server.h"

/* A network; IPv4 lies in ::ffff:0:0/96. */
struct network {
	uint8_t bytes[16];
	unsigned bits;
};

/* "192.0.2.1", "2001:db8::1"; E_INVALID otherwise (zones and names too). */
enum status must_check address_parse(const char *text, uint8_t ret_bytes[16]);
/* The canonical form: IPv4 where it is one. */
void address_format(const uint8_t bytes[16], char out[REQUEST_IP_SIZE]);

/* "192.0.2.0/24", "2001:db8::/32" or one address. E_INVALID also when bits below the mask are set. */
enum status must_check network_parse(const char *text, struct network *ret_network);
bool network_has(const struct network *network, const uint8_t address[16]);

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
