#include "cmocka_all.h"

#include <string.h>

#include "base/encode.h"
#include "crypto/hash.h"

static void assert_hex(const uint8_t *bytes, size_t size, const char *expected)
{
	char hex[256];

	hex_format(bytes, size, hex);
	assert_string_equal(hex, expected);
}

static void sha256_agrees_with_fips_180(void **state)
{
	uint8_t digest[32];

	sha256("abc", 3, digest);
	assert_hex(digest, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	sha256(NULL, 0, digest);
	assert_hex(digest, 32, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void hmac_agrees_with_rfc_4231(void **state)
{
	uint8_t key[131], mac[32];

	memset(key, 0x0b, sizeof(key));
	hmac_sha256(key, 20, "Hi There", 8, mac);
	assert_hex(mac, 32, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, mac);
	assert_hex(mac, 32, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof(key));
	hmac_sha256(key, 131, "Test Using Larger Than Block-Size Key - Hash Key First", 54, mac);
	assert_hex(mac, 32, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

/* An empty key must not fall back to the key of the call before. */
static void hmac_takes_empty_key_and_data(void **state)
{
	uint8_t mac[32];

	hmac_sha256("Jefe", 4, "", 0, mac);
	hmac_sha256(NULL, 0, NULL, 0, mac);
	assert_hex(mac, 32, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

static void bytes_count(uint8_t *out, size_t size, uint8_t first)
{
	for (size_t i = 0; i < size; i++)
		out[i] = (uint8_t)(first + i);
}

static void hkdf_agrees_with_rfc_5869(void **state)
{
	uint8_t key[80], salt[80], out[82];
	char info[81] = "";

	memset(key, 0x0b, 22);
	bytes_count(salt, 13, 0);
	bytes_count((uint8_t *)info, 10, 0xf0);
	hkdf_sha256(key, 22, salt, 13, info, out, 42);
	assert_hex(out, 42, "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");

	hkdf_sha256(key, 22, NULL, 0, "", out, 42);
	assert_hex(out, 42, "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");

	bytes_count(key, 80, 0);
	bytes_count(salt, 80, 0x60);
	bytes_count((uint8_t *)info, 80, 0xb0);
	hkdf_sha256(key, 80, salt, 80, info, out, 82);
	assert_hex(out, 82,
		   "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
		   "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87");
}

static void warming_can_be_done_again(void **state)
{
	crypto_warm();
	crypto_warm();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256_agrees_with_fips_180),   cmocka_unit_test(hmac_agrees_with_rfc_4231),
		cmocka_unit_test(hmac_takes_empty_key_and_data), cmocka_unit_test(hkdf_agrees_with_rfc_5869),
		cmocka_unit_test(warming_can_be_done_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
