/* Accounts: names, passwords, and what ends with them. */
#include "oidc_fixture.h"

#include "core/session.h"
#include "core/user.h"
#include "crypto/password.h"

static void names_are_lower_case_ascii(void **state)
{
	static const struct {
		const char *typed, *name;
	} table[] = {
		{"demo", "demo"},
		{"Demo", "demo"},
		{"  DEMO ", "demo"},
		{"demo@Example.org", "demo@example.org"},
		{"d.e_m-o+1", "d.e_m-o+1"},
		{"", NULL},
		{"   ", NULL},
		{"de mo", NULL},
		{"demo\n", NULL},
		{"\tdemo", NULL},
		{"demo\x01", NULL},
		{"d\xc3\xa9mo", NULL},
		{"dem\xd0\xbe", NULL}, /* a Cyrillic o */
		{"demo\xe2\x80\x8b", NULL},
		{"\xef\xbd\x84"
		 "emo",
		 NULL}, /* full width */
		{"demo\xff", NULL},
		{"demo'--", NULL},
		{"\"demo\"", NULL},
		{"</script>", NULL},
		{"demo/../x", NULL},
		{"demo:x", NULL},
		{"demo,x", NULL},
		{"demo\\x", NULL},
	};
	struct arena *arena = arena_new(1 << 16);

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		char *name = NULL;
		const enum status status = username_canonical(arena, table[i].typed, &name);

		if (table[i].name && (status != OK || strcmp(name, table[i].name) != 0))
			fail_msg("\"%s\" gave %s", table[i].typed, status == OK ? name : status_name(status));
		if (!table[i].name && status != E_INVALID)
			fail_msg("\"%s\" was taken", table[i].typed);
	}
	arena_free(arena);
}

static enum status add(const struct oidc *oidc, const struct user_new *user, char id[ID_SIZE], const char **ret_problem)
{
	return user_add(&oidc->core, oidc->arena, user, NOW, id, ret_problem);
}

struct finding {
	const char *id, *name;
	struct user_row row;
	struct user_factors factors;
};

static enum status user_read(struct store_tx *tx, void *ctx)
{
	struct finding *finding = ctx;

	if (finding->name)
		TRY(store_user_find_name(tx, finding->name, &finding->row));
	else
		TRY(store_user_find(tx, finding->id, &finding->row));
	return user_factors_find(tx, &finding->row, NOW, &finding->factors);
}

static enum status find(const struct oidc *oidc, struct finding *finding)
{
	return store_read(oidc->core.store, oidc->arena, user_read, finding);
}

static void an_account_is_kept_as_given(void **state)
{
	static const char *const groups[] = {"staff", "finance"};
	struct oidc *oidc = *state;
	const struct user_new user = {.name = "Kept",
				      .display_name = "\"Kept\" </script> \xf0\x9f\x98\x80",
				      .email = "Kept@Example.org",
				      .groups = groups,
				      .group_count = 2,
				      .password = "correct horse battery"};
	struct finding by_name = {.name = "kept"}, by_mail = {.name = "kept@example.org"};
	const char *problem = NULL;
	char id[ID_SIZE];

	assert_int_equal(add(oidc, &user, id, &problem), OK);
	assert_int_equal(find(oidc, &by_name), OK);
	assert_int_equal(find(oidc, &by_mail), OK);
	assert_string_equal(by_name.row.id, id);
	assert_string_equal(by_mail.row.id, id);
	assert_string_equal(by_name.row.display_name, user.display_name);
	assert_string_equal(by_name.row.email, "kept@example.org");
	assert_int_equal(by_name.row.password_at, NOW);
	assert_int_equal(password_kind(by_name.row.password), PASSWORD_OURS);
	assert_null(strstr(by_name.row.password, "horse"));
	assert_true(by_name.factors.password);
	assert_false(by_name.factors.device || by_name.factors.totp || by_name.factors.recovery);
}

static void a_name_is_taken_once_in_any_case(void **state)
{
	struct oidc *oidc = *state;
	const char *problem = NULL;
	char id[ID_SIZE];

	assert_int_equal(add(oidc, &(struct user_new){.name = "twice"}, id, &problem), OK);
	assert_int_equal(add(oidc, &(struct user_new){.name = "TWICE"}, id, &problem), E_CONFLICT);
}

static void a_bad_account_is_refused_with_a_sentence(void **state)
{
	static const char *const odd_group[] = {"staff; drop"}, *const empty_group[] = {""};
	static const struct user_new table[] = {
		{.name = ""},
		{.name = "a b"},
		{.name = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}, /* 65 */
		{.name = "bad", .email = "no address"},
		{.name = "bad", .email = "nobody"},
		{.name = "bad", .display_name = "line\nbreak"},
		{.name = "bad", .display_name = "\xe2\x80\xae"},
		{.name = "bad", .password = "short"},
		{.name = "bad", .password = "password"},
		{.name = "bad", .imported = "plain text"},
		{.name = "bad", .imported = "$1$salt$hash"},
		{.name = "bad", .groups = odd_group, .group_count = 1},
		{.name = "bad", .groups = empty_group, .group_count = 1},
	};
	struct oidc *oidc = *state;

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		const char *problem = NULL;
		char id[ID_SIZE];

		if (add(oidc, &table[i], id, &problem) != E_INVALID || !problem)
			fail_msg("row %zu", i);
	}
	assert_int_equal(find(oidc, &(struct finding){.name = "bad"}), E_NOT_FOUND);
}

/* ---- what ends ---- */

struct living {
	bool session, browser;
};

