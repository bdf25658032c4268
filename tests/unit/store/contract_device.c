#include "contract.h"

/* ---- devices and enrolments ---- */

static enum status a_key_is_enrolled_once(struct store_tx *tx, void *ctx)
{
	struct device_row row = device_row_of("d", "demo");

	TRY(store_device_insert(tx, &row));
	row.id = "d2";
	row.user_id = "other";
	CHECK(store_device_insert(tx, &row) == E_CONFLICT); /* the same thumbprint, whoever it is */
	row.thumbprint = "another";
	return store_device_insert(tx, &row);
}

static enum status a_devices_state_moves_only_from_the_state_that_was_seen(struct store_tx *tx, void *ctx)
{
	const struct device_row row = device_row_of("d", "demo");
	struct device_row found;

	TRY(store_device_insert(tx, &row));
	CHECK(store_device_set_state(tx, "nothing", "confirm", "active", NOW) == E_CONFLICT);
	CHECK(store_device_set_state(tx, "d", "active", "revoked", NOW) == E_CONFLICT);
	CHECK(store_device_set_state(tx, "d", "confirm", "active", NOW) == OK);
	CHECK(store_device_set_state(tx, "d", "confirm", "active", NOW) == E_CONFLICT);
	CHECK(store_device_find(tx, "d", &found) == OK && strcmp(found.state, "active") == 0 && found.revoked_at == 0);
	CHECK(store_device_set_state(tx, "d", "active", "revoked", NOW + 7) == OK);
	CHECK(store_device_find(tx, "d", &found) == OK && found.revoked_at == NOW + 7);
	return OK;
}

static const struct push_subscription push = {"e", "p", "a", "k"};

static enum status a_subscription_is_set_proven_and_dropped(struct store_tx *tx, void *ctx)
{
	const struct device_row row = device_row_of("d", "demo");
	struct device_row found;

	TRY(store_device_insert(tx, &row));
	CHECK(store_device_set_push(tx, "nothing", &push, NOW) == E_NOT_FOUND);
	CHECK(store_device_set_push_nonce(tx, "nothing", "n", NOW) == E_NOT_FOUND);
	CHECK(store_device_echo(tx, "nothing", "n", NOW) == E_CONFLICT);
	CHECK(store_device_set_seen(tx, "nothing", NOW) == E_NOT_FOUND);
	CHECK(store_device_set_push(tx, "d", &push, NOW) == OK);
	CHECK(store_device_echo(tx, "d", "n", NOW) == E_CONFLICT);
	CHECK(store_device_set_push_nonce(tx, "d", "n", NOW + 100) == OK);
	CHECK(store_device_echo(tx, "d", "other", NOW + 1) == E_CONFLICT);
	CHECK(store_device_echo(tx, "d", "n", NOW + 100) == E_CONFLICT);
	CHECK(store_device_echo(tx, "d", "n", NOW + 1) == OK);
	CHECK(store_device_set_seen(tx, "d", NOW + 2) == OK);
	CHECK(store_device_find(tx, "d", &found) == OK && found.push_ok_at == NOW + 1 && found.seen_at == NOW + 2);
	CHECK(!strcmp(found.push_endpoint, "e") && !strcmp(found.push_p256dh, "p") && !strcmp(found.push_auth, "a"));
	CHECK(!strcmp(found.push_kid, "k") && found.push_since == NOW + 1);
	CHECK(store_device_echo(tx, "d", "n", NOW + 50) == OK);
	CHECK(store_device_find(tx, "d", &found) == OK && found.push_ok_at == NOW + 50 && found.push_since == NOW + 1);
	CHECK(store_device_set_push(tx, "d", &(struct push_subscription){0}, NOW) == OK);
	CHECK(store_device_find(tx, "d", &found) == OK && !found.push_endpoint && !found.push_p256dh);
	CHECK(!found.push_auth && !found.push_kid && !found.push_nonce && found.push_ok_at == 0 &&
	      found.push_since == 0);
	return OK;
}

static enum status what_a_push_service_said_counts_for_its_subscription_only(struct store_tx *tx, void *ctx)
{
	const struct device_row row = device_row_of("d", "demo");
	struct device_row found;
	int64_t count = -1;

