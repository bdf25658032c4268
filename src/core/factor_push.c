#include <stdio.h>
#include <string.h>

#include "core/audit.h"
#include "core/challenge.h"
#include "core/login_internal.h"
#include "crypto/hash.h"

#define CODE_LETTERS 5

static bool is_new(char numbers[3][10], int drawn)
{
	for (int i = 0; i < drawn; i++)
		if (strcmp(numbers[i], numbers[drawn]) == 0)
			return false;
	return true;
}

/* Three different numbers, uniform, in uniform order; the right one is any of them. */
static void choices_draw(const struct random *random, int digits, char numbers[3][10], uint32_t *ret_right)
{
	for (int drawn = 0; drawn < 3;) {
		random_digits(random, (unsigned)digits, numbers[drawn]);
		drawn += is_new(numbers, drawn);
	}
	*ret_right = random_below(random, 3);
}

static void letters_draw(const struct random *random, char out[CODE_LETTERS + 1])
{
	for (int i = 0; i < CODE_LETTERS; i++)
		out[i] = (char)('A' + random_below(random, 26));
	out[CODE_LETTERS] = '\0';
}

static enum status question_draw(struct login_op *op, struct challenge_row *row, const char *choices[3])
{
	const struct random *random = op->core->random;
	char numbers[3][10] = {""}, code[CODE_LETTERS + 1] = "";
	uint32_t right = 0;

	if (row->digits < 0 || row->digits > 8)
		return E_INVALID;
	if (strcmp(row->mode, "choose") == 0)
		choices_draw(random, row->digits, numbers, &right);
	else if (strcmp(row->mode, "enter") == 0)
		random_digits(random, (unsigned)row->digits, numbers[0]);
	else
		letters_draw(random, code);
	for (int i = 0; i < 3; i++) {
		choices[i] = arena_strdup(op->arena, numbers[i]);
		if (!choices[i])
			return E_NOMEM;
	}
	row->number = choices[right];
	row->code = arena_strdup(op->arena, code);
	return row->code ? OK : E_NOMEM;
}

/* The rule after deny, wrong or report: in an unknown browser `enter` with at least 4 digits, then 6. */
static struct ask ask_with_caution(const struct login_op *op, const struct ask *ask, int *ret_caution)
{
	const struct user_row *user = &op->login.user;
	struct ask wanted = *ask;

	*ret_caution =
		op->login.has_user && !op->login.known.known && user->caution_until > op->now ? user->caution : 0;
	if (!*ret_caution)
		return wanted;
	if (wanted.mode != MODE_ENTER || wanted.digits < *ret_caution)
		wanted.digits = *ret_caution;
	wanted.mode = MODE_ENTER;
	return wanted;
}

/* Policy refuses this account, or it has been disabled or removed since: its request is one that nobody gets. */
static bool has_nobody(const struct login *login)
{
	return !login->has_user || login->user.disabled || (login->has_facade && !login_is_trusted(login));
}

enum status push_draft(struct login_op *op, const struct ask *ask, struct push_draft *draft)
{
	const struct login *login = &op->login;
	const char *choices[3] = {NULL};
	char nonce[ID_SIZE];
	struct ask wanted;

	*draft = (struct push_draft){0};
	wanted = ask_with_caution(op, ask, &draft->caution);
	draft->expected = draft->caution && login->user.expect_until > op->now;
	if (draft->expected && wanted.digits < 6)
		wanted.digits = 6;
	id_new(op->core->random, draft->id);
	id_new(op->core->random, nonce);
	draft->row = (struct challenge_row){
		.id = draft->id,
		.login_id = login->row.id,
		.user_id = has_nobody(login) ? NULL : login->row.user_id,
		.mode = push_mode_name(wanted.mode),
		.digits = wanted.mode == MODE_CONFIRM ? 0 : wanted.digits,
		.nonce = arena_strdup(op->arena, nonce),
		.state = "pending",
		.known_browser = login->known.known,
		.why = login_shown_decision(login)->why,
		.client_name = login->client.name,
		.created_at = op->now,
		.expires_at = op->now + op->core->settings->life.challenge_s,
	};
	if (!draft->row.nonce)
		return E_NOMEM;
	memcpy(draft->row.browser_hash, op->browser_hash, sizeof(op->browser_hash));
	TRY(question_draw(op, &draft->row, choices));
	draft->row.details = challenge_details_format(op->arena, op->core, login, &draft->row, choices);
	if (!draft->row.details)
		return E_NOMEM;
	sha256(draft->row.details, strlen(draft->row.details), draft->row.shown);
	return OK;
}

static enum status is_proven(struct store_tx *tx, const char *login_id, bool *ret_proven)
{
	struct login_row row;

	TRY(store_login_find(tx, login_id, &row));
	*ret_proven = strcmp(row.proofs, "[]") != 0 || row.known_browser;
	return OK;
}

/*
 * One pending challenge per user. The same browser replaces its own. One from a browser unknown for this user never
 * replaces another's: it waits unseen. A known browser takes the place of an unknown one's, and a page that has proven
 * something that of one that has proven nothing, or a stranger could keep the person out.
 */
static enum status place_take(struct store_tx *tx, struct login_op *op, struct push_draft *draft)
{
	struct challenge_row held;
	const struct challenge_settle superseded = {.to = "superseded", .now = op->now},
				      expired = {.to = "expired", .now = op->now};
	enum status status;
	bool own;

