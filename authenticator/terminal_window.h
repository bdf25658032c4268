#ifndef AUTHENTICATOR_TERMINAL_WINDOW_H
#define AUTHENTICATOR_TERMINAL_WINDOW_H

#include "symbolon-device.h"

/*
 * A terminal that runs "symbolon-authenticator review ID". Which one: the words of $SYMBOLON_AUTHENTICATOR_TERMINAL,
 * else xdg-terminal-exec, else "x-terminal-emulator -e". No shell takes part. A terminal that ends within 15 s with an
 * error counts as failed.
 */
enum { WINDOWS_MAX = 8 };

struct windows { /* zeroed: none */
	struct {
		int pid; /* 0: free */
		int64_t until_ms;
		char id[SYMBOLON_ID_MAX + 1];
	} list[WINDOWS_MAX];
};

/* false, said: no terminal could be started. */
bool windows_open(struct windows *windows, const char *id);
/* Takes one that has failed; false: none. Call it from time to time, also to let go of those that have ended. */
bool windows_failed(struct windows *windows, char ret_id[SYMBOLON_ID_MAX + 1]);
int64_t windows_due_ms(const struct windows *windows); /* -1: nothing to look for */

#endif
