#include "backup_fixture.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/random.h"
#include "store/copy.h"
#include "store/migrate.h"

/*
 * Mutations that these tests turned red: a name dropped from copy_tables; `sql_text(NULL)` for an empty blob; strlen
 * for a blob's size.
 */
/* ---- every table, every kind of value ---- */

static const char *const hostile[] = {
	"",
	"\t\r\n\001",
	"'; DROP TABLE users; --",
	"\"quoted\" \\ ?1 $1 {int}",
	"</script>",
	"\xe2\x80\xae"
	"abc",
	"\xf0\x9f\x98\x80 four bytes",
	"NULL",
	"backup.",
};
enum { HOSTILE = ARRAY_COUNT(hostile) };

/* Fills every column of every table by what the schema says it is; `round` makes the rows differ. */
struct filling {
	int round;
	uint8_t all_bytes[256];
};

struct described {
	const char *name, *type;
	int64_t is_needed, key;
};
static const struct sql_field described_fields[] = {FIELD(struct described, name), FIELD(struct described, type),
						    FIELD(struct described, is_needed), FIELD(struct described, key)};
static const struct sql_table described_table = {
	"(SELECT name, type, \"notnull\" AS is_needed, pk AS key, cid, arg FROM pragma_table_info)", described_fields,
	4, sizeof(struct described), false};

/* A value for one column as a literal; parents and children get the same key, so that references hold. */
static void literal_add(struct text *sql, const struct described *column, const struct filling *filling, size_t at)
{
	const char *text = hostile[(at + (size_t)filling->round) % HOSTILE];
	const size_t length = strlen(column->name);
	const bool is_key = strcmp(column->name, "id") == 0 || strcmp(column->name, "user_id") == 0 ||
			    strcmp(column->name, "device_id") == 0 || strcmp(column->name, "grant_id") == 0;

	if (strcmp(column->type, "INTEGER") == 0) {
		text_add_format(sql, "%lld",
				column->key           ? (long long)filling->round + 1
				: filling->round == 0 ? INT64_MAX
						      : (long long)INT64_MIN + (long long)at);
	} else if (!column->is_needed && !is_key && filling->round % 2) {
		text_add(sql, "NULL");
	} else if (strcmp(column->type, "BLOB") == 0) {
		const bool is_unique =
			column->key || strstr(column->name, "code_hash") || strstr(column->name, "token_hash");

		text_add(sql, "x'");
		for (size_t i = 0; (is_unique || filling->round % 3) && i < 256; i++)
			text_add_format(sql, "%02x", filling->all_bytes[(i + (size_t)filling->round) % 256]);
		text_add(sql, "'");
	} else if (is_key || column->key || length == 0) {
		text_add_format(sql, "'key %d \xf0\x9f\x98\x80'", filling->round);
	} else {
		text_add(sql, "'");
		for (const char *c = text; *c; c++)
			text_add_format(sql, *c == '\'' ? "''" : "%c", *c);
		text_add_format(sql, " %d'", filling->round); /* unique where it must be */
	}
}

static enum status table_fill(struct store_tx *tx, const char *table, const struct filling *filling)
{
	struct sql_rows rows = {0};
	struct text sql;
	enum status status;

	TRY(sql_list(tx, &described_table, SQL("WHERE arg = ?1 ORDER BY cid", sql_text(table)), &rows));
	CHECK(rows.count > 0);
	text_init(&sql, 1 << 20);
	text_add_format(&sql, "INSERT INTO %s VALUES (", table);
	for (size_t i = 0; i < rows.count; i++) {
		text_add(&sql, i ? ", " : "");
		literal_add(&sql, (const struct described *)rows.rows + i, filling, i);
	}
	text_add(&sql, ")");
	status = connection_script(tx->connection, sql.data);
	if (status != OK)
		print_error("%s\n", sql.data);
	text_done(&sql);
	return status;
}

static enum status all_fill(struct store_tx *tx, void *ctx)
{
	struct filling filling = {0};

	for (int i = 0; i < 256; i++)
		filling.all_bytes[i] = (uint8_t)i;
	for (filling.round = 0; filling.round < 12; filling.round++)
		for (size_t i = 0; i < copy_table_count; i++)
			TRY(table_fill(tx, copy_tables[i], &filling));
	return OK;
}

struct content {
	uint64_t mixed;
	size_t size;
};

static void content_add(void *ctx, const void *data, size_t size)
{
	struct content *content = ctx;

	content->mixed = bytes_mix(content->mixed, data, size);
	content->size += size;
}

struct digest {
	struct content content;
};

