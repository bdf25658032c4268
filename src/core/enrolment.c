#include <stdio.h>
#include <string.h>

#include "base/encode.h"
#include "base/secret.h"
#include "base/text.h"
#include "core/audit.h"
#include "core/device.h"
#include "core/keyring.h"
#include "core/throttle.h"

#define CODE_CHARS       10
#define LOOKUPS_PER_HOUR 20
#define CONTESTED_KIND   "second-device"

static enum status code_hash(const struct core *core, const char chars[CODE_CHARS + 1], uint8_t out[32])
{
	return keyholder_mac(core->keyholder, &keyring_view(core->keyring)->mac, "enrol-code", chars, CODE_CHARS, out);
}

/* ---- the starting side ---- */

/* From where it was begun, for the audit log. */
static const char *reason_of(const struct enrolment_row *row)
{
	return strcmp(row->made_by, "command") == 0 ? "{\"reason\":\"command\"}" : "{\"reason\":\"account_page\"}";
}

struct start {
	struct enrolment_row row;
};

static enum status start_write(struct store_tx *tx, void *ctx)
{
	const struct start *start = ctx;

	TRY(store_enrolment_insert(tx, &start->row));
	return audit_write(tx, &(struct audit_row){.at = start->row.created_at,
						   .event = "enrolment.started",
						   .user_id = start->row.user_id,
						   .detail = reason_of(&start->row)});
}

/* 50 random bits for typing: 10 of 32 letters. */
static enum status typed_code_draw(const struct core *core, char shown[12], uint8_t ret_hash[32])
{
	static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	char chars[CODE_CHARS + 1] = "";

	for (int i = 0; i < CODE_CHARS; i++)
		chars[i] = letters[random_below(core->random, 32)];
	snprintf(shown, 12, "%.5s-%.5s", chars, chars + 5);
	return code_hash(core, chars, ret_hash);
}

enum status enrolment_start(const struct core *core, struct arena *arena, const char *user_id, bool with_totp,
			    const char *made_by, int64_t now, struct enrolment_started *ret_started)
{
	struct start start = {.row = {.user_id = user_id,
				      .state = "open",
				      .with_totp = with_totp,
				      .made_by = made_by,
				      .created_at = now}};
	struct enrolment_started started = {0};
	struct sealed_blob sealed;
	uint8_t secret[16];
	char secret_text[BASE64URL_SIZE(16) + 1];

	id_new(core->random, started.id);
	TRY(keyholder_enrolment_new(core->keyholder, arena, started.id, secret, &sealed));
	TRY(typed_code_draw(core, started.typed_code, start.row.code_hash));
	base64url_format(secret, sizeof(secret), secret_text);
	started.link = arena_format(arena, "%s/a/#e1.%s.%s", core->settings->issuer, started.id, secret_text);
	secret_zero(secret, sizeof(secret));
	secret_zero(secret_text, sizeof(secret_text));
	if (!started.link)
		return E_NOMEM;
	started.expires_at = now + core->settings->life.enrolment_s;
	start.row.id = started.id;
	start.row.sealed_secret = sealed.bytes;
	start.row.sealed_size = sealed.size;
	start.row.expires_at = started.expires_at;
	TRY(store_write(core->store, start_write, &start));
	*ret_started = started;
	return OK;
}

struct look {
	const char *id;
	int64_t now;
	struct enrolment_row row;
	struct device_row device;
	bool has_device, contested;
};

static enum status look_read(struct store_tx *tx, void *ctx)
{
	struct look *look = ctx;
	int64_t others = 0;

	TRY(store_enrolment_find(tx, look->id, &look->row));
	look->has_device = look->row.device_id != NULL;
	if (look->has_device)
		TRY(store_device_find(tx, look->row.device_id, &look->device));
	TRY(store_attempt_count(tx, look->id, CONTESTED_KIND, 0, &others));
	look->contested = others > 0;
	return OK;
}

static bool is_over(const struct enrolment_row *row, int64_t now)
{
	return now >= row->expires_at && strcmp(row->state, "active") != 0;
}

enum status enrolment_look(const struct core *core, struct arena *arena, const char *id, int64_t now,
			   struct enrolment_state *ret_state)
{
	struct look look = {.id = id, .now = now};

	TRY(store_read(core->store, arena, look_read, &look));
	ret_state->state = is_over(&look.row, now) ? "expired" : look.row.state;
	ret_state->device_name = look.has_device ? look.device.name : NULL;
	ret_state->platform = look.has_device ? look.device.platform : NULL;
	ret_state->contested = look.contested;
	ret_state->device_id = look.has_device ? look.device.id : NULL;
	ret_state->user_id = look.row.user_id;
	ret_state->made_by = look.row.made_by;
	ret_state->expires_at = look.row.expires_at;
	return OK;
}

struct confirm {
	const char *id;
	const char *digits;
	int64_t now;
	struct push_test test;
	bool matches;
	char user_id[ID_SIZE];
};

/* PROTOCOL, enrolment 4: it counts as reachable by push once it has echoed a test message. */
static enum status push_try(struct store_tx *tx, const char *device_id, const struct push_test *test)
{
	struct device_row device;
	enum status status;

	TRY(store_device_find(tx, device_id, &device));
	if (!device.push_endpoint)
		return OK;
	status = push_test_write(tx, device_id, test);
	return status == E_BUSY ? OK : status;
}

/* One attempt: right makes both active, wrong makes both void. */
static enum status confirm_write(struct store_tx *tx, void *ctx)
{
	struct confirm *confirm = ctx;
	struct enrolment_row row;
	const char *to;

