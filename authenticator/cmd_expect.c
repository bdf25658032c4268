#include "command.h"

enum exit_code cmd_expect(struct command *command)
{
	const json_t *account = NULL;
	struct symbolon_device *device = NULL;
	struct symbolon_error error = {0};
	enum exit_code code = account_choose(command, &account);

	if (code == EXIT_DONE)
		code = account_device(command, account, &device);
	if (code != EXIT_DONE)
		return code;
	enum symbolon_result result = symbolon_expect(device, &error);
	account_warn_skew(device);
	symbolon_device_free(&device);
	if (result != SYMBOLON_OK)
		return complain_result(result, &error, "the announcement", account_text(account, "issuer"));
	if (command->options.json)
		return print_json(
			json_pack("{s:s, s:b}", "account", account_text(account, "device_id"), "expected", 1));
	printf("One sign-in is expected within the next two minutes. Start it now.\n");
	return EXIT_DONE;
}
