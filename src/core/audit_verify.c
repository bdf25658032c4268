#include "core/audit_verify.h"

#include <string.h>

#include "core/audit_internal.h"

enum { PAGE = 200, PAGE_ARENA = 64 << 20 };

struct walk {
	const struct core *core;
	const struct audit_heads *outside;
	const struct audit_listener *listener;
	struct audit_report total;
};

/* One chain under way. `head` is the MACed head that was there at the start; retention may move the base meanwhile. */
struct chain_walk {
	struct walk *walk;
	struct chain_row head;
	struct audit_place place;
	int64_t id, gone; /* rows known to be missing */
	bool passed_head, stopped;
	struct audit_chain_report report;
};

static void find(struct chain_walk *chain, const struct audit_row *row, const char *what)
{
	const struct audit_finding finding = {.chain = chain->report.chain,
					      .seq = row ? row->seq : 0,
					      .at = row ? row->at : 0,
					      .what = what};

	chain->report.findings++;
	chain->walk->listener->finding(&finding, chain->walk->listener->ctx);
}

static void find_at(struct chain_walk *chain, int64_t seq, const char *what)
{
	find(chain, &(struct audit_row){.seq = seq}, what);
}

/* ---- heads against rows ---- */

static bool is_head(const struct chain_row *head, const struct audit_place *place)
{
	return head->head_seq == place->seq && memcmp(head->head_hash, place->hash, 32) == 0;
}

static void heads_pass(struct chain_walk *chain, const struct audit_row *row)
{
	const struct audit_heads *outside = chain->walk->outside;

	if (row->seq == chain->head.head_seq) {
		chain->passed_head = true;
		if (!is_head(&chain->head, &chain->place))
			find(chain, row, "is not the row that the MAC of the chain's head is for: it was replaced");
	}
	for (size_t i = 0; outside && i < outside->count; i++)
		if (strcmp(outside->heads[i].chain, chain->report.chain) == 0 &&
		    outside->heads[i].head_seq == row->seq && !is_head(&outside->heads[i], &chain->place))
			find(chain, row, "is not the row that the head kept outside is for: it was replaced");
}

/* The base is a place like any other: a head may point to it. */
static void base_pass(struct chain_walk *chain)
{
	heads_pass(chain, &(struct audit_row){.seq = chain->place.seq});
}

static void end_check(struct chain_walk *chain)
{
	const struct audit_heads *outside = chain->walk->outside;
	const int64_t last = chain->place.seq;

	if (!chain->passed_head && *chain->head.head_kid && chain->head.head_seq > last)
		find_at(chain, last,
			"is the last one, but the MAC of the chain's head is for a later one: the end was cut off");
	for (size_t i = 0; outside && i < outside->count; i++)
		if (strcmp(outside->heads[i].chain, chain->report.chain) == 0 && outside->heads[i].head_seq > last)
			find_at(chain, last,
				"is the last one, but the head kept outside is for a later one: the end was cut off, "
				"or an older state was put back");
}

/* ---- rows ---- */

/* Numbers in the database may be anything. */
static int64_t places_between(int64_t from, int64_t to)
{
	int64_t difference;

	if (__builtin_sub_overflow(to, from, &difference))
		return from < 0 ? INT64_MAX : INT64_MIN;
	return difference;
}

static void row_walk(struct chain_walk *chain, const struct audit_row *row)
{
	const char *fault = audit_row_fault(row, &chain->place);

	if (!fault && row->erased_at && audit_erased_check(chain->walk->core, row) != OK)
		fault = "was emptied by hand: nobody with the keyholder erased it";
	if (!fault && row->id <= chain->id)
		fault = "has an id out of order: ids were swapped";
	if (fault)
		find(chain, row, fault);
	if (places_between(chain->place.seq, row->seq) > 1)
		chain->gone = places_between(-(places_between(chain->place.seq, row->seq) - 1), chain->gone);
	chain->report.rows++;
	chain->report.erased += row->erased_at != 0;
	chain->report.first_seq = chain->report.first_seq ? chain->report.first_seq : row->seq;
	chain->report.last_seq = row->seq;
	chain->report.young += row->seq > chain->head.head_seq;
	chain->id = row->id;
	chain->place.seq = row->seq;
	memset(chain->place.hash, 0, sizeof(chain->place.hash));
	if (row->hash_size == sizeof(chain->place.hash))
		memcpy(chain->place.hash, row->hash, sizeof(chain->place.hash));
	heads_pass(chain, row);
}

