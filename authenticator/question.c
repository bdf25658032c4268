#include <string.h>

#include "base/text.h"
#include "show.h"

static void print_confirm(const struct symbolon_challenge *challenge)
{
	print_large(challenge->code);
	printf("Do both screens show %s? [a]pprove / [d]eny / it's not me: [r]eport / [s]kip: ", challenge->code);
}

static void print_choose(const struct symbolon_challenge *challenge)
{
	printf("\nWhich number does the sign-in page show?\n\n");
	for (int i = 0; i < SYMBOLON_CHOICES; i++)
		printf("    %d)  %s%s%s\n", i + 1, style(STYLE_BOLD), challenge->choices[i], style(STYLE_PLAIN));
	printf("    n)  none of these\n\n1, 2, 3, [n]one / [d]eny / it's not me: [r]eport / [s]kip: ");
}

void question_print(const struct question *question)
{
	const struct symbolon_challenge *challenge = question->challenge;

	if (question->sure)
		printf("Send %s? There is one try. [y]es / [n]o: ", question->number);
	else if (challenge->mode == SYMBOLON_CONFIRM)
		print_confirm(challenge);
	else if (challenge->mode == SYMBOLON_CHOOSE)
		print_choose(challenge);
	else
		printf("\nType the %u digits that the sign-in page shows, or [d]eny / it's not me: [r]eport / [s]kip: ",
		       challenge->digits);
	fflush(stdout);
}

static bool is_word(const char *line, const char *letter, const char *word)
{
	return text_equal_nocase(line, letter) || text_equal_nocase(line, word);
}

static enum reply_kind decide(enum symbolon_decision decision, enum symbolon_decision *ret_decision)
{
	*ret_decision = decision;
	return REPLY_DECIDED;
}

/* By its place, 1 to 3, or by itself: numbers have two digits at least. */
static const char *choice_read(const struct symbolon_challenge *challenge, const char *line)
{
	if (strlen(line) == 1 && *line >= '1' && *line < '1' + SYMBOLON_CHOICES)
		return challenge->choices[*line - '1'];
	for (int i = 0; i < SYMBOLON_CHOICES; i++)
		if (strcmp(line, challenge->choices[i]) == 0)
			return challenge->choices[i];
	return NULL;
}

static bool number_read(struct question *question, const char *line)
{
	unsigned digits = question->challenge->digits;

	if (strlen(line) != digits || strspn(line, "0123456789") != digits)
		return false;
	memcpy(question->number, line, digits + 1);
	return true;
}

static enum reply_kind reply_sure(struct question *question, const char *line, enum symbolon_decision *ret_decision,
				  const char **ret_number)
{
	question->sure = false;
	if (!is_word(line, "y", "yes"))
		return REPLY_AGAIN;
	*ret_number = question->number;
	return decide(SYMBOLON_APPROVE, ret_decision);
}

enum reply_kind question_reply(struct question *question, const char *line, enum symbolon_decision *ret_decision,
			       const char **ret_number)
{
	const struct symbolon_challenge *challenge = question->challenge;

	if (question->sure)
		return reply_sure(question, line, ret_decision, ret_number);
	*ret_number = NULL;
	if (!*line || is_word(line, "s", "skip"))
		return REPLY_SKIP;
	if (is_word(line, "d", "deny"))
		return decide(SYMBOLON_DENY, ret_decision);
	if (is_word(line, "r", "report"))
		return decide(SYMBOLON_REPORT, ret_decision);
	switch (challenge->mode) {
	case SYMBOLON_CONFIRM:
		return is_word(line, "a", "approve") ? decide(SYMBOLON_APPROVE, ret_decision) : REPLY_AGAIN;
	case SYMBOLON_CHOOSE:
		if (is_word(line, "n", "none"))
			return decide(SYMBOLON_DENY, ret_decision);
		*ret_number = choice_read(challenge, line);
		return *ret_number ? decide(SYMBOLON_APPROVE, ret_decision) : REPLY_AGAIN;
	case SYMBOLON_ENTER:
		question->sure = number_read(question, line);
		return question->sure ? REPLY_SURE : REPLY_AGAIN;
	}
	return REPLY_AGAIN;
}
