/*
 * "It's not me" in every state, the rule that a refusal leaves behind, and who takes whose place (DESIGN section 7).
 * SECURITY 5 T2, T7; section 0, point 4.
 */
#include "core_scene.h"

#include "base/text.h"

/* ---- report ---- */

static void a_report_of_a_pending_request_ends_the_login(void **state)
{
	struct scene scene = scene_new(state, "enter");
	struct core_test *test = scene.test;
	const char *done = login_new(test, &scene.browser, "quick");

	IS(page_identify(test, &scene.browser, done, "demo", NULL), OK);
	IS(page_password(test, &scene.browser, done, DEMO_PASSWORD, NULL), OK);
	IS(answer(test, &scene.phone, scene.challenge, "report"), OK);
	assert_string_equal(state_of(&scene), "denied");
	assert_null(login_row_now(test, scene.login).user_id); /* a stranger's page goes on as for nobody */
	IS(page_push(test, &scene.browser, scene.login, NULL), OK);
	assert_true(challenge_now(test, challenge_of(test, scene.login)).hidden);
	assert_true(audited(test, "challenge.reported"));
	/* What that browser has under way for this person ends too. Mutation: no store_login_end_all in report_write.
	 */
	IS(page_finish(test, &scene.browser, done, NULL), E_CONFLICT);
}

static void a_report_after_a_proof_refuses_the_login_and_says_why(void **state)
{
	struct scene scene = {.test = *state};
	struct core_test *test = scene.test;

	phone_make(test, test->user_id, &scene.phone);
	scene.browser = browser_new(test);
	scene.login = login_new(test, &scene.browser, "mail");
	IS(page_identify(test, &scene.browser, scene.login, "demo", NULL), OK);
	IS(page_password(test, &scene.browser, scene.login, DEMO_PASSWORD, NULL), OK);
	IS(page_push(test, &scene.browser, scene.login, NULL), OK);
	IS(answer(test, &scene.phone, challenge_of(test, scene.login), "report"), OK);
	assert_string_equal(page_word(test, &scene.browser, scene.login, "state"), "refused");
	assert_string_equal(page_word(test, &scene.browser, scene.login, "notice"), "reported");
	IS(page_finish(test, &scene.browser, scene.login, NULL), E_CONFLICT);
}

static void a_report_of_an_approved_request_stops_it(void **state)
{
	struct scene scene = scene_new(state, "enter");
	struct core_test *test = scene.test;

	IS(answer(test, &scene.phone, scene.challenge, "approve"), OK);
	IS(answer(test, &scene.phone, scene.challenge, "report"), OK);
	assert_string_equal(state_of(&scene), "denied");
	IS(page_finish(test, &scene.browser, scene.login, NULL), E_CONFLICT);
	assert_string_equal(scene.browser.session, "");
}

struct granted {
	const char *code, *user_id;
	struct grant_row row;
	size_t sessions;
};

static enum status grant_look(struct store_tx *tx, void *ctx)
{
	struct granted *granted = ctx;
	uint8_t hash[32];

	token_hash(granted->code, hash);
	return store_grant_find_code(tx, hash, &granted->row);
}

/* Mutation: report_write without sessions. (A session's end revokes its grants: that line alone may go unnoticed.) */
static enum status sessions_look(struct store_tx *tx, void *ctx)
{
	struct granted *granted = ctx;
	struct session_row *rows;

	return store_session_list(tx, granted->user_id, &rows, &granted->sessions);
}

static void a_report_of_a_finished_sign_in_ends_its_session_and_code(void **state)
{
	struct scene scene = scene_new(state, "enter");
	struct core_test *test = scene.test;
	struct login_finished finished;
	struct granted granted = {0};
	struct login_begun begun;
	struct authorize_raw raw = raw_for(test, "enter");
	const char *code;

	IS(answer(test, &scene.phone, scene.challenge, "approve"), OK);
	IS(page_finish(test, &scene.browser, scene.login, &finished), OK);
	code = strstr(finished.response.location, "code=") + 5;
	granted.code = arena_strndup(test->arena, code, strcspn(code, "&"));
	read_now(test, grant_look, &granted);
	assert_int_equal(granted.row.revoked_at, 0);
	assert_string_equal(state_of(&scene), "consumed");
	granted.user_id = test->user_id;
	read_now(test, sessions_look, &granted);
	assert_int_equal(granted.sessions, 1);
	IS(answer(test, &scene.phone, scene.challenge, "report"), OK);
	read_now(test, grant_look, &granted);
	assert_int_not_equal(granted.row.revoked_at, 0);
	read_now(test, sessions_look, &granted);
	assert_int_equal(granted.sessions, 0);
	raw.prompt = "none";
	IS(login_ask_for(test, &scene.browser, &raw, &begun), OK);
	assert_non_null(strstr(begun.response.location, "error=login_required"));
}

