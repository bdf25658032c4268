#ifndef AUTHENTICATOR_NOTIFIER_H
#define AUTHENTICATOR_NOTIFIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Desktop notifications: freedesktop.org's "Desktop Notifications Specification" 1.2 over the session bus.
 *
 * Nothing here waits: calls go out, and answers are taken by notifier_process when the descriptor can be read. Without
 * a bus, or without a service on it, notices are kept; both are tried again after 1 s, 2 s, … 60 s, and what is kept is
 * shown when they are back. A service that was restarted has forgotten everything: what still counts is shown again.
 * Changes of this kind are said on standard error, once each.
 */
enum { NOTICES_MAX = 32, NOTICE_ID_MAX = 64 };

struct notice {
	const char *id;     /* the caller's; another notice of the same id replaces it */
	const char *title;  /* one line; both are safe to show (terminal.h, shown), markup is taken care of here */
	const char *body;   /* lines */
	const char *answer; /* for a service without buttons: the command to run; NULL: no buttons at all */
	int64_t life_ms;    /* then it is closed */
	bool urgent;
};

struct notifier;
struct notifier *notifier_new(void); /* NULL: no memory */
void notifier_free(struct notifier **notifier);

/* When there are NOTICES_MAX already, the one that ends soonest makes room. */
void notifier_show(struct notifier *notifier, const struct notice *notice);
void notifier_close(struct notifier *notifier, const char *id);

enum notifier_action { NOTIFIER_REVIEW, NOTIFIER_DENY };
struct notifier_event {
	enum notifier_action action;
	char id[NOTICE_ID_MAX + 1];
};
/* Does what is to be done now, and takes one press of a button; false: none (any more). */
bool notifier_process(struct notifier *notifier, struct notifier_event *ret_event);

/* For poll(2), to be asked after each notifier_process; -1 without a bus. *ret_events: POLLIN, POLLOUT. */
int notifier_fd(const struct notifier *notifier, short *ret_events);
/* How long notifier_process may be put off; -1: until the descriptor is ready. */
int64_t notifier_due_ms(const struct notifier *notifier);

#endif
