#include "core_fixture.h"

#include <pthread.h>
#include <stdio.h>

#include "core/audit.h"
#include "core/audit_verify.h"
#include "store/sql.h"

/* The chains of the audit log: that they hold, and that no hand in the database goes unseen. */

#define CHAIN "local/command"

enum { LAST = 30 }; /* rows of the chain after fill() */

/* ---- writing and looking ---- */

struct script {
	const char *text;
};

static enum status script_run(struct store_tx *tx, void *ctx)
{
	const struct script *script = ctx;

	return connection_script(tx->connection, script->text);
}

static void script(struct core_test *test, const char *text)
{
	write_now(test, script_run, &(struct script){text});
}

static const char *const hostile[] = {
	"", "\"\t\r\n\001", "'; DROP TABLE audits; --", "</script>", "\xe2\x80\xaereversed", "\xf0\x9f\x94\x91",
};

struct writing {
	struct audit_row row;
	enum status then;
};

static enum status row_write(struct store_tx *tx, void *ctx)
{
	const struct writing *writing = ctx;

	TRY(audit_write(tx, &writing->row));
	return writing->then;
}

/* As hostile as it comes, with a member missing here and there. */
static struct audit_row row_of(int64_t number, int64_t at)
{
	const char *text = hostile[(size_t)number % ARRAY_COUNT(hostile)];

	return (struct audit_row){.at = at,
				  .event = "test.event",
				  .user_id = "demo-id",
				  .username = text,
				  .client_id = number % 2 ? text : NULL,
				  .device_id = text,
				  .login_id = number % 3 ? text : NULL,
				  .ip = "192.0.2.1",
				  .detail = number % 2 ? NULL : "{}",
				  .receipt = text,
				  .shown = text,
				  .device_jwk = "{}"};
}

static void row_add(struct core_test *test, int64_t number, int64_t at)
{
	struct writing writing = {.row = row_of(number, at)};

	write_now(test, row_write, &writing);
}

static enum status last_look(struct store_tx *tx, void *ctx)
{
	return store_audit_last(tx, CHAIN, INT64_MAX, ctx);
}

static int64_t last_seq(struct core_test *test)
{
	struct audit_place place;

	read_now(test, last_look, &place);
	return place.seq;
}

static void fill(struct core_test *test)
{
	for (int64_t seq = last_seq(test) + 1; seq <= LAST; seq++)
		row_add(test, seq, CORE_NOW + seq);
	IS(audit_heads_move(&test->core, CORE_NOW + 100), OK);
}

/* ---- verifying ---- */

struct seen {
	struct audit_report report;
	char what[512]; /* of the first finding */
	char chain[64];
	int64_t seq, at;
	size_t chains;
};

static void finding_note(const struct audit_finding *finding, void *ctx)
{
	struct seen *seen = ctx;

	if (seen->what[0])
		return;
	snprintf(seen->what, sizeof(seen->what), "%s", finding->what);
	snprintf(seen->chain, sizeof(seen->chain), "%s", finding->chain);
	seen->seq = finding->seq;
	seen->at = finding->at;
}

static void chain_note(const struct audit_chain_report *report, void *ctx)
{
	struct seen *seen = ctx;

	seen->chains++;
}

static struct seen verify(struct core_test *test, const struct audit_heads *outside)
{
	struct seen seen = {0};
	const struct audit_listener listener = {finding_note, chain_note, &seen};

	IS(audit_verify(&test->core, outside, &listener, &seen.report), OK);
	return seen;
}

static void is_whole(struct core_test *test, const struct audit_heads *outside)
{
	const struct seen seen = verify(test, outside);

	if (seen.report.findings)
		fail_msg("%s, row %lld: %s", seen.chain, (long long)seen.seq, seen.what);
}

static void what_is_written_is_whole(void **state)
{
	struct core_test *test = *state;
	struct seen seen;

	fill(test);
	seen = verify(test, NULL);
	assert_int_equal(seen.report.findings, 0);
	assert_int_equal(seen.report.rows, LAST);
	assert_int_equal(seen.report.young, 0);
	assert_int_equal(seen.chains, 1);
	row_add(test, 1, CORE_NOW);
	row_add(test, 2, CORE_NOW);
	seen = verify(test, NULL);
	assert_int_equal(seen.report.findings, 0);
	assert_int_equal(seen.report.young, 2);
}

