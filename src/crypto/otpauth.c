#include "crypto/otp.h"

#include <string.h>

#include "base/arena.h"
#include "base/encode.h"
#include "base/secret.h"
#include "base/text.h"

enum { URI_SIZE_MAX = 4096, NAME_SIZE_MAX = 256 };

static const struct otp_params default_params = {.hash = OTP_SHA1, .digits = 6, .period = 30};

/* What a URI is made of, as it stands there: pieces point into it. */
struct piece {
	const char *data; /* NULL: absent */
	size_t size;
};

enum parameter { SECRET, ISSUER, ALGORITHM, DIGITS, PERIOD, PARAMETERS };
static const char *const parameter_names[PARAMETERS] = {"secret", "issuer", "algorithm", "digits", "period"};

struct pieces {
	struct piece label;
	struct piece parameters[PARAMETERS];
};

/* Every refusal is a sentence for the person who typed, scanned or imported the URI. */
static enum status refuse(const char **ret_problem, const char *sentence)
{
	*ret_problem = sentence;
	return E_INVALID;
}

static bool prefix_take(const char **at, const char *prefix)
{
	size_t size = strlen(prefix);

	if (strncasecmp(*at, prefix, size) != 0)
		return false;
	*at += size;
	return true;
}

static bool piece_is(struct piece piece, const char *name)
{
	return piece.size == strlen(name) && strncasecmp(piece.data, name, piece.size) == 0;
}

static enum status parameter_keep(struct pieces *pieces, struct piece name, struct piece value,
				  const char **ret_problem)
{
	for (size_t i = 0; i < PARAMETERS; i++) {
		if (!piece_is(name, parameter_names[i]))
			continue;
		if (pieces->parameters[i].data)
			return refuse(ret_problem, "A setting is given twice in the link.");
		pieces->parameters[i] = value;
	}
	return OK; /* what other apps add (image, colour, …) is passed over */
}

static enum status query_split(const char *query, struct pieces *pieces, const char **ret_problem)
{
	while (*query) {
		size_t size = strcspn(query, "&");
		const char *equals = memchr(query, '=', size);
		if (equals) {
			struct piece name = {query, (size_t)(equals - query)};
			struct piece value = {equals + 1, size - name.size - 1};
			TRY(parameter_keep(pieces, name, value, ret_problem));
		}
		query += size;
		query += *query == '&';
	}
	return OK;
}

static enum status uri_split(const char *uri, struct pieces *ret_pieces, const char **ret_problem)
{
	const char *at = uri;

	if (strnlen(uri, URI_SIZE_MAX + 1) > URI_SIZE_MAX)
		return refuse(ret_problem, "The link is too long.");
	if (!prefix_take(&at, "otpauth://"))
		return refuse(ret_problem, "This is not an otpauth:// link.");
	if (prefix_take(&at, "hotp/") || prefix_take(&at, "hotp?"))
		return refuse(
			ret_problem,
			"Codes that count uses (hotp) are not supported, only codes that change with time (totp).");
	if (!prefix_take(&at, "totp/") && !(prefix_take(&at, "totp") && *at == '?'))
		return refuse(ret_problem, "The link is for a kind of code that is not known here; it must be totp.");
	ret_pieces->label = (struct piece){at, strcspn(at, "?")};
	at += ret_pieces->label.size;
	return query_split(at + (*at == '?'), ret_pieces, ret_problem);
}

static bool percent_decode(struct piece piece, char *out, size_t *ret_size)
{
	size_t size = 0, taken = 0;

	for (size_t i = 0; i < piece.size; i++) {
		uint8_t byte = (uint8_t)piece.data[i];
		if (byte == '%') {
			if (piece.size - i < 3 || hex_parse(piece.data + i + 1, 2, &byte, 1, &taken) != OK || byte == 0)
				return false;
			i += 2;
		}
		out[size++] = (char)byte;
	}
	out[size] = '\0';
	*ret_size = size;
	return true;
}

/* A name, decoded, without spaces around it: "" when absent, NULL when it cannot be shown. */
static enum status name_decode(struct arena *arena, struct piece piece, char **ret_name, const char **ret_problem)
{
	size_t size = 0;
	char *name = arena_alloc(arena, piece.size + 1);

	if (!name)
		return E_NOMEM;
	if (!percent_decode(piece, name, &size))
		return refuse(ret_problem, "A name in the link is not encoded as it must be.");
	while (size > 0 && name[size - 1] == ' ')
		name[--size] = '\0';
	name += strspn(name, " ");
	if (strlen(name) > NAME_SIZE_MAX)
		return refuse(ret_problem, "A name in the link is too long.");
	if (*name && !text_is_displayable(name))
		return refuse(ret_problem, "A name in the link holds characters that cannot be shown.");
	*ret_name = name;
	return OK;
}

/* Where the issuer ends in a label: a colon, or one written as %3A. Its length goes to *ret_colon. */
static const char *colon_find(struct piece label, size_t *ret_colon)
{
	const char *plain = memchr(label.data, ':', label.size);

	*ret_colon = 1;
	if (plain)
		return plain;
	*ret_colon = 3;
	for (size_t i = 0; label.size >= 3 && i <= label.size - 3; i++) {
		if (strncasecmp(label.data + i, "%3A", 3) == 0)
			return label.data + i;
	}
	return NULL;
}

