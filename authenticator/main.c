#include <getopt.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/text.h"
#include "command.h"

enum { COMMAND_ARENA_MAX = 8 * 1024 * 1024, RECONNECT_S = 60, CLEAR_AFTER_S = 30 };

/* Options, each a bit, so that a subcommand can say which it takes. */
enum {
	OPTION_JSON = 1 << 0,
	OPTION_YES = 1 << 1,
	OPTION_FORCE = 1 << 2,
	OPTION_REMOVE = 1 << 3,
	OPTION_ACCOUNT = 1 << 4,
	OPTION_NAME = 1 << 5,
	OPTION_NUMBER = 1 << 6,
	OPTION_CODE = 1 << 7,
	OPTION_ISSUER = 1 << 8,
	OPTION_NEW = 1 << 9,
	OPTION_RECONNECT = 1 << 10,
	OPTION_CA_FILE = 1 << 11,
	OPTION_HELP = 1 << 12,
	OPTION_VERSION = 1 << 13,
	OPTION_PASSPHRASE_FILE = 1 << 14,
	OPTION_FORMAT = 1 << 15,
	OPTION_COPY = 1 << 16,
	OPTION_CLEAR_AFTER = 1 << 17,
	OPTION_KEYRING = 1 << 18,
	OPTION_NOTIFY = 1 << 19,
	ONLINE = OPTION_JSON | OPTION_CA_FILE,
};

static const struct option long_options[] = {
	{"json", no_argument, NULL, OPTION_JSON},
	{"yes", no_argument, NULL, OPTION_YES},
	{"force", no_argument, NULL, OPTION_FORCE},
	{"remove", no_argument, NULL, OPTION_REMOVE},
	{"account", required_argument, NULL, OPTION_ACCOUNT},
	{"name", required_argument, NULL, OPTION_NAME},
	{"number", required_argument, NULL, OPTION_NUMBER},
	{"code", required_argument, NULL, OPTION_CODE},
	{"issuer", required_argument, NULL, OPTION_ISSUER},
	{"new", required_argument, NULL, OPTION_NEW},
	{"reconnect-after", required_argument, NULL, OPTION_RECONNECT},
	{"ca-file", required_argument, NULL, OPTION_CA_FILE},
	{"passphrase-file", required_argument, NULL, OPTION_PASSPHRASE_FILE},
	{"format", required_argument, NULL, OPTION_FORMAT},
	{"copy", no_argument, NULL, OPTION_COPY},
	{"clear-after", required_argument, NULL, OPTION_CLEAR_AFTER},
	{"keyring", no_argument, NULL, OPTION_KEYRING},
	{"notify", no_argument, NULL, OPTION_NOTIFY},
	{"help", no_argument, NULL, OPTION_HELP},
	{"version", no_argument, NULL, OPTION_VERSION},
	{0},
};

struct subcommand {
	const char *name;
	enum exit_code (*run)(struct command *command);
	int options;
	const char *usage;
	const char *summary;
};

