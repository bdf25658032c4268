#include "contract.h"

/* ---- logins ---- */

static enum status a_login_is_updated_only_from_the_version_that_was_read(struct store_tx *tx, void *ctx)
{
	struct login_row row = login_row_of("l", NULL), found;

	TRY(store_login_insert(tx, &row));
	CHECK(store_login_find(tx, "l", &found) == OK && found.version == 1 && !found.user_id);
	row.user_id = "demo";
	row.state = "prove";
	row.plan = "[1]";
	row.approved_at = NOW + 5;
	row.known_browser = true;
	CHECK(store_login_update(tx, &row) == OK);
	CHECK(store_login_update(tx, &row) == E_CONFLICT); /* somebody was faster */
	CHECK(store_login_find(tx, "l", &found) == OK && found.version == 2);
	CHECK(strcmp(found.user_id, "demo") == 0 && strcmp(found.state, "prove") == 0 &&
	      strcmp(found.plan, "[1]") == 0);
	CHECK(found.approved_at == NOW + 5 && found.known_browser &&
	      memcmp(found.browser_hash, row.browser_hash, 32) == 0);
	found.plan = NULL;
	CHECK(store_login_update(tx, &found) == OK);
	CHECK(store_login_find(tx, "l", &found) == OK && found.version == 3 && !found.plan);
	row.id = "nothing";
	CHECK(store_login_update(tx, &row) == E_CONFLICT);
	return OK;
}

static enum status logins_insert(struct store_tx *tx)
{
	static const char *const states[] = {"identify", "prove",   "consent", "done",
					     "finished", "refused", "expired", "superseded"};
	struct login_row row;

	for (size_t i = 0; i < ARRAY_COUNT(states); i++) {
		row = login_row_of(states[i], "demo");
		row.state = states[i];
		TRY(store_login_insert(tx, &row));
	}
	row = login_row_of("elsewhere", "demo");
	row.browser_hash[0] ^= 1;
	TRY(store_login_insert(tx, &row));
	row = login_row_of("late", "demo");
	row.expires_at = NOW;
	TRY(store_login_insert(tx, &row));
	row = login_row_of("other", "other");
	return store_login_insert(tx, &row);
}

static enum status login_state_is(struct store_tx *tx, const char *id, const char *state)
{
	struct login_row row;

	CHECK(store_login_find(tx, id, &row) == OK);
	if (strcmp(row.state, state) != 0)
		print_error("%s is %s, not %s\n", id, row.state, state);
	CHECK(strcmp(row.state, state) == 0);
	return OK;
}

static enum status only_logins_that_are_not_over_are_ended(struct store_tx *tx, void *ctx)
{
	static const char *const ended[] = {"identify", "consent", "done"};
	static const char *const over[] = {"finished", "refused", "expired", "superseded"};
	struct login_row row;
	uint8_t browser[32];

	hash_of("browser", browser);
	TRY(logins_insert(tx));
	CHECK(store_login_end_all(tx, "demo", browser, "refused", NOW) == OK);
	for (size_t i = 0; i < ARRAY_COUNT(ended); i++)
		TRY(login_state_is(tx, ended[i], "refused"));
	/* Nothing was proven in an unknown browser: the page goes on, for nobody. Mutation: FORGET_LOGINS not run. */
	TRY(login_state_is(tx, "prove", "prove"));
	CHECK(store_login_find(tx, "prove", &row) == OK && !row.user_id);
	for (size_t i = 0; i < ARRAY_COUNT(over); i++)
		TRY(login_state_is(tx, over[i], over[i]));
	TRY(login_state_is(tx, "elsewhere", "identify"));
	CHECK(store_login_end_all(tx, "demo", NULL, "superseded", NOW) == OK);
	TRY(login_state_is(tx, "elsewhere", "superseded"));
	TRY(login_state_is(tx, "identify", "refused"));
	TRY(login_state_is(tx, "late", "identify"));
	TRY(login_state_is(tx, "other", "identify"));
	return store_login_end_all(tx, "demo", NULL, "refused", NOW); /* none left: OK */
}

/* ---- challenges ---- */

/* Turns red without the partial unique index challenges_one_pending. */
static enum status a_user_has_one_pending_challenge_that_is_not_hidden(struct store_tx *tx, void *ctx)
{
	struct challenge_row first = challenge_row_of("first", "demo"), second = challenge_row_of("second", "demo"),
			     found;
	struct challenge_row decoy = challenge_row_of("decoy", NULL), other = challenge_row_of("other", "other");

