/* What is taken as an otpauth link can be shown, has sane parameters and comes back from its formatted form. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "crypto/otp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void must_be_sane(const struct otpauth *otp)
{
	char code[16];

	must(!*otp->issuer || text_is_displayable(otp->issuer));
	must(!*otp->account || text_is_displayable(otp->account));
	must(*otp->issuer || *otp->account);
	must(otp_code(otp->seed, otp->seed_size, &otp->params, 1, code) == OK && strlen(code) == otp->params.digits);
}

static void must_come_back(struct arena *arena, const struct otpauth *otp)
{
	const char *uri = otpauth_format(arena, otp), *problem = NULL;
	struct otpauth again;

	if (!uri)
		return; /* longer than a link may be, once encoded */
	must(otpauth_parse(arena, uri, &again, &problem) == OK);
	must(again.seed_size == otp->seed_size && memcmp(again.seed, otp->seed, otp->seed_size) == 0);
	must(memcmp(&again.params, &otp->params, sizeof(otp->params)) == 0);
	must(strcmp(again.issuer, otp->issuer) == 0 && strcmp(again.account, otp->account) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	scoped_arena *arena = arena_new(1 << 20);
	char *uri = arena_strndup(arena, (const char *)data, size);
	const char *problem = NULL;
	struct otpauth otp;

	if (!uri)
		return 0;
	if (otpauth_parse(arena, uri, &otp, &problem) != OK) {
		must(problem && *problem);
		return 0;
	}
	must_be_sane(&otp);
	must_come_back(arena, &otp);
	return 0;
}
