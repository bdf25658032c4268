/* Each factor proves once, and costs the same for everybody. SECURITY 5 T9, T10, T18, T25; 1a N11, N14, N15. */
#include "core_fixture.h"

#include <stdio.h>

#include "core/factor_password.h"

#define THREADS 16

static const char *at_codes(struct core_test *test, struct browser *browser)
{
	const char *id;

	*browser = browser_new(test);
	id = login_new(test, browser, "mail");
	IS(page_identify(test, browser, id, "demo", NULL), OK);
	IS(page_password(test, browser, id, DEMO_PASSWORD, NULL), OK);
	return id;
}

/* ---- TOTP ---- */

/* T25. Mutation: totp_write without store_totp_use_step. */
static void a_code_is_good_for_one_sign_in(void **state)
{
	struct core_test *test = *state;
	struct browser browser;
	struct login_view view;
	struct codes seed;
	const char *id;
	char now[16], before[16], next[16];

	totp_make(test, test->user_id, &seed);
	totp_code(&seed, test->now, now);
	totp_code(&seed, test->now - 30, before);
	totp_code(&seed, test->now + 30, next);
	id = at_codes(test, &browser);
	IS(page_totp(test, &browser, id, now, &view), OK);
	assert_string_equal(view.state, "done");
	id = at_codes(test, &browser);
	IS(page_totp(test, &browser, id, now, &view), OK);
	assert_string_equal(view.state, "prove");
	assert_string_equal(json_get_string(view.json, "notice"), "used_code");
	IS(page_totp(test, &browser, id, before, &view), OK); /* steps only go on */
	assert_string_equal(view.state, "prove");
	IS(page_totp(test, &browser, id, next, &view), OK);
	assert_string_equal(view.state, "done");
}

static void codes_out_of_the_window_and_hostile_ones_are_wrong(void **state)
{
	static const char *const hostile[] = {"",       "0",       "00000",  "0000000", "abcdef",
					      " 12345", "12345\n", "१२३४५६", "-12345",  "1e5000"};
	struct core_test *test = *state;
	struct browser browser;
	struct login_view view;
	struct codes seed;
	char code[16];
	const char *id = NULL;

	totp_make(test, test->user_id, &seed);
	for (size_t i = 0; i < ARRAY_COUNT(hostile) + 2; i++) {
		const char *typed = code;

		if (i % 4 == 0) {
			test->now += 301;
			id = at_codes(test, &browser);
		}
		if (i < ARRAY_COUNT(hostile))
			typed = hostile[i];
		else
			totp_code(&seed, test->now + (i == ARRAY_COUNT(hostile) ? -60 : 60), code);
		IS(page_totp(test, &browser, id, typed, &view), OK);
		assert_string_equal(view.state, "prove");
		assert_string_equal(json_get_string(view.json, "notice"), "wrong_code");
	}
}

struct racer {
	struct core_test *test;
	struct browser browser;
	const char *login, *code;
	bool recovery, done;
	pthread_t thread;
};

static void *race(void *ctx)
{
	struct racer *racer = ctx;
	const struct login_browser sent = browser_sends(&racer->browser);
	struct arena *arena = arena_new(1 << 22);
	struct login_view view = {0};
	enum status status = racer->recovery ? login_recovery(&racer->test->core, arena, racer->login, &sent,
							      racer->code, racer->test->now, &view)
					     : login_totp(&racer->test->core, arena, racer->login, &sent, racer->code,
							  racer->test->now, &view);

	racer->done = status == OK && strcmp(view.state, "done") == 0;
	arena_free(arena);
	return NULL;
}

static int race_all(struct core_test *test, const char *code, bool recovery)
{
	struct racer racers[THREADS];
	int done = 0;

	for (int i = 0; i < THREADS; i++) {
		racers[i] = (struct racer){.test = test, .code = code, .recovery = recovery};
		racers[i].login = at_codes(test, &racers[i].browser);
	}
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(racers[i].thread, NULL);
		done += racers[i].done;
	}
	return done;
}

