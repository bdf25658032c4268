#include "vault.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/random.h"
#include "crypto/seal.h"
#include "keyring.h"
#include "vault_file.h"

enum { SALT_SIZE = 16, KEY_SIZE = 32, DEPTH_MAX = 8, VAULT_ARENA_MAX = 4 * VAULT_SIZE_MAX };

static const char format_name[] = "symbolon-authenticator";
/* How the key of a sealed vault is come by, as the file names it; by enum vault_seal. */
static const char *const kdf_names[] = {
	[VAULT_PASSPHRASE] = "argon2id-64MiB-3",
	[VAULT_KEYRING] = "secret-service",
};
static const char seal_identity[] = "symbolon-authenticator vault 1";
static const char *const list_names[] = {"accounts", "codes", "recent"};

struct vault {
	struct arena *arena;
	const char *folder;
	const char *path;
	json_t *root;
	enum vault_seal seal;
	uint8_t salt[SALT_SIZE]; /* VAULT_KEYRING: the id by which the keyring knows the key */
	uint8_t key[KEY_SIZE];   /* of this salt, once the passphrase was given, or the keyring gave it */
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

static void key_keep(struct vault *vault, enum vault_seal kind, const uint8_t salt[SALT_SIZE],
		     const uint8_t key[KEY_SIZE])
{
	memcpy(vault->salt, salt, SALT_SIZE);
	memcpy(vault->key, key, KEY_SIZE);
	vault->seal = kind;
}

static enum exit_code key_make(struct vault *vault, const char *passphrase, const uint8_t salt[SALT_SIZE])
{
	uint8_t key[KEY_SIZE];
	enum status made = seal_key_from_passphrase(passphrase, salt, key);

	if (made != OK)
		return complain(EXIT_TROUBLE, "passphrase",
				"cannot make a key of the passphrase: it needs 64 MiB of memory");
	key_keep(vault, VAULT_PASSPHRASE, salt, key);
	secret_zero(key, sizeof(key));
	return EXIT_DONE;
}

static enum exit_code key_ask(struct vault *vault, const uint8_t salt[SALT_SIZE])
{
	char passphrase[PASSPHRASE_MAX + 1];
	enum exit_code code = passphrase_read("Passphrase of the authenticator", passphrase);

	if (code == EXIT_DONE)
		code = key_make(vault, passphrase, salt);
	secret_zero(passphrase, sizeof(passphrase));
	return code;
}

static enum exit_code key_fetch(struct vault *vault, const uint8_t salt[SALT_SIZE])
{
	char id[BASE64URL_SIZE(SALT_SIZE) + 1], secret[KEYRING_SECRET_MAX + 1] = "";
	uint8_t key[KEY_SIZE];
	size_t size = 0;

	base64url_format(salt, SALT_SIZE, id);
	enum exit_code code = keyring_find(id, secret);
	if (code == EXIT_DONE &&
	    (base64url_parse(secret, strlen(secret), key, KEY_SIZE, &size) != OK || size != KEY_SIZE))
		code = complain(EXIT_REFUSED, "keyring_lost", "what the keyring holds for this vault is no key");
	if (code == EXIT_DONE)
		key_keep(vault, VAULT_KEYRING, salt, key);
	secret_zero(secret, sizeof(secret));
	secret_zero(key, sizeof(key));
	return code;
}

/* The key stays for later reads of this run, unless the salt has changed meanwhile. */
static enum exit_code key_need(struct vault *vault, enum vault_seal kind, const uint8_t salt[SALT_SIZE])
{
	if (vault->seal == kind && memcmp(vault->salt, salt, SALT_SIZE) == 0)
		return EXIT_DONE;
	return kind == VAULT_KEYRING ? key_fetch(vault, salt) : key_ask(vault, salt);
}

static enum exit_code complain_key(struct vault *vault)
{
	bool asked = vault->seal == VAULT_PASSPHRASE;

	vault->seal = VAULT_PLAIN;
	return complain(EXIT_REFUSED, asked ? "passphrase" : "keyring_lost", "%s, or %s was altered",
			asked ? "the passphrase is wrong" : "the keyring's key is of another vault", vault->path);
}

static enum exit_code box_open(struct vault *vault, const uint8_t *box, size_t size, json_t **ret_root)
{
	scoped_arena *arena = arena_new(VAULT_ARENA_MAX);
	size_t plain_size = size - SEAL_OVERHEAD;
	char *plain = arena_alloc(arena, plain_size ? plain_size : 1);

