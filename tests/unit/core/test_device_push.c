/* A device's subscription: set, tested, echoed, kept through a rotation of the key. */
#include "core_fixture.h"

#include "core/keyring.h"

#define POINT "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
#define AUTH  "BTBZMqHH6r4Tts7J_aSIgg"

static const char endpoint[] = "https://fcm.googleapis.com/fcm/send/1";

static const char *jti(struct core_test *test)
{
	char id[ID_SIZE];

	id_new(test->core.random, id);
	return arena_strdup(test->arena, id);
}

static const char *current_key(struct core_test *test)
{
	return keyring_vapid(keyring_view(test->core.keyring), NULL)->public_key;
}

static enum status put(struct core_test *test, const struct phone *phone, const char *where, const char *key,
		       struct push_set *ret_set)
{
	json_t *json = json_pack("{s:s, s:s, s:s, s:s?}", "endpoint", where, "p256dh", POINT, "auth", AUTH,
				 "vapid_public_key", key);
	enum status status;

	*ret_set = (struct push_set){0};
	status = device_set_push(&test->core, &phone->row, jti(test), json, test->now, ret_set);
	json_decref(json);
	return status;
}

struct device_now {
	const char *id;
	struct device_row row;
	int64_t outbox;
};

static enum status device_now_read(struct store_tx *tx, void *ctx)
{
	struct device_now *now = ctx;

	TRY(store_outbox_pending(tx, &now->outbox));
	return store_device_find(tx, now->id, &now->row);
}

static struct device_now look(struct core_test *test, const struct phone *phone)
{
	struct device_now now = {.id = phone->id};

	read_now(test, device_now_read, &now);
	return now;
}

static json_t *described(struct core_test *test, const struct phone *phone)
{
	const struct device_now now = look(test, phone);
	json_t *json = NULL;

	IS(device_describe(&test->core, test->arena, &now.row, test->now, &json), OK);
	return json;
}

static bool wants_renewal(struct core_test *test, const struct phone *phone)
{
	scoped_json *json = described(test, phone);

	return json_get_bool(json_object_get(json, "push"), "renew", false);
}

static void a_new_subscription_is_tested_and_counts_after_its_echo(void **state)
{
	struct core_test *test = *state;
	struct phone phone;
	struct push_set set;
	struct device_now now;

	phone_make(test, test->user_id, &phone);
	IS(put(test, &phone, endpoint, NULL, &set), OK);
	assert_string_equal(set.state, "testing");
	assert_true(woke(test, "outbox", ""));
	now = look(test, &phone);
	assert_int_equal(now.outbox, 1);
	assert_non_null(now.row.push_nonce);
	assert_int_equal(now.row.push_since, 0);
	IS(device_echo(&test->core, &phone.row, jti(test), "another", test->now), E_NOT_FOUND);
	test->now += 300;
	IS(device_echo(&test->core, &phone.row, jti(test), now.row.push_nonce, test->now), E_NOT_FOUND);
	test->now -= 1;
	IS(device_echo(&test->core, &phone.row, jti(test), now.row.push_nonce, test->now), OK);
	assert_int_equal(look(test, &phone).row.push_since, test->now);
}

/* Mutation: is_same left out; the app's start would cost a test message each time. */
static void the_same_subscription_again_loses_nothing(void **state)
{
	struct core_test *test = *state;
	struct phone phone;
	struct push_set set;
	struct device_now now;

	phone_make(test, test->user_id, &phone);
	IS(put(test, &phone, endpoint, current_key(test), &set), OK);
	IS(put(test, &phone, endpoint, NULL, &set), OK);
	assert_string_equal(set.state, "unconfirmed");
	now = look(test, &phone);
	IS(device_echo(&test->core, &phone.row, jti(test), now.row.push_nonce, test->now), OK);
	IS(put(test, &phone, endpoint, NULL, &set), OK);
	assert_string_equal(set.state, "reachable");
	assert_int_equal(look(test, &phone).outbox, 1);
	IS(put(test, &phone, "https://fcm.googleapis.com/fcm/send/2", NULL, &set), OK);
	assert_string_equal(set.state, "testing");
	assert_int_equal(look(test, &phone).row.push_since, 0);
	IS(device_set_push(&test->core, &phone.row, jti(test), NULL, test->now, &set), OK);
	assert_string_equal(set.state, "none");
	now = look(test, &phone);
	assert_null(now.row.push_endpoint);
	assert_int_equal(now.outbox, 0);
	IS(device_test_push(&test->core, &phone.row, jti(test), test->now), E_NOT_FOUND);
}

