#include "policy_fixture.h"

#include "base/text.h"

/* One organisation, three services, a vault, an office, administrators. */
static const char organisation[] = "default: { ask: [password, \"push:enter | totp | recovery\"] }\n"
				   "rules:\n"
				   "  - name: Wiki, known\n"
				   "    when: { client: wiki, known_browser: true }\n"
				   "    ask: [\"push:confirm\"]\n"
				   "  - name: Wiki, new\n"
				   "    when: { client: wiki }\n"
				   "    ask: [password, \"push:choose | totp\"]\n"
				   "  - name: Payroll\n"
				   "    when: { client: [payroll, expenses] }\n"
				   "    ask: [password, \"push:enter:8 | totp\"]\n"
				   "  - name: Operators\n"
				   "    when: { client: vault, group: [operators, auditors] }\n"
				   "    ask: [password, \"push:enter:8\", totp]\n"
				   "  - name: Vault\n"
				   "    when: { client: vault }\n"
				   "    deny: true\n"
				   "  - name: Office\n"
				   "    when: { client: chat, network: [192.0.2.0/24, \"2001:db8::/32\"] }\n"
				   "    ask: [\"push:confirm\"]\n"
				   "  - name: Asked for\n"
				   "    when: { client: shop, acr: [mfa, gold] }\n"
				   "    ask: [password, \"push:enter:6\"]\n"
				   "  - name: Shop\n"
				   "    when: { client: shop }\n"
				   "    ask: [password]\n";

enum { PASSWORD = 1, DEVICE = 2, TOTP = 4, RECOVERY = 8, ALL = 15 };

struct sign_in {
	const char *client;
	bool known;
	const char *group;
	const char *ip;
	const char *acr;
	int caution;
	unsigned lacks;
	const char *rule;
	const char *words;
	const char *why_key;
};

static struct policy_input input_of(const struct sign_in *sign_in)
{
	struct policy_input input = input_plain();
	unsigned has = ALL & ~sign_in->lacks;

	input.client_id = sign_in->client;
	input.client_name = "Service";
	input.known_browser = sign_in->known;
	input.groups = &sign_in->group;
	input.group_count = sign_in->group ? 1 : 0;
	input.ip = sign_in->ip ? sign_in->ip : "203.0.113.5";
	input.ip_trusted = strcmp(input.ip, "unknown") != 0;
	input.acr_values = sign_in->acr;
	input.caution = sign_in->caution;
	input.has.password = has & PASSWORD;
	input.has.device = has & DEVICE;
	input.has.totp = has & TOTP;
	input.has.recovery = has & RECOVERY;
	return input;
}

static void check_sign_ins(const struct sign_in *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		scoped_arena *arena = arena_new(1 << 20);
		struct policy_input input = input_of(&cases[i]);
		struct decision decision = decide(arena, policy_of(arena, organisation), &input);

		print_message("%zu ", i);
		assert_string_equal(decision.rule, cases[i].rule);
		assert_string_equal(decision_words(arena, &decision), cases[i].words);
		assert_string_equal(decision.why_key, cases[i].why_key);
	}
	print_message("\n");
}

