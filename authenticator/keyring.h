#ifndef AUTHENTICATOR_KEYRING_H
#define AUTHENTICATOR_KEYRING_H

#include "terminal.h"

/*
 * Keys kept by the desktop's Secret Service (GNOME Keyring, KeePassXC, KWallet): freedesktop.org's "Secret Service API"
 * 0.2, spoken over the session bus (docs/adr/0013). An item is found by two attributes, its schema and the vault's id;
 * programs that use libsecret see it, too.
 *
 * No call waits longer than 10 s, except for a person who is asked to unlock or allow something: for them 60 s, or
 * $SYMBOLON_AUTHENTICATOR_KEYRING_WAIT. Everything that goes wrong is said.
 *
 * EXIT_TROUBLE  no session bus, no Secret Service, no answer in time
 * EXIT_REFUSED  no such item, or the person did not allow it
 */
enum { KEYRING_SECRET_MAX = 128 };

enum exit_code keyring_store(const char *id, const char *secret);
/* Zero it when done. */
enum exit_code keyring_find(const char *id, char ret_secret[KEYRING_SECRET_MAX + 1]);
/* An item that is not there counts as removed. */
enum exit_code keyring_remove(const char *id);

#endif
