/*
 * Aegis (docs/vault.md of its repository). Plain: db is an object. Encrypted: db is base64 of AES-256-GCM under a
 * master key, which every password slot (type 1) holds sealed under scrypt of the password.
 */
#include <string.h>

#include "base/secret.h"
#include "crypto/foreign.h"
#include "import.h"
#include "terminal.h"

enum { SLOT_PASSWORD = 1, SLOTS_MAX = 16, AEGIS_ARENA_MAX = 4 * IMPORT_SIZE_MAX };

static const char damaged[] = "it is a vault of Aegis, but damaged";

static bool recognizes(const struct import_source *source)
{
	return source->json && json_object_get(source->json, "db") && json_object_get(source->json, "header");
}

/* ---- codes ---- */

static const char *group_name(const json_t *database, const json_t *entry)
{
	const json_t *own = json_array_get(json_object_get(entry, "groups"), 0), *group;
	const char *uuid = json_string_value(own);
	size_t i;

	json_array_foreach (json_object_get(database, "groups"), i, group) {
		const char *other = import_text(group, "uuid");
		if (uuid && other && strcmp(uuid, other) == 0)
			return import_text(group, "name");
	}
	return import_text(entry, "group"); /* before version 3 */
}

static const char *kind_problem(const char *type)
{
	if (type && strcmp(type, "totp") == 0)
		return NULL;
	if (type && strcmp(type, "hotp") == 0)
		return "Codes that count uses (hotp) are not supported.";
	return "This kind of code is not supported, only codes that change with time (totp).";
}

static enum status entry_add(struct imported *imported, const json_t *database, size_t index, const json_t *entry)
{
	scoped_arena *arena = arena_new(16 * 1024);
	const json_t *info = json_object_get(entry, "info");
	const struct import_fields fields = {.issuer = import_text(entry, "issuer"),
					     .account = import_text(entry, "name"),
					     .secret = import_text(info, "secret") ? import_text(info, "secret") : "",
					     .hash = import_text(info, "algo"),
					     .digits = import_number(info, "digits"),
					     .period = import_number(info, "period"),
					     .group = group_name(database, entry),
					     .pinned = json_get_bool(entry, "favorite", false)};
	const char *where = import_where(arena, index, fields.issuer, fields.account);
	const char *problem = kind_problem(import_text(entry, "type"));

	return problem ? imported_refuse(imported, where, problem) : imported_add(imported, where, &fields);
}

static enum status database_read(const json_t *database, struct imported *imported, const char **ret_problem)
{
	const json_t *entries = json_object_get(database, "entries"), *entry;
	size_t i;

	*ret_problem = damaged;
	if (!json_is_array(entries))
		return E_INVALID;
	json_array_foreach (entries, i, entry)
		TRY(entry_add(imported, database, i, entry));
	return OK;
}

/* ---- sealed ---- */

/* {"nonce": hex of 12 bytes, "tag": hex of 16} */
static bool params_read(struct arena *arena, const json_t *params, const uint8_t **ret_nonce, const uint8_t **ret_tag)
{
	size_t nonce_size = 0, tag_size = 0;

	*ret_nonce = import_hex(arena, params, "nonce", 12, &nonce_size);
	*ret_tag = import_hex(arena, params, "tag", FOREIGN_TAG_SIZE, &tag_size);
	return *ret_nonce && nonce_size == 12 && *ret_tag && tag_size == FOREIGN_TAG_SIZE;
}

static enum status slot_open(struct arena *arena, const json_t *slot, const char *passphrase,
			     uint8_t master[FOREIGN_KEY_SIZE])
{
	size_t salt_size = 0, size = 0;
	const uint8_t *salt = import_hex(arena, slot, "salt", 256, &salt_size), *nonce = NULL, *tag = NULL;
	const uint8_t *wrapped = import_hex(arena, slot, "key", FOREIGN_KEY_SIZE, &size);
	const uint64_t cost[] = {(uint64_t)import_number(slot, "n"), (uint64_t)import_number(slot, "r"),
				 (uint64_t)import_number(slot, "p")};
	uint8_t key[FOREIGN_KEY_SIZE];

	if (!salt || !wrapped || size != FOREIGN_KEY_SIZE ||
	    !params_read(arena, json_object_get(slot, "key_params"), &nonce, &tag))
		return E_INVALID;
	TRY(foreign_scrypt(passphrase, (struct foreign_salt){salt, salt_size}, cost, key));
	enum status status = foreign_gcm_open(key, nonce, wrapped, FOREIGN_KEY_SIZE, tag, master);
	secret_zero(key, sizeof(key));
	return status;
}

/* A file may have several passwords; each is tried. */
static enum status master_find(struct arena *arena, const json_t *slots, const char *passphrase,
			       uint8_t master[FOREIGN_KEY_SIZE])
{
	enum status status = E_INVALID;
	const json_t *slot;
	size_t i;

	json_array_foreach (slots, i, slot) {
		if (i == SLOTS_MAX)
			return E_INVALID;
		if (import_number(slot, "type") != SLOT_PASSWORD)
			continue;
		status = slot_open(arena, slot, passphrase, master);
		if (status == OK || status == E_NOMEM)
			return status;
	}
	return status;
}

static enum status database_open(struct arena *arena, const json_t *root, const uint8_t master[FOREIGN_KEY_SIZE],
				 json_t **ret_database)
{
	const json_t *header = json_object_get(root, "header");
	const uint8_t *nonce = NULL, *tag = NULL;
	size_t size = 0;
	const uint8_t *cipher = import_base64(arena, root, "db", IMPORT_SIZE_MAX, &size);
	char *plain = cipher ? arena_alloc(arena, size + 1) : NULL;

	if (!plain || !params_read(arena, json_object_get(header, "params"), &nonce, &tag))
		return E_INVALID;
	if (foreign_gcm_open(master, nonce, cipher, size, tag, (uint8_t *)plain) != OK)
		return E_INVALID;
	return json_parse_limited(plain, size, IMPORT_DEPTH_MAX, ret_database);
}

static enum status sealed_open(const struct import_source *source, json_t **ret_database, const char **ret_problem)
{
	scoped_arena *arena = arena_new(AEGIS_ARENA_MAX);
	const json_t *slots = json_object_get(json_object_get(source->json, "header"), "slots");
	uint8_t master[FOREIGN_KEY_SIZE];
	char passphrase[PASSPHRASE_MAX + 1];

	*ret_problem = "it is sealed, and there is no passphrase";
	TRY(source->passphrase ? source->passphrase(source->ctx, "Password of the Aegis vault", passphrase)
			       : E_NOT_FOUND);
	enum status status = master_find(arena, slots, passphrase, master);
	secret_zero(passphrase, sizeof(passphrase));
	*ret_problem = status == E_REFUSED ? "the password is wrong, or the file was altered" : damaged;
	TRY(status);
	status = database_open(arena, source->json, master, ret_database);
	secret_zero(master, sizeof(master));
	return status;
}

static enum status aegis_read(const struct import_source *source, struct imported *imported, const char **ret_problem)
{
	const json_t *database = json_object_get(source->json, "db");
	scoped_json *opened = NULL;

	if (json_is_object(database))
		return database_read(database, imported, ret_problem);
	TRY(sealed_open(source, &opened, ret_problem));
	return database_read(opened, imported, ret_problem);
}

const struct import_format import_aegis = {"Aegis", recognizes, aegis_read};
