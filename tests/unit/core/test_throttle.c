/*
 * Limits of attempts: exact whatever runs at once, of the account whatever name was typed, apart for known browsers.
 * SECURITY 5 T1, T3, T6, T8, T9; 1a N6, N9, N10.
 */
#include "core_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"

static const char *at_codes(struct core_test *test, struct browser *browser)
{
	const char *id = login_new(test, browser, "mail");

	IS(page_identify(test, browser, id, "demo", NULL), OK);
	IS(page_password(test, browser, id, DEMO_PASSWORD, NULL), OK);
	return id;
}

/* ---- codes ---- */

#define THREADS 16
#define GUESSES 512

struct guesser {
	struct core_test *test;
	struct browser browser;
	const char *login;
	const char (*codes)[16];
	int from, verdicts, busy, other;
	pthread_t thread;
};

static void *guess(void *ctx)
{
	struct guesser *guesser = ctx;
	const struct login_browser sent = browser_sends(&guesser->browser);

	for (int i = guesser->from; i < guesser->from + GUESSES / THREADS; i++) {
		struct arena *arena = arena_new(1 << 22);
		struct login_view view = {0};
		enum status status = login_totp(&guesser->test->core, arena, guesser->login, &sent, guesser->codes[i],
						guesser->test->now, &view);

		guesser->verdicts += status == OK;
		guesser->busy += status == E_BUSY;
		guesser->other += status != OK && status != E_BUSY && status != E_CONFLICT;
		arena_free(arena);
	}
	return NULL;
}

/*
 * T3, T9. 512 guesses in 16 sign-ins of one account at once, the right one among them. Mutation: throttle_code not
 * asked again in the transaction (totp_write): the look before it lets all 16 through at once.
 */
static void of_parallel_guesses_only_the_budget_counts(void **state)
{
	struct core_test *test = *state;
	static char codes[GUESSES][16];
	struct guesser guessers[THREADS];
	struct codes seed;
	int verdicts = 0, proven = 0;
	char right[16];

	totp_make(test, test->user_id, &seed);
	totp_code(&seed, test->now, right);
	for (int i = 0; i < GUESSES; i++)
		snprintf(codes[i], sizeof(codes[i]), "%06d", (atoi(right) + 1000 + i) % 1000000);
	memcpy(codes[40], right, sizeof(right));
	for (int i = 0; i < THREADS; i++) {
		guessers[i] = (struct guesser){.test = test,
					       .browser = browser_new(test),
					       .codes = (const char(*)[16])codes,
					       .from = i * (GUESSES / THREADS)};
		guessers[i].login = at_codes(test, &guessers[i].browser);
	}
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&guessers[i].thread, NULL, guess, &guessers[i]), 0);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(guessers[i].thread, NULL);
		verdicts += guessers[i].verdicts;
		assert_int_equal(guessers[i].other, 0);
		proven += strcmp(login_row_now(test, guessers[i].login).state, "done") == 0;
	}
	assert_int_equal(attempts(test, test->user_id, "code"), test->settings.budget.code_failures);
	assert_int_equal(verdicts, (int)test->settings.budget.code_failures + proven);
	assert_true(proven <= 1);
}

static struct {
	const struct browser *browser;
	const char *login;
} meanwhile;

static void budget_spend(struct core_test *test)
{
	for (unsigned i = 0; i < test->settings.budget.code_failures; i++)
		IS(page_totp(test, meanwhile.browser, meanwhile.login, "12345", NULL), OK);
}

/* The same without luck: the budget is spent while a right code is being looked at. Mutation: as above. */
static void a_limit_reached_meanwhile_counts(void **state)
{
	struct core_test *test = *state;
	struct browser browser = browser_new(test), other = browser_new(test);
	struct codes seed;
	char right[16];
	const char *id;

	totp_make(test, test->user_id, &seed);
	totp_code(&seed, test->now, right);
	id = at_codes(test, &browser);
	meanwhile.browser = &other;
	meanwhile.login = at_codes(test, &other);
	test->between = budget_spend;
	IS(page_totp(test, &browser, id, right, NULL), E_BUSY);
	assert_string_equal(login_row_now(test, id).state, "prove");
	assert_int_equal(attempts(test, test->user_id, "code"), test->settings.budget.code_failures);
}

