/*
 * The device's answer (PROTOCOL, "The answer"): what is refused, what counts once, what a report does in every state.
 * SECURITY 5 T2, T9, T17, T20, T21; 1a N2, N3.
 */
#include "core_scene.h"

#include "base/text.h"

/* Mutation: any one comparison of claims_check, or the typ of signature_check, left out. */
static void every_wrong_claim_is_refused_and_changes_nothing(void **state)
{
	struct scene scene = scene_new(state, "enter");
	struct core_test *test = scene.test;
	struct phone other;
	struct answer_change cases[] = {
		{.typ = "symbolon-request+jwt"},
		{.typ = "JWT"},
		{.typ = "Symbolon-Answer+jwt"},
		{.typ = ""},
		{.aud = "https://id.example.com"},
		{.aud = "https://id.example.org/"},
		{.kid = "AAAAAAAAAAAAAAAAAAAAAA"},
		{.nonce = "AAAAAAAAAAAAAAAAAAAAAA"},
		{.nonce = ""},
		{.shown = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
		{.iat = CORE_NOW - 61},
		{.iat = CORE_NOW + 61},
		{.challenge = "AAAAAAAAAAAAAAAAAAAAAA"},
		{.without = "aud"},
		{.without = "nonce"},
		{.without = "shown"},
		{.without = "challenge"},
		{.key = NULL},
	};

	phone_make(test, test->user_id, &other);
	cases[ARRAY_COUNT(cases) - 1].key = other.key;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		enum status status =
			answer_send(test, &scene.phone, scene.challenge,
				    answer_sign(test, test->arena, &scene.phone, scene.challenge, &cases[i]), NULL);

		if (status != E_REFUSED)
			fail_msg("case %zu: %s", i, status_name(status));
		assert_string_equal(state_of(&scene), "pending");
	}
	assert_string_equal(login_row_now(test, scene.login).state, "prove");
	IS(answer(test, &scene.phone, scene.challenge, "approve"), OK);
}

static void what_cannot_be_understood_is_invalid_and_changes_nothing(void **state)
{
	struct scene scene = scene_new(state, "enter");
	struct core_test *test = scene.test;
	static const struct answer_change cases[] = {
		{.without = "jti"},      {.without = "decision"}, {.without = "number"},
		{.decision = "Approve"}, {.decision = ""},        {.decision = "approved"},
	};
	static const char *const jws[] = {"",
					  ".",
					  "..",
					  "a.b.c",
					  "e30.e30.",
					  "e30.e30.AAAA",
					  "eyJhbGciOiJub25lIn0.e30.",
					  "\xff\xfe",
					  "eyJhbGciOiJIUzI1NiJ9.e30.AAAA"};

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++)
		IS(answer_send(test, &scene.phone, scene.challenge,
			       answer_sign(test, test->arena, &scene.phone, scene.challenge, &cases[i]), NULL),
		   E_INVALID);
	for (size_t i = 0; i < ARRAY_COUNT(jws); i++)
		assert_int_not_equal(answer_send(test, &scene.phone, scene.challenge, jws[i], NULL), OK);
	assert_string_equal(state_of(&scene), "pending");
}

static void the_edges_of_the_clock_are_a_minute(void **state)
{
	struct scene scene = scene_new(state, "enter");
	struct core_test *test = scene.test;
	const struct answer_change early = {.iat = CORE_NOW - 60}, late = {.iat = CORE_NOW + 60};

	IS(answer_send(test, &scene.phone, scene.challenge,
		       answer_sign(test, test->arena, &scene.phone, scene.challenge, &early), NULL),
	   OK);
	scene_at(test, &scene, "enter");
	IS(answer_send(test, &scene.phone, scene.challenge,
		       answer_sign(test, test->arena, &scene.phone, scene.challenge, &late), NULL),
	   OK);
}

/* Every byte of a right answer, flipped. Mutation: jose_verify's result dropped. */
static void no_flipped_byte_is_accepted(void **state)
{
	struct scene scene = scene_new(state, "enter");
	struct core_test *test = scene.test;
	const struct answer_change right = {.decision = "approve"};
	const char *jws = answer_sign(test, test->arena, &scene.phone, scene.challenge, &right);
	char *bent = arena_strdup(test->arena, jws);

	for (size_t i = 0; bent[i]; i++) {
		const char was = bent[i];

		bent[i] = was == 'A' ? 'B' : was == '.' ? '-' : 'A';
		if (bent[i] != was)
			assert_int_not_equal(answer_send(test, &scene.phone, scene.challenge, bent, NULL), OK);
		bent[i] = was;
	}
	assert_string_equal(state_of(&scene), "pending");
	IS(answer_send(test, &scene.phone, scene.challenge, bent, NULL), OK);
}

