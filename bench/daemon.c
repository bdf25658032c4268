#include "daemon.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define START_MS 20000
#define STOP_MS  20000

int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void rest_ms(int64_t ms)
{
	const struct timespec time = {ms / 1000, (long)(ms % 1000) * 1000000};

	nanosleep(&time, NULL);
}

/* ---- starting and stopping ---- */

static void child_run(const struct daemon_under_test *daemon, pid_t parent)
{
	int fd = open(daemon->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent || fd < 0 || dup2(fd, STDOUT_FILENO) < 0 || dup2(fd, STDERR_FILENO) < 0)
		_exit(127);
	execl(daemon->program, daemon->program, "serve", "--config", daemon->config, (char *)NULL);
	_exit(127);
}

/* One try at GET /healthz; false while nobody listens. */
static bool is_answering(uint16_t port)
{
	static const char request[] = "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
	const struct sockaddr_in to = {.sin_family = AF_INET,
				       .sin_port = htons(port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	char answer[64] = "";
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool answered = fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0 &&
			send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL) == (ssize_t)sizeof(request) - 1 &&
			recv(fd, answer, sizeof(answer) - 1, 0) > 0;

	if (fd >= 0)
		close(fd);
	if (answered && strncmp(answer, "HTTP/1.1 200 ", 13) != 0)
		fail("GET /healthz: %s", answer);
	return answered;
}

static bool is_listening(uint16_t port)
{
	const struct sockaddr_in to = {.sin_family = AF_INET,
				       .sin_port = htons(port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool listening = fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0;

	if (fd >= 0)
		close(fd);
	return listening;
}

static void until(const struct daemon_under_test *daemon, bool (*is_there)(uint16_t port), uint16_t port)
{
	const int64_t begun_us = now_us();
	const struct timespec moment = {0, 100000};

	while (!is_there(port)) {
		if (waitpid(daemon->pid, NULL, WNOHANG) != 0)
			fail("the daemon ended before it answered; see %s", daemon->log);
		if (now_us() - begun_us > START_MS * 1000)
			fail("the daemon has not answered for %d s", START_MS / 1000);
		nanosleep(&moment, NULL);
	}
}

int64_t daemon_start(struct daemon_under_test *daemon)
{
	const pid_t self = getpid();
	const int64_t begun_us = now_us();
	int64_t took_us;

	daemon->pid = fork();
	if (daemon->pid < 0)
		fail("fork: %s", strerror(errno));
	if (daemon->pid == 0)
		child_run(daemon, self);
	until(daemon, is_answering, daemon->place.port);
	took_us = now_us() - begun_us;
	until(daemon, is_listening, daemon->metrics.port); /* opened after the other */
	return took_us;
}

void daemon_stop(struct daemon_under_test *daemon)
{
	int status = 0;
	int64_t begun_us = now_us();
	pid_t ended;

	kill(daemon->pid, SIGTERM);
	while ((ended = waitpid(daemon->pid, &status, WNOHANG)) == 0 && now_us() - begun_us < STOP_MS * 1000)
		rest_ms(5);
	if (ended == 0)
		kill(daemon->pid, SIGKILL);
	if (ended != daemon->pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail("the daemon did not stop as it should (wait status %d); see %s", status, daemon->log);
	daemon->pid = 0;
}

/* ---- readings ---- */

/* The value of one line of /metrics; 0 for a counter that is not there. */
static uint64_t metric(const char *body, const char *name)
{
	char wanted[128];
	const char *line;

	snprintf(wanted, sizeof(wanted), "\nsymbolon_%s ", name);
	line = strstr(body, wanted);
	return line ? strtoull(line + strlen(wanted), NULL, 10) : 0;
}

/* The supervisor, and the keyholder and the daemon that it started. */
#define PROCESSES_MAX 8
struct processes {
	pid_t pids[PROCESSES_MAX];
	size_t count;
};

/* 0 when it has ended meanwhile. */
static pid_t parent_of(pid_t pid)
{
	char path[64], line[1024] = "";
	const char *name_end;
	int parent = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (!fgets(line, sizeof(line), file))
		line[0] = '\0';
	fclose(file);
	name_end = strrchr(line, ')');
	return name_end && sscanf(name_end + 1, " %*c %d", &parent) == 1 ? parent : 0;
}

static void processes_find(pid_t supervisor, struct processes *ret_processes)
{
	struct processes found = {.pids = {supervisor}, .count = 1};
	struct dirent *entry;
	DIR *folder = opendir("/proc");

	if (!folder)
		fail("/proc cannot be read");
	while ((entry = readdir(folder)) && found.count < PROCESSES_MAX) {
		const pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (pid > 0 && parent_of(pid) == supervisor)
			found.pids[found.count++] = pid;
	}
	closedir(folder);
	if (found.count != 3)
		fail("%zu processes where the supervisor, the keyholder and the daemon should be", found.count);
	*ret_processes = found;
}

static int64_t cpu_one_us(pid_t pid)
{
	struct timespec time;
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0)
		fail("the CPU time of process %d cannot be read", pid);
	return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static int64_t cpu_us(pid_t supervisor)
{
	struct processes processes;
	int64_t sum_us = 0;

	processes_find(supervisor, &processes);
	for (size_t i = 0; i < processes.count; i++)
		sum_us += cpu_one_us(processes.pids[i]);
	return sum_us;
}

void reading_take(const struct daemon_under_test *daemon, struct reading *ret_reading)
{
	struct http_client client;
	struct http_answer answer;

	http_client_init(&client, &daemon->metrics);
	http_call(&client, &(struct http_request){.method = "GET", .target = "/metrics"}, &answer);
	if (answer.status != 200)
		fail("GET /metrics: status %d", answer.status);
	*ret_reading = (struct reading){
		.at_us = now_us(),
		.cpu_us = cpu_us(daemon->pid),
		.requests = metric(answer.body, "http_requests_total"),
		.answers_5xx = metric(answer.body, "http_answers_total{class=\"5xx\"}"),
		.commits = metric(answer.body, "store_commits_total"),
		.writes = metric(answer.body, "store_writes_total"),
		.reads = metric(answer.body, "store_reads_total"),
		.keyholder_calls = metric(answer.body, "keyholder_calls_total"),
		.signatures = metric(answer.body, "keyholder_signatures_total"),
	};
	http_client_done(&client);
}

struct reading reading_since(const struct reading *earlier, const struct reading *later)
{
	return (struct reading){
		.at_us = later->at_us - earlier->at_us,
		.cpu_us = later->cpu_us - earlier->cpu_us,
		.requests = later->requests - earlier->requests,
		.answers_5xx = later->answers_5xx - earlier->answers_5xx,
		.commits = later->commits - earlier->commits,
		.writes = later->writes - earlier->writes,
		.reads = later->reads - earlier->reads,
		.keyholder_calls = later->keyholder_calls - earlier->keyholder_calls,
		.signatures = later->signatures - earlier->signatures,
	};
}

/* The sum of the lines of a /proc file that begin with `name`, given there in kB; -1 when the file cannot be read. */
static int64_t kilobytes(pid_t pid, const char *file, const char *name)
{
	char path[64], line[256];
	int64_t bytes = 0;
	FILE *opened;
	bool any = false;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	opened = fopen(path, "re");
	if (!opened)
		return -1;
	while (fgets(line, sizeof(line), opened)) {
		any = true;
		if (strncmp(line, name, strlen(name)) == 0)
			bytes += (int64_t)strtoll(line + strlen(name), NULL, 10) * 1024;
	}
	fclose(opened);
	return any ? bytes : -1;
}

static void memory_add(pid_t pid, struct memory *memory)
{
	int64_t written = kilobytes(pid, "smaps_rollup", "Private_Dirty:");

	if (written >= 0) {
		memory->private_clean += kilobytes(pid, "smaps_rollup", "Private_Clean:");
	} else { /* it is not dumpable: only root may look at its map */
		memory->is_exact = false;
		written = kilobytes(pid, "status", "RssAnon:");
	}
	if (written < 0)
		fail("the memory of process %d cannot be read", pid);
	memory->written += written;
	memory->resident += kilobytes(pid, "status", "VmRSS:");
}

void memory_read(const struct daemon_under_test *daemon, struct memory *ret_memory)
{
	struct memory memory = {.is_exact = true};
	struct processes processes;

	processes_find(daemon->pid, &processes);
	for (size_t i = 0; i < processes.count; i++)
		memory_add(processes.pids[i], &memory);
	*ret_memory = memory;
}
