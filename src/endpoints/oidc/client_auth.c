#include "endpoints/oidc/client_auth.h"

#include <string.h>

#include "base/encode.h"
#include "base/secret.h"
#include "base/text.h"

#define BASIC_MAX 1024 /* bytes of "id:secret" */

static const struct oauth_error not_basic = {"invalid_client", "the Authorization header is not a well-formed Basic"};
static const struct oauth_error two_ways = {"invalid_request", "the client authenticates in two ways at once"};

/* The part after "Basic ", the scheme in either case; NULL when it is another scheme. */
static const char *basic_rest(const char *header)
{
	static const char scheme[] = "basic ";

	for (size_t i = 0; scheme[i]; i++)
		if ((scheme[i] == ' ' ? header[i] : (header[i] | 0x20)) != scheme[i])
			return NULL;
	header += sizeof(scheme) - 1;
	return header + strspn(header, " ");
}

/*= RFC6749#2.3.1
 * "The client identifier is encoded using the "application/x-www-form-urlencoded" encoding algorithm […], and the
 * encoded value is used as the username; the client password is encoded using the same algorithm and used as the
 * password."
 */
static enum status pair_decode(struct arena *arena, const char *pair, size_t size, struct token_request *request)
{
	const char *colon = memchr(pair, ':', size);

	if (!colon)
		return E_INVALID;
	TRY(percent_decode(arena, pair, (size_t)(colon - pair), true, &request->client_id));
	return percent_decode(arena, colon + 1, size - (size_t)(colon - pair) - 1, true, &request->client_secret);
}

static enum status basic_parse(struct arena *arena, const char *header, struct token_request *request)
{
	const char *rest = basic_rest(header);
	uint8_t pair[BASIC_MAX];
	size_t size;
	enum status status;

	if (!rest)
		return E_INVALID;
	TRY(base64_parse(rest, strlen(rest), pair, sizeof(pair), &size));
	status = pair_decode(arena, (const char *)pair, size, request);
	secret_zero(pair, sizeof(pair));
	if (status == OK && (!*request->client_id || !*request->client_secret))
		return E_INVALID;
	return status;
}

static enum status header_read(const struct request *req, const char *header, const struct form *form,
			       struct token_request *request, struct oauth_error *refusal)
{
	const char *named = form_get(form, "client_id");
	enum status status;

	/*= RFC6749#2.3  "The client MUST NOT use more than one authentication method in each request." */
	if (form_has(form, "client_secret") || form_has(form, "client_assertion")) {
		*refusal = two_ways;
		return OK;
	}
	status = basic_parse(req->arena, header, request);
	if (status == E_INVALID)
		*refusal = not_basic;
	else if (status == OK && named && strcmp(named, request->client_id) != 0)
		*refusal =
			(struct oauth_error){"invalid_request", "client_id is not the one of the Authorization header"};
	request->client_auth = CLIENT_AUTH_BASIC;
	return status == E_INVALID ? OK : status;
}

enum status client_auth_read(const struct request *req, const struct form *form, struct token_request *ret_request,
			     struct oauth_error *ret_refusal)
{
	const char *header = request_header(req, "Authorization");

	if (header)
		return header_read(req, header, form, ret_request, ret_refusal);
	ret_request->client_id = form_get(form, "client_id");
	ret_request->client_secret = form_get(form, "client_secret");
	ret_request->client_auth = ret_request->client_secret ? CLIENT_AUTH_POST : CLIENT_AUTH_NONE;
	return OK;
}
