#ifndef ENDPOINTS_APP_H
#define ENDPOINTS_APP_H

#include "core/core.h"
#include "http/request.h"
#include "http/response.h"
#include "http/router.h"
#include "http/static.h"

struct waiting_room;
struct live;

/*
 * What an endpoint works with: one for the process, made by the daemon, read-only for endpoints. An endpoint is a plain
 * function
 *
 *     enum status NAME(const struct app *app, const struct request *req, struct response *res);
 *
 * that runs top to bottom and may block. It parses, calls core and replies. OK: the response is filled. Anything else
 * is trouble (E_STORE, E_NOMEM, E_IO …), which the daemon answers with 503 or 500 and a reference: never an acceptance.
 */
struct app {
	struct core core;
	struct static_files *files;   /* the built pages: "signin/index.html", "signin/assets/…" */
	struct waiting_room *waiting; /* event streams, see endpoints/waiting.h */
	const char *discovery;        /* the JSON of /.well-known/openid-configuration */
	const char *signin_page;      /* signin/index.html, with the marker <!--STATE--> in it */
	const char *account_page;     /* account/index.html, with the same marker; NULL: not installed */
	int64_t (*now)(void);         /* Unix seconds; for what runs outside a request */
	const char *form_post_page;   /* signin/form_post.html, with the marker <!--FORM--> in it */
	struct live *live;            /* the daemon's: where core.settings come from, anew for each request; or NULL */
	const struct app *whole;      /* what outlives the request; NULL: this one does */
};

/* Cookies. All are __Host-. */
#define COOKIE_BROWSER "__Host-symbolon-browser"
#define COOKIE_SESSION "__Host-symbolon-session"
#define COOKIE_KNOWN   "__Host-symbolon-known"

#endif
