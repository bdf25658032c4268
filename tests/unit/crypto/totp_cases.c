/*
 * Prints TOTP codes for tests that compare them with those of other programs. One case a line on standard input:
 *
 *   HEX-SEED HASH DIGITS PERIOD TIME
 *
 * and one code a line on standard output; "error" for a case that is refused. Exits 1 when a line cannot be read.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/encode.h"
#include "crypto/otp.h"

struct test_case {
	uint8_t seed[OTP_SEED_MAX];
	size_t seed_size;
	struct otp_params params;
	int64_t time;
};

static enum status case_parse(const char *line, struct test_case *ret_case)
{
	char seed[2 * OTP_SEED_MAX + 1], hash[16];

	if (sscanf(line, "%256s %15s %u %u %" SCNd64, seed, hash, &ret_case->params.digits, &ret_case->params.period,
		   &ret_case->time) != 5)
		return E_INVALID;
	TRY(hex_parse(seed, strlen(seed), ret_case->seed, OTP_SEED_MAX, &ret_case->seed_size));
	TRY(otp_hash_parse(hash, &ret_case->params.hash));
	return ret_case->params.period ? OK : E_INVALID;
}

int main(void)
{
	char line[512], code[16];

	while (fgets(line, sizeof(line), stdin)) {
		struct test_case one = {0};
		if (case_parse(line, &one) != OK) {
			fprintf(stderr, "totp_cases: not a case: %s", line);
			return 1;
		}
		enum status status =
			otp_code(one.seed, one.seed_size, &one.params, one.time / (int64_t)one.params.period, code);
		puts(status == OK ? code : "error");
	}
	return 0;
}
