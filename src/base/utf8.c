/* What Unicode demands of text that machines read and people see. */
#include "base/text.h"

#include <string.h>

#include "base/arena.h"

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */
#define ELLIPSIS    "\xE2\x80\xA6" /* U+2026 */

struct range {
	uint32_t first, last;
};

/* Controls, format and bidirectional marks, and what shows as nothing (Unicode: Cc, Cf, Default_Ignorable). */
static const struct range hidden[] = {
	{0x0000, 0x001F},   {0x007F, 0x009F},   {0x00AD, 0x00AD},   {0x034F, 0x034F},   {0x0600, 0x0605},
	{0x061C, 0x061C},   {0x06DD, 0x06DD},   {0x070F, 0x070F},   {0x0890, 0x0891},   {0x08E2, 0x08E2},
	{0x115F, 0x1160},   {0x17B4, 0x17B5},   {0x180B, 0x180F},   {0x200B, 0x200F},   {0x2028, 0x202E},
	{0x2060, 0x206F},   {0x2800, 0x2800},   {0x3164, 0x3164},   {0xFDD0, 0xFDEF},   {0xFE00, 0xFE0F},
	{0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},   {0xFFF0, 0xFFFB},   {0xFFFE, 0xFFFF},   {0x110BD, 0x110BD},
	{0x110CD, 0x110CD}, {0x13430, 0x1345F}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},
};

static const struct range blanks[] = {
	{0x0020, 0x0020}, {0x00A0, 0x00A0}, {0x1680, 0x1680}, {0x2000, 0x200A},
	{0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000},
};

static bool ranges_have(const struct range *ranges, size_t count, uint32_t character)
{
	for (size_t i = 0; i < count; i++)
		if (character >= ranges[i].first && character <= ranges[i].last)
			return true;
	return false;
}

static bool character_is_hidden(uint32_t character)
{
	if (character >= 0x20 && character < 0x7F)
		return false;
	/* the last two of every plane are no characters */
	return (character & 0xFFFE) == 0xFFFE || ranges_have(hidden, ARRAY_COUNT(hidden), character);
}

/* How long the sequence is that this byte begins, and the bits that it carries; 0 when it cannot begin one. */
static size_t lead_parse(uint8_t lead, uint32_t *ret_bits, uint32_t *ret_least)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t size;

	if (lead < 0x80)
		size = 1;
	else if (lead >= 0xC2 && lead <= 0xDF)
		size = 2;
	else if ((lead & 0xF0) == 0xE0)
		size = 3;
	else if (lead >= 0xF0 && lead <= 0xF4)
		size = 4;
	else
		return 0;
	*ret_bits = size == 1 ? lead : lead & (0xFFU >> (size + 1));
	*ret_least = least[size];
	return size;
}

size_t utf8_decode(const char *text, size_t size, uint32_t *ret_character)
{
	uint32_t character, least;
	size_t length;

	if (size == 0)
		return 0;
	length = lead_parse((uint8_t)text[0], &character, &least);
	if (length == 0 || length > size)
		return 0;
	for (size_t i = 1; i < length; i++) {
		uint8_t byte = (uint8_t)text[i];

		if ((byte & 0xC0) != 0x80)
			return 0;
		character = character << 6 | (byte & 0x3F);
	}
	if (character < least || character > 0x10FFFF || (character >= 0xD800 && character <= 0xDFFF))
		return 0;
	*ret_character = character;
	return length;
}

bool utf8_is_valid(const char *text, size_t size)
{
	while (size > 0) {
		uint32_t character;
		size_t length = utf8_decode(text, size, &character);

		if (length == 0 || character == 0)
			return false;
		text += length;
		size -= length;
	}
	return true;
}

size_t utf8_count(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += ((uint8_t)*text & 0xC0) != 0x80;
	return count;
}

bool text_is_displayable(const char *text)
{
	bool blank = true;

	for (size_t size = text ? strlen(text) : 0; size > 0;) {
		uint32_t character;
		size_t length = utf8_decode(text, size, &character);

		if (length == 0 || character_is_hidden(character))
			return false;
		blank = blank && ranges_have(blanks, ARRAY_COUNT(blanks), character);
		text += length;
		size -= length;
	}
	return !blank;
}

void text_add_clean(struct text *out, const char *text, size_t size, size_t max_chars)
{
	size_t last_at = out->size; /* where the last character that fits begins: an ellipsis may replace it */

	for (size_t chars = 0; size > 0; chars++) {
		uint32_t character;
		size_t length = utf8_decode(text, size, &character);
		bool shown = length > 0 && !character_is_hidden(character);

		if (chars == max_chars) {
			text_cut(out, last_at);
			if (max_chars > 0)
				text_add(out, ELLIPSIS);
			return;
		}
		last_at = out->size;
		if (shown)
			text_add_bytes(out, text, length);
		else
			text_add(out, REPLACEMENT);
		text += length ? length : 1;
		size -= length ? length : 1;
	}
}

enum status text_clean(struct arena *arena, const char *text, size_t size, size_t max_chars, char **ret_clean)
{
	struct text clean;
	char *copy = NULL;

	if (size > SIZE_MAX / 4)
		return E_NOMEM;
	text_init(&clean, size * 3 + sizeof(ELLIPSIS));
	text_add_clean(&clean, text, size, max_chars);
	if (!clean.failed)
		copy = arena_memdup(arena, clean.data ? clean.data : "", clean.size + 1);
	text_done(&clean);
	if (!copy)
		return E_NOMEM;
	*ret_clean = copy;
	return OK;
}
