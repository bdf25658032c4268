#include "cmocka_all.h"

#include <string.h>

#include "base/encode.h"
#include "base/text.h"
#include "crypto/password.h"

static void record_comes_back(void **state)
{
	struct password_record record = {.params = password_default}, again;
	char stored[PASSWORD_STORED_SIZE];

	memset(record.salt, 0xab, sizeof(record.salt));
	memset(record.mac, 0xcd, sizeof(record.mac));
	password_format(&record, stored);
	assert_string_equal(stored, "$symbolon$argon2id$v=19$m=19456,t=2,p=1$q6urq6urq6urq6urq6urqw$"
				    "zc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc0");
	assert_int_equal(password_parse(stored, &again), OK);
	assert_memory_equal(&again, &record, sizeof(record));
	assert_int_equal(password_kind(stored), PASSWORD_OURS);
}

#define TAIL "$q6urq6urq6urq6urq6urqw$zc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc0"
static const char *const bad_records[] = {
	"",
	"$symbolon$",
	"$symbolon$argon2id$v=19$m=19456,t=2,p=1",
	"$symbolon$argon2id$v=19$m=19456,t=2,p=1$",
	"$symbolon$argon2i$v=19$m=19456,t=2,p=1" TAIL,
	"$symbolon$argon2id$v=16$m=19456,t=2,p=1" TAIL,
	"$symbolon$argon2id$v=19$m=19456,t=2,p=0" TAIL,
	"$symbolon$argon2id$v=19$m=19456,t=0,p=1" TAIL,
	"$symbolon$argon2id$v=19$m=0,t=2,p=1" TAIL,
	"$symbolon$argon2id$v=19$m=7,t=2,p=1" TAIL,
	"$symbolon$argon2id$v=19$m=15,t=2,p=2" TAIL,
	"$symbolon$argon2id$v=19$m=262145,t=1,p=1" TAIL,
	"$symbolon$argon2id$v=19$m=262144,t=5,p=1" TAIL,
	"$symbolon$argon2id$v=19$m=19456,t=65,p=1" TAIL,
	"$symbolon$argon2id$v=19$m=19456,t=2,p=9" TAIL,
	"$symbolon$argon2id$v=19$m=019456,t=2,p=1" TAIL,
	"$symbolon$argon2id$v=19$m=4294986752,t=2,p=1" TAIL,
	"$symbolon$argon2id$v=19$m=-1,t=2,p=1" TAIL,
	"$symbolon$argon2id$v=19$t=2,m=19456,p=1" TAIL,
	"$symbolon$argon2id$v=19$m=19456,t=2,p=1" TAIL "A",
	"$symbolon$argon2id$v=19$m=19456,t=2,p=1" TAIL "\n",
	"$symbolon$argon2id$v=19$m=19456,t=2,p=1 " TAIL,
	"$symbolon$argon2id$v=19$m=19456,t=2,p=1$q6urq6urq6urq6urq6urqx$zc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc0",
	"$symbolon$argon2id$v=19$m=19456,t=2,p=1$q6urq6urq6urq6urq6urqw$zc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc1",
	"$symbolon$argon2id$v=19$m=19456,t=2,p=1$$zc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc0",
};

static void bad_records_are_refused(void **state)
{
	struct password_record record;

	for (size_t i = 0; i < ARRAY_COUNT(bad_records); i++) {
		if (password_parse(bad_records[i], &record) != E_INVALID ||
		    password_kind(bad_records[i]) != PASSWORD_UNKNOWN)
			fail_msg("taken: %s", bad_records[i]);
	}
	assert_int_equal(password_parse("$symbolon$argon2id$v=19$m=19456,t=2,p=1" TAIL, &record), OK);
}

/* Computed by libsodium, another implementation. */
static void stretch_agrees_with_another_program(void **state)
{
	static const struct password_params params = {.memory_kib = 256, .passes = 2, .lanes = 1};
	const uint8_t salt[16] = "somesaltsomesal";
	uint8_t raw[32];
	char hex[65];

	assert_int_equal(password_stretch("password", &params, salt, raw), OK);
	hex_format(raw, sizeof(raw), hex);
	assert_string_equal(hex, "a46bedc42dd241f73ba2a12b7e54e6f16789ec1499480d31ad7c258a271b38ae");
}

static void stretch_refuses_parameters_out_of_range(void **state)
{
	static const struct password_params bad[] = {{0, 2, 1},
						     {19456, 0, 1},
						     {19456, 2, 0},
						     {1 << 20, 1, 1},
						     {7, 1, 1},
						     {262144, 5, 1},
						     {UINT32_MAX, UINT32_MAX, UINT32_MAX}};
	uint8_t salt[16] = {0}, raw[32] = {9};

	for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
		assert_int_equal(password_stretch("password", &bad[i], salt, raw), E_INVALID);
	assert_int_equal(raw[0], 9);
}

#define BCRYPT   "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"
#define SHA512_C "svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1"
#define SHA256_C "5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"
#define YESCRYPT "$y$j75$PFC/GCRW/DLd4GpQ6g6k21$OtFgrg8EZEcckUdyzQILO3zKVTEtjj7zCl8UcVI3mz9"
#define PHC_TAIL "$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"

