#include "core/backup.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/encode.h"
#include "base/json.h"
#include "base/secret.h"
#include "core/audit.h"
#include "core/keyring.h"
#include "crypto/hash.h"

#define BACKUP_MEMORY (256 * 1024)

/* ---- what the store has not: a hash ---- */

static void *hash_begin(void)
{
	return sha256_begin();
}

static void hash_add(void *ctx, const void *data, size_t size)
{
	sha256_add(ctx, data, size);
}

static void hash_end(void *ctx, char ret_hex[65])
{
	struct sha256 *hash = ctx;
	uint8_t bytes[32];

	sha256_end(&hash, bytes);
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(ret_hex + 2 * i, 3, "%02x", bytes[i]);
}

static const struct backup_hasher hasher = {hash_begin, hash_add, hash_end};

static enum status mac_make(struct keyholder *keyholder, const struct sealed_key *key, const char *sha256_hex,
			    char ret_mac[BASE64URL_SIZE(32) + 1])
{
	uint8_t mac[32];

	TRY(keyholder_mac(keyholder, key, "backup", sha256_hex, strlen(sha256_hex), mac));
	base64url_format(mac, sizeof(mac), ret_mac);
	return OK;
}

/* ---- making one ---- */

struct record {
	int64_t now;
	const char *detail;
};

static enum status made_write(struct store_tx *tx, void *ctx)
{
	const struct record *record = ctx;
	char at[24];

	snprintf(at, sizeof(at), "%" PRId64, record->now);
	TRY(store_meta_set(tx, "backed_up_at", at));
	return audit_write(tx,
			   &(struct audit_row){.at = record->now, .event = "backup.made", .detail = record->detail});
}

static enum status made_record(const struct core *core, const struct backup_sums *sums, int64_t now)
{
	scoped_arena *arena = arena_new(BACKUP_MEMORY);
	scoped_json *json = json_pack("{s:s, s:I}", "sha256", sums->sha256, "rows", (json_int_t)sums->rows);
	struct record record = {.now = now, .detail = arena && json ? json_format(arena, json) : NULL};

	return record.detail ? store_write(core->store, made_write, &record) : E_NOMEM;
}

static enum status backup_seal(const struct core *core, struct backup *backup, char problem[256])
{
	char mac[BASE64URL_SIZE(32) + 1];

	snprintf(problem, 256, "the keyholder does not vouch for it; `symbolon doctor` looks for the cause");
	TRY(mac_make(core->keyholder, &keyring_view(core->keyring)->mac, backup_sums(backup)->sha256, mac));
	return backup_finish(backup, mac, problem);
}

enum status backup_make(const struct core *core, const char *path, bool may_replace, int64_t now,
			struct backup_sums *ret_sums, char problem[256])
{
	const struct backup_settings settings = {.path = path,
						 .may_replace = may_replace,
						 .issuer = core->settings->issuer,
						 .now = now};
	struct backup *backup = NULL;
	struct backup_sums sums = {0};
	enum status status;

	TRY(backup_begin(core->store, &settings, &hasher, &backup, problem));
	sums = *backup_sums(backup);
	status = backup_seal(core, backup, problem);
	backup_close(&backup);
	TRY(status);
	*ret_sums = sums;
	snprintf(problem, 256, "%.150s is made, but that could not be recorded", path);
	return made_record(core, &sums, now);
}

/* ---- whether to believe one ---- */

static enum status refuse(char problem[256], const char *path, const char *why)
{
	snprintf(problem, 256, "%.100s: %s", path, why);
	return E_REFUSED;
}

static enum status mac_check(const struct core *core, const char *path, const struct backup_facts *facts,
			     char problem[256])
{
	const struct sealed_key key = {facts->mac_key.kid, facts->mac_key.alg, facts->mac_key.sealed,
				       facts->mac_key.size};
	char mac[BASE64URL_SIZE(32) + 1];
	enum status status = mac_make(core->keyholder, &key, facts->computed_sha256, mac);

	if (status == E_REFUSED || status == E_INVALID)
		return refuse(
			problem, path,
			"the key-encryption key (keys.kek) does not open its keys: it was made under another one");
	if (status == OK && !secret_text_equal(mac, facts->mac))
		return refuse(problem, path, "was changed after it was made; nothing of it is used");
	return status;
}