	TRY(store_device_insert(tx, &row));
	TRY(store_device_set_push(tx, "d", &push, NOW));
	CHECK(store_device_push_failed(tx, "d", "older", "busy", NOW + 1) == OK);
	CHECK(store_device_push_accepted(tx, "d", "older", NOW + 1) == OK);
	CHECK(store_device_push_drop(tx, "d", "older", NOW + 1) == E_CONFLICT);
	CHECK(store_device_find(tx, "d", &found) == OK && found.push_endpoint && !found.push_failure);
	CHECK(found.push_failed_at == 0 && found.push_accepted_at == 0);
	CHECK(store_device_push_failed(tx, "d", "e", "busy", NOW + 2) == OK);
	CHECK(store_device_find(tx, "d", &found) == OK && !strcmp(found.push_failure, "busy"));
	CHECK(store_device_push_accepted(tx, "d", "e", NOW + 3) == OK);
	CHECK(store_device_find(tx, "d", &found) == OK && !found.push_failure && found.push_failed_at == NOW + 2);
	CHECK(found.push_accepted_at == NOW + 3);
	CHECK(store_device_count_kid(tx, "k", &count) == OK && count == 0); /* not active yet */
	TRY(store_device_set_state(tx, "d", "confirm", "active", NOW));
	CHECK(store_device_count_kid(tx, "k", &count) == OK && count == 1);
	CHECK(store_device_push_drop(tx, "d", "e", NOW + 4) == OK);
	CHECK(store_device_find(tx, "d", &found) == OK && !found.push_endpoint && !strcmp(found.push_failure, "gone"));
	CHECK(store_device_count_kid(tx, "k", &count) == OK && count == 0);
	return OK;
}

static enum status a_device_reports_once_in_its_time(struct store_tx *tx, void *ctx)
{
	const struct device_row row = device_row_of("d", "demo");

	TRY(store_device_insert(tx, &row));
	CHECK(store_device_report(tx, "nothing", NOW, 100) == E_CONFLICT);
	CHECK(store_device_report(tx, "d", NOW, 100) == OK);
	CHECK(store_device_report(tx, "d", NOW, 100) == E_CONFLICT);
	CHECK(store_device_report(tx, "d", NOW + 99, 100) == E_CONFLICT);
	CHECK(store_device_report(tx, "d", NOW + 100, 100) == OK);
	CHECK(store_device_report(tx, "d", NOW + 101, 100) == E_CONFLICT);
	return OK;
}

static enum status devices_are_listed_newest_first_in_every_state(struct store_tx *tx, void *ctx)
{
	struct device_row *found = NULL;
	size_t count = 0;

	for (int i = 0; i < 12; i++) {
		struct device_row row = device_row_of(arena_format(tx->arena, "d%02d", i), i < 10 ? "demo" : "other");

		row.created_at = NOW + (i * 3) % 10;
		row.state = i % 2 ? "revoked" : "active";
		TRY(store_device_insert(tx, &row));
	}
	CHECK(store_device_list(tx, "demo", &found, &count) == OK && count == 10);
	for (size_t i = 1; i < count; i++)
		CHECK(found[i - 1].created_at > found[i].created_at);
	CHECK(store_device_list(tx, "nobody", &found, &count) == OK && count == 0);
	return OK;
}

static enum status an_enrolment_moves_once_and_its_code_works_once(struct store_tx *tx, void *ctx)
{
	struct enrolment_row row = enrolment_row_of("e", "demo"), found;

	TRY(store_enrolment_insert(tx, &row));
	row.id = "e2";
	CHECK(store_enrolment_insert(tx, &row) == E_CONFLICT); /* the same typed code */
	CHECK(store_enrolment_find(tx, "e2", &found) == E_NOT_FOUND);
	CHECK(store_enrolment_move(tx, "e", "open", "confirm", "device", "123456") == OK);
	CHECK(store_enrolment_move(tx, "e", "open", "confirm", "second", "654321") == E_CONFLICT);
	CHECK(store_enrolment_move(tx, "e", "confirm", "active", NULL, NULL) == OK);
	CHECK(store_enrolment_find(tx, "e", &found) == OK && strcmp(found.state, "active") == 0);
	CHECK(strcmp(found.device_id, "device") == 0 && strcmp(found.digits, "123456") == 0 && !found.code_taken);
	CHECK(store_enrolment_take_code(tx, "e") == OK);
	CHECK(store_enrolment_take_code(tx, "e") == E_CONFLICT);
	CHECK(store_enrolment_take_code(tx, "nothing") == E_CONFLICT);
	CHECK(store_enrolment_find_code(tx, row.code_hash, &found) == OK && found.code_taken);
	return OK;
}

/* ---- totp and recovery codes ---- */

