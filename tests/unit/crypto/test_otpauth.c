#include "cmocka_all.h"

#include <string.h>

#include "base/arena.h"
#include "base/random.h"
#include "crypto/otp.h"

#define SECRET "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" /* 12345678901234567890 */
static const char seed[] = "12345678901234567890";

struct row {
	const char *uri;
	const char *issuer;
	const char *account;
	struct otp_params params;
};

#define USUAL                                                                                                          \
	{                                                                                                              \
		OTP_SHA1, 6, 30                                                                                        \
	}
static const struct row rows[] = {
	{"otpauth://totp/Example:demo@example.org?secret=" SECRET "&issuer=Example", "Example", "demo@example.org",
	 USUAL},
	{"otpauth://totp/Example:demo?secret=" SECRET, "Example", "demo", USUAL},
	{"otpauth://totp/demo?secret=" SECRET "&issuer=Example", "Example", "demo", USUAL},
	{"otpauth://totp/demo?secret=" SECRET, "", "demo", USUAL},
	{"otpauth://totp/demo?issuer=&secret=" SECRET, "", "demo", USUAL},
	{"otpauth://totp/Example%3Ademo?secret=" SECRET, "Example", "demo", USUAL},
	{"otpauth://totp/Example%3ademo?secret=" SECRET, "Example", "demo", USUAL},
	{"otpauth://totp/Example:%20demo?secret=" SECRET, "Example", "demo", USUAL},
	{"otpauth://totp/Example:%20%20demo%20?secret=" SECRET, "Example", "demo", USUAL},
	{"otpauth://totp/Big%20Corporation%3A%20demo%40example.org?secret=" SECRET, "Big Corporation",
	 "demo@example.org", USUAL},
	{"otpauth://totp/Other:demo?secret=" SECRET "&issuer=Example", "Example", "demo", USUAL},
	{"otpauth://totp/A%3AB:demo?secret=" SECRET, "A:B", "demo", USUAL},
	{"otpauth://totp/Example:demo:two?secret=" SECRET, "Example", "demo:two", USUAL},
	{"otpauth://totp/Caf%C3%A9:d%C3%A9mo?secret=" SECRET, "Café", "démo", USUAL},
	{"otpauth://totp/demo+tag@example.org?secret=" SECRET, "", "demo+tag@example.org", USUAL},
	{"otpauth://totp/?secret=" SECRET "&issuer=Example", "Example", "", USUAL},
	{"otpauth://totp?secret=" SECRET "&issuer=Example", "Example", "", USUAL},
	{"OTPAUTH://TOTP/demo?SECRET=" SECRET, "", "demo", USUAL},
	{"otpauth://totp/demo?secret=gezdgnbvgy3tqojqgezdgnbvgy3tqojq", "", "demo", USUAL},
	{"otpauth://totp/demo?secret=GEZD%20GNBV%20GY3T%20QOJQ%20GEZD%20GNBV%20GY3T%20QOJQ", "", "demo", USUAL},
	{"otpauth://totp/demo?secret=GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ", "", "demo", USUAL},
	{"otpauth://totp/demo?secret=GEZD+GNBV+GY3T+QOJQ-GEZD-GNBV-GY3T-QOJQ", "", "demo", USUAL},
	{"otpauth://totp/demo?secret=" SECRET "====", "", "demo", USUAL},
	{"otpauth://totp/demo?secret=" SECRET "%3D%3D", "", "demo", USUAL},
	{"otpauth://totp/demo?secret=" SECRET "B", "", "demo", USUAL}, /* five bits left over */
	{"otpauth://totp/demo?secret=" SECRET "&algorithm=sha256", "", "demo", {OTP_SHA256, 6, 30}},
	{"otpauth://totp/demo?secret=" SECRET "&algorithm=SHA512&digits=8&period=60", "", "demo", {OTP_SHA512, 8, 60}},
	{"otpauth://totp/demo?digits=7&secret=" SECRET "&period=15", "", "demo", {OTP_SHA1, 7, 15}},
	{"otpauth://totp/demo?secret=" SECRET "&image=https%3A%2F%2Fexample.org%2Fa.png&color=00f&image=2", "", "demo",
	 USUAL},
	{"otpauth://totp/demo?&&secret=" SECRET "&&flag&", "", "demo", USUAL},
	{"otpauth://totp/demo?secret=" SECRET "&counter=5", "", "demo", USUAL},
};

static void links_of_real_apps_are_understood(void **state)
{
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		scoped_arena *arena = arena_new(1 << 16);
		struct otpauth otp;
		const char *problem = "none";
		if (otpauth_parse(arena, rows[i].uri, &otp, &problem) != OK)
			fail_msg("%s: %s", rows[i].uri, problem);
		assert_string_equal(otp.issuer, rows[i].issuer);
		assert_string_equal(otp.account, rows[i].account);
		assert_int_equal(otp.params.hash, rows[i].params.hash);
		assert_int_equal(otp.params.digits, rows[i].params.digits);
		assert_int_equal(otp.params.period, rows[i].params.period);
		assert_int_equal(otp.seed_size, 20);
		assert_memory_equal(otp.seed, seed, 20);
	}
}

