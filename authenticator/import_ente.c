/*
 * Ente Auth. Plain exports are lists of addresses with a parameter of its own. Encrypted ones are such a list in one
 * libsodium secretstream under argon2id of the password (docs/auth/migration/export.md of its repository).
 */
#include <string.h>

#include "base/encode.h"
#include "base/secret.h"
#include "crypto/foreign.h"
#include "import.h"
#include "terminal.h"

enum { SALT_SIZE = 16, DISPLAY_MAX = 4096, DISPLAY_DEPTH = 4, ENTE_ARENA_MAX = 4 * IMPORT_SIZE_MAX };

static const char damaged[] = "it is an export of Ente Auth, but damaged";

/* ---- what stands beside a code ---- */

/* The value of the parameter, its percent signs decoded; NULL when absent or damaged. */
static json_t *display_parse(const char *uri)
{
	scoped_arena *arena = arena_new(2 * DISPLAY_MAX);
	const char *at = strcasestr(uri, "&codeDisplay=");
	size_t size = 0, taken = 0, most = at ? strcspn(at + 13, "&") : 0;
	char *text = arena_alloc(arena, most + 1);
	json_t *display = NULL;

	if (!at || most > DISPLAY_MAX || !text)
		return NULL;
	at += 13;
	for (const char *end = at + most; at < end; size++) {
		uint8_t byte = (uint8_t)*at;
		if (byte == '%' && (end - at < 3 || hex_parse(at + 1, 2, &byte, 1, &taken) != OK))
			return NULL;
		at += *at == '%' ? 3 : 1;
		text[size] = (char)byte;
	}
	return json_parse_limited(text, size, DISPLAY_DEPTH, &display) == OK ? display : NULL;
}

bool ente_display(const char *uri, json_t **ret_more)
{
	scoped_json *display = display_parse(uri);
	const char *tag = json_string_value(json_array_get(json_object_get(display, "tags"), 0));
	json_t *more = json_object();

	*ret_more = more;
	if (more && tag && *tag)
		json_object_set_new(more, "group", json_string(tag));
	if (more && json_get_bool(display, "pinned", false))
		json_object_set_new(more, "pinned", json_true());
	return !json_get_bool(display, "trashed", false);
}

/* ---- sealed ---- */

static bool recognizes(const struct import_source *source)
{
	return source->json && json_object_get(source->json, "encryptedData") &&
	       json_object_get(source->json, "kdfParams");
}

struct box {
	const uint8_t *salt, *header, *data;
	size_t size;
	int64_t memory_kib, passes;
};

static bool box_parse(struct arena *arena, const json_t *root, struct box *box)
{
	const json_t *kdf = json_object_get(root, "kdfParams");
	size_t salt_size = 0, header_size = 0;

	box->salt = import_base64(arena, kdf, "salt", SALT_SIZE, &salt_size);
	box->header = import_base64(arena, root, "encryptionNonce", SECRETSTREAM_HEADER_SIZE, &header_size);
	box->data = import_base64(arena, root, "encryptedData", IMPORT_SIZE_MAX, &box->size);
	box->memory_kib = import_number(kdf, "memLimit") / 1024;
	box->passes = import_number(kdf, "opsLimit");
	return box->salt && salt_size == SALT_SIZE && box->header && header_size == SECRETSTREAM_HEADER_SIZE &&
	       box->data && box->size >= SECRETSTREAM_OVERHEAD;
}

static enum status box_open(const struct box *box, const char *passphrase, char *plain)
{
	uint8_t key[FOREIGN_KEY_SIZE];

	TRY(foreign_argon2id(passphrase, (struct foreign_salt){box->salt, SALT_SIZE}, box->memory_kib, box->passes,
			     key));
	enum status status = foreign_secretstream_open(key, box->header, box->data, box->size, (uint8_t *)plain);
	secret_zero(key, sizeof(key));
	return status;
}

static enum status ente_read(const struct import_source *source, struct imported *imported, const char **ret_problem)
{
	scoped_arena *arena = arena_new(ENTE_ARENA_MAX);
	char passphrase[PASSPHRASE_MAX + 1];
	struct box box = {0};

	*ret_problem = damaged;
	if (!box_parse(arena, source->json, &box))
		return E_INVALID;
	char *plain = arena_alloc(arena, box.size);
	if (!plain)
		return E_NOMEM;
	*ret_problem = "it is sealed, and there is no passphrase";
	TRY(source->passphrase ? source->passphrase(source->ctx, "Password of the Ente export", passphrase)
			       : E_NOT_FOUND);
	enum status status = box_open(&box, passphrase, plain);
	secret_zero(passphrase, sizeof(passphrase));
	*ret_problem = status == E_REFUSED ? "the password is wrong, or the file was altered" : damaged;
	if (status == E_NOMEM)
		*ret_problem = "its password costs more memory to check than this machine has free";
	TRY(status);
	return import_lines(plain, box.size - SECRETSTREAM_OVERHEAD, imported, ret_problem);
}

const struct import_format import_ente = {"Ente Auth", recognizes, ente_read};
