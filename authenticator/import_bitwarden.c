/* Bitwarden, and Bitwarden Authenticator: exports in JSON and CSV. Only logins with a code count. */
#include <string.h>

#include "import.h"

/* A field "totp": an address, or the secret alone. */
struct login {
	const char *name, *username, *totp, *folder;
	bool favourite;
};

static enum status login_add(struct imported *imported, size_t index, const struct login *login)
{
	scoped_arena *arena = arena_new(16 * 1024);
	scoped_json *more = json_object();
	const char *where = import_where(arena, index, login->name, login->username);
	const struct import_fields fields = {.issuer = login->name,
					     .account = login->username,
					     .secret = login->totp,
					     .group = login->folder,
					     .pinned = login->favourite};

	if (text_has_prefix(login->totp, "steam://"))
		return imported_refuse(imported, where,
				       "This kind of code is not supported, only codes that change with time (totp).");
	if (!strstr(login->totp, "://"))
		return imported_add(imported, where, &fields);
	if (!more ||
	    (!text_is_empty(login->folder) && json_object_set_new(more, "group", json_string(login->folder)) != 0) ||
	    (login->favourite && json_object_set_new(more, "pinned", json_true()) != 0))
		return E_NOMEM;
	return imported_add_uri(imported, where, login->totp, more);
}

/* ---- JSON ---- */

static bool recognizes(const struct import_source *source)
{
	return source->json && json_object_get(source->json, "encrypted") &&
	       (json_object_get(source->json, "items") || json_object_get(source->json, "data"));
}

static const char *folder_name(const json_t *root, const json_t *item)
{
	const char *wanted = import_text(item, "folderId");
	const json_t *folder;
	size_t i;

	json_array_foreach (json_object_get(root, "folders"), i, folder) {
		const char *id = import_text(folder, "id");
		if (wanted && id && strcmp(wanted, id) == 0)
			return import_text(folder, "name");
	}
	return NULL;
}

static enum status json_read(const struct import_source *source, struct imported *imported, const char **ret_problem)
{
	const json_t *items = json_object_get(source->json, "items"), *item;
	size_t i;

	*ret_problem =
		"it is an encrypted export of Bitwarden; export it again as .json without encryption, and delete "
		"that file afterwards";
	if (json_get_bool(source->json, "encrypted", false))
		return E_INVALID;
	*ret_problem = "it is an export of Bitwarden, but damaged";
	if (!json_is_array(items))
		return E_INVALID;
	json_array_foreach (items, i, item) {
		const json_t *login = json_object_get(item, "login");
		const struct login one = {.name = import_text(item, "name"),
					  .username = import_text(login, "username"),
					  .totp = import_text(login, "totp"),
					  .folder = folder_name(source->json, item),
					  .favourite = json_get_bool(item, "favorite", false)};
		if (!text_is_empty(one.totp))
			TRY(login_add(imported, i, &one));
	}
	return OK;
}

const struct import_format import_bitwarden = {"Bitwarden", recognizes, json_read};

/* ---- CSV (RFC 4180) ---- */

enum { COLUMNS_MAX = 64, CSV_ARENA_MAX = 4 * IMPORT_SIZE_MAX };
enum column { FOLDER, FAVOURITE, NAME, USERNAME, TOTP, COLUMNS };
static const char *const column_names[COLUMNS] = {"folder", "favorite", "name", "login_username", "login_totp"};

struct row {
	const char *cells[COLUMNS_MAX];
	size_t count;
};

struct csv {
	const char *at, *end;
	struct arena *arena;
};

/* One cell; *at is then on the comma, the end of the line, or the end. NULL: a quote that is not closed, or no memory.
 */
static const char *cell_take(struct csv *csv)
{
	bool quoted = csv->at < csv->end && *csv->at == '"';
	const char *from = csv->at + quoted;
	size_t size = 0;

	if (!quoted) {
		while (csv->at < csv->end && !strchr(",\r\n", *csv->at))
			csv->at++;
		return arena_strndup(csv->arena, from, (size_t)(csv->at - from));
	}
	const char *close = from;
	while (close < csv->end && (*close != '"' || (close + 1 < csv->end && close[1] == '"')))
		close += *close == '"' ? 2 : 1;
	char *cell = close < csv->end ? arena_alloc(csv->arena, (size_t)(close - from) + 1) : NULL;
	for (; cell && from < close; from += *from == '"' ? 2 : 1)
		cell[size++] = *from;
	csv->at = close < csv->end ? close + 1 : csv->end;
	return cell;
}

/* false at the end; *ret_bad when it is no CSV. */
static bool row_take(struct csv *csv, struct row *row, bool *ret_bad)
{
	*row = (struct row){0};
	if (csv->at >= csv->end)
		return false;
	for (;;) {
		const char *cell = row->count < COLUMNS_MAX ? cell_take(csv) : NULL;
		if (!cell) {
			*ret_bad = true;
			return false;
		}
		row->cells[row->count++] = cell;
		if (csv->at == csv->end || *csv->at != ',')
			break;
		csv->at++;
	}
	if (csv->at < csv->end && *csv->at == '\r')
		csv->at++;
	*ret_bad = csv->at < csv->end && *csv->at != '\n';
	csv->at += csv->at < csv->end;
	return !*ret_bad;
}

static bool csv_recognizes(const struct import_source *source)
{
	const char *end = source->size ? memchr(source->bytes, '\n', source->size) : NULL;
	size_t size = end ? (size_t)(end - source->bytes) : source->size;

	return !source->json && size > 0 && memmem(source->bytes, size, "login_totp", 10) != NULL;
}

/* Where each of our columns stands; COLUMNS_MAX: not there. */
static void header_read(const struct row *header, size_t ret_places[COLUMNS])
{
	for (size_t i = 0; i < COLUMNS; i++) {
		ret_places[i] = COLUMNS_MAX;
		for (size_t j = 0; j < header->count; j++)
			if (strcmp(header->cells[j], column_names[i]) == 0)
				ret_places[i] = j;
	}
}

static const char *cell_at(const struct row *row, size_t place)
{
	return place < row->count ? row->cells[place] : "";
}

static enum status csv_read(const struct import_source *source, struct imported *imported, const char **ret_problem)
{
	scoped_arena *arena = arena_new(CSV_ARENA_MAX);
	struct csv csv = {source->bytes, source->bytes + source->size, arena};
	size_t places[COLUMNS];
	struct row row;
	bool bad = false;

	*ret_problem = "it is an export of Bitwarden (CSV), but damaged";
	if (memchr(source->bytes, '\0', source->size) || !utf8_is_valid(source->bytes, source->size) ||
	    !row_take(&csv, &row, &bad))
		return E_INVALID;
	header_read(&row, places);
	for (size_t i = 0; row_take(&csv, &row, &bad); i++) {
		const struct login one = {.name = cell_at(&row, places[NAME]),
					  .username = cell_at(&row, places[USERNAME]),
					  .totp = cell_at(&row, places[TOTP]),
					  .folder = cell_at(&row, places[FOLDER]),
					  .favourite = strcmp(cell_at(&row, places[FAVOURITE]), "1") == 0};
		if (*one.totp)
			TRY(login_add(imported, i, &one));
	}
	return bad ? E_INVALID : OK;
}

const struct import_format import_bitwarden_csv = {"Bitwarden (CSV)", csv_recognizes, csv_read};
