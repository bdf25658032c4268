#ifndef CORE_POLICY_RULES_H
#define CORE_POLICY_RULES_H

/* What the parts of policy share: policy_load.c (from YAML), policy_match.c (which rule), policy_strength.c (how much
 * it asks), policy.c (the decision), policy_trace.c and policy_lint.c. */

#include "base/network.h"
#include "core/policy.h"

/* No word: the rule does not look at it. */
struct word_list {
	const char **items;
	size_t count;
};

enum browser_wanted { BROWSER_ANY = 0, BROWSER_NEW, BROWSER_KNOWN };

enum condition {
	CONDITION_CLIENT = 1,
	CONDITION_GROUP = 2,
	CONDITION_BROWSER = 4,
	CONDITION_NETWORK = 8,
	CONDITION_ACR = 16,
};

struct rule {
	const char *name;
	struct word_list clients, groups, acrs;
	struct network *networks;
	const char **network_texts;
	size_t network_count;
	enum browser_wanted browser;
	bool deny;
	struct step steps[POLICY_STEPS_MAX];
	size_t step_count;
};

struct policy {
	struct rule *rules;
	size_t rule_count;
	struct rule fallback; /* the default */
	char mark[POLICY_MARK_SIZE];
};

/* ---- policy_match.c ---- */
bool word_list_has(const struct word_list *list, const char *word);
/* The condition bits that the rule has. */
unsigned rule_conditions(const struct rule *rule);

struct rule_match {
	unsigned failed; /* condition bits; 0: it matches */
	bool unsure;     /* the network condition could not be judged: the address cannot be understood */
};
struct rule_match rule_match(const struct rule *rule, const struct policy_input *input);
/* "client is payroll, the rule wants wiki": the first failed condition. NULL: no memory. */
char *rule_match_explain(struct arena *arena, const struct rule *rule, const struct policy_input *input,
			 unsigned failed);

/* ---- policy_strength.c ---- */
#define ACR_NONE_BIT 1u
#define ACR_PWD_BIT  2u
#define ACR_OTP_BIT  4u
#define ACR_SWK_BIT  8u
#define ACR_MFA_BIT  16u
/* The acr that the steps can end with, one bit each, over every choice among alternatives. */
unsigned steps_acrs(const struct step *steps, size_t count);
const char *acr_bit_name(unsigned bit);
/* Whether every way through the steps is multi-factor. */
bool steps_are_multi_factor(const struct step *steps, size_t count);
/* Whether a proof for `ask` satisfies `wanted`. */
bool ask_satisfies(const struct ask *ask, const struct ask *wanted);
/* Whether whatever satisfies `step` also satisfies `wanted`. */
bool step_implies(const struct step *step, const struct step *wanted);
/* A total order of how much steps ask: multi-factor first, then the number of steps, then their weakest asks. */
unsigned steps_rank(const struct step *steps, size_t count);
#define RANK_REFUSAL 1000000u /* above any steps */

/* ---- policy_ask.c ---- */
/* What one rule would mean for this account and browser. */
struct plan {
	const struct rule *rule;
	const char *refusal; /* NULL: it asks */
	struct step steps[POLICY_STEPS_MAX];
	size_t step_count;
	unsigned missing[POLICY_STEPS_MAX]; /* for each step of the rule, bit 1 << factor: left out */
	bool cautioned;                     /* a push was made stricter by caution */
	bool raised;                        /* steps were added for a requested acr */
	bool stood_in;                      /* a temporary pass was offered in place of something */
};
/* Offers the pass beside push, totp and recovery, and where a step has nothing left; denials stay. */
void plan_stand_in(struct plan *plan, const struct policy_input *input);
void plan_make(const struct rule *rule, const struct policy_input *input, struct plan *ret_plan);
unsigned plan_rank(const struct plan *plan);
/* Adds to `plan` what the default asks, or a password, so that it becomes multi-factor; false and untouched if that
 * cannot be. */
bool plan_raise(struct plan *plan, const struct rule *fallback, const struct policy_input *input);

/* ---- policy.c ---- */
/* The plan for this input, raised to a requested acr where that can be. `ret_unsure`: the address was not understood
 * and mattered. */
void plan_choose(const struct policy *policy, const struct policy_input *input, struct plan *ret_plan,
		 bool *ret_unsure);
/* Whether multi-factor is requested. */
bool input_wants_mfa(const struct policy_input *input);

/* ---- why.c ---- */
/* The key of the sentence; static. */
const char *why_choose(const struct policy *policy, const struct policy_input *input, const struct plan *plan);

/* ---- policy_trace.c ---- */
/* Fills decision->trace from the rest of the decision; E_NOMEM. */
enum status must_check trace_make(struct arena *arena, const struct policy *policy, const struct policy_input *input,
				  const struct plan *plan, struct decision *decision);
/* ["push:enter:6", …] for each step. */
json_t *steps_format(const struct step *steps, size_t count);

#endif