static enum status digest_read(struct store_tx *tx, void *ctx)
{
	return copy_digest(tx->connection, &(const struct copy_sink){content_add, ctx});
}

static enum status migrations_equal(struct store_tx *tx, void *ctx)
{
	return connection_script(tx->connection, "UPDATE schema_migration SET applied_at = 0");
}

/* By SQLite itself, not by what is tested: no row of either is missing in the other, kinds and NULLs included. */
static enum status rows_compare(struct store_tx *tx, void *ctx)
{
	const struct fixture *fixture = ctx;
	static char compared[64][400]; /* a statement is kept under its text's address */
	char attach[200];
	int64_t differing = -1;

	snprintf(attach, sizeof(attach), "COMMIT; ATTACH '%s/test.db' AS origin; BEGIN", fixture->folder);
	CHECK(connection_script(tx->connection, attach) == OK);
	for (size_t i = 0; i < copy_table_count; i++) {
		const char *name = copy_tables[i];
		char *compare = compared[i];

		snprintf(compare, sizeof(compared[i]),
			 "SELECT (SELECT COUNT(*) FROM (SELECT * FROM origin.%s EXCEPT SELECT * FROM main.%s)) + "
			 "(SELECT COUNT(*) FROM (SELECT * FROM main.%s EXCEPT SELECT * FROM origin.%s)) + "
			 "ABS((SELECT COUNT(*) FROM main.%s) - (SELECT COUNT(*) FROM origin.%s))",
			 name, name, name, name, name, name);
		CHECK(sql_number(tx, &(const struct sql_query){.text = compare}, &differing) == OK);
		if (differing)
			print_error("%s: %lld rows differ\n", name, (long long)differing);
		CHECK(differing == 0);
	}
	return OK;
}

/* A copy with nothing but copying: what restore voids would hide a difference. */
static void copy_is_identical(void **state)
{
	struct fixture *fixture = *state;
	struct store *other;
	char url[160];
	struct digest before = {0}, after = {0};
	struct connection *from = NULL, *to = NULL;
	char problem[256] = "", path[160];
	uint64_t rows = 0;

	write_ok(fixture->store, all_fill, NULL);
	write_ok(fixture->store, migrations_equal, NULL);
	read_ok(fixture->store, digest_read, &before);
	store_close(&fixture->store);
	snprintf(url, sizeof(url), "sqlite:%s/other.db", fixture->folder);
	other = store_at(url);
	write_ok(other, migrations_equal, NULL);
	store_close(&other);
	snprintf(path, sizeof(path), "%s/test.db", fixture->folder);
	assert_int_equal(connection_open(&driver_sqlite, &(struct connection_settings){.target = path}, &from, problem),
			 OK);
	assert_int_equal(connection_open(&driver_sqlite,
					 &(struct connection_settings){.target = url + 7, .may_write = true}, &to,
					 problem),
			 OK);
	assert_int_equal(connection_script(from, "BEGIN"), OK);
	assert_int_equal(connection_script(to, "BEGIN"), OK);
	assert_int_equal(copy_all(&(const struct copy){from, to, to}, &rows), OK);
	assert_int_equal(connection_script(to, "COMMIT"), OK);
	connection_close(&from);
	connection_close(&to);
	other = store_at(url);
	read_ok(other, digest_read, &after);
	read_ok(other, rows_compare, fixture);
	store_close(&other);
	fixture->store = store_at(fixture->url);
	/* people_insert's three, and twelve of each table */
	assert_int_equal(rows, 3 + 12 * copy_table_count);
	assert_int_equal(before.content.size, after.content.size);
	assert_true(before.content.mixed == after.content.mixed);
}

static enum status tables_compare(struct store_tx *tx, void *ctx)
{
	struct sql_words words = {0};

	TRY(sql_words(tx, SQL("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"),
		      &words));
	for (size_t i = 0; i < words.count; i++) {
		bool is_known = strcmp(words.words[i], "schema_migration") == 0;

		for (size_t j = 0; j < copy_table_count; j++)
			is_known |= strcmp(words.words[i], copy_tables[j]) == 0;
		if (!is_known)
			print_error("table %s is not in copy_tables (src/store/copy.c)\n", words.words[i]);
		CHECK(is_known);
	}
	CHECK(words.count == copy_table_count + 1);
	return OK;
}

static void every_table_of_the_schema_is_copied(void **state)
{
	struct fixture *fixture = *state;

	read_ok(fixture->store, tables_compare, NULL);
}

static enum status table_add(struct store_tx *tx, void *ctx)
{
	return connection_script(tx->connection, "CREATE TABLE strangers (id TEXT NOT NULL PRIMARY KEY)");
}