	CHECK(store_challenge_find_pending(tx, "demo", &found) == E_NOT_FOUND);
	TRY(store_challenge_insert(tx, &first));
	CHECK(store_challenge_insert(tx, &second) == E_CONFLICT);
	second.hidden = true;
	CHECK(store_challenge_insert(tx, &second) == OK);
	CHECK(store_challenge_insert(tx, &other) == OK);
	CHECK(store_challenge_insert(tx, &decoy) == OK);
	decoy.id = "decoy-2";
	CHECK(store_challenge_insert(tx, &decoy) == OK);
	CHECK(store_challenge_find_pending(tx, "demo", &found) == OK && strcmp(found.id, "first") == 0);
	CHECK(store_challenge_settle(tx, "first", "pending", &(struct challenge_settle){.to = "denied", .now = NOW},
				     0) == OK);
	CHECK(store_challenge_find_pending(tx, "demo", &found) == E_NOT_FOUND);
	second.id = "third";
	second.hidden = false;
	return store_challenge_insert(tx, &second);
}

static enum status a_challenge_is_settled_once_and_keeps_its_answer(struct store_tx *tx, void *ctx)
{
	const struct challenge_row row = challenge_row_of("c", "demo");
	const uint8_t hash[32] = {7};
	const struct challenge_settle approve = {
		.to = "approved", .device_id = "device", .answer_hash = hash, .answer = "jws", .now = NOW + 1};
	const struct challenge_settle consume = {.to = "consumed", .now = NOW + 2};
	struct challenge_row found;

	TRY(store_challenge_insert(tx, &row));
	CHECK(store_challenge_settle(tx, "c", "approved", &consume, 0) == E_CONFLICT);
	CHECK(store_challenge_settle(tx, "c", "pending", &approve, NOW) == OK);
	CHECK(store_challenge_settle(tx, "c", "pending", &approve, NOW) == E_CONFLICT);
	CHECK(store_challenge_settle(tx, "nothing", "pending", &approve, NOW) == E_CONFLICT);
	CHECK(store_challenge_settle(tx, "c", "approved", &consume, 0) == OK);
	CHECK(store_challenge_settle(tx, "c", "approved", &consume, 0) == E_CONFLICT);
	CHECK(store_challenge_find(tx, "c", &found) == OK && strcmp(found.state, "consumed") == 0);
	CHECK(strcmp(found.device_id, "device") == 0 && strcmp(found.answer, "jws") == 0 &&
	      found.settled_at == NOW + 2);
	CHECK(memcmp(found.answer_hash, hash, 32) == 0);
	return OK;
}

/* The last second is too late; with unexpired_at 0 time does not count. */
static enum status an_expired_challenge_is_not_approved(struct store_tx *tx, void *ctx)
{
	const struct challenge_row row = challenge_row_of("c", "demo");
	const struct challenge_settle approve = {.to = "approved", .now = NOW};

	TRY(store_challenge_insert(tx, &row));
	CHECK(store_challenge_settle(tx, "c", "pending", &approve, row.expires_at) == E_CONFLICT);
	CHECK(store_challenge_settle(tx, "c", "pending", &approve, row.expires_at + 5) == E_CONFLICT);
	CHECK(store_challenge_settle(tx, "c", "pending", &approve, row.expires_at - 1) == OK);
	CHECK(store_challenge_settle(tx, "c", "approved", &(struct challenge_settle){.to = "denied", .now = NOW}, 0) ==
	      OK);
	return OK;
}

static enum status only_the_first_look_is_noted(struct store_tx *tx, void *ctx)
{
	const struct challenge_row row = challenge_row_of("c", "demo");
	struct challenge_row found;

	TRY(store_challenge_insert(tx, &row));
	CHECK(store_challenge_set_seen(tx, "nothing", NOW) == E_CONFLICT);
	CHECK(store_challenge_set_seen(tx, "c", NOW + 3) == OK);
	CHECK(store_challenge_set_seen(tx, "c", NOW + 4) == E_CONFLICT);
	CHECK(store_challenge_find(tx, "c", &found) == OK && found.seen_at == NOW + 3);
	return OK;
}

static enum status a_message_that_was_taken_once_has_reached(struct store_tx *tx, void *ctx)
{
	struct challenge_row row = challenge_row_of("queued", "demo"), found;

