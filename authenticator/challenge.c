#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/encode.h"
#include "internal.h"

enum { PENDING_MAX = 64, SEND_TRIES = 3, SEND_PAUSE_MS = 400 };

static const char *const decisions[] = {
	[SYMBOLON_APPROVE] = "approve",
	[SYMBOLON_DENY] = "deny",
	[SYMBOLON_REPORT] = "report",
};

/* A list is the whole answer or its one member. */
static const json_t *list_of(const json_t *json, const char *member)
{
	const json_t *list = json_is_array(json) ? json : json_object_get(json, member);

	return json_is_array(list) ? list : NULL;
}

static bool pending_read(const json_t *json, struct symbolon_pending *ret_pending)
{
	const char *id = json_get_string(json, "id");
	struct symbolon_pending pending = {0};

	if (!id_is_valid(id) || !TEXT_COPY(pending.id, id))
		return false;
	status_ignore(json_take_int(json, "expires_at", 0, INT64_MAX, &pending.expires_at), "0: not said");
	pending.popup = json_get_bool(json, "popup", true);
	*ret_pending = pending;
	return true;
}

enum symbolon_result symbolon_challenge_list(struct symbolon_device *device, struct symbolon_pending **ret_list,
					     size_t *ret_count, struct symbolon_error *ret_error)
{
	const struct call call = {.method = "GET", .path = "/challenges"};
	scoped_json *json = NULL;

	TRY_RESULT(call_json(device, &call, &json, ret_error));
	const json_t *list = list_of(json, "challenges");
	size_t count = json_array_size(list);
	if (!list || count > PENDING_MAX)
		return SYMBOLON_BAD_ANSWER;
	struct symbolon_pending *pending = calloc(count ? count : 1, sizeof(*pending));
	if (!pending)
		return SYMBOLON_NO_MEMORY;
	for (size_t i = 0; i < count; i++)
		if (!pending_read(json_array_get(list, i), &pending[i])) {
			free(pending);
			return SYMBOLON_BAD_ANSWER;
		}
	*ret_list = pending;
	*ret_count = count;
	return SYMBOLON_OK;
}

enum symbolon_result symbolon_challenge_get(struct symbolon_device *device, const char *id,
					    struct symbolon_challenge **ret_challenge, struct symbolon_error *ret_error)
{
	char path[128];
	scoped_reply reply = {0};
	struct symbolon_challenge *challenge = NULL;

	if (!id_is_valid(id))
		return SYMBOLON_INVALID;
	snprintf(path, sizeof(path), "/challenges/%s", id);
	const struct call call = {.method = "GET", .path = path};
	TRY_RESULT(call_send(device, &call, &reply, ret_error));
	enum symbolon_result parsed =
		symbolon_details_parse(reply.body.data ? reply.body.data : "", reply.body.size, &challenge);
	if (parsed == SYMBOLON_OK && strcmp(challenge->id, id) != 0) {
		symbolon_challenge_free(&challenge);
		parsed = SYMBOLON_BAD_ANSWER;
	}
	if (parsed != SYMBOLON_OK) {
		error_say(ret_error, "the details are not such as version 1 of the protocol has");
		return parsed;
	}
	*ret_challenge = challenge;
	return SYMBOLON_OK;
}

static bool number_fits(const struct symbolon_challenge *challenge, enum symbolon_decision decision, const char *number)
{
	if (decision != SYMBOLON_APPROVE || challenge->mode == SYMBOLON_CONFIRM)
		return number == NULL;
	if (!number)
		return false;
	if (challenge->mode == SYMBOLON_ENTER)
		return strlen(number) == challenge->digits && strspn(number, "0123456789") == challenge->digits;
	for (size_t i = 0; i < SYMBOLON_CHOICES; i++)
		if (strcmp(number, challenge->choices[i]) == 0)
			return true;
	return false;
}

static json_t *answer_claims(const struct symbolon_device *device, const struct symbolon_challenge *challenge,
			     const char *decision, int64_t now)
{
	char shown[BASE64URL_SIZE(32) + 1];
	json_t *claims = claims_new(device, now);

	base64url_format(challenge->shown, sizeof(challenge->shown), shown);
	json_t *more = json_pack("{s:s, s:s, s:s, s:s}", "challenge", challenge->id, "nonce", challenge->nonce, "shown",
				 shown, "decision", decision);
	if (!claims || !more || json_object_update(claims, more) != 0) {
		json_decref(claims);
		claims = NULL;
	}
	json_decref(more);
	return claims;
}

