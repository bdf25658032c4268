#include "contract.h"

static enum status a_value_is_new_once_in_its_scope(struct store_tx *tx, void *ctx)
{
	CHECK(store_replay_insert(tx, "jti", "a", NOW + 60) == OK);
	CHECK(store_replay_insert(tx, "jti", "a", NOW + 90) == E_CONFLICT);
	CHECK(store_replay_insert(tx, "jti", "b", NOW + 60) == OK);
	CHECK(store_replay_insert(tx, "answer", "a", NOW + 60) == OK);
	CHECK(store_replay_insert(tx, "jti", "", NOW + 60) == OK &&
	      store_replay_insert(tx, "jti", "", NOW) == E_CONFLICT);
	return OK;
}

static enum status attempts_are_counted_by_subject_kind_and_time(struct store_tx *tx, void *ctx)
{
	int64_t count = -1, last = -1;

	for (int i = 0; i < 10; i++)
		TRY(store_attempt_insert(tx, "demo", "push", NOW + i));
	TRY(store_attempt_insert(tx, "demo", "totp", NOW + 20));
	TRY(store_attempt_insert(tx, "other", "push", NOW + 30));
	CHECK(store_attempt_count(tx, "demo", "push", 0, &count) == OK && count == 10);
	CHECK(store_attempt_count(tx, "demo", "push", NOW + 7, &count) == OK && count == 3);
	CHECK(store_attempt_count(tx, "demo", "push", NOW + 10, &count) == OK && count == 0);
	CHECK(store_attempt_last(tx, "demo", "push", &last) == OK && last == NOW + 9);
	CHECK(store_attempt_last(tx, "nobody", "push", &last) == OK && last == 0);
	CHECK(store_attempt_clear(tx, "demo", "push") == OK && store_attempt_clear(tx, "demo", "push") == OK);
	CHECK(store_attempt_count(tx, "demo", "push", 0, &count) == OK && count == 0);
	CHECK(store_attempt_count(tx, "demo", "totp", 0, &count) == OK && count == 1);
	CHECK(store_attempt_count(tx, "other", "push", 0, &count) == OK && count == 1);
	return OK;
}

static enum status messages_are_counted(struct store_tx *tx, void *ctx)
{
	const struct device_row device = device_row_of("d", "demo");
	struct outbox_row row = {.id = "m1", .kind = "test", .device_id = "d", .subject_id = "x"};
	int64_t count = -1;

	TRY(store_device_insert(tx, &device));
	CHECK(store_outbox_pending(tx, &count) == OK && count == 0);
	CHECK(store_outbox_insert(tx, &row) == OK && store_outbox_insert(tx, &row) == E_CONFLICT);
	row.id = "m2";
	CHECK(store_outbox_insert(tx, &row) == OK);
	CHECK(store_outbox_pending(tx, &count) == OK && count == 2);
	return OK;
}

static enum status claim(struct store_tx *tx, const char *by, int64_t now, size_t limit, size_t *ret_count)
{
	const struct outbox_claim wanted = {.by = by, .now = now, .until = now + 30, .limit = limit};
	const char **ids = NULL;

	return store_outbox_claim(tx, &wanted, &ids, ret_count);
}

static enum status messages_put(struct store_tx *tx)
{
	static const char *const ids[] = {"m1", "m2", "m3", "later", "over"};
	const struct device_row device = device_row_of("d", "demo");

	TRY(store_device_insert(tx, &device));
	for (int i = 0; i < 5; i++) {
		const struct outbox_row row = {.id = ids[i],
					       .kind = "test",
					       .device_id = "d",
					       .subject_id = "x",
					       .not_before = i == 3 ? NOW + 50 : NOW,
					       .expires_at = i == 4 ? NOW : NOW + 120};

		TRY(store_outbox_insert(tx, &row));
	}
	return OK;
}

static enum status a_message_is_one_senders_until_its_claim_runs_out(struct store_tx *tx, void *ctx)
{
	struct outbox_row found;
	int64_t at = 0;
	size_t count = 9;

