#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "event_stream.h"

enum {
	QUEUE_MAX = 64,
	PENDING_MAX = 64,
	HEALTHY_MS = 10000,    /* a stream that lived so long is opened again at once */
	POLLS_BEFORE_TRY = 60, /* then the stream is tried again: the server may have learnt it */
	POLL_TIMEOUT_MS = 20000,
};

struct stream {
	struct symbolon_events *events;
	struct symbolon_device *device;
	CURL *curl;
	struct curl_slist *headers;
	enum { STREAM_WAITING, STREAM_OPEN, STREAM_OVER } state;
	bool polling;
	bool connected; /* its stream's headers were good */
	bool said_lost;
	bool clock_learnt; /* from a refusal since the last success: not again at once */
	unsigned failures;
	unsigned polls;
	int64_t next_at_ms;
	int64_t opened_at_ms;
	int64_t heard_at_ms;
	struct event_stream parser;
	struct text body;                               /* of polls and refusals */
	char pending[PENDING_MAX][SYMBOLON_ID_MAX + 1]; /* polling: what was pending the last time */
	size_t pending_count;
};

struct symbolon_events {
	CURLM *multi;
	struct symbolon_timing timing;
	struct stream *streams[SYMBOLON_EVENTS_MAX];
	size_t count;
	struct symbolon_event queue[QUEUE_MAX];
	size_t queue_from, queue_count;
};

static void queue_add(struct stream *stream, struct symbolon_event event)
{
	struct symbolon_events *events = stream->events;

	if (events->queue_count == QUEUE_MAX)
		return;
	event.device = stream->device;
	events->queue[(events->queue_from + events->queue_count++) % QUEUE_MAX] = event;
}

static void queue_add_kind(struct stream *stream, enum symbolon_event_kind kind)
{
	queue_add(stream, (struct symbolon_event){.kind = kind});
}

static bool queue_take(struct symbolon_events *events, struct symbolon_event *ret_event)
{
	if (events->queue_count == 0)
		return false;
	*ret_event = events->queue[events->queue_from];
	events->queue_from = (events->queue_from + 1) % QUEUE_MAX;
	events->queue_count--;
	return true;
}

/* Between half of it and all of it. */
static int64_t jitter(int64_t ms)
{
	return ms < 2 ? ms : ms / 2 + (int64_t)random_below(&random_system, (uint32_t)(ms / 2 + 1));
}

/* ---- what a stream receives ---- */

static long status_of(const struct stream *stream)
{
	long http_status = 0;

	curl_easy_getinfo(stream->curl, CURLINFO_RESPONSE_CODE, &http_status);
	return http_status;
}

static void stream_event(void *ctx, const char *name, const char *data, size_t size)
{
	struct symbolon_event event;

	if (event_read(name, data, size, &event))
		queue_add(ctx, event);
}

static size_t body_take(char *bytes, size_t one, size_t size, void *ctx)
{
	struct stream *stream = ctx;

	stream->heard_at_ms = clock_mono_ms();
	if (stream->connected)
		return event_stream_feed(&stream->parser, bytes, size, stream_event, stream) ? size : 0;
	text_add_bytes(&stream->body, bytes, size);
	return stream->body.failed ? 0 : size;
}

static bool type_is_stream(CURL *curl)
{
	char *type = NULL;

	curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
	return type && text_has_prefix(type, "text/event-stream");
}

/* The end of the headers of a good answer: the stream is open before its first event. */
static size_t header_take(char *bytes, size_t one, size_t size, void *ctx)
{
	struct stream *stream = ctx;
	bool end = size <= 2 && (size == 0 || bytes[0] == '\r' || bytes[0] == '\n');

	stream->heard_at_ms = clock_mono_ms();
	if (end && !stream->polling && status_of(stream) == 200 && type_is_stream(stream->curl)) {
		stream->connected = true;
		stream->said_lost = false;
		stream->clock_learnt = false;
		queue_add_kind(stream, SYMBOLON_EVENT_CONNECTED);
	}
	return size;
}

/* ---- opening and closing ---- */

static struct curl_slist *stream_headers(const struct stream *stream, const char *url)
{
	char *authorization = NULL;
	struct text line;
	struct curl_slist *list = NULL, *more;

