/*
 * otpauth-migration://offline?data=BASE64: a protocol buffer, in the QR codes by which Google Authenticator moves to
 * another phone. Six kinds of field are all there is, so the wire format (varints, and bytes with a length) is read by
 * hand, each step within bounds.
 *
 *   payload  1 codes (bytes, many) · 2 version · 3 batch size · 4 batch index · 5 batch id
 *   code     1 secret (bytes) · 2 name · 3 issuer · 4 algorithm · 5 digits · 6 type · 7 counter
 */
#include <string.h>

#include "base/encode.h"
#include "base/secret.h"
#include "crypto/otp.h"
#include "import.h"

enum { PAYLOAD_MAX = 12 * 1024, NAME_MAX_SIZE = 512, WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };
enum { TYPE_HOTP = 1, DIGITS_EIGHT = 2, BATCH_MOST = 32 };

struct reader {
	const uint8_t *at, *end;
};

struct field {
	uint32_t number;
	uint64_t value;      /* of a varint */
	const uint8_t *data; /* of bytes */
	size_t size;
	bool is_bytes;
};

static bool varint_read(struct reader *reader, uint64_t *ret_value)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 64 && reader->at < reader->end; shift += 7) {
		uint8_t byte = *reader->at++;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			*ret_value = value;
			return true;
		}
	}
	return false;
}

static bool bytes_take(struct reader *reader, uint64_t size, const uint8_t **ret_data)
{
	if (size > (uint64_t)(reader->end - reader->at))
		return false;
	*ret_data = reader->at;
	reader->at += size;
	return true;
}

/* false: at the end, or not a protocol buffer (then `at` is not the end, or was moved there to stop). */
static bool field_read(struct reader *reader, struct field *field, bool *ret_bad)
{
	uint64_t key = 0, size = 0;

	*field = (struct field){0};
	if (reader->at == reader->end)
		return false;
	*ret_bad = true;
	if (!varint_read(reader, &key) || key >> 3 == 0 || key >> 3 > UINT32_MAX)
		return false;
	field->number = (uint32_t)(key >> 3);
	switch (key & 7) {
	case WIRE_VARINT: *ret_bad = !varint_read(reader, &field->value); break;
	case WIRE_64: *ret_bad = !bytes_take(reader, 8, &field->data); break;
	case WIRE_32: *ret_bad = !bytes_take(reader, 4, &field->data); break;
	case WIRE_BYTES:
		field->is_bytes = true;
		*ret_bad = !varint_read(reader, &size) || !bytes_take(reader, size, &field->data);
		field->size = (size_t)size;
		break;
	default: break;
	}
	return !*ret_bad;
}

struct code {
	struct field secret, name, issuer;
	uint64_t algorithm, digits, type;
};

static bool code_parse(struct field message, struct code *code)
{
	struct reader reader = {message.data, message.data + message.size};
	struct field field;
	bool bad = false;

	*code = (struct code){0};
	while (field_read(&reader, &field, &bad)) {
		switch (field.number) {
		case 1: code->secret = field; break;
		case 2: code->name = field; break;
		case 3: code->issuer = field; break;
		case 4: code->algorithm = field.value; break;
		case 5: code->digits = field.value; break;
		case 6: code->type = field.value; break;
		default: break;
		}
	}
	return !bad;
}

/* "" when absent; NULL when too long, or with a NUL inside. */
static const char *field_text(struct arena *arena, struct field field)
{
	if (!field.is_bytes || field.size == 0)
		return "";
	if (field.size > NAME_MAX_SIZE || memchr(field.data, '\0', field.size))
		return NULL;
	return arena_strndup(arena, (const char *)field.data, field.size);
}

/* The name often is "Issuer:account"; the issuer need not be said again. */
static enum status name_split(struct arena *arena, const char **issuer, const char **account)
{
	size_t size = **issuer ? strlen(*issuer) : strcspn(*account, ":");

	if (strncmp(*issuer, *account, **issuer ? size : 0) != 0 || strnlen(*account, size + 1) <= size ||
	    (*account)[size] != ':')
		return OK;
	if (!**issuer)
		*issuer = arena_strndup(arena, *account, size);
	*account += size + 1 + strspn(*account + size + 1, " ");
	return *issuer ? OK : E_NOMEM;
}

static enum status code_add(struct imported *imported, struct arena *arena, const char *where, const struct code *code)
{
	static const char *const hashes[] = {"SHA1", "SHA1", "SHA256", "SHA512", "MD5"};
	const char *issuer = field_text(arena, code->issuer), *account = field_text(arena, code->name);
	char secret[BASE32_SIZE(OTP_SEED_MAX) + 1];

