#include "http/forwarded.h"

#include <string.h>

#include "base/text.h"

#define HOPS_MAX 16

static bool is_proxy(const struct proxies *proxies, const struct network *address)
{
	for (size_t i = 0; i < proxies->count; i++)
		if (network_has(&proxies->networks[i], address))
			return true;
	return false;
}

struct span {
	const char *at;
	size_t size;
};

static struct span span_trim(struct span span)
{
	while (span.size > 0 && strchr(" \t", span.at[0])) {
		span.at++;
		span.size--;
	}
	while (span.size > 0 && strchr(" \t", span.at[span.size - 1]))
		span.size--;
	return span;
}

/* "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:80" */
static enum status node_parse(struct span node, struct network *ret_address)
{
	char text[REQUEST_IP_SIZE + 8];
	char *address = text;
	char *port = NULL;
	int64_t number;

	node = span_trim(node);
	if (node.size == 0 || node.size >= sizeof(text))
		return E_INVALID;
	memcpy(text, node.at, node.size);
	text[node.size] = '\0';
	if (text[0] == '[') {
		char *end = strchr(text, ']');

		if (!end || (end[1] != '\0' && end[1] != ':') || !memchr(text, ':', (size_t)(end - text)))
			return E_INVALID;
		port = end[1] == ':' ? end + 2 : NULL;
		*end = '\0';
		address = text + 1;
	} else if (strchr(text, ':') && strchr(text, ':') == strrchr(text, ':')) {
		port = strchr(text, ':') + 1;
		port[-1] = '\0';
	}
	if (port)
		TRY(text_parse_int(port, 0, 65535, &number));
	return address_parse(address, ret_address);
}

/*
 * The list's last element, cut off `list`; commas within quotes do not count. RFC 7239 has no backslash where we look,
 * so one anywhere makes the element unparsable later.
 */
static struct span list_pop(struct span *list)
{
	bool quoted = false;
	size_t at = list->size;
	struct span element;

	while (at > 0 && (quoted || list->at[at - 1] != ',')) {
		at--;
		if (list->at[at] == '"')
			quoted = !quoted;
	}
	element = (struct span){list->at + at, list->size - at};
	list->size = at > 0 ? at - 1 : 0;
	return span_trim(element);
}

/* The value of `name=` in one Forwarded element (RFC 7239 4), without quotes; size 0 when absent, broken or twice. */
static struct span pair_find(struct span element, const char *name)
{
	struct span found = {0};
	size_t name_size = strlen(name);

	while (element.size > 0) {
		const char *end = memchr(element.at, ';', element.size);
		struct span pair = {element.at, end ? (size_t)(end - element.at) : element.size};

		element.at += pair.size + (end ? 1 : 0);
		element.size -= pair.size + (end ? 1 : 0);
		pair = span_trim(pair);
		if (pair.size <= name_size || pair.at[name_size] != '=' || strncasecmp(pair.at, name, name_size) != 0)
			continue;
		if (found.size > 0)
			return (struct span){0};
		found = (struct span){pair.at + name_size + 1, pair.size - name_size - 1};
	}
	if (found.size >= 2 && found.at[0] == '"' && found.at[found.size - 1] == '"')
		found = (struct span){found.at + 1, found.size - 2};
	return memchr(found.at ? found.at : "", '"', found.size) ? (struct span){0} : found;
}

static struct span element_node(const struct proxies *proxies, struct span element)
{
	return proxies->header == FORWARDED_RFC7239 ? pair_find(element, "for") : element;
}

/* E_NOT_FOUND: no header line; E_INVALID: an element that had to be read could not be. */
static enum status client_find(const struct proxies *proxies, const struct request *req, struct network *ret_address)
{
	const char *name = proxies->header == FORWARDED_RFC7239 ? "Forwarded" : "X-Forwarded-For";
	unsigned hops = 0;

	/* Several lines are one list, in order (RFC 9110 5.3). */
	for (size_t i = req->header_count; i-- > 0;) {
		struct span list = {req->headers[i].value, strlen(req->headers[i].value)};

		if (!text_equal_nocase(req->headers[i].name, name))
			continue;
		do {
			if (++hops > HOPS_MAX)
				return E_INVALID;
			TRY(node_parse(element_node(proxies, list_pop(&list)), ret_address));
			if (!is_proxy(proxies, ret_address))
				return OK;
		} while (list.size > 0);
	}
	return hops == 0 ? E_NOT_FOUND : OK;
}

static bool proto_is_https(const struct proxies *proxies, const struct request *req)
{
	const char *value =
		request_header(req, proxies->header == FORWARDED_RFC7239 ? "Forwarded" : "X-Forwarded-Proto");
	struct span list = {value, value ? strlen(value) : 0};
	struct span proto;

	if (!value)
		return false;
	if (proxies->header == FORWARDED_X_FORWARDED_FOR)
		return text_equal_nocase(value, "https");
	proto = pair_find(list_pop(&list), "proto");
	return proto.size == 5 && strncasecmp(proto.at, "https", 5) == 0;
}

void forwarded_apply(const struct proxies *proxies, const char *peer, struct request *req)
{
	struct network address = {0};
	struct network client = {0};

	req->ip_trusted = address_parse(peer, &address) == OK;
	if (!req->ip_trusted) {
		memcpy(req->ip, "::", 3);
		return;
	}
	address_format(&address, req->ip);
	if (!is_proxy(proxies, &address))
		return;
	req->is_tls = req->is_tls || proto_is_https(proxies, req);
	req->ip_trusted = client_find(proxies, req, &client) == OK;
	if (req->ip_trusted)
		address_format(&client, req->ip);
}
