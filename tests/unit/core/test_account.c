/*
 * Who may do what on the account page, by tables: access, fresh proof, what is left to sign in with, and the temporary
 * pass. The HTTP side is tests/e2e/account.test.mjs. SECURITY 1b 7.5.1, 6.5.6, 5 T12, T16.
 */
#include "core_fixture.h"

#include <stdio.h>

#include "core/account.h"
#include "core/pass.h"

enum { DEVICE = 1, TOTP = 2, RECOVERY = 4, PASS = 8, NO_PASSWORD = 16 };

/* ---- a person with these things, and a session with these proofs ---- */

struct proof_given {
	const char *ask; /* as policy writes it; NULL ends */
	int64_t age_s;
};

struct opening {
	const char *name;
	unsigned has;
	struct proof_given proofs[4];
	enum account_access access;
	int64_t fresh_s; /* from now; 0: not fresh */
};

static const struct opening openings[] = {
	{"password and push, just given", DEVICE, {{"password", 9}, {"push:enter:6", 4}}, ACCOUNT_FULL, 291},
	{"the oldest proof counts", DEVICE, {{"password", 200}, {"push:enter:6", 4}}, ACCOUNT_FULL, 100},
	{"five minutes ago is too long", DEVICE, {{"password", 300}, {"push:enter:6", 4}}, ACCOUNT_FULL, 0},
	{"of two of a kind the newer",
	 DEVICE,
	 {{"push:enter:6", 900}, {"password", 9}, {"push:enter:8", 9}},
	 ACCOUNT_FULL,
	 291},
	{"a weaker push is none", DEVICE, {{"password", 9}, {"push:confirm", 4}}, ACCOUNT_NONE, 0},
	{"fewer digits are none", DEVICE, {{"password", 9}, {"push:enter:4", 4}}, ACCOUNT_NONE, 0},
	{"a password alone", DEVICE, {{"password", 9}}, ACCOUNT_NONE, 0},
	{"a push alone", DEVICE, {{"push:enter:6", 9}}, ACCOUNT_NONE, 0},
	{"nothing", DEVICE, {{NULL, 0}}, ACCOUNT_NONE, 0},
	{"an account with nothing else is refused", 0, {{"password", 9}}, ACCOUNT_NONE, 0},
	{"codes that are gone prove nothing", DEVICE, {{"password", 9}, {"totp", 9}}, ACCOUNT_NONE, 0},
	{"codes", TOTP, {{"password", 9}, {"totp", 9}}, ACCOUNT_FULL, 291},
	{"the last recovery code lets its session in", 0, {{"password", 9}, {"recovery", 9}}, ACCOUNT_FULL, 291},
	{"a pass lets enrol", 0, {{"password", 9}, {"pass", 9}}, ACCOUNT_ENROL, 1791},
	{"a pass and a device: still only enrol", DEVICE, {{"password", 9}, {"pass", 9}}, ACCOUNT_ENROL, 1791},
	{"a pass is not enough where there is a password", DEVICE, {{"pass", 9}}, ACCOUNT_NONE, 0},
	{"a pass alone, of who has nothing", NO_PASSWORD, {{"pass", 9}}, ACCOUNT_ENROL, 1791},
	{"half an hour is over", NO_PASSWORD, {{"pass", 1800}}, ACCOUNT_ENROL, 0},
	{"a pass that was not used counts nothing", PASS, {{"password", 9}}, ACCOUNT_NONE, 0},
	{"a whole session proven again by a pass enrols",
	 DEVICE,
	 {{"password", 9}, {"push:enter:6", 900}, {"pass", 9}},
	 ACCOUNT_ENROL,
	 1791},
	{"and is whole again later", DEVICE, {{"password", 9}, {"push:enter:6", 900}, {"pass", 1801}}, ACCOUNT_FULL, 0},
};

