#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "base/random.h"
#include "crypto/hash.h"
#include "internal.h"

json_t *claims_new(const struct symbolon_device *device, int64_t now)
{
	char jti[BASE64URL_SIZE(16) + 1];

	random_token(&random_system, 16, jti);
	return json_pack("{s:s, s:I, s:s}", "aud", device->issuer, "iat", (json_int_t)now, "jti", jti);
}

static json_t *header_new(struct arena *arena, const struct symbolon_device *device, const char *typ, bool with_jwk)
{
	json_t *jwk = NULL;
	if (!with_jwk)
		return json_pack("{s:s, s:s}", "typ", typ, "kid", device->id);
	const char *text = jose_key_public(arena, device->key, NULL);
	if (!text || json_parse_limited(text, strlen(text), 2, &jwk) != OK)
		return NULL;
	return json_pack("{s:s, s:o}", "typ", typ, "jwk", jwk);
}

enum symbolon_result token_sign(const struct symbolon_device *device, const char *typ, json_t *claims, bool with_jwk,
				char **ret_jws)
{
	scoped_json *owned = claims;
	scoped_arena *arena = arena_new(ARENA_MAX);
	scoped_json *header = header_new(arena, device, typ, with_jwk);
	const char *payload = owned ? json_format(arena, owned) : NULL;
	char *jws = NULL;

	if (!header || !payload)
		return SYMBOLON_NO_MEMORY;
	TRY_RESULT(result_of(jose_sign(arena, device->key, header, payload, strlen(payload), &jws), SYMBOLON_INVALID));
	char *copy = strdup(jws);
	if (!copy)
		return SYMBOLON_NO_MEMORY;
	*ret_jws = copy;
	return SYMBOLON_OK;
}

static json_t *request_claims(const struct symbolon_device *device, const char *method, const char *url, int64_t now)
{
	json_t *claims = claims_new(device, now);
	json_t *htu = json_stringn(url, strcspn(url, "?#"));

	if (!claims || json_object_set_new(claims, "htm", json_string(method)) != 0 ||
	    json_object_set_new(claims, "htu", htu) != 0) {
		json_decref(claims);
		return NULL;
	}
	return claims;
}

static bool claims_add_hash(json_t *claims, const void *body, size_t size)
{
	uint8_t hash[32];
	char text[BASE64URL_SIZE(32) + 1];

	sha256(body, size, hash);
	base64url_format(hash, sizeof(hash), text);
	return json_object_set_new(claims, "bh", json_string(text)) == 0;
}

enum symbolon_result symbolon_request_authorization(const struct symbolon_device *device, const char *method,
						    const char *url, const void *body, size_t body_size, int64_t now,
						    char **ret_authorization)
{
	static const char scheme[] = "Symbolon ";
	char *jws = NULL;

	if (!device || !method || !url || !id_is_valid(device->id))
		return SYMBOLON_INVALID;
	json_t *claims = request_claims(device, method, url, now);
	if (claims && body_size > 0 && !claims_add_hash(claims, body, body_size)) {
		json_decref(claims);
		claims = NULL;
	}
	TRY_RESULT(token_sign(device, "symbolon-request+jwt", claims, false, &jws));
	size_t size = sizeof(scheme) + strlen(jws);
	char *value = malloc(size);
	if (value) {
		memcpy(value, scheme, sizeof(scheme) - 1);
		memcpy(value + sizeof(scheme) - 1, jws, strlen(jws) + 1);
		*ret_authorization = value;
	}
	symbolon_text_free(&jws);
	return value ? SYMBOLON_OK : SYMBOLON_NO_MEMORY;
}
