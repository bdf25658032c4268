#include <string.h>

#include "event_stream.h"

void event_stream_init(struct event_stream *stream)
{
	*stream = (struct event_stream){0};
	text_init(&stream->line, EVENT_MAX);
	text_init(&stream->data, EVENT_MAX);
}

void event_stream_done(struct event_stream *stream)
{
	text_done(&stream->line);
	text_done(&stream->data);
}

static void event_finish(struct event_stream *stream, event_fn *fn, void *ctx)
{
	if (stream->has_data)
		fn(ctx, *stream->name ? stream->name : "message", stream->data.data ? stream->data.data : "",
		   stream->data.size);
	text_cut(&stream->data, 0);
	stream->name[0] = '\0';
	stream->has_data = false;
}

static bool field_is(const char *line, size_t size, const char *name)
{
	return size == strlen(name) && memcmp(line, name, size) == 0;
}

static void name_set(struct event_stream *stream, const char *value, size_t size)
{
	size_t kept = size < sizeof(stream->name) ? size : sizeof(stream->name) - 1;

	memcpy(stream->name, value, kept);
	stream->name[kept] = '\0';
}

static void data_add(struct event_stream *stream, const char *value, size_t size)
{
	if (stream->has_data)
		text_add_bytes(&stream->data, "\n", 1);
	text_add_bytes(&stream->data, value, size);
	stream->has_data = true;
}

static void line_finish(struct event_stream *stream, event_fn *fn, void *ctx)
{
	const char *line = stream->line.data ? stream->line.data : "";
	size_t size = stream->line.size;

	if (size == 0) {
		event_finish(stream, fn, ctx);
		return;
	}
	const char *colon = memchr(line, ':', size);
	size_t field_size = colon ? (size_t)(colon - line) : size;
	size_t value_at = colon ? field_size + 1 : size;
	if (value_at < size && line[value_at] == ' ')
		value_at++;
	if (field_is(line, field_size, "event"))
		name_set(stream, line + value_at, size - value_at);
	else if (field_is(line, field_size, "data"))
		data_add(stream, line + value_at, size - value_at);
	text_cut(&stream->line, 0);
}

/* A byte order mark at the very beginning is no part of the first line. */
static void mark_skip(struct event_stream *stream)
{
	if (stream->begun || stream->line.size != 3)
		return;
	stream->begun = true;
	if (memcmp(stream->line.data, "\xef\xbb\xbf", 3) == 0)
		text_cut(&stream->line, 0);
}

bool event_stream_feed(struct event_stream *stream, const char *bytes, size_t size, event_fn *fn, void *ctx)
{
	for (size_t i = 0; i < size; i++) {
		char byte = bytes[i];
		bool end = byte == '\r' || byte == '\n';

		if (!(byte == '\n' && stream->after_cr)) {
			if (end) {
				stream->begun = true;
				line_finish(stream, fn, ctx);
			} else {
				text_add_bytes(&stream->line, &byte, 1);
				mark_skip(stream);
			}
		}
		stream->after_cr = byte == '\r';
		if (stream->line.failed || stream->data.failed)
			return false;
	}
	return true;
}

static bool challenge_event_read(const json_t *json, struct symbolon_event *event)
{
	const char *id = json_get_string(json, "id");

	if (!id_is_valid(id) || !TEXT_COPY(event->id, id))
		return false;
	status_ignore(json_take_int(json, "expires_at", 0, INT64_MAX, &event->expires_at), "0: not said");
	return true;
}

bool event_read(const char *name, const char *data, size_t size, struct symbolon_event *ret_event)
{
	scoped_json *json = NULL;
	struct symbolon_event event = {0};
	bool good = true;

	if (json_parse_limited(data, size, JSON_DEPTH_MAX, &json) != OK || !json_is_object(json))
		return false;
	const char *state = json_get_string(json, "state");
	if (state && !TEXT_COPY(event.state, state))
		return false;
	if (strcmp(name, "challenge") == 0) {
		event.kind = SYMBOLON_EVENT_CHALLENGE;
		good = challenge_event_read(json, &event);
	} else if (strcmp(name, "ended") == 0) {
		event.kind = SYMBOLON_EVENT_ENDED;
		good = challenge_event_read(json, &event);
	} else if (strcmp(name, "device") == 0) {
		event.kind = SYMBOLON_EVENT_DEVICE;
	} else {
		return false;
	}
	if (good)
		*ret_event = event;
	return good;
}
