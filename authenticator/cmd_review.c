#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/secret.h"
#include "command.h"
#include "show.h"

/* review ID: the question that watch asks, about one request; what a notification's Review opens in a terminal. */

static int64_t left_ms(const struct answering *answering)
{
	int64_t left = answering->challenge->expires_at - symbolon_device_now(answering->device);

	return left > 0 ? left * 1000 : 0;
}

/* A line of the person; false when the input or the request's time ends before. */
static bool line_wait(struct line_reader *input, const struct answering *answering, char *line, size_t size)
{
	while (!line_reader_take(input, line, size)) {
		struct pollfd one = {.fd = input->fd, .events = POLLIN};

		if (input->fd < 0 || left_ms(answering) == 0)
			return false;
		if (poll(&one, 1, (int)left_ms(answering)) > 0)
			line_reader_fill(input);
	}
	return true;
}

static enum exit_code answer_send(struct command *command, const struct answering *answering,
				  enum symbolon_decision decision, const char *number)
{
	struct symbolon_error error = {0};
	char state[32];
	enum symbolon_result result =
		symbolon_answer(answering->device, answering->challenge, decision, number, state, &error);

	if (result != SYMBOLON_OK)
		return complain_result(result, &error, "the answer", account_text(answering->account, "issuer"));
	return show_outcome(command, answering->account, answering->id, decision, state);
}

static enum exit_code question_ask(struct command *command, const struct answering *answering,
				   struct line_reader *input)
{
	struct question question = {.challenge = answering->challenge};
	enum symbolon_decision decision = SYMBOLON_DENY;
	const char *number = NULL;
	enum reply_kind reply = REPLY_AGAIN;
	enum exit_code code = EXIT_REFUSED;
	char line[64];

	question_print(&question);
	while (reply != REPLY_DECIDED && reply != REPLY_SKIP) {
		if (!line_wait(input, answering, line, sizeof(line)))
			break;
		reply = question_reply(&question, line, &decision, &number);
		if (reply == REPLY_AGAIN)
			printf("That is none of the answers.\n");
		if (reply == REPLY_AGAIN || reply == REPLY_SURE)
			question_print(&question);
	}
	if (reply == REPLY_DECIDED)
		code = answer_send(command, answering, decision, number);
	else
		printf("\n%s\n",
		       left_ms(answering) == 0 ? state_sentence("expired") : "Skipped; the request stays unanswered.");
	secret_zero(&question, sizeof(question));
	secret_zero(line, sizeof(line));
	return code;
}

enum exit_code cmd_review(struct command *command)
{
	struct answering answering = {0};
	struct line_reader input;

	if (command->arg_count != 1)
		return complain(EXIT_BAD_USAGE, "usage", "give the request's id, one; see: " PROGRAM " pending");
	answering.id = command->args[0];
	enum exit_code code = challenge_fetch(command, &answering);
	line_reader_init(&input, STDIN_FILENO);
	if (code == EXIT_DONE) {
		show_challenge(command->arena, answering.account, answering.challenge,
			       symbolon_device_now(answering.device));
		line_reader_discard(&input); /* what was typed before cannot have meant this question */
		code = question_ask(command, &answering, &input);
	}
	line_reader_done(&input);
	answering_done(&answering);
	return code;
}