/* Beyond the limit a right code gets the answer that a wrong one gets. Mutation: the check after the verdict only. */
static void beyond_the_limit_right_and_wrong_get_the_same_answer(void **state)
{
	struct core_test *test = *state;
	struct browser browser = browser_new(test), other = browser_new(test);
	const char *id;
	struct login_view view;
	struct codes seed;
	char right[16], recovery[RECOVERY_CODES][RECOVERY_CODE_SIZE];

	totp_make(test, test->user_id, &seed);
	IS(recovery_issue(&test->core, test->user_id, test->now, recovery), OK);
	id = at_codes(test, &browser);
	for (unsigned i = 0; i < test->settings.budget.code_failures; i++)
		IS(i % 2 ? page_totp(test, &browser, id, "12345", &view)
			 : page_recovery(test, &browser, id, "no", &view),
		   OK); /* one budget for both */
	totp_code(&seed, test->now, right);
	IS(page_totp(test, &browser, id, "12345", &view), E_BUSY);
	IS(page_totp(test, &browser, id, right, &view), E_BUSY);
	IS(page_recovery(test, &browser, id, recovery[0], &view), E_BUSY);
	assert_int_equal(view.retry_after, test->settings.budget.code_failures_s);
	id = at_codes(test, &other); /* another sign-in, another browser: the same account */
	IS(page_totp(test, &other, id, right, &view), E_BUSY);
	test->now += test->settings.budget.code_failures_s + 1;
	id = at_codes(test, &other);
	totp_code(&seed, test->now, right);
	IS(page_totp(test, &other, id, right, &view), OK);
	assert_string_equal(view.state, "done");
}

static void fifty_wrong_codes_in_a_month_are_enough(void **state)
{
	struct core_test *test = *state;
	struct browser browser = browser_new(test);
	struct login_view view;
	struct codes seed;
	const char *id;

	totp_make(test, test->user_id, &seed);
	for (int i = 0; i < 50; i++) {
		if (i % 5 == 0) {
			test->now += 301;
			id = at_codes(test, &browser);
		}
		IS(page_totp(test, &browser, id, "12345", NULL), OK);
	}
	test->now += 86400;
	id = at_codes(test, &browser);
	IS(page_totp(test, &browser, id, "12345", &view), E_BUSY);
	assert_int_equal(attempts(test, test->user_id, "code"), 50);
}

/* A rule that asks for a code first has a budget of its own: strangers cannot use up what follows a password. */
static void codes_before_any_proof_count_apart(void **state)
{
	struct core_test *test = *state;
	struct browser stranger = browser_new(test), person = browser_new(test);
	struct codes seed;
	char right[16];
	const char *id;

	totp_make(test, test->user_id, &seed);
	id = login_new(test, &stranger, "codes");
	IS(page_identify(test, &stranger, id, "demo", NULL), OK);
	for (unsigned i = 0; i < test->settings.budget.code_failures; i++)
		IS(page_totp(test, &stranger, id, "12345", NULL), OK);
	IS(page_totp(test, &stranger, id, "12345", NULL), E_BUSY);
	id = at_codes(test, &person);
	totp_code(&seed, test->now, right);
	IS(page_totp(test, &person, id, right, NULL), OK);
}

/* Names that do not exist have the same limits. */
static void a_name_that_does_not_exist_has_the_same_budget(void **state)
{
	struct core_test *test = *state;

	for (int i = 0; i < 100; i++) {
		struct browser browser = browser_new(test);
		const char *id = login_new(test, &browser, "codes"), *factor;

		IS(page_identify(test, &browser, id, arena_format(test->arena, "ghost%d", i), NULL), OK);
		factor = page_word(test, &browser, id, "factor");
		if (!factor || strcmp(factor, "totp") != 0)
			continue;
		for (unsigned tries = 0; tries < test->settings.budget.code_failures; tries++)
			IS(page_totp(test, &browser, id, "123456", NULL), OK);
		IS(page_totp(test, &browser, id, "123456", NULL), E_BUSY);
		return;
	}
	fail_msg("no name draws a code");
}

