#ifndef KEYHOLDER_SERVER_H
#define KEYHOLDER_SERVER_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/*
 * The keyholder itself: one request message in, one reply message out. The only code that unseals. After server_new it
 * needs memory, clocks, randomness and standard error for its log, nothing else, so a process around it can give up
 * everything else. Any number of threads may call it.
 *
 * It keeps no KEK: one key for each purpose is derived from it (HKDF-SHA256, "symbolon kek key v1", "… totp v1",
 * "… enrol v1"), in pages that are not swapped and not dumped.
 */
struct keyholder_server;

struct keyholder_server_options {
	const uint8_t *kek;       /* 32 bytes; not kept */
	int64_t (*mono_ms)(void); /* a clock that never steps back; NULL: the system's */
	void *budget_memory;      /* keyholder_budget_size() shared bytes where the TOTP checks of the last minute stay
				     counted when this process is killed (budget.h), or NULL: they end with it */
};
size_t keyholder_budget_size(void);
enum status must_check keyholder_server_new(const struct keyholder_server_options *options,
					    struct keyholder_server **ret_server);
/* Zeroes every key. No call may be under way. Accepts NULL inside. */
void keyholder_server_free(struct keyholder_server **server);

/*
 * Any bytes may come in. OK: the reply is in `out`, *ret_size bytes; what went wrong with the request is the reply's
 * kind.
 *
 * E_NOMEM  no memory, or `out` is too small for the reply (MESSAGE_SIZE_MAX is always enough)
 */
enum status must_check keyholder_server_handle(struct keyholder_server *server, const uint8_t *in, size_t in_size,
					       uint8_t *out, size_t out_max, size_t *ret_size);

#endif
