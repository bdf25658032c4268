#ifndef SYMBOLON_DEVICE_H
#define SYMBOLON_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * libsymbolon-device: the phone's side of Symbolon's device protocol, version 1 (docs/protocol.md), for C programs.
 *
 * A device is one enrolment: an issuer, a device id and a P-256 key. A program keeps those three wherever it likes
 * (the library stores nothing) and makes a `struct symbolon_device` of them. Then:
 *
 *   enrol    symbolon_link_parse -> symbolon_key_generate -> symbolon_device_new -> (save the key) ->
 *            symbolon_enrol_begin -> show the digits -> symbolon_enrol_finish until it says active
 *   answer   symbolon_events_wait or symbolon_challenge_list -> symbolon_challenge_get -> show it -> symbolon_answer
 *
 * Conventions
 *   Text is UTF-8 and NUL-terminated. Times are Unix seconds, UTC, and end in _at; durations end in _s or _ms. Sizes
 *   are bytes without the NUL. Binary on the wire is base64url without padding (RFC 4648 section 5).
 *   Outputs come last, begin with ret_, and are untouched unless the result is SYMBOLON_OK.
 *   What a function hands out is freed by the function its comment names; all of those accept NULL and pointers to
 * NULL. Text that came from a server is handed out as it came: it may hold control characters and bidirectional marks.
 *   Clean it before it reaches a terminal or a page.
 *
 * Threads: a device may be shared by threads that call the pure functions (marked so). Functions that use the network
 * take the device for one thread at a time. A `struct symbolon_events` belongs to one thread, and so do its devices.
 *
 * Network: https with verified certificates; http only to localhost, 127.0.0.0/8 and [::1]. No redirects, no cookies,
 * no proxies for loopback. 10 s to connect and 20 s for an answer of at most 64 KiB.
 */

/* The protocol's limits. */
#define SYMBOLON_ISSUER_MAX  512   /* characters of an issuer; ours */
#define SYMBOLON_ID_MAX      64    /* characters of an id: base64url of 128 bits is 22; room for other servers */
#define SYMBOLON_BODY_MAX    16384 /* bytes of a JSON body, details included; docs/protocol.md */
#define SYMBOLON_DIGITS_MIN  2     /* of a number; docs/protocol.md, DESIGN section 1 */
#define SYMBOLON_DIGITS_MAX  8
#define SYMBOLON_CODE_LENGTH 5 /* letters A-Z of a request code */
#define SYMBOLON_CHOICES     3
#define SYMBOLON_SKEW_S      60 /* how far iat may be from the server's clock */

enum symbolon_result {
	SYMBOLON_OK = 0,
	SYMBOLON_NO_MEMORY,
	SYMBOLON_INVALID,     /* an argument cannot be understood or does not fit; nothing was sent */
	SYMBOLON_UNREACHABLE, /* no whole answer (name, connection, TLS, time): the server may or may not have acted */
	SYMBOLON_BAD_ANSWER,  /* the answer is outside the protocol and was not used */
	SYMBOLON_REFUSED,     /* 400, 401, 403, 413 and other refusals */
	SYMBOLON_NOT_FOUND,   /* 404: no such thing, or not for this device */
	SYMBOLON_CONFLICT,    /* 409: already settled, or another was first */
	SYMBOLON_GONE,        /* 410: too late */
	SYMBOLON_LATER,       /* 429, 503: see retry_after_s */
};

/* "unreachable" and so on: one word for logs and JSON. Pure. */
const char *symbolon_result_name(enum symbolon_result result);

/*
 * More about a result that is not SYMBOLON_OK; functions of the network fill it. Every pointer to one may be NULL.
 * All of it is zeroed first.
 */
struct symbolon_error {
	int http_status;       /* 0 when there was no answer */
	char code[64];         /* the server's machine word, or "" */
	char message[512];     /* a sentence: the server's, or ours when there is none */
	char state[32];        /* 409: the settled state, or "" */
	char settled_by[256];  /* 409: the device that settled it, or "" */
	int64_t server_time;   /* 0 when not said */
	int64_t retry_after_s; /* 0 when not said */
};

