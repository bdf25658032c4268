#ifndef KEYHOLDER_MESSAGE_H
#define KEYHOLDER_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/text.h"

/*
 * What goes between the keyholder and its clients, both ways:
 *
 *   message  version (1 byte) | kind (1 byte) | field …        at most MESSAGE_SIZE_MAX bytes
 *   field    type (1 byte) | size (4 bytes, big-endian) | size bytes
 *   types    'n' a number, 8 bytes, big-endian, two's complement
 *            't' a text, its last byte NUL and no other
 *            'b' bytes
 *
 * The kind of a request is its operation, the kind of a reply an enum status; a reply has fields only when it is OK.
 * Each operation has its fields in one order, all of them, nothing behind: there is nothing to skip or to guess.
 */
#define MESSAGE_VERSION  1
#define MESSAGE_SIZE_MAX (64 * 1024)

enum message_operation {
	MESSAGE_KEY_NEW = 1, /* t alg → t kid, b sealed, t public JWK ("" for HS256) */
	MESSAGE_SIGN,        /* n count, then for each job: key, t typ, t payload → count times t JWS */
	MESSAGE_PEPPER,      /* key, b raw (32) → b mac (32) */
	MESSAGE_MAC,         /* key, t purpose, b data → b mac (32) */
	MESSAGE_TOTP_NEW, /* t row id, t algorithm, n digits, n period, t issuer, t account → b sealed, t otpauth URI */
	MESSAGE_TOTP_CHECK, /* t row id, t algorithm, n digits, n period, b sealed, t code, n now, n window, n after → n
			       step */
	MESSAGE_ENROLMENT_NEW,    /* t id → b secret (16), b sealed */
	MESSAGE_ENROLMENT_REVEAL, /* t id, b sealed → b secret (16) */
	MESSAGE_ENROLMENT_CHECK,  /* t id, b sealed, b message, b proof (32) → nothing */
	MESSAGE_COUNTERS,         /* nothing → n calls, n signatures, n totp checks, n refusals */
};
/* A key is three fields: t kid, t alg, b sealed. A seed is four: t row id, t algorithm, n digits, n period. */

/* Writing. Too much sets message->failed. The message may hold secrets: text_done() zeroes it. */
void message_begin(struct text *message, uint8_t kind);
void message_add_number(struct text *message, int64_t number);
void message_add_text(struct text *message, const char *text); /* NULL is "" */
void message_add_bytes(struct text *message, const void *bytes, size_t size);

/* Reading. What it gives points into the message. After the first field that is not as asked for, `failed` stays set.
 */
struct message_reader {
	const uint8_t *at;
	const uint8_t *end;
	uint8_t kind;
	bool failed;
};
/* E_INVALID: no message of this version. */
enum status must_check message_open(const uint8_t *bytes, size_t size, struct message_reader *ret_reader);
int64_t message_number(struct message_reader *reader);                         /* 0 when failed */
const char *message_text(struct message_reader *reader);                       /* "" when failed */
const uint8_t *message_bytes(struct message_reader *reader, size_t *ret_size); /* size 0 when failed; never NULL */
const uint8_t *message_exact(struct message_reader *reader, size_t size);      /* NULL when failed or of another size */
bool message_is_done(const struct message_reader *reader);                     /* all read and nothing failed */

#endif
