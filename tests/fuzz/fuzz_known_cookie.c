/* The known-browser cookie: what any Cookie header may hold, read and written again. */
#include <string.h>

#include "core/session.h"
#include "core_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ID    "IIIIIIIIIIIIIIIIIIIIII"
#define TOKEN "TTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTT"

struct finding {
	const char *cookie;
	struct known_browser known;
};

static enum status find(struct store_tx *tx, void *ctx)
{
	struct finding *finding = ctx;

	return known_browser_find(tx, finding->cookie, "UUUUUUUUUUUUUUUUUUUUUU", FUZZ_NOW, 86400, &finding->known);
}

/* At most four pairs of fixed size, ours first, and ours only once. */
static void cookie_check(const char *cookie)
{
	size_t pairs = 0;

	must(strlen(cookie) < KNOWN_COOKIE_SIZE && strncmp(cookie, ID "." TOKEN, ID_SIZE + TOKEN_SIZE - 1) == 0);
	for (const char *at = cookie; at; pairs++) {
		const size_t size = strcspn(at, "~");

		must(size == ID_SIZE - 1 + 1 + TOKEN_SIZE - 1 && at[ID_SIZE - 1] == '.');
		must(pairs == 0 || strncmp(at, ID, ID_SIZE - 1) != 0);
		at = at[size] ? at + size + 1 : NULL;
	}
	must(pairs <= 4);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world *world = world_get();
	struct arena *arena = arena_new(4 << 20);
	struct finding finding = {.cookie = arena_strndup(arena, (const char *)data, size)};
	char out[KNOWN_COOKIE_SIZE], again[KNOWN_COOKIE_SIZE];

	known_cookie_set(finding.cookie, NULL, ID, TOKEN, out);
	cookie_check(out);
	known_cookie_set(out, ID, ID, TOKEN, again);
	must(strcmp(out, again) == 0);
	must(store_read(world->core.store, arena, find, &finding) == OK);
	must(!finding.known.known && !finding.known.theft);
	arena_free(arena);
	return 0;
}
