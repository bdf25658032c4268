#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/secret.h"
#include "base/text.h"
#include "command.h"
#include "import.h"

/* import FILE: read it whole, ask for its passphrase, and only then lock and change the vault. */

struct importing {
	struct command *command;
	const char *path; /* safe to show */
	struct imported imported;
	enum code_fate fates[IMPORT_CODES_MAX]; /* of the entries, in their order */
	struct codes_added added;
};

/* ---- reading ---- */

static enum exit_code file_read(struct command *command, const char *path, struct text *bytes)
{
	bool from_input = strcmp(path, "-") == 0;
	FILE *file = from_input ? stdin : fopen(path, "rbe");
	char part[8192];
	size_t size;

	if (!file)
		return complain(EXIT_TROUBLE, "file", "cannot read %s: %s", shown(command->arena, path),
				strerror(errno));
	while ((size = fread(part, 1, sizeof(part), file)) > 0 && !bytes->failed)
		text_add_bytes(bytes, part, size);
	bool whole = !ferror(file) && !bytes->failed;
	secret_zero(part, sizeof(part));
	if (!from_input)
		fclose(file);
	return whole ? EXIT_DONE
		     : complain(EXIT_TROUBLE, "file", "cannot read %s whole, or it is longer than 8 MiB",
				shown(command->arena, path));
}

static enum status passphrase_ask(void *ctx, const char *prompt, char *ret_passphrase)
{
	const struct importing *importing = ctx;
	const char *file = importing->command->options.passphrase_file;

	return passphrase_read_from(file, prompt, ret_passphrase) == EXIT_DONE ? OK : E_NOT_FOUND;
}

static enum exit_code import_complain(const struct importing *importing, enum status status, const char *problem)
{
	switch (status) {
	case OK: return EXIT_DONE;
	case E_INVALID:
		return complain(EXIT_REFUSED, "file", "nothing was imported from %s: %s", importing->path, problem);
	case E_REFUSED: return complain(EXIT_REFUSED, "passphrase", "%s: %s", importing->path, problem);
	case E_NOT_FOUND: return complain(EXIT_TROUBLE, "passphrase", "%s: %s", importing->path, problem);
	default: return complain(EXIT_TROUBLE, "no_memory", "%s: %s", importing->path, problem);
	}
}

static enum exit_code source_read(struct importing *importing, const char *path)
{
	struct text bytes;
	const char *problem = "out of memory";

	text_init(&bytes, IMPORT_SIZE_MAX);
	enum exit_code code = file_read(importing->command, path, &bytes);
	if (code == EXIT_DONE) {
		const struct import_source source = {.bytes = bytes.data ? bytes.data : "",
						     .size = bytes.size,
						     .passphrase = passphrase_ask,
						     .ctx = importing};
		enum status status = import_read(&source, &importing->imported, &problem);
		code = import_complain(importing, status, problem);
	}
	text_done(&bytes);
	return code;
}

/* ---- changing the vault ---- */

static enum exit_code importing_change(json_t *root, void *ctx)
{
	struct importing *importing = ctx;
	struct code_set *set = NULL;
	const json_t *entry;
	int64_t now = clock_now();
	enum status status = code_set_new(json_object_get(root, "codes"), &set);
	const char *problem = NULL;
	size_t i;

	importing->added = (struct codes_added){0};
	json_array_foreach (importing->imported.entries, i, entry) {
		if (status == OK)
			status = code_set_add(set, entry, now, &importing->fates[i], &problem);
		if (status == OK)
			codes_count(&importing->added, importing->fates[i]);
	}
	code_set_free(&set);
	return status == OK ? EXIT_DONE : complain_memory();
}

/* ---- saying what came of it ---- */

static const char *const fate_words[] = {[CODE_NEW] = "new", [CODE_SAME] = "same", [CODE_BESIDE] = "beside"};

static json_t *report_new(const struct importing *importing)
{
	const struct codes_added *added = &importing->added;
	json_t *codes = json_array();
	const json_t *entry;
	size_t i;

	json_array_foreach (importing->imported.entries, i, entry) {
		scoped_arena *arena = arena_new(64 * 1024);
		json_array_append_new(codes, json_pack("{s:s, s:s}", "id", code_id(arena, entry), "result",
						       fate_words[importing->fates[i]]));
	}
	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:o, s:O}", "format", importing->imported.format, "added",
			 (json_int_t)added->added, "same", (json_int_t)added->same, "beside", (json_int_t)added->beside,
			 "problems", (json_int_t)json_array_size(importing->imported.problems), "codes", codes,
			 "not_understood", importing->imported.problems);
}

static void problems_note(const struct importing *importing)
{
	const json_t *problem;
	size_t i;

	json_array_foreach (importing->imported.problems, i, problem) {
		scoped_arena *arena = arena_new(16 * 1024);
		note("%s, %s: passed over. %s", importing->path, shown(arena, account_text(problem, "where")),
		     shown(arena, account_text(problem, "reason")));
	}
}

static void beside_print(const struct importing *importing)
{
	const json_t *entry;
	size_t i;

	json_array_foreach (importing->imported.entries, i, entry) {
		scoped_arena *arena = arena_new(64 * 1024);
		if (importing->fates[i] == CODE_BESIDE)
			printf("  %s\n", shown(arena, code_id(arena, entry)));
	}
}

static enum exit_code importing_say(const struct importing *importing)
{
	const struct codes_added *added = &importing->added;
	size_t problems = json_array_size(importing->imported.problems);
	enum exit_code code = EXIT_DONE;

	problems_note(importing);
	if (importing->command->options.json) {
		code = print_json(report_new(importing));
	} else {
		printf("Read as %s: %zu added, %zu here already, %zu passed over.\n", importing->imported.format,
		       added->added, added->same, problems);
		if (added->beside)
			printf("Of those added, %zu stand beside another secret of the same name; both are kept:\n",
			       added->beside);
		beside_print(importing);
	}
	return code == EXIT_DONE && problems ? EXIT_REFUSED : code;
}

enum exit_code cmd_import(struct command *command)
{
	struct importing importing = {.command = command};

	if (command->arg_count != 1)
		return complain(EXIT_BAD_USAGE, "usage", "give one file, or - for standard input");
	importing.path = shown(command->arena, command->args[0]);
	enum exit_code code = imported_init(command->arena, &importing.imported) == OK ? EXIT_DONE : complain_memory();
	if (code == EXIT_DONE)
		code = source_read(&importing, command->args[0]);
	if (code == EXIT_DONE && json_array_size(importing.imported.entries) > 0)
		code = vault_update(command->vault, importing_change, &importing);
	if (code == EXIT_DONE)
		code = importing_say(&importing);
	imported_done(&importing.imported);
	return code;
}
