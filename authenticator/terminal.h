#ifndef AUTHENTICATOR_TERMINAL_H
#define AUTHENTICATOR_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/text.h"
#include "symbolon-device.h"

/* How the command ends: a contract with scripts. */
enum exit_code { EXIT_DONE = 0, EXIT_REFUSED = 1, EXIT_BAD_USAGE = 2, EXIT_TROUBLE = 3 };

/* Whether errors are also JSON lines on standard output. */
void terminal_json_set(bool json);

/*
 * Say on standard error what is wrong, where and what to do; with --json also {"error": word, "message": …} on
 * standard output. Returns `code`.
 */
enum exit_code complain(enum exit_code code, const char *word, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
enum exit_code complain_memory(void);
/* The same for what the library said: `what` failed ("the answer to …"), `issuer` is where. */
enum exit_code complain_result(enum symbolon_result result, const struct symbolon_error *error, const char *what,
			       const char *issuer);
/* On standard error, no failure. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* One line of JSON in ASCII on standard output, at once; takes `json`. */
enum exit_code print_json(json_t *json);

/* Text from outside, safe for a terminal: controls, invisible and bidirectional marks replaced, cut at 256 characters.
 */
const char *shown(struct arena *arena, const char *text);

/* Bold, red and so on when standard output is a terminal and NO_COLOR is not set (no-color.org); "" otherwise. */
enum style { STYLE_PLAIN, STYLE_BOLD, STYLE_ALERT, STYLE_DIM };
const char *style(enum style style);

/* Letters and digits five lines high, and the same in one line below them. */
void print_large(const char *text);

/* "Question [y/N] "; false for anything but yes, and when nobody is there to answer. */
bool ask_yes(const char *question);

/* ---- passphrases ---- */

enum { PASSPHRASE_MAX = 256 };

/*
 * From the file that $SYMBOLON_AUTHENTICATOR_PASSPHRASE_FILE names (its first line), else from the terminal without
 * echo. `ret_passphrase` has PASSPHRASE_MAX + 1 bytes; zero it when done.
 */
enum exit_code passphrase_read(const char *prompt, char *ret_passphrase);
/* One that is not the vault's: from `file`, else from the terminal. */
enum exit_code passphrase_read_from(const char *file, const char *prompt, char *ret_passphrase);
/* A new one: from `file`, else from the terminal twice. At least 8 characters. */
enum exit_code passphrase_read_new_for(const char *file, char *ret_passphrase);
/* The vault's new one: from `file`, else from $SYMBOLON_AUTHENTICATOR_PASSPHRASE_FILE, else as above. */
enum exit_code passphrase_read_new(const char *file, char *ret_passphrase);

/* ---- lines from a descriptor that is also waited for ---- */

struct line_reader {
	int fd; /* -1 once it has ended */
	struct text kept;
};
void line_reader_init(struct line_reader *reader, int fd);
void line_reader_done(struct line_reader *reader);
void line_reader_fill(struct line_reader *reader);    /* one read(2) */
void line_reader_discard(struct line_reader *reader); /* what was typed before a question was asked */
/* A whole line without its end; a too long one comes as "". false: none yet. */
bool line_reader_take(struct line_reader *reader, char *out, size_t out_size);

#endif
