#include "cmocka_all.h"

#include <stdio.h>
#include <string.h>

#include "base/encode.h"
#include "base/log.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/jose.h"
#include "crypto/otp.h"
#include "fixture.h"
#include "keyholder/key_cache.h"
#include "keyholder/message.h"

static struct keyholder *keyholder;
static struct arena *arena;
static char last_line[1024];
static int sign_lines;

static void line_keep(void *ctx, const char *line)
{
	snprintf(last_line, sizeof(last_line), "%s", line);
	if (strstr(line, "\"keyholder.sign\""))
		sign_lines++;
}

static int setup(void **state)
{
	keyholder = keyholder_for_test(test_kek);
	arena = arena_new(1 << 22);
	sign_lines = 0;
	log_sink_set(line_keep, NULL);
	return arena ? 0 : -1;
}

static int teardown(void **state)
{
	keyholder_close(&keyholder);
	arena_free(arena);
	log_sink_set(NULL, NULL);
	return 0;
}

static struct new_key key_new(const char *alg)
{
	struct new_key key = {0};

	assert_int_equal(keyholder_key_new(keyholder, arena, alg, &key), OK);
	return key;
}

static struct sealed_key sealed(const struct new_key *key, const char *alg)
{
	return (struct sealed_key){.kid = key->kid, .alg = alg, .sealed = key->sealed, .size = key->sealed_size};
}

static enum status sign(const struct sealed_key *key, const char *typ, const char *payload, char **ret_jws)
{
	struct sign_job job = {.key = key, .typ = typ, .payload = payload};

	return keyholder_sign(keyholder, arena, &job, 1, ret_jws);
}

static enum status verify(const char *jws, const char *public_jwk, const char *typ)
{
	scoped_jose_key *key = NULL;
	struct jose_parts parts;

	TRY(jose_public_parse(public_jwk, strlen(public_jwk), &key));
	TRY(jose_parse(arena, jws, strlen(jws), 16384, &parts));
	return jose_verify(&parts, key, typ);
}

static void new_keys_sign_and_their_jwk_verifies(void **state)
{
	static const char *const algs[] = {"ES256", "RS256"};

	for (size_t i = 0; i < ARRAY_COUNT(algs); i++) {
		struct new_key key = key_new(algs[i]);
		struct sealed_key stored = sealed(&key, algs[i]);
		struct jose_parts parts;
		char *jws = NULL;
		assert_int_equal(strlen(key.kid), 43);
		assert_non_null(strstr(key.public_jwk, key.kid));
		assert_null(strstr(key.public_jwk, "\"d\""));
		assert_int_equal(sign(&stored, "at+jwt", "{\"sub\":\"demo\"}", &jws), OK);
		assert_int_equal(verify(jws, key.public_jwk, "at+jwt"), OK);
		assert_int_equal(jose_parse(arena, jws, strlen(jws), 4096, &parts), OK);
		assert_string_equal(parts.kid, key.kid);
	}
}

static void symmetric_key_has_no_public_part(void **state)
{
	struct new_key one = key_new("HS256"), two = key_new("HS256");

	assert_null(one.public_jwk);
	assert_int_equal(one.sealed_size, 32 + 29);
	assert_string_not_equal(one.kid, two.kid);
}

static void other_algorithms_are_refused(void **state)
{
	static const char *const algs[] = {"", "none", "es256", "HS512", "EdDSA", "ES384"};
	struct new_key key = {.kid = "untouched"};

	for (size_t i = 0; i < ARRAY_COUNT(algs); i++)
		assert_int_equal(keyholder_key_new(keyholder, arena, algs[i], &key), E_INVALID);
	assert_string_equal(key.kid, "untouched");
}