static const char *proofs_of(struct core_test *test, const struct proof_given *given)
{
	static const struct ask_defaults defaults = {2, 6};
	struct proof proofs[PROOFS_MAX] = {0};
	size_t count = 0;

	for (; count < 4 && given[count].ask; count++) {
		struct ask ask;

		IS(ask_parse(given[count].ask, strlen(given[count].ask), &defaults, &ask), OK);
		proofs[count] = (struct proof){.factor = ask.factor,
					       .mode = ask.mode,
					       .digits = ask.digits,
					       .at = test->now - given[count].age_s};
	}
	return proofs_format(test->arena, proofs, count);
}

static enum status session_put(struct store_tx *tx, void *ctx)
{
	return store_session_insert(tx, ctx);
}

static const char *session_make(struct core_test *test, const char *user_id, struct browser *browser,
				const char *proofs)
{
	struct session_row row = {.user_id = user_id,
				  .proofs = proofs,
				  .acr = "mfa",
				  .amr = "[]",
				  .ip = browser->ip,
				  .ua_label = "Tests",
				  .auth_time = test->now,
				  .created_at = test->now,
				  .used_at = test->now,
				  .idle_until = test->now + 3600,
				  .ends_at = test->now + 7200};
	char *sid = arena_alloc(test->arena, ID_SIZE);

	id_new(test->core.random, sid);
	token_new(test->core.random, browser->session);
	row.sid = sid;
	token_hash(browser->session, row.token_hash);
	token_hash(browser->token, row.browser_hash);
	write_now(test, session_put, &row);
	return sid;
}

static void things_make(struct core_test *test, const char *user_id, unsigned has)
{
	char codes[RECOVERY_CODES][RECOVERY_CODE_SIZE];
	struct pass_issued issued;
	struct codes totp;
	struct phone phone;

	if (has & DEVICE)
		phone_make(test, user_id, &phone);
	if (has & TOTP)
		totp_make(test, user_id, &totp);
	if (has & RECOVERY)
		IS(recovery_issue(&test->core, user_id, test->now, codes), OK);
	if (has & PASS)
		IS(pass_issue(&test->core, &(struct pass_wish){user_id, 16, 3600}, test->now, &issued), OK);
}

static void access_and_freshness_follow_from_policy_and_proofs(void **state)
{
	struct core_test *test = *state;

	for (size_t i = 0; i < ARRAY_COUNT(openings); i++) {
		const struct opening *opening = &openings[i];
		struct browser browser = browser_new(test);
		struct login_browser sent;
		struct account account = {0};
		char user_id[ID_SIZE], name[32];
		enum status status;

		snprintf(name, sizeof(name), "person%zu", i);
		user_make(test, name, opening->has & NO_PASSWORD ? NULL : DEMO_PASSWORD, user_id);
		test->now += 2000; /* the password is older than any proof here */
		things_make(test, user_id, opening->has);
		session_make(test, user_id, &browser, proofs_of(test, opening->proofs));
		sent = browser_sends(&browser);
		status = account_open(&test->core, test->arena, &sent, test->now, &account);
		if (status != (opening->access == ACCOUNT_NONE ? E_REFUSED : OK) || account.access != opening->access)
			fail_msg("%s: %s, access %d", opening->name, status_name(status), (int)account.access);
		if (status == OK &&
		    (account_is_fresh(&account) ? account.fresh_until - test->now : 0) != opening->fresh_s)
			fail_msg("%s: fresh for %lld s", opening->name, (long long)(account.fresh_until - test->now));
	}
}

/* ---- who is let in at all ---- */

static struct account account_of(struct core_test *test, const char *user_id, struct browser *browser, unsigned has)
{
	static const struct proof_given given[4] = {{"password", 0}, {"recovery", 0}};
	struct login_browser *sent = arena_alloc(test->arena, sizeof(*sent));
	struct account account;

	things_make(test, user_id, has);
	test->now += 1;
	session_make(test, user_id, browser, proofs_of(test, given));
	*sent = browser_sends(browser);
	IS(account_open(&test->core, test->arena, sent, test->now, &account), OK);
	return account;
}

