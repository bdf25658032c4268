/*
 * What a browser that has proven nothing may learn about an account: nothing, until its request's time is over.
 * DESIGN section 7; ASVS 6.3.8; SECURITY 5 T8, T17.
 */
#include "core_fixture.h"

#include "base/text.h"

/* Members that are random or the request's own: they say nothing about the account. */
static const char *const drawn[] = {"login", "number", "code", "username"};

static void drawn_hide(json_t *json)
{
	const char *key;
	json_t *value;
	void *next;

	json_object_foreach_safe (json, next, key, value) {
		if (json_is_object(value))
			drawn_hide(value);
		for (size_t i = 0; i < ARRAY_COUNT(drawn); i++)
			if (strcmp(key, drawn[i]) == 0 && json_is_string(value))
				assert_int_equal(json_object_set_new(json, key,
								     json_integer(
									     (json_int_t)json_string_length(value))),
						 0);
	}
}

/* The page's state with what is drawn replaced by its length. */
static const char *seen(struct core_test *test, const struct browser *browser, const char *id)
{
	struct login_view view;
	const char *text;

	IS(page_state(test, browser, id, &view), OK);
	assert_false(view.trusted);
	drawn_hide(view.json);
	text = json_format(test->arena, view.json);
	return text;
}

struct way {
	struct browser browser;
	const char *id, *name, *what;
};

static struct way way_new(struct core_test *test, const char *client, const char *name, const char *what)
{
	struct way way = {.browser = browser_new(test), .name = name, .what = what};

	way.id = login_new(test, &way.browser, client);
	IS(page_identify(test, &way.browser, way.id, name, NULL), OK);
	return way;
}

/* From the third number on all have six digits, so that nobody need count along. */
static void numbers_spend(struct core_test *test, const char *name)
{
	for (int i = 0; i < 2; i++) {
		const struct way way = way_new(test, "enter", name, name);

		IS(page_cancel(test, &way.browser, way.id, false, NULL), OK);
	}
}

static void all_look_alike(struct core_test *test, const struct way *ways, size_t count)
{
	const char *first = seen(test, &ways[0].browser, ways[0].id);

	for (size_t i = 1; i < count; i++) {
		const char *text = seen(test, &ways[i].browser, ways[i].id);

		if (strcmp(first, text) != 0)
			fail_msg("%s:\n%s\n%s:\n%s", ways[0].what, first, ways[i].what, text);
	}
}

/* A name that nobody has and that draws a phone and no caution, as most do (the draw is by a secret key). */
static const char *name_with_phone(struct core_test *test, int from)
{
	for (int i = from; i < from + 100; i++) {
		const char *name = arena_format(test->arena, "no%03d", i);
		const struct way way = way_new(test, "enter", name, name);
		const struct login_row row = login_row_now(test, way.id);

		if (row.challenge_id && challenge_now(test, row.challenge_id).digits == 2)
			return name;
	}
	fail_msg("no name draws a phone");
	return NULL;
}

static enum status device_void(struct store_tx *tx, void *ctx)
{
	const struct phone *phone = ctx;

	return store_device_set_state(tx, phone->id, "active", "revoked", CORE_NOW);
}

/*
 * At a client that pushes first. Names have five letters, so that lengths agree. Mutation: challenge_status without
 * `!trusted`, hides_refusal gone, popup untouched for strangers, or the notice of a blocked push shown.
 */
static void until_expiry_every_account_looks_the_same(void **state)
{
	static const char *const decisions[] = {"deny", "report", "approve"};
	static const char *const names[] = {"deny0", "repor", "wrong"};
	struct core_test *test = *state;
	struct phone phones[5];
	struct way ways[8];
	char user[ID_SIZE];
	size_t count = 0;
	const char *naked = name_with_phone(test, 0), *gone = name_with_phone(test, 100),
		   *nobody = name_with_phone(test, 200);

	for (size_t i = 0; i < 3; i++) {
		const struct answer_change change = {.decision = decisions[i],
						     .number = strcmp(decisions[i], "approve") == 0 ? "no" : NULL};
		const char *challenge;

		user_make(test, names[i], DEMO_PASSWORD, user);
		phone_make(test, user, &phones[i]);
		numbers_spend(test, names[i]);
		ways[count] = way_new(test, "enter", names[i], names[i]);
		challenge = challenge_of(test, ways[count++].id);
		IS(answer_send(test, &phones[i], challenge,
			       answer_sign(test, test->arena, &phones[i], challenge, &change), NULL),
		   OK);
	}
	user_make(test, "plain", DEMO_PASSWORD, user);
	phone_make(test, user, &phones[3]);
	numbers_spend(test, "plain");
	ways[count++] = way_new(test, "enter", "plain", "waiting");
	ways[count++] = way_new(test, "enter", "plain", "waiting behind another browser's");
	user_make(test, naked, DEMO_PASSWORD, user);
	numbers_spend(test, naked);
	ways[count++] = way_new(test, "enter", naked, "no device");
	user_make(test, gone, DEMO_PASSWORD, user);
	phone_make(test, user, &phones[4]);
	write_now(test, device_void, &phones[4]);
	numbers_spend(test, gone);
	numbers_spend(test, nobody);
	ways[count++] = way_new(test, "enter", gone, "a revoked device");
	ways[count++] = way_new(test, "enter", nobody, "no such name");
	all_look_alike(test, ways, count);
	test->now += test->settings.life.challenge_s - 1;
	all_look_alike(test, ways, count);
	test->now += 1;
	all_look_alike(test, ways, count);
}

