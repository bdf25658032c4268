#include <stdio.h>
#include <string.h>

#include "base/encode.h"
#include "base/secret.h"
#include "base/text.h"
#include "core/audit.h"
#include "core/device.h"
#include "crypto/jose.h"

#define REDEEM_JWS_MAX 8192
#define IAT_WINDOW_S   60
#define NAME_CHARS     64
#define CONTESTED_KIND "second-device"

/* ---- POST /enrolments/{id}: a fresh key, and proof of the link's secret ---- */

struct redeem {
	const struct core *core;
	struct arena *arena;
	const char *id;
	int64_t now;
	struct jose_parts parts;
	struct enrolment_row row;
	struct user_row user;
	struct device_row device; /* to be made */
	char device_id[ID_SIZE];
	char thumbprint[44];
	char digits[7];
	bool second; /* another device was first */
	bool again;  /* this very device asks again: its answer was lost */
	char told_id[ID_SIZE], told_digits[7];
};

static enum status redeem_read(struct store_tx *tx, void *ctx)
{
	struct redeem *redeem = ctx;

	TRY(store_enrolment_find(tx, redeem->id, &redeem->row));
	TRY(store_user_find(tx, redeem->row.user_id, &redeem->user));
	return redeem->user.disabled ? E_NOT_FOUND : OK;
}

/* "symbolon-enrol" 0x00 issuer 0x00 id 0x00 jwk-thumbprint */
static enum status proof_check(const struct redeem *redeem, const char *proof)
{
	const struct sealed_blob sealed = {(uint8_t *)redeem->row.sealed_secret, redeem->row.sealed_size};
	struct text message;
	uint8_t mac[32];
	size_t size = 0;
	enum status status = E_REFUSED;

	if (!proof || base64url_parse(proof, strlen(proof), mac, sizeof(mac), &size) != OK || size != sizeof(mac))
		return E_REFUSED;
	text_init(&message, 2048);
	text_add_bytes(&message, "symbolon-enrol", sizeof("symbolon-enrol"));
	text_add_bytes(&message, redeem->core->settings->issuer, strlen(redeem->core->settings->issuer) + 1);
	text_add_bytes(&message, redeem->id, strlen(redeem->id) + 1);
	text_add(&message, redeem->thumbprint);
	if (!message.failed)
		status = keyholder_enrolment_check(redeem->core->keyholder, redeem->id, &sealed, message.data,
						   message.size, mac);
	text_done(&message);
	return status;
}

/* The key comes in the header and signs for itself; that it may be here, the proof says. */
static enum status key_check(struct redeem *redeem)
{
	char *jwk;
	struct jose_key *key = NULL;
	enum status status;

	if (!redeem->parts.jwk)
		return E_REFUSED;
	jwk = json_format(redeem->arena, redeem->parts.jwk);
	if (!jwk)
		return E_NOMEM;
	status = jose_public_parse(jwk, strlen(jwk), &key);
	if (status == OK && jose_key_alg(key) != JOSE_ES256)
		status = E_REFUSED;
	if (status == OK)
		status = jose_verify(&redeem->parts, key, "symbolon-enrol+jwt");
	if (status == OK)
		status = jose_key_thumbprint(key, redeem->thumbprint);
	if (status == OK) {
		redeem->device.jwk = jose_key_public(redeem->arena, key, NULL);
		status = redeem->device.jwk ? OK : E_NOMEM;
	}
	jose_key_free(&key);
	return status == E_INVALID ? E_REFUSED : status;
}

static enum status claims_check(struct redeem *redeem)
{
	const json_t *claims = redeem->parts.payload;
	const char *aud = json_get_string(claims, "aud"), *enrolment = json_get_string(claims, "enrolment");
	const char *name = json_get_string(claims, "name"), *platform = json_get_string(claims, "platform");
	char *clean;
	int64_t iat;

