/* Any file that import takes: whatever it holds, what comes out are codes that work and reasons that say something. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/otp.h"
#include "import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum status passphrase_say(void *ctx, const char *prompt, char *ret_passphrase)
{
	strcpy(ret_passphrase, "correct horse battery staple"); /* NOLINT(clang-analyzer-security.insecureAPI.strcpy) */
	return OK;
}

/* The costs of a sealed file are its own word: only cheap ones here, or a run takes minutes. */
static int is_costly(const uint8_t *data, size_t size)
{
	return memmem(data, size, "\"slots\"", 7) || memmem(data, size, "kdf", 3);
}

static void entries_check(const json_t *entries)
{
	const json_t *entry;
	size_t i;

	json_array_foreach (entries, i, entry) {
		struct arena *arena = arena_new(64 * 1024);
		const char *uri = json_get_string(entry, "uri"), *problem = NULL;
		struct otpauth otp;
		char code[16];

		if (!uri || otpauth_parse(arena, uri, &otp, &problem) != OK ||
		    otp_code(otp.seed, otp.seed_size, &otp.params, 1, code) != OK)
			abort();
		arena_free(arena);
	}
}

static void problems_check(const json_t *problems)
{
	const json_t *problem;
	size_t i;

	json_array_foreach (problems, i, problem)
		if (text_is_empty(json_get_string(problem, "where")) ||
		    text_is_empty(json_get_string(problem, "reason")))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(1024 * 1024);
	const struct import_source source = {.bytes = (const char *)data,
					     .size = size,
					     .passphrase = is_costly(data, size) ? NULL : passphrase_say};
	struct imported imported;
	const char *problem = NULL;

	if (imported_init(arena, &imported) != OK)
		abort();
	if (import_read(&source, &imported, &problem) != OK && text_is_empty(problem))
		abort();
	entries_check(imported.entries);
	problems_check(imported.problems);
	imported_done(&imported);
	arena_free(arena);
	return 0;
}