/*
 * A file of certificate authorities (PEM) to trust instead of the system's, for every later call of this process;
 * NULL for the system's. Call it before threads start. SYMBOLON_INVALID: the path is too long.
 */
enum symbolon_result symbolon_ca_file_set(const char *path);

/* Zeroes and frees a text that the library handed out. */
void symbolon_text_free(char **text);

/* ---- keys and devices ---- */

/* A fresh P-256 key as a private JWK (RFC 7517). The caller keeps it secret; symbolon_text_free. Pure. */
enum symbolon_result symbolon_key_generate(char **ret_jwk);

struct symbolon_device;

/*
 * `jwk` is a private P-256 JWK. `device_id` is NULL before enrolment. SYMBOLON_INVALID: the issuer is not an https URL
 * (http for loopback) without user, query, fragment and final slash; the id is not base64url; the key is no such key.
 */
enum symbolon_result symbolon_device_new(const char *issuer, const char *device_id, const char *jwk,
					 struct symbolon_device **ret_device);
void symbolon_device_free(struct symbolon_device **device);

const char *symbolon_device_issuer(const struct symbolon_device *device);
const char *symbolon_device_id(const struct symbolon_device *device);         /* "" before enrolment */
const char *symbolon_device_thumbprint(const struct symbolon_device *device); /* RFC 7638, 43 characters */

/*
 * Seconds that the server's clock is ahead of this machine's, as far as known: 0 until a refusal carried server_time.
 * The functions of the network learn it, and ask once more by themselves.
 */
int64_t symbolon_device_skew_s(const struct symbolon_device *device);
/* The server's time, as far as known: what `now` of the pure functions wants to be. */
int64_t symbolon_device_now(const struct symbolon_device *device);

/* ---- signed things; pure ---- */

/*
 * The value of the Authorization header for one request: "Symbolon " and a JWS with typ symbolon-request+jwt and claims
 * aud, iat, jti, htm, htu, and bh when there is a body. `url` is whole; a query and fragment are left out of htu.
 * symbolon_text_free.
 */
enum symbolon_result symbolon_request_authorization(const struct symbolon_device *device, const char *method,
						    const char *url, const void *body, size_t body_size, int64_t now,
						    char **ret_authorization);

/* ---- enrolment ---- */

/* An enrolment's id and secret (base64url of 128 bits each), from {issuer}/a/#e1.<id>.<secret>. The secret is secret.
 */
struct symbolon_link {
	char issuer[SYMBOLON_ISSUER_MAX + 1];
	char id[23];
	char secret[23];
};

/* SYMBOLON_INVALID: not an enrolment link. Pure. */
enum symbolon_result symbolon_link_parse(const char *text, struct symbolon_link *ret_link);

/* The ten typed characters XXXXX-XXXXX (any case, O and I forgiven) become the link, once. POST /enrolments/lookup. */
enum symbolon_result symbolon_link_lookup(const char *issuer, const char *code, struct symbolon_link *ret_link,
					  struct symbolon_error *ret_error);

/*
 * The proof that the key belongs to who saw the link: base64url of HMAC-SHA256(k, "symbolon-enrol" 0 issuer 0 id 0
 * thumbprint) with k = HKDF-SHA256(secret, salt = id, info = "symbolon enrol v1"); id and secret as their 16 bytes in
 * k, id as its text in the message. Pure.
 */
enum symbolon_result symbolon_enrol_proof(const struct symbolon_link *link, const char *thumbprint, char ret_proof[44]);

/* The JWS with typ symbolon-enrol+jwt, its header carrying the public key. symbolon_text_free. Pure. */
enum symbolon_result symbolon_enrol_token(const struct symbolon_device *device, const struct symbolon_link *link,
					  const char *name, const char *platform, int64_t now, char **ret_jws);

struct symbolon_account {
	char organisation[256];
	char username[256];
};

/*
 * Redeem the link: POST /enrolments/{id}. The device gets its id; the six digits are to be typed on the starting side.
 * Save the key before calling this: after a crash the same key and link may be sent again.
 * SYMBOLON_CONFLICT another device was first; SYMBOLON_GONE it has expired or was voided.
 */
