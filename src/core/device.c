#include "core/device.h"

#include <string.h>

#include "core/audit.h"

#define EXPECT_S 120

/* One change by a device, its jti stored with it. */
struct change {
	const struct device_row *device;
	const char *jti;
	int64_t now;
	const char *by; /* revoke */
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