/* More than a page. */
static void a_long_chain_is_walked_to_its_end(void **state)
{
	struct core_test *test = *state;

	for (int i = 0; i < 450; i++)
		row_add(test, i, CORE_NOW);
	IS(audit_heads_move(&test->core, CORE_NOW), OK);
	assert_int_equal(verify(test, NULL).report.rows, last_seq(test));
	is_whole(test, NULL);
	script(test, "UPDATE audits SET ip = '192.0.2.2' WHERE seq = 401");
	assert_int_equal(verify(test, NULL).seq, 401);
}

/* Mutation: the newest place kept in memory and not read from the table. */
static void what_is_rolled_back_leaves_no_gap(void **state)
{
	struct core_test *test = *state;
	struct writing writing = {.row = row_of(1, CORE_NOW), .then = E_REFUSED};

	fill(test);
	IS(store_write(test->core.store, row_write, &writing), E_REFUSED);
	row_add(test, 1, CORE_NOW);
	assert_int_equal(last_seq(test), LAST + 1);
	is_whole(test, NULL);
}

/* ---- hands in the database ---- */

struct hand {
	const char *sql;
	int64_t seq;
	const char *what;
};

#define CONTENT      "its content was changed"
#define SET(column_) "UPDATE audits SET " column_ " WHERE seq = 25"

/* Mutation, each: the member left out of audit_commitment or audit_hash, the check left out of audit_row_fault or of
 * the walk. */
