/*
 * The keyholder under its filter: every operation, by threads that were there before, and what kills it. Under a
 * sanitizer there is no filter: there the first test runs without one and the others are skipped.
 */
#include "cmocka_all.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/capability.h"
#include "base/log.h"
#include "crypto/hash.h"
#include "crypto/jose.h"
#include "crypto/otp.h"
#include "keyholder/client.h"
#include "keyholder/confine.h"

enum { THREADS = 4, ROUNDS = 10 };

static const uint8_t test_kek[32] = {0x6b, 0x65, 0x6b};

/* ---- every operation, as true or false: a confined process has no way to tell more ---- */

static struct keyholder *keyholder_new(void)
{
	struct keyholder_transport transport;
	struct keyholder *keyholder = NULL;

	if (transport_local_new(test_kek, &transport) != OK)
		return NULL;
	return keyholder_connect(&transport, &keyholder) == OK ? keyholder : NULL;
}

static bool key_signs(struct keyholder *keyholder, const char *alg)
{
	scoped_arena *arena = arena_new(1 << 20);
	scoped_jose_key *public_key = NULL;
	struct new_key fresh;
	struct jose_parts parts;
	char *jws[2];

	if (keyholder_key_new(keyholder, arena, alg, &fresh) != OK)
		return false;
	struct sealed_key key = {fresh.kid, alg, fresh.sealed, fresh.sealed_size};
	struct sign_job jobs[2] = {{&key, "at+jwt", "{}"}, {&key, "JWT", "{\"sub\":\"demo\"}"}};
	return keyholder_sign(keyholder, arena, jobs, 2, jws) == OK &&
	       jose_public_parse(fresh.public_jwk, strlen(fresh.public_jwk), &public_key) == OK &&
	       jose_parse(arena, jws[1], strlen(jws[1]), 4096, &parts) == OK &&
	       jose_verify(&parts, public_key, "JWT") == OK;
}

static bool large_payload_is_signed(struct keyholder *keyholder)
{
	scoped_arena *arena = arena_new(1 << 20);
	struct new_key fresh;
	char *payload = arena_alloc(arena, 16001), *jws;

	if (!payload || keyholder_key_new(keyholder, arena, "ES256", &fresh) != OK)
		return false;
	snprintf(payload, 16001, "{\"x\":\"%0*d\"}", 15000, 0);
	struct sealed_key key = {fresh.kid, "ES256", fresh.sealed, fresh.sealed_size};
	struct sign_job job = {&key, "JWT", payload};
	return keyholder_sign(keyholder, arena, &job, 1, &jws) == OK;
}

static bool macs_work(struct keyholder *keyholder)
{
	scoped_arena *arena = arena_new(1 << 20);
	const uint8_t raw[32] = {1};
	struct new_key fresh;
	uint8_t mac[32];

	if (keyholder_key_new(keyholder, arena, "HS256", &fresh) != OK)
		return false;
	struct sealed_key key = {fresh.kid, "HS256", fresh.sealed, fresh.sealed_size};
	return keyholder_pepper(keyholder, &key, raw, mac) == OK &&
	       keyholder_mac(keyholder, &key, "a purpose", raw, sizeof(raw), mac) == OK;
}

static bool totp_works(struct keyholder *keyholder, const char *row)
{
	static const char *const algorithms[] = {"SHA1", "SHA256", "SHA512"};
	scoped_arena *arena = arena_new(1 << 20);

	for (size_t i = 0; i < ARRAY_COUNT(algorithms); i++) {
		struct totp_request wanted = {row, algorithms[i], 6, 30, "Example", "demo"};
		struct sealed_blob seed;
		char *uri;
		int64_t step;

		if (keyholder_totp_new(keyholder, arena, &wanted, &seed, &uri) != OK)
			return false;
		struct totp_check check = {row, algorithms[i], 6, 30, seed.bytes, seed.size, "12345", 6000, 1, 0};
		if (keyholder_totp_check(keyholder, &check, &step) != E_NOT_FOUND)
			return false;
	}
	return true;
}