	if (!aud || strcmp(aud, redeem->core->settings->issuer) != 0 || !enrolment ||
	    strcmp(enrolment, redeem->id) != 0 || !json_get_string(claims, "jti"))
		return E_REFUSED;
	if (json_take_int(claims, "iat", redeem->now - IAT_WINDOW_S, redeem->now + IAT_WINDOW_S, &iat) != OK)
		return E_REFUSED;
	TRY(text_clean(redeem->arena, name ? name : "", name ? strlen(name) : 0, NAME_CHARS, &clean));
	redeem->device.name = text_is_displayable(clean) ? clean : "A device"; /* blank counts as none */
	TRY(text_clean(redeem->arena, platform ? platform : "", platform ? strlen(platform) : 0, NAME_CHARS, &clean));
	redeem->device.platform = text_is_displayable(clean) ? clean : "";
	return OK;
}

static void push_read(struct redeem *redeem)
{
	const json_t *push = json_object_get(redeem->parts.payload, "push");
	const char *endpoint = json_get_string(push, "endpoint"), *p256dh = json_get_string(push, "p256dh"),
		   *auth = json_get_string(push, "auth");

	if (!endpoint || strncmp(endpoint, "https://", 8) != 0 || strlen(endpoint) > 1024 || !p256dh ||
	    strlen(p256dh) != 87 || !auth || strlen(auth) != 22)
		return; /* the device enrols without; PUT /device/push says what was wrong */
	redeem->device.push_endpoint = endpoint;
	redeem->device.push_p256dh = p256dh;
	redeem->device.push_auth = auth;
}

/* Somebody else holds the place: is it this very key, or a second device? */
static enum status taken(struct store_tx *tx, struct redeem *redeem)
{
	struct enrolment_row row;
	struct device_row device;

	TRY(store_enrolment_find(tx, redeem->id, &row));
	redeem->again = false;
	if (row.device_id && strcmp(row.state, "confirm") == 0 && row.digits) {
		TRY(store_device_find(tx, row.device_id, &device));
		redeem->again = strcmp(device.thumbprint, redeem->thumbprint) == 0;
		snprintf(redeem->told_id, sizeof(redeem->told_id), "%s", device.id);
		snprintf(redeem->told_digits, sizeof(redeem->told_digits), "%s", row.digits);
	}
	redeem->second = !redeem->again;
	if (redeem->again)
		return OK;
	TRY(store_attempt_insert(tx, redeem->id, CONTESTED_KIND, redeem->now));
	return audit_write(tx, &(struct audit_row){.at = redeem->now,
						   .event = "enrolment.second_device",
						   .user_id = row.user_id,
						   .device_id = row.device_id});
}

/* The first device wins. */
static enum status redeem_write(struct store_tx *tx, void *ctx)
{
	struct redeem *redeem = ctx;
	enum status status;

	redeem->second = redeem->again = false;
	status = store_enrolment_move(tx, redeem->id, "open", "confirm", redeem->device_id, redeem->digits);
	if (status == E_CONFLICT)
		return taken(tx, redeem);
	TRY(status);
	TRY(store_device_insert(tx, &redeem->device));
	snprintf(redeem->told_id, sizeof(redeem->told_id), "%s", redeem->device_id);
	snprintf(redeem->told_digits, sizeof(redeem->told_digits), "%s", redeem->digits);
	return audit_write(tx, &(struct audit_row){.at = redeem->now,
						   .event = "enrolment.redeemed",
						   .user_id = redeem->user.id,
						   .device_id = redeem->device_id});
}

static enum status redeem_prepare(struct redeem *redeem)
{
	TRY(store_read(redeem->core->store, redeem->arena, redeem_read, redeem));
	if (redeem->now >= redeem->row.expires_at || strcmp(redeem->row.state, "void") == 0)
		return E_EXPIRED;
	TRY(key_check(redeem));
	TRY(claims_check(redeem));
	TRY(proof_check(redeem, json_get_string(redeem->parts.payload, "proof")));
	push_read(redeem);
	id_new(redeem->core->random, redeem->device_id);
	random_digits(redeem->core->random, 6, redeem->digits);
	redeem->device.id = redeem->device_id;
	redeem->device.user_id = redeem->user.id;
	redeem->device.thumbprint = redeem->thumbprint;
	redeem->device.state = "confirm";
	redeem->device.enrolment_id = redeem->id;
	redeem->device.created_at = redeem->device.seen_at = redeem->now;
	return OK;
}

static json_t *account_json(const struct core *core, const struct user_row *user)
{
	return json_pack("{s:s, s:s, s:s}", "issuer", core->settings->issuer, "organisation",
			 core->settings->organisation.name, "username", user->name);
}

