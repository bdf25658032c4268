#include "base/capability.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HALVES _LINUX_CAPABILITY_U32S_3

/* Numbers that this kernel does not know end it; who may not change the set keeps one that gives nothing by itself. */
static void bounding_drop(bool may_bind_low)
{
	for (unsigned long which = 0; prctl(PR_CAPBSET_READ, which, 0, 0, 0) >= 0; which++)
		if (which != CAP_NET_BIND_SERVICE || !may_bind_low)
			prctl(PR_CAPBSET_DROP, which, 0, 0, 0);
}

/* Ambient ones follow from the inheritable. */
static bool sets_lower(uint32_t kept)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct halves[HALVES];

	if (syscall(SYS_capget, &head, halves) != 0)
		return false;
	for (int i = 0; i < HALVES; i++) {
		const uint32_t mask = i == 0 ? kept : 0;

		halves[i].effective &= mask;
		halves[i].permitted &= mask;
		halves[i].inheritable &= mask;
	}
	return syscall(SYS_capset, &head, halves) == 0;
}

bool capabilities_drop(bool may_bind_low)
{
	const uint32_t bind_low = 1U << CAP_NET_BIND_SERVICE;

	bounding_drop(may_bind_low); /* first: it needs one of them */
	return sets_lower(may_bind_low ? bind_low : 0);
}
