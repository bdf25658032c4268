#ifndef DAEMON_KEYHOLDER_PROCESS_H
#define DAEMON_KEYHOLDER_PROCESS_H

/*
 * The process that alone reads the key-encryption key. Started by the supervisor; it serves its lines until the
 * supervisor or the daemon at the other ends of them is gone. Gives the exit code.
 */
int keyholder_process(const char *config_path, const char *line_count);

#endif
