#include "contract.h"

/* The audit log in its chains. What the hashes cover is core's and tested there; here they are only bytes. */

static const uint8_t salt[16] = {1}, hashes[4][32] = {{1}, {2}, {3}, {4}};

static struct audit_row chained_row(const char *chain, int64_t seq)
{
	return (struct audit_row){.at = NOW + seq,
				  .event = "e",
				  .user_id = "demo",
				  .username = "demo",
				  .receipt = "a.b.c",
				  .shown = "{}",
				  .device_jwk = "{}",
				  .chain = chain,
				  .seq = seq,
				  .salt = salt,
				  .salt_size = sizeof(salt),
				  .prev = hashes[0],
				  .prev_size = 32,
				  .commitment = hashes[1],
				  .commitment_size = 32,
				  .hash = hashes[2],
				  .hash_size = 32};
}

static enum status chain_fill(struct store_tx *tx, const char *chain, int64_t count)
{
	for (int64_t seq = 1; seq <= count; seq++) {
		const struct audit_row row = chained_row(chain, seq);

		TRY(store_audit_insert(tx, &row));
	}
	return OK;
}

/* Mutation: an index that is not unique. */
static enum status a_place_in_a_chain_is_taken_once(struct store_tx *tx, void *ctx)
{
	const struct audit_row row = chained_row("a/daemon", 1), other = chained_row("a/command", 1);
	const struct audit_row free_row = {.at = NOW, .event = "e"};

	CHECK(store_audit_insert(tx, &row) == OK && store_audit_insert(tx, &row) == E_CONFLICT);
	CHECK(store_audit_insert(tx, &other) == OK);
	CHECK(store_audit_insert(tx, &free_row) == OK && store_audit_insert(tx, &free_row) == OK);
	return OK;
}

static enum status a_chain_is_read_in_its_order(struct store_tx *tx, void *ctx)
{
	struct audit_row *rows = NULL;
	struct audit_place place = {.seq = 77};
	size_t count = 0;
	int64_t standing = 0;

	TRY(chain_fill(tx, "a", 3));
	TRY(chain_fill(tx, "b", 9));
	CHECK(store_audit_last(tx, "nothing", INT64_MAX, &place) == E_NOT_FOUND && place.seq == 77);
	CHECK(store_audit_last(tx, "b", INT64_MAX, &place) == OK && place.seq == 9 && place.hash[0] == 3);
	CHECK(store_audit_last(tx, "b", 4, &place) == OK && place.seq == 4);
	CHECK(store_audit_last(tx, "b", 0, &place) == E_NOT_FOUND);
	CHECK(store_audit_page(tx, "b", 2, 3, &rows, &count) == OK && count == 3);
	CHECK(rows[0].seq == 3 && rows[2].seq == 5 && strcmp(rows[0].chain, "b") == 0);
	CHECK(store_audit_page(tx, "b", 9, 3, &rows, &count) == OK && count == 0);
	CHECK(store_audit_count(tx, "b", 5, &standing) == OK && standing == 5);
	return OK;
}

static enum status chains_are_found_by_their_own_row_or_by_any_of_the_log(struct store_tx *tx, void *ctx)
{
	const struct chain_row own = {.chain = "c", .head_kid = ""};
	const char *chain = "";
	const char *const wanted[] = {"a", "b", "c"};

	CHECK(store_chain_next(tx, "", &chain) == E_NOT_FOUND);
	TRY(chain_fill(tx, "b", 2));
	TRY(chain_fill(tx, "a", 2));
	CHECK(store_chain_insert(tx, &own) == OK && store_chain_insert(tx, &own) == E_CONFLICT);
	for (size_t i = 0; i < ARRAY_COUNT(wanted); i++)
		CHECK(store_chain_next(tx, chain, &chain) == OK && strcmp(chain, wanted[i]) == 0);
	CHECK(store_chain_next(tx, chain, &chain) == E_NOT_FOUND);
	return OK;
}

/* Mutation: store_chain_move without `AND head_seq = ?3`, or without `AND base_seq = ?2`. */
static enum status a_chains_own_row_moves_from_where_it_was_seen(struct store_tx *tx, void *ctx)
{
	const struct chain_row first = {.chain = "c", .head_kid = ""};
	struct chain_row next = {.chain = "c", .base_seq = 2, .head_seq = 5, .head_at = NOW, .head_kid = "k"};
	struct chain_row stale, found;

	next.head_mac[31] = 9;
	TRY(store_chain_insert(tx, &first));
	CHECK(store_chain_move(tx, &first, &next) == OK);
	CHECK(store_chain_find(tx, "c", &found) == OK && found.base_seq == 2 && found.head_seq == 5);
	CHECK(found.head_at == NOW && strcmp(found.head_kid, "k") == 0 && found.head_mac[31] == 9);
	CHECK(store_chain_move(tx, &first, &next) == E_CONFLICT);
	stale = next;
	stale.base_seq = 1;
	CHECK(store_chain_move(tx, &stale, &next) == E_CONFLICT);
	stale = next;
	stale.head_seq = 4;
	CHECK(store_chain_move(tx, &stale, &next) == E_CONFLICT);
	return OK;
}

