/* The login as a table: every state and event, and what each step may and may not do. SECURITY 1a N11, 5 T7, T13, T17.
 */
#include "core_fixture.h"

#include <stdio.h>

#include "base/text.h"
#include "core/session.h"

/* ---- every state × event ---- */

enum { IDENTIFY, PROVE1, PROVE2, CONSENT, DONE, REFUSED, FINISHED, EXPIRED, STATES };
static const char *const state_names[] = {"identify", "prove",   "prove",    "consent",
					  "done",     "refused", "finished", "prove"};

/* Brings a new login to the state; the last one is past its time. */
static const char *login_in(struct core_test *test, struct browser *browser, int state)
{
	const bool partner = state == CONSENT || state == REFUSED, quick = state == DONE || state == FINISHED;
	struct authorize_raw raw = raw_for(test, partner ? "partner" : quick ? "quick" : "mail");
	struct login_begun begun;
	const char *id;

	raw.prompt = partner ? "consent" : NULL; /* each time */
	IS(login_ask_for(test, browser, &raw, &begun), OK);
	id = arena_strdup(test->arena, begun.id);
	if (state != IDENTIFY)
		IS(page_identify(test, browser, id, "demo", NULL), OK);
	if (state >= PROVE2 && state != EXPIRED)
		IS(page_password(test, browser, id, DEMO_PASSWORD, NULL), OK);
	if (state == REFUSED)
		IS(page_consent(test, browser, id, false, NULL), OK);
	if (state == FINISHED) {
		struct browser copy = *browser;

		IS(page_finish(test, &copy, id, NULL), OK);
	}
	assert_string_equal(login_row_now(test, id).state, state_names[state]);
	if (state == EXPIRED)
		test->now += test->settings.life.login_s;
	return id;
}

enum {
	EV_STATE,
	EV_IDENTIFY,
	EV_PASSWORD,
	EV_PUSH,
	EV_TOTP,
	EV_RECOVERY,
	EV_CANCEL,
	EV_FORGET,
	EV_CONSENT,
	EV_FINISH,
	EVENTS
};
static const char *const event_names[] = {"state",    "identify", "password", "push",    "totp",
					  "recovery", "cancel",   "forget",   "consent", "finish"};

static enum status event_do(struct core_test *test, struct browser *browser, const char *id, int event,
			    const struct codes *codes, const char *recovery)
{
	char code[16];

	totp_code(codes, test->now, code);
	switch (event) {
	case EV_IDENTIFY: return page_identify(test, browser, id, "demo", NULL);
	case EV_PASSWORD: return page_password(test, browser, id, DEMO_PASSWORD, NULL);
	case EV_PUSH: return page_push(test, browser, id, NULL);
	case EV_TOTP: return page_totp(test, browser, id, code, NULL);
	case EV_RECOVERY: return page_recovery(test, browser, id, recovery, NULL);
	case EV_CANCEL: return page_cancel(test, browser, id, false, NULL);
	case EV_FORGET: return page_cancel(test, browser, id, true, NULL);
	case EV_CONSENT: return page_consent(test, browser, id, true, NULL);
	case EV_FINISH: return page_finish(test, browser, id, NULL);
	}
	return page_state(test, browser, id, NULL);
}

#define C E_CONFLICT
#define X E_EXPIRED
/* Mutation: any line more in login.c's table, or an `is_asked` without its state, changes a cell. */
static const enum status expected[EVENTS][STATES] = {
	/*               identify prove1 prove2 consent done refused finished expired */
	[EV_STATE] = {OK, OK, OK, OK, OK, OK, OK, OK}, [EV_IDENTIFY] = {OK, C, C, C, C, C, X, X},
	[EV_PASSWORD] = {C, OK, C, C, C, C, C, X},     [EV_PUSH] = {C, C, OK, C, C, C, X, X},
	[EV_TOTP] = {C, C, OK, C, C, C, C, C},         [EV_RECOVERY] = {C, C, OK, C, C, C, C, C},
	[EV_CANCEL] = {C, OK, OK, C, C, C, X, X},      [EV_FORGET] = {OK, OK, OK, OK, OK, OK, X, X},
	[EV_CONSENT] = {C, C, C, OK, C, C, X, X},      [EV_FINISH] = {C, C, C, C, OK, C, X, X},
};

