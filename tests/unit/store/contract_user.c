#include "contract.h"

#include <stdlib.h>

/* ---- users ---- */

static enum status a_user_is_found_by_name_or_by_an_address_of_their_own(struct store_tx *tx, void *ctx)
{
	struct user_row ann = user_row_of("ann"), ben = user_row_of("ben"), cem = user_row_of("cem"), found;

	ann.email = "ann@example.org";
	ben.email = "both@example.org";
	cem.email = "both@example.org";
	TRY(store_user_insert(tx, &ann));
	TRY(store_user_insert(tx, &ben));
	TRY(store_user_insert(tx, &cem));
	CHECK(store_user_find_name(tx, "ann", &found) == OK && strcmp(found.id, "ann") == 0);
	CHECK(store_user_find_name(tx, "ann@example.org", &found) == OK && strcmp(found.id, "ann") == 0);
	CHECK(store_user_find_name(tx, "both@example.org", &found) == E_NOT_FOUND);
	CHECK(store_user_find_name(tx, "", &found) == E_NOT_FOUND);
	CHECK(store_user_find_name(tx, "ANN", &found) == E_NOT_FOUND);
	ann.id = "another";
	CHECK(store_user_insert(tx, &ann) == E_CONFLICT);
	return OK;
}

/* A name wins over somebody else's address. */
static enum status a_name_wins_over_an_address(struct store_tx *tx, void *ctx)
{
	struct user_row named = user_row_of("named@example.org"), addressed = user_row_of("addressed"), found;

	addressed.email = "named@example.org";
	TRY(store_user_insert(tx, &named));
	TRY(store_user_insert(tx, &addressed));
	CHECK(store_user_find_name(tx, "named@example.org", &found) == OK);
	CHECK(strcmp(found.id, "named@example.org") == 0);
	return OK;
}

struct seen {
	char names[64];
	size_t stop_after;
};

static enum status user_see(const struct user_row *row, void *ctx)
{
	struct seen *seen = ctx;

	strncat(seen->names, row->name, sizeof(seen->names) - strlen(seen->names) - 2);
	strcat(seen->names, " ");
	return --seen->stop_after == 0 ? E_REFUSED : OK;
}

static enum status users_are_visited_by_name_until_told_to_stop(struct store_tx *tx, void *ctx)
{
	const struct user_row ann = user_row_of("ann");
	struct seen all = {.stop_after = 100}, some = {.stop_after = 2};

	TRY(store_user_insert(tx, &ann));
	CHECK(store_user_each(tx, user_see, &all) == OK && strcmp(all.names, "ann demo other ") == 0);
	CHECK(store_user_each(tx, user_see, &some) == E_REFUSED && strcmp(some.names, "ann demo ") == 0);
	return OK;
}

/* The same statement again inside its own rows. */
static enum status user_see_all(const struct user_row *row, void *ctx)
{
	struct seen inner = {.stop_after = 100};

	TRY(store_user_each(ctx, user_see, &inner));
	CHECK(strcmp(inner.names, "demo other ") == 0);
	return OK;
}

static enum status users_may_be_visited_within_a_visit(struct store_tx *tx, void *ctx)
{
	return store_user_each(tx, user_see_all, tx);
}

static enum status a_password_is_set_and_upgraded_only_from_the_hash_that_was_seen(struct store_tx *tx, void *ctx)
{
	struct user_row user;

	CHECK(store_user_set_password(tx, "nobody", "h", NOW) == E_NOT_FOUND);
	CHECK(store_user_upgrade_password(tx, "demo", "old", "new", NOW) == E_CONFLICT); /* there is none */
	CHECK(store_user_set_password(tx, "demo", "old", NOW + 1) == OK);
	CHECK(store_user_upgrade_password(tx, "demo", "other", "new", NOW) == E_CONFLICT);
	CHECK(store_user_upgrade_password(tx, "demo", "old", "new", NOW + 2) == OK);
	CHECK(store_user_upgrade_password(tx, "demo", "old", "newer", NOW) == E_CONFLICT);
	CHECK(store_user_find(tx, "demo", &user) == OK && strcmp(user.password, "new") == 0);
	CHECK(user.password_at == NOW + 1 && user.updated_at == NOW + 2);
	CHECK(store_user_set_password(tx, "demo", NULL, NOW) == OK);
	CHECK(store_user_find(tx, "demo", &user) == OK && !user.password);
	CHECK(store_user_find(tx, "other", &user) == OK && !user.password && user.updated_at == NOW);
	return OK;
}

static enum status caution_and_expectation_are_set_and_lifted(struct store_tx *tx, void *ctx)
{
	struct user_row user;

