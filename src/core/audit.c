#include "core/audit.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "crypto/hash.h"

enum { CONTENT_MAX = 4 << 20, PLACE_TRIES = 8 };

/* ---- the encoding: docs/audit.md ---- */

static void number_add(struct text *text, int64_t number)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)((uint64_t)number >> (56 - 8 * i));
	text_add_bytes(text, bytes, sizeof(bytes));
}

/* Absent and empty differ, and no content can be mistaken for a length. */
static void string_add(struct text *text, const char *string)
{
	const size_t size = string ? strlen(string) : 0;
	const uint8_t head[5] = {string ? 1 : 0, (uint8_t)(size >> 24), (uint8_t)(size >> 16), (uint8_t)(size >> 8),
				 (uint8_t)size};

	text_add_bytes(text, head, string ? sizeof(head) : 1);
	if (size > 0)
		text_add_bytes(text, string, size);
}

static enum status text_hash(struct text *text, uint8_t ret_hash[32])
{
	const bool failed = text->failed;

	if (!failed)
		sha256(text->data, text->size, ret_hash);
	text_done(text);
	return failed ? E_NOMEM : OK;
}

enum status audit_commitment(const struct audit_row *row, uint8_t ret_commitment[32])
{
	const char *const content[] = {row->user_id, row->username, row->client_id, row->device_id, row->login_id,
				       row->ip,      row->detail,   row->receipt,   row->shown,     row->device_jwk};
	struct text text;

	text_init(&text, CONTENT_MAX);
	string_add(&text, "symbolon audit content v1");
	text_add_bytes(&text, row->salt, row->salt_size);
	for (size_t i = 0; i < ARRAY_COUNT(content); i++)
		string_add(&text, content[i]);
	return text_hash(&text, ret_commitment);
}

enum status audit_hash(const struct audit_row *row, uint8_t ret_hash[32])
{
	struct text text;

	text_init(&text, CONTENT_MAX);
	string_add(&text, "symbolon audit row v1");
	string_add(&text, row->chain);
	number_add(&text, row->seq);
	text_add_bytes(&text, row->prev, row->prev_size);
	number_add(&text, row->at);
	string_add(&text, row->event);
	text_add_bytes(&text, row->commitment, row->commitment_size);
	return text_hash(&text, ret_hash);
}

/* ---- writing ---- */

/* Where the next row goes: after the newest, or after what retention has removed, or at the beginning. */
static enum status place_find(struct store_tx *tx, const char *chain, struct audit_place *ret_place)
{
	struct chain_row head = {.chain = chain, .head_kid = ""};
	enum status status = store_audit_last(tx, chain, INT64_MAX, ret_place);

	if (status != E_NOT_FOUND)
		return status;
	status = store_chain_find(tx, chain, &head);
	if (status == E_NOT_FOUND)
		status = store_chain_insert(tx, &head);
	if (status == E_CONFLICT) /* somebody else has just begun it */
		status = store_chain_find(tx, chain, &head);
	TRY(status);
	ret_place->seq = head.base_seq;
	memcpy(ret_place->hash, head.base_hash, sizeof(head.base_hash));
	return OK;
}

static enum status place_take(struct store_tx *tx, const struct audit_row *wanted)
{
	struct audit_row row = *wanted;
	struct audit_place place;
	uint8_t hash[32];

	TRY(place_find(tx, row.chain, &place));
	if (place.seq < 0 || place.seq == INT64_MAX)
		return E_STORE; /* nobody of ours has counted so far: the chain was written by hand */
	row.seq = place.seq + 1;
	row.prev = place.hash;
	row.prev_size = sizeof(place.hash);
	TRY(audit_hash(&row, hash));
	row.hash = hash;
	row.hash_size = sizeof(hash);
	return store_audit_insert(tx, &row);
}

/*
 * The salt is the one piece of chance inside a transaction: when the function runs again, another does as well. A place
 * is taken by somebody else only where two commands write at once to a database that lets them.
 */
enum status audit_write(struct store_tx *tx, const struct audit_row *row)
{
	struct audit_row chained = *row;
	uint8_t salt[AUDIT_SALT_SIZE], commitment[32];
	enum status status = E_CONFLICT;

	assert(row->event && row->at > 0 && *store_tx_chain(tx));
	random_fill(&random_system, salt, sizeof(salt));
	chained.chain = store_tx_chain(tx);
	chained.salt = salt;
	chained.salt_size = sizeof(salt);
	TRY(audit_commitment(&chained, commitment));
	chained.commitment = commitment;
	chained.commitment_size = sizeof(commitment);
	for (int tries = 0; status == E_CONFLICT && tries < PLACE_TRIES; tries++)
		status = place_take(tx, &chained);
	return status == E_CONFLICT ? E_STORE : status;
}

/* ---- checking one row ---- */

bool audit_sizes_fit(const struct audit_row *row)
{
	const size_t salt = row->erased_at ? 0 : AUDIT_SALT_SIZE, mac = row->erased_at ? 32 : 0;

	return row->chain && row->event && row->salt_size == salt && row->prev_size == 32 && row->hash_size == 32 &&
	       row->commitment_size == 32 && row->erased_mac_size == mac;
}

static bool is_empty(const struct audit_row *row)
{
	return !row->user_id && !row->username && !row->client_id && !row->device_id && !row->login_id && !row->ip &&
	       !row->detail && !row->receipt && !row->shown && !row->device_jwk;
}

static bool content_fits(const struct audit_row *row)
{
	uint8_t commitment[32];

	if (row->erased_at)
		return is_empty(row);
	return audit_commitment(row, commitment) == OK && memcmp(commitment, row->commitment, 32) == 0;
}

static bool hash_fits(const struct audit_row *row)
{
	uint8_t hash[32];

	return audit_hash(row, hash) == OK && memcmp(hash, row->hash, 32) == 0;
}

const char *audit_row_fault(const struct audit_row *row, const struct audit_place *place)
{
	if (row->seq <= place->seq)
		return "stands where another row stands: it was inserted";
	if (row->seq - 1 != place->seq) /* it is greater, so this cannot overflow */
		return "is not the next one: rows before it were removed";
	if (!audit_sizes_fit(row))
		return "lacks what every row has: it was changed";
	if (!content_fits(row))
		return "does not fit its commitment: its content was changed";
	if (!hash_fits(row))
		return "does not fit its hash: its time, event, place or hashes were changed";
	if (memcmp(row->prev, place->hash, 32) != 0)
		return "does not follow from the row before: one of the two was replaced, or rows were swapped";
	return NULL;
}
