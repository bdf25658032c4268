#ifndef STORE_ROWS_H
#define STORE_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Plain rows. Times are Unix seconds, 0 means never or not. Strings may be NULL only where it says so.
 * Ids are base64url of 128 random bits. Hashes are SHA-256 of a token that only its holder has.
 * Enumerations are kept as words, so that the database can be read by people.
 */

struct user_row {
	const char *id;           /* also the `sub` */
	const char *name;         /* canonical: lower case */
	const char *display_name; /* "" when not given */
	const char *email;        /* "" when not given; canonical */
	const char *password;     /* a hash string, NULL when there is none */
	int64_t password_at;
	bool disabled;
	int caution; /* 0, 4 or 6: the least digits of `enter` for unknown browsers until caution_until */
	int64_t caution_until;
	int64_t expect_until; /* a device has said "I am expecting a sign-in" */
	int64_t created_at;
	int64_t updated_at;
};

struct client_row {
	const char *id;
	const char *name;
	bool is_public; /* no secret; PKCE required */
	uint8_t secret_hash[32];
	const char *redirect_uris; /* JSON array of strings */
	const char *logout_uris;   /* JSON array of strings: post_logout_redirect_uris */
	const char *alg;           /* "ES256" or "RS256": id_token_signed_response_alg */
	bool third_party;          /* asks the person's consent */
	bool disabled;
	int64_t created_at;
};

/* identify, prove, consent, done, finished, refused, expired, superseded */
struct login_row {
	const char *id;
	int64_t version;
	uint8_t browser_hash[32]; /* of the cookie of the browser that began it */
	const char *client_id;
	const char *params; /* JSON: the authorization request, checked */
	const char *state;
	const char *user_id;  /* NULL before identify, and for names that do not exist */
	const char *subject;  /* what budgets count: the user's id, or a keyed hash of the name; NULL before identify */
	const char *username; /* as typed, for display; NULL before identify */
	const char *plan;     /* JSON: what is left to prove; NULL before identify */
	const char *proofs;   /* JSON array: what has been proven, each {factor, at, …} */
	const char *decision; /* JSON: policy's decision with its trace; NULL before identify */
	const char *notice;   /* a machine word for the page, or NULL */
	const char *challenge_id; /* the push it waits for, or NULL */
	const char *session_sid;  /* the session it continues or has made, or NULL */
	const char *ip;
	const char *user_agent;
	const char *ua_label; /* "Firefox on Linux" */
	bool known_browser;
	int64_t approved_at; /* when the last factor was proven: finish within 2 minutes */
	int64_t created_at;
	int64_t expires_at;
};

/* pending, approved, consumed, denied, wrong, expired, superseded; "hidden" ones wait unseen and are never offered to
 * devices */
struct challenge_row {
	const char *id;
	const char *login_id;
	const char *user_id; /* NULL for decoys */
	const char *mode;    /* confirm, choose, enter */
	int digits;
	const char *number; /* choose, enter; "" for confirm */
	const char *code;   /* confirm: five letters; "" otherwise */
	const char *nonce;
	const char *details; /* the very bytes that a device gets */
	uint8_t shown[32];   /* SHA-256 of details */
	const char *state;
	bool hidden;
	bool popup; /* a notification was queued; false: the person opens the app */
	bool known_browser;
	uint8_t browser_hash[32];
	const char *why; /* the plain sentence */
	const char *client_name;
	const char *device_id;   /* which device settled it, or NULL */
	uint8_t answer_hash[32]; /* SHA-256 of the answer's bytes */
	const char *answer;      /* the receipt (JWS), or NULL */
	int64_t created_at;
	int64_t expires_at;
	int64_t seen_at;
	int64_t settled_at;
	const char *delivery; /* queued, reached, failed: whether a push service took its message; NULL: nobody to send
				 to */
};

struct challenge_settle {
	const char *to;
	const char *device_id;      /* or NULL */
	const uint8_t *answer_hash; /* 32 bytes, or NULL */
	const char *answer;         /* or NULL */
	int64_t now;
};

/* Where messages for a device go. NULLs: nowhere. */
struct push_subscription {
	const char *endpoint;
	const char *p256dh; /* the browser's public key, an uncompressed point in base64url */
	const char *auth;   /* 16 bytes in base64url */
	const char *kid;    /* the VAPID key that it was made with */
};

/* confirm (six digits to be typed), active, revoked, void */
struct device_row {
	const char *id;
	const char *user_id;
	const char *name;
	const char *platform;
	const char *jwk;        /* public key, JSON */
	const char *thumbprint; /* RFC 7638, unique */
	const char *state;
	const char *enrolment_id;
	const char *push_endpoint; /* or NULL */
	const char *push_p256dh;
	const char *push_auth;
	const char *push_kid;   /* the VAPID key that the subscription was made with; NULL: from before there was one */
	int64_t push_ok_at;     /* last echo of a test push for this subscription */
	int64_t push_since;     /* first echo for this subscription: reachable by push since then */
	const char *push_nonce; /* of the newest test message, or NULL */
	int64_t push_nonce_until;
	int64_t push_accepted_at; /* a push service took a message */
	int64_t push_failed_at;
	const char *push_failure; /* why the last one failed (docs/push.md), or NULL */
	int64_t reported_at;
	int64_t created_at;
	int64_t seen_at;
	int64_t revoked_at;
};

