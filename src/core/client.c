#include "core/client.h"

#include <string.h>

#include "base/secret.h"
#include "base/text.h"
#include "core/audit.h"

#define URI_MAX_SIZE 2000
#define NAME_MAX     64

/* ---- redirect URIs ---- */

static bool has_only_uri_characters(const char *uri)
{
	for (const char *c = uri; *c; c++)
		if (*c <= ' ' || *c >= 0x7f || strchr("\"<>\\^`{|}#", *c))
			return false;
	return true;
}

/* "http://127.0.0.1", "http://[::1]" or "http://localhost" and what follows; NULL otherwise. */
static const char *loopback_rest(const char *uri)
{
	static const char *const prefixes[] = {"http://127.0.0.1", "http://[::1]", "http://localhost"};

	for (size_t i = 0; i < ARRAY_COUNT(prefixes); i++)
		if (text_has_prefix(uri, prefixes[i])) {
			const char *rest = uri + strlen(prefixes[i]);

			if (!*rest || strchr(":/?", *rest))
				return rest;
		}
	return NULL;
}

static bool has_authority(const char *after_scheme)
{
	const size_t size = strcspn(after_scheme, "/?");

	return size > 0 && !memchr(after_scheme, '@', size) && !memchr(after_scheme, '*', size);
}

/* RFC 8252 7.1: a private-use scheme is a reversed domain name, so it has a dot. */
static bool is_private_scheme(const char *uri)
{
	const size_t size = strcspn(uri, ":");
	bool dot = false;

	if (uri[size] != ':' || size == 0 || !((*uri >= 'a' && *uri <= 'z')))
		return false;
	for (size_t i = 0; i < size; i++) {
		if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789+-.", uri[i]))
			return false;
		dot |= uri[i] == '.';
	}
	return dot;
}

bool redirect_uri_is_acceptable(const char *uri, bool is_public, const char **ret_problem)
{
	*ret_problem = "a redirect URI has no fragment, no space and only ASCII, and is at most 2,000 characters";
	if (strlen(uri) > URI_MAX_SIZE || !has_only_uri_characters(uri))
		return false;
	*ret_problem = "a redirect URI is absolute and https, with a host that is no pattern; http only for localhost "
		       "and loopback addresses; a private scheme (with a dot) only with --public";
	if (text_has_prefix(uri, "https://"))
		return has_authority(uri + 8);
	if (text_has_prefix(uri, "http://"))
		return loopback_rest(uri) && has_authority(uri + 7);
	return is_public && is_private_scheme(uri);
}

/* The rest after the port, if there is one; NULL for what is no port. */
static const char *port_skip(const char *rest)
{
	const size_t digits = *rest == ':' ? strspn(rest + 1, "0123456789") : 0;
	int port = 0;

	if (*rest != ':')
		return rest;
	for (size_t i = 1; i <= digits && digits <= 5; i++)
		port = port * 10 + (rest[i] - '0');
	return port >= 1 && port <= 65535 ? rest + 1 + digits : NULL;
}

static bool loopback_matches(const char *registered, const char *uri)
{
	const char *a = loopback_rest(registered), *b = loopback_rest(uri);

	if (!a || !b || a - registered != b - uri || strncmp(registered, uri, (size_t)(a - registered)) != 0)
		return false;
	a = port_skip(a);
	b = port_skip(b);
	return a && b && strcmp(a, b) == 0;
}

static bool list_has(const char *json, const char *uri, bool any_port)
{
	scoped_json *list = NULL;
	size_t i;
	json_t *item;

	if (json_parse_limited(json, strlen(json), 2, &list) != OK)
		return false;
	json_array_foreach (list, i, item) {
		const char *registered = json_string_value(item);

		if (registered && (strcmp(registered, uri) == 0 || (any_port && loopback_matches(registered, uri))))
			return true;
	}
	return false;
}

/*= RFC8252#7.3
 * "The authorization server MUST allow any port to be specified at the time of the request for loopback IP redirect
 * URIs" That is for native apps, which are public; other clients match to the letter.
 */
bool redirect_uri_matches(const struct client_row *client, const char *uri)
{
	return uri && has_only_uri_characters(uri) && list_has(client->redirect_uris, uri, client->is_public);
}

bool logout_uri_matches(const struct client_row *client, const char *uri)
{
	return uri && has_only_uri_characters(uri) && list_has(client->logout_uris, uri, false);
}

bool client_secret_matches(const struct client_row *client, const char *secret)
{
	uint8_t hash[32];

	if (client->is_public || !secret)
		return false;
	token_hash(secret, hash);
	return secret_equal(hash, client->secret_hash, sizeof(hash));
}

