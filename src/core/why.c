#include "core/why.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "core/policy_rules.h"

#define NAME_MAX_CHARS 64
#define KEY_SIZE       32

#define SENTENCES(SENTENCE)                                                                                            \
	SENTENCE("confirm_new_browser", "{client} asks you to compare a code because this browser is new.")            \
	SENTENCE("confirm_known_browser",                                                                              \
		 "{client} only asks you to compare a code because you have used this browser before.")                \
	SENTENCE("confirm_network", "{client} asks you to compare a code because of the network you are on.")          \
	SENTENCE("confirm_group", "{client} asks you to compare a code because of a group you are in.")                \
	SENTENCE("confirm_client", "{client} always asks you to compare a code.")                                      \
	SENTENCE("confirm_default", "{client} asks you to compare a code, as most services here do.")                  \
	SENTENCE("choose_new_browser", "{client} asks you to pick a number because this browser is new.")              \
	SENTENCE("choose_known_browser",                                                                               \
		 "{client} only asks you to pick a number because you have used this browser before.")                 \
	SENTENCE("choose_network", "{client} asks you to pick a number because of the network you are on.")            \
	SENTENCE("choose_group", "{client} asks you to pick a number because of a group you are in.")                  \
	SENTENCE("choose_client", "{client} always asks you to pick a number.")                                        \
	SENTENCE("choose_default", "{client} asks you to pick a number, as most services here do.")                    \
	SENTENCE("enter_new_browser", "{client} asks for the number because this browser is new.")                     \
	SENTENCE("enter_known_browser",                                                                                \
		 "{client} only asks for the number because you have used this browser before.")                       \
	SENTENCE("enter_network", "{client} asks for the number because of the network you are on.")                   \
	SENTENCE("enter_group", "{client} asks for the number because of a group you are in.")                         \
	SENTENCE("enter_client", "{client} always asks for the number.")                                               \
	SENTENCE("enter_default", "{client} asks for the number, as most services here do.")                           \
	SENTENCE("code_new_browser", "{client} asks for a code because this browser is new.")                          \
	SENTENCE("code_known_browser", "{client} only asks for a code because you have used this browser before.")     \
	SENTENCE("code_network", "{client} asks for a code because of the network you are on.")                        \
	SENTENCE("code_group", "{client} asks for a code because of a group you are in.")                              \
	SENTENCE("code_client", "{client} always asks for a code.")                                                    \
	SENTENCE("code_default", "{client} asks for a code, as most services here do.")                                \
	SENTENCE("caution",                                                                                            \
		 "Because a recent request was refused, {client} asks for a longer number in new browsers.")           \
	SENTENCE("requested", "{client} asked for this kind of sign-in.")                                              \
	SENTENCE("password_only", "{client} asks only for your password.")                                             \
	SENTENCE("not_allowed", "{client} is not open to this account.")                                               \
	SENTENCE("no_factor", "{client} needs a way of signing in that this account does not have.")

#define KEY(key, template)      key,
#define TEMPLATE(key, template) template,
const char *const why_keys[] = {SENTENCES(KEY)};
const size_t why_key_count = ARRAY_COUNT(why_keys);
static const char *const templates[] = {SENTENCES(TEMPLATE)};

static size_t key_find(const char *key)
{
	size_t at = 0;

	while (at < why_key_count && strcmp(why_keys[at], key) != 0)
		at++;
	return at;
}

const char *why_template(const char *key)
{
	size_t at = key_find(key);

	return at < why_key_count ? templates[at] : NULL;
}

static enum status name_clean(struct arena *arena, const char *name, char **ret_name)
{
	TRY(text_clean(arena, name, strlen(name), NAME_MAX_CHARS, ret_name));
	if (!text_is_displayable(*ret_name))
		*ret_name = arena_strdup(arena, "This service");
	return *ret_name ? OK : E_NOMEM;
}

enum status why_format(struct arena *arena, const char *key, const char *client_name, char **ret_sentence)
{
	static const char hole[] = "{client}";
	const char *template = why_template(key);
	const char *at = template ? strstr(template, hole) : NULL;
	char *name, *sentence;

	if (!at)
		return E_INVALID;
	TRY(name_clean(arena, client_name ? client_name : "", &name));
	sentence = arena_format(arena, "%.*s%s%s", (int)(at - template), template, name, at + strlen(hole));
	if (!sentence)
		return E_NOMEM;
	*ret_sentence = sentence;
	return OK;
}

/* What the person will notice: the first thing offered that is not the password. */
static const struct ask *headline(const struct plan *plan)
{
	for (size_t i = 0; i < plan->step_count; i++)
		if (plan->steps[i].asks[0].factor != FACTOR_PASSWORD)
			return &plan->steps[i].asks[0];
	return &plan->steps[0].asks[0];
}

/* Whether an earlier rule would have decided but for this one condition, and would have asked less (or more). */
static bool was_close(const struct policy *policy, const struct policy_input *input, const struct plan *plan,
		      unsigned condition, bool less)
{
	for (size_t i = 0; i < policy->rule_count && plan->rule != &policy->rules[i]; i++) {
		struct plan other;

		if (rule_match(&policy->rules[i], input).failed != condition)
			continue;
		plan_make(&policy->rules[i], input, &other);
		if (less ? plan_rank(&other) < plan_rank(plan) : plan_rank(&other) > plan_rank(plan))
			return true;
	}
	return false;
}

static const char *reason_of(const struct policy *policy, const struct policy_input *input, const struct plan *plan)
{
	unsigned has = rule_conditions(plan->rule);

	if ((has & CONDITION_BROWSER) || was_close(policy, input, plan, CONDITION_BROWSER, !input->known_browser))
		return input->known_browser ? "known_browser" : "new_browser";
	if ((has & CONDITION_NETWORK) || was_close(policy, input, plan, CONDITION_NETWORK, true))
		return "network";
	if (has & CONDITION_GROUP)
		return "group";
	return has & CONDITION_CLIENT ? "client" : "default";
}

static const char *mode_of(const struct ask *ask)
{
	return ask->factor == FACTOR_PUSH ? push_mode_name(ask->mode) : "code";
}

const char *why_choose(const struct policy *policy, const struct policy_input *input, const struct plan *plan)
{
	const struct ask *ask;
	char key[KEY_SIZE];

	if (plan->refusal)
		return why_keys[key_find(plan->refusal)];
	ask = headline(plan);
	if (plan->cautioned && ask->factor == FACTOR_PUSH)
		return why_keys[key_find("caution")];
	if (plan->raised || (rule_conditions(plan->rule) & CONDITION_ACR))
		return why_keys[key_find("requested")];
	if (ask->factor == FACTOR_PASSWORD)
		return why_keys[key_find("password_only")];
	snprintf(key, sizeof(key), "%s_%s", mode_of(ask), reason_of(policy, input, plan));
	return why_keys[key_find(key)];
}
