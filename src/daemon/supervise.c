#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/notify.h"
#include "daemon/process.h"
#include "daemon/sandbox.h"
#include "daemon/serve.h"

/*
 * A child that lived for less than QUICK_MS after it was ready died quickly. The first ones are started again at once,
 * the next ones after pauses that double.
 */
#define QUICK_MS       1000
#define QUICK_FREE     2
#define PAUSE_FIRST_MS 100
#define PAUSE_MAX_MS   5000

#define DAEMON_END_MS      30000 /* it gives what is under way ten seconds by itself */
#define KEYHOLDER_END_MS   5000
#define KEYHOLDER_START_MS 60000 /* it reads one file; one that hangs over it would never be replaced */

enum { LINES_MIN = 4 };

struct child {
	const char *name;
	pid_t pid;   /* 0: not running */
	int control; /* -1: none */
	bool is_ready;
	bool is_ended; /* by us: its end is no news */
	int64_t ready_ms;
	int64_t start_ms; /* when it is not running: not before */
	int64_t kill_ms;  /* when it is to end: not after; 0: not yet */
	unsigned quick_deaths;
};

struct supervisor {
	const char *config_path;
	struct child keyholder, daemon;
	int lines[SOCKET_LINES_MAX]; /* the daemon's ends, until the keyholder is ready and the daemon has them */
	size_t line_count;           /* 0: handed over */
	size_t lines_wanted;
	int budget; /* memory of the keyholder's that outlives it; never mapped here */
	int signals;
	bool has_served; /* been ready once: no failure ends us from then on */
	bool is_failing; /* before that: the keyholder cannot start, and the daemon shall end */
	bool is_stopping;
	int64_t lost_ms; /* since when the daemon is not there */
	int code;
};

/* ---- starting ---- */

static void fd_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void lines_close(struct supervisor *supervisor)
{
	for (size_t i = 0; i < supervisor->line_count; i++)
		close(supervisor->lines[i]);
	supervisor->line_count = 0;
}

/* To the daemon, as soon as both are there. A daemon that cannot take them is dying, and then all begins anew. */
static void lines_hand_over(struct supervisor *supervisor)
{
	struct control_message message = {.word = CONTROL_LINES, .fd_count = supervisor->line_count};

	if (!supervisor->keyholder.is_ready || supervisor->line_count == 0 || supervisor->daemon.control < 0)
		return;
	memcpy(message.fds, supervisor->lines, supervisor->line_count * sizeof(int));
	if (control_send(supervisor->daemon.control, &message) != OK)
		log_error("lines.not_sent", LOG_N("pid", supervisor->daemon.pid));
	lines_close(supervisor);
}

/* fds[0] is the child's end of the control; closed here, whatever comes. */
static enum status child_start(struct child *child, char *const *argv, int *fds, size_t fd_count)
{
	int ends[2];
	enum status status = socket_line_new(ends);

	if (status == OK) {
		fds[0] = ends[1];
		status = process_start(&(struct process_start){argv, fds, fd_count}, &child->pid);
		close(ends[1]);
		if (status == OK)
			child->control = ends[0];
		else
			close(ends[0]);
	}
	if (status != OK) {
		log_error("process.not_started", LOG_S("process", child->name), LOG_S("problem", strerror(errno)));
		child->start_ms = clock_mono_ms() + PAUSE_FIRST_MS;
		return status;
	}
	child->is_ready = child->is_ended = false;
	child->kill_ms = 0;
	return OK;
}

static enum status lines_make(struct supervisor *supervisor, int *their_ends)
{
	for (size_t i = 0; i < supervisor->lines_wanted; i++) {
		int ends[2];

		if (socket_line_new(ends) != OK) {
			for (size_t back = 0; back < i; back++)
				close(their_ends[back]);
			lines_close(supervisor);
			return E_IO;
		}
		supervisor->lines[supervisor->line_count++] = ends[0];
		their_ends[i] = ends[1];
	}
	return OK;
}

static void keyholder_start(struct supervisor *supervisor)
{
	int fds[2 + SOCKET_LINES_MAX] = {-1, supervisor->budget};
	char count[8];
	char *const argv[] = {(char[]){"symbolon"}, (char[]){PROCESS_KEYHOLDER},
			      (char *)(uintptr_t)supervisor->config_path, count, NULL};

	lines_close(supervisor);
	snprintf(count, sizeof(count), "%zu", supervisor->lines_wanted);
	if (lines_make(supervisor, fds + 2) != OK) {
		supervisor->keyholder.start_ms = clock_mono_ms() + PAUSE_FIRST_MS;
		return;
	}
	if (child_start(&supervisor->keyholder, argv, fds, 2 + supervisor->lines_wanted) != OK)
		lines_close(supervisor);
	else
		supervisor->keyholder.kill_ms = clock_mono_ms() + KEYHOLDER_START_MS;
	for (size_t i = 0; i < supervisor->lines_wanted; i++)
		close(fds[2 + i]);
}