static void every_event_in_every_state_does_what_the_table_says(void **state)
{
	struct core_test *test = *state;
	char recovery[RECOVERY_CODES][RECOVERY_CODE_SIZE];
	struct phone phone;
	struct codes codes;

	phone_make(test, test->user_id, &phone);
	totp_make(test, test->user_id, &codes);
	IS(recovery_issue(&test->core, test->user_id, test->now, recovery), OK);
	for (int event = 0; event < EVENTS; event++)
		for (int from = 0; from < STATES; from++) {
			struct browser browser = browser_new(test);
			const char *id = login_in(test, &browser, from);
			enum status status = event_do(test, &browser, id, event, &codes, recovery[0]);

			if (status != expected[event][from])
				fail_msg("%s in %s (%d): %s, not %s", event_names[event], state_names[from], from,
					 status_name(status), status_name(expected[event][from]));
			test->now += 60;
		}
}

static void nothing_leads_to_finished_but_done(void **state)
{
	static const char *const all[] = {"identify", "prove",   "consent", "done",
					  "finished", "refused", "expired", "superseded"};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(all); i++) {
		assert_int_equal(login_may(all[i], "finished"), strcmp(all[i], "done") == 0);
		assert_false(login_may("expired", all[i]));
		assert_false(login_may("superseded", all[i]));
		assert_int_equal(login_may("finished", all[i]), strcmp(all[i], "refused") == 0);
		assert_int_equal(login_may("refused", all[i]), strcmp(all[i], "identify") == 0);
	}
	assert_true(challenge_may("pending", "approved") && challenge_may("approved", "consumed"));
	assert_false(challenge_may("denied", "approved") || challenge_may("wrong", "approved") ||
		     challenge_may("expired", "approved") || challenge_may("consumed", "approved"));
}

/* ---- whose login it is ---- */

/* Mutation: without the comparison of browser_hash in load() another browser takes a proven login away. */
static void another_browser_can_do_nothing(void **state)
{
	struct core_test *test = *state;
	struct browser mine = browser_new(test), other = browser_new(test), none = {.ip = "192.0.2.7"};
	struct codes codes;

	totp_make(test, test->user_id, &codes);
	for (int from = 0; from < STATES - 1; from++) {
		const char *id = login_in(test, &mine, from);

		for (int event = 0; event < EVENTS; event++) {
			IS(event_do(test, &other, id, event, &codes, "x"), E_REFUSED);
			IS(event_do(test, &none, id, event, &codes, "x"), E_REFUSED);
		}
	}
	IS(page_state(test, &mine, "nothing-of-the-kind-22", NULL), E_NOT_FOUND);
}

static const char *done_login(struct core_test *test, struct browser *browser)
{
	return login_in(test, browser, DONE);
}

/* Mutation: `<` for `<=`, or no is_in_time at all. */
static void an_approval_is_finished_within_two_minutes(void **state)
{
	struct core_test *test = *state;
	struct browser browser = browser_new(test);
	const char *early = done_login(test, &browser), *late = done_login(test, &browser);

	test->now += APPROVAL_LIFE_S + 1;
	IS(page_finish(test, &browser, late, NULL), E_EXPIRED);
	assert_string_equal(browser.session, "");
	test->now -= 1;
	IS(page_finish(test, &browser, early, NULL), OK);
}

/* ---- single sign-on and step-up ---- */

static void a_session_answers_at_once_and_a_higher_demand_asks_only_what_is_missing(void **state)
{
	struct core_test *test = *state;
	struct browser browser = browser_new(test);
	struct authorize_raw quick = raw_for(test, "quick"), mail = raw_for(test, "mail");
	struct login_begun begun;
	struct codes codes;
	char code[16], before[TOKEN_SIZE];
	const char *id = done_login(test, &browser);

	totp_make(test, test->user_id, &codes);
	IS(page_finish(test, &browser, id, NULL), OK);
	quick = raw_for(test, "quick");
	IS(login_ask_for(test, &browser, &quick, &begun), OK);
	assert_true(begun.has_response && strstr(begun.response.location, "code="));
	assert_null(begun.set_session);
	mail = raw_for(test, "mail");
	IS(login_ask_for(test, &browser, &mail, &begun), OK);
	assert_false(begun.has_response);
	assert_string_equal(page_word(test, &browser, begun.id, "state"), "prove");
	assert_string_equal(page_word(test, &browser, begun.id, "factor"), "totp");
	assert_string_equal(page_word(test, &browser, begun.id, "username"), "demo");
	totp_code(&codes, test->now, code);
	IS(page_totp(test, &browser, begun.id, code, NULL), OK);
	memcpy(before, browser.session, sizeof(before));
	IS(page_finish(test, &browser, begun.id, NULL), OK);
	/* Mutation: new_token without own_count > 0 keeps the session id. */
	assert_string_not_equal(browser.session, before);
	memcpy(browser.session, before, sizeof(before));
	IS(login_ask_for(test, &browser, &quick, &begun), OK);
	assert_false(begun.has_response);
}

