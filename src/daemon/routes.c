#include "daemon/daemon.h"

#include <string.h>

#include "core/keyring.h"
#include "endpoints/device/device.h"
#include "endpoints/login/login.h"
#include "endpoints/oidc/oidc.h"

/* ---- the few answers that belong to nobody else ---- */

static enum status asset_get(const struct app *app, const struct request *req, struct response *res)
{
	const char *name = arena_format(req->arena, "signin/assets/%s", req->params[0]);

	if (!name)
		return E_NOMEM;
	if (static_files_answer(app->files, name, req, res) != OK)
		return response_text(res, 404, "There is no such file.\n");
	return OK;
}

static enum status home_get(const struct app *app, const struct request *req, struct response *res)
{
	const char *text = arena_format(req->arena,
					"This is the sign-in service of %s. Open the service you want to use; it "
					"brings you here when it needs to.\n",
					app->core.settings->organisation.name);

	return text ? response_text(res, 200, text) : E_NOMEM;
}

/*
 * The web authenticator; enrolment links lead here too, with the secret in the fragment, which is not sent. A worker
 * has the policy of its own script, so it may fetch only from here, and show the pictures of its notifications.
 */
static enum status authenticator_get(const struct app *app, const struct request *req, struct response *res)
{
	const char *name = arena_format(req->arena, "a/%s", req->params[0]);

	if (!name)
		return E_NOMEM;
	if (static_files_answer(app->files, name, req, res) != OK)
		return response_text(res, 404, "There is no such file.\n");
	if (strcmp(req->params[0], "sw.js") == 0)
		return response_header(res, "Content-Security-Policy",
				       "default-src 'none'; connect-src 'self'; img-src 'self'; "
				       "require-trusted-types-for 'script'; trusted-types 'none'");
	return OK;
}

static enum status live_get(const struct app *app, const struct request *req, struct response *res)
{
	return response_text(res, 200, "ok\n");
}

static enum status nothing_read(struct store_tx *tx, void *ctx)
{
	const char *value;
	enum status status = store_meta_get(tx, "ready", &value);

	return status == E_NOT_FOUND ? OK : status;
}

/* Ready: the database can be read and the keyholder answers. */
static enum status ready_get(const struct app *app, const struct request *req, struct response *res)
{
	uint8_t mac[32];

	if (store_read(app->core.store, req->arena, nothing_read, NULL) != OK)
		return response_text(res, 503, "the database cannot be read\n");
	if (keyholder_mac(app->core.keyholder, &keyring_view(app->core.keyring)->mac, "ready", "", 0, mac) != OK)
		return response_text(res, 503, "the keyholder does not answer\n");
	return response_text(res, 200, "ready\n");
}

#define JSON_MAX   4096
#define FORM_MAX   16384
#define DEVICE_MAX 16384

#define LOGIN  "/signin/v1/logins/{id}"
#define DEVICE "/device/v1"

const struct route routes[] = {
	{HTTP_GET, "/", ON_LOOP, home_get},
	{HTTP_GET, "/healthz", ON_LOOP, live_get},
	{HTTP_GET, "/readyz", ON_WORKER, ready_get},
	{HTTP_GET, "/a/{*}", ON_LOOP, authenticator_get},

	{HTTP_GET, "/.well-known/openid-configuration", ON_LOOP, oidc_discovery},
	{HTTP_GET, "/jwks", ON_LOOP, oidc_jwks},
	{HTTP_GET, "/authorize", ON_WORKER, oidc_authorize},
	{HTTP_POST, "/authorize", ON_WORKER, oidc_authorize, FORM_MAX},
	{HTTP_POST, "/token", ON_WORKER, oidc_token, FORM_MAX},
	{HTTP_GET, "/userinfo", ON_LOOP_READ, oidc_userinfo},
	{HTTP_POST, "/userinfo", ON_LOOP_READ, oidc_userinfo, FORM_MAX},
	{HTTP_GET, "/logout", ON_WORKER, oidc_logout},
	{HTTP_POST, "/logout", ON_WORKER, oidc_logout, FORM_MAX},

	{HTTP_GET, "/signin/", ON_LOOP_READ, login_page, .on_grid = true},
	{HTTP_GET, "/signin/complete", ON_WORKER, login_complete_get, .on_grid = true},
	{HTTP_GET, "/signin/assets/{*}", ON_LOOP, asset_get},
	{HTTP_POST, "/signin/v1/logout", ON_WORKER, login_logout_post, JSON_MAX},
	{HTTP_GET, LOGIN, ON_LOOP_READ, login_get, .on_grid = true},
	{HTTP_GET, LOGIN "/events", ON_LOOP_READ, .open_stream = login_events_open},
	{HTTP_POST, LOGIN "/identify", ON_WORKER, login_identify_post, JSON_MAX, .on_grid = true},
	{HTTP_POST, LOGIN "/password", ON_HASHER, login_password_post, JSON_MAX, .admit = login_password_admit,
	 .on_grid = true},
	{HTTP_POST, LOGIN "/push", ON_WORKER, login_push_post, JSON_MAX, .on_grid = true},
	{HTTP_POST, LOGIN "/totp", ON_WORKER, login_totp_post, JSON_MAX, .on_grid = true},
	{HTTP_POST, LOGIN "/recovery", ON_WORKER, login_recovery_post, JSON_MAX, .on_grid = true},
	{HTTP_POST, LOGIN "/cancel", ON_WORKER, login_cancel_post, JSON_MAX, .on_grid = true},
	{HTTP_POST, LOGIN "/consent", ON_WORKER, login_consent_post, JSON_MAX, .on_grid = true},
	{HTTP_POST, LOGIN "/finish", ON_WORKER, login_finish_post, JSON_MAX, .on_grid = true},

	{HTTP_POST, DEVICE "/enrolments/lookup", ON_WORKER, device_enrolment_lookup, DEVICE_MAX},
	{HTTP_POST, DEVICE "/enrolments/{id}", ON_WORKER, device_enrolment_redeem, DEVICE_MAX},
	{HTTP_GET, DEVICE "/enrolments/{id}", ON_WORKER, device_enrolment_poll},
	{HTTP_GET, DEVICE "/challenges", ON_LOOP_READ, device_challenges},
	{HTTP_GET, DEVICE "/challenges/{id}", ON_LOOP_READ, device_challenge},
	{HTTP_POST, DEVICE "/challenges/{id}/answer", ON_WORKER, device_challenge_answer, DEVICE_MAX},
	{HTTP_POST, DEVICE "/expect", ON_WORKER, device_expect_post, DEVICE_MAX},
	{HTTP_GET, DEVICE "/history", ON_LOOP_READ, device_history_get},
	{HTTP_GET, DEVICE "/events", ON_LOOP_READ, .open_stream = device_events_open},
	{HTTP_GET, DEVICE "/device", ON_LOOP_READ, device_get},
	{HTTP_PUT, DEVICE "/device/push", ON_WORKER, device_push_put, DEVICE_MAX},
	{HTTP_POST, DEVICE "/device/push/test", ON_WORKER, device_push_test_post, DEVICE_MAX},
	{HTTP_POST, DEVICE "/device/push/echo", ON_WORKER, device_push_echo_post, DEVICE_MAX},
	{HTTP_DELETE, DEVICE "/device", ON_WORKER, device_delete, DEVICE_MAX},
};
const size_t route_count = ARRAY_COUNT(routes);
