/* Signing keys, the pepper, keyed hashes. */
#include <string.h>

#include "base/encode.h"
#include "base/log.h"
#include "base/random.h"
#include "base/secret.h"
#include "crypto/hash.h"
#include "crypto/jose.h"
#include "crypto/seal.h"
#include "keyholder/server_internal.h"

enum { KID_RANDOM_SIZE = 16, KID_SIZE = 48, PURPOSE_MAX = 64 };

/*
 * What an identity provider signs. A taken-over client of ours can misuse a key, but not for a device's answer, an
 * enrolment or whatever else may be signed one day.
 */
static const char *const signable_types[] = {"JWT", "at+jwt", "logout+jwt", "secevent+jwt", "token-introspection+jwt"};

static bool type_is_signable(const char *typ)
{
	for (size_t i = 0; i < ARRAY_COUNT(signable_types); i++) {
		if (strcmp(typ, signable_types[i]) == 0)
			return true;
	}
	return false;
}

/* Seals the plain key under its kid and writes the reply. */
static enum status key_reply(struct call *call, const char *kid, const char *alg, const void *plain, size_t size,
			     const char *public_jwk)
{
	char identity[KEY_IDENTITY_SIZE];
	uint8_t *sealed = arena_alloc(call->arena, size + SEAL_OVERHEAD);

	if (!sealed)
		return E_NOMEM;
	TRY(key_identity_format(kid, alg, identity));
	TRY(seal(call->server->key_key, identity, plain, size, sealed));
	message_add_text(call->reply, kid);
	message_add_bytes(call->reply, sealed, size + SEAL_OVERHEAD);
	message_add_text(call->reply, public_jwk);
	log_info("keyholder.key_new", LOG_S("kid", kid), LOG_S("alg", alg));
	return OK;
}

static enum status symmetric_new(struct call *call)
{
	uint8_t plain[SYMMETRIC_SIZE];
	char kid[KID_SIZE];

	random_fill(&random_system, plain, sizeof(plain));
	random_token(&random_system, KID_RANDOM_SIZE, kid);
	enum status status = key_reply(call, kid, "HS256", plain, sizeof(plain), "");
	secret_zero(plain, sizeof(plain));
	return status;
}

static enum status signing_key_new(struct call *call, enum jose_alg alg)
{
	scoped_jose_key *key = NULL;
	char kid[KID_SIZE];

	TRY(jose_key_generate(alg, &key));
	TRY(jose_key_thumbprint(key, kid));
	const char *private_jwk = jose_key_private(call->arena, key);
	const char *public_jwk = jose_key_public(call->arena, key, kid);
	if (!private_jwk || !public_jwk)
		return E_NOMEM;
	return key_reply(call, kid, jose_alg_name(alg), private_jwk, strlen(private_jwk), public_jwk);
}

enum status handle_key_new(struct call *call)
{
	const char *name = message_text(call->request);
	enum jose_alg alg;

	if (!message_is_done(call->request))
		return E_INVALID;
	if (strcmp(name, "HS256") == 0)
		return symmetric_new(call);
	TRY(jose_alg_parse(name, &alg));
	return signing_key_new(call, alg);
}

static struct sealed_key key_read(struct message_reader *request)
{
	struct sealed_key key = {0};

	key.kid = message_text(request);
	key.alg = message_text(request);
	key.sealed = message_bytes(request, &key.size);
	return key;
}

struct job {
	struct sealed_key key;
	const char *typ;
	const char *payload;
};

static enum status payload_sign(struct arena *arena, const struct jose_key *key, const struct job *job, char **ret_jws)
{
	scoped_json *header = json_pack("{s:s, s:s}", "typ", job->typ, "kid", job->key.kid);

	if (!header)
		return E_NOMEM;
	return jose_sign(arena, key, header, job->payload, strlen(job->payload), ret_jws);
}

/*
 * An ID token that follows the access token of its response gets at_hash here, so that both take one round trip.
 *= OpenID.Core#3.1.3.6  the left half of the hash of the octets of the access token
 */
static enum status at_hash_add(struct call *call, const char *access_token, struct job *job)
{
	const size_t size = strlen(job->payload);
	char at_hash[BASE64URL_SIZE(16) + 1];
	uint8_t hash[32];

