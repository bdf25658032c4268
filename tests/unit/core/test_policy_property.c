/*
 * Random policies, accounts and browsers: what holds for all of them. 200 policies, 24 sign-ins each; the seed is
 * fixed, so a failure comes again, and it prints the policy.
 */
#include "policy_fixture.h"

#include "base/random.h"
#include "base/text.h"
#include "core/policy_rules.h"

enum { POLICIES = 200, SIGN_INS = 24 };

static struct random_seeded seeded;
static struct random chance;

static bool coin(unsigned in)
{
	return random_below(&chance, in) == 0;
}

static const char *pick(const char *const *words, size_t count)
{
	return words[random_below(&chance, (uint32_t)count)];
}

static const char *const clients[] = {"wiki", "payroll", "vault"};
static const char *const groups[] = {"staff", "finance", "admins"};
static const char *const networks[] = {"192.0.2.0/24", "198.51.100.0/24", "203.0.113.7", "0.0.0.0/0", "2001:db8::/32"};
static const char *const addresses[] = {"192.0.2.9",   "198.51.100.1", "203.0.113.7",
					"203.0.113.8", "2001:db8::5",  "::1"};
static const char *const acrs[] = {"mfa", "phr", "swk", "gold"};

/* ---- policies ---- */

static void step_write(struct text *out)
{
	static const char *const asks[] = {"password",      "totp",       "recovery",     "push:confirm", "push:choose",
					   "push:choose:4", "push:enter", "push:enter:2", "push:enter:8"};
	unsigned used = 0; /* factors: push counts once */
	const char *between = "";

	text_add(out, "\"");
	for (size_t i = 0; i < 1 + random_below(&chance, 3); i++) {
		size_t ask = random_below(&chance, ARRAY_COUNT(asks));
		unsigned factor = ask < 3 ? 1u << ask : 8u;

		if (used & factor)
			continue;
		used |= factor;
		text_add_format(out, "%s%s", between, asks[ask]);
		between = " | ";
	}
	text_add(out, "\"");
}

static void answer_write(struct text *out)
{
	size_t steps = 1 + random_below(&chance, 3);

	if (coin(8)) {
		text_add(out, "deny: true");
		return;
	}
	text_add(out, "ask: [");
	for (size_t i = 0; i < steps; i++) {
		text_add(out, i > 0 ? ", " : "");
		step_write(out);
	}
	text_add(out, "]");
}

static void condition_write(struct text *out, const char **between, const char *key, const char *value)
{
	text_add_format(out, "%s%s: %s", *between, key, value);
	*between = ", ";
}

static void when_write(struct text *out)
{
	const char *between = "";

	text_add(out, "when: { ");
	if (coin(2))
		condition_write(out, &between, "client", pick(clients, ARRAY_COUNT(clients)));
	if (coin(3))
		condition_write(out, &between, "group", pick(groups, ARRAY_COUNT(groups)));
	if (coin(3))
		condition_write(out, &between, "known_browser", coin(2) ? "true" : "false");
	if (coin(2) || !*between) {
		text_add_format(out, "%snetwork: \"%s\"", between, pick(networks, ARRAY_COUNT(networks)));
		between = ", ";
	}
	if (coin(5))
		condition_write(out, &between, "acr", pick(acrs, ARRAY_COUNT(acrs)));
	text_add(out, " }, ");
}

static char *policy_write(struct arena *arena)
{
	struct text out;
	char *yaml;
	size_t rules = random_below(&chance, 6);

	text_init(&out, 16384);
	text_add(&out, "default: { ");
	answer_write(&out);
	text_add(&out, " }\nrules:\n");
	for (size_t i = 0; i < rules; i++) {
		text_add_format(&out, "  - { name: R%zu, ", i);
		if (!coin(12))
			when_write(&out);
		answer_write(&out);
		text_add(&out, " }\n");
	}
	if (rules == 0)
		text_cut(&out, out.size - strlen("rules:\n"));
	yaml = arena_strdup(arena, out.data);
	text_done(&out);
	return yaml;
}

/* ---- sign-ins ---- */

static struct policy_input input_random(void)
{
	static const char *const acr_values[] = {"mfa", "phr mfa", "phrh", "gold", "swk mfa"};
	struct policy_input input = input_plain();

