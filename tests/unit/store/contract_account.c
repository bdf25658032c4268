#include "contract.h"

/* What the account page and temporary passes ask of the store. */

static struct pass_row pass_row_of(const char *id, const char *user_id)
{
	struct pass_row row = {.id = id, .user_id = user_id, .created_at = NOW, .expires_at = NOW + 100};

	hash_of(id, row.hash);
	return row;
}

static enum status a_pass_is_used_once_in_its_time(struct store_tx *tx, void *ctx)
{
	struct pass_row row = pass_row_of("p", "demo"), found;

	TRY(store_pass_insert(tx, &row));
	CHECK(store_pass_find(tx, "p", &found) == OK && memcmp(found.hash, row.hash, 32) == 0);
	CHECK(strcmp(found.user_id, "demo") == 0 && found.created_at == NOW && found.expires_at == NOW + 100);
	CHECK(found.used_at == 0 && found.ended_at == 0);
	CHECK(store_pass_find(tx, "nothing", &found) == E_NOT_FOUND);
	CHECK(store_pass_find_live(tx, "demo", NOW + 99, &found) == OK && strcmp(found.id, "p") == 0);
	CHECK(store_pass_find_live(tx, "demo", NOW + 100, &found) == E_NOT_FOUND);
	CHECK(store_pass_find_live(tx, "other", NOW, &found) == E_NOT_FOUND);
	CHECK(store_pass_use(tx, "nothing", NOW) == E_CONFLICT);
	CHECK(store_pass_use(tx, "p", NOW + 100) == E_CONFLICT);
	CHECK(store_pass_use(tx, "p", NOW + 5) == OK);
	CHECK(store_pass_use(tx, "p", NOW + 6) == E_CONFLICT && store_pass_end(tx, "p", NOW + 6) == E_CONFLICT);
	CHECK(store_pass_find_live(tx, "demo", NOW, &found) == E_NOT_FOUND);
	CHECK(store_pass_find(tx, "p", &found) == OK && found.used_at == NOW + 5 && found.ended_at == 0);
	return OK;
}

static enum status a_person_has_one_pass_in_force(struct store_tx *tx, void *ctx)
{
	struct pass_row first = pass_row_of("p1", "demo"), second = pass_row_of("p2", "demo"),
			theirs = pass_row_of("p3", "other"), found, *rows = NULL;
	size_t count = 0;

	second.created_at = NOW + 1;
	TRY(store_pass_insert(tx, &first));
	CHECK(store_pass_insert(tx, &second) == E_CONFLICT);
	CHECK(store_pass_insert(tx, &theirs) == OK);
	CHECK(store_pass_end_all(tx, "demo", NOW + 1) == OK);
	CHECK(store_pass_insert(tx, &second) == OK);
	CHECK(store_pass_list(tx, "demo", &rows, &count) == OK && count == 2);
	CHECK(strcmp(rows[0].id, "p2") == 0 && rows[0].ended_at == 0 && rows[1].ended_at == NOW + 1);
	CHECK(store_pass_end(tx, "p2", NOW + 2) == OK && store_pass_end(tx, "p2", NOW + 3) == E_CONFLICT);
	CHECK(store_pass_use(tx, "p2", NOW + 3) == E_CONFLICT);
	CHECK(store_pass_find_live(tx, "other", NOW, &found) == OK); /* one person's are not another's */
	CHECK(store_pass_end_all(tx, "demo", NOW + 4) == OK);
	CHECK(store_pass_find(tx, "p2", &found) == OK && found.ended_at == NOW + 2);
	return OK;
}

static enum status passes_of_nobody_are_refused(struct store_tx *tx, void *ctx)
{
	const struct pass_row row = pass_row_of("p", "nobody");

	CHECK_ATTEMPT(tx, store_pass_insert(tx, &row), E_NOT_FOUND);
	return OK;
}

static enum status passes_go_with_their_person_and_with_time(struct store_tx *tx, void *ctx)
{
	struct pass_row row = pass_row_of("p", "demo"), found;
	size_t removed = 0;

	TRY(store_pass_insert(tx, &row));
	CHECK(store_sweep(tx, NOW + 100 + 30 * 86400, 100, &removed) == OK);
	CHECK(store_pass_find(tx, "p", &found) == OK);
	CHECK(store_sweep(tx, NOW + 100 + 31 * 86400, 100, &removed) == OK);
	CHECK(store_pass_find(tx, "p", &found) == E_NOT_FOUND);
	TRY(store_pass_insert(tx, &row));
	CHECK(store_user_remove(tx, "demo") == OK && store_pass_find(tx, "p", &found) == E_NOT_FOUND);
	return OK;
}

