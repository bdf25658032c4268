#include "core/receipt.h"

#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/jose.h"

#define JWS_SIZE_MAX 4096
#define IAT_WINDOW_S 60
#define SHOWN_DEPTH  8

static const char format[] = "symbolon-receipt-v1";

static enum status refuse(const char **ret_problem, const char *problem)
{
	*ret_problem = problem;
	return E_REFUSED;
}

/* ---- checking ---- */

static enum status parts_check(const struct audit_row *row, const char **ret_problem)
{
	*ret_problem = NULL;
	if (row->erased_at)
		*ret_problem = "it was erased";
	else if (!row->receipt)
		*ret_problem = "this row of the audit log is not a device's answer";
	else if (!row->shown || !row->device_jwk)
		*ret_problem = "it is from before what was shown and the device's key were kept with the answer";
	else if (!row->device_id || !audit_sizes_fit(row))
		*ret_problem = "it has no place in a chain";
	return *ret_problem ? E_NOT_FOUND : OK;
}

static enum status place_check(const struct audit_row *row, const char **ret_problem)
{
	struct audit_place place = {.seq = row->seq - 1};
	const char *fault;

	memcpy(place.hash, row->prev, sizeof(place.hash));
	fault = row->seq < 1 ? "has no place in a chain" : audit_row_fault(row, &place);
	return fault ? refuse(ret_problem, "it does not fit its hashes: it was changed") : OK;
}

static enum status signature_check(struct arena *arena, const struct audit_row *row, struct jose_parts *parts,
				   struct receipt *receipt, const char **ret_problem)
{
	scoped_jose_key *key = NULL;

	if (jose_public_parse(row->device_jwk, strlen(row->device_jwk), &key) != OK)
		return refuse(ret_problem, "the device's key in it is not a public key");
	if (jose_parse(arena, row->receipt, strlen(row->receipt), JWS_SIZE_MAX, parts) != OK)
		return refuse(ret_problem, "the answer in it is not a signed answer");
	if (jose_verify(parts, key, "symbolon-answer+jwt") != OK)
		return refuse(ret_problem, "the signature is not this key's over this answer");
	return jose_key_thumbprint(key, receipt->thumbprint);
}

static bool claim_is(const struct jose_parts *parts, const char *key, const char *value)
{
	const char *claim = json_get_string(parts->payload, key);

	return claim && value && strcmp(claim, value) == 0;
}

static void shown_free(void *json)
{
	json_decref(json);
}

/* What was signed is what is said to have been shown: by its hash, and by the names inside. */
static enum status shown_check(struct arena *arena, const struct audit_row *row, const struct jose_parts *parts,
			       struct receipt *receipt, const char **ret_problem)
{
	char shown[BASE64URL_SIZE(32) + 1];
	uint8_t hash[32];
	json_t *details = NULL;

	sha256(row->shown, strlen(row->shown), hash);
	base64url_format(hash, sizeof(hash), shown);
	if (!claim_is(parts, "shown", shown))
		return refuse(ret_problem, "the device signed that it was shown something else");
	if (json_parse_limited(row->shown, strlen(row->shown), SHOWN_DEPTH, &details) != OK)
		return refuse(ret_problem, "what was shown is not a request's details");
	if (arena_defer(arena, shown_free, details) != 0)
		return E_NOMEM;
	if (!claim_is(parts, "challenge", json_get_string(details, "id")) ||
	    !claim_is(parts, "nonce", json_get_string(details, "nonce")))
		return refuse(ret_problem, "the answer is to another request than the one shown");
	receipt->shown = details;
	return OK;
}

/* "wrong" is an approval with a number that was not the page's. */
static bool event_fits(const char *event, const char *decision)
{
	static const struct {
		const char *decision, *events;
	} fits[] = {
		{"approve", "challenge.approved challenge.wrong"},
		{"deny", "challenge.denied"},
		{"report", "challenge.reported"},
	};

	for (size_t i = 0; i < ARRAY_COUNT(fits); i++)
		if (strcmp(fits[i].decision, decision) == 0)
			return words_has(fits[i].events, event);
	return false;
}

static enum status claims_check(const struct audit_row *row, const struct jose_parts *parts, struct receipt *receipt,
				const char **ret_problem)
{
	receipt->decision = json_get_string(parts->payload, "decision");
	receipt->number = json_get_string(parts->payload, "number");
	receipt->issuer = json_get_string(parts->payload, "aud");
	if (!parts->kid || strcmp(parts->kid, row->device_id) != 0)
		return refuse(ret_problem, "the answer is another device's than the row says");
	if (!receipt->decision || !receipt->issuer || !event_fits(row->event, receipt->decision))
		return refuse(ret_problem, "the answer says something else than the row");
	if (row->at <= IAT_WINDOW_S || row->at > INT64_MAX - IAT_WINDOW_S ||
	    json_take_int(parts->payload, "iat", row->at - IAT_WINDOW_S, row->at + IAT_WINDOW_S, &receipt->signed_at) !=
		    OK)
		return refuse(ret_problem, "the answer was signed at another time than the row says");
	return OK;
}

enum status receipt_check(struct arena *arena, const struct audit_row *row, struct receipt *ret_receipt,
			  const char **ret_problem)
{
	struct receipt receipt = {.row = *row};
	struct jose_parts parts;

	TRY(parts_check(row, ret_problem));
	TRY(place_check(row, ret_problem));
	TRY(signature_check(arena, row, &parts, &receipt, ret_problem));
	TRY(shown_check(arena, row, &parts, &receipt, ret_problem));
	TRY(claims_check(row, &parts, &receipt, ret_problem));
	*ret_receipt = receipt;
	return OK;
}

