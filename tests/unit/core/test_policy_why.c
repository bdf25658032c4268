#include "policy_fixture.h"

#include "base/text.h"
#include "core/why.h"

static void every_key_has_one_short_sentence(void **state)
{
	assert_int_equal(why_key_count, 29);
	for (size_t i = 0; i < why_key_count; i++) {
		const char *template = why_template(why_keys[i]);

		assert_non_null(template);
		assert_non_null(strstr(template, "{client}"));
		assert_null(strchr(strstr(template, "{client}") + 1, '{'));
		assert_true(strlen(template) <= 110);
		assert_int_equal(strcspn(template, "."), strlen(template) - 1);
		assert_true(text_is_displayable(template));
		for (size_t j = 0; j < i; j++) {
			assert_string_not_equal(why_keys[j], why_keys[i]);
			assert_string_not_equal(why_template(why_keys[j]), template);
		}
	}
}

static void each_mode_has_each_reason(void **state)
{
	static const char *const modes[] = {"confirm", "choose", "enter", "code"};
	static const char *const reasons[] = {"new_browser", "known_browser", "network", "group", "client", "default"};
	static const char *const others[] = {"caution", "requested", "password_only", "not_allowed", "no_factor"};
	char key[64];

	for (size_t i = 0; i < ARRAY_COUNT(modes); i++)
		for (size_t j = 0; j < ARRAY_COUNT(reasons); j++) {
			snprintf(key, sizeof(key), "%s_%s", modes[i], reasons[j]);
			assert_non_null(why_template(key));
		}
	for (size_t i = 0; i < ARRAY_COUNT(others); i++)
		assert_non_null(why_template(others[i]));
	assert_null(why_template("none_default"));
	assert_null(why_template(""));
}

static void the_sentence_names_the_service(void **state)
{
	scoped_arena *arena = arena_new(1 << 16);
	char *sentence = NULL;

	assert_int_equal(why_format(arena, "enter_new_browser", "Payroll", &sentence), OK);
	assert_string_equal(sentence, "Payroll asks for the number because this browser is new.");
	assert_int_equal(why_format(arena, "caution", "Café 工資", &sentence), OK);
	assert_string_equal(
		sentence, "Because a recent request was refused, Café 工資 asks for a longer number in new browsers.");
	assert_int_equal(why_format(arena, "nothing", "Payroll", &sentence), E_INVALID);
	assert_int_equal(why_format(arena, "enter_client", NULL, &sentence), OK);
	assert_string_equal(sentence, "This service always asks for the number.");
	assert_int_equal(why_format(arena, "enter_client", "  ", &sentence), OK);
	assert_string_equal(sentence, "This service always asks for the number.");
}

static void hostile_names_cannot_change_the_sentence(void **state)
{
	static char long_name[5000];

	memset(long_name, 'x', sizeof(long_name) - 1);
	for (size_t i = 0; i <= hostile_count; i++)
		for (size_t j = 0; j < why_key_count; j++) {
			scoped_arena *arena = arena_new(1 << 16);
			char *sentence = NULL;

			assert_int_equal(why_format(arena, why_keys[j],
						    i < hostile_count ? hostile_strings[i] : long_name, &sentence),
					 OK);
			assert_true(text_is_displayable(sentence));
			assert_true(utf8_count(sentence) <= 64 + 110);
			assert_non_null(
				strstr(sentence, strstr(why_template(why_keys[j]), "{client}") + strlen("{client}")));
		}
}

static void caution_is_told_where_the_person_meets_it(void **state)
{
	static const struct {
		const char *ask, *key;
	} cases[] = {
		{"push:confirm | totp", "caution"},
		{"totp | push:confirm", "code_default"},
		{"push:enter:8", "enter_default"},
	};

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		scoped_arena *arena = arena_new(1 << 20);
		struct policy_input input = input_plain();
		struct decision decision;

		input.caution = 4;
		decision = decide(arena,
				  policy_of(arena, arena_format(arena, "default: { ask: [password, \"%s\"] }\n",
								cases[i].ask)),
				  &input);
		assert_string_equal(decision.why_key, cases[i].key);
	}
}