static void another_browser_an_ended_session_and_a_disabled_account_are_nobody(void **state)
{
	struct core_test *test = *state;
	struct browser browser = browser_new(test), other = browser_new(test);
	struct account account = account_of(test, test->user_id, &browser, DEVICE), again;
	struct login_browser sent = browser_sends(&browser);
	const char *const tokens[] = {NULL, "", "x", other.token};

	for (size_t i = 0; i < ARRAY_COUNT(tokens); i++) {
		sent.browser_token = tokens[i];
		IS(account_open(&test->core, test->arena, &sent, test->now, &again), E_REFUSED);
	}
	sent = browser_sends(&browser);
	sent.session_token = NULL;
	IS(account_open(&test->core, test->arena, &sent, test->now, &again), E_REFUSED);
	sent = browser_sends(&browser);
	IS(account_open(&test->core, test->arena, &sent, test->now + 3600, &again), E_REFUSED);
	IS(account_session_end(&account, account.session.sid), OK);
	IS(account_open(&test->core, test->arena, &sent, test->now, &again), E_REFUSED);
	IS(account_session_end_others(&account), E_REFUSED); /* the copy in hand is of no use any more */
	IS(account_device_rename(&account, "x", "y"), E_REFUSED);

	account = account_of(test, test->user_id, &browser, 0);
	user_disable(test, test->user_id);
	IS(account_browser_remove_all(&account), E_REFUSED);
	sent = browser_sends(&browser);
	IS(account_open(&test->core, test->arena, &sent, test->now, &again), E_REFUSED);
}

/* Its sessions end with it. */
static void a_password_changed_elsewhere_ends_what_was_under_way(void **state)
{
	struct core_test *test = *state;
	struct browser browser = browser_new(test);
	struct account account = account_of(test, test->user_id, &browser, DEVICE);
	char token[TOKEN_SIZE];
	const char *problem;

	IS(user_set_password(&test->core, test->arena, test->user_id, "another-horse-9", test->now + 5, &problem), OK);
	IS(account_password_change(&account, DEMO_PASSWORD, "third-horse-again", token), E_REFUSED);
}

/* ---- what is left ---- */

struct removal {
	const char *name;
	unsigned has;
	bool refused;
};

/* The device goes; recovery codes are no way to live on. */
static void the_last_thing_to_sign_in_with_stays(void **state)
{
	static const struct removal removals[] = {
		{"nothing else", 0, true}, {"recovery codes only", RECOVERY, true}, {"a pass only", PASS, true},
		{"codes", TOTP, false},    {"another device", DEVICE, false},
	};
	struct core_test *test = *state;

	for (size_t i = 0; i < ARRAY_COUNT(removals); i++) {
		struct browser browser = browser_new(test);
		struct account account;
		struct phone phone;
		char user_id[ID_SIZE], name[32];
		enum status status;

		snprintf(name, sizeof(name), "leaver%zu", i);
		user_make(test, name, DEMO_PASSWORD, user_id);
		phone_make(test, user_id, &phone);
		account = account_of(test, user_id, &browser, removals[i].has);
		status = account_device_remove(&account, phone.id);
		if (status != (removals[i].refused ? E_CONFLICT : OK))
			fail_msg("%s: %s", removals[i].name, status_name(status));
		if (removals[i].refused)
			assert_string_equal(account.problem, "last_factor");
	}
}

/* ---- names and digits ---- */

static void names_are_what_can_be_shown(void **state)
{
	static const struct {
		const char *name;
		enum status status;
	} names[] = {
		{"Work phone", OK},
		{"\xf0\x9f\x94\x91 \"</script>'; --", OK},
		{"", E_INVALID},
		{" ", E_INVALID},
		{"a\nb", E_INVALID},
		{"\xe2\x80\xae"
		 "abc",
		 E_INVALID},
		{"\xff", E_INVALID},
		{"0123456789012345678901234567890123456789012345678901234567890123", OK},
		{"01234567890123456789012345678901234567890123456789012345678901234", E_INVALID},
	};
	struct core_test *test = *state;
	struct browser browser = browser_new(test);
	struct account account = account_of(test, test->user_id, &browser, 0);
	struct phone phone;

	phone_make(test, test->user_id, &phone);
	for (size_t i = 0; i < ARRAY_COUNT(names); i++)
		IS(account_device_rename(&account, phone.id, names[i].name), names[i].status);
}

