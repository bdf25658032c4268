#include "daemon/live.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/log.h"
#include "core/policy.h"
#include "daemon/settings_file.h"

#define SETTINGS_MEMORY (4 * 1024 * 1024)
#define ERRORS_MAX      (16 * 1024)
#define LEFT_ALONE_MS   250

/* Counted: whoever works with it, and the live settings for the newest. */
struct generation {
	struct live *live;
	struct arena *arena; /* NULL: the first, which is somebody else's */
	const struct settings *settings;
	unsigned refs;
};

struct live {
	const struct settings *first;
	pthread_mutex_t lock; /* of `newest` and all counts */
	struct generation *newest;
	pthread_mutex_t looking; /* one look at a time; of `seen` */
	struct stat seen;
	bool is_being_written; /* told once */
};

/* ---- counting ---- */

static void generation_free(struct generation *generation)
{
	arena_free(generation->arena);
	free(generation);
}

static void generation_give(void *object)
{
	struct generation *generation = object;
	struct live *live = generation->live;
	bool is_last;

	pthread_mutex_lock(&live->lock);
	is_last = --generation->refs == 0;
	pthread_mutex_unlock(&live->lock);
	if (is_last)
		generation_free(generation);
}

static struct generation *generation_take(struct live *live)
{
	struct generation *generation;

	pthread_mutex_lock(&live->lock);
	generation = live->newest;
	generation->refs++;
	pthread_mutex_unlock(&live->lock);
	return generation;
}

static void generation_put(struct live *live, struct generation *generation)
{
	struct generation *old;

	pthread_mutex_lock(&live->lock);
	old = live->newest;
	live->newest = generation;
	pthread_mutex_unlock(&live->lock);
	generation_give(old);
}

enum status live_app(const struct app *app, struct arena *arena, struct app *ret_app)
{
	struct generation *generation;

	*ret_app = *app;
	if (!app->live)
		return OK;
	generation = generation_take(app->live);
	ret_app->core.settings = generation->settings;
	return arena_defer(arena, generation_give, generation) == 0 ? OK : E_NOMEM;
}

/* ---- what stays as it was ---- */

static bool text_differs(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) != 0 : a != b;
}

static bool list_differs(const char **a, size_t a_count, const char **b, size_t b_count)
{
	bool differs = a_count != b_count;

	for (size_t i = 0; !differs && i < a_count; i++)
		differs = strcmp(a[i], b[i]) != 0;
	return differs;
}

static void restart_say(const char *what, bool differs)
{
	if (differs)
		log_warn("settings.needs_restart", LOG_S("what", what));
}

static void fixed_tell(const struct settings *first, const struct settings *next)
{
	restart_say("issuer", text_differs(first->issuer, next->issuer));
	restart_say("listen", list_differs(first->listen, first->listen_count, next->listen, next->listen_count));
	restart_say("metrics", text_differs(first->metrics, next->metrics));
	restart_say("tls", text_differs(first->tls_certificate, next->tls_certificate) ||
				   text_differs(first->tls_key, next->tls_key));
	restart_say("trusted_proxies", list_differs(first->trusted_proxies, first->trusted_proxy_count,
						    next->trusted_proxies, next->trusted_proxy_count));
	restart_say("database", text_differs(first->database, next->database));
	restart_say("keys.kek", text_differs(first->kek, next->kek));
	restart_say("push.ca_file", text_differs(first->push.ca_file, next->push.ca_file));
	restart_say("web", text_differs(first->web, next->web));
	restart_say("node", text_differs(first->daemon_chain, next->daemon_chain));
	restart_say("sandbox", first->sandbox_required != next->sandbox_required);
	restart_say("threads", first->database_connections != next->database_connections ||
				       first->loops != next->loops || first->workers != next->workers ||
				       first->hashers != next->hashers || first->hash_queue != next->hash_queue);
}

/* The new ones, but for what the process was built upon. */
static struct settings settings_mix(const struct settings *first, const struct settings *next)
{
	struct settings mixed = *next;

	mixed.issuer = first->issuer;
	mixed.issuer_host = first->issuer_host;
	mixed.issuer_is_https = first->issuer_is_https;
	mixed.listen = first->listen;
	mixed.listen_count = first->listen_count;
	mixed.metrics = first->metrics;
	mixed.tls_certificate = first->tls_certificate;
	mixed.tls_key = first->tls_key;
	mixed.trusted_proxies = first->trusted_proxies;
	mixed.trusted_proxy_count = first->trusted_proxy_count;
	mixed.database = first->database;
	mixed.database_shown = first->database_shown;
	mixed.database_connections = first->database_connections;
	mixed.daemon_chain = first->daemon_chain;
	mixed.command_chain = first->command_chain;
	mixed.sandbox_required = first->sandbox_required;
	mixed.kek = first->kek;
	mixed.web = first->web;
	mixed.push.ca_file = first->push.ca_file;
	mixed.loops = first->loops;
	mixed.workers = first->workers;
	mixed.hashers = first->hashers;
	mixed.hash_queue = first->hash_queue;
	return mixed;
}

