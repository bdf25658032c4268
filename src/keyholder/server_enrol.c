/* Enrolment secrets (PROTOCOL.md, "Enrolment"). */
#include <string.h>

#include "base/encode.h"
#include "base/random.h"
#include "base/secret.h"
#include "crypto/hash.h"
#include "crypto/seal.h"
#include "keyholder/server_internal.h"

enum { ENROLMENT_ID_SIZE = 16, ENROLMENT_SECRET_SIZE = 16, PROOF_SIZE = 32 };

enum status handle_enrolment_new(struct call *call)
{
	const char *id = message_text(call->request);
	const char *identity = identity_format(call, "enrol", id);
	uint8_t secret[ENROLMENT_SECRET_SIZE], sealed[ENROLMENT_SECRET_SIZE + SEAL_OVERHEAD];

	if (!message_is_done(call->request) || !identity)
		return E_INVALID;
	random_fill(&random_system, secret, sizeof(secret));
	enum status status = seal(call->server->enrol_key, identity, secret, sizeof(secret), sealed);
	if (status == OK) {
		message_add_bytes(call->reply, secret, sizeof(secret));
		message_add_bytes(call->reply, sealed, sizeof(sealed));
	}
	secret_zero(secret, sizeof(secret));
	return status;
}

static enum status secret_unseal(struct call *call, const char *id, const uint8_t *sealed, size_t size,
				 uint8_t ret_secret[ENROLMENT_SECRET_SIZE])
{
	const char *identity = identity_format(call, "enrol", id);

	if (!identity)
		return E_INVALID;
	if (size != ENROLMENT_SECRET_SIZE + SEAL_OVERHEAD)
		return E_REFUSED;
	return unseal(call->server->enrol_key, identity, sealed, size, ret_secret);
}

enum status handle_enrolment_reveal(struct call *call)
{
	uint8_t secret[ENROLMENT_SECRET_SIZE];
	size_t size = 0;
	const char *id = message_text(call->request);
	const uint8_t *sealed = message_bytes(call->request, &size);

	if (!message_is_done(call->request))
		return E_INVALID;
	TRY(secret_unseal(call, id, sealed, size, secret));
	message_add_bytes(call->reply, secret, sizeof(secret));
	secret_zero(secret, sizeof(secret));
	return OK;
}

enum status handle_enrolment_check(struct call *call)
{
	uint8_t secret[ENROLMENT_SECRET_SIZE], salt[ENROLMENT_ID_SIZE], k[32], expected[PROOF_SIZE];
	size_t sealed_size = 0, message_size = 0, salt_size = 0;
	const char *id = message_text(call->request);
	const uint8_t *sealed = message_bytes(call->request, &sealed_size);
	const uint8_t *message = message_bytes(call->request, &message_size);
	const uint8_t *proof = message_exact(call->request, PROOF_SIZE);

	if (!message_is_done(call->request))
		return E_INVALID;
	if (base64url_parse(id, strlen(id), salt, sizeof(salt), &salt_size) != OK || salt_size != sizeof(salt))
		return E_REFUSED;
	TRY(secret_unseal(call, id, sealed, sealed_size, secret));
	hkdf_sha256(secret, sizeof(secret), salt, sizeof(salt), "symbolon enrol v1", k, sizeof(k));
	hmac_sha256(k, sizeof(k), message, message_size, expected);
	bool fits = secret_equal(expected, proof, PROOF_SIZE);
	secret_zero(secret, sizeof(secret));
	secret_zero(k, sizeof(k));
	secret_zero(expected, sizeof(expected));
	return fits ? OK : E_REFUSED;
}
