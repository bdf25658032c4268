#include <string.h>

#include "core/challenge.h"
#include "core/login_internal.h"

/*
 * What the page may see. A browser that has proven nothing yet and is not known for this user learns only that a push
 * was sent and, when its time is over, that it has ended: not whether the name exists, has a phone, denied, or was
 * spared.
 */

static json_t *text_or_null(const char *text)
{
	return text ? json_string(text) : json_null();
}

static json_t *organisation_json(const struct settings *settings)
{
	return json_pack("{s:s, s:o, s:o}", "name", settings->organisation.name, "help_url",
			 text_or_null(settings->organisation.help_url), "privacy_url",
			 text_or_null(settings->organisation.privacy_url));
}

static json_t *client_json(struct arena *arena, const struct client_row *client)
{
	return json_pack("{s:s, s:s, s:s}", "id", client->id, "name", client->name, "host", client_host(arena, client));
}

/* A pending challenge past its time is expired, whether or not the sweep has come by. */
static const char *challenge_state(const struct login_op *op)
{
	const struct challenge_row *row = &op->login.challenge;

	if (strcmp(row->state, "pending") == 0 && row->expires_at <= op->now)
		return "expired";
	return row->state;
}

static const char *challenge_status(const struct login_op *op, bool trusted)
{
	const struct challenge_row *row = &op->login.challenge;
	const char *state = challenge_state(op);

	if (strcmp(state, "approved") == 0 || strcmp(state, "consumed") == 0)
		return "approved";
	if (!trusted)
		return row->expires_at <= op->now ? "ended" : "sent";
	if (row->hidden)
		return "ended";
	if (strcmp(state, "pending") == 0)
		return row->seen_at ? "seen" : "sent";
	return state;
}

static json_t *challenge_json(const struct login_op *op, bool trusted)
{
	const struct challenge_row *row = &op->login.challenge;
	json_t *json;

	if (!op->login.has_challenge)
		return json_null();
	json = json_pack("{s:s, s:i, s:o, s:o, s:s, s:I, s:I, s:b, s:s?}", "mode", row->mode, "digits", row->digits,
			 "number", text_or_null(*row->number ? row->number : NULL), "code",
			 text_or_null(*row->code ? row->code : NULL), "status", challenge_status(op, trusted),
			 "expires_at", (json_int_t)row->expires_at, "life_s",
			 (json_int_t)(row->expires_at - row->created_at), "popup", (int)(trusted ? row->popup : true),
			 "delivery", trusted ? row->delivery : NULL);
	return json;
}

/* The push that this login waits for, if what the page asks is a push. */
static bool shows_challenge(const struct login *login, const char *state)
{
	return login->has_challenge && (strcmp(state, "prove") == 0 || strcmp(state, "done") == 0);
}

static json_t *ways_json(const struct step *step, const char *state)
{
	json_t *ways = json_array();

	if (strcmp(state, "prove") != 0)
		return ways;
	for (size_t i = 1; step && i < step->count; i++)
		if (step->asks[i].factor != step->asks[0].factor &&
		    json_array_append_new(ways, json_string(factor_name(step->asks[i].factor)))) {
			json_decref(ways);
			return NULL;
		}
	return ways;
}

static json_t *why_json(const struct login *login, bool trusted)
{
	const struct decision *decision = &login->decision;

	if (!trusted || !login->has_decision || !decision->why)
		return json_null();
	return json_pack("{s:s, s:s, s:s}", "key", decision->why_key, "text", decision->why, "client",
			 login->client.name);
}

static const char *scope_title(const char *scope)
{
	if (strcmp(scope, "profile") == 0)
		return "Your name and user name";
	if (strcmp(scope, "email") == 0)
		return "Your email address";
	return "That it is you";
}

struct scopes {
	json_t *list;
};

static enum status scope_add(const char *word, size_t size, void *ctx)
{
	struct scopes *scopes = ctx;
	char name[64];

	if (size >= sizeof(name))
		return OK;
	memcpy(name, word, size);
	name[size] = '\0';
	return json_array_append_new(scopes->list, json_pack("{s:s, s:s}", "name", name, "title", scope_title(name)))
		       ? E_NOMEM
		       : OK;
}

