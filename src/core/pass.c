#include "core/pass.h"

#include <string.h>

#include "base/encode.h"
#include "base/secret.h"
#include "core/audit.h"
#include "core/keyring.h"

static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* The same characters are another pass for another person. */
static enum status pass_hash(const struct core *core, struct arena *arena, const char *subject, const char *chars,
			     uint8_t out[32])
{
	char *message = arena_format(arena, "%s %s", subject, chars);
	enum status status;

	if (!message)
		return E_NOMEM;
	status = keyholder_mac(core->keyholder, &keyring_view(core->keyring)->mac, "pass", message, strlen(message),
			       out);
	secret_zero(message, strlen(message));
	return status;
}

enum status pass_read(const struct core *core, struct arena *arena, const char *subject, const char *typed,
		      uint8_t ret_hash[32])
{
	char chars[PASS_LENGTH_MAX + 1];
	enum status status = crockford_normalize(typed, chars, sizeof(chars));

	if (status == OK && strlen(chars) < PASS_LENGTH_MIN)
		status = E_INVALID;
	if (status == OK)
		status = pass_hash(core, arena, subject, chars, ret_hash);
	secret_zero(chars, sizeof(chars));
	return status;
}

const char *pass_state(const struct pass_row *row, int64_t now)
{
	if (row->used_at)
		return "used";
	if (row->ended_at)
		return "ended";
	return now < row->expires_at ? "in_force" : "expired";
}

/* ---- issuing ---- */

struct issue {
	struct pass_row row;
};

static enum status issue_write(struct store_tx *tx, void *ctx)
{
	const struct issue *issue = ctx;
	struct user_row user;

	TRY(store_user_find(tx, issue->row.user_id, &user));
	TRY(store_pass_end_all(tx, issue->row.user_id, issue->row.created_at));
	TRY(store_pass_insert(tx, &issue->row));
	return audit_write(tx, &(struct audit_row){.at = issue->row.created_at,
						   .event = "pass.issued",
						   .user_id = issue->row.user_id,
						   .detail = "{\"reason\":\"command\"}"});
}

/* In groups of four, to be read out. */
static void pass_draw(const struct random *random, size_t length, char chars[PASS_LENGTH_MAX + 1],
		      char text[PASS_TEXT_SIZE])
{
	for (size_t i = 0; i < length; i++) {
		chars[i] = letters[random_below(random, 32)];
		if (i > 0 && i % 4 == 0)
			*text++ = '-';
		*text++ = chars[i];
	}
	chars[length] = *text = '\0';
}

enum status pass_issue(const struct core *core, const struct pass_wish *wish, int64_t now,
		       struct pass_issued *ret_issued)
{
	struct pass_issued issued = {.expires_at = now + wish->valid_s};
	struct issue issue = {.row = {.user_id = wish->user_id, .created_at = now, .expires_at = issued.expires_at}};
	char chars[PASS_LENGTH_MAX + 1];
	scoped_arena *arena = arena_new(4096);
	enum status status;

	if (wish->length < PASS_LENGTH_MIN || wish->length > PASS_LENGTH_MAX || wish->valid_s < PASS_VALID_MIN_S ||
	    wish->valid_s > PASS_VALID_MAX_S)
		return E_INVALID;
	if (!arena)
		return E_NOMEM;
	id_new(core->random, issued.id);
	issue.row.id = issued.id;
	pass_draw(core->random, wish->length, chars, issued.text);
	status = pass_hash(core, arena, wish->user_id, chars, issue.row.hash);
	secret_zero(chars, sizeof(chars));
	TRY(status);
	TRY(store_write(core->store, issue_write, &issue));
	*ret_issued = issued;
	secret_zero(issued.text, sizeof(issued.text));
	return OK;
}

/* ---- revoking ---- */

struct revoke {
	const char *id;
	int64_t now;
};

static enum status revoke_write(struct store_tx *tx, void *ctx)
{
	const struct revoke *revoke = ctx;
	struct pass_row row;

	TRY(store_pass_find(tx, revoke->id, &row));
	TRY(store_pass_end(tx, revoke->id, revoke->now));
	return audit_write(tx, &(struct audit_row){.at = revoke->now,
						   .event = "pass.revoked",
						   .user_id = row.user_id,
						   .detail = "{\"reason\":\"command\"}"});
}

enum status pass_revoke(const struct core *core, const char *id, int64_t now)
{
	struct revoke revoke = {.id = id, .now = now};

	return store_write(core->store, revoke_write, &revoke);
}
