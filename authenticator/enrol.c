#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "base/secret.h"
#include "crypto/hash.h"
#include "internal.h"

enum { PART_BYTES = 16, PART_SIZE = BASE64URL_SIZE(PART_BYTES), CODE_SIZE = 10 };

/* One of the two parts of a link: the base64url of exactly 128 bits. */
static bool part_is_valid(const char *text, size_t size)
{
	uint8_t bytes[PART_BYTES];
	size_t count = 0;

	return size == PART_SIZE && base64url_parse(text, size, bytes, sizeof(bytes), &count) == OK &&
	       count == PART_BYTES;
}

/* "{issuer}/a/#e1.<id>.<secret>" */
enum symbolon_result symbolon_link_parse(const char *text, struct symbolon_link *ret_link)
{
	static const char mark[] = "/a/#e1.";
	struct symbolon_link link = {0};
	const char *at = text ? strstr(text, mark) : NULL;

	if (!at || (size_t)(at - text) > SYMBOLON_ISSUER_MAX)
		return SYMBOLON_INVALID;
	const char *id = at + sizeof(mark) - 1;
	if (strlen(id) != 2 * PART_SIZE + 1 || id[PART_SIZE] != '.')
		return SYMBOLON_INVALID;
	const char *secret = id + PART_SIZE + 1;
	if (!part_is_valid(id, PART_SIZE) || !part_is_valid(secret, PART_SIZE))
		return SYMBOLON_INVALID;
	memcpy(link.issuer, text, (size_t)(at - text));
	memcpy(link.id, id, PART_SIZE);
	memcpy(link.secret, secret, PART_SIZE);
	if (!issuer_is_valid(link.issuer))
		return SYMBOLON_INVALID;
	*ret_link = link;
	secret_zero(&link, sizeof(link));
	return SYMBOLON_OK;
}

/* "abcde fgh1o" becomes "ABCDE-FGH10". */
static enum symbolon_result code_normalize(const char *code, char ret_code[CODE_SIZE + 2])
{
	char plain[CODE_SIZE + 1];

	if (!code || crockford_normalize(code, plain, sizeof(plain)) != OK || strlen(plain) != CODE_SIZE)
		return SYMBOLON_INVALID;
	memcpy(ret_code, plain, CODE_SIZE / 2);
	ret_code[CODE_SIZE / 2] = '-';
	memcpy(ret_code + CODE_SIZE / 2 + 1, plain + CODE_SIZE / 2, CODE_SIZE / 2 + 1);
	return SYMBOLON_OK;
}

static enum symbolon_result lookup_read(const char *issuer, const json_t *json, struct symbolon_link *ret_link)
{
	const char *id = json_get_string(json, "id");
	const char *secret = json_get_string(json, "secret");
	struct symbolon_link link = {0};

	if (!id || !secret || !part_is_valid(id, strlen(id)) || !part_is_valid(secret, strlen(secret)) ||
	    !TEXT_COPY(link.issuer, issuer) || !TEXT_COPY(link.id, id) || !TEXT_COPY(link.secret, secret))
		return SYMBOLON_BAD_ANSWER;
	*ret_link = link;
	secret_zero(&link, sizeof(link));
	return SYMBOLON_OK;
}

enum symbolon_result symbolon_link_lookup(const char *issuer, const char *code, struct symbolon_link *ret_link,
					  struct symbolon_error *ret_error)
{
	struct symbolon_device nobody = {0};
	char typed[CODE_SIZE + 2], body[64];
	scoped_json *json = NULL;

	if (!issuer_is_valid(issuer) || !TEXT_COPY(nobody.issuer, issuer))
		return SYMBOLON_INVALID;
	TRY_RESULT(code_normalize(code, typed));
	snprintf(body, sizeof(body), "{\"code\":\"%s\"}", typed);
	const struct call call = {.method = "POST", .path = "/enrolments/lookup", .body = body, .kind = CALL_UNSIGNED};
	enum symbolon_result result = call_json(&nobody, &call, &json, ret_error);
	if (nobody.curl)
		curl_easy_cleanup(nobody.curl);
	TRY_RESULT(result);
	return lookup_read(issuer, json, ret_link);
}

static enum symbolon_result link_key(const struct symbolon_link *link, uint8_t ret_key[32])
{
	uint8_t id[PART_BYTES], secret[PART_BYTES];
	size_t id_size = 0, secret_size = 0;

	if (base64url_parse(link->id, strlen(link->id), id, sizeof(id), &id_size) != OK || id_size != sizeof(id) ||
	    base64url_parse(link->secret, strlen(link->secret), secret, sizeof(secret), &secret_size) != OK ||
	    secret_size != sizeof(secret))
		return SYMBOLON_INVALID;
	hkdf_sha256(secret, sizeof(secret), id, sizeof(id), "symbolon enrol v1", ret_key, 32);
	secret_zero(secret, sizeof(secret));
	return SYMBOLON_OK;
}

enum symbolon_result symbolon_enrol_proof(const struct symbolon_link *link, const char *thumbprint, char ret_proof[44])
{
	uint8_t key[32], mac[32];
	struct text message;

	TRY_RESULT(link_key(link, key));
	text_init(&message, SYMBOLON_ISSUER_MAX + 256);
	text_add_bytes(&message, "symbolon-enrol", sizeof("symbolon-enrol"));
	text_add_bytes(&message, link->issuer, strlen(link->issuer) + 1);
	text_add_bytes(&message, link->id, strlen(link->id) + 1);
	text_add(&message, thumbprint);
	bool whole = !message.failed;
	if (whole)
		hmac_sha256(key, sizeof(key), message.data, message.size, mac);
	text_done(&message);
	secret_zero(key, sizeof(key));
	if (!whole)
		return SYMBOLON_NO_MEMORY;
	base64url_format(mac, sizeof(mac), ret_proof);
	return SYMBOLON_OK;
}