	CHECK(store_user_set_caution(tx, "nobody", 4, NOW) == E_NOT_FOUND);
	CHECK(store_user_set_expect(tx, "nobody", NOW) == E_NOT_FOUND);
	CHECK(store_user_set_caution(tx, "demo", 6, NOW + 9) == OK);
	CHECK(store_user_set_expect(tx, "demo", NOW + 8) == OK);
	CHECK(store_user_find(tx, "demo", &user) == OK);
	CHECK(user.caution == 6 && user.caution_until == NOW + 9 && user.expect_until == NOW + 8);
	CHECK(store_user_set_caution(tx, "demo", 0, 0) == OK && store_user_set_expect(tx, "demo", 0) == OK);
	CHECK(store_user_find(tx, "demo", &user) == OK);
	CHECK(user.caution == 0 && user.caution_until == 0 && user.expect_until == 0);
	return OK;
}

static enum status groups_are_replaced_sorted_and_single(struct store_tx *tx, void *ctx)
{
	static const char *const first[] = {"staff", "admins", "staff", "'; --"};
	static const char *const second[] = {"\xf0\x9f\x94\x91"};
	const char *const *groups = NULL;
	size_t count = 0;

	CHECK_ATTEMPT(tx, store_user_set_groups(tx, "nobody", first, 1), E_NOT_FOUND);
	CHECK(store_user_set_groups(tx, "demo", first, 4) == OK);
	CHECK(store_user_groups(tx, "demo", &groups, &count) == OK && count == 3);
	CHECK(!strcmp(groups[0], "'; --") && !strcmp(groups[1], "admins") && !strcmp(groups[2], "staff"));
	CHECK(store_user_groups(tx, "other", &groups, &count) == OK && count == 0);
	CHECK(store_user_set_groups(tx, "demo", second, 1) == OK);
	CHECK(store_user_groups(tx, "demo", &groups, &count) == OK && count == 1 && !strcmp(groups[0], second[0]));
	CHECK(store_user_set_groups(tx, "demo", NULL, 0) == OK);
	CHECK(store_user_groups(tx, "demo", &groups, &count) == OK && count == 0);
	return OK;
}

/* ---- one person with everything under way ---- */

static enum status life_insert_sign_in(struct store_tx *tx, const char *user, const char *prefix)
{
	char *id = arena_format(tx->arena, "%s-sign-in", prefix);
	struct login_row login = login_row_of(id, user);
	struct challenge_row challenge = challenge_row_of(id, user);
	struct challenge_row hidden = challenge_row_of(arena_format(tx->arena, "%s-hidden", prefix), user);
	struct session_row session = session_row_of(id, user);
	struct grant_row grant = grant_row_of(id, user);
	struct token_row token = token_row_of(id, id);

	hidden.hidden = true;
	grant.sid = id;
	grant.login_id = id;
	TRY(store_login_insert(tx, &login));
	TRY(store_challenge_insert(tx, &challenge));
	TRY(store_challenge_insert(tx, &hidden));
	TRY(store_session_insert(tx, &session));
	TRY(store_grant_insert(tx, &grant));
	return store_token_insert(tx, &token);
}

static enum status life_insert_factors(struct store_tx *tx, const char *user, const char *prefix)
{
	static const char *const groups[] = {"staff"};
	const struct device_row device = device_row_of(prefix, user);
	const struct enrolment_row enrolment = enrolment_row_of(prefix, user);
	const struct totp_row totp = totp_row_of(prefix, user);
	const struct recovery_row recovery = recovery_row_of(prefix, user);
	const struct browser_row browser = browser_row_of(prefix, user);
	const struct outbox_row message = {.id = prefix, .kind = "test", .device_id = prefix, .subject_id = "x"};
	const struct audit_row audit = {.at = NOW, .event = "user.added", .user_id = user};

	TRY(store_device_insert(tx, &device));
	TRY(store_enrolment_insert(tx, &enrolment));
	TRY(store_totp_insert(tx, &totp));
	TRY(store_recovery_insert(tx, &recovery));
	TRY(store_browser_insert(tx, &browser));
	TRY(store_outbox_insert(tx, &message));
	TRY(store_audit_insert(tx, &audit));
	TRY(store_attempt_insert(tx, user, "push", NOW));
	TRY(store_consent_set(tx, user, "app", "openid", NOW));
	return store_user_set_groups(tx, user, groups, 1);
}

static enum status lives_insert(struct store_tx *tx)
{
	TRY(life_insert_sign_in(tx, "demo", "demo"));
	TRY(life_insert_factors(tx, "demo", "demo"));
	TRY(life_insert_sign_in(tx, "other", "other"));
	return life_insert_factors(tx, "other", "other");
}

