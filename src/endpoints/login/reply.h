#ifndef ENDPOINTS_LOGIN_REPLY_H
#define ENDPOINTS_LOGIN_REPLY_H

#include "core/login.h"
#include "endpoints/app.h"

/* The state for OK; the refusal that docs/signin-api.md gives for the others; trouble (E_STORE …) is passed on. */
enum status must_check login_reply(struct response *res, enum status status, const struct login_view *view);

#endif