static void four_jobs_are_signed_in_one_call(void **state)
{
	struct new_key es = key_new("ES256"), rs = key_new("RS256");
	struct sealed_key es_stored = sealed(&es, "ES256"), rs_stored = sealed(&rs, "RS256");
	struct sign_job jobs[5] = {
		{&es_stored, "JWT", "{\"n\":0}"}, {&rs_stored, "JWT", "{\"n\":1}"}, {&es_stored, "at+jwt", "{\"n\":2}"},
		{&es_stored, "JWT", "{\"n\":3}"}, {&es_stored, "JWT", "{\"n\":4}"},
	};
	struct keyholder_counters before, after;
	char *jws[5] = {NULL};

	keyholder_counters(keyholder, &before);
	assert_int_equal(keyholder_sign(keyholder, arena, jobs, 4, jws), OK);
	keyholder_counters(keyholder, &after);
	assert_int_equal(after.calls - before.calls, 2); /* the signing and the counters themselves */
	assert_int_equal(after.signatures - before.signatures, 4);
	for (int i = 0; i < 4; i++) {
		struct jose_parts parts;
		assert_int_equal(verify(jws[i], i == 1 ? rs.public_jwk : es.public_jwk, i == 2 ? "at+jwt" : "JWT"), OK);
		assert_int_equal(jose_parse(arena, jws[i], strlen(jws[i]), 4096, &parts), OK);
		assert_int_equal(json_integer_value(json_object_get(parts.payload, "n")), i);
	}
	assert_int_equal(keyholder_sign(keyholder, arena, jobs, 5, jws), E_INVALID);
	assert_int_equal(keyholder_sign(keyholder, arena, jobs, 0, jws), E_INVALID);
}

/* OpenID Connect Core 3.1.3.6: the left half of the access token's SHA-256 */
static void id_token_names_the_access_token_before_it(void **state)
{
	struct new_key key = key_new("ES256");
	struct sealed_key stored = sealed(&key, "ES256");
	struct sign_job jobs[3] = {{&stored, "JWT", "{\"n\":1}"},
				   {&stored, "at+jwt", "{\"n\":2}"},
				   {&stored, "JWT", "{\"n\":3}"}};
	char *jws[3], expected[23];
	uint8_t hash[32];

	assert_int_equal(keyholder_sign(keyholder, arena, jobs, 3, jws), OK);
	sha256(jws[1], strlen(jws[1]), hash);
	base64url_format(hash, 16, expected);
	for (int i = 0; i < 3; i++) {
		struct jose_parts parts;
		assert_int_equal(verify(jws[i], key.public_jwk, i == 1 ? "at+jwt" : "JWT"), OK);
		assert_int_equal(jose_parse(arena, jws[i], strlen(jws[i]), 4096, &parts), OK);
		assert_int_equal(json_integer_value(json_object_get(parts.payload, "n")), i + 1);
		const char *at_hash = json_get_string(parts.payload, "at_hash");
		if (i < 2)
			assert_null(at_hash);
		else
			assert_string_equal(at_hash, expected);
	}
}

static void one_bad_job_spoils_all(void **state)
{
	struct new_key key = key_new("ES256");
	struct sealed_key good = sealed(&key, "ES256"), bad = good;
	struct sign_job jobs[2] = {{&good, "JWT", "{}"}, {&bad, "JWT", "{}"}};
	char *jws[2] = {NULL};

	bad.kid = "another";
	assert_int_equal(keyholder_sign(keyholder, arena, jobs, 2, jws), E_REFUSED);
	assert_null(jws[0]);
}

static void types_of_devices_are_never_signed(void **state)
{
	static const char *const types[] = {"symbolon-answer+jwt",
					    "symbolon-request+jwt",
					    "symbolon-enrol+jwt",
					    "",
					    "jwt",
					    "dpop+jwt",
					    "JWT ",
					    "at+jwt\n"};
	struct new_key key = key_new("ES256");
	struct sealed_key stored = sealed(&key, "ES256");
	char *jws = NULL;

	for (size_t i = 0; i < ARRAY_COUNT(types); i++)
		assert_int_equal(sign(&stored, types[i], "{}", &jws), E_REFUSED);
	assert_int_equal(sign(&stored, "JWT", "[]", &jws), E_INVALID);
	assert_int_equal(sign(&stored, "JWT", "", &jws), E_INVALID);
	assert_null(jws);
	assert_int_equal(sign_lines, 0);
}

static void every_signature_is_logged_without_its_payload(void **state)
{
	struct new_key key = key_new("ES256");
	struct sealed_key stored = sealed(&key, "ES256");
	char *jws = NULL;

	assert_int_equal(sign(&stored, "at+jwt", "{\"sub\":\"canary\"}", &jws), OK);
	assert_int_equal(sign_lines, 1);
	assert_non_null(strstr(last_line, key.kid));
	assert_non_null(strstr(last_line, "\"typ\":\"at+jwt\""));
	assert_null(strstr(last_line, "canary"));
	assert_null(strstr(last_line, strrchr(jws, '.') + 1));
}

