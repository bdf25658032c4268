#include "contract.h"

#include <sqlite3.h>
#include <stdlib.h>

/*
 * The same suite on SQLite in memory, on disk, and on PostgreSQL. On SQLite each test runs its transaction, then looks
 * at the plan of every statement that any connection has prepared: none may read a whole table.
 */
enum { CONNECTIONS_MAX = 16 };

static sqlite3 *connections[CONNECTIONS_MAX];
static size_t connection_count;

static int connection_note(sqlite3 *db, char **error, const struct sqlite3_api_routines *api)
{
	if (connection_count < CONNECTIONS_MAX)
		connections[connection_count++] = db;
	return SQLITE_OK;
}

/* Whole tables on purpose: lists for people and commands, and the tests' own counting. */
static const char *const whole_tables[] = {
	"FROM users ORDER BY name",
	"FROM clients ORDER BY id",
	"FROM keys ORDER BY created_at",
	"FROM keys WHERE state <> 'retired'",
	"FROM audits ORDER BY id DESC",
	"SELECT COUNT(*) FROM outbox",
	"SELECT COUNT(*) FROM tokens",
	"SELECT (SELECT COUNT(*)",
	"COUNT(*) / 2",
	"schema_migration",
	"sqlite_master",
	"?1 = ?1",
};

static bool may_read_all(const char *text)
{
	for (size_t i = 0; i < ARRAY_COUNT(whole_tables); i++) {
		if (strstr(text, whole_tables[i]))
			return true;
	}
	return false;
}

static void plan_check(sqlite3 *db, const char *text)
{
	char *explain = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", text);
	sqlite3_stmt *plan = NULL;

	assert_int_equal(sqlite3_prepare_v2(db, explain, -1, &plan, NULL), SQLITE_OK);
	while (sqlite3_step(plan) == SQLITE_ROW) {
		const char *detail = (const char *)sqlite3_column_text(plan, 3);

		if (strncmp(detail, "SCAN", 4) == 0 && strcmp(detail, "SCAN CONSTANT ROW") != 0)
			fail_msg("%s\nreads a whole table: %s", text, detail);
	}
	sqlite3_finalize(plan);
	sqlite3_free(explain);
}

static void plans_check(void)
{
	size_t checked = 0;

	for (size_t i = 0; i < connection_count; i++) {
		for (sqlite3_stmt *at = sqlite3_next_stmt(connections[i], NULL); at;
		     at = sqlite3_next_stmt(connections[i], at)) {
			const char *text = sqlite3_sql(at);

			if (text && !may_read_all(text)) {
				plan_check(connections[i], text);
				checked++;
			}
		}
	}
	assert_true(checked > 5);
}

static int memory_begin(void **state)
{
	connection_count = 0;
	return memory_setup(state);
}

static int disk_begin(void **state)
{
	connection_count = 0;
	return disk_setup(state);
}

static const struct contract *all[96];
static size_t all_count, next; /* the tests run in order: a test knows its contract by counting */

static void contract_run(void **state)
{
	struct fixture *fixture = *state;
	const struct contract *contract = all[next++ % all_count];
	char problem[256] = "";

	write_ok(fixture->store, contract->fn, NULL);
	if (store_check(fixture->store, problem) != OK)
		fail_msg("%s", problem);
	if (strncmp(fixture->url, "sqlite", 6) == 0)
		plans_check();
}

static void all_add(const struct contract *contracts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		all[all_count++] = &contracts[i];
}

static struct CMUnitTest *tests_make(const char *where, int (*setup)(void **))
{
	struct CMUnitTest *tests = calloc(all_count, sizeof(*tests));
	char *names = calloc(all_count, 128);

	for (size_t i = 0; i < all_count; i++) {
		snprintf(names + i * 128, 128, "%s_%s", where, all[i]->name);
		tests[i] = (struct CMUnitTest){.name = names + i * 128,
					       .test_func = contract_run,
					       .setup_func = setup,
					       .teardown_func = fixture_teardown};
	}
	return tests;
}

static void tests_free(struct CMUnitTest *tests)
{
	free((void *)(uintptr_t)tests[0].name);
	free(tests);
}

int main(void)
{
	struct CMUnitTest *in_memory, *on_disk, *on_postgres;
	int failed;

	sqlite3_auto_extension((void (*)(void))connection_note);
	all_add(contract_rows, contract_rows_count);
	all_add(contract_user, contract_user_count);
	all_add(contract_login, contract_login_count);
	all_add(contract_device, contract_device_count);
	all_add(contract_session, contract_session_count);
	all_add(contract_record, contract_record_count);
	all_add(contract_audit, contract_audit_count);
	all_add(contract_account, contract_account_count);
	in_memory = tests_make("in_memory", memory_begin);
	on_disk = tests_make("on_disk", disk_begin);
	on_postgres = tests_make("on_postgres", postgres_setup);
	failed = _cmocka_run_group_tests("in_memory", in_memory, all_count, NULL, NULL);
	failed += _cmocka_run_group_tests("on_disk", on_disk, all_count, NULL, NULL);
	failed += _cmocka_run_group_tests("on_postgres", on_postgres, all_count, NULL, NULL);
	tests_free(on_postgres);
	tests_free(in_memory);
	tests_free(on_disk);
	return failed;
}