/* ---- passwords ---- */

static enum status password_at(struct core_test *test, struct browser *browser, const char *name, const char *password,
			       int64_t *ret_wait)
{
	const char *id = login_new(test, browser, "quick");
	struct login_view view = {0};
	enum status status;

	IS(page_identify(test, browser, id, name, NULL), OK);
	status = page_password(test, browser, id, password, &view);
	*ret_wait = view.retry_after;
	return status;
}

/* N10. Mutation: wait not doubled, no cap, or counted from another block's failures. */
static void password_waits_double_up_to_an_hour(void **state)
{
	static const int64_t waits[] = {30, 60, 120, 240, 480, 960, 1920, 3600, 3600};
	struct core_test *test = *state;
	struct browser near = browser_new(test), far = browser_new(test);
	int64_t wait;

	far.ip = "198.51.100.9";
	for (int i = 0; i < 4; i++)
		IS(password_at(test, &near, i % 2 ? "demo" : "DEMO@example.org", "wrong-password", &wait), OK); /* T8 */
	for (size_t i = 0; i < ARRAY_COUNT(waits); i++) {
		IS(password_at(test, &near, "demo", "wrong-password", &wait), OK);
		IS(password_at(test, &near, "demo@example.org", DEMO_PASSWORD, &wait), E_BUSY);
		assert_int_equal(wait, waits[i]);
		test->now += waits[i] - 1;
		IS(password_at(test, &near, "demo", DEMO_PASSWORD, &wait), E_BUSY);
		test->now += 1;
	}
	IS(password_at(test, &far, "demo", "wrong-password", &wait), OK);
	IS(password_at(test, &near, "demo", DEMO_PASSWORD, &wait), OK);
	IS(password_at(test, &near, "demo", "wrong-password", &wait), OK); /* begins anew */
	near.ip = "192.0.2.200";                                           /* the same block */
	IS(password_at(test, &near, "demo", "wrong-password", &wait), OK);
	assert_int_equal(attempts(test, arena_format(test->arena, "%s@192.0.2.0/24", test->user_id), "password"), 2);
	assert_int_equal(attempts(test, arena_format(test->arena, "%s@198.51.100.0/24", test->user_id), "password"), 1);
}

static void an_address_may_not_try_many_accounts(void **state)
{
	struct core_test *test = *state;
	struct browser browser = browser_new(test), other = browser_new(test);
	int64_t wait;

	other.ip = "2001:db8:1:2::3";
	for (unsigned i = 0; i < test->settings.budget.password_spray; i++)
		IS(password_at(test, &browser, arena_format(test->arena, "user%u", i), "Summer-2026", &wait), OK);
	IS(password_at(test, &browser, "demo", DEMO_PASSWORD, &wait), E_BUSY);
	assert_int_equal(wait, 3600);
	IS(password_at(test, &other, "demo", DEMO_PASSWORD, &wait), OK);
}

/* N9. Mutation: PASSWORD_FAILURES left out. */
static void a_hundred_failures_from_anywhere_are_enough(void **state)
{
	struct core_test *test = *state;
	struct browser browser = browser_new(test);
	int64_t wait;

	for (int i = 0; i < 100; i++) {
		browser.ip = arena_format(test->arena, "198.51.%d.7", i);
		IS(password_at(test, &browser, "demo", "wrong-password", &wait), OK);
	}
	browser.ip = "203.0.113.7";
	IS(password_at(test, &browser, "demo", DEMO_PASSWORD, &wait), E_BUSY);
}

struct hammer {
	struct core_test *test;
	struct browser browser;
	const char *login;
	int counted;
	pthread_t thread;
};