static const struct {
	const char *uri;
	const char *word; /* of the sentence */
} bad[] = {
	{"", "otpauth://"},
	{"https://example.org/", "otpauth://"},
	{"otpauth:/totp/demo?secret=" SECRET, "otpauth://"},
	{" otpauth://totp/demo?secret=" SECRET, "otpauth://"},
	{"otpauth://hotp/demo?secret=" SECRET "&counter=1", "hotp"},
	{"otpauth://HOTP/demo?secret=" SECRET, "hotp"},
	{"otpauth://hotp?secret=" SECRET, "hotp"},
	{"otpauth://steam/demo?secret=" SECRET, "kind"},
	{"otpauth://", "kind"},
	{"otpauth://totp", "kind"},
	{"otpauth://totpx/demo?secret=" SECRET, "kind"},
	{"otpauth://totp/", "neither"},
	{"otpauth://totp/demo", "no secret"},
	{"otpauth://totp/demo?", "no secret"},
	{"otpauth://totp/demo?secret", "no secret"},
	{"otpauth://totp/demo?secret=", "no secret"},
	{"otpauth://totp/demo?secret=%20", "secret"},
	{"otpauth://totp/demo?secret====", "secret"},
	{"otpauth://totp/demo?secret=A", "secret"},
	{"otpauth://totp/demo?secret=GEZDGNB1", "base32"},
	{"otpauth://totp/demo?secret=GEZDGNB!", "base32"},
	{"otpauth://totp/demo?secret=GEZD%0AGNBV", "base32"},
	{"otpauth://totp/demo?secret=GEZD%00GNBV", "base32"},
	{"otpauth://totp/demo?secret=GEZD%GNBV", "base32"},
	{"otpauth://totp/demo?secret=GEZDGNBV%2", "base32"},
	{"otpauth://totp/demo?secret=GEZD=GNBV", "base32"},
	{"otpauth://totp/demo?secret=" SECRET "&secret=" SECRET, "twice"},
	{"otpauth://totp/demo?secret=" SECRET "&SECRET=" SECRET, "twice"},
	{"otpauth://totp/demo?secret=" SECRET "&issuer=a&issuer=a", "twice"},
	{"otpauth://totp/demo?secret=" SECRET "&digits=6&digits=6", "twice"},
	{"otpauth://totp/demo?secret=&secret=" SECRET, "twice"},
	{"otpauth://totp/demo?secret=" SECRET "&digits=5", "digits"},
	{"otpauth://totp/demo?secret=" SECRET "&digits=9", "digits"},
	{"otpauth://totp/demo?secret=" SECRET "&digits=", "digits"},
	{"otpauth://totp/demo?secret=" SECRET "&digits=-6", "digits"},
	{"otpauth://totp/demo?secret=" SECRET "&digits=6x", "digits"},
	{"otpauth://totp/demo?secret=" SECRET "&digits=00000000000000006", "digits"},
	{"otpauth://totp/demo?secret=" SECRET "&period=0", "period"},
	{"otpauth://totp/demo?secret=" SECRET "&period=4", "period"},
	{"otpauth://totp/demo?secret=" SECRET "&period=301", "period"},
	{"otpauth://totp/demo?secret=" SECRET "&period=4294967326", "period"},
	{"otpauth://totp/demo?secret=" SECRET "&algorithm=MD5", "algorithm"},
	{"otpauth://totp/demo?secret=" SECRET "&algorithm=", "algorithm"},
	{"otpauth://totp/demo?secret=" SECRET "&algorithm=SHA1SHA1SHA1SHA1SHA1", "algorithm"},
	{"otpauth://totp/de%0Amo?secret=" SECRET, "shown"},
	{"otpauth://totp/de\nmo?secret=" SECRET, "shown"},
	{"otpauth://totp/de\x1bmo?secret=" SECRET, "shown"},
	{"otpauth://totp/de%E2%80%AEmo?secret=" SECRET, "shown"}, /* right-to-left override */
	{"otpauth://totp/de%E2%81%A6mo?secret=" SECRET, "shown"}, /* left-to-right isolate */
	{"otpauth://totp/de%E2%80%8Bmo?secret=" SECRET, "shown"}, /* zero width space */
	{"otpauth://totp/de%FFmo?secret=" SECRET, "shown"},
	{"otpauth://totp/demo?secret=" SECRET "&issuer=%C0%AF", "shown"},
	{"otpauth://totp/demo?secret=" SECRET "&issuer=a%09b", "shown"},
	{"otpauth://totp/de%mo?secret=" SECRET, "encoded"},
	{"otpauth://totp/demo%?secret=" SECRET, "encoded"},
	{"otpauth://totp/demo%00?secret=" SECRET, "encoded"},
	{"otpauth://totp/:?secret=" SECRET, "neither"},
	{"otpauth://totp/%20:%20?secret=" SECRET, "neither"},
};

