#ifndef DAEMON_SETTINGS_FILE_H
#define DAEMON_SETTINGS_FILE_H

#include "base/arena.h"
#include "base/status.h"
#include "daemon/process.h"

/*
 * The configuration as it is now. A confined daemon can read only the file that was there when it was confined; one
 * that has taken its place by a rename is opened by the supervisor, which sends the descriptor.
 *
 * A file that is cut at the end of a line may be a configuration of its own, with less in it. So one that somebody has
 * open for writing is not read, as far as the kernel tells: it does the file's owner, on most file systems. To others a
 * file that comes by a rename is the safe way.
 *
 * E_BUSY       it is being written
 * E_NOT_FOUND  nobody can open it, or the supervisor does not answer within SETTINGS_FILE_WAIT_S
 * E_INVALID    longer than CONFIG_MAX_SIZE
 * E_IO         it cannot be read
 */
enum { SETTINGS_FILE_WAIT_S = 2 };
enum status must_check settings_file_read(struct arena *arena, const char *path, const char **ret_bytes,
					  size_t *ret_size);

/* The supervisor's answer, from the thread that hears it; takes the descriptor. */
void settings_file_arrived(const struct control_message *message);

#endif