static void each_mistake_of_a_subscription_has_its_word(void **state)
{
	static const struct {
		const char *json, *word;
	} cases[] = {
		{"{}", "bad_endpoint"},
		{"{\"endpoint\":7}", "bad_endpoint"},
		{"{\"endpoint\":\"http://fcm.googleapis.com/1\"}", "bad_endpoint"},
		{"{\"endpoint\":\"https://push.example.org/1\"}", "endpoint_not_listed"},
		{"{\"endpoint\":\"https://127.0.0.1/1\"}", "endpoint_not_listed"},
		{"{\"endpoint\":\"https://fcm.googleapis.com/1\"}", "bad_keys"},
		{"{\"endpoint\":\"https://fcm.googleapis.com/1\",\"p256dh\":\"" POINT "\",\"auth\":\"A\"}", "bad_keys"},
		{"{\"endpoint\":\"https://fcm.googleapis.com/1\",\"p256dh\":\"" POINT "\",\"auth\":\"" AUTH
		 "\",\"vapid_public_key\":\"" POINT "\"}",
		 "other_key"},
	};
	struct core_test *test = *state;
	struct phone phone;

	phone_make(test, test->user_id, &phone);
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		scoped_json *json = json_loads(cases[i].json, 0, NULL);
		struct push_set set = {0};

		IS(device_set_push(&test->core, &phone.row, jti(test), json, test->now, &set), E_INVALID);
		assert_string_equal(set.refusal, cases[i].word);
	}
	assert_string_equal(look(test, &phone).row.push_endpoint, phone.row.push_endpoint);
	assert_int_equal(look(test, &phone).outbox, 0);
}

static void test_messages_have_a_limit(void **state)
{
	struct core_test *test = *state;
	struct phone phone;
	struct push_set set;

	phone_make(test, test->user_id, &phone);
	IS(put(test, &phone, endpoint, NULL, &set), OK);
	for (int i = 1; i < 10; i++)
		IS(device_test_push(&test->core, &phone.row, jti(test), test->now), OK);
	IS(device_test_push(&test->core, &phone.row, jti(test), test->now), E_BUSY);
	IS(put(test, &phone, "https://fcm.googleapis.com/fcm/send/2", NULL, &set), OK);
	assert_string_equal(set.state, "unconfirmed");
	assert_int_equal(look(test, &phone).outbox, 10);
	test->now += 3601;
	IS(device_test_push(&test->core, &phone.row, jti(test), test->now), OK);
}

static void rotate(struct core_test *test)
{
	test->now++;
	IS(keyring_rotate(test->core.store, test->core.keyholder, KEYRING_VAPID, test->now), OK);
	IS(keyring_refresh(test->core.keyring, test->core.store), OK);
}

/* Mutation: vapid_turn that retires at once; the old subscription's key is gone then. */
static void the_old_key_stays_until_the_device_has_a_new_subscription(void **state)
{
	struct core_test *test = *state;
	struct phone phone;
	struct push_set set;
	const char *old = current_key(test);

	phone_make(test, test->user_id, &phone);
	IS(put(test, &phone, endpoint, old, &set), OK);
	assert_false(wants_renewal(test, &phone));
	rotate(test);
	assert_string_not_equal(current_key(test), old);
	assert_true(wants_renewal(test, &phone));
	assert_non_null(keyring_vapid(keyring_view(test->core.keyring), look(test, &phone).row.push_kid));
	IS(put(test, &phone, "https://fcm.googleapis.com/fcm/send/3", old, &set), OK); /* made before it heard */
	assert_true(wants_renewal(test, &phone));
	IS(put(test, &phone, "https://fcm.googleapis.com/fcm/send/2", current_key(test), &set), OK);
	assert_false(wants_renewal(test, &phone));
	rotate(test);
	assert_null(keyring_vapid_public(keyring_view(test->core.keyring), old));
	assert_int_equal(keyring_view(test->core.keyring)->vapid_count, 2);
	IS(put(test, &phone, endpoint, old, &set), E_INVALID);
	assert_string_equal(set.refusal, "other_key");
	IS(keyring_complete(test->core.store, test->core.keyholder, test->now), OK);
	IS(keyring_refresh(test->core.keyring, test->core.store), OK);
	assert_int_equal(keyring_view(test->core.keyring)->vapid_count, 2);
}

int main(void)
{
#define T(name_) cmocka_unit_test_setup_teardown(name_, core_setup, core_teardown)
	const struct CMUnitTest tests[] = {
		T(a_new_subscription_is_tested_and_counts_after_its_echo),
		T(the_same_subscription_again_loses_nothing),
		T(each_mistake_of_a_subscription_has_its_word),
		T(test_messages_have_a_limit),
		T(the_old_key_stays_until_the_device_has_a_new_subscription),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