	if (symbolon_request_authorization(stream->device, "GET", url, NULL, 0, symbolon_device_now(stream->device),
					   &authorization) != SYMBOLON_OK)
		return NULL;
	text_init(&line, 8192);
	text_add(&line, "Authorization: ");
	text_add(&line, authorization);
	if (!line.failed)
		list = curl_slist_append(NULL, line.data);
	if (list && (more = curl_slist_append(list, stream->polling ? "Accept: application/json"
								    : "Accept: text/event-stream")))
		list = more;
	text_done(&line);
	symbolon_text_free(&authorization);
	return list;
}

static void stream_reset(struct stream *stream)
{
	event_stream_done(&stream->parser);
	event_stream_init(&stream->parser);
	text_done(&stream->body);
	text_init(&stream->body, REPLY_MAX);
	stream->connected = false;
}

static enum symbolon_result stream_open(struct stream *stream)
{
	char url[URL_SIZE_MAX];

	TRY_RESULT(url_format(stream->device, stream->polling ? "/challenges" : "/events", url));
	if (!stream->curl)
		stream->curl = handle_new(stream->device);
	stream->headers = stream->curl ? stream_headers(stream, url) : NULL;
	if (!stream->headers)
		return SYMBOLON_NO_MEMORY;
	stream_reset(stream);
	curl_easy_setopt(stream->curl, CURLOPT_URL, url);
	curl_easy_setopt(stream->curl, CURLOPT_HTTPHEADER, stream->headers);
	curl_easy_setopt(stream->curl, CURLOPT_WRITEFUNCTION, body_take);
	curl_easy_setopt(stream->curl, CURLOPT_WRITEDATA, stream);
	curl_easy_setopt(stream->curl, CURLOPT_HEADERFUNCTION, header_take);
	curl_easy_setopt(stream->curl, CURLOPT_HEADERDATA, stream);
	curl_easy_setopt(stream->curl, CURLOPT_PRIVATE, stream);
	curl_easy_setopt(stream->curl, CURLOPT_TIMEOUT_MS, stream->polling ? (long)POLL_TIMEOUT_MS : 0L);
	if (curl_multi_add_handle(stream->events->multi, stream->curl) != CURLM_OK)
		return SYMBOLON_NO_MEMORY;
	stream->state = STREAM_OPEN;
	stream->opened_at_ms = stream->heard_at_ms = clock_mono_ms();
	return SYMBOLON_OK;
}

static void stream_close(struct stream *stream)
{
	if (stream->state == STREAM_OPEN)
		curl_multi_remove_handle(stream->events->multi, stream->curl);
	if (stream->curl)
		curl_easy_setopt(stream->curl, CURLOPT_HTTPHEADER, NULL);
	curl_slist_free_all(stream->headers);
	stream->headers = NULL;
	stream->state = STREAM_WAITING;
}

/* ---- what comes after ---- */

static void stream_try_in(struct stream *stream, int64_t ms)
{
	stream->next_at_ms = clock_mono_ms() + ms;
}

/* Later, each time later than before. */
static void stream_back_off(struct stream *stream, int64_t at_least_ms)
{
	const struct symbolon_timing *timing = &stream->events->timing;
	unsigned doublings = stream->failures < 16 ? stream->failures : 16;
	int64_t ms = timing->retry_first_ms << doublings;

	stream->failures++;
	ms = jitter(ms < timing->retry_most_ms ? ms : timing->retry_most_ms);
	stream_try_in(stream, ms > at_least_ms ? ms : at_least_ms);
	if (!stream->said_lost)
		queue_add_kind(stream, SYMBOLON_EVENT_LOST);
	stream->said_lost = true;
}

static void stream_ended(struct stream *stream)
{
	if (clock_mono_ms() - stream->opened_at_ms < HEALTHY_MS) {
		stream_back_off(stream, 0);
		return;
	}
	stream->failures = 0;
	stream_try_in(stream, jitter(500));
}

static bool ids_have(char ids[][SYMBOLON_ID_MAX + 1], size_t count, const char *id)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(ids[i], id) == 0)
			return true;
	return false;
}

