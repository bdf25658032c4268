#include "daemon/attempts.h"

/* A translation unit must not be empty. */
typedef int attempts_are_for_test_builds;

#ifdef SYMBOLON_TESTING

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/status.h"

#define VARIABLE     "SYMBOLON_TEST_ATTEMPTS"
#define PEER_WAIT_MS 5000

static pid_t peer, parent;

/* The supervisor's other child, or 0. */
static pid_t peer_find(void)
{
	char path[64], list[256] = "";
	pid_t found = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", parent, parent);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (fgets(list, sizeof(list), file))
		for (char *rest = NULL, *one = strtok_r(list, " ", &rest); one; one = strtok_r(NULL, " ", &rest))
			if (atoi(one) > 0 && atoi(one) != getpid())
				found = atoi(one);
	fclose(file);
	return found;
}

void attempts_prepare(void)
{
	if (!getenv(VARIABLE))
		return;
	parent = getppid();
	peer = peer_find();
	for (int i = 0; !peer && i < PEER_WAIT_MS; i++) {
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
		peer = peer_find();
	}
}

/* ---- the attempts: an errno, or 0 for what was not refused ---- */

static int outcome(long result)
{
	return result < 0 ? errno : 0;
}

static int opened(const char *path, int flags)
{
	const int fd = open(path, flags | O_CLOEXEC, 0600);

	return fd < 0 ? errno : (close(fd), 0);
}

static int try_read(const char *path)
{
	return opened(path, O_RDONLY);
}

static int try_write(const char *path)
{
	return opened(path, O_WRONLY);
}

static int try_make(const char *path)
{
	return opened(path, O_WRONLY | O_CREAT);
}

static int try_list(const char *path)
{
	return opened(path, O_RDONLY | O_DIRECTORY);
}

static int socket_try(int family, int type)
{
	const int fd = socket(family, type | SOCK_CLOEXEC, 0);

	return fd < 0 ? errno : (close(fd), 0);
}

static int try_socket(const char *path)
{
	return socket_try(AF_INET, SOCK_STREAM);
}

static int try_raw_socket(const char *path)
{
	return socket_try(AF_PACKET, SOCK_RAW);
}

static const struct sockaddr_in loopback = {.sin_family = AF_INET, .sin_addr = {0x0100007f}};

static int with_socket(int (*act)(int))
{
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const int error = fd < 0 ? errno : act(fd) != 0 ? errno : 0;

	if (fd >= 0)
		close(fd);
	return error;
}

static int bind_free(int fd)
{
	return bind(fd, (const struct sockaddr *)&loopback, sizeof(loopback));
}

static int listen_unbound(int fd)
{
	return listen(fd, 1);
}

static int try_bind(const char *path)
{
	return with_socket(bind_free);
}

static int try_listen(const char *path)
{
	return with_socket(listen_unbound);
}

/* Nobody listens on port 0: ECONNREFUSED says that it was allowed to ask. */
static int connect_nobody(int fd)
{
	return connect(fd, (const struct sockaddr *)&loopback, sizeof(loopback));
}

static int try_connect(const char *path)
{
	return with_socket(connect_nobody);
}

/* A program that is run would take our place, and say nothing. */
static int try_exec(const char *path)
{
	execl("/bin/true", "true", NULL);
	return errno;
}

static int try_fork(const char *path)
{
	const pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	if (pid < 0)
		return errno;
	waitpid(pid, NULL, 0);
	return 0;
}

static int try_ptrace(const char *path)
{
	if (ptrace(PTRACE_SEIZE, peer, NULL, NULL) != 0)
		return errno;
	ptrace(PTRACE_DETACH, peer, NULL, NULL);
	return 0;
}

static int try_peer_memory(const char *path)
{
	char memory[64];

	snprintf(memory, sizeof(memory), "/proc/%d/mem", peer);
	return opened(memory, O_RDONLY);
}

static int try_peer_vm(const char *path)
{
	char byte;
	struct iovec here = {&byte, 1}, there = {(void *)&peer, 1};

	return outcome(process_vm_readv(peer, &here, 1, &there, 1, 0));
}

static int try_signal_peer(const char *path)
{
	return kill(peer, SIGCONT) != 0 ? errno : 0;
}

static int try_signal_parent(const char *path)
{
	return kill(parent, SIGCONT) != 0 ? errno : 0;
}

static int try_setuid(const char *path)
{
	return syscall(SYS_setresuid, -1, -1, -1) != 0 ? errno : 0;
}

static int try_mount(const char *path)
{
	return mount(NULL, "/nothing-there", NULL, MS_REMOUNT, NULL) != 0 ? errno : 0;
}

static int try_io_uring(const char *path)
{
	char parameters[120] = {0};

	return outcome(syscall(SYS_io_uring_setup, 1, parameters));
}

static void *nothing(void *arg)
{
	return arg;
}

/* What must go on to work. */
static int try_thread(const char *path)
{
	pthread_t thread;
	const int error = pthread_create(&thread, NULL, nothing, NULL);

	if (error == 0)
		pthread_join(thread, NULL);
	return error;
}

static const struct {
	const char *verb;
	int (*act)(const char *path);
} verbs[] = {
	{"read", try_read},
	{"write", try_write},
	{"make", try_make},
	{"list", try_list},
	{"socket", try_socket},
	{"raw-socket", try_raw_socket},
	{"bind", try_bind},
	{"listen", try_listen},
	{"connect", try_connect},
	{"exec", try_exec},
	{"fork", try_fork},
	{"ptrace", try_ptrace},
	{"peer-memory", try_peer_memory},
	{"peer-vm", try_peer_vm},
	{"signal-peer", try_signal_peer},
	{"signal-parent", try_signal_parent},
	{"setuid", try_setuid},
	{"mount", try_mount},
	{"io-uring", try_io_uring},
	{"thread", try_thread},
};

/* ---- the list ---- */

static void tell(const char *process, const char *what, const char *how)
{
	char line[1024];
	const int size = snprintf(line, sizeof(line), "attempt %s %d %s: %s\n", process, getpid(), what, how);

	if (size > 0 && write(STDERR_FILENO, line, (size_t)size) < 0)
		abort();
}

static void one_make(const char *process, const char *what)
{
	const size_t size = strcspn(what, " ");
	const char *path = what[size] ? what + size + 1 : "";
	char how[16];

	for (size_t i = 0; i < ARRAY_COUNT(verbs); i++) {
		if (strlen(verbs[i].verb) != size || strncmp(what, verbs[i].verb, size) != 0)
			continue;
		tell(process, what, "begins");
		snprintf(how, sizeof(how), "%d", verbs[i].act(path));
		tell(process, what, how);
		return;
	}
	tell(process, what, "is no attempt");
}

void attempts_make(const char *process)
{
	const char *text = getenv(VARIABLE);
	char list[4096], *rest = NULL;
	const size_t size = strlen(process);

	snprintf(list, sizeof(list), "%s", text ? text : "");
	for (char *one = strtok_r(list, ";", &rest); one; one = strtok_r(NULL, ";", &rest))
		if (strncmp(one, process, size) == 0 && one[size] == ' ')
			one_make(process, one + size + 1);
}

#endif
