#ifndef DAEMON_LANDLOCK_H
#define DAEMON_LANDLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

/*
 * Landlock (Linux 5.13 and later): a thread gives up the files and ports that it does not name, for itself and for the
 * threads and processes that it makes afterwards. What the running kernel cannot restrict stays free; abi says what it
 * can: 1 files, 2 links between folders, 3 truncation, 4 ports, 5 devices, 6 signals and abstract sockets.
 */
struct landlock {
	int ruleset;
	int abi;
	bool has_ports;
};

enum landlock_right {
	LANDLOCK_READ = 1,  /* read files */
	LANDLOCK_LIST = 2,  /* list folders */
	LANDLOCK_WRITE = 4, /* write files, and make and remove regular files in a folder */
};

/*
 * A set of rules that allows nothing: no file, with_ports no binding of TCP ports, no signal and no abstract socket to
 * a process outside. Connecting stays free.
 *
 * E_NOT_FOUND  this kernel has no Landlock, or it is switched off
 * E_IO
 */
enum status must_check landlock_new(bool with_ports, struct landlock *ret_landlock);
/* A file, or a folder with all below it. What is not there is left out: OK. */
enum status must_check landlock_allow_path(const struct landlock *landlock, const char *path, unsigned rights);
/* TCP. */
enum status must_check landlock_allow_bind(const struct landlock *landlock, uint16_t port);
/* For this thread and all to come; there is no way back. Needs no_new_privs. */
enum status must_check landlock_enforce(const struct landlock *landlock);
void landlock_close(struct landlock *landlock);

#endif
