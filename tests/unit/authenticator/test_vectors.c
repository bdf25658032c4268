/* The protocol's vectors (tests/data/protocol): what is good holds by our cryptography, what is bad is refused. */
#include <stdlib.h>
#include <string.h>

#include "cmocka_all.h"

#include "base/arena.h"
#include "base/encode.h"
#include "base/json.h"
#include "crypto/hash.h"
#include "crypto/jose.h"
#include "symbolon-device.h"

static json_t *vectors_load(const char *name)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s.json", PROTOCOL_DATA, name);
	json_t *json = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(json);
	return json;
}

static const json_t *vector_named(const json_t *list, const char *name)
{
	const json_t *item;
	size_t i;

	json_array_foreach (list, i, item)
		if (strcmp(json_get_string(item, "name"), name) == 0)
			return item;
	fail_msg("no vector named %s", name);
	return NULL;
}

static bool claim_is(const json_t *claims, const char *key, const char *value)
{
	const char *claim = json_get_string(claims, key);

	return value ? claim && strcmp(claim, value) == 0 : !json_object_get(claims, key);
}

struct checker {
	struct arena *arena;
	json_t *keys, *enrolment, *requests, *details, *answers;
	struct jose_key *key;
};

static void checker_init(struct checker *checker)
{
	checker->arena = arena_new(16 << 20);
	checker->keys = vectors_load("keys");
	checker->enrolment = vectors_load("enrolment");
	checker->requests = vectors_load("requests");
	checker->details = vectors_load("details");
	checker->answers = vectors_load("answers");
	const char *jwk = json_format(checker->arena, json_object_get(checker->keys, "public_jwk"));
	assert_int_equal(jose_public_parse(jwk, strlen(jwk), &checker->key), OK);
}

static void checker_done(struct checker *checker)
{
	jose_key_free(&checker->key);
	json_decref(checker->keys);
	json_decref(checker->enrolment);
	json_decref(checker->requests);
	json_decref(checker->details);
	json_decref(checker->answers);
	arena_free(checker->arena);
}

/* What all tokens have: aud, a time within a minute, a jti of 128 bits. */
static bool claims_are_good(const struct checker *checker, const json_t *claims)
{
	const char *jti = json_get_string(claims, "jti");
	int64_t now = json_integer_value(json_object_get(checker->keys, "now")), iat = 0;

	return claim_is(claims, "aud", json_get_string(checker->keys, "issuer")) && jti && strlen(jti) == 22 &&
	       json_take_int(claims, "iat", now - SYMBOLON_SKEW_S, now + SYMBOLON_SKEW_S, &iat) == OK;
}

static bool device_token_is_good(struct checker *checker, const char *jws, const char *typ,
				 struct jose_parts *ret_parts)
{
	return jose_parse(checker->arena, jws, strlen(jws), 8192, ret_parts) == OK && ret_parts->kid &&
	       strcmp(ret_parts->kid, json_get_string(checker->keys, "device_id")) == 0 &&
	       jose_verify(ret_parts, checker->key, typ) == OK && claims_are_good(checker, ret_parts->payload);
}

static bool request_is_good(struct checker *checker, const json_t *vector, const char *jws)
{
	const char *body = json_get_string(vector, "body");
	struct jose_parts parts;
	uint8_t hash[32];
	char bh[44];

	if (!device_token_is_good(checker, jws, "symbolon-request+jwt", &parts))
		return false;
	sha256(body ? body : "", body ? strlen(body) : 0, hash);
	base64url_format(hash, sizeof(hash), bh);
	return claim_is(parts.payload, "htm", json_get_string(vector, "method")) &&
	       claim_is(parts.payload, "htu", json_get_string(vector, "url")) &&
	       claim_is(parts.payload, "bh", body ? bh : NULL);
}

static bool answer_is_good(struct checker *checker, const json_t *vector, const char *jws)
{
	const json_t *details = vector_named(checker->details, json_get_string(vector, "details"));
	const char *bytes = json_get_string(details, "bytes");
	scoped_json *shown = json_loads(bytes, 0, NULL);
	struct jose_parts parts;

	return device_token_is_good(checker, jws, "symbolon-answer+jwt", &parts) &&
	       claim_is(parts.payload, "challenge", json_get_string(shown, "id")) &&
	       claim_is(parts.payload, "nonce", json_get_string(shown, "nonce")) &&
	       claim_is(parts.payload, "shown", json_get_string(details, "shown")) &&
	       claim_is(parts.payload, "decision", json_get_string(vector, "decision")) &&
	       claim_is(parts.payload, "number", json_get_string(vector, "number"));
}