/* ---- reading ---- */

static enum status generation_load(struct live *live, struct generation *generation, struct text *errors)
{
	const struct settings *next = NULL;
	const char *bytes = NULL;
	struct settings mixed;
	size_t size = 0;

	generation->arena = arena_new(SETTINGS_MEMORY);
	if (!generation->arena)
		return E_NOMEM;
	TRY(settings_file_read(generation->arena, live->first->path, &bytes, &size));
	TRY(settings_parse(generation->arena, live->first->path, bytes, size, &next, errors));
	fixed_tell(live->first, next);
	mixed = settings_mix(live->first, next);
	generation->settings = arena_memdup(generation->arena, &mixed, sizeof(mixed));
	return generation->settings ? OK : E_NOMEM;
}

static void refusal_say(struct live *live, enum status status, const struct text *errors)
{
	const bool was_being_written = live->is_being_written;

	live->is_being_written = status == E_BUSY;
	if (status == E_BUSY && !was_being_written)
		log_warn("settings.being_written",
			 LOG_S("what", "somebody has the file open for writing; it is read when "
				       "they have closed it"));
	if (status == E_BUSY)
		return;
	log_error("settings.refused", LOG_S("status", status_name(status)),
		  LOG_S("problem", errors->size ? errors->data : "the file cannot be read"),
		  LOG_S("what", "the settings stay as they were"));
}

static struct generation *generation_new(struct live *live)
{
	struct generation *generation = calloc(1, sizeof(*generation));
	struct text errors;
	enum status status = E_NOMEM;

	text_init(&errors, ERRORS_MAX);
	if (generation) {
		*generation = (struct generation){.live = live, .refs = 1};
		status = generation_load(live, generation, &errors);
	}
	if (status != OK) {
		refusal_say(live, status, &errors);
		if (generation)
			generation_free(generation);
		generation = NULL;
	}
	text_done(&errors);
	return generation;
}

/* ---- looking ---- */

static bool is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* ctime: the moment of the last write, or of the rename that put the file there; nobody can set it back. */
static bool is_left_alone(const struct stat *file)
{
	struct timespec now;
	int64_t age_ms;

	clock_gettime(CLOCK_REALTIME, &now);
	age_ms = ((int64_t)now.tv_sec - file->st_ctim.tv_sec) * 1000 + (now.tv_nsec - file->st_ctim.tv_nsec) / 1000000;
	return age_ms >= LEFT_ALONE_MS || age_ms < 0; /* a clock that was set back is no reason to wait for ever */
}

/* Called with `looking` held. */
static bool change_take(struct live *live, bool now)
{
	const char *path = live->first->path;
	struct generation *generation;
	struct stat before, after;

	if (stat(path, &before) != 0) /* between unlink and rename there is none; a look later there is */
		return false;
	if (!now && (is_same_file(&before, &live->seen) || !is_left_alone(&before)))
		return false;
	generation = generation_new(live);
	if (stat(path, &after) != 0 || !is_same_file(&before, &after)) {
		if (generation)
			generation_free(generation);
		return false; /* looked at again next time */
	}
	if (!generation && live->is_being_written)
		return false;
	live->seen = before;
	if (!generation)
		return false;
	live->is_being_written = false;
	live_log_level(generation->settings->log_level);
	log_info("settings.loaded", LOG_S("path", path), LOG_S("policy", policy_mark(generation->settings->policy)));
	generation_put(live, generation);
	return true;
}

bool live_follow(struct live *live, bool now)
{
	bool changed;

	pthread_mutex_lock(&live->looking);
	changed = change_take(live, now);
	pthread_mutex_unlock(&live->looking);
	return changed;
}

/* ---- begin and end ---- */

/* What was loaded may be older than the file is now, so the first look always reads it once. */
enum status live_new(const struct settings *first, struct live **ret_live)
{
	struct live *live = calloc(1, sizeof(*live));
	struct generation *generation = calloc(1, sizeof(*generation));

	if (!live || !generation) {
		free(live);
		free(generation);
		return E_NOMEM;
	}
	*generation = (struct generation){.live = live, .settings = first, .refs = 1};
	live->first = first;
	live->newest = generation;
	pthread_mutex_init(&live->lock, NULL);
	pthread_mutex_init(&live->looking, NULL);
	*ret_live = live;
	return OK;
}

void live_free(struct live **live)
{
	struct live *gone = *live;

	*live = NULL;
	if (!gone)
		return;
	generation_give(gone->newest);
	pthread_mutex_destroy(&gone->looking);
	pthread_mutex_destroy(&gone->lock);
	free(gone);
}

void live_log_level(const char *name)
{
	static const char *const names[] = {"debug", "info", "warn", "error"};

	for (size_t i = 0; i < ARRAY_COUNT(names); i++)
		if (strcmp(name, names[i]) == 0)
			log_level_set((enum log_level)i);
}