enum symbolon_result symbolon_enrol_token(const struct symbolon_device *device, const struct symbolon_link *link,
					  const char *name, const char *platform, int64_t now, char **ret_jws)
{
	char proof[44];

	if (strcmp(device->issuer, link->issuer) != 0)
		return SYMBOLON_INVALID;
	TRY_RESULT(symbolon_enrol_proof(link, device->thumbprint, proof));
	json_t *claims = claims_new(device, now);
	json_t *more = json_pack("{s:s, s:s, s:s, s:s}", "enrolment", link->id, "proof", proof, "name", name,
				 "platform", platform);
	bool joined = claims && more && json_object_update(claims, more) == 0;
	json_decref(more);
	if (!joined) {
		json_decref(claims);
		return SYMBOLON_NO_MEMORY;
	}
	return token_sign(device, "symbolon-enrol+jwt", claims, true, ret_jws);
}

static bool account_read(const json_t *json, struct symbolon_account *ret_account)
{
	const json_t *account = json_object_get(json, "account");
	const char *organisation = json_get_string(account, "organisation");

	return TEXT_COPY(ret_account->username, json_get_string(account, "username")) &&
	       TEXT_COPY(ret_account->organisation, organisation ? organisation : "");
}

static bool digits_are_valid(const char *digits)
{
	return digits && strlen(digits) == 6 && strspn(digits, "0123456789") == 6;
}

/* The server's 202: {device_id, state: "confirm", digits, account}. */
static enum symbolon_result begin_read(struct symbolon_device *device, const json_t *json, char ret_digits[7],
				       struct symbolon_account *ret_account)
{
	const char *device_id = json_get_string(json, "device_id");
	const char *digits = json_get_string(json, "digits");
	const char *issuer = json_get_string(json_object_get(json, "account"), "issuer");
	struct symbolon_account account = {0};

	if (!id_is_valid(device_id) || !digits_are_valid(digits) || !account_read(json, &account))
		return SYMBOLON_BAD_ANSWER;
	if (issuer && strcmp(issuer, device->issuer) != 0)
		return SYMBOLON_BAD_ANSWER;
	(void)TEXT_COPY(device->id, device_id);
	memcpy(ret_digits, digits, 7);
	*ret_account = account;
	return SYMBOLON_OK;
}

enum symbolon_result symbolon_enrol_begin(struct symbolon_device *device, const struct symbolon_link *link,
					  const char *name, const char *platform, char ret_digits[7],
					  struct symbolon_account *ret_account, struct symbolon_error *ret_error)
{
	struct symbolon_error mine = {0}, *error = ret_error ? ret_error : &mine;
	char path[128];
	scoped_json *json = NULL;
	enum symbolon_result result = SYMBOLON_OK;

	if (!id_is_valid(link->id))
		return SYMBOLON_INVALID;
	snprintf(path, sizeof(path), "/enrolments/%s", link->id);
	for (int attempt = 0; attempt < 2; attempt++) {
		char *jws = NULL;
		TRY_RESULT(symbolon_enrol_token(device, link, name, platform, symbolon_device_now(device), &jws));
		scoped_json *body = json_pack("{s:s}", "enrolment", jws);
		scoped_arena *arena = arena_new(ARENA_MAX);
		symbolon_text_free(&jws);
		const char *bytes = body ? json_format(arena, body) : NULL;
		if (!bytes)
			return SYMBOLON_NO_MEMORY;
		const struct call call = {.method = "POST", .path = path, .body = bytes, .kind = CALL_UNSIGNED};
		result = call_json(device, &call, &json, error);
		if (result == SYMBOLON_OK || !skew_learn(device, error))
			break;
	}
	TRY_RESULT(result);
	return begin_read(device, json, ret_digits, ret_account);
}

static enum symbolon_result finish_read(const json_t *json, struct symbolon_enrolled *ret_enrolled)
{
	const char *state = json_get_string(json, "state");
	const char *totp = json_get_string(json, "totp");
	struct symbolon_enrolled enrolled = {.active = state && strcmp(state, "active") == 0};

	if (!state)
		return SYMBOLON_BAD_ANSWER;
	if (strcmp(state, "void") == 0 || strcmp(state, "expired") == 0)
		return SYMBOLON_GONE;
	if (enrolled.active && (!account_read(json, &enrolled.account) || !TEXT_COPY(enrolled.totp, totp ? totp : "")))
		return SYMBOLON_BAD_ANSWER;
	*ret_enrolled = enrolled;
	secret_zero(&enrolled, sizeof(enrolled));
	return SYMBOLON_OK;
}

enum symbolon_result symbolon_enrol_finish(struct symbolon_device *device, const char *enrolment_id,
					   struct symbolon_enrolled *ret_enrolled, struct symbolon_error *ret_error)
{
	char path[128];
	scoped_json *json = NULL;

	if (!id_is_valid(enrolment_id))
		return SYMBOLON_INVALID;
	snprintf(path, sizeof(path), "/enrolments/%s", enrolment_id);
	const struct call call = {.method = "GET", .path = path};
	TRY_RESULT(call_json(device, &call, &json, ret_error));
	return finish_read(json, ret_enrolled);
}