/* T9, T10. Mutation: `last_step < ?` gone, or the step used in another transaction than the proof. */
static void sixteen_sign_ins_with_one_code_are_one(void **state)
{
	struct core_test *test = *state;
	struct codes seed;
	char code[16];

	totp_make(test, test->user_id, &seed);
	for (int round = 0; round < 4; round++) {
		test->now += 400;
		totp_code(&seed, test->now, code);
		assert_int_equal(race_all(test, code, false), 1);
	}
}

/* ---- recovery codes ---- */

/* T18. Mutation: store_recovery_use not asked for its row. */
static void sixteen_sign_ins_with_one_recovery_code_are_one(void **state)
{
	struct core_test *test = *state;
	char codes[RECOVERY_CODES][RECOVERY_CODE_SIZE];

	IS(recovery_issue(&test->core, test->user_id, test->now, codes), OK);
	for (int round = 0; round < 4; round++) {
		test->now += 400;
		assert_int_equal(race_all(test, codes[round], true), 1);
	}
}

static void a_recovery_code_is_the_persons_own_and_works_once(void **state)
{
	struct core_test *test = *state;
	char mine[RECOVERY_CODES][RECOVERY_CODE_SIZE], theirs[RECOVERY_CODES][RECOVERY_CODE_SIZE],
		again[RECOVERY_CODES][RECOVERY_CODE_SIZE], other[ID_SIZE], bent[RECOVERY_CODE_SIZE];
	struct browser browser;
	struct login_view view;
	const char *id, *wrong[4];

	user_make(test, "other", DEMO_PASSWORD, other);
	IS(recovery_issue(&test->core, test->user_id, test->now, mine), OK);
	IS(recovery_issue(&test->core, other, test->now, theirs), OK);
	memcpy(bent, mine[0], sizeof(bent));
	bent[RECOVERY_CODE_SIZE - 2] = bent[RECOVERY_CODE_SIZE - 2] == '7' ? '8' : '7';
	wrong[0] = theirs[0];
	wrong[1] = bent;
	wrong[2] = "";
	wrong[3] = "00000000-000000-000000-000000-000000";
	id = at_codes(test, &browser);
	for (size_t i = 0; i < ARRAY_COUNT(wrong); i++) {
		IS(page_recovery(test, &browser, id, wrong[i], &view), OK);
		assert_string_equal(json_get_string(view.json, "notice"), "wrong_code");
	}
	IS(page_recovery(test, &browser, id, mine[0], &view), OK);
	assert_string_equal(view.state, "done");
	test->now += 400;
	id = at_codes(test, &browser);
	IS(page_recovery(test, &browser, id, mine[0], &view), OK);
	assert_string_equal(view.state, "prove");
	IS(recovery_issue(&test->core, test->user_id, test->now, again), OK); /* new ones end the old */
	IS(page_recovery(test, &browser, id, mine[1], &view), OK);
	assert_string_equal(view.state, "prove");
	IS(page_recovery(test, &browser, id, again[1], &view), OK);
	assert_string_equal(view.state, "done");
}

/* ---- passwords ---- */

static enum status imported_set(struct store_tx *tx, void *ctx)
{
	const char **pair = ctx;

	return store_user_set_password(tx, pair[0], pair[1], CORE_NOW);
}

static const char *sign_in_quick(struct core_test *test, const char *password)
{
	struct browser browser = browser_new(test);
	const char *id = login_new(test, &browser, "quick");

	IS(page_identify(test, &browser, id, "demo", NULL), OK);
	IS(page_password(test, &browser, id, password, NULL), OK);
	return login_row_now(test, id).state;
}

