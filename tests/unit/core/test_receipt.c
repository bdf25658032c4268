#include "core_fixture.h"
#include "core_scene.h"

#include "core/audit.h"
#include "core/receipt.h"

/* A device's signed answer as evidence: in the log, as a file, and after everything else of the person is gone. */

static enum status answer_look(struct store_tx *tx, void *ctx)
{
	struct audit_row *found = ctx, *rows;
	size_t count;

	TRY(store_audit_newest(tx, NULL, 10, &rows, &count));
	for (size_t i = 0; i < count; i++)
		if (rows[i].receipt) {
			*found = rows[i];
			return OK;
		}
	return E_NOT_FOUND;
}

static struct audit_row answered(void **state, const char *client, const char *decision, struct scene *scene)
{
	struct audit_row row = {0};

	*scene = scene_new(state, client);
	IS(answer(scene->test, &scene->phone, scene->challenge, decision), OK);
	read_now(scene->test, answer_look, &row);
	return row;
}

static void refused(struct core_test *test, const struct audit_row *row, enum status wanted, const char *words)
{
	struct receipt receipt;
	const char *problem = "";

	IS(receipt_check(test->arena, row, &receipt, &problem), wanted);
	if (!strstr(problem, words))
		fail_msg("\"%s\" lacks \"%s\"", problem, words);
}

static void an_answer_can_be_checked_and_says_what_was_asked(void **state)
{
	struct scene scene;
	const struct audit_row row = answered(state, "enter", "approve", &scene);
	struct receipt receipt;
	const char *problem = "";
	char thumbprint[44];

	IS(receipt_check(scene.test->arena, &row, &receipt, &problem), OK);
	assert_string_equal(receipt.decision, "approve");
	assert_string_equal(receipt.number, challenge_now(scene.test, scene.challenge).number);
	assert_string_equal(receipt.issuer, "https://id.example.org");
	assert_string_equal(json_get_string(receipt.shown, "id"), scene.challenge);
	assert_string_equal(row.shown, challenge_now(scene.test, scene.challenge).details);
	assert_int_equal(jose_key_thumbprint(scene.phone.key, thumbprint), OK);
	assert_string_equal(receipt.thumbprint, thumbprint);
}

static void a_denial_and_a_wrong_number_are_receipts_too(void **state)
{
	struct scene scene;
	const struct answer_change wrong = {.number = "x"};
	struct audit_row row = answered(state, "wiki", "deny", &scene);
	struct receipt receipt;
	const char *problem = "";

	IS(receipt_check(scene.test->arena, &row, &receipt, &problem), OK);
	assert_string_equal(receipt.decision, "deny");
	scene_at(scene.test, &scene, "enter");
	IS(answer_send(scene.test, &scene.phone, scene.challenge,
		       answer_sign(scene.test, scene.test->arena, &scene.phone, scene.challenge, &wrong), NULL),
	   OK);
	read_now(scene.test, answer_look, &row);
	assert_string_equal(row.event, "challenge.wrong");
	IS(receipt_check(scene.test->arena, &row, &receipt, &problem), OK);
}

static char *file_of(struct core_test *test, const struct audit_row *row)
{
	char *text = NULL;

	IS(receipt_format(test->arena, row, &text), OK);
	return text;
}

static enum status file_check(const char *text, size_t size, const char **problem)
{
	scoped_arena *arena = arena_new(4 << 20);
	struct audit_row row;
	struct receipt receipt;

	TRY(receipt_parse(arena, text, size, &row, problem));
	return receipt_check(arena, &row, &receipt, problem);
}

/* Mutation: receipt_parse without its comparison with what receipt_format writes; a member left out of
 * audit_commitment. */
