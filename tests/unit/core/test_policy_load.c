#include "policy_fixture.h"

#include "core/policy_rules.h"

struct mistake {
	const char *yaml;
	const char *line; /* a part of the lines; NULL: it loads */
};

static void check_all(const struct mistake *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		scoped_arena *arena = arena_new(1 << 20);
		char *lines = policy_mistakes(arena, cases[i].yaml);

		if (cases[i].line ? !strstr(lines, cases[i].line) : *lines)
			fail_msg("%s\nexpected: %s\ngot: %s", cases[i].yaml, cases[i].line ? cases[i].line : "nothing",
				 lines);
	}
}

static void every_mistake_is_told_with_its_place(void **state)
{
	static const struct mistake cases[] = {
		{"rules:\n  - name: A\n    ask: [pasword]\n",
		 "policy.yaml:3:10: policy.rules[0].ask: \"pasword\" must be"},
		{"rules:\n  - name: A\n    deny: false\n", "policy.yaml:3:11: policy.rules[0].deny: can only be true"},
		{"rules:\n  - name: A\n    when: { klient: wiki }\n    deny: true\n",
		 "policy.yaml:3:21: policy.rules[0].when.klient: unknown condition"},
		{"rules:\n  - name: A\n    when: { known_browser: yes }\n    deny: true\n",
		 "policy.yaml:3:28: policy.rules[0].when.known_browser: must be true or false"},
		{"rule: []\n", "policy.yaml:1:7: policy.rule: unknown key; known here: default rules"},
		{"rules:\n  - name: A\n    asks: [totp]\n    deny: true\n", "policy.rules[0].asks: unknown key"},
		{"default: { ask: [totp], when: {} }\n", "policy.default.when: unknown key"},
		{"rules: {}\n", "policy.rules: must be a list"},
		{"rules: [3]\n", "policy.rules[0]: must be a mapping"},
		{"default: []\n", "policy.default: must be a mapping"},
		{"rules:\n  - ask: [totp]\n", "policy.rules[0].name: must be a short name"},
		{"rules:\n  - name: default\n    ask: [totp]\n", "policy.rules[0].name: must be a short name"},
		{"rules:\n  - name: \"a\\u202Eb\"\n    ask: [totp]\n", "policy.rules[0].name: must be a short name"},
		{"rules:\n  - { name: A, ask: [totp] }\n  - { name: A, ask: [totp] }\n",
		 "policy.rules[1].name: another rule"},
		{"rules:\n  - name: A\n", "policy.rules[0]: must have either"},
		{"rules:\n  - { name: A, ask: [totp], deny: true }\n", "policy.rules[0]: must have either"},
		{"default: {}\n", "policy.default: must have either"},
		{"rules:\n  - { name: A, when: {}, ask: [totp] }\n",
		 "policy.rules[0].when: must be a mapping of conditions"},
		{"rules:\n  - { name: A, when: { client: [] }, ask: [totp] }\n",
		 ".when.client: must name at least one"},
		{"rules:\n  - { name: A, when: { client: 3 }, ask: [totp] }\n", ".when.client: must be a text"},
		{"rules:\n  - { name: A, when: { group: [a, \"\"] }, ask: [totp] }\n", ".when.group: must be a text"},
		{"rules:\n  - { name: A, when: { acr: \"mfa phr\" }, ask: [totp] }\n",
		 ".when.acr: \"mfa phr\" has a space"},
		{"rules:\n  - { name: A, when: { network: 192.0.2.1/24 }, ask: [totp] }\n",
		 "\"192.0.2.1/24\" must be an address"},
		{"rules:\n  - { name: A, when: { network: [192.0.2.0/24, office] }, ask: [totp] }\n",
		 "\"office\" must be an address"},
		{NULL, NULL},
	};

	check_all(cases, ARRAY_COUNT(cases) - 1);
}

static void asks_are_read_strictly(void **state)
{
	static const char *const bad[] = {
		"",
		"push",
		"push:",
		"push:confirm:2",
		"push:enter:1",
		"push:enter:9",
		"push:enter:",
		"push:enter:06x",
		"push:enter:+6",
		"push:enter:6:6",
		"totp:6",
		"Password",
		"none",
		"totp |",
		"| totp",
		"totp || push:enter",
		"totp | totp",
		"push:enter | push:confirm",
		"webauthn",
		"push:enter:99999999999999999999",
	};
	static const struct {
		const char *step, *words;
	} good[] = {
		{"push:enter", "push:enter:6"},
		{"push:choose", "push:choose:2"},
		{"push:choose:3", "push:choose:3"},
		{"push:confirm", "push:confirm"},
		{"  totp|push:enter:8  |recovery", "totp | push:enter:8 | recovery"},
		{"password", "password"},
	};

	for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
		scoped_arena *arena = arena_new(1 << 20);
		char *yaml = arena_format(arena, "default: { ask: [\"%s\"] }\n", bad[i]);

		if (!strstr(policy_mistakes(arena, yaml), "policy.default.ask: "))
			fail_msg("accepted: %s", bad[i]);
	}
	for (size_t i = 0; i < ARRAY_COUNT(good); i++) {
		scoped_arena *arena = arena_new(1 << 20);
		struct policy_input input = input_plain();
		struct decision decision =
			decide(arena,
			       policy_of(arena, arena_format(arena, "default: { ask: [\"%s\"] }\n", good[i].step)),
			       &input);

		assert_string_equal(decision_words(arena, &decision), good[i].words);
	}
}