/* Ids that were there and are not any more have ended; the new list takes the old one's place. */
static void polled_replace(struct stream *stream, char now[][SYMBOLON_ID_MAX + 1], size_t count)
{
	for (size_t i = 0; i < stream->pending_count; i++)
		if (!ids_have(now, count, stream->pending[i])) {
			struct symbolon_event event = {.kind = SYMBOLON_EVENT_ENDED, .state = "ended"};
			(void)TEXT_COPY(event.id, stream->pending[i]);
			queue_add(stream, event);
		}
	memcpy(stream->pending, now, count * sizeof(now[0]));
	stream->pending_count = count;
}

static bool polled_read(struct stream *stream)
{
	scoped_json *json = NULL;
	char ids[PENDING_MAX][SYMBOLON_ID_MAX + 1];
	size_t count = 0;

	if (!stream->body.data || json_parse_limited(stream->body.data, stream->body.size, JSON_DEPTH_MAX, &json) != OK)
		return false;
	const json_t *list = json_is_array(json) ? json : json_object_get(json, "challenges");
	size_t size = json_array_size(list);
	if (!json_is_array(list) || size > PENDING_MAX)
		return false;
	for (size_t i = 0; i < size; i++) {
		struct symbolon_event event = {.kind = SYMBOLON_EVENT_CHALLENGE};
		const json_t *item = json_array_get(list, i);
		const char *id = json_get_string(item, "id");
		if (!id_is_valid(id) || !TEXT_COPY(event.id, id))
			return false;
		status_ignore(json_take_int(item, "expires_at", 0, INT64_MAX, &event.expires_at), "0: not said");
		memcpy(ids[count++], event.id, sizeof(event.id));
		if (json_get_bool(item, "popup", true) && !ids_have(stream->pending, stream->pending_count, id))
			queue_add(stream, event);
	}
	polled_replace(stream, ids, count);
	return true;
}

static void stream_polled(struct stream *stream)
{
	if (!polled_read(stream)) {
		stream_back_off(stream, 0);
		return;
	}
	stream->failures = 0;
	stream->said_lost = false;
	stream->clock_learnt = false;
	if (++stream->polls >= POLLS_BEFORE_TRY) {
		stream->polling = false;
		stream->polls = 0;
	}
	stream_try_in(stream, jitter(stream->events->timing.poll_ms));
}

static void stream_refused(struct stream *stream, int http_status)
{
	curl_off_t retry_after = 0;
	struct symbolon_error error;
	struct reply reply = {.http_status = http_status, .body = stream->body};

	curl_easy_getinfo(stream->curl, CURLINFO_RETRY_AFTER, &retry_after);
	error_read(&reply, &error);
	bool off = skew_learn(stream->device, &error);
	if (off && !stream->clock_learnt) {
		stream->clock_learnt = true;
		stream_try_in(stream, 0);
	} else if (http_status == 404 && !stream->polling) {
		stream->polling = true;
		queue_add_kind(stream, SYMBOLON_EVENT_POLLING);
		stream_try_in(stream, 0);
	} else if ((http_status == 401 || http_status == 403 || http_status == 410) && !off) {
		stream->state = STREAM_OVER;
		queue_add_kind(stream, SYMBOLON_EVENT_REVOKED);
	} else {
		stream_back_off(stream, retry_after * 1000);
	}
}

static void stream_finish(struct stream *stream, CURLcode code)
{
	int http_status = (int)status_of(stream);
	bool connected = stream->connected;

	stream_close(stream);
	if (connected)
		stream_ended(stream);
	else if (code != CURLE_OK)
		stream_back_off(stream, 0);
	else if (http_status == 200 && stream->polling)
		stream_polled(stream);
	else
		stream_refused(stream, http_status);
}

/* ---- the set ---- */

enum symbolon_result symbolon_events_new(const struct symbolon_timing *timing, struct symbolon_events **ret_events)
{
	static const struct symbolon_timing usual = {.silence_ms = 60000,
						     .retry_first_ms = 1000,
						     .retry_most_ms = 60000,
						     .poll_ms = 5000};
	struct symbolon_events *events = calloc(1, sizeof(*events));