/* Taken in every state in which a request may be over. Mutation: E_EXPIRED before the report is looked at. */
static void a_report_of_what_is_over_is_recorded(void **state)
{
	static const char *const states[] = {"denied", "expired", "cancelled"};
	struct core_test *test = *state;

	for (size_t i = 0; i < ARRAY_COUNT(states); i++) {
		struct scene scene = scene_new(state, "enter");

		if (i == 0)
			IS(answer(test, &scene.phone, scene.challenge, "deny"), OK);
		else if (i == 1)
			test->now += test->settings.life.challenge_s;
		else
			IS(page_cancel(test, &scene.browser, scene.login, false, NULL), OK);
		IS(answer(test, &scene.phone, scene.challenge, "report"), OK);
		assert_null(login_row_now(test, scene.login).user_id);
		assert_int_not_equal(user_row_now(test, test->user_id).caution, 0);
	}
}

/* Mutation: REPORT_EVERY_S not asked, or asked of the account and not of the device. */
static void a_device_reports_once_a_day(void **state)
{
	struct scene scene = scene_new(state, "enter");
	struct core_test *test = scene.test;
	struct phone other;

	phone_make(test, test->user_id, &other);
	IS(answer(test, &scene.phone, scene.challenge, "deny"), OK);
	IS(answer(test, &scene.phone, scene.challenge, "report"), OK);
	IS(answer(test, &scene.phone, scene.challenge, "report"), E_CONFLICT);
	IS(answer(test, &other, scene.challenge, "report"), OK);
	test->now += 86399;
	IS(answer(test, &scene.phone, scene.challenge, "report"), E_CONFLICT);
	test->now += 1;
	IS(answer(test, &scene.phone, scene.challenge, "report"), OK);
}

static void a_report_never_touches_a_person_named_meanwhile(void **state)
{
	struct scene scene = scene_new(state, "enter");
	struct core_test *test = scene.test;
	struct phone theirs;
	char other[ID_SIZE];

	user_make(test, "other", DEMO_PASSWORD, other);
	phone_make(test, other, &theirs);
	IS(page_cancel(test, &scene.browser, scene.login, true, NULL), OK);
	IS(page_identify(test, &scene.browser, scene.login, "other", NULL), OK);
	IS(answer(test, &theirs, challenge_of(test, scene.login), "approve"), OK);
	IS(answer(test, &scene.phone, scene.challenge, "report"), OK);
	assert_string_equal(login_row_now(test, scene.login).state, "done");
	IS(page_finish(test, &scene.browser, scene.login, NULL), OK);
}

/* ---- what follows a refusal ---- */

/* Mutation: caution_raise's levels swapped, or ask_with_caution without its minimum. */
static void after_a_refusal_unknown_browsers_need_four_then_six_digits(void **state)
{
	struct scene scene = scene_new(state, "wiki");
	struct core_test *test = scene.test;

	IS(answer(test, &scene.phone, scene.challenge, "deny"), OK);
	for (int level = 4; level <= 6; level += 2) {
		struct challenge_row row;

		scene_at(test, &scene, "wiki");
		row = challenge_now(test, scene.challenge);
		assert_string_equal(row.mode, "enter");
		assert_int_equal(row.digits, level);
		assert_int_equal(strlen(row.number), level);
		assert_false(row.popup);
		assert_false(row.hidden);
		IS(answer(test, &scene.phone, scene.challenge, "deny"), OK);
	}
	scene_at(test, &scene, "wiki");
	assert_int_equal(challenge_now(test, scene.challenge).digits, 6);
	test->now += 30 * 86400 + 1;
	scene_at(test, &scene, "wiki");
	assert_string_equal(challenge_now(test, scene.challenge).mode, "confirm");
}