static const struct hand hands[] = {
	{SET("user_id = 'other'"), 25, CONTENT},
	{SET("user_id = NULL"), 25, CONTENT},
	{SET("username = username || 'x'"), 25, CONTENT},
	{SET("client_id = 'x'"), 25, CONTENT},
	{SET("device_id = 'x'"), 25, CONTENT},
	{SET("login_id = 'x'"), 25, CONTENT},
	{SET("ip = '192.0.2.2'"), 25, CONTENT},
	{SET("detail = ''"), 25, CONTENT}, /* was absent */
	{SET("receipt = 'x'"), 25, CONTENT},
	{SET("shown = 'x'"), 25, CONTENT},
	{SET("device_jwk = '{} '"), 25, CONTENT},
	{SET("device_jwk = NULL, shown = '{}'"), 25, CONTENT},
	{SET("salt = zeroblob(16)"), 25, CONTENT},
	{SET("salt = NULL"), 25, "lacks"},
	{SET("commitment = zeroblob(32)"), 25, CONTENT},
	{SET("at = at + 1"), 25, "its time"},
	{SET("event = 'test.other'"), 25, "its time"},
	{SET("prev = zeroblob(32)"), 25, "its time"},
	{SET("hash = zeroblob(32)"), 25, "its time"},
	{SET("hash = zeroblob(31)"), 25, "lacks"},
	{SET("username = 'demo' || char(0) || 'x'"), 24, "cannot be read"},
	{"DELETE FROM audits WHERE seq = 25", 26, "removed"},
	{"DELETE FROM audits WHERE seq = 1", 2, "removed"},
	{"DELETE FROM audits WHERE seq > 28", 28, "cut off"},
	{"DELETE FROM audits", 0, "cut off"},
	{"UPDATE audits SET seq = 99 WHERE seq = 25; UPDATE audits SET seq = 25 WHERE seq = 26; "
	 "UPDATE audits SET seq = 26 WHERE seq = 99",
	 25, "its time"},
	{"UPDATE audits SET id = 9999 WHERE seq = 25; UPDATE audits SET id = id - 1 WHERE seq = 26; "
	 "UPDATE audits SET id = (SELECT id + 1 FROM audits WHERE seq = 26) WHERE seq = 25",
	 26, "out of order"},
	{"UPDATE audits SET chain = 'local/other' WHERE seq = 25", 26, "removed"},
	{"INSERT INTO audits (at, event, chain, seq, salt, prev, commitment, hash) SELECT at, event, chain, 0, salt, "
	 "prev, "
	 "commitment, hash FROM audits WHERE seq = 25",
	 LAST, "inserted"},
	{"INSERT INTO audits (at, event, chain, seq, salt, prev, commitment, hash) SELECT at, event, chain, 31, salt, "
	 "prev, "
	 "commitment, hash FROM audits WHERE seq = 25",
	 31, "its content"},
	{"DROP INDEX audits_chain; INSERT INTO audits (at, event, chain, seq, salt, prev, commitment, hash) SELECT at, "
	 "event, "
	 "chain, seq, salt, prev, commitment, hash FROM audits WHERE seq = 25",
	 25, "inserted"},
	{"INSERT INTO audits (at, event) VALUES (1790000000, 'login.finished')", 0, "without a chain"},
	{"UPDATE audit_chains SET head_seq = 29, head_hash = (SELECT hash FROM audits WHERE seq = 29)", 0, "MAC"},
	{"UPDATE audit_chains SET head_at = head_at + 1", 0, "MAC"},
	{"UPDATE audit_chains SET head_kid = 'other'", 0, "MAC"},
	{"UPDATE audit_chains SET head_mac = zeroblob(32)", 0, "MAC"},
	{"UPDATE audit_chains SET head_mac = zeroblob(3)", 0, "own record that was changed"},
	{"UPDATE audit_chains SET head_kid = ''", 0, "no MAC stands for"},
	{"DELETE FROM audit_chains", 0, "lost its own record"},
	/* A chain taken away, begun anew, or the list of chains with it. */
	{"DELETE FROM audits; DELETE FROM audit_chains", 0, "taken away"},
	{"UPDATE audit_chains SET head_kid = '', head_seq = 0, head_hash = zeroblob(32)", 0, "begun anew"},
	{"UPDATE meta SET value = value || 'local/other' || char(10) WHERE name = 'audit.chains'", 0, "list of chains"},
	{"DELETE FROM meta WHERE name = 'audit.chains'", 0, "list of chains"},
	{"UPDATE meta SET value = 'x' WHERE name = 'audit.chains'", 0, "list of chains"},
	/* Names that are none, and numbers that nobody counts to. */
	{"INSERT INTO audits (at, event, chain, seq) VALUES (1, 'x', '', 1)", 0, "names are none"},
	{"INSERT INTO audits (at, event, chain, seq) VALUES (1, 'x', 'a' || char(0) || 'b', 1)", 0, "names are none"},
	{"INSERT INTO audits (at, event, chain, seq, hash) SELECT at, event, chain, 9223372036854775807, hash FROM "
	 "audits "
	 "WHERE seq = 25",
	 INT64_MAX, "removed"},
	{"INSERT INTO audits (at, event, chain, seq) SELECT at, event, chain, -9223372036854775807 FROM audits "
	 "WHERE seq = 25; UPDATE audit_chains SET base_seq = -9223372036854775807 - 1",
	 0, "MAC"},
	/* Retention by hand: the beginning removed, or the end removed and called the beginning. */
	{"DELETE FROM audits WHERE seq <= 25; UPDATE audit_chains SET base_seq = 25", 0, "MAC"},
	{"UPDATE audit_chains SET base_seq = 28, base_hash = (SELECT hash FROM audits WHERE seq = 28); "
	 "DELETE FROM audits",
	 0, "MAC"},
	{"UPDATE audits SET user_id = NULL, username = NULL, client_id = NULL, device_id = NULL, login_id = NULL, ip = "
	 "NULL, "
	 "detail = NULL, receipt = NULL, shown = NULL, device_jwk = NULL, salt = NULL, erased_at = 1790000000, "
	 "erased_mac = zeroblob(32) WHERE seq = 25",
	 25, "emptied by hand"},
};

/* The log as it is, and back to that. */
static void log_keep(struct core_test *test)
{
	script(test, "CREATE TABLE kept AS SELECT * FROM audits; CREATE TABLE kept_meta AS SELECT * FROM meta; "
		     "CREATE TABLE kept_chains AS SELECT * FROM audit_chains");
}