static enum status the_beginning_of_a_chain_goes(struct store_tx *tx, void *ctx)
{
	struct audit_row *rows = NULL;
	size_t count = 0;

	TRY(chain_fill(tx, "a", 5));
	TRY(chain_fill(tx, "b", 5));
	TRY(store_audit_remove(tx, "a", 3));
	CHECK(store_audit_page(tx, "a", 0, 9, &rows, &count) == OK && count == 2 && rows[0].seq == 4);
	CHECK(store_audit_page(tx, "b", 0, 9, &rows, &count) == OK && count == 5);
	return OK;
}

static enum status rows_without_a_chain_are_told_apart(struct store_tx *tx, void *ctx)
{
	struct audit_row row = {.at = NOW, .event = "e"};
	int64_t unchained = -1, late = -1;
	size_t removed = 0;

	for (int i = 0; i < 3; i++, row.at++)
		TRY(store_audit_insert(tx, &row));
	CHECK(store_audit_unchained(tx, &unchained, &late) == OK && unchained == 3 && late == 0);
	TRY(chain_fill(tx, "a", 2));
	CHECK(store_audit_unchained(tx, &unchained, &late) == OK && unchained == 3 && late == 0);
	TRY(store_audit_insert(tx, &row));
	CHECK(store_audit_unchained(tx, &unchained, &late) == OK && unchained == 4 && late == 1);
	CHECK(store_audit_remove_unchained(tx, NOW + 2, 1, &removed) == OK && removed == 1);
	CHECK(store_audit_remove_unchained(tx, NOW + 2, 9, &removed) == OK && removed == 1);
	CHECK(store_audit_remove_unchained(tx, NOW + 2, 9, &removed) == OK && removed == 0);
	CHECK(store_audit_unchained(tx, &unchained, &late) == OK && unchained == 2);
	return OK;
}

static enum status what_tells_of_a_person_is_found_by_id_and_by_name(struct store_tx *tx, void *ctx)
{
	const struct audit_row nameless = {.at = NOW, .event = "e", .username = "demo"},
			       other = {.at = NOW, .event = "e"};
	struct audit_row *rows = NULL;
	size_t count = 0;

	TRY(chain_fill(tx, "a", 3));
	TRY(store_audit_insert(tx, &nameless));
	TRY(store_audit_insert(tx, &other));
	CHECK(store_audit_of(tx, &(struct audit_of){.user_id = "demo"}, 0, 2, &rows, &count) == OK && count == 2);
	CHECK(store_audit_of(tx, &(struct audit_of){.user_id = "demo"}, rows[1].id, 2, &rows, &count) == OK &&
	      count == 1);
	CHECK(store_audit_of(tx, &(struct audit_of){.username = "demo"}, 0, 9, &rows, &count) == OK && count == 1);
	CHECK(!rows[0].user_id);
	return OK;
}

/* Mutation: one column left out of store_audit_erase. */
static enum status erasing_leaves_place_time_event_and_hashes(struct store_tx *tx, void *ctx)
{
	struct audit_row before, after;
	struct audit_row *rows = NULL;
	size_t count = 0;

	TRY(chain_fill(tx, "a", 1));
	TRY(store_audit_newest(tx, NULL, 1, &rows, &count));
	before = rows[0];
	CHECK(store_audit_erase(tx, before.id, hashes[3], NOW) == OK);
	CHECK(store_audit_erase(tx, before.id, hashes[3], NOW) == E_CONFLICT);
	CHECK(store_audit_find(tx, before.id, &after) == OK);
	CHECK(!after.user_id && !after.username && !after.client_id && !after.device_id && !after.login_id &&
	      !after.ip && !after.detail && !after.receipt && !after.shown && !after.device_jwk && !after.salt);
	CHECK(after.erased_at == NOW && after.erased_mac_size == 32 && after.erased_mac[0] == 4);
	CHECK(after.seq == 1 && after.at == before.at && strcmp(after.event, "e") == 0 &&
	      strcmp(after.chain, "a") == 0 && after.prev[0] == 1 && after.commitment[0] == 2 && after.hash[0] == 3);
	CHECK(store_audit_erase(tx, before.id + 1, hashes[3], NOW) == E_CONFLICT);
	return OK;
}

const struct contract contract_audit[] = {
	{"a_place_in_a_chain_is_taken_once", a_place_in_a_chain_is_taken_once},
	{"a_chain_is_read_in_its_order", a_chain_is_read_in_its_order},
	{"chains_are_found_by_their_own_row_or_by_any_of_the_log",
	 chains_are_found_by_their_own_row_or_by_any_of_the_log},
	{"a_chains_own_row_moves_from_where_it_was_seen", a_chains_own_row_moves_from_where_it_was_seen},
	{"the_beginning_of_a_chain_goes", the_beginning_of_a_chain_goes},
	{"rows_without_a_chain_are_told_apart", rows_without_a_chain_are_told_apart},
	{"what_tells_of_a_person_is_found_by_id_and_by_name", what_tells_of_a_person_is_found_by_id_and_by_name},
	{"erasing_leaves_place_time_event_and_hashes", erasing_leaves_place_time_event_and_hashes},
};
const size_t contract_audit_count = ARRAY_COUNT(contract_audit);
