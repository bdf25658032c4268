/* A file of otpauth addresses, read and put into a vault's list; what went in must come out as a code again. */
#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "code.h"
#include "command.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct taking {
	json_t *root;
	struct codes_added added;
};

static void take_otp(void *ctx, size_t line, const char *uri)
{
	struct taking *taking = ctx;

	(void)line;
	if (codes_add(taking->root, uri, 0, &taking->added) != EXIT_DONE)
		abort(); /* what the list calls good must be good */
}

static void take_problem(void *ctx, size_t line, const char *sentence)
{
	(void)ctx;
	if (line == 0 || !sentence || !*sentence)
		abort();
}

static void codes_check(const json_t *codes)
{
	const json_t *item;
	size_t i;

	json_array_foreach (codes, i, item) {
		struct arena *arena = arena_new(64 * 1024);
		struct otpauth otp;
		char code[16];

		if (code_read(arena, item, &otp) != OK || otp_code(otp.seed, otp.seed_size, &otp.params, 1, code) != OK)
			abort();
		if (!text_is_displayable(shown(arena, code_id(arena, item))))
			abort();
		arena_free(arena);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct taking taking = {.root = json_pack("{s:[]}", "codes")};
	const struct code_list_sink sink = {.otp = take_otp, .problem = take_problem, .ctx = &taking};

	if (size > 16384 || code_list_parse((const char *)data, size, &sink) != OK)
		taking.added.added = json_array_size(json_object_get(taking.root, "codes"));
	if (json_array_size(json_object_get(taking.root, "codes")) != taking.added.added)
		abort();
	codes_check(json_object_get(taking.root, "codes"));
	json_decref(taking.root);
	return 0;
}