static void every_flipped_bit_of_a_sealed_key_is_refused(void **state)
{
	struct new_key key = key_new("ES256");
	struct sealed_key stored = sealed(&key, "ES256");
	char *jws = NULL;

	assert_int_equal(sign(&stored, "JWT", "{}", &jws), OK); /* cached: still no other blob passes for it */
	jws = NULL;
	for (size_t bit = 0; bit < key.sealed_size * 8; bit++) {
		key.sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(sign(&stored, "JWT", "{}", &jws), E_REFUSED);
		key.sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_null(jws);
	assert_int_equal(sign(&stored, "JWT", "{}", &jws), OK);
}

static void swapped_rows_are_refused(void **state)
{
	struct new_key one = key_new("ES256"), two = key_new("ES256"), symmetric = key_new("HS256");
	struct sealed_key stored = sealed(&one, "ES256"), other = sealed(&two, "ES256"),
			  mac_key = sealed(&symmetric, "HS256");
	struct sealed_key swapped = {one.kid, "ES256", two.sealed, two.sealed_size};
	uint8_t mac[32];
	char *jws = NULL;

	assert_int_equal(sign(&stored, "JWT", "{}", &jws), OK);
	assert_int_equal(sign(&other, "JWT", "{}", &jws), OK);
	assert_int_equal(sign(&swapped, "JWT", "{}", &jws), E_REFUSED);
	swapped = (struct sealed_key){one.kid, "RS256", one.sealed, one.sealed_size};
	assert_int_equal(sign(&swapped, "JWT", "{}", &jws), E_REFUSED);
	swapped = (struct sealed_key){one.kid, "HS256", one.sealed, one.sealed_size};
	assert_int_equal(keyholder_mac(keyholder, &swapped, "x", "", 0, mac), E_REFUSED);
	swapped = (struct sealed_key){one.kid, "none", one.sealed, one.sealed_size};
	assert_int_equal(sign(&swapped, "JWT", "{}", &jws), E_INVALID);
	assert_int_equal(sign(&mac_key, "JWT", "{}", &jws), E_INVALID);                  /* a mac key does not sign */
	assert_int_equal(keyholder_mac(keyholder, &stored, "x", "", 0, mac), E_INVALID); /* and the other way round */
}

static void another_kek_opens_nothing(void **state)
{
	const uint8_t kek[32] = {1};
	struct new_key key = key_new("ES256");
	struct sealed_key stored = sealed(&key, "ES256");
	struct keyholder *other = keyholder_for_test(kek);
	struct sign_job job = {&stored, "JWT", "{}"};
	char *jws = NULL;

	assert_int_equal(keyholder_sign(other, arena, &job, 1, &jws), E_REFUSED);
	keyholder_close(&other);
	other = keyholder_for_test(test_kek); /* the same KEK after a restart */
	assert_int_equal(keyholder_sign(other, arena, &job, 1, &jws), OK);
	keyholder_close(&other);
}

static void more_keys_than_places_are_served(void **state)
{
	enum { KEYS = KEY_CACHE_SIZE + 10 };
	struct new_key keys[KEYS];
	uint8_t first[KEYS][32], again[32];

	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < KEYS; i++) {
			if (round == 0)
				keys[i] = key_new("HS256");
			struct sealed_key stored = sealed(&keys[i], "HS256");
			assert_int_equal(keyholder_mac(keyholder, &stored, "x", "data", 4, again), OK);
			if (round == 0)
				memcpy(first[i], again, 32);
			assert_memory_equal(first[i], again, 32);
		}
	}
}