struct page {
	const struct chain_walk *chain;
	size_t limit;
	struct chain_row own;
	struct audit_row *rows;
	size_t count;
	int64_t standing; /* rows up to the last of this page, when it is the last page */
};

static enum status page_read(struct store_tx *tx, void *ctx)
{
	struct page *page = ctx;
	const struct chain_walk *chain = page->chain;
	const int64_t after = chain->place.seq;
	enum status status = store_chain_find(tx, chain->report.chain, &page->own);

	if (status == E_NOT_FOUND)
		page->own = chain->head;
	else if (status != OK)
		return status;
	/* What retention has removed meanwhile is not missing: on from the new base. */
	TRY(store_audit_page(tx, chain->report.chain, page->own.base_seq > after ? page->own.base_seq : after,
			     page->limit, &page->rows, &page->count));
	if (page->count == page->limit) /* counting is for the end: it walks the whole chain */
		return OK;
	return store_audit_count(tx, chain->report.chain, page->count ? page->rows[page->count - 1].seq : after,
				 &page->standing);
}

static void base_follow(struct chain_walk *chain, struct arena *arena, const struct chain_row *own)
{
	if (own->base_seq <= chain->place.seq)
		return;
	if (audit_head_check(chain->walk->core, arena, own) != OK) {
		find_at(chain, own->base_seq,
			"became the chain's beginning without a MAC: rows before it were removed");
		chain->stopped = true;
	}
	chain->place.seq = own->base_seq;
	memcpy(chain->place.hash, own->base_hash, sizeof(own->base_hash));
	chain->passed_head |= own->base_seq >= chain->head.head_seq;
	base_pass(chain);
}

/* Rows that the walk in order cannot meet: a place taken twice, or one before the beginning. */
static void standing_check(struct chain_walk *chain, const struct page *page)
{
	if (page->standing > places_between(chain->gone, places_between(page->own.base_seq, chain->place.seq)))
		find_at(chain, chain->place.seq, "has more rows before it than places: rows were inserted");
}

static enum status page_try(struct chain_walk *chain, struct arena *arena, size_t limit, struct page *page)
{
	*page = (struct page){.chain = chain, .limit = limit};
	return store_read(chain->walk->core->store, arena, page_read, page);
}

/* A page that cannot be read is tried row by row, so that the finding names the place. */
static enum status page_walk(struct chain_walk *chain, size_t *limit, bool *ret_more)
{
	scoped_arena *arena = arena_new(PAGE_ARENA);
	struct page page;
	enum status status = arena ? page_try(chain, arena, *limit, &page) : E_NOMEM;

	*ret_more = true;
	if (status != OK && *limit > 1) {
		*limit = 1;
		return OK;
	}
	if (status != OK) {
		find_at(chain, chain->place.seq, "is the last one before a row that cannot be read");
		chain->stopped = true;
		*ret_more = false;
		return OK;
	}
	base_follow(chain, arena, &page.own);
	for (size_t i = 0; i < page.count && !chain->stopped; i++)
		row_walk(chain, &page.rows[i]);
	*ret_more = page.count == *limit && !chain->stopped;
	if (!*ret_more && !chain->stopped)
		standing_check(chain, &page);
	return OK;
}

/* ---- one chain ---- */

static void own_row_check(struct chain_walk *chain, struct arena *arena, enum status loaded)
{
	const struct chain_row *head = &chain->head;

	if (loaded != OK) {
		find(chain, NULL,
		     loaded == E_NOT_FOUND ? "has lost its own record" : "has an own record that was changed");
		chain->head = (struct chain_row){.chain = chain->report.chain, .head_kid = ""};
		return;
	}
	if (!*head->head_kid) {
		if (head->head_seq != 0 || head->base_seq != 0)
			find(chain, NULL, "has a beginning or a head that no MAC stands for");
	} else if (audit_head_check(chain->walk->core, arena, head) != OK) {
		find(chain, NULL,
		     "has a MAC that does not fit its head: the record was changed, or the key is another");
	}
	chain->place.seq = head->base_seq;
	memcpy(chain->place.hash, head->base_hash, sizeof(head->base_hash));
}

