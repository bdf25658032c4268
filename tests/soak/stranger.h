#ifndef SOAK_STRANGER_H
#define SOAK_STRANGER_H

#include "accounts.h"
#include "browser.h"

/* Whom a stranger may name. All names have one length, so that sizes can be compared. */
enum who {
	WHO_UNKNOWN,
	WHO_PHONE,    /* sees the request and denies it */
	WHO_PLAIN,    /* nothing at all */
	WHO_PASSWORD, /* a password of ours, no phone */
	WHO_IMPORTED, /* an imported hash */
	WHO_CAUTION,  /* a phone, suppressed after a denial */
	WHO_SPENT,    /* a phone, its budget spent */
	WHO_DISABLED, /* a phone, disabled */
	WHO_COUNT
};
extern const char *const who_names[WHO_COUNT];

struct named {
	enum who who;
	struct person person; /* only the name, for WHO_UNKNOWN */
};
/* Makes `count` of one kind; `serial` numbers the names of a run. */
void named_make(const struct cluster *cluster, enum who who, struct named *named, size_t count, size_t *serial);

void named_forget(struct named *named, size_t count);

/* Welch's test of the times of identify and password, `logins` interleaved; tallies. */
void times_judge(struct cluster *cluster, size_t logins, size_t *serial);

#endif