static enum status names_read(struct arena *arena, const struct pieces *pieces, struct otpauth *otp,
			      const char **ret_problem)
{
	struct piece issuer = pieces->parameters[ISSUER], account = pieces->label;
	size_t colon_size = 0;
	const char *colon = colon_find(account, &colon_size);

	if (colon) {
		size_t prefix = (size_t)(colon - account.data);
		if (issuer.size == 0)
			issuer = (struct piece){account.data, prefix};
		account = (struct piece){colon + colon_size, account.size - prefix - colon_size};
	}
	TRY(name_decode(arena, issuer, &otp->issuer, ret_problem));
	TRY(name_decode(arena, account, &otp->account, ret_problem));
	if (!*otp->issuer && !*otp->account)
		return refuse(ret_problem, "The link names neither a service nor an account.");
	return OK;
}

static int base32_value(char c)
{
	if (c >= '2' && c <= '7')
		return c - '2' + 26;
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z' ? (c | 0x20) - 'a' : -1;
}

/*
 * Many sites draw base32 characters instead of encoding bytes, so bits may be left over at the end. Every app ignores
 * them; our parser does not. Spaces (also written '+', as forms do), dashes and padding go, too. The new size.
 */
static size_t secret_tidy(char *text, size_t size)
{
	size_t digits = 0;

	while (size > 0 && text[size - 1] == '=')
		size--;
	for (size_t i = 0; i < size; i++) {
		if (!strchr(" +-", text[i]))
			text[digits++] = text[i];
	}
	size_t bits = digits * 5 / 8 * 8, kept = BASE32_SIZE(bits / 8);
	int last = kept ? base32_value(text[kept - 1]) : -1;
	for (size_t i = kept; i < digits; i++) {
		if (base32_value(text[i]) < 0)
			return digits; /* not base32: let the parser say so */
	}
	if (last < 0)
		return digits;
	last &= ~((1 << (kept * 5 - bits)) - 1);
	text[kept - 1] = (char)(last < 26 ? 'A' + last : '2' + last - 26);
	return kept;
}

static enum status seed_read(struct arena *arena, struct piece secret, struct otpauth *otp, const char **ret_problem)
{
	size_t size = 0;
	char *text = arena_alloc(arena, secret.size + 1);

	if (!text)
		return E_NOMEM;
	if (!secret.data || secret.size == 0)
		return refuse(ret_problem, "The link has no secret.");
	if (!percent_decode(secret, text, &size))
		return refuse(ret_problem, "The secret in the link is not base32.");
	size = secret_tidy(text, size);
	enum status status = base32_parse(text, size, otp->seed, sizeof(otp->seed), &otp->seed_size);
	if (status != OK || otp->seed_size == 0)
		return refuse(ret_problem, "The secret in the link is empty, too long or not base32.");
	return OK;
}

static enum status number_read(struct piece piece, unsigned min, unsigned max, unsigned *ret_number)
{
	char text[8] = "";
	int64_t number = 0;

	if (!piece.data)
		return OK; /* the default stays */
	if (piece.size >= sizeof(text))
		return E_INVALID;
	memcpy(text, piece.data, piece.size);
	TRY(text_parse_int(text, min, max, &number));
	*ret_number = (unsigned)number;
	return OK;
}

static enum status params_read(const struct pieces *pieces, struct otp_params *params, const char **ret_problem)
{
	struct piece algorithm = pieces->parameters[ALGORITHM];
	char name[16] = "";

	*params = default_params;
	if (algorithm.data) {
		if (algorithm.size < sizeof(name))
			memcpy(name, algorithm.data, algorithm.size);
		if (otp_hash_parse(name, &params->hash) != OK)
			return refuse(ret_problem, "The algorithm must be SHA1, SHA256 or SHA512.");
	}
	if (number_read(pieces->parameters[DIGITS], 6, 8, &params->digits) != OK)
		return refuse(ret_problem, "Codes must have 6 to 8 digits.");
	if (number_read(pieces->parameters[PERIOD], 5, 300, &params->period) != OK)
		return refuse(ret_problem, "The period must be 5 to 300 seconds.");
	return OK;
}

static enum status uri_read(struct arena *arena, const char *uri, struct otpauth *otp, const char **ret_problem)
{
	struct pieces pieces = {0};

	TRY(uri_split(uri, &pieces, ret_problem));
	TRY(params_read(&pieces, &otp->params, ret_problem));
	TRY(names_read(arena, &pieces, otp, ret_problem));
	return seed_read(arena, pieces.parameters[SECRET], otp, ret_problem);
}

enum status otpauth_parse(struct arena *arena, const char *uri, struct otpauth *ret_otp, const char **ret_problem)
{
	struct otpauth otp = {0};
	enum status status = uri_read(arena, uri, &otp, ret_problem);

	if (status == OK)
		*ret_otp = otp;
	else if (status == E_NOMEM)
		*ret_problem = "Out of memory.";
	secret_zero(&otp, sizeof(otp));
	return status;
}

char *otpauth_format(struct arena *arena, const struct otpauth *otp)
{
	char secret[BASE32_SIZE(OTP_SEED_MAX) + 1];
	struct text uri;

	text_init(&uri, URI_SIZE_MAX);
	base32_format(otp->seed, otp->seed_size, secret);
	text_add(&uri, "otpauth://totp/");
	text_add_percent(&uri, otp->issuer);
	if (*otp->issuer || strchr(otp->account, ':')) /* else the account's own colon would end an issuer */
		text_add(&uri, ":");
	text_add_percent(&uri, otp->account);
	text_add_format(&uri, "?secret=%s", secret);
	if (*otp->issuer) {
		text_add(&uri, "&issuer=");
		text_add_percent(&uri, otp->issuer);
	}
	text_add_format(&uri, "&algorithm=%s&digits=%u&period=%u", otp_hash_name(otp->params.hash), otp->params.digits,
			otp->params.period);
	char *copy = uri.failed ? NULL : arena_strndup(arena, uri.data, uri.size);
	text_done(&uri);
	secret_zero(secret, sizeof(secret));
	return copy;
}
