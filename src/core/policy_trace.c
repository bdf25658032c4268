/* The trace of a decision, and the decision as it is stored. */
#include "core/policy_rules.h"

#include <string.h>

#include "base/text.h"

#define SHOWN_MAX   200
#define TRACE_DEPTH 6

static void json_release(void *json)
{
	json_decref(json);
}

/* An object that goes with the arena; NULL when out of memory. */
static json_t *arena_object(struct arena *arena, json_t *object)
{
	return object && arena_defer(arena, json_release, object) == 0 ? object : NULL;
}

/* A string from outside, fit to be shown; null for NULL. */
static json_t *shown(const char *string)
{
	struct text clean;
	json_t *json;

	if (!string)
		return json_null();
	text_init(&clean, 8 * SHOWN_MAX);
	text_add_clean(&clean, string, strlen(string), SHOWN_MAX);
	json = clean.failed ? NULL : json_string(clean.data ? clean.data : "");
	text_done(&clean);
	return json;
}

json_t *steps_format(const struct step *steps, size_t count)
{
	json_t *list = json_array();
	int failed = list ? 0 : -1;

	for (size_t i = 0; i < count && !failed; i++) {
		json_t *asks = json_array();
		char word[ASK_TEXT_SIZE];

		failed |= json_array_append_new(list, asks);
		for (size_t j = 0; j < steps[i].count && !failed; j++)
			failed |= json_array_append_new(asks, json_string(ask_format(&steps[i].asks[j], word)));
	}
	if (failed) {
		json_decref(list);
		return NULL;
	}
	return list;
}

static int look_add(json_t *list, struct arena *arena, const struct rule *rule, const struct policy_input *input)
{
	struct rule_match match = rule_match(rule, input);
	json_t *look = json_object();
	const char *why;
	int failed = json_array_append_new(list, look);

	if (failed)
		return failed;
	failed |= json_object_set_new(look, "rule", shown(rule->name));
	failed |= json_object_set_new(look, "matched",
				      match.unsure && !match.failed ? json_string("perhaps")
								    : json_boolean(!match.failed));
	if (match.failed) {
		why = rule_match_explain(arena, rule, input, match.failed);
		failed |= json_object_set_new(look, "failed", why ? json_string(why) : NULL);
	}
	return failed;
}

static json_t *looked_at(struct arena *arena, const struct policy *policy, const struct policy_input *input)
{
	json_t *list = json_array();
	int failed = list ? 0 : -1;
	bool sure = false;

	for (size_t i = 0; i <= policy->rule_count && !sure && !failed; i++) {
		const struct rule *rule = i < policy->rule_count ? &policy->rules[i] : &policy->fallback;
		struct rule_match match = rule_match(rule, input);

		failed |= look_add(list, arena, rule, input);
		sure = !match.failed && !match.unsure;
	}
	if (failed) {
		json_decref(list);
		return NULL;
	}
	return list;
}

static json_t *left_out(const struct plan *plan)
{
	json_t *list = json_array();
	int failed = list ? 0 : -1;

	for (size_t i = 0; i < POLICY_STEPS_MAX && !failed; i++)
		for (unsigned factor = FACTOR_PASSWORD; factor <= FACTOR_PASS && !failed; factor++)
			if (plan->missing[i] & (1u << factor))
				failed |= json_array_append_new(list,
								json_pack("{s:i, s:s, s:s}", "step", (int)i + 1,
									  "factor", factor_name((enum factor)factor),
									  "because", "the account has none"));
	if (failed) {
		json_decref(list);
		return NULL;
	}
	return list;
}

static int note_add(json_t *list, bool holds, const char *note)
{
	return holds ? json_array_append_new(list, json_string(note)) : 0;
}

static json_t *notes(const struct policy *policy, const struct policy_input *input, const struct plan *plan)
{
	bool phr = input->acr_values && (words_has(input->acr_values, "phr") || words_has(input->acr_values, "phrh"));
	bool short_of_mfa = input_wants_mfa(input) && !plan->refusal && !plan->stood_in &&
			    !steps_are_multi_factor(plan->steps, plan->step_count);
	json_t *list = json_array();
	struct plan ignored;
	bool unsure;
	int failed = list ? 0 : -1;

	plan_choose(policy, input, &ignored, &unsure);
	failed |= note_add(
		list, unsure,
		"The address cannot be understood: of the rules that may apply, the one that asks most decides.");
	failed |= note_add(
		list, plan->cautioned,
		"A request was denied, wrong or reported lately: a push in a new browser asks for a typed number.");
	failed |= note_add(list, plan->stood_in,
			   "A temporary pass is in force: at the account page it may be used in place of what is "
			   "missing or lost.");
	failed |= note_add(list, plan->raised, "The service requested mfa: what is missing for it is asked too.");
	failed |= note_add(
		list, short_of_mfa,
		"The service requested mfa, which this account cannot reach here; the ID token says what was proven.");
	failed |= note_add(list, phr,
			   "The service requested resistance to phishing, which no factor here has; the ID token does "
			   "not claim it.");
	if (failed) {
		json_decref(list);
		return NULL;
	}
	return list;
}

static json_t *acrs(const struct plan *plan)
{
	unsigned bits = plan->refusal ? 0 : steps_acrs(plan->steps, plan->step_count);
	json_t *list = json_array();
	int failed = list ? 0 : -1;

	for (unsigned bit = ACR_NONE_BIT; bit <= ACR_MFA_BIT && !failed; bit <<= 1)
		if (bits & bit)
			failed |= json_array_append_new(list, json_string(acr_bit_name(bit)));
	if (failed) {
		json_decref(list);
		return NULL;
	}
	return list;
}

