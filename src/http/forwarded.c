#include "http/forwarded.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/text.h"

#define HOPS_MAX 16

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

enum status address_parse(const char *text, uint8_t ret_bytes[16])
{
	uint8_t bytes[16];

	if (inet_pton(AF_INET6, text, bytes) == 1) {
		memcpy(ret_bytes, bytes, 16);
		return OK;
	}
	if (inet_pton(AF_INET, text, bytes) != 1)
		return E_INVALID;
	memcpy(ret_bytes, mapped, 12);
	memcpy(ret_bytes + 12, bytes, 4);
	return OK;
}

void address_format(const uint8_t bytes[16], char out[REQUEST_IP_SIZE])
{
	bool is_mapped = memcmp(bytes, mapped, 12) == 0;

	inet_ntop(is_mapped ? AF_INET : AF_INET6, is_mapped ? bytes + 12 : bytes, out, REQUEST_IP_SIZE);
}

static bool bit_is_set(const uint8_t *bytes, unsigned bit)
{
	return bytes[bit / 8] & (0x80u >> (bit % 8));
}

enum status network_parse(const char *text, struct network *ret_network)
{
	struct network network = {.bits = 128};
	char address[REQUEST_IP_SIZE];
	size_t size = strcspn(text, "/");
	int64_t bits;

	if (size >= sizeof(address))
		return E_INVALID;
	memcpy(address, text, size);
	address[size] = '\0';
	TRY(address_parse(address, network.bytes));
	if (text[size] == '/') {
		bool is_ipv4 = !strchr(address, ':');

		TRY(text_parse_int(text + size + 1, 0, is_ipv4 ? 32 : 128, &bits));
		network.bits = (unsigned)bits + (is_ipv4 ? 96 : 0);
	}
	for (unsigned bit = network.bits; bit < 128; bit++)
		if (bit_is_set(network.bytes, bit))
			return E_INVALID;
	*ret_network = network;
	return OK;
}

bool network_has(const struct network *network, const uint8_t address[16])
{
	unsigned whole = network->bits / 8;
	unsigned rest = network->bits % 8;

	if (memcmp(network->bytes, address, whole) != 0)
		return false;
	return rest == 0 || ((network->bytes[whole] ^ address[whole]) >> (8 - rest)) == 0;
}

static bool is_proxy(const struct proxies *proxies, const uint8_t address[16])
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
static enum status node_parse(struct span node, uint8_t ret_address[16])
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
static enum status client_find(const struct proxies *proxies, const struct request *req, uint8_t ret_address[16])
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
	uint8_t address[16] = {0};
	uint8_t client[16] = {0};

	req->ip_trusted = address_parse(peer, address) == OK;
	if (!req->ip_trusted) {
		memcpy(req->ip, "::", 3);
		return;
	}
	address_format(address, req->ip);
	if (!is_proxy(proxies, address))
		return;
	req->is_tls = req->is_tls || proto_is_https(proxies, req);
	req->ip_trusted = client_find(proxies, req, client) == OK;
	if (req->ip_trusted)
		address_format(client, req->ip);
}
