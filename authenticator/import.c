#include "import.h"

#include <string.h>

#include "base/encode.h"
#include "base/secret.h"
#include "crypto/otp.h"

enum { URI_SIZE_MAX = 4096, CODE_ARENA_MAX = 64 * 1024, NAME_SHOWN_MAX = 60 };

static const char too_many[] = "it holds more than 2,000 codes";

/* In this order: the last one takes any text. */
static const struct import_format *const formats[] = {&import_exchange, &import_aegis,     &import_2fas,
						      &import_ente,     &import_bitwarden, &import_bitwarden_csv,
						      &import_list};

enum status imported_init(struct arena *arena, struct imported *imported)
{
	*imported = (struct imported){.arena = arena, .format = "", .entries = json_array(), .problems = json_array()};
	return arena && imported->entries && imported->problems ? OK : E_NOMEM;
}

void imported_done(struct imported *imported)
{
	json_decref(imported->entries);
	json_decref(imported->problems);
	imported->entries = imported->problems = NULL;
}

static bool begins_with_brace(const struct import_source *source)
{
	size_t at = 0;

	while (at < source->size && source->bytes[at] && strchr(" \t\r\n", source->bytes[at]))
		at++;
	return at < source->size && source->bytes[at] == '{';
}

static enum status format_read(const struct import_source *source, struct imported *imported, const char **ret_problem)
{
	for (size_t i = 0; i < ARRAY_COUNT(formats); i++) {
		if (!formats[i]->recognizes(source))
			continue;
		imported->format = formats[i]->name;
		enum status status = formats[i]->read(source, imported, ret_problem);
		if (status == E_INVALID && json_array_size(imported->entries) >= IMPORT_CODES_MAX)
			*ret_problem = too_many;
		return status;
	}
	*ret_problem = "it is of no kind that is known here";
	return E_INVALID;
}

/* A byte order mark is no part of the text. */
static void mark_skip(struct import_source *source)
{
	if (source->size < 3 || memcmp(source->bytes, "\xef\xbb\xbf", 3) != 0)
		return;
	source->bytes += 3;
	source->size -= 3;
}

enum status import_read(const struct import_source *source, struct imported *imported, const char **ret_problem)
{
	struct import_source mine = *source;
	scoped_json *json = NULL;

	*ret_problem = "out of memory";
	if (mine.size > IMPORT_SIZE_MAX) {
		*ret_problem = "it is longer than 8 MiB";
		return E_INVALID;
	}
	mark_skip(&mine);
	mine.json = NULL;
	if (begins_with_brace(&mine)) {
		enum status parsed = json_parse_limited(mine.bytes, mine.size, IMPORT_DEPTH_MAX, &json);
		if (parsed == E_INVALID)
			*ret_problem = "it begins as JSON and is none: it was cut short or altered";
		TRY(parsed);
		mine.json = json;
	}
	return format_read(&mine, imported, ret_problem);
}

/* ---- for the readers ---- */

const char *import_text(const json_t *object, const char *key)
{
	return json_get_string(object, key);
}

int64_t import_number(const json_t *object, const char *key)
{
	int64_t number = 0;

	status_ignore(json_take_int(object, key, -1, INT64_MAX, &number), "0: not said");
	return number;
}

uint8_t *import_base64(struct arena *arena, const json_t *object, const char *key, size_t max, size_t *ret_size)
{
	const char *text = json_get_string(object, key);
	size_t size = text ? strlen(text) : 0;
	uint8_t *bytes = text ? arena_alloc(arena, size + 1) : NULL;

	if (!bytes || base64_parse(text, size, bytes, size < max ? size : max, ret_size) != OK)
		return NULL;
	return bytes;
}

uint8_t *import_hex(struct arena *arena, const json_t *object, const char *key, size_t max, size_t *ret_size)
{
	const char *text = json_get_string(object, key);
	size_t size = text ? strlen(text) : 0;
	uint8_t *bytes = text ? arena_alloc(arena, size + 1) : NULL;

	if (!bytes || hex_parse(text, size, bytes, size < max ? size : max, ret_size) != OK)
		return NULL;
	return bytes;
}

