#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

#include <stdatomic.h>

#include "daemon/grid.h"
#include "daemon/keyholder_link.h"
#include "daemon/waiting.h"
#include "daemon/workers.h"
#include "endpoints/app.h"
#include "http/server.h"
#include "push/sender.h"

/* Everything of the process: the only place that knows everything. */
struct daemon {
	struct app app;
	struct arena *settings_arena; /* of the first settings */
	struct live *live;
	struct router *router;
	struct workers *workers; /* may block on the database and the keyholder */
	struct workers *hashers; /* argon2 */
	struct grid *grid;
	struct http_server *server;
	struct http_server *metrics; /* or NULL */
	struct housekeeping *housekeeping;
	struct keyholder_link *keyholder_link;
	struct push_sender *push_sender;
	char *signin_page, *form_post_page, *account_page;
	atomic_uint_fast64_t troubles; /* requests answered with 5xx by us */
};

extern const struct route routes[];
extern const size_t route_count;

/* http_handlers.on_request; ctx is the struct daemon. */
void dispatch(struct http_exchange *exchange, void *ctx);

/* The answer for what is not OK; logged with a reference that the person can pass on. */
void trouble_reply(struct daemon *daemon, const struct request *req, struct response *res, enum status status);

/* http_handlers.on_request of the metrics listener. */
void metrics_answer(struct http_exchange *exchange, void *ctx);

/* One thread: notices what the command wrote, puts the MAC on the audit log's heads, and sweeps what is over. */
struct housekeeping;
enum status must_check housekeeping_start(struct daemon *daemon, struct housekeeping **ret_housekeeping);
void housekeeping_stop(struct housekeeping **housekeeping);

#endif
