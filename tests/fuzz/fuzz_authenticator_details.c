/* A challenge's details, and enrolment links: whatever is taken must be fit to be shown, asked and answered. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "show.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void mode_check(const struct symbolon_challenge *challenge)
{
	switch (challenge->mode) {
	case SYMBOLON_CONFIRM:
		if (strlen(challenge->code) != SYMBOLON_CODE_LENGTH || !text_is_displayable(challenge->code))
			abort();
		break;
	case SYMBOLON_CHOOSE:
		for (int i = 0; i < SYMBOLON_CHOICES; i++)
			if (strspn(challenge->choices[i], "0123456789") != strlen(challenge->choices[i]))
				abort();
		break;
	case SYMBOLON_ENTER:
		if (challenge->digits < SYMBOLON_DIGITS_MIN || challenge->digits > SYMBOLON_DIGITS_MAX)
			abort();
		break;
	}
}

/* No line may approve but those that the mode has. */
static void question_check(const struct symbolon_challenge *challenge)
{
	static const char *const never[] = {"", "y", "yes", "ok", "x", "\033"};

	for (size_t i = 0; i < ARRAY_COUNT(never); i++) {
		struct question question = {.challenge = challenge};
		enum symbolon_decision decision = SYMBOLON_DENY;
		const char *number = NULL;
		if (question_reply(&question, never[i], &decision, &number) == REPLY_DECIDED)
			abort();
	}
}

static void details_check(const void *data, size_t size)
{
	struct symbolon_challenge *challenge = NULL;
	struct arena *arena = arena_new(64 * 1024);

	if (symbolon_details_parse(data, size, &challenge) == SYMBOLON_OK) {
		mode_check(challenge);
		question_check(challenge);
		if (challenge->details_size != size || memcmp(challenge->details, data, size) != 0)
			abort();
		if (*shown(arena, challenge->client_name) &&
		    !text_is_displayable(shown(arena, challenge->client_name)) &&
		    strspn(shown(arena, challenge->client_name), " ") != strlen(shown(arena, challenge->client_name)))
			abort();
	}
	symbolon_challenge_free(&challenge);
	arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct symbolon_link link;
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	details_check(data, size);
	if (symbolon_link_parse(text, &link) == SYMBOLON_OK && (strlen(link.id) != 22 || strlen(link.secret) != 22))
		abort();
	free(text);
	return 0;
}
