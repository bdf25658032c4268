#include "daemon/open.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "core/audit.h"
#include "core/keyring.h"
#include "daemon/attempts.h"
#include "daemon/live.h"
#include "daemon/sandbox.h"
#include "daemon/serve.h"
#include "endpoints/oidc/oidc.h"

#define SETTINGS_MEMORY (4 * 1024 * 1024)
#define PAGES_MEMORY    (16 * 1024 * 1024)
#define WORKER_QUEUE    1024
#define TAKEN_MS        3000 /* the one before us may still be ending */
#define STOP_MS         10000

static enum status say(int *ret_exit, int code, const char *what, const char *detail)
{
	fprintf(stderr, "symbolon: %s: %s\n", what, detail);
	*ret_exit = code;
	return E_INVALID;
}

static enum status settings_open(struct daemon *daemon, const char *path, int *ret_exit)
{
	struct text errors;
	enum status status;

	daemon->settings_arena = arena_new(SETTINGS_MEMORY);
	if (!daemon->settings_arena)
		return say(ret_exit, SERVE_TROUBLE, path, "out of memory");
	text_init(&errors, 16 * 1024);
	status = settings_load(daemon->settings_arena, path, &daemon->app.core.settings, &errors);
	if (status != OK) {
		fprintf(stderr, "%s%s", errors.size ? errors.data : path, errors.size ? "" : ": cannot be read\n");
		*ret_exit = status == E_INVALID ? SERVE_BAD_CONFIGURATION : SERVE_TROUBLE;
	}
	text_done(&errors);
	return status;
}

static enum status store_and_keys_open(struct daemon *daemon, int *ret_exit)
{
	struct core *core = &daemon->app.core;
	const struct store_settings settings = {.url = core->settings->database,
						.connections = core->settings->database_connections,
						.chain = core->settings->daemon_chain,
						.migrate = true,
						.contract = true};
	char problem[256] = "cannot be opened";

	if (store_open(&settings, &core->store, problem) != OK)
		return say(ret_exit, SERVE_TROUBLE, core->settings->database_shown, problem);
	if (keyholder_link_open(&daemon->keyholder_link, &core->keyholder) != OK) {
		*ret_exit = SERVE_TROUBLE; /* the supervisor has told why */
		return E_IO;
	}
	if (keyring_open(core->store, &core->keyring) != OK)
		return say(ret_exit, SERVE_TROUBLE, core->settings->database_shown,
			   "the keys cannot be read; was `symbolon init` run?");
	return OK;
}

static char *file_read(const char *folder, const char *name)
{
	char path[4096];
	char *bytes = NULL;
	size_t size;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "re");
	if (!file)
		return NULL;
	bytes = calloc(1, 64 * 1024);
	size = bytes ? fread(bytes, 1, 64 * 1024 - 1, file) : 0;
	fclose(file);
	if (!size) {
		free(bytes);
		return NULL;
	}
	return bytes;
}

static enum status pages_open(struct daemon *daemon, int *ret_exit)
{
	const char *folder = daemon->app.core.settings->web;

	daemon->signin_page = file_read(folder, "signin/index.html");
	daemon->form_post_page = file_read(folder, "signin/form_post.html");
	if (!daemon->signin_page || !daemon->form_post_page ||
	    static_files_load(folder, PAGES_MEMORY, &daemon->app.files) != OK)
		return say(ret_exit, SERVE_TROUBLE, folder,
			   "the pages are not there; build them with `./run build`, or set `web` in the configuration");
	daemon->app.signin_page = daemon->signin_page;
	daemon->app.form_post_page = daemon->form_post_page;
	return OK;
}

/* Here and on the other nodes. */
static void wake(void *ctx, const char *topic)
{
	struct daemon *daemon = ctx;

	waiting_wake(daemon->app.waiting, topic);
	store_tell(daemon->app.core.store, topic);
}

static void woken(void *ctx, const char *topic)
{
	struct daemon *daemon = ctx;

	waiting_wake(daemon->app.waiting, topic);
}

enum status daemon_open(struct daemon *daemon, const char *config_path, int *ret_exit)
{
	TRY(settings_open(daemon, config_path, ret_exit));
	live_log_level(daemon->app.core.settings->log_level);
	/* Before there is a second thread. All that is opened from here on: database, pages, TLS files, listeners,
	 * /proc/self/statm; descriptors also come from the supervisor by recvmsg. */
	attempts_prepare();
	if (sandbox_daemon_enter(daemon->app.core.settings) != OK)
		return say(ret_exit, SERVE_TROUBLE, config_path,
			   "the daemon cannot be confined on this machine; see the log line above");
	TRY(store_and_keys_open(daemon, ret_exit));
	TRY(pages_open(daemon, ret_exit));
	if (waiting_room_new(&daemon->app.waiting) != OK)
		return say(ret_exit, SERVE_TROUBLE, config_path, "out of memory");
	if (oidc_discovery_make(daemon->settings_arena, daemon->app.core.settings->issuer, &daemon->app.discovery) !=
	    OK)
		return say(ret_exit, SERVE_TROUBLE, config_path, "out of memory");
	if (live_new(daemon->app.core.settings, &daemon->live) != OK)
		return say(ret_exit, SERVE_TROUBLE, config_path, "out of memory");
	daemon->app.live = daemon->live;
	daemon->app.whole = &daemon->app;
	daemon->app.now = clock_now;
	daemon->app.core.random = &random_system;
	daemon->app.core.wake = wake;
	daemon->app.core.wake_ctx = daemon;
	if (router_new(routes, route_count, &daemon->router) != OK)
		return say(ret_exit, SERVE_TROUBLE, "routes", "the table is wrong");
	return OK;
}

