#include "policy_fixture.h"

#include "base/text.h"

static enum status warning_take(const char *rule, const char *warning, void *ctx)
{
	text_add_format(ctx, "%s: %s\n", rule, warning);
	return OK;
}

static void each_trap_has_its_warning_and_nothing_else_has(void **state)
{
	static const struct {
		const char *yaml;
		const char *warnings[4]; /* the beginning of each line, in order */
	} cases[] = {
		{"default: { ask: [password, \"push:enter | totp | recovery\"] }\n", {NULL}},
		{"default: { ask: [password, \"push:enter\"] }\n"
		 "rules: [ { name: A, when: { client: wiki, known_browser: true }, ask: [\"push:confirm | totp\"] },\n"
		 "         { name: B, when: { client: vault }, deny: true } ]\n",
		 {NULL}},
		{"default: { ask: [\"totp | recovery\", password] }\n",
		 {"default: asks for a code before anything else"}},
		{"default: { ask: [\"push:enter | totp\", password] }\n",
		 {"default: asks for a code before anything else", "default: sends a push before anything else"}},
		{"default: { ask: [password] }\n", {"default: can be passed with a password alone"}},
		{"default: { ask: [\"password | totp\", \"password | recovery\"] }\n",
		 {"default: asks for a code before", "default: can be passed with a password alone"}},
		{"default: { ask: [password, \"push:choose\"] }\n",
		 {"default: asks new browsers for a push that habit or luck"}},
		{"default: { ask: [password, \"push:enter\"] }\n"
		 "rules: [ { name: A, when: { group: [staff, admins], known_browser: true }, ask: [password, "
		 "\"push:confirm\"] } ]\n",
		 {"A: lets administrators answer a push without typing"}},
		{"default: { ask: [password, \"push:enter:5\"] }\n", {"default: push:enter:5 has less than 20 bits"}},
		{"default: { ask: [password, totp, password] }\n", {"default: step 3 asks nothing that step 1"}},
		{"default: { ask: [password, \"push:enter:6 | totp\", \"push:enter:8\"] }\n",
		 {"default: step 2 asks nothing that step 3"}},
		{"default: { ask: [password, totp] }\n"
		 "rules: [ { name: A, when: { client: [wiki, chat] }, ask: [password, totp] },\n"
		 "         { name: B, when: { client: chat, group: staff }, deny: true },\n"
		 "         { name: C, when: { client: [chat, mail] }, deny: true } ]\n",
		 {"B: can never decide: the rule \"A\""}},
		{"default: { ask: [password, totp] }\n"
		 "rules: [ { name: A, when: { network: [192.0.2.0/24, 198.51.100.0/24] }, ask: [password, totp] },\n"
		 "         { name: B, when: { network: 192.0.2.128/25 }, deny: true },\n"
		 "         { name: C, when: { network: 192.0.0.0/16 }, deny: true } ]\n",
		 {"B: can never decide"}},
		{"default: { ask: [password, totp] }\n"
		 "rules: [ { name: A, ask: [password, \"push:enter\"] } ]\n",
		 {"default: can never decide: the rule \"A\""}},
		{"default: { ask: [password, totp] }\n"
		 "rules: [ { name: A, when: { known_browser: true }, ask: [password, totp] },\n"
		 "         { name: B, when: { known_browser: false, client: x }, ask: [password, totp] } ]\n",
		 {NULL}},
		{"default: { ask: [password, totp] }\n"
		 "rules: [ { name: A, when: { acr: pwd }, ask: [password] } ]\n",
		 {"A: can be passed with a password alone", "A: asks less than \"default\""}},
		{"default: { ask: [password, totp] }\n"
		 "rules: [ { name: A, when: { acr: gold }, ask: [password, totp, recovery] },\n"
		 "         { name: B, when: { acr: gold }, deny: true } ]\n",
		 {"B: can never decide"}},
	};

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		scoped_arena *arena = arena_new(1 << 20);
		const struct policy *policy = policy_of(arena, cases[i].yaml);
		struct text lines;
		const char *line;
		size_t at = 0;

		text_init(&lines, 65536);
		assert_int_equal(policy_lint(policy, warning_take, &lines), OK);
		line = lines.data ? lines.data : "";
		for (; *line && at < ARRAY_COUNT(cases[i].warnings) && cases[i].warnings[at];
		     at++, line = strchr(line, '\n') + 1)
			if (!text_has_prefix(line, cases[i].warnings[at]))
				fail_msg("case %zu: expected %s\ngot %s", i, cases[i].warnings[at], line);
		if (*line || cases[i].warnings[at])
			fail_msg("case %zu: not as many warnings as expected: %s", i, lines.data ? lines.data : "none");
		text_done(&lines);
	}
}

static enum status warning_stop(const char *rule, const char *warning, void *ctx)
{
	++*(int *)ctx;
	return E_IO;
}

static void a_status_of_the_reader_ends_the_reading(void **state)
{
	scoped_arena *arena = arena_new(1 << 20);
	const struct policy *policy = policy_of(arena, "default: { ask: [\"push:enter:2 | totp\"] }\n");
	int calls = 0;

	assert_int_equal(policy_lint(policy, warning_stop, &calls), E_IO);
	assert_int_equal(calls, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_trap_has_its_warning_and_nothing_else_has),
		cmocka_unit_test(a_status_of_the_reader_ends_the_reading),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
