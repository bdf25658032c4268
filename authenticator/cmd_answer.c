#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "show.h"

/* approve ID, deny ID, report ID */

static bool is_pending_at(struct symbolon_device *device, const char *id)
{
	struct symbolon_pending *list = NULL;
	struct symbolon_error error;
	size_t count = 0;
	bool found = false;

	if (symbolon_challenge_list(device, &list, &count, &error) != SYMBOLON_OK)
		return false;
	for (size_t i = 0; i < count; i++)
		found = found || strcmp(list[i].id, id) == 0;
	free(list);
	return found;
}

/* With several accounts: the one at whose server the request waits. */
static enum exit_code account_of_challenge(struct command *command, const char *id, const json_t **ret_account)
{
	const json_t **accounts = NULL;
	size_t count = 0;
	enum exit_code code = accounts_choose(command, &accounts, &count);

	if (code == EXIT_DONE && count == 1) {
		*ret_account = accounts[0];
		return EXIT_DONE;
	}
	for (size_t i = 0; code == EXIT_DONE && i < count; i++) {
		struct symbolon_device *device = NULL;
		code = account_device(command, accounts[i], &device);
		bool found = code == EXIT_DONE && is_pending_at(device, id);
		symbolon_device_free(&device);
		if (found) {
			*ret_account = accounts[i];
			return EXIT_DONE;
		}
	}
	return code != EXIT_DONE ? code
				 : complain(EXIT_REFUSED, "not_found",
					    "no account here has a pending request %s; see: " PROGRAM " pending",
					    shown(command->arena, id));
}

void answering_done(struct answering *answering)
{
	symbolon_challenge_free(&answering->challenge);
	symbolon_device_free(&answering->device);
	json_decref(answering->account);
}

enum exit_code challenge_fetch(struct command *command, struct answering *answering)
{
	const json_t *account = NULL;
	struct symbolon_error error = {0};
	enum exit_code code = account_of_challenge(command, answering->id, &account);

	if (code == EXIT_DONE)
		code = account_device(command, account, &answering->device);
	if (code != EXIT_DONE)
		return code;
	answering->account = json_incref((json_t *)account);
	enum symbolon_result result =
		symbolon_challenge_get(answering->device, answering->id, &answering->challenge, &error);
	account_warn_skew(answering->device);
	if (result == SYMBOLON_INVALID)
		return complain(EXIT_BAD_USAGE, "usage", "\"%s\" cannot be a request's id; see: " PROGRAM " pending",
				shown(command->arena, answering->id));
	if (result != SYMBOLON_OK)
		return complain_result(result, &error, "the request", account_text(account, "issuer"));
	if (recent_keep(command, answering->account, answering->challenge) != EXIT_DONE)
		note("The request could not be kept for later; the answer goes on.");
	return EXIT_DONE;
}

/* A request that was shown here within the last day can be reported after it has ended. */
static enum exit_code challenge_find(struct command *command, struct answering *answering)
{
	const json_t *account = NULL;

	if (answering->decision == SYMBOLON_REPORT &&
	    recent_find(command, answering->id, &account, &answering->challenge) == SYMBOLON_OK) {
		answering->account = json_incref((json_t *)account);
		return account_device(command, account, &answering->device);
	}
	return challenge_fetch(command, answering);
}

static enum exit_code number_check(struct command *command, const struct answering *answering)
{
	const char *number = command->options.number;
	const struct symbolon_challenge *challenge = answering->challenge;

	if (answering->decision != SYMBOLON_APPROVE)
		return EXIT_DONE;
	if (challenge->mode == SYMBOLON_CONFIRM && number)
		return complain(EXIT_BAD_USAGE, "number", "this request is compared, not numbered: leave --number out");
	if (challenge->mode != SYMBOLON_CONFIRM && !number)
		return complain(EXIT_BAD_USAGE, "number",
				"this request needs the number on the sign-in page: --number N");
	return EXIT_DONE;
}

/* Who approves is told what, also when the answer is given in one go; at a terminal the code is compared first. */
static enum exit_code show_before(struct command *command, const struct answering *answering)
{
	const struct symbolon_challenge *challenge = answering->challenge;
	bool compare = answering->decision == SYMBOLON_APPROVE && challenge->mode == SYMBOLON_CONFIRM;

	if (command->options.json)
		return EXIT_DONE;
	show_challenge(command->arena, answering->account, challenge, symbolon_device_now(answering->device));
	if (!compare)
		return EXIT_DONE;
	print_large(challenge->code);
	fflush(stdout);
	if (command->options.yes || !isatty(STDIN_FILENO) || ask_yes("Do both screens show this code?"))
		return EXIT_DONE;
	return complain(EXIT_REFUSED, "declined", "nothing was sent; to refuse it: " PROGRAM " deny %s", challenge->id);
}

static enum exit_code answer_give(struct command *command, struct answering *answering)
{
	struct symbolon_error error = {0};
	char state[32];
	enum exit_code code = number_check(command, answering);

	if (code == EXIT_DONE)
		code = show_before(command, answering);
	if (code != EXIT_DONE)
		return code;
	const char *number = answering->decision == SYMBOLON_APPROVE ? command->options.number : NULL;
	enum symbolon_result result =
		symbolon_answer(answering->device, answering->challenge, answering->decision, number, state, &error);
	if (result == SYMBOLON_INVALID)
		return complain(EXIT_BAD_USAGE, "number", "the number does not fit this request (%s); nothing was sent",
				answering->challenge->mode == SYMBOLON_CHOOSE ? "it is one of the three"
									      : "count its digits");
	if (result != SYMBOLON_OK)
		return complain_result(result, &error, "the answer", account_text(answering->account, "issuer"));
	return show_outcome(command, answering->account, answering->id, answering->decision, state);
}

static enum exit_code answer_command(struct command *command, enum symbolon_decision decision)
{
	struct answering answering = {.decision = decision};

	if (command->arg_count != 1)
		return complain(EXIT_BAD_USAGE, "usage", "give the request's id, one; see: " PROGRAM " pending");
	answering.id = command->args[0];
	enum exit_code code = challenge_find(command, &answering);
	if (code == EXIT_DONE)
		code = answer_give(command, &answering);
	answering_done(&answering);
	return code;
}

enum exit_code cmd_approve(struct command *command)
{
	return answer_command(command, SYMBOLON_APPROVE);
}

enum exit_code cmd_deny(struct command *command)
{
	return answer_command(command, SYMBOLON_DENY);
}

enum exit_code cmd_report(struct command *command)
{
	return answer_command(command, SYMBOLON_REPORT);
}
