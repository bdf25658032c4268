#include "contract.h"

/* ---- sessions ---- */

static enum status a_session_gets_a_new_token_and_the_old_one_is_gone(struct store_tx *tx, void *ctx)
{
	struct session_row row = session_row_of("s", "demo"), found;
	uint8_t old[32];

	memcpy(old, row.token_hash, 32);
	TRY(store_session_insert(tx, &row));
	hash_of("risen", row.token_hash);
	row.acr = "phr";
	row.used_at = NOW + 5;
	row.idle_until = NOW + 6;
	row.created_at = 1;    /* not written */
	row.ended_at = NOW;    /* not written: ending is store_session_end's */
	row.user_id = "other"; /* not written */
	CHECK(store_session_update(tx, &row) == OK);
	CHECK(store_session_find(tx, old, &found) == E_NOT_FOUND);
	CHECK(store_session_find(tx, row.token_hash, &found) == OK && strcmp(found.acr, "phr") == 0);
	CHECK(found.used_at == NOW + 5 && found.idle_until == NOW + 6 && found.created_at == NOW);
	CHECK(found.ended_at == 0 && strcmp(found.user_id, "demo") == 0);
	row.sid = "nothing";
	CHECK(store_session_update(tx, &row) == E_CONFLICT);
	return OK;
}

static enum status session_with_grant_insert(struct store_tx *tx, const char *sid, const char *user,
					     const char *browser)
{
	struct session_row session = session_row_of(sid, user);
	struct grant_row grant = grant_row_of(sid, user);
	const struct token_row token = token_row_of(sid, sid);

	hash_of(browser, session.browser_hash);
	grant.sid = sid;
	TRY(store_session_insert(tx, &session));
	TRY(store_grant_insert(tx, &grant));
	return store_token_insert(tx, &token);
}

static enum status session_is(struct store_tx *tx, const char *sid, bool is_over)
{
	struct session_row session;
	struct grant_row grant;
	struct token_row token;
	uint8_t hash[32];

	hash_of(sid, hash);
	CHECK(store_session_find_sid(tx, sid, &session) == OK && (session.ended_at != 0) == is_over);
	CHECK(store_session_find(tx, hash, &session) == (is_over ? E_NOT_FOUND : OK));
	CHECK(store_grant_find_code(tx, hash, &grant) == OK && (grant.revoked_at != 0) == is_over);
	CHECK(store_token_find(tx, hash, &token) == OK && (token.revoked_at != 0) == is_over);
	return OK;
}

static enum status ending_a_session_revokes_its_grants_and_tokens(struct store_tx *tx, void *ctx)
{
	struct session_row row;
	int64_t stored = 0;

	TRY(session_with_grant_insert(tx, "s1", "demo", "a"));
	TRY(session_with_grant_insert(tx, "s2", "demo", "a"));
	CHECK(store_session_end(tx, "nothing", NOW) == E_CONFLICT);
	CHECK(store_session_end(tx, "s1", NOW) == OK);
	CHECK(store_session_end(tx, "s1", NOW) == E_CONFLICT);
	TRY(session_is(tx, "s1", true));
	TRY(session_is(tx, "s2", false));
	CHECK(sql_number(tx, SQL("SELECT COUNT(*) FROM tokens WHERE revoked_at <> 0"), &stored) == OK && stored == 1);
	CHECK(store_session_find_sid(tx, "s1", &row) == OK);
	CHECK(store_session_update(tx, &row) == E_CONFLICT); /* it stays ended */
	return OK;
}

static enum status sessions_end_by_browser_or_all(struct store_tx *tx, void *ctx)
{
	uint8_t browser[32];

	hash_of("a", browser);
	TRY(session_with_grant_insert(tx, "s1", "demo", "a"));
	TRY(session_with_grant_insert(tx, "s2", "demo", "a"));
	TRY(session_with_grant_insert(tx, "s3", "demo", "b"));
	TRY(session_with_grant_insert(tx, "s4", "other", "a"));
	CHECK(store_session_end_all(tx, "demo", browser, NOW) == OK);
	TRY(session_is(tx, "s1", true));
	TRY(session_is(tx, "s2", true));
	TRY(session_is(tx, "s3", false));
	TRY(session_is(tx, "s4", false));
	CHECK(store_session_end_all(tx, "demo", NULL, NOW) == OK);
	TRY(session_is(tx, "s3", true));
	TRY(session_is(tx, "s4", false));
	return store_session_end_all(tx, "demo", NULL, NOW);
}

