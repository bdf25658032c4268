#ifndef ENDPOINTS_WAITING_H
#define ENDPOINTS_WAITING_H

#include <stdbool.h>

#include "base/status.h"
#include "base/text.h"

struct app;
struct arena;
struct http_exchange;

/*
 * Event streams of pages and devices. A stream costs memory, no thread. On open: subscribe, then read the state, then
 * send it, so no wake is lost. Every core_wake of its topic makes it read again; a stream ends when `read` says so,
 * when the client leaves, after an hour, or when the server stops.
 */
struct waiting_source {
	const char *topic; /* "login:<id>", "user:<id>"; copied */
	/*
	 * Reads the state and writes whole events into `out` ("event: state\ndata: {…}\n\n"); writes nothing when
	 * nothing changed. It may only read the store. *ret_end: end the stream after this. A status other than OK ends
	 * it too. Runs on the stream's loop or on a worker, one call at a time for one stream.
	 */
	enum status (*read)(const struct app *app, void *ctx, struct arena *arena, struct text *out, bool *ret_end);
	void *ctx; /* owned by the stream; small: thousands wait */
	void (*free)(void *ctx);
};

/* Takes ownership of exchange (on OK) and of ctx (always). E_BUSY: too many streams. */
enum status must_check waiting_open(const struct app *app, struct http_exchange *exchange,
				    const struct waiting_source *source);

#endif