static bool enrolment_works(struct keyholder *keyholder)
{
	scoped_arena *arena = arena_new(1 << 20);
	uint8_t secret[16], again[16];
	const uint8_t wrong[32] = {0};
	struct sealed_blob sealed;

	return keyholder_enrolment_new(keyholder, arena, "enrolment-1", secret, &sealed) == OK &&
	       keyholder_enrolment_reveal(keyholder, "enrolment-1", &sealed, again) == OK &&
	       memcmp(secret, again, sizeof(secret)) == 0 &&
	       keyholder_enrolment_check(keyholder, "enrolment-1", &sealed, "message", 7, wrong) == E_REFUSED;
}

/*
 * As the buffers of a line and large messages do, in a thread's own arena. Red without M_TRIM_THRESHOLD. Not one block:
 * a larger one than 128 KiB is mapped by itself.
 */
static bool memory_comes_and_goes(void)
{
	char *blocks[20];
	bool got = true;

	for (size_t i = 0; i < ARRAY_COUNT(blocks); i++) {
		blocks[i] = malloc(100000);
		got = got && blocks[i];
		if (blocks[i])
			memset(blocks[i], 1, 100000);
	}
	for (size_t i = 0; i < ARRAY_COUNT(blocks); i++)
		free(blocks[i]);
	char *volatile growing = malloc(4000000);
	char *grown = growing ? realloc(growing, 9000000) : NULL;
	free(grown ? grown : growing);
	return got && grown;
}

struct work {
	pthread_t thread;
	struct keyholder *keyholder;
	atomic_bool *go;
	int number;
	bool worked;
};

static bool everything_works(const struct work *work)
{
	struct keyholder_counters counters = {0};
	char row[32];

	if (!memory_comes_and_goes() || !key_signs(work->keyholder, "RS256") ||
	    !large_payload_is_signed(work->keyholder))
		return false;
	for (int i = 0; i < ROUNDS; i++) {
		snprintf(row, sizeof(row), "row-%d-%d", work->number, i);
		if (!key_signs(work->keyholder, "ES256") || !macs_work(work->keyholder) ||
		    !totp_works(work->keyholder, row) || !enrolment_works(work->keyholder))
			return false;
	}
	keyholder_counters(work->keyholder, &counters);
	return counters.signatures > 0;
}

static void *work_do(void *arg)
{
	struct work *work = arg;

	while (!*work->go) {
		/* as the keyholder's threads are: made before it is confined */
	}
	work->worked = everything_works(work);
	return NULL;
}

static int all_work_confined(void)
{
	struct keyholder *keyholder = keyholder_new();
	atomic_bool go = false;
	struct work works[THREADS];
	int failed = 0;

	for (int i = 0; i < THREADS; i++) {
		works[i] = (struct work){.keyholder = keyholder, .go = &go, .number = i};
		if (!keyholder || pthread_create(&works[i].thread, NULL, work_do, &works[i]) != 0)
			return 90;
	}
	if (keyholder_confine() != OK)
		return 91;
	go = true;
	for (int i = 0; i < THREADS; i++) {
		pthread_join(works[i].thread, NULL);
		failed += !works[i].worked;
	}
	keyholder_close(&keyholder);
	log_info("test.done", LOG_N("failed", failed));
	return failed;
}

/* Gives the wait status; the child leaves by exit(), as the keyholder does. */
static int child_run(int (*run)(void))
{
	int wait_status = -1;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		exit(run());
	assert_int_equal(waitpid(pid, &wait_status, 0), pid);
	return wait_status;
}

static void every_operation_works_on_every_thread(void **state)
{
	const int wait_status = child_run(all_work_confined);

	if (WIFSIGNALED(wait_status))
		fail_msg("killed by signal %d", WTERMSIG(wait_status));
	assert_int_equal(WEXITSTATUS(wait_status), 0);
}

/* ---- what is left of root's rights ---- */

/* Each of these a process of root may do, and of what it gives up nothing comes back: not by asking, not by exec. */
static int rights_try(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct all[2] = {{~0U, ~0U, ~0U}, {~0U, ~0U, ~0U}}, left[2];

	if (!capabilities_drop(false))
		return 91;
	if (setgroups(0, NULL) == 0 || errno != EPERM)
		return 1;
	if (syscall(SYS_capset, &head, all) == 0)
		return 2;
	if (syscall(SYS_capget, &head, left) != 0 || left[0].permitted || left[1].permitted || left[0].effective)
		return 3;
	for (unsigned long which = 0; prctl(PR_CAPBSET_READ, which, 0, 0, 0) >= 0; which++)
		if (geteuid() == 0 && prctl(PR_CAPBSET_READ, which, 0, 0, 0) != 0)
			return 4;
	return 0;
}