static enum status sessions_in_force_are_listed_last_used_first(struct store_tx *tx, void *ctx)
{
	struct session_row row = session_row_of("s1", "demo"), *found = NULL;
	size_t count = 0;

	TRY(store_session_insert(tx, &row));
	row = session_row_of("s2", "demo");
	row.used_at = NOW + 1;
	TRY(store_session_insert(tx, &row));
	row = session_row_of("s3", "demo");
	TRY(store_session_insert(tx, &row));
	TRY(store_session_end(tx, "s3", NOW));
	CHECK(store_session_list(tx, "demo", &found, &count) == OK && count == 2);
	CHECK(strcmp(found[0].sid, "s2") == 0 && strcmp(found[1].sid, "s1") == 0);
	CHECK(store_session_list(tx, "other", &found, &count) == OK && count == 0);
	return OK;
}

/* ---- known browsers ---- */

static enum status a_browsers_token_is_rotated_from_the_one_that_was_shown(struct store_tx *tx, void *ctx)
{
	const struct browser_row row = browser_row_of("b", "demo");
	struct browser_row found;
	uint8_t next[32], third[32];

	hash_of("next", next);
	hash_of("third", third);
	TRY(store_browser_insert(tx, &row));
	CHECK(store_browser_rotate(tx, "b", next, third, NOW) == E_CONFLICT);
	CHECK(store_browser_rotate(tx, "b", row.token_hash, next, NOW + 1) == OK);
	CHECK(store_browser_rotate(tx, "b", row.token_hash, third, NOW + 2) == E_CONFLICT);
	CHECK(store_browser_find(tx, "b", &found) == OK && memcmp(found.token_hash, next, 32) == 0);
	CHECK(memcmp(found.previous_hash, row.token_hash, 32) == 0);
	CHECK(found.rotated_at == NOW + 1 && found.used_at == NOW + 1 && found.created_at == NOW);
	return OK;
}

static enum status browsers_are_listed_oldest_use_first_and_removed(struct store_tx *tx, void *ctx)
{
	struct browser_row row = browser_row_of("b1", "demo"), *found = NULL;
	size_t count = 0;

	TRY(store_browser_insert(tx, &row));
	row = browser_row_of("b2", "demo");
	row.used_at = NOW - 1;
	TRY(store_browser_insert(tx, &row));
	row = browser_row_of("b3", "other");
	TRY(store_browser_insert(tx, &row));
	CHECK(store_browser_list(tx, "demo", &found, &count) == OK && count == 2 && strcmp(found[0].id, "b2") == 0);
	CHECK(store_browser_remove(tx, "b2") == OK && store_browser_remove(tx, "b2") == E_NOT_FOUND);
	CHECK(store_browser_find(tx, "b2", &row) == E_NOT_FOUND);
	CHECK(store_browser_remove_all(tx, "demo") == OK && store_browser_remove_all(tx, "demo") == OK);
	CHECK(store_browser_list(tx, "demo", &found, &count) == OK && count == 0);
	CHECK(store_browser_find(tx, "b3", &row) == OK);
	return OK;
}

/* ---- grants and tokens ---- */

static enum status a_code_is_redeemed_once_in_its_time(struct store_tx *tx, void *ctx)
{
	struct grant_row row = grant_row_of("g", "demo"), found;

	TRY(store_grant_insert(tx, &row));
	CHECK(store_grant_redeem(tx, "nothing", NOW) == E_CONFLICT);
	CHECK(store_grant_redeem(tx, "g", row.expires_at) == E_CONFLICT);
	CHECK(store_grant_redeem(tx, "g", row.expires_at - 1) == OK);
	CHECK(store_grant_redeem(tx, "g", NOW) == E_CONFLICT);
	CHECK(store_grant_find_code(tx, row.code_hash, &found) == OK && found.redeemed_at == row.expires_at - 1);
	row = grant_row_of("g2", "demo");
	TRY(store_grant_insert(tx, &row));
	CHECK(store_grant_revoke(tx, "g2", NOW) == OK);
	CHECK(store_grant_redeem(tx, "g2", NOW) == E_CONFLICT);
	return OK;
}