	CHECK(store_outbox_next(tx, NOW, &at) == OK && at == -1);
	TRY(messages_put(tx));
	CHECK(store_outbox_next(tx, NOW, &at) == OK && at == NOW);
	CHECK(claim(tx, "a", NOW, 2, &count) == OK && count == 2);
	CHECK(claim(tx, "b", NOW, 9, &count) == OK && count == 1);
	CHECK(claim(tx, "b", NOW, 9, &count) == OK && count == 0);
	CHECK(store_outbox_next(tx, NOW, &at) == OK && at == NOW + 30);
	CHECK(store_outbox_find(tx, "m1", &found) == OK && !strcmp(found.claimed_by, "a") && found.tries == 1);
	CHECK(store_outbox_retry(tx, "m1", "b", NOW + 5) == OK); /* not b's */
	CHECK(store_outbox_find(tx, "m1", &found) == OK && found.not_before == NOW + 30);
	CHECK(store_outbox_retry(tx, "m1", "a", NOW + 5) == OK);
	CHECK(claim(tx, "b", NOW + 4, 9, &count) == OK && count == 0);
	CHECK(claim(tx, "b", NOW + 5, 9, &count) == OK && count == 1);
	CHECK(store_outbox_find(tx, "m1", &found) == OK && !strcmp(found.claimed_by, "b") && found.tries == 2);
	CHECK(claim(tx, "c", NOW + 30, 9, &count) == OK && count == 2); /* a's and b's first ones */
	CHECK(store_outbox_release(tx, "b", NOW + 30) == OK);
	CHECK(claim(tx, "c", NOW + 30, 9, &count) == OK && count == 1);
	CHECK(claim(tx, "c", NOW + 119, 9, &count) == OK && count == 4);
	CHECK(claim(tx, "c", NOW + 500, 9, &count) == OK && count == 0); /* over */
	return OK;
}

static enum status messages_are_removed_alone_and_with_their_device(struct store_tx *tx, void *ctx)
{
	int64_t count = -1;

	TRY(messages_put(tx));
	CHECK(store_outbox_remove(tx, "nothing") == OK && store_outbox_remove(tx, "m2") == OK);
	CHECK(store_outbox_pending(tx, &count) == OK && count == 4);
	CHECK(store_outbox_remove_device(tx, "other") == OK);
	CHECK(store_outbox_pending(tx, &count) == OK && count == 4);
	CHECK(store_outbox_remove_device(tx, "d") == OK);
	CHECK(store_outbox_pending(tx, &count) == OK && count == 0);
	return OK;
}

static enum status the_audit_log_is_read_from_either_end(struct store_tx *tx, void *ctx)
{
	struct audit_row *rows = NULL;
	size_t count = 0;
	int64_t third;

	for (int i = 0; i < 10; i++) {
		const struct audit_row row = {.at = NOW + i, .event = "e", .user_id = i % 2 ? "demo" : NULL};

		TRY(store_audit_insert(tx, &row));
	}
	CHECK(store_audit_list(tx, 0, NULL, 100, &rows, &count) == OK && count == 10);
	for (size_t i = 1; i < count; i++)
		CHECK(rows[i - 1].id < rows[i].id && rows[i].at == NOW + (int64_t)i);
	third = rows[2].id;
	CHECK(store_audit_list(tx, third, NULL, 2, &rows, &count) == OK && count == 2 && rows[0].at == NOW + 3);
	CHECK(store_audit_list(tx, third, "demo", 100, &rows, &count) == OK && count == 4 && rows[0].at == NOW + 3);
	CHECK(store_audit_newest(tx, NULL, 3, &rows, &count) == OK && count == 3 && rows[0].at == NOW + 9);
	CHECK(store_audit_newest(tx, "demo", 2, &rows, &count) == OK && count == 2 && rows[1].at == NOW + 7);
	CHECK(store_audit_newest(tx, "nobody", 2, &rows, &count) == OK && count == 0);
	return OK;
}

static enum status keys_are_listed_newest_first_and_change_state(struct store_tx *tx, void *ctx)
{
	struct key_row row = {.kid = "k1",
			      .purpose = "token",
			      .alg = "ES256",
			      .sealed = (const uint8_t *)"s",
			      .sealed_size = 1,
			      .state = "next",
			      .created_at = NOW};
	struct key_row *rows = NULL;
	size_t count = 0;