static void another_persons_device_finds_nothing(void **state)
{
	struct scene scene = scene_new(state, "enter");
	struct core_test *test = scene.test;
	struct phone other;
	char user[ID_SIZE];
	const char *bytes;

	user_make(test, "other", DEMO_PASSWORD, user);
	phone_make(test, user, &other);
	IS(answer(test, &other, scene.challenge, "approve"),
	   E_NOT_FOUND); /* Mutation: no comparison of user_id in read_all */
	IS(answer(test, &other, scene.challenge, "report"), E_NOT_FOUND);
	IS(challenge_details(&test->core, test->arena, user, scene.challenge, test->now, &bytes), E_NOT_FOUND);
	assert_string_equal(state_of(&scene), "pending");
}

/* N3. Mutation: `<` for `<=` in answer_once. */
static void an_answer_after_expiry_is_refused(void **state)
{
	struct scene scene = scene_new(state, "enter");
	struct core_test *test = scene.test;
	const char *bytes;

	test->now += test->settings.life.challenge_s;
	IS(answer(test, &scene.phone, scene.challenge, "approve"), E_EXPIRED);
	IS(answer(test, &scene.phone, scene.challenge, "deny"), E_EXPIRED);
	IS(challenge_details(&test->core, test->arena, test->user_id, scene.challenge, test->now, &bytes), E_EXPIRED);
	assert_string_equal(page_word(test, &scene.browser, scene.login, "c.status"), "ended");
	test->now -= 1;
	IS(answer(test, &scene.phone, scene.challenge, "approve"), OK);
}

/* T20, in each mode that has a number. Mutation: "wrong" left out of challenge_may, or an answer without final state.
 */
static void a_wrong_number_is_final(void **state)
{
	static const char *const clients[] = {"enter", "choose"};
	static const char *const numbers[] = {"", "1", "000", " 12", "-1", "12\n", "xx"};
	struct scene scene = scene_new(state, "enter");
	struct core_test *test = scene.test;

	for (size_t i = 0; i < ARRAY_COUNT(clients); i++)
		for (size_t j = 0; j < ARRAY_COUNT(numbers); j++) {
			const struct answer_change wrong = {.number = numbers[j]};
			struct challenge_settled settled;

			scene_at(test, &scene, clients[i]);
			IS(answer_send(test, &scene.phone, scene.challenge,
				       answer_sign(test, test->arena, &scene.phone, scene.challenge, &wrong), &settled),
			   OK);
			assert_string_equal(settled.state, "wrong");
			IS(answer(test, &scene.phone, scene.challenge, "approve"), E_CONFLICT);
			assert_string_equal(state_of(&scene), "wrong");
			assert_string_equal(login_row_now(test, scene.login).state, "prove");
			assert_string_equal(login_row_now(test, scene.login).proofs, "[]");
		}
}

