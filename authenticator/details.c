#include <stdlib.h>
#include <string.h>

#include "crypto/hash.h"
#include "internal.h"

/* The public part comes first, so a pointer to it is a pointer to the whole. */
struct details {
	struct symbolon_challenge shown;
	json_t *json;
	char *bytes;
};

static bool digits_only(const char *text, size_t least, size_t most)
{
	size_t size = text ? strlen(text) : 0;

	return size >= least && size <= most && strspn(text, "0123456789") == size;
}

static bool code_is_valid(const char *code)
{
	return code && strlen(code) == SYMBOLON_CODE_LENGTH &&
	       strspn(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == SYMBOLON_CODE_LENGTH;
}

/* Three numbers, all different. */
static bool choices_read(const json_t *choices, struct symbolon_challenge *ret_challenge)
{
	const char **out = ret_challenge->choices;

	if (json_array_size(choices) != SYMBOLON_CHOICES)
		return false;
	for (size_t i = 0; i < SYMBOLON_CHOICES; i++) {
		out[i] = json_string_value(json_array_get(choices, i));
		if (!digits_only(out[i], SYMBOLON_DIGITS_MIN, SYMBOLON_DIGITS_MAX))
			return false;
		for (size_t j = 0; j < i; j++)
			if (strcmp(out[i], out[j]) == 0)
				return false;
	}
	return true;
}

/* What the mode needs is there. A mode that we do not know is not guessed at. */
static bool mode_read(const json_t *json, struct symbolon_challenge *ret_challenge)
{
	const char *mode = json_get_string(json, "mode");
	int64_t digits = 0;

	if (mode && strcmp(mode, "confirm") == 0) {
		ret_challenge->mode = SYMBOLON_CONFIRM;
		ret_challenge->code = json_get_string(json, "code");
		return code_is_valid(ret_challenge->code);
	}
	if (mode && strcmp(mode, "choose") == 0) {
		ret_challenge->mode = SYMBOLON_CHOOSE;
		return choices_read(json_object_get(json, "choices"), ret_challenge);
	}
	if (mode && strcmp(mode, "enter") == 0) {
		ret_challenge->mode = SYMBOLON_ENTER;
		if (json_take_int(json, "digits", SYMBOLON_DIGITS_MIN, SYMBOLON_DIGITS_MAX, &digits) != OK)
			return false;
		ret_challenge->digits = (unsigned)digits;
		return true;
	}
	return false;
}

static bool who_read(const json_t *json, struct symbolon_challenge *ret_challenge)
{
	const json_t *account = json_object_get(json, "account");
	const json_t *client = json_object_get(json, "client");
	const char *name = json_get_string(client, "name");

	ret_challenge->username = json_get_string(account, "username");
	ret_challenge->organisation = json_get_string(account, "organisation");
	ret_challenge->client_name = name ? name : json_get_string(client, "id");
	ret_challenge->client_host = json_get_string(client, "host");
	return ret_challenge->username && ret_challenge->client_name;
}

static bool request_read(const json_t *json, struct symbolon_challenge *ret_challenge)
{
	const json_t *request = json_object_get(json, "request");

	ret_challenge->ip = json_get_string(request, "ip");
	ret_challenge->place = json_get_string(request, "place");
	ret_challenge->browser = json_get_string(request, "browser");
	ret_challenge->known = json_get_bool(request, "known", false);
	enum status at = json_take_int(request, "at", 0, INT64_MAX, &ret_challenge->requested_at);
	return json_is_object(request) && (at == OK || at == E_NOT_FOUND);
}

static bool nonce_is_valid(const char *nonce)
{
	return nonce && *nonce && strlen(nonce) <= 256;
}

static bool details_read(const json_t *json, struct symbolon_challenge *ret_challenge)
{
	ret_challenge->id = json_get_string(json, "id");
	ret_challenge->nonce = json_get_string(json, "nonce");
	ret_challenge->why = json_get_string(json, "why");
	ret_challenge->message = json_get_string(json, "message");
	return id_is_valid(ret_challenge->id) && nonce_is_valid(ret_challenge->nonce) &&
	       json_take_int(json, "expires_at", 0, INT64_MAX, &ret_challenge->expires_at) == OK &&
	       mode_read(json, ret_challenge) && who_read(json, ret_challenge) && request_read(json, ret_challenge);
}

static void details_free(struct details *details)
{
	json_decref(details->json);
	free(details->bytes);
	free(details);
}

enum symbolon_result symbolon_details_parse(const void *bytes, size_t size, struct symbolon_challenge **ret_challenge)
{
	json_t *json = NULL;

	if (size > SYMBOLON_BODY_MAX)
		return SYMBOLON_BAD_ANSWER;
	TRY_RESULT(result_of(json_parse_limited(bytes, size, JSON_DEPTH_MAX, &json), SYMBOLON_BAD_ANSWER));
	struct details *details = calloc(1, sizeof(*details));
	char *copy = malloc(size + 1);
	if (!details || !copy) {
		json_decref(json);
		free(details);
		free(copy);
		return SYMBOLON_NO_MEMORY;
	}
	memcpy(copy, bytes, size);
	copy[size] = '\0';
	*details = (struct details){.json = json, .bytes = copy};
	if (!details_read(json, &details->shown)) {
		details_free(details);
		return SYMBOLON_BAD_ANSWER;
	}
	details->shown.details = copy;
	details->shown.details_size = size;
	sha256(bytes, size, details->shown.shown);
	*ret_challenge = &details->shown;
	return SYMBOLON_OK;
}

void symbolon_challenge_free(struct symbolon_challenge **challenge)
{
	if (!challenge || !*challenge)
		return;
	details_free((struct details *)*challenge);
	*challenge = NULL;
}
