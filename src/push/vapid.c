#include "push/vapid.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"

#define SIGNING_MEMORY (64 * 1024)

/* Some push services refuse a token without a contact; the issuer's own address is better than none. */
static const char *subject_of(const struct settings *settings)
{
	if (settings->push.subject)
		return settings->push.subject;
	return settings->issuer_is_https ? settings->issuer : NULL;
}

/*= RFC8292#2 "aud" the origin of the push resource URL, "exp" no more than 24 hours from the time of the request */
static enum status token_sign(struct arena *arena, const struct core *core, const struct vapid_key *key,
			      const char *origin, int64_t ends_at, char **ret_jws)
{
	const char *subject = subject_of(core->settings);
	scoped_json *claims = json_pack("{s:s, s:I}", "aud", origin, "exp", (json_int_t)ends_at);
	struct sign_job job = {.key = &key->key, .typ = KEYHOLDER_VAPID_TYP};

	if (!claims || (subject && json_object_set_new(claims, "sub", json_string(subject)) != 0))
		return E_NOMEM;
	job.payload = json_format(arena, claims);
	return job.payload ? keyholder_sign(core->keyholder, arena, &job, 1, ret_jws) : E_NOMEM;
}

/* The one for this, else the one that ends first: an empty one ends at 0. */
static struct vapid_header *place_find(struct vapid_cache *cache, const char *made_for)
{
	struct vapid_header *oldest = &cache->headers[0];

	for (size_t i = 0; i < VAPID_CACHE_SIZE; i++) {
		struct vapid_header *header = &cache->headers[i];

		if (header->made_for && strcmp(header->made_for, made_for) == 0)
			return header;
		if (header->ends_at < oldest->ends_at)
			oldest = header;
	}
	return oldest;
}

static enum status header_put(struct vapid_header *header, const char *made_for, const char *text, int64_t ends_at)
{
	struct vapid_header next = {.text = strdup(text), .made_for = strdup(made_for), .ends_at = ends_at};

	if (!next.text || !next.made_for) {
		free(next.text);
		free(next.made_for);
		return E_NOMEM;
	}
	free(header->text);
	free(header->made_for);
	*header = next;
	return OK;
}

enum status vapid_header_get(struct vapid_cache *cache, const struct core *core, const struct vapid_key *key,
			     const char *origin, int64_t now, const char **ret_header)
{
	scoped_arena *arena = arena_new(SIGNING_MEMORY);
	const char *subject = subject_of(core->settings);
	const char *made_for = arena_format(arena, "%s %s %s", key->key.kid, origin, subject ? subject : "");
	struct vapid_header *header;
	char *jws = NULL;
	const char *text;

	if (!made_for)
		return E_NOMEM;
	header = place_find(cache, made_for);
	if (!header->made_for || strcmp(header->made_for, made_for) != 0 || header->ends_at - VAPID_RENEW_S <= now ||
	    header->ends_at > now + VAPID_LIFE_S) { /* the clock was set back */
		TRY(token_sign(arena, core, key, origin, now + VAPID_LIFE_S, &jws));
		text = arena_format(arena, "vapid t=%s, k=%s", jws, key->public_key);
		if (!text)
			return E_NOMEM;
		TRY(header_put(header, made_for, text, now + VAPID_LIFE_S));
	}
	*ret_header = header->text;
	return OK;
}

void vapid_cache_done(struct vapid_cache *cache)
{
	for (size_t i = 0; i < VAPID_CACHE_SIZE; i++) {
		free(cache->headers[i].text);
		free(cache->headers[i].made_for);
	}
	memset(cache, 0, sizeof(*cache));
}
