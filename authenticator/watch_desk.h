#ifndef AUTHENTICATOR_WATCH_DESK_H
#define AUTHENTICATOR_WATCH_DESK_H

#include "command.h"

/*
 * watch --notify: what stands on the desktop for the requests that wait. Review opens a terminal with the question; Not
 * me denies at once, which the device protocol allows a notification's button. Nothing on the desktop ever approves.
 */
struct desk;

/* `input` is waited for beside the bus; -1: none. desk_free. */
enum exit_code desk_new(struct command *command, int input, struct desk **ret_desk);
void desk_free(struct desk **desk);

/* Readable when there is something for desk_tend, or input. */
int desk_fd(const struct desk *desk);
int64_t desk_due_ms(const struct desk *desk); /* -1: not before desk_fd is readable */
void desk_tend(struct desk *desk);
/* SIGTERM, SIGINT or SIGHUP came, which desk_new has taken over: free it, so that nothing stays on the desktop. */
bool desk_is_over(const struct desk *desk);

/* Fetches the request and shows it. Both are borrowed until desk_free. */
void desk_announce(struct desk *desk, const json_t *account, struct symbolon_device *device, const char *id);
void desk_end(struct desk *desk, const char *id);
/* What of this device's requests is not among those that wait has ended while the connection was lost. */
void desk_keep(struct desk *desk, const struct symbolon_device *device, const struct symbolon_pending *list,
	       size_t count);

#endif
