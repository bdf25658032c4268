#include <string.h>

#include "base/clock.h"
#include "base/secret.h"
#include "clipboard.h"
#include "code.h"
#include "command.h"

struct made {
	char code[16];
	const char *id;
	int64_t left_s;
};

static enum exit_code code_make(struct command *command, const json_t *item, struct otpauth *otp, struct made *ret_made)
{
	int64_t now = clock_now();

	if (code_read(command->arena, item, otp) != OK)
		return complain(EXIT_TROUBLE, "vault", "%s: an entry cannot be read", vault_path(command->vault));
	int64_t period = otp->params.period;
	ret_made->left_s = period - now % period;
	ret_made->id = code_id(command->arena, item);
	if (otp_code(otp->seed, otp->seed_size, &otp->params, now / period, ret_made->code) != OK)
		return complain(EXIT_TROUBLE, "code", "no code can be made for %s",
				shown(command->arena, ret_made->id));
	return EXIT_DONE;
}

static enum exit_code code_print(struct command *command, const json_t *item)
{
	struct otpauth otp = {0};
	struct made made = {0};
	enum exit_code done = code_make(command, item, &otp, &made);

	if (done == EXIT_DONE && command->options.json)
		done = print_json(json_pack("{s:s, s:s, s:s, s:s, s:I}", "id", made.id, "issuer", otp.issuer, "account",
					    otp.account, "code", made.code, "left_s", (json_int_t)made.left_s));
	else if (done == EXIT_DONE)
		printf("%-8s  %3lld s  %s\n", made.code, (long long)made.left_s, shown(command->arena, made.id));
	secret_zero(&otp, sizeof(otp));
	secret_zero(&made, sizeof(made));
	return done;
}

/* ---- to the clipboard ---- */

static enum exit_code copy_say(struct command *command, const struct made *made, int64_t cleared_after_s)
{
	if (command->options.json)
		return print_json(json_pack("{s:s, s:b, s:I, s:I}", "id", made->id, "copied", 1, "left_s",
					    (json_int_t)made->left_s, "cleared_after_s", (json_int_t)cleared_after_s));
	printf("Copied the code of %s, good for %lld s.", shown(command->arena, made->id), (long long)made->left_s);
	if (cleared_after_s)
		printf(" The clipboard is cleared in %lld s if it still holds it.\n", (long long)cleared_after_s);
	else
		printf(" It stays in the clipboard.\n");
	return EXIT_DONE;
}

static enum exit_code code_copy(struct command *command, const json_t *item)
{
	struct otpauth otp = {0};
	struct made made = {0};
	enum clipboard_kind kind = CLIPBOARD_TERMINAL;
	int64_t after_s = command->options.clear_after_s;
	enum exit_code done = code_make(command, item, &otp, &made);

	if (done == EXIT_DONE)
		done = clipboard_copy(made.code, &kind);
	if (done == EXIT_DONE) {
		fflush(stdout); /* the process that clears has a copy of what waits to be written */
		bool clears = kind == CLIPBOARD_PROGRAM && after_s > 0 && clipboard_clear_later(made.code, after_s);
		if (after_s > 0 && !clears)
			note("The clipboard cannot be read back here, so it is not cleared: copy something else over "
			     "it.");
		done = copy_say(command, &made, clears ? after_s : 0);
	}
	secret_zero(&otp, sizeof(otp));
	secret_zero(&made, sizeof(made));
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
	if (command->options.copy && count > 1)
		return complain(
			EXIT_BAD_USAGE, "ambiguous",
			"%zu secrets are kept as \"%s\"; print their codes, remove the one that is wrong, then copy",
			count, shown(command->arena, first));
	if (command->options.copy)
		return code_copy(command, matches[0]);
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
	if (command->options.copy)
		return complain(EXIT_BAD_USAGE, "usage", "--copy needs the name of one code");
	if (json_array_size(codes) == 0)
		return complain(EXIT_REFUSED, "not_found",
				"no codes are here; add some: " PROGRAM " add otpauth://...");
	json_array_foreach (codes, i, item)
		if (code == EXIT_DONE)
			code = code_print(command, item);
	return code;
}
