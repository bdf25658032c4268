/*
 * malloc and its like for the whole program, in front of AddressSanitizer's: who asks is told by the return address.
 * What the sanitizers, the test library and the dynamic loader ask for themselves is always given.
 */
#include "faults.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

void *__interceptor_malloc(size_t size);
void *__interceptor_calloc(size_t count, size_t size);
void *__interceptor_realloc(void *old, size_t size);
char *__interceptor_strdup(const char *text);
char *__interceptor_strndup(const char *text, size_t size);
int __interceptor_posix_memalign(void **ret, size_t align, size_t size);
void *__interceptor_aligned_alloc(size_t align, size_t size);

enum { OTHERS_MAX = 12 };

static struct {
	uintptr_t from, to;
	enum operation operation; /* 0: never fails */
} others[OTHERS_MAX];
static size_t other_count;

static const struct {
	const char *name;
	enum operation operation;
} names[] = {
	{"libasan", 0},  {"libubsan", 0},           {"libcmocka", 0},
	{"ld-linux", 0}, {"libcrypto", OP_OPENSSL}, {"libssl", OP_OPENSSL},
};

static int module_note(struct dl_phdr_info *info, size_t size, void *ctx)
{
	(void)size;
	(void)ctx;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strstr(info->dlpi_name, names[i].name) || other_count == OTHERS_MAX - 1)
			continue;
		for (size_t j = 0; j < info->dlpi_phnum; j++) {
			const uintptr_t from = info->dlpi_addr + info->dlpi_phdr[j].p_vaddr;

			if (info->dlpi_phdr[j].p_type == PT_LOAD && (info->dlpi_phdr[j].p_flags & PF_X)) {
				others[other_count].from = from;
				others[other_count].to = from + info->dlpi_phdr[j].p_memsz;
				others[other_count++].operation = names[i].operation;
			}
		}
		return 0;
	}
	return 0;
}

/* A sanitizer asks it where a new thread's stack lies, and ends the program when there is no answer. */
static _Thread_local bool is_spared;

int pthread_getattr_np(pthread_t thread, pthread_attr_t *ret_attributes)
{
	int (*real)(pthread_t, pthread_attr_t *) =
		(int (*)(pthread_t, pthread_attr_t *))(uintptr_t)dlsym(RTLD_NEXT, "pthread_getattr_np");
	int error;

	is_spared = true;
	error = real(thread, ret_attributes);
	is_spared = false;
	return error;
}

__attribute__((constructor)) static void modules_note(void)
{
	dl_iterate_phdr(module_note, NULL);
}

static bool memory_fails(const void *caller)
{
	const uintptr_t at = (uintptr_t)caller;
	enum operation operation = OP_MEMORY;

	for (size_t i = 0; i < other_count; i++)
		if (at >= others[i].from && at < others[i].to)
			operation = others[i].operation;
	if (is_spared || !operation || !fault_strikes(operation))
		return false;
	errno = ENOMEM;
	return true;
}

#define FAILS memory_fails(__builtin_return_address(0))

void *malloc(size_t size)
{
	return FAILS ? NULL : __interceptor_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return FAILS ? NULL : __interceptor_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return FAILS ? NULL : __interceptor_realloc(old, size);
}

char *strdup(const char *text)
{
	return FAILS ? NULL : __interceptor_strdup(text);
}

char *strndup(const char *text, size_t size)
{
	return FAILS ? NULL : __interceptor_strndup(text, size);
}

int posix_memalign(void **ret, size_t align, size_t size)
{
	return FAILS ? ENOMEM : __interceptor_posix_memalign(ret, align, size);
}

void *aligned_alloc(size_t align, size_t size)
{
	return FAILS ? NULL : __interceptor_aligned_alloc(align, size);
}