/* ---- the file ---- */

static json_t *place_json(const struct audit_row *row)
{
	char salt[2 * AUDIT_SALT_SIZE + 1], prev[65], commitment[65], hash[65];

	hex_format(row->salt, AUDIT_SALT_SIZE, salt);
	hex_format(row->prev, 32, prev);
	hex_format(row->commitment, 32, commitment);
	hex_format(row->hash, 32, hash);
	return json_pack("{s:s, s:I, s:I, s:s, s:s, s:s, s:s, s:s}", "chain", row->chain, "seq", (json_int_t)row->seq,
			 "at", (json_int_t)row->at, "event", row->event, "prev", prev, "salt", salt, "commitment",
			 commitment, "hash", hash);
}

static json_t *content_json(const struct audit_row *row)
{
	return json_pack("{s:s?, s:s?, s:s?, s:s?, s:s?, s:s?, s:s?, s:s?, s:s?, s:s?}", "user_id", row->user_id,
			 "username", row->username, "client_id", row->client_id, "device_id", row->device_id,
			 "login_id", row->login_id, "ip", row->ip, "detail", row->detail, "receipt", row->receipt,
			 "shown", row->shown, "device_jwk", row->device_jwk);
}

enum status receipt_format(struct arena *arena, const struct audit_row *row, char **ret_text)
{
	scoped_json *file =
		json_pack("{s:s, s:o, s:o}", "format", format, "row", place_json(row), "content", content_json(row));
	const char *json = file ? json_format(arena, file) : NULL;
	char *text = json ? arena_format(arena, "%s\n", json) : NULL;

	if (!file) /* JSON holds nothing but UTF-8 */
		return E_INVALID;
	if (!text)
		return E_NOMEM;
	*ret_text = text;
	return OK;
}

/* ---- reading it ---- */

static enum status bytes_take(struct arena *arena, const json_t *object, const char *key, size_t wanted,
			      const uint8_t **ret_bytes, size_t *ret_size)
{
	const char *text = json_get_string(object, key);
	uint8_t *bytes = arena_alloc(arena, wanted);
	size_t size = 0;

	if (!bytes)
		return E_NOMEM;
	if (!text || strlen(text) != 2 * wanted)
		return E_INVALID;
	TRY(hex_parse(text, 2 * wanted, bytes, wanted, &size));
	*ret_bytes = bytes;
	*ret_size = size;
	return OK;
}

static enum status place_take(struct arena *arena, const json_t *object, struct audit_row *row)
{
	row->chain = json_get_string(object, "chain");
	row->event = json_get_string(object, "event");
	if (!row->chain || !row->event)
		return E_INVALID;
	TRY(json_take_int(object, "seq", 1, INT64_MAX, &row->seq));
	TRY(json_take_int(object, "at", 1, INT64_MAX, &row->at));
	TRY(bytes_take(arena, object, "salt", AUDIT_SALT_SIZE, &row->salt, &row->salt_size));
	TRY(bytes_take(arena, object, "prev", 32, &row->prev, &row->prev_size));
	TRY(bytes_take(arena, object, "commitment", 32, &row->commitment, &row->commitment_size));
	return bytes_take(arena, object, "hash", 32, &row->hash, &row->hash_size);
}

static void content_take(const json_t *object, struct audit_row *row)
{
	row->user_id = json_get_string(object, "user_id");
	row->username = json_get_string(object, "username");
	row->client_id = json_get_string(object, "client_id");
	row->device_id = json_get_string(object, "device_id");
	row->login_id = json_get_string(object, "login_id");
	row->ip = json_get_string(object, "ip");
	row->detail = json_get_string(object, "detail");
	row->receipt = json_get_string(object, "receipt");
	row->shown = json_get_string(object, "shown");
	row->device_jwk = json_get_string(object, "device_jwk");
}

static enum status row_take(struct arena *arena, const json_t *file, struct audit_row *row)
{
	const char *found = json_get_string(file, "format");

	if (!found || strcmp(found, format) != 0)
		return E_INVALID;
	TRY(place_take(arena, json_object_get(file, "row"), row));
	content_take(json_object_get(file, "content"), row);
	return OK;
}

/* There is one way to write a receipt: so every byte of the file counts, also the blanks and the order of its members.
 */
enum status receipt_parse(struct arena *arena, const char *text, size_t size, struct audit_row *ret_row,
			  const char **ret_problem)
{
	struct audit_row row = {0};
	json_t *file = NULL;
	char *again;
	enum status status;

	*ret_problem = "is not a receipt that `symbolon audit receipt --export` writes";
	if (size > RECEIPT_SIZE_MAX)
		return E_INVALID;
	TRY(json_parse_limited(text, size, 4, &file));
	if (arena_defer(arena, shown_free, file) != 0)
		return E_NOMEM;
	status = row_take(arena, file, &row);
	if (status != OK)
		return status == E_NOMEM ? E_NOMEM : E_INVALID;
	*ret_problem = "was changed: it is not as `symbolon audit receipt --export` writes it";
	TRY(receipt_format(arena, &row, &again));
	if (strlen(again) != size || memcmp(again, text, size) != 0)
		return E_INVALID;
	*ret_row = row;
	return OK;
}