static void log_back(struct core_test *test)
{
	script(test, "DELETE FROM audits; DELETE FROM audit_chains; INSERT INTO audits SELECT * FROM kept; "
		     "INSERT INTO audit_chains SELECT * FROM kept_chains; "
		     "DELETE FROM meta; INSERT INTO meta SELECT * FROM kept_meta; "
		     "CREATE UNIQUE INDEX IF NOT EXISTS audits_chain ON audits (chain, seq)");
}

static void every_hand_in_the_database_is_seen(void **state)
{
	struct core_test *test = *state;

	fill(test);
	log_keep(test);
	for (size_t i = 0; i < ARRAY_COUNT(hands); i++) {
		struct seen seen;

		is_whole(test, NULL);
		script(test, hands[i].sql);
		seen = verify(test, NULL);
		if (!seen.report.findings || seen.seq != hands[i].seq || !strstr(seen.what, hands[i].what))
			fail_msg("%s: row %lld: %s", hands[i].sql, (long long)seen.seq, seen.what);
		log_back(test);
	}
}

/* Who rewrites everything after a change, with hashes that fit, still lacks the MAC. */
struct forging {
	int64_t from;
};

static enum status chain_forge(struct store_tx *tx, void *ctx)
{
	struct forging *forging = ctx;
	struct audit_row *rows;
	struct audit_place place;
	size_t count;

	TRY(store_audit_last(tx, CHAIN, forging->from - 1, &place));
	TRY(store_audit_page(tx, CHAIN, forging->from - 1, 100, &rows, &count));
	for (size_t i = 0; i < count; i++) {
		uint8_t commitment[32], prev[32];
		struct audit_row *row = &rows[i];

		row->username = row->seq == forging->from ? "somebody-else" : row->username;
		TRY(audit_commitment(row, commitment));
		row->commitment = commitment;
		memcpy(prev, place.hash, sizeof(prev));
		row->prev = prev;
		TRY(audit_hash(row, place.hash));
		TRY(sql_run(tx,
			    SQL("UPDATE audits SET username = ?2, commitment = ?3, prev = ?4, hash = ?5 WHERE id = ?1",
				sql_int(row->id), sql_text(row->username), sql_hash(commitment), sql_hash(row->prev),
				sql_hash(place.hash)),
			    NULL));
		place.seq = row->seq;
	}
	return OK;
}

/* Mutation: heads_pass without its first half. */
static void a_chain_rewritten_with_hashes_that_fit_lacks_its_mac(void **state)
{
	struct core_test *test = *state;
	struct seen seen;

	fill(test);
	row_add(test, 1, CORE_NOW);
	write_now(test, chain_forge, &(struct forging){20});
	seen = verify(test, NULL);
	assert_int_equal(seen.report.findings, 1);
	assert_int_equal(seen.seq, LAST);
	assert_non_null(strstr(seen.what, "MAC"));
}

/* ---- heads ---- */

static struct audit_heads heads_keep(struct core_test *test)
{
	struct audit_heads heads = {0};
	const char *problem = NULL;
	char *text = NULL;

	IS(audit_heads_format(&test->core, test->arena, CORE_NOW, &text), OK);
	IS(audit_heads_parse(test->arena, text, strlen(text), &heads, &problem), OK);
	assert_int_equal(heads.count, 1);
	return heads;
}

