/*
 * A redirect URI from its bytes: what may be registered, and what then gets an answer. The input's first line is what
 * is registered, the rest what a request brings.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/client.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static char *list_of(struct arena *arena, const char *uri)
{
	scoped_json *list = json_array();

	return json_array_append_new(list, json_string(uri)) ? NULL : json_format(arena, list);
}

/* Independent of the code under test: without its digits after "host:", is it the same? */
static bool same_but_port(const char *a, const char *b)
{
	static const char *const hosts[] = {"http://127.0.0.1", "http://[::1]", "http://localhost"};

	for (size_t i = 0; i < ARRAY_COUNT(hosts); i++) {
		const size_t size = strlen(hosts[i]);

		if (!text_has_prefix(a, hosts[i]) || !text_has_prefix(b, hosts[i]))
			continue;
		a += size + (a[size] == ':' ? 1 + strspn(a + size + 1, "0123456789") : 0);
		b += size + (b[size] == ':' ? 1 + strspn(b + size + 1, "0123456789") : 0);
		return strcmp(a, b) == 0;
	}
	return false;
}

static void registered_check(const char *uri, bool is_public)
{
	const char *problem = NULL;

	if (!redirect_uri_is_acceptable(uri, is_public, &problem)) {
		must(problem && *problem);
		return;
	}
	must(strlen(uri) <= 2000 && !strpbrk(uri, "#\\ \"<>\r\n\t"));
	must(is_public || text_has_prefix(uri, "https://") || text_has_prefix(uri, "http://"));
	must(!text_has_prefix(uri, "javascript:") && !text_has_prefix(uri, "data:") && !text_has_prefix(uri, "file:"));
}

static void match_check(struct arena *arena, const char *registered, const char *uri)
{
	struct client_row client = {.redirect_uris = list_of(arena, registered)};
	const bool same = strcmp(registered, uri) == 0;
	const char *problem;

	client.logout_uris = client.redirect_uris;
	if (!client.redirect_uris)
		return;
	must(!redirect_uri_matches(&client, uri) || same);
	must(!logout_uri_matches(&client, uri) || same);
	client.is_public = true;
	must(!redirect_uri_matches(&client, uri) || same || same_but_port(registered, uri));
	must(!redirect_uri_matches(&client, uri) || !strpbrk(uri, "#\\ \"<>\r\n\t"));
	if (redirect_uri_is_acceptable(registered, true, &problem))
		must(redirect_uri_matches(&client, registered));
	must(client_host(arena, &client) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *line = size ? memchr(data, '\n', size) : NULL;
	const size_t first = line ? (size_t)(line - data) : size;
	struct arena *arena = arena_new(1 << 20);
	char *registered, *uri;

	if (size <= 8192) {
		registered = arena_strndup(arena, (const char *)data, first);
		uri = line ? arena_strndup(arena, (const char *)line + 1, size - first - 1) : registered;
		must(registered && uri);
		registered_check(registered, false);
		registered_check(registered, true);
		match_check(arena, registered, uri);
	}
	arena_free(arena);
	return 0;
}
