#include "vault.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/random.h"
#include "crypto/seal.h"
#include "vault_file.h"

enum { SALT_SIZE = 16, KEY_SIZE = 32, DEPTH_MAX = 8, VAULT_ARENA_MAX = 4 * VAULT_SIZE_MAX };

static const char format_name[] = "symbolon-authenticator";
static const char kdf_name[] = "argon2id-64MiB-3";
static const char seal_identity[] = "symbolon-authenticator vault 1";
static const char *const list_names[] = {"accounts", "codes", "recent"};

struct vault {
	struct arena *arena;
	const char *folder;
	const char *path;
	json_t *root;
	bool sealed;
	uint8_t salt[SALT_SIZE];
	uint8_t key[KEY_SIZE]; /* of this salt, once the passphrase was given */
};

/* ---- what is in it ---- */

static json_t *root_new(void)
{
	return json_pack("{s:s, s:i, s:[], s:[], s:[]}", "format", format_name, "version", 1, "accounts", "codes",
			 "recent");
}

static bool is_ours(const json_t *root)
{
	const char *format = json_get_string(root, "format");
	int64_t version = 0;

	return format && strcmp(format, format_name) == 0 && json_take_int(root, "version", 1, 1, &version) == OK;
}

static bool account_is_valid(const json_t *account)
{
	return json_get_string(account, "issuer") && json_get_string(account, "state") &&
	       json_get_string(account, "enrolment") && json_is_object(json_object_get(account, "key"));
}

static bool recent_is_valid(const json_t *recent)
{
	int64_t at = 0;

	return json_get_string(recent, "device_id") && json_get_string(recent, "details") &&
	       json_take_int(recent, "at", 0, INT64_MAX, &at) == OK;
}

bool vault_is_valid(const json_t *root)
{
	const json_t *item;
	size_t i;

	if (!is_ours(root))
		return false;
	for (size_t list = 0; list < ARRAY_COUNT(list_names); list++)
		if (!json_is_array(json_object_get(root, list_names[list])))
			return false;
	json_array_foreach (json_object_get(root, "accounts"), i, item)
		if (!account_is_valid(item))
			return false;
	json_array_foreach (json_object_get(root, "codes"), i, item)
		if (!json_get_string(item, "uri"))
			return false;
	json_array_foreach (json_object_get(root, "recent"), i, item)
		if (!recent_is_valid(item))
			return false;
	return true;
}

static enum exit_code complain_damaged(const struct vault *vault)
{
	return complain(EXIT_TROUBLE, "vault", "%s is damaged or of a newer version; it was left as it is",
			vault->path);
}

/* ---- sealed ---- */

static enum exit_code key_make(struct vault *vault, const char *passphrase, const uint8_t salt[SALT_SIZE])
{
	enum status made = seal_key_from_passphrase(passphrase, salt, vault->key);

	if (made != OK)
		return complain(EXIT_TROUBLE, "passphrase",
				"cannot make a key of the passphrase: it needs 64 MiB of memory");
	memcpy(vault->salt, salt, SALT_SIZE);
	vault->sealed = true;
	return EXIT_DONE;
}

/* The key stays for later reads of this run, unless the salt has changed meanwhile. */
static enum exit_code key_need(struct vault *vault, const uint8_t salt[SALT_SIZE])
{
	char passphrase[PASSPHRASE_MAX + 1];

	if (vault->sealed && memcmp(vault->salt, salt, SALT_SIZE) == 0)
		return EXIT_DONE;
	enum exit_code code = passphrase_read("Passphrase of the authenticator", passphrase);
	if (code == EXIT_DONE)
		code = key_make(vault, passphrase, salt);
	secret_zero(passphrase, sizeof(passphrase));
	return code;
}

static enum exit_code box_open(struct vault *vault, const uint8_t *box, size_t size, json_t **ret_root)
{
	scoped_arena *arena = arena_new(VAULT_ARENA_MAX);
	size_t plain_size = size - SEAL_OVERHEAD;
	char *plain = arena_alloc(arena, plain_size ? plain_size : 1);

