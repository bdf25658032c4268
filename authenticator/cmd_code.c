#include <string.h>

#include "base/clock.h"
#include "base/secret.h"
#include "code.h"
#include "command.h"

static enum exit_code code_print(struct command *command, const json_t *item)
{
	struct otpauth otp = {0};
	char code[16];
	int64_t now = clock_now();
	enum exit_code done = EXIT_DONE;

	if (code_read(command->arena, item, &otp) != OK)
		return complain(EXIT_TROUBLE, "vault", "%s: an entry cannot be read", vault_path(command->vault));
	int64_t period = otp.params.period;
	int64_t left = period - now % period;
	const char *id = code_id(command->arena, item);
	if (otp_code(otp.seed, otp.seed_size, &otp.params, now / period, code) != OK)
		done = complain(EXIT_TROUBLE, "code", "no code can be made for %s", shown(command->arena, id));
	else if (command->options.json)
		done = print_json(json_pack("{s:s, s:s, s:s, s:s, s:I}", "id", id, "issuer", otp.issuer, "account",
					    otp.account, "code", code, "left_s", (json_int_t)left));
	else
		printf("%-8s  %3lld s  %s\n", code, (long long)left, shown(command->arena, id));
	secret_zero(&otp, sizeof(otp));
	secret_zero(code, sizeof(code));
	return done;
}

/* An exact name wins over those that only contain it. */
static size_t matches_find(struct command *command, const json_t *codes, const char *wanted, const json_t **ret_matches)
{
	const json_t *item;
	size_t i, count = 0, exact = 0;

	json_array_foreach (codes, i, item)
		if (strcmp(code_id(command->arena, item), wanted) == 0)
			ret_matches[exact++] = item;
	if (exact > 0)
		return exact;
	json_array_foreach (codes, i, item)
		if (code_matches(command->arena, item, wanted))
			ret_matches[count++] = item;
	return count;
}

static enum exit_code code_find(struct command *command, const json_t *codes, const char *wanted)
{
	const json_t **matches = arena_calloc(command->arena, json_array_size(codes) + 1, sizeof(void *));
	enum exit_code code = EXIT_DONE;

	if (!matches)
		return complain_memory();
	size_t count = matches_find(command, codes, wanted, matches);
	if (count == 0)
		return complain(EXIT_REFUSED, "not_found", "no codes here match \"%s\"; see: " PROGRAM " list",
				shown(command->arena, wanted));
	const char *first = code_id(command->arena, matches[0]);
	bool one_name = true;
	for (size_t i = 1; i < count; i++)
		one_name = one_name && strcmp(first, code_id(command->arena, matches[i])) == 0;
	if (!one_name) {
		for (size_t i = 0; i < count; i++)
			note("  %s", shown(command->arena, code_id(command->arena, matches[i])));
		return complain(EXIT_BAD_USAGE, "ambiguous", "%zu names match \"%s\"; give more of one of those above",
				count, shown(command->arena, wanted));
	}
	for (size_t i = 0; code == EXIT_DONE && i < count; i++)
		code = code_print(command, matches[i]);
	return code;
}

enum exit_code cmd_code(struct command *command)
{
	const json_t *codes = vault_list(command->vault, "codes"), *item;
	enum exit_code code = EXIT_DONE;
	size_t i;

	if (command->arg_count > 1)
		return complain(EXIT_BAD_USAGE, "usage", "give one name, or none for all codes");
	if (command->arg_count == 1)
		return code_find(command, codes, command->args[0]);
	if (json_array_size(codes) == 0)
		return complain(EXIT_REFUSED, "not_found",
				"no codes are here; add some: " PROGRAM " add otpauth://...");
	json_array_foreach (codes, i, item)
		if (code == EXIT_DONE)
			code = code_print(command, item);
	return code;
}