enum symbolon_result symbolon_answer_make(const struct symbolon_device *device,
					  const struct symbolon_challenge *challenge, enum symbolon_decision decision,
					  const char *number, int64_t now, char **ret_jws)
{
	if ((size_t)decision >= ARRAY_COUNT(decisions) || !number_fits(challenge, decision, number) ||
	    !id_is_valid(device->id))
		return SYMBOLON_INVALID;
	json_t *claims = answer_claims(device, challenge, decisions[decision], now);
	if (claims && number && json_object_set_new(claims, "number", json_string(number)) != 0) {
		json_decref(claims);
		claims = NULL;
	}
	return token_sign(device, "symbolon-answer+jwt", claims, false, ret_jws);
}

static void pause_ms(int64_t ms)
{
	struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	while (nanosleep(&left, &left) != 0)
		continue;
}

enum symbolon_result symbolon_answer_send(struct symbolon_device *device, const char *challenge_id, const char *jws,
					  char ret_state[32], struct symbolon_error *ret_error)
{
	char path[128];
	scoped_json *body = json_pack("{s:s}", "answer", jws);
	scoped_json *json = NULL;
	scoped_arena *arena = arena_new(ARENA_MAX);
	const char *bytes = body ? json_format(arena, body) : NULL;
	enum symbolon_result result = SYMBOLON_INVALID;

	if (!id_is_valid(challenge_id))
		return SYMBOLON_INVALID;
	if (!bytes)
		return SYMBOLON_NO_MEMORY;
	snprintf(path, sizeof(path), "/challenges/%s/answer", challenge_id);
	const struct call call = {.method = "POST", .path = path, .body = bytes};
	for (int attempt = 0; attempt < SEND_TRIES; attempt++) {
		pause_ms(attempt * SEND_PAUSE_MS);
		result = call_json(device, &call, &json, ret_error);
		if (result != SYMBOLON_UNREACHABLE)
			break;
	}
	TRY_RESULT(result);
	return text_copy(ret_state, 32, json_get_string(json, "state")) ? SYMBOLON_OK : SYMBOLON_BAD_ANSWER;
}

enum symbolon_result symbolon_answer(struct symbolon_device *device, const struct symbolon_challenge *challenge,
				     enum symbolon_decision decision, const char *number, char ret_state[32],
				     struct symbolon_error *ret_error)
{
	struct symbolon_error mine = {0}, *error = ret_error ? ret_error : &mine;
	enum symbolon_result result = SYMBOLON_OK;

	for (int attempt = 0; attempt < 2; attempt++) {
		char *jws = NULL;
		int64_t before = symbolon_device_skew_s(device);
		TRY_RESULT(
			symbolon_answer_make(device, challenge, decision, number, symbolon_device_now(device), &jws));
		result = symbolon_answer_send(device, challenge->id, jws, ret_state, error);
		symbolon_text_free(&jws);
		/* The request was mended on the way, the answer inside it was not: refused, so not recorded. */
		if (result != SYMBOLON_REFUSED || symbolon_device_skew_s(device) == before)
			break;
	}
	return result;
}

enum symbolon_result symbolon_expect(struct symbolon_device *device, struct symbolon_error *ret_error)
{
	const struct call call = {.method = "POST", .path = "/expect", .body = "{}"};
	scoped_reply reply = {0};

	return call_send(device, &call, &reply, ret_error);
}

enum symbolon_result symbolon_history(struct symbolon_device *device, char **ret_json, struct symbolon_error *ret_error)
{
	const struct call call = {.method = "GET", .path = "/history"};
	scoped_json *json = NULL;
	scoped_arena *arena = arena_new(ARENA_MAX);

	TRY_RESULT(call_json(device, &call, &json, ret_error));
	const json_t *list = list_of(json, "history");
	if (!list)
		return SYMBOLON_BAD_ANSWER;
	const char *text = json_format(arena, list);
	char *copy = text ? strdup(text) : NULL;
	if (!copy)
		return SYMBOLON_NO_MEMORY;
	*ret_json = copy;
	return SYMBOLON_OK;
}

enum symbolon_result symbolon_device_leave(struct symbolon_device *device, struct symbolon_error *ret_error)
{
	const struct call call = {.method = "DELETE", .path = "/device"};
	scoped_reply reply = {0};

	return call_send(device, &call, &reply, ret_error);
}
