#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "terminal.h"

enum { ROWS = 5, COLUMNS = 5 };

/* Each letter's rows, top first; 1 is ink. Zero is slashed, to differ from O. */
static const char *const glyphs[128] = {
	/* clang-format off */
	['A'] = "01110/10001/11111/10001/10001", ['B'] = "11110/10001/11110/10001/11110",
	['C'] = "01111/10000/10000/10000/01111", ['D'] = "11110/10001/10001/10001/11110",
	['E'] = "11111/10000/11110/10000/11111", ['F'] = "11111/10000/11110/10000/10000",
	['G'] = "01111/10000/10011/10001/01111", ['H'] = "10001/10001/11111/10001/10001",
	['I'] = "11111/00100/00100/00100/11111", ['J'] = "00111/00001/00001/10001/01110",
	['K'] = "10001/10010/11100/10010/10001", ['L'] = "10000/10000/10000/10000/11111",
	['M'] = "10001/11011/10101/10001/10001", ['N'] = "10001/11001/10101/10011/10001",
	['O'] = "01110/10001/10001/10001/01110", ['P'] = "11110/10001/11110/10000/10000",
	['Q'] = "01110/10001/10101/10010/01101", ['R'] = "11110/10001/11110/10010/10001",
	['S'] = "01111/10000/01110/00001/11110", ['T'] = "11111/00100/00100/00100/00100",
	['U'] = "10001/10001/10001/10001/01110", ['V'] = "10001/10001/10001/01010/00100",
	['W'] = "10001/10001/10101/11011/10001", ['X'] = "10001/01010/00100/01010/10001",
	['Y'] = "10001/01010/00100/00100/00100", ['Z'] = "11111/00010/00100/01000/11111",
	['0'] = "01110/10011/10101/11001/01110", ['1'] = "00100/01100/00100/00100/01110",
	['2'] = "11110/00001/01110/10000/11111", ['3'] = "11110/00001/01110/00001/11110",
	['4'] = "10010/10010/11111/00010/00010", ['5'] = "11111/10000/11110/00001/11110",
	['6'] = "01110/10000/11110/10001/01110", ['7'] = "11111/00001/00010/00100/00100",
	['8'] = "01110/10001/01110/10001/01110", ['9'] = "01110/10001/01111/00001/01110",
	/* clang-format on */
};

/* Block characters where the terminal is said to speak UTF-8. */
static bool speaks_utf8(void)
{
	const char *locale = getenv("LC_ALL");

	if (text_is_empty(locale))
		locale = getenv("LC_CTYPE");
	if (text_is_empty(locale))
		locale = getenv("LANG");
	return locale && (strcasestr(locale, "utf-8") || strcasestr(locale, "utf8"));
}

static void print_row(const char *text, int row, const char *ink)
{
	fputs("    ", stdout);
	for (const char *at = text; *at; at++) {
		const char *glyph = glyphs[*at & 0x7f];

		for (int column = 0; column < COLUMNS; column++) {
			bool inked = glyph && glyph[row * (COLUMNS + 1) + column] == '1';
			fputs(inked ? ink : "  ", stdout);
		}
		fputs("   ", stdout);
	}
	putchar('\n');
}

void print_large(const char *text)
{
	const char *ink = speaks_utf8() ? "\xe2\x96\x88\xe2\x96\x88" : "##";

	putchar('\n');
	for (int row = 0; row < ROWS; row++) {
		fputs(style(STYLE_BOLD), stdout);
		print_row(text, row, ink);
		fputs(style(STYLE_PLAIN), stdout);
	}
	printf("\n    %s\n\n", text);
}
