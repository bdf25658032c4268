#include "daemon/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

#define HIGH_FD 64 /* above all that a child is given */

/* ---- control ---- */

union fd_space {
	struct cmsghdr head;
	char bytes[CMSG_SPACE(SOCKET_LINES_MAX * sizeof(int))];
};

enum status control_send(int control, const struct control_message *message)
{
	const size_t fds_size = message->fd_count * sizeof(int);
	char word = message->word;
	struct iovec part = {&word, 1};
	union fd_space space = {0};
	struct msghdr packet = {.msg_iov = &part, .msg_iovlen = 1};
	ssize_t sent;

	if (fds_size) {
		packet.msg_control = space.bytes;
		packet.msg_controllen = CMSG_SPACE(fds_size);
		struct cmsghdr *head = CMSG_FIRSTHDR(&packet);

		head->cmsg_level = SOL_SOCKET;
		head->cmsg_type = SCM_RIGHTS;
		head->cmsg_len = CMSG_LEN(fds_size);
		memcpy(CMSG_DATA(head), message->fds, fds_size);
	}
	do
		sent = sendmsg(control, &packet, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (sent < 0 && errno == EINTR);
	return sent == 1 ? OK : E_IO;
}

static void fds_read(struct msghdr *packet, struct control_message *message)
{
	struct cmsghdr *head = CMSG_FIRSTHDR(packet);

	if (!head || head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS)
		return;
	message->fd_count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	memcpy(message->fds, CMSG_DATA(head), message->fd_count * sizeof(int));
}

enum status control_receive(int control, struct control_message *ret_message)
{
	struct control_message message = {0};
	struct iovec part = {&message.word, 1};
	union fd_space space;
	struct msghdr packet = {.msg_iov = &part,
				.msg_iovlen = 1,
				.msg_control = space.bytes,
				.msg_controllen = sizeof(space.bytes)};
	ssize_t got;

	do
		got = recvmsg(control, &packet, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return errno == ECONNRESET ? E_NOT_FOUND : E_IO;
	if (got == 0)
		return E_NOT_FOUND;
	fds_read(&packet, &message);
	*ret_message = message;
	return OK;
}

/* ---- starting ---- */

/* First all up, so that none stands where another one must go. */
static bool fds_place(const int *fds, size_t count)
{
	int high[PROCESS_LINES + SOCKET_LINES_MAX];

	for (size_t i = 0; i < count; i++) {
		high[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, HIGH_FD);
		if (high[i] < 0)
			return false;
	}
	for (size_t i = 0; i < count; i++)
		if (dup2(high[i], PROCESS_CONTROL + (int)i) < 0)
			return false;
	return close_range(PROCESS_CONTROL + (unsigned)count, ~0U, 0) == 0;
}

static void signals_restore(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM); /* blocked until the child asks for them, so that none is lost */
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_SETMASK, &set, NULL);
}

static void child_become(const struct process_start *start, pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent || !fds_place(start->fds, start->fd_count))
		_exit(PROCESS_NO_EXEC);
	signals_restore();
	unsetenv("NOTIFY_SOCKET"); /* the supervisor alone speaks with the service manager */
	execv("/proc/self/exe", start->argv);
	_exit(PROCESS_NO_EXEC);
}

enum status process_start(const struct process_start *start, pid_t *ret_pid)
{
	const pid_t self = getpid();
	const pid_t pid = fork();

	if (pid < 0)
		return E_IO;
	if (pid == 0)
		child_become(start, self);
	*ret_pid = pid;
	return OK;
}

/* ---- in a child ---- */

void process_protect_memory(void)
{
#ifndef SYMBOLON_SANITIZE
	const struct rlimit none = {0, 0};

	if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		log_warn("memory.unprotected", LOG_S("what", "core dumps could not be switched off"));
#endif
}

static bool supervisor_is_there(void)
{
	struct pollfd control = {.fd = PROCESS_CONTROL, .events = POLLIN};

	return poll(&control, 1, 0) >= 0 && !(control.revents & (POLLHUP | POLLERR | POLLNVAL));
}

/* PDEATHSIG again: exec forgets it when the program's file gives it capabilities. */
enum status process_attach(const char *name)
{
	struct stat control;

	process_protect_memory();
	if (fstat(PROCESS_CONTROL, &control) != 0 || !S_ISSOCK(control.st_mode)) {
		fprintf(stderr, "symbolon: this is a part of `symbolon serve`, which starts it\n");
		return E_INVALID;
	}
	fcntl(PROCESS_CONTROL, F_SETFD, FD_CLOEXEC);
	prctl(PR_SET_NAME, name);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGIO, SIG_IGN); /* somebody opens a file that is just being read: settings_file.c */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || !supervisor_is_there())
		_exit(PROCESS_NO_EXEC);
	return OK;
}
