/* JSON from outside: within its limits, and what was taken reads the same when written again, also for HTML. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/text.h"

#define MAX_DEPTH 16

static void demand(int holds)
{
	if (!holds)
		abort();
}

static size_t depth_of(const json_t *json)
{
	size_t deepest = 0, i;
	const char *key;
	json_t *member;

	if (!json_is_object(json) && !json_is_array(json))
		return 0;
	json_object_foreach ((json_t *)(uintptr_t)json, key, member) {
		demand(utf8_is_valid(key, strlen(key)));
		if (depth_of(member) > deepest)
			deepest = depth_of(member);
	}
	json_array_foreach ((json_t *)(uintptr_t)json, i, member)
		if (depth_of(member) > deepest)
			deepest = depth_of(member);
	return deepest + 1;
}

static void check_text(const json_t *json, const char *text)
{
	json_t *again = NULL;

	demand(text != NULL);
	demand(json_parse_limited(text, strlen(text), MAX_DEPTH, &again) == OK);
	demand(json_equal(json, again));
	json_decref(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena;
	const char *html;
	json_t *json = NULL;

	if (json_parse_limited((const char *)data, size, MAX_DEPTH, &json) != OK) {
		demand(json == NULL);
		return 0;
	}
	demand(depth_of(json) <= MAX_DEPTH);
	arena = arena_new(1 << 24);
	check_text(json, json_format(arena, json));
	html = json_format_html(arena, json);
	check_text(json, html);
	demand(strpbrk(html, "<>&") == NULL && strstr(html, "\xE2\x80\xA8") == NULL);
	arena_free(arena);
	json_decref(json);
	return 0;
}
