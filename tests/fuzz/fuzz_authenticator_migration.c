/* The protocol buffer inside otpauth-migration://, as bytes: base64 around it would hide it from the fuzzer. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "crypto/otp.h"
#include "import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PAYLOAD_MAX = 4096 };

static void entry_check(const json_t *entry)
{
	struct arena *arena = arena_new(64 * 1024);
	const char *uri = json_get_string(entry, "uri"), *problem = NULL;
	struct otpauth otp;

	if (!uri || otpauth_parse(arena, uri, &otp, &problem) != OK)
		abort();
	arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char prefix[] = "otpauth-migration://offline?data=";
	static char uri[sizeof(prefix) + 4 * ((PAYLOAD_MAX + 2) / 3) + 1];
	struct arena *arena = arena_new(1024 * 1024);
	struct migration_batches batches = {0};
	struct imported imported;
	size_t i;
	const json_t *entry;

	if (size > PAYLOAD_MAX)
		size = PAYLOAD_MAX;
	memcpy(uri, prefix, sizeof(prefix));
	base64_format(data, size, uri + sizeof(prefix) - 1);
	if (imported_init(arena, &imported) != OK)
		abort();
	if (migration_add(&imported, &batches, "x", uri) == OK && migration_end(&imported, &batches) != OK)
		abort(); /* at most 32 parts are missing */
	json_array_foreach (imported.entries, i, entry)
		entry_check(entry);
	imported_done(&imported);
	arena_free(arena);
	return 0;
}
