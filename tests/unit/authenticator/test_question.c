/* Which line answers what: pure, and the place where a slip would cost most. */
#include <string.h>

#include "cmocka_all.h"

#include "base/status.h"
#include "show.h"

static const struct symbolon_challenge confirm = {.mode = SYMBOLON_CONFIRM, .code = "UIMYQ"};
static const struct symbolon_challenge choose = {.mode = SYMBOLON_CHOOSE, .choices = {"17", "42", "86"}};
static const struct symbolon_challenge enter = {.mode = SYMBOLON_ENTER, .digits = 2};

static void lines_mean_what_they_say(void **state)
{
	static const struct {
		const struct symbolon_challenge *challenge;
		const char *line;
		enum reply_kind kind;
		enum symbolon_decision decision;
		const char *number;
	} rows[] = {
		{&confirm, "a", REPLY_DECIDED, SYMBOLON_APPROVE, NULL},
		{&confirm, "Approve", REPLY_DECIDED, SYMBOLON_APPROVE, NULL},
		{&confirm, "d", REPLY_DECIDED, SYMBOLON_DENY, NULL},
		{&confirm, "r", REPLY_DECIDED, SYMBOLON_REPORT, NULL},
		{&confirm, "s", REPLY_SKIP, 0, NULL},
		{&confirm, "", REPLY_SKIP, 0, NULL},
		{&confirm, "y", REPLY_AGAIN, 0, NULL},
		{&confirm, "yes", REPLY_AGAIN, 0, NULL},
		{&confirm, "UIMYQ", REPLY_AGAIN, 0, NULL},
		{&confirm, "1", REPLY_AGAIN, 0, NULL},
		{&confirm, "a ", REPLY_AGAIN, 0, NULL},
		{&confirm, "aa", REPLY_AGAIN, 0, NULL},
		{&choose, "1", REPLY_DECIDED, SYMBOLON_APPROVE, "17"},
		{&choose, "3", REPLY_DECIDED, SYMBOLON_APPROVE, "86"},
		{&choose, "42", REPLY_DECIDED, SYMBOLON_APPROVE, "42"},
		{&choose, "4", REPLY_AGAIN, 0, NULL},
		{&choose, "0", REPLY_AGAIN, 0, NULL},
		{&choose, "43", REPLY_AGAIN, 0, NULL},
		{&choose, "n", REPLY_DECIDED, SYMBOLON_DENY, NULL},
		{&choose, "none", REPLY_DECIDED, SYMBOLON_DENY, NULL},
		{&choose, "a", REPLY_AGAIN, 0, NULL},
		{&choose, "", REPLY_SKIP, 0, NULL},
		{&choose, "r", REPLY_DECIDED, SYMBOLON_REPORT, NULL},
		{&enter, "48", REPLY_SURE, 0, NULL},
		{&enter, "4", REPLY_AGAIN, 0, NULL},
		{&enter, "481", REPLY_AGAIN, 0, NULL},
		{&enter, "4x", REPLY_AGAIN, 0, NULL},
		{&enter, "a", REPLY_AGAIN, 0, NULL},
		{&enter, "y", REPLY_AGAIN, 0, NULL},
		{&enter, "", REPLY_SKIP, 0, NULL},
		{&enter, "d", REPLY_DECIDED, SYMBOLON_DENY, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct question question = {.challenge = rows[i].challenge};
		enum symbolon_decision decision = SYMBOLON_DENY;
		const char *number = NULL;

		if (question_reply(&question, rows[i].line, &decision, &number) != rows[i].kind)
			fail_msg("row %zu: %s", i, rows[i].line);
		if (rows[i].kind != REPLY_DECIDED)
			continue;
		assert_int_equal(decision, rows[i].decision);
		if (rows[i].number)
			assert_string_equal(number, rows[i].number);
		else
			assert_null(number);
	}
}

static void only_yes_sends_an_entered_number(void **state)
{
	static const struct {
		const char *line;
		enum reply_kind kind;
	} rows[] = {{"y", REPLY_DECIDED}, {"yes", REPLY_DECIDED}, {"Y", REPLY_DECIDED}, {"n", REPLY_AGAIN},
		    {"", REPLY_AGAIN},    {"48", REPLY_AGAIN},    {"d", REPLY_AGAIN},   {"yy", REPLY_AGAIN}};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct question question = {.challenge = &enter};
		enum symbolon_decision decision = SYMBOLON_DENY;
		const char *number = NULL;

		assert_int_equal(question_reply(&question, "48", &decision, &number), REPLY_SURE);
		assert_int_equal(question_reply(&question, rows[i].line, &decision, &number), rows[i].kind);
		assert_false(question.sure);
		if (rows[i].kind != REPLY_DECIDED)
			continue;
		assert_int_equal(decision, SYMBOLON_APPROVE);
		assert_string_equal(number, "48");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_mean_what_they_say),
		cmocka_unit_test(only_yes_sends_an_entered_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
