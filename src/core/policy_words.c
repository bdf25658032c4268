/* The words of policy: factors, modes and asks as they are written. */
#include "core/policy.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

static const char *const factor_names[] = {
	[FACTOR_NONE] = "none", [FACTOR_PASSWORD] = "password", [FACTOR_PUSH] = "push",
	[FACTOR_TOTP] = "totp", [FACTOR_RECOVERY] = "recovery", [FACTOR_PASS] = "pass",
};
static const char *const mode_names[] = {
	[MODE_NONE] = "none",
	[MODE_CONFIRM] = "confirm",
	[MODE_CHOOSE] = "choose",
	[MODE_ENTER] = "enter",
};

const char *factor_name(enum factor factor)
{
	return (size_t)factor < ARRAY_COUNT(factor_names) ? factor_names[factor] : factor_names[FACTOR_NONE];
}

const char *push_mode_name(enum push_mode mode)
{
	return (size_t)mode < ARRAY_COUNT(mode_names) ? mode_names[mode] : mode_names[MODE_NONE];
}

enum factor factor_parse(const char *name)
{
	for (size_t i = FACTOR_PASSWORD; name && i < ARRAY_COUNT(factor_names); i++)
		if (strcmp(name, factor_names[i]) == 0)
			return (enum factor)i;
	return FACTOR_NONE;
}

enum push_mode push_mode_parse(const char *name)
{
	for (size_t i = MODE_CONFIRM; name && i < ARRAY_COUNT(mode_names); i++)
		if (strcmp(name, mode_names[i]) == 0)
			return (enum push_mode)i;
	return MODE_NONE;
}

const char *ask_format(const struct ask *ask, char out[ASK_TEXT_SIZE])
{
	if (ask->factor != FACTOR_PUSH)
		snprintf(out, ASK_TEXT_SIZE, "%s", factor_name(ask->factor));
	else if (ask->mode == MODE_CONFIRM || ask->mode == MODE_NONE)
		snprintf(out, ASK_TEXT_SIZE, "push:%s", push_mode_name(ask->mode));
	else
		snprintf(out, ASK_TEXT_SIZE, "push:%s:%d", push_mode_name(ask->mode), ask->digits);
	return out;
}

/* The text before the next ':' in `word`; the rest, or NULL, in *rest. */
static const char *part_take(char *word, char **rest)
{
	char *colon = strchr(word, ':');

	*rest = colon ? colon + 1 : NULL;
	if (colon)
		*colon = '\0';
	return word;
}

static enum status push_parse(char *rest, const struct ask_defaults *defaults, struct ask *ask)
{
	char *digits;
	int64_t value;

	if (!rest)
		return E_INVALID;
	ask->mode = push_mode_parse(part_take(rest, &digits));
	if (ask->mode == MODE_NONE || (ask->mode == MODE_CONFIRM && digits))
		return E_INVALID;
	if (ask->mode == MODE_CONFIRM)
		return OK;
	ask->digits = ask->mode == MODE_CHOOSE ? defaults->choose_digits : defaults->enter_digits;
	if (!digits)
		return OK;
	TRY(text_parse_int(digits, DIGITS_MIN, DIGITS_MAX, &value));
	ask->digits = (int)value;
	return OK;
}

enum status ask_parse(const char *text, size_t size, const struct ask_defaults *defaults, struct ask *ret_ask)
{
	char word[ASK_TEXT_SIZE] = {0};
	struct ask ask = {0};
	char *rest;

	if (size >= sizeof(word) || memchr(text, '\0', size))
		return E_INVALID;
	memcpy(word, text, size);
	ask.factor = factor_parse(part_take(word, &rest));
	if (ask.factor == FACTOR_PUSH)
		TRY(push_parse(rest, defaults, &ask));
	else if (ask.factor == FACTOR_NONE || rest)
		return E_INVALID;
	*ret_ask = ask;
	return OK;
}
