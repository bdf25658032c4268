#include <stdio.h>
#include <string.h>

#include "base/encode.h"
#include "base/secret.h"
#include "core/audit_internal.h"
#include "core/keyring.h"

/* How long the log is kept: removing the beginnings of chains, and erasing what is a person's. */

enum { REMOVE_PAGE = 1000, ERASE_PAGE = 250, PAGE_ARENA = 64 << 20, ERASED_MAX = 256 };

/* ---- retention ---- */

struct removing {
	struct chain_row from, to;
	size_t limit;
	struct audit_row *rows;
	size_t count;
	size_t removed;
};

static enum status rows_read(struct store_tx *tx, void *ctx)
{
	struct removing *removing = ctx;

	return store_audit_page(tx, removing->from.chain, removing->from.base_seq, removing->limit, &removing->rows,
				&removing->count);
}

static enum status remove_write(struct store_tx *tx, void *ctx)
{
	const struct removing *removing = ctx;

	TRY(store_chain_move(tx, &removing->from, &removing->to));
	return store_audit_remove(tx, removing->to.chain, removing->to.base_seq);
}

/* Moves the new base over every row that is old enough. A break must stay to be seen, so nothing goes past one. */
static enum status base_move(const struct core *core, struct removing *removing, int64_t before)
{
	struct chain_row *to = &removing->to;

	for (size_t i = 0; i < removing->count; i++) {
		const struct audit_row *row = &removing->rows[i];
		struct audit_place place = {.seq = to->base_seq};

		memcpy(place.hash, to->base_hash, 32);
		if (row->at >= before || row->seq > to->head_seq)
			return OK;
		if (audit_row_fault(row, &place) || (row->erased_at && audit_erased_check(core, row) != OK))
			return E_REFUSED;
		to->base_seq = row->seq;
		memcpy(to->base_hash, row->hash, 32);
		removing->removed++;
	}
	return OK;
}

struct retention {
	int64_t now, before;
	size_t removed;
	bool refused;
};

static enum status beginning_remove(const struct core *core, struct arena *arena, const struct chain_row *row,
				    struct retention *retention)
{
	struct removing removing = {.from = *row, .to = *row, .limit = 1};
	enum status moved, status;

	TRY(store_read(core->store, arena, rows_read, &removing)); /* nearly always there is nothing to do */
	if (removing.count == 0 || removing.rows[0].at >= retention->before)
		return OK;
	removing.limit = REMOVE_PAGE;
	TRY(store_read(core->store, arena, rows_read, &removing));
	moved = base_move(core, &removing, retention->before);
	if (removing.removed == 0)
		return moved;
	removing.to.head_at = retention->now;
	TRY(audit_head_mac(core, &removing.to));
	status = store_write(core->store, remove_write, &removing);
	if (status == OK)
		retention->removed += removing.removed;
	return status == OK || status == E_CONFLICT ? moved : status;
}

static enum status chain_retain(const struct core *core, struct arena *arena, const char *chain, void *ctx)
{
	struct retention *retention = ctx;
	struct audit_chain_state state;
	enum status status = audit_chain_load(core, arena, chain, &state);

	if (status == OK && !*state.row.head_kid)
		return OK;
	if (status == OK)
		status = audit_chain_trust(core, arena, &state);
	if (status == OK)
		status = beginning_remove(core, arena, &state.row, retention);
	if (status != E_REFUSED && status != E_NOT_FOUND)
		return status;
	retention->refused = true;
	return OK;
}

static enum status unchained_remove(struct store_tx *tx, void *ctx)
{
	struct retention *retention = ctx;

	return store_audit_remove_unchained(tx, retention->before, REMOVE_PAGE, &retention->removed);
}

enum status audit_retain(const struct core *core, int64_t now, size_t *ret_removed)
{
	struct retention retention = {.now = now, .before = now - core->settings->audit_keep_s};

