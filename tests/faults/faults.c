#include "faults.h"

#include <stdatomic.h>

#include <sanitizer/common_interface_defs.h>

bool faults_traced;

static struct {
	struct fault fault;
	atomic_bool armed;
	atomic_uint passed, hits; /* of the fault's own operations */
	atomic_uint counts[8];
} now;

static const struct {
	const char *name;
	unsigned operations;
} kinds[FAULT_KINDS] = {
	[FAULT_NONE] = {"none", 0},
	[FAULT_WRITE] = {"write", OP_WRITE},
	[FAULT_SHORT] = {"short write", OP_WRITE},
	[FAULT_FULL] = {"disk full", OP_WRITE},
	[FAULT_SYNC] = {"sync", OP_SYNC},
	[FAULT_OPEN] = {"open", OP_OPEN},
	[FAULT_READ] = {"read", OP_READ},
	[FAULT_SHM] = {"shared memory", OP_SHM},
	[FAULT_POWER] = {"power", OP_WRITE | OP_SYNC},
	[FAULT_MEMORY] = {"memory", OP_MEMORY},
	[FAULT_OPENSSL] = {"openssl memory", OP_OPENSSL},
};

const char *fault_name(enum fault_kind kind)
{
	return kinds[kind].name;
}

unsigned fault_operations(enum fault_kind kind)
{
	return kinds[kind].operations;
}

void faults_set(struct fault fault)
{
	now.armed = false;
	now.fault = fault;
	now.passed = now.hits = 0;
	for (unsigned i = 0; i < 8; i++)
		now.counts[i] = 0;
}

void faults_arm(void)
{
	now.armed = true;
}

void faults_disarm(void)
{
	now.armed = false;
}

unsigned faults_hits(void)
{
	return now.hits;
}

unsigned faults_count(unsigned operations)
{
	unsigned count = 0;

	for (unsigned i = 0; i < 8; i++)
		if (operations & (1u << i))
			count += now.counts[i];
	return count;
}

enum fault_kind fault_kind_now(void)
{
	return now.fault.kind;
}

bool fault_power_is_off(void)
{
	return now.fault.kind == FAULT_POWER && now.hits > 0;
}

bool fault_strikes(enum operation operation)
{
	unsigned passed;

	if (!now.armed)
		return (operation & (OP_WRITE | OP_SYNC)) && fault_power_is_off();
	now.counts[__builtin_ctz(operation)]++;
	if (!(kinds[now.fault.kind].operations & operation))
		return false;
	passed = ++now.passed;
	if (passed != now.fault.n && !(now.fault.lasting && passed > now.fault.n) && !fault_power_is_off())
		return false;
	if (now.hits++ == 0 && faults_traced) {
		now.armed = false;
		__sanitizer_print_stack_trace();
		now.armed = true;
	}
	return true;
}