	TRY(store_key_insert(tx, &row));
	row.kid = "k2";
	row.created_at = NOW + 1;
	TRY(store_key_insert(tx, &row));
	row.kid = "k3";
	row.purpose = "vapid";
	TRY(store_key_insert(tx, &row));
	CHECK(store_key_list(tx, "token", &rows, &count) == OK && count == 2 && strcmp(rows[0].kid, "k2") == 0);
	CHECK(store_key_list(tx, NULL, &rows, &count) == OK && count == 3);
	CHECK(store_key_list(tx, "mac", &rows, &count) == OK && count == 0);
	CHECK(store_key_set_state(tx, "nothing", "current", NOW) == E_NOT_FOUND);
	CHECK(store_key_set_state(tx, "k3", "current", NOW + 9) == OK);
	CHECK(store_key_list(tx, "vapid", &rows, &count) == OK && count == 1);
	CHECK(strcmp(rows[0].state, "current") == 0 && rows[0].changed_at == NOW + 9);
	return OK;
}

static enum status a_value_is_kept_under_its_name(struct store_tx *tx, void *ctx)
{
	const char *value = NULL;

	CHECK(store_meta_get(tx, "epoch", &value) == E_NOT_FOUND);
	CHECK(store_meta_set(tx, "epoch", "1") == OK && store_meta_set(tx, "epoch", "2") == OK);
	CHECK(store_meta_set(tx, "'", "\"\t\r\n\001") == OK);
	CHECK(store_meta_get(tx, "epoch", &value) == OK && strcmp(value, "2") == 0);
	CHECK(store_meta_get(tx, "'", &value) == OK && strcmp(value, "\"\t\r\n\001") == 0);
	CHECK_ATTEMPT(tx, store_meta_set(tx, "epoch", NULL), E_INVALID);
	return OK;
}

/* ---- the sweep ---- */

enum { DAY = 86400 };

/* One row of each kind that ended at `over`. */
static enum status over_insert(struct store_tx *tx, const char *name, int64_t over)
{
	struct login_row unnamed = login_row_of(arena_format(tx->arena, "u%s", name), NULL);
	struct login_row login =
		login_row_of(name, NULL); /* a name that does not exist: kept as long as one that does */
	struct challenge_row challenge = challenge_row_of(name, NULL);
	struct enrolment_row enrolment = enrolment_row_of(name, "demo");
	struct session_row session = session_row_of(name, "demo");
	struct grant_row grant = grant_row_of(name, "demo");
	struct token_row token = token_row_of(name, name);
	struct outbox_row message = {.id = name, .kind = "test", .device_id = "d", .subject_id = "x"};

	login.subject = "keyed";
	unnamed.expires_at = login.expires_at = challenge.expires_at = enrolment.expires_at = over;
	session.idle_until = session.ends_at = grant.expires_at = token.expires_at = message.expires_at = over;
	TRY(store_login_insert(tx, &unnamed));
	TRY(store_login_insert(tx, &login));
	TRY(store_challenge_insert(tx, &challenge));
	TRY(store_enrolment_insert(tx, &enrolment));
	TRY(store_session_insert(tx, &session));
	TRY(store_grant_insert(tx, &grant));
	TRY(store_token_insert(tx, &token));
	TRY(store_outbox_insert(tx, &message));
	TRY(store_replay_insert(tx, "jti", name, over));
	return store_attempt_insert(tx, "demo", "push", over);
}

static enum status rows_left(struct store_tx *tx, int64_t *ret_rows)
{
	return sql_number(tx,
			  SQL("SELECT (SELECT COUNT(*) FROM logins) + (SELECT COUNT(*) FROM challenges) + "
			      "(SELECT COUNT(*) FROM enrolments) + (SELECT COUNT(*) FROM sessions) + "
			      "(SELECT COUNT(*) FROM grants) + (SELECT COUNT(*) FROM tokens) + "
			      "(SELECT COUNT(*) FROM outbox) + (SELECT COUNT(*) FROM replays) + "
			      "(SELECT COUNT(*) FROM attempts)"),
			  ret_rows);
}

static enum status the_sweep_takes_what_is_over_and_no_more(struct store_tx *tx, void *ctx)
{
	const struct device_row device = device_row_of("d", "demo");
	int64_t rows = 0;
	size_t removed = 0;

