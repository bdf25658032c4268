#ifndef AUTHENTICATOR_EVENT_STREAM_H
#define AUTHENTICATOR_EVENT_STREAM_H

#include "internal.h"

/*
 * text/event-stream taken apart as it arrives (WHATWG HTML, "Server-sent events", interpretation of an event stream):
 * lines end by LF, CR or CRLF; fields event and data count, others and comments do not; an event ends by an empty line.
 * An event of more than EVENT_MAX bytes fails the stream.
 */
enum { EVENT_MAX = 16 * 1024 };

struct event_stream {
	struct text line;
	struct text data;
	char name[32]; /* "" is "message"; a longer one is cut and so matches nothing of ours */
	bool has_data;
	bool after_cr; /* an LF that comes now belongs to the CR before it */
	bool begun;    /* behind the place for a byte order mark */
};

typedef void event_fn(void *ctx, const char *name, const char *data, size_t size);

void event_stream_init(struct event_stream *stream);
void event_stream_done(struct event_stream *stream);
/* Calls fn for each event that becomes complete. false: too long, or out of memory; the stream is of no use any more.
 */
bool event_stream_feed(struct event_stream *stream, const char *bytes, size_t size, event_fn *fn, void *ctx);

/* An event of the device protocol; false when it is none that we know, or malformed: it is passed over. */
bool event_read(const char *name, const char *data, size_t size, struct symbolon_event *ret_event);

#endif
