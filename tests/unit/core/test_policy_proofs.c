#include "policy_fixture.h"

#include "core/policy_rules.h"

static struct proof proof_of(const char *word)
{
	static const struct ask_defaults defaults = {2, 6};
	struct ask ask;

	assert_int_equal(ask_parse(word, strlen(word), &defaults, &ask), OK);
	return (struct proof){ask.factor, ask.mode, ask.digits, 1790000000};
}

/* "password push:enter:6" */
static size_t proofs_of(const char *words, struct proof proofs[PROOFS_MAX])
{
	size_t count = 0;
	char copy[256], *rest = copy;

	snprintf(copy, sizeof(copy), "%s", words);
	for (char *word; (word = strsep(&rest, " "));)
		if (*word)
			proofs[count++] = proof_of(word);
	return count;
}

static void strength_is_honest(void **state)
{
	static const struct {
		const char *proofs, *acr, *amr;
	} cases[] = {
		{"", "0", "[]"},
		{"password", "pwd", "[\"pwd\"]"},
		{"totp", "otp", "[\"otp\"]"},
		{"push:confirm", "swk", "[\"swk\"]"},
		{"push:choose", "swk", "[\"swk\"]"},
		{"push:enter:8", "swk", "[\"swk\"]"},
		{"recovery", "0", "[]"},
		{"totp push:enter:8", "swk", "[\"otp\",\"swk\"]"},
		{"push:enter:8 recovery", "swk", "[\"swk\"]"},
		{"recovery totp", "otp", "[\"otp\"]"},
		{"password push:confirm", "mfa", "[\"pwd\",\"swk\",\"mfa\"]"},
		{"push:enter:6 password", "mfa", "[\"pwd\",\"swk\",\"mfa\"]"},
		{"password totp", "mfa", "[\"pwd\",\"otp\",\"mfa\"]"},
		{"password recovery", "mfa", "[\"pwd\",\"mfa\"]"},
		{"password password", "pwd", "[\"pwd\"]"},
		{"password totp push:enter recovery", "mfa", "[\"pwd\",\"otp\",\"swk\",\"mfa\"]"},
	};

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		scoped_arena *arena = arena_new(1 << 16);
		struct proof proofs[PROOFS_MAX];
		size_t count = proofs_of(cases[i].proofs, proofs);

		assert_string_equal(proofs_acr(proofs, count), cases[i].acr);
		assert_string_equal(proofs_amr(arena, proofs, count), cases[i].amr);
		assert_int_equal(proofs_are_multi_factor(proofs, count), strcmp(cases[i].acr, "mfa") == 0);
	}
}

/* NIST SP 800-63B-4 3.1.3 disallows comparison as out-of-band; RFC 8176 "mca", "hwk" and OpenID's "phr", "phrh" are
 * never true here. */
static void no_set_of_proofs_claims_what_it_is_not(void **state)
{
	static const char *const words[] = {"password",      "totp",         "recovery",    "push:confirm",
					    "push:choose:8", "push:enter:2", "push:enter:8"};
	static const char *const never[] = {"phr", "phrh", "hwk", "mca", "user", "oob", "pop"};

	for (unsigned set = 0; set < 1u << ARRAY_COUNT(words); set++) {
		scoped_arena *arena = arena_new(1 << 16);
		struct proof proofs[PROOFS_MAX];
		size_t count = 0;
		const char *amr;

		for (size_t i = 0; i < ARRAY_COUNT(words); i++)
			if (set & (1u << i))
				proofs[count++] = proof_of(words[i]);
		amr = proofs_amr(arena, proofs, count);
		assert_non_null(amr);
		for (size_t i = 0; i < ARRAY_COUNT(never); i++) {
			assert_string_not_equal(proofs_acr(proofs, count), never[i]);
			assert_null(strstr(amr, never[i]));
		}
	}
}