static enum status revoked(struct store_tx *tx, const char *name, bool is_revoked)
{
	struct token_row token;
	struct grant_row grant;
	uint8_t hash[32];

	hash_of(name, hash);
	CHECK(store_token_find(tx, hash, &token) == OK && (token.revoked_at != 0) == is_revoked);
	CHECK(store_grant_find_code(tx, hash, &grant) == OK && (grant.revoked_at != 0) == is_revoked);
	return OK;
}

static enum status grants_insert(struct store_tx *tx)
{
	static const char *const names[] = {"g1", "g2", "g3", "g4"};

	for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
		struct grant_row grant = grant_row_of(names[i], i < 3 ? "demo" : "other");
		const struct token_row token = token_row_of(names[i], names[i]);

		grant.login_id = i == 0 ? "first" : "second";
		TRY(store_grant_insert(tx, &grant));
		TRY(store_token_insert(tx, &token));
	}
	return OK;
}

static enum status revoking_reaches_the_tokens_of_exactly_those_grants(struct store_tx *tx, void *ctx)
{
	TRY(grants_insert(tx));
	CHECK(store_grant_revoke_login(tx, "first", NOW) == OK);
	TRY(revoked(tx, "g1", true));
	TRY(revoked(tx, "g2", false));
	CHECK(store_grant_revoke(tx, "g2", NOW) == OK);
	TRY(revoked(tx, "g2", true));
	TRY(revoked(tx, "g3", false));
	CHECK(store_grant_revoke_user(tx, "demo", NOW) == OK);
	TRY(revoked(tx, "g3", true));
	TRY(revoked(tx, "g4", false));
	CHECK(store_grant_revoke(tx, "nothing", NOW) == OK && store_grant_revoke_login(tx, "nothing", NOW) == OK);
	return store_grant_revoke_user(tx, "nobody", NOW);
}

static enum status the_first_revocation_is_the_one_that_is_told(struct store_tx *tx, void *ctx)
{
	struct token_row token;
	uint8_t hash[32];

	hash_of("g1", hash);
	TRY(grants_insert(tx));
	CHECK(store_grant_revoke(tx, "g1", NOW + 1) == OK && store_grant_revoke(tx, "g1", NOW + 2) == OK);
	CHECK(store_token_find(tx, hash, &token) == OK && token.revoked_at == NOW + 1);
	return OK;
}

static enum status a_revoked_grant_gives_no_token(struct store_tx *tx, void *ctx)
{
	struct token_row token = token_row_of("new", "g1");

	TRY(grants_insert(tx));
	TRY(store_grant_revoke(tx, "g1", NOW));
	CHECK(store_token_insert(tx, &token) == E_CONFLICT);
	token.grant_id = "nothing";
	CHECK(store_token_insert(tx, &token) == E_CONFLICT);
	token.grant_id = "g2";
	CHECK(store_token_insert(tx, &token) == OK);
	CHECK(store_token_insert(tx, &token) == E_CONFLICT);
	return OK;
}

const struct contract contract_session[] = {
	{"a_session_gets_a_new_token_and_the_old_one_is_gone", a_session_gets_a_new_token_and_the_old_one_is_gone},
	{"ending_a_session_revokes_its_grants_and_tokens", ending_a_session_revokes_its_grants_and_tokens},
	{"sessions_end_by_browser_or_all", sessions_end_by_browser_or_all},
	{"sessions_in_force_are_listed_last_used_first", sessions_in_force_are_listed_last_used_first},
	{"a_browsers_token_is_rotated_from_the_one_that_was_shown",
	 a_browsers_token_is_rotated_from_the_one_that_was_shown},
	{"browsers_are_listed_oldest_use_first_and_removed", browsers_are_listed_oldest_use_first_and_removed},
	{"a_code_is_redeemed_once_in_its_time", a_code_is_redeemed_once_in_its_time},
	{"revoking_reaches_the_tokens_of_exactly_those_grants", revoking_reaches_the_tokens_of_exactly_those_grants},
	{"the_first_revocation_is_the_one_that_is_told", the_first_revocation_is_the_one_that_is_told},
	{"a_revoked_grant_gives_no_token", a_revoked_grant_gives_no_token},
};
const size_t contract_session_count = ARRAY_COUNT(contract_session);
