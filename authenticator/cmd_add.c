#include <string.h>

#include "base/clock.h"
#include "base/secret.h"
#include "command.h"

struct adding {
	const char *uri;
	struct codes_added added;
};

static enum exit_code adding_change(json_t *root, void *ctx)
{
	struct adding *adding = ctx;

	return codes_add(root, adding->uri, clock_now(), &adding->added);
}

static enum exit_code adding_say(struct command *command, const struct codes_added *added)
{
	if (command->options.json)
		return print_json(json_pack("{s:I, s:I, s:I}", "added", (json_int_t)added->added, "same",
					    (json_int_t)added->same, "beside", (json_int_t)added->beside));
	if (added->same)
		printf("It was here already.\n");
	else if (added->beside)
		printf("Added beside another secret of the same name; both are kept. Remove the one that is wrong.\n");
	else
		printf("Added.\n");
	return EXIT_DONE;
}

enum exit_code cmd_add(struct command *command)
{
	struct adding adding = {0};
	char line[4096] = "";

	if (command->arg_count != 1)
		return complain(EXIT_BAD_USAGE, "usage",
				"give one otpauth:// address, quoted, or - to read it from standard input");
	adding.uri = command->args[0];
	if (strcmp(adding.uri, "-") == 0) {
		if (!fgets(line, sizeof(line), stdin))
			return complain(EXIT_BAD_USAGE, "usage", "no address came from standard input");
		line[strcspn(line, "\r\n")] = '\0';
		adding.uri = line;
	}
	enum exit_code code = vault_update(command->vault, adding_change, &adding);
	secret_zero(line, sizeof(line));
	return code == EXIT_DONE ? adding_say(command, &adding.added) : code;
}
