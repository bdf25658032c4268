#ifndef PUSH_VERDICT_H
#define PUSH_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "http/fetch.h"

/* What a push service's answer means (RFC 8030 5 and 7.3, RFC 8292 4.2; the table of docs/push.md). */
enum push_action {
	PUSH_DROP = 0,    /* the message goes */
	PUSH_RETRY,       /* it is sent again */
	PUSH_UNSUBSCRIBE, /* it goes, and the subscription with it */
	PUSH_DELIVERED,
	PUSH_RELEASE, /* nobody has said anything: we are ending */
};
struct push_verdict {
	enum push_action action;
	const char *failure; /* the word that is kept with the device; NULL when delivered */
	bool alarm;          /* an operator should look */
};
struct push_verdict push_verdict_of(const struct fetch_reply *reply);

/* When to try again after the `tries`th: 1, 2, 4 … 30 s, or later if the service says so (at most a day). */
int64_t push_retry_at(int tries, int64_t retry_after_s, int64_t now);

#endif