/* Mutation: end_check without its second half. */
static void a_head_kept_outside_finds_an_older_state_that_was_put_back(void **state)
{
	struct core_test *test = *state;
	struct audit_heads first, second;
	struct seen seen;

	fill(test);
	first = heads_keep(test);
	script(test, "CREATE TABLE aside AS SELECT * FROM audit_chains");
	for (int i = 0; i < 5; i++)
		row_add(test, i, CORE_NOW);
	IS(audit_heads_move(&test->core, CORE_NOW + 200), OK);
	second = heads_keep(test);
	is_whole(test, &first);
	is_whole(test, &second);
	IS(audit_heads_check(&test->core), OK);
	script(test, "DELETE FROM audits WHERE seq > 30; DELETE FROM audit_chains; "
		     "INSERT INTO audit_chains SELECT * FROM aside");
	is_whole(test, NULL);
	is_whole(test, &first);
	seen = verify(test, &second);
	assert_int_equal(seen.seq, LAST);
	assert_non_null(strstr(seen.what, "cut off, or an older state was put back"));
	row_add(test, 99, CORE_NOW); /* grown past it again, by other rows */
	for (int i = 0; i < 9; i++)
		row_add(test, i, CORE_NOW);
	IS(audit_heads_move(&test->core, CORE_NOW + 300), OK);
	is_whole(test, NULL);
	seen = verify(test, &second);
	assert_int_equal(seen.seq, LAST + 5);
	assert_non_null(strstr(seen.what, "kept outside"));
}

static void a_head_file_that_was_changed_proves_nothing(void **state)
{
	struct core_test *test = *state;
	struct audit_heads heads;

	fill(test);
	heads = heads_keep(test);
	heads.heads[0].head_at++;
	assert_non_null(strstr(verify(test, &heads).what, "MAC does not fit"));
	heads = heads_keep(test);
	script(test, "DELETE FROM audits; DELETE FROM audit_chains");
	assert_non_null(strstr(verify(test, &heads).what, "taken away"));
}

/* Mutation: audit_chain_trust that always says OK. */
static void a_mac_never_moves_over_what_was_cut_or_changed(void **state)
{
	static const char *const sqls[] = {
		"DELETE FROM audits WHERE seq >= 30",
		"UPDATE audits SET hash = zeroblob(32) WHERE seq = 30",
		"UPDATE audit_chains SET head_seq = 29, head_hash = (SELECT hash FROM audits WHERE seq = 29)",
		"UPDATE audit_chains SET head_kid = ''",
		"DELETE FROM audit_chains",
		"DELETE FROM audits; DELETE FROM audit_chains", /* and what follows begins a chain of that name anew */
		"UPDATE audits SET ip = '192.0.2.2' WHERE seq = 30; UPDATE audit_chains SET head_seq = 29",
	};

	struct core_test *test = *state;

	fill(test);
	log_keep(test);
	for (size_t i = 0; i < ARRAY_COUNT(sqls); i++) {
		script(test, sqls[i]);
		row_add(test, 1, CORE_NOW);
		row_add(test, 2, CORE_NOW);
		IS(audit_heads_move(&test->core, CORE_NOW + 200), E_REFUSED);
		IS(audit_heads_check(&test->core), E_REFUSED);
		assert_true(verify(test, NULL).report.findings > 0);
		log_back(test);
	}
}

/* Rows younger than the MAC are looked at before it moves over them. Mutation: head_move without rows_pass. */
static void a_mac_moves_up_to_a_row_that_was_changed_and_no_further(void **state)
{
	struct core_test *test = *state;
	struct seen seen;

	fill(test);
	for (int i = 0; i < 4; i++)
		row_add(test, i, CORE_NOW);
	script(test, "UPDATE audits SET ip = '192.0.2.2' WHERE seq = 33");
	IS(audit_heads_move(&test->core, CORE_NOW + 200), E_REFUSED);
	seen = verify(test, NULL);
	assert_int_equal(seen.seq, 33);
	assert_int_equal(seen.report.young, 2);
	IS(audit_heads_move(&test->core, CORE_NOW + 201), E_REFUSED);
	assert_int_equal(verify(test, NULL).report.young, 2);
}

/* Mutation: no look at the place before it is counted on. */
static void a_place_that_nobody_counts_to_ends_a_chain(void **state)
{
	struct core_test *test = *state;
	struct writing writing = {.row = row_of(1, CORE_NOW)};

	fill(test);
	script(test, "INSERT INTO audits (at, event, chain, seq, hash) SELECT at, event, chain, 9223372036854775807, "
		     "hash FROM audits WHERE seq = 25");
	IS(store_write(test->core.store, row_write, &writing), E_STORE);
}

/* ---- retention ---- */

