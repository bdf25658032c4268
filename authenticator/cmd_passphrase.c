#include "base/secret.h"
#include "command.h"

/* passphrase [--new FILE | --remove]. The old one was given when the vault was opened. */
enum exit_code cmd_passphrase(struct command *command)
{
	char passphrase[PASSPHRASE_MAX + 1];
	bool remove = command->options.remove;

	if (command->arg_count > 0 || (remove && command->options.new_file))
		return complain(EXIT_BAD_USAGE, "usage",
				"passphrase takes --new FILE or --remove, and no further words");
	if (remove && !vault_is_sealed(command->vault))
		return complain(EXIT_REFUSED, "not_sealed", "%s has no passphrase", vault_path(command->vault));
	enum exit_code code = remove ? EXIT_DONE : passphrase_read_new(command->options.new_file, passphrase);
	if (code == EXIT_DONE)
		code = vault_passphrase_set(command->vault, remove ? NULL : passphrase);
	secret_zero(passphrase, sizeof(passphrase));
	if (code != EXIT_DONE)
		return code;
	if (command->options.json)
		return print_json(json_pack("{s:b}", "sealed", !remove));
	if (remove)
		printf("The vault is no longer sealed.\n");
	else
		printf("The vault is sealed. Without the passphrase nobody can open it, you included.\n");
	return EXIT_DONE;
}
