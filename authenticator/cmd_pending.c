#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "show.h"

static enum exit_code pending_show(struct command *command, const json_t *account, struct symbolon_device *device,
				   const char *id)
{
	struct symbolon_challenge *challenge = NULL;
	struct symbolon_error error = {0};
	enum symbolon_result result = symbolon_challenge_get(device, id, &challenge, &error);
	enum exit_code code = EXIT_DONE;

	if (result == SYMBOLON_NOT_FOUND || result == SYMBOLON_GONE || result == SYMBOLON_CONFLICT)
		return EXIT_DONE; /* ended since the list was made */
	if (result != SYMBOLON_OK)
		return complain_result(result, &error, "the request", account_text(account, "issuer"));
	if (recent_keep(command, account, challenge) != EXIT_DONE)
		note("The request could not be kept for later.");
	if (command->options.json) {
		code = show_challenge_json(account, challenge);
	} else {
		show_challenge(command->arena, account, challenge, symbolon_device_now(device));
		printf("  %-9s " PROGRAM " approve %s%s\n", "Answer", challenge->id,
		       challenge->mode == SYMBOLON_CONFIRM ? "" : " --number N");
	}
	symbolon_challenge_free(&challenge);
	return code;
}

static enum exit_code pending_of(struct command *command, const json_t *account, size_t *total)
{
	struct symbolon_device *device = NULL;
	struct symbolon_pending *list = NULL;
	struct symbolon_error error = {0};
	size_t count = 0;
	enum exit_code code = account_device(command, account, &device);

	if (code != EXIT_DONE)
		return code;
	enum symbolon_result result = symbolon_challenge_list(device, &list, &count, &error);
	account_warn_skew(device);
	if (result != SYMBOLON_OK)
		code = complain_result(result, &error, "the list of requests", account_text(account, "issuer"));
	for (size_t i = 0; code == EXIT_DONE && i < count; i++)
		code = pending_show(command, account, device, list[i].id);
	*total += count;
	free(list);
	symbolon_device_free(&device);
	return code;
}

enum exit_code cmd_pending(struct command *command)
{
	const json_t **accounts = NULL;
	size_t count = 0, total = 0;
	enum exit_code code = accounts_choose(command, &accounts, &count), worst = EXIT_DONE;

	if (code != EXIT_DONE)
		return code;
	for (size_t i = 0; i < count; i++)
		json_incref((json_t *)accounts[i]); /* the vault is written in between */
	for (size_t i = 0; i < count; i++) {
		code = pending_of(command, accounts[i], &total);
		worst = code > worst ? code : worst;
		json_decref((json_t *)accounts[i]);
	}
	if (total == 0 && worst == EXIT_DONE && !command->options.json)
		printf("No request waits for an answer.\n");
	return worst;
}
