#ifndef KEYHOLDER_KEYHOLDER_H
#define KEYHOLDER_KEYHOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"

/*
 * The keyholder alone touches private keys, TOTP seeds, the pepper and the key-encryption key (KEK). Everybody else
 * holds sealed blobs (AES-256-GCM under keys derived from the KEK, the row's identity as associated data) and asks it
 * by typed messages: bytes in, bytes out (message.h). For `symbolon serve` it is a process of its own (socket.h); for
 * the other commands a call in the same process. Callers see no difference. One call is one round trip, so sign all
 * tokens of a response in one.
 *
 * This is the client side. It is thread-safe. Nothing but OK is a yes. Besides what each function says:
 *
 * E_INVALID  a value is out of range or too large: a mistake of the caller
 * E_REFUSED  a blob is not this row's (another id, another KEK, a damaged byte), or may not be used like that
 * E_IO       the keyholder cannot be reached, or what it says makes no sense
 * E_BUSY     later; E_NOMEM
 */
struct keyholder;

/* "credential:NAME" in the place of a path: the systemd credential of that name. */
#define KEK_CREDENTIAL "credential:"

/*
 * Makes a KEK file, 0600, 32 random bytes in base64url with a newline; E_CONFLICT when the file is there, E_IO when it
 * cannot be written (nothing is left then).
 */
enum status must_check keyholder_init_kek(const char *path);
/*
 * In this process. `problem` gets a sentence when it is not OK.
 *
 * E_NOT_FOUND  no such file
 * E_REFUSED    permissions wider than 0600, another owner, not a regular file
 * E_INVALID    not what keyholder_init_kek writes
 * E_IO         cannot be read
 */
enum status must_check keyholder_open(const char *kek_path, struct keyholder **ret_keyholder, char problem[256]);
/* Zeroes all keys. No call may be under way. Accepts NULL inside. */
void keyholder_close(struct keyholder **keyholder);

/* An ES256 key that signs for push services (RFC 8292) and nothing else. */
#define KEYHOLDER_VAPID "VAPID"

/* A key as it lies in the store. kid and alg are part of its identity. */
struct sealed_key {
	const char *kid;
	const char *alg; /* "ES256", "RS256", "HS256" (pepper, mac), KEYHOLDER_VAPID */
	const uint8_t *sealed;
	size_t size;
};

/* A fresh signing key ("ES256", "RS256", KEYHOLDER_VAPID) or symmetric key ("HS256"); kid is its thumbprint (or random
 * for HS256). */
struct new_key {
	char kid[48];
	uint8_t *sealed; /* in the arena */
	size_t sealed_size;
	char *public_jwk; /* with kid, use, alg; NULL for HS256 */
};
enum status must_check keyholder_key_new(struct keyholder *keyholder, struct arena *arena, const char *alg,
					 struct new_key *ret_key);

/*
 * Signs every job in one round trip. Unsealed keys are cached by kid and blob. At most KEYHOLDER_JOBS_MAX jobs and 64
 * KiB in all. E_REFUSED also for a typ that is not one of "JWT", "at+jwt", "logout+jwt", "secevent+jwt" and
 * "token-introspection+jwt": this key never signs a device's answer. A VAPID key signs only KEYHOLDER_VAPID_TYP, and no
 * other key does; the header then says "JWT", as RFC 8292 wants. All are signed or none is returned.
 */
#define KEYHOLDER_VAPID_TYP "vapid"
#define KEYHOLDER_JOBS_MAX  4
/* A "JWT" job after an "at+jwt" job of the same request gets the at_hash of that token (OpenID Core 3.1.3.6). */
struct sign_job {
	const struct sealed_key *key;
	const char *typ;     /* header typ: "JWT", "at+jwt" */
	const char *payload; /* a JSON object as text */
};
enum status must_check keyholder_sign(struct keyholder *keyholder, struct arena *arena, const struct sign_job *jobs,
				      size_t count, char *ret_jws[]);

/* HMAC under the pepper key. */
enum status must_check keyholder_pepper(struct keyholder *keyholder, const struct sealed_key *pepper,
					const uint8_t raw[32], uint8_t ret_mac[32]);
/*
 * A keyed hash for what must be the same everywhere and cannot be computed from a stolen database: decoy draws,
 * recovery codes, typed enrolment codes. `purpose` is 1 to 64 characters; the same data for another purpose gives
 * another hash.
 */
enum status must_check keyholder_mac(struct keyholder *keyholder, const struct sealed_key *mac, const char *purpose,
				     const void *data, size_t size, uint8_t ret_mac[32]);

/* TOTP seeds. The identity is "totp:<row id>". A new seed leaves once, as an otpauth URI, for its display at enrolment.
 */
struct totp_request {
	const char *row_id;    /* 1 to 128 characters, as every id here */
	const char *algorithm; /* SHA1, SHA256, SHA512 */
	unsigned digits, period;
	const char *issuer; /* for the URI */
	const char *account;
};
struct sealed_blob {
	uint8_t *bytes; /* in the arena */
	size_t size;
};
enum status must_check keyholder_totp_new(struct keyholder *keyholder, struct arena *arena,
					  const struct totp_request *wanted, struct sealed_blob *ret_seed,
					  char **ret_otpauth);
struct totp_check {
	const char *row_id;
	const char *algorithm;
	unsigned digits, period;
	const uint8_t *sealed;
	size_t sealed_size;
	const char *code;
	int64_t now;
	unsigned window; /* steps to each side, at most 10 */
	int64_t after;   /* last used step */
};
/* OK with *ret_step; E_NOT_FOUND wrong; E_CONFLICT that step was used; E_BUSY more than 10 checks of this seed in a
 * minute. */
enum status must_check keyholder_totp_check(struct keyholder *keyholder, const struct totp_check *check,
					    int64_t *ret_step);

/*
 * Enrolment secrets (16 bytes), identity "enrol:<id>"; k = HKDF-SHA256(secret, salt, info "symbolon enrol v1"), the
 * salt being the id's characters as they stand in the link.
 */
enum status must_check keyholder_enrolment_new(struct keyholder *keyholder, struct arena *arena, const char *id,
					       uint8_t ret_secret[16], struct sealed_blob *ret_sealed);
enum status must_check keyholder_enrolment_reveal(struct keyholder *keyholder, const char *id,
						  const struct sealed_blob *sealed, uint8_t ret_secret[16]);
/* E_REFUSED unless proof = HMAC-SHA256(k, message). */
enum status must_check keyholder_enrolment_check(struct keyholder *keyholder, const char *id,
						 const struct sealed_blob *sealed, const void *message, size_t size,
						 const uint8_t proof[32]);

/* Since it started; refusals are calls that ended in E_REFUSED, E_INVALID or E_BUSY. All 0 when it cannot be reached.
 */
struct keyholder_counters {
	uint64_t calls, signatures, totp_checks, refusals;
};
void keyholder_counters(struct keyholder *keyholder, struct keyholder_counters *ret_counters);

#endif
