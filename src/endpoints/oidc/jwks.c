#include "core/keyring.h"
#include "endpoints/oidc/oidc.h"

/* The next keys are shown before they sign, so a copy may be a few minutes old. */
#define LIFE "public, max-age=300"

enum status oidc_jwks(const struct app *app, const struct request *req, struct response *res)
{
	const struct keyring_view *keys = keyring_view(app->core.keyring);

	(void)req;
	response_status(res, 200);
	TRY(response_header(res, "Cache-Control", LIFE));
	return response_body_borrow(res, "application/json", keys->jwks, keys->jwks_size);
}