static void unknown_table_is_no_silent_loss(void **state)
{
	struct fixture *fixture = *state;
	char path[160];

	snprintf(path, sizeof(path), "%s/backup", fixture->folder);
	write_ok(fixture->store, table_add, NULL);
	assert_int_equal(backup_try(fixture->store, path, false), E_STORE);
	assert_int_equal(access(path, F_OK), -1);
}

/* ---- the file ---- */

static void file_is_private_and_is_not_replaced(void **state)
{
	struct fixture *fixture = *state;
	struct backup_file *file = NULL;
	struct stat there;
	char path[160], partial[180];

	snprintf(path, sizeof(path), "%s/backup", fixture->folder);
	snprintf(partial, sizeof(partial), "%s.partial", path);
	write_ok(fixture->store, key_add, NULL);
	assert_int_equal(backup_try(fixture->store, path, false), OK);
	assert_int_equal(backup_try(fixture->store, path, false), E_CONFLICT);
	assert_int_equal(backup_try(fixture->store, path, true), OK);
	assert_int_equal(stat(path, &there), 0);
	assert_int_equal(there.st_mode & 0777, 0600);
	assert_int_equal(access(partial, F_OK), -1);
	assert_int_equal(file_open(path, &file), OK);
	assert_int_equal(backup_file_facts(file)->made_at, MADE);
	assert_string_equal(backup_file_facts(file)->issuer, "https://id.example.org");
	assert_string_equal(backup_file_facts(file)->sha256, backup_file_facts(file)->computed_sha256);
	assert_string_equal(backup_file_facts(file)->mac_key.kid, "mac");
	backup_file_close(&file);
}

/* Either it is not opened at all, or what was computed differs from what it says. */
static void altered_file_is_found_out(void **state)
{
	static const char *const scripts[] = {
		"UPDATE users SET password = 'x' WHERE id = 'demo'",
		"DELETE FROM users WHERE id = 'other'",
		"UPDATE meta SET value = '1' WHERE name = 'backup.made_at'",
		"INSERT INTO meta (name, value) VALUES ('epoch', '9')",
		"INSERT INTO user_groups (user_id, name) VALUES ('demo', 'admins')",
		"DROP TABLE audits",
		"ALTER TABLE users RENAME TO people; CREATE VIEW users AS SELECT * FROM people",
		"UPDATE users SET email = display_name, display_name = email WHERE id = 'demo'",
		"CREATE TABLE more (id TEXT)",
		"UPDATE schema_migration SET checksum = 'x'",
	};
	struct fixture *fixture = *state;
	char path[160];

	write_ok(fixture->store, key_add, NULL);
	snprintf(path, sizeof(path), "%s/backup", fixture->folder);
	for (size_t i = 0; i < ARRAY_COUNT(scripts); i++) {
		assert_int_equal(backup_try(fixture->store, path, true), OK);
		assert_false(is_found_out(path));
		file_alter(path, scripts[i]);
		if (!is_found_out(path))
			fail_msg("not found out: %s", scripts[i]);
	}
}

static void truncated_file_is_found_out(void **state)
{
	struct fixture *fixture = *state;
	struct stat whole;
	char path[160];

	write_ok(fixture->store, key_add, NULL);
	snprintf(path, sizeof(path), "%s/backup", fixture->folder);
	assert_int_equal(backup_try(fixture->store, path, true), OK);
	assert_int_equal(stat(path, &whole), 0);
	for (off_t size = 0; size < whole.st_size; size += 4096 * 7) {
		assert_int_equal(backup_try(fixture->store, path, true), OK);
		assert_int_equal(truncate(path, size), 0);
		assert_true(is_found_out(path));
	}
}

/* ---- an older backup ---- */

static void newer_file_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct backup_file *file = NULL;
	char path[160];

	write_ok(fixture->store, key_add, NULL);
	snprintf(path, sizeof(path), "%s/backup", fixture->folder);
	assert_int_equal(backup_try(fixture->store, path, false), OK);
	file_alter(path, "INSERT INTO schema_migration VALUES (9999, '9999_later', 'x', 0)");
	assert_int_equal(file_open(path, &file), E_CONFLICT);
	assert_null(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(copy_is_identical),
		TEST(every_table_of_the_schema_is_copied),
		TEST(unknown_table_is_no_silent_loss),
		TEST(file_is_private_and_is_not_replaced),
		TEST(altered_file_is_found_out),
		TEST(truncated_file_is_found_out),
		TEST(newer_file_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
