#include <string.h>

#include "base/encode.h"
#include "base/json.h"
#include "core/audit_internal.h"
#include "core/audit_verify.h"

/* The file of heads kept outside. */

static const char format[] = "symbolon-audit-heads-v1";

/* ---- writing ---- */

static json_t *head_json(const struct chain_row *row)
{
	char base[65], hash[65], mac[65];

	hex_format(row->base_hash, 32, base);
	hex_format(row->head_hash, 32, hash);
	hex_format(row->head_mac, 32, mac);
	return json_pack("{s:s, s:I, s:s, s:I, s:s, s:I, s:s, s:s}", "chain", row->chain, "base_seq",
			 (json_int_t)row->base_seq, "base_hash", base, "seq", (json_int_t)row->head_seq, "hash", hash,
			 "at", (json_int_t)row->head_at, "kid", row->head_kid, "mac", mac);
}

static enum status head_add(const struct core *core, struct arena *arena, const char *chain, void *ctx)
{
	struct audit_chain_state state;
	enum status status = audit_chain_load(core, arena, chain, &state);

	if (status == E_NOT_FOUND || (status == OK && !*state.row.head_kid))
		return OK;
	TRY(status);
	return json_array_append_new(ctx, head_json(&state.row)) ? E_NOMEM : OK;
}

enum status audit_heads_format(const struct core *core, struct arena *arena, int64_t now, char **ret_text)
{
	scoped_json *heads = json_array();
	scoped_json *file = NULL;
	char *text;

	TRY(audit_chain_each(core, &(struct audit_each){head_add, heads}));
	file = json_pack("{s:s, s:s, s:I, s:O}", "format", format, "issuer", core->settings->issuer, "at",
			 (json_int_t)now, "heads", heads);
	text = file ? json_format(arena, file) : NULL;
	if (!text)
		return E_NOMEM;
	*ret_text = text;
	return OK;
}

/* ---- reading ---- */

static enum status hash_take(const json_t *object, const char *key, uint8_t hash[32])
{
	const char *text = json_get_string(object, key);
	size_t size = 0;

	if (!text || strlen(text) != 64)
		return E_INVALID;
	return hex_parse(text, 64, hash, 32, &size);
}

static enum status head_take(struct arena *arena, const json_t *object, struct chain_row *ret_row)
{
	struct chain_row row = {0};
	const char *chain = json_get_string(object, "chain"), *kid = json_get_string(object, "kid");

	if (!chain || !kid || !*kid || json_object_size(object) != 8)
		return E_INVALID;
	TRY(json_take_int(object, "base_seq", 0, INT64_MAX, &row.base_seq));
	TRY(json_take_int(object, "seq", row.base_seq, INT64_MAX, &row.head_seq));
	TRY(json_take_int(object, "at", 0, INT64_MAX, &row.head_at));
	TRY(hash_take(object, "base_hash", row.base_hash));
	TRY(hash_take(object, "hash", row.head_hash));
	TRY(hash_take(object, "mac", row.head_mac));
	row.chain = arena_strdup(arena, chain);
	row.head_kid = arena_strdup(arena, kid);
	if (!row.chain || !row.head_kid)
		return E_NOMEM;
	*ret_row = row;
	return OK;
}

static enum status heads_take(struct arena *arena, const json_t *list, struct audit_heads *ret_heads)
{
	const size_t count = json_array_size(list);
	struct audit_heads heads = {.heads = arena_calloc(arena, count + 1, sizeof(*heads.heads)), .count = count};

	if (!json_is_array(list) || count > AUDIT_HEADS_MAX)
		return E_INVALID;
	if (!heads.heads)
		return E_NOMEM;
	for (size_t i = 0; i < count; i++) {
		enum status status = head_take(arena, json_array_get(list, i), &heads.heads[i]);

		if (status != OK)
			return status == E_NOMEM ? E_NOMEM : E_INVALID;
	}
	*ret_heads = heads;
	return OK;
}

enum status audit_heads_parse(struct arena *arena, const char *text, size_t size, struct audit_heads *ret_heads,
			      const char **ret_problem)
{
	scoped_json *file = NULL;
	const char *found;
	enum status status;

	*ret_problem = "is not a file that `symbolon audit head` prints";
	if (size > AUDIT_HEADS_SIZE_MAX)
		return E_INVALID;
	TRY(json_parse_limited(text, size, 4, &file));
	found = json_get_string(file, "format");
	if (!found || strcmp(found, format) != 0)
		return E_INVALID;
	status = heads_take(arena, json_object_get(file, "heads"), ret_heads);
	if (status == E_INVALID)
		*ret_problem = "has a head that lacks something or holds what it may not";
	return status;
}