static void the_first_matching_rule_decides(void **state)
{
	static const struct sign_in cases[] = {
		{.client = "wiki",
		 .known = true,
		 .rule = "Wiki, known",
		 .words = "push:confirm",
		 .why_key = "confirm_known_browser"},
		{.client = "wiki",
		 .rule = "Wiki, new",
		 .words = "password > push:choose:2 | totp",
		 .why_key = "choose_new_browser"},
		{.client = "payroll",
		 .rule = "Payroll",
		 .words = "password > push:enter:8 | totp",
		 .why_key = "enter_client"},
		{.client = "expenses",
		 .known = true,
		 .rule = "Payroll",
		 .words = "password > push:enter:8 | totp",
		 .why_key = "enter_client"},
		{.client = "vault",
		 .group = "auditors",
		 .rule = "Operators",
		 .words = "password > push:enter:8 > totp",
		 .why_key = "enter_group"},
		{.client = "vault",
		 .group = "staff",
		 .rule = "Vault",
		 .words = "refused: not_allowed",
		 .why_key = "not_allowed"},
		{.client = "vault", .rule = "Vault", .words = "refused: not_allowed", .why_key = "not_allowed"},
		{.client = "chat",
		 .ip = "192.0.2.200",
		 .rule = "Office",
		 .words = "push:confirm",
		 .why_key = "confirm_network"},
		{.client = "chat",
		 .ip = "2001:db8:1::1",
		 .rule = "Office",
		 .words = "push:confirm",
		 .why_key = "confirm_network"},
		{.client = "chat",
		 .rule = "default",
		 .words = "password > push:enter:6 | totp | recovery",
		 .why_key = "enter_network"},
		{.client = "mail",
		 .rule = "default",
		 .words = "password > push:enter:6 | totp | recovery",
		 .why_key = "enter_default"},
		{.client = "Wiki",
		 .rule = "default",
		 .words = "password > push:enter:6 | totp | recovery",
		 .why_key = "enter_default"},
		{.client = "shop", .rule = "Shop", .words = "password", .why_key = "password_only"},
		{.client = "shop",
		 .acr = "silver gold",
		 .rule = "Asked for",
		 .words = "password > push:enter:6",
		 .why_key = "requested"},
		{.client = "shop", .acr = "mf mfaa", .rule = "Shop", .words = "password", .why_key = "password_only"},
	};

	check_sign_ins(cases, ARRAY_COUNT(cases));
}

static void what_the_account_lacks_is_left_out_or_refused(void **state)
{
	static const struct sign_in cases[] = {
		{.client = "mail",
		 .lacks = DEVICE,
		 .rule = "default",
		 .words = "password > totp | recovery",
		 .why_key = "code_default"},
		{.client = "mail",
		 .lacks = DEVICE | TOTP,
		 .rule = "default",
		 .words = "password > recovery",
		 .why_key = "code_default"},
		{.client = "mail",
		 .lacks = DEVICE | TOTP | RECOVERY,
		 .rule = "default",
		 .words = "refused: no_factor",
		 .why_key = "no_factor"},
		{.client = "mail",
		 .lacks = PASSWORD,
		 .rule = "default",
		 .words = "refused: no_factor",
		 .why_key = "no_factor"},
		{.client = "mail",
		 .lacks = ALL,
		 .rule = "default",
		 .words = "refused: no_factor",
		 .why_key = "no_factor"},
		{.client = "wiki",
		 .known = true,
		 .lacks = DEVICE,
		 .rule = "Wiki, known",
		 .words = "refused: no_factor",
		 .why_key = "no_factor"},
		{.client = "vault",
		 .group = "operators",
		 .lacks = TOTP,
		 .rule = "Operators",
		 .words = "refused: no_factor",
		 .why_key = "no_factor"},
		{.client = "shop",
		 .lacks = DEVICE | TOTP | RECOVERY,
		 .rule = "Shop",
		 .words = "password",
		 .why_key = "password_only"},
	};

	check_sign_ins(cases, ARRAY_COUNT(cases));
}

static void caution_lengthens_pushes_of_new_browsers_only(void **state)
{
	static const struct sign_in cases[] = {
		{.client = "wiki",
		 .caution = 4,
		 .rule = "Wiki, new",
		 .words = "password > push:enter:4 | totp",
		 .why_key = "caution"},
		{.client = "wiki",
		 .caution = 6,
		 .rule = "Wiki, new",
		 .words = "password > push:enter:6 | totp",
		 .why_key = "caution"},
		{.client = "wiki",
		 .caution = 6,
		 .known = true,
		 .rule = "Wiki, known",
		 .words = "push:confirm",
		 .why_key = "confirm_known_browser"},
		{.client = "payroll",
		 .caution = 6,
		 .rule = "Payroll",
		 .words = "password > push:enter:8 | totp",
		 .why_key = "enter_client"},
		{.client = "chat",
		 .caution = 4,
		 .ip = "192.0.2.1",
		 .rule = "Office",
		 .words = "push:enter:4",
		 .why_key = "caution"},
		{.client = "wiki",
		 .caution = 4,
		 .lacks = DEVICE,
		 .rule = "Wiki, new",
		 .words = "password > totp",
		 .why_key = "code_client"},
		{.client = "shop", .caution = 6, .rule = "Shop", .words = "password", .why_key = "password_only"},
	};

	check_sign_ins(cases, ARRAY_COUNT(cases));
}

