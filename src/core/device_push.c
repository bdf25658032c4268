/* A device's subscription to push messages, and whether they reach it. */
#include <string.h>

#include "core/device.h"
#include "core/keyring.h"
#include "core/push_endpoint.h"
#include "crypto/webpush.h"

#define TEST_LIFE_S    300
#define TESTS_PER_HOUR 10
#define TEST_KIND      "push-test"

/* ---- reading a subscription ---- */

static const struct vapid_key *vapid_of(const struct core *core, const json_t *subscription)
{
	const struct keyring_view *view = keyring_view(core->keyring);
	const char *public_key = json_get_string(subscription, "vapid_public_key");

	return public_key ? keyring_vapid_public(view, public_key) : keyring_vapid(view, NULL);
}

const char *push_subscription_read(const struct core *core, const json_t *json, struct push_subscription *ret_push)
{
	struct push_subscription push = {.endpoint = json_get_string(json, "endpoint"),
					 .p256dh = json_get_string(json, "p256dh"),
					 .auth = json_get_string(json, "auth")};
	const struct vapid_key *vapid = vapid_of(core, json);
	struct push_endpoint endpoint;
	struct webpush_keys keys;

	if (push_endpoint_parse(push.endpoint, &endpoint) != OK)
		return "bad_endpoint";
	if (!push_host_find(core->settings, &endpoint))
		return "endpoint_not_listed";
	if (webpush_keys_parse(push.p256dh, push.auth, &keys) != OK)
		return "bad_keys";
	if (!vapid)
		return "other_key";
	push.kid = vapid->key.kid;
	*ret_push = push;
	return NULL;
}

/* ---- test messages ---- */

void push_test_draw(const struct core *core, int64_t now, struct push_test *ret_test)
{
	id_new(core->random, ret_test->id);
	id_new(core->random, ret_test->nonce);
	ret_test->now = now;
}

enum status push_test_write(struct store_tx *tx, const char *device_id, const struct push_test *test)
{
	const struct outbox_row row = {.id = test->id,
				       .kind = "test",
				       .device_id = device_id,
				       .subject_id = test->nonce,
				       .not_before = test->now,
				       .expires_at = test->now + TEST_LIFE_S,
				       .created_at = test->now};
	int64_t count = 0;

	TRY(store_attempt_count(tx, device_id, TEST_KIND, test->now - 3600, &count));
	if (count >= TESTS_PER_HOUR)
		return E_BUSY;
	TRY(store_attempt_insert(tx, device_id, TEST_KIND, test->now));
	TRY(store_device_set_push_nonce(tx, device_id, test->nonce, test->now + TEST_LIFE_S));
	return store_outbox_insert(tx, &row);
}

struct change {
	const struct device_row *device;
	const char *jti;
	struct push_subscription push;
	struct push_test test;
	const char *nonce; /* echo */
	const char *state; /* what became of it */
	bool is_subscribed;
	int64_t now;
};

static enum status test_write(struct store_tx *tx, void *ctx)
{
	struct change *change = ctx;
	struct device_row device;

	TRY(device_jti_use(tx, change->device->id, change->jti, change->now));
	TRY(store_device_find(tx, change->device->id, &device));
	change->is_subscribed = device.push_endpoint != NULL;
	return change->is_subscribed ? push_test_write(tx, device.id, &change->test) : OK;
}

enum status device_test_push(const struct core *core, const struct device_row *device, const char *jti, int64_t now)
{
	struct change change = {.device = device, .jti = jti, .now = now};

	push_test_draw(core, now, &change.test);
	TRY(store_write(core->store, test_write, &change));
	if (!change.is_subscribed)
		return E_NOT_FOUND;
	core_wake(core, "outbox", "");
	return OK;
}

static enum status echo_write(struct store_tx *tx, void *ctx)
{
	const struct change *change = ctx;

	TRY(device_jti_use(tx, change->device->id, change->jti, change->now));
	return store_device_echo(tx, change->device->id, change->nonce, change->now) == E_CONFLICT ? E_NOT_FOUND : OK;
}

