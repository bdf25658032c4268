#ifndef CORE_EXPLAIN_PROMPT_H
#define CORE_EXPLAIN_PROMPT_H

#include "core/policy.h"

/* What a person meets for one ask, in words for the operator. The strings live in the arena; NULL: out of memory. */
struct prompt {
	const char *page;
	const char *phone;
	const char *odds; /* of somebody who only guesses, once */
};
enum status must_check prompt_describe(struct arena *arena, const struct ask *ask, unsigned totp_window,
				       struct prompt *ret_prompt);

#endif