static bool enrolment_is_good(struct checker *checker, const json_t *vector, const char *jws)
{
	struct symbolon_link link;
	struct jose_parts parts;
	struct jose_key *key = NULL;
	char thumbprint[44] = "", proof[44] = "";
	bool verified = false;

	assert_int_equal(symbolon_link_parse(json_get_string(vector, "link"), &link), SYMBOLON_OK);
	if (jose_parse(checker->arena, jws, strlen(jws), 8192, &parts) != OK || !parts.jwk)
		return false;
	const char *jwk = json_format(checker->arena, parts.jwk);
	if (jose_public_parse(jwk, strlen(jwk), &key) == OK) {
		verified = jose_verify(&parts, key, "symbolon-enrol+jwt") == OK;
		assert_int_equal(jose_key_thumbprint(key, thumbprint), OK);
	}
	jose_key_free(&key);
	assert_int_equal(symbolon_enrol_proof(&link, thumbprint, proof), SYMBOLON_OK);
	return verified && claims_are_good(checker, parts.payload) && claim_is(parts.payload, "enrolment", link.id) &&
	       claim_is(parts.payload, "proof", proof);
}

static bool token_is_good(struct checker *checker, const char *kind, const char *against, const char *jws)
{
	if (strcmp(kind, "request") == 0)
		return request_is_good(checker, vector_named(checker->requests, against), jws);
	if (strcmp(kind, "answer") == 0)
		return answer_is_good(checker, vector_named(checker->answers, against), jws);
	assert_string_equal(kind, "enrolment");
	return enrolment_is_good(checker, checker->enrolment, jws);
}

static void the_key_has_the_thumbprint_of_the_vector(void **state)
{
	struct checker checker;
	char thumbprint[44];

	(void)state;
	checker_init(&checker);
	assert_int_equal(jose_key_thumbprint(checker.key, thumbprint), OK);
	assert_string_equal(thumbprint, json_get_string(checker.keys, "thumbprint"));
	checker_done(&checker);
}

static void the_enrolment_of_the_vector_holds(void **state)
{
	struct checker checker;
	struct symbolon_link link;
	char proof[44];

	(void)state;
	checker_init(&checker);
	assert_int_equal(symbolon_link_parse(json_get_string(checker.enrolment, "link"), &link), SYMBOLON_OK);
	assert_string_equal(link.id, json_get_string(checker.enrolment, "id"));
	assert_string_equal(link.secret, json_get_string(checker.enrolment, "secret"));
	assert_int_equal(symbolon_enrol_proof(&link, json_get_string(checker.keys, "thumbprint"), proof), SYMBOLON_OK);
	assert_string_equal(proof, json_get_string(checker.enrolment, "proof"));
	assert_true(enrolment_is_good(&checker, checker.enrolment, json_get_string(checker.enrolment, "jws")));
	checker_done(&checker);
}

static void requests_of_the_vectors_hold(void **state)
{
	struct checker checker;
	const json_t *item;
	size_t i;

	(void)state;
	checker_init(&checker);
	assert_int_equal(json_array_size(checker.requests), 3);
	json_array_foreach (checker.requests, i, item) {
		const char *value = json_get_string(item, "authorization");
		assert_memory_equal(value, "Symbolon ", 9);
		assert_true(request_is_good(&checker, item, value + 9));
	}
	checker_done(&checker);
}

static void details_of_the_vectors_are_shown_as_they_say(void **state)
{
	struct checker checker;
	const json_t *item;
	size_t i;

	(void)state;
	checker_init(&checker);
	json_array_foreach (checker.details, i, item) {
		const char *bytes = json_get_string(item, "bytes");
		struct symbolon_challenge *challenge = NULL;
		char shown[44];

		assert_int_equal(symbolon_details_parse(bytes, strlen(bytes), &challenge), SYMBOLON_OK);
		base64url_format(challenge->shown, 32, shown);
		assert_string_equal(shown, json_get_string(item, "shown"));
		symbolon_challenge_free(&challenge);
	}
	checker_done(&checker);
}

static void answers_of_the_vectors_hold(void **state)
{
	struct checker checker;
	const json_t *item;
	size_t i;

	(void)state;
	checker_init(&checker);
	assert_int_equal(json_array_size(checker.answers), 5);
	json_array_foreach (checker.answers, i, item)
		assert_true(answer_is_good(&checker, item, json_get_string(item, "jws")));
	checker_done(&checker);
}

static void every_negative_vector_is_refused(void **state)
{
	struct checker checker;
	json_t *negatives = vectors_load("negatives");
	const json_t *item;
	size_t i;

	(void)state;
	checker_init(&checker);
	assert_true(json_array_size(negatives) >= 35);
	json_array_foreach (negatives, i, item)
		if (token_is_good(&checker, json_get_string(item, "kind"), json_get_string(item, "against"),
				  json_get_string(item, "jws")))
			fail_msg("accepted though %s (%s)", json_get_string(item, "why"),
				 json_get_string(item, "kind"));
	json_decref(negatives);
	checker_done(&checker);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_key_has_the_thumbprint_of_the_vector),
		cmocka_unit_test(the_enrolment_of_the_vector_holds),
		cmocka_unit_test(requests_of_the_vectors_hold),
		cmocka_unit_test(details_of_the_vectors_are_shown_as_they_say),
		cmocka_unit_test(answers_of_the_vectors_hold),
		cmocka_unit_test(every_negative_vector_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