/* N14. Mutation: no store_user_upgrade_password. */
static void an_imported_hash_is_replaced_when_it_is_used(void **state)
{
	struct core_test *test = *state;
	static const char *const imported[] = {
		/* "imported-1" */
		"$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0$oQIjfrFzlwfBp0+/P11Tpr2qqHlbzZxVLaDz5ELvv9Q",
		"$6$rounds=1000$saltsalt$yrO8uTsGK6ia3JqT39cv3SzuwCmRblTefIyvNEB/8CxtklGkc/HgzJk7jSF/"
		"Hf1gfHHR5AhmrGtRRGM8qKaYg0",
	};

	for (size_t i = 0; i < ARRAY_COUNT(imported); i++) {
		const char *pair[] = {test->user_id, imported[i]};

		write_now(test, imported_set, pair);
		assert_string_equal(sign_in_quick(test, "imported-2"), "prove");
		assert_string_equal(user_row_now(test, test->user_id).password, imported[i]);
		assert_string_equal(sign_in_quick(test, "imported-1"), "done");
		assert_int_equal(password_kind(user_row_now(test, test->user_id).password), PASSWORD_OURS);
		assert_string_equal(sign_in_quick(test, "imported-1"), "done");
		assert_string_equal(sign_in_quick(test, "imported-2"), "prove");
		test->now += 4000;
	}
}

static uint64_t calls_for(struct core_test *test, const char *name)
{
	struct browser browser = browser_new(test);
	struct keyholder_counters before, after;
	const char *id = login_new(test, &browser, "quick");

	keyholder_counters(test->core.keyholder, &before);
	IS(page_identify(test, &browser, id, name, NULL), OK);
	IS(page_password(test, &browser, id, "not-the-password", NULL), OK);
	keyholder_counters(test->core.keyholder, &after);
	return after.calls - before.calls;
}

/* ASVS 6.3.8. Mutation: verify() returns at once for who has no password. */
static void a_name_that_does_not_exist_costs_the_same(void **state)
{
	struct core_test *test = *state;
	char user[ID_SIZE];
	const uint64_t usual = calls_for(test, "demo");

	user_make(test, "bare", NULL, user);
	assert_true(usual >= 2);
	assert_int_equal(calls_for(test, "nobody"), usual);
	assert_int_equal(calls_for(test, "bare"), usual);
	user_disable(test, test->user_id);
	assert_int_equal(calls_for(test, "demo"), usual);
}

static enum status caution_set(struct store_tx *tx, void *ctx)
{
	return store_user_set_caution(tx, ctx, 4, CORE_NOW + 86400);
}

/* "A sign-in with another factor lifts it". Mutation: no caution_lift. */
static void a_sign_in_with_another_factor_lifts_the_rule_after_a_denial(void **state)
{
	struct core_test *test = *state;
	struct browser browser;
	struct codes seed;
	const char *id;
	char code[16];

	totp_make(test, test->user_id, &seed);
	write_now(test, caution_set, test->user_id);
	id = at_codes(test, &browser);
	totp_code(&seed, test->now, code);
	IS(page_totp(test, &browser, id, code, NULL), OK);
	assert_int_equal(user_row_now(test, test->user_id).caution, 4);
	IS(page_finish(test, &browser, id, NULL), OK);
	assert_int_equal(user_row_now(test, test->user_id).caution, 0);
}

int main(void)
{
#define T(name_) cmocka_unit_test_setup_teardown(name_, core_setup, core_teardown)
	const struct CMUnitTest tests[] = {
		T(a_code_is_good_for_one_sign_in),
		T(codes_out_of_the_window_and_hostile_ones_are_wrong),
		T(sixteen_sign_ins_with_one_code_are_one),
		T(sixteen_sign_ins_with_one_recovery_code_are_one),
		T(a_recovery_code_is_the_persons_own_and_works_once),
		T(an_imported_hash_is_replaced_when_it_is_used),
		T(a_name_that_does_not_exist_costs_the_same),
		T(a_sign_in_with_another_factor_lifts_the_rule_after_a_denial),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
