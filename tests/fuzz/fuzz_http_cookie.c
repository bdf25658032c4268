/*
 * The headers that are read by hand: Cookie, and the forwarding headers of a trusted proxy. The first byte chooses.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "http/forwarded.h"
#include "http/request.h"

static void demand(int holds)
{
	if (!holds)
		abort();
}

static void check_cookie(struct request *req)
{
	const char *value = NULL;
	enum status status = request_cookie(req, "__Host-s", &value);

	demand(status == OK || status == E_NOT_FOUND || status == E_INVALID);
	demand((status == OK) == (value != NULL));
	if (value)
		demand(!strpbrk(value, "; ,\"\\\t") && strstr(req->headers[0].value, value));
}

static void check_forwarded(struct request *req, enum http_forwarded kind)
{
	struct network network = {0};
	struct proxies proxies = {&network, 1, kind};
	struct network address = {0};
	char again[REQUEST_IP_SIZE];

	demand(network_parse("127.0.0.0/8", &network) == OK);
	forwarded_apply(&proxies, "127.0.0.1", req);
	demand(address_parse(req->ip, &address) == OK);
	address_format(&address, again);
	demand(strcmp(again, req->ip) == 0);
	demand(req->ip_trusted || strcmp(req->ip, "127.0.0.1") == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"Cookie", "X-Forwarded-For", "Forwarded"};
	struct arena *arena = arena_new(1 << 20);
	char *text = calloc(1, size + 1);
	unsigned which = size > 0 ? data[0] % 3 : 0;
	struct http_header header = {names[which], text};
	struct request req = {.arena = arena, .headers = &header, .header_count = 1};

	demand(arena && text);
	if (size > 1)
		memcpy(text, data + 1, size - 1);
	if (which == 0)
		check_cookie(&req);
	else
		check_forwarded(&req, which == 1 ? FORWARDED_X_FORWARDED_FOR : FORWARDED_RFC7239);
	free(text);
	arena_free(arena);
	return 0;
}
