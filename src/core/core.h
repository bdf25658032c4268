#ifndef CORE_CORE_H
#define CORE_CORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/random.h"
#include "base/status.h"
#include "core/settings.h"
#include "keyholder/keyholder.h"
#include "store/store.h"

struct keyring;

/* The protocol's polite no; both strings are static or in the request's arena. Unset: code == NULL. */
struct oauth_error {
	const char *code;
	const char *description;
};

/* Zeroed memory denies. */
enum verdict { VERDICT_DENY = 0, VERDICT_MORE, VERDICT_ALLOW };

/*
 * What the rules work with. One for the whole process; immutable but for what its members guard themselves.
 * Each request has a copy, with the settings of the moment when it began; so nobody keeps a pointer to it longer.
 * Core never reads a clock and draws chance only from `random`.
 *
 * `wake(ctx, topic)` is called after a commit, from any thread: "login:<id>" when a login's page should read its
 * state again, "user:<id>" when a user's devices should, "outbox:" when there may be a message to send.
 */
struct core {
	struct store *store;
	struct keyholder *keyholder;
	const struct settings *settings;
	const struct random *random;
	struct keyring *keyring;
	void (*wake)(void *ctx, const char *topic);
	void *wake_ctx;
};

void core_wake(const struct core *core, const char *kind, const char *id);

/* Not being there is an answer, not trouble: E_NOT_FOUND becomes OK with *ret_found false. */
enum status must_check absent_is_fine(enum status status, bool *ret_found);

#define ID_SIZE    23 /* base64url of 128 random bits and NUL; never begins with a dash */
#define TOKEN_SIZE 44 /* base64url of 256 random bits and NUL */
void id_new(const struct random *random, char out[ID_SIZE]);
void token_new(const struct random *random, char out[TOKEN_SIZE]);
/* SHA-256 of the token's text: what is stored. */
void token_hash(const char *token, uint8_t out[32]);

#endif
