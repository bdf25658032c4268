/* What a device names as its push service: what is taken has one host, one origin, and is on the list or not. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "core/push_endpoint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* The URL is the origin and a path, letter for letter: nobody can read another host out of it. */
static void must_be_what_it_says(const char *url, const struct push_endpoint *endpoint)
{
	const size_t size = strlen(endpoint->origin);

	must(strncmp(url, endpoint->origin, size) == 0 && url[size] == '/');
	must(strncmp(endpoint->origin + strlen("https://"), endpoint->host, strlen(endpoint->host)) == 0);
	must(!strpbrk(url, "@#\\ \t\r\n\"") || strchr(url + size, '@'));
	must(endpoint->port >= 1 && endpoint->port <= 65535);
}

static void must_find_itself(struct arena *arena, const struct push_endpoint *endpoint)
{
	struct push_host hosts[1];
	struct settings settings = {.push = {.hosts = hosts, .host_count = 1}};
	const char *text =
		endpoint->port == 443 ? endpoint->host : arena_format(arena, "%s:%u", endpoint->host, endpoint->port);

	must(push_host_parse(arena, text, &hosts[0]) == OK);
	must(push_host_find(&settings, endpoint) == &hosts[0]);
	hosts[0].port = endpoint->port == 443 ? 8443 : 443;
	must(!push_host_find(&settings, endpoint));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	scoped_arena *arena = arena_new(1 << 16);
	char *text = arena_strndup(arena, (const char *)data, size);
	struct push_endpoint endpoint;
	struct push_host host;

	if (!text)
		return 0;
	if (push_endpoint_parse(text, &endpoint) == OK) {
		must_be_what_it_says(text, &endpoint);
		must_find_itself(arena, &endpoint);
	}
	if (push_host_parse(arena, text, &host) == OK)
		must(*host.host && !strpbrk(host.host, ":/*@ "));
	return 0;
}