/* Only the binding of low ports is left: another right is not. */
static int low_ports_try(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct before[2], left[2];

	if (syscall(SYS_capget, &head, before) != 0 || !capabilities_drop(true) ||
	    syscall(SYS_capget, &head, left) != 0)
		return 91;
	return left[0].permitted == (before[0].permitted & 1U << CAP_NET_BIND_SERVICE) && !left[1].permitted ? 0 : 1;
}

/* Seen red, run by root: capset left out (3), the bounding set left out (4). Others have nothing to lose. */
static void capabilities_go_and_stay_away(void **state)
{
	assert_int_equal(child_run(rights_try), 0);
	assert_int_equal(child_run(low_ports_try), 0);
}

/* ---- what kills it ---- */

#ifndef SYMBOLON_SANITIZE

static char page[4096];

static void try_open(void)
{
	syscall(SYS_open, "/dev/null", O_RDONLY);
}
static void try_openat(void)
{
	syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY);
}
static void try_socket(void)
{
	syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
}
static void try_connect(void)
{
	syscall(SYS_connect, 0, page, sizeof(struct sockaddr));
}
static void try_sendto(void)
{
	syscall(SYS_sendto, 2, page, 1, 0, page, 16);
}
static void try_sendmsg(void)
{
	syscall(SYS_sendmsg, 2, page, 0);
}
static void try_recvmsg(void)
{
	syscall(SYS_recvmsg, 0, page, 0);
}
static void try_capset(void)
{
	syscall(SYS_capset, page, page);
}
static void try_execve(void)
{
	syscall(SYS_execve, "/bin/true", NULL, NULL);
}
static void try_execveat(void)
{
	syscall(SYS_execveat, 0, "/bin/true", NULL, NULL, 0);
}
static void try_fork(void)
{
	syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
}
static void try_clone3(void)
{
	syscall(SYS_clone3, page, 64);
}
static void try_ptrace(void)
{
	syscall(SYS_ptrace, PTRACE_ATTACH, 1, NULL, NULL);
}
static void try_vm_readv(void)
{
	syscall(SYS_process_vm_readv, 1, page, 1, page, 1, 0);
}
static void try_pidfd_open(void)
{
	syscall(SYS_pidfd_open, 1, 0);
}
static void try_kill(void)
{
	syscall(SYS_kill, getpid(), 0);
}
static void try_prctl(void)
{
	syscall(SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0);
}
static void try_setrlimit(void)
{
	syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, page);
}
static void try_ioctl(void)
{
	syscall(SYS_ioctl, 0, TIOCSTI, page);
}
static void try_dup(void)
{
	syscall(SYS_dup, 2);
}
static void try_memfd(void)
{
	syscall(SYS_memfd_create, "code", 0);
}
static void try_io_uring(void)
{
	syscall(SYS_io_uring_setup, 1, page);
}
static void try_unlink(void)
{
	syscall(SYS_unlinkat, AT_FDCWD, "/nothing/there", 0);
}
static void try_map_file(void)
{
	syscall(SYS_mmap, NULL, 4096, PROT_READ, MAP_PRIVATE, 0, 0);
}
static void try_map_code(void)
{
	syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}
static void try_make_code(void)
{
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	syscall(SYS_mprotect, memory, 4096, PROT_READ | PROT_EXEC);
}
#ifdef __x86_64__
/* The calls of 32-bit programs have other numbers: here 11 is execve, which is munmap of ours. */
static void try_other_numbers(void)
{
	__asm__ volatile("int $0x80" : : "a"(11), "b"(0), "c"(0), "d"(0) : "memory");
}
#endif

#define TRIES(name)                                                                                                    \
	{                                                                                                              \
#name, try_##name                                                                                      \
	}