/* Over the budget nothing pops up, and the page does not say so. Mutation: `popup` of the row shown to strangers. */
static void over_budget_and_unknown_look_the_same(void **state)
{
	struct core_test *test = *state;
	const char *nobody = name_with_phone(test, 0); /* which has begun once by that */
	struct phone phone;
	struct way ways[2];
	char user[ID_SIZE];

	user_make(test, "plain", DEMO_PASSWORD, user);
	phone_make(test, user, &phone);
	ways[0] = way_new(test, "enter", "plain", "over budget");
	for (int i = 0; i < 5; i++) {
		ways[0] = way_new(test, "enter", "plain", "over budget");
		ways[1] = way_new(test, "enter", nobody, "no such name");
		all_look_alike(test, ways, 2);
	}
}

/* The first step of the default policy is a password: a right one is what makes a difference, not the name. */
static void a_wrong_password_looks_the_same_for_every_name(void **state)
{
	static const char *const names[] = {"demo0", "nopwd", "disab", "nobod", "allow"};
	struct core_test *test = *state;
	struct way ways[ARRAY_COUNT(names)];
	char user[ID_SIZE];

	user_make(test, "demo0", DEMO_PASSWORD, user);
	user_make(test, "nopwd", NULL, user);
	user_make(test, "disab", DEMO_PASSWORD, user);
	user_disable(test, user);
	user_make(test, "allow", DEMO_PASSWORD, user);
	for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
		ways[i] = way_new(test, "quick", names[i], names[i]);
		IS(page_password(test, &ways[i].browser, ways[i].id, "not-the-password", NULL), OK);
		assert_string_equal(page_word(test, &ways[i].browser, ways[i].id, "notice"), "wrong_password");
	}
	all_look_alike(test, ways, ARRAY_COUNT(ways));
}

/* Policy refuses at the vault, but who asks learns that only after a proof. Mutation: has_facade never set. */
static void a_refusal_by_policy_is_shown_only_after_a_proof(void **state)
{
	struct core_test *test = *state;
	struct browser browser = browser_new(test);
	const char *id = NULL;
	char user[ID_SIZE], name[16];

	/*
	 * Has no password and no device: the default's first step cannot be asked, so policy refuses. What a name that
	 * does not exist gets is drawn, and for some names that is a refusal too: so several are tried.
	 */
	for (int i = 0; !id || strcmp(page_word(test, &browser, id, "state"), "prove") != 0; i++) {
		assert_true(i < 20);
		snprintf(name, sizeof(name), "empty%d", i);
		user_make(test, name, NULL, user);
		id = login_new(test, &browser, "mail");
		IS(page_identify(test, &browser, id, name, NULL), OK);
	}
	assert_string_equal(page_word(test, &browser, id, "factor"), "password");
	IS(page_password(test, &browser, id, DEMO_PASSWORD, NULL), OK);
	assert_string_equal(page_word(test, &browser, id, "state"), "prove");
	/* Has a password and nothing else: the second step cannot be asked; told after the password, not before. */
	id = login_new(test, &browser, "mail");
	IS(page_identify(test, &browser, id, "demo", NULL), OK);
	assert_string_equal(page_word(test, &browser, id, "state"), "prove");
	IS(page_password(test, &browser, id, DEMO_PASSWORD, NULL), OK);
	assert_string_equal(page_word(test, &browser, id, "state"), "refused");
	assert_string_equal(page_word(test, &browser, id, "notice"), "no_factor");
	IS(page_finish(test, &browser, id, NULL), E_CONFLICT);
}

/* The name draws its own picture, the same each time. */
static void a_name_that_does_not_exist_looks_the_same_tomorrow(void **state)
{
	struct core_test *test = *state;
	struct way ways[2] = {way_new(test, "wiki", "ghost", "today")};
	const char *today = seen(test, &ways[0].browser, ways[0].id);

	ways[1] = way_new(test, "wiki", " GHOST ", "again");
	assert_string_equal(login_row_now(test, ways[0].id).subject, login_row_now(test, ways[1].id).subject);
	assert_string_equal(login_row_now(test, ways[0].id).decision, login_row_now(test, ways[1].id).decision);
	assert_int_equal(login_row_now(test, ways[0].id).subject[0], '~');
	assert_non_null(today);
}

