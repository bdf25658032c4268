#include "terminal_window.h"

#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "terminal.h"

extern char **environ;

enum { FAILING_MS = 15000, LOOK_MS = 200, WORDS_MAX = 16, PATH_SIZE = 4096 };

struct words {
	char *list[WORDS_MAX + 4];
	size_t count;
	char own[PATH_SIZE];
};

static bool words_split(struct words *words, char *text)
{
	char *rest = NULL;

	words->count = 0;
	for (char *word = strtok_r(text, " \t", &rest); word; word = strtok_r(NULL, " \t", &rest)) {
		if (words->count == WORDS_MAX)
			return false;
		words->list[words->count++] = word;
	}
	return words->count > 0;
}

/* Our own program, wherever it lies; the "(deleted)" of one that was upgraded meanwhile is no path. */
static const char *own_path(char path[PATH_SIZE])
{
	ssize_t size = readlink("/proc/self/exe", path, PATH_SIZE - 1);

	if (size <= 0)
		return "symbolon-authenticator";
	path[size] = '\0';
	return access(path, X_OK) == 0 ? path : "symbolon-authenticator";
}

static bool terminal_start(struct words *words, const char *id, pid_t *ret_pid)
{
	posix_spawnattr_t attributes;

	words->list[words->count++] = (char *)own_path(words->own);
	words->list[words->count++] = (char *)"review";
	words->list[words->count++] = (char *)id;
	words->list[words->count] = NULL;
	if (posix_spawnattr_init(&attributes) != 0)
		return false;
	sigset_t nothing, pipes;
	sigemptyset(&nothing);
	sigemptyset(&pipes);
	sigaddset(&pipes, SIGPIPE);
	posix_spawnattr_setsigmask(&attributes, &nothing); /* of what we block and ignore it shall know nothing */
	posix_spawnattr_setsigdefault(&attributes, &pipes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	int error = posix_spawnp(ret_pid, words->list[0], NULL, &attributes, words->list, environ);
	posix_spawnattr_destroy(&attributes);
	return error == 0;
}

static bool any_start(const char *id, pid_t *ret_pid)
{
	const char *own = getenv("SYMBOLON_AUTHENTICATOR_TERMINAL");
	const char *const usual[] = {"xdg-terminal-exec", "x-terminal-emulator -e"};
	size_t count = text_is_empty(own) ? ARRAY_COUNT(usual) : 1;

	for (size_t i = 0; i < count; i++) {
		scoped_arena *arena = arena_new(2 * PATH_SIZE);
		char *text = arena_strdup(arena, text_is_empty(own) ? usual[i] : own);
		struct words words = {0};

		if (text && words_split(&words, text) && terminal_start(&words, id, ret_pid))
			return true;
	}
	return false;
}

bool windows_open(struct windows *windows, const char *id)
{
	size_t i = 0;
	pid_t pid = -1;

	while (i < WINDOWS_MAX && windows->list[i].pid)
		i++;
	if (i == WINDOWS_MAX || !any_start(id, &pid)) {
		note("No terminal could be opened; set SYMBOLON_AUTHENTICATOR_TERMINAL, or run: symbolon-authenticator "
		     "review %s",
		     id);
		return false;
	}
	windows->list[i].pid = pid;
	windows->list[i].until_ms = clock_mono_ms() + FAILING_MS;
	snprintf(windows->list[i].id, sizeof(windows->list[i].id), "%s", id);
	return true;
}

bool windows_failed(struct windows *windows, char ret_id[SYMBOLON_ID_MAX + 1])
{
	for (size_t i = 0; i < WINDOWS_MAX; i++) {
		int status = 0;

		if (!windows->list[i].pid || waitpid(windows->list[i].pid, &status, WNOHANG) == 0)
			continue;
		bool failed =
			clock_mono_ms() < windows->list[i].until_ms && !(WIFEXITED(status) && WEXITSTATUS(status) == 0);
		windows->list[i].pid = 0;
		if (failed) {
			memcpy(ret_id, windows->list[i].id, sizeof(windows->list[i].id));
			return true;
		}
	}
	return false;
}

int64_t windows_due_ms(const struct windows *windows)
{
	for (size_t i = 0; i < WINDOWS_MAX; i++)
		if (windows->list[i].pid && clock_mono_ms() < windows->list[i].until_ms)
			return LOOK_MS;
	return -1;
}
