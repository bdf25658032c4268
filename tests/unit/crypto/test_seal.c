#include "cmocka_all.h"

#include <string.h>

#include "base/encode.h"
#include "crypto/seal.h"

static const uint8_t key[32] = {1, 2, 3};
static const char secret[] = "a secret of some length";
enum { SIZE = sizeof(secret), SEALED_SIZE = SIZE + SEAL_OVERHEAD };

static void sealed_bytes_come_back(void **state)
{
	uint8_t sealed[SEALED_SIZE], plain[SIZE];

	assert_int_equal(seal(key, "totp:1", secret, SIZE, sealed), OK);
	assert_int_equal(sealed[0], 1);
	assert_null(memmem(sealed, SEALED_SIZE, "secret", 6));
	assert_int_equal(unseal(key, "totp:1", sealed, SEALED_SIZE, plain), OK);
	assert_memory_equal(plain, secret, SIZE);
}

/* Computed with another implementation of AES-256-GCM: version and identity are the associated data. */
static void blob_of_another_implementation_opens(void **state)
{
	uint8_t sealed[64], plain[64] = "";
	size_t size = 0;
	const char *hex = "01000102030405060708090a0bedaabdfc816d7e3e9344c000b09c8600cfd18667b8";

	assert_int_equal(hex_parse(hex, strlen(hex), sealed, sizeof(sealed), &size), OK);
	assert_int_equal(unseal(key, "totp:demo", sealed, size, plain), OK);
	assert_string_equal((char *)plain, "hello");
}

static void nothing_can_be_sealed(void **state)
{
	uint8_t sealed[SEAL_OVERHEAD], plain[1] = {7};

	assert_int_equal(seal(key, "x", "", 0, sealed), OK);
	assert_int_equal(unseal(key, "x", sealed, sizeof(sealed), plain), OK);
	assert_int_equal(plain[0], 7);
	sealed[SEAL_OVERHEAD - 1] ^= 1;
	assert_int_equal(unseal(key, "x", sealed, sizeof(sealed), plain), E_REFUSED);
}

static void same_bytes_never_look_the_same(void **state)
{
	uint8_t one[SEALED_SIZE], two[SEALED_SIZE];

	assert_int_equal(seal(key, "totp:1", secret, SIZE, one), OK);
	assert_int_equal(seal(key, "totp:1", secret, SIZE, two), OK);
	assert_memory_not_equal(one + 1, two + 1, 12);
	assert_memory_not_equal(one + 13, two + 13, SIZE);
}

static void every_flipped_bit_is_refused_and_nothing_shown(void **state)
{
	uint8_t sealed[SEALED_SIZE], plain[SIZE], nothing[SIZE] = {0};

	assert_int_equal(seal(key, "totp:1", secret, SIZE, sealed), OK);
	for (size_t bit = 0; bit < sizeof(sealed) * 8; bit++) {
		memset(plain, 0xee, sizeof(plain));
		sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(unseal(key, "totp:1", sealed, SEALED_SIZE, plain), E_REFUSED);
		if (bit >= 8) /* another version is not even tried */
			assert_memory_equal(plain, nothing, SIZE);
		sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_int_equal(unseal(key, "totp:1", sealed, SEALED_SIZE, plain), OK);
}

static void every_cut_is_refused(void **state)
{
	uint8_t sealed[SEALED_SIZE + 1] = {0}, plain[SIZE + 1];

	assert_int_equal(seal(key, "totp:1", secret, SIZE, sealed), OK);
	for (size_t size = 0; size <= sizeof(sealed); size++)
		assert_int_equal(unseal(key, "totp:1", sealed, size, plain), size == SEALED_SIZE ? OK : E_REFUSED);
}

static void blob_of_another_row_is_refused(void **state)
{
	static const char *const others[] = {"totp:2", "totp:", "totp:11", "enrol:1", "TOTP:1", ""};
	uint8_t sealed[SEALED_SIZE], plain[SIZE], other_key[32] = {1, 2, 4};

	assert_int_equal(seal(key, "totp:1", secret, SIZE, sealed), OK);
	for (size_t i = 0; i < ARRAY_COUNT(others); i++)
		assert_int_equal(unseal(key, others[i], sealed, SEALED_SIZE, plain), E_REFUSED);
	assert_int_equal(unseal(other_key, "totp:1", sealed, SEALED_SIZE, plain), E_REFUSED);
}

static void too_much_is_refused(void **state)
{
	static uint8_t big[SEAL_MAX + 1], sealed[SEAL_MAX + 1 + SEAL_OVERHEAD];

	assert_int_equal(seal(key, "x", big, sizeof(big), sealed), E_INVALID);
	assert_int_equal(seal(key, "x", big, SEAL_MAX, sealed), OK);
	assert_int_equal(unseal(key, "x", sealed, SEAL_MAX + SEAL_OVERHEAD, big), OK);
	assert_int_equal(unseal(key, "x", sealed, sizeof(sealed), big), E_REFUSED);
}

static void passphrase_gives_one_key_for_one_salt(void **state)
{
	uint8_t salt[16] = "0123456789abcde", one[32], again[32], other[32];

	assert_int_equal(seal_key_from_passphrase("correct horse", salt, one), OK);
	assert_int_equal(seal_key_from_passphrase("correct horse", salt, again), OK);
	assert_memory_equal(one, again, 32);
	assert_int_equal(seal_key_from_passphrase("correct horsf", salt, other), OK);
	assert_memory_not_equal(one, other, 32);
	salt[0] = '1';
	assert_int_equal(seal_key_from_passphrase("correct horse", salt, other), OK);
	assert_memory_not_equal(one, other, 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sealed_bytes_come_back),
		cmocka_unit_test(blob_of_another_implementation_opens),
		cmocka_unit_test(nothing_can_be_sealed),
		cmocka_unit_test(same_bytes_never_look_the_same),
		cmocka_unit_test(every_flipped_bit_is_refused_and_nothing_shown),
		cmocka_unit_test(every_cut_is_refused),
		cmocka_unit_test(blob_of_another_row_is_refused),
		cmocka_unit_test(too_much_is_refused),
		cmocka_unit_test(passphrase_gives_one_key_for_one_salt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
