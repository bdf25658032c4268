#include "keyholder/client.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "keyholder/message.h"

struct keyholder {
	struct keyholder_transport transport;
};

enum status keyholder_connect(const struct keyholder_transport *transport, struct keyholder **ret_keyholder)
{
	struct keyholder *keyholder = calloc(1, sizeof(*keyholder));

	if (!keyholder)
		return E_NOMEM;
	keyholder->transport = *transport;
	*ret_keyholder = keyholder;
	return OK;
}

void keyholder_close(struct keyholder **keyholder)
{
	if (!*keyholder)
		return;
	(*keyholder)->transport.close((*keyholder)->transport.transport);
	free(*keyholder);
	*keyholder = NULL;
}

/* A reply being read: its bytes may be secrets, so they are zeroed when done. */
struct reply {
	struct message_reader reader;
	uint8_t *bytes;
	size_t size;
};

static void reply_done(struct reply *reply)
{
	if (reply->bytes)
		secret_zero(reply->bytes, reply->size);
	free(reply->bytes);
	reply->bytes = NULL;
}
#define scoped_reply __attribute__((cleanup(reply_done))) struct reply

/* What a keyholder may say of a request that it understood; whatever else comes is trouble. */
static enum status status_read(uint8_t kind)
{
	switch (kind) {
	case OK:
	case E_NOMEM:
	case E_INVALID:
	case E_NOT_FOUND:
	case E_CONFLICT:
	case E_BUSY:
	case E_REFUSED: return (enum status)kind;
	default: return E_IO;
	}
}

static enum status reply_get(struct keyholder *keyholder, const struct text *request, struct reply *reply)
{
	const struct keyholder_transport *transport = &keyholder->transport;
	size_t size = 0;

	if (request->failed)
		return E_INVALID; /* more than a message holds */
	reply->bytes = malloc(MESSAGE_SIZE_MAX);
	if (!reply->bytes)
		return E_NOMEM;
	if (transport->call(transport->transport, (const uint8_t *)request->data, request->size, reply->bytes,
			    MESSAGE_SIZE_MAX, &size) != OK ||
	    size > MESSAGE_SIZE_MAX)
		return E_IO;
	reply->size = size;
	if (message_open(reply->bytes, reply->size, &reply->reader) != OK)
		return E_IO;
	return status_read(reply->reader.kind);
}

/* One round trip; the request is gone afterwards, the reply is the caller's, whatever the status. */
static enum status exchange(struct keyholder *keyholder, struct text *request, struct reply *reply)
{
	enum status status = reply_get(keyholder, request, reply);

	text_done(request);
	return status;
}

static void key_add(struct text *request, const struct sealed_key *key)
{
	message_add_text(request, key->kid);
	message_add_text(request, key->alg);
	message_add_bytes(request, key->sealed, key->size);
}

/* The reply's one field, of exactly this size. */
static enum status reply_exact(struct reply *reply, uint8_t *out, size_t size)
{
	const uint8_t *bytes = message_exact(&reply->reader, size);

	if (!bytes || !message_is_done(&reply->reader))
		return E_IO;
	memcpy(out, bytes, size);
	return OK;
}

enum status keyholder_key_new(struct keyholder *keyholder, struct arena *arena, const char *alg,
			      struct new_key *ret_key)
{
	scoped_reply reply = {0};
	struct new_key key = {0};
	struct text request;

	message_begin(&request, MESSAGE_KEY_NEW);
	message_add_text(&request, alg);
	TRY(exchange(keyholder, &request, &reply));
	const char *kid = message_text(&reply.reader);
	const uint8_t *sealed = message_bytes(&reply.reader, &key.sealed_size);
	const char *public_jwk = message_text(&reply.reader);
	if (!message_is_done(&reply.reader) || strlen(kid) >= sizeof(key.kid))
		return E_IO;

	memcpy(key.kid, kid, strlen(kid));
	key.sealed = arena_memdup(arena, sealed, key.sealed_size);
	key.public_jwk = *public_jwk ? arena_strdup(arena, public_jwk) : NULL;
	if (!key.sealed || (*public_jwk && !key.public_jwk))
		return E_NOMEM;
	*ret_key = key;
	return OK;
}

/* All texts of the reply, or none. */
static enum status texts_read(struct reply *reply, struct arena *arena, size_t count, char *ret_texts[])
{
	char *texts[KEYHOLDER_JOBS_MAX];

	for (size_t i = 0; i < count; i++) {
		texts[i] = arena_strdup(arena, message_text(&reply->reader));
		if (!texts[i])
			return E_NOMEM;
	}
	if (!message_is_done(&reply->reader))
		return E_IO;
	memcpy(ret_texts, texts, count * sizeof(texts[0]));
	return OK;
}

enum status keyholder_sign(struct keyholder *keyholder, struct arena *arena, const struct sign_job *jobs, size_t count,
			   char *ret_jws[])
{
	scoped_reply reply = {0};
	struct text request;

	if (count < 1 || count > KEYHOLDER_JOBS_MAX)
		return E_INVALID;
	message_begin(&request, MESSAGE_SIGN);
	message_add_number(&request, (int64_t)count);
	for (size_t i = 0; i < count; i++) {
		key_add(&request, jobs[i].key);
		message_add_text(&request, jobs[i].typ);
		message_add_text(&request, jobs[i].payload);
	}
	TRY(exchange(keyholder, &request, &reply));
	return texts_read(&reply, arena, count, ret_jws);
}

