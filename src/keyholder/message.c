#include "keyholder/message.h"

#include <string.h>

enum { HEAD_SIZE = 2, FIELD_HEAD_SIZE = 5, NUMBER_SIZE = 8 };

static void integer_put(uint64_t value, uint8_t *out, size_t size)
{
	for (size_t i = size; i-- > 0; value >>= 8)
		out[i] = (uint8_t)value;
}

static uint64_t integer_get(const uint8_t *bytes, size_t size)
{
	uint64_t value = 0;

	for (size_t i = 0; i < size; i++)
		value = value << 8 | bytes[i];
	return value;
}

void message_begin(struct text *message, uint8_t kind)
{
	const uint8_t head[HEAD_SIZE] = {MESSAGE_VERSION, kind};

	text_init(message, MESSAGE_SIZE_MAX);
	text_add_bytes(message, head, sizeof(head));
}

static void field_add(struct text *message, char type, const void *bytes, size_t size)
{
	uint8_t head[FIELD_HEAD_SIZE] = {(uint8_t)type};

	if (size > MESSAGE_SIZE_MAX) {
		message->failed = true;
		return;
	}
	integer_put(size, head + 1, FIELD_HEAD_SIZE - 1);
	text_add_bytes(message, head, sizeof(head));
	text_add_bytes(message, bytes, size);
}

void message_add_number(struct text *message, int64_t number)
{
	uint8_t bytes[NUMBER_SIZE];

	integer_put((uint64_t)number, bytes, sizeof(bytes));
	field_add(message, 'n', bytes, sizeof(bytes));
}

void message_add_text(struct text *message, const char *text)
{
	text = text ? text : "";
	field_add(message, 't', text, strlen(text) + 1);
}

void message_add_bytes(struct text *message, const void *bytes, size_t size)
{
	field_add(message, 'b', bytes, size);
}

enum status message_open(const uint8_t *bytes, size_t size, struct message_reader *ret_reader)
{
	if (size < HEAD_SIZE || size > MESSAGE_SIZE_MAX || bytes[0] != MESSAGE_VERSION)
		return E_INVALID;
	*ret_reader = (struct message_reader){.at = bytes + HEAD_SIZE, .end = bytes + size, .kind = bytes[1]};
	return OK;
}

/* The next field when it has this type; NULL and failed otherwise. */
static const uint8_t *field_take(struct message_reader *reader, char type, size_t *ret_size)
{
	size_t left = (size_t)(reader->end - reader->at);

	if (!reader->failed && left >= FIELD_HEAD_SIZE && reader->at[0] == (uint8_t)type) {
		const uint8_t *bytes = reader->at + FIELD_HEAD_SIZE;
		uint64_t size = integer_get(reader->at + 1, FIELD_HEAD_SIZE - 1);
		if (size <= left - FIELD_HEAD_SIZE) {
			reader->at = bytes + size;
			*ret_size = (size_t)size;
			return bytes;
		}
	}
	reader->failed = true;
	return NULL;
}

int64_t message_number(struct message_reader *reader)
{
	const uint8_t *bytes = NULL;
	size_t size = 0;

	bytes = field_take(reader, 'n', &size);
	if (bytes && size == NUMBER_SIZE)
		return (int64_t)integer_get(bytes, NUMBER_SIZE);
	reader->failed = true;
	return 0;
}

const char *message_text(struct message_reader *reader)
{
	size_t size = 0;
	const uint8_t *bytes = field_take(reader, 't', &size);

	if (bytes && size > 0 && memchr(bytes, '\0', size) == bytes + size - 1)
		return (const char *)bytes;
	reader->failed = true;
	return "";
}

const uint8_t *message_bytes(struct message_reader *reader, size_t *ret_size)
{
	static const uint8_t nothing[1];
	size_t size = 0;
	const uint8_t *bytes = field_take(reader, 'b', &size);

	*ret_size = size;
	return bytes ? bytes : nothing;
}

const uint8_t *message_exact(struct message_reader *reader, size_t size)
{
	size_t found = 0;
	const uint8_t *bytes = message_bytes(reader, &found);

	if (!reader->failed && found == size)
		return bytes;
	reader->failed = true;
	return NULL;
}

bool message_is_done(const struct message_reader *reader)
{
	return !reader->failed && reader->at == reader->end;
}
