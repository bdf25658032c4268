#include "cmocka_all.h"

#include <string.h>

#include "base/encode.h"
#include "crypto/foreign.h"

/* Every expected value was computed with another implementation: libsodium, or Python's hashlib and cryptography. */

static const char text[] = "otpauth://totp/Example:demo?secret=GEZDGNBVGY3TQOJQ\n";
static uint8_t key[32];

static int key_set(void **state)
{
	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)i;
	return 0;
}

static size_t unhex(const char *hex, uint8_t *out, size_t max)
{
	size_t size = 0;

	assert_int_equal(hex_parse(hex, strlen(hex), out, max, &size), OK);
	return size;
}

static void assert_key(const uint8_t made[32], const char *hex)
{
	char text_made[65];

	hex_format(made, 32, text_made);
	assert_string_equal(text_made, hex);
}

static struct foreign_salt salt_of(const char *salt)
{
	return (struct foreign_salt){(const uint8_t *)salt, strlen(salt)};
}

static void keys_are_what_others_derive(void **state)
{
	uint8_t made[32];

	assert_int_equal(foreign_scrypt("pleaseletmein", salt_of("SodiumChloride"), (uint64_t[]){16384, 8, 1}, made),
			 OK);
	assert_key(made, "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2");
	assert_int_equal(foreign_pbkdf2("password", salt_of("saltsaltsalt"), 10000, made), OK);
	assert_key(made, "63086a6bd6ba533c492ed8d8453f99d723a9fbc2c427c2b848784308fc88cad3");
	assert_int_equal(foreign_argon2id("password", salt_of("0123456789abcdef"), 8192, 2, made), OK);
	assert_key(made, "46f624183046236e17a06987901e23b6fed977877090ef49f75675ac94cddd21");
}

static void a_cost_out_of_range_is_refused(void **state)
{
	static const uint64_t costs[][3] = {{0, 8, 1},        {1, 8, 1},
					    {16383, 8, 1},    {1 << 21, 1, 1},
					    {1 << 20, 32, 1}, {16384, 0, 1},
					    {16384, 33, 1},   {16384, 8, 0},
					    {16384, 8, 17},   {UINT64_C(1) << 63, 8, 1}};
	uint8_t made[32];

	for (size_t i = 0; i < ARRAY_COUNT(costs); i++)
		assert_int_equal(foreign_scrypt("x", salt_of("saltsalt"), costs[i], made), E_INVALID);
	assert_int_equal(foreign_scrypt("x", salt_of("short"), (uint64_t[]){2, 1, 1}, made), E_INVALID);
	assert_int_equal(foreign_pbkdf2("x", salt_of("saltsalt"), 0, made), E_INVALID);
	assert_int_equal(foreign_pbkdf2("x", salt_of("saltsalt"), 5000001, made), E_INVALID);
	assert_int_equal(foreign_argon2id("x", salt_of("saltsalt"), 7, 1, made), E_INVALID);
	assert_int_equal(foreign_argon2id("x", salt_of("saltsalt"), 1024 * 1024 + 1, 1, made), E_INVALID);
	assert_int_equal(foreign_argon2id("x", salt_of("saltsalt"), 64, 21, made), E_INVALID);
}

static void gcm_opens_and_any_altered_bit_is_refused(void **state)
{
	uint8_t sealed[21], plain[5];

	unhex("2f67ba77aa2797ff353b8a046d28236dcd9d057bbb", sealed, sizeof(sealed));
	assert_int_equal(foreign_gcm_open(key, key, sealed, 5, sealed + 5, plain), OK);
	assert_memory_equal(plain, "hello", 5);
	for (size_t bit = 0; bit < sizeof(sealed) * 8; bit++) {
		sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(foreign_gcm_open(key, key, sealed, 5, sealed + 5, plain), E_REFUSED);
		assert_memory_equal(plain, "\0\0\0\0\0", 5);
		sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void a_secretstream_of_libsodium_opens(void **state)
{
	uint8_t header[24], sealed[128], plain[128];

	unhex("cee8b8ff14c15880d94d93923a8450f0d0bba8a90d0acbd5", header, sizeof(header));
	size_t size =
		unhex("cb2fbcfc02ff54dbdc4b50b77470f8497f00e74b2d06f9e922eefca1fc4d99963d20a6d165b1348012efb26ed5b6"
		      "420236fb256a7160bdb3a519f0bbf4d856d59ec59b4fd5",
		      sealed, sizeof(sealed));
	assert_int_equal(size, sizeof(text) - 1 + SECRETSTREAM_OVERHEAD);
	assert_int_equal(foreign_secretstream_open(key, header, sealed, size, plain), OK);
	assert_memory_equal(plain, text, sizeof(text) - 1);
	for (size_t i = 0; i < size; i++) {
		sealed[i] ^= 0x10;
		assert_int_equal(foreign_secretstream_open(key, header, sealed, size, plain), E_REFUSED);
		sealed[i] ^= 0x10;
	}
	assert_int_equal(foreign_secretstream_open(key, header, sealed, 16, plain), E_INVALID);
}

static void an_empty_secretstream_opens(void **state)
{
	uint8_t header[24], sealed[17], plain[1];

	unhex("71cbea76283841d58bee7cf278bd92a0624ef24c236ae007", header, sizeof(header));
	unhex("c727d1ff9a18a82700e84d8e7aefd6e9ad", sealed, sizeof(sealed));
	assert_int_equal(foreign_secretstream_open(key, header, sealed, sizeof(sealed), plain), OK);
}

/* A cut file must not pass for a whole one. */
static void a_secretstream_that_goes_on_is_refused(void **state)
{
	uint8_t header[24], sealed[128], plain[128];

	unhex("ff010be63580df412c9ea45c27fbaa88aeab5ed6cd27aef0", header, sizeof(header));
	size_t size =
		unhex("423545dc78190d6a1063ad6c4b916e16e9e35e505a25f7e9aeec9b34b7761ea62f6462b94c537ccfae1c1a8a863a"
		      "dd0b5baa965bf90be820c08e08891b861b224dda0fa54d",
		      sealed, sizeof(sealed));
	assert_int_equal(foreign_secretstream_open(key, header, sealed, size, plain), E_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_what_others_derive),
		cmocka_unit_test(a_cost_out_of_range_is_refused),
		cmocka_unit_test(gcm_opens_and_any_altered_bit_is_refused),
		cmocka_unit_test(a_secretstream_of_libsodium_opens),
		cmocka_unit_test(an_empty_secretstream_opens),
		cmocka_unit_test(a_secretstream_that_goes_on_is_refused),
	};

	return cmocka_run_group_tests(tests, key_set, NULL);
}