static void prompt_and_max_age_ask_again(void **state)
{
	struct core_test *test = *state;
	struct browser browser = browser_new(test);
	struct login_begun begun;
	struct authorize_raw raw;

	IS(page_finish(test, &browser, done_login(test, &browser), NULL), OK);
	test->now += 100;
	raw = raw_for(test, "quick");
	raw.prompt = "login";
	IS(login_ask_for(test, &browser, &raw, &begun), OK);
	assert_false(begun.has_response);
	IS(page_finish(test, &browser, arena_strdup(test->arena, begun.id), NULL), E_CONFLICT);
	raw.prompt = "select_account";
	IS(login_ask_for(test, &browser, &raw, &begun), OK);
	assert_string_equal(page_word(test, &browser, begun.id, "state"), "identify");
	raw.prompt = NULL;
	raw.max_age = "99";
	IS(login_ask_for(test, &browser, &raw, &begun), OK);
	assert_false(begun.has_response);
	raw.max_age = "100";
	IS(login_ask_for(test, &browser, &raw, &begun), OK);
	assert_true(begun.has_response);
	raw.max_age = "0";
	IS(login_ask_for(test, &browser, &raw, &begun), OK);
	assert_false(begun.has_response);
}

static void prompt_none_never_shows_a_page(void **state)
{
	struct core_test *test = *state;
	struct browser browser = browser_new(test), in = browser_new(test);
	static const struct {
		const char *client, *error;
	} cases[] = {{"quick", "code="},
		     {"mail", "error=login_required"},
		     {"partner", "error=consent_required"},
		     {"vault", "error=access_denied"}};
	struct login_begun begun;
	struct authorize_raw raw = raw_for(test, "quick");

	raw.prompt = "none";
	IS(login_ask_for(test, &browser, &raw, &begun), OK);
	assert_true(begun.has_response && strstr(begun.response.location, "error=login_required"));
	IS(page_finish(test, &in, done_login(test, &in), NULL), OK);
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct codes codes;

		if (i == 1)
			totp_make(test, test->user_id, &codes);
		raw = raw_for(test, cases[i].client);
		raw.prompt = "none";
		IS(login_ask_for(test, &in, &raw, &begun), OK);
		assert_true(begun.has_response);
		assert_non_null(strstr(begun.response.location, cases[i].error));
	}
}

/* ---- consent ---- */

static void consent_is_asked_once_unless_asked_for_each_time(void **state)
{
	struct core_test *test = *state;
	struct browser browser = browser_new(test);
	struct authorize_raw raw = raw_for(test, "partner");
	struct login_begun begun;
	const char *id = login_new(test, &browser, "partner");

	IS(page_identify(test, &browser, id, "demo", NULL), OK);
	IS(page_password(test, &browser, id, DEMO_PASSWORD, NULL), OK);
	IS(page_finish(test, &browser, id, NULL), E_CONFLICT);
	IS(page_consent(test, &browser, id, true, NULL), OK);
	IS(page_finish(test, &browser, id, NULL), OK);
	IS(login_ask_for(test, &browser, &raw, &begun), OK);
	assert_true(begun.has_response);
	raw.scope = "openid email profile"; /* more than was agreed to */
	IS(login_ask_for(test, &browser, &raw, &begun), OK);
	assert_false(begun.has_response);
	raw.scope = "openid";
	raw.prompt = "consent";
	IS(login_ask_for(test, &browser, &raw, &begun), OK);
	assert_false(begun.has_response);
	assert_string_equal(page_word(test, &browser, begun.id, "state"), "consent");
	IS(page_consent(test, &browser, begun.id, true, NULL), OK);
	IS(page_finish(test, &browser, begun.id, NULL), OK);
}

/* The state that the page shows is the state that its buttons work in, also when another tab has proven the rest. */
static void consent_works_when_another_tab_has_signed_in(void **state)
{
	struct core_test *test = *state;
	struct browser browser = browser_new(test);
	const char *waits = login_new(test, &browser, "partner");

	IS(page_identify(test, &browser, waits, "demo", NULL), OK);
	test->now += 5;
	IS(page_finish(test, &browser, done_login(test, &browser), NULL), OK);
	assert_string_equal(page_word(test, &browser, waits, "state"), "consent");
	IS(page_consent(test, &browser, waits, true, NULL), OK);
	IS(page_finish(test, &browser, waits, NULL), OK);
}

