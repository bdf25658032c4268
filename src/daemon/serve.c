#include "daemon/serve.h"

#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/live.h"
#include "daemon/open.h"

/* systemd's readiness protocol: one datagram to $NOTIFY_SOCKET (sd_notify(3)). */
static void notify(const char *message)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t size = path ? strlen(path) : 0;
	int fd;

	if (size == 0 || size >= sizeof(address.sun_path) || (path[0] != '/' && path[0] != '@'))
		return;
	memcpy(address.sun_path, path, size);
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (sendto(fd, message, strlen(message), MSG_NOSIGNAL, (struct sockaddr *)&address,
		   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size)) < 0)
		log_warn("notify.failed", LOG_S("message", message));
	close(fd);
}

/* No core file and no ptrace by others of the same user: this process has keys and sessions in memory. */
static void memory_protect(void)
{
#ifndef SYMBOLON_SANITIZE
	const struct rlimit none = {0, 0};

	if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		log_warn("memory.unprotected", LOG_S("what", "core dumps could not be switched off"));
#endif
}

/* Signals are taken by sigwait here alone; every thread made afterwards has them blocked. */
static void signals_block(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static void reload(struct daemon *daemon)
{
	notify("RELOADING=1");
	if (daemon->app.core.settings->tls_certificate && http_server_reload_tls(daemon->server) != OK)
		log_error("tls.reload_failed", LOG_S("what", "the old certificate stays in use"));
	else
		log_info("reloaded", LOG_S("what", "TLS certificate"));
	if (live_follow(daemon->live, true))
		waiting_wake_all(daemon->app.waiting);
	notify("READY=1");
}

static void ready_say(const struct daemon *daemon)
{
	const struct settings *settings = daemon->app.core.settings;

	printf("symbolon: ready at %s (port %u)\n", settings->issuer, http_server_port(daemon->server, 0));
	fflush(stdout);
	notify("READY=1");
}

static void run(struct daemon *daemon, const sigset_t *set)
{
	int signal_number = 0;

	ready_say(daemon);
	while (sigwait(set, &signal_number) == 0 && signal_number == SIGHUP)
		reload(daemon);
	notify("STOPPING=1");
	log_info("stopping", LOG_N("signal", signal_number));
}

int daemon_serve(const char *config_path)
{
	struct daemon daemon = {0};
	sigset_t set;
	int code = 0;

	memory_protect();
	signals_block(&set);
	if (daemon_open(&daemon, config_path, &code) == OK) {
		live_log_level(daemon.app.core.settings->log_level);
		if (daemon_start(&daemon, &code) == OK)
			run(&daemon, &set);
	}
	daemon_close(&daemon);
	return code;
}
