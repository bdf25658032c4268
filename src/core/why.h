#ifndef CORE_WHY_H
#define CORE_WHY_H

#include "base/arena.h"
#include "core/policy.h"

/*
 * One plain sentence that tells the person why they are asked what they are asked. A sentence has a key, by which a
 * page finds its own translation; why.c holds the keys with the English sentences, in which {client} is the service's
 * name.
 *
 * A key is MODE_REASON for a mode of confirm, choose, enter, code (a TOTP or recovery code) and a reason of
 * new_browser, known_browser, network, group, client, default; or one of caution, requested, password_only,
 * not_allowed, no_factor.
 */
extern const char *const why_keys[];
extern const size_t why_key_count;

/* With {client} in it; NULL for an unknown key. */
const char *why_template(const char *key);

/* The sentence. The name is cleaned and cut; a blank one becomes "This service". E_INVALID: unknown key. */
enum status must_check why_format(struct arena *arena, const char *key, const char *client_name, char **ret_sentence);

#endif
