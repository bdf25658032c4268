/* Bytes as a JWS, verified with a known key, and as a JWK. Nothing but the vector of RFC 7515 A.3 may verify. */
#include <stdlib.h>
#include <string.h>

#include "../unit/crypto/vectors.h"
#include "base/arena.h"
#include "crypto/jose.h"

enum { MAX = 16384 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void jws_try(const char *text, size_t size)
{
	static struct jose_key *key;
	scoped_arena *arena = arena_new(1 << 20);
	struct jose_parts parts;

	if (!key)
		must(jose_public_parse(A3_PUBLIC, strlen(A3_PUBLIC), &key) == OK);
	if (jose_parse(arena, text, size, MAX, &parts) != OK)
		return;
	must(json_is_object(parts.header) && json_is_object(parts.payload) && parts.alg && parts.typ);
	must(parts.signing_input_size < size && parts.signature_size <= sizeof(parts.signature));
	if (jose_verify(&parts, key, parts.typ) == OK)
		must(size == strlen(A3_JWS) &&
		     parts.signing_input_size == strlen("eyJhbGciOiJFUzI1NiJ9." RFC7515_PAYLOAD) &&
		     memcmp(text, A3_JWS, parts.signing_input_size) == 0);
}

/* What is taken as a key prints as a key with the same thumbprint. */
static void jwk_try(const char *text, size_t size)
{
	scoped_arena *arena = arena_new(1 << 20);
	scoped_jose_key *key = NULL, *again = NULL, *public = NULL;
	char thumbprint[44], other[44];

	if (jose_key_parse(text, size, &key) != OK) {
		must(jose_public_parse(text, size, &public) != OK);
		return;
	}
	const char *jwk = jose_key_public(arena, key, "kid");
	must(jwk && jose_public_parse(jwk, strlen(jwk), &again) == OK);
	if (jose_key_thumbprint(key, thumbprint) != OK)
		abort();
	if (jose_key_thumbprint(again, other) != OK)
		abort();
	must(strcmp(thumbprint, other) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	jws_try((const char *)data, size);
	jwk_try((const char *)data, size);
	return 0;
}