static json_t *input_format(const struct policy_input *input)
{
	json_t *object = json_object();
	json_t *groups = json_array();
	int failed = object && groups ? 0 : -1;

	for (size_t i = 0; i < input->group_count && !failed; i++)
		failed |= json_array_append_new(groups, shown(input->groups[i]));
	failed |= json_object_set_new(object, "client", shown(input->client_id));
	failed |= json_object_set_new(object, "groups", groups);
	failed |= json_object_set_new(object, "known_browser", json_boolean(input->known_browser));
	failed |= json_object_set_new(object, "ip", shown(input->ip));
	failed |= json_object_set_new(object, "ip_understood", json_boolean(input->ip_trusted));
	failed |= json_object_set_new(object, "acr_values", shown(input->acr_values));
	failed |= json_object_set_new(object, "caution", json_integer(input->caution));
	failed |= json_object_set_new(object, "has",
				      json_pack("{s:b, s:b, s:b, s:b, s:b}", "password", input->has.password, "device",
						input->has.device, "totp", input->has.totp, "recovery",
						input->has.recovery, "pass", input->has.pass));
	if (failed) {
		json_decref(object);
		return NULL;
	}
	return object;
}

/* What decision_parse reads back. */
static int decided_set(json_t *trace, const struct decision *decision)
{
	bool asks = decision->outcome == DECISION_ASK;
	int failed = json_object_set_new(trace, "outcome", json_string(asks ? "ask" : "refuse"));

	if (!asks)
		failed |= json_object_set_new(trace, "refusal", json_string(decision->refusal));
	failed |= json_object_set_new(trace, "rule", json_string(decision->rule));
	failed |= json_object_set_new(trace, "policy", json_string(decision->policy));
	failed |= json_object_set_new(trace, "asked", steps_format(decision->steps, decision->step_count));
	failed |= json_object_set_new(trace, "why_key", json_string(decision->why_key));
	failed |= json_object_set_new(trace, "why", json_string(decision->why));
	return failed;
}

enum status trace_make(struct arena *arena, const struct policy *policy, const struct policy_input *input,
		       const struct plan *plan, struct decision *decision)
{
	json_t *trace = arena_object(arena, json_object());
	int failed;

	if (!trace)
		return E_NOMEM;
	failed = decided_set(trace, decision);
	failed |= json_object_set_new(trace, "looked_at", looked_at(arena, policy, input));
	failed |= json_object_set_new(trace, "left_out", left_out(plan));
	failed |= json_object_set_new(trace, "caution", json_integer(plan->cautioned ? input->caution : 0));
	failed |= json_object_set_new(trace, "notes", notes(policy, input, plan));
	failed |= json_object_set_new(trace, "acr", acrs(plan));
	failed |= json_object_set_new(trace, "input", input_format(input));
	if (failed)
		return E_NOMEM;
	decision->trace = trace;
	return OK;
}

char *decision_format(struct arena *arena, const struct decision *decision)
{
	scoped_json *copy = decision->trace ? json_copy(decision->trace) : json_object();

	if (!copy || decided_set(copy, decision) != 0)
		return NULL;
	return json_format(arena, copy);
}

static enum status step_parse(const json_t *asks, struct step *ret_step)
{
	static const struct ask_defaults none_written = {0};
	struct step step = {0};

	if (json_array_size(asks) == 0 || json_array_size(asks) > STEP_ASKS_MAX)
		return E_INVALID;
	for (; step.count < json_array_size(asks); step.count++) {
		const char *word = json_string_value(json_array_get(asks, step.count));
		struct ask *ask = &step.asks[step.count];

		if (!word)
			return E_INVALID;
		TRY(ask_parse(word, strlen(word), &none_written, ask));
		if (ask->mode > MODE_CONFIRM && ask->digits < DIGITS_MIN)
			return E_INVALID; /* a stored ask always has its digits */
	}
	*ret_step = step;
	return OK;
}

static enum status steps_parse(const json_t *asked, struct decision *decision)
{
	if (json_array_size(asked) > POLICY_STEPS_MAX)
		return E_INVALID;
	for (; decision->step_count < json_array_size(asked); decision->step_count++)
		TRY(step_parse(json_array_get(asked, decision->step_count), &decision->steps[decision->step_count]));
	return OK;
}

static enum status outcome_parse(const json_t *trace, struct decision *decision)
{
	const char *outcome = json_get_string(trace, "outcome");

	decision->refusal = json_get_string(trace, "refusal");
	if (outcome && strcmp(outcome, "ask") == 0)
		decision->outcome = DECISION_ASK;
	else if (!outcome || strcmp(outcome, "refuse") != 0)
		return E_INVALID;
	if (decision->outcome == DECISION_ASK)
		return decision->step_count > 0 && !decision->refusal ? OK : E_INVALID;
	return decision->step_count == 0 && decision->refusal ? OK : E_INVALID;
}

enum status decision_parse(struct arena *arena, const char *json, struct decision *ret_decision)
{
	struct decision decision = {0};
	const char *mark;
	json_t *trace = NULL;

	TRY(json_parse_limited(json, strlen(json), TRACE_DEPTH, &trace));
	if (!arena_object(arena, trace))
		return E_NOMEM;
	decision.trace = trace;
	decision.rule = json_get_string(trace, "rule");
	decision.why_key = json_get_string(trace, "why_key");
	decision.why = json_get_string(trace, "why");
	mark = json_get_string(trace, "policy");
	if (!decision.rule || !decision.why_key || !decision.why || !json_is_array(json_object_get(trace, "asked")))
		return E_INVALID;
	snprintf(decision.policy, sizeof(decision.policy), "%s", mark ? mark : "");
	TRY(steps_parse(json_object_get(trace, "asked"), &decision));
	TRY(outcome_parse(trace, &decision));
	*ret_decision = decision;
	return OK;
}