static enum status only_what_is_in_force_gets_a_name(struct store_tx *tx, void *ctx)
{
	struct device_row device = device_row_of("d", "demo");
	struct totp_row totp = totp_row_of("t", "demo");

	device.state = "confirm";
	TRY(store_device_insert(tx, &device));
	TRY(store_totp_insert(tx, &totp));
	CHECK(store_device_set_name(tx, "d", "x") == E_CONFLICT && store_totp_set_label(tx, "t", "x") == E_CONFLICT);
	TRY(store_device_set_state(tx, "d", "confirm", "active", NOW));
	TRY(store_totp_set_state(tx, "t", "pending", "active"));
	CHECK(store_device_set_name(tx, "d", "\xf0\x9f\x94\x91 '; --") == OK);
	CHECK(store_totp_set_label(tx, "t", "Blue") == OK);
	CHECK(store_device_find(tx, "d", &device) == OK && strcmp(device.name, "\xf0\x9f\x94\x91 '; --") == 0);
	CHECK(store_totp_find(tx, "t", &totp) == OK && strcmp(totp.label, "Blue") == 0);
	CHECK(store_device_set_name(tx, "nothing", "x") == E_CONFLICT);
	return OK;
}

static enum status what_was_begun_and_not_completed_goes(struct store_tx *tx, void *ctx)
{
	struct totp_row mine = totp_row_of("t1", "demo"), active = totp_row_of("t2", "demo"),
			theirs = totp_row_of("t3", "other");
	struct enrolment_row open = enrolment_row_of("e1", "demo"), confirm = enrolment_row_of("e2", "demo"),
			     other = enrolment_row_of("e3", "demo");

	active.state = "active";
	TRY(store_totp_insert(tx, &mine));
	TRY(store_totp_insert(tx, &active));
	TRY(store_totp_insert(tx, &theirs));
	CHECK(store_totp_remove_pending(tx, "demo") == OK);
	CHECK(store_totp_find(tx, "t1", &mine) == E_NOT_FOUND && store_totp_find(tx, "t2", &active) == OK);
	CHECK(store_totp_find(tx, "t3", &theirs) == OK);
	open.made_by = confirm.made_by = "sid";
	open.state = other.state = "open";
	confirm.state = "confirm";
	TRY(store_enrolment_insert(tx, &open));
	TRY(store_enrolment_insert(tx, &confirm));
	TRY(store_enrolment_insert(tx, &other));
	CHECK(store_enrolment_void_made_by(tx, "sid") == OK);
	CHECK(store_enrolment_find(tx, "e1", &open) == OK && strcmp(open.state, "void") == 0);
	CHECK(store_enrolment_find(tx, "e2", &confirm) == OK && strcmp(confirm.state, "confirm") == 0);
	CHECK(store_enrolment_find(tx, "e3", &other) == OK && strcmp(other.state, "open") == 0);
	return OK;
}

static enum status recovery_codes_say_when_they_were_issued(struct store_tx *tx, void *ctx)
{
	struct recovery_row row = recovery_row_of("r", "demo");
	int64_t at = -1;

	CHECK(store_recovery_issued(tx, "demo", &at) == OK && at == 0);
	row.created_at = NOW + 9;
	TRY(store_recovery_insert(tx, &row));
	CHECK(store_recovery_issued(tx, "demo", &at) == OK && at == NOW + 9);
	CHECK(store_recovery_issued(tx, "other", &at) == OK && at == 0);
	return OK;
}

static enum status using_a_session_only_moves_its_time(struct store_tx *tx, void *ctx)
{
	struct session_row row = session_row_of("s", "demo"), found;

	TRY(store_session_insert(tx, &row));
	CHECK(store_session_touch(tx, "s", row.used_at + 60, NOW + 999) == OK);
	CHECK(store_session_find_sid(tx, "s", &found) == OK);
	CHECK(found.used_at == row.used_at + 60 && found.idle_until == NOW + 999);
	CHECK(memcmp(found.token_hash, row.token_hash, 32) == 0 && found.ends_at == row.ends_at);
	CHECK(store_session_touch(tx, "s", row.used_at + 60, NOW + 9999) == E_CONFLICT); /* not backwards */
	CHECK(store_session_touch(tx, "nothing", NOW + 70, NOW) == E_CONFLICT);
	TRY(store_session_end(tx, "s", NOW + 70));
	CHECK(store_session_touch(tx, "s", NOW + 7000, NOW + 9999) == E_CONFLICT);
	return OK;
}

