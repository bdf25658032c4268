#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/secret.h"
#include "internal.h"

const char *symbolon_result_name(enum symbolon_result result)
{
	static const char *const names[] = {
		[SYMBOLON_OK] = "ok",
		[SYMBOLON_NO_MEMORY] = "no_memory",
		[SYMBOLON_INVALID] = "invalid",
		[SYMBOLON_UNREACHABLE] = "unreachable",
		[SYMBOLON_BAD_ANSWER] = "bad_answer",
		[SYMBOLON_REFUSED] = "refused",
		[SYMBOLON_NOT_FOUND] = "not_found",
		[SYMBOLON_CONFLICT] = "conflict",
		[SYMBOLON_GONE] = "gone",
		[SYMBOLON_LATER] = "later",
	};

	return (size_t)result < ARRAY_COUNT(names) ? names[result] : "unknown";
}

enum symbolon_result result_of(enum status status, enum symbolon_result otherwise)
{
	switch (status) {
	case OK: return SYMBOLON_OK;
	case E_NOMEM: return SYMBOLON_NO_MEMORY;
	default: return otherwise;
	}
}

bool text_copy(char *out, size_t out_size, const char *text)
{
	size_t size = text ? strlen(text) : out_size;

	if (size >= out_size)
		return false;
	memcpy(out, text, size + 1);
	return true;
}

void symbolon_text_free(char **text)
{
	if (!text || !*text)
		return;
	secret_zero(*text, strlen(*text));
	free(*text);
	*text = NULL;
}

bool id_is_valid(const char *id)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	size_t size = id ? strlen(id) : 0;

	return size > 0 && size <= SYMBOLON_ID_MAX && strspn(id, alphabet) == size;
}

static bool host_is_loopback(const char *host)
{
	struct in_addr address;

	if (strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0)
		return true;
	return inet_pton(AF_INET, host, &address) == 1 && ntohl(address.s_addr) >> 24 == 127;
}

static bool url_has(CURLU *url, CURLUPart part)
{
	char *text = NULL;
	bool has = curl_url_get(url, part, &text, 0) == CURLUE_OK;

	curl_free(text);
	return has;
}

/* The scheme and host of a parsed URL are such as we talk to. */
static bool origin_is_allowed(CURLU *url)
{
	char *scheme = NULL, *host = NULL;
	bool allowed = curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
		       curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
		       (strcmp(scheme, "https") == 0 || (strcmp(scheme, "http") == 0 && host_is_loopback(host)));

	curl_free(scheme);
	curl_free(host);
	return allowed;
}

/* No white space, no controls, nothing beyond ASCII, and not too long. */
static bool issuer_is_plain(const char *issuer)
{
	size_t size = issuer ? strlen(issuer) : 0;

	if (size == 0 || size > SYMBOLON_ISSUER_MAX || issuer[size - 1] == '/')
		return false;
	for (size_t i = 0; i < size; i++)
		if (issuer[i] <= ' ' || issuer[i] == 0x7f || strchr("?#\\\"<>", issuer[i]))
			return false;
	return true;
}

bool issuer_is_valid(const char *issuer)
{
	if (!issuer_is_plain(issuer) || !(text_has_prefix(issuer, "https://") || text_has_prefix(issuer, "http://")))
		return false;
	CURLU *url = curl_url();
	bool valid = url && curl_url_set(url, CURLUPART_URL, issuer, 0) == CURLUE_OK && origin_is_allowed(url) &&
		     !url_has(url, CURLUPART_USER) && !url_has(url, CURLUPART_PASSWORD);

	curl_url_cleanup(url);
	return valid;
}

bool issuer_is_loopback(const char *issuer)
{
	return text_has_prefix(issuer, "http://");
}

enum symbolon_result symbolon_key_generate(char **ret_jwk)
{
	scoped_arena *arena = arena_new(ARENA_MAX);
	struct jose_key *key = NULL;

	TRY_RESULT(result_of(jose_key_generate(JOSE_ES256, &key), SYMBOLON_NO_MEMORY));
	const char *jwk = jose_key_private(arena, key);
	char *copy = jwk ? strdup(jwk) : NULL;
	jose_key_free(&key);
	if (!copy)
		return SYMBOLON_NO_MEMORY;
	*ret_jwk = copy;
	return SYMBOLON_OK;
}

/* Only a P-256 key with its private part can be a device's. */
static enum symbolon_result key_read(const char *jwk, struct jose_key **ret_key)
{
	struct jose_key *key = NULL, *public_only = NULL;
	size_t size = jwk ? strlen(jwk) : 0;

	if (jose_public_parse(jwk ? jwk : "", size, &public_only) == OK) {
		jose_key_free(&public_only);
		return SYMBOLON_INVALID;
	}
	TRY_RESULT(result_of(jose_key_parse(jwk ? jwk : "", size, &key), SYMBOLON_INVALID));
	if (jose_key_alg(key) != JOSE_ES256) {
		jose_key_free(&key);
		return SYMBOLON_INVALID;
	}
	*ret_key = key;
	return SYMBOLON_OK;
}

enum symbolon_result symbolon_device_new(const char *issuer, const char *device_id, const char *jwk,
					 struct symbolon_device **ret_device)
{
	if (!issuer_is_valid(issuer) || (device_id && !id_is_valid(device_id)))
		return SYMBOLON_INVALID;
	struct symbolon_device *device = calloc(1, sizeof(*device));
	if (!device)
		return SYMBOLON_NO_MEMORY;
	enum symbolon_result result = key_read(jwk, &device->key);
	if (result != SYMBOLON_OK) {
		free(device);
		return result;
	}
	(void)TEXT_COPY(device->issuer, issuer);
	(void)TEXT_COPY(device->id, device_id ? device_id : "");
	if (jose_key_thumbprint(device->key, device->thumbprint) != OK) {
		symbolon_device_free(&device);
		return SYMBOLON_NO_MEMORY;
	}
	atomic_init(&device->skew_s, 0);
	*ret_device = device;
	return SYMBOLON_OK;
}

void symbolon_device_free(struct symbolon_device **device)
{
	if (!device || !*device)
		return;
	if ((*device)->curl)
		curl_easy_cleanup((*device)->curl);
	jose_key_free(&(*device)->key);
	free(*device);
	*device = NULL;
}

const char *symbolon_device_issuer(const struct symbolon_device *device)
{
	return device->issuer;
}

const char *symbolon_device_id(const struct symbolon_device *device)
{
	return device->id;
}

const char *symbolon_device_thumbprint(const struct symbolon_device *device)
{
	return device->thumbprint;
}

int64_t symbolon_device_skew_s(const struct symbolon_device *device)
{
	return atomic_load(&device->skew_s);
}

int64_t symbolon_device_now(const struct symbolon_device *device)
{
	return clock_now() + symbolon_device_skew_s(device);
}

bool skew_learn(struct symbolon_device *device, const struct symbolon_error *error)
{
	int64_t local = clock_now();
	int64_t off = error->server_time - (local + symbolon_device_skew_s(device));

	if (error->server_time <= 0 || (off > -2 && off < 2))
		return false;
	atomic_store(&device->skew_s, error->server_time - local);
	return true;
}