static void a_step_wants_its_factor_mode_and_digits(void **state)
{
	static const struct {
		const char *wanted, *proof;
		bool satisfied;
	} cases[] = {
		{"password", "password", true},
		{"password", "totp", false},
		{"push:confirm", "push:confirm", true},
		{"push:confirm", "push:choose", true},
		{"push:confirm", "push:enter:2", true},
		{"push:choose", "push:confirm", false},
		{"push:choose", "push:choose", true},
		{"push:choose", "push:enter:2", true},
		{"push:enter:6", "push:enter:6", true},
		{"push:enter:6", "push:enter:8", true},
		{"push:enter:6", "push:enter:5", false},
		{"push:enter:2", "push:choose:8", false},
		{"push:enter:2", "push:confirm", false},
		{"totp", "push:enter:8", false},
		{"recovery", "totp", false},
		{"push:confirm", "recovery", false},
	};

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct proof wanted = proof_of(cases[i].wanted), proof = proof_of(cases[i].proof);
		struct step step = {.asks = {{wanted.factor, wanted.mode, wanted.digits}}, .count = 1};

		if (step_is_satisfied(&step, &proof, 1) != cases[i].satisfied)
			fail_msg("%s by %s", cases[i].wanted, cases[i].proof);
		assert_false(step_is_satisfied(&step, &proof, 0));
	}
}

static void zeroed_memory_satisfies_nothing(void **state)
{
	const struct proof nothing[PROOFS_MAX] = {0};
	const struct step no_step = {0}, empty_ask = {.count = 1};
	const struct decision no_decision = {0};
	const struct decision no_steps = {.outcome = DECISION_ASK};
	const struct decision refused = {.refusal = "not_allowed", .step_count = 0};
	struct proof all[PROOFS_MAX];
	size_t count = proofs_of("password totp push:enter:8 recovery", all);

	assert_false(step_is_satisfied(&no_step, nothing, PROOFS_MAX));
	assert_false(step_is_satisfied(&empty_ask, nothing, PROOFS_MAX));
	assert_false(step_is_satisfied(&no_step, all, count));
	assert_false(step_implies(&no_step, &no_step));
	assert_false(step_implies(&no_step, &(struct step){.asks = {{.factor = FACTOR_TOTP}}, .count = 1}));
	assert_non_null(decision_next(&no_decision, all, count));
	assert_non_null(decision_next(&no_steps, all, count));
	assert_non_null(decision_next(&refused, all, count));
	assert_false(step_is_satisfied(decision_next(&refused, all, count), all, count));
}

static void the_next_step_is_the_first_that_lacks_its_proof(void **state)
{
	scoped_arena *arena = arena_new(1 << 20);
	const struct policy *policy = policy_of(arena, "default: { ask: [password, \"push:enter | totp\"] }\n");
	struct policy_input input = input_plain();
	struct decision decision = decide(arena, policy, &input);
	struct proof proofs[PROOFS_MAX];

	assert_ptr_equal(decision_next(&decision, proofs, 0), &decision.steps[0]);
	assert_ptr_equal(decision_next(&decision, proofs, proofs_of("totp", proofs)), &decision.steps[0]);
	assert_ptr_equal(decision_next(&decision, proofs, proofs_of("password push:choose", proofs)),
			 &decision.steps[1]);
	assert_ptr_equal(decision_next(&decision, proofs, proofs_of("password recovery", proofs)), &decision.steps[1]);
	assert_null(decision_next(&decision, proofs, proofs_of("totp password", proofs)));
	assert_null(decision_next(&decision, proofs, proofs_of("push:enter:7 password", proofs)));
}

static void proofs_survive_storage(void **state)
{
	scoped_arena *arena = arena_new(1 << 16);
	struct proof proofs[PROOFS_MAX], back[PROOFS_MAX];
	size_t count = proofs_of("password totp recovery push:confirm push:choose:3 push:enter:8 totp password",
				 proofs),
	       back_count;
	const char *json = proofs_format(arena, proofs, count);

	assert_int_equal(count, PROOFS_MAX);
	assert_int_equal(proofs_parse(json, back, &back_count), OK);
	assert_int_equal(back_count, count);
	for (size_t i = 0; i < count; i++) { /* not memcmp: between the members lies what nobody set */
		assert_int_equal(back[i].factor, proofs[i].factor);
		assert_int_equal(back[i].mode, proofs[i].mode);
		assert_int_equal(back[i].digits, proofs[i].digits);
		assert_int_equal(back[i].at, proofs[i].at);
	}
	assert_string_equal(proofs_format(arena, proofs, 0), "[]");
	assert_int_equal(proofs_parse("[]", back, &back_count), OK);
	assert_int_equal(back_count, 0);
}