static void a_requested_mfa_adds_and_never_replaces(void **state)
{
	static const struct sign_in cases[] = {
		{.client = "wiki",
		 .known = true,
		 .acr = "mfa",
		 .rule = "Wiki, known",
		 .words = "password > push:confirm",
		 .why_key = "requested"},
		{.client = "chat",
		 .ip = "192.0.2.1",
		 .acr = "phr mfa",
		 .rule = "Office",
		 .words = "password > push:confirm",
		 .why_key = "requested"},
		{.client = "mail",
		 .acr = "mfa",
		 .rule = "default",
		 .words = "password > push:enter:6 | totp | recovery",
		 .why_key = "enter_default"},
		/* not to be reached: the rule stands */
		{.client = "wiki",
		 .known = true,
		 .acr = "mfa",
		 .lacks = PASSWORD,
		 .rule = "Wiki, known",
		 .words = "push:confirm",
		 .why_key = "confirm_known_browser"},
		{.client = "wiki",
		 .known = true,
		 .acr = "phr phrh",
		 .rule = "Wiki, known",
		 .words = "push:confirm",
		 .why_key = "confirm_known_browser"},
		{.client = "vault",
		 .acr = "mfa",
		 .rule = "Vault",
		 .words = "refused: not_allowed",
		 .why_key = "not_allowed"},
	};
	static const char one_step[] =
		"default: { ask: [password, \"push:enter | totp\"] }\n"
		"rules: [ { name: A, when: { client: a }, ask: [password] },\n"
		"         { name: B, when: { client: b }, ask: [\"password | push:confirm\"] },\n"
		"         { name: C, when: { client: c }, ask: [\"password | totp\", password, password, password] } "
		"]\n";
	static const struct {
		const char *client, *words;
	} merged[] = {
		{"a", "password > push:enter:6 | totp"}, /* the default's steps */
		{"b", "password > push:enter:6 | totp"}, /* the password answers "password | push" too */
		{"c", "password | totp > password > password > password"}, /* no room: the rule stands */
	};

	check_sign_ins(cases, ARRAY_COUNT(cases));
	for (size_t i = 0; i < ARRAY_COUNT(merged); i++) {
		scoped_arena *arena = arena_new(1 << 20);
		struct policy_input input = input_plain();
		struct decision decision;

		input.client_id = merged[i].client;
		input.acr_values = "mfa";
		decision = decide(arena, policy_of(arena, one_step), &input);
		assert_string_equal(decision_words(arena, &decision), merged[i].words);
	}
}

/* authentik CVE-2024-47070: an address that could not be parsed skipped the policy. */
static void an_address_not_understood_is_the_stricter_case(void **state)
{
	static const char guarded[] = "default: { ask: [\"push:confirm\"] }\n"
				      "rules: [ { name: Abroad, when: { network: 198.51.100.0/24 }, deny: true } ]\n";
	static const struct sign_in cases[] = {
		{.client = "chat",
		 .ip = "unknown",
		 .rule = "default",
		 .words = "password > push:enter:6 | totp | recovery",
		 .why_key = "enter_default"},
		{.client = "chat",
		 .ip = "192.0.2.1, 198.51.100.7",
		 .rule = "default",
		 .words = "password > push:enter:6 | totp | recovery",
		 .why_key = "enter_default"},
		{.client = "mail",
		 .ip = "unknown",
		 .rule = "default",
		 .words = "password > push:enter:6 | totp | recovery",
		 .why_key = "enter_default"},
	};
	static const char *const bad[] = {"unknown", "", "192.0.2.1:443", "192.0.2", "fe80::1%eth0", "\xff"};

	check_sign_ins(cases, ARRAY_COUNT(cases));
	for (size_t i = 0; i <= ARRAY_COUNT(bad); i++) {
		scoped_arena *arena = arena_new(1 << 20);
		struct policy_input input = input_plain();
		struct decision decision;

		input.ip = i < ARRAY_COUNT(bad) ? bad[i] : NULL;
		decision = decide(arena, policy_of(arena, guarded), &input);
		assert_string_equal(decision.rule, "Abroad");
		assert_string_equal(decision_words(arena, &decision), "refused: not_allowed");
		input.ip = "192.0.2.7";
		decision = decide(arena, policy_of(arena, guarded), &input);
		assert_string_equal(decision.rule, "default");
		input.ip_trusted = false; /* an address that nobody vouches for */
		decision = decide(arena, policy_of(arena, guarded), &input);
		assert_string_equal(decision.rule, "Abroad");
	}
}

