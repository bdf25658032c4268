#ifndef ENDPOINTS_OIDC_OIDC_H
#define ENDPOINTS_OIDC_OIDC_H

#include "endpoints/app.h"

/* OpenID Connect: one file per endpoint. */
enum status oidc_discovery(const struct app *app, const struct request *req, struct response *res);
enum status oidc_jwks(const struct app *app, const struct request *req, struct response *res);
enum status oidc_authorize(const struct app *app, const struct request *req, struct response *res);
enum status oidc_token(const struct app *app, const struct request *req, struct response *res);
enum status oidc_userinfo(const struct app *app, const struct request *req, struct response *res);
enum status oidc_logout(const struct app *app, const struct request *req, struct response *res);

#endif
