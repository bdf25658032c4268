/* The decision: a pure function of policy and input. */
#include "core/policy_rules.h"

#include <string.h>

#include "base/text.h"
#include "core/why.h"

bool input_wants_mfa(const struct policy_input *input)
{
	return input->acr_values && words_has(input->acr_values, "mfa");
}

static void candidate_make(const struct policy *policy, const struct rule *rule, const struct policy_input *input,
			   struct plan *ret_plan)
{
	plan_make(rule, input, ret_plan);
	if (input_wants_mfa(input) && !ret_plan->refusal &&
	    !steps_are_multi_factor(ret_plan->steps, ret_plan->step_count))
		(void)plan_raise(ret_plan, &policy->fallback, input); /* where that cannot be, the trace says so */
	if (input->pass_stands_in && input->has.pass)
		plan_stand_in(ret_plan, input);
}

/* The first rule that surely matches ends the search; of those that perhaps match, the one that asks most is kept. */
void plan_choose(const struct policy *policy, const struct policy_input *input, struct plan *ret_plan, bool *ret_unsure)
{
	struct plan best = {0};
	bool unsure = false, sure = false;

	for (size_t i = 0; i <= policy->rule_count && !sure; i++) {
		const struct rule *rule = i < policy->rule_count ? &policy->rules[i] : &policy->fallback;
		struct rule_match match = rule_match(rule, input);
		struct plan candidate;

		if (match.failed)
			continue;
		candidate_make(policy, rule, input, &candidate);
		if (!best.rule || plan_rank(&candidate) > plan_rank(&best))
			best = candidate;
		sure = !match.unsure;
		unsure = unsure || match.unsure;
	}
	*ret_plan = best;
	*ret_unsure = unsure;
}

const char *policy_mark(const struct policy *policy)
{
	return policy->mark;
}

enum status policy_evaluate(struct arena *arena, const struct policy *policy, const struct policy_input *input,
			    struct decision *ret_decision)
{
	struct decision decision = {0};
	struct plan plan;
	char *why;
	bool unsure;

	plan_choose(policy, input, &plan, &unsure);
	decision.outcome = plan.refusal ? DECISION_REFUSE : DECISION_ASK;
	decision.refusal = plan.refusal;
	decision.rule = plan.rule->name;
	memcpy(decision.policy, policy->mark, sizeof(decision.policy));
	decision.step_count = plan.step_count;
	memcpy(decision.steps, plan.steps, plan.step_count * sizeof(plan.steps[0]));
	decision.why_key = why_choose(policy, input, &plan);
	TRY(why_format(arena, decision.why_key, input->client_name ? input->client_name : input->client_id, &why));
	decision.why = why;
	TRY(trace_make(arena, policy, input, &plan, &decision));
	*ret_decision = decision;
	return OK;
}