	row.delivery = "queued";
	TRY(store_challenge_insert(tx, &row));
	row = challenge_row_of("nobody", "demo");
	row.hidden = true;
	TRY(store_challenge_insert(tx, &row));
	CHECK(store_challenge_set_delivery(tx, "nobody", "reached") == E_CONFLICT);
	CHECK(store_challenge_find(tx, "nobody", &found) == OK && !found.delivery);
	CHECK(store_challenge_set_delivery(tx, "queued", "failed") == OK);
	CHECK(store_challenge_set_delivery(tx, "queued", "failed") == E_CONFLICT);
	CHECK(store_challenge_set_delivery(tx, "queued", "reached") == OK);
	CHECK(store_challenge_set_delivery(tx, "queued", "failed") == E_CONFLICT);
	CHECK(store_challenge_find(tx, "queued", &found) == OK && strcmp(found.delivery, "reached") == 0);
	return OK;
}

static enum status history_is_newest_first_and_limited(struct store_tx *tx, void *ctx)
{
	struct challenge_row *found = NULL;
	size_t count = 0;

	for (int i = 0; i < 20; i++) {
		struct challenge_row row =
			challenge_row_of(arena_format(tx->arena, "c%02d", i), i % 4 ? "demo" : "other");

		row.state = "denied";
		row.created_at = NOW + (i * 7) % 20;
		TRY(store_challenge_insert(tx, &row));
	}
	CHECK(store_challenge_recent(tx, "demo", 100, &found, &count) == OK && count == 15);
	for (size_t i = 1; i < count; i++)
		CHECK(found[i - 1].created_at > found[i].created_at && strcmp(found[i].user_id, "demo") == 0);
	CHECK(store_challenge_recent(tx, "demo", 3, &found, &count) == OK && count == 3);
	CHECK(found[0].created_at == NOW + 19);
	CHECK(store_challenge_recent(tx, "nobody", 3, &found, &count) == OK && count == 0);
	return OK;
}

static enum status pending_challenges_expire_the_oldest_first(struct store_tx *tx, void *ctx)
{
	struct challenge_row row;
	size_t count = 99;

	for (int i = 0; i < 5; i++) {
		row = challenge_row_of(arena_format(tx->arena, "c%d", i), NULL);
		row.expires_at = NOW + i;
		TRY(store_challenge_insert(tx, &row));
	}
	row = challenge_row_of("denied", NULL);
	row.state = "denied";
	row.expires_at = NOW - 100;
	TRY(store_challenge_insert(tx, &row));
	CHECK(store_challenge_expire(tx, NOW + 3, 2, &count) == OK && count == 2);
	CHECK(store_challenge_find(tx, "c1", &row) == OK && strcmp(row.state, "expired") == 0);
	CHECK(row.settled_at == NOW + 3);
	CHECK(store_challenge_find(tx, "c2", &row) == OK && strcmp(row.state, "pending") == 0);
	CHECK(store_challenge_expire(tx, NOW + 3, 100, &count) == OK && count == 2);
	CHECK(store_challenge_expire(tx, NOW + 3, 100, &count) == OK && count == 0);
	CHECK(store_challenge_find(tx, "c4", &row) == OK && strcmp(row.state, "pending") == 0);
	CHECK(store_challenge_find(tx, "denied", &row) == OK && strcmp(row.state, "denied") == 0);
	return OK;
}

const struct contract contract_login[] = {
	{"a_login_is_updated_only_from_the_version_that_was_read",
	 a_login_is_updated_only_from_the_version_that_was_read},
	{"only_logins_that_are_not_over_are_ended", only_logins_that_are_not_over_are_ended},
	{"a_user_has_one_pending_challenge_that_is_not_hidden", a_user_has_one_pending_challenge_that_is_not_hidden},
	{"a_challenge_is_settled_once_and_keeps_its_answer", a_challenge_is_settled_once_and_keeps_its_answer},
	{"an_expired_challenge_is_not_approved", an_expired_challenge_is_not_approved},
	{"only_the_first_look_is_noted", only_the_first_look_is_noted},
	{"a_message_that_was_taken_once_has_reached", a_message_that_was_taken_once_has_reached},
	{"history_is_newest_first_and_limited", history_is_newest_first_and_limited},
	{"pending_challenges_expire_the_oldest_first", pending_challenges_expire_the_oldest_first},
};
const size_t contract_login_count = ARRAY_COUNT(contract_login);