static enum status sign_in_states(struct store_tx *tx, const char *id, const char *login_state,
				  const char *challenge_state, bool is_ended)
{
	struct login_row login;
	struct challenge_row challenge;
	struct session_row session;
	struct token_row token;
	uint8_t hash[32];

	hash_of(id, hash);
	CHECK(store_login_find(tx, id, &login) == OK && strcmp(login.state, login_state) == 0);
	CHECK(store_challenge_find(tx, id, &challenge) == OK && strcmp(challenge.state, challenge_state) == 0);
	CHECK(store_session_find_sid(tx, id, &session) == OK && (session.ended_at != 0) == is_ended);
	CHECK(store_session_find(tx, hash, &session) == (is_ended ? E_NOT_FOUND : OK));
	CHECK(store_token_find(tx, hash, &token) == OK && (token.revoked_at != 0) == is_ended);
	CHECK(store_grant_redeem(tx, id, NOW) == (is_ended ? E_CONFLICT : OK));
	return OK;
}

static enum status disabling_ends_all_that_is_under_way_for_that_user_only(struct store_tx *tx, void *ctx)
{
	struct challenge_row hidden;
	struct user_row user;
	struct login_row login;

	TRY(lives_insert(tx));
	CHECK(store_user_set_disabled(tx, "nobody", true, NOW) == E_NOT_FOUND);
	CHECK(store_user_set_disabled(tx, "demo", true, NOW + 1) == OK);
	CHECK(store_user_find(tx, "demo", &user) == OK && user.disabled);
	TRY(sign_in_states(tx, "demo-sign-in", "refused", "superseded", true));
	TRY(sign_in_states(tx, "other-sign-in", "identify", "pending", false));
	CHECK(store_challenge_find(tx, "demo-hidden", &hidden) == OK && strcmp(hidden.state, "superseded") == 0);
	CHECK(store_login_find(tx, "demo-sign-in", &login) == OK && login.version == 2);
	CHECK(store_user_set_disabled(tx, "demo", false, NOW + 2) == OK);
	CHECK(store_user_find(tx, "demo", &user) == OK && !user.disabled);
	return sign_in_states(tx, "demo-sign-in", "refused", "superseded", true);
}

/* Even a token that somehow escaped is not in force while its user is disabled. */
static enum status a_disabled_users_token_is_never_in_force(struct store_tx *tx, void *ctx)
{
	struct token_row token;
	uint8_t hash[32];

	hash_of("demo-sign-in", hash);
	TRY(lives_insert(tx));
	CHECK(sql_set(tx, SQL("UPDATE users SET disabled = 1 WHERE id = 'demo'")) == OK);
	CHECK(store_token_find(tx, hash, &token) == OK && token.revoked_at != 0);
	CHECK(sql_set(tx, SQL("UPDATE users SET disabled = 0 WHERE id = 'demo'")) == OK);
	CHECK(store_token_find(tx, hash, &token) == OK && token.revoked_at == 0);
	CHECK(sql_set(tx, SQL("UPDATE sessions SET ended_at = 5 WHERE sid = 'demo-sign-in'")) == OK);
	CHECK(store_token_find(tx, hash, &token) == OK && token.revoked_at == 5);
	CHECK(sql_set(tx, SQL("DELETE FROM sessions WHERE sid = 'demo-sign-in'")) == OK);
	CHECK(store_token_find(tx, hash, &token) == OK && token.revoked_at == 0);
	CHECK(sql_set(tx, SQL("UPDATE grants SET revoked_at = 6 WHERE id = 'demo-sign-in'")) == OK);
	CHECK(store_token_find(tx, hash, &token) == OK && token.revoked_at == 6);
	return OK;
}

static enum status rows_of(struct store_tx *tx, const char *text, const char *user, int64_t wanted)
{
	int64_t count = -1;

	CHECK(sql_number(tx, SQL(text, sql_text(user)), &count) == OK);
	if (count != wanted)
		print_error("%s [%s]: %lld\n", text, user, (long long)count);
	CHECK(count == wanted);
	return OK;
}

static enum status removing_a_user_leaves_only_the_audit_log(struct store_tx *tx, void *ctx)
{
	static const char *const texts[] = {
		"SELECT COUNT(*) FROM users WHERE id = ?1",
		"SELECT COUNT(*) FROM user_groups WHERE user_id = ?1",
		"SELECT COUNT(*) FROM consents WHERE user_id = ?1",
		"SELECT COUNT(*) FROM logins WHERE user_id = ?1",
		"SELECT COUNT(*) / 2 FROM challenges WHERE user_id = ?1",
		"SELECT COUNT(*) FROM devices WHERE user_id = ?1",
		"SELECT COUNT(*) FROM enrolments WHERE user_id = ?1",
		"SELECT COUNT(*) FROM totps WHERE user_id = ?1",
		"SELECT COUNT(*) FROM recoveries WHERE user_id = ?1",
		"SELECT COUNT(*) FROM sessions WHERE user_id = ?1",
		"SELECT COUNT(*) FROM browsers WHERE user_id = ?1",
		"SELECT COUNT(*) FROM grants WHERE user_id = ?1",
		"SELECT COUNT(*) FROM tokens t WHERE t.grant_id = ?1 || '-sign-in'",
		"SELECT COUNT(*) FROM outbox WHERE device_id = ?1",
		"SELECT COUNT(*) FROM attempts WHERE subject = ?1",
	};

