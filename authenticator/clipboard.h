#ifndef AUTHENTICATOR_CLIPBOARD_H
#define AUTHENTICATOR_CLIPBOARD_H

#include "terminal.h"

/*
 * The clipboard, through the program that the desktop has for it, with the text on its standard input, never on its
 * command line: wl-copy and wl-paste where $WAYLAND_DISPLAY is set, else xclip or xsel where $DISPLAY is. Without
 * either, at a terminal, by its escape sequence OSC 52, which most terminals pass on, also through ssh, and which
 * cannot be read back.
 */
enum clipboard_kind { CLIPBOARD_PROGRAM, CLIPBOARD_TERMINAL };

/* EXIT_TROUBLE, said, when there is no way or the program fails. */
enum exit_code clipboard_copy(const char *text, enum clipboard_kind *ret_kind);

/*
 * Starts a process that outlives this one: after `seconds` it empties the clipboard if that still holds `text`. It
 * keeps no descriptor of ours. For CLIPBOARD_PROGRAM only; false when it could not be started.
 */
bool clipboard_clear_later(const char *text, int64_t seconds);

#endif