static enum status pools_start(struct daemon *daemon)
{
	const struct settings *settings = daemon->app.core.settings;

	TRY(workers_new(settings->workers, WORKER_QUEUE, WORKER_QUEUE / 4, &daemon->workers));
	TRY(workers_new(settings->hashers, settings->hash_queue, settings->hash_queue / 4, &daemon->hashers));
	return grid_new(&daemon->grid);
}

static enum status listener_start(struct daemon *daemon)
{
	const struct settings *settings = daemon->app.core.settings;
	const struct http_settings http = {
		.listen = settings->listen,
		.listen_count = settings->listen_count,
		.tls_certificate = settings->tls_certificate,
		.tls_key = settings->tls_key,
		.trusted_proxies = settings->trusted_proxies,
		.trusted_proxy_count = settings->trusted_proxy_count,
		.https = settings->issuer_is_https,
		.loops = settings->loops,
		.taken_ms = TAKEN_MS,
	};
	const struct http_handlers handlers = {dispatch, daemon};

	TRY(http_server_new(&http, &handlers, &daemon->server));
	return http_server_start(daemon->server);
}

static enum status metrics_start(struct daemon *daemon)
{
	const char *listen = daemon->app.core.settings->metrics;
	const struct http_settings http = {
		.listen = &listen, .listen_count = 1, .loops = 1, .max_connections = 64, .taken_ms = TAKEN_MS};
	const struct http_handlers handlers = {metrics_answer, daemon};

	if (!listen)
		return OK;
	TRY(http_server_new(&http, &handlers, &daemon->metrics));
	return http_server_start(daemon->metrics);
}

enum status daemon_start(struct daemon *daemon, int *ret_exit)
{
	const struct store_listener listener = {woken, daemon};

	if (pools_start(daemon) != OK || store_listen(daemon->app.core.store, &listener) != OK)
		return say(ret_exit, SERVE_TROUBLE, "threads", "cannot be started");
	if (store_is_remote(daemon->app.core.store))
		waiting_room_read_on(daemon->app.waiting, daemon->workers);
	if (listener_start(daemon) != OK)
		return say(ret_exit, SERVE_TROUBLE, daemon->app.core.settings->listen[0],
			   "cannot listen there; the log line above says why");
	if (metrics_start(daemon) != OK)
		return say(ret_exit, SERVE_TROUBLE, daemon->app.core.settings->metrics,
			   "cannot listen there for metrics; the log line above says why");
	if (housekeeping_start(daemon, &daemon->housekeeping) != OK)
		return say(ret_exit, SERVE_TROUBLE, "threads", "cannot be started");
	if (sandbox_daemon_listening(daemon->app.core.settings) != OK)
		return say(ret_exit, SERVE_TROUBLE, daemon->app.core.settings->path,
			   "the daemon cannot be confined on this machine; see the log line above");
	attempts_make(ATTEMPTS_DAEMON);
	return OK;
}

/* Front to back: no new requests, then the pools finish what they have, then what they used goes. */
void daemon_close(struct daemon *daemon)
{
	housekeeping_stop(&daemon->housekeeping);
	if (daemon->metrics)
		http_server_stop(daemon->metrics, 100);
	if (daemon->server)
		http_server_stop(daemon->server, STOP_MS);
	workers_free(&daemon->workers);
	workers_free(&daemon->hashers);
	grid_free(&daemon->grid);
	if (daemon->app.core.store)
		store_listen_end(daemon->app.core.store); /* it wakes who waits */
	http_server_free(&daemon->metrics);
	http_server_free(&daemon->server);
	waiting_room_free(&daemon->app.waiting);
	router_free(&daemon->router);
	static_files_free(&daemon->app.files);
	free(daemon->signin_page);
	free(daemon->form_post_page);
	if (daemon->app.core.keyring) /* what the last requests wrote, after housekeeping had ended */
		status_ignore(audit_heads_move(&daemon->app.core, clock_now()), "the next start does it");
	keyring_close(&daemon->app.core.keyring);
	keyholder_link_close(&daemon->keyholder_link);
	keyholder_close(&daemon->app.core.keyholder);
	store_close(&daemon->app.core.store);
	live_free(&daemon->live);
	arena_free(daemon->settings_arena);
}
