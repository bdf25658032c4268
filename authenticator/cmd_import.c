#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "code.h"
#include "command.h"

enum { FILE_SIZE_MAX = 1024 * 1024 };

struct importing {
	struct command *command;
	const char *path;
	const struct text *bytes;
	json_t *root;
	struct codes_added added;
	size_t problems;
	enum exit_code code;
};

static void take_otp(void *ctx, size_t line, const char *uri)
{
	struct importing *importing = ctx;

	(void)line;
	if (importing->code == EXIT_DONE)
		importing->code = codes_add(importing->root, uri, clock_now(), &importing->added);
}

static void take_problem(void *ctx, size_t line, const char *sentence)
{
	struct importing *importing = ctx;
	scoped_arena *arena = arena_new(16 * 1024);

	importing->problems++;
	note("%s, line %zu: %s; the line was passed over", shown(arena, importing->path), line, shown(arena, sentence));
}

static enum exit_code importing_change(json_t *root, void *ctx)
{
	struct importing *importing = ctx;
	const struct code_list_sink sink = {.otp = take_otp, .problem = take_problem, .ctx = importing};
	const char *bytes = importing->bytes->data ? importing->bytes->data : "";

	importing->root = root;
	if (code_list_parse(bytes, importing->bytes->size, &sink) != OK)
		return complain(
			EXIT_REFUSED, "list",
			"%s is no list of otpauth addresses, or has more than 2,000 lines; nothing was imported",
			shown(importing->command->arena, importing->path));
	return importing->code;
}

static enum exit_code file_read(struct command *command, const char *path, struct text *bytes)
{
	bool from_input = strcmp(path, "-") == 0;
	FILE *file = from_input ? stdin : fopen(path, "rbe");
	char part[8192];
	size_t size;

	if (!file)
		return complain(EXIT_TROUBLE, "file", "cannot read %s: %s", shown(command->arena, path),
				strerror(errno));
	while ((size = fread(part, 1, sizeof(part), file)) > 0)
		text_add_bytes(bytes, part, size);
	bool whole = !ferror(file) && !bytes->failed;
	if (!from_input)
		fclose(file);
	return whole ? EXIT_DONE
		     : complain(EXIT_TROUBLE, "file", "cannot read %s whole, or it is longer than 1 MiB",
				shown(command->arena, path));
}

static enum exit_code importing_say(struct command *command, const struct importing *importing)
{
	const struct codes_added *added = &importing->added;
	enum exit_code code = EXIT_DONE;

	if (command->options.json)
		code = print_json(json_pack("{s:I, s:I, s:I, s:I}", "added", (json_int_t)added->added, "same",
					    (json_int_t)added->same, "beside", (json_int_t)added->beside, "problems",
					    (json_int_t)importing->problems));
	else
		printf("%zu added, %zu here already, %zu lines passed over.\n", added->added, added->same,
		       importing->problems);
	if (added->beside && !command->options.json)
		printf("%zu of those added stand beside another secret of the same name: both are kept.\n",
		       added->beside);
	return code == EXIT_DONE && importing->problems ? EXIT_REFUSED : code;
}

enum exit_code cmd_import(struct command *command)
{
	struct text bytes;
	struct importing importing = {.command = command, .bytes = &bytes};

	if (command->arg_count != 1)
		return complain(EXIT_BAD_USAGE, "usage",
				"give one file with an otpauth address on each line, or - for standard input");
	importing.path = command->args[0];
	text_init(&bytes, FILE_SIZE_MAX);
	enum exit_code code = file_read(command, importing.path, &bytes);
	if (code == EXIT_DONE)
		code = vault_update(command->vault, importing_change, &importing);
	text_done(&bytes);
	return code == EXIT_DONE ? importing_say(command, &importing) : code;
}
