#include "core/push_endpoint.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define HTTPS_PORT 443
#define PORT_MAX   65535

static const char scheme[] = "https://";

/* A DNS name as browsers write it. Addresses have this form too; whether they may be reached is for the list to say. */
static bool host_is_good(const char *host)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-.";
	const size_t size = strlen(host);

	return size > 0 && size <= PUSH_HOST_MAX && strspn(host, letters) == size && !strstr(host, "..") &&
	       !strchr(".-", host[0]) && !strchr(".-", host[size - 1]);
}

/* Behind the colon; "" has the usual one. One way to write a port. */
static enum status port_parse(const char *text, size_t size, unsigned *ret_port)
{
	char digits[8] = "";
	int64_t port = 0;

	if (size == 0 || size >= sizeof(digits) || *text == '0')
		return E_INVALID;
	memcpy(digits, text, size);
	TRY(text_parse_int(digits, 1, PORT_MAX, &port));
	*ret_port = (unsigned)port;
	return OK;
}

/* host[:port], the whole of it. */
static enum status authority_parse(const char *text, size_t size, char host[PUSH_HOST_MAX + 1], unsigned *ret_port)
{
	const char *colon = memchr(text, ':', size);
	const size_t host_size = colon ? (size_t)(colon - text) : size;

	if (host_size > PUSH_HOST_MAX)
		return E_INVALID;
	memcpy(host, text, host_size);
	host[host_size] = '\0';
	*ret_port = HTTPS_PORT;
	if (colon)
		TRY(port_parse(colon + 1, size - host_size - 1, ret_port));
	return host_is_good(host) ? OK : E_INVALID;
}

/* What may stand in a URL after the host, as RFC 3986 has it: no blanks, no controls, nothing that is not ASCII. */
static bool rest_is_good(const char *rest)
{
	for (const char *at = rest; *at; at++)
		if (*at <= ' ' || *at > '~' || strchr("#\"<>\\^`{|}", *at))
			return false;
	return *rest == '/';
}

enum status push_endpoint_parse(const char *url, struct push_endpoint *ret_endpoint)
{
	struct push_endpoint endpoint = {0};
	const char *authority;
	size_t size;

	if (!url || strnlen(url, PUSH_ENDPOINT_MAX + 1) > PUSH_ENDPOINT_MAX || !text_has_prefix(url, scheme))
		return E_INVALID;
	authority = url + strlen(scheme);
	size = strcspn(authority, "/?#");
	TRY(authority_parse(authority, size, endpoint.host, &endpoint.port));
	/* ":443" is never written by a browser: its origin would not be the one that was signed for. */
	if (!rest_is_good(authority + size) || (memchr(authority, ':', size) && endpoint.port == HTTPS_PORT))
		return E_INVALID;
	if (endpoint.port == HTTPS_PORT)
		snprintf(endpoint.origin, sizeof(endpoint.origin), "https://%s", endpoint.host);
	else
		snprintf(endpoint.origin, sizeof(endpoint.origin), "https://%s:%u", endpoint.host, endpoint.port);
	*ret_endpoint = endpoint;
	return OK;
}

enum status push_host_parse(struct arena *arena, const char *text, struct push_host *ret_host)
{
	const bool is_below = text_has_prefix(text, "*.");
	const char *name = is_below ? text + 2 : text;
	char host[PUSH_HOST_MAX + 1];
	struct push_host parsed = {0};

	TRY(authority_parse(name, strlen(name), host, &parsed.port));
	if (is_below && !strchr(host, '.'))
		return E_INVALID; /* a whole top-level domain is hardly meant */
	parsed.host = arena_format(arena, "%s%s", is_below ? "." : "", host);
	if (!parsed.host)
		return E_NOMEM;
	*ret_host = parsed;
	return OK;
}

static bool host_names(const struct push_host *entry, const struct push_endpoint *endpoint)
{
	if (entry->port != endpoint->port)
		return false;
	if (*entry->host != '.')
		return strcmp(entry->host, endpoint->host) == 0;
	return strlen(endpoint->host) > strlen(entry->host) && text_has_suffix(endpoint->host, entry->host);
}

const struct push_host *push_host_find(const struct settings *settings, const struct push_endpoint *endpoint)
{
	for (size_t i = 0; i < settings->push.host_count; i++)
		if (host_names(&settings->push.hosts[i], endpoint))
			return &settings->push.hosts[i];
	return NULL;
}