static const char *member(const json_t *list, size_t at, const char *key)
{
	const char *text = json_get_string(json_array_get(list, at), key);

	return text ? text : "";
}

static void the_trace_tells_which_condition_failed(void **state)
{
	static const char *const failures[] = {"client is chat, the rule wants wiki",
					       "client is chat, the rule wants wiki",
					       "client is chat, the rule wants payroll or expenses",
					       "client is chat, the rule wants vault",
					       "client is chat, the rule wants vault",
					       "address is 203.0.113.5, the rule wants 192.0.2.0/24 or 2001:db8::/32",
					       "client is chat, the rule wants shop",
					       "client is chat, the rule wants shop",
					       ""};
	static const struct sign_in sign_in = {.client = "chat", .lacks = TOTP};
	scoped_arena *arena = arena_new(1 << 20);
	struct policy_input input = input_of(&sign_in);
	struct decision decision = decide(arena, policy_of(arena, organisation), &input);
	const json_t *looks = json_object_get(decision.trace, "looked_at");

	assert_int_equal(json_array_size(looks), ARRAY_COUNT(failures));
	for (size_t i = 0; i < ARRAY_COUNT(failures); i++) {
		assert_string_equal(member(looks, i, "failed"), failures[i]);
		assert_int_equal(json_is_true(json_object_get(json_array_get(looks, i), "matched")), !*failures[i]);
	}
	assert_string_equal(member(json_object_get(decision.trace, "left_out"), 0, "factor"), "totp");
	assert_int_equal(json_array_size(json_object_get(decision.trace, "left_out")), 1);
	assert_string_equal(json_get_string(decision.trace, "outcome"), "ask");
	assert_string_equal(json_string_value(json_array_get(json_object_get(decision.trace, "acr"), 0)), "mfa");
	assert_int_equal(json_array_size(json_object_get(decision.trace, "acr")), 1);
	assert_string_equal(json_get_string(decision.trace, "rule"), "default");
}

static void the_trace_notes_what_changed_the_answer(void **state)
{
	static const struct {
		struct sign_in sign_in;
		const char *note;
		int caution;
	} cases[] = {
		{{.client = "wiki", .caution = 4}, "a push in a new browser asks for a typed number", 4},
		{{.client = "payroll", .caution = 4}, NULL, 0},
		{{.client = "wiki", .known = true, .acr = "mfa"}, "what is missing for it is asked too", 0},
		{{.client = "wiki", .known = true, .acr = "mfa", .lacks = PASSWORD},
		 "which this account cannot reach",
		 0},
		{{.client = "mail", .acr = "phrh"}, "resistance to phishing", 0},
		{{.client = "chat", .ip = "unknown"}, "cannot be understood", 0},
		{{.client = "mail", .ip = "unknown"}, NULL, 0},
		{{.client = "mail"}, NULL, 0},
	};

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		scoped_arena *arena = arena_new(1 << 20);
		struct policy_input input = input_of(&cases[i].sign_in);
		struct decision decision = decide(arena, policy_of(arena, organisation), &input);
		const json_t *notes = json_object_get(decision.trace, "notes");
		const char *note = json_string_value(json_array_get(notes, 0));

		assert_int_equal(json_array_size(notes), cases[i].note ? 1 : 0);
		if (cases[i].note && !strstr(note, cases[i].note))
			fail_msg("%zu: %s", i, note);
		assert_int_equal(json_integer_value(json_object_get(decision.trace, "caution")), cases[i].caution);
	}
}