static enum status things_insert(struct store_tx *tx, void *ctx)
{
	struct session_row session = session_row_of("more", ctx);
	const struct browser_row browser = browser_row_of("known", ctx);

	TRY(store_session_insert(tx, &session));
	return store_browser_insert(tx, &browser);
}

static enum status things_read(struct store_tx *tx, void *ctx)
{
	struct living *living = ctx;
	struct session_row session;
	struct browser_row browser;

	living->session = store_session_find_sid(tx, "more", &session) == OK && !session.ended_at;
	living->browser = store_browser_find(tx, "known", &browser) == OK;
	return OK;
}

static struct living living(const struct oidc *oidc)
{
	struct living things;

	read_ok(oidc->core.store, things_read, &things);
	return things;
}

static void a_new_password_ends_sessions_and_known_browsers(void **state)
{
	struct oidc *oidc = *state;
	struct finding before = {.id = "demo"}, after = {.id = "demo"};
	const char *problem = NULL;

	write_ok(oidc->core.store, things_insert, "demo");
	assert_true(living(oidc).session && living(oidc).browser);
	assert_int_equal(find(oidc, &before), OK);
	assert_false(before.factors.password);
	assert_int_equal(user_set_password(&oidc->core, oidc->arena, "demo", "short", NOW, &problem), E_INVALID);
	assert_non_null(problem);
	assert_true(living(oidc).session && living(oidc).browser);
	assert_int_equal(user_set_password(&oidc->core, oidc->arena, "demo", "correct horse battery", NOW, &problem),
			 OK);
	assert_false(living(oidc).session || living(oidc).browser);
	assert_int_equal(find(oidc, &after), OK);
	assert_true(after.factors.password);
	assert_int_equal(user_set_password(&oidc->core, oidc->arena, "nobody", "correct horse battery", NOW, &problem),
			 E_NOT_FOUND);
}

static void disabling_ends_sessions_and_tells_devices(void **state)
{
	struct oidc *oidc = *state;
	struct finding finding = {.id = "demo"};

	write_ok(oidc->core.store, things_insert, "demo");
	oidc->wakes = 0;
	assert_int_equal(user_set_disabled(&oidc->core, "demo", true, NOW), OK);
	assert_int_equal(oidc->wakes, 1);
	assert_false(living(oidc).session);
	assert_int_equal(find(oidc, &finding), OK);
	assert_true(finding.row.disabled);
	assert_int_equal(user_set_disabled(&oidc->core, "demo", false, NOW), OK);
	assert_int_equal(find(oidc, &finding), OK);
	assert_false(finding.row.disabled);
	assert_false(living(oidc).session); /* enabling brings nothing back */
	assert_int_equal(user_set_disabled(&oidc->core, "nobody", true, NOW), E_NOT_FOUND);
}

static void removing_leaves_nothing_but_the_record(void **state)
{
	struct oidc *oidc = *state;

	write_ok(oidc->core.store, things_insert, "demo");
	assert_int_equal(user_remove(&oidc->core, "demo", NOW), OK);
	assert_int_equal(find(oidc, &(struct finding){.id = "demo"}), E_NOT_FOUND);
	assert_false(living(oidc).session || living(oidc).browser);
	assert_int_equal(user_remove(&oidc->core, "demo", NOW), E_NOT_FOUND);
}

/* ---- factors ---- */

struct having {
	const char *device_state, *totp_state;
	bool recovery_used;
};

static enum status factors_insert(struct store_tx *tx, void *ctx)
{
	const struct having *having = ctx;
	struct device_row device = device_row_of("phone", "demo");
	struct totp_row totp = totp_row_of("seed", "demo");
	struct recovery_row recovery = recovery_row_of("code", "demo");

	device.state = having->device_state;
	totp.state = having->totp_state;
	TRY(store_device_insert(tx, &device));
	TRY(store_totp_insert(tx, &totp));
	TRY(store_recovery_insert(tx, &recovery));
	return having->recovery_used ? store_recovery_use(tx, "code", NOW) : OK;
}

static void factors_are(const struct oidc *oidc, const struct having *having, bool expected)
{
	struct having copy = *having;
	struct finding finding = {.id = "demo"};

	write_ok(oidc->core.store, factors_insert, &copy);
	assert_int_equal(find(oidc, &finding), OK);
	assert_int_equal(finding.factors.device, expected);
	assert_int_equal(finding.factors.totp, expected);
	assert_int_equal(finding.factors.recovery, expected);
	assert_false(finding.factors.password);
}

static void what_is_in_force_is_a_factor(void **state)
{
	factors_are(*state, &(struct having){"active", "active", false}, true);
}

static void what_is_not_in_force_is_no_factor(void **state)
{
	factors_are(*state, &(struct having){"revoked", "pending", true}, false);
}

static void what_waits_for_its_digits_is_no_factor(void **state)
{
	factors_are(*state, &(struct having){"confirm", "pending", true}, false);
}

#define FRESH(test_) cmocka_unit_test_setup_teardown(test_, oidc_setup, oidc_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_lower_case_ascii),
		FRESH(an_account_is_kept_as_given),
		FRESH(a_name_is_taken_once_in_any_case),
		FRESH(a_bad_account_is_refused_with_a_sentence),
		FRESH(a_new_password_ends_sessions_and_known_browsers),
		FRESH(disabling_ends_sessions_and_tells_devices),
		FRESH(removing_leaves_nothing_but_the_record),
		FRESH(what_is_in_force_is_a_factor),
		FRESH(what_is_not_in_force_is_no_factor),
		FRESH(what_waits_for_its_digits_is_no_factor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