static const struct {
	const char *password;
	const char *stored;
	enum password_kind kind;
} imported[] = {
	{"U*U", BCRYPT, PASSWORD_CRYPT},
	{"Hello world!", "$6$saltstring$" SHA512_C, PASSWORD_CRYPT},
	{"Hello world!", "$5$saltstring$" SHA256_C, PASSWORD_CRYPT},
	{"Correct horse 1", YESCRYPT, PASSWORD_CRYPT},
	{"password", "$argon2id$v=19$m=256,t=2,p=1" PHC_TAIL, PASSWORD_ARGON2_PHC},
	{"password", "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
	 PASSWORD_ARGON2_PHC},
};

static void imported_hashes_are_verified(void **state)
{
	for (size_t i = 0; i < ARRAY_COUNT(imported); i++) {
		bool matches = false;
		assert_int_equal(password_kind(imported[i].stored), imported[i].kind);
		assert_int_equal(password_verify_imported(imported[i].password, imported[i].stored, &matches), OK);
		if (!matches)
			fail_msg("%s does not fit %s", imported[i].password, imported[i].stored);
		assert_int_equal(password_verify_imported("Hello world?", imported[i].stored, &matches), OK);
		assert_false(matches);
		matches = true;
		assert_int_equal(password_verify_imported("", imported[i].stored, &matches), OK);
		assert_false(matches);
	}
}

static void changed_hash_does_not_match(void **state)
{
	for (size_t i = 0; i < ARRAY_COUNT(imported); i++) {
		char stored[200] = "";
		bool matches = true;
		strcpy(stored, imported[i].stored);
		char *last = &stored[strlen(stored) - 2];
		*last = *last == 'a' ? 'b' : 'a';
		assert_int_equal(password_verify_imported(imported[i].password, stored, &matches), OK);
		assert_false(matches);
	}
}

static void longest_password_does_not_break_a_scheme(void **state)
{
	char password[PASSWORD_SIZE_MAX + 1] = "";

	memset(password, 'a', PASSWORD_SIZE_MAX);
	for (size_t i = 0; i < ARRAY_COUNT(imported); i++) {
		bool matches = true;
		assert_int_equal(password_verify_imported(password, imported[i].stored, &matches), OK);
		assert_false(matches);
	}
}

static const char *const not_accepted[] = {
	"",
	"x",
	"*",
	"!",
	"*0",
	"plain text",
	"aaHA4hR1QbMBc",                        /* DES */
	"_J9..rasmBYk8r9AiWNc",                 /* BSDi DES */
	"$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/",   /* MD5 */
	"$3$$8846f7eaee8fb117ad06bdd830b7586c", /* NT */
	"$md5$saltsalt$hfkdjhfkjd",
	"$sha1$1000$saltsalt$abcdefghijklmnopqrstuvwxyzab",
	"$gy$j9T$C3OLZRv89cQTCqI2n1FJB.$fGsS8Um89Qe1uqvUTfrKBt8UNkNd42qnM0.JfzzVcB1",
	"$7$CU..../....9NWpQrFW6nY6lzqyg.vE90$T/WafLXLDoamfu01K3bvghBQKXxVQHeXR9VFnr5Fox7",
	"$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
	"$2$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
	"$2a$03$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
	"$2a$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", /* days */
	"$2a$15$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
	"$2a$5$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
	BCRYPT "A",
	BCRYPT "\n",
	"$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe",
	"$6$rounds=999999999$saltstring$" SHA512_C, /* an hour */
	"$6$rounds=1000001$saltstring$" SHA512_C,
	"$6$rounds=999$saltstring$" SHA512_C,
	"$6$rounds=$saltstring$" SHA512_C,
	"$6$rounds=5000saltstring$" SHA512_C,
	"$6$saltsaltsaltsalt1$" SHA512_C,
	"$6$saltstring$" SHA512_C "A",
	"$6$saltstring",
	"$6$saltstring$",
	"$6$salt:ring$" SHA512_C,
	"$5$saltstring$" SHA512_C,
	"$y$jFT$PFC/GCRW/DLd4GpQ6g6k21$OtFgrg8EZEcckUdyzQILO3zKVTEtjj7zCl8UcVI3mz9", /* 1 GiB */
	"$y$jzz$PFC/GCRW/DLd4GpQ6g6k21$OtFgrg8EZEcckUdyzQILO3zKVTEtjj7zCl8UcVI3mz9",
	"$y$k75$PFC/GCRW/DLd4GpQ6g6k21$OtFgrg8EZEcckUdyzQILO3zKVTEtjj7zCl8UcVI3mz9",
	"$y$j$PFC/GCRW/DLd4GpQ6g6k21$OtFgrg8EZEcckUdyzQILO3zKVTEtjj7zCl8UcVI3mz9",
	"$y$j7",
	"$y$j",
	"$y$j755$PFC/GCRW/DLd4GpQ6g6k21$OtFgrg8EZEcckUdyzQILO3zKVTEtjj7zCl8UcVI3mz9",
	"$y$j75$$OtFgrg8EZEcckUdyzQILO3zKVTEtjj7zCl8UcVI3mz9",
	"$argon2i$v=19$m=256,t=2,p=1" PHC_TAIL,
	"$argon2d$v=19$m=256,t=2,p=1" PHC_TAIL,
	"$argon2id$m=256,t=2,p=1" PHC_TAIL,
	"$argon2id$v=16$m=256,t=2,p=1" PHC_TAIL,
	"$argon2id$v=19$m=4194304,t=2,p=1" PHC_TAIL, /* 4 GiB */
	"$argon2id$v=19$m=256,t=1000,p=1" PHC_TAIL,
	"$argon2id$v=19$m=256,t=2,p=100" PHC_TAIL,
	"$argon2id$v=19$m=256,t=2,p=1$$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
	"$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$",
	"$argon2id$v=19$m=256,t=2,p=1" PHC_TAIL "=",
};

