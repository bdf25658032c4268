#include "contract.h"

#include <limits.h>
#include <stdalign.h>

/*
 * Every column of every row: what goes in comes out, whatever it holds. The lists of members are written here again,
 * from rows.h, and read back by SELECTs of their own as well as by the store's *_find, so that a forgotten or swapped
 * column of the store's own lists is seen.
 */
#define MEMBERS(name_, ...) static const struct sql_field name_##_members[] = {__VA_ARGS__}
#define M(member_)          FIELD(ROW, member_)

#define ROW struct user_row
MEMBERS(user, M(id), M(name), M(display_name), M(email), M(password), M(password_at), M(disabled), M(caution),
	M(caution_until), M(expect_until), M(created_at), M(updated_at));
#undef ROW
#define ROW struct client_row
MEMBERS(client, M(id), M(name), M(is_public), M(secret_hash), M(redirect_uris), M(logout_uris), M(alg), M(third_party),
	M(disabled), M(created_at));
#undef ROW
#define ROW struct login_row
MEMBERS(login, M(id), M(version), M(browser_hash), M(client_id), M(params), M(state), M(user_id), M(subject),
	M(username), M(plan), M(proofs), M(decision), M(notice), M(challenge_id), M(session_sid), M(ip), M(user_agent),
	M(ua_label), M(known_browser), M(approved_at), M(created_at), M(expires_at));
#undef ROW
#define ROW struct challenge_row
MEMBERS(challenge, M(id), M(login_id), M(user_id), M(mode), M(digits), M(number), M(code), M(nonce), M(details),
	M(shown), M(state), M(hidden), M(popup), M(known_browser), M(browser_hash), M(why), M(client_name),
	M(device_id), M(answer_hash), M(answer), M(created_at), M(expires_at), M(seen_at), M(settled_at), M(delivery));
#undef ROW
#define ROW struct device_row
MEMBERS(device, M(id), M(user_id), M(name), M(platform), M(jwk), M(thumbprint), M(state), M(enrolment_id),
	M(push_endpoint), M(push_p256dh), M(push_auth), M(push_kid), M(push_ok_at), M(push_since), M(push_nonce),
	M(push_nonce_until), M(push_accepted_at), M(push_failed_at), M(push_failure), M(reported_at), M(created_at),
	M(seen_at), M(revoked_at));
#undef ROW
#define ROW struct enrolment_row
MEMBERS(enrolment, M(id), M(user_id), M(sealed_secret), M(code_hash), M(code_taken), M(state), M(device_id), M(digits),
	M(with_totp), M(totp_id), M(made_by), M(created_at), M(expires_at));
#undef ROW
#define ROW struct totp_row
MEMBERS(totp, M(id), M(user_id), M(label), M(sealed_seed), M(algorithm), M(digits), M(period), M(last_step), M(state),
	M(created_at), M(used_at));
#undef ROW
#define ROW struct recovery_row
MEMBERS(recovery, M(selector), M(user_id), M(hash), M(created_at), M(used_at));
#undef ROW
#define ROW struct session_row
MEMBERS(session, M(sid), M(token_hash), M(user_id), M(browser_hash), M(proofs), M(acr), M(amr), M(auth_time), M(ip),
	M(ua_label), M(created_at), M(used_at), M(idle_until), M(ends_at), M(ended_at));
#undef ROW
#define ROW struct browser_row
MEMBERS(browser, M(id), M(user_id), M(token_hash), M(previous_hash), M(ip), M(ua_label), M(created_at), M(used_at),
	M(rotated_at));
#undef ROW
#define ROW struct grant_row
MEMBERS(grant, M(id), M(code_hash), M(client_id), M(user_id), M(login_id), M(sid), M(redirect_uri), M(scope), M(nonce),
	M(code_challenge), M(acr), M(amr), M(auth_time), M(created_at), M(expires_at), M(redeemed_at), M(revoked_at));
#undef ROW
#define ROW struct token_row
MEMBERS(token, M(token_hash), M(grant_id), M(client_id), M(user_id), M(scope), M(created_at), M(expires_at),
	M(revoked_at));
