#include <string.h>

#include "command.h"
#include "code.h"

static enum exit_code account_list_json(const json_t *account)
{
	return print_json(json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "kind", "account", "id",
				    account_text(account, "device_id"), "state", account_text(account, "state"),
				    "issuer", account_text(account, "issuer"), "organisation",
				    account_text(account, "organisation"), "username",
				    account_text(account, "username"), "name", account_text(account, "name")));
}

static enum exit_code account_list(struct command *command, const json_t *account)
{
	if (command->options.json)
		return account_list_json(account);
	printf("%-24s %s%s, as %s\n", account_text(account, "device_id"), account_label(command->arena, account),
	       account_is_active(account) ? "" : ", not complete",
	       shown(command->arena, account_text(account, "name")));
	return EXIT_DONE;
}

static enum exit_code code_list(struct command *command, const json_t *item)
{
	const char *id = code_id(command->arena, item);

	if (command->options.json)
		return print_json(json_pack("{s:s, s:s}", "kind", "code", "id", id));
	printf("%-24s %s\n", "codes", shown(command->arena, id));
	return EXIT_DONE;
}

enum exit_code cmd_list(struct command *command)
{
	const json_t *accounts = vault_list(command->vault, "accounts"), *codes = vault_list(command->vault, "codes"),
		     *item;
	enum exit_code code = EXIT_DONE;
	size_t i;

	if (command->arg_count > 0)
		return complain(EXIT_BAD_USAGE, "usage", "list takes no further words");
	json_array_foreach (accounts, i, item)
		if (code == EXIT_DONE)
			code = account_list(command, item);
	json_array_foreach (codes, i, item)
		if (code == EXIT_DONE)
			code = code_list(command, item);
	if (!command->options.json && json_array_size(accounts) + json_array_size(codes) == 0)
		printf("Nothing is here yet. Start with: " PROGRAM " enrol LINK\n");
	return code;
}
