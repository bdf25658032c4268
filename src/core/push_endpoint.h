#ifndef CORE_PUSH_ENDPOINT_H
#define CORE_PUSH_ENDPOINT_H

#include "core/settings.h"

/*
 * Where a device's browser wants its messages (RFC 8030): the one address from outside that we connect to by ourselves.
 * So it is read strictly, its host must be on the operator's list, and its address is looked at again when the
 * connection is made (http/fetch.h).
 */
enum { PUSH_ENDPOINT_MAX = 1024, PUSH_HOST_MAX = 253 };

struct push_endpoint {
	char host[PUSH_HOST_MAX + 1]; /* in lower case */
	unsigned port;
	char origin[PUSH_HOST_MAX + 16]; /* RFC 6454: the `aud` of RFC 8292 */
};

/*
 * https://host[:port]/…, at most PUSH_ENDPOINT_MAX characters, no user name and no fragment, host and port as a browser
 * writes them. E_INVALID otherwise.
 */
enum status must_check push_endpoint_parse(const char *url, struct push_endpoint *ret_endpoint);

/* "example.org", "*.example.org", either with ":8443". E_INVALID otherwise. The host points into the arena. */
enum status must_check push_host_parse(struct arena *arena, const char *text, struct push_host *ret_host);

/* The first entry that names it; NULL: nothing is sent there. A star stands for at least one label. */
const struct push_host *push_host_find(const struct settings *settings, const struct push_endpoint *endpoint);

#endif