	TRY(store_enrolment_find(tx, confirm->id, &row));
	if (is_over(&row, confirm->now))
		return E_EXPIRED;
	if (strcmp(row.state, "confirm") != 0 || !row.digits || !row.device_id)
		return E_CONFLICT;
	confirm->matches = secret_text_equal(row.digits, confirm->digits);
	memcpy(confirm->user_id, row.user_id, strnlen(row.user_id, ID_SIZE - 1));
	to = confirm->matches ? "active" : "void";
	TRY(store_enrolment_move(tx, confirm->id, "confirm", to, NULL, NULL));
	TRY(store_device_set_state(tx, row.device_id, "confirm", to, confirm->now));
	if (confirm->matches) {
		TRY(store_browser_remove_all(tx, row.user_id)); /* a factor change drops known browsers */
		TRY(push_try(tx, row.device_id, &confirm->test));
	}
	return audit_write(tx,
			   &(struct audit_row){.at = confirm->now,
					       .event = confirm->matches ? "device.enrolled" : "enrolment.wrong_digits",
					       .user_id = row.user_id,
					       .device_id = row.device_id,
					       .detail = reason_of(&row)});
}

enum status enrolment_confirm(const struct core *core, struct arena *arena, const char *id, const char *digits,
			      int64_t now)
{
	struct confirm confirm = {.id = id, .digits = digits, .now = now};

	push_test_draw(core, now, &confirm.test);
	TRY(store_write(core->store, confirm_write, &confirm));
	core_wake(core, "user", confirm.user_id);
	core_wake(core, "outbox", "");
	return confirm.matches ? OK : E_REFUSED;
}

static enum status void_write(struct store_tx *tx, void *ctx)
{
	struct confirm *confirm = ctx;
	struct enrolment_row row;

	TRY(store_enrolment_find(tx, confirm->id, &row));
	TRY(store_enrolment_move(tx, confirm->id, row.state, "void", NULL, NULL));
	if (row.device_id)
		TRY(store_device_set_state(tx, row.device_id, "confirm", "void", confirm->now));
	return audit_write(tx, &(struct audit_row){.at = confirm->now,
						   .event = "enrolment.voided",
						   .user_id = row.user_id,
						   .device_id = row.device_id,
						   .detail = reason_of(&row)});
}

enum status enrolment_void(const struct core *core, const char *id, int64_t now)
{
	struct confirm confirm = {.id = id, .now = now};

	return store_write(core->store, void_write, &confirm);
}

/* ---- POST /enrolments/lookup ---- */

struct lookup {
	uint8_t hash[32];
	char block[64];
	int64_t now;
	bool limited, found;
	char id[ID_SIZE];
	uint8_t sealed[128];
	size_t sealed_size;
};

/* Every try counts; beyond the limit right and wrong get the same answer. */
static enum status lookup_write(struct store_tx *tx, void *ctx)
{
	struct lookup *lookup = ctx;
	struct enrolment_row row;
	int64_t tries = 0;
	enum status status;

	lookup->found = false;
	TRY(store_attempt_count(tx, lookup->block, "enrol-lookup", lookup->now - 3600, &tries));
	lookup->limited = tries >= LOOKUPS_PER_HOUR;
	if (lookup->limited)
		return OK;
	TRY(store_attempt_insert(tx, lookup->block, "enrol-lookup", lookup->now));
	status = store_enrolment_find_code(tx, lookup->hash, &row);
	if (status == E_NOT_FOUND)
		return OK;
	TRY(status);
	if (strcmp(row.state, "open") != 0 || row.code_taken || lookup->now >= row.expires_at ||
	    row.sealed_size > sizeof(lookup->sealed) || strlen(row.id) != ID_SIZE - 1)
		return OK;
	TRY(store_enrolment_take_code(tx, row.id));
	memcpy(lookup->id, row.id, ID_SIZE);
	memcpy(lookup->sealed, row.sealed_secret, row.sealed_size);
	lookup->sealed_size = row.sealed_size;
	lookup->found = true;
	return OK;
}

static enum status lookup_reply(const struct core *core, struct lookup *lookup, json_t **ret_json)
{
	const struct sealed_blob sealed = {lookup->sealed, lookup->sealed_size};
	char text[BASE64URL_SIZE(16) + 1];
	uint8_t secret[16];

	TRY(keyholder_enrolment_reveal(core->keyholder, lookup->id, &sealed, secret));
	base64url_format(secret, sizeof(secret), text);
	*ret_json = json_pack("{s:s, s:s}", "id", lookup->id, "secret", text);
	secret_zero(secret, sizeof(secret));
	secret_zero(text, sizeof(text));
	return *ret_json ? OK : E_NOMEM;
}

enum status enrolment_lookup(const struct core *core, struct arena *arena, const char *typed_code, const char *ip,
			     int64_t now, json_t **ret_json)
{
	struct lookup lookup = {.now = now};
	char chars[CODE_CHARS + 1];

	address_block(ip, lookup.block);
	if (crockford_normalize(typed_code, chars, sizeof(chars)) != OK || strlen(chars) != CODE_CHARS)
		return E_INVALID;
	TRY(code_hash(core, chars, lookup.hash));
	TRY(store_write(core->store, lookup_write, &lookup));
	if (lookup.limited)
		return E_BUSY;
	return lookup.found ? lookup_reply(core, &lookup, ret_json) : E_NOT_FOUND;
}