	TRY(store_write(core->store, unchained_remove, &retention));
	TRY(audit_chain_each(core, &(struct audit_each){chain_retain, &retention}));
	*ret_removed = retention.removed;
	return retention.refused ? E_REFUSED : OK;
}

/* ---- erasing ---- */

static enum status erased_mac(const struct core *core, const struct audit_row *row, int64_t at, uint8_t ret_mac[32])
{
	char message[ERASED_MAX];
	char hash[65];
	int size;

	hex_format(row->hash, 32, hash);
	size = snprintf(message, sizeof(message), "%lld %lld %s %s", (long long)row->seq, (long long)at, hash,
			row->chain);
	if (size < 0 || (size_t)size >= sizeof(message))
		return E_REFUSED;
	return keyholder_mac(core->keyholder, &keyring_view(core->keyring)->mac, "audit erased v1", message,
			     (size_t)size, ret_mac);
}

enum status audit_erased_check(const struct core *core, const struct audit_row *row)
{
	uint8_t mac[32];

	if (!audit_sizes_fit(row))
		return E_REFUSED;
	TRY(erased_mac(core, row, row->erased_at, mac));
	return secret_equal(mac, row->erased_mac, sizeof(mac)) ? OK : E_REFUSED;
}

struct erasing {
	const struct audit_of *of;
	int64_t after, now;
	struct audit_row *rows;
	size_t count;
	uint8_t macs[ERASE_PAGE][32];
	size_t erased;
	char detail[48];
};

static enum status erase_read(struct store_tx *tx, void *ctx)
{
	struct erasing *erasing = ctx;

	return store_audit_of(tx, erasing->of, erasing->after, ERASE_PAGE, &erasing->rows, &erasing->count);
}

static enum status erase_write(struct store_tx *tx, void *ctx)
{
	struct erasing *erasing = ctx;

	erasing->erased = 0;
	for (size_t i = 0; i < erasing->count; i++) {
		const struct audit_row *row = &erasing->rows[i];
		enum status status = store_audit_erase(tx, row->id, row->chain ? erasing->macs[i] : NULL, erasing->now);

		if (status != OK && status != E_CONFLICT)
			return status;
		erasing->erased += status == OK;
	}
	snprintf(erasing->detail, sizeof(erasing->detail), "{\"rows\":%zu}", erasing->erased);
	return audit_write(tx,
			   &(struct audit_row){.at = erasing->now, .event = "audit.erased", .detail = erasing->detail});
}

/* A row that was changed by hand is not made right by erasing it: its hash goes into the MAC as it stands. */
static enum status page_erase(const struct core *core, struct erasing *erasing)
{
	scoped_arena *arena = arena_new(PAGE_ARENA);

	if (!arena)
		return E_NOMEM;
	TRY(store_read(core->store, arena, erase_read, erasing));
	if (erasing->count == 0)
		return OK;
	for (size_t i = 0; i < erasing->count; i++) {
		const struct audit_row *row = &erasing->rows[i];

		if (row->chain && row->hash_size != 32)
			return E_REFUSED;
		if (row->chain)
			TRY(erased_mac(core, row, erasing->now, erasing->macs[i]));
	}
	erasing->after = erasing->rows[erasing->count - 1].id;
	return store_write(core->store, erase_write, erasing);
}

static enum status part_erase(const struct core *core, const struct audit_of *of, int64_t now, size_t *count)
{
	struct erasing erasing = {.of = of, .now = now};

	do {
		TRY(page_erase(core, &erasing));
		*count += erasing.count ? erasing.erased : 0;
	} while (erasing.count > 0);
	return OK;
}

enum status audit_erase(const struct core *core, const struct audit_of *of, int64_t now, size_t *ret_count)
{
	const struct audit_of by_id = {.user_id = of->user_id}, by_name = {.username = of->username};
	size_t count = 0;

	if (of->user_id)
		TRY(part_erase(core, &by_id, now, &count));
	if (of->username)
		TRY(part_erase(core, &by_name, now, &count));
	*ret_count = count;
	return OK;
}