static void what_cannot_be_the_digits_costs_no_attempt(void **state)
{
	static const char *const typed[] = {"", "12345", "1234567", "12345x", "\xd9\xa4\xd9\xa8", "123\n456"};
	struct core_test *test = *state;
	struct browser browser = browser_new(test);
	struct account account = account_of(test, test->user_id, &browser, 0);
	json_t *begun = NULL, *seen = NULL;
	const char *id;
	bool final;

	IS(account_enrolment_start(&account, false, &begun), OK);
	id = json_get_string(begun, "id");
	for (size_t i = 0; i < ARRAY_COUNT(typed); i++)
		IS(account_enrolment_confirm(&account, id, typed[i], &seen), E_INVALID);
	IS(account_enrolment_confirm(&account, id, "123 - 456", &seen), E_CONFLICT); /* nobody has come yet */
	IS(account_enrolment_look(&account, id, &seen, &final), OK);
	assert_string_equal(json_get_string(seen, "state"), "open");
	assert_null(json_get_string(seen, "link"));
	json_decref(seen);
	json_decref(begun);
}

/* ---- the pass ---- */

static void a_pass_has_its_length_and_its_time(void **state)
{
	static const struct {
		size_t length;
		int64_t valid_s;
		enum status status;
	} wishes[] = {
		{8, 600, OK},
		{48, 30 * 86400, OK},
		{16, 86400, OK},
		{7, 600, E_INVALID},
		{49, 600, E_INVALID},
		{16, 599, E_INVALID},
		{16, 30 * 86400 + 1, E_INVALID},
	};
	struct core_test *test = *state;

	for (size_t i = 0; i < ARRAY_COUNT(wishes); i++) {
		const struct pass_wish wish = {test->user_id, wishes[i].length, wishes[i].valid_s};
		struct pass_issued issued = {.text = ""};
		uint8_t hash[32];

		IS(pass_issue(&test->core, &wish, test->now, &issued), wishes[i].status);
		if (wishes[i].status != OK)
			continue;
		assert_int_equal(strlen(issued.text), wish.length + (wish.length - 1) / 4);
		assert_int_equal(issued.expires_at, test->now + wish.valid_s);
		IS(pass_read(&test->core, test->arena, test->user_id, issued.text, hash), OK);
	}
	IS(pass_issue(&test->core, &(struct pass_wish){"nobody", 16, 600}, test->now, &(struct pass_issued){0}),
	   E_NOT_FOUND);
}

static void what_cannot_be_a_pass_is_none(void **state)
{
	static const char *const typed[] = {"",
					    "AAAA",
					    "AAAA-AAA",
					    "AAAA-AAAU",
					    "AAAAAAAA\n",
					    "\xf0\x9f\x94\x91 AAAAAAAA",
					    "00000000000000000000000000000000000000000000000000"};
	struct core_test *test = *state;
	uint8_t hash[32], upper[32], other[32];

	for (size_t i = 0; i < ARRAY_COUNT(typed); i++)
		IS(pass_read(&test->core, test->arena, "demo", typed[i], hash), E_INVALID);
	IS(pass_read(&test->core, test->arena, "demo", "abcd-efgh", hash), OK);
	IS(pass_read(&test->core, test->arena, "demo", "ABCD EFGH", upper), OK);
	IS(pass_read(&test->core, test->arena, "other", "ABCDEFGH", other), OK);
	assert_memory_equal(hash, upper, 32);
	assert_memory_not_equal(hash, other, 32);
}

static enum status pass_type(struct core_test *test, const struct browser *browser, const char *login, const char *code,
			     struct login_view *view)
{
	const struct login_browser sent = browser_sends(browser);

	return login_pass(&test->core, test->arena, login, &sent, code, test->now, view);
}

