/*
 * What a person types on the account page and in place of a pass. The first byte says what it is: 'p' a pass, 'n' a
 * name, 't' a place to come back to, 'd' the digits of an enrolment.
 */
#include <string.h>

#include "base/text.h"
#include "core/account.h"
#include "core/pass.h"
#include "core_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BROWSER "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
#define SID     "SSSSSSSSSSSSSSSSSSSSSS"

static const struct login_browser browser = {.browser_token = BROWSER, .ip = "192.0.2.1", .ip_trusted = true};

/* ---- somebody who is signed in ---- */

static struct session_row session_row(const struct world *world)
{
	struct session_row row = {.sid = SID,
				  .user_id = world->user_id,
				  .proofs = "[]",
				  .acr = "mfa",
				  .amr = "[]",
				  .ip = "192.0.2.1",
				  .ua_label = "A browser",
				  .created_at = FUZZ_NOW,
				  .used_at = FUZZ_NOW,
				  .idle_until = FUZZ_NOW + 3600,
				  .ends_at = FUZZ_NOW + 3600};

	token_hash(BROWSER, row.browser_hash);
	token_hash(SID, row.token_hash);
	return row;
}

struct signing_in {
	const struct world *world;
	struct account *account;
};

static enum status sign_in(struct store_tx *tx, void *ctx)
{
	const struct signing_in *signing_in = ctx;
	const struct session_row row = session_row(signing_in->world);
	const enum status status = store_session_insert(tx, &row);

	return status == E_CONFLICT ? OK : status; /* since an input before */
}

static enum status user_read(struct store_tx *tx, void *ctx)
{
	const struct signing_in *signing_in = ctx;

	return store_user_find(tx, signing_in->world->user_id, &signing_in->account->user);
}

static struct account account_make(struct world *world, struct arena *arena)
{
	struct account account = {.core = &world->core,
				  .arena = arena,
				  .browser = &browser,
				  .now = FUZZ_NOW,
				  .access = ACCOUNT_FULL,
				  .detail = "{}",
				  .session = session_row(world)};
	struct signing_in signing_in = {world, &account};

	must(store_write(world->core.store, sign_in, &signing_in) == OK);
	must(store_read(world->core.store, arena, user_read, &signing_in) == OK);
	return account;
}

/* ---- what is typed ---- */

/* Case, dashes and spaces make no difference; anything else does. */
static bool pass_typed(struct world *world, struct arena *arena, const char *text)
{
	uint8_t hash[32], again[32];
	char *lower = arena_strdup(arena, text);

	if (pass_read(&world->core, arena, "demo", text, hash) != OK)
		return false;
	must(strlen(text) >= PASS_LENGTH_MIN);
	must(pass_read(&world->core, arena, "demo", text_lower(arena, lower), again) == OK);
	must(memcmp(hash, again, sizeof(hash)) == 0);
	must(pass_read(&world->core, arena, "other", text, again) == OK && memcmp(hash, again, sizeof(hash)) != 0);
	return true;
}

static bool name_typed(struct world *world, struct arena *arena, const char *text)
{
	struct account account = account_make(world, arena);

	if (account_device_rename(&account, world->device.id, text) != OK) {
		must(account.problem && strcmp(account.problem, "bad_name") == 0);
		return false;
	}
	must(text_is_displayable(text) && utf8_count(text) <= 64);
	return true;
}

struct reading {
	const char *login_id;
	struct login_row row;
};

static enum status login_read(struct store_tx *tx, void *ctx)
{
	struct reading *reading = ctx;

	return store_login_find(tx, reading->login_id, &reading->row);
}

static bool is_our_page(const char *location)
{
	static const char page[] = "/account/";
	const char *rest = location + strlen(page);

	if (!text_has_prefix(location, page) || !*rest)
		return text_has_prefix(location, page);
	return *rest == '#' && rest[1] && strlen(rest) <= 65 &&
	       !rest[1 + strspn(rest + 1, "abcdefghijklmnopqrstuvwxyz0123456789-/")];
}

/* Never anywhere but to our own page. */
static bool place_given(struct world *world, struct arena *arena, const char *text)
{
	const struct account_wish wish = {.fresh = true, .to = text};
	struct login_begun begun;
	struct login_view view = {0};
	struct authorize_params params;
	struct reading reading;

	must(account_login_begin(&world->core, arena, &browser, &wish, FUZZ_NOW, &begun) == OK && !begun.has_response);
	reading = (struct reading){.login_id = begun.id};
	must(store_read(world->core.store, arena, login_read, &reading) == OK);
	must(authorize_params_parse(arena, reading.row.params, &params) == OK && is_our_page(params.redirect_uri));
	must(login_state(&world->core, arena, begun.id, &browser, FUZZ_NOW, &view) == OK);
	must(strcmp(json_get_string(json_object_get(view.json, "client"), "id"), "account") == 0);
	must(json_is_null(json_object_get(view.json, "cancel_url")));
	return true;
}

static bool digits_typed(struct world *world, struct arena *arena, const char *text)
{
	struct account account = account_make(world, arena);
	json_t *begun = NULL, *seen = NULL;
	enum status status;

	must(account_enrolment_start(&account, false, &begun) == OK);
	status = account_enrolment_confirm(&account, json_get_string(begun, "id"), text, &seen);
	must(status == E_INVALID || status == E_CONFLICT); /* no device has come */
	must(!seen);
	json_decref(begun);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world *world = world_get();
	struct arena *arena = arena_new(4 << 20);
	const char *text = size > 1 ? arena_strndup(arena, (const char *)data + 1, size - 1) : "";
	bool taken = false;

	must(arena && text);
	if (size > 0 && data[0] == 'p')
		taken = pass_typed(world, arena, text);
	else if (size > 0 && data[0] == 'n')
		taken = name_typed(world, arena, text);
	else if (size > 0 && data[0] == 't')
		taken = place_given(world, arena, text);
	else if (size > 0 && data[0] == 'd')
		taken = digits_typed(world, arena, text);
	arena_free(arena);
	if (taken)
		world_turn(world);
	return 0;
}
