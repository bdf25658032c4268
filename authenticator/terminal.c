#include "terminal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static bool json_errors;

void terminal_json_set(bool json)
{
	json_errors = json;
}

enum exit_code print_json(json_t *json)
{
	scoped_json *owned = json;

	if (!owned)
		return complain_memory();
	/* ASCII: whatever came from outside cannot move the cursor or turn the direction of a line. */
	if (json_dumpf(owned, stdout, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_ENCODE_ANY) != 0 ||
	    putchar('\n') == EOF || fflush(stdout) != 0)
		return complain(EXIT_TROUBLE, "output", "cannot write to standard output");
	return EXIT_DONE;
}

enum exit_code complain(enum exit_code code, const char *word, const char *format, ...)
{
	char message[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	fflush(stdout);
	fprintf(stderr, "symbolon-authenticator: %s\n", message);
	if (json_errors) {
		json_t *json = json_pack("{s:s, s:s}", "error", word, "message", message);
		if (json)
			json_dumpf(json, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
		json_decref(json);
		putchar('\n');
		fflush(stdout);
	}
	return code;
}

enum exit_code complain_memory(void)
{
	return complain(EXIT_TROUBLE, "no_memory", "out of memory");
}

void note(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

static const char *result_advice(enum symbolon_result result)
{
	switch (result) {
	case SYMBOLON_INVALID: return "check what you gave";
	case SYMBOLON_UNREACHABLE: return "check the network, then try again";
	case SYMBOLON_BAD_ANSWER:
		return "check that the address is a Symbolon server and that this program is not too old";
	case SYMBOLON_REFUSED: return "if this device was removed, enrol it again";
	case SYMBOLON_NOT_FOUND:
		return "it may have ended; see: "
		       "symbolon-authenticator pending";
	case SYMBOLON_CONFLICT: return "nothing more to do here";
	case SYMBOLON_GONE: return "it is over; start again where it came from";
	case SYMBOLON_LATER: return "wait a little, then try again";
	default: return "";
	}
}

static const char *result_words(enum symbolon_result result)
{
	switch (result) {
	case SYMBOLON_INVALID: return "it does not fit";
	case SYMBOLON_UNREACHABLE: return "the server cannot be reached";
	case SYMBOLON_BAD_ANSWER: return "the server's answer cannot be understood";
	case SYMBOLON_REFUSED: return "the server refuses it";
	case SYMBOLON_NOT_FOUND: return "the server does not know it";
	case SYMBOLON_CONFLICT: return "it is settled already";
	case SYMBOLON_GONE: return "it is too late";
	case SYMBOLON_LATER: return "the server is busy";
	default: return symbolon_result_name(result);
	}
}

static enum exit_code result_exit(enum symbolon_result result)
{
	switch (result) {
	case SYMBOLON_OK: return EXIT_DONE;
	case SYMBOLON_INVALID: return EXIT_BAD_USAGE;
	case SYMBOLON_REFUSED:
	case SYMBOLON_NOT_FOUND:
	case SYMBOLON_CONFLICT:
	case SYMBOLON_GONE: return EXIT_REFUSED;
	default: return EXIT_TROUBLE;
	}
}

/* ": approved on Kitchen tablet" */
static const char *settled_text(struct arena *arena, const struct symbolon_error *error)
{
	const char *by = *error->settled_by ? shown(arena, error->settled_by) : "";

	if (!*error->state)
		return "";
	return arena_format(arena, " (%s%s%s)", shown(arena, error->state), *by ? " on " : "", by);
}

enum exit_code complain_result(enum symbolon_result result, const struct symbolon_error *error, const char *what,
			       const char *issuer)
{
	static const struct symbolon_error none;
	scoped_arena *arena = arena_new(64 * 1024);
	const struct symbolon_error *said = error ? error : &none;
	const char *message = *said->message ? shown(arena, said->message) : "";
	const char *settled = settled_text(arena, said);

	if (!message || !settled || result == SYMBOLON_NO_MEMORY)
		return complain_memory();
	return complain(result_exit(result), *said->code ? shown(arena, said->code) : symbolon_result_name(result),
			"%s at %s: %s%s%s%s; %s", what, issuer, result_words(result), settled, *message ? ": " : "",
			message, result_advice(result));
}

const char *shown(struct arena *arena, const char *text)
{
	char *clean = NULL;

	if (!text || text_clean(arena, text, strlen(text), 256, &clean) != OK)
		return "";
	return clean;
}

const char *style(enum style style)
{
	static const char *const codes[] = {[STYLE_PLAIN] = "\033[0m",
					    [STYLE_BOLD] = "\033[1m",
					    [STYLE_ALERT] = "\033[1;31m",
					    [STYLE_DIM] = "\033[2m"};
	const char *no_colour = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && text_is_empty(no_colour) ? codes[style] : "";
}

bool ask_yes(const char *question)
{
	char line[16];

	fprintf(stderr, "%s [y/N] ", question);
	fflush(stderr);
	if (!fgets(line, sizeof(line), stdin)) {
		fputc('\n', stderr);
		return false;
	}
	line[strcspn(line, "\r\n")] = '\0';
	return text_equal_nocase(line, "y") || text_equal_nocase(line, "yes");
}

void line_reader_init(struct line_reader *reader, int fd)
{
	reader->fd = fd;
	text_init(&reader->kept, 4096);
}

void line_reader_done(struct line_reader *reader)
{
	text_done(&reader->kept);
}

void line_reader_fill(struct line_reader *reader)
{
	char bytes[512];
	ssize_t size = reader->fd >= 0 ? read(reader->fd, bytes, sizeof(bytes)) : 0;

	if (size <= 0) {
		reader->fd = -1;
		return;
	}
	text_add_bytes(&reader->kept, bytes, (size_t)size);
	if (reader->kept.failed)
		line_reader_discard(reader);
}

void line_reader_discard(struct line_reader *reader)
{
	if (reader->fd >= 0 && isatty(reader->fd))
		tcflush(reader->fd, TCIFLUSH);
	text_done(&reader->kept);
	text_init(&reader->kept, 4096);
}

bool line_reader_take(struct line_reader *reader, char *out, size_t out_size)
{
	char *end = reader->kept.size ? memchr(reader->kept.data, '\n', reader->kept.size) : NULL;

	if (!end)
		return false;
	size_t size = (size_t)(end - reader->kept.data), used = size + 1;
	if (size > 0 && reader->kept.data[size - 1] == '\r')
		size--;
	if (size >= out_size || memchr(reader->kept.data, '\0', size))
		size = 0;
	memcpy(out, reader->kept.data, size);
	out[size] = '\0';
	size_t left = reader->kept.size - used;
	memmove(reader->kept.data, reader->kept.data + used, left);
	text_cut(&reader->kept, left);
	return true;
}
