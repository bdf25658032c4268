#include "cmocka_all.h"

#include <stdalign.h>
#include <string.h>

#include "base/arena.h"
#include "base/secret.h"
#include "base/status.h"

static void memory_is_zeroed_and_aligned(void **state)
{
	scoped_arena *arena = arena_new(1 << 20);

	for (size_t size = 0; size < 10000; size = size * 2 + 1) {
		unsigned char *data = arena_alloc(arena, size);

		assert_non_null(data);
		assert_int_equal((uintptr_t)data % alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(data[i], 0);
		memset(data, 0xAA, size); /* dirt that the next piece must not show */
	}
}

static void pieces_do_not_overlap(void **state)
{
	scoped_arena *arena = arena_new(1 << 20);
	unsigned char *pieces[200];

	for (size_t i = 0; i < ARRAY_COUNT(pieces); i++) {
		pieces[i] = arena_alloc(arena, i + 1);
		assert_non_null(pieces[i]);
		memset(pieces[i], (int)i, i + 1);
	}
	for (size_t i = 0; i < ARRAY_COUNT(pieces); i++)
		for (size_t at = 0; at <= i; at++)
			assert_int_equal(pieces[i][at], i);
}

static void limit_is_exact(void **state)
{
	scoped_arena *arena = arena_new(64);

	assert_non_null(arena_alloc(arena, 16));
	assert_non_null(arena_alloc(arena, 1)); /* counts as 16 */
	assert_null(arena_alloc(arena, 33));
	assert_non_null(arena_alloc(arena, 32)); /* a refusal costs nothing */
	assert_null(arena_alloc(arena, 1));
	assert_null(arena_alloc(arena, 0));
}

static void sizes_that_overflow_are_refused(void **state)
{
	scoped_arena *arena = arena_new(SIZE_MAX);

	assert_null(arena_calloc(arena, SIZE_MAX / 2, 3));
	assert_null(arena_calloc(arena, (size_t)1 << 32, (size_t)1 << 32));
	assert_null(arena_alloc(arena, SIZE_MAX));
	assert_null(arena_alloc(arena, SIZE_MAX - 15));
	assert_non_null(arena_calloc(arena, 3, 5));
}

static void without_an_arena_there_is_no_memory(void **state)
{
	assert_null(arena_alloc(NULL, 1));
	assert_null(arena_strdup(NULL, "x"));
	assert_null(arena_format(NULL, "%d", 1));
	arena_free(NULL);
}

static void copies_are_equal_and_bounded(void **state)
{
	scoped_arena *arena = arena_new(4096);
	const unsigned char bytes[] = {1, 0, 2};

	assert_string_equal(arena_strdup(arena, "demo"), "demo");
	assert_string_equal(arena_strndup(arena, "demonstration", 4), "demo");
	assert_string_equal(arena_strndup(arena, "de", 4), "de");
	assert_string_equal(arena_strndup(arena, "de\0mo", 5), "de");
	assert_memory_equal(arena_memdup(arena, bytes, sizeof(bytes)), bytes, sizeof(bytes));
	assert_string_equal(arena_format(arena, "%s-%05d", "n", 42), "n-00042");
	assert_string_equal(arena_format(arena, "%s", ""), "");
}

static void format_beyond_the_limit_is_refused(void **state)
{
	scoped_arena *arena = arena_new(16);

	assert_null(arena_format(arena, "%s", "0123456789abcdef"));
	assert_string_equal(arena_format(arena, "%s", "0123456789abcde"), "0123456789abcde");
}

static char order[16];

static void hook_note(void *object)
{
	strcat(order, object);
}

static void hook_defers_another(void *object)
{
	static char another[] = "y";

	strcat(order, "x");
	arena_defer(object, hook_note, another);
}

static void hooks_run_newest_first_and_once(void **state)
{
	struct arena *arena = arena_new(4096);
	char a[] = "a", b[] = "b", c[] = "c";

	order[0] = '\0';
	assert_int_equal(arena_defer(arena, hook_note, a), 0);
	assert_int_equal(arena_defer(arena, hook_note, b), 0);
	assert_int_equal(arena_defer(arena, hook_note, c), 0);
	assert_string_equal(order, "");
	arena_free(arena);
	assert_string_equal(order, "cba"); /* red when arena_free walks the hooks oldest first */
}

static void hook_may_defer_another(void **state)
{
	struct arena *arena = arena_new(4096);

	order[0] = '\0';
	assert_int_equal(arena_defer(arena, hook_defers_another, arena), 0);
	arena_free(arena);
	assert_string_equal(order, "xy");
}

static char *hook_text;

static void hook_reads_arena_memory(void *object)
{
	assert_ptr_equal(object, hook_text);
	assert_string_equal(object, "still here");
}

static void hook_sees_memory_before_it_is_zeroed(void **state)
{
	struct arena *arena = arena_new(4096);

	hook_text = arena_strdup(arena, "still here");
	assert_int_equal(arena_defer(arena, hook_reads_arena_memory, hook_text), 0);
	arena_free(arena);
}

static void hook_that_cannot_be_kept_runs_at_once(void **state)
{
	struct arena *arena = arena_new(16); /* too small for a hook */
	char a[] = "a";

	order[0] = '\0';
	assert_int_equal(arena_defer(arena, hook_note, a), -1);
	assert_string_equal(order, "a");
	arena_free(arena);
	assert_string_equal(order, "a");
}

static void secret_comparison_sees_every_byte(void **state)
{
	uint8_t left[40], right[40];

	memset(left, 7, sizeof(left));
	memset(right, 7, sizeof(right));
	assert_true(secret_equal(left, right, sizeof(left)));
	assert_true(secret_equal(left, right, 0));
	for (size_t i = 0; i < sizeof(left); i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			right[i] = (uint8_t)(right[i] ^ 1U << bit);
			assert_false(secret_equal(left, right, sizeof(left)));
			right[i] = (uint8_t)(right[i] ^ 1U << bit);
		}
	}
	assert_true(secret_text_equal("abc", "abc"));
	assert_true(secret_text_equal("", ""));
	assert_false(secret_text_equal("abc", "abd"));
	assert_false(secret_text_equal("abc", "abcd"));
	assert_false(secret_text_equal("", "a"));
	assert_false(secret_text_equal(NULL, NULL)); /* an absent secret equals nothing */
	assert_false(secret_text_equal("", NULL));
}

