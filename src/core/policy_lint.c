/* What is allowed in a policy and yet hardly meant. */
#include "core/policy_rules.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

typedef enum status (*warn_fn)(const char *rule, const char *warning, void *ctx);

struct lint {
	const struct policy *policy;
	const struct rule *rule;
	size_t at; /* of the rule; rule_count for the default */
	warn_fn fn;
	void *ctx;
};

#define WARNING_SIZE 320

static enum status warn(const struct lint *lint, const char *warning)
{
	return lint->fn(lint->rule->name, warning, lint->ctx);
}

static const struct ask *step_find(const struct step *step, enum factor factor)
{
	for (size_t i = 0; i < step->count; i++)
		if (step->asks[i].factor == factor)
			return &step->asks[i];
	return NULL;
}

/* ---- one rule by itself ---- */

/* A stranger who knows no more than a name gets this far. */
static enum status lint_first_step(const struct lint *lint)
{
	const struct rule *rule = lint->rule;

	if (rule->deny || rule->browser == BROWSER_KNOWN)
		return OK;
	if (step_find(&rule->steps[0], FACTOR_TOTP) || step_find(&rule->steps[0], FACTOR_RECOVERY) ||
	    step_find(&rule->steps[0], FACTOR_PASS))
		TRY(warn(lint, "asks for a code before anything else in new browsers: whoever knows a name may try "
			       "codes, within a "
			       "budget of its own; ask for the password first"));
	if (step_find(&rule->steps[0], FACTOR_PUSH))
		TRY(warn(lint, "sends a push before anything else in new browsers: whoever knows a name can make "
			       "phones ring; ask for "
			       "the password first"));
	return OK;
}

/* NIST SP 800-63B-4 section 3.1.3 disallows comparison; choosing among three is 1 in 3 by luck. */
static enum status lint_easy_push(const struct lint *lint)
{
	static const char *const administrators[] = {"admin",          "admins", "administrator",
						     "administrators", "root",   "wheel"};
	bool of_administrators = false;

	for (size_t i = 0; i < ARRAY_COUNT(administrators); i++)
		of_administrators = of_administrators || word_list_has(&lint->rule->groups, administrators[i]);
	for (size_t i = 0; i < lint->rule->step_count; i++) {
		const struct ask *push = step_find(&lint->rule->steps[i], FACTOR_PUSH);

		if (!push || push->mode == MODE_ENTER)
			continue;
		if (of_administrators)
			TRY(warn(lint, "lets administrators answer a push without typing a number; use push:enter"));
		else if (lint->rule->browser != BROWSER_KNOWN)
			TRY(warn(lint, "asks new browsers for a push that habit or luck can answer; use push:enter, or "
				       "add known_browser: true"));
	}
	return OK;
}

static enum status lint_digits(const struct lint *lint)
{
	char warning[WARNING_SIZE];

	for (size_t i = 0; i < lint->rule->step_count; i++) {
		const struct ask *push = step_find(&lint->rule->steps[i], FACTOR_PUSH);

		if (!push || push->mode != MODE_ENTER || push->digits >= 6 || lint->rule->browser == BROWSER_KNOWN)
			continue;
		snprintf(warning, sizeof(warning),
			 "push:enter:%d has less than 20 bits: only 6 digits or more count as out-of-band (NIST SP "
			 "800-63B-4)",
			 push->digits);
		TRY(warn(lint, warning));
	}
	return OK;
}

static enum status lint_password_alone(const struct lint *lint)
{
	for (size_t i = 0; i < lint->rule->step_count; i++)
		if (!step_find(&lint->rule->steps[i], FACTOR_PASSWORD))
			return OK;
	return lint->rule->deny ? OK : warn(lint, "can be passed with a password alone");
}

static enum status lint_idle_steps(const struct lint *lint)
{
	char warning[WARNING_SIZE];

