#ifndef DAEMON_OPEN_H
#define DAEMON_OPEN_H

#include "daemon/daemon.h"

/* Opens settings, store, keyholder, keys and pages. On failure one sentence has been printed and *ret_exit says how to
 * leave. */
enum status must_check daemon_open(struct daemon *daemon, const char *config_path, int *ret_exit);
/* Starts pools, listeners and housekeeping. */
enum status must_check daemon_start(struct daemon *daemon, int *ret_exit);
/* Stops and frees, whatever of it is there. */
void daemon_close(struct daemon *daemon);

#endif
