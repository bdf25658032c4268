#include "fixture.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server.h"
#include "store/migrate.h"

struct place {
	char folder[64], path[128], url[160];
};

static int place_setup(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	folder_make(place->folder);
	snprintf(place->path, sizeof(place->path), "%s/test.db", place->folder);
	snprintf(place->url, sizeof(place->url), "sqlite:%s", place->path);
	*state = place;
	return 0;
}

static int place_teardown(void **state)
{
	struct place *place = *state;

	folder_remove(place->folder);
	free(place);
	return 0;
}

static struct connection *connection_at(const char *path)
{
	const struct connection_settings settings = {.target = path, .create = true, .may_write = true};
	struct connection *connection = NULL;
	char problem[256] = "";

	if (connection_open(&driver_sqlite, &settings, &connection, problem) != OK)
		fail_msg("%s", problem);
	return connection;
}

static void script(const char *path, const char *text)
{
	struct connection *connection = connection_at(path);

	assert_int_equal(connection_script(connection, text), OK);
	connection_close(&connection);
}

/* The store does not open, with this status and these words. */
static void refused(const struct store_settings *settings, enum status wanted, const char *words)
{
	struct store *store = NULL;
	char problem[256] = "";
	const enum status status = store_open(settings, &store, problem);

	assert_string_equal(status_name(status), status_name(wanted));
	assert_null(store);
	if (!strstr(problem, words))
		fail_msg("\"%s\" does not say \"%s\"", problem, words);
	assert_int_equal(store_open(settings, &store, NULL), wanted);
}

static void opened(const struct store_settings *settings)
{
	struct store *store = NULL;
	char problem[256] = "";

	if (store_open(settings, &store, problem) != OK)
		fail_msg("%s", problem);
	store_close(&store);
}

static void a_database_is_made_once_and_opened_again(void **state)
{
	const struct place *place = *state;
	struct store_settings settings = {.url = place->url};
	struct stat found;

	refused(&settings, E_NOT_FOUND, "No such file");
	settings.create = true;
	refused(&settings, E_CONFLICT, "is empty");
	settings.migrate = true;
	opened(&settings);
	settings.create = settings.migrate = false;
	opened(&settings);
	assert_int_equal(stat(place->path, &found), 0);
	assert_int_equal(found.st_mode & 0777, 0600);
}

/* Red when applied_check does not compare checksums. */
static void a_migration_that_was_changed_after_it_was_applied_is_refused(void **state)
{
	const struct place *place = *state;
	const struct store_settings settings = {.url = place->url, .create = true, .migrate = true};

	opened(&settings);
	script(place->path, "UPDATE schema_migration SET checksum = replace(checksum, substr(checksum, 1, 1), 'x')");
	refused(&settings, E_CONFLICT, "was changed after it was applied");
}

/* Nodes of two versions run side by side while one after the other is replaced. */
static void a_newer_version_that_only_added_is_no_obstacle(void **state)
{
	const struct place *place = *state;
	const struct store_settings settings = {.url = place->url, .create = true, .migrate = true};

	opened(&settings);
	script(place->path, "INSERT INTO schema_migration VALUES (9999, '9999_later', 'abc', 0);"
			    "ALTER TABLE users ADD COLUMN nickname TEXT NOT NULL DEFAULT ''");
	opened(&settings);
	opened(&(struct store_settings){.url = place->url});
}

static void a_newer_version_that_took_away_is_refused(void **state)
{
	const struct place *place = *state;
	const struct store_settings settings = {.url = place->url, .create = true, .migrate = true};

	opened(&settings);
	script(place->path, "INSERT INTO schema_migration VALUES (9999, '9999_contract_users', 'abc', 0)");
	refused(&settings, E_CONFLICT, "9999_contract_users");
}

static void another_migration_of_the_same_number_is_refused(void **state)
{
	const struct place *place = *state;
	const struct store_settings settings = {.url = place->url, .create = true, .migrate = true};

	opened(&settings);
	script(place->path, "UPDATE schema_migration SET name = '0001_other'");
	refused(&settings, E_CONFLICT, "0001_other");
}