static void a_hidden_challenge_never_reaches_a_device(void **state)
{
	struct core_test *test = *state;
	struct browser first = browser_new(test), second = browser_new(test);
	const char *one, *two, *bytes = NULL;
	json_t *list = NULL;
	struct phone phone;

	phone_make(test, test->user_id, &phone);
	one = login_new(test, &first, "enter");
	two = login_new(test, &second, "enter");
	IS(page_identify(test, &first, one, "demo", NULL), OK);
	IS(page_identify(test, &second, two, "demo", NULL), OK);
	IS(challenge_list(&test->core, test->arena, test->user_id, test->now, &list), OK);
	assert_int_equal(json_array_size(json_object_get(list, "challenges")), 1);
	assert_string_equal(json_get_string(json_array_get(json_object_get(list, "challenges"), 0), "id"),
			    challenge_of(test, one));
	json_decref(list);
	IS(challenge_details(&test->core, test->arena, test->user_id, challenge_of(test, two), test->now, &bytes),
	   E_NOT_FOUND);
	IS(answer(test, &phone, challenge_of(test, two), "approve"),
	   E_NOT_FOUND); /* Mutation: no `hidden` in read_all */
	IS(challenge_details(&test->core, test->arena, test->user_id, challenge_of(test, one), test->now, &bytes), OK);
	assert_null(strstr(bytes, challenge_now(test, challenge_of(test, one)).number));
}

/* T17. Mutation: login_waits_for without the comparison of ids. */
static void approving_one_tab_never_completes_another(void **state)
{
	struct core_test *test = *state;
	struct browser browser = browser_new(test);
	struct phone phone;
	const char *one = login_new(test, &browser, "enter"), *two = login_new(test, &browser, "enter"), *old;

	phone_make(test, test->user_id, &phone);
	IS(page_identify(test, &browser, one, "demo", NULL), OK);
	old = challenge_of(test, one);
	IS(page_identify(test, &browser, two, "demo", NULL), OK);
	assert_string_equal(challenge_now(test, old).state, "superseded");
	assert_true(woke(test, "login", one));
	IS(answer(test, &phone, old, "approve"), E_CONFLICT);
	IS(answer(test, &phone, challenge_of(test, two), "approve"), OK);
	assert_string_equal(login_row_now(test, one).state, "prove");
	assert_string_equal(login_row_now(test, two).state, "done");
	IS(page_finish(test, &browser, one, NULL), E_CONFLICT);
	IS(page_finish(test, &browser, two, NULL), OK);
	assert_string_equal(challenge_now(test, challenge_of(test, two)).state, "consumed");
}

/* Cancelling frees the place and drops the push; forgetting drops all that was proven. */
static void cancel_and_forget_leave_nothing_behind(void **state)
{
	struct core_test *test = *state;
	struct browser browser = browser_new(test);
	struct phone phone;
	const char *id = login_new(test, &browser, "mail"), *challenge;

	phone_make(test, test->user_id, &phone);
	IS(page_identify(test, &browser, id, "demo", NULL), OK);
	IS(page_password(test, &browser, id, DEMO_PASSWORD, NULL), OK);
	IS(page_push(test, &browser, id, NULL), OK);
	challenge = challenge_of(test, id);
	IS(page_cancel(test, &browser, id, false, NULL), OK);
	assert_null(challenge_of(test, id));
	IS(answer(test, &phone, challenge, "approve"), E_CONFLICT);
	assert_string_equal(page_word(test, &browser, id, "state"), "prove");
	assert_string_equal(page_word(test, &browser, id, "factor"), "push");
	IS(page_push(test, &browser, id, NULL), OK);
	IS(answer(test, &phone, challenge_of(test, id), "approve"), OK);
	assert_string_equal(page_word(test, &browser, id, "state"), "done");
	IS(page_cancel(test, &browser, id, true, NULL), OK);
	assert_string_equal(login_row_now(test, id).proofs, "[]");
	IS(page_identify(test, &browser, id, "demo", NULL), OK);
	assert_string_equal(page_word(test, &browser, id, "factor"), "password");
	IS(page_finish(test, &browser, id, NULL), E_CONFLICT);
}

int main(void)
{
#define T(name_) cmocka_unit_test_setup_teardown(name_, core_setup, core_teardown)
	const struct CMUnitTest tests[] = {
		T(until_expiry_every_account_looks_the_same),
		T(over_budget_and_unknown_look_the_same),
		T(a_wrong_password_looks_the_same_for_every_name),
		T(a_refusal_by_policy_is_shown_only_after_a_proof),
		T(a_name_that_does_not_exist_looks_the_same_tomorrow),
		T(a_hidden_challenge_never_reaches_a_device),
		T(approving_one_tab_never_completes_another),
		T(cancel_and_forget_leave_nothing_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