	input.client_id = pick(clients, ARRAY_COUNT(clients));
	input.groups = &groups[random_below(&chance, ARRAY_COUNT(groups))];
	input.group_count = random_below(&chance, 2);
	input.known_browser = coin(2);
	input.ip = pick(addresses, ARRAY_COUNT(addresses));
	input.acr_values = coin(3) ? pick(acr_values, ARRAY_COUNT(acr_values)) : NULL;
	input.caution = coin(3) ? 4 : coin(2) ? 6 : 0;
	input.has.password = !coin(6);
	input.has.device = !coin(4);
	input.has.totp = !coin(3);
	input.has.recovery = !coin(3);
	return input;
}

static unsigned rank_of(const struct decision *decision)
{
	return decision->outcome == DECISION_ASK ? steps_rank(decision->steps, decision->step_count) : RANK_REFUSAL;
}

/* ---- what holds ---- */

static bool account_has(const struct policy_input *input, enum factor factor)
{
	return (factor == FACTOR_PASSWORD && input->has.password) || (factor == FACTOR_PUSH && input->has.device) ||
	       (factor == FACTOR_TOTP && input->has.totp) || (factor == FACTOR_RECOVERY && input->has.recovery);
}

static void it_asks_only_what_can_be_answered(const struct policy_input *input, const struct decision *decision)
{
	struct proof proofs[POLICY_STEPS_MAX];

	if (decision->outcome != DECISION_ASK) {
		assert_non_null(decision->refusal);
		assert_int_equal(decision->step_count, 0);
		return;
	}
	assert_null(decision->refusal);
	assert_in_range(decision->step_count, 1, POLICY_STEPS_MAX);
	for (size_t i = 0; i < decision->step_count; i++) {
		const struct ask *last = &decision->steps[i].asks[decision->steps[i].count - 1];

		assert_in_range(decision->steps[i].count, 1, STEP_ASKS_MAX);
		for (size_t j = 0; j < decision->steps[i].count; j++)
			assert_true(account_has(input, decision->steps[i].asks[j].factor));
		proofs[i] = (struct proof){last->factor, last->mode, last->digits, 1};
	}
	assert_non_null(decision_next(decision, proofs, 0));
	assert_null(decision_next(decision, proofs, decision->step_count));
}

/* With fewer factors: refused, or by the same rule as many steps with the same alternatives less some. */
static void fewer_factors_weaken_nothing(struct arena *arena, const struct policy *policy, struct policy_input input)
{
	struct decision full, less;

	input.acr_values = NULL;
	full = decide(arena, policy, &input);
	input.has.password = input.has.password && coin(2);
	input.has.device = input.has.device && coin(2);
	input.has.totp = input.has.totp && coin(2);
	input.has.recovery = input.has.recovery && coin(2);
	less = decide(arena, policy, &input);
	assert_string_equal(less.rule, full.rule);
	if (less.outcome != DECISION_ASK)
		return;
	assert_int_equal(full.outcome, DECISION_ASK);
	assert_int_equal(less.step_count, full.step_count);
	for (size_t i = 0; i < less.step_count; i++)
		assert_true(step_implies(&less.steps[i], &full.steps[i]));
}

/* Caution changes only pushes in new browsers, into `enter` with digits that are no fewer than before and than it says.
 */
static void caution_weakens_nothing(struct arena *arena, const struct policy *policy, struct policy_input input)
{
	struct decision before, after;

	input.acr_values = NULL;
	input.caution = 0;
	before = decide(arena, policy, &input);
	input.caution = coin(2) ? 4 : 6;
	after = decide(arena, policy, &input);
	assert_string_equal(after.rule, before.rule);
	assert_int_equal(after.step_count, before.step_count);
	for (size_t i = 0; i < after.step_count; i++) {
		assert_int_equal(after.steps[i].count, before.steps[i].count);
		for (size_t j = 0; j < after.steps[i].count; j++) {
			const struct ask *ask = &after.steps[i].asks[j], *was = &before.steps[i].asks[j];

			assert_int_equal(ask->factor, was->factor);
			assert_true(ask->digits >= was->digits);
			if (input.known_browser || ask->factor != FACTOR_PUSH)
				assert_memory_equal(ask, was, sizeof(*ask));
			else
				assert_true(ask->mode == MODE_ENTER && ask->digits >= input.caution);
		}
	}
}

/* Whatever the real address is, its decision asks no more than the one for an address not understood. */
static void an_address_not_understood_weakens_nothing(struct arena *arena, const struct policy *policy,
						      struct policy_input input)
{
	struct policy_input blind = input;
	struct decision strict;