enum symbolon_result symbolon_enrol_begin(struct symbolon_device *device, const struct symbolon_link *link,
					  const char *name, const char *platform, char ret_digits[7],
					  struct symbolon_account *ret_account, struct symbolon_error *ret_error);

struct symbolon_enrolled {
	bool active; /* false: the digits have not been typed yet; ask again in a second or two */
	struct symbolon_account account;
	char totp[1024]; /* an otpauth:// URI with a secret, or "" */
};

/* Ask once how it stands: GET /enrolments/{id}. SYMBOLON_CONFLICT, _GONE and _NOT_FOUND: it is void. */
enum symbolon_result symbolon_enrol_finish(struct symbolon_device *device, const char *enrolment_id,
					   struct symbolon_enrolled *ret_enrolled, struct symbolon_error *ret_error);

/* ---- challenges ---- */

enum symbolon_mode { SYMBOLON_CONFIRM, SYMBOLON_CHOOSE, SYMBOLON_ENTER };

/*
 * One sign-in request. Strings are owned by the challenge; those marked (or NULL) may be absent.
 *   confirm  `code` is compared with the page's; the answer has no number
 *   choose   `choices`, of which the page shows one
 *   enter    `digits` of a number that only the page shows
 */
struct symbolon_challenge {
	const char *id;
	const char *nonce;
	enum symbolon_mode mode;
	unsigned digits;                       /* enter; 0 otherwise */
	const char *code;                      /* confirm (or NULL) */
	const char *choices[SYMBOLON_CHOICES]; /* choose (or NULL) */
	const char *username;
	const char *organisation; /* (or NULL) */
	const char *client_name;
	const char *client_host; /* (or NULL) */
	const char *ip;          /* (or NULL) */
	const char *place;       /* (or NULL) */
	const char *browser;     /* (or NULL) */
	bool known;              /* the person has signed in with this browser before */
	int64_t requested_at;    /* 0 when not said */
	const char *why;         /* (or NULL) */
	const char *message;     /* (or NULL) the client's own words (CIBA binding_message) */
	int64_t expires_at;
	uint8_t shown[32];   /* SHA-256 of `details` */
	const char *details; /* the very bytes that the server sent */
	size_t details_size;
};

/* SYMBOLON_BAD_ANSWER: not details of protocol version 1. symbolon_challenge_free. Pure. */
enum symbolon_result symbolon_details_parse(const void *bytes, size_t size, struct symbolon_challenge **ret_challenge);
void symbolon_challenge_free(struct symbolon_challenge **challenge);

struct symbolon_pending {
	char id[SYMBOLON_ID_MAX + 1];
	int64_t expires_at; /* 0 when not said */
	bool popup;         /* false: the server does not announce it; the person has to look for it (push budget) */
};

/* GET /challenges: the pending ones, newest first. *ret_list is freed by free(). */
enum symbolon_result symbolon_challenge_list(struct symbolon_device *device, struct symbolon_pending **ret_list,
					     size_t *ret_count, struct symbolon_error *ret_error);
/* GET /challenges/{id}. The sign-in page may say from now on that the device has it. */
enum symbolon_result symbolon_challenge_get(struct symbolon_device *device, const char *id,
					    struct symbolon_challenge **ret_challenge,
					    struct symbolon_error *ret_error);

enum symbolon_decision { SYMBOLON_APPROVE, SYMBOLON_DENY, SYMBOLON_REPORT };

/*
 * The answer, a JWS with typ symbolon-answer+jwt. `number` is for approving in choose (one of the choices) and enter
 * (exactly `digits` digits), as text; NULL otherwise. SYMBOLON_INVALID when it does not fit. symbolon_text_free. Pure.
 */
enum symbolon_result symbolon_answer_make(const struct symbolon_device *device,
					  const struct symbolon_challenge *challenge, enum symbolon_decision decision,
					  const char *number, int64_t now, char **ret_jws);
