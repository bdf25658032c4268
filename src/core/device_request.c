#include <stdio.h>
#include <string.h>

#include "base/encode.h"
#include "base/secret.h"
#include "base/text.h"
#include "core/device.h"
#include "crypto/hash.h"
#include "crypto/jose.h"

#define REQUEST_JWS_MAX 4096
#define IAT_WINDOW_S    60
#define JTI_KEEP_S      300
#define JTI_SIZE_MIN    22 /* 128 bits in base64url */
#define JTI_SIZE_MAX    64

static const char scheme[] = "Symbolon ";

static enum status body_check(const struct device_request *request, const json_t *claims)
{
	const char *bh = json_get_string(claims, "bh");
	char wanted[BASE64URL_SIZE(32) + 1];
	uint8_t hash[32];

	if (request->body_size == 0 && !bh)
		return OK;
	sha256(request->body, request->body_size, hash);
	base64url_format(hash, sizeof(hash), wanted);
	return bh && secret_text_equal(bh, wanted) ? OK : E_REFUSED;
}

/* {issuer}{path}, byte for byte. */
static bool htu_is(const struct core *core, const char *htu, const char *path)
{
	const char *issuer = core->settings->issuer;
	const size_t size = strlen(issuer);

	return htu && strncmp(htu, issuer, size) == 0 && strcmp(htu + size, path) == 0;
}

static enum status claims_check(const struct core *core, const struct device_request *request,
				const struct jose_parts *parts, int64_t now, bool *ret_clock_off)
{
	const json_t *claims = parts->payload;
	const char *aud = json_get_string(claims, "aud"), *htm = json_get_string(claims, "htm"),
		   *jti = json_get_string(claims, "jti");
	int64_t iat;

	if (!aud || strcmp(aud, core->settings->issuer) != 0 || !htm || strcmp(htm, request->method) != 0)
		return E_REFUSED;
	if (!htu_is(core, json_get_string(claims, "htu"), request->path))
		return E_REFUSED;
	if (!jti || strlen(jti) < JTI_SIZE_MIN || strlen(jti) > JTI_SIZE_MAX)
		return E_REFUSED;
	TRY(body_check(request, claims));
	if (json_take_int(claims, "iat", now - IAT_WINDOW_S, now + IAT_WINDOW_S, &iat) != OK) {
		*ret_clock_off = true;
		return E_REFUSED;
	}
	return OK;
}

struct finding {
	const char *id;
	struct device_row row;
	int64_t restored_at; /* 0: never */
};

static enum status device_read(struct store_tx *tx, void *ctx)
{
	struct finding *finding = ctx;
	struct user_row user;

	TRY(store_device_find(tx, finding->id, &finding->row));
	TRY(store_user_find(tx, finding->row.user_id, &user));
	TRY(store_meta_number(tx, "restored_at", &finding->restored_at));
	return user.disabled ? E_NOT_FOUND : OK;
}

static enum status signature_check(const struct jose_parts *parts, const char *jwk)
{
	struct jose_key *key = NULL;
	enum status status = jose_public_parse(jwk, strlen(jwk), &key);

	if (status == OK)
		status = jose_verify(parts, key, "symbolon-request+jwt");
	jose_key_free(&key);
	return status;
}

/*
 * A restored database does not know which requests were taken before. A clock may be a minute ahead, so until a minute
 * after the restore any request may be one of those.
 */
static bool is_from_before(const struct jose_parts *parts, int64_t restored_at)
{
	int64_t iat;

	return restored_at > 0 &&
	       json_take_int(parts->payload, "iat", restored_at + IAT_WINDOW_S + 1, INT64_MAX, &iat) != OK;
}

enum status device_request_verify(const struct core *core, struct arena *arena, const struct device_request *request,
				  bool allow_confirm, int64_t now, struct device_row *ret_device, const char **ret_jti,
				  bool *ret_clock_off)
{
	const char *value = request->authorization;
	struct jose_parts parts;
	struct finding finding = {0};
	bool active;

	*ret_clock_off = false;
	if (!value || strncmp(value, scheme, sizeof(scheme) - 1) != 0)
		return E_REFUSED;
	value += sizeof(scheme) - 1;
	if (jose_parse(arena, value, strlen(value), REQUEST_JWS_MAX, &parts) != OK || !parts.kid ||
	    strlen(parts.kid) != ID_SIZE - 1)
		return E_REFUSED;
	finding.id = parts.kid;
	TRY(store_read(core->store, arena, device_read, &finding));
	TRY(signature_check(&parts, finding.row.jwk));
	TRY(claims_check(core, request, &parts, now, ret_clock_off));
	active = strcmp(finding.row.state, "active") == 0;
	if (!active &&
	    !(allow_confirm && (strcmp(finding.row.state, "confirm") == 0 || strcmp(finding.row.state, "void") == 0)))
		return E_NOT_FOUND;
	if (is_from_before(&parts, finding.restored_at))
		return E_EXPIRED;
	*ret_device = finding.row;
	*ret_jti = json_get_string(parts.payload, "jti");
	return OK;
}

enum status device_jti_use(struct store_tx *tx, const char *device_id, const char *jti, int64_t now)
{
	char scope[8 + ID_SIZE];

	snprintf(scope, sizeof(scope), "jti:%s", device_id);
	return store_replay_insert(tx, scope, jti, now + JTI_KEEP_S);
}
