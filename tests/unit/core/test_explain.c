/* The same account, three services of one organisation, three prompts; and one command that says why. */
#include "policy_fixture.h"

#include "../store/fixture.h"
#include "base/text.h"
#include "core/explain.h"

static const char organisation[] = "issuer: https://id.example.org\n"
				   "policy:\n"
				   "  default: { ask: [password, \"push:enter | totp | recovery\"] }\n"
				   "  rules:\n"
				   "    - name: The wiki is quick in a known browser\n"
				   "      when: { client: wiki, known_browser: true }\n"
				   "      ask: [\"push:confirm | totp\"]\n"
				   "    - name: Payroll\n"
				   "      when: { client: payroll, group: [finance] }\n"
				   "      ask: [password, \"push:enter:8 | totp\"]\n"
				   "    - name: Payroll is for finance\n"
				   "      when: { client: payroll }\n"
				   "      deny: true\n"
				   "    - name: Codes first\n"
				   "      when: { client: codes }\n"
				   "      ask: [totp]\n";

struct explaining {
	struct fixture *fixture;
	struct arena *arena;
	struct core core;
};

static enum status client_insert(struct store_tx *tx, const char *id, const char *name)
{
	struct client_row row = client_row_of(id);

	row.name = name;
	return store_client_insert(tx, &row);
}

static enum status rows_insert(struct store_tx *tx, void *ctx)
{
	static const char *const groups[] = {"finance", "staff"};
	struct device_row device = device_row_of("phone", "demo");

	device.state = "active";
	TRY(store_user_set_password(tx, "demo", "$argon2id$", NOW));
	TRY(store_user_set_groups(tx, "demo", groups, 2));
	TRY(store_device_insert(tx, &device));
	TRY(client_insert(tx, "wiki", "Wiki"));
	TRY(client_insert(tx, "payroll", "Payroll"));
	TRY(client_insert(tx, "mail", "Mail"));
	return client_insert(tx, "codes",
			     "Co\xe2\x80\xae"
			     "des");
}

static enum status caution_set(struct store_tx *tx, void *ctx)
{
	return store_user_set_caution(tx, "demo", 6, NOW + 100);
}

static enum status disable(struct store_tx *tx, void *ctx)
{
	return store_user_set_disabled(tx, "demo", true, NOW);
}

static int setup(void **state)
{
	struct explaining *explaining = calloc(1, sizeof(*explaining));
	void *fixture = NULL;

	assert_int_equal(memory_setup(&fixture), 0);
	explaining->fixture = fixture;
	explaining->arena = arena_new(1 << 22);
	explaining->core.store = explaining->fixture->store;
	assert_int_equal(settings_parse(explaining->arena, "/etc/symbolon.yaml", organisation, strlen(organisation),
					&explaining->core.settings, NULL),
			 OK);
	write_ok(explaining->core.store, rows_insert, NULL);
	*state = explaining;
	return 0;
}

static int teardown(void **state)
{
	struct explaining *explaining = *state;
	void *fixture = explaining->fixture;

	arena_free(explaining->arena);
	fixture_teardown(&fixture);
	free(explaining);
	return 0;
}

static struct explain_request request_of(const char *client)
{
	return (struct explain_request){.username = "Demo", .client_id = client, .ip = "192.0.2.7", .now = NOW};
}

/* What a terminal shows, in the arena. */
static char *human_of(const struct explaining *explaining, const struct explain_request *request)
{
	struct text human;
	char *copy;

	text_init(&human, 65536);
	assert_int_equal(explain(&explaining->core, explaining->arena, request, &human, NULL), OK);
	assert_false(human.failed);
	copy = arena_strdup(explaining->arena, human.data);
	text_done(&human);
	return copy;
}

static json_t *json_of(const struct explaining *explaining, const struct explain_request *request)
{
	json_t *json = NULL;

	assert_int_equal(explain(&explaining->core, explaining->arena, request, NULL, &json), OK);
	return json;
}

