#ifndef KEYHOLDER_CONFINE_H
#define KEYHOLDER_CONFINE_H

#include "base/status.h"

/*
 * Confines this process for good, with all threads it has: from here on it computes on what it holds and speaks over
 * descriptors that are open already. Called once, when everything is open and every thread is made.
 *
 *   may      read and write on what is open; memory without code: brk, anonymous mmap, munmap,
 *            mremap, mprotect, madvise; futex; clocks; getrandom; getpid, gettid; rt_sigreturn and
 *            restart_syscall; and how threads begin and end: rseq, set_robust_list, rt_sigprocmask, exit, exit_group
 *   may not  anything else. A call of it kills the process at once, with SIGSYS: open, socket, connect, execve, fork,
 *            ptrace, process_vm_readv, kill, mmap of a file or of code …
 *
 * mprotect and mremap are there for malloc's arenas and for a block that grows, and never make code. Besides: no new
 * privileges, no core file, no ptrace and no /proc/PID/mem by others of the same user, no new descriptor, no new
 * process. A socket is read and written as a file is: without recvmsg no descriptor can be sent to it.
 *
 * A build with a sanitizer needs more system calls than this: there it logs "keyholder.not_confined" and gives OK.
 *
 * OK
 * E_NOT_FOUND  this kernel has no seccomp filters; everything beside them is done
 * E_IO         anything else; it has been logged
 */
enum status must_check keyholder_confine(void);

#endif