static void secret_is_zeroed_to_the_last_byte(void **state)
{
	struct secret secret = {.size = 64};
	const struct secret zero = {0};

	memset(secret.bytes, 0xFF, sizeof(secret.bytes));
	secret_cleanup_(&secret);
	assert_memory_equal(&secret, &zero, sizeof(zero));
	secret_zero(NULL, 0);
}

static void every_status_has_its_name(void **state)
{
	for (int status = OK; status <= E_IO; status++) {
		assert_string_not_equal(status_name((enum status)status), "E_?");
		for (int other = OK; other < status; other++)
			assert_string_not_equal(status_name((enum status)status), status_name((enum status)other));
	}
	assert_string_equal(status_name(E_CONFLICT), "E_CONFLICT");
	assert_string_equal(status_name((enum status)99), "E_?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_zeroed_and_aligned),
		cmocka_unit_test(pieces_do_not_overlap),
		cmocka_unit_test(limit_is_exact),
		cmocka_unit_test(sizes_that_overflow_are_refused),
		cmocka_unit_test(without_an_arena_there_is_no_memory),
		cmocka_unit_test(copies_are_equal_and_bounded),
		cmocka_unit_test(format_beyond_the_limit_is_refused),
		cmocka_unit_test(hooks_run_newest_first_and_once),
		cmocka_unit_test(hook_may_defer_another),
		cmocka_unit_test(hook_sees_memory_before_it_is_zeroed),
		cmocka_unit_test(hook_that_cannot_be_kept_runs_at_once),
		cmocka_unit_test(secret_comparison_sees_every_byte),
		cmocka_unit_test(secret_is_zeroed_to_the_last_byte),
		cmocka_unit_test(every_status_has_its_name),
	};

	return cmocka_run_group_tests_name("base/arena", tests, NULL, NULL);
}
