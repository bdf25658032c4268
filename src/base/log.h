#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stddef.h>
#include <stdint.h>

/*
 * One JSON object a line on standard error:
 *   {"time":"2026-11-24T06:00:00.123Z","level":"info","event":"login.approved","user":"…","login":"…"}
 * Strings are cleaned (as text_clean) and cut at 512 characters, so nobody's input can end a line or forge one.
 * No secret is ever given to it: no password, code, number, token, cookie or key.
 */
enum log_level { LOG_DEBUG_, LOG_INFO_, LOG_WARN_, LOG_ERROR_ };

struct log_field {
	const char *key;
	const char *text; /* NULL: `number` counts */
	int64_t number;
};

static inline const char *log_text_(const char *text)
{
	return text ? text : ""; /* evaluates once, and takes arrays without a warning */
}

#define LOG_S(k, v) ((struct log_field){.key = (k), .text = log_text_(v)})
#define LOG_N(k, v) ((struct log_field){.key = (k), .number = (int64_t)(v)})

/*
 * Thread-safe; keeps errno; opens no file. One write(2) a line. An event that would be longer than 64 KiB keeps its
 * name and gets "cut":true instead of its fields.
 */
void log_event(enum log_level level, const char *event, const struct log_field *fields, size_t count);
void log_level_set(enum log_level least);
/*
 * Where lines go instead of standard error (tests); NULL goes back. The line has no newline. The sink runs under the
 * log's lock: it must not log.
 */
void log_sink_set(void (*sink)(void *ctx, const char *line), void *ctx);

#define LOG_FIELDS_(...)                                                                                               \
	((const struct log_field[]){__VA_ARGS__}),                                                                     \
		(sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field))
#define log_debug(event, ...) log_event(LOG_DEBUG_, event, LOG_FIELDS_(__VA_ARGS__))
#define log_info(event, ...)  log_event(LOG_INFO_, event, LOG_FIELDS_(__VA_ARGS__))
#define log_warn(event, ...)  log_event(LOG_WARN_, event, LOG_FIELDS_(__VA_ARGS__))
#define log_error(event, ...) log_event(LOG_ERROR_, event, LOG_FIELDS_(__VA_ARGS__))

#endif
