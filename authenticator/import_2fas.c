/*
 * 2FAS, schema 1 to 4. Plain: "services". Encrypted: "servicesEncrypted" is base64 of cipher and tag, salt, and nonce,
 * with colons between; AES-256-GCM under PBKDF2 of the password, 10,000 rounds.
 */
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "base/secret.h"
#include "crypto/foreign.h"
#include "import.h"
#include "terminal.h"

enum { ROUNDS = 10000, SALT_MAX = 1024, NONCE_SIZE = 12, TWOFAS_ARENA_MAX = 4 * IMPORT_SIZE_MAX };

static const char damaged[] = "it is a backup of 2FAS, but damaged";

static bool recognizes(const struct import_source *source)
{
	return source->json &&
	       (json_object_get(source->json, "servicesEncrypted") ||
		(json_object_get(source->json, "services") && json_object_get(source->json, "schemaVersion")));
}

/* ---- codes ---- */

static const char *group_name(const json_t *root, const json_t *service)
{
	const char *wanted = import_text(service, "groupId");
	const json_t *group;
	size_t i;

	json_array_foreach (json_object_get(root, "groups"), i, group) {
		const char *id = import_text(group, "id");
		if (wanted && id && strcmp(wanted, id) == 0)
			return import_text(group, "name");
	}
	return NULL;
}

static const char *kind_problem(const json_t *otp)
{
	const char *kind = import_text(otp, "tokenType");

	if (!kind || strcmp(kind, "TOTP") == 0)
		return NULL;
	return strcmp(kind, "HOTP") == 0
		       ? "Codes that count uses (hotp) are not supported."
		       : "This kind of code is not supported, only codes that change with time (totp).";
}

static enum status service_add(struct imported *imported, const json_t *root, size_t index, const json_t *service)
{
	scoped_arena *arena = arena_new(16 * 1024);
	const json_t *otp = json_object_get(service, "otp");
	const char *issuer = import_text(otp, "issuer"), *secret = import_text(service, "secret");
	const struct import_fields fields = {.issuer = issuer ? issuer : import_text(service, "name"),
					     .account = import_text(otp, "account"),
					     .secret = secret ? secret : "",
					     .hash = import_text(otp, "algorithm"),
					     .digits = import_number(otp, "digits"),
					     .period = import_number(otp, "period"),
					     .group = group_name(root, service)};
	const char *where = import_where(arena, index, fields.issuer, fields.account);
	const char *problem = kind_problem(otp);

	return problem ? imported_refuse(imported, where, problem) : imported_add(imported, where, &fields);
}

/* The person's order is a number in each, not the place in the list. */
struct placed {
	int64_t position;
	size_t index;
};

static int placed_compare(const void *a, const void *b)
{
	const struct placed *one = a, *other = b;

	if (one->position != other->position)
		return one->position < other->position ? -1 : 1;
	return one->index < other->index ? -1 : one->index > other->index;
}

static enum status services_read(const json_t *services, const json_t *root, struct imported *imported,
				 const char **ret_problem)
{
	scoped_arena *arena = arena_new(1024 * 1024);
	size_t count = json_array_size(services);
	struct placed *order = arena_calloc(arena, count + 1, sizeof(*order));

	*ret_problem = damaged;
	if (!json_is_array(services) || count > IMPORT_CODES_MAX)
		return E_INVALID;
	if (!order)
		return E_NOMEM;
	for (size_t i = 0; i < count; i++) {
		const json_t *placed = json_object_get(json_array_get(services, i), "order");
		order[i] = (struct placed){import_number(placed, "position"), i};
	}
	qsort(order, count, sizeof(*order), placed_compare);
	for (size_t i = 0; i < count; i++)
		TRY(service_add(imported, root, i, json_array_get(services, order[i].index)));
	return OK;
}

/* ---- sealed ---- */

struct box {
	uint8_t *cipher, *salt, *nonce;
	size_t cipher_size, salt_size, nonce_size;
};

/* One base64 part up to a colon or the end; moves *at behind it. */
static uint8_t *part_take(struct arena *arena, const char **at, size_t max, size_t *ret_size)
{
	size_t size = strcspn(*at, ":");
	uint8_t *bytes = arena_alloc(arena, size + 1);
	bool good = bytes && base64_parse(*at, size, bytes, size < max ? size : max, ret_size) == OK;

	*at += size + ((*at)[size] == ':');
	return good ? bytes : NULL;
}

static bool box_parse(struct arena *arena, const char *text, struct box *box)
{
	box->cipher = part_take(arena, &text, IMPORT_SIZE_MAX, &box->cipher_size);
	box->salt = part_take(arena, &text, SALT_MAX, &box->salt_size);
	box->nonce = part_take(arena, &text, NONCE_SIZE, &box->nonce_size);
	return box->cipher && box->salt && box->nonce && *text == '\0' && box->cipher_size >= FOREIGN_TAG_SIZE &&
	       box->nonce_size == NONCE_SIZE;
}

static enum status box_open(struct arena *arena, const struct box *box, const char *passphrase, json_t **ret_services)
{
	size_t size = box->cipher_size - FOREIGN_TAG_SIZE;
	char *plain = arena_alloc(arena, size + 1);
	uint8_t key[FOREIGN_KEY_SIZE];

	if (!plain)
		return E_NOMEM;
	TRY(foreign_pbkdf2(passphrase, (struct foreign_salt){box->salt, box->salt_size}, ROUNDS, key));
	enum status status = foreign_gcm_open(key, box->nonce, box->cipher, size, box->cipher + size, (uint8_t *)plain);
	secret_zero(key, sizeof(key));
	TRY(status);
	return json_parse_limited(plain, size, IMPORT_DEPTH_MAX, ret_services);
}

static enum status sealed_open(const struct import_source *source, const char *text, json_t **ret_services,
			       const char **ret_problem)
{
	scoped_arena *arena = arena_new(TWOFAS_ARENA_MAX);
	char passphrase[PASSPHRASE_MAX + 1];
	struct box box = {0};

	*ret_problem = damaged;
	if (!box_parse(arena, text, &box))
		return E_INVALID;
	*ret_problem = "it is sealed, and there is no passphrase";
	TRY(source->passphrase ? source->passphrase(source->ctx, "Password of the 2FAS backup", passphrase)
			       : E_NOT_FOUND);
	enum status status = box_open(arena, &box, passphrase, ret_services);
	secret_zero(passphrase, sizeof(passphrase));
	*ret_problem = status == E_REFUSED ? "the password is wrong, or the file was altered" : damaged;
	return status;
}

static enum status twofas_read(const struct import_source *source, struct imported *imported, const char **ret_problem)
{
	const char *sealed = import_text(source->json, "servicesEncrypted");
	scoped_json *services = NULL;

	if (text_is_empty(sealed))
		return services_read(json_object_get(source->json, "services"), source->json, imported, ret_problem);
	TRY(sealed_open(source, sealed, &services, ret_problem));
	return services_read(services, source->json, imported, ret_problem);
}

const struct import_format import_2fas = {"2FAS", recognizes, twofas_read};
