#include "code.h"

#include <string.h>

#include "base/secret.h"
#include "base/text.h"
#include "command.h"

enum { LINE_ARENA_MAX = 64 * 1024, SET_ARENA_MAX = 64 * 1024 * 1024, SET_FIRST = 64 };

enum status code_read(struct arena *arena, const json_t *item, struct otpauth *ret_otp)
{
	const char *uri = json_get_string(item, "uri"), *problem = NULL;

	return uri ? otpauth_parse(arena, uri, ret_otp, &problem) : E_INVALID;
}

static const char *otp_id(struct arena *arena, const struct otpauth *otp)
{
	const char *id = *otp->issuer ? arena_format(arena, "%s:%s", otp->issuer, otp->account) : otp->account;

	return id ? id : "?";
}

const char *code_id(struct arena *arena, const json_t *item)
{
	struct otpauth otp = {0};
	const char *id = code_read(arena, item, &otp) == OK ? otp_id(arena, &otp) : "?";

	secret_zero(&otp, sizeof(otp));
	return id;
}

bool code_matches(struct arena *arena, const json_t *item, const char *wanted)
{
	const char *id = text_lower(arena, code_id(arena, item));
	const char *part = text_lower(arena, wanted);

	return id && part && strstr(id, part) != NULL;
}

static bool secret_is_same(const struct otpauth *a, const struct otpauth *b)
{
	return a->seed_size == b->seed_size && secret_equal(a->seed, b->seed, a->seed_size) &&
	       a->params.hash == b->params.hash && a->params.digits == b->params.digits &&
	       a->params.period == b->params.period;
}

struct known {
	const char *id;
	struct otpauth otp;
};

struct code_set {
	struct arena *arena; /* zeroed when freed: the secrets are in it */
	json_t *codes;
	struct known *known;
	size_t count, capacity;
};

static enum status set_grow(struct code_set *set)
{
	size_t capacity = set->capacity * 2;
	struct known *known = arena_calloc(set->arena, capacity, sizeof(*known));

	if (!known)
		return E_NOMEM;
	memcpy(known, set->known, set->count * sizeof(*known));
	set->known = known;
	set->capacity = capacity;
	return OK;
}

static enum status set_know(struct code_set *set, const struct otpauth *otp)
{
	if (set->count == set->capacity)
		TRY(set_grow(set));
	set->known[set->count++] = (struct known){otp_id(set->arena, otp), *otp};
	return OK;
}

static enum status set_read(struct code_set *set)
{
	const json_t *item;
	size_t i;

	json_array_foreach (set->codes, i, item) {
		struct otpauth otp = {0};
		enum status status = code_read(set->arena, item, &otp);

		if (status == OK)
			status = set_know(set, &otp);
		secret_zero(&otp, sizeof(otp));
		if (status == E_NOMEM)
			return status;
	}
	return OK;
}

enum status code_set_new(json_t *codes, struct code_set **ret_set)
{
	struct arena *arena = arena_new(SET_ARENA_MAX);
	struct code_set *set = arena_calloc(arena, 1, sizeof(*set));

	if (set) {
		*set = (struct code_set){.arena = arena, .codes = codes, .capacity = SET_FIRST};
		set->known = arena_calloc(arena, set->capacity, sizeof(*set->known));
	}
	if (!set || !set->known || set_read(set) != OK) {
		arena_free(arena);
		return E_NOMEM;
	}
	*ret_set = set;
	return OK;
}

void code_set_free(struct code_set **set)
{
	if (*set)
		arena_free((*set)->arena);
	*set = NULL;
}

static enum code_fate fate_find(const struct code_set *set, const struct otpauth *otp, const char *id)
{
	enum code_fate fate = CODE_NEW;

	for (size_t i = 0; i < set->count; i++) {
		if (strcmp(set->known[i].id, id) != 0)
			continue;
		if (secret_is_same(otp, &set->known[i].otp))
			return CODE_SAME;
		fate = CODE_BESIDE;
	}
	return fate;
}

static enum status entry_append(struct code_set *set, const struct otpauth *otp, const json_t *entry, int64_t now)
{
	scoped_json *more = json_pack("{s:I}", "added_at", (json_int_t)now);
	const char *canonical = otpauth_format(set->arena, otp);
	json_t *own = canonical ? json_pack("{s:s}", "uri", canonical) : NULL;

	if (!own || !more || json_object_update_missing(own, (json_t *)entry) != 0 ||
	    json_object_update_missing(own, more) != 0) {
		json_decref(own);
		return E_NOMEM;
	}
	if (json_array_append_new(set->codes, own) != 0)
		return E_NOMEM;
	return set_know(set, otp);
}

enum status code_set_add(struct code_set *set, const json_t *entry, int64_t now, enum code_fate *ret_fate,
			 const char **ret_problem)
{
	const char *uri = json_get_string(entry, "uri");
	struct otpauth otp = {0};

	*ret_problem = "It has no address.";
	if (!uri)
		return E_INVALID;
	TRY(otpauth_parse(set->arena, uri, &otp, ret_problem));
	enum code_fate fate = fate_find(set, &otp, otp_id(set->arena, &otp));
	enum status status = fate == CODE_SAME ? OK : entry_append(set, &otp, entry, now);
	secret_zero(&otp, sizeof(otp));
	if (status == OK)
		*ret_fate = fate;
	return status;
}

void codes_count(struct codes_added *added, enum code_fate fate)
{
	added->added += fate != CODE_SAME;
	added->same += fate == CODE_SAME;
	added->beside += fate == CODE_BESIDE;
}

enum exit_code codes_add(json_t *root, const char *uri, int64_t now, struct codes_added *added)
{
	scoped_arena *arena = arena_new(LINE_ARENA_MAX);
	scoped_json *entry = json_pack("{s:s}", "uri", uri);
	struct code_set *set = NULL;
	enum code_fate fate = CODE_SAME;
	const char *problem = "It is no text.";
	enum status status = entry ? code_set_new(json_object_get(root, "codes"), &set) : E_INVALID;

	if (status == OK)
		status = code_set_add(set, entry, now, &fate, &problem);
	code_set_free(&set);
	if (status == E_INVALID)
		return complain(EXIT_REFUSED, "otpauth", "the code was not added: %s", shown(arena, problem));
	if (status != OK)
		return complain_memory();
	codes_count(added, fate);
	return EXIT_DONE;
}
