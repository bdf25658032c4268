#include "cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>

#include "keyholder/budget.h"

static struct budget *budget_make(void)
{
	struct budget *budget = NULL;

	assert_int_equal(budget_new(NULL, &budget), OK);
	return budget;
}

static void ten_checks_pass_and_the_eleventh_waits(void **state)
{
	struct budget *budget = budget_make();

	for (int i = 0; i < BUDGET_CHECKS; i++)
		assert_int_equal(budget_spend(budget, "a", 5000), OK);
	assert_int_equal(budget_spend(budget, "a", 5000), E_BUSY);
	assert_int_equal(budget_spend(budget, "a", 5000 + 59999), E_BUSY);
	assert_int_equal(budget_spend(budget, "b", 5000), OK); /* nobody else's */
	assert_int_equal(budget_spend(budget, "a", 5000 + 62000), OK);
	budget_free(&budget);
	assert_null(budget);
}

/* One check every three seconds, for ten minutes: in no 60 seconds more than ten pass. A fixed window would let twenty.
 */
static void no_minute_has_more_than_ten(void **state)
{
	struct budget *budget = budget_make();
	int64_t passed[300];
	size_t count = 0;

	for (int64_t at = 1; at < 600 * 1000; at += 3137) {
		if (budget_spend(budget, "a", at) == OK)
			passed[count++] = at;
	}
	for (size_t i = BUDGET_CHECKS; i < count; i++)
		assert_true(passed[i] - passed[i - BUDGET_CHECKS] >= BUDGET_SECONDS * 1000);
	assert_true(count >= 80); /* and it does not starve */
	budget_free(&budget);
}

static void refused_checks_cost_nothing(void **state)
{
	struct budget *budget = budget_make();

	for (int i = 0; i < 1000; i++)
		assert_int_equal(budget_spend(budget, "a", 1000), i < BUDGET_CHECKS ? OK : E_BUSY);
	assert_int_equal(budget_spend(budget, "a", 63000), OK);
	budget_free(&budget);
}

static enum status spend(struct budget *budget, int number, int64_t at)
{
	char name[32];

	snprintf(name, sizeof(name), "totp:%d", number);
	return budget_spend(budget, name, at);
}

/* Growing must not forget: a name whose budget is spent stays spent. */
static void many_names_grow_the_table_and_nothing_is_forgotten(void **state)
{
	struct budget *budget = budget_make();

	for (int i = 0; i < BUDGET_CHECKS; i++)
		assert_int_equal(budget_spend(budget, "a", 1000), OK);
	for (int i = 0; i < 20000; i++)
		assert_int_equal(spend(budget, i, 1000), OK);
	assert_int_equal(budget_spend(budget, "a", 1000), E_BUSY);
	for (int i = 0; i < 20000; i++) {
		for (int more = 1; more < BUDGET_CHECKS; more++)
			assert_int_equal(spend(budget, i, 2000), OK);
		assert_int_equal(spend(budget, i, 2000), E_BUSY);
	}
	budget_free(&budget);
}

static void full_table_refuses_new_names_and_recovers(void **state)
{
	struct budget *budget = budget_make();
	int refused = 0, first_refused = 0;

	for (int i = 0; i < BUDGET_PLACES_MAX; i++) {
		enum status status = spend(budget, i, 1000);
		assert_true(status == OK || status == E_BUSY);
		if (status == E_BUSY && refused++ == 0)
			first_refused = i;
	}
	assert_true(refused > 0);
	assert_int_equal(first_refused, BUDGET_PLACES_MAX / 4 * 3);
	assert_int_equal(spend(budget, 5, 2000), OK); /* who is in stays in */
	assert_int_equal(spend(budget, first_refused, 2000), E_BUSY);
	assert_int_equal(spend(budget, first_refused, 1000 + 62000), OK);
	budget_free(&budget);
}

/* As a keyholder that was killed and started anew: nobody gets fresh guesses. Mutation seen red: calloc always. */
static void next_process_goes_on_counting(void **state)
{
	void *shared = calloc(1, budget_memory_size());
	struct budget *budget = NULL, *next = NULL;

	assert_int_equal(budget_new(shared, &budget), OK);
	for (int i = 0; i < 7; i++)
		assert_int_equal(budget_spend(budget, "a", 5000), OK);
	assert_int_equal(budget_new(shared, &next), OK); /* the first one never gets to free anything */
	for (int i = 7; i < BUDGET_CHECKS; i++)
		assert_int_equal(budget_spend(next, "a", 6000), OK);
	assert_int_equal(budget_spend(next, "a", 6000), E_BUSY);
	assert_int_equal(budget_spend(next, "b", 6000), OK);
	budget_free(&budget);
	assert_int_equal(budget_spend(next, "a", 6000), E_BUSY);
	budget_free(&next);
	free(shared);
}

static void shared_table_fills_recovers_and_stays_in_place(void **state)
{
	void *shared = calloc(1, budget_memory_size());
	struct budget *budget = NULL;

	assert_int_equal(budget_new(shared, &budget), OK);
	for (int i = 0; i < BUDGET_PLACES_MAX / 4 * 3; i++)
		assert_int_equal(spend(budget, i, 1000), OK);
	assert_int_equal(spend(budget, BUDGET_PLACES_MAX, 1000), E_BUSY);
	assert_int_equal(spend(budget, BUDGET_PLACES_MAX, 1000 + 62000), OK);
	budget_free(&budget);
	assert_int_equal(budget_new(shared, &budget), OK);
	for (int i = 1; i < BUDGET_CHECKS; i++)
		assert_int_equal(spend(budget, BUDGET_PLACES_MAX, 1000 + 62000), OK);
	assert_int_equal(spend(budget, BUDGET_PLACES_MAX, 1000 + 62000), E_BUSY);
	budget_free(&budget);
	free(shared);
}

/* The second word after the secret is the mark. Mutation seen red: the mark not looked at. */
static void killed_while_moving_allows_nothing_for_a_minute(void **state)
{
	void *shared = calloc(1, budget_memory_size());
	struct budget *budget = NULL;

	assert_int_equal(budget_new(shared, &budget), OK);
	assert_int_equal(budget_spend(budget, "a", 5000), OK);
	budget_free(&budget);
	((unsigned *)shared)[9] = 1;
	assert_int_equal(budget_new(shared, &budget), OK);
	assert_int_equal(budget_spend(budget, "a", 6000), E_BUSY);
	assert_int_equal(budget_spend(budget, "b", 65000), E_BUSY);
	assert_int_equal(budget_spend(budget, "a", 68000), OK);
	budget_free(&budget);
	free(shared);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ten_checks_pass_and_the_eleventh_waits),
		cmocka_unit_test(no_minute_has_more_than_ten),
		cmocka_unit_test(refused_checks_cost_nothing),
		cmocka_unit_test(many_names_grow_the_table_and_nothing_is_forgotten),
		cmocka_unit_test(full_table_refuses_new_names_and_recovers),
		cmocka_unit_test(next_process_goes_on_counting),
		cmocka_unit_test(shared_table_fills_recovers_and_stays_in_place),
		cmocka_unit_test(killed_while_moving_allows_nothing_for_a_minute),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
