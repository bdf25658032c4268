#ifndef DAEMON_KEYHOLDER_LINK_H
#define DAEMON_KEYHOLDER_LINK_H

#include "keyholder/keyholder.h"

/*
 * The daemon's way to the keyholder: lines come from the supervisor, the first ones and, whenever the keyholder was
 * started anew, others. One thread waits for them, and ends this process at once when the supervisor is gone.
 */
struct keyholder_link;

/* Waits for the first lines. E_IO: the supervisor says no more; it has told why, so nothing needs to be printed. */
enum status must_check keyholder_link_open(struct keyholder_link **ret_link, struct keyholder **ret_keyholder);
/* No call may be under way. Accepts NULL inside. Afterwards keyholder_close. */
void keyholder_link_close(struct keyholder_link **link);

#endif
