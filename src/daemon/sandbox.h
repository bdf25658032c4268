#ifndef DAEMON_SANDBOX_H
#define DAEMON_SANDBOX_H

#include "core/settings.h"

/*
 * What the supervisor and the daemon give up, for good (the keyholder: keyholder/confine.h). All get no new privileges,
 * no core file, no capabilities (but to bind ports below 1024: the supervisor keeps it for the daemon, and the daemon
 * where a configured port needs it), and refuse ptrace and /proc/PID/mem to others of the same user.
 *
 * The daemon, by Landlock, reaches these files and no others:
 *   read and write  the folder of the SQLite database (it makes and removes the journals beside it)
 *   read            the configuration and TLS files, the pages, what names and TLS roots need in /etc and /usr, what
 *                   libpq reads, its own /proc/self
 * never the key-encryption key. Rules are about folders with all below them, so a folder above the key is not given:
 * of the configuration and of TLS only the file itself is then: another configuration in its place comes as a
 * descriptor from the supervisor (settings_file.h), another certificate is found after a restart. A database beside or
 * above the key cannot be used without reaching it: "sandbox.key_reachable" tells. It binds the configured ports only
 * (any, where one is 0), sends signals to itself only, and makes no links, devices and folders. By seccomp
 * (sandbox_calls.h) it runs no program, makes no process and listens to nothing new. It may connect: PostgreSQL and
 * outgoing HTTPS need it.
 *
 * The supervisor starts children by exec, who get its filters. So it gives up only what none of the three needs
 * (sandbox_calls_never).
 *
 * `sandbox: best-effort` logs a warning where the kernel lacks something; with `sandbox: required` each of these gives
 * E_REFUSED then, and has logged why.
 */
/* It reads no configuration: what cannot be done is a warning, and a child that must have it refuses to start. */
void sandbox_supervisor(void);
/* With one thread only: Landlock holds for those made afterwards. E_CONFLICT: there are more. */
enum status must_check sandbox_daemon_enter(const struct settings *settings);
/* When all listeners are open. */
enum status must_check sandbox_daemon_listening(const struct settings *settings);
/* keyholder_confine() as the settings want it. */
enum status must_check sandbox_keyholder(bool is_required);

#endif
