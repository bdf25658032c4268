#include "code.h"

#include <string.h>

#include "base/secret.h"
#include "base/text.h"
#include "command.h"

enum { LINES_MAX = 2000, URI_MAX = 2048, LINE_ARENA_MAX = 64 * 1024 };

enum status code_read(struct arena *arena, const json_t *item, struct otpauth *ret_otp)
{
	const char *uri = json_get_string(item, "uri"), *problem = NULL;

	return uri ? otpauth_parse(arena, uri, ret_otp, &problem) : E_INVALID;
}

static const char *otp_id(struct arena *arena, const struct otpauth *otp)
{
	const char *id = *otp->issuer ? arena_format(arena, "%s:%s", otp->issuer, otp->account) : otp->account;

	return id ? id : "?";
}

const char *code_id(struct arena *arena, const json_t *item)
{
	struct otpauth otp = {0};
	const char *id = code_read(arena, item, &otp) == OK ? otp_id(arena, &otp) : "?";

	secret_zero(&otp, sizeof(otp));
	return id;
}

bool code_matches(struct arena *arena, const json_t *item, const char *wanted)
{
	const char *id = text_lower(arena, code_id(arena, item));
	const char *part = text_lower(arena, wanted);

	return id && part && strstr(id, part) != NULL;
}

static bool secret_is_same(const struct otpauth *a, const struct otpauth *b)
{
	return a->seed_size == b->seed_size && secret_equal(a->seed, b->seed, a->seed_size) &&
	       a->params.hash == b->params.hash && a->params.digits == b->params.digits &&
	       a->params.period == b->params.period;
}

enum exit_code codes_add(json_t *root, const char *uri, int64_t now, struct codes_added *added)
{
	scoped_arena *arena = arena_new(1024 * 1024);
	json_t *codes = json_object_get(root, "codes");
	struct otpauth otp = {0}, other = {0};
	const char *problem = "";
	const json_t *item;
	bool beside = false;
	size_t i;

	if (otpauth_parse(arena, uri, &otp, &problem) != OK)
		return complain(EXIT_REFUSED, "otpauth", "the code was not added: %s", shown(arena, problem));
	const char *id = otp_id(arena, &otp);
	json_array_foreach (codes, i, item) {
		scoped_arena *item_arena = arena_new(LINE_ARENA_MAX);
		if (code_read(item_arena, item, &other) != OK || strcmp(otp_id(item_arena, &other), id) != 0)
			continue;
		if (secret_is_same(&otp, &other)) {
			added->same++;
			return EXIT_DONE;
		}
		beside = true;
	}
	const char *canonical = otpauth_format(arena, &otp);
	secret_zero(&other, sizeof(other));
	secret_zero(&otp, sizeof(otp));
	json_t *entry = canonical ? json_pack("{s:s, s:I}", "uri", canonical, "added_at", (json_int_t)now) : NULL;
	if (!entry || json_array_append_new(codes, entry) != 0)
		return complain_memory();
	added->added++;
	added->beside += beside;
	return EXIT_DONE;
}

/* ---- lists ---- */

static void line_read(const char *text, size_t size, size_t number, const struct code_list_sink *sink)
{
	scoped_arena *arena = arena_new(LINE_ARENA_MAX);
	struct otpauth otp = {0};
	const char *problem = "it cannot be read";

	if (size > URI_MAX) {
		sink->problem(sink->ctx, number, "the line is too long");
		return;
	}
	char *line = arena_strndup(arena, text, size);
	if (!line) {
		sink->problem(sink->ctx, number, "out of memory");
		return;
	}
	if (otpauth_parse(arena, line, &otp, &problem) == OK)
		sink->otp(sink->ctx, number, line);
	else
		sink->problem(sink->ctx, number, problem);
	secret_zero(&otp, sizeof(otp));
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

enum status code_list_parse(const char *bytes, size_t size, const struct code_list_sink *sink)
{
	size_t number = 0, at = 0;

	if (memchr(bytes, '\0', size))
		return E_INVALID;
	if (size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
		at = 3;
	while (at < size) {
		const char *end = memchr(bytes + at, '\n', size - at);
		size_t next = end ? (size_t)(end - bytes) + 1 : size;
		size_t from = at, to = end ? next - 1 : size;

		if (++number > LINES_MAX)
			return E_INVALID;
		while (from < to && is_space(bytes[from]))
			from++;
		while (to > from && is_space(bytes[to - 1]))
			to--;
		if (from < to && bytes[from] != '#')
			line_read(bytes + from, to - from, number, sink);
		at = next;
	}
	return OK;
}