/* ---- the person in between ---- */

/* T7. Mutation: without user_recheck and the disabled checks a disabled person's login finishes. */
static void a_disabled_person_gets_nowhere(void **state)
{
	struct core_test *test = *state;
	struct browser browser = browser_new(test);
	const char *done = done_login(test, &browser), *prove = login_in(test, &browser, PROVE1);

	user_disable(test, test->user_id);
	IS(page_finish(test, &browser, done, NULL), E_CONFLICT);
	IS(page_password(test, &browser, prove, DEMO_PASSWORD, NULL), OK); /* a stranger's page goes on as for nobody */
	assert_string_equal(page_word(test, &browser, prove, "notice"), "wrong_password");
	prove = login_new(test, &browser, "quick");
	IS(page_identify(test, &browser, prove, "demo", NULL), OK);
	IS(page_password(test, &browser, prove, DEMO_PASSWORD, NULL), OK);
	assert_string_equal(page_word(test, &browser, prove, "notice"), "wrong_password");
}

struct swap {
	const struct browser *browser;
	const char *login;
};

static struct swap meanwhile; /* what comes in between */

static void swap_person(struct core_test *test)
{
	const struct swap *swap = &meanwhile;

	IS(page_cancel(test, swap->browser, swap->login, true, NULL), OK);
	IS(page_identify(test, swap->browser, swap->login, "victim", NULL), OK);
}

/*
 * Somebody gives their own right password and, while it is being looked at, goes back and names another person.
 * Mutation: without verified_for the proof counts for the other person.
 */
static void a_password_never_counts_for_a_person_named_meanwhile(void **state)
{
	struct core_test *test = *state;
	struct browser browser = browser_new(test);
	const char *id = login_new(test, &browser, "quick");
	char victim[ID_SIZE];

	user_make(test, "victim", "another-secret-9", victim);
	IS(page_identify(test, &browser, id, "demo", NULL), OK);
	meanwhile = (struct swap){&browser, id};
	test->between = swap_person;
	IS(page_password(test, &browser, id, DEMO_PASSWORD, NULL), E_CONFLICT);
	assert_string_equal(login_row_now(test, id).user_id, victim);
	assert_string_equal(login_row_now(test, id).proofs, "[]");
	IS(page_finish(test, &browser, id, NULL), E_CONFLICT);
}

static void a_code_never_counts_for_a_person_named_meanwhile(void **state)
{
	struct core_test *test = *state;
	struct browser browser = browser_new(test);
	const char *id;
	char victim[ID_SIZE], recovery[RECOVERY_CODES][RECOVERY_CODE_SIZE], theirs[RECOVERY_CODES][RECOVERY_CODE_SIZE],
		code[16];
	struct codes codes, other;

	user_make(test, "victim", "another-secret-9", victim);
	totp_make(test, test->user_id, &codes);
	totp_make(test, victim, &other);
	IS(recovery_issue(&test->core, test->user_id, test->now, recovery), OK);
	IS(recovery_issue(&test->core, victim, test->now, theirs), OK);
	for (int i = 0; i < 2; i++) {
		id = login_new(test, &browser, "codes");
		meanwhile = (struct swap){&browser, id};
		IS(page_identify(test, &browser, id, "demo", NULL), OK);
		totp_code(&codes, test->now, code);
		test->between = swap_person;
		IS(i ? page_totp(test, &browser, id, code, NULL) : page_recovery(test, &browser, id, recovery[0], NULL),
		   E_CONFLICT);
		assert_string_equal(login_row_now(test, id).proofs, "[]");
	}
}

/* ---- known browsers ---- */

static enum status browsers_count(struct store_tx *tx, void *ctx)
{
	struct {
		const char *user;
		size_t count;
	} *counting = ctx;
	struct browser_row *rows;

	return store_browser_list(tx, counting->user, &rows, &counting->count);
}

static size_t known_count(struct core_test *test)
{
	struct {
		const char *user;
		size_t count;
	} counting = {test->user_id, 0};

	read_now(test, browsers_count, &counting);
	return counting.count;
}

static void a_browser_becomes_known_only_by_two_factors(void **state)
{
	struct core_test *test = *state;
	struct browser one = browser_new(test), two = browser_new(test);
	struct phone phone;

	phone_make(test, test->user_id, &phone);
	IS(page_finish(test, &one, done_login(test, &one), NULL), OK);
	assert_string_equal(one.known, ""); /* Mutation: no multi-factor test in known_prepare */
	sign_in(test, &two, &phone, "mail");
	assert_int_equal(strlen(two.known), ID_SIZE - 1 + 1 + TOKEN_SIZE - 1);
}