/* Mutation: base_move without its comparison with `before`, or with head_seq. */
static void retention_removes_the_beginning_and_the_log_stays_whole(void **state)
{
	struct core_test *test = *state;
	struct audit_heads before;
	struct seen seen;
	size_t removed = 0;

	fill(test);
	before = heads_keep(test);
	test->settings.audit_keep_s = 1000;
	IS(audit_retain(&test->core, CORE_NOW + 999, &removed), OK);
	assert_int_equal(removed, 0);
	IS(audit_retain(&test->core, CORE_NOW + 1000 + 21, &removed), OK);
	assert_int_equal(removed, 20);
	seen = verify(test, &before);
	assert_int_equal(seen.report.findings, 0);
	assert_int_equal(seen.report.rows, LAST - 20);
	row_add(test, 1, CORE_NOW + 5000); /* after the MAC: stays, however old */
	IS(audit_retain(&test->core, CORE_NOW + 99000, &removed), OK);
	assert_int_equal(removed, 10);
	assert_int_equal(verify(test, NULL).report.rows, 1);
	IS(audit_heads_move(&test->core, CORE_NOW + 99000), OK);
	IS(audit_retain(&test->core, CORE_NOW + 99000, &removed), OK);
	assert_int_equal(removed, 1);
	is_whole(test, NULL);
	row_add(test, 2, CORE_NOW + 99001); /* on from the base, when nothing is left */
	assert_int_equal(last_seq(test), LAST + 2);
	IS(audit_heads_move(&test->core, CORE_NOW + 99002), OK);
	is_whole(test, NULL);
}

/* Mutation: base_move without audit_row_fault. */
static void retention_leaves_a_beginning_that_is_not_whole(void **state)
{
	struct core_test *test = *state;
	size_t removed = 0;

	fill(test);
	script(test, "UPDATE audits SET ip = 'x' WHERE seq = 25");
	test->settings.audit_keep_s = 10;
	IS(audit_retain(&test->core, CORE_NOW + 9999, &removed), E_REFUSED);
	assert_int_equal(removed, 24);
	assert_int_equal(verify(test, NULL).seq, 25);
	IS(audit_retain(&test->core, CORE_NOW + 9999, &removed), E_REFUSED);
	assert_int_equal(removed, 0);
}

/* Mutation: base_move without audit_erased_check. */
static void retention_leaves_a_row_that_was_emptied_by_hand(void **state)
{
	struct core_test *test = *state;
	size_t removed = 0;

	fill(test);
	script(test,
	       "UPDATE audits SET user_id = NULL, username = NULL, client_id = NULL, device_id = NULL, login_id = "
	       "NULL, ip = NULL, detail = NULL, receipt = NULL, shown = NULL, device_jwk = NULL, salt = NULL, "
	       "erased_at = 1790000000, erased_mac = zeroblob(32) WHERE seq = 25");
	test->settings.audit_keep_s = 10;
	IS(audit_retain(&test->core, CORE_NOW + 9999, &removed), E_REFUSED);
	assert_int_equal(removed, 24);
	assert_int_equal(verify(test, NULL).seq, 25);
}

static void rows_from_before_there_were_chains_are_counted_and_go_in_time(void **state)
{
	struct core_test *test = *state;
	size_t removed = 0;

	script(test, "DELETE FROM audits; DELETE FROM audit_chains; "
		     "INSERT INTO audits (at, event) VALUES (1790000000, 'old'), (1790000500, 'old')");
	row_add(test, 1, CORE_NOW + 600);
	IS(audit_heads_move(&test->core, CORE_NOW + 600), OK);
	is_whole(test, NULL);
	assert_int_equal(verify(test, NULL).report.unchained, 2);
	test->settings.audit_keep_s = 100;
	IS(audit_retain(&test->core, CORE_NOW + 599, &removed), OK);
	assert_int_equal(removed, 1);
	assert_int_equal(verify(test, NULL).report.unchained, 1);
}

/* ---- erasing ---- */

static enum status person_left(struct store_tx *tx, void *ctx)
{
	return sql_number(
		tx,
		SQL("SELECT COUNT(*) FROM audits WHERE user_id = 'demo-id' OR username = ?1 OR ip = '192.0.2.1'",
		    sql_text("lonely")),
		ctx);
}

