#include <string.h>

#include "base/text.h"
#include "core/challenge.h"
#include "core/login_internal.h"

/* Text from outside, made fit for a phone's screen. */
static json_t *shown_text(struct arena *arena, const char *text, size_t max_chars)
{
	char *clean;

	if (!text || text_clean(arena, text, strlen(text), max_chars, &clean) != OK)
		return json_null();
	return json_string(clean);
}

static json_t *account_json(struct arena *arena, const struct core *core, const struct login *login)
{
	return json_pack("{s:o, s:o}", "username", shown_text(arena, login->user.name, 64), "organisation",
			 shown_text(arena, core->settings->organisation.name, 64));
}

static json_t *client_json(struct arena *arena, const struct login *login)
{
	return json_pack("{s:s, s:o, s:o}", "id", login->client.id, "name", shown_text(arena, login->client.name, 64),
			 "host", shown_text(arena, client_host(arena, &login->client), 128));
}

static json_t *request_json(struct arena *arena, const struct login *login, const struct challenge_row *row)
{
	return json_pack("{s:o, s:n, s:o, s:b, s:I}", "ip", shown_text(arena, login->row.ip, 46), "place", "browser",
			 shown_text(arena, login->row.ua_label, 64), "known", (int)row->known_browser, "at",
			 (json_int_t)row->created_at);
}

static int question_set(json_t *details, const struct challenge_row *row, const char *const choices[3])
{
	if (strcmp(row->mode, "confirm") == 0)
		return json_object_set_new(details, "code", json_string(row->code));
	if (json_object_set_new(details, "digits", json_integer(row->digits)))
		return -1;
	if (strcmp(row->mode, "choose") != 0)
		return 0; /* enter: the number is never sent to a device */
	return json_object_set_new(details, "choices", json_pack("[s,s,s]", choices[0], choices[1], choices[2]));
}

char *challenge_details_format(struct arena *arena, const struct core *core, const struct login *login,
			       const struct challenge_row *row, const char *const choices[3])
{
	scoped_json *details = json_pack("{s:s, s:s, s:s}", "id", row->id, "nonce", row->nonce, "mode", row->mode);

	if (!details || question_set(details, row, choices) ||
	    json_object_set_new(details, "account", account_json(arena, core, login)) ||
	    json_object_set_new(details, "client", client_json(arena, login)) ||
	    json_object_set_new(details, "request", request_json(arena, login, row)) ||
	    json_object_set_new(details, "why", shown_text(arena, row->why, 200)) ||
	    json_object_set_new(details, "message", json_null()) ||
	    json_object_set_new(details, "expires_at", json_integer(row->expires_at)))
		return NULL;
	return json_format(arena, details);
}