static void daemon_start(struct supervisor *supervisor)
{
	int fds[1] = {-1};
	char *const argv[] = {(char[]){"symbolon"}, (char[]){PROCESS_DAEMON},
			      (char *)(uintptr_t)supervisor->config_path,
			      supervisor->has_served ? (char[]){"again"} : (char[]){"first"}, NULL};

	if (child_start(&supervisor->daemon, argv, fds, 1) == OK)
		lines_hand_over(supervisor);
}

static bool is_due(const struct child *child, int64_t now_ms)
{
	return child->pid == 0 && now_ms >= child->start_ms;
}

/* While the daemon is stopping it may still need a keyholder; a daemon that stops or fails is not started again. */
static void children_start(struct supervisor *supervisor)
{
	const int64_t now_ms = clock_mono_ms();
	const bool daemon_may = !supervisor->is_stopping && !supervisor->is_failing;

	if (is_due(&supervisor->keyholder, now_ms) &&
	    (daemon_may || (!supervisor->is_failing && supervisor->daemon.pid)))
		keyholder_start(supervisor);
	if (is_due(&supervisor->daemon, now_ms) && daemon_may)
		daemon_start(supervisor);
}

/* ---- ending ---- */

/* Nothing is lost by a kill: the keyholder keeps nothing, the daemon promises nothing that is not on disk. */
static void child_kill(struct child *child)
{
	fd_close(&child->control);
	child->is_ended = true;
	if (child->pid)
		kill(child->pid, SIGKILL);
}

static void keyholder_end(struct supervisor *supervisor)
{
	lines_close(supervisor);
	fd_close(&supervisor->keyholder.control);
	supervisor->keyholder.is_ended = true;
	supervisor->keyholder.kill_ms = clock_mono_ms() + KEYHOLDER_END_MS;
}

static void stop(struct supervisor *supervisor, int signal_number)
{
	struct child *daemon = &supervisor->daemon;

	if (supervisor->is_stopping)
		return;
	supervisor->is_stopping = true;
	notify("STOPPING=1");
	log_info("stopping", LOG_N("signal", signal_number));
	if (!daemon->pid) {
		keyholder_end(supervisor);
	} else if (daemon->is_ready) {
		kill(daemon->pid, SIGTERM);
		daemon->kill_ms = clock_mono_ms() + DAEMON_END_MS;
	} else {
		child_kill(daemon);
	}
}

static void reload(struct supervisor *supervisor)
{
	if (!supervisor->daemon.is_ready)
		return; /* it reads everything as it starts */
	notify("RELOADING=1");
	kill(supervisor->daemon.pid, SIGHUP);
}

static void overdue_kill(struct child *child, int64_t now_ms)
{
	if (!child->pid || !child->kill_ms || now_ms < child->kill_ms)
		return;
	log_error("process.killed", LOG_S("process", child->name),
		  LOG_S("why",
			child->is_ended || child->is_ready ? "it did not end in time" : "it was not ready in time"));
	child->kill_ms = 0;
	fd_close(&child->control);
	kill(child->pid, SIGKILL);
}

/* ---- what the children say ---- */

static void daemon_ready(struct supervisor *supervisor)
{
	if (supervisor->has_served && !supervisor->daemon.is_ready)
		log_warn("serving_again", LOG_N("pid", supervisor->daemon.pid),
			 LOG_N("after_ms", clock_mono_ms() - supervisor->lost_ms));
	supervisor->has_served = true;
	notify("READY=1");
}

/* The daemon's sandbox knows the file that was there at its start. This one is not read here. */
static void settings_hand_over(struct supervisor *supervisor)
{
	struct control_message message = {.word = CONTROL_SETTINGS};
	int fd = open(supervisor->config_path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd >= 0)
		message.fds[message.fd_count++] = fd;
	status_ignore(control_send(supervisor->daemon.control, &message), "it asks again");
	fd_close(&fd);
}

/* One that is stopped, or hangs: it would never end. Another one is started as after any other death. */
static void keyholder_replace(struct supervisor *supervisor)
{
	struct child *keyholder = &supervisor->keyholder;

	if (!keyholder->pid || !keyholder->is_ready)
		return; /* the one that is meant has gone already */
	log_error("process.killed", LOG_S("process", keyholder->name), LOG_N("pid", keyholder->pid),
		  LOG_S("why", "it does not answer"));
	kill(keyholder->pid, SIGKILL);
}

