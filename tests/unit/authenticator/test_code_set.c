#include <string.h>

#include "cmocka_all.h"

#include "code.h"

#define BASE  "otpauth://totp/Example:demo?secret="
#define FIRST BASE "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Example&algorithm=SHA1&digits=6&period=30"

static enum code_fate fate_of(struct code_set *set, const char *uri)
{
	scoped_json *entry = json_pack("{s:s, s:s}", "uri", uri, "group", "Work");
	enum code_fate fate = CODE_NEW;
	const char *problem = NULL;

	assert_int_equal(code_set_add(set, entry, 7, &fate, &problem), OK);
	return fate;
}

static void the_same_is_not_added_and_another_of_its_name_stands_beside(void **state)
{
	scoped_json *codes = json_pack("[{s:s, s:i}]", "uri", FIRST, "added_at", 1);
	struct code_set *set = NULL;

	assert_int_equal(code_set_new(codes, &set), OK);
	assert_int_equal(fate_of(set, BASE "gezd gnbv gy3t qojq gezd gnbv gy3t qojq"), CODE_SAME);
	assert_int_equal(fate_of(set, FIRST "&image=x"), CODE_SAME);
	assert_int_equal(json_array_size(codes), 1);
	assert_int_equal(fate_of(set, BASE "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&digits=8"), CODE_BESIDE);
	assert_int_equal(fate_of(set, BASE "MFRGGZDF"), CODE_BESIDE);
	assert_int_equal(fate_of(set, BASE "MFRGGZDF"), CODE_SAME); /* within one import, too */
	assert_int_equal(fate_of(set, "otpauth://totp/Other:demo?secret=MFRGGZDF"), CODE_NEW);
	code_set_free(&set);
	assert_int_equal(json_array_size(codes), 4);
	assert_string_equal(json_get_string(json_array_get(codes, 0), "uri"), FIRST);
	const json_t *added = json_array_get(codes, 3);
	assert_string_equal(json_get_string(added, "group"), "Work");
	assert_int_equal(json_integer_value(json_object_get(added, "added_at")), 7);
}

static void no_address_is_refused_and_changes_nothing(void **state)
{
	scoped_json *codes = json_array(), *empty = json_object(), *bad = json_pack("{s:s}", "uri", "otpauth://x");
	struct code_set *set = NULL;
	enum code_fate fate = CODE_SAME;
	const char *problem = NULL;

	assert_int_equal(code_set_new(codes, &set), OK);
	assert_int_equal(code_set_add(set, empty, 1, &fate, &problem), E_INVALID);
	assert_int_equal(code_set_add(set, bad, 1, &fate, &problem), E_INVALID);
	assert_non_null(problem);
	assert_int_equal(json_array_size(codes), 0);
	code_set_free(&set);
}

static void it_grows_beyond_its_first_size(void **state)
{
	scoped_json *codes = json_array();
	struct code_set *set = NULL;
	char uri[128];

	assert_int_equal(code_set_new(codes, &set), OK);
	for (int i = 0; i < 300; i++) {
		snprintf(uri, sizeof(uri), "otpauth://totp/Example:demo%d?secret=MFRGGZDF", i);
		assert_int_equal(fate_of(set, uri), CODE_NEW);
	}
	assert_int_equal(fate_of(set, "otpauth://totp/Example:demo7?secret=MFRGGZDF"), CODE_SAME);
	code_set_free(&set);
	assert_int_equal(json_array_size(codes), 300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_is_not_added_and_another_of_its_name_stands_beside),
		cmocka_unit_test(no_address_is_refused_and_changes_nothing),
		cmocka_unit_test(it_grows_beyond_its_first_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
