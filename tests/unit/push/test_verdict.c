#include "../base/cmocka_all.h"

#include <string.h>

#include "base/status.h"
#include "push/verdict.h"

/* Every status there may be, by the table of docs/push.md. */
static const char *expected_failure(int status)
{
	if (status >= 200 && status < 300)
		return NULL;
	if (status >= 300 && status < 400)
		return "redirect";
	if (status == 401 || status == 403)
		return "vapid";
	if (status == 404 || status == 410)
		return "gone";
	if (status == 429 || (status >= 500 && status < 600))
		return "busy";
	return status >= 400 && status < 500 ? "refused" : "unreachable";
}

static enum push_action expected_action(int status)
{
	const char *failure = expected_failure(status);

	if (!failure)
		return PUSH_DELIVERED;
	if (strcmp(failure, "gone") == 0)
		return PUSH_UNSUBSCRIBE;
	return strcmp(failure, "busy") == 0 || strcmp(failure, "unreachable") == 0 ? PUSH_RETRY : PUSH_DROP;
}

static void every_status_has_its_verdict(void **state)
{
	(void)state;
	for (int status = 0; status < 1000; status++) {
		const struct fetch_reply reply = {.outcome = FETCH_ANSWERED, .status = status};
		const struct push_verdict verdict = push_verdict_of(&reply);
		const char *failure = expected_failure(status);

		assert_int_equal(verdict.action, expected_action(status));
		assert_true(failure ? verdict.failure && strcmp(verdict.failure, failure) == 0 : !verdict.failure);
		assert_int_equal(verdict.alarm, verdict.action == PUSH_DROP);
	}
}

static void no_answer_has_one_too(void **state)
{
	static const struct {
		enum fetch_outcome outcome;
		enum push_action action;
		const char *failure;
	} cases[] = {
		{FETCH_TIMED_OUT, PUSH_RETRY, "timeout"},
		{FETCH_UNREACHABLE, PUSH_RETRY, "unreachable"},
		{FETCH_PRIVATE, PUSH_DROP, "address"},
		{FETCH_CANCELLED, PUSH_RELEASE, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		const struct fetch_reply reply = {.outcome = cases[i].outcome, .status = 200};
		const struct push_verdict verdict = push_verdict_of(&reply);

		assert_int_equal(verdict.action, cases[i].action);
		assert_true(cases[i].failure ? strcmp(verdict.failure, cases[i].failure) == 0 : !verdict.failure);
	}
}

static void pauses_grow_and_the_service_may_ask_for_more(void **state)
{
	static const int64_t pauses[] = {1, 1, 2, 4, 8, 16, 30, 30, 30};

	(void)state;
	for (int tries = 0; tries < (int)ARRAY_COUNT(pauses); tries++)
		assert_int_equal(push_retry_at(tries, 0, 1000), 1000 + pauses[tries]);
	assert_int_equal(push_retry_at(INT32_MAX, 0, 1000), 1030);
	assert_int_equal(push_retry_at(1, 7, 1000), 1007);
	assert_int_equal(push_retry_at(5, 7, 1000), 1016);
	assert_int_equal(push_retry_at(1, INT64_MAX, 1000), 1000 + 86400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_status_has_its_verdict),
		cmocka_unit_test(no_answer_has_one_too),
		cmocka_unit_test(pauses_grow_and_the_service_may_ask_for_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
