/* Our own exports, plain and sealed, of this command and the web authenticator: docs/authenticator-export.md. */
#include <string.h>

#include "exchange.h"
#include "import.h"

static const char damaged[] = "it is an export of Symbolon's authenticators, but damaged or of a newer version";

static bool recognizes(const struct import_source *source)
{
	const char *format = import_text(source->json, "format");

	return format && strcmp(format, exchange_format) == 0;
}

static enum status code_add(struct imported *imported, size_t index, const json_t *code)
{
	scoped_arena *arena = arena_new(16 * 1024);
	const char *uri = import_text(code, "uri");
	const char *where = import_where(arena, index, NULL, NULL);

	return uri ? imported_add_uri(imported, where, uri, code)
		   : imported_refuse(imported, where, "It has no address.");
}

static enum status plain_read(const json_t *root, struct imported *imported, const char **ret_problem)
{
	const json_t *codes = json_object_get(root, "codes"), *code;
	size_t i;

	*ret_problem = damaged;
	if (import_number(root, "version") != 1 || !json_is_array(codes))
		return E_INVALID;
	json_array_foreach (codes, i, code)
		TRY(code_add(imported, i, code));
	return OK;
}

static enum status box_open(const struct import_source *source, const json_t *sealed, json_t **ret_root,
			    const char **ret_problem)
{
	char passphrase[PASSPHRASE_MAX + 1];

	*ret_problem = "it is sealed, and there is no passphrase";
	TRY(source->passphrase ? source->passphrase(source->ctx, "Passphrase of the file", passphrase) : E_NOT_FOUND);
	enum status status = exchange_unseal(sealed, passphrase, ret_root);
	secret_zero(passphrase, sizeof(passphrase));
	*ret_problem = status == E_REFUSED ? "the passphrase is wrong, or the file was altered" : damaged;
	return status;
}

static enum status exchange_read(const struct import_source *source, struct imported *imported,
				 const char **ret_problem)
{
	const json_t *sealed = json_object_get(source->json, "sealed");
	scoped_json *root = NULL;

	if (!sealed)
		return plain_read(source->json, imported, ret_problem);
	*ret_problem = damaged;
	if (import_number(source->json, "version") != 1)
		return E_INVALID;
	TRY(box_open(source, sealed, &root, ret_problem));
	const char *format = import_text(root, "format");
	*ret_problem = damaged;
	return format && strcmp(format, exchange_format) == 0 ? plain_read(root, imported, ret_problem) : E_INVALID;
}

const struct import_format import_exchange = {"an export of Symbolon's authenticators", recognizes, exchange_read};
