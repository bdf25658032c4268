/* Stored password texts: what we take as ours prints as it was, and no text is two things. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "crypto/password.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	scoped_arena *arena = arena_new(1 << 20);
	char *stored = arena_strndup(arena, (const char *)data, size);
	char again[PASSWORD_STORED_SIZE];
	const char *problem = NULL;
	struct password_record record;
	bool matches = false;

	if (!stored)
		return 0;
	enum password_kind kind = password_kind(stored);
	must((kind == PASSWORD_OURS) == (password_parse(stored, &record) == OK));
	if (kind == PASSWORD_OURS) {
		password_format(&record, again);
		must(strcmp(again, stored) == 0);
	}
	if (kind == PASSWORD_UNKNOWN || kind == PASSWORD_OURS)
		must(password_verify_imported("password", stored, &matches) == E_INVALID && !matches);
	/* The other kinds would be computed: their cost is bounded, but a fuzzer has not a second for each. */
	if (!password_is_acceptable(stored, "demo", &problem))
		must(problem && *problem);
	return 0;
}
