#include "base/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"

#define STRING_MAX_CHARS 512
#define LINE_MAX_SIZE    65536

static atomic_int log_least = LOG_INFO_;
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static void (*log_sink)(void *ctx, const char *line);
static void *log_sink_ctx;

static const char *const level_names[] = {"debug", "info", "warn", "error"};

void log_level_set(enum log_level least)
{
	log_least = (int)least;
}

void log_sink_set(void (*sink)(void *ctx, const char *line), void *ctx)
{
	pthread_mutex_lock(&log_lock);
	log_sink = sink;
	log_sink_ctx = ctx;
	pthread_mutex_unlock(&log_lock);
}

static void line_add_string(struct text *line, const char *value)
{
	struct text clean;

	text_init(&clean, LINE_MAX_SIZE);
	/* one character more than may stay is enough to know that it was cut */
	text_add_clean(&clean, value, strnlen(value, (STRING_MAX_CHARS + 1) * 4), STRING_MAX_CHARS);
	line->failed = line->failed || clean.failed;
	text_add_json_string(line, clean.data);
	text_done(&clean);
}

static void line_begin(struct text *line, enum log_level level, const char *event)
{
	char time_text[CLOCK_TEXT_SIZE];
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	clock_format((int64_t)now.tv_sec, time_text);
	text_add_format(line, "{\"time\":\"%.19s.%03uZ\",\"level\":\"%s\",\"event\":", time_text,
			(unsigned)(now.tv_nsec / 1000000), level_names[level]);
	line_add_string(line, event);
}

static void line_add_field(struct text *line, const struct log_field *field)
{
	text_add(line, ",");
	line_add_string(line, field->key);
	text_add(line, ":");
	if (field->text)
		line_add_string(line, field->text);
	else
		text_add_format(line, "%lld", (long long)field->number);
}

/* One write for a line; the loop only matters when a pipe or a full disk takes a part of it. */
static void line_write(const char *data, size_t size)
{
	while (size > 0) {
		ssize_t written = write(STDERR_FILENO, data, size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return; /* nowhere to complain */
		data += written;
		size -= (size_t)written;
	}
}

static void line_emit(struct text *line)
{
	pthread_mutex_lock(&log_lock);
	if (log_sink) {
		log_sink(log_sink_ctx, line->data);
	} else {
		line->data[line->size] = '\n'; /* in the place of the NUL: the line is not used afterwards */
		line_write(line->data, line->size + 1);
	}
	pthread_mutex_unlock(&log_lock);
}

void log_event(enum log_level level, const char *event, const struct log_field *fields, size_t count)
{
	int saved_errno = errno;
	struct text line;

	if ((int)level < log_least)
		return;
	text_init(&line, LINE_MAX_SIZE);
	line_begin(&line, level, event);
	for (size_t i = 0; i < count; i++)
		line_add_field(&line, &fields[i]);
	text_add(&line, "}");
	if (line.failed) { /* an event is never lost silently: say at least that it was */
		text_done(&line);
		line_begin(&line, level, event);
		text_add(&line, ",\"cut\":true}");
	}
	if (!line.failed)
		line_emit(&line);
	text_done(&line);
	errno = saved_errno;
}
