#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"

#define CHUNK_SIZE 4096

struct block {
	struct block *next;
	size_t size;
	size_t used;
	alignas(max_align_t) unsigned char data[];
};

struct hook {
	struct hook *older;
	void (*run)(void *);
	void *object;
};

struct arena {
	size_t limit;
	size_t used; /* counted the same way in every build, so limits behave the same under the sanitizers */
	struct block *blocks;
	struct hook *hooks;
};

struct arena *arena_new(size_t limit)
{
	struct arena *arena = calloc(1, sizeof(*arena));

	if (arena)
		arena->limit = limit < SIZE_MAX / 2 ? limit : SIZE_MAX / 2;
	return arena;
}

void arena_free(struct arena *arena)
{
	if (!arena)
		return;
	while (arena->hooks) { /* a hook may allocate or defer: look again each time */
		struct hook *hook = arena->hooks;

		arena->hooks = hook->older;
		hook->run(hook->object);
	}
	while (arena->blocks) {
		struct block *block = arena->blocks;

		arena->blocks = block->next;
		secret_zero(block->data, block->used);
		free(block);
	}
	free(arena);
}

static struct block *block_add(struct arena *arena, size_t size)
{
	struct block *block = calloc(1, sizeof(*block) + size);

	if (!block)
		return NULL;
	block->size = size;
	block->next = arena->blocks;
	arena->blocks = block;
	return block;
}

#ifdef SYMBOLON_SANITIZE
/* Exactly the size asked for, so one byte too far is seen. */
static struct block *block_with_room(struct arena *arena, size_t size, size_t rounded)
{
	(void)rounded;
	return block_add(arena, size);
}
#else
static struct block *block_with_room(struct arena *arena, size_t size, size_t rounded)
{
	struct block *block = arena->blocks;

	(void)size;
	if (block && block->size - block->used >= rounded)
		return block;
	return block_add(arena, rounded > CHUNK_SIZE ? rounded : CHUNK_SIZE);
}
#endif

void *arena_alloc(struct arena *arena, size_t size)
{
	const size_t align = alignof(max_align_t);
	struct block *block;
	size_t rounded;
	void *data;

	if (!arena || size > arena->limit)
		return NULL;
	rounded = ((size ? size : 1) + align - 1) / align * align;
	if (rounded > arena->limit - arena->used)
		return NULL;
	block = block_with_room(arena, size, rounded);
	if (!block)
		return NULL;
	data = block->data + block->used;
#ifdef SYMBOLON_SANITIZE
	block->used = size;
#else
	block->used += rounded;
#endif
	arena->used += rounded;
	return data;
}

void *arena_calloc(struct arena *arena, size_t count, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(count, size, &total))
		return NULL;
	return arena_alloc(arena, total);
}

void *arena_memdup(struct arena *arena, const void *data, size_t size)
{
	void *copy = arena_alloc(arena, size);

	if (copy && size)
		memcpy(copy, data, size);
	return copy;
}

char *arena_strndup(struct arena *arena, const char *text, size_t size)
{
	size_t length = strnlen(text, size);
	char *copy = length < SIZE_MAX ? arena_alloc(arena, length + 1) : NULL;

	if (copy)
		memcpy(copy, text, length);
	return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return arena_memdup(arena, text, strlen(text) + 1);
}

char *arena_vformat(struct arena *arena, const char *format, va_list args)
{
	va_list again;
	int length;
	char *text = NULL;

	va_copy(again, args);
	length = vsnprintf(NULL, 0, format, args);
	if (length >= 0)
		text = arena_alloc(arena, (size_t)length + 1);
	if (text)
		vsnprintf(text, (size_t)length + 1, format, again);
	va_end(again);
	return text;
}

char *arena_format(struct arena *arena, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = arena_vformat(arena, format, args);
	va_end(args);
	return text;
}

int arena_defer(struct arena *arena, void (*hook)(void *), void *object)
{
	struct hook *node = arena_alloc(arena, sizeof(*node));

	if (!node) {
		hook(object);
		return -1;
	}
	*node = (struct hook){.older = arena->hooks, .run = hook, .object = object};
	arena->hooks = node;
	return 0;
}