/* One announced request pops up, with six digits, and lifts the rule. Mutation: expect_until not spent. */
static void an_expected_sign_in_pops_up_once_and_lifts_the_rule(void **state)
{
	struct scene scene = scene_new(state, "wiki");
	struct core_test *test = scene.test;

	IS(answer(test, &scene.phone, scene.challenge, "deny"), OK);
	IS(device_expect(&test->core, &scene.phone.row, "AAAAAAAAAAAAAAAAAAAAAA", test->now), OK);
	IS(device_expect(&test->core, &scene.phone.row, "AAAAAAAAAAAAAAAAAAAAAA", test->now), E_CONFLICT);
	scene_at(test, &scene, "wiki");
	assert_true(challenge_now(test, scene.challenge).popup);
	assert_int_equal(challenge_now(test, scene.challenge).digits, 6);
	assert_int_equal(user_row_now(test, test->user_id).expect_until, 0);
	IS(page_cancel(test, &scene.browser, scene.login, false, NULL), OK);
	scene_at(test, &scene, "wiki");
	assert_false(challenge_now(test, scene.challenge).popup);
	IS(answer(test, &scene.phone, scene.challenge, "approve"), OK);
	assert_int_equal(user_row_now(test, test->user_id).caution, 4); /* unannounced: the rule stays */
	IS(device_expect(&test->core, &scene.phone.row, "BBBBBBBBBBBBBBBBBBBBBB", test->now), OK);
	test->now += 121;
	scene_at(test, &scene, "wiki");
	assert_false(challenge_now(test, scene.challenge).popup); /* two minutes are over */
	IS(page_cancel(test, &scene.browser, scene.login, false, NULL), OK);
	IS(device_expect(&test->core, &scene.phone.row, "CCCCCCCCCCCCCCCCCCCCCC", test->now), OK);
	test->now += 600; /* the window of pushes */
	IS(device_expect(&test->core, &scene.phone.row, "DDDDDDDDDDDDDDDDDDDDDD", test->now), OK);
	scene_at(test, &scene, "wiki");
	IS(answer(test, &scene.phone, scene.challenge, "approve"), OK);
	assert_int_equal(user_row_now(test, test->user_id).caution, 0);
}

/* ---- one pending request a person ---- */

/* Mutation: place_take with `!own` alone, or without known_browser. */
static void only_a_known_browser_takes_the_place_of_an_unknown_one(void **state)
{
	struct core_test *test = *state;
	struct browser known = browser_new(test), stranger = browser_new(test), later = browser_new(test);
	struct phone phone;
	const char *mine, *theirs, *third, *again;

	phone_make(test, test->user_id, &phone);
	sign_in(test, &known, &phone, "mail");
	known.session[0] = '\0';
	theirs = login_new(test, &stranger, "enter");
	IS(page_identify(test, &stranger, theirs, "demo", NULL), OK);
	third = login_new(test, &later, "enter");
	IS(page_identify(test, &later, third, "demo", NULL), OK);
	assert_false(challenge_now(test, challenge_of(test, theirs)).hidden);
	assert_true(challenge_now(test, challenge_of(test, third)).hidden);
	again = arena_strdup(test->arena, challenge_of(test, theirs));
	IS(page_push(test, &stranger, theirs, NULL), OK); /* the same browser replaces its own */
	assert_string_equal(challenge_now(test, again).state, "superseded");
	assert_false(challenge_now(test, challenge_of(test, theirs)).hidden);
	mine = login_new(test, &known, "enter");
	IS(page_identify(test, &known, mine, "demo", NULL), OK);
	assert_string_equal(challenge_now(test, challenge_of(test, theirs)).state, "superseded");
	assert_false(challenge_now(test, challenge_of(test, mine)).hidden);
	IS(page_push(test, &stranger, theirs, NULL), OK);
	assert_true(challenge_now(test, challenge_of(test, theirs)).hidden);
	IS(answer(test, &phone, challenge_of(test, mine), "approve"), OK);
}

static enum status phone_revoke(struct store_tx *tx, void *ctx)
{
	const struct phone *phone = ctx;

	return store_device_set_state(tx, phone->id, "active", "revoked", CORE_NOW);
}

/* T7. Mutation: no device_is_in_force. */
static void a_device_revoked_after_its_request_was_verified_settles_nothing(void **state)
{
	struct scene scene = scene_new(state, "enter");

	write_now(scene.test, phone_revoke, &scene.phone);
	IS(answer(scene.test, &scene.phone, scene.challenge, "approve"), E_NOT_FOUND);
	assert_string_equal(state_of(&scene), "pending");
}

int main(void)
{
#define T(name_) cmocka_unit_test_setup_teardown(name_, core_setup, core_teardown)
	const struct CMUnitTest tests[] = {
		T(a_report_of_a_pending_request_ends_the_login),
		T(a_report_after_a_proof_refuses_the_login_and_says_why),
		T(a_report_of_an_approved_request_stops_it),
		T(a_report_of_a_finished_sign_in_ends_its_session_and_code),
		T(a_report_of_what_is_over_is_recorded),
		T(a_device_reports_once_a_day),
		T(a_report_never_touches_a_person_named_meanwhile),
		T(after_a_refusal_unknown_browsers_need_four_then_six_digits),
		T(an_expected_sign_in_pops_up_once_and_lifts_the_rule),
		T(only_a_known_browser_takes_the_place_of_an_unknown_one),
		T(a_device_revoked_after_its_request_was_verified_settles_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
