#include "core/explain_prompt.h"

#include <string.h>

static struct prompt push_describe(struct arena *arena, const struct ask *ask)
{
	struct prompt prompt = {0};

	switch (ask->mode) {
	case MODE_CONFIRM:
		prompt.page = "shows a code of five letters";
		prompt.phone = "shows the same code, to compare, with Approve and Deny";
		prompt.odds = "depends on the person: a request approved without comparing is lost";
		break;
	case MODE_CHOOSE:
		prompt.page = arena_format(arena, "shows a number of %d digits", ask->digits);
		prompt.phone = "shows three numbers and \"none of these\"";
		prompt.odds = "1 in 3 when one is picked blindly";
		break;
	case MODE_ENTER:
		prompt.page = arena_format(arena, "shows a number of %d digits", ask->digits);
		prompt.phone = "asks to type that number; there is one try";
		prompt.odds = arena_format(arena, "1 in 1%.*s", ask->digits, "00000000");
		break;
	case MODE_NONE: break;
	}
	return prompt;
}

enum status prompt_describe(struct arena *arena, const struct ask *ask, unsigned totp_window, struct prompt *ret_prompt)
{
	struct prompt prompt = {0};

	switch (ask->factor) {
	case FACTOR_PASSWORD:
		prompt = (struct prompt){"asks for the password", "shows nothing", "depends on the password"};
		break;
	case FACTOR_PUSH: prompt = push_describe(arena, ask); break;
	case FACTOR_TOTP:
		prompt.page = "asks for the current code of an authenticator app";
		prompt.phone = "shows that code in the app, without a request";
		prompt.odds = arena_format(arena, "%u in 1000000", 2 * totp_window + 1);
		break;
	case FACTOR_RECOVERY:
		prompt = (struct prompt){"asks for a recovery code", "shows nothing", "1 in 2^112"};
		break;
	case FACTOR_PASS:
		prompt = (struct prompt){"asks for the temporary pass that an operator has issued", "shows nothing",
					 "at most 1 in 2^40, of a pass of 8 characters"};
		break;
	case FACTOR_NONE: return E_INVALID;
	}
	if (!prompt.page || !prompt.phone || !prompt.odds)
		return E_NOMEM;
	*ret_prompt = prompt;
	return OK;
}
