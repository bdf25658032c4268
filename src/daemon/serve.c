#include "daemon/serve.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "daemon/keyholder_process.h"
#include "daemon/live.h"
#include "daemon/open.h"
#include "daemon/process.h"

/* Signals are taken by sigwait here alone; every thread made afterwards has them blocked. */
static void signals_block(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, set, NULL);
}

static void supervisor_tell(enum control_word word)
{
	status_ignore(control_send(PROCESS_CONTROL, &(struct control_message){.word = (char)word}),
		      "without a supervisor this process ends");
}

static void reload(struct daemon *daemon)
{
	if (daemon->app.core.settings->tls_certificate && http_server_reload_tls(daemon->server) != OK)
		log_error("tls.reload_failed", LOG_S("what", "the old certificate stays in use"));
	else
		log_info("reloaded", LOG_S("what", "TLS certificate"));
	if (live_follow(daemon->live, true))
		waiting_wake_all(daemon->app.waiting);
	supervisor_tell(CONTROL_RELOADED);
}

/* People wait for the line once; a daemon that was started anew only logs. */
static void ready_say(const struct daemon *daemon, bool is_first)
{
	const struct settings *settings = daemon->app.core.settings;
	const unsigned port = http_server_port(daemon->server, 0);

	if (is_first) {
		printf("symbolon: ready at %s (port %u)\n", settings->issuer, port);
		fflush(stdout);
	} else {
		log_warn("ready_again", LOG_S("issuer", settings->issuer), LOG_N("port", port));
	}
	supervisor_tell(CONTROL_READY);
}

static void run(struct daemon *daemon, const sigset_t *set, bool is_first)
{
	int signal_number = 0;

	ready_say(daemon, is_first);
	while (sigwait(set, &signal_number) == 0 && signal_number == SIGHUP)
		reload(daemon);
	log_info("stopping", LOG_N("signal", signal_number));
}

static int daemon_process(const char *config_path, bool is_first)
{
	struct daemon daemon = {0};
	sigset_t set;
	int code = SERVE_STOPPED;

	if (process_attach("symbolon-daemon") != OK)
		return SERVE_BAD_CONFIGURATION;
	signals_block(&set);
	if (daemon_open(&daemon, config_path, &code) == OK && daemon_start(&daemon, &code) == OK)
		run(&daemon, &set, is_first);
	daemon_close(&daemon);
	return code;
}

int daemon_child(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[0], PROCESS_KEYHOLDER) == 0)
		return keyholder_process(argv[1], argv[2]);
	if (argc == 3 && strcmp(argv[0], PROCESS_DAEMON) == 0)
		return daemon_process(argv[1], strcmp(argv[2], "first") == 0);
	fprintf(stderr, "symbolon: this is a part of `symbolon serve`, which starts it\n");
	return SERVE_BAD_CONFIGURATION;
}