	TRY(store_device_insert(tx, &device));
	TRY(over_insert(tx, "old", NOW - 32 * DAY)); /* all ten */
	TRY(over_insert(tx, "days", NOW - 3 * DAY)); /* all but challenge and attempt */
	TRY(over_insert(tx, "now", NOW));            /* all but these, session and named login */
	TRY(over_insert(tx, "young", NOW + 1));      /* none */
	CHECK(rows_left(tx, &rows) == OK && rows == 40);
	CHECK(store_sweep(tx, NOW, 100, &removed) == OK);
	CHECK(rows_left(tx, &rows) == OK && rows == 40 - 10 - 8 - 6);
	CHECK(removed == 24);
	CHECK(store_sweep(tx, NOW, 100, &removed) == OK && removed == 0);
	return OK;
}

static enum status the_sweep_is_bounded_and_gets_there(struct store_tx *tx, void *ctx)
{
	size_t removed = 0, sweeps = 0;
	int64_t rows = 0;

	for (int i = 0; i < 25; i++)
		TRY(store_replay_insert(tx, "jti", arena_format(tx->arena, "%d", i), NOW - i));
	do {
		CHECK(store_sweep(tx, NOW, 10, &removed) == OK && removed <= 10);
		sweeps++;
	} while (removed > 0);
	CHECK(sweeps == 4 && rows_left(tx, &rows) == OK && rows == 0);
	return OK;
}

/* A code used twice must be seen while a token from it lives. */
static enum status a_grant_stays_as_long_as_its_longest_token(struct store_tx *tx, void *ctx)
{
	const struct grant_row grant = grant_row_of("g", "demo");
	struct token_row longer = token_row_of("long", "g"), shorter = token_row_of("short", "g");
	struct grant_row found;
	size_t removed = 0;

	longer.expires_at = NOW + 5000;
	TRY(store_grant_insert(tx, &grant));
	TRY(store_token_insert(tx, &longer));
	TRY(store_token_insert(tx, &shorter));
	CHECK(store_sweep(tx, NOW + 4999, 100, &removed) == OK && removed == 1); /* the shorter token */
	CHECK(store_grant_find_code(tx, grant.code_hash, &found) == OK);
	CHECK(store_sweep(tx, NOW + 5000, 100, &removed) == OK && removed == 2);
	CHECK(store_grant_find_code(tx, grant.code_hash, &found) == E_NOT_FOUND);
	return OK;
}

static enum status a_session_that_was_ended_goes_after_two_days(struct store_tx *tx, void *ctx)
{
	struct session_row row = session_row_of("s", "demo");
	size_t removed = 0;

	row.idle_until = row.ends_at = NOW + 90 * DAY;
	TRY(store_session_insert(tx, &row));
	TRY(store_session_end(tx, "s", NOW));
	CHECK(store_sweep(tx, NOW + 2 * DAY - 1, 100, &removed) == OK && removed == 0);
	CHECK(store_sweep(tx, NOW + 2 * DAY, 100, &removed) == OK && removed == 1);
	return OK;
}

const struct contract contract_record[] = {
	{"a_value_is_new_once_in_its_scope", a_value_is_new_once_in_its_scope},
	{"attempts_are_counted_by_subject_kind_and_time", attempts_are_counted_by_subject_kind_and_time},
	{"messages_are_counted", messages_are_counted},
	{"a_message_is_one_senders_until_its_claim_runs_out", a_message_is_one_senders_until_its_claim_runs_out},
	{"messages_are_removed_alone_and_with_their_device", messages_are_removed_alone_and_with_their_device},
	{"the_audit_log_is_read_from_either_end", the_audit_log_is_read_from_either_end},
	{"keys_are_listed_newest_first_and_change_state", keys_are_listed_newest_first_and_change_state},
	{"a_value_is_kept_under_its_name", a_value_is_kept_under_its_name},
	{"the_sweep_takes_what_is_over_and_no_more", the_sweep_takes_what_is_over_and_no_more},
	{"the_sweep_is_bounded_and_gets_there", the_sweep_is_bounded_and_gets_there},
	{"a_grant_stays_as_long_as_its_longest_token", a_grant_stays_as_long_as_its_longest_token},
	{"a_session_that_was_ended_goes_after_two_days", a_session_that_was_ended_goes_after_two_days},
};
const size_t contract_record_count = ARRAY_COUNT(contract_record);