	if (!issuer || !account)
		return imported_refuse(imported, where, "A name is too long or no text.");
	TRY(name_split(arena, &issuer, &account));
	where = arena_format(arena, "%s, %s", where,
			     import_where(arena,
					  json_array_size(imported->entries) + json_array_size(imported->problems),
					  issuer, account));
	if (!where)
		return E_NOMEM;
	if (code->type == TYPE_HOTP)
		return imported_refuse(imported, where, "Codes that count uses (hotp) are not supported.");
	if (!code->secret.is_bytes || code->secret.size > OTP_SEED_MAX || code->algorithm >= ARRAY_COUNT(hashes))
		return imported_refuse(imported, where,
				       "The secret is absent or too long, or the algorithm is unknown.");
	base32_format(code->secret.data, code->secret.size, secret);
	const struct import_fields fields = {.issuer = issuer,
					     .account = account,
					     .secret = secret,
					     .hash = hashes[code->algorithm],
					     .digits = code->digits == DIGITS_EIGHT ? 8 : 6};
	enum status status = imported_add(imported, where, &fields);
	secret_zero(secret, sizeof(secret));
	return status;
}

static void batch_note(struct migration_batches *batches, uint64_t id, uint64_t size, uint64_t index)
{
	size_t i = 0;

	if (size < 2 || size > BATCH_MOST || index >= size)
		return;
	while (i < batches->count && batches->list[i].id != (uint32_t)id)
		i++;
	if (i == ARRAY_COUNT(batches->list))
		return;
	if (i == batches->count)
		batches->count++;
	batches->list[i].id = (uint32_t)id;
	batches->list[i].size = (uint32_t)size;
	batches->list[i].seen |= UINT32_C(1) << index;
}

static enum status payload_add(struct imported *imported, struct migration_batches *batches, const char *where,
			       struct reader reader)
{
	uint64_t size = 0, index = 0, id = 0;
	struct field field;
	bool bad = false;

	while (field_read(&reader, &field, &bad)) {
		scoped_arena *arena = arena_new(16 * 1024);
		struct code code;

		if (field.number == 1 && (!field.is_bytes || !code_parse(field, &code)))
			TRY(imported_refuse(imported, where, "One of its codes is damaged."));
		else if (field.number == 1)
			TRY(code_add(imported, arena, where, &code));
		size = field.number == 3 ? field.value : size;
		index = field.number == 4 ? field.value : index;
		id = field.number == 5 ? field.value : id;
	}
	batch_note(batches, id, size, index);
	return bad ? imported_refuse(imported, where, "The migration code is damaged or cut short.") : OK;
}

/* The value of "data", its percent signs decoded; NULL when there is none, or it is damaged. */
static char *data_decode(struct arena *arena, const char *uri)
{
	const char *query = strchr(uri, '?'), *data = query ? strstr(query, "data=") : NULL;
	size_t size = 0, taken = 0;
	char *out = data ? arena_strdup(arena, data + 5) : NULL;

	for (const char *at = out; at && *at && *at != '&'; size++) {
		uint8_t byte = (uint8_t)*at;
		if (byte == '%' && (strlen(at) < 3 || hex_parse(at + 1, 2, &byte, 1, &taken) != OK || byte == 0))
			return NULL;
		at += *at == '%' ? 3 : 1;
		/* A plus that was not encoded reads as a space in some programs: base64 has no space. */
		out[size] = byte == ' ' ? '+' : byte == '-' ? '+' : byte == '_' ? '/' : (char)byte;
	}
	if (out)
		out[size] = '\0';
	return out;
}

enum status migration_add(struct imported *imported, struct migration_batches *batches, const char *where,
			  const char *uri)
{
	scoped_arena *arena = arena_new(64 * 1024);
	char *text = arena_alloc(arena, strlen(uri) + 4);
	const char *data = data_decode(arena, uri);
	uint8_t *bytes = arena_alloc(arena, PAYLOAD_MAX);
	size_t size = 0;

	if (!text || !bytes)
		return E_NOMEM;
	if (!text_has_prefix(uri, "otpauth-migration://offline") || !data)
		return imported_refuse(imported, where, "The migration address has no data.");
	memcpy(text, data, strlen(data) + 1);
	while (strlen(text) % 4 != 0 && strlen(text) < strlen(data) + 3)
		strcat(text, "="); /* NOLINT(clang-analyzer-security.insecureAPI.strcpy): three more bytes are there */
	if (base64_parse(text, strlen(text), bytes, PAYLOAD_MAX, &size) != OK || size == 0)
		return imported_refuse(imported, where,
				       "The data of the migration address is not base64, or too long.");
	return payload_add(imported, batches, where, (struct reader){bytes, bytes + size});
}

enum status migration_end(struct imported *imported, const struct migration_batches *batches)
{
	for (size_t i = 0; i < batches->count; i++)
		for (uint32_t part = 0; part < batches->list[i].size; part++) {
			char where[64];

			if (batches->list[i].seen >> part & 1)
				continue;
			snprintf(where, sizeof(where), "migration code %u of %u", part + 1, batches->list[i].size);
			TRY(imported_refuse(imported, where, "It is missing: export shows several, take each."));
		}
	return OK;
}