const char *client_host(struct arena *arena, const struct client_row *client)
{
	scoped_json *list = NULL;
	const char *uri, *host;

	if (json_parse_limited(client->redirect_uris, strlen(client->redirect_uris), 2, &list) != OK)
		return "";
	uri = json_string_value(json_array_get(list, 0));
	if (!uri || !text_has_prefix(uri, "https://"))
		return "this device";
	host = uri + 8;
	return arena_strndup(arena, host, strcspn(host, "/?"));
}

/* ---- registering ---- */

struct add {
	struct client_row row;
};

static enum status add_write(struct store_tx *tx, void *ctx)
{
	const struct add *add = ctx;

	TRY(store_client_insert(tx, &add->row));
	return audit_write(tx, &(struct audit_row){.at = add->row.created_at,
						   .event = "client.added",
						   .client_id = add->row.id});
}

static char *uris_format(struct arena *arena, const char *const *uris, size_t count)
{
	scoped_json *list = json_array();

	for (size_t i = 0; list && i < count; i++)
		if (json_array_append_new(list, json_string(uris[i])))
			return NULL;
	return list ? json_format(arena, list) : NULL;
}

static bool uris_are_acceptable(const char *const *uris, size_t count, bool is_public, const char **ret_problem)
{
	for (size_t i = 0; i < count; i++)
		if (!redirect_uri_is_acceptable(uris[i], is_public, ret_problem))
			return false;
	return true;
}

/* ---- our own ---- */

bool client_is_account(const struct client_row *client)
{
	return client->id && strcmp(client->id, CLIENT_ACCOUNT) == 0;
}

enum status client_account(struct arena *arena, const struct settings *settings, struct client_row *ret_row)
{
	const char *uris = arena_format(arena, "[\"%s/account/\"]", settings->issuer);

	if (!uris)
		return E_NOMEM;
	*ret_row = (struct client_row){.id = CLIENT_ACCOUNT,
				       .name = "Your account",
				       .is_public = true,
				       .redirect_uris = uris,
				       .logout_uris = "[]",
				       .alg = "ES256"};
	return OK;
}

enum status client_find(struct store_tx *tx, const struct settings *settings, const char *id,
			struct client_row *ret_row)
{
	if (strcmp(id, CLIENT_ACCOUNT) == 0)
		return client_account(store_tx_arena(tx), settings, ret_row);
	return store_client_find(tx, id, ret_row);
}

/* ---- adding ---- */

static bool id_is_acceptable(const char *id)
{
	return *id && strlen(id) <= NAME_MAX &&
	       !id[strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")];
}

static enum status wish_check(const struct client_new *client, const char **ret_problem)
{
	*ret_problem = "a client id is 1 to 64 of A-Z a-z 0-9 . _ -";
	if (!id_is_acceptable(client->id))
		return E_INVALID;
	*ret_problem = "\"account\" is the account page of this service itself; choose another id";
	if (strcmp(client->id, CLIENT_ACCOUNT) == 0)
		return E_INVALID;
	*ret_problem = "a name has 1 to 64 characters that can be shown";
	if (!client->name || strlen(client->name) > NAME_MAX * 4 || !text_is_displayable(client->name))
		return E_INVALID;
	*ret_problem = "the algorithm is ES256 or RS256";
	if (client->alg && strcmp(client->alg, "ES256") != 0 && strcmp(client->alg, "RS256") != 0)
		return E_INVALID;
	*ret_problem = "a client needs at least one redirect URI";
	if (client->redirect_uri_count == 0 ||
	    !uris_are_acceptable(client->redirect_uris, client->redirect_uri_count, client->is_public, ret_problem) ||
	    !uris_are_acceptable(client->logout_uris, client->logout_uri_count, client->is_public, ret_problem))
		return E_INVALID;
	*ret_problem = NULL;
	return OK;
}

enum status client_add(const struct core *core, struct arena *arena, const struct client_new *client, int64_t now,
		       char ret_secret[TOKEN_SIZE], const char **ret_problem)
{
	struct add add = {.row = {.id = client->id,
				  .name = client->name,
				  .is_public = client->is_public,
				  .third_party = client->third_party,
				  .alg = client->alg ? client->alg : "ES256",
				  .created_at = now}};

	TRY(wish_check(client, ret_problem));
	add.row.redirect_uris = uris_format(arena, client->redirect_uris, client->redirect_uri_count);
	add.row.logout_uris = uris_format(arena, client->logout_uris, client->logout_uri_count);
	if (!add.row.redirect_uris || !add.row.logout_uris)
		return E_NOMEM;
	ret_secret[0] = '\0';
	if (!client->is_public) {
		token_new(core->random, ret_secret);
		token_hash(ret_secret, add.row.secret_hash);
	}
	return store_write(core->store, add_write, &add);
}