static void pepper_and_macs_are_kept_apart(void **state)
{
	struct new_key one = key_new("HS256"), two = key_new("HS256");
	struct sealed_key key = sealed(&one, "HS256"), other = sealed(&two, "HS256");
	uint8_t raw[32] = {5}, macs[7][32];

	assert_int_equal(keyholder_pepper(keyholder, &key, raw, macs[0]), OK);
	assert_int_equal(keyholder_pepper(keyholder, &other, raw, macs[1]), OK);
	assert_int_equal(keyholder_mac(keyholder, &key, "decoy", raw, 32, macs[2]), OK);
	assert_int_equal(keyholder_mac(keyholder, &key, "recovery", raw, 32, macs[3]), OK);
	assert_int_equal(keyholder_mac(keyholder, &key, "decoy", raw, 31, macs[4]), OK);
	/* a purpose cannot be stretched over the data */
	assert_int_equal(keyholder_mac(keyholder, &key, "deco", "y", 1, macs[5]), OK);
	assert_int_equal(keyholder_mac(keyholder, &key, "decoy", "", 0, macs[6]), OK);
	for (size_t i = 0; i < ARRAY_COUNT(macs); i++)
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(macs[i], macs[j], 32);

	uint8_t again[32];
	assert_int_equal(keyholder_pepper(keyholder, &key, raw, again), OK);
	assert_memory_equal(again, macs[0], 32);
	assert_int_equal(keyholder_mac(keyholder, &key, "", raw, 32, again), E_INVALID);
	/* not even somebody who asks for the pepper's own purpose gets the pepper's result */
	assert_int_equal(keyholder_mac(keyholder, &key, "symbolon pepper v1", raw, 32, again), OK);
	assert_memory_not_equal(again, macs[0], 32);
}

/* TOTP */

static const struct totp_request wanted = {"row1", "SHA1", 6, 30, "Example", "demo"};

static struct totp_check check_of(const struct sealed_blob *seed, const char *code, int64_t now, int64_t after)
{
	return (struct totp_check){.row_id = "row1",
				   .algorithm = "SHA1",
				   .digits = 6,
				   .period = 30,
				   .sealed = seed->bytes,
				   .sealed_size = seed->size,
				   .code = code,
				   .now = now,
				   .window = 1,
				   .after = after};
}

static void new_seed_shows_itself_and_is_checked(void **state)
{
	static const size_t sizes[] = {20, 32, 64};
	static const char *const algorithms[] = {"SHA1", "SHA256", "SHA512"};

	for (size_t i = 0; i < ARRAY_COUNT(algorithms); i++) {
		struct totp_request request = {"row1", algorithms[i], 8, 60, "Example", "demo"};
		struct sealed_blob seed = {0};
		struct otpauth otp;
		const char *problem = NULL;
		char *uri = NULL, code[16];
		int64_t step = 0;
		assert_int_equal(keyholder_totp_new(keyholder, arena, &request, &seed, &uri), OK);
		assert_int_equal(otpauth_parse(arena, uri, &otp, &problem), OK);
		assert_int_equal(otp.seed_size, sizes[i]);
		assert_string_equal(otp.issuer, "Example");
		assert_null(memmem(seed.bytes, seed.size, otp.seed, 8));
		assert_int_equal(otp_code(otp.seed, otp.seed_size, &otp.params, 100, code), OK);
		struct totp_check check = check_of(&seed, code, 6000, 0);
		check.algorithm = algorithms[i];
		check.digits = 8;
		check.period = 60;
		assert_int_equal(keyholder_totp_check(keyholder, &check, &step), OK);
		assert_int_equal(step, 100);
		check.after = 100;
		assert_int_equal(keyholder_totp_check(keyholder, &check, &step), E_CONFLICT);
		check.code = "12345";
		assert_int_equal(keyholder_totp_check(keyholder, &check, &step), E_NOT_FOUND);
	}
}

static void seed_of_another_row_is_refused(void **state)
{
	struct sealed_blob seed = {0}, enrol = {0};
	uint8_t secret[16];
	char *uri = NULL;
	int64_t step = 77;

	assert_int_equal(keyholder_totp_new(keyholder, arena, &wanted, &seed, &uri), OK);
	struct totp_check check = check_of(&seed, "123456", 6000, 0);
	check.row_id = "row2";
	assert_int_equal(keyholder_totp_check(keyholder, &check, &step), E_REFUSED);
	check.row_id = "";
	assert_int_equal(keyholder_totp_check(keyholder, &check, &step), E_INVALID);
	assert_int_equal(keyholder_enrolment_new(keyholder, arena, "row1", secret, &enrol), OK);
	check = check_of(&enrol, "123456", 6000, 0);
	assert_int_equal(keyholder_totp_check(keyholder, &check, &step), E_REFUSED);
	assert_int_equal(step, 77);
}

