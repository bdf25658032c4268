/* Eight threads, more keys than places in the cache, one budget. Meant to run under ThreadSanitizer, too. */
#include "cmocka_all.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/log.h"
#include "crypto/jose.h"
#include "crypto/otp.h"
#include "fixture.h"
#include "keyholder/key_cache.h"

enum { THREADS = 8, ROUNDS = 40, KEYS = KEY_CACHE_SIZE + 8 };

static struct keyholder *keyholder;
static struct arena *arena;
static struct new_key keys[KEYS];
static uint8_t macs[KEYS][32];
static struct new_key signing;
static struct jose_key *public_key;

static void silence(void *ctx, const char *line)
{
}

static struct sealed_key sealed(const struct new_key *key, const char *alg)
{
	return (struct sealed_key){key->kid, alg, key->sealed, key->sealed_size};
}

static int setup(void **state)
{
	log_sink_set(silence, NULL);
	keyholder = keyholder_for_test(test_kek);
	arena = arena_new(1 << 22);
	for (int i = 0; i < KEYS; i++) {
		assert_int_equal(keyholder_key_new(keyholder, arena, "HS256", &keys[i]), OK);
		struct sealed_key key = sealed(&keys[i], "HS256");
		assert_int_equal(keyholder_mac(keyholder, &key, "x", "data", 4, macs[i]), OK);
	}
	assert_int_equal(keyholder_key_new(keyholder, arena, "ES256", &signing), OK);
	return jose_public_parse(signing.public_jwk, strlen(signing.public_jwk), &public_key) == OK ? 0 : -1;
}

static int teardown(void **state)
{
	jose_key_free(&public_key);
	keyholder_close(&keyholder);
	arena_free(arena);
	return 0;
}

static void threads_run(void *(*work)(void *), void *shared)
{
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, work, shared), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

static bool sign_is_right(void)
{
	scoped_arena *own = arena_new(1 << 20);
	struct sealed_key key = sealed(&signing, "ES256");
	struct sign_job jobs[2] = {{&key, "JWT", "{\"sub\":\"demo\"}"}, {&key, "at+jwt", "{}"}};
	struct jose_parts parts;
	char *jws[2];

	return keyholder_sign(keyholder, own, jobs, 2, jws) == OK &&
	       jose_parse(own, jws[0], strlen(jws[0]), 4096, &parts) == OK &&
	       jose_verify(&parts, public_key, "JWT") == OK &&
	       jose_parse(own, jws[1], strlen(jws[1]), 4096, &parts) == OK &&
	       jose_verify(&parts, public_key, "at+jwt") == OK;
}

static bool macs_are_right(void)
{
	uint8_t mac[32];

	for (int i = 0; i < KEYS; i++) {
		struct sealed_key key = sealed(&keys[i], "HS256");
		if (keyholder_mac(keyholder, &key, "x", "data", 4, mac) != OK || memcmp(mac, macs[i], 32) != 0)
			return false;
	}
	return true;
}

static void *sign_and_mac(void *wrong)
{
	for (int i = 0; i < ROUNDS; i++) {
		if (!sign_is_right() || !macs_are_right())
			atomic_fetch_add((atomic_int *)wrong, 1);
	}
	return NULL;
}

/* The cache is always full and being replaced while keys in it are in use. */
static void threads_share_the_cache(void **state)
{
	atomic_int wrong = 0;

	threads_run(sign_and_mac, &wrong);
	assert_int_equal(wrong, 0);
}

struct race {
	struct totp_check check;
	atomic_int passed;
};

static void *check_many(void *shared)
{
	struct race *race = shared;
	int64_t step;

	for (int i = 0; i < ROUNDS; i++)
		race->passed += keyholder_totp_check(keyholder, &race->check, &step) == E_NOT_FOUND;
	return NULL;
}

static void threads_together_have_ten_checks(void **state)
{
	struct totp_request wanted = {"row", "SHA1", 6, 30, "Example", "demo"};
	struct sealed_blob seed;
	char *uri;

	assert_int_equal(keyholder_totp_new(keyholder, arena, &wanted, &seed, &uri), OK);
	struct race race = {.check = {"row", "SHA1", 6, 30, seed.bytes, seed.size, "wrong", 6000, 1, 0}};
	threads_run(check_many, &race);
	assert_int_equal(race.passed, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(threads_share_the_cache, setup, teardown),
		cmocka_unit_test_setup_teardown(threads_together_have_ten_checks, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