#undef ROW
#define ROW struct outbox_row
MEMBERS(outbox, M(id), M(kind), M(device_id), M(subject_id), M(not_before), M(expires_at), M(created_at), M(tries),
	M(claimed_by));
#undef ROW
#define ROW struct audit_row
MEMBERS(audit, M(at), M(event), M(user_id), M(username), M(client_id), M(device_id), M(login_id), M(ip), M(detail),
	M(receipt), M(shown), M(device_jwk), M(chain), M(seq), M(salt), M(prev), M(commitment), M(hash), M(erased_at),
	M(erased_mac));
#undef ROW
#define ROW struct chain_row
MEMBERS(chain, M(chain), M(base_seq), M(base_hash), M(head_seq), M(head_hash), M(head_at), M(head_kid), M(head_mac));
#undef ROW
#define ROW struct key_row
MEMBERS(key, M(kid), M(purpose), M(alg), M(sealed), M(public_jwk), M(state), M(created_at), M(changed_at));
#undef ROW

/* ---- the store's functions with one shape ---- */

#define SHAPES(name_, find_)                                                                                           \
	static enum status name_##_put(struct store_tx *tx, const void *row)                                           \
	{                                                                                                              \
		return store_##name_##_insert(tx, row);                                                                \
	}                                                                                                              \
	static enum status name_##_get(struct store_tx *tx, const void *put, void *ret_row)                            \
	{                                                                                                              \
		const struct name_##_row *row = put;                                                                   \
		return find_;                                                                                          \
	}

static enum status audit_get_newest(struct store_tx *tx, const char *event, struct audit_row *ret_row)
{
	struct audit_row *rows = NULL;
	size_t count = 0;

	TRY(store_audit_newest(tx, NULL, 1, &rows, &count));
	CHECK(count == 1 && rows[0].id > 0 && strcmp(rows[0].event, event) == 0);
	*ret_row = rows[0];
	return OK;
}

static enum status key_get_only(struct store_tx *tx, const char *purpose, struct key_row *ret_row)
{
	struct key_row *rows = NULL;
	size_t count = 0;

	TRY(store_key_list(tx, purpose, &rows, &count));
	CHECK(count == 1);
	*ret_row = rows[0];
	return OK;
}

SHAPES(user, store_user_find(tx, row->id, ret_row))
SHAPES(client, store_client_find(tx, row->id, ret_row))
SHAPES(login, store_login_find(tx, row->id, ret_row))
SHAPES(challenge, store_challenge_find(tx, row->id, ret_row))
SHAPES(device, store_device_find(tx, row->id, ret_row))
SHAPES(enrolment, store_enrolment_find_code(tx, row->code_hash, ret_row))
SHAPES(totp, store_totp_find(tx, row->id, ret_row))
SHAPES(recovery, store_recovery_find(tx, row->selector, ret_row))
SHAPES(session, store_session_find_sid(tx, row->sid, ret_row))
SHAPES(browser, store_browser_find(tx, row->id, ret_row))
SHAPES(grant, store_grant_find_code(tx, row->code_hash, ret_row))
SHAPES(token, store_token_find(tx, row->token_hash, ret_row))
SHAPES(audit, audit_get_newest(tx, row->event, ret_row))
SHAPES(chain, store_chain_find(tx, row->chain, ret_row))
SHAPES(key, key_get_only(tx, row->purpose, ret_row))
SHAPES(outbox, store_outbox_find(tx, row->id, ret_row))

struct shape {
	struct sql_table table;
	const char *where; /* ?1 is the first member */
	enum status (*put)(struct store_tx *tx, const void *row);
	enum status (*get)(struct store_tx *tx, const void *put, void *ret_row);
	const char *nullable; /* rows.h says "or NULL" */
};