static bool tree_is_displayable(const json_t *json)
{
	const char *key;
	json_t *item;
	size_t i;

	if (json_is_string(json))
		return !*json_string_value(json) || text_is_displayable(json_string_value(json)) ||
		       strspn(json_string_value(json), " ") == strlen(json_string_value(json));
	json_object_foreach ((json_t *)(uintptr_t)json, key, item)
		if (!tree_is_displayable(item))
			return false;
	json_array_foreach ((json_t *)(uintptr_t)json, i, item)
		if (!tree_is_displayable(item))
			return false;
	return true;
}

static void hostile_input_is_clean_in_the_trace(void **state)
{
	for (size_t i = 0; i < hostile_count; i++) {
		scoped_arena *arena = arena_new(1 << 20);
		struct policy_input input = input_plain();
		struct decision decision;

		input.client_id = input.client_name = input.ip = input.acr_values = hostile_strings[i];
		input.groups = &hostile_strings[i];
		input.group_count = 1;
		decision = decide(arena, policy_of(arena, organisation), &input);
		if (!tree_is_displayable(decision.trace) || !text_is_displayable(decision.why))
			fail_msg("%zu: %s", i, decision_format(arena, &decision));
	}
}

static void decisions_survive_storage(void **state)
{
	static const struct sign_in cases[] = {
		{.client = "wiki", .known = true},
		{.client = "wiki", .caution = 6},
		{.client = "payroll"},
		{.client = "vault"},
		{.client = "vault", .group = "auditors"},
		{.client = "mail", .lacks = ALL},
		{.client = "mail"},
		{.client = "chat", .ip = "unknown"},
	};

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		scoped_arena *arena = arena_new(1 << 20);
		struct policy_input input = input_of(&cases[i]);
		struct decision decision = decide(arena, policy_of(arena, organisation), &input), back = {0};

		assert_int_equal(decision_parse(arena, decision_format(arena, &decision), &back), OK);
		assert_int_equal(back.outcome, decision.outcome);
		assert_string_equal(back.rule, decision.rule);
		assert_int_equal(strlen(decision.policy), POLICY_MARK_SIZE - 1);
		assert_string_equal(back.policy, decision.policy);
		assert_string_equal(back.why, decision.why);
		assert_string_equal(back.why_key, decision.why_key);
		assert_int_equal(back.step_count, decision.step_count);
		assert_memory_equal(back.steps, decision.steps, sizeof(back.steps));
		assert_int_equal(back.refusal != NULL, decision.refusal != NULL);
		assert_true(json_equal(back.trace, decision.trace));
		assert_string_equal(decision_format(arena, &back), decision_format(arena, &decision));
	}
}

static void what_the_decision_says_now_is_stored(void **state)
{
	scoped_arena *arena = arena_new(1 << 20);
	struct policy_input input = input_plain();
	struct decision decision = decide(arena, policy_of(arena, organisation), &input), back;

	decision.step_count = 1;
	assert_int_equal(decision_parse(arena, decision_format(arena, &decision), &back), OK);
	assert_int_equal(back.step_count, 1);
	assert_int_equal(json_array_size(json_object_get(decision.trace, "asked")),
			 2); /* its own trace is left alone */
}

