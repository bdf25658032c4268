/* Plain lists of addresses: ours, Ente's, FreeOTP+'s, what a QR reader says; Google's migration addresses among them.
 */
#include <string.h>

#include "import.h"

enum { LINE_MAX = 16 * 1024, LINES_MAX = 20000 };

struct line {
	const char *data;
	size_t size;
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct line line_trim(const char *from, const char *to)
{
	while (from < to && is_space(*from))
		from++;
	while (to > from && is_space(to[-1]))
		to--;
	return (struct line){from, (size_t)(to - from)};
}

static enum status line_add(struct imported *imported, struct migration_batches *batches, const char *where,
			    struct line line)
{
	scoped_arena *arena = arena_new(2 * LINE_MAX);

	if (line.size > LINE_MAX)
		return imported_refuse(imported, where, "The line is too long.");
	const char *uri = arena_strndup(arena, line.data, line.size);
	if (!uri)
		return E_NOMEM;
	if (text_has_prefix(uri, "otpauth-migration:"))
		return migration_add(imported, batches, where, uri);
	scoped_json *more = NULL;
	return ente_display(uri, &more) ? imported_add_uri(imported, where, uri, more) : OK;
}

enum status import_lines(const char *bytes, size_t size, struct imported *imported, const char **ret_problem)
{
	struct migration_batches batches = {0};
	const char *at = bytes, *end = bytes + size;

	*ret_problem = "it is no list of otpauth addresses";
	if (memchr(bytes, '\0', size))
		return E_INVALID;
	for (size_t number = 1; at < end; number++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		struct line line = line_trim(at, newline ? newline : end);
		char where[32];

		if (number > LINES_MAX)
			return E_INVALID;
		snprintf(where, sizeof(where), "line %zu", number);
		if (line.size > 0 && *line.data != '#')
			TRY(line_add(imported, &batches, where, line));
		at = newline ? newline + 1 : end;
	}
	return migration_end(imported, &batches);
}

static bool recognizes(const struct import_source *source)
{
	return !source->json;
}

static enum status list_read(const struct import_source *source, struct imported *imported, const char **ret_problem)
{
	return import_lines(source->bytes, source->size, imported, ret_problem);
}

const struct import_format import_list = {"a list of addresses", recognizes, list_read};