static void every_altered_byte_of_the_file_is_refused(void **state)
{
	struct scene scene;
	const struct audit_row row = answered(state, "choose", "approve", &scene);
	char *text = file_of(scene.test, &row);
	const size_t size = strlen(text);
	const char *problem = "";
	static const char others[] = {1, 2, 4, 8, 0x20, 0x40};

	IS(file_check(text, size, &problem), OK);
	for (size_t i = 0; i < size; i++) {
		for (size_t j = 0; j < sizeof(others); j++) {
			text[i] ^= others[j];
			if (file_check(text, size, &problem) == OK || !*problem)
				fail_msg("byte %zu changed by %d: accepted", i, others[j]);
			text[i] ^= others[j];
		}
	}
	for (size_t cut = 0; cut < size; cut += 7)
		assert_int_not_equal(file_check(text, cut, &problem), OK);
	IS(file_check(arena_format(scene.test->arena, "%s ", text), size + 1, &problem), E_INVALID);
	IS(file_check(arena_format(scene.test->arena, " %s", text), size + 1, &problem), E_INVALID);
	IS(file_check(text, size, &problem), OK);
}

/* Hashes that fit what was changed: then the signature does not. Mutation, each: its check left out. */
static void hashed_again(struct core_test *test, struct audit_row row, const char *words)
{
	uint8_t commitment[32], hash[32];

	row.commitment = commitment;
	row.hash = hash;
	IS(audit_commitment(&row, commitment), OK);
	IS(audit_hash(&row, hash), OK);
	refused(test, &row, E_REFUSED, words);
}

static void who_makes_the_hashes_fit_lacks_the_signature(void **state)
{
	struct scene scene;
	const struct audit_row row = answered(state, "wiki", "approve", &scene);
	struct core_test *test = scene.test;
	struct audit_row changed = row;
	struct phone other;

	changed.username = "other";
	refused(test, &changed, E_REFUSED, "does not fit its hashes");
	phone_make(test, test->user_id, &other);
	changed = row;
	changed.device_jwk = other.row.jwk;
	hashed_again(test, changed, "not this key's");
	changed = row;
	changed.shown = arena_format(test->arena, "%s ", row.shown);
	hashed_again(test, changed, "shown something else");
	changed = row;
	changed.event = "challenge.denied";
	hashed_again(test, changed, "something else than the row");
	changed = row;
	changed.at += 61;
	hashed_again(test, changed, "another time");
	changed = row;
	changed.device_id = other.id;
	hashed_again(test, changed, "another device's");
	changed = row;
	changed.receipt = "x";
	hashed_again(test, changed, "not a signed answer");
	changed = row;
	changed.device_jwk = "{}";
	hashed_again(test, changed, "not a public key");
}

static void what_cannot_be_checked_says_why(void **state)
{
	struct scene scene;
	const struct audit_row row = answered(state, "wiki", "approve", &scene);
	struct audit_row changed = row;

	changed.receipt = NULL;
	refused(scene.test, &changed, E_NOT_FOUND, "not a device's answer");
	changed = row;
	changed.shown = NULL;
	refused(scene.test, &changed, E_NOT_FOUND, "from before");
	changed = row;
	changed.erased_at = 1;
	refused(scene.test, &changed, E_NOT_FOUND, "erased");
	changed = row;
	changed.chain = NULL;
	refused(scene.test, &changed, E_NOT_FOUND, "no place");
}

/* Mutation: the device's key looked up in devices. */
static void a_receipt_outlives_the_device_and_the_person(void **state)
{
	struct scene scene;
	struct audit_row row = answered(state, "wiki", "approve", &scene);
	const char *problem = "";
	char *text;

	IS(user_remove(&scene.test->core, scene.test->user_id, scene.test->now), OK);
	read_now(scene.test, answer_look, &row);
	text = file_of(scene.test, &row);
	IS(file_check(text, strlen(text), &problem), OK);
}

int main(void)
{
#define T(name_) cmocka_unit_test_setup_teardown(name_, core_setup, core_teardown)
	const struct CMUnitTest tests[] = {
		T(an_answer_can_be_checked_and_says_what_was_asked),
		T(a_denial_and_a_wrong_number_are_receipts_too),
		T(every_altered_byte_of_the_file_is_refused),
		T(who_makes_the_hashes_fit_lacks_the_signature),
		T(what_cannot_be_checked_says_why),
		T(a_receipt_outlives_the_device_and_the_person),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