static void values_out_of_range_are_refused(void **state)
{
	struct totp_request request = wanted;
	struct sealed_blob seed = {0};
	char *uri = NULL;
	int64_t step = 0;

	assert_int_equal(keyholder_totp_new(keyholder, arena, &wanted, &seed, &uri), OK);
	struct totp_check check = check_of(&seed, "123456", 6000, 0);
	check.window = 11;
	assert_int_equal(keyholder_totp_check(keyholder, &check, &step), E_INVALID);
	check = check_of(&seed, "123456", -1, 0);
	assert_int_equal(keyholder_totp_check(keyholder, &check, &step), E_INVALID);
	check = check_of(&seed, "123456", 6000, 0);
	check.digits = 9;
	assert_int_equal(keyholder_totp_check(keyholder, &check, &step), E_INVALID);
	check.digits = 6;
	check.algorithm = "MD5";
	assert_int_equal(keyholder_totp_check(keyholder, &check, &step), E_INVALID);
	request.period = 0;
	assert_int_equal(keyholder_totp_new(keyholder, arena, &request, &seed, &uri), E_INVALID);
	request = wanted;
	request.account = "de\x1bmo";
	assert_int_equal(keyholder_totp_new(keyholder, arena, &request, &seed, &uri), E_INVALID);
}

static void eleventh_check_in_a_minute_is_too_many(void **state)
{
	struct sealed_blob seed = {0}, other = {0};
	struct totp_request second = {"row2", "SHA1", 6, 30, "Example", "demo"};
	struct otpauth otp;
	const char *problem = NULL;
	char *uri = NULL, code[16];
	int64_t step = 0;

	assert_int_equal(keyholder_totp_new(keyholder, arena, &wanted, &seed, &uri), OK);
	assert_int_equal(otpauth_parse(arena, uri, &otp, &problem), OK);
	assert_int_equal(otp_code(otp.seed, otp.seed_size, &otp.params, 200, code), OK);
	struct totp_check wrong = check_of(&seed, "x", 6000, 0), right = check_of(&seed, code, 6000, 0);
	for (int i = 0; i < 10; i++)
		assert_int_equal(keyholder_totp_check(keyholder, &wrong, &step), E_NOT_FOUND);
	assert_int_equal(keyholder_totp_check(keyholder, &right, &step), E_BUSY); /* even the right one */
	assert_int_equal(keyholder_totp_new(keyholder, arena, &second, &other, &uri), OK);
	struct totp_check others = check_of(&other, "x", 6000, 0);
	others.row_id = "row2";
	assert_int_equal(keyholder_totp_check(keyholder, &others, &step), E_NOT_FOUND);
	test_mono_ms += 62000;
	assert_int_equal(keyholder_totp_check(keyholder, &right, &step), OK);
	assert_int_equal(step, 200);
}

/* Who has not the right blob must not be able to spend somebody's budget. */
static void foreign_blobs_spend_no_budget(void **state)
{
	struct sealed_blob seed = {0};
	char *uri = NULL;
	int64_t step = 0;

	assert_int_equal(keyholder_totp_new(keyholder, arena, &wanted, &seed, &uri), OK);
	struct totp_check check = check_of(&seed, "x", 6000, 0);
	seed.bytes[20] ^= 1;
	for (int i = 0; i < 50; i++)
		assert_int_equal(keyholder_totp_check(keyholder, &check, &step), E_REFUSED);
	seed.bytes[20] ^= 1;
	assert_int_equal(keyholder_totp_check(keyholder, &check, &step), E_NOT_FOUND);
}

/* Enrolment */

