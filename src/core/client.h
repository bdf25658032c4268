#ifndef CORE_CLIENT_H
#define CORE_CLIENT_H

#include "core/core.h"

struct client_new {
	const char *id; /* 1 to 64 of A–Z a–z 0–9 . _ - */
	const char *name;
	const char *const *redirect_uris;
	size_t redirect_uri_count;
	const char *const *logout_uris;
	size_t logout_uri_count;
	bool is_public;
	bool third_party;
	const char *alg; /* NULL: ES256 */
};
/* ret_secret is "" for public clients, else 256 random bits, printed once. E_CONFLICT: id taken. E_INVALID with a
 * sentence. */
enum status must_check client_add(const struct core *core, struct arena *arena, const struct client_new *client,
				  int64_t now, char ret_secret[TOKEN_SIZE], const char **ret_problem);

/*
 * The account page is a service of our own: policy names it, nobody can register it, no tokens are issued to it, and
 * what a finished sign-in answers with is a path of ours.
 */
#define CLIENT_ACCOUNT "account"
bool client_is_account(const struct client_row *client);
/* The client of that id, ours too. For whatever decides and shows; what speaks OAuth asks the store alone. */
enum status must_check client_find(struct store_tx *tx, const struct settings *settings, const char *id,
				   struct client_row *ret_row);
/* Our own; strings in the arena. */
enum status must_check client_account(struct arena *arena, const struct settings *settings, struct client_row *ret_row);

/* A URI that may be registered: absolute, no fragment, https (http for loopback, or a private-use scheme with a dot for
 * public clients). */
bool redirect_uri_is_acceptable(const char *uri, bool is_public, const char **ret_problem);
/*= RFC9700#2.1 exact string matching, but for the port of loopback redirects of native apps (RFC 8252 7.3) */
bool redirect_uri_matches(const struct client_row *client, const char *uri);
bool logout_uri_matches(const struct client_row *client, const char *uri);
/* Whether the secret is the client's; constant time. */
bool client_secret_matches(const struct client_row *client, const char *secret);
/* The host of the first redirect URI, for people; "this device" for loopback and private-use schemes. */
const char *client_host(struct arena *arena, const struct client_row *client);

#endif
