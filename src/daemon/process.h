#ifndef DAEMON_PROCESS_H
#define DAEMON_PROCESS_H

#include <stddef.h>
#include <sys/types.h>

#include "base/status.h"
#include "keyholder/socket.h"

/*
 * What the supervisor and its two children agree on. A child is this program again (exec of /proc/self/exe, so that
 * nothing of another's memory is in it), with an inner first word and these descriptors beside 0, 1 and 2:
 */
enum {
	PROCESS_CONTROL = 3, /* to the supervisor; when the other end is closed, the child ends */
	PROCESS_BUDGET = 4,  /* keyholder: memory for the counts of TOTP checks, kept by the supervisor */
	PROCESS_LINES = 5,   /* keyholder: its ends of the lines (keyholder/socket.h), this one and those that follow */
};
#define PROCESS_KEYHOLDER "@keyholder" /* CONFIG LINES: how many */
#define PROCESS_DAEMON    "@daemon"    /* CONFIG first|again: the ready line is printed once */

/* A child's exit code beside those of serve.h. */
enum { PROCESS_NO_SETTINGS = 4, PROCESS_NO_EXEC = 127 };

/* One packet of one byte, some with descriptors. */
enum control_word {
	CONTROL_READY = 'r',    /* child to supervisor */
	CONTROL_RELOADED = 'l', /* daemon to supervisor, after SIGHUP */
	CONTROL_STALLED = 'x',  /* daemon to supervisor: the keyholder is there and does not answer */
	CONTROL_LINES = 'k',    /* supervisor to daemon: lines to a keyholder that is ready */
	CONTROL_SETTINGS = 's', /* daemon to supervisor: open the configuration; and back, with it or with nothing */
};
struct control_message {
	char word;
	int fds[SOCKET_LINES_MAX];
	size_t fd_count;
};
/* E_IO: the other end is gone, or does not read. */
enum status must_check control_send(int control, const struct control_message *message);
/*
 * Waits for the next one, whose descriptors are the caller's.
 *
 * E_NOT_FOUND  the other end is gone
 * E_IO         anything else
 */
enum status must_check control_receive(int control, struct control_message *ret_message);

/* What a child gets: fds[i] becomes its descriptor PROCESS_CONTROL + i, nothing else is open there. */
struct process_start {
	char *const *argv;
	const int *fds;
	size_t fd_count;
};
enum status must_check process_start(const struct process_start *start, pid_t *ret_pid);

/* No core file, and no look into this process by others of the same user. */
void process_protect_memory(void);
/*
 * First thing in a child: named so in `ps`, protected, and bound to end with the supervisor.
 *
 * E_INVALID  it was not started by the supervisor; a sentence has been printed
 */
enum status must_check process_attach(const char *name);

#endif
