#ifndef DAEMON_LIVE_H
#define DAEMON_LIVE_H

#include "core/settings.h"
#include "endpoints/app.h"

/*
 * The settings in force. The file is looked at four times a second; what has changed in it holds for every request that
 * begins afterwards, without a restart. A request keeps the settings that it began with until it is answered, so it
 * never sees two.
 *
 * A change is taken whole or not at all: a file with a mistake is refused, the log says file, line and column, and the
 * old settings stay. A file is read when it has been left alone for a quarter of a second and is the same before and
 * after, so that one which is just being written is not taken half; SIGHUP reads it at once.
 *
 * What the process was built upon stays as it was at the start: issuer, listeners, TLS paths, proxies, database, keys,
 * pages and threads. If such a line changes, the log says that it needs a restart.
 */
struct live;

/* `first` is borrowed until live_free. */
enum status must_check live_new(const struct settings *first, struct live **ret_live);
/* Nobody may have settings of it any more. */
void live_free(struct live **live);

/* Looks, and takes what has changed; true when it did. `now`: do not wait until the file is left alone. Any thread. */
bool live_follow(struct live *live, bool now);

/* A copy of `app` with the settings in force, good until the arena is freed. */
enum status must_check live_app(const struct app *app, struct arena *arena, struct app *ret_app);

void live_log_level(const char *name);

#endif