static void child_hear(struct supervisor *supervisor, struct child *child)
{
	struct control_message message;

	if (control_receive(child->control, &message) != OK) {
		fd_close(&child->control); /* its end follows */
		return;
	}
	for (size_t i = 0; i < message.fd_count; i++)
		close(message.fds[i]); /* nobody sends us any */
	if (message.word == CONTROL_READY) {
		if (child == &supervisor->daemon)
			daemon_ready(supervisor);
		child->is_ready = true;
		child->kill_ms = 0;
		child->ready_ms = clock_mono_ms();
		lines_hand_over(supervisor);
	} else if (message.word == CONTROL_RELOADED && child == &supervisor->daemon) {
		notify("READY=1");
	} else if (message.word == CONTROL_SETTINGS && child == &supervisor->daemon) {
		settings_hand_over(supervisor);
	} else if (message.word == CONTROL_STALLED && child == &supervisor->daemon) {
		keyholder_replace(supervisor);
	}
}

/* ---- deaths ---- */

static int exit_code(int wait_status)
{
	return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : SERVE_TROUBLE;
}

static void death_tell(const struct child *child, pid_t pid, int wait_status)
{
	const int64_t left_ms = child->start_ms - clock_mono_ms(); /* at once may be a moment ago by now */
	const int64_t again_ms = left_ms > 0 ? left_ms : 0;

	if (WIFSIGNALED(wait_status))
		log_error("process.ended", LOG_S("process", child->name), LOG_N("pid", pid),
			  LOG_N("signal", WTERMSIG(wait_status)), LOG_N("again_in_ms", again_ms));
	else
		log_error("process.ended", LOG_S("process", child->name), LOG_N("pid", pid),
			  LOG_N("code", exit_code(wait_status)), LOG_N("again_in_ms", again_ms));
}

static int64_t pause_ms(unsigned quick_deaths)
{
	int64_t pause = PAUSE_FIRST_MS;

	if (quick_deaths <= QUICK_FREE)
		return 0;
	for (unsigned i = QUICK_FREE + 1; i < quick_deaths && pause < PAUSE_MAX_MS; i++)
		pause *= 2;
	return pause < PAUSE_MAX_MS ? pause : PAUSE_MAX_MS;
}

static void child_forget(struct child *child)
{
	const int64_t now_ms = clock_mono_ms();

	fd_close(&child->control);
	child->pid = 0;
	child->kill_ms = 0;
	child->start_ms = now_ms;
	if (!child->is_ended) {
		const bool lived = child->is_ready && now_ms - child->ready_ms >= QUICK_MS;

		child->quick_deaths = lived ? 0 : child->quick_deaths + 1;
		child->start_ms += pause_ms(child->quick_deaths);
	}
	child->is_ready = false;
}

static void keyholder_died(struct supervisor *supervisor, pid_t pid, int wait_status)
{
	struct child *keyholder = &supervisor->keyholder;
	const int code = exit_code(wait_status);

	child_forget(keyholder);
	lines_close(supervisor);
	if (supervisor->is_stopping && !supervisor->daemon.pid) {
		if (code != SERVE_STOPPED && supervisor->code == SERVE_STOPPED)
			supervisor->code = SERVE_TROUBLE;
	} else if (!keyholder->is_ended && (supervisor->has_served || WIFSIGNALED(wait_status))) {
		death_tell(keyholder, pid, wait_status);
	} else if (!supervisor->has_served && WIFEXITED(wait_status) && code != PROCESS_NO_SETTINGS) {
		if (code == PROCESS_NO_EXEC)
			fprintf(stderr, "symbolon: /proc/self/exe cannot be run; is /proc mounted?\n");
		supervisor->is_failing = true; /* it has said why */
		supervisor->code = SERVE_TROUBLE;
		fd_close(&supervisor->daemon.control); /* and this makes the daemon end */
		supervisor->daemon.kill_ms = clock_mono_ms() + DAEMON_END_MS;
	}
}

/*
 * The keyholder is replaced together with the daemon: its lines may hold requests of the dead one. Its counts stay,
 * they are in `budget`.
 */
static void daemon_died(struct supervisor *supervisor, pid_t pid, int wait_status)
{
	struct child *daemon = &supervisor->daemon;

	child_forget(daemon);
	if (supervisor->is_stopping || supervisor->is_failing) {
		if (!daemon->is_ended && !supervisor->is_failing)
			supervisor->code = exit_code(wait_status);
		keyholder_end(supervisor);
		return;
	}
	lines_close(supervisor);
	child_kill(&supervisor->keyholder);
	if (supervisor->has_served) {
		supervisor->lost_ms = clock_mono_ms();
		death_tell(daemon, pid, wait_status);
		return;
	}
	if (WIFSIGNALED(wait_status))
		fprintf(stderr, "symbolon: the daemon was killed by signal %d as it started\n", WTERMSIG(wait_status));
	supervisor->is_failing = true; /* it has said why */
	supervisor->code = exit_code(wait_status);
}

