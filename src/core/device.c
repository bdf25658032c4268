#include "core/device.h"

#include <string.h>

#include "core/audit.h"

#define EXPECT_S    120
#define TEST_PUSH_S 300

/* One change by a device, its jti stored with it. */
struct change {
	const struct device_row *device;
	const char *jti;
	int64_t now;
	const char *endpoint, *p256dh, *auth; /* set_push */
	char id[ID_SIZE], nonce[ID_SIZE];     /* test_push */
	const char *by;                       /* revoke */
	char user_id[ID_SIZE];
};

static enum status change_audit(struct store_tx *tx, const struct change *change, const char *event)
{
	return audit_write(tx, &(struct audit_row){.at = change->now,
						   .event = event,
						   .user_id = change->device->user_id,
						   .device_id = change->device->id});
}

/* ---- "I am expecting a sign-in" ---- */

static enum status expect_write(struct store_tx *tx, void *ctx)
{
	const struct change *change = ctx;

	TRY(device_jti_use(tx, change->device->id, change->jti, change->now));
	TRY(store_user_set_expect(tx, change->device->user_id, change->now + EXPECT_S));
	return change_audit(tx, change, "device.expects");
}

enum status device_expect(const struct core *core, const struct device_row *device, const char *jti, int64_t now)
{
	struct change change = {.device = device, .jti = jti, .now = now};

	return store_write(core->store, expect_write, &change);
}

/* ---- push subscription ---- */

static enum status push_write(struct store_tx *tx, void *ctx)
{
	const struct change *change = ctx;

	TRY(device_jti_use(tx, change->device->id, change->jti, change->now));
	return store_device_set_push(tx, change->device->id, change->endpoint, change->p256dh, change->auth,
				     change->now);
}

/* RFC 8030 endpoint: https, no user info, no fragment. */
static bool endpoint_is_acceptable(const char *endpoint)
{
	const char *host;

	if (!endpoint || strlen(endpoint) > 1024 || strncmp(endpoint, "https://", 8) != 0)
		return false;
	host = endpoint + 8;
	return *host && *host != '/' && !memchr(host, '@', strcspn(host, "/")) && !strpbrk(endpoint, "# \t\r\n\"<>\\");
}

enum status device_set_push(const struct core *core, const struct device_row *device, const char *jti,
			    const json_t *subscription, int64_t now)
{
	struct change change = {.device = device, .jti = jti, .now = now};

	if (subscription && !json_is_null(subscription)) {
		change.endpoint = json_get_string(subscription, "endpoint");
		change.p256dh = json_get_string(subscription, "p256dh");
		change.auth = json_get_string(subscription, "auth");
		if (!endpoint_is_acceptable(change.endpoint) || !change.p256dh || strlen(change.p256dh) != 87 ||
		    !change.auth || strlen(change.auth) != 22)
			return E_INVALID;
	}
	return store_write(core->store, push_write, &change);
}

static enum status test_write(struct store_tx *tx, void *ctx)
{
	const struct change *change = ctx;
	const struct outbox_row row = {.id = change->id,
				       .kind = "test",
				       .device_id = change->device->id,
				       .subject_id = change->nonce,
				       .not_before = change->now,
				       .expires_at = change->now + TEST_PUSH_S,
				       .created_at = change->now};

	TRY(device_jti_use(tx, change->device->id, change->jti, change->now));
	return store_outbox_insert(tx, &row);
}

enum status device_test_push(const struct core *core, const struct device_row *device, const char *jti, int64_t now)
{
	struct change change = {.device = device, .jti = jti, .now = now};

	if (!device->push_endpoint)
		return E_CONFLICT;
	id_new(core->random, change.id);
	id_new(core->random, change.nonce);
	return store_write(core->store, test_write, &change);
}

/* ---- leaving and being revoked ---- */

/* A factor change drops the person's known browsers. */
static enum status end_write(struct store_tx *tx, const struct change *change, const char *event)
{
	TRY(store_device_set_state(tx, change->device->id, "active", "revoked", change->now));
	TRY(store_browser_remove_all(tx, change->device->user_id));
	return change_audit(tx, change, event);
}

static enum status leave_write(struct store_tx *tx, void *ctx)
{
	const struct change *change = ctx;

	TRY(device_jti_use(tx, change->device->id, change->jti, change->now));
	return end_write(tx, change, "device.left");
}

enum status device_leave(const struct core *core, const struct device_row *device, const char *jti, int64_t now)
{
	struct change change = {.device = device, .jti = jti, .now = now};

	TRY(store_write(core->store, leave_write, &change));
	core_wake(core, "user", device->user_id);
	return OK;
}

static enum status revoke_write(struct store_tx *tx, void *ctx)
{
	struct change *change = ctx;
	struct device_row device;
	enum status status;

	TRY(store_device_find(tx, change->by, &device));
	change->device = &device;
	memcpy(change->user_id, device.user_id, strnlen(device.user_id, ID_SIZE - 1));
	status = end_write(tx, change, "device.revoked");
	change->device = NULL;
	return status;
}

enum status device_revoke(const struct core *core, const char *device_id, int64_t now)
{
	struct change change = {.by = device_id, .now = now};

	TRY(store_write(core->store, revoke_write, &change));
	core_wake(core, "user", change.user_id);
	return OK;
}

/* ---- what a device may know of itself ---- */

enum status device_describe(const struct core *core, struct arena *arena, const struct device_row *device, int64_t now,
			    json_t **ret_json)
{
	json_t *json = json_pack("{s:s, s:s, s:s, s:{s:b, s:I}, s:I, s:I, s:I, s:n}", "id", device->id, "name",
				 device->name, "platform", device->platform, "push", "subscribed",
				 (int)(device->push_endpoint != NULL), "confirmed_at", (json_int_t)device->push_ok_at,
				 "created_at", (json_int_t)device->created_at, "last_contact",
				 (json_int_t)device->seen_at, "server_time", (json_int_t)now, "vapid_public_key");

	if (!json)
		return E_NOMEM;
	*ret_json = json;
	return OK;
}