static json_t *scopes_json(const struct login *login, const char *state)
{
	struct scopes scopes = {json_array()};

	if (strcmp(state, "consent") == 0 && words_each(login->params.scope, scope_add, &scopes) != OK) {
		json_decref(scopes.list);
		return NULL;
	}
	return scopes.list;
}

static json_t *cancel_json(struct login_op *op)
{
	const struct oauth_error error = {"access_denied", "The sign-in was cancelled."};
	struct authorize_response response;

	/* At our own page whoever is signed in goes back; anybody else would only be asked again. */
	if (client_is_account(&op->login.client))
		return op->login.has_session ? json_string("/account/") : json_null();
	if (authorize_response_error(op->core, op->arena, &op->login.params, &error, &response) != OK ||
	    response.form_post)
		return json_null();
	return json_string(response.location);
}

static const char *notice_for(const struct login *login, bool trusted)
{
	const char *notice = login->row.notice;
	static const char *const for_all[] = {"wrong_password", "wrong_code", "slow_down", "not_allowed", "no_factor"};

	if (!notice || trusted)
		return notice;
	for (size_t i = 0; i < ARRAY_COUNT(for_all); i++)
		if (strcmp(for_all[i], notice) == 0)
			return notice;
	return NULL;
}

/* What is left to prove is computed now: the browser's session may have grown in another tab. */
static const char *state_now(struct login_op *op)
{
	if (op->now >= op->login.row.expires_at)
		return "expired";
	if (op->login.has_decision && strcmp(op->login.row.state, "prove") == 0)
		login_advance(&op->login);
	return op->login.row.state;
}

static bool state_is_final(const char *state)
{
	static const char *const final[] = {"done", "finished", "refused", "expired", "superseded"};

	for (size_t i = 0; i < ARRAY_COUNT(final); i++)
		if (strcmp(final[i], state) == 0)
			return true;
	return false;
}

struct parts {
	const char *state;
	bool trusted;
	const struct step *step;
};

static json_t *first_part(struct login_op *op, const struct parts *parts)
{
	const struct login *login = &op->login;
	const bool prove = strcmp(parts->state, "prove") == 0;
	const char *username = login->row.username ? login->row.username : login->params.login_hint;

	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "login", login->row.id, "state", parts->state,
			 "organisation", organisation_json(op->core->settings), "client",
			 client_json(op->arena, &login->client), "username", text_or_null(username), "factor",
			 text_or_null(prove && parts->step ? factor_name(parts->step->asks[0].factor) : NULL), "ways",
			 ways_json(parts->step, parts->state), "notice",
			 text_or_null(notice_for(login, parts->trusted)), "challenge",
			 shows_challenge(login, parts->state) ? challenge_json(op, parts->trusted) : json_null());
}

static int second_part(struct login_op *op, const struct parts *parts, json_t *json)
{
	const struct login *login = &op->login;

	return json_object_set_new(json, "why", why_json(login, parts->trusted)) ||
	       json_object_set_new(json, "scopes", scopes_json(login, parts->state)) ||
	       json_object_set_new(json, "cancel_url", cancel_json(op)) ||
	       json_object_set_new(json, "app_url", json_null()) ||
	       json_object_set_new(json, "ui_locales", text_or_null(login->params.ui_locales)) ||
	       json_object_set_new(json, "server_time", json_integer(op->now)) ||
	       json_object_set_new(json, "expires_at", json_integer(login->row.expires_at));
}

static void json_free(void *json)
{
	json_decref(json);
}

enum status login_view_build(struct login_op *op, struct login_view *ret_view)
{
	const struct login *login = &op->login;
	struct login_view view = {.login_id = login->row.id};
	struct parts parts = {.state = state_now(op), .trusted = login_is_trusted(login)};

	parts.step = login_step(login);
	view.state = parts.state;
	view.is_final = state_is_final(parts.state);
	view.finish_now = strcmp(parts.state, "done") == 0;
	view.trusted = parts.trusted;
	if (login->has_challenge && strcmp(parts.state, "prove") == 0 && login->challenge.expires_at > op->now)
		view.changes_at = login->challenge.expires_at;
	view.json = first_part(op, &parts);
	if (!view.json)
		return E_NOMEM;
	if (arena_defer(op->arena, json_free, view.json) || second_part(op, &parts, view.json))
		return E_NOMEM;
	*ret_view = view;
	return OK;
}