static void *hammer_run(void *ctx)
{
	struct hammer *hammer = ctx;
	const struct login_browser sent = browser_sends(&hammer->browser);

	for (int i = 0; i < 8; i++) {
		struct arena *arena = arena_new(1 << 22);
		struct login_view view = {0};

		hammer->counted += login_password(&hammer->test->core, arena, hammer->login, &sent, "wrong-password",
						  hammer->test->now, &view) == OK;
		arena_free(arena);
	}
	return NULL;
}

/* Mutation: throttle_password left out of password_write. */
static void parallel_passwords_are_counted_exactly(void **state)
{
	struct core_test *test = *state;
	struct hammer hammers[THREADS];
	int counted = 0;

	for (int i = 0; i < THREADS; i++) {
		hammers[i] = (struct hammer){.test = test, .browser = browser_new(test)};
		hammers[i].login = login_new(test, &hammers[i].browser, "quick");
		IS(page_identify(test, &hammers[i].browser, hammers[i].login, "demo", NULL), OK);
	}
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&hammers[i].thread, NULL, hammer_run, &hammers[i]), 0);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(hammers[i].thread, NULL);
		counted += hammers[i].counted;
	}
	assert_int_equal(counted, 5);
	assert_int_equal(attempts(test, test->user_id, "password"), 5);
}

/* ---- known browsers ---- */

/* A stranger cannot keep the person out. Mutation: account_key without known_id. */
static void a_known_browser_has_budgets_of_its_own(void **state)
{
	struct core_test *test = *state;
	struct browser known = browser_new(test), stranger = browser_new(test);
	struct phone phone;
	struct codes seed;
	const char *id;
	char right[16];
	int64_t wait;

	phone_make(test, test->user_id, &phone);
	totp_make(test, test->user_id, &seed);
	sign_in(test, &known, &phone, "mail");
	known.session[0] = '\0';
	id = at_codes(test, &stranger);
	for (int i = 0; i < 5; i++)
		IS(page_totp(test, &stranger, id, "12345", NULL), OK);
	for (int i = 0; i < 5; i++)
		IS(page_push(test, &stranger, id, NULL), OK);
	assert_false(challenge_now(test, challenge_of(test, id)).popup);
	for (int i = 0; i < 6; i++)
		status_ignore(password_at(test, &stranger, "demo", "wrong-password", &wait), "until it is refused");
	IS(password_at(test, &stranger, "demo", DEMO_PASSWORD, &wait), E_BUSY);
	id = at_codes(test, &known);
	totp_code(&seed, test->now, right);
	IS(page_totp(test, &known, id, "12345", NULL), OK);
	IS(page_push(test, &known, id, NULL), OK);
	assert_true(challenge_now(test, challenge_of(test, id)).popup);
	IS(page_totp(test, &known, id, right, NULL), OK);
}

/* ---- pushes ---- */

/* T1, N6. Cancelled ones count. Mutation: `<=` for `<`, or no insert when nothing pops up. */
static void three_pushes_pop_up_in_ten_minutes_and_ten_until_a_success(void **state)
{
	struct core_test *test = *state;
	struct phone phone;
	int popped = 0;

	phone_make(test, test->user_id, &phone);
	for (int i = 0; i < 30; i++) {
		struct browser browser = browser_new(test);
		const char *id = login_new(test, &browser, "enter");
		bool popup;

		IS(page_identify(test, &browser, id, "demo", NULL), OK);
		popup = challenge_now(test, challenge_of(test, id)).popup;
		popped += popup;
		assert_int_equal(popup, i < 10);
		IS(page_cancel(test, &browser, id, false, NULL), OK);
		if (i % 3 == 2)
			test->now += test->settings.budget.window_s + 1;
	}
	assert_int_equal(popped, 10);
}

