#ifndef KEYHOLDER_SERVER_INTERNAL_H
#define KEYHOLDER_SERVER_INTERNAL_H

#include <stdatomic.h>

#include "base/arena.h"
#include "keyholder/budget.h"
#include "keyholder/key_cache.h"
#include "keyholder/keyholder.h"
#include "keyholder/message.h"
#include "keyholder/server.h"

/* Inside the server only. */

/* Lies in pages of its own: locked, left out of core dumps, zeroed at the end. */
struct keyholder_server {
	uint8_t key_key[32];  /* seals signing and symmetric keys */
	uint8_t totp_key[32]; /* seals TOTP seeds */
	uint8_t enrol_key[32];
	struct key_cache cache;
	struct budget *totp_budget;
	int64_t (*mono_ms)(void);
	atomic_uint_fast64_t calls, signatures, totp_checks, refusals;
};

/* One request being handled. */
struct call {
	struct keyholder_server *server;
	struct message_reader *request;
	struct text *reply;  /* begun; counts only when the handler returns OK */
	struct arena *arena; /* freed after the call */
};

/* "totp:<row id>" in the arena; NULL when the id is empty or longer than 128 characters. */
const char *identity_format(struct call *call, const char *prefix, const char *id);

/* Each reads its whole request, then writes its reply. E_INVALID: the request is not this operation's. */
enum status must_check handle_key_new(struct call *call);
enum status must_check handle_sign(struct call *call);
enum status must_check handle_pepper(struct call *call);
enum status must_check handle_mac(struct call *call);
enum status must_check handle_totp_new(struct call *call);
enum status must_check handle_totp_check(struct call *call);
enum status must_check handle_enrolment_new(struct call *call);
enum status must_check handle_enrolment_reveal(struct call *call);
enum status must_check handle_enrolment_check(struct call *call);

#endif