static enum status file_believe(const struct core *core, const char *path, const struct backup_facts *facts,
				char problem[256])
{
	if (strcmp(facts->computed_sha256, facts->sha256) != 0)
		return refuse(problem, path, "is damaged, or was changed after it was made; nothing of it is used");
	if (strcmp(facts->issuer, core->settings->issuer) != 0) {
		snprintf(problem, 256, "%.80s: is a backup of %.60s, and this configuration is of %.60s", path,
			 facts->issuer, core->settings->issuer);
		return E_REFUSED;
	}
	return mac_check(core, path, facts, problem);
}

/* ---- restoring ---- */

/* What is in the place now is as old as that backup; one made from this database since then is younger. */
static enum status age_write(struct store_tx *tx, int64_t made_at)
{
	int64_t known = 0;
	char at[24];

	TRY(store_meta_number(tx, "backed_up_at", &known));
	snprintf(at, sizeof(at), "%" PRId64, made_at);
	return known < made_at ? store_meta_set(tx, "backed_up_at", at) : OK;
}

static enum status done_write(struct store_tx *tx, void *ctx)
{
	const struct restored *restored = ctx;
	const struct backup_restored *all = restored->also_ctx;
	scoped_json *json = json_pack("{s:I, s:I, s:I, s:b}", "epoch", (json_int_t)restored->epoch, "rows",
				      (json_int_t)restored->rows, "made_at", (json_int_t)all->made_at, "present_read",
				      restored->present_was_read);
	char *detail = json ? json_format(store_tx_arena(tx), json) : NULL;
	int64_t now = 0;

	if (!detail)
		return E_NOMEM;
	TRY(store_meta_number(tx, "restored_at", &now));
	TRY(age_write(tx, all->made_at));
	return audit_write(tx, &(struct audit_row){.at = now, .event = "restore.done", .detail = detail});
}

static enum status file_restore(const struct core *core, struct backup_file *file, const struct backup_restore *wanted,
				struct backup_restored *restored, char problem[256])
{
	const struct restore_settings settings = {.url = core->settings->database,
						  .is_exact = wanted->is_exact,
						  .keep_recovery = wanted->keep_recovery,
						  .discard = wanted->discard,
						  .now = wanted->now,
						  .totp_window = core->settings->totp_window,
						  .chain = core->settings->command_chain,
						  .also = done_write,
						  .also_ctx = restored};

	restored->made_at = backup_file_facts(file)->made_at;
	return store_restore(file, &settings, &restored->done, problem);
}

enum status backup_restore(const struct core *core, const struct backup_restore *wanted,
			   struct backup_restored *ret_restored, char problem[256])
{
	struct backup_file *file = NULL;
	struct backup_restored restored = {0};
	enum status status;

	TRY(backup_file_open(wanted->path, &hasher, &file, problem));
	status = file_believe(core, wanted->path, backup_file_facts(file), problem);
	if (status == OK)
		status = file_restore(core, file, wanted, &restored, problem);
	backup_file_close(&file);
	if (status == OK)
		*ret_restored = restored;
	return status;
}

/* ---- what is known of both ---- */

static enum status history_read(struct store_tx *tx, void *ctx)
{
	struct backup_history *history = ctx;

	TRY(store_meta_number(tx, "backed_up_at", &history->made_at));
	TRY(store_meta_number(tx, "epoch", &history->epoch));
	return store_meta_number(tx, "restored_at", &history->restored_at);
}

enum status backup_history(const struct core *core, struct backup_history *ret_history)
{
	scoped_arena *arena = arena_new(BACKUP_MEMORY);
	struct backup_history history = {0};

	if (!arena)
		return E_NOMEM;
	TRY(store_read(core->store, arena, history_read, &history));
	*ret_history = history;
	return OK;
}