static void steps_are_one_to_four(void **state)
{
	static const struct mistake cases[] = {
		{"default: { ask: [] }\n", "must be a list of 1 to 4 steps"},
		{"default: { ask: totp }\n", "must be a list of 1 to 4 steps"},
		{"default: { ask: [totp, password, recovery, \"push:enter\", totp] }\n",
		 "must be a list of 1 to 4 steps"},
		{"default: { ask: [[totp]] }\n", "step 1 must be a text"},
		{"default: { ask: [totp, password, recovery, \"push:enter\"] }\n", NULL},
	};

	check_all(cases, ARRAY_COUNT(cases));
}

static void all_mistakes_are_told_at_once(void **state)
{
	scoped_arena *arena = arena_new(1 << 20);
	char *lines =
		policy_mistakes(arena,
				"rules:\n  - name: A\n    when: { group: [], network: x }\n    ask: [y, z]\n  - 7\n");
	size_t count = 0;

	for (const char *next = lines; (next = strchr(next, '\n')); next++)
		count++;
	assert_int_equal(count, 5);
}

static void without_a_policy_the_default_asks_for_two_factors(void **state)
{
	scoped_arena *arena = arena_new(1 << 20);
	const struct policy *policy = NULL;
	struct config_tree *tree = NULL;
	struct policy_input input = input_plain();
	struct decision decision;

	assert_int_equal(config_parse("a.yaml", "a: 1\n", 5, &tree, NULL), OK);
	assert_int_equal(policy_load(arena, tree, NULL, 2, 7, &policy, NULL), OK);
	config_free(&tree);
	decision = decide(arena, policy, &input);
	assert_string_equal(decision_words(arena, &decision), "password > push:enter:7 | totp | recovery");
	assert_string_equal(decision.rule, "default");
}

static void a_default_may_deny(void **state)
{
	scoped_arena *arena = arena_new(1 << 20);
	struct policy_input input = input_plain();
	struct decision decision = decide(arena, policy_of(arena, "default: { deny: true }\n"), &input);

	assert_string_equal(decision_words(arena, &decision), "refused: not_allowed");
}

static void too_little_memory_is_no_policy(void **state)
{
	const char *yaml = "rules:\n  - { name: A, when: { client: [a, b], network: 192.0.2.0/24 }, ask: [totp] }\n";

	for (size_t limit = 16; limit < 8192; limit += 16) {
		scoped_arena *arena = arena_new(limit);
		const struct policy *policy = NULL;
		struct config_tree *tree = NULL;
		enum status status;

		assert_int_equal(config_parse("a.yaml", yaml, strlen(yaml), &tree, NULL), OK);
		status = policy_load(arena, tree, config_root(tree), 2, 6, &policy, NULL);
		config_free(&tree);
		assert_int_equal(policy != NULL, status == OK);
		if (status == OK)
			return;
		assert_int_equal(status, E_NOMEM);
	}
	fail_msg("8 KiB did not suffice");
}

static void networks_are_read_and_compared(void **state)
{
	static const struct {
		const char *outer, *inner;
		bool has;
	} cases[] = {
		{"192.0.2.0/24", "192.0.2.255", true},
		{"192.0.2.0/24", "192.0.3.0", false},
		{"192.0.2.128/25", "192.0.2.127", false},
		{"192.0.2.1", "192.0.2.1", true},
		{"192.0.2.1", "192.0.2.0", false},
		{"0.0.0.0/0", "203.0.113.9", true},
		{"0.0.0.0/0", "2001:db8::1", false},
		{"::/0", "203.0.113.9", false},
		{"::/0", "2001:db8::1", true},
		{"192.0.2.0/24", "::ffff:192.0.2.9", true},
		{"2001:db8::/33", "2001:db8:7fff::1", true},
		{"2001:db8::/33", "2001:db8:8000::1", false},
		{"192.0.2.0/24", "192.0.2.0/25", true},
		{"192.0.2.0/25", "192.0.2.0/24", false},
	};
	static const char *const bad[] = {
		"",
		"192.0.2",
		"192.0.2.1/33",
		"192.0.2.0/-1",
		"192.0.2.0/",
		"/24",
		"192.0.2.1 ",
		"192.0.02.1",
		"192.0.2.1/24",
		"2001:db8::1/64",
		"::1%lo",
		"2001:db8::/129",
		"1.2.3.4.5",
		"0x7f.0.0.1",
		"localhost",
		"192.0.2.0/24/24",
		"::ffff:192.0.2.0/120",
		"[::1]",
		"192.0.2.0/+24",
	};
	struct network outer, inner;

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		assert_int_equal(network_parse(cases[i].outer, &outer), OK);
		assert_int_equal(network_parse(cases[i].inner, &inner), OK);
		if (network_has(&outer, &inner) != cases[i].has)
			fail_msg("%s has %s", cases[i].outer, cases[i].inner);
	}
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
		if (network_parse(bad[i], &outer) != E_INVALID)
			fail_msg("accepted: %s", bad[i]);
	assert_int_equal(network_parse(NULL, &outer), E_INVALID);
	assert_int_equal(address_parse("192.0.2.0/24", &outer), E_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_mistake_is_told_with_its_place),
		cmocka_unit_test(asks_are_read_strictly),
		cmocka_unit_test(steps_are_one_to_four),
		cmocka_unit_test(all_mistakes_are_told_at_once),
		cmocka_unit_test(without_a_policy_the_default_asks_for_two_factors),
		cmocka_unit_test(a_default_may_deny),
		cmocka_unit_test(too_little_memory_is_no_policy),
		cmocka_unit_test(networks_are_read_and_compared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