	blind.ip_trusted = coin(2);
	blind.ip = blind.ip_trusted ? "not an address" : input.ip;
	strict = decide(arena, policy, &blind);
	for (size_t i = 0; i < ARRAY_COUNT(addresses); i++) {
		struct decision real;

		input.ip = addresses[i];
		real = decide(arena, policy, &input);
		assert_true(rank_of(&strict) >= rank_of(&real));
	}
}

/* A requested acr adds steps or changes nothing; it never refuses and never lets a step go. */
static void a_request_weakens_nothing(struct arena *arena, const struct policy *policy, struct policy_input input)
{
	struct decision before, after;

	input.acr_values = "other";
	before = decide(arena, policy, &input);
	input.acr_values = "mfa";
	after = decide(arena, policy, &input);
	if (strcmp(before.rule, after.rule) != 0)
		return; /* a rule of its own for this acr: what lint warns of */
	assert_int_equal(after.outcome, before.outcome);
	for (size_t i = 0; i < before.step_count; i++) {
		bool implied = false;

		for (size_t j = 0; j < after.step_count; j++)
			implied = implied || step_implies(&after.steps[j], &before.steps[i]);
		assert_true(implied);
	}
	if (after.step_count != before.step_count || memcmp(after.steps, before.steps, sizeof(after.steps)) != 0)
		assert_true(steps_are_multi_factor(after.steps, after.step_count));
}

static void it_is_a_pure_function_and_survives_storage(struct arena *arena, const struct policy *policy,
						       const struct policy_input *input)
{
	struct decision once = decide(arena, policy, input), again = decide(arena, policy, input), back;

	assert_string_equal(decision_format(arena, &once), decision_format(arena, &again));
	assert_int_equal(decision_parse(arena, decision_format(arena, &once), &back), OK);
	assert_int_equal(back.outcome, once.outcome);
	assert_memory_equal(back.steps, once.steps, sizeof(back.steps));
}

static void random_policies_never_weaken(void **state)
{
	size_t asked = 0, refused = 0;

	chance = random_seed(&seeded, 20261124);
	for (size_t i = 0; i < POLICIES; i++) {
		scoped_arena *loaded = arena_new(1 << 20);
		char *yaml = policy_write(loaded);
		const struct policy *policy = policy_of(loaded, yaml);

		for (size_t j = 0; j < SIGN_INS; j++) {
			scoped_arena *arena = arena_new(1 << 22);
			struct policy_input input = input_random();
			struct decision decision = decide(arena, policy, &input);

			asked += decision.outcome == DECISION_ASK;
			refused += decision.outcome != DECISION_ASK;
			it_asks_only_what_can_be_answered(&input, &decision);
			fewer_factors_weaken_nothing(arena, policy, input);
			caution_weakens_nothing(arena, policy, input);
			an_address_not_understood_weakens_nothing(arena, policy, input);
			a_request_weakens_nothing(arena, policy, input);
			it_is_a_pure_function_and_survives_storage(arena, policy, &input);
		}
	}
	/* the sample must reach both outcomes, else it shows little */
	assert_true(asked > POLICIES * SIGN_INS / 4);
	assert_true(refused > POLICIES * SIGN_INS / 10);
}

/* The order by which "asks most" is judged: a refusal, multi-factor, more steps, harder steps. */
static void the_order_of_strictness_is_as_described(void **state)
{
	static const char *const growing[] = {
		"[\"push:confirm\"]",
		"[password]",
		"[\"push:choose:8\"]",
		"[\"push:enter:2\"]",
		"[totp]",
		"[\"push:enter:8\"]",
		"[\"push:enter:8\", \"totp | recovery\"]",
		"[password, \"push:confirm | totp\"]",
		"[password, totp]",
		"[password, \"push:enter:8\"]",
		"[password, totp, \"push:confirm\"]",
	};
	unsigned last = 0;

	for (size_t i = 0; i < ARRAY_COUNT(growing); i++) {
		scoped_arena *arena = arena_new(1 << 20);
		struct policy_input input = input_plain();
		struct decision decision =
			decide(arena, policy_of(arena, arena_format(arena, "default: { ask: %s }\n", growing[i])),
			       &input);

		if (rank_of(&decision) <= last)
			fail_msg("%s is not above the one before", growing[i]);
		last = rank_of(&decision);
	}
	assert_true(last < RANK_REFUSAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_policies_never_weaken),
		cmocka_unit_test(the_order_of_strictness_is_as_described),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