/* Mutation: audit_commitment stored again with empty content, or audit_erased_check that always says OK (see hands). */
static void erasing_a_person_keeps_the_chain_whole(void **state)
{
	struct core_test *test = *state;
	struct writing nameless = {.row = {.at = CORE_NOW, .event = "test.event", .username = "lonely"}};
	struct seen seen;
	size_t count = 0;
	int64_t left = -1;

	fill(test);
	write_now(test, row_write, &nameless);
	IS(audit_erase(&test->core, &(struct audit_of){"demo-id", "lonely"}, CORE_NOW + 50, &count), OK);
	assert_true(count > 10);
	read_now(test, person_left, &left);
	assert_int_equal(left, 0);
	seen = verify(test, NULL);
	assert_int_equal(seen.report.findings, 0);
	assert_int_equal(seen.report.erased, count);
	assert_true(audited(test, "audit.erased"));
	IS(audit_erase(&test->core, &(struct audit_of){"demo-id", "lonely"}, CORE_NOW + 60, &count), OK);
	assert_int_equal(count, 0);
	script(test, "UPDATE audits SET erased_at = erased_at + 1 WHERE seq = 25");
	assert_int_equal(verify(test, NULL).seq, 25);
}

/* ---- all at once ---- */

struct writer {
	struct core_test *test;
	pthread_t thread;
};

static void *write_many(void *arg)
{
	struct writer *writer = arg;

	for (int i = 0; i < 100; i++) {
		struct writing writing = {.row = row_of(i, CORE_NOW), .then = i % 7 == 3 ? E_REFUSED : OK};
		const enum status status = store_write(writer->test->core.store, row_write, &writing);

		if (status != writing.then)
			abort();
	}
	return NULL;
}

static void writers_heads_retention_and_verify_do_not_disturb_each_other(void **state)
{
	struct core_test *test = *state;
	struct writer writers[4];
	size_t removed = 0;

	test->settings.audit_keep_s = 10;
	for (size_t i = 0; i < ARRAY_COUNT(writers); i++) {
		writers[i].test = test;
		assert_int_equal(pthread_create(&writers[i].thread, NULL, write_many, &writers[i]), 0);
	}
	for (int i = 0; i < 20; i++) {
		IS(audit_heads_move(&test->core, CORE_NOW + i), OK);
		is_whole(test, NULL);
		IS(audit_retain(&test->core, CORE_NOW + i, &removed), OK);
	}
	for (size_t i = 0; i < ARRAY_COUNT(writers); i++)
		pthread_join(writers[i].thread, NULL);
	IS(audit_heads_move(&test->core, CORE_NOW + 30), OK);
	is_whole(test, NULL);
	assert_int_equal(verify(test, NULL).report.young, 0);
}

int main(void)
{
#define T(name_) cmocka_unit_test_setup_teardown(name_, core_setup, core_teardown)
	const struct CMUnitTest tests[] = {
		T(what_is_written_is_whole),
		T(a_long_chain_is_walked_to_its_end),
		T(what_is_rolled_back_leaves_no_gap),
		T(every_hand_in_the_database_is_seen),
		T(a_chain_rewritten_with_hashes_that_fit_lacks_its_mac),
		T(a_head_kept_outside_finds_an_older_state_that_was_put_back),
		T(a_head_file_that_was_changed_proves_nothing),
		T(a_mac_never_moves_over_what_was_cut_or_changed),
		T(a_mac_moves_up_to_a_row_that_was_changed_and_no_further),
		T(a_place_that_nobody_counts_to_ends_a_chain),
		T(retention_leaves_a_row_that_was_emptied_by_hand),
		T(retention_removes_the_beginning_and_the_log_stays_whole),
		T(retention_leaves_a_beginning_that_is_not_whole),
		T(rows_from_before_there_were_chains_are_counted_and_go_in_time),
		T(erasing_a_person_keeps_the_chain_whole),
		T(writers_heads_retention_and_verify_do_not_disturb_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
