#ifndef CORE_KEYRING_H
#define CORE_KEYRING_H

#include "core/core.h"

/*
 * The keys in force: sealed blobs and public JWKs from the store. Read at start and again when the store has changed
 * (`symbolon key rotate` in another process). JWKS shows next, current and previous. Thread-safe: readers get an
 * immutable snapshot that lives as long as the keyring (old snapshots are kept until the keyring is freed; rotations
 * are rare).
 */
struct keyring_view {
	struct sealed_key es256, rs256; /* current, for signing */
	struct sealed_key pepper, mac;
	const char *jwks; /* the JSON text of /jwks */
	size_t jwks_size;
};

/* Makes the first keys: ES256 and RS256 for tokens, pepper, mac. For `symbolon init`. E_CONFLICT: there are keys. */
enum status must_check keyring_init(struct store *store, struct keyholder *keyholder, int64_t now);
enum status must_check keyring_open(struct store *store, struct keyring **ret_keyring);
enum status must_check keyring_refresh(struct keyring *keyring, struct store *store);
const struct keyring_view *keyring_view(struct keyring *keyring);
void keyring_close(struct keyring **keyring);
/* next becomes current, current becomes previous, a fresh next is made; for each token key. */
enum status must_check keyring_rotate(struct store *store, struct keyholder *keyholder, int64_t now);

#endif
