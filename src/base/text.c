#include "base/text.h"

#include <string.h>

#include "base/arena.h"

static char ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool text_equal_nocase(const char *a, const char *b)
{
	if (!a || !b)
		return false;
	while (*a && ascii_lower(*a) == ascii_lower(*b)) {
		a++;
		b++;
	}
	return ascii_lower(*a) == ascii_lower(*b);
}

char *text_lower(struct arena *arena, const char *text)
{
	char *lower = arena_strdup(arena, text);

	for (char *next = lower; next && *next; next++)
		*next = ascii_lower(*next);
	return lower;
}

bool text_has_prefix(const char *text, const char *prefix)
{
	return text && strncmp(text, prefix, strlen(prefix)) == 0;
}

bool text_has_suffix(const char *text, const char *suffix)
{
	size_t size = text ? strlen(text) : 0;
	size_t suffix_size = strlen(suffix);

	return text && size >= suffix_size && strcmp(text + size - suffix_size, suffix) == 0;
}

bool text_is_empty(const char *text)
{
	return !text || !*text;
}

enum status words_each(const char *words, enum status (*fn)(const char *word, size_t size, void *ctx), void *ctx)
{
	while (words && *words) {
		size_t size = strcspn(words, " ");

		if (size > 0)
			TRY(fn(words, size, ctx));
		words += size;
		words += strspn(words, " ");
	}
	return OK;
}

static enum status word_compare(const char *word, size_t size, void *ctx)
{
	const char *wanted = ctx;

	return strlen(wanted) == size && memcmp(word, wanted, size) == 0 ? E_CONFLICT : OK;
}

bool words_has(const char *words, const char *word)
{
	return words_each(words, word_compare, (void *)(uintptr_t)word) == E_CONFLICT;
}

/* Counts downwards, because the least number has no positive twin. */
static enum status digits_parse(const char *text, size_t size, int64_t *ret_negative)
{
	int64_t value = 0;

	if (size == 0)
		return E_INVALID;
	for (size_t i = 0; i < size; i++) {
		if (text[i] < '0' || text[i] > '9')
			return E_INVALID;
		if (__builtin_mul_overflow(value, 10, &value) || __builtin_sub_overflow(value, text[i] - '0', &value))
			return E_INVALID;
	}
	*ret_negative = value;
	return OK;
}

enum status text_parse_int(const char *text, int64_t min, int64_t max, int64_t *ret_value)
{
	int64_t value;
	bool negative;

	if (!text)
		return E_INVALID;
	negative = *text == '-';
	text += negative;
	TRY(digits_parse(text, strlen(text), &value));
	if (!negative && __builtin_sub_overflow(0, value, &value))
		return E_INVALID;
	if (value < min || value > max)
		return E_INVALID;
	*ret_value = value;
	return OK;
}

static int64_t unit_seconds(char unit)
{
	switch (unit) {
	case 's': return 1;
	case 'm': return 60;
	case 'h': return 3600;
	case 'd': return 86400;
	default: return 0;
	}
}

enum status text_parse_duration(const char *text, int64_t *ret_seconds)
{
	size_t size = text ? strlen(text) : 0;
	int64_t unit = size > 0 ? unit_seconds(text[size - 1]) : 0;
	int64_t value;

	TRY(digits_parse(text, unit ? size - 1 : size, &value));
	if (__builtin_mul_overflow(value, -(unit ? unit : 1), &value))
		return E_INVALID;
	*ret_seconds = value;
	return OK;
}

#define DISTANCE_MAX 64

static size_t least_of(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* One row of the table after the other: `older` and `old` are the two rows above. */
static void distance_row(const char *a, size_t row, const char *b, size_t b_size, size_t (*rows)[DISTANCE_MAX + 1])
{
	size_t *older = rows[0], *old = rows[1], *new = rows[2];

	new[0] = row;
	for (size_t i = 1; i <= b_size; i++) {
		bool same = ascii_lower(a[row - 1]) == ascii_lower(b[i - 1]);
		bool swapped = row > 1 && i > 1 && ascii_lower(a[row - 1]) == ascii_lower(b[i - 2]) &&
			       ascii_lower(a[row - 2]) == ascii_lower(b[i - 1]);

		new[i] = least_of(old[i - 1] + !same, least_of(old[i], new[i - 1]) + 1);
		if (swapped)
			new[i] = least_of(new[i], older[i - 2] + 1);
	}
	memcpy(older, old, (b_size + 1) * sizeof(*old));
	memcpy(old, new, (b_size + 1) * sizeof(*new));
}

size_t text_distance(const char *a, const char *b)
{
	size_t rows[3][DISTANCE_MAX + 1] = {0};
	size_t a_size = strlen(a), b_size = strlen(b);

	if (a_size > DISTANCE_MAX || b_size > DISTANCE_MAX)
		return SIZE_MAX;
	for (size_t i = 0; i <= b_size; i++)
		rows[1][i] = i;
	for (size_t row = 1; row <= a_size; row++)
		distance_row(a, row, b, b_size, rows);
	return rows[1][b_size];
}
