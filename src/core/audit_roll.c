#include <stdio.h>
#include <string.h>

#include "base/encode.h"
#include "base/secret.h"
#include "base/text.h"
#include "core/audit_internal.h"
#include "core/keyring.h"
#include "crypto/hash.h"

/*
 * One row of meta: KID MAC NAME-LINES, where each line is a name and ends with a newline, in the order in which the
 * chains got their first MAC. The MAC is over the SHA-256 of the lines, so that the list may be long.
 */
static const char roll_name[] = "audit.chains";

enum { ROLL_MAX = 1 << 20, ROLL_ARENA = 16 << 20, KID_MAX = 128, MAC_TEXT = BASE64URL_SIZE(32) };

static enum status names_mac(struct keyholder *keyholder, const struct sealed_key *key, const char *names,
			     uint8_t ret_mac[32])
{
	uint8_t hash[32];

	sha256(names, strlen(names), hash);
	return keyholder_mac(keyholder, key, "audit chains v1", hash, sizeof(hash), ret_mac);
}

enum status audit_roll_format(struct keyholder *keyholder, const struct sealed_key *key, struct arena *arena,
			      const char *names, char **ret_roll)
{
	char text[MAC_TEXT + 1];
	uint8_t mac[32];
	char *roll;

	TRY(names_mac(keyholder, key, names, mac));
	base64url_format(mac, sizeof(mac), text);
	roll = arena_format(arena, "%s %s %s", key->kid, text, names);
	if (!roll)
		return E_NOMEM;
	*ret_roll = roll;
	return OK;
}

struct roll_reading {
	const char *roll;
};

static enum status roll_read(struct store_tx *tx, void *ctx)
{
	struct roll_reading *reading = ctx;

	return store_meta_get(tx, roll_name, &reading->roll);
}

/* "KID MAC NAMES" apart; NULL: not of that form. */
static const char *roll_parse(struct arena *arena, const char *roll, const char **ret_kid, uint8_t ret_mac[32])
{
	const size_t kid = strcspn(roll, " ");
	const char *mac = roll[kid] ? roll + kid + 1 : roll + kid;
	size_t size = 0;

	if (kid == 0 || kid > KID_MAX || strcspn(mac, " ") != MAC_TEXT || mac[MAC_TEXT] != ' ' ||
	    base64url_parse(mac, MAC_TEXT, ret_mac, 32, &size) != OK || size != 32)
		return NULL;
	*ret_kid = arena_format(arena, "%.*s", (int)kid, roll);
	return *ret_kid ? mac + MAC_TEXT + 1 : NULL;
}

enum status audit_roll_load(const struct core *core, struct arena *arena, struct audit_roll *ret_roll)
{
	struct roll_reading reading = {0};
	struct sealed_key key;
	const char *kid, *names;
	uint8_t mac[32], expected[32];
	enum status status = store_read(core->store, arena, roll_read, &reading);

	if (status != OK)
		return status == E_NOT_FOUND ? E_REFUSED : status;
	names = reading.roll ? roll_parse(arena, reading.roll, &kid, mac) : NULL;
	if (!names)
		return E_REFUSED;
	TRY(audit_key_find(core, arena, kid, &key));
	TRY(names_mac(core->keyholder, &key, names, expected));
	if (!secret_equal(mac, expected, sizeof(mac)))
		return E_REFUSED;
	*ret_roll = (struct audit_roll){.whole = reading.roll, .names = names};
	return OK;
}

bool audit_roll_has(const struct audit_roll *roll, const char *chain)
{
	const size_t size = strlen(chain);

	for (const char *line = roll->names; *line; line += strcspn(line, "\n") + (line[strcspn(line, "\n")] != '\0'))
		if (strcspn(line, "\n") == size && strncmp(line, chain, size) == 0)
			return true;
	return false;
}

enum status audit_roll_each(const struct audit_roll *roll, struct arena *arena,
			    enum status (*fn)(const char *chain, void *ctx), void *ctx)
{
	for (const char *line = roll->names; *line;) {
		const size_t size = strcspn(line, "\n");
		const char *name = arena_format(arena, "%.*s", (int)size, line);

		if (!name)
			return E_NOMEM;
		TRY(fn(name, ctx));
		line += size + (line[size] != '\0');
	}
	return OK;
}

struct checking {
	const struct core *core;
	struct arena *arena;
	void (*tell)(const char *chain, const char *what, void *ctx);
	void *ctx;
};

/* The chain is read first: a MAC and its place in the list come in one transaction, and neither goes again. */
static enum status chain_is_listed(const struct core *core, struct arena *arena, const char *chain, void *ctx)
{
	const struct checking *checking = ctx;
	struct audit_chain_state state;
	struct audit_roll roll;
	enum status status = audit_chain_load(core, arena, chain, &state);

	if (status == E_NOMEM)
		return status;
	if (status != OK || !*state.row.head_kid)
		return OK; /* a record that is lost or cannot be read is told of with its chain */
	TRY(audit_roll_load(core, arena, &roll));
	if (!audit_roll_has(&roll, chain))
		checking->tell(chain,
			       "has a MAC and is not in the list of chains: the list was put back to an older one",
			       checking->ctx);
	return OK;
}

static enum status listed_is_there(const char *chain, void *ctx)
{
	const struct checking *checking = ctx;
	struct audit_chain_state state;
	enum status status = audit_chain_load(checking->core, checking->arena, chain, &state);

	if (status == E_NOT_FOUND)
		checking->tell(chain, "is in the list of chains and not in the database: it was taken away",
			       checking->ctx);
	else if (status == OK && !*state.row.head_kid)
		checking->tell(chain, "had a MAC and has none now: it was taken away and begun anew", checking->ctx);
	return status == E_NOMEM ? status : OK;
}

enum status audit_roll_check(const struct core *core, void (*tell)(const char *chain, const char *what, void *ctx),
			     void *ctx)
{
	scoped_arena *arena = arena_new(ROLL_ARENA);
	struct checking checking = {core, arena, tell, ctx};
	struct audit_roll roll;
	enum status status = arena ? audit_roll_load(core, arena, &roll) : E_NOMEM;

	if (status == E_REFUSED) {
		tell("", "the list of chains is not there, or was changed: chains may have been taken away", ctx);
		return OK;
	}
	TRY(status);
	TRY(audit_roll_each(&roll, arena, listed_is_there, &checking));
	return audit_chain_each(core, &(struct audit_each){chain_is_listed, &checking});
}

enum status audit_roll_add(const struct core *core, struct arena *arena, const struct audit_roll *roll,
			   const char *chain, char **ret_roll)
{
	const char *names;

	if (strchr(chain, '\n') || strlen(roll->names) + strlen(chain) + 1 > ROLL_MAX)
		return E_REFUSED;
	names = arena_format(arena, "%s%s\n", roll->names, chain);
	return names ? audit_roll_format(core->keyholder, &keyring_view(core->keyring)->mac, arena, names, ret_roll)
		     : E_NOMEM;
}

enum status audit_roll_write(struct store_tx *tx, const char *before, const char *after)
{
	const char *now = NULL;

	if (before) {
		TRY(store_meta_get(tx, roll_name, &now));
		if (strcmp(now, before) != 0)
			return E_CONFLICT; /* somebody else has added a chain: again at the next round */
	}
	return store_meta_set(tx, roll_name, after);
}
