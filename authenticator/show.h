#ifndef AUTHENTICATOR_SHOW_H
#define AUTHENTICATOR_SHOW_H

#include "command.h"

/* A sign-in request on the terminal: who asks, for which account, from where, when and why. Nothing of it is trusted
 * text. */
void show_challenge(struct arena *arena, const json_t *account, const struct symbolon_challenge *challenge,
		    int64_t now);
/* {"account": device id, "details": what the server sent} */
enum exit_code show_challenge_json(const json_t *account, const struct symbolon_challenge *challenge);
/* "approved", "wrong" and so on as a sentence about what happens next. */
const char *state_sentence(const char *state);
/* How an answer ended: EXIT_DONE when the decision was carried out, EXIT_REFUSED when it was not (a wrong number). */
enum exit_code show_outcome(struct command *command, const json_t *account, const char *challenge_id,
			    enum symbolon_decision decision, const char *state);

/*
 * A question put to the person at the terminal, and the lines that answer it. No line answers by accident: an empty one
 * never approves, and a number to be entered is asked for again before it is sent, for there is one try.
 */
struct question {
	const struct symbolon_challenge *challenge;
	char number[SYMBOLON_DIGITS_MAX + 1];
	bool sure; /* the number is there; only its sending is asked */
};
enum reply_kind { REPLY_AGAIN, REPLY_SURE, REPLY_SKIP, REPLY_DECIDED };

void question_print(const struct question *question);
/* `line` has no newline. REPLY_DECIDED: *ret_decision, and *ret_number (NULL or borrowed), are set. Pure. */
enum reply_kind question_reply(struct question *question, const char *line, enum symbolon_decision *ret_decision,
			       const char **ret_number);

#endif
