/* What a rule asks of one account in one browser. */
#include "core/policy_rules.h"

static bool account_has(const struct policy_input *input, enum factor factor)
{
	switch (factor) {
	case FACTOR_PASSWORD: return input->has.password;
	case FACTOR_PUSH: return input->has.device;
	case FACTOR_TOTP: return input->has.totp;
	case FACTOR_RECOVERY: return input->has.recovery;
	case FACTOR_PASS: return input->has.pass;
	case FACTOR_NONE: break;
	}
	return false;
}

/* After a denied, wrong or reported request a new browser gets no push that luck or habit could answer. */
static struct ask ask_caution(const struct ask *ask, const struct policy_input *input, bool *cautioned)
{
	struct ask careful = *ask;

	if (input->caution <= 0 || input->known_browser || ask->factor != FACTOR_PUSH)
		return careful;
	careful.mode = MODE_ENTER;
	if (careful.digits < input->caution)
		careful.digits = input->caution;
	if (careful.mode != ask->mode || careful.digits != ask->digits)
		*cautioned = true;
	return careful;
}

static void step_plan(struct plan *plan, size_t at, const struct step *wanted, const struct policy_input *input)
{
	struct step *step = &plan->steps[at];

	for (size_t i = 0; i < wanted->count; i++) {
		const struct ask *ask = &wanted->asks[i];

		if (account_has(input, ask->factor))
			step->asks[step->count++] = ask_caution(ask, input, &plan->cautioned);
		else
			plan->missing[at] |= 1u << ask->factor;
	}
	if (step->count == 0)
		plan->refusal = "no_factor";
}

void plan_make(const struct rule *rule, const struct policy_input *input, struct plan *ret_plan)
{
	struct plan plan = {.rule = rule};

	if (rule->deny || rule->step_count == 0)
		plan.refusal = "not_allowed";
	else
		for (size_t i = 0; i < rule->step_count; i++)
			step_plan(&plan, i, &rule->steps[i], input);
	plan.step_count = plan.refusal ? 0 : rule->step_count;
	*ret_plan = plan;
}

/* ---- the temporary pass at the account page ---- */

static bool step_wants_possession(const struct step *step)
{
	for (size_t i = 0; i < step->count; i++)
		if (step->asks[i].factor == FACTOR_PASS)
			return false; /* it is there already */
	for (size_t i = 0; i < step->count; i++)
		if (step->asks[i].factor != FACTOR_PASSWORD)
			return true;
	return step->count == 0;
}

/* A rule that asks for what the account does not have asks for the pass there. */
static void plan_make_without(struct plan *plan, const struct policy_input *input)
{
	const struct rule *rule = plan->rule;

	*plan = (struct plan){.rule = rule};
	for (size_t i = 0; i < rule->step_count; i++)
		step_plan(plan, i, &rule->steps[i], input);
	plan->refusal = NULL;
	plan->step_count = rule->step_count;
}

void plan_stand_in(struct plan *plan, const struct policy_input *input)
{
	if (plan->refusal && (plan->rule->deny || plan->rule->step_count == 0))
		return;
	if (plan->refusal)
		plan_make_without(plan, input);
	for (size_t i = 0; i < plan->step_count; i++) {
		struct step *step = &plan->steps[i];

		if (!step_wants_possession(step) || step->count == STEP_ASKS_MAX)
			continue;
		step->asks[step->count++] = (struct ask){.factor = FACTOR_PASS};
		plan->stood_in = true;
	}
}

unsigned plan_rank(const struct plan *plan)
{
	return plan->refusal ? RANK_REFUSAL : steps_rank(plan->steps, plan->step_count);
}

static void step_remove(struct plan *plan, size_t at)
{
	for (size_t i = at; i + 1 < plan->step_count; i++)
		plan->steps[i] = plan->steps[i + 1];
	plan->step_count--;
}

static bool step_insert(struct plan *plan, size_t at, const struct step *step)
{
	if (plan->step_count == POLICY_STEPS_MAX)
		return false;
	for (size_t i = plan->step_count; i > at; i--)
		plan->steps[i] = plan->steps[i - 1];
	plan->steps[at] = *step;
	plan->step_count++;
	return true;
}

/*
 * Asks for `step` too, at *at or after what answers it already. A step that the new one answers anyway makes room for
 * it, so nothing is asked twice.
 */
static bool step_add(struct plan *plan, size_t *at, const struct step *step)
{
	for (size_t i = 0; i < plan->step_count; i++)
		if (step_implies(&plan->steps[i], step)) {
			*at = *at > i + 1 ? *at : i + 1;
			return true;
		}
	for (size_t i = plan->step_count; i-- > 0;)
		if (step_implies(step, &plan->steps[i])) {
			step_remove(plan, i);
			if (i < *at)
				--*at;
		}
	return step_insert(plan, (*at)++, step);
}

static bool plan_with_password(struct plan *plan, const struct policy_input *input)
{
	const struct step password = {.asks = {{.factor = FACTOR_PASSWORD}}, .count = 1};
	size_t at = 0;

	return input->has.password && step_add(plan, &at, &password) &&
	       steps_are_multi_factor(plan->steps, plan->step_count);
}

static bool plan_with_default(struct plan *plan, const struct rule *fallback, const struct policy_input *input)
{
	struct plan standard;
	size_t at = 0;

	plan_make(fallback, input, &standard);
	if (standard.refusal)
		return false;
	for (size_t i = 0; i < standard.step_count; i++)
		if (!step_add(plan, &at, &standard.steps[i]))
			return false;
	plan->cautioned = plan->cautioned || standard.cautioned;
	return steps_are_multi_factor(plan->steps, plan->step_count);
}

/* Password, and any of what else the account has. */
static bool plan_with_all(struct plan *plan, const struct policy_input *input)
{
	static const struct rule all = {
		.name = "all",
		.steps = {{{{.factor = FACTOR_PASSWORD}}, 1},
			  {{{FACTOR_PUSH, MODE_ENTER, 6}, {.factor = FACTOR_TOTP}, {.factor = FACTOR_RECOVERY}}, 3}},
		.step_count = 2};

	return plan_with_default(plan, &all, input);
}

bool plan_raise(struct plan *plan, const struct rule *fallback, const struct policy_input *input)
{
	struct plan raised = *plan;

	if (plan->refusal)
		return false;
	if (!plan_with_password(&raised, input)) {
		raised = *plan;
		if (!plan_with_default(&raised, fallback, input)) {
			raised = *plan;
			if (!input->strongest || !plan_with_all(&raised, input))
				return false;
		}
	}
	raised.raised = true;
	*plan = raised;
	return true;
}
