#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cli/cli.h"
#include "daemon/serve.h"

const struct cli_command cli_commands[] = {
	{"init",
	 "--dir DIR --issuer URL [--organisation NAME] [--listen ADDRESS:PORT] [--database URL]",
	 "make configuration, keys and database",
	 {{"dir", true}, {"issuer", true}, {"organisation", true}, {"listen", true}, {"database", true}},
	 0,
	 0,
	 cmd_init},
	{"serve", "", "run the identity provider", {{0}}, 0, 0, cmd_serve},
	{"user add",
	 "NAME [--name \"…\"] [--email …] [--group …]… [--password-stdin | --password-hash-stdin]",
	 "add a person",
	 {{"name", true}, {"email", true}, {"group", true, true}, {"password-stdin"}, {"password-hash-stdin"}},
	 1,
	 1,
	 cmd_user_add},
	{"user list", "", "list the people", {{0}}, 0, 0, cmd_user_list},
	{"user show", "NAME", "show one person with factors and sessions", {{0}}, 1, 1, cmd_user_show},
	{"user disable", "NAME", "end everything of a person and refuse sign-ins", {{0}}, 1, 1, cmd_user_disable},
	{"user enable", "NAME", "let a person sign in again", {{0}}, 1, 1, cmd_user_enable},
	{"user remove",
	 "NAME [--erase]",
	 "remove a person; the audit log stays, but with --erase",
	 {{"erase"}},
	 1,
	 1,
	 cmd_user_remove},
	{"user password", "NAME --password-stdin", "set a password", {{"password-stdin"}}, 1, 1, cmd_user_password},
	{"client add",
	 "ID --name \"…\" --redirect-uri URI… [--logout-uri URI]… [--public] [--third-party] [--alg ES256|RS256]",
	 "register a service; prints its secret once",
	 {{"name", true},
	  {"redirect-uri", true, true},
	  {"logout-uri", true, true},
	  {"public"},
	  {"third-party"},
	  {"alg", true}},
	 1,
	 1,
	 cmd_client_add},
	{"client list", "", "list the services", {{0}}, 0, 0, cmd_client_list},
	{"client show", "ID", "show one service", {{0}}, 1, 1, cmd_client_show},
	{"client remove", "ID", "remove a service", {{0}}, 1, 1, cmd_client_remove},
	{"device enrol",
	 "USER [--totp]",
	 "add an authenticator: prints a QR code and a link, asks for six digits",
	 {{"totp"}},
	 1,
	 1,
	 cmd_device_enrol},
	{"device list", "USER", "list a person's authenticators", {{0}}, 1, 1, cmd_device_list},
	{"device revoke", "DEVICE", "revoke an authenticator", {{0}}, 1, 1, cmd_device_revoke},
	{"totp enrol",
	 "USER [--label …] [--algorithm SHA1|SHA256|SHA512] [--digits N]",
	 "add codes of any authenticator app",
	 {{"label", true}, {"algorithm", true}, {"digits", true}},
	 1,
	 1,
	 cmd_totp_enrol},
	{"totp list", "USER", "list a person's code generators", {{0}}, 1, 1, cmd_totp_list},
	{"totp remove", "USER ID", "remove one", {{0}}, 2, 2, cmd_totp_remove},
	{"pass issue",
	 "USER [--length 8..48] [--valid 10m..30d]",
	 "print a temporary pass for somebody who has nothing to sign in with; it works once",
	 {{"length", true}, {"valid", true}},
	 1,
	 1,
	 cmd_pass_issue},
	{"pass list", "USER", "list a person's temporary passes", {{0}}, 1, 1, cmd_pass_list},
	{"pass revoke", "PASS", "end a temporary pass", {{0}}, 1, 1, cmd_pass_revoke},
	{"recovery issue", "USER", "print ten new recovery codes; the old ones end", {{0}}, 1, 1, cmd_recovery_issue},
	{"explain",
	 "USER CLIENT [--ip IP] [--acr ACR] [--groups a,b] [--known]",
	 "say what a sign-in would ask, and why",
	 {{"ip", true}, {"acr", true}, {"groups", true}, {"known"}},
	 2,
	 2,
	 cmd_explain},
	{"audit verify",
	 "[--head FILE]",
	 "look whether the audit log is as it was written",
	 {{"head", true}},
	 0,
	 0,
	 cmd_audit_verify},
	{"audit head", "", "print the heads of the audit log, to be kept outside", {{0}}, 0, 0, cmd_audit_head},
	{"audit receipt",
	 "ID [--export FILE] | --verify FILE",
	 "show and check a device's signed answer",
	 {{"export", true}, {"verify", true}},
	 0,
	 1,
	 cmd_audit_receipt},
	{"audit erase", "USER", "erase what the audit log says of a person", {{0}}, 1, 1, cmd_audit_erase},
	{"audit", "[--follow] [--user USER]", "show what happened", {{"follow"}, {"user", true}}, 0, 0, cmd_audit},
	{"key list", "", "list the keys", {{0}}, 0, 0, cmd_key_list},
	{"key rotate",
	 "[--only tokens|push]",
	 "make the next signing keys the current ones, and a new key for push services",
	 {{"only", true}},
	 0,
	 0,
	 cmd_key_rotate},
	{"backup",
	 "FILE [--force]",
	 "copy everything into one file, while the daemon works",
	 {{"force"}},
	 1,
	 1,
	 cmd_backup},
	{"restore",
	 "FILE [--keep-recovery] [--exact] [--discard]",
	 "put a backup in the place of the database; the daemon must not run",
	 {{"keep-recovery"}, {"exact"}, {"discard"}},
	 1,
	 1,
	 cmd_restore},
	{"doctor", "", "look whether all is well", {{0}}, 0, 0, cmd_doctor},
};
const size_t cli_command_count = ARRAY_COUNT(cli_commands);

