#include "clipboard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/secret.h"
#include "vault_file.h"

extern char **environ;

enum { TEXT_MAX = 64, HELPER_TIMEOUT_MS = 5000, WORDS_MAX = 6 };

/* One way to a clipboard. An empty input clears where there is no word for it. */
struct tool {
	const char *variable; /* its display's */
	const char *copy[WORDS_MAX], *paste[WORDS_MAX], *clear[WORDS_MAX];
};

static const struct tool tools[] = {
	{"WAYLAND_DISPLAY", {"wl-copy", "--type", "text/plain"}, {"wl-paste", "--no-newline"}, {"wl-copy", "--clear"}},
	{"DISPLAY",
	 {"xclip", "-selection", "clipboard", "-in"},
	 {"xclip", "-selection", "clipboard", "-out"},
	 {"xclip", "-selection", "clipboard", "-in"}},
	{"DISPLAY",
	 {"xsel", "--clipboard", "--input"},
	 {"xsel", "--clipboard", "--output"},
	 {"xsel", "--clipboard", "--clear"}},
};

/* ---- helpers ---- */

/* Its input from and its output to these descriptors; what it says of errors goes nowhere. */
static bool helper_start(const char *const words[], int input, int output, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	int error = posix_spawn_file_actions_init(&actions);

	if (error != 0)
		return false;
	posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	error = posix_spawnp(ret_pid, words[0], &actions, NULL, (char *const *)words, environ);
	posix_spawn_file_actions_destroy(&actions);
	return error == 0;
}

/* Waits, at most so long; a helper that hangs is ended. */
static bool helper_end(pid_t pid)
{
	int64_t until = clock_mono_ms() + HELPER_TIMEOUT_MS;
	const struct timespec pause = {.tv_nsec = 5 * 1000 * 1000};
	int status = 0;
	pid_t got;

	while ((got = waitpid(pid, &status, WNOHANG)) == 0 && clock_mono_ms() < until)
		nanosleep(&pause, NULL);
	if (got == 0) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		return false;
	}
	return got == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool helper_give(const char *const words[], const char *text)
{
	int ends[2], nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	pid_t pid = -1;

	if (nowhere < 0 || pipe2(ends, O_CLOEXEC) != 0) {
		close(nowhere);
		return false;
	}
	/* Less than a pipe holds: written before anybody reads, it cannot block. */
	bool good = bytes_write(ends[1], text, strlen(text));
	close(ends[1]);
	good = good && helper_start(words, ends[0], nowhere, &pid);
	close(ends[0]);
	close(nowhere);
	return good && helper_end(pid);
}

/* What the helper prints, cut at TEXT_MAX characters. */
static bool helper_ask(const char *const words[], char ret_text[TEXT_MAX + 1])
{
	int ends[2], nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int64_t until = clock_mono_ms() + HELPER_TIMEOUT_MS;
	size_t size = 0;
	ssize_t got = 1;
	pid_t pid = -1;

	if (nothing < 0 || pipe2(ends, O_CLOEXEC) != 0) {
		close(nothing);
		return false;
	}
	bool good = helper_start(words, nothing, ends[1], &pid);
	close(ends[1]);
	close(nothing);
	while (good && got > 0 && size < TEXT_MAX) {
		struct pollfd one = {.fd = ends[0], .events = POLLIN};
		int64_t left = until - clock_mono_ms();
		if (left <= 0 || poll(&one, 1, (int)left) <= 0)
			break;
		got = read(ends[0], ret_text + size, TEXT_MAX - size);
		size += got > 0 ? (size_t)got : 0;
	}
	close(ends[0]);
	ret_text[size] = '\0';
	return good && helper_end(pid);
}

/* ---- which ---- */

static bool is_in_path(const char *program)
{
	scoped_arena *arena = arena_new(64 * 1024);
	const char *path = getenv("PATH");
	char *folders = arena_strdup(arena, path ? path : "/usr/local/bin:/usr/bin:/bin"), *rest = NULL;

	for (char *folder = folders ? strtok_r(folders, ":", &rest) : NULL; folder;
	     folder = strtok_r(NULL, ":", &rest)) {
		const char *file = arena_format(arena, "%s/%s", folder, program);
		if (file && access(file, X_OK) == 0)
			return true;
	}
	return false;
}

static const struct tool *tool_find(void)
{
	for (size_t i = 0; i < ARRAY_COUNT(tools); i++)
		if (!text_is_empty(getenv(tools[i].variable)) && is_in_path(tools[i].copy[0]))
			return &tools[i];
	return NULL;
}

/* ---- the terminal's own: OSC 52 (xterm, "Manipulate Selection Data") ---- */

static bool terminal_copy(const char *text)
{
	char encoded[4 * ((TEXT_MAX + 2) / 3) + 1];
	int tty = open("/dev/tty", O_WRONLY | O_NOCTTY | O_CLOEXEC);

	if (tty < 0)
		return false;
	base64_format(text, strlen(text), encoded);
	bool good = dprintf(tty, "\033]52;c;%s\a", encoded) > 0;
	secret_zero(encoded, sizeof(encoded));
	close(tty);
	return good;
}

enum exit_code clipboard_copy(const char *text, enum clipboard_kind *ret_kind)
{
	const struct tool *tool = tool_find();

	if (strlen(text) > TEXT_MAX)
		return complain(EXIT_TROUBLE, "clipboard", "the text is too long for the clipboard");
	if (tool && !helper_give(tool->copy, text))
		return complain(EXIT_TROUBLE, "clipboard",
				"%s failed: the code was not copied; is the display %s right?", tool->copy[0],
				getenv(tool->variable));
	if (!tool && (!isatty(STDOUT_FILENO) || !terminal_copy(text)))
		return complain(
			EXIT_TROUBLE, "clipboard",
			"there is no way to a clipboard: install wl-clipboard (Wayland), xclip or xsel (X11), or use "
			"a terminal that takes OSC 52");
	*ret_kind = tool ? CLIPBOARD_PROGRAM : CLIPBOARD_TERMINAL;
	return EXIT_DONE;
}

/* ---- later ---- */

static void clear_if_same(const char *text)
{
	const struct tool *tool = tool_find();
	char held[TEXT_MAX + 1];

	if (tool && helper_ask(tool->paste, held) && secret_text_equal(held, text))
		(void)helper_give(tool->clear, "");
	secret_zero(held, sizeof(held));
}

static void descriptors_drop(void)
{
	int nowhere = open("/dev/null", O_RDWR);

	for (int fd = STDIN_FILENO; nowhere >= 0 && fd <= STDERR_FILENO; fd++)
		dup2(nowhere, fd);
	close_range(STDERR_FILENO + 1, ~0U, 0);
}

bool clipboard_clear_later(const char *text, int64_t seconds)
{
	struct timespec left = {.tv_sec = (time_t)seconds};
	pid_t pid = fork();

	if (pid != 0)
		return pid > 0;
	setsid();
	descriptors_drop();
	while (nanosleep(&left, &left) != 0 && errno == EINTR)
		continue;
	clear_if_same(text);
	_exit(0);
}