static void somebody_elses_database_is_refused_and_left_alone(void **state)
{
	const struct place *place = *state;
	const struct store_settings settings = {.url = place->url, .create = true, .migrate = true};

	script(place->path, "CREATE TABLE bookmarks (url TEXT)");
	refused(&settings, E_CONFLICT, "another program");
	script(place->path, "INSERT INTO bookmarks VALUES ('x'); CREATE TABLE users (id TEXT)");
}

static void what_is_no_database_is_refused(void **state)
{
	const struct place *place = *state;
	const struct store_settings settings = {.url = place->url, .create = true, .migrate = true};
	FILE *file = fopen(place->path, "w");

	for (int i = 0; i < 1000; i++)
		fputs("not a database\n", file);
	fclose(file);
	refused(&settings, E_STORE, "not a database");
	refused(&(struct store_settings){.url = "mysql://x"}, E_INVALID, "sqlite:PATH");
	refused(&(struct store_settings){.url = "sqlite:"}, E_INVALID, "sqlite:PATH");
	refused(&(struct store_settings){.url = "sqlite:no-such-folder/x", .create = true}, E_STORE, "no-such-folder");
}

static const struct migration good[] = {
	{1, "0001_one", "aaa", "CREATE TABLE one (id {serial}, data {bytes}) {table};"},
	{2, "0002_two", "bbb", "CREATE TABLE two (a TEXT NOT NULL PRIMARY KEY, n {int}) {keyed_table};"},
};
static const struct migration half[] = {
	{1, "0001_one", "aaa", "CREATE TABLE one (id {serial}, data {bytes}) {table};"},
	{2, "0002_two", "bbb", "CREATE TABLE two (a TEXT); INSERT INTO nowhere VALUES (1);"},
};
static const struct migration unknown_word[] = {{1, "0001_one", "aaa", "CREATE TABLE one (id {integer});"}};

static enum status migrate(struct connection *connection, const struct migration *migrations, size_t count)
{
	char problem[256];

	return store_migrate(connection, &(struct migrate_settings){migrations, count, true, false}, problem);
}

static void the_schema_goes_forward_step_by_step(void **state)
{
	const struct place *place = *state;
	struct connection *connection = connection_at(place->path);
	char problem[256] = "";

	assert_int_equal(migrate(connection, good, 1), OK);
	assert_int_equal(store_migrate(connection, &(struct migrate_settings){good, 2, false, false}, problem),
			 E_CONFLICT);
	assert_non_null(strstr(problem, "0002_two is missing"));
	assert_int_equal(migrate(connection, good, 2), OK);
	assert_int_equal(migrate(connection, good, 2), OK);
	assert_int_equal(migrate(connection, good, 1), OK); /* an older program goes on */
	assert_int_equal(connection_script(connection, "INSERT INTO two VALUES ('x', 1)"), OK);
	connection_close(&connection);
}

static const struct migration with_contract[] = {
	{1, "0001_one", "aaa", "CREATE TABLE one (id {serial}, data {bytes}) {table};"},
	{2, "0002_contract_one", "ccc", "DROP TABLE one;"},
};

/* Red when migrations_apply does not ask whether it may, or whether others are there. */
static void contract_test(const struct driver *driver, const char *target, bool has_others)
{
	const struct connection_settings first = {.target = target,
						  .name = "symbolon/first",
						  .create = true,
						  .may_write = true};
	const struct connection_settings second = {.target = target, .name = "symbolon/second", .may_write = true};
	struct connection *ours = NULL, *other = NULL;
	struct migrate_settings settings = {with_contract, 2, true, false};
	char problem[256] = "";

	assert_int_equal(connection_open(driver, &first, &ours, problem), OK);
	assert_int_equal(store_migrate(ours, &settings, problem), OK);
	assert_int_equal(connection_script(ours, "INSERT INTO one DEFAULT VALUES"), OK);
	settings.may_contract = true;
	if (has_others) {
		assert_int_equal(connection_open(driver, &second, &other, problem), OK);
		assert_int_equal(store_migrate(ours, &settings, problem), OK);
		assert_int_equal(connection_script(ours, "INSERT INTO one DEFAULT VALUES"), OK);
		connection_close(&other);
	}
	do /* the server takes a moment to see that the other is gone */
		assert_int_equal(store_migrate(ours, &settings, problem), OK);
	while (has_others && connection_script(ours, "INSERT INTO one DEFAULT VALUES") == OK);
	assert_int_not_equal(connection_script(ours, "INSERT INTO one DEFAULT VALUES"), OK);
	connection_close(&ours);
}