	if (!events)
		return SYMBOLON_NO_MEMORY;
	events->timing = timing ? *timing : usual;
	events->multi = curl_multi_init();
	if (!events->multi) {
		free(events);
		return SYMBOLON_NO_MEMORY;
	}
	*ret_events = events;
	return SYMBOLON_OK;
}

enum symbolon_result symbolon_events_add(struct symbolon_events *events, struct symbolon_device *device)
{
	if (events->count == SYMBOLON_EVENTS_MAX || !id_is_valid(device->id))
		return SYMBOLON_INVALID;
	struct stream *stream = calloc(1, sizeof(*stream));
	if (!stream)
		return SYMBOLON_NO_MEMORY;
	stream->events = events;
	stream->device = device;
	event_stream_init(&stream->parser);
	text_init(&stream->body, REPLY_MAX);
	events->streams[events->count++] = stream;
	return SYMBOLON_OK;
}

void symbolon_events_free(struct symbolon_events **events)
{
	if (!events || !*events)
		return;
	for (size_t i = 0; i < (*events)->count; i++) {
		struct stream *stream = (*events)->streams[i];
		stream_close(stream);
		if (stream->curl)
			curl_easy_cleanup(stream->curl);
		event_stream_done(&stream->parser);
		text_done(&stream->body);
		free(stream);
	}
	curl_multi_cleanup((*events)->multi);
	free(*events);
	*events = NULL;
}

/* Drops what is silent, opens what is due. */
static enum symbolon_result streams_tend(struct symbolon_events *events)
{
	int64_t now = clock_mono_ms();

	for (size_t i = 0; i < events->count; i++) {
		struct stream *stream = events->streams[i];

		if (stream->state == STREAM_OPEN && now - stream->heard_at_ms >= events->timing.silence_ms) {
			stream_close(stream);
			stream_back_off(stream, 0);
		}
		if (stream->state == STREAM_WAITING && now >= stream->next_at_ms)
			TRY_RESULT(stream_open(stream));
	}
	return SYMBOLON_OK;
}

/* When streams_tend has to be called again, but not later than `until`; in ms from now. */
static int64_t streams_due(const struct symbolon_events *events, int64_t until)
{
	int64_t now = clock_mono_ms();
	int64_t next = until - now < 60000 ? until : now + 60000;

	for (size_t i = 0; i < events->count; i++) {
		const struct stream *stream = events->streams[i];
		int64_t due = stream->state == STREAM_OPEN ? stream->heard_at_ms + events->timing.silence_ms
							   : stream->next_at_ms;

		if (stream->state != STREAM_OVER && due < next)
			next = due;
	}
	return next > now ? next - now : 0;
}

static void streams_run(struct symbolon_events *events)
{
	int running = 0, left = 0;
	CURLMsg *message;

	curl_multi_perform(events->multi, &running);
	while ((message = curl_multi_info_read(events->multi, &left))) {
		struct stream *stream = NULL;
		CURLcode code = message->data.result;
		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &stream);
		stream_finish(stream, code);
	}
}

/* curl tells of POLLIN only; the other end of a pipe that is closed shows as POLLHUP. */
static bool can_be_read(int fd)
{
	struct pollfd one = {.fd = fd, .events = POLLIN};

	return fd >= 0 && poll(&one, 1, 0) > 0;
}

enum symbolon_result symbolon_events_wait(struct symbolon_events *events, int fd, int64_t timeout_ms,
					  struct symbolon_event *ret_event)
{
	int64_t until = timeout_ms < 0 ? INT64_MAX : clock_mono_ms() + timeout_ms;
	struct curl_waitfd input = {.fd = fd, .events = CURL_WAIT_POLLIN};

	for (;;) {
		TRY_RESULT(streams_tend(events));
		streams_run(events);
		if (queue_take(events, ret_event))
			return SYMBOLON_OK;
		bool readable = can_be_read(fd);
		if (readable || clock_mono_ms() >= until) {
			*ret_event =
				(struct symbolon_event){.kind = readable ? SYMBOLON_EVENT_INPUT : SYMBOLON_EVENT_NONE};
			return SYMBOLON_OK;
		}
		curl_multi_poll(events->multi, fd >= 0 ? &input : NULL, fd >= 0, (int)streams_due(events, until), NULL);
	}
}