static const struct subcommand subcommands[] = {
	{"enrol", cmd_enrol, ONLINE | OPTION_YES | OPTION_NAME | OPTION_CODE | OPTION_ISSUER,
	 "LINK | --code XXXXX-XXXXX --issuer URL", "add an account to this authenticator"},
	{"list", cmd_list, OPTION_JSON, "", "accounts and codes kept here"},
	{"watch", cmd_watch, ONLINE | OPTION_ACCOUNT | OPTION_RECONNECT | OPTION_NOTIFY, "[--notify]",
	 "wait for sign-in requests and ask"},
	{"pending", cmd_pending, ONLINE | OPTION_ACCOUNT, "", "sign-in requests that wait for an answer"},
	{"approve", cmd_approve, ONLINE | OPTION_ACCOUNT | OPTION_NUMBER | OPTION_YES, "ID [--number N]",
	 "approve a request"},
	{"review", cmd_review, OPTION_CA_FILE | OPTION_ACCOUNT, "ID", "show a request and ask about it"},
	{"deny", cmd_deny, ONLINE | OPTION_ACCOUNT, "ID", "deny a request"},
	{"report", cmd_report, ONLINE | OPTION_ACCOUNT, "ID", "it's not me: also after it has ended"},
	{"expect", cmd_expect, ONLINE | OPTION_ACCOUNT, "", "announce that you sign in within two minutes"},
	{"history", cmd_history, ONLINE | OPTION_ACCOUNT, "", "recent requests and why you were asked"},
	{"code", cmd_code, OPTION_JSON | OPTION_COPY | OPTION_CLEAR_AFTER, "[NAME] [--copy]", "one-time codes"},
	{"add", cmd_add, OPTION_JSON, "otpauth://...", "add codes"},
	{"import", cmd_import, OPTION_JSON | OPTION_PASSPHRASE_FILE, "FILE", "add the codes of another authenticator"},
	{"export", cmd_export, OPTION_JSON | OPTION_FORCE | OPTION_FORMAT | OPTION_PASSPHRASE_FILE,
	 "FILE [--format encrypted]", "write the codes to a file"},
	{"remove", cmd_remove, ONLINE | OPTION_YES | OPTION_FORCE, "NAME", "remove an account or codes"},
	{"passphrase", cmd_passphrase, OPTION_JSON | OPTION_NEW | OPTION_REMOVE | OPTION_KEYRING,
	 "[--new FILE | --keyring | --remove]", "seal the vault, change how, or open it"},
};

static enum exit_code help_print(void)
{
	printf("usage: " PROGRAM " COMMAND [OPTION...]\n\n");
	for (size_t i = 0; i < ARRAY_COUNT(subcommands); i++)
		printf("  %-11s %-39s %s\n", subcommands[i].name, subcommands[i].usage, subcommands[i].summary);
	printf("\n  --json with any of them, --account ID to choose among accounts, --ca-file FILE to trust\n"
	       "  your own certificate authority, --help, --version. More: man symbolon-authenticator\n");
	return ferror(stdout) || fflush(stdout) != 0 ? EXIT_TROUBLE : EXIT_DONE;
}

static const struct subcommand *subcommand_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_COUNT(subcommands); i++)
		if (strcmp(subcommands[i].name, name) == 0)
			return &subcommands[i];
	return NULL;
}

static enum exit_code complain_unknown(const char *name)
{
	scoped_arena *arena = arena_new(16 * 1024);
	const char *nearest = NULL;
	size_t best = 3;

	for (size_t i = 0; i < ARRAY_COUNT(subcommands); i++) {
		size_t distance = text_distance(name, subcommands[i].name);
		if (distance < best) {
			best = distance;
			nearest = subcommands[i].name;
		}
	}
	return complain(EXIT_BAD_USAGE, "usage", "there is no command \"%s\"%s%s; see: " PROGRAM " --help",
			shown(arena, name), nearest ? "; did you mean " : "", nearest ? nearest : "");
}

static const char *option_name(int bit)
{
	for (const struct option *option = long_options; option->name; option++)
		if (option->val == bit)
			return option->name;
	return "?";
}

static enum exit_code option_value(int bit, const char *value, struct options *options)
{
	switch (bit) {
	case OPTION_ACCOUNT: options->account = value; break;
	case OPTION_NAME: options->name = value; break;
	case OPTION_NUMBER: options->number = value; break;
	case OPTION_CODE: options->code = value; break;
	case OPTION_ISSUER: options->issuer = value; break;
	case OPTION_NEW: options->new_file = value; break;
	case OPTION_PASSPHRASE_FILE: options->passphrase_file = value; break;
	case OPTION_FORMAT: options->format = value; break;
	case OPTION_CLEAR_AFTER:
		if (text_parse_int(value, 0, 3600, &options->clear_after_s) != OK)
			return complain(EXIT_BAD_USAGE, "usage", "--clear-after takes seconds, 0 (never) to 3600");
		break;
	case OPTION_RECONNECT:
		if (text_parse_int(value, 1, 3600, &options->reconnect_s) != OK)
			return complain(EXIT_BAD_USAGE, "usage", "--reconnect-after takes seconds, 1 to 3600");
		break;
	case OPTION_CA_FILE:
		if (symbolon_ca_file_set(value) != SYMBOLON_OK)
			return complain(EXIT_BAD_USAGE, "usage", "--ca-file: the name is too long");
		break;
	default: return complain(EXIT_BAD_USAGE, "usage", "an option is wrong; see: " PROGRAM " --help");
	}
	return EXIT_DONE;
}