static enum status a_step_is_used_once_and_never_an_older_one(struct store_tx *tx, void *ctx)
{
	const struct totp_row row = totp_row_of("t", "demo");
	struct totp_row found;

	TRY(store_totp_insert(tx, &row));
	CHECK(store_totp_use_step(tx, "nothing", 5, NOW) == E_CONFLICT);
	CHECK(store_totp_use_step(tx, "t", 50, NOW) == OK);
	CHECK(store_totp_use_step(tx, "t", 50, NOW) == E_CONFLICT);
	CHECK(store_totp_use_step(tx, "t", 49, NOW) == E_CONFLICT);
	CHECK(store_totp_use_step(tx, "t", 51, NOW + 1) == OK);
	CHECK(store_totp_find(tx, "t", &found) == OK && found.last_step == 51 && found.used_at == NOW + 1);
	return OK;
}

static enum status a_totp_is_listed_activated_and_removed(struct store_tx *tx, void *ctx)
{
	struct totp_row row = totp_row_of("b", "demo"), *found = NULL;
	size_t count = 0;

	TRY(store_totp_insert(tx, &row));
	row.id = "a";
	row.created_at = NOW + 1;
	TRY(store_totp_insert(tx, &row));
	CHECK(store_totp_list(tx, "demo", &found, &count) == OK && count == 2 && strcmp(found[0].id, "b") == 0);
	CHECK(store_totp_list(tx, "other", &found, &count) == OK && count == 0);
	CHECK(store_totp_set_state(tx, "a", "active", "pending") == E_CONFLICT);
	CHECK(store_totp_set_state(tx, "a", "pending", "active") == OK);
	CHECK(store_totp_find(tx, "a", &row) == OK && strcmp(row.state, "active") == 0);
	CHECK(store_totp_remove(tx, "a") == OK && store_totp_remove(tx, "a") == E_NOT_FOUND);
	CHECK(store_totp_find(tx, "a", &row) == E_NOT_FOUND);
	return OK;
}

static enum status a_recovery_code_works_once(struct store_tx *tx, void *ctx)
{
	struct recovery_row found;
	int64_t unused = -1;

	for (int i = 0; i < 3; i++) {
		const struct recovery_row row =
			recovery_row_of(arena_format(tx->arena, "r%d", i), i < 2 ? "demo" : "other");

		TRY(store_recovery_insert(tx, &row));
	}
	CHECK(store_recovery_count(tx, "demo", &unused) == OK && unused == 2);
	CHECK(store_recovery_use(tx, "nothing", NOW) == E_CONFLICT);
	CHECK(store_recovery_use(tx, "r0", NOW) == OK);
	CHECK(store_recovery_use(tx, "r0", NOW) == E_CONFLICT);
	CHECK(store_recovery_find(tx, "r0", &found) == OK && found.used_at == NOW);
	CHECK(store_recovery_count(tx, "demo", &unused) == OK && unused == 1);
	CHECK(store_recovery_remove_all(tx, "demo") == OK && store_recovery_remove_all(tx, "demo") == OK);
	CHECK(store_recovery_find(tx, "r1", &found) == E_NOT_FOUND);
	CHECK(store_recovery_count(tx, "demo", &unused) == OK && unused == 0);
	CHECK(store_recovery_count(tx, "other", &unused) == OK && unused == 1);
	return OK;
}

const struct contract contract_device[] = {
	{"a_key_is_enrolled_once", a_key_is_enrolled_once},
	{"a_devices_state_moves_only_from_the_state_that_was_seen",
	 a_devices_state_moves_only_from_the_state_that_was_seen},
	{"a_subscription_is_set_proven_and_dropped", a_subscription_is_set_proven_and_dropped},
	{"what_a_push_service_said_counts_for_its_subscription_only",
	 what_a_push_service_said_counts_for_its_subscription_only},
	{"a_device_reports_once_in_its_time", a_device_reports_once_in_its_time},
	{"devices_are_listed_newest_first_in_every_state", devices_are_listed_newest_first_in_every_state},
	{"an_enrolment_moves_once_and_its_code_works_once", an_enrolment_moves_once_and_its_code_works_once},
	{"a_step_is_used_once_and_never_an_older_one", a_step_is_used_once_and_never_an_older_one},
	{"a_totp_is_listed_activated_and_removed", a_totp_is_listed_activated_and_removed},
	{"a_recovery_code_works_once", a_recovery_code_works_once},
};
const size_t contract_device_count = ARRAY_COUNT(contract_device);
