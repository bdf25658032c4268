#ifndef CORE_DEVICE_H
#define CORE_DEVICE_H

#include "core/core.h"

/*
 * Devices and their signed requests (PROTOCOL). A device: confirm --six digits typed--> active --revoke--> revoked; or
 * void. An enrolment: open --first device--> confirm --digits--> active; wrong digits, a second attempt or time: void.
 */

/* Enrolment, the starting side (an operator's terminal now, the account page later). */
struct enrolment_started {
	char id[ID_SIZE];
	const char *link;    /* {issuer}/a/#e1.<id>.<secret> */
	char typed_code[12]; /* "XXXXX-XXXXX" */
	int64_t expires_at;
};
enum status must_check enrolment_start(const struct core *core, struct arena *arena, const char *user_id,
				       bool with_totp, const char *made_by, int64_t now,
				       struct enrolment_started *ret_started);
struct enrolment_state {
	const char *state;       /* open, confirm, active, void, expired */
	const char *device_name; /* once a device is there */
	bool contested;          /* a second device tried this enrolment and was refused: both sides say so */
	const char *platform;
	const char *device_id; /* or NULL */
	const char *user_id;
	const char *made_by; /* "command" or a session's sid */
	int64_t expires_at;
};
enum status must_check enrolment_look(const struct core *core, struct arena *arena, const char *id, int64_t now,
				      struct enrolment_state *ret_state);
/* One attempt; a wrong one voids the enrolment: E_REFUSED. E_CONFLICT: no device is waiting. E_EXPIRED. */
enum status must_check enrolment_confirm(const struct core *core, struct arena *arena, const char *id,
					 const char *digits, int64_t now);
enum status must_check enrolment_void(const struct core *core, const char *id, int64_t now);

/* Enrolment, the device's side. POST /enrolments/lookup: 5 tries a code and 20 an address and hour (E_BUSY). */
enum status must_check enrolment_lookup(const struct core *core, struct arena *arena, const char *typed_code,
					const char *ip, int64_t now, json_t **ret_json);
/* POST /enrolments/{id}: E_CONFLICT when another device was first, E_EXPIRED, E_REFUSED when the proof or the signature
 * is wrong. */
enum status must_check enrolment_redeem(const struct core *core, struct arena *arena, const char *id, const char *jws,
					size_t jws_size, int64_t now, json_t **ret_json);
/* GET /enrolments/{id}, signed by the device: {state, account, totp?, vapid_public_key}; the TOTP seed leaves once. */
enum status must_check enrolment_poll(const struct core *core, struct arena *arena, const char *id,
				      const struct device_row *device, int64_t now, json_t **ret_json);

/* A signed request, taken apart and verified. */
struct device_request {
	const char *authorization; /* the header's value: "Symbolon <JWS>" */
	const char *method;
	const char *path; /* the URL's path; htu is issuer + path */
	const char *body;
	size_t body_size;
};
/*
 * Who sent it. E_REFUSED: signature, typ, aud, htm, htu, bh, or iat (more than 60 s off: *ret_clock_off is set, the
 * refusal carries server_time). E_NOT_FOUND: no such device, or it is not active (unless `allow_confirm`). Reads only;
 * jti of a change is stored with the change. E_EXPIRED: signed before the database was restored, or within a minute
 * after, and so perhaps used before.
 */
enum status must_check device_request_verify(const struct core *core, struct arena *arena,
					     const struct device_request *request, bool allow_confirm, int64_t now,
					     struct device_row *ret_device, const char **ret_jti, bool *ret_clock_off);
/* Inside a write: E_CONFLICT when this device used this jti before. */
enum status must_check device_jti_use(struct store_tx *tx, const char *device_id, const char *jti, int64_t now);

enum status must_check device_expect(const struct core *core, const struct device_row *device, const char *jti,
				     int64_t now);

/* ---- push messages (docs/push.md); device_push.c ---- */
/* NULL, or the word for what is wrong: bad_endpoint, endpoint_not_listed, bad_keys, other_key. Strings are borrowed. */
const char *push_subscription_read(const struct core *core, const json_t *json, struct push_subscription *ret_push);
struct push_set {
	const char *refusal; /* of E_INVALID, as above */
	const char *state;   /* none, testing, unconfirmed, reachable */
};
/* JSON null or NULL drops it. A new one is tested. */
enum status must_check device_set_push(const struct core *core, const struct device_row *device, const char *jti,
				       const json_t *subscription, int64_t now, struct push_set *ret_set);
/* E_NOT_FOUND: there is no subscription. E_BUSY: too many tests in an hour. */
enum status must_check device_test_push(const struct core *core, const struct device_row *device, const char *jti,
					int64_t now);
/* The device has got the test message with that nonce. E_NOT_FOUND: not the newest one's, or it was long ago. */
enum status must_check device_echo(const struct core *core, const struct device_row *device, const char *jti,
				   const char *nonce, int64_t now);
/* A test message as part of another change: drawn before, written in its transaction. E_BUSY as above. */
struct push_test {
	char id[ID_SIZE], nonce[ID_SIZE];
	int64_t now;
};
void push_test_draw(const struct core *core, int64_t now, struct push_test *ret_test);
enum status must_check push_test_write(struct store_tx *tx, const char *device_id, const struct push_test *test);

enum status must_check device_leave(const struct core *core, const struct device_row *device, const char *jti,
				    int64_t now);
/* By an operator. E_NOT_FOUND, or E_CONFLICT when it is not active. */
enum status must_check device_revoke(const struct core *core, const char *device_id, int64_t now);
enum status must_check device_describe(const struct core *core, struct arena *arena, const struct device_row *device,
				       int64_t now, json_t **ret_json);
enum status must_check device_history(const struct core *core, struct arena *arena, const struct device_row *device,
				      int64_t now, json_t **ret_json);

#endif
