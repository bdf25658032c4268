/*
 * Form bodies and queries: whatever is taken is valid UTF-8 without NUL, has no name twice and no empty name, and
 * keeps to its limits.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "http/request.h"

static void demand(int holds)
{
	if (!holds)
		abort();
}

static void check_field(const struct form *form, size_t index)
{
	const char *name;
	const char *value;

	form_at(form, index, &name, &value);
	demand(name[0] != '\0');
	demand(utf8_is_valid(name, strlen(name)) && utf8_is_valid(value, strlen(value)));
	demand(form_has(form, name));
	demand(value[0] ? form_get(form, name) == value : form_get(form, name) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(1 << 20);
	char *copy = malloc(size + 1);
	struct form *form = NULL;
	enum status status;

	demand(arena && copy);
	if (size > 0)
		memcpy(copy, data, size);
	status = form_parse(arena, copy, size, &form);
	free(copy);
	if (status == OK) {
		demand(!form_repeated(form) && form_count(form) <= FORM_FIELDS_MAX && size <= FORM_SIZE_MAX);
		for (size_t i = 0; i < form_count(form); i++)
			check_field(form, i);
	} else if (status == E_CONFLICT) {
		demand(form_repeated(form) && form_count(form) == 0);
	} else {
		demand(status == E_INVALID && !form);
	}
	arena_free(arena);
	return 0;
}