static void bad_links_are_refused_with_a_sentence(void **state)
{
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
		scoped_arena *arena = arena_new(1 << 16);
		struct otpauth otp = {.seed_size = 99};
		const char *problem = NULL;
		if (otpauth_parse(arena, bad[i].uri, &otp, &problem) != E_INVALID)
			fail_msg("taken: %s", bad[i].uri);
		assert_int_equal(otp.seed_size, 99);
		if (!strstr(problem, bad[i].word) || problem[strlen(problem) - 1] != '.')
			fail_msg("%s: %s", bad[i].uri, problem);
	}
}

static char *uri_with_secret_of(struct arena *arena, size_t digits)
{
	char *secret = arena_alloc(arena, digits + 1);

	memset(secret, 'Q', digits);
	return arena_format(arena, "otpauth://totp/demo?secret=%s", secret);
}

static void secrets_of_1_to_128_bytes_are_taken(void **state)
{
	for (size_t digits = 0; digits < 300; digits++) {
		scoped_arena *arena = arena_new(1 << 16);
		struct otpauth otp;
		const char *problem = NULL;
		size_t size = digits * 5 / 8; /* bits left over are nobody's */
		enum status expected = size >= 1 && size <= 128 ? OK : E_INVALID;
		assert_int_equal(otpauth_parse(arena, uri_with_secret_of(arena, digits), &otp, &problem), expected);
		if (expected == OK)
			assert_int_equal(otp.seed_size, size);
	}
}

static void long_names_and_links_are_refused(void **state)
{
	scoped_arena *arena = arena_new(1 << 20);
	char name[5000];
	struct otpauth otp;
	const char *problem = NULL;

	memset(name, 'a', sizeof(name));
	name[256] = '\0';
	assert_int_equal(otpauth_parse(arena, arena_format(arena, "otpauth://totp/%s?secret=" SECRET, name), &otp,
				       &problem),
			 OK);
	name[256] = 'a';
	name[257] = '\0';
	assert_int_equal(otpauth_parse(arena, arena_format(arena, "otpauth://totp/%s?secret=" SECRET, name), &otp,
				       &problem),
			 E_INVALID);
	assert_non_null(strstr(problem, "name"));
	name[257] = 'a';
	name[4999] = '\0';
	assert_int_equal(otpauth_parse(arena, arena_format(arena, "otpauth://totp/x?secret=" SECRET "&x=%s", name),
				       &otp, &problem),
			 E_INVALID);
	assert_non_null(strstr(problem, "too long"));
}

static void formatted_links_come_back(void **state)
{
	static const char *const names[] = {"demo", "A & B",       "a:b", "100 %", "é/ü?#=+", ":",
					    "a: b", "\"</script>", "😀",   "%3A",   "x"};
	struct random_seeded seeded;
	struct random random = random_seed(&seeded, 6238);

	for (size_t i = 0; i < 500; i++) {
		scoped_arena *arena = arena_new(1 << 16);
		struct otpauth otp = {0}, again;
		const char *problem = "none";
		otp.issuer =
			arena_strdup(arena,
				     random_below(&random, 3) ? names[random_below(&random, ARRAY_COUNT(names))] : "");
		otp.account = arena_strdup(arena, names[random_below(&random, ARRAY_COUNT(names))]);
		otp.seed_size = 1 + random_below(&random, OTP_SEED_MAX);
		random_fill(&random, otp.seed, otp.seed_size);
		otp.params = (struct otp_params){(enum otp_hash)random_below(&random, 3), 6 + random_below(&random, 3),
						 5 + random_below(&random, 296)};
		char *uri = otpauth_format(arena, &otp);
		assert_non_null(uri);
		if (otpauth_parse(arena, uri, &again, &problem) != OK)
			fail_msg("%s: %s", uri, problem);
		assert_string_equal(again.issuer, otp.issuer);
		assert_string_equal(again.account, otp.account);
		assert_int_equal(again.seed_size, otp.seed_size);
		assert_memory_equal(again.seed, otp.seed, otp.seed_size);
		assert_memory_equal(&again.params, &otp.params, sizeof(otp.params));
	}
}

static void formatted_link_has_its_usual_form(void **state)
{
	scoped_arena *arena = arena_new(1 << 16);
	struct otpauth otp = {.issuer = (char[]){"Big Example"},
			      .account = (char[]){"demo@example.org"},
			      .params = USUAL};

	otp.seed_size = 20;
	memcpy(otp.seed, seed, 20);
	assert_string_equal(otpauth_format(arena, &otp),
			    "otpauth://totp/Big%20Example:demo%40example.org?secret=" SECRET
			    "&issuer=Big%20Example&algorithm=SHA1&digits=6&period=30");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(links_of_real_apps_are_understood),
		cmocka_unit_test(bad_links_are_refused_with_a_sentence),
		cmocka_unit_test(secrets_of_1_to_128_bytes_are_taken),
		cmocka_unit_test(long_names_and_links_are_refused),
		cmocka_unit_test(formatted_links_come_back),
		cmocka_unit_test(formatted_link_has_its_usual_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
