#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/secret.h"
#include "terminal.h"

enum { PASSPHRASE_LEAST = 8 };

static volatile sig_atomic_t caught;

static void catch (int number)
{
	caught = number;
}

static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};

static void signals_catch(struct sigaction old[])
{
	struct sigaction action = {.sa_handler = catch}; /* no SA_RESTART: the read ends */

	caught = 0;
	for (size_t i = 0; i < ARRAY_COUNT(signals); i++)
		sigaction(signals[i], &action, &old[i]);
}

static void signals_restore(const struct sigaction old[])
{
	for (size_t i = 0; i < ARRAY_COUNT(signals); i++)
		sigaction(signals[i], &old[i], NULL);
	if (caught)
		raise(caught);
}

/* Bytes up to the end of the line; false when nothing came, it is too long, or a signal ended it. */
static bool line_read(int fd, char *out, size_t out_size)
{
	size_t size = 0;
	char byte = 0;

	while (!caught) {
		ssize_t got = read(fd, &byte, 1);
		if (got <= 0 && size == 0)
			return false;
		if (got <= 0 || byte == '\n')
			break;
		if (size + 1 >= out_size)
			return false;
		out[size++] = byte;
	}
	if (size > 0 && out[size - 1] == '\r')
		size--;
	out[size] = '\0';
	return !caught;
}

static enum exit_code from_file(const char *path, char *ret_passphrase)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return complain(EXIT_TROUBLE, "passphrase_file", "cannot read the passphrase from %s: %s", path,
				strerror(errno));
	caught = 0;
	bool whole = line_read(fd, ret_passphrase, PASSPHRASE_MAX + 1);
	close(fd);
	if (!whole)
		return complain(EXIT_TROUBLE, "passphrase_file",
				"%s: the passphrase is its first line, of 1 to %d characters", path, PASSPHRASE_MAX);
	return EXIT_DONE;
}

/* The terminal is left as it was, whatever ends the reading. */
static enum exit_code from_terminal(const char *prompt, char *ret_passphrase)
{
	struct termios old, silent;
	struct sigaction actions[ARRAY_COUNT(signals)];
	int tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (tty < 0 || tcgetattr(tty, &old) != 0) {
		if (tty >= 0)
			close(tty);
		return complain(EXIT_TROUBLE, "no_terminal",
				"a passphrase is needed (%s) and there is no terminal to ask at; put it into a file: "
				"for the vault "
				"set SYMBOLON_AUTHENTICATOR_PASSPHRASE_FILE to its name, for another file give "
				"--passphrase-file",
				prompt);
	}
	silent = old;
	silent.c_lflag &= (tcflag_t) ~(ECHO | ECHOE | ECHOK | ECHONL);
	signals_catch(actions);
	tcsetattr(tty, TCSAFLUSH, &silent);
	dprintf(tty, "%s: ", prompt); /* only now: what is typed before is thrown away, and might be shown */
	bool whole = line_read(tty, ret_passphrase, PASSPHRASE_MAX + 1);
	tcsetattr(tty, TCSAFLUSH, &old);
	dprintf(tty, "\n");
	close(tty);
	signals_restore(actions);
	return whole ? EXIT_DONE : complain(EXIT_TROUBLE, "passphrase", "no passphrase was given");
}

enum exit_code passphrase_read(const char *prompt, char *ret_passphrase)
{
	const char *file = getenv("SYMBOLON_AUTHENTICATOR_PASSPHRASE_FILE");

	return file && *file ? from_file(file, ret_passphrase) : from_terminal(prompt, ret_passphrase);
}

enum exit_code passphrase_read_from(const char *file, const char *prompt, char *ret_passphrase)
{
	return file ? from_file(file, ret_passphrase) : from_terminal(prompt, ret_passphrase);
}

static enum exit_code read_twice(char *ret_passphrase)
{
	char again[PASSPHRASE_MAX + 1];
	enum exit_code code = from_terminal("New passphrase", ret_passphrase);

	if (code == EXIT_DONE)
		code = from_terminal("Again", again);
	if (code == EXIT_DONE && !secret_text_equal(ret_passphrase, again))
		code = complain(EXIT_REFUSED, "passphrase", "the two differ; nothing was changed");
	secret_zero(again, sizeof(again));
	return code;
}

enum exit_code passphrase_read_new_for(const char *file, char *ret_passphrase)
{
	enum exit_code code = file ? from_file(file, ret_passphrase) : read_twice(ret_passphrase);

	if (code == EXIT_DONE && strlen(ret_passphrase) < PASSPHRASE_LEAST)
		code = complain(EXIT_REFUSED, "passphrase",
				"a passphrase has at least %d characters; nothing was changed", PASSPHRASE_LEAST);
	return code;
}

enum exit_code passphrase_read_new(const char *file, char *ret_passphrase)
{
	const char *usual = getenv("SYMBOLON_AUTHENTICATOR_PASSPHRASE_FILE");

	return passphrase_read_new_for(file || text_is_empty(usual) ? file : usual, ret_passphrase);
}
