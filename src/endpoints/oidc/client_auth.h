#ifndef ENDPOINTS_OIDC_CLIENT_AUTH_H
#define ENDPOINTS_OIDC_CLIENT_AUTH_H

#include "core/grant.h"
#include "endpoints/app.h"

/*
 * What the client says of itself (RFC 6749 2.3.1): the Authorization header or the body, never both. Fills client_id,
 * client_secret and client_auth of the request; whether they are right is core's to say. A refusal sets *ret_refusal:
 * invalid_request for two ways at once, invalid_client for a header that is no Basic.
 */
enum status must_check client_auth_read(const struct request *req, const struct form *form,
					struct token_request *ret_request, struct oauth_error *ret_refusal);

#endif