static void what_takes_away_waits_until_it_may(void **state)
{
	contract_test(&driver_sqlite, ((struct place *)*state)->path, false);
}

static void what_takes_away_waits_until_nobody_else_is_there(void **state)
{
	char url[256];

	server_schema_url(url);
	contract_test(&driver_postgres, url, true);
}

/* All of a migration or nothing of it. */
static void a_migration_that_fails_leaves_the_database_as_it_was(void **state)
{
	const struct place *place = *state;
	struct connection *connection = connection_at(place->path);

	assert_int_equal(migrate(connection, half, 1), OK);
	assert_int_equal(migrate(connection, half, 2), E_STORE);
	assert_int_equal(migrate(connection, unknown_word, 1), OK); /* the same name and checksum: nothing to do */
	assert_int_equal(migrate(connection, good, 2), OK);         /* so table two was not there */
	connection_close(&connection);
}

static void a_word_that_no_database_knows_is_refused(void **state)
{
	const struct place *place = *state;
	struct connection *connection = connection_at(place->path);

	assert_int_equal(migrate(connection, unknown_word, 1), E_INVALID);
	assert_int_equal(migrate(connection, good, 2), OK);
	connection_close(&connection);
}

/* SHA-256 as `sha256sum` says, so that a person can compare. */
static void the_checksum_is_that_of_the_files_bytes(void **state)
{
	for (size_t i = 0; i < store_migration_count; i++) {
		char line[65] = "";
		FILE *out = fopen("migration.tmp", "w"), *in;

		assert_non_null(out);
		fputs(store_migrations[i].text, out);
		fclose(out);
		in = popen("sha256sum migration.tmp", "r");
		assert_non_null(in);
		assert_non_null(fgets(line, sizeof(line), in));
		pclose(in);
		unlink("migration.tmp");
		assert_string_equal(line, store_migrations[i].checksum);
		assert_int_equal(store_migrations[i].version, (int)i + 1);
	}
}

/* A database of the first version: what was logged stays readable, and has no chain. */
static void an_audit_log_from_before_the_chains_stays(void **state)
{
	const struct place *place = *state;
	struct connection *connection = connection_at(place->path);
	struct store_tx tx = {.connection = connection};
	int64_t found = 0;

	assert_int_equal(migrate(connection, store_migrations, 1), OK);
	assert_int_equal(connection_script(connection, "INSERT INTO audits (at, event, username, receipt) VALUES "
						       "(1790000000, 'challenge.denied', 'demo', 'a.b.c')"),
			 OK);
	assert_int_equal(migrate(connection, store_migrations, store_migration_count), OK);
	assert_int_equal(sql_number(&tx,
				    SQL("SELECT COUNT(*) FROM audits WHERE username = 'demo' AND receipt = 'a.b.c' "
					"AND chain IS NULL AND seq = 0 AND erased_at = 0"),
				    &found),
			 OK);
	assert_int_equal(found, 1);
	connection_close(&connection);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_database_is_made_once_and_opened_again, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(a_migration_that_was_changed_after_it_was_applied_is_refused,
						place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(a_newer_version_that_only_added_is_no_obstacle, place_setup,
						place_teardown),
		cmocka_unit_test_setup_teardown(a_newer_version_that_took_away_is_refused, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(another_migration_of_the_same_number_is_refused, place_setup,
						place_teardown),
		cmocka_unit_test_setup_teardown(somebody_elses_database_is_refused_and_left_alone, place_setup,
						place_teardown),
		cmocka_unit_test_setup_teardown(what_is_no_database_is_refused, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(the_schema_goes_forward_step_by_step, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(a_migration_that_fails_leaves_the_database_as_it_was, place_setup,
						place_teardown),
		cmocka_unit_test_setup_teardown(a_word_that_no_database_knows_is_refused, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(what_takes_away_waits_until_it_may, place_setup, place_teardown),
		cmocka_unit_test(what_takes_away_waits_until_nobody_else_is_there),
		cmocka_unit_test_setup_teardown(an_audit_log_from_before_the_chains_stays, place_setup, place_teardown),
		cmocka_unit_test(the_checksum_is_that_of_the_files_bytes),
	};

	return cmocka_run_group_tests_name("store-migrate", tests, NULL, NULL);
}
