#include "keyholder/confine.h"

#include "base/log.h"

#ifdef SYMBOLON_SANITIZE

enum status keyholder_confine(void)
{
	log_warn("keyholder.not_confined", LOG_S("why", "this build has a sanitizer in it"));
	return OK;
}

#else

#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>

#define ARENAS 8
#define NEVER  INT_MAX

static const int harmless[] = {
	SCMP_SYS(read),
	SCMP_SYS(write),
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(madvise),
	SCMP_SYS(futex),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(time),
	SCMP_SYS(getrandom),
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(exit),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(exit_group),
	SCMP_SYS(rseq),
	SCMP_SYS(set_robust_list), /* a thread that has only just begun */
};

/* Memory that is neither a file's nor code, nor a place in another's address space. */
static int memory_allow(scmp_filter_ctx filter)
{
	int error =
		seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
				 SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS));

	if (error == 0)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
					 SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (error == 0)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mremap), 1,
					 SCMP_A3(SCMP_CMP_MASKED_EQ, ~(scmp_datum_t)MREMAP_MAYMOVE, 0));
	return error;
}

static int filter_fill(scmp_filter_ctx filter)
{
	int error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);

	if (error == 0) /* else the calls of 32-bit programs kill their thread alone */
		error = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	for (size_t i = 0; error == 0 && i < ARRAY_COUNT(harmless); i++)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, harmless[i], 0);
	return error == 0 ? memory_allow(filter) : error;
}

static enum status filter_load(void)
{
	scmp_filter_ctx filter;
	int error;

	if (prctl(PR_GET_SECCOMP) < 0)
		return E_NOT_FOUND;
	filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	error = filter ? filter_fill(filter) : -ENOMEM;
	if (error == 0)
		error = seccomp_load(filter);
	seccomp_release(filter);
	if (error == 0)
		return OK;
	log_error("keyholder.not_confined", LOG_S("problem", strerror(-error)));
	return E_IO;
}

/* The present descriptors stay in use; a limit is about new ones. */
static bool limits_set(void)
{
	const struct rlimit none = {0, 0};

	return setrlimit(RLIMIT_CORE, &none) == 0 && setrlimit(RLIMIT_NOFILE, &none) == 0 &&
	       setrlimit(RLIMIT_NPROC, &none) == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 &&
	       prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

/*
 * What the C library would open a file for at the first need: the time zone; for malloc the number of cores, and
 * /proc/sys/vm/overcommit_memory before it gives back memory of a thread's arena, which it therefore keeps.
 */
static void files_spare(void)
{
	const time_t now = time(NULL);
	struct tm broken_down;

	gmtime_r(&now, &broken_down);
	mallopt(M_ARENA_MAX, ARENAS);
	mallopt(M_TRIM_THRESHOLD, NEVER);
}

enum status keyholder_confine(void)
{
	enum status limits, filter;

	files_spare();
	limits = limits_set() ? OK : E_IO;
	if (limits != OK)
		log_error("keyholder.no_limits", LOG_S("problem", strerror(errno)));
	filter = filter_load(); /* also without limits: it is worth more than they are */
	return filter != OK ? filter : limits;
}

#endif