static void usage_print(FILE *out)
{
	fprintf(out, "symbolon " SYMBOLON_VERSION "\n\nusage:\n");
	for (size_t i = 0; i < cli_command_count; i++)
		fprintf(out, "  symbolon %s %s\n      %s\n", cli_commands[i].name, cli_commands[i].usage,
			cli_commands[i].summary);
	fprintf(out, "\nEvery command takes --config FILE (else $SYMBOLON_CONFIG, ./symbolon.yaml, "
		     "/etc/symbolon/symbolon.yaml)\n"
		     "and --json where it prints data. Exit codes: 0 done, 1 refused, 2 usage, 3 trouble.\n");
}

/* "user add" takes two words, "serve" one. */
static const struct cli_command *command_find(int argc, char **argv, int *ret_words)
{
	char two[64];

	for (size_t i = 0; i < cli_command_count; i++) {
		const struct cli_command *command = &cli_commands[i];

		*ret_words = strchr(command->name, ' ') ? 2 : 1;
		if (argc - 1 < *ret_words)
			continue;
		snprintf(two, sizeof(two), *ret_words == 2 ? "%s %s" : "%s", argv[1], argv[2]);
		if (strcmp(two, command->name) == 0)
			return command;
	}
	return NULL;
}

/* The commands that begin with this word; false when there are none. */
static bool group_print(const char *word)
{
	const size_t size = strlen(word);
	bool found = false;

	for (size_t i = 0; i < cli_command_count; i++)
		if (strncmp(cli_commands[i].name, word, size) == 0 && cli_commands[i].name[size] == ' ') {
			fprintf(stderr, "  symbolon %s %s\n", cli_commands[i].name, cli_commands[i].usage);
			found = true;
		}
	return found;
}

static int unknown(const char *word)
{
	fprintf(stderr, "symbolon: \"%s\" is not a whole command. ", word);
	if (!group_print(word))
		fprintf(stderr, "`symbolon --help` lists them.\n");
	return EXIT_USAGE;
}

static int run(const struct cli_command *command, int argc, char **argv)
{
	struct cli cli = {.arena = arena_new(64 * 1024 * 1024)};
	int code = EXIT_TROUBLE;

	if (cli.arena)
		code = cli_args_parse(command, argc, argv, &cli);
	if (code == EXIT_DONE && cli_has(&cli, "help"))
		printf("usage: symbolon %s %s\n%s\n", command->name, command->usage, command->summary);
	else if (code == EXIT_DONE)
		code = command->run(&cli);
	cli_audit_finish(&cli);
	cli_close(&cli);
	return code;
}

int main(int argc, char **argv)
{
	const struct cli_command *command;
	int words = 1;

	setlocale(LC_CTYPE, "C.UTF-8");
	log_level_set(LOG_WARN_); /* `serve` sets its own from the configuration */
	if (argc < 2) {
		usage_print(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
		usage_print(stdout);
		return EXIT_DONE;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("symbolon " SYMBOLON_VERSION "\n");
		return EXIT_DONE;
	}
	if (argv[1][0] == '@') /* not for people: what `serve` starts */
		return daemon_child(argc - 1, argv + 1);
	command = command_find(argc, argv, &words);
	return command ? run(command, argc - words, argv + words) : unknown(argv[1]);
}
