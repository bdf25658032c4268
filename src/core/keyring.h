#ifndef CORE_KEYRING_H
#define CORE_KEYRING_H

#include "core/core.h"

/*
 * The keys in force: sealed blobs and public JWKs from the store. Read at start and again when the store has changed
 * (`symbolon key rotate` in another process). JWKS shows next, current and previous. Thread-safe: readers get an
 * immutable snapshot that lives as long as the keyring (old snapshots are kept until the keyring is freed; rotations
 * are rare).
 */

/* Web Push (RFC 8292). */
struct vapid_key {
	struct sealed_key key;
	const char *public_key; /* the uncompressed point, base64url: what a browser calls applicationServerKey */
};
#define VAPID_KEYS_MAX 8

struct keyring_view {
	struct sealed_key es256, rs256; /* current, for signing */
	struct sealed_key pepper, mac;
	struct vapid_key vapid[VAPID_KEYS_MAX]; /* the current one first, then those that subscriptions still have */
	size_t vapid_count;                     /* 0: there is none (keyring_complete) */
	const char *jwks;                       /* the JSON text of /jwks */
	size_t jwks_size;
};

/* Makes the first keys: ES256 and RS256 for tokens, VAPID, pepper, mac. For `symbolon init`. E_CONFLICT: there are
 * keys. */
enum status must_check keyring_init(struct store *store, struct keyholder *keyholder, int64_t now);
enum status must_check keyring_open(struct store *store, struct keyring **ret_keyring);
enum status must_check keyring_refresh(struct keyring *keyring, struct store *store);
const struct keyring_view *keyring_view(struct keyring *keyring);
void keyring_close(struct keyring **keyring);
/* Makes what a database from before Web Push has not: the VAPID key. Many may try; one is made. */
enum status must_check keyring_complete(struct store *store, struct keyholder *keyholder, int64_t now);
/*
 * Token keys: next becomes current, current becomes previous, a fresh next is made. VAPID: a fresh one becomes current;
 * older ones stay as long as an active device's subscription was made with them, at most VAPID_KEYS_MAX in all.
 */
enum keyring_part { KEYRING_TOKENS = 1, KEYRING_VAPID = 2, KEYRING_ALL = 3 };
enum status must_check keyring_rotate(struct store *store, struct keyholder *keyholder, enum keyring_part part,
				      int64_t now);
/* By kid (NULL: the current one), or by what browsers know it by; NULL when there is none. */
const struct vapid_key *keyring_vapid(const struct keyring_view *view, const char *kid);
const struct vapid_key *keyring_vapid_public(const struct keyring_view *view, const char *public_key);

#endif
