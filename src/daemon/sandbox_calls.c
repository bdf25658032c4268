#include "daemon/sandbox_calls.h"

#ifdef SYMBOLON_SANITIZE

/* Sanitizers trace their own process when it ends, and run a program to name what they found. */
enum status sandbox_calls_never(void)
{
	return OK;
}

enum status sandbox_calls_no_programs(void)
{
	return OK;
}

enum status sandbox_calls_no_listeners(void)
{
	return OK;
}

#else

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "base/log.h"

#define REFUSE   SCMP_ACT_ERRNO(EPERM)
#define LOW_HALF 0xffffffffU /* the kernel looks at 32 bits of these arguments */

#ifndef TIOCLINUX
#define TIOCLINUX 0x541C
#endif

static const int never[] = {
	/* other processes */
	SCMP_SYS(ptrace),
	SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev),
	SCMP_SYS(process_madvise),
	SCMP_SYS(pidfd_getfd),
	SCMP_SYS(kcmp),
	SCMP_SYS(perf_event_open),
	SCMP_SYS(move_pages),
	SCMP_SYS(migrate_pages),
	/* the kernel */
	SCMP_SYS(bpf),
	SCMP_SYS(kexec_load),
	SCMP_SYS(kexec_file_load),
	SCMP_SYS(init_module),
	SCMP_SYS(finit_module),
	SCMP_SYS(delete_module),
	SCMP_SYS(reboot),
	SCMP_SYS(syslog),
	SCMP_SYS(iopl),
	SCMP_SYS(ioperm),
	SCMP_SYS(uselib),
	SCMP_SYS(userfaultfd),
	SCMP_SYS(io_uring_setup),
	SCMP_SYS(io_uring_enter),
	SCMP_SYS(io_uring_register),
	SCMP_SYS(personality),
	SCMP_SYS(modify_ldt),
	SCMP_SYS(keyctl),
	SCMP_SYS(add_key),
	SCMP_SYS(request_key),
	SCMP_SYS(lookup_dcookie),
	SCMP_SYS(nfsservctl),
	SCMP_SYS(_sysctl),
	SCMP_SYS(vhangup),
	/* mounts, namespaces, whole file systems */
	SCMP_SYS(mount),
	SCMP_SYS(umount),
	SCMP_SYS(umount2),
	SCMP_SYS(move_mount),
	SCMP_SYS(open_tree),
	SCMP_SYS(fsopen),
	SCMP_SYS(fsconfig),
	SCMP_SYS(fsmount),
	SCMP_SYS(fspick),
	SCMP_SYS(mount_setattr),
	SCMP_SYS(pivot_root),
	SCMP_SYS(chroot),
	SCMP_SYS(unshare),
	SCMP_SYS(setns),
	SCMP_SYS(open_by_handle_at),
	SCMP_SYS(name_to_handle_at),
	SCMP_SYS(quotactl),
	SCMP_SYS(quotactl_fd),
	SCMP_SYS(acct),
	SCMP_SYS(swapon),
	SCMP_SYS(swapoff),
	SCMP_SYS(mknod),
	SCMP_SYS(mknodat),
	SCMP_SYS(fanotify_init),
	/* who we are, the time, the host's name */
	SCMP_SYS(setuid),
	SCMP_SYS(setgid),
	SCMP_SYS(setreuid),
	SCMP_SYS(setregid),
	SCMP_SYS(setresuid),
	SCMP_SYS(setresgid),
	SCMP_SYS(setfsuid),
	SCMP_SYS(setfsgid),
	SCMP_SYS(setgroups),
	SCMP_SYS(settimeofday),
	SCMP_SYS(clock_settime),
	SCMP_SYS(clock_adjtime),
	SCMP_SYS(adjtimex),
	SCMP_SYS(stime),
	SCMP_SYS(sethostname),
	SCMP_SYS(setdomainname),
};

/* Capabilities: each process gives up its own, so the first filter lets it, and the last one does not. */
static const int programs[] = {SCMP_SYS(capset), SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork)};
static const int listeners[] = {SCMP_SYS(listen)};

static int all_refuse(scmp_filter_ctx filter, const int *calls, size_t count)
{
	int error = 0;

	for (size_t i = 0; error == 0 && i < count; i++)
		error = seccomp_rule_add(filter, REFUSE, calls[i], 0);
	return error;
}

static int never_fill(scmp_filter_ctx filter)
{
	return all_refuse(filter, never, ARRAY_COUNT(never));
}

/*
 * A thread is a process with our memory and our signals. clone3 hides its flags behind a pointer, where a filter cannot
 * look: "there is no such call" makes the C library take clone.
 */
static int clone_fill(scmp_filter_ctx filter)
{
	int error = seccomp_rule_add(filter, REFUSE, SCMP_SYS(clone), 1, SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));

	return error == 0 ? seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) : error;
}

static int sockets_fill(scmp_filter_ctx filter)
{
	int error = seccomp_rule_add(filter, REFUSE, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_GT, AF_NETLINK));

	for (scmp_datum_t family = 0; error == 0 && family < AF_NETLINK; family++)
		if (family != AF_UNIX && family != AF_INET && family != AF_INET6)
			error = seccomp_rule_add(filter, REFUSE, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_EQ, family));
	return error;
}

static int terminal_fill(scmp_filter_ctx filter)
{
	static const scmp_datum_t requests[] = {TIOCSTI, TIOCLINUX};
	int error = 0;

	for (size_t i = 0; error == 0 && i < ARRAY_COUNT(requests); i++)
		error = seccomp_rule_add(filter, REFUSE, SCMP_SYS(ioctl), 1,
					 SCMP_A1(SCMP_CMP_MASKED_EQ, LOW_HALF, requests[i]));
	return error;
}

static int programs_fill(scmp_filter_ctx filter)
{
	int error = never_fill(filter);

	if (error == 0)
		error = all_refuse(filter, programs, ARRAY_COUNT(programs));
	if (error == 0)
		error = clone_fill(filter);
	if (error == 0)
		error = sockets_fill(filter);
	return error == 0 ? terminal_fill(filter) : error;
}

static int listeners_fill(scmp_filter_ctx filter)
{
	return all_refuse(filter, listeners, ARRAY_COUNT(listeners));
}

static int filter_prepare(scmp_filter_ctx filter, int (*fill)(scmp_filter_ctx))
{
	int error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);

	if (error == 0)
		error = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (error == 0)
		error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* a search tree, not a chain */
	return error == 0 ? fill(filter) : error;
}

static enum status filter_load(int (*fill)(scmp_filter_ctx))
{
	scmp_filter_ctx filter;
	int error;

	if (prctl(PR_GET_SECCOMP) < 0)
		return E_NOT_FOUND;
	filter = seccomp_init(SCMP_ACT_ALLOW);
	error = filter ? filter_prepare(filter, fill) : -ENOMEM;
	if (error == 0)
		error = seccomp_load(filter);
	seccomp_release(filter);
	if (error == 0)
		return OK;
	log_error("sandbox.no_filter", LOG_S("problem", strerror(-error)));
	return E_IO;
}

enum status sandbox_calls_never(void)
{
	return filter_load(never_fill);
}

enum status sandbox_calls_no_programs(void)
{
	return filter_load(programs_fill);
}

enum status sandbox_calls_no_listeners(void)
{
	return filter_load(listeners_fill);
}

#endif
