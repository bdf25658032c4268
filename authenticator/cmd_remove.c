#include <string.h>

#include "code.h"
#include "command.h"

/* remove NAME: an account (told to its server first) or codes. */

struct removing {
	const char *list;
	const json_t *item;
};

static enum exit_code removing_change(json_t *root, void *ctx)
{
	const struct removing *removing = ctx;
	json_t *list = json_object_get(root, removing->list);

	for (size_t i = json_array_size(list); i-- > 0;)
		if (json_equal(json_array_get(list, i), removing->item)) {
			json_array_remove(list, i);
			return EXIT_DONE;
		}
	return complain(EXIT_REFUSED, "not_found", "it was removed by someone else meanwhile");
}

/* The one thing of this name; how many there are otherwise. */
static size_t removing_find(struct command *command, const char *wanted, struct removing *ret_removing)
{
	const json_t *item;
	size_t i, count = 0;

	json_array_foreach (vault_list(command->vault, "accounts"), i, item)
		if (account_matches(item, wanted)) {
			*ret_removing = (struct removing){.list = "accounts", .item = item};
			note("  %s  %s", account_text(item, "device_id"), account_label(command->arena, item));
			count++;
		}
	json_array_foreach (vault_list(command->vault, "codes"), i, item)
		if (code_matches(command->arena, item, wanted)) {
			*ret_removing = (struct removing){.list = "codes", .item = item};
			note("  codes of %s", shown(command->arena, code_id(command->arena, item)));
			count++;
		}
	return count;
}

/* A server that has forgotten the device already is as good as told. */
static enum exit_code server_tell(struct command *command, const json_t *account)
{
	struct symbolon_device *device = NULL;
	struct symbolon_error error = {0};
	enum exit_code code = account_device(command, account, &device);

	if (code != EXIT_DONE)
		return code;
	enum symbolon_result result = symbolon_device_leave(device, &error);
	symbolon_device_free(&device);
	if (result == SYMBOLON_OK || result == SYMBOLON_NOT_FOUND || result == SYMBOLON_GONE ||
	    result == SYMBOLON_REFUSED)
		return EXIT_DONE;
	code = complain_result(result, &error, "the removal", account_text(account, "issuer"));
	note("To remove it here without telling the server: " PROGRAM " remove --force NAME");
	return code;
}

static enum exit_code removing_ask(struct command *command)
{
	if (command->options.yes || command->options.json ||
	    ask_yes("Remove the one above? Its key or secret cannot be brought back."))
		return EXIT_DONE;
	return complain(EXIT_REFUSED, "declined", "nothing was removed");
}

static enum exit_code removing_run(struct command *command, struct removing *removing)
{
	enum exit_code code = removing_ask(command);
	bool told =
		strcmp(removing->list, "accounts") == 0 && account_is_active(removing->item) && !command->options.force;

	if (code == EXIT_DONE && told)
		code = server_tell(command, removing->item);
	if (code == EXIT_DONE) {
		scoped_json *held = json_incref((json_t *)removing->item); /* borrowed from the tree that is replaced */
		removing->item = held;
		code = vault_update(command->vault, removing_change, removing);
	}
	if (code != EXIT_DONE)
		return code;
	if (command->options.json)
		return print_json(json_pack("{s:s}", "removed", removing->list));
	printf("Removed.\n");
	return EXIT_DONE;
}

enum exit_code cmd_remove(struct command *command)
{
	struct removing removing = {0};

	if (command->arg_count != 1 || !*command->args[0])
		return complain(EXIT_BAD_USAGE, "usage",
				"give the name or id of one account or of codes; see: " PROGRAM " list");
	const char *name = shown(command->arena, command->args[0]);
	size_t count = removing_find(command, command->args[0], &removing);
	if (count == 0)
		return complain(EXIT_REFUSED, "not_found", "nothing here matches \"%s\"; see: " PROGRAM " list", name);
	if (count > 1)
		return complain(EXIT_BAD_USAGE, "ambiguous", "%zu match \"%s\"; give more of one of those above", count,
				name);
	return removing_run(command, &removing);
}
