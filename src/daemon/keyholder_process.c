#include "daemon/keyholder_process.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/capability.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/text.h"
#include "core/settings.h"
#include "daemon/attempts.h"
#include "daemon/live.h"
#include "daemon/process.h"
#include "daemon/sandbox.h"
#include "daemon/serve.h"
#include "keyholder/kek.h"

#define SETTINGS_MEMORY (4 * 1024 * 1024)
#define END_S           2 /* for the threads to see that their lines have ended */

struct keyholder_process {
	struct keyholder_server *server;
	size_t line_count;
	bool sandbox_required;
	struct serving {
		struct keyholder_server *server;
		pthread_t thread;
		int line;
	} serving[SOCKET_LINES_MAX];
};

static int say(const char *what, const char *detail)
{
	fprintf(stderr, "symbolon: %s: %s\n", what, detail);
	return SERVE_TROUBLE;
}

/* Says nothing when the configuration is wrong: the daemon reads the same file and tells. */
static int settings_read(const char *config_path, bool *ret_is_required, char **ret_kek)
{
	scoped_arena *arena = arena_new(SETTINGS_MEMORY);
	const struct settings *settings = NULL;
	struct text errors;
	enum status status = E_NOMEM;

	text_init(&errors, 16 * 1024);
	if (arena)
		status = settings_load(arena, config_path, &settings, &errors);
	text_done(&errors);
	if (status != OK)
		return PROCESS_NO_SETTINGS;
	live_log_level(settings->log_level);
	*ret_is_required = settings->sandbox_required;
	*ret_kek = strdup(settings->kek);
	return *ret_kek ? SERVE_STOPPED : say(config_path, "out of memory");
}

static int server_make(const char *kek_place, struct keyholder_server **ret_server)
{
	struct keyholder_server_options options = {0};
	char problem[KEK_PROBLEM_SIZE] = "cannot be opened";
	uint8_t kek[32];
	enum status status;

	options.budget_memory =
		mmap(NULL, keyholder_budget_size(), PROT_READ | PROT_WRITE, MAP_SHARED, PROCESS_BUDGET, 0);
	if (options.budget_memory == MAP_FAILED)
		return say("keyholder", "the memory for its counts cannot be had");
	close(PROCESS_BUDGET);
	if (kek_load(kek_place, kek, problem) != OK)
		return say(kek_place, problem);
	options.kek = kek;
	status = keyholder_server_new(&options, ret_server);
	secret_zero(kek, sizeof(kek));
	return status == OK ? SERVE_STOPPED : say("keyholder", "out of memory");
}

static void *serve(void *arg)
{
	const struct serving *serving = arg;

	if (socket_serve(serving->server, serving->line) != OK)
		log_error("keyholder.line_broken", LOG_N("line", serving->line));
	return NULL;
}

static int threads_start(struct keyholder_process *process)
{
	for (size_t i = 0; i < process->line_count; i++) {
		struct serving *serving = &process->serving[i];

		*serving = (struct serving){.server = process->server, .line = PROCESS_LINES + (int)i};
		if (pthread_create(&serving->thread, NULL, serve, serving) != 0)
			return say("keyholder", "threads cannot be started");
	}
	return SERVE_STOPPED;
}

/*
 * When the supervisor ends us the daemon is gone already, and with it the other ends of all lines. Should one still be
 * open the process ends all the same.
 */
static void threads_end(struct keyholder_process *process)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += END_S;
	for (size_t i = 0; i < process->line_count; i++)
		if (pthread_timedjoin_np(process->serving[i].thread, NULL, &until) != 0)
			_exit(SERVE_STOPPED);
	keyholder_server_free(&process->server);
}

static int run(struct keyholder_process *process)
{
	const char ready = CONTROL_READY;
	char word;
	int code;

	if (!capabilities_drop(false) && process->sandbox_required)
		return say("keyholder", "it cannot give up its capabilities");
	code = threads_start(process);
	if (code != SERVE_STOPPED)
		return code;
	/* Everything is open, warm and made; from here on read, write, memory, clocks, randomness and standard error
	 * are all that is used. */
	attempts_prepare();
	if (sandbox_keyholder(process->sandbox_required) != OK)
		return say("keyholder", "it cannot be confined on this machine; see the log line above");
	attempts_make(ATTEMPTS_KEYHOLDER);
	if (write(PROCESS_CONTROL, &ready, 1) != 1)
		return SERVE_TROUBLE;
	while (read(PROCESS_CONTROL, &word, 1) > 0 || errno == EINTR) {
		/* nothing is said to the keyholder but that it shall end */
	}
	threads_end(process);
	return SERVE_STOPPED;
}

int keyholder_process(const char *config_path, const char *line_count)
{
	struct keyholder_process process = {.line_count = (size_t)strtoul(line_count, NULL, 10)};
	char *kek_place = NULL;
	int code;

	if (process.line_count < 1 || process.line_count > SOCKET_LINES_MAX || process_attach("symbolon-keys") != OK)
		return SERVE_BAD_CONFIGURATION;
	code = settings_read(config_path, &process.sandbox_required, &kek_place);
	if (code == SERVE_STOPPED)
		code = server_make(kek_place, &process.server);
	free(kek_place);
	return code == SERVE_STOPPED ? run(&process) : code;
}