static void damaged_decisions_are_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"[]",
		"{}",
		"{\"outcome\":\"ask\",\"rule\":\"A\",\"why_key\":\"k\",\"why\":\"w\",\"asked\":[]}",
		"{\"outcome\":\"ask\",\"rule\":\"A\",\"why_key\":\"k\",\"why\":\"w\"}",
		"{\"outcome\":\"ask\",\"rule\":\"A\",\"why_key\":\"k\",\"why\":\"w\",\"asked\":{}}",
		"{\"outcome\":\"ask\",\"rule\":\"A\",\"why_key\":\"k\",\"why\":\"w\",\"asked\":[[]]}",
		"{\"outcome\":\"ask\",\"rule\":\"A\",\"why_key\":\"k\",\"why\":\"w\",\"asked\":[\"totp\"]}",
		"{\"outcome\":\"ask\",\"rule\":\"A\",\"why_key\":\"k\",\"why\":\"w\",\"asked\":[[\"passkey\"]]}",
		"{\"outcome\":\"ask\",\"rule\":\"A\",\"why_key\":\"k\",\"why\":\"w\",\"asked\":[[\"push:enter\"]]}",
		"{\"outcome\":\"ask\",\"rule\":\"A\",\"why_key\":\"k\",\"why\":\"w\",\"asked\":[[7]]}",
		"{\"outcome\":\"ask\",\"refusal\":\"no_factor\",\"rule\":\"A\",\"why_key\":\"k\",\"why\":\"w\","
		"\"asked\":[[\"totp\"]]}",
		"{\"outcome\":\"allow\",\"rule\":\"A\",\"why_key\":\"k\",\"why\":\"w\",\"asked\":[[\"totp\"]]}",
		"{\"rule\":\"A\",\"why_key\":\"k\",\"why\":\"w\",\"asked\":[[\"totp\"]]}",
		"{\"outcome\":\"refuse\",\"rule\":\"A\",\"why_key\":\"k\",\"why\":\"w\",\"asked\":[]}",
		"{\"outcome\":\"refuse\",\"refusal\":\"no_factor\",\"rule\":\"A\",\"why_key\":\"k\",\"why\":\"w\","
		"\"asked\":[[\"totp\"]]}",
		"{\"outcome\":\"ask\",\"why_key\":\"k\",\"why\":\"w\",\"asked\":[[\"totp\"]]}",
		"{\"outcome\":\"ask\",\"rule\":\"A\",\"why_key\":\"k\",\"why\":\"w\","
		"\"asked\":[[\"totp\"],[\"totp\"],[\"totp\"],[\"totp\"],[\"totp\"]]}",
		"{\"outcome\":\"ask\",\"rule\":\"A\",\"why_key\":\"k\",\"why\":\"w\","
		"\"asked\":[[\"totp\",\"totp\",\"totp\",\"totp\",\"totp\",\"totp\",\"totp\"]]}",
	};

	for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
		scoped_arena *arena = arena_new(1 << 20);
		struct decision decision = {.rule = "untouched"};

		if (decision_parse(arena, bad[i], &decision) != E_INVALID)
			fail_msg("accepted: %s", bad[i]);
		assert_string_equal(decision.rule, "untouched");
	}
}

static void too_little_memory_is_no_decision(void **state)
{
	scoped_arena *loaded = arena_new(1 << 20);
	const struct policy *policy = policy_of(loaded, organisation);
	struct policy_input input = input_plain();

	for (size_t limit = 16; limit < 16384; limit += 16) {
		scoped_arena *arena = arena_new(limit);
		struct decision decision = {.rule = "untouched"};
		enum status status = policy_evaluate(arena, policy, &input, &decision);

		if (status == OK)
			return;
		assert_int_equal(status, E_NOMEM);
		assert_int_equal(decision.outcome, DECISION_REFUSE);
		assert_string_equal(decision.rule, "untouched");
	}
	fail_msg("16 KiB did not suffice");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_matching_rule_decides),
		cmocka_unit_test(what_the_account_lacks_is_left_out_or_refused),
		cmocka_unit_test(caution_lengthens_pushes_of_new_browsers_only),
		cmocka_unit_test(a_requested_mfa_adds_and_never_replaces),
		cmocka_unit_test(an_address_not_understood_is_the_stricter_case),
		cmocka_unit_test(the_trace_tells_which_condition_failed),
		cmocka_unit_test(the_trace_notes_what_changed_the_answer),
		cmocka_unit_test(hostile_input_is_clean_in_the_trace),
		cmocka_unit_test(decisions_survive_storage),
		cmocka_unit_test(what_the_decision_says_now_is_stored),
		cmocka_unit_test(damaged_decisions_are_refused),
		cmocka_unit_test(too_little_memory_is_no_decision),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