	draft->blocked = false;
	draft->replaced_login[0] = '\0';
	if (!draft->row.user_id)
		return OK;
	status = store_challenge_find_pending(tx, draft->row.user_id, &held);
	if (status == E_NOT_FOUND)
		return OK;
	TRY(status);
	if (held.expires_at <= op->now)
		return store_challenge_settle(tx, held.id, "pending", &expired, 0);
	own = memcmp(held.browser_hash, op->browser_hash, sizeof(op->browser_hash)) == 0;
	draft->blocked = !own && (!draft->row.known_browser || held.known_browser);
	if (draft->blocked && op->login.own_count > 0)
		TRY(is_proven(tx, held.login_id, &draft->blocked));
	if (draft->blocked)
		return OK;
	if (strcmp(held.login_id, op->login.row.id) != 0)
		snprintf(draft->replaced_login, sizeof(draft->replaced_login), "%s", held.login_id);
	return store_challenge_settle(tx, held.id, "pending", &superseded, 0);
}

static bool is_subscribed(const struct device_row *device)
{
	return strcmp(device->state, "active") == 0 && device->push_endpoint;
}

struct devices {
	struct device_row *rows;
	size_t count, subscribed;
};

static enum status devices_find(struct store_tx *tx, const char *user_id, struct devices *devices)
{
	TRY(store_device_list(tx, user_id, &devices->rows, &devices->count));
	for (size_t i = 0; i < devices->count; i++)
		devices->subscribed += is_subscribed(&devices->rows[i]);
	return OK;
}

static enum status outbox_write(struct store_tx *tx, struct login_op *op, const struct push_draft *draft,
				const struct devices *devices)
{
	for (size_t i = 0; i < devices->count; i++) {
		struct outbox_row row = {.kind = "challenge",
					 .device_id = devices->rows[i].id,
					 .subject_id = draft->id,
					 .not_before = op->now,
					 .expires_at = draft->row.expires_at,
					 .created_at = op->now};

		if (!is_subscribed(&devices->rows[i]))
			continue;
		row.id = arena_format(store_tx_arena(tx), "%s.%zu", draft->id, i);
		if (!row.id)
			return E_NOMEM;
		TRY(store_outbox_insert(tx, &row));
	}
	return OK;
}

/* The user as read may have changed meanwhile: then everything is done again. */
static enum status user_is_unchanged(struct store_tx *tx, const struct login_op *op, const struct push_draft *draft)
{
	struct user_row user;
	int caution;

	if (!draft->row.user_id)
		return OK;
	TRY(store_user_find(tx, draft->row.user_id, &user));
	caution = !draft->row.known_browser && user.caution_until > op->now ? user.caution : 0;
	if (user.disabled || caution != draft->caution || (caution && draft->expected != (user.expect_until > op->now)))
		return E_CONFLICT;
	return OK;
}

enum status push_start(struct store_tx *tx, struct login_op *op, struct push_draft *draft)
{
	const struct throttle_who who = login_who(op);
	struct devices devices = {0};
	bool popup;

	TRY(user_is_unchanged(tx, op, draft));
	TRY(throttle_push(tx, op->core->settings, &who, op->now, &popup));
	TRY(place_take(tx, op, draft));
	draft->row.hidden = draft->blocked || !draft->row.user_id;
	draft->row.popup = popup && !draft->row.hidden && (!draft->caution || draft->expected);
	if (draft->row.popup)
		TRY(devices_find(tx, draft->row.user_id, &devices));
	draft->row.delivery = devices.subscribed > 0 ? "queued" : NULL;
	TRY(store_challenge_insert(tx, &draft->row));
	if (draft->expected && !draft->row.hidden)
		TRY(store_user_set_expect(tx, draft->row.user_id, 0));
	TRY(outbox_write(tx, op, draft, &devices));
	op->login.row.challenge_id = draft->id;
	op->login.row.notice = draft->blocked ? "other_request" : NULL;
	op->login.challenge = draft->row;
	op->login.has_challenge = true;
	return OK;
}

void push_wake(const struct login_op *op, const struct push_draft *draft)
{
	if (draft && draft->row.user_id && !draft->row.hidden)
		core_wake(op->core, "user", draft->row.user_id);
	if (draft && draft->row.delivery)
		core_wake(op->core, "outbox", "");
	if (draft && *draft->replaced_login)
		core_wake(op->core, "login", draft->replaced_login);
}

const struct ask *login_first_push(const struct login *login)
{
	const struct step *step = strcmp(login->row.state, "prove") == 0 ? login_step(login) : NULL;

	return step && step->count > 0 && step->asks[0].factor == FACTOR_PUSH ? &step->asks[0] : NULL;
}

static enum status push_prepare(struct login_op *op)
{
	const struct ask *ask;

	if (strcmp(op->login.row.state, "prove") != 0)
		return E_CONFLICT;
	ask = login_ask(&op->login, FACTOR_PUSH);
	if (!ask)
		return E_CONFLICT;
	return push_draft(op, ask, op->more);
}

static enum status push_write(struct store_tx *tx, struct login_op *op)
{
	return push_start(tx, op, op->more);
}

enum status login_push(const struct core *core, struct arena *arena, const char *id,
		       const struct login_browser *browser, int64_t now, struct login_view *ret_view)
{
	struct push_draft draft;
	struct login_op op;

	login_op_init(&op, core, arena, id, browser, now);
	op.prepare = push_prepare;
	op.write = push_write;
	op.more = &draft;
	TRY(login_op_run(&op));
	push_wake(&op, &draft);
	return login_op_show(&op, ret_view);
}