#define SHAPE(table_, name_, where_, get_, nullable_)                                                                  \
	{                                                                                                              \
		{table_, name_##_members, ARRAY_COUNT(name_##_members), sizeof(struct name_##_row), false}, where_,    \
			name_##_put, get_, nullable_                                                                   \
	}

static const struct shape shapes[] = {
	SHAPE("users", user, "WHERE id = ?1", user_get, "password"),
	SHAPE("clients", client, "WHERE id = ?1", client_get, ""),
	SHAPE("logins", login, "WHERE id = ?1", login_get,
	      "user_id subject username plan decision notice challenge_id session_sid"),
	SHAPE("challenges", challenge, "WHERE id = ?1", challenge_get, "user_id device_id answer delivery"),
	SHAPE("devices", device, "WHERE id = ?1", device_get,
	      "push_endpoint push_p256dh push_auth push_kid push_nonce push_failure"),
	SHAPE("enrolments", enrolment, "WHERE id = ?1", enrolment_get, "device_id digits totp_id"),
	SHAPE("totps", totp, "WHERE id = ?1", totp_get, ""),
	SHAPE("recoveries", recovery, "WHERE selector = ?1", recovery_get, ""),
	SHAPE("sessions", session, "WHERE sid = ?1", session_get, ""),
	SHAPE("browsers", browser, "WHERE id = ?1", browser_get, ""),
	SHAPE("grants", grant, "WHERE id = ?1", grant_get, "nonce code_challenge"),
	SHAPE("tokens", token, "WHERE token_hash = ?1", token_get, ""),
	SHAPE("outbox", outbox, "WHERE id = ?1", outbox_get, "claimed_by"),
	SHAPE("audits", audit, "WHERE ?1 = ?1 ORDER BY id DESC", audit_get,
	      "user_id username client_id device_id login_id ip detail receipt shown device_jwk chain salt prev "
	      "commitment "
	      "hash erased_mac"),
	SHAPE("audit_chains", chain, "WHERE chain = ?1", chain_get, ""),
	SHAPE("keys", key, "WHERE kid = ?1", key_get, "public_jwk"),
};

static const char *const hostile[] = {
	"",
	"\"\t\r\n\001",
	"'; DROP TABLE users; --",
	"?1 $1 :a @b %s %n",
	"</script><img src=x onerror=alert(1)>",
	"\xe2\x80\xaereversed\xe2\x81\xa6",
	"\xf0\x9f\x94\x91 \xf0\x90\x8d\x88",
	"NULL",
	"0",
};

enum { ROUNDS = 24, ROW_MAX = 512 };

static const int64_t int64s[] = {INT64_MAX, INT64_MIN, 0, -1, (int64_t)INT32_MAX + 1};
static const int ints[] = {INT_MAX, INT_MIN, 0, 7};

static const char *parent_of(const struct shape *shape, const char *column)
{
	if (strcmp(column, "user_id") == 0 && strcmp(shape->table.name, "audits") != 0)
		return "demo";
	if (strcmp(column, "grant_id") == 0)
		return "grant";
	return strcmp(column, "device_id") == 0 && strcmp(shape->table.name, "outbox") == 0 ? "device" : NULL;
}

/* Keys must differ between rounds, so a text starts with its place and round; the longest one has 100,000 characters.
 */
static const char *text_of(struct arena *arena, const struct shape *shape, size_t at, size_t round)
{
	const char *column = shape->table.fields[at].column;
	const char *parent = parent_of(shape, column);
	char *text;

	if (words_has(shape->nullable, column) && (at + round) % 3 == 0)
		return NULL;
	if (parent)
		return parent;
	if (at == 1 && round == 1) {
		text = arena_alloc(arena, 100001);
		return text ? memset(text, 'x', 100000) : NULL;
	}
	return arena_format(arena, "%zu.%zu%s", at, round, hostile[(at + round) % ARRAY_COUNT(hostile)]);
}

static void member_fill(struct arena *arena, const struct shape *shape, size_t at, size_t round, unsigned char *row)
{
	const struct sql_field *member = &shape->table.fields[at];
	void *place = row + member->offset;
	uint8_t *bytes;

	switch (member->kind) {
	case KIND_TEXT: *(const char **)place = text_of(arena, shape, at, round); return;
	case KIND_INT64: *(int64_t *)place = int64s[(at + round) % ARRAY_COUNT(int64s)]; return;
	case KIND_INT: *(int *)place = ints[(at + round) % ARRAY_COUNT(ints)]; return;
	case KIND_BOOL: *(bool *)place = (at + round) % 2; return;
	case KIND_HASH:
		memset(place, (int)(at + round), 32);
		*(uint8_t *)place = (uint8_t)(round ? 0 : at);
		return;
	case KIND_BYTES: break;
	}
	bytes = arena_alloc(arena, 300);
	for (size_t i = 0; i < 300; i++)
		bytes[i] = (uint8_t)(i + round);
	*(const uint8_t **)place = bytes;
	((size_t *)((const uint8_t **)place + 1))[0] = round % 2 ? 300 : 0;
}

static void row_fill(struct arena *arena, const struct shape *shape, size_t round, unsigned char *row)
{
	memset(row, 0, ROW_MAX);
	for (size_t i = 0; i < shape->table.count; i++)
		member_fill(arena, shape, i, round, row);
}

static bool text_same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool member_same(const struct sql_field *member, const unsigned char *a, const unsigned char *b)
{
	const void *left = a + member->offset;
	const void *right = b + member->offset;
	const uint8_t *const *left_bytes = left;
	const uint8_t *const *right_bytes = right;
	const size_t left_size = member->kind == KIND_BYTES ? *(const size_t *)(const void *)(left_bytes + 1) : 0;
	const size_t right_size = member->kind == KIND_BYTES ? *(const size_t *)(const void *)(right_bytes + 1) : 0;

	switch (member->kind) {
	case KIND_INT64: return *(const int64_t *)left == *(const int64_t *)right;
	case KIND_INT: return *(const int *)left == *(const int *)right;
	case KIND_BOOL: return *(const bool *)left == *(const bool *)right;
	case KIND_HASH: return memcmp(left, right, 32) == 0;
	case KIND_TEXT: return text_same(*(const char *const *)left, *(const char *const *)right);
	case KIND_BYTES: break;
	}
	return left_size == right_size && *right_bytes && memcmp(*left_bytes, *right_bytes, left_size) == 0;
}

static enum status row_compare(const struct shape *shape, const unsigned char *put, const unsigned char *got)
{
	for (size_t i = 0; i < shape->table.count; i++) {
		if (!member_same(&shape->table.fields[i], put, got)) {
			print_error("%s.%s came back different\n", shape->table.name, shape->table.fields[i].column);
			return E_IO;
		}
	}
	return OK;
}

/* The database's own answer, each column asked for by its name. */
static enum status row_compare_columns(struct store_tx *tx, const struct shape *shape, const unsigned char *put)
{
	alignas(max_align_t) unsigned char got[ROW_MAX] = {0};
	const void *key = put + shape->table.fields[0].offset;
	struct sql_arg arg = sql_int(0);

	if (shape->table.fields[0].kind == KIND_TEXT)
		arg = sql_text(*(const char *const *)key);
	else if (shape->table.fields[0].kind == KIND_HASH)
		arg = sql_hash(key);
	TRY(sql_find(tx, &shape->table, SQL(shape->where, arg), got));
	return row_compare(shape, put, got);
}

static enum status row_round(struct store_tx *tx, const struct shape *shape, size_t round)
{
	alignas(max_align_t) unsigned char put[ROW_MAX], got[ROW_MAX] = {0};

	row_fill(tx->arena, shape, round, put);
	CHECK(shape->put(tx, put) == OK);
	TRY(row_compare_columns(tx, shape, put));
	if (shape->get) {
		CHECK(shape->get(tx, put, got) == OK);
		TRY(row_compare(shape, put, got));
	}
	if (strcmp(shape->table.name, "audits") != 0)
		CHECK(shape->put(tx, put) == E_CONFLICT);
	return OK;
}

static enum status parents_insert(struct store_tx *tx)
{
	const struct device_row device = device_row_of("device", "demo");
	const struct grant_row grant = grant_row_of("grant", "demo");

	TRY(store_device_insert(tx, &device));
	return store_grant_insert(tx, &grant);
}

static enum status every_column_of_every_row_comes_back_whatever_it_holds(struct store_tx *tx, void *ctx)
{
	TRY(parents_insert(tx));
	for (size_t i = 0; i < ARRAY_COUNT(shapes); i++) {
		for (size_t round = 0; round < ROUNDS; round++)
			TRY(row_round(tx, &shapes[i], round));
	}
	return OK;
}

/* A row without one of its texts: refused, unless rows.h says that it may be NULL. */
static enum status row_without(struct store_tx *tx, const struct shape *shape, size_t at)
{
	const struct sql_field *member = &shape->table.fields[at];
	alignas(max_align_t) unsigned char row[ROW_MAX];
	enum status wanted = E_INVALID;

	if (member->kind != KIND_TEXT && member->kind != KIND_BYTES)
		return OK;
	if (words_has(shape->nullable, member->column))
		wanted = OK;
	else if (strcmp(member->column, "grant_id") == 0)
		wanted = E_CONFLICT; /* of no grant */
	row_fill(tx->arena, shape, ROUNDS + at, row);
	*(const char **)(void *)(row + member->offset) = NULL;
	CHECK_ATTEMPT(tx, shape->put(tx, row), wanted);
	return OK;
}

static enum status a_missing_text_is_refused(struct store_tx *tx, void *ctx)
{
	TRY(parents_insert(tx));
	for (size_t i = 0; i < ARRAY_COUNT(shapes); i++) {
		for (size_t at = 0; at < shapes[i].table.count; at++)
			TRY(row_without(tx, &shapes[i], at));
	}
	return OK;
}

/* Red without args_are_texts, on SQLite. */
static enum status a_text_that_is_not_utf8_is_refused(struct store_tx *tx, void *ctx)
{
	static const char *const broken[] = {"\xff\xfe broken \xc3", "\xed\xa0\x80", "\xc0\x80"};
	struct login_row row = login_row_of("login", NULL);

	for (size_t i = 0; i < ARRAY_COUNT(broken); i++) {
		row.user_agent = broken[i];
		CHECK_ATTEMPT(tx, store_login_insert(tx, &row), E_INVALID);
	}
	return OK;
}

/* A row of a person or device that is not there. */
static enum status a_row_without_its_owner_is_refused(struct store_tx *tx, void *ctx)
{
	TRY(parents_insert(tx));
	for (size_t i = 0; i < ARRAY_COUNT(shapes); i++) {
		alignas(max_align_t) unsigned char row[ROW_MAX];
		const char **owner = NULL;

		row_fill(tx->arena, &shapes[i], 200, row);
		for (size_t at = 0; at < shapes[i].table.count; at++) {
			const struct sql_field *member = &shapes[i].table.fields[at];

			if (strcmp(member->column, "grant_id") != 0 && parent_of(&shapes[i], member->column))
				owner = (const char **)(void *)(row + member->offset);
		}
		if (!owner || strcmp(shapes[i].table.name, "tokens") == 0)
			continue;
		*owner = "nobody";
		CHECK_ATTEMPT(tx, shapes[i].put(tx, row), E_NOT_FOUND);
	}
	return OK;
}

/* A failed find leaves what the caller had. */
static enum status a_find_that_fails_leaves_the_output_alone(struct store_tx *tx, void *ctx)
{
	struct user_row user = {.id = "mine"};
	struct token_row token = {.scope = "mine"};
	const char *text = "mine";
	uint8_t hash[32] = {1};

	CHECK(store_user_find(tx, "nobody", &user) == E_NOT_FOUND);
	CHECK(store_user_find_name(tx, "nobody", &user) == E_NOT_FOUND);
	CHECK(store_token_find(tx, hash, &token) == E_NOT_FOUND);
	CHECK(store_meta_get(tx, "nothing", &text) == E_NOT_FOUND);
	CHECK(strcmp(user.id, "mine") == 0 && strcmp(token.scope, "mine") == 0 && strcmp(text, "mine") == 0);
	return OK;
}

const struct contract contract_rows[] = {
	{"every_column_of_every_row_comes_back_whatever_it_holds",
	 every_column_of_every_row_comes_back_whatever_it_holds},
	{"a_missing_text_is_refused", a_missing_text_is_refused},
	{"a_text_that_is_not_utf8_is_refused", a_text_that_is_not_utf8_is_refused},
	{"a_row_without_its_owner_is_refused", a_row_without_its_owner_is_refused},
	{"a_find_that_fails_leaves_the_output_alone", a_find_that_fails_leaves_the_output_alone},
};
const size_t contract_rows_count = ARRAY_COUNT(contract_rows);