static void weak_and_costly_hashes_are_not_accepted(void **state)
{
	for (size_t i = 0; i < ARRAY_COUNT(not_accepted); i++) {
		bool matches = false;
		if (password_kind(not_accepted[i]) != PASSWORD_UNKNOWN)
			fail_msg("taken: %s", not_accepted[i]);
		assert_int_equal(password_verify_imported("U*U", not_accepted[i], &matches), E_INVALID);
		assert_false(matches);
	}
	assert_int_equal(password_kind(NULL), PASSWORD_UNKNOWN);
}

/* Ours never goes to the functions for others: without the pepper it means nothing. */
static void ours_is_not_an_imported_one(void **state)
{
	bool matches = false;

	assert_int_equal(password_verify_imported("password", "$symbolon$argon2id$v=19$m=19456,t=2,p=1" TAIL, &matches),
			 E_INVALID);
}

static void good_passwords_are_acceptable(void **state)
{
	static const char *const good[] = {"correct horse",    "aB3$kq9!",         "ünïcödé",
					   "пароль для",       "tuna fish on rye", "password of the day",
					   "passwordpassword", "demodemodemo",     "😀😁😀😁",
					   "1029384756x"};
	const char *problem = "untouched";

	for (size_t i = 0; i < ARRAY_COUNT(good); i++) {
		if (!password_is_acceptable(good[i], "demo", &problem))
			fail_msg("%s: %s", good[i], problem);
	}
	assert_string_equal(problem, "untouched");
}

static void poor_passwords_are_refused_with_a_reason(void **state)
{
	static const struct {
		const char *password, *username, *word;
	} poor[] = {
		{"", "demo", "short"},
		{"abc1234", "demo", "short"},
		{"aaaaaaaaa", "demo", "repeated"},
		{"éééééééé", "demo", "repeated"},
		{"😀😀😀", "demo", "repeated"},
		{"        ", "demo", "repeated"},
		{"\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8", "demo", "UTF-8"},
		{"demonstration", "demonstration", "name"},
		{"DemonStration", "demonstration", "name"},
		{"demonstration1!", "demonstration", "name"},
		{"demo2024", "demo", "name"},
		{"demo@example.org", "demo@example.org", "name"},
		{"password", "demo", "guessers"},
		{"PASSWORD", "demo", "guessers"},
		{"Password123!", "demo", "guessers"},
		{"passw0rd", NULL, "guessers"},
		{"12345678", "", "guessers"},
		{"1234567890", "demo", "guessers"},
		{"qwertyuiop", "demo", "guessers"},
		{"Summer2024", "demo", "guessers"},
		{"letmein!1", "demo", "guessers"},
		{"Symbolon1", "demo", "guessers"},
	};
	char long_one[PASSWORD_SIZE_MAX + 2] = "";

	for (size_t i = 0; i < ARRAY_COUNT(poor); i++) {
		const char *problem = "";
		if (password_is_acceptable(poor[i].password, poor[i].username, &problem))
			fail_msg("taken: %s", poor[i].password);
		if (!strstr(problem, poor[i].word))
			fail_msg("%s: %s", poor[i].password, problem);
	}
	memset(long_one, 'a', PASSWORD_SIZE_MAX);
	long_one[0] = 'b';
	const char *problem = "";
	assert_true(password_is_acceptable(long_one, "demo", &problem));
	long_one[PASSWORD_SIZE_MAX] = 'a';
	assert_false(password_is_acceptable(long_one, "demo", &problem));
	assert_non_null(strstr(problem, "long"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(record_comes_back),
		cmocka_unit_test(bad_records_are_refused),
		cmocka_unit_test(stretch_agrees_with_another_program),
		cmocka_unit_test(stretch_refuses_parameters_out_of_range),
		cmocka_unit_test(imported_hashes_are_verified),
		cmocka_unit_test(changed_hash_does_not_match),
		cmocka_unit_test(longest_password_does_not_break_a_scheme),
		cmocka_unit_test(weak_and_costly_hashes_are_not_accepted),
		cmocka_unit_test(ours_is_not_an_imported_one),
		cmocka_unit_test(good_passwords_are_acceptable),
		cmocka_unit_test(poor_passwords_are_refused_with_a_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