/* A flood leaves few rows, and yet the budget stays spent for as long as it lasts. Mutation: every start is a row. */
static void a_flood_of_pushes_is_not_stored(void **state)
{
	struct core_test *test = *state;
	struct browser browser = browser_new(test);
	struct phone phone;
	const char *id = login_new(test, &browser, "enter");

	phone_make(test, test->user_id, &phone);
	IS(page_identify(test, &browser, id, "demo", NULL), OK);
	for (int i = 1; i < 100; i++)
		IS(page_push(test, &browser, id, NULL), OK);
	assert_int_equal(attempts(test, test->user_id, "push"), test->settings.budget.pushes);
	test->now += test->settings.budget.window_s + 1;
	browser = browser_new(test);
	IS(page_identify(test, &browser, login_new(test, &browser, "enter"), "demo", NULL), OK);
	assert_int_equal(attempts(test, test->user_id, "push"), test->settings.budget.pushes + 1);
}

static void number_has(struct core_test *test, const char *login, const char *mode, int digits)
{
	const struct challenge_row row = challenge_now(test, challenge_of(test, login));

	assert_string_equal(row.mode, mode);
	assert_int_equal(row.digits, digits);
	assert_int_equal(strlen(row.number), (size_t)digits);
}

/* What a name that nobody has is drawn to have differs: one with a phone and no caution, as most. It has begun once. */
static const char *nobody_with_phone(struct core_test *test)
{
	for (int i = 0; i < 100; i++) {
		const char *name = arena_format(test->arena, "nobody%d", i);
		struct browser browser = browser_new(test);
		const char *id = login_new(test, &browser, "enter");

		IS(page_identify(test, &browser, id, name, NULL), OK);
		if (login_row_now(test, id).challenge_id && challenge_now(test, challenge_of(test, id)).digits == 2)
			return name;
	}
	fail_msg("no name draws a phone");
	return NULL;
}

/*
 * SECURITY 0.4, 2 "Re-roll": waiting for a favourite number wins little more than the first one does. From any browser,
 * in one page or in many, for names that do not exist as well. Mutations: no look at the count in the transaction (the
 * parallel case), a count of the window alone.
 */
static void each_number_without_success_makes_the_next_one_longer(void **state)
{
	struct core_test *test = *state;
	struct phone phone;
	const char *names[] = {"demo", nobody_with_phone(test)};
	const char *id = NULL;

	phone_make(test, test->user_id, &phone);
	for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
		const int digits[] = {2, 4, 6, 6, 6};

		for (size_t at = i; at < ARRAY_COUNT(digits); at++) { /* nobody has had the first one */
			struct browser browser = browser_new(test);

			id = login_new(test, &browser, "enter");
			IS(page_identify(test, &browser, id, names[i], NULL), OK);
			number_has(test, id, "enter", digits[at]);
			if (at == 1) {
				IS(page_push(test, &browser, id, NULL), OK);
				number_has(test, id, "enter", digits[++at]);
			}
			IS(page_cancel(test, &browser, id, false, NULL), OK);
			test->now += test->settings.budget.window_s + 1;
		}
	}
	struct browser browser = browser_new(test);
	id = login_new(test, &browser, "choose");
	IS(page_identify(test, &browser, id, "demo", NULL), OK);
	number_has(test, id, "enter", 6);
	IS(answer(test, &phone, challenge_of(test, id), "approve"), OK);
	IS(page_finish(test, &browser, id, NULL), OK);
	browser = browser_new(test);
	id = login_new(test, &browser, "choose");
	IS(page_identify(test, &browser, id, "demo", NULL), OK);
	number_has(test, id, "choose", 2);
}

static void *start_at_once(void *ctx)
{
	struct guesser *guesser = ctx;
	const struct login_browser sent = browser_sends(&guesser->browser);
	struct arena *arena = arena_new(1 << 22);
	struct login_view view = {0};

	guesser->verdicts = login_identify(&guesser->test->core, arena, guesser->login, &sent, "demo",
					   guesser->test->now, &view) == OK;
	arena_free(arena);
	return NULL;
}