static const char *login_as_demo(struct core_test *test, struct browser *browser)
{
	const char *id = login_new(test, browser, "quick");

	IS(page_identify(test, browser, id, "demo", NULL), OK);
	return id;
}

static void a_known_browser_is_rotated_and_an_old_token_is_a_theft(void **state)
{
	struct core_test *test = *state;
	struct browser browser = browser_new(test), thief;
	struct phone phone;
	const char *id;

	phone_make(test, test->user_id, &phone);
	sign_in(test, &browser, &phone, "mail");
	thief = browser_new(test);
	memcpy(thief.known, browser.known, sizeof(thief.known));
	browser.session[0] = '\0';
	id = login_as_demo(test, &browser);
	assert_true(login_row_now(test, id).known_browser);
	IS(page_password(test, &browser, id, DEMO_PASSWORD, NULL), OK);
	IS(page_finish(test, &browser, id, NULL), OK);
	assert_string_not_equal(browser.known, thief.known);
	assert_memory_equal(browser.known, thief.known, ID_SIZE); /* the same pair, another token */
	assert_int_equal(known_count(test), 1);
	test->now += 60;
	assert_true(login_row_now(test, login_as_demo(test, &thief)).known_browser); /* two tabs */
	test->now += 1;
	assert_false(login_row_now(test, login_as_demo(test, &thief)).known_browser);
	assert_true(audited(test, "known_browser.stolen"));
	assert_int_equal(known_count(test), 0);
	browser.session[0] = '\0';
	assert_false(login_row_now(test, login_as_demo(test, &browser)).known_browser);
}

/* Mutation: the stored token's hash, not the cookie's, in pair_check: then the second tab takes the first one's place.
 */
static void a_token_has_one_successor(void **state)
{
	struct core_test *test = *state;
	struct browser first = browser_new(test), second;
	struct phone phone;
	const char *one, *two;

	phone_make(test, test->user_id, &phone);
	sign_in(test, &first, &phone, "mail");
	first.session[0] = '\0';
	second = first;
	one = login_as_demo(test, &first);
	two = login_as_demo(test, &second);
	IS(page_password(test, &first, one, DEMO_PASSWORD, NULL), OK);
	IS(page_password(test, &second, two, DEMO_PASSWORD, NULL), OK);
	IS(page_finish(test, &first, one, NULL), OK);
	IS(page_finish(test, &second, two, NULL), OK);
	assert_memory_not_equal(first.known, second.known, ID_SIZE);
	assert_int_equal(known_count(test), 2);
	test->now += 61;
	first.session[0] = second.session[0] = '\0';
	assert_true(login_row_now(test, login_as_demo(test, &first)).known_browser);
	assert_true(login_row_now(test, login_as_demo(test, &second)).known_browser);
}

static void a_person_has_at_most_ten_known_browsers(void **state)
{
	struct core_test *test = *state;
	struct browser first = browser_new(test), browser;
	struct phone phone;

	phone_make(test, test->user_id, &phone);
	sign_in(test, &first, &phone, "mail");
	for (int i = 0; i < 10; i++) {
		test->now += 700;
		browser = browser_new(test);
		sign_in(test, &browser, &phone, "mail");
	}
	assert_int_equal(known_count(test), 10); /* Mutation: > for >= */
	first.session[0] = '\0';
	assert_false(login_row_now(test, login_as_demo(test, &first)).known_browser);
}

int main(void)
{
#define T(name_) cmocka_unit_test_setup_teardown(name_, core_setup, core_teardown)
	const struct CMUnitTest tests[] = {
		T(every_event_in_every_state_does_what_the_table_says),
		cmocka_unit_test(nothing_leads_to_finished_but_done),
		T(another_browser_can_do_nothing),
		T(an_approval_is_finished_within_two_minutes),
		T(a_session_answers_at_once_and_a_higher_demand_asks_only_what_is_missing),
		T(prompt_and_max_age_ask_again),
		T(prompt_none_never_shows_a_page),
		T(consent_is_asked_once_unless_asked_for_each_time),
		T(consent_works_when_another_tab_has_signed_in),
		T(a_disabled_person_gets_nowhere),
		T(a_password_never_counts_for_a_person_named_meanwhile),
		T(a_code_never_counts_for_a_person_named_meanwhile),
		T(a_browser_becomes_known_only_by_two_factors),
		T(a_known_browser_is_rotated_and_an_old_token_is_a_theft),
		T(a_token_has_one_successor),
		T(a_person_has_at_most_ten_known_browsers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
