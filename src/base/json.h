#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/status.h"

struct arena;

/*
 * Jansson with limits. Outside bytes become a tree only through json_parse_limited: duplicate keys, more than
 * `max_depth` levels, NUL in strings, invalid UTF-8, trailing bytes, numbers that do not fit and a top that is neither
 * object nor array are E_INVALID. A flat object has one level.
 *
 * Every program that links this has jansson zero its memory when it frees it.
 */
enum status must_check json_parse_limited(const char *bytes, size_t size, size_t max_depth, json_t **ret_json);

/* The member as a string borrowed from `object`; NULL when absent or of another type. */
const char *json_get_string(const json_t *object, const char *key);
/* E_NOT_FOUND when absent or null, E_INVALID when of another type or out of range. */
enum status must_check json_take_int(const json_t *object, const char *key, int64_t min, int64_t max,
				     int64_t *ret_value);
/* `otherwise` when absent or of another type. */
bool json_get_bool(const json_t *object, const char *key, bool otherwise);

/* Compact text in the arena, keys in the order they were set; NULL when out of memory. */
char *json_format(struct arena *arena, const json_t *json);
/* The same, safe inside an HTML <script> data block ('<', '>', '&', U+2028/9 escaped). */
char *json_format_html(struct arena *arena, const json_t *json);

static inline void json_cleanup_(json_t **json)
{
	json_decref(*json);
}
#define scoped_json __attribute__((cleanup(json_cleanup_))) json_t

#endif
