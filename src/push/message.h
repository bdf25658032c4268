#ifndef PUSH_MESSAGE_H
#define PUSH_MESSAGE_H

#include "base/arena.h"
#include "base/status.h"
#include "store/rows.h"

/*
 * What a message says (PROTOCOL, "Push message"): declarative Web Push that names no account, no address and no number,
 * only where to look. E_INVALID: a kind that is not sent.
 */
enum status must_check push_message_format(struct arena *arena, const char *issuer, const struct outbox_row *row,
					   char **ret_text);

/*
 * The headers of RFC 8030, for one message. Topic is a hash of the device's id and the kind: a newer request replaces
 * an older one that waits at the push service, and a test never replaces a request. Ends at NULL.
 */
enum { PUSH_HEADERS = 6 };
struct push_headers {
	const char *lines[PUSH_HEADERS + 1];
};
enum status must_check push_headers_make(struct arena *arena, const struct outbox_row *row, const char *authorization,
					 int64_t now, struct push_headers *ret_headers);

#endif