static void one_account_three_services_three_prompts(void **state)
{
	static const struct {
		const char *client, *side, *ask, *why;
	} cases[] = {
		{"wiki", "known_browser", "push:confirm",
		 "Wiki only asks you to compare a code because you have used this browser before."},
		{"wiki", "new_browser", "push:enter:6", "Wiki asks for the number because this browser is new."},
		{"payroll", "known_browser", "push:enter:8",
		 "Payroll asks for the number because of a group you are in."},
		{"mail", "known_browser", "push:enter:6", "Mail asks for the number, as most services here do."},
	};

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct explain_request request = request_of(cases[i].client);
		const json_t *trace = json_object_get(json_of(*state, &request), cases[i].side);
		const json_t *steps = json_object_get(trace, "prompts");
		const json_t *last = json_array_get(steps, json_array_size(steps) - 1);

		assert_string_equal(json_get_string(json_array_get(last, 0), "ask"), cases[i].ask);
		assert_string_equal(json_get_string(trace, "why"), cases[i].why);
	}
}

static void people_read_every_step_of_the_way(void **state)
{
	static const char *const lines[] = {
		"demo at Wiki (wiki)\n",
		"  has      password, device\n",
		"  groups   finance and staff\n",
		"  address  192.0.2.7\n",
		"\nIn a new browser\n",
		"    no       The wiki is quick in a known browser: this browser is new, the rule wants a known one\n",
		"    no       Payroll: client is wiki, the rule wants payroll\n",
		"    decides  default\n",
		"  step 2\n       push:enter:6\n         page   shows a number of 6 digits\n",
		"         phone  asks to type that number; there is one try\n         luck   1 in 1000000\n",
		"  left out totp: the account has none\n",
		"  token    acr mfa; amr pwd, swk and mfa when the first way is taken\n",
		"  told     Wiki asks for the number because this browser is new.\n",
		"\nIn a known browser\n",
		"    decides  The wiki is quick in a known browser\n",
		"         luck   depends on the person: a request approved without comparing is lost\n",
		"  token    acr swk; amr swk when the first way is taken\n",
	};
	struct explain_request request = request_of("wiki");
	const char *human = human_of(*state, &request);

	for (size_t i = 0; i < ARRAY_COUNT(lines); i++) {
		const char *at = strstr(human, lines[i]);

		if (!at)
			fail_msg("%s\nlacks, after what came before: %s", human, lines[i]);
		human = at;
	}
}

static void browsers_that_make_no_difference_are_shown_once(void **state)
{
	struct explain_request request = request_of("mail");
	const char *human = human_of(*state, &request);

	assert_non_null(strstr(human, "\nIn any browser\n"));
	assert_null(strstr(human, "In a new browser"));
	request.known_browser = true;
	human = human_of(*state, &request);
	assert_non_null(strstr(human, "\nIn a known browser\n"));
	assert_null(strstr(human, "In a new browser"));
	assert_null(json_object_get(json_of(*state, &request), "new_browser"));
}

static void groups_acr_and_address_may_be_supposed(void **state)
{
	static const char *const staff[] = {"staff"};
	struct explain_request request = request_of("payroll");
	const json_t *json;

	request.groups_given = true;
	request.groups = staff;
	request.group_count = 1;
	json = json_object_get(json_of(*state, &request), "new_browser");
	assert_string_equal(json_get_string(json, "refusal"), "not_allowed");
	assert_string_equal(json_get_string(json, "rule"), "Payroll is for finance");
	request.group_count = 0;
	assert_non_null(strstr(human_of(*state, &request), "  groups   none\n"));

	request = request_of("wiki");
	request.acr = "mfa";
	request.known_browser = true;
	json = json_object_get(json_of(*state, &request), "known_browser");
	assert_int_equal(json_array_size(json_object_get(json, "asked")), 2);
	assert_non_null(strstr(human_of(*state, &request), "  acr      mfa\n"));

	request.ip = NULL;
	assert_non_null(strstr(human_of(*state, &request), "  address  not given\n"));
}