static const char *at_account(struct core_test *test, struct browser *browser, const char *name)
{
	const struct account_wish wish = {0};
	const struct login_browser sent = browser_sends(browser);
	struct login_begun *begun = arena_alloc(test->arena, sizeof(*begun));

	IS(account_login_begin(&test->core, test->arena, &sent, &wish, test->now, begun), OK);
	assert_false(begun->has_response);
	IS(page_identify(test, browser, begun->id, name, NULL), OK);
	return begun->id;
}

/* The store looks twice, when it finds and when it uses; contract_account.c has each by itself. */
static void a_pass_works_once_and_in_its_time(void **state)
{
	struct core_test *test = *state;
	struct browser browser = browser_new(test);
	struct pass_issued issued;
	struct login_view view = {0};
	char user_id[ID_SIZE];
	const char *first, *second, *late;

	user_make(test, "fresh", NULL, user_id);
	IS(pass_issue(&test->core, &(struct pass_wish){user_id, 8, 600}, test->now, &issued), OK);
	first = at_account(test, &browser, "fresh");
	second = at_account(test, &browser, "fresh");
	late = at_account(test, &browser, "fresh");
	IS(pass_type(test, &browser, first, issued.text, &view), OK);
	assert_string_equal(view.state, "done");
	IS(pass_type(test, &browser, second, issued.text, &view), OK);
	assert_string_equal(view.state, "prove");
	assert_string_equal(json_get_string(view.json, "notice"), "wrong_code");
	IS(pass_issue(&test->core, &(struct pass_wish){user_id, 8, 600}, test->now - 400, &issued), OK);
	test->now += 200;
	IS(pass_type(test, &browser, late, issued.text, &view), OK);
	assert_string_equal(json_get_string(view.json, "notice"), "wrong_code");
}

/* A name that does not exist may be asked for a pass too, and its tries are counted. */
static void wrong_passes_are_counted_apart_for_any_name(void **state)
{
	struct core_test *test = *state;
	struct browser browser = browser_new(test);
	struct login_view view = {0};
	struct pass_issued issued;
	char user_id[ID_SIZE];
	const char *login = NULL;
	bool drawn = false;

	user_make(test, "fresh", NULL, user_id);
	IS(pass_issue(&test->core, &(struct pass_wish){user_id, 16, 600}, test->now, &issued), OK);
	login = at_account(test, &browser, "fresh");
	for (int i = 0; i < 5; i++)
		IS(pass_type(test, &browser, login, "AAAA-AAAA", &view), OK);
	IS(pass_type(test, &browser, login, issued.text, &view), E_BUSY);
	assert_true(view.retry_after > 0);
	assert_int_equal(attempts(test, user_id, "pass"), 5);
	assert_int_equal(attempts(test, user_id, "code"), 0);
	for (int i = 0; i < 400 && !drawn; i++) {
		char name[32];

		snprintf(name, sizeof(name), "ghost%d", i);
		login = at_account(test, &browser, name);
		drawn = strcmp(page_word(test, &browser, login, "state"), "prove") == 0 &&
			strcmp(page_word(test, &browser, login, "factor"), "pass") == 0;
	}
	assert_true(drawn);
	for (int i = 0; i < 5; i++)
		IS(pass_type(test, &browser, login, "AAAA-AAAA", &view), OK);
	IS(pass_type(test, &browser, login, "AAAA-AAAA", &view), E_BUSY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name_) cmocka_unit_test_setup_teardown(name_, core_setup, core_teardown)
		TEST(access_and_freshness_follow_from_policy_and_proofs),
		TEST(another_browser_an_ended_session_and_a_disabled_account_are_nobody),
		TEST(a_password_changed_elsewhere_ends_what_was_under_way),
		TEST(the_last_thing_to_sign_in_with_stays),
		TEST(names_are_what_can_be_shown),
		TEST(what_cannot_be_the_digits_costs_no_attempt),
		TEST(a_pass_has_its_length_and_its_time),
		TEST(what_cannot_be_a_pass_is_none),
		TEST(a_pass_works_once_and_in_its_time),
		TEST(wrong_passes_are_counted_apart_for_any_name),
#undef TEST
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