static enum status other_sessions_end_with_what_hangs_on_them(struct store_tx *tx, void *ctx)
{
	const struct session_row mine = session_row_of("s1", "demo"), second = session_row_of("s2", "demo"),
				 theirs = session_row_of("s3", "other");
	struct grant_row grant = grant_row_of("g", "demo");
	const struct token_row token = token_row_of("token", "g");
	struct session_row found;
	struct token_row revoked;

	TRY(store_session_insert(tx, &mine));
	TRY(store_session_insert(tx, &second));
	TRY(store_session_insert(tx, &theirs));
	grant.sid = "s2";
	TRY(store_grant_insert(tx, &grant));
	TRY(store_token_insert(tx, &token));
	CHECK(store_session_end_others(tx, "demo", "s1", NOW + 5) == OK);
	CHECK(store_session_find_sid(tx, "s1", &found) == OK && found.ended_at == 0);
	CHECK(store_session_find_sid(tx, "s2", &found) == OK && found.ended_at == NOW + 5);
	CHECK(store_session_find_sid(tx, "s3", &found) == OK && found.ended_at == 0);
	CHECK(store_token_find(tx, token.token_hash, &revoked) == OK && revoked.revoked_at != 0);
	return OK;
}

static enum status consents_are_listed_by_client(struct store_tx *tx, void *ctx)
{
	struct consent_row *rows = NULL;
	size_t count = 9;

	CHECK(store_consent_list(tx, "demo", &rows, &count) == OK && count == 0);
	TRY(store_consent_set(tx, "demo", "wiki", "openid", NOW));
	TRY(store_consent_set(tx, "demo", "app", "openid email", NOW + 1));
	TRY(store_consent_set(tx, "other", "app", "openid", NOW));
	CHECK(store_consent_list(tx, "demo", &rows, &count) == OK && count == 2);
	CHECK(strcmp(rows[0].client_id, "app") == 0 && strcmp(rows[0].scope, "openid email") == 0);
	CHECK(rows[0].granted_at == NOW + 1 && strcmp(rows[1].client_id, "wiki") == 0);
	return OK;
}

static enum status a_persons_events_are_paged_backwards(struct store_tx *tx, void *ctx)
{
	struct audit_row *rows = NULL;
	int64_t before = INT64_MAX;
	size_t count = 0;

	for (int i = 0; i < 5; i++) {
		const struct audit_row mine = {.at = NOW + i, .event = "mine", .user_id = "demo"};
		const struct audit_row theirs = {.at = NOW + i, .event = "theirs", .user_id = "other"};

		TRY(store_audit_insert(tx, &mine));
		TRY(store_audit_insert(tx, &theirs));
	}
	for (int64_t at = NOW + 4; at >= NOW; at -= (int64_t)count) {
		CHECK(store_audit_before(tx, "demo", before, 2, &rows, &count) == OK);
		CHECK(count == (at == NOW ? 1 : 2) && rows[0].at == at && strcmp(rows[0].event, "mine") == 0);
		before = rows[count - 1].id;
	}
	CHECK(store_audit_before(tx, "demo", before, 2, &rows, &count) == OK && count == 0);
	return OK;
}

const struct contract contract_account[] = {
	{"a_pass_is_used_once_in_its_time", a_pass_is_used_once_in_its_time},
	{"a_person_has_one_pass_in_force", a_person_has_one_pass_in_force},
	{"passes_of_nobody_are_refused", passes_of_nobody_are_refused},
	{"passes_go_with_their_person_and_with_time", passes_go_with_their_person_and_with_time},
	{"only_what_is_in_force_gets_a_name", only_what_is_in_force_gets_a_name},
	{"what_was_begun_and_not_completed_goes", what_was_begun_and_not_completed_goes},
	{"recovery_codes_say_when_they_were_issued", recovery_codes_say_when_they_were_issued},
	{"using_a_session_only_moves_its_time", using_a_session_only_moves_its_time},
	{"other_sessions_end_with_what_hangs_on_them", other_sessions_end_with_what_hangs_on_them},
	{"consents_are_listed_by_client", consents_are_listed_by_client},
	{"a_persons_events_are_paged_backwards", a_persons_events_are_paged_backwards},
};
const size_t contract_account_count = ARRAY_COUNT(contract_account);