static const struct attempt {
	const char *name;
	void (*act)(void);
} attempts[] = {
	TRIES(open),          TRIES(openat),    TRIES(socket),    TRIES(connect),  TRIES(sendto),   TRIES(execve),
	TRIES(execveat),      TRIES(fork),      TRIES(clone3),    TRIES(ptrace),   TRIES(vm_readv), TRIES(pidfd_open),
	TRIES(kill),          TRIES(prctl),     TRIES(setrlimit), TRIES(ioctl),    TRIES(dup),      TRIES(memfd),
	TRIES(sendmsg),       TRIES(recvmsg),   TRIES(capset),    TRIES(io_uring), TRIES(unlink),   TRIES(map_file),
	TRIES(map_code),      TRIES(make_code),
#ifdef __x86_64__
	TRIES(other_numbers),
#endif
};

static const struct attempt *attempt;
static atomic_bool go;

static void *attempt_on_a_thread(void *arg)
{
	while (!go) {
		/* made before the filter */
	}
	attempt->act();
	return NULL;
}

static int attempt_confined(void)
{
	if (keyholder_confine() != OK)
		return 91;
	attempt->act();
	return 0;
}

/* Red without SCMP_FLTATR_CTL_TSYNC. */
static int attempt_confined_elsewhere(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, attempt_on_a_thread, NULL) != 0 || keyholder_confine() != OK)
		return 91;
	go = true;
	pthread_join(thread, NULL);
	return 0;
}

/* Red for each when its call is added to `harmless`, or the check of its argument is left out. */
static void each_attempt_kills(void **state)
{
	for (size_t i = 0; i < ARRAY_COUNT(attempts); i++) {
		attempt = &attempts[i];
		const int here = child_run(attempt_confined), elsewhere = child_run(attempt_confined_elsewhere);

		if (!WIFSIGNALED(here) || WTERMSIG(here) != SIGSYS || !WIFSIGNALED(elsewhere) ||
		    WTERMSIG(elsewhere) != SIGSYS)
			fail_msg("%s: wait status %#x, on a thread %#x", attempt->name, here, elsewhere);
	}
}

/* A taken-over daemon at the other end sends a descriptor: what is read is the packet, without it. */
static int descriptor_comes(void)
{
	int ends[2], next;
	char word = 'x', space[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec part = {&word, 1};
	struct msghdr packet = {.msg_iov = &part,
				.msg_iovlen = 1,
				.msg_control = space,
				.msg_controllen = sizeof(space)};
	struct cmsghdr *head = CMSG_FIRSTHDR(&packet);

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) != 0 || (next = dup(0)) < 0 || close(next) != 0)
		return 90;
	*head = (struct cmsghdr){CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
	memcpy(CMSG_DATA(head), &ends[0], sizeof(int));
	if (sendmsg(ends[0], &packet, MSG_NOSIGNAL) != 1)
		return 92;
	if (keyholder_confine() != OK)
		return 91;
	return read(ends[1], &word, 1) == 1 && write(next, &word, 1) < 0 && errno == EBADF ? 0 : 1;
}

static void no_descriptor_can_be_sent_to_it(void **state)
{
	assert_int_equal(child_run(descriptor_comes), 0);
}

static void field_is(pid_t pid, const char *field, int expected)
{
	char path[64], line[256];
	int value = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "re");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		if (strncmp(line, field, strlen(field)) == 0)
			value = atoi(line + strlen(field));
	fclose(file);
	assert_int_equal(value, expected);
}

static void kernel_says_so(void **state)
{
	int ready[2], end[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready) + pipe(end), 0);
	pid = fork();
	if (pid == 0) {
		close(end[1]);
		const bool confined = keyholder_confine() == OK;
		if (write(ready[1], confined ? "y" : "n", 1) == 1 && read(end[0], &byte, 1) == 0)
			_exit(0);
		_exit(1);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(byte, 'y');
	field_is(pid, "Seccomp:", 2);
	field_is(pid, "NoNewPrivs:", 1);
	close(end[1]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_operation_works_on_every_thread),
		cmocka_unit_test(capabilities_go_and_stay_away),
#ifndef SYMBOLON_SANITIZE
		cmocka_unit_test(each_attempt_kills),
		cmocka_unit_test(no_descriptor_can_be_sent_to_it),
		cmocka_unit_test(kernel_says_so),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