/* The reason is what would have to be different for the answer to be different. */
static void the_reason_is_what_made_the_difference(void **state)
{
	static const struct {
		const char *yaml;
		bool known;
		const char *ip;
		const char *key;
	} cases[] = {
		{"default: { ask: [password, \"push:enter\"] }\n"
		 "rules: [ { name: A, when: { known_browser: true }, ask: [\"push:confirm\"] } ]\n",
		 false, "192.0.2.7", "enter_new_browser"},
		{"default: { ask: [password, \"push:enter\"] }\n"
		 "rules: [ { name: A, when: { known_browser: true }, ask: [\"push:confirm\"] } ]\n",
		 true, "192.0.2.7", "confirm_known_browser"},
		{"default: { ask: [\"push:choose\"] }\n"
		 "rules: [ { name: A, when: { known_browser: false }, ask: [password, \"push:enter\"] } ]\n",
		 true, "192.0.2.7", "choose_known_browser"},
		{"default: { ask: [\"push:choose\"] }\n"
		 "rules: [ { name: A, when: { known_browser: false }, ask: [password, \"push:enter\"] } ]\n",
		 false, "192.0.2.7", "enter_new_browser"},
		/* a known browser would not have helped: it is another service's rule, or asks as much */
		{"default: { ask: [\"push:choose\"] }\n"
		 "rules: [ { name: A, when: { client: wiki, known_browser: true }, ask: [\"push:confirm\"] } ]\n",
		 false, "192.0.2.7", "choose_default"},
		{"default: { ask: [\"push:choose\"] }\n"
		 "rules: [ { name: A, when: { known_browser: true }, ask: [password, \"push:enter\"] } ]\n",
		 false, "192.0.2.7", "choose_default"},
		{"default: { ask: [totp] }\n"
		 "rules: [ { name: A, when: { network: 192.0.2.0/24 }, ask: [\"push:confirm\"] } ]\n",
		 false, "203.0.113.1", "code_network"},
		{"default: { ask: [totp] }\n"
		 "rules: [ { name: A, when: { network: 192.0.2.0/24 }, ask: [recovery] } ]\n",
		 false, "203.0.113.1", "code_default"},
		{"default: { ask: [totp] }\n"
		 "rules: [ { name: A, when: { network: 192.0.2.0/24, client: payroll }, ask: [recovery] } ]\n",
		 false, "192.0.2.7", "code_network"},
		{"default: { ask: [totp] }\n"
		 "rules: [ { name: A, ask: [password, \"push:confirm\"] } ]\n",
		 false, "192.0.2.7", "confirm_default"},
		{"default: { ask: [totp] }\n"
		 "rules: [ { name: A, when: { acr: mfa }, ask: [password] }, { name: B, when: { client: payroll }, "
		 "ask: [totp, password] } ]\n",
		 false, "192.0.2.7", "code_client"},
	};

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		scoped_arena *arena = arena_new(1 << 20);
		struct policy_input input = input_plain();
		struct decision decision;

		input.known_browser = cases[i].known;
		input.ip = cases[i].ip;
		decision = decide(arena, policy_of(arena, cases[i].yaml), &input);
		if (strcmp(decision.why_key, cases[i].key) != 0)
			fail_msg("%zu: %s instead of %s", i, decision.why_key, cases[i].key);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_has_one_short_sentence),
		cmocka_unit_test(each_mode_has_each_reason),
		cmocka_unit_test(the_sentence_names_the_service),
		cmocka_unit_test(hostile_names_cannot_change_the_sentence),
		cmocka_unit_test(caution_is_told_where_the_person_meets_it),
		cmocka_unit_test(the_reason_is_what_made_the_difference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
