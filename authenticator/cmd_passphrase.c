#include "base/secret.h"
#include "command.h"

/* passphrase [--new FILE | --keyring | --remove]. The old one was given when the vault was opened. */

static const char *const sentences[] = {
	[VAULT_PLAIN] = "The vault is no longer sealed.",
	[VAULT_PASSPHRASE] = "The vault is sealed. Without the passphrase nobody can open it, you included.",
	[VAULT_KEYRING] = "The vault is sealed, and your keyring keeps its key; without it nobody opens the vault.",
};
static const char *const words[] = {
	[VAULT_PLAIN] = "no", [VAULT_PASSPHRASE] = "passphrase", [VAULT_KEYRING] = "keyring"};

static enum exit_code passphrase_change(struct command *command)
{
	char passphrase[PASSPHRASE_MAX + 1];
	enum exit_code code = passphrase_read_new(command->options.new_file, passphrase);

	if (code == EXIT_DONE)
		code = vault_passphrase_set(command->vault, passphrase);
	secret_zero(passphrase, sizeof(passphrase));
	return code;
}

enum exit_code cmd_passphrase(struct command *command)
{
	const struct options *options = &command->options;
	enum exit_code code;

	if (command->arg_count > 0 || options->remove + options->keyring + (options->new_file != NULL) > 1)
		return complain(EXIT_BAD_USAGE, "usage",
				"passphrase takes one of --new FILE, --keyring and --remove, and no further words");
	if (options->remove && vault_seal(command->vault) == VAULT_PLAIN)
		return complain(EXIT_REFUSED, "not_sealed", "%s has no passphrase", vault_path(command->vault));
	if (options->keyring)
		code = vault_keyring_set(command->vault);
	else
		code = options->remove ? vault_passphrase_set(command->vault, NULL) : passphrase_change(command);
	if (code != EXIT_DONE)
		return code;
	enum vault_seal seal = vault_seal(command->vault);
	if (options->json)
		return print_json(json_pack("{s:b, s:s}", "sealed", seal != VAULT_PLAIN, "by", words[seal]));
	printf("%s\n", sentences[seal]);
	return EXIT_DONE;
}
