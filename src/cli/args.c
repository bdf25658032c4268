#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

static const struct cli_option common[] = {{"config", true, false}, {"json", false, false}, {"help", false, false}};

static const struct cli_option *option_find(const struct cli_command *command, const char *name, size_t size)
{
	for (size_t i = 0; i < ARRAY_COUNT(common); i++)
		if (strncmp(common[i].name, name, size) == 0 && common[i].name[size] == '\0')
			return &common[i];
	for (size_t i = 0; i < ARRAY_COUNT(command->options) && command->options[i].name; i++)
		if (strncmp(command->options[i].name, name, size) == 0 && command->options[i].name[size] == '\0')
			return &command->options[i];
	return NULL;
}

static int usage_fail(const struct cli_command *command, const char *problem, const char *what)
{
	fprintf(stderr, "symbolon: %s%s%s\nusage: symbolon %s %s\n", problem, what ? ": " : "", what ? what : "",
		command->name, command->usage);
	return EXIT_USAGE;
}

static int option_take(const struct cli_command *command, int argc, char **argv, int *at, struct cli *cli)
{
	const char *name = argv[*at] + 2;
	const size_t size = strcspn(name, "=");
	const struct cli_option *option = option_find(command, name, size);
	const char *value = name[size] == '=' ? name + size + 1 : NULL;

	if (!option)
		return usage_fail(command, "there is no such option", argv[*at]);
	if (!option->takes_value && value)
		return usage_fail(command, "this option takes no value", argv[*at]);
	if (option->takes_value && !value && *at + 1 >= argc)
		return usage_fail(command, "this option needs a value", argv[*at]);
	if (option->takes_value && !value)
		value = argv[++*at];
	if (!option->repeats && cli_has(cli, option->name))
		return usage_fail(command, "this option may be given once", argv[*at]);
	if (cli->args.given_count == CLI_VALUES_MAX)
		return usage_fail(command, "too many options", NULL);
	cli->args.given[cli->args.given_count].name = option->name;
	cli->args.given[cli->args.given_count++].value = value;
	return EXIT_DONE;
}

int cli_args_parse(const struct cli_command *command, int argc, char **argv, struct cli *cli)
{
	bool only_words = false;

	for (int i = 1; i < argc; i++) {
		if (!only_words && strcmp(argv[i], "--") == 0) {
			only_words = true;
		} else if (!only_words && strncmp(argv[i], "--", 2) == 0) {
			int code = option_take(command, argc, argv, &i, cli);

			if (code != EXIT_DONE)
				return code;
		} else if (cli->args.word_count < command->words_max) {
			cli->args.words[cli->args.word_count++] = argv[i];
		} else {
			return usage_fail(command, "one word too many", argv[i]);
		}
	}
	cli->json = cli_has(cli, "json");
	cli->config_path = cli_option(cli, "config");
	if (!cli_has(cli, "help") && cli->args.word_count < command->words_min)
		return usage_fail(command, "something is missing", NULL);
	return EXIT_DONE;
}

const char *cli_option_at(const struct cli *cli, const char *name, size_t index)
{
	for (size_t i = 0; i < cli->args.given_count; i++)
		if (strcmp(cli->args.given[i].name, name) == 0 && index-- == 0)
			return cli->args.given[i].value;
	return NULL;
}

const char *cli_option(const struct cli *cli, const char *name)
{
	return cli_option_at(cli, name, 0);
}

bool cli_has(const struct cli *cli, const char *name)
{
	for (size_t i = 0; i < cli->args.given_count; i++)
		if (strcmp(cli->args.given[i].name, name) == 0)
			return true;
	return false;
}