enum status device_echo(const struct core *core, const struct device_row *device, const char *jti, const char *nonce,
			int64_t now)
{
	struct change change = {.device = device, .jti = jti, .nonce = nonce, .now = now};

	return store_write(core->store, echo_write, &change);
}

/* ---- a new subscription ---- */

static bool text_is_same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool is_same(const struct device_row *device, const struct push_subscription *push)
{
	return text_is_same(device->push_endpoint, push->endpoint) && text_is_same(device->push_p256dh, push->p256dh) &&
	       text_is_same(device->push_auth, push->auth) && text_is_same(device->push_kid, push->kid);
}

/* Apps send what they have at every start: the same again proves nothing and loses nothing. */
static enum status same_keep(struct store_tx *tx, struct change *change, const struct device_row *device)
{
	change->state = !device->push_endpoint ? "none" : device->push_since ? "reachable" : "unconfirmed";
	return store_device_set_seen(tx, device->id, change->now);
}

static enum status push_write(struct store_tx *tx, void *ctx)
{
	struct change *change = ctx;
	struct device_row device;
	enum status status;

	TRY(device_jti_use(tx, change->device->id, change->jti, change->now));
	TRY(store_device_find(tx, change->device->id, &device));
	if (is_same(&device, &change->push))
		return same_keep(tx, change, &device);
	TRY(store_device_set_push(tx, device.id, &change->push, change->now));
	change->state = "none";
	if (!change->push.endpoint)
		return store_outbox_remove_device(tx, device.id);
	status = push_test_write(tx, device.id, &change->test);
	change->state = status == E_BUSY ? "unconfirmed" : "testing";
	return status == E_BUSY ? OK : status;
}

enum status device_set_push(const struct core *core, const struct device_row *device, const char *jti,
			    const json_t *subscription, int64_t now, struct push_set *ret_set)
{
	struct change change = {.device = device, .jti = jti, .now = now};

	if (subscription && !json_is_null(subscription))
		ret_set->refusal = push_subscription_read(core, subscription, &change.push);
	if (ret_set->refusal)
		return E_INVALID;
	push_test_draw(core, now, &change.test);
	TRY(store_write(core->store, push_write, &change));
	ret_set->state = change.state;
	core_wake(core, "outbox", "");
	return OK;
}

/* ---- what is known of it ---- */

/* The key has turned, or the push service does not take it, or knows the subscription no more. */
static bool wants_renewal(const struct device_row *device, const struct vapid_key *made_with,
			  const struct vapid_key *current)
{
	if (device->push_failure &&
	    (strcmp(device->push_failure, "gone") == 0 || strcmp(device->push_failure, "vapid") == 0))
		return true;
	return device->push_endpoint && (!made_with || made_with != current);
}

enum status device_describe(const struct core *core, struct arena *arena, const struct device_row *device, int64_t now,
			    json_t **ret_json)
{
	const struct keyring_view *view = keyring_view(core->keyring);
	const struct vapid_key *current = keyring_vapid(view, NULL);
	const struct vapid_key *made_with =
		device->push_endpoint && device->push_kid ? keyring_vapid(view, device->push_kid) : NULL;
	json_t *push = json_pack("{s:b, s:s?, s:b, s:I, s:I, s:I, s:I, s:s?}", "subscribed",
				 (int)(device->push_endpoint != NULL), "vapid_public_key",
				 made_with ? made_with->public_key : NULL, "renew",
				 (int)wants_renewal(device, made_with, current), "confirmed_at",
				 (json_int_t)device->push_ok_at, "reachable_since", (json_int_t)device->push_since,
				 "accepted_at", (json_int_t)device->push_accepted_at, "failed_at",
				 (json_int_t)device->push_failed_at, "failure", device->push_failure);
	json_t *json =
		json_pack("{s:s, s:s, s:s, s:o, s:I, s:I, s:I, s:s?}", "id", device->id, "name", device->name,
			  "platform", device->platform, "push", push, "created_at", (json_int_t)device->created_at,
			  "last_contact", (json_int_t)device->seen_at, "server_time", (json_int_t)now,
			  "vapid_public_key", current ? current->public_key : NULL);

	if (!json)
		return E_NOMEM;
	*ret_json = json;
	return OK;
}