static void caution_counts_until_it_ends(void **state)
{
	struct explaining *explaining = *state;
	struct explain_request request = request_of("wiki");
	const json_t *trace;

	write_ok(explaining->core.store, caution_set, NULL);
	trace = json_object_get(json_of(explaining, &request), "new_browser");
	assert_int_equal(json_integer_value(json_object_get(json_object_get(trace, "input"), "caution")), 6);
	request.now = NOW + 100;
	trace = json_object_get(json_of(explaining, &request), "new_browser");
	assert_int_equal(json_integer_value(json_object_get(json_object_get(trace, "input"), "caution")), 0);
}

static void warnings_are_those_of_the_rules_that_decide(void **state)
{
	struct explaining *explaining = *state;
	struct explain_request request = request_of("codes");
	const json_t *warnings = json_object_get(json_of(explaining, &request), "warnings");

	assert_int_equal(json_array_size(warnings), 1);
	assert_non_null(
		strstr(json_string_value(json_array_get(warnings, 0)), "The rule \"Codes first\" asks for a code"));
	assert_non_null(strstr(human_of(explaining, &request), "\nWarnings\n  The rule \"Codes first\""));
	request = request_of("mail");
	assert_int_equal(json_array_size(json_object_get(json_of(explaining, &request), "warnings")), 0);
	write_ok(explaining->core.store, disable, NULL);
	assert_non_null(strstr(human_of(explaining, &request), "The account is disabled"));
}

static void hostile_names_are_shown_clean(void **state)
{
	struct explain_request request = request_of("codes");
	const char *human = human_of(*state, &request);

	request.acr = "\x1b[31m";
	assert_null(strstr(human, "\xe2\x80\xae"));
	assert_null(strchr(human_of(*state, &request), '\x1b'));
}

static void who_or_what_is_not_there_is_said(void **state)
{
	static const struct {
		const char *user, *client, *ip;
		enum status status;
		const char *line;
	} cases[] = {
		{"nobody", "wiki", NULL, E_NOT_FOUND, "There is no such user: nobody\n"},
		{"no\x1b"
		 "body",
		 "wiki", NULL, E_NOT_FOUND,
		 "There is no such user: no\xef\xbf\xbd"
		 "body\n"},
		{"", "wiki", NULL, E_NOT_FOUND, "There is no such user: \n"},
		{"demo", "wikis", NULL, E_NOT_FOUND, "There is no such client: wikis\n"},
		{"demo", "wiki", "192.0.2", E_INVALID, "This is no IP address: 192.0.2\n"},
	};
	const struct explaining *explaining = *state;

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct explain_request request = request_of(cases[i].client);
		json_t untouched, *json = &untouched;
		struct text human;

		request.username = cases[i].user;
		request.ip = cases[i].ip;
		text_init(&human, 4096);
		assert_int_equal(explain(&explaining->core, explaining->arena, &request, &human, &json),
				 cases[i].status);
		assert_string_equal(human.data, cases[i].line);
		assert_ptr_equal(json, &untouched);
		text_done(&human);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_account_three_services_three_prompts, setup, teardown),
		cmocka_unit_test_setup_teardown(people_read_every_step_of_the_way, setup, teardown),
		cmocka_unit_test_setup_teardown(browsers_that_make_no_difference_are_shown_once, setup, teardown),
		cmocka_unit_test_setup_teardown(groups_acr_and_address_may_be_supposed, setup, teardown),
		cmocka_unit_test_setup_teardown(caution_counts_until_it_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(warnings_are_those_of_the_rules_that_decide, setup, teardown),
		cmocka_unit_test_setup_teardown(hostile_names_are_shown_clean, setup, teardown),
		cmocka_unit_test_setup_teardown(who_or_what_is_not_there_is_said, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
