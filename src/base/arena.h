#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

/*
 * Memory that lives as long as one request or one command. Everything is zeroed when it is handed
 * out and again when the arena is freed, so secrets do not outlive their request. In sanitizer
 * builds every allocation is a malloc of its own, so overruns are seen.
 *
 * An arena belongs to one thread at a time.
 */
struct arena;

/* A new arena that hands out at most `limit` bytes; NULL when out of memory. */
struct arena *arena_new(size_t limit);
/* Runs the deferred hooks, newest first, zeroes and frees everything. Accepts NULL. */
void arena_free(struct arena *arena);

/*
 * All of these return NULL when the limit or the memory is reached, or when `arena` is NULL. Memory is zeroed and
 * aligned for any type; each piece counts towards the limit with its size rounded up to 16.
 */
void *arena_alloc(struct arena *arena, size_t size);
void *arena_calloc(struct arena *arena, size_t count, size_t size);
char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t size);
void *arena_memdup(struct arena *arena, const void *data, size_t size);
char *arena_format(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *arena_vformat(struct arena *arena, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

/* Call hook(object) when the arena is freed. 0, or -1 when it failed: the hook has then been called, so nothing leaks.
 */
int arena_defer(struct arena *arena, void (*hook)(void *), void *object);

static inline void arena_cleanup_(struct arena **arena)
{
	arena_free(*arena);
}
#define scoped_arena __attribute__((cleanup(arena_cleanup_))) struct arena

#endif
