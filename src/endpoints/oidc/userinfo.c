#include <string.h>

#include "core/grant.h"
#include "endpoints/oidc/oidc.h"

/*= RFC6750#3
 * "If the protected resource request does not include authentication credentials or does not contain an access token
 * that enables access to the protected resource, the resource server MUST include the HTTP "WWW-Authenticate" response
 * header field"
 */
static enum status reply_refusal(const struct app *app, struct response *res, int status, const char *error,
				 const char *description)
{
	const char *issuer = app->core.settings->issuer;
	const char *value =
		error ? arena_format(response_arena(res), "Bearer realm=\"%s\", error=\"%s\", error_description=\"%s\"",
				     issuer, error, description)
		      : arena_format(response_arena(res), "Bearer realm=\"%s\"", issuer);

	if (!value)
		return E_NOMEM;
	TRY(response_header(res, "WWW-Authenticate", value));
	response_status(res, status);
	return response_body(res, NULL, "", 0);
}

/* The token of "Bearer TOKEN", the scheme in either case; NULL when it is another scheme or no b64token (RFC 6750 2.1).
 */
static const char *bearer_token(const char *header)
{
	static const char scheme[] = "bearer ";
	static const char octets[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=";

	for (size_t i = 0; scheme[i]; i++)
		if ((scheme[i] == ' ' ? header[i] : (header[i] | 0x20)) != scheme[i])
			return NULL;
	header += sizeof(scheme) - 1;
	header += strspn(header, " ");
	return *header && !header[strspn(header, octets)] ? header : NULL;
}

enum status oidc_userinfo(const struct app *app, const struct request *req, struct response *res)
{
	const char *header = request_header(req, "Authorization");
	const char *token = header ? bearer_token(header) : NULL;
	char *json = NULL;
	enum status status;

	if (!header)
		return reply_refusal(app, res, 401, NULL, NULL);
	if (!token)
		return reply_refusal(app, res, 400, "invalid_request",
				     "the Authorization header is not a Bearer token");
	status = userinfo_get(&app->core, req->arena, token, req->now, &json);
	if (status == E_REFUSED)
		return reply_refusal(app, res, 401, "invalid_token", "the access token is unknown, expired or revoked");
	TRY(status);
	response_status(res, 200);
	return response_body(res, "application/json", json, strlen(json));
}