	if (!plain)
		return complain_memory();
	if (unseal(vault->key, seal_identity, box, size, plain) != OK)
		return complain_key(vault);
	return json_parse_limited(plain, plain_size, DEPTH_MAX, ret_root) == OK ? EXIT_DONE : complain_damaged(vault);
}

static enum vault_seal kind_find(const char *kdf)
{
	for (size_t kind = VAULT_PASSPHRASE; kdf && kind < ARRAY_COUNT(kdf_names); kind++)
		if (strcmp(kdf, kdf_names[kind]) == 0)
			return (enum vault_seal)kind;
	return VAULT_PLAIN;
}

static enum exit_code root_unseal(struct vault *vault, const json_t *sealed, json_t **ret_root)
{
	scoped_arena *arena = arena_new(VAULT_ARENA_MAX);
	enum vault_seal kind = kind_find(json_get_string(sealed, "kdf"));
	const char *salt_text = json_get_string(sealed, "salt");
	const char *box_text = json_get_string(sealed, "box");
	uint8_t salt[SALT_SIZE];
	size_t salt_size = 0, size = 0, most = box_text ? strlen(box_text) : 0;
	uint8_t *box = arena_alloc(arena, most + 1);

	if (!box)
		return complain_memory();
	if (kind == VAULT_PLAIN || !salt_text ||
	    base64url_parse(salt_text, strlen(salt_text), salt, sizeof(salt), &salt_size) != OK ||
	    salt_size != SALT_SIZE || base64url_parse(box_text ? box_text : "", most, box, most, &size) != OK ||
	    size < SEAL_OVERHEAD)
		return complain_damaged(vault);
	enum exit_code code = key_need(vault, kind, salt);
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
				kdf_names[vault->seal], "salt", salt, "box", text)
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
		vault->seal = VAULT_PLAIN;
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

	if (text && vault->seal != VAULT_PLAIN) {
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

enum vault_seal vault_seal(const struct vault *vault)
{
	return vault->seal;
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

/* ---- changing the seal ---- */

struct seal_change {
	enum vault_seal kind;
	const char *passphrase;
	uint8_t salt[SALT_SIZE];
	uint8_t key[KEY_SIZE]; /* VAULT_KEYRING: stored there already */
};

/* What was in the keyring before is of no use any more; a vault that opens is worth more than a tidy keyring. */
static void keyring_forget(const uint8_t salt[SALT_SIZE])
{
	char id[BASE64URL_SIZE(SALT_SIZE) + 1];

	base64url_format(salt, SALT_SIZE, id);
	if (keyring_remove(id) != EXIT_DONE)
		note("The key %s stays in the keyring; it opens nothing any more.", id);
}

static enum exit_code key_change(struct vault *vault, const struct seal_change *change)
{
	switch (change->kind) {
	case VAULT_PASSPHRASE: return key_make(vault, change->passphrase, change->salt);
	case VAULT_KEYRING: key_keep(vault, change->kind, change->salt, change->key); return EXIT_DONE;
	default: vault->seal = VAULT_PLAIN; return EXIT_DONE;
	}
}

static enum exit_code seal_set(struct vault *vault, const struct seal_change *change)
{
	uint8_t old_salt[SALT_SIZE];
	int fd = -1;
	enum exit_code code = change_begin(vault, &fd);

	if (code != EXIT_DONE)
		return code;
	enum vault_seal old = vault->seal;
	memcpy(old_salt, vault->salt, SALT_SIZE);
	code = key_change(vault, change);
	if (code == EXIT_DONE)
		code = vault_save(vault, fd, vault->root);
	close(fd);
	if (code == EXIT_DONE && old == VAULT_KEYRING)
		keyring_forget(old_salt);
	return code;
}

enum exit_code vault_passphrase_set(struct vault *vault, const char *passphrase)
{
	struct seal_change change = {.kind = passphrase ? VAULT_PASSPHRASE : VAULT_PLAIN, .passphrase = passphrase};

	random_fill(&random_system, change.salt, sizeof(change.salt));
	return seal_set(vault, &change);
}

enum exit_code vault_keyring_set(struct vault *vault)
{
	struct seal_change change = {.kind = VAULT_KEYRING};
	char id[BASE64URL_SIZE(SALT_SIZE) + 1], secret[BASE64URL_SIZE(KEY_SIZE) + 1];

	random_fill(&random_system, change.salt, sizeof(change.salt));
	random_fill(&random_system, change.key, sizeof(change.key));
	base64url_format(change.salt, SALT_SIZE, id);
	base64url_format(change.key, KEY_SIZE, secret);
	enum exit_code code = keyring_store(id, secret);
	if (code == EXIT_DONE) {
		code = seal_set(vault, &change);
		if (code != EXIT_DONE)
			keyring_forget(change.salt);
	}
	secret_zero(secret, sizeof(secret));
	secret_zero(&change, sizeof(change));
	return code;
}
