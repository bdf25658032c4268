/* Eight threads share one key: what one signs another verifies. Meant to run under ThreadSanitizer, too. */
#include "cmocka_all.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/arena.h"
#include "crypto/jose.h"

enum { THREADS = 8, ROUNDS = 100 };

struct shared {
	const struct jose_key *key;
	const struct jose_key *stranger;
	atomic_int wrong;
};

static bool round_is_right(const struct shared *shared, int number)
{
	scoped_arena *arena = arena_new(1 << 20);
	scoped_json *header = json_pack("{s:s}", "typ", "JWT");
	char *payload = arena_format(arena, "{\"n\":%d}", number), *jws = NULL;
	struct jose_parts parts;

	return jose_sign(arena, shared->key, header, payload, strlen(payload), &jws) == OK &&
	       jose_parse(arena, jws, strlen(jws), 1000, &parts) == OK &&
	       jose_verify(&parts, shared->key, "JWT") == OK &&
	       jose_verify(&parts, shared->stranger, "JWT") == E_REFUSED;
}

static void *work(void *shared)
{
	for (int i = 0; i < ROUNDS; i++) {
		if (!round_is_right(shared, i))
			((struct shared *)shared)->wrong++;
	}
	return NULL;
}

static void threads_share(enum jose_alg alg)
{
	scoped_jose_key *key = NULL, *stranger = NULL;
	pthread_t threads[THREADS];

	assert_int_equal(jose_key_generate(alg, &key), OK);
	assert_int_equal(jose_key_generate(alg, &stranger), OK);
	struct shared shared = {.key = key, .stranger = stranger};
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, work, &shared), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(shared.wrong, 0);
}

static void threads_share_an_es256_key(void **state)
{
	threads_share(JOSE_ES256);
}

static void threads_share_an_rs256_key(void **state)
{
	threads_share(JOSE_RS256);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_share_an_es256_key),
		cmocka_unit_test(threads_share_an_rs256_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