	for (size_t i = 0; i < lint->rule->step_count; i++)
		for (size_t j = 0; j < lint->rule->step_count; j++) {
			const struct step *asked = &lint->rule->steps[i], *idle = &lint->rule->steps[j];

			if (i == j || !step_implies(asked, idle) || (j < i && step_implies(idle, asked)))
				continue; /* of two that are alike the later one is idle */
			snprintf(warning, sizeof(warning), "step %zu asks nothing that step %zu does not ask already",
				 j + 1, i + 1);
			TRY(warn(lint, warning));
		}
	return OK;
}

/* ---- rules among rules ---- */

static bool words_cover(const struct word_list *outer, const struct word_list *inner)
{
	if (outer->count == 0)
		return true;
	for (size_t i = 0; i < inner->count; i++)
		if (!word_list_has(outer, inner->items[i]))
			return false;
	return inner->count > 0;
}

static bool networks_cover(const struct rule *outer, const struct rule *inner)
{
	if (outer->network_count == 0)
		return true;
	for (size_t i = 0; i < inner->network_count; i++) {
		bool covered = false;

		for (size_t j = 0; j < outer->network_count && !covered; j++)
			covered = network_has(&outer->networks[j], &inner->networks[i]);
		if (!covered)
			return false;
	}
	return inner->network_count > 0;
}

/* Whether `outer` matches whenever `inner` does. */
static bool rule_covers(const struct rule *outer, const struct rule *inner)
{
	return words_cover(&outer->clients, &inner->clients) && words_cover(&outer->groups, &inner->groups) &&
	       words_cover(&outer->acrs, &inner->acrs) &&
	       (outer->browser == BROWSER_ANY || outer->browser == inner->browser) && networks_cover(outer, inner);
}

static enum status lint_unreachable(const struct lint *lint)
{
	char warning[WARNING_SIZE];

	for (size_t i = 0; i < lint->at; i++) {
		if (!rule_covers(&lint->policy->rules[i], lint->rule))
			continue;
		snprintf(warning, sizeof(warning),
			 "can never decide: the rule \"%s\" before it matches whenever it would",
			 lint->policy->rules[i].name);
		return warn(lint, warning);
	}
	return OK;
}

static unsigned rule_rank(const struct rule *rule)
{
	return rule->deny ? RANK_REFUSAL : steps_rank(rule->steps, rule->step_count);
}

/* Whoever starts a sign-in writes its acr_values: a rule that asks less for them is open to everybody. */
static enum status lint_acr_asks_less(const struct lint *lint)
{
	const struct policy *policy = lint->policy;
	char warning[WARNING_SIZE];

	if (lint->rule->acrs.count == 0)
		return OK;
	for (size_t i = lint->at + 1; i <= policy->rule_count; i++) {
		const struct rule *next = i < policy->rule_count ? &policy->rules[i] : &policy->fallback;

		if (next->acrs.count > 0 || !rule_covers(next, lint->rule))
			continue;
		if (rule_rank(next) <= rule_rank(lint->rule))
			return OK;
		snprintf(warning, sizeof(warning),
			 "asks less than \"%s\", which decides without acr: anybody can add acr_values to a request",
			 next->name);
		return warn(lint, warning);
	}
	return OK;
}

static enum status (*const checks[])(const struct lint *lint) = {
	lint_unreachable, lint_first_step, lint_password_alone, lint_easy_push,
	lint_digits,      lint_idle_steps, lint_acr_asks_less,
};

enum status policy_lint(const struct policy *policy,
			enum status (*fn)(const char *rule, const char *warning, void *ctx), void *ctx)
{
	struct lint lint = {.policy = policy, .fn = fn, .ctx = ctx};

	for (lint.at = 0; lint.at <= policy->rule_count; lint.at++) {
		lint.rule = lint.at < policy->rule_count ? &policy->rules[lint.at] : &policy->fallback;
		for (size_t i = 0; i < ARRAY_COUNT(checks); i++)
			TRY(checks[i](&lint));
	}
	return OK;
}
