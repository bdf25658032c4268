#ifndef ENDPOINTS_OIDC_OIDC_H
#define ENDPOINTS_OIDC_OIDC_H

#include "endpoints/app.h"

/*
 * OpenID Connect: the code flow with PKCE, and nothing weaker. One file per endpoint.
 *
 *   service --GET /authorize--> sign-in page … --code--> service --POST /token--> tokens --GET /userinfo--> claims
 *
 * What a person sees when something is wrong is a page (login/error_page.h); what a service sees is the protocol's JSON
 * or an error in its redirect URI. Only an unknown client or redirect URI never goes back to a service.
 */

/* OpenID Connect Discovery 4, RFC 8414, RFC 9207: only what is true. */
/* The document, made once: it says the same as long as the process runs. */
enum status must_check oidc_discovery_make(struct arena *arena, const char *issuer, const char **ret_json);
enum status oidc_discovery(const struct app *app, const struct request *req, struct response *res);
/* RFC 7517: the public keys, next and previous ones too. */
enum status oidc_jwks(const struct app *app, const struct request *req, struct response *res);
/* OpenID Connect Core 3.1.2, RFC 6749 4.1.1: GET, and POST, which comes back as the same GET. */
enum status oidc_authorize(const struct app *app, const struct request *req, struct response *res);
/* OpenID Connect Core 3.1.3, RFC 6749 4.1.3. */
enum status oidc_token(const struct app *app, const struct request *req, struct response *res);
/* OpenID Connect Core 5.3, RFC 6750: GET and POST, the token in the Authorization header only. */
enum status oidc_userinfo(const struct app *app, const struct request *req, struct response *res);
/* OpenID Connect RP-Initiated Logout 1.0: GET, and POST, which comes back as the same GET. */
enum status oidc_logout(const struct app *app, const struct request *req, struct response *res);

#endif