enum status keyholder_pepper(struct keyholder *keyholder, const struct sealed_key *pepper, const uint8_t raw[32],
			     uint8_t ret_mac[32])
{
	scoped_reply reply = {0};
	struct text request;

	message_begin(&request, MESSAGE_PEPPER);
	key_add(&request, pepper);
	message_add_bytes(&request, raw, 32);
	TRY(exchange(keyholder, &request, &reply));
	return reply_exact(&reply, ret_mac, 32);
}

enum status keyholder_mac(struct keyholder *keyholder, const struct sealed_key *mac, const char *purpose,
			  const void *data, size_t size, uint8_t ret_mac[32])
{
	scoped_reply reply = {0};
	struct text request;

	message_begin(&request, MESSAGE_MAC);
	key_add(&request, mac);
	message_add_text(&request, purpose);
	message_add_bytes(&request, data, size);
	TRY(exchange(keyholder, &request, &reply));
	return reply_exact(&reply, ret_mac, 32);
}

static enum status blob_copy(struct arena *arena, const uint8_t *bytes, size_t size, struct sealed_blob *ret_blob)
{
	uint8_t *copy = arena_memdup(arena, bytes, size);

	if (!copy)
		return E_NOMEM;
	*ret_blob = (struct sealed_blob){.bytes = copy, .size = size};
	return OK;
}

enum status keyholder_totp_new(struct keyholder *keyholder, struct arena *arena, const struct totp_request *wanted,
			       struct sealed_blob *ret_seed, char **ret_otpauth)
{
	scoped_reply reply = {0};
	struct text request;
	size_t size = 0;

	message_begin(&request, MESSAGE_TOTP_NEW);
	message_add_text(&request, wanted->row_id);
	message_add_text(&request, wanted->algorithm);
	message_add_number(&request, wanted->digits);
	message_add_number(&request, wanted->period);
	message_add_text(&request, wanted->issuer);
	message_add_text(&request, wanted->account);
	TRY(exchange(keyholder, &request, &reply));
	const uint8_t *sealed = message_bytes(&reply.reader, &size);
	const char *uri = message_text(&reply.reader);
	if (!message_is_done(&reply.reader))
		return E_IO;

	char *copy = arena_strdup(arena, uri);
	if (!copy)
		return E_NOMEM;
	TRY(blob_copy(arena, sealed, size, ret_seed));
	*ret_otpauth = copy;
	return OK;
}

enum status keyholder_totp_check(struct keyholder *keyholder, const struct totp_check *check, int64_t *ret_step)
{
	scoped_reply reply = {0};
	struct text request;

	message_begin(&request, MESSAGE_TOTP_CHECK);
	message_add_text(&request, check->row_id);
	message_add_text(&request, check->algorithm);
	message_add_number(&request, check->digits);
	message_add_number(&request, check->period);
	message_add_bytes(&request, check->sealed, check->sealed_size);
	message_add_text(&request, check->code);
	message_add_number(&request, check->now);
	message_add_number(&request, check->window);
	message_add_number(&request, check->after);
	TRY(exchange(keyholder, &request, &reply));
	int64_t step = message_number(&reply.reader);
	if (!message_is_done(&reply.reader))
		return E_IO;
	*ret_step = step;
	return OK;
}

enum status keyholder_enrolment_new(struct keyholder *keyholder, struct arena *arena, const char *id,
				    uint8_t ret_secret[16], struct sealed_blob *ret_sealed)
{
	scoped_reply reply = {0};
	struct text request;
	size_t size = 0;

	message_begin(&request, MESSAGE_ENROLMENT_NEW);
	message_add_text(&request, id);
	TRY(exchange(keyholder, &request, &reply));
	const uint8_t *secret = message_exact(&reply.reader, 16);
	const uint8_t *sealed = message_bytes(&reply.reader, &size);
	if (!secret || !message_is_done(&reply.reader))
		return E_IO;
	TRY(blob_copy(arena, sealed, size, ret_sealed));
	memcpy(ret_secret, secret, 16);
	return OK;
}

enum status keyholder_enrolment_reveal(struct keyholder *keyholder, const char *id, const struct sealed_blob *sealed,
				       uint8_t ret_secret[16])
{
	scoped_reply reply = {0};
	struct text request;

	message_begin(&request, MESSAGE_ENROLMENT_REVEAL);
	message_add_text(&request, id);
	message_add_bytes(&request, sealed->bytes, sealed->size);
	TRY(exchange(keyholder, &request, &reply));
	return reply_exact(&reply, ret_secret, 16);
}

enum status keyholder_enrolment_check(struct keyholder *keyholder, const char *id, const struct sealed_blob *sealed,
				      const void *message, size_t size, const uint8_t proof[32])
{
	scoped_reply reply = {0};
	struct text request;

	message_begin(&request, MESSAGE_ENROLMENT_CHECK);
	message_add_text(&request, id);
	message_add_bytes(&request, sealed->bytes, sealed->size);
	message_add_bytes(&request, message, size);
	message_add_bytes(&request, proof, 32);
	TRY(exchange(keyholder, &request, &reply));
	return message_is_done(&reply.reader) ? OK : E_IO;
}

void keyholder_counters(struct keyholder *keyholder, struct keyholder_counters *ret_counters)
{
	scoped_reply reply = {0};
	struct keyholder_counters counters = {0};
	struct text request;

	message_begin(&request, MESSAGE_COUNTERS);
	if (exchange(keyholder, &request, &reply) == OK) {
		counters.calls = (uint64_t)message_number(&reply.reader);
		counters.signatures = (uint64_t)message_number(&reply.reader);
		counters.totp_checks = (uint64_t)message_number(&reply.reader);
		counters.refusals = (uint64_t)message_number(&reply.reader);
	}
	*ret_counters = counters;
}