static enum exit_code option_take(int bit, const char *value, struct options *options)
{
	switch (bit) {
	case OPTION_JSON: options->json = true; break;
	case OPTION_YES: options->yes = true; break;
	case OPTION_FORCE: options->force = true; break;
	case OPTION_REMOVE: options->remove = true; break;
	case OPTION_COPY: options->copy = true; break;
	case OPTION_KEYRING: options->keyring = true; break;
	case OPTION_NOTIFY: options->notify = true; break;
	default: return option_value(bit, value, options);
	}
	return EXIT_DONE;
}

/* *ret_bits tells --help and --version. */
static enum exit_code options_read(int argc, char **argv, struct options *options, int *ret_bits)
{
	int bit, bits = 0;

	while ((bit = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (bit == '?')
			return complain(EXIT_BAD_USAGE, "usage", "see: " PROGRAM " --help");
		bits |= bit;
		if (bit & (OPTION_HELP | OPTION_VERSION))
			continue;
		enum exit_code code = option_take(bit, optarg, options);
		if (code != EXIT_DONE)
			return code;
	}
	terminal_json_set(options->json);
	*ret_bits = bits;
	return EXIT_DONE;
}

static enum exit_code subcommand_run(const struct subcommand *subcommand, struct command *command)
{
	command->arena = arena_new(COMMAND_ARENA_MAX);
	if (!command->arena)
		return complain_memory();
	enum exit_code code = vault_open(&command->vault);
	if (code == EXIT_DONE)
		code = subcommand->run(command);
	vault_free(&command->vault);
	arena_free(command->arena);
	if (fflush(stdout) != 0 && code == EXIT_DONE)
		code = complain(EXIT_TROUBLE, "output", "cannot write to standard output");
	return code;
}

/* Keys lie in this memory: no core dumps, no other program of this user looking in. */
static void memory_protect(void)
{
	const struct rlimit none = {0};

	setrlimit(RLIMIT_CORE, &none);
#ifndef SYMBOLON_SANITIZE /* LeakSanitizer looks into its own process */
	prctl(PR_SET_DUMPABLE, 0);
#endif
}

static enum exit_code program_run(int argc, char **argv)
{
	struct command command = {.options = {.reconnect_s = RECONNECT_S, .clear_after_s = CLEAR_AFTER_S}};
	const char *ca_file = getenv("SYMBOLON_AUTHENTICATOR_CA_FILE");
	int bits = 0;

	if (!text_is_empty(ca_file) && symbolon_ca_file_set(ca_file) != SYMBOLON_OK)
		return complain(EXIT_BAD_USAGE, "usage", "SYMBOLON_AUTHENTICATOR_CA_FILE: the name is too long");
	enum exit_code code = options_read(argc, argv, &command.options, &bits);
	if (code != EXIT_DONE)
		return code;
	if (bits & OPTION_VERSION) {
		printf(PROGRAM " " SYMBOLON_VERSION "\n");
		return EXIT_DONE;
	}
	if (bits & OPTION_HELP)
		return help_print();
	if (optind >= argc)
		return complain(EXIT_BAD_USAGE, "usage", "give a command; see: " PROGRAM " --help");
	const struct subcommand *subcommand = subcommand_find(argv[optind]);
	if (!subcommand)
		return complain_unknown(argv[optind]);
	int foreign = bits & ~subcommand->options;
	if (foreign)
		return complain(EXIT_BAD_USAGE, "usage", "--%s does not go with %s; see: " PROGRAM " --help",
				option_name(foreign & -foreign), subcommand->name);
	command.args = argv + optind + 1;
	command.arg_count = (size_t)(argc - optind - 1);
	return subcommand_run(subcommand, &command);
}

int main(int argc, char **argv)
{
	setlocale(LC_TIME, "");
	signal(SIGPIPE, SIG_IGN);
	memory_protect();
	return (int)program_run(argc, argv);
}
