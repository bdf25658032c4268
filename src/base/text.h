#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct arena;

/* Valid UTF-8 without overlong forms, surrogates or NUL. */
bool utf8_is_valid(const char *text, size_t size);
/* The first character and its bytes; 0 when they are not valid (or size is 0). NUL counts as a character here. */
size_t utf8_decode(const char *text, size_t size, uint32_t *ret_character);
size_t utf8_count(const char *text); /* characters of valid text */

/*
 * Text that may be shown to a person on one line: valid UTF-8, no controls, no bidirectional
 * overrides or isolates, no zero-width or other invisible characters, not only spaces.
 */
bool text_is_displayable(const char *text);

/*
 * The same made displayable: what may not be shown (and each byte that is not UTF-8) becomes U+FFFD. The result has
 * at most `max_chars` characters; when it was cut, the last of them is an ellipsis. Blank text stays blank.
 * For log lines and names from outside. E_NOMEM only.
 */
enum status must_check text_clean(struct arena *arena, const char *text, size_t size, size_t max_chars,
				  char **ret_clean);

/* ASCII only; locale never matters. */
bool text_equal_nocase(const char *a, const char *b);
char *text_lower(struct arena *arena, const char *text);
bool text_has_prefix(const char *text, const char *prefix);
bool text_has_suffix(const char *text, const char *suffix);
bool text_is_empty(const char *text); /* NULL or "" */

/* Whether a space-separated list (scope, prompt, acr_values) holds the word. */
bool words_has(const char *words, const char *word);
/* Calls fn for each word of a space-separated list; stops at the first status that is not OK. */
enum status must_check words_each(const char *words, enum status (*fn)(const char *word, size_t size, void *ctx),
				  void *ctx);

/* A decimal number, all of the text, no sign but an optional '-', within [min, max]. */
enum status must_check text_parse_int(const char *text, int64_t min, int64_t max, int64_t *ret_value);

/* "90", "15s", "10m", "12h", "30d" in seconds; no sign, one unit. */
enum status must_check text_parse_duration(const char *text, int64_t *ret_seconds);

/*
 * How many single mistakes (a letter added, missing, other or swapped with its neighbour) lie between two words, either
 * case; SIZE_MAX when one is longer than 64 bytes. For "did you mean".
 */
size_t text_distance(const char *a, const char *b);

/* A growing buffer with a limit; once a write does not fit, `failed` stays set and nothing more is added. */
struct text {
	char *data; /* NUL-terminated when not NULL */
	size_t size;
	size_t capacity;
	size_t limit;
	bool failed;
};

void text_init(struct text *text, size_t limit);
void text_done(struct text *text);             /* zeroes and frees */
void text_cut(struct text *text, size_t size); /* keep only the first `size` bytes, zero the rest */
void text_add(struct text *text, const char *data);
void text_add_bytes(struct text *text, const void *data, size_t size);
void text_add_format(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_add_clean(struct text *out, const char *text, size_t size, size_t max_chars); /* as text_clean */
/* The next three take NULL as "". */
void text_add_json_string(
	struct text *text,
	const char *data); /* quoted and escaped; '<', '>' and '&' as \u00XX; a byte that is not UTF-8 as U+FFFD */
void text_add_html(struct text *text, const char *data);    /* escaped for element content and quoted attributes */
void text_add_percent(struct text *text, const char *data); /* RFC 3986 unreserved stay */

#endif