/* open, confirm, active, void */
struct enrolment_row {
	const char *id; /* base64url of 128 bits */
	const char *user_id;
	const uint8_t *sealed_secret;
	size_t sealed_size;
	uint8_t code_hash[32]; /* keyed hash of the typed code */
	bool code_taken;
	const char *state;
	const char *device_id; /* the first device, or NULL */
	const char *digits;    /* six digits, or NULL */
	bool with_totp;        /* also gives a TOTP seed to the device */
	const char *totp_id;   /* or NULL */
	const char *made_by;   /* "command" or a session's sid */
	int64_t created_at;
	int64_t expires_at;
};

/* pending, active */
struct totp_row {
	const char *id;
	const char *user_id;
	const char *label;
	const uint8_t *sealed_seed;
	size_t sealed_size;
	const char *algorithm; /* SHA1, SHA256, SHA512 */
	int digits;
	int period;
	int64_t last_step;
	const char *state;
	int64_t created_at;
	int64_t used_at;
};

struct recovery_row {
	const char *selector;
	const char *user_id;
	uint8_t hash[32]; /* keyed */
	int64_t created_at;
	int64_t used_at;
};

/* A temporary pass: in force until it is used, ended, or its time is over. */
struct pass_row {
	const char *id;
	const char *user_id;
	uint8_t hash[32]; /* keyed */
	int64_t created_at;
	int64_t expires_at;
	int64_t used_at;
	int64_t ended_at; /* revoked, or replaced by a newer one */
};

struct consent_row {
	const char *client_id;
	const char *scope;
	int64_t granted_at;
};

struct session_row {
	const char *sid;        /* in ID tokens */
	uint8_t token_hash[32]; /* of the cookie */
	const char *user_id;
	uint8_t browser_hash[32];
	const char *proofs; /* JSON array */
	const char *acr;
	const char *amr; /* JSON array */
	int64_t auth_time;
	const char *ip;
	const char *ua_label;
	int64_t created_at;
	int64_t used_at;
	int64_t idle_until;
	int64_t ends_at;
	int64_t ended_at;
};

struct browser_row {
	const char *id; /* selector, in the cookie */
	const char *user_id;
	uint8_t token_hash[32];
	uint8_t previous_hash[32]; /* zero when never rotated */
	const char *ip;
	const char *ua_label;
	int64_t created_at;
	int64_t used_at;
	int64_t rotated_at;
};

struct grant_row {
	const char *id;
	uint8_t code_hash[32];
	const char *client_id;
	const char *user_id;
	const char *login_id;
	const char *sid;
	const char *redirect_uri; /* as sent, or "" when the request had none (never for OIDC) */
	const char *scope;
	const char *nonce;          /* or NULL */
	const char *code_challenge; /* or NULL */
	const char *acr;
	const char *amr; /* JSON array */
	int64_t auth_time;
	int64_t created_at;
	int64_t expires_at;
	int64_t redeemed_at;
	int64_t revoked_at;
};

struct token_row {
	uint8_t token_hash[32];
	const char *grant_id;
	const char *client_id;
	const char *user_id;
	const char *scope;
	int64_t created_at;
	int64_t expires_at;
	int64_t revoked_at;
};

struct outbox_row {
	const char *id;
	const char *kind; /* "challenge", "test" */
	const char *device_id;
	const char *subject_id; /* the challenge's id, or a test's nonce */
	int64_t not_before;
	int64_t expires_at;
	int64_t created_at;
	int tries;
	const char *claimed_by; /* the node that sends it, until not_before; or NULL */
};

struct audit_row {
	int64_t id; /* given by the database */
	int64_t at;
	const char *event;      /* "login.finished", "challenge.denied", … */
	const char *user_id;    /* or NULL */
	const char *username;   /* or NULL */
	const char *client_id;  /* or NULL */
	const char *device_id;  /* or NULL */
	const char *login_id;   /* or NULL */
	const char *ip;         /* or NULL */
	const char *detail;     /* JSON object, or NULL */
	const char *receipt;    /* the device's signed answer, or NULL */
	const char *shown;      /* what the device had been shown: the challenge's details, byte for byte; or NULL */
	const char *device_jwk; /* the public key that signed the receipt, or NULL */
	const char *chain;      /* NULL: from before there were chains; then nothing follows */
	int64_t seq;            /* from 1 in each chain */
	const uint8_t *salt;    /* 16 bytes; NULL when erased. Hashes below are 32 bytes */
	size_t salt_size;
	const uint8_t *prev;
	size_t prev_size;
	const uint8_t *commitment;
	size_t commitment_size;
	const uint8_t *hash;
	size_t hash_size;
	int64_t erased_at;
	const uint8_t *erased_mac; /* NULL when not erased */
	size_t erased_mac_size;
};

/* One place in a chain. */
struct audit_place {
	int64_t seq;
	uint8_t hash[32];
};

/* A chain of the audit log: core/audit.h says what the MAC covers. */
struct chain_row {
	const char *chain; /* "node/writer" */
	int64_t base_seq;  /* the last row that retention removed; 0: none */
	uint8_t base_hash[32];
	int64_t head_seq; /* the last row under the MAC; 0 and an empty head_kid: there was none yet */
	uint8_t head_hash[32];
	int64_t head_at;
	const char *head_kid;
	uint8_t head_mac[32];
};

struct key_row {
	const char *kid;
	const char *purpose; /* "token", "vapid", "pepper", "mac" */
	const char *alg;     /* "ES256", "RS256", "HS256", "VAPID" */
	const uint8_t *sealed;
	size_t sealed_size;
	const char *public_jwk; /* or NULL */
	const char *state;      /* next, current, previous, retired */
	int64_t created_at;
	int64_t changed_at;
};

#endif