static void damaged_proofs_are_refused_whole(void **state)
{
	static const char *const bad[] = {
		"",
		"null",
		"{}",
		"[1]",
		"[{}]",
		"[{\"factor\":\"password\"}]",
		"[{\"factor\":\"none\",\"at\":1}]",
		"[{\"factor\":\"passkey\",\"at\":1}]",
		"[{\"factor\":\"password\",\"at\":-1}]",
		"[{\"factor\":\"password\",\"at\":\"1\"}]",
		"[{\"factor\":\"push\",\"at\":1}]",
		"[{\"factor\":\"push\",\"mode\":\"none\",\"at\":1}]",
		"[{\"factor\":\"push\",\"mode\":\"enter\",\"at\":1}]",
		"[{\"factor\":\"push\",\"mode\":\"enter\",\"digits\":1,\"at\":1}]",
		"[{\"factor\":\"push\",\"mode\":\"enter\",\"digits\":9,\"at\":1}]",
		"[{\"factor\":\"password\",\"at\":1},{\"factor\":\"\",\"at\":1}]",
		"[{\"factor\":\"password\",\"at\":1}]x",
		"[{\"factor\":\"totp\",\"factor\":\"password\",\"at\":1}]",
		"[{\"factor\":\"totp\",\"at\":1},{\"factor\":\"totp\",\"at\":1},{\"factor\":\"totp\",\"at\":1},{"
		"\"factor\":\"totp\",\"at\":1},"
		"{\"factor\":\"totp\",\"at\":1},{\"factor\":\"totp\",\"at\":1},{\"factor\":\"totp\",\"at\":1},{"
		"\"factor\":\"totp\",\"at\":1},"
		"{\"factor\":\"totp\",\"at\":1}]",
	};

	for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
		struct proof proofs[PROOFS_MAX] = {0};
		const struct proof untouched[PROOFS_MAX] = {0};
		size_t count = 77;

		if (proofs_parse(bad[i], proofs, &count) != E_INVALID)
			fail_msg("accepted: %s", bad[i]);
		assert_int_equal(count, 77);
		assert_memory_equal(proofs, untouched, sizeof(proofs));
	}
}

static void names_are_the_words_of_policy(void **state)
{
	static const char *const strangers[] = {"", "none", "Password", "push ", "pushh", "passkey"};

	for (unsigned factor = FACTOR_PASSWORD; factor <= FACTOR_RECOVERY; factor++)
		assert_int_equal(factor_parse(factor_name((enum factor)factor)), factor);
	for (unsigned mode = MODE_CONFIRM; mode <= MODE_ENTER; mode++)
		assert_int_equal(push_mode_parse(push_mode_name((enum push_mode)mode)), mode);
	for (size_t i = 0; i < ARRAY_COUNT(strangers); i++) {
		assert_int_equal(factor_parse(strangers[i]), FACTOR_NONE);
		assert_int_equal(push_mode_parse(strangers[i]), MODE_NONE);
	}
	assert_int_equal(factor_parse(NULL), FACTOR_NONE);
	assert_int_equal(push_mode_parse(NULL), MODE_NONE);
	assert_string_equal(factor_name((enum factor)99), "none");
	assert_string_equal(push_mode_name((enum push_mode)99), "none");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strength_is_honest),
		cmocka_unit_test(no_set_of_proofs_claims_what_it_is_not),
		cmocka_unit_test(a_step_wants_its_factor_mode_and_digits),
		cmocka_unit_test(zeroed_memory_satisfies_nothing),
		cmocka_unit_test(the_next_step_is_the_first_that_lacks_its_proof),
		cmocka_unit_test(proofs_survive_storage),
		cmocka_unit_test(damaged_proofs_are_refused_whole),
		cmocka_unit_test(names_are_the_words_of_policy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
