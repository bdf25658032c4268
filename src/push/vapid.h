#ifndef PUSH_VAPID_H
#define PUSH_VAPID_H

#include "core/core.h"
#include "core/keyring.h"

/*
 * RFC 8292: who we are, signed by the keyholder for one push service and 12 hours. What was signed is used again until
 * an hour before it ends; at most VAPID_CACHE_SIZE are kept, the oldest makes room. One thread.
 */
enum { VAPID_CACHE_SIZE = 32, VAPID_LIFE_S = 12 * 3600, VAPID_RENEW_S = 3600 };

struct vapid_header {
	char *text;     /* "vapid t=…, k=…" */
	char *made_for; /* kid, origin and subject */
	int64_t ends_at;
};
struct vapid_cache {
	struct vapid_header headers[VAPID_CACHE_SIZE];
};

/* The value of Authorization, good until the next call. What the keyholder says when it does not sign; E_NOMEM. */
enum status must_check vapid_header_get(struct vapid_cache *cache, const struct core *core, const struct vapid_key *key,
					const char *origin, int64_t now, const char **ret_header);
void vapid_cache_done(struct vapid_cache *cache);

#endif
