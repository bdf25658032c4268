#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/text.h"
#include "command.h"

enum { RECENT_MAX = 20, RECENT_AGE_S = 24 * 3600, ID_PREFIX_LEAST = 4 };

const char *account_text(const json_t *account, const char *key)
{
	const char *text = json_get_string(account, key);

	return text ? text : "";
}

bool account_is_active(const json_t *account)
{
	return strcmp(account_text(account, "state"), "active") == 0;
}

const char *account_label(struct arena *arena, const json_t *account)
{
	const char *organisation = account_text(account, "organisation");
	const char *label =
		arena_format(arena, "%s%s%s (%s)", shown(arena, account_text(account, "username")),
			     *organisation ? " at " : "", shown(arena, organisation), account_text(account, "issuer"));

	return label ? label : "";
}

bool account_matches(const json_t *account, const char *wanted)
{
	static const char *const keys[] = {"device_id", "username", "organisation", "issuer"};
	const char *id = account_text(account, "device_id");

	for (size_t i = 0; i < ARRAY_COUNT(keys); i++)
		if (*wanted && strcasecmp(account_text(account, keys[i]), wanted) == 0)
			return true;
	return strlen(wanted) >= ID_PREFIX_LEAST && text_has_prefix(id, wanted);
}

enum exit_code accounts_choose(struct command *command, const json_t ***ret_accounts, size_t *ret_count)
{
	const json_t *accounts = vault_list(command->vault, "accounts"), *account;
	const char *wanted = command->options.account;
	const json_t **chosen = arena_calloc(command->arena, json_array_size(accounts) + 1, sizeof(void *));
	size_t i, count = 0;

	if (!chosen)
		return complain_memory();
	json_array_foreach (accounts, i, account)
		if (account_is_active(account) && (!wanted || account_matches(account, wanted)))
			chosen[count++] = account;
	if (count == 0 && wanted)
		return complain(EXIT_REFUSED, "no_account", "no account here matches \"%s\"; see: " PROGRAM " list",
				shown(command->arena, wanted));
	if (count == 0)
		return complain(EXIT_REFUSED, "no_account",
				"no account is enrolled here; start with: " PROGRAM " enrol LINK");
	*ret_accounts = chosen;
	*ret_count = count;
	return EXIT_DONE;
}

enum exit_code account_choose(struct command *command, const json_t **ret_account)
{
	const json_t **accounts = NULL;
	size_t count = 0;
	enum exit_code code = accounts_choose(command, &accounts, &count);

	if (code != EXIT_DONE || count == 0)
		return code;
	if (count > 1) {
		for (size_t i = 0; i < count; i++)
			note("  %s  %s", account_text(accounts[i], "device_id"),
			     account_label(command->arena, accounts[i]));
		return complain(EXIT_BAD_USAGE, "which_account",
				"%zu accounts fit; choose one of those above with --account ID", count);
	}
	*ret_account = accounts[0];
	return EXIT_DONE;
}

enum exit_code account_device(struct command *command, const json_t *account, struct symbolon_device **ret_device)
{
	const char *id = account_text(account, "device_id");
	char *jwk = json_format(command->arena, json_object_get(account, "key"));
	enum symbolon_result result =
		jwk ? symbolon_device_new(account_text(account, "issuer"), *id ? id : NULL, jwk, ret_device)
		    : SYMBOLON_NO_MEMORY;

	if (result == SYMBOLON_NO_MEMORY)
		return complain_memory();
	if (result != SYMBOLON_OK)
		return complain(EXIT_TROUBLE, "vault",
				"%s: the account %s cannot be used: its issuer, id or key is damaged",
				vault_path(command->vault), account_label(command->arena, account));
	return EXIT_DONE;
}

void account_warn_skew(const struct symbolon_device *device)
{
	static bool said;
	int64_t skew = symbolon_device_skew_s(device);

	if (said || (skew > -30 && skew < 30))
		return;
	said = true;
	note("The clock of this computer is %lld seconds %s the server's. Set it right: codes depend on it.",
	     (long long)(skew < 0 ? -skew : skew), skew < 0 ? "ahead of" : "behind");
}

/* ---- recent requests ---- */

struct keep {
	const json_t *account;
	const struct symbolon_challenge *challenge;
	int64_t now;
};

/* The old, and any earlier copy of the same. */
static void recent_drop(json_t *recent, const struct keep *keep)
{
	for (size_t i = json_array_size(recent); i-- > 0;) {
		const json_t *item = json_array_get(recent, i);
		int64_t at = json_integer_value(json_object_get(item, "at"));

		if (at < keep->now - RECENT_AGE_S || at > keep->now + RECENT_AGE_S ||
		    strcmp(account_text(item, "challenge"), keep->challenge->id) == 0)
			json_array_remove(recent, i);
	}
	while (json_array_size(recent) >= RECENT_MAX)
		json_array_remove(recent, 0);
}

static enum exit_code recent_change(json_t *root, void *ctx)
{
	const struct keep *keep = ctx;
	json_t *recent = json_object_get(root, "recent");
	json_t *item =
		json_pack("{s:s, s:s, s:s, s:I}", "device_id", account_text(keep->account, "device_id"), "challenge",
			  keep->challenge->id, "details", keep->challenge->details, "at", (json_int_t)keep->now);

	recent_drop(recent, keep);
	return item && json_array_append_new(recent, item) == 0 ? EXIT_DONE : complain_memory();
}

enum exit_code recent_keep(struct command *command, const json_t *account, const struct symbolon_challenge *challenge)
{
	/* The account is borrowed from the tree that an update replaces. */
	scoped_json *held = json_incref((json_t *)account);
	struct keep keep = {.account = held, .challenge = challenge, .now = clock_now()};

	return vault_update(command->vault, recent_change, &keep);
}

static const json_t *account_of_device(const struct command *command, const char *device_id)
{
	const json_t *account;
	size_t i;

	json_array_foreach (vault_list(command->vault, "accounts"), i, account)
		if (account_is_active(account) && strcmp(account_text(account, "device_id"), device_id) == 0)
			return account;
	return NULL;
}

enum symbolon_result recent_find(const struct command *command, const char *id, const json_t **ret_account,
				 struct symbolon_challenge **ret_challenge)
{
	const json_t *item;
	size_t i;

	json_array_foreach (vault_list(command->vault, "recent"), i, item) {
		const char *details = account_text(item, "details");
		const json_t *account = account_of_device(command, account_text(item, "device_id"));

		if (!account || strcmp(account_text(item, "challenge"), id) != 0)
			continue;
		enum symbolon_result parsed = symbolon_details_parse(details, strlen(details), ret_challenge);
		if (parsed == SYMBOLON_OK)
			*ret_account = account;
		return parsed;
	}
	return SYMBOLON_NOT_FOUND;
}
