#ifndef ENDPOINTS_OIDC_PARAMS_H
#define ENDPOINTS_OIDC_PARAMS_H

#include "core/authorize.h"
#include "endpoints/app.h"

/*
 * The parameters of a request that a browser brings: of the query for GET.
 *
 * A POST from another site comes without our SameSite=Lax cookies, so it would look like another browser. It is sent
 *back as the same GET (303), which has them; then *ret_form stays NULL and the response is filled. So it is, too, with
 *an error page for what cannot be understood. = RFC6749#3.1  "Request and response parameters MUST NOT be included more
 *than once."
 */
enum status must_check browser_params(const struct app *app, const struct request *req, struct response *res,
				      struct form **ret_form);

/* The wire names of /authorize; what we do not know is passed over. Strings are the form's. */
void authorize_raw_read(const struct form *form, struct authorize_raw *ret_raw);

#endif