/* Sixteen begin at once: one of them has the short number. */
static void of_parallel_numbers_one_is_short(void **state)
{
	struct core_test *test = *state;
	struct guesser guessers[THREADS];
	struct phone phone;
	int shown[9] = {0};

	phone_make(test, test->user_id, &phone);
	for (int i = 0; i < THREADS; i++) {
		guessers[i] = (struct guesser){.test = test, .browser = browser_new(test)};
		guessers[i].login = login_new(test, &guessers[i].browser, "enter");
	}
	for (int i = 0; i < THREADS; i++)
		pthread_create(&guessers[i].thread, NULL, start_at_once, &guessers[i]);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(guessers[i].thread, NULL);
		if (guessers[i].verdicts)
			shown[challenge_now(test, challenge_of(test, guessers[i].login)).digits]++;
	}
	assert_int_equal(shown[2], 1);
	assert_int_equal(shown[4], 1);
	assert_true(shown[6] > 0);
}

static void a_fourth_push_in_the_window_does_not_pop_up(void **state)
{
	struct core_test *test = *state;
	struct browser browser = browser_new(test);
	struct phone phone;
	const char *id = login_new(test, &browser, "enter");

	phone_make(test, test->user_id, &phone);
	IS(page_identify(test, &browser, id, "demo", NULL), OK);
	for (int i = 2; i <= 4; i++) {
		IS(page_push(test, &browser, id, NULL), OK);
		assert_int_equal(challenge_now(test, challenge_of(test, id)).popup, i <= 3);
	}
	IS(answer(test, &phone, challenge_of(test, id), "approve"), OK); /* the open app may still answer */
	IS(page_finish(test, &browser, id, NULL), OK);
	assert_int_equal(attempts(test, test->user_id, "push"), 0);
}

/* Ten sign-ins from a known browser do not end its pop-ups. Mutation: no budget_clear. */
static void a_success_begins_a_known_browsers_count_anew(void **state)
{
	struct core_test *test = *state;
	struct browser browser = browser_new(test);
	struct phone phone;
	const char *id;

	phone_make(test, test->user_id, &phone);
	for (int i = 0; i < 13; i++) {
		sign_in(test, &browser, &phone, "mail");
		browser.session[0] = '\0';
		test->now += 700;
	}
	id = login_new(test, &browser, "enter");
	IS(page_identify(test, &browser, id, "demo", NULL), OK);
	assert_true(login_row_now(test, id).known_browser);
	assert_true(challenge_now(test, challenge_of(test, id)).popup);
}

static void blocks_of_addresses_are_as_wide_as_documented(void **state)
{
	static const char *const cases[][2] = {
		{"203.0.113.77", "203.0.113.0/24"}, {"2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"}, {"", "unknown"},
		{"203.0.113", "unknown"},           {"203.0.113.7, 1.2.3.4", "unknown"},         {NULL, "unknown"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		char block[64];

		address_block(cases[i][0], block);
		assert_string_equal(block, cases[i][1]);
	}
}

int main(void)
{
#define T(name_) cmocka_unit_test_setup_teardown(name_, core_setup, core_teardown)
	const struct CMUnitTest tests[] = {
		T(of_parallel_guesses_only_the_budget_counts),
		T(a_limit_reached_meanwhile_counts),
		T(beyond_the_limit_right_and_wrong_get_the_same_answer),
		T(fifty_wrong_codes_in_a_month_are_enough),
		T(codes_before_any_proof_count_apart),
		T(a_name_that_does_not_exist_has_the_same_budget),
		T(password_waits_double_up_to_an_hour),
		T(an_address_may_not_try_many_accounts),
		T(a_hundred_failures_from_anywhere_are_enough),
		T(parallel_passwords_are_counted_exactly),
		T(a_known_browser_has_budgets_of_its_own),
		T(three_pushes_pop_up_in_ten_minutes_and_ten_until_a_success),
		T(a_flood_of_pushes_is_not_stored),
		T(each_number_without_success_makes_the_next_one_longer),
		T(of_parallel_numbers_one_is_short),
		T(a_fourth_push_in_the_window_does_not_pop_up),
		T(a_success_begins_a_known_browsers_count_anew),
		cmocka_unit_test(blocks_of_addresses_are_as_wide_as_documented),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