static const char *name_short(struct arena *arena, const char *name)
{
	char *clean = NULL;

	if (!name || text_clean(arena, name, strlen(name), NAME_SHOWN_MAX, &clean) != OK)
		return "";
	return clean;
}

const char *import_where(struct arena *arena, size_t index, const char *issuer, const char *account)
{
	const char *first = name_short(arena, issuer), *second = name_short(arena, account);
	const char *where = arena_format(arena, "code %zu (%s%s%s)", index + 1, first, *first && *second ? ", " : "",
					 *first || *second ? second : "no name");

	return where ? where : "a code";
}

enum status imported_refuse(struct imported *imported, const char *where, const char *reason)
{
	if (json_array_size(imported->problems) + json_array_size(imported->entries) >= IMPORT_CODES_MAX)
		return E_INVALID;
	json_t *problem = json_pack("{s:s, s:s}", "where", where, "reason", reason);
	return problem && json_array_append_new(imported->problems, problem) == 0 ? OK : E_NOMEM;
}

static enum status entry_append(struct imported *imported, const char *uri, const json_t *more)
{
	json_t *entry = json_pack("{s:s}", "uri", uri);

	if (!entry || (more && json_object_update_missing(entry, (json_t *)more) != 0) ||
	    json_array_append(imported->entries, entry) != 0) {
		json_decref(entry);
		return E_NOMEM;
	}
	json_decref(entry);
	return OK;
}

enum status imported_add_uri(struct imported *imported, const char *where, const char *uri, const json_t *more)
{
	scoped_arena *arena = arena_new(CODE_ARENA_MAX);
	struct otpauth otp = {0};
	const char *problem = "It cannot be read.", *canonical = NULL;

	if (json_array_size(imported->problems) + json_array_size(imported->entries) >= IMPORT_CODES_MAX)
		return E_INVALID;
	enum status status = otpauth_parse(arena, uri, &otp, &problem);
	if (status == E_INVALID)
		return imported_refuse(imported, where, problem);
	TRY(status);
	canonical = otpauth_format(arena, &otp);
	secret_zero(&otp, sizeof(otp));
	return canonical ? entry_append(imported, canonical, more) : E_NOMEM;
}

/* As an address, so that one parser judges all codes, wherever they come from. */
static bool fields_format(const struct import_fields *fields, struct text *uri)
{
	const char *issuer = fields->issuer ? fields->issuer : "", *account = fields->account ? fields->account : "";

	text_add(uri, "otpauth://totp/");
	text_add_percent(uri, issuer);
	text_add(uri, ":");
	text_add_percent(uri, account);
	text_add(uri, "?secret=");
	text_add_percent(uri, fields->secret);
	if (fields->hash) {
		text_add(uri, "&algorithm=");
		text_add_percent(uri, fields->hash);
	}
	if (fields->digits)
		text_add_format(uri, "&digits=%lld", (long long)fields->digits);
	if (fields->period)
		text_add_format(uri, "&period=%lld", (long long)fields->period);
	return !uri->failed;
}

enum status imported_add(struct imported *imported, const char *where, const struct import_fields *fields)
{
	struct text uri;
	scoped_json *more = json_object();

	if (!more ||
	    (!text_is_empty(fields->group) && json_object_set_new(more, "group", json_string(fields->group)) != 0) ||
	    (fields->pinned && json_object_set_new(more, "pinned", json_true()) != 0))
		return E_NOMEM;
	text_init(&uri, 3 * URI_SIZE_MAX);
	bool fits = fields_format(fields, &uri);
	enum status status = fits ? imported_add_uri(imported, where, uri.data, more)
				  : imported_refuse(imported, where, "A name or the secret is too long.");
	text_done(&uri);
	return status;
}