	if (size < 3 || job->payload[size - 1] != '}')
		return E_INVALID;
	sha256(access_token, strlen(access_token), hash);
	base64url_format(hash, 16, at_hash);
	job->payload = arena_format(call->arena, "%.*s,\"at_hash\":\"%s\"}", (int)(size - 1), job->payload, at_hash);
	return job->payload ? OK : E_NOMEM;
}

/* `access_token` is the one signed before in this request, or NULL; an access token is left there for the next. */
static enum status job_sign(struct call *call, struct job *job, char **access_token)
{
	struct key_cache *cache = &call->server->cache;
	struct cached_key *key = NULL;
	char *jws = NULL;

	if (*access_token && strcmp(job->typ, "JWT") == 0)
		TRY(at_hash_add(call, *access_token, job));
	TRY(key_cache_take(cache, call->server->key_key, &job->key, &key));
	enum status status = key->jose ? payload_sign(call->arena, key->jose, job, &jws) : E_INVALID;
	key_cache_give(cache, key);
	TRY(status);
	message_add_text(call->reply, jws);
	if (strcmp(job->typ, "at+jwt") == 0)
		*access_token = jws;
	call->server->signatures++;
	log_info("keyholder.sign", LOG_S("kid", job->key.kid), LOG_S("typ", job->typ));
	return OK;
}

/* The whole request is looked at before the first signature is made. */
enum status handle_sign(struct call *call)
{
	struct job jobs[KEYHOLDER_JOBS_MAX] = {0};
	char *access_token = NULL;
	int64_t count = message_number(call->request);

	if (count < 1 || count > KEYHOLDER_JOBS_MAX)
		return E_INVALID;
	for (int64_t i = 0; i < count; i++) {
		jobs[i].key = key_read(call->request);
		jobs[i].typ = message_text(call->request);
		jobs[i].payload = message_text(call->request);
		if (jobs[i].payload[0] != '{')
			return E_INVALID;
	}
	if (!message_is_done(call->request))
		return E_INVALID;
	for (int64_t i = 0; i < count; i++) {
		if (!type_is_signable(jobs[i].typ))
			return E_REFUSED;
	}
	for (int64_t i = 0; i < count; i++)
		TRY(job_sign(call, &jobs[i], &access_token));
	return OK;
}

/* HMAC(key, purpose NUL data): no purpose's result is ever another's. */
static enum status mac_reply(struct call *call, const struct sealed_key *sealed, const char *purpose, const void *data,
			     size_t size)
{
	struct key_cache *cache = &call->server->cache;
	struct cached_key *key = NULL;
	uint8_t mac[32];
	size_t purpose_size = strlen(purpose) + 1;
	char *input = arena_alloc(call->arena, purpose_size + size);

	if (!input)
		return E_NOMEM;
	memcpy(input, purpose, purpose_size);
	memcpy(input + purpose_size, data, size);
	TRY(key_cache_take(cache, call->server->key_key, sealed, &key));
	enum status status = key->jose ? E_INVALID : OK;
	if (status == OK) {
		hmac_sha256(key->symmetric, SYMMETRIC_SIZE, input, purpose_size + size, mac);
		message_add_bytes(call->reply, mac, sizeof(mac));
		secret_zero(mac, sizeof(mac));
	}
	key_cache_give(cache, key);
	return status;
}

enum status handle_pepper(struct call *call)
{
	struct sealed_key key = key_read(call->request);
	const uint8_t *raw = message_exact(call->request, 32);

	if (!message_is_done(call->request))
		return E_INVALID;
	return mac_reply(call, &key, "symbolon pepper v1", raw, 32);
}

enum status handle_mac(struct call *call)
{
	struct sealed_key key = key_read(call->request);
	const char *purpose = message_text(call->request);
	size_t size = 0;
	const uint8_t *data = message_bytes(call->request, &size);

	if (!message_is_done(call->request) || !*purpose || strlen(purpose) > PURPOSE_MAX)
		return E_INVALID;
	/* A prefix that the pepper has not: a caller with the pepper's blob must not be able to compute it here. */
	const char *whole = arena_format(call->arena, "symbolon mac v1 %s", purpose);
	return whole ? mac_reply(call, &key, whole, data, size) : E_NOMEM;
}
