#ifndef DAEMON_ATTEMPTS_H
#define DAEMON_ATTEMPTS_H

/*
 * What an attacker inside a process would try, tried by the process itself: for tests, and only in builds with
 * SYMBOLON_TESTING. Elsewhere both functions are empty and nothing of them is in the program.
 *
 * SYMBOLON_TEST_ATTEMPTS is a list of "PROCESS VERB [PATH]" with ';' between them: PROCESS is keyholder or daemon, VERB
 * one of read, write, make, list, socket, raw-socket, listen, bind, connect, exec, fork, ptrace, peer-memory,
 * peer-vm, signal-peer, signal-parent, setuid, mount, io-uring, thread. "peer" is the other of the two. The process
 * writes to standard error
 *
 *   attempt PROCESS PID VERB [PATH]: begins
 *   attempt PROCESS PID VERB [PATH]: ERRNO     0: it was not refused
 */
#define ATTEMPTS_KEYHOLDER "keyholder"
#define ATTEMPTS_DAEMON    "daemon"

#ifdef SYMBOLON_TESTING
/* Before confinement: finds the peer, which cannot be found afterwards. */
void attempts_prepare(void);
/* After it. */
void attempts_make(const char *process);
#else
static inline void attempts_prepare(void)
{
}
static inline void attempts_make(const char *process)
{
	(void)process;
}
#endif

#endif