enum status enrolment_redeem(const struct core *core, struct arena *arena, const char *id, const char *jws,
			     size_t jws_size, int64_t now, json_t **ret_json)
{
	struct redeem redeem = {.core = core, .arena = arena, .id = id, .now = now};

	TRY(jose_parse(arena, jws, jws_size, REDEEM_JWS_MAX, &redeem.parts));
	TRY(redeem_prepare(&redeem));
	TRY(store_write(core->store, redeem_write, &redeem));
	if (redeem.second)
		return E_CONFLICT;
	*ret_json = json_pack("{s:s, s:s, s:s, s:o}", "device_id", redeem.told_id, "state", "confirm", "digits",
			      redeem.told_digits, "account", account_json(core, &redeem.user));
	return *ret_json ? OK : E_NOMEM;
}

/* ---- GET /enrolments/{id} ---- */

struct poll {
	const struct core *core;
	const char *id;
	const struct device_row *device;
	int64_t now;
	struct enrolment_row row;
	struct user_row user;
	struct totp_row totp;
	char totp_id[ID_SIZE];
};

static enum status poll_read(struct store_tx *tx, void *ctx)
{
	struct poll *poll = ctx;

	TRY(store_enrolment_find(tx, poll->id, &poll->row));
	if (!poll->row.device_id || strcmp(poll->row.device_id, poll->device->id) != 0)
		return E_NOT_FOUND;
	return store_user_find(tx, poll->row.user_id, &poll->user);
}

/* The seed leaves once: whoever marks the enrolment first delivers it. */
static enum status totp_write(struct store_tx *tx, void *ctx)
{
	struct poll *poll = ctx;

	TRY(store_replay_insert(tx, "enrolment-totp", poll->id, poll->row.expires_at + 86400));
	TRY(store_totp_insert(tx, &poll->totp));
	return audit_write(tx, &(struct audit_row){.at = poll->now,
						   .event = "totp.enrolled",
						   .user_id = poll->user.id,
						   .device_id = poll->device->id});
}

/* The device has proven its key and the person has typed its digits, so the seed is active from the start. */
static enum status totp_make(struct poll *poll, struct arena *arena, char **ret_otpauth)
{
	const struct totp_request request = {.row_id = poll->totp_id,
					     .algorithm = "SHA1",
					     .digits = 6,
					     .period = 30,
					     .issuer = poll->core->settings->organisation.name,
					     .account = poll->user.name};
	struct sealed_blob seed;
	char *otpauth;
	enum status status;

	id_new(poll->core->random, poll->totp_id);
	TRY(keyholder_totp_new(poll->core->keyholder, arena, &request, &seed, &otpauth));
	poll->totp = (struct totp_row){.id = poll->totp_id,
				       .user_id = poll->user.id,
				       .label = poll->device->name,
				       .sealed_seed = seed.bytes,
				       .sealed_size = seed.size,
				       .algorithm = "SHA1",
				       .digits = 6,
				       .period = 30,
				       .state = "active",
				       .created_at = poll->now};
	status = store_write(poll->core->store, totp_write, poll);
	if (status == E_CONFLICT)
		return OK;
	TRY(status);
	*ret_otpauth = otpauth;
	return OK;
}

enum status enrolment_poll(const struct core *core, struct arena *arena, const char *id,
			   const struct device_row *device, int64_t now, json_t **ret_json)
{
	struct poll poll = {.core = core, .id = id, .device = device, .now = now};
	char *otpauth = NULL;

	TRY(store_read(core->store, arena, poll_read, &poll));
	if (strcmp(poll.row.state, "void") == 0 ||
	    (strcmp(poll.row.state, "confirm") == 0 && now >= poll.row.expires_at))
		return E_EXPIRED;
	if (strcmp(poll.row.state, "active") != 0) {
		*ret_json = json_pack("{s:s}", "state", poll.row.state);
		return *ret_json ? OK : E_NOMEM;
	}
	if (poll.row.with_totp)
		TRY(totp_make(&poll, arena, &otpauth));
	*ret_json = json_pack("{s:s, s:o, s:s?, s:n}", "state", "active", "account", account_json(core, &poll.user),
			      "totp", otpauth, "vapid_public_key");
	return *ret_json ? OK : E_NOMEM;
}