	if (!plain)
		return complain_memory();
	if (unseal(vault->key, seal_identity, box, size, plain) != OK) {
		vault->sealed = false;
		return complain(EXIT_REFUSED, "passphrase", "the passphrase is wrong, or %s was altered", vault->path);
	}
	return json_parse_limited(plain, plain_size, DEPTH_MAX, ret_root) == OK ? EXIT_DONE : complain_damaged(vault);
}

static enum exit_code root_unseal(struct vault *vault, const json_t *sealed, json_t **ret_root)
{
	scoped_arena *arena = arena_new(VAULT_ARENA_MAX);
	const char *kdf = json_get_string(sealed, "kdf");
	const char *salt_text = json_get_string(sealed, "salt");
	const char *box_text = json_get_string(sealed, "box");
	uint8_t salt[SALT_SIZE];
	size_t salt_size = 0, size = 0, most = box_text ? strlen(box_text) : 0;
	uint8_t *box = arena_alloc(arena, most + 1);

	if (!box)
		return complain_memory();
	if (!kdf || strcmp(kdf, kdf_name) != 0 || !salt_text ||
	    base64url_parse(salt_text, strlen(salt_text), salt, sizeof(salt), &salt_size) != OK ||
	    salt_size != SALT_SIZE || base64url_parse(box_text ? box_text : "", most, box, most, &size) != OK ||
	    size < SEAL_OVERHEAD)
		return complain_damaged(vault);
	enum exit_code code = key_need(vault, salt);
	return code == EXIT_DONE ? box_open(vault, box, size, ret_root) : code;
}

/* {"format", "version", "sealed": {"kdf", "salt", "box"}} */
static json_t *root_seal(const struct vault *vault, struct arena *arena, const char *plain)
{
	size_t size = strlen(plain);
	char salt[BASE64URL_SIZE(SALT_SIZE) + 1];
	uint8_t *box = arena_alloc(arena, size + SEAL_OVERHEAD);

	if (!box || seal(vault->key, seal_identity, plain, size, box) != OK)
		return NULL;
	const char *text = base64url_dup(arena, box, size + SEAL_OVERHEAD);
	base64url_format(vault->salt, SALT_SIZE, salt);
	return text ? json_pack("{s:s, s:i, s:{s:s, s:s, s:s}}", "format", format_name, "version", 1, "sealed", "kdf",
				kdf_name, "salt", salt, "box", text)
		    : NULL;
}

/* ---- reading and writing ---- */

static enum exit_code root_parse(struct vault *vault, const struct text *bytes, json_t **ret_root)
{
	scoped_json *outer = NULL;
	json_t *root = NULL;

	if (json_parse_limited(bytes->data ? bytes->data : "", bytes->size, DEPTH_MAX, &outer) != OK || !is_ours(outer))
		return complain_damaged(vault);
	const json_t *sealed = json_object_get(outer, "sealed");
	if (sealed) {
		enum exit_code code = root_unseal(vault, sealed, &root);
		if (code != EXIT_DONE)
			return code;
	} else {
		vault->sealed = false;
		root = json_incref(outer);
	}
	if (!vault_is_valid(root)) {
		json_decref(root);
		return complain_damaged(vault);
	}
	*ret_root = root;
	return EXIT_DONE;
}

static enum exit_code vault_load(struct vault *vault, int folder_fd)
{
	struct text bytes;
	bool exists = false;
	json_t *root = NULL;

	text_init(&bytes, VAULT_SIZE_MAX);
	enum exit_code code = vault_file_read(folder_fd, vault->folder, &bytes, &exists);
	if (code == EXIT_DONE && exists)
		code = root_parse(vault, &bytes, &root);
	else if (code == EXIT_DONE)
		root = root_new();
	text_done(&bytes);
	if (code != EXIT_DONE)
		return code;
	if (!root)
		return complain_memory();
	json_decref(vault->root);
	vault->root = root;
	return EXIT_DONE;
}