/*
 * POST /challenges/{id}/answer. When there is no answer the very same bytes are sent again under a fresh request, at
 * most three times: the server gives the same bytes the same result. *ret_state: approved, denied, wrong, …
 * SYMBOLON_CONFLICT: settled otherwise before; ret_error says how and by which device. SYMBOLON_GONE: expired.
 */
enum symbolon_result symbolon_answer_send(struct symbolon_device *device, const char *challenge_id, const char *jws,
					  char ret_state[32], struct symbolon_error *ret_error);
/* Make and send; makes it anew once when this machine's clock turns out to be off. */
enum symbolon_result symbolon_answer(struct symbolon_device *device, const struct symbolon_challenge *challenge,
				     enum symbolon_decision decision, const char *number, char ret_state[32],
				     struct symbolon_error *ret_error);

/* ---- the rest ---- */

/* POST /expect: "I am expecting a sign-in", one challenge in the next 2 minutes. */
enum symbolon_result symbolon_expect(struct symbolon_device *device, struct symbolon_error *ret_error);
/* GET /history: a JSON array of recent challenges with outcome and reason, as the server sent it. symbolon_text_free.
 */
enum symbolon_result symbolon_history(struct symbolon_device *device, char **ret_json,
				      struct symbolon_error *ret_error);
/* DELETE /device: the server forgets this device. */
enum symbolon_result symbolon_device_leave(struct symbolon_device *device, struct symbolon_error *ret_error);

/* ---- events ---- */

/*
 * GET /events of up to SYMBOLON_EVENTS_MAX devices on one thread. A stream that ends or fails is opened again: at once
 * after its hour, else after 1 s, 2 s, … 60 s with jitter; also when nothing, not even a comment, came for 60 s. A
 * server without the stream (404) is asked for GET /challenges every 5 s instead.
 */
#define SYMBOLON_EVENTS_MAX 32

struct symbolon_events;

struct symbolon_timing {
	int64_t silence_ms;     /* 60,000: the server speaks every 25 s */
	int64_t retry_first_ms; /* 1,000 */
	int64_t retry_most_ms;  /* 60,000 */
	int64_t poll_ms;        /* 5,000 */
};

enum symbolon_event_kind {
	SYMBOLON_EVENT_NONE,      /* the time is over */
	SYMBOLON_EVENT_INPUT,     /* the descriptor can be read, or its other end is closed */
	SYMBOLON_EVENT_CONNECTED, /* the stream is open: read symbolon_challenge_list now, nothing later is missed */
	SYMBOLON_EVENT_POLLING,   /* this server has no stream; asking again and again */
	SYMBOLON_EVENT_LOST,      /* the stream is down; it is tried again */
	SYMBOLON_EVENT_REVOKED,   /* the server no longer knows this device; it is not tried again */
	SYMBOLON_EVENT_CHALLENGE, /* id, expires_at */
	SYMBOLON_EVENT_ENDED,     /* id, state */
	SYMBOLON_EVENT_DEVICE,    /* something about the device itself; state when said */
};

struct symbolon_event {
	enum symbolon_event_kind kind;
	struct symbolon_device *device; /* NULL for NONE and INPUT */
	char id[SYMBOLON_ID_MAX + 1];
	int64_t expires_at;
	char state[32]; /* of a polled challenge that is gone: "ended" */
};

/* `timing` may be NULL for the values above. */
enum symbolon_result symbolon_events_new(const struct symbolon_timing *timing, struct symbolon_events **ret_events);
/* The device is borrowed until symbolon_events_free. SYMBOLON_INVALID: too many, or not enrolled. */
enum symbolon_result symbolon_events_add(struct symbolon_events *events, struct symbolon_device *device);
/*
 * Wait for one event, for `fd` (-1: none) to become readable, or for `timeout_ms` (-1: for ever). Events that arrived
 * come before input. At most 64 events wait; a flood beyond them is dropped, and the next SYMBOLON_EVENT_CONNECTED
 * finds what is pending.
 */
enum symbolon_result symbolon_events_wait(struct symbolon_events *events, int fd, int64_t timeout_ms,
					  struct symbolon_event *ret_event);
void symbolon_events_free(struct symbolon_events **events);

#endif