	TRY(lives_insert(tx));
	for (size_t i = 0; i < ARRAY_COUNT(texts); i++)
		TRY(rows_of(tx, texts[i], "demo", 1));
	CHECK(store_user_remove(tx, "nobody") == E_NOT_FOUND);
	CHECK(store_user_remove(tx, "demo") == OK);
	for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
		TRY(rows_of(tx, texts[i], "demo", 0));
		TRY(rows_of(tx, texts[i], "other", 1));
	}
	return rows_of(tx, "SELECT COUNT(*) FROM audits WHERE user_id = ?1", "demo", 1);
}

/* ---- clients ---- */

static enum status client_see(const struct client_row *row, void *ctx)
{
	strcat(ctx, row->id);
	return OK;
}

static enum status a_client_goes_with_what_it_was_given(struct store_tx *tx, void *ctx)
{
	const struct client_row zed = client_row_of("zed");
	struct client_row found;
	struct token_row token;
	const char *scope = NULL;
	char seen[32] = "";
	uint8_t hash[32];

	hash_of("demo-sign-in", hash);
	TRY(lives_insert(tx));
	TRY(store_client_insert(tx, &zed));
	CHECK(store_client_each(tx, client_see, seen) == OK && strcmp(seen, "appzed") == 0);
	CHECK(store_consent_find(tx, "demo", "app", &scope) == OK && strcmp(scope, "openid") == 0);
	CHECK(store_client_remove(tx, "app") == OK);
	CHECK(store_client_remove(tx, "app") == E_NOT_FOUND);
	CHECK(store_client_find(tx, "app", &found) == E_NOT_FOUND && store_client_find(tx, "zed", &found) == OK);
	CHECK(store_consent_find(tx, "demo", "app", &scope) == E_NOT_FOUND);
	CHECK(store_token_find(tx, hash, &token) == E_NOT_FOUND);
	return OK;
}

static enum status consent_is_replaced_for_one_user_and_client(struct store_tx *tx, void *ctx)
{
	const char *scope = NULL;

	CHECK(store_consent_find(tx, "demo", "app", &scope) == E_NOT_FOUND);
	CHECK_ATTEMPT(tx, store_consent_set(tx, "nobody", "app", "openid", NOW), E_NOT_FOUND);
	CHECK(store_consent_set(tx, "demo", "app", "openid", NOW) == OK);
	CHECK(store_consent_set(tx, "demo", "app", "openid email", NOW) == OK);
	CHECK(store_consent_set(tx, "other", "app", "x", NOW) == OK);
	CHECK(store_consent_find(tx, "demo", "app", &scope) == OK && strcmp(scope, "openid email") == 0);
	CHECK(store_consent_find(tx, "demo", "zed", &scope) == E_NOT_FOUND);
	return OK;
}

const struct contract contract_user[] = {
	{"a_user_is_found_by_name_or_by_an_address_of_their_own",
	 a_user_is_found_by_name_or_by_an_address_of_their_own},
	{"a_name_wins_over_an_address", a_name_wins_over_an_address},
	{"users_are_visited_by_name_until_told_to_stop", users_are_visited_by_name_until_told_to_stop},
	{"users_may_be_visited_within_a_visit", users_may_be_visited_within_a_visit},
	{"a_password_is_set_and_upgraded_only_from_the_hash_that_was_seen",
	 a_password_is_set_and_upgraded_only_from_the_hash_that_was_seen},
	{"caution_and_expectation_are_set_and_lifted", caution_and_expectation_are_set_and_lifted},
	{"groups_are_replaced_sorted_and_single", groups_are_replaced_sorted_and_single},
	{"disabling_ends_all_that_is_under_way_for_that_user_only",
	 disabling_ends_all_that_is_under_way_for_that_user_only},
	{"a_disabled_users_token_is_never_in_force", a_disabled_users_token_is_never_in_force},
	{"removing_a_user_leaves_only_the_audit_log", removing_a_user_leaves_only_the_audit_log},
	{"a_client_goes_with_what_it_was_given", a_client_goes_with_what_it_was_given},
	{"consent_is_replaced_for_one_user_and_client", consent_is_replaced_for_one_user_and_client},
};
const size_t contract_user_count = ARRAY_COUNT(contract_user);
