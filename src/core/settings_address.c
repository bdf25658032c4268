/* Addresses in the configuration: of this service, of listeners, of pages. */
#include "core/settings_read.h"

#include <string.h>

#include "base/text.h"
#include "base/network.h"

#define HOST_MAX 253
#define PORT_MAX 65535

struct authority {
	char host[HOST_MAX + 1]; /* without brackets */
	bool is_v6;
	int64_t port; /* -1: none */
};

static enum status port_parse(const char *text, struct authority *authority)
{
	if (!*text) {
		authority->port = -1;
		return OK;
	}
	if (*text != ':' || (text[1] == '0' && text[2])) /* one way to write a port */
		return E_INVALID;
	return text_parse_int(text + 1, 0, PORT_MAX, &authority->port);
}

/* host[:port], the whole text; IPv6 in brackets. */
static enum status authority_parse(const char *text, struct authority *ret_authority)
{
	struct authority authority = {.is_v6 = *text == '['};
	const char *host = authority.is_v6 ? text + 1 : text;
	size_t size = strcspn(host, authority.is_v6 ? "]" : ":");
	const char *rest = host + size;

	if (size == 0 || size > HOST_MAX || (authority.is_v6 && *rest != ']'))
		return E_INVALID;
	memcpy(authority.host, host, size);
	TRY(port_parse(authority.is_v6 ? rest + 1 : rest, &authority));
	*ret_authority = authority;
	return OK;
}

/* A DNS name in lower case, or an IPv4 address. */
static bool name_is_host(const char *host)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-.";

	return !host[strspn(host, allowed)] && !strstr(host, "..") && !strchr(".-", host[0]) &&
	       !strchr(".-", host[strlen(host) - 1]);
}

static bool authority_is_address(const struct authority *authority)
{
	struct network address;

	return address_parse(authority->host, &address) == OK &&
	       authority->is_v6 == (strchr(authority->host, ':') != NULL);
}

static bool authority_is_this_machine(const struct authority *authority)
{
	return strcmp(authority->host, "localhost") == 0 || strcmp(authority->host, "127.0.0.1") == 0 ||
	       (authority->is_v6 && strcmp(authority->host, "::1") == 0);
}

static const char *issuer_rest_problem(const char *rest)
{
	if (strpbrk(rest, "?#"))
		return "must have no query and no fragment";
	if (strchr(rest, '@'))
		return "must have no user name in it";
	if (strchr(rest, '/'))
		return strchr(rest, '/')[1] ? "must have no path: this service needs a host of its own, such as "
					      "https://id.example.org"
					    : "must not end in a slash";
	return NULL;
}

const char *issuer_problem(const char *issuer)
{
	bool https = text_has_prefix(issuer, "https://");
	const char *rest = https ? issuer + 8 : issuer + 7;
	struct authority authority;

	if (!https && !text_has_prefix(issuer, "http://"))
		return "must begin with https://, in lower case";
	if (issuer_rest_problem(rest))
		return issuer_rest_problem(rest);
	if (authority_parse(rest, &authority) != OK || authority.port == 0)
		return "must be https://host or https://host:port";
	if (authority.is_v6 ? !authority_is_address(&authority) : !name_is_host(authority.host))
		return "must name its host in lower case: letters, digits, dots and dashes";
	if (!https && !authority_is_this_machine(&authority))
		return "must begin with https://; http is for localhost, 127.0.0.1 and [::1] only";
	/*= RFC6454#6.2 an origin is written without the default port of its scheme; browsers send it so. */
	if (authority.port == (https ? 443 : 80))
		return "must leave the usual port out";
	return NULL;
}

const char *endpoint_problem(const char *endpoint)
{
	struct authority authority;

	if (authority_parse(endpoint, &authority) != OK || authority.port < 0 || !authority_is_address(&authority))
		return "must be a numeric address and a port, such as 127.0.0.1:8080 or [::1]:8080";
	return NULL;
}

const char *link_problem(const char *url)
{
	if (!text_has_prefix(url, "https://") && !text_has_prefix(url, "http://") && !text_has_prefix(url, "mailto:"))
		return "must begin with https://, http:// or mailto:";
	return NULL;
}
