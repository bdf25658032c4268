#ifndef DAEMON_SANDBOX_CALLS_H
#define DAEMON_SANDBOX_CALLS_H

#include "base/status.h"

/*
 * Lists of system calls that are refused with EPERM, by seccomp, in every thread of the process.
 *
 * Deny-lists, unlike the keyholder's: the daemon is made of libevent, OpenSSL, SQLite, libpq, libcurl and the C
 * library's name service, whose calls change with every release and with /etc/nsswitch.conf; a list of what they may
 * would break sign-ins on somebody's machine some day, in a rare path. What files may be reached is Landlock's matter,
 * which is a list of what is allowed. Here goes what lets a taken-over process reach beyond itself.
 *
 * E_NOT_FOUND  this kernel has no seccomp filters
 * E_IO         anything else; it has been logged
 */
/*
 * What none of the three processes ever needs: ptrace, other processes' memory and descriptors, mounts, namespaces,
 * modules, bpf, io_uring, keyrings, other users' identities, clocks …
 */
enum status must_check sandbox_calls_never(void);
/* The same, and: changing capabilities, running programs, making processes, sockets other than Unix, IPv4, IPv6 and
 * netlink, typing into a terminal. */
enum status must_check sandbox_calls_no_programs(void);
/* Listening anew. When all listeners are open. */
enum status must_check sandbox_calls_no_listeners(void);

#endif