static void enrolment_proof_is_what_the_protocol_says(void **state)
{
	static const char id[] = "AAECAwQFBgcICQoLDA0ODw",
			  message[] = "symbolon-enrol\0https://id.example.org\0id\0thumb";
	static const uint8_t salt[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}; /* the id, decoded */
	struct sealed_blob sealed_secret = {0};
	uint8_t secret[16], revealed[16], k[32], proof[32];

	assert_int_equal(keyholder_enrolment_new(keyholder, arena, id, secret, &sealed_secret), OK);
	assert_int_equal(keyholder_enrolment_reveal(keyholder, id, &sealed_secret, revealed), OK);
	assert_memory_equal(secret, revealed, 16);
	hkdf_sha256(secret, 16, salt, sizeof(salt), "symbolon enrol v1", k, 32);
	hmac_sha256(k, 32, message, sizeof(message), proof);
	assert_int_equal(keyholder_enrolment_check(keyholder, id, &sealed_secret, message, sizeof(message), proof), OK);
	for (int bit = 0; bit < 256; bit++) {
		proof[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(keyholder_enrolment_check(keyholder, id, &sealed_secret, message, sizeof(message),
							   proof),
				 E_REFUSED);
		proof[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_int_equal(keyholder_enrolment_check(keyholder, id, &sealed_secret, message, sizeof(message) - 1, proof),
			 E_REFUSED);
	assert_int_equal(keyholder_enrolment_check(keyholder, "other", &sealed_secret, message, sizeof(message), proof),
			 E_REFUSED);
	assert_int_equal(keyholder_enrolment_reveal(keyholder, "other", &sealed_secret, revealed), E_REFUSED);
	sealed_secret.size--;
	assert_int_equal(keyholder_enrolment_reveal(keyholder, id, &sealed_secret, revealed), E_REFUSED);
}

static void long_ids_are_refused(void **state)
{
	struct sealed_blob blob = {0};
	uint8_t secret[16];
	char id[130];

	memset(id, 'a', sizeof(id));
	id[129] = '\0';
	assert_int_equal(keyholder_enrolment_new(keyholder, arena, id, secret, &blob), E_INVALID);
	id[128] = '\0';
	assert_int_equal(keyholder_enrolment_new(keyholder, arena, id, secret, &blob), OK);
	assert_int_equal(keyholder_enrolment_new(keyholder, arena, "", secret, &blob), E_INVALID);
}

static void too_much_data_is_refused_before_it_is_sent(void **state)
{
	static char big[MESSAGE_SIZE_MAX];
	struct new_key key = key_new("HS256");
	struct sealed_key stored = sealed(&key, "HS256");
	struct keyholder_counters before, after;
	uint8_t mac[32];

	keyholder_counters(keyholder, &before);
	assert_int_equal(keyholder_mac(keyholder, &stored, "x", big, sizeof(big), mac), E_INVALID);
	keyholder_counters(keyholder, &after);
	assert_int_equal(after.calls - before.calls, 1);
	assert_int_equal(keyholder_mac(keyholder, &stored, "x", big, 60000, mac), OK);
}

static void counters_count(void **state)
{
	struct new_key key = key_new("ES256");
	struct sealed_key stored = sealed(&key, "ES256");
	struct keyholder_counters counters;
	char *jws = NULL;

	assert_int_equal(sign(&stored, "JWT", "{}", &jws), OK);
	assert_int_equal(sign(&stored, "bad", "{}", &jws), E_REFUSED);
	keyholder_counters(keyholder, &counters);
	assert_int_equal(counters.calls, 3);
	assert_int_equal(counters.signatures, 1);
	assert_int_equal(counters.totp_checks, 0);
	assert_int_equal(counters.refusals, 1);
}

#define with_keyholder(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_keyholder(new_keys_sign_and_their_jwk_verifies),
		with_keyholder(symmetric_key_has_no_public_part),
		with_keyholder(other_algorithms_are_refused),
		with_keyholder(four_jobs_are_signed_in_one_call),
		with_keyholder(id_token_names_the_access_token_before_it),
		with_keyholder(one_bad_job_spoils_all),
		with_keyholder(types_of_devices_are_never_signed),
		with_keyholder(every_signature_is_logged_without_its_payload),
		with_keyholder(every_flipped_bit_of_a_sealed_key_is_refused),
		with_keyholder(swapped_rows_are_refused),
		with_keyholder(another_kek_opens_nothing),
		with_keyholder(more_keys_than_places_are_served),
		with_keyholder(pepper_and_macs_are_kept_apart),
		with_keyholder(new_seed_shows_itself_and_is_checked),
		with_keyholder(seed_of_another_row_is_refused),
		with_keyholder(values_out_of_range_are_refused),
		with_keyholder(eleventh_check_in_a_minute_is_too_many),
		with_keyholder(foreign_blobs_spend_no_budget),
		with_keyholder(enrolment_proof_is_what_the_protocol_says),
		with_keyholder(long_ids_are_refused),
		with_keyholder(too_much_data_is_refused_before_it_is_sent),
		with_keyholder(counters_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
