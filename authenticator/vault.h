#ifndef AUTHENTICATOR_VAULT_H
#define AUTHENTICATOR_VAULT_H

#include <stdbool.h>

#include "base/json.h"
#include "base/secret.h"
#include "terminal.h"

/*
 * The vault is one file, authenticator.json, in the authenticator's folder: accounts with their private keys, codes,
 * recent requests; sealed by a passphrase when there is one. docs/authenticator-vault.md describes it.
 *
 * A reader sees the file before or after a change, never between. Changes happen one at a time under a lock of the
 * folder, on what is in the file at that moment. Functions say what is wrong themselves and return how to exit.
 */
struct vault;

/* A missing file is an empty vault; a sealed one asks for its passphrase, or the keyring for its key. vault_free. */
enum exit_code vault_open(struct vault **ret_vault);
void vault_free(struct vault **vault);

/* Borrowed until the next vault_update. */
const json_t *vault_list(const struct vault *vault, const char *name); /* "accounts", "codes", "recent" */
enum vault_seal { VAULT_PLAIN, VAULT_PASSPHRASE, VAULT_KEYRING };
enum vault_seal vault_seal(const struct vault *vault);
const char *vault_path(const struct vault *vault);

/* Changes `root`, whose three lists are there; anything but EXIT_DONE leaves the file as it was. */
typedef enum exit_code vault_change_fn(json_t *root, void *ctx);
enum exit_code vault_update(struct vault *vault, vault_change_fn *change, void *ctx);

/* Seals the file by this passphrase from now on; NULL opens it for good. */
enum exit_code vault_passphrase_set(struct vault *vault, const char *passphrase);
/* Seals it by a random key that the desktop's keyring keeps from now on (keyring.h). */
enum exit_code vault_keyring_set(struct vault *vault);

/* Every piece of a vault that we rely on; false for anything else. Pure. */
bool vault_is_valid(const json_t *root);

#endif