static void dead_reap(struct supervisor *supervisor)
{
	int wait_status = 0;
	pid_t pid;

	while ((pid = waitpid(-1, &wait_status, WNOHANG)) > 0) {
		if (pid == supervisor->keyholder.pid)
			keyholder_died(supervisor, pid, wait_status);
		else if (pid == supervisor->daemon.pid)
			daemon_died(supervisor, pid, wait_status);
	}
}

/* ---- the loop ---- */

static void signal_take(struct supervisor *supervisor)
{
	struct signalfd_siginfo info;

	if (read(supervisor->signals, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return;
	switch (info.ssi_signo) {
	case SIGCHLD: dead_reap(supervisor); break;
	case SIGHUP: reload(supervisor); break;
	default: stop(supervisor, (int)info.ssi_signo); break;
	}
}

/* The earlier of two times, of which 0 is none. */
static int64_t earlier(int64_t one, int64_t other)
{
	return !one || (other && other < one) ? other : one;
}

static int timeout_ms(const struct supervisor *supervisor)
{
	const struct child *const children[] = {&supervisor->keyholder, &supervisor->daemon};
	const int64_t now_ms = clock_mono_ms();
	int64_t at_ms = 0;

	for (size_t i = 0; i < ARRAY_COUNT(children); i++)
		at_ms = earlier(at_ms, children[i]->pid ? children[i]->kill_ms : children[i]->start_ms);
	if (!at_ms || at_ms <= now_ms)
		return at_ms ? 1000 : -1; /* due but not started: it is not wanted any more */
	return (int)(at_ms - now_ms);
}

static void wait_and_hear(struct supervisor *supervisor)
{
	struct pollfd fds[] = {{.fd = supervisor->keyholder.control, .events = POLLIN},
			       {.fd = supervisor->daemon.control, .events = POLLIN},
			       {.fd = supervisor->signals, .events = POLLIN}};

	if (poll(fds, ARRAY_COUNT(fds), timeout_ms(supervisor)) <= 0)
		return;
	if (fds[0].revents)
		child_hear(supervisor, &supervisor->keyholder);
	if (fds[1].revents)
		child_hear(supervisor, &supervisor->daemon);
	if (fds[2].revents)
		signal_take(supervisor);
}

static bool is_over(const struct supervisor *supervisor)
{
	return (supervisor->is_stopping || supervisor->is_failing) && !supervisor->keyholder.pid &&
	       !supervisor->daemon.pid;
}

static void run(struct supervisor *supervisor)
{
	while (children_start(supervisor), !is_over(supervisor)) {
		wait_and_hear(supervisor);
		overdue_kill(&supervisor->keyholder, clock_mono_ms());
		overdue_kill(&supervisor->daemon, clock_mono_ms());
	}
}

static int signals_open(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static int budget_open(void)
{
	int memory = memfd_create("symbolon-totp-counts", MFD_CLOEXEC);

	if (memory >= 0 && ftruncate(memory, (off_t)keyholder_budget_size()) != 0)
		fd_close(&memory);
	return memory;
}

/* One line for each call that can be under way: more than there are cores, since some calls are slow. */
static size_t lines_choose(void)
{
	const long cores = sysconf(_SC_NPROCESSORS_ONLN);
	const size_t lines = cores > 0 ? (size_t)cores * 2 : LINES_MIN;

	if (lines < LINES_MIN)
		return LINES_MIN;
	return lines < SOCKET_LINES_MAX ? lines : SOCKET_LINES_MAX;
}

int daemon_serve(const char *config_path)
{
	struct supervisor supervisor = {.config_path = config_path,
					.keyholder = {.name = "keyholder", .control = -1},
					.daemon = {.name = "daemon", .control = -1},
					.lines_wanted = lines_choose()};

	process_protect_memory();
	sandbox_supervisor();
	supervisor.signals = signals_open();
	supervisor.budget = budget_open();
	if (supervisor.signals < 0 || supervisor.budget < 0) {
		fprintf(stderr, "symbolon: serve: %s\n", strerror(errno));
		return SERVE_TROUBLE;
	}
	run(&supervisor);
	lines_close(&supervisor);
	fd_close(&supervisor.keyholder.control);
	fd_close(&supervisor.daemon.control);
	close(supervisor.budget);
	close(supervisor.signals);
	return supervisor.code;
}
