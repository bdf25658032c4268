#include <stdlib.h>

#include "base/json.h"
#include "crypto/hash.h"
#include "crypto/jose_internal.h"
#include "crypto/otp.h"
#include "crypto/seal.h"

static void must_ok(enum status status)
{
	if (status != OK)
		abort();
}

/* What OpenSSL makes at first use: its random generator, the curve, the signature. */
static void jose_warm(const uint8_t digest[32])
{
	scoped_jose_key *key = NULL;
	uint8_t signature[RSA_SIZE_MAX];
	size_t size = 0;

	must_ok(jose_key_generate(JOSE_ES256, &key));
	must_ok(jose_digest_sign(key, digest, signature, &size));
	must_ok(jose_digest_verify(key, digest, signature, size));
}

void crypto_warm(void)
{
	static const struct otp_params params = {.hash = OTP_SHA1, .digits = 6, .period = 30};
	uint8_t key[32] = {0}, digest[32], plain[1] = {0}, sealed[sizeof(plain) + SEAL_OVERHEAD];
	char code[16];

	json_decref(json_object()); /* jansson seeds its tables from /dev/urandom with its first object */
	sha256("", 0, digest);
	hmac_sha256(key, sizeof(key), "", 0, digest);
	hkdf_sha256(key, sizeof(key), NULL, 0, "warm", digest, sizeof(digest));
	must_ok(seal(key, "warm", plain, sizeof(plain), sealed));
	must_ok(unseal(key, "warm", sealed, sizeof(sealed), plain));
	must_ok(otp_code(key, sizeof(key), &params, 1, code));
	jose_warm(digest);
}