static enum status chain_verify(const struct core *core, struct arena *arena, const char *name, void *ctx)
{
	struct walk *walk = ctx;
	struct chain_walk chain = {.walk = walk, .report = {.chain = name}};
	struct audit_chain_state state = {0};
	enum status loaded = audit_chain_load(core, arena, name, &state);
	size_t limit = PAGE;
	bool more = true;

	chain.head = state.row;
	own_row_check(&chain, arena, loaded);
	base_pass(&chain);
	while (more)
		TRY(page_walk(&chain, &limit, &more));
	end_check(&chain);
	chain.report.head_at = chain.head.head_at;
	walk->listener->chain(&chain.report, walk->listener->ctx);
	walk->total.chains++;
	walk->total.findings += chain.report.findings;
	walk->total.rows += chain.report.rows;
	walk->total.erased += chain.report.erased;
	walk->total.young += chain.report.young;
	return OK;
}

/* ---- the whole ---- */

struct counting {
	const char *chain;
	int64_t unchained, late, nameless;
	bool found;
};

static enum status unchained_read(struct store_tx *tx, void *ctx)
{
	struct counting *counting = ctx;

	TRY(store_audit_nameless(tx, &counting->nameless));
	return store_audit_unchained(tx, &counting->unchained, &counting->late);
}

static enum status presence_read(struct store_tx *tx, void *ctx)
{
	struct counting *counting = ctx;
	struct chain_row row;
	struct audit_place place;
	enum status status = store_audit_last(tx, counting->chain, INT64_MAX, &place);

	if (status == E_NOT_FOUND)
		status = store_chain_find(tx, counting->chain, &row);
	counting->found = status != E_NOT_FOUND;
	return counting->found ? status : OK;
}

static void whole_find(struct walk *walk, const char *chain, const char *what)
{
	const struct audit_finding finding = {.chain = chain, .what = what};

	walk->total.findings++;
	walk->listener->finding(&finding, walk->listener->ctx);
}

static void whole_find_for(const char *chain, const char *what, void *ctx)
{
	whole_find(ctx, chain, what);
}

/* A file that was changed proves nothing; a chain that is in it and nowhere else was taken away as a whole. */
static enum status outside_check(struct walk *walk, struct arena *arena, const struct chain_row *head)
{
	struct counting counting = {.chain = head->chain};

	if (audit_head_check(walk->core, arena, head) != OK) {
		whole_find(walk, head->chain,
			   "has a head kept outside whose MAC does not fit: the file was changed, or is "
			   "another service's");
		return OK;
	}
	TRY(store_read(walk->core->store, arena, presence_read, &counting));
	if (!counting.found)
		whole_find(walk, head->chain, "is in the file kept outside and not in the database: it was taken away");
	return OK;
}

static enum status rest_check(struct walk *walk)
{
	scoped_arena *arena = arena_new(PAGE_ARENA);
	struct counting counting = {0};

	if (!arena)
		return E_NOMEM;
	for (size_t i = 0; walk->outside && i < walk->outside->count; i++)
		TRY(outside_check(walk, arena, &walk->outside->heads[i]));
	TRY(audit_roll_check(walk->core, whole_find_for, walk));
	TRY(store_read(walk->core->store, arena, unchained_read, &counting));
	walk->total.unchained = counting.unchained;
	if (counting.nameless > 0)
		whole_find(walk, "",
			   "rows stand in chains whose names are none (empty, or with a byte that ends a text): they "
			   "were inserted");
	if (counting.late > 0)
		whole_find(walk, "",
			   "rows without a chain are newer than the first row that has one: they were inserted");
	return OK;
}

enum status audit_verify(const struct core *core, const struct audit_heads *outside,
			 const struct audit_listener *listener, struct audit_report *ret_report)
{
	struct walk walk = {.core = core, .outside = outside, .listener = listener};

	TRY(audit_chain_each(core, &(struct audit_each){chain_verify, &walk}));
	TRY(rest_check(&walk));
	*ret_report = walk.total;
	return OK;
}