static void each_mode_asks_as_the_protocol_says(void **state)
{
	struct scene scene = scene_new(state, "choose");
	struct core_test *test = scene.test;
	const struct answer_change with = {.number = "12"};
	const char *bytes;
	json_t *details = NULL, *choices;
	struct challenge_row row = challenge_now(test, scene.challenge);
	bool there = false;

	IS(challenge_details(&test->core, test->arena, test->user_id, scene.challenge, test->now, &bytes), OK);
	assert_string_equal(bytes, row.details);
	IS(json_parse_limited(bytes, strlen(bytes), 8, &details), OK);
	choices = json_object_get(details, "choices");
	assert_int_equal(json_array_size(choices), 3);
	for (size_t i = 0; i < 3; i++) {
		there |= strcmp(json_string_value(json_array_get(choices, i)), row.number) == 0;
		assert_string_not_equal(json_string_value(json_array_get(choices, i)),
					json_string_value(json_array_get(choices, (i + 1) % 3)));
	}
	assert_true(there);
	json_decref(details);
	IS(answer(test, &scene.phone, scene.challenge, "approve"), OK);
	scene_at(test, &scene, "wiki");
	row = challenge_now(test, scene.challenge);
	assert_int_equal(strspn(row.code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"), 5);
	assert_non_null(strstr(row.details, row.code));
	IS(answer_send(test, &scene.phone, scene.challenge,
		       answer_sign(test, test->arena, &scene.phone, scene.challenge, &with), NULL),
	   E_INVALID);
	IS(answer(test, &scene.phone, scene.challenge, "approve"), OK);
	assert_string_equal(page_word(test, &scene.browser, scene.login, "state"), "done");
}

/* "The same bytes again get the same result", whatever became of the challenge, and long after iat. */
static void the_same_bytes_again_give_the_same_result(void **state)
{
	static const char *const decisions[] = {"approve", "deny", "report"}, *const told[] = {"approved", "denied",
											       "reported"};
	struct scene scene = scene_new(state, "enter");
	struct core_test *test = scene.test;

	for (size_t i = 0; i < ARRAY_COUNT(decisions); i++) {
		const struct answer_change change = {.decision = decisions[i]};
		struct challenge_settled settled;
		struct phone other;
		const char *jws;

		scene_at(test, &scene, "enter");
		jws = answer_sign(test, test->arena, &scene.phone, scene.challenge, &change);
		for (int again = 0; again < 3; again++) {
			IS(answer_send(test, &scene.phone, scene.challenge, jws, &settled), OK);
			assert_string_equal(settled.state, told[i]);
			if (again == 1 && i == 0)
				IS(page_finish(test, &scene.browser, scene.login, NULL), OK);
			test->now += 100;
		}
		phone_make(test, test->user_id, &other);
		assert_int_not_equal(answer_send(test, &other, scene.challenge, jws, NULL), OK);
		IS(answer(test, &other, scene.challenge, i == 1 ? "approve" : "deny"), E_CONFLICT);
	}
}

/* ---- races ---- */

#define THREADS 16

struct racer {
	struct scene *scene;
	pthread_t thread;
	const char *jws;
	enum status status;
};

static void *race(void *ctx)
{
	struct racer *racer = ctx;
	struct arena *arena = arena_new(1 << 22);
	struct core_test *test = racer->scene->test;
	const struct challenge_answer sent = {.jws = racer->jws,
					      .jws_size = strlen(racer->jws),
					      .device = &racer->scene->phone.row,
					      .ip = "198.51.100.1"};
	struct challenge_settled settled = {0};

	racer->status = challenge_answer(&test->core, arena, racer->scene->challenge, &sent, test->now, &settled);
	arena_free(arena);
	return NULL;
}

/* T9. Mutation: a settle without `from` in its condition and the login written without its version: either alone is
 * enough. */
static void of_sixteen_answers_at_once_one_counts(void **state)
{
	struct scene scene = scene_new(state, "enter");
	struct core_test *test = scene.test;

	for (int round = 0; round < 8; round++) {
		struct racer racers[THREADS];
		int right = 0;

		scene_at(test, &scene, "enter");
		for (int i = 0; i < THREADS; i++) {
			const struct answer_change change = {.decision = i % 2 ? "approve" : "deny"};

			racers[i] = (struct racer){.scene = &scene,
						   .jws = answer_sign(test, test->arena, &scene.phone, scene.challenge,
								      &change)};
		}
		for (int i = 0; i < THREADS; i++)
			assert_int_equal(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
		for (int i = 0; i < THREADS; i++)
			pthread_join(racers[i].thread, NULL);
		for (int i = 0; i < THREADS; i++) {
			right += racers[i].status == OK;
			assert_true(racers[i].status == OK || racers[i].status == E_CONFLICT);
		}
		assert_int_equal(right, 1);
		assert_string_equal(login_row_now(test, scene.login).state,
				    strcmp(state_of(&scene), "approved") == 0 ? "done" : "prove");
	}
}

static void the_same_bytes_from_sixteen_threads_are_one_answer(void **state)
{
	struct scene scene = scene_new(state, "enter");
	struct core_test *test = scene.test;
	const struct answer_change change = {.decision = "approve"};
	const char *jws = answer_sign(test, test->arena, &scene.phone, scene.challenge, &change);
	struct racer racers[THREADS];

	for (int i = 0; i < THREADS; i++) {
		racers[i] = (struct racer){.scene = &scene, .jws = jws};
		assert_int_equal(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(racers[i].thread, NULL);
	for (int i = 0; i < THREADS; i++)
		IS(racers[i].status, OK);
	assert_string_equal(login_row_now(test, scene.login).state, "done");
}

int main(void)
{
#define T(name_) cmocka_unit_test_setup_teardown(name_, core_setup, core_teardown)
	const struct CMUnitTest tests[] = {
		T(every_wrong_claim_is_refused_and_changes_nothing),
		T(what_cannot_be_understood_is_invalid_and_changes_nothing),
		T(the_edges_of_the_clock_are_a_minute),
		T(no_flipped_byte_is_accepted),
		T(another_persons_device_finds_nothing),
		T(an_answer_after_expiry_is_refused),
		T(a_wrong_number_is_final),
		T(each_mode_asks_as_the_protocol_says),
		T(the_same_bytes_again_give_the_same_result),
		T(of_sixteen_answers_at_once_one_counts),
		T(the_same_bytes_from_sixteen_threads_are_one_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
