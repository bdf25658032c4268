#include "http/request.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"

struct field {
	const char *name;
	const char *value;
};

struct form {
	size_t count;
	const char *repeated;
	struct field fields[FORM_FIELDS_MAX];
};

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

enum status percent_decode(struct arena *arena, const char *text, size_t size, bool plus, const char **ret_text)
{
	char *out = arena_alloc(arena, size + 1);
	size_t length = 0;

	if (!out)
		return E_NOMEM;
	for (size_t i = 0; i < size; i++) {
		char c = text[i];

		if (c == '%') {
			int high = size - i > 2 ? hex_digit(text[i + 1]) : -1;
			int low = high >= 0 ? hex_digit(text[i + 2]) : -1;

			if (low < 0)
				return E_INVALID;
			c = (char)(high * 16 + low);
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		out[length++] = c;
	}
	out[length] = '\0';
	if (!utf8_is_valid(out, length))
		return E_INVALID;
	*ret_text = out;
	return OK;
}

static const struct field *field_find(const struct form *form, const char *name)
{
	for (size_t i = 0; i < form->count; i++)
		if (strcmp(form->fields[i].name, name) == 0)
			return &form->fields[i];
	return NULL;
}

static enum status form_add(struct arena *arena, struct form *form, const char *pair, size_t size)
{
	const char *equals = memchr(pair, '=', size);
	size_t name_size = equals ? (size_t)(equals - pair) : size;
	struct field field = {.value = ""};

	if (form->count == FORM_FIELDS_MAX)
		return E_INVALID;
	TRY(percent_decode(arena, pair, name_size, true, &field.name));
	if (field.name[0] == '\0')
		return E_INVALID;
	if (equals)
		TRY(percent_decode(arena, equals + 1, size - name_size - 1, true, &field.value));
	/*= RFC6749#3.1  "Request and response parameters MUST NOT be included more than once." */
	if (!form->repeated && field_find(form, field.name))
		form->repeated = field.name;
	form->fields[form->count++] = field;
	return OK;
}

static enum status form_fill(struct arena *arena, struct form *form, const char *bytes, size_t size)
{
	while (size > 0) {
		const char *end = memchr(bytes, '&', size);
		size_t pair_size = end ? (size_t)(end - bytes) : size;

		if (pair_size > 0) /* "a=1&&b=2" and a trailing '&' say nothing */
			TRY(form_add(arena, form, bytes, pair_size));
		if (!end)
			break;
		size -= pair_size + 1;
		bytes = end + 1;
	}
	return OK;
}

enum status form_parse(struct arena *arena, const char *bytes, size_t size, struct form **ret_form)
{
	struct form *form;

	if (size > FORM_SIZE_MAX)
		return E_INVALID;
	form = arena_alloc(arena, sizeof(*form));
	if (!form)
		return E_NOMEM;
	TRY(form_fill(arena, form, bytes, size));
	*ret_form = form;
	return form->repeated ? E_CONFLICT : OK;
}

const char *form_get(const struct form *form, const char *name)
{
	const struct field *field = form->repeated ? NULL : field_find(form, name);

	return field && field->value[0] ? field->value : NULL;
}

bool form_has(const struct form *form, const char *name)
{
	return !form->repeated && field_find(form, name);
}

const char *form_repeated(const struct form *form)
{
	return form->repeated;
}

size_t form_count(const struct form *form)
{
	return form->repeated ? 0 : form->count;
}

void form_at(const struct form *form, size_t index, const char **ret_name, const char **ret_value)
{
	*ret_name = form->fields[index].name;
	*ret_value = form->fields[index].value;
}