static enum exit_code vault_save(const struct vault *vault, int folder_fd, const json_t *root)
{
	scoped_arena *arena = arena_new(VAULT_ARENA_MAX);
	scoped_json *sealed = NULL;
	const char *text = json_format(arena, root);

	if (text && vault->sealed) {
		sealed = root_seal(vault, arena, text);
		text = sealed ? json_format(arena, sealed) : NULL;
	}
	if (!text)
		return complain_memory();
	if (strlen(text) > VAULT_SIZE_MAX)
		return complain(EXIT_TROUBLE, "vault", "the vault would grow beyond %d MiB",
				VAULT_SIZE_MAX / 1024 / 1024);
	return vault_file_write(folder_fd, vault->folder, text, strlen(text));
}

enum exit_code vault_open(struct vault **ret_vault)
{
	struct arena *arena = arena_new(64 * 1024);
	struct vault *vault = arena_alloc(arena, sizeof(*vault));
	int fd = -1;

	if (!vault) {
		arena_free(arena);
		return complain_memory();
	}
	vault->arena = arena;
	enum exit_code code = folder_find(arena, &vault->folder);
	if (code == EXIT_DONE && !(vault->path = arena_format(arena, "%s/authenticator.json", vault->folder)))
		code = complain_memory();
	if (code == EXIT_DONE)
		code = folder_open(vault->folder, &fd);
	if (code == EXIT_DONE) {
		code = vault_load(vault, fd);
		close(fd);
	}
	if (code != EXIT_DONE) {
		vault_free(&vault);
		return code;
	}
	*ret_vault = vault;
	return EXIT_DONE;
}

void vault_free(struct vault **vault)
{
	if (!vault || !*vault)
		return;
	json_decref((*vault)->root);
	arena_free((*vault)->arena); /* zeroes the key with all else */
	*vault = NULL;
}

const json_t *vault_list(const struct vault *vault, const char *name)
{
	return json_object_get(vault->root, name);
}

bool vault_is_sealed(const struct vault *vault)
{
	return vault->sealed;
}

const char *vault_path(const struct vault *vault)
{
	return vault->path;
}

/* Opens and locks the folder and reads the file anew; the caller closes *ret_fd, which ends the lock. */
static enum exit_code change_begin(struct vault *vault, int *ret_fd)
{
	int fd = -1;
	enum exit_code code = folder_open(vault->folder, &fd);

	if (code != EXIT_DONE)
		return code;
	code = folder_lock(fd, vault->folder);
	if (code == EXIT_DONE)
		code = vault_load(vault, fd);
	if (code != EXIT_DONE) {
		close(fd);
		return code;
	}
	*ret_fd = fd;
	return EXIT_DONE;
}

enum exit_code vault_update(struct vault *vault, vault_change_fn *change, void *ctx)
{
	int fd = -1;
	enum exit_code code = change_begin(vault, &fd);

	if (code != EXIT_DONE)
		return code;
	scoped_json *root = json_deep_copy(vault->root);
	code = root ? change(root, ctx) : complain_memory();
	if (code == EXIT_DONE)
		code = vault_save(vault, fd, root);
	close(fd);
	if (code == EXIT_DONE) {
		json_decref(vault->root);
		vault->root = json_incref(root);
	}
	return code;
}

enum exit_code vault_passphrase_set(struct vault *vault, const char *passphrase)
{
	uint8_t salt[SALT_SIZE];
	int fd = -1;
	enum exit_code code = change_begin(vault, &fd);

	if (code != EXIT_DONE)
		return code;
	random_fill(&random_system, salt, sizeof(salt));
	if (passphrase)
		code = key_make(vault, passphrase, salt);
	else
		vault->sealed = false;
	if (code == EXIT_DONE)
		code = vault_save(vault, fd, vault->root);
	close(fd);
	return code;
}
