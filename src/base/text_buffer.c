#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"

#define FIRST_CAPACITY 128

void text_init(struct text *text, size_t limit)
{
	*text = (struct text){.limit = limit < SIZE_MAX / 4 ? limit : SIZE_MAX / 4};
}

void text_done(struct text *text)
{
	size_t limit = text->limit;

	if (text->data) {
		secret_zero(text->data, text->capacity);
		free(text->data);
	}
	text_init(text, limit);
}

/* Not realloc: it would leave a copy of what may be secret behind. */
static bool text_grow(struct text *text, size_t wanted)
{
	size_t capacity = text->capacity ? text->capacity : FIRST_CAPACITY;
	char *data;

	while (capacity < wanted)
		capacity *= 2;
	data = malloc(capacity);
	if (!data)
		return false;
	if (text->data) {
		memcpy(data, text->data, text->size + 1);
		secret_zero(text->data, text->capacity);
		free(text->data);
	}
	text->data = data;
	text->capacity = capacity;
	return true;
}

/* Room for `size` more bytes and the NUL; NULL, and failed, when there is none. */
static char *text_reserve(struct text *text, size_t size)
{
	if (text->failed)
		return NULL;
	if (size > text->limit - text->size ||
	    (text->size + size + 1 > text->capacity && !text_grow(text, text->size + size + 1))) {
		text->failed = true;
		return NULL;
	}
	return text->data + text->size;
}

void text_add_bytes(struct text *text, const void *data, size_t size)
{
	char *room = text_reserve(text, size);

	if (!room)
		return;
	if (size > 0)
		memcpy(room, data, size);
	room[size] = '\0';
	text->size += size;
}

void text_add(struct text *text, const char *data)
{
	text_add_bytes(text, data, strlen(data));
}

void text_cut(struct text *text, size_t size)
{
	if (size >= text->size)
		return;
	secret_zero(text->data + size, text->size - size);
	text->size = size;
}

void text_add_format(struct text *text, const char *format, ...)
{
	va_list args, again;
	char *room = NULL;
	int length;

	va_start(args, format);
	va_copy(again, args);
	length = vsnprintf(NULL, 0, format, args);
	if (length >= 0)
		room = text_reserve(text, (size_t)length);
	else
		text->failed = true;
	if (room) {
		vsnprintf(room, (size_t)length + 1, format, again);
		text->size += (size_t)length;
	}
	va_end(again);
	va_end(args);
}

/* Valid UTF-8 as it is, a byte that is not as U+FFFD; returns how far to go on. */
static size_t add_character(struct text *text, const char *data, size_t size, const char *escaped)
{
	uint32_t character;
	size_t length = utf8_decode(data, size, &character);

	if (escaped)
		text_add(text, escaped);
	else if (length > 0)
		text_add_bytes(text, data, length);
	else
		text_add(text, "\xEF\xBF\xBD");
	return length ? length : 1;
}

static const char *json_escape(const char *data, size_t size, char scratch[8])
{
	uint32_t character;

	if (utf8_decode(data, size, &character) == 0)
		return NULL;
	switch (character) {
	case '"': return "\\\"";
	case '\\': return "\\\\";
	case '\n': return "\\n";
	case '\r': return "\\r";
	case '\t': return "\\t";
	default: break;
	}
	if (character >= 0x20 && !strchr("<>&\x7f", (int)(character < 0x80 ? character : 'x')) && character != 0x2028 &&
	    character != 0x2029)
		return NULL;
	snprintf(scratch, 8, "\\u%04x", character & 0xFFFF);
	return scratch;
}

void text_add_json_string(struct text *text, const char *data)
{
	char scratch[8];

	text_add(text, "\"");
	for (size_t size = data ? strlen(data) : 0; size > 0 && !text->failed;) {
		size_t length = add_character(text, data, size, json_escape(data, size, scratch));

		data += length;
		size -= length;
	}
	text_add(text, "\"");
}

static const char *html_escape(char c)
{
	switch (c) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '"': return "&quot;";
	case '\'': return "&#39;";
	default: return NULL;
	}
}

void text_add_html(struct text *text, const char *data)
{
	for (size_t size = data ? strlen(data) : 0; size > 0 && !text->failed;) {
		size_t length = add_character(text, data, size, html_escape(*data));

		data += length;
		size -= length;
	}
}

void text_add_percent(struct text *text, const char *data)
{
	for (; data && *data && !text->failed; data++) {
		char c = *data;
		bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
			     strchr("-._~", c) != NULL;

		if (plain)
			text_add_bytes(text, &c, 1);
		else
			text_add_format(text, "%%%02X", (unsigned)(uint8_t)c);
	}
}
