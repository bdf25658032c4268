#include "daemon/daemon.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/live.h"
#include "endpoints/common.h"

/* One request on its way through the pools. Lives in the request's arena. */
struct job {
	struct daemon *daemon;
	struct http_exchange *exchange;
	const struct route *route;
	int64_t arrived_ms;
	struct app app; /* with the settings of this request */
};

void trouble_reply(struct daemon *daemon, const struct request *req, struct response *res, enum status status)
{
	char reference[ID_SIZE];
	scoped_json *json = NULL;
	const bool busy = status == E_BUSY || status == E_STORE || status == E_IO; /* E_IO: the keyholder, mostly */

	id_new(daemon->app.core.random, reference);
	reference[8] = '\0';
	atomic_fetch_add(&daemon->troubles, 1);
	log_error("request.trouble", LOG_S("path", req->path), LOG_S("status", status_name(status)),
		  LOG_S("reference", reference));
	/* Not that nothing was changed: an answer to a commit may have been lost. */
	json = json_pack("{s:s, s:s, s:s}", "error", busy ? "temporarily_unavailable" : "server_error", "message",
			 "Something went wrong on our side. Try again in a moment.", "reference", reference);
	if (busy)
		status_ignore(response_header(res, "Retry-After", "1"), "the status says it too");
	if (!json || response_json(res, busy ? 503 : 500, json) != OK)
		response_status(res, 500);
}

static void finish(struct job *job, enum status status)
{
	if (status != OK)
		trouble_reply(job->daemon, http_exchange_request(job->exchange), http_exchange_response(job->exchange),
			      status);
	if (job->route->on_grid)
		grid_send(job->daemon->grid, job->exchange, job->arrived_ms);
	else
		http_exchange_send(job->exchange);
}

static void run(void *ctx)
{
	struct job *job = ctx;
	enum status status;

	if (!job->route->open_stream) {
		finish(job, job->route->handler(&job->app, http_exchange_request(job->exchange),
						http_exchange_response(job->exchange)));
		return;
	}
	status = job->route->open_stream(&job->app, job->exchange);
	if (status != OK) /* E_REFUSED: the answer is there; else the exchange is still ours */
		finish(job, status == E_REFUSED ? OK : status);
}

static void admit_then_hash(void *ctx)
{
	struct job *job = ctx;
	const struct request *req = http_exchange_request(job->exchange);
	bool admitted = false, privileged = false;
	enum status status =
		job->route->admit(&job->app, req, http_exchange_response(job->exchange), &admitted, &privileged);

	if (status == OK && admitted)
		status = workers_submit(job->daemon->hashers, privileged, run, job);
	else
		admitted = false;
	if (status != OK || !admitted)
		finish(job, status);
}

static void start(struct job *job)
{
	void (*fn)(void *) = job->route->where == ON_HASHER ? admit_then_hash : run;
	const bool reads_here = job->route->where == ON_LOOP_READ && !store_is_remote(job->daemon->app.core.store);

	if (job->route->where != ON_LOOP && !store_clock_agrees(job->daemon->app.core.store))
		finish(job, E_BUSY); /* what has expired cannot be told by a clock that is wrong */
	else if (job->route->where == ON_LOOP || reads_here)
		run(job);
	else if (workers_submit(job->daemon->workers, true, fn, job) != OK)
		finish(job, E_BUSY);
}

static void refuse(struct http_exchange *exchange, int status, const char *code, const char *message)
{
	struct response *res = http_exchange_response(exchange);

	if (reply_error(res, status, code, message, 0) != OK)
		response_status(res, status);
	http_exchange_send(exchange);
}

static void not_found(struct http_exchange *exchange, enum status status, const char *allow)
{
	switch (status) {
	case E_NOT_FOUND: refuse(exchange, 404, "not_found", "There is nothing at this address."); return;
	case E_INVALID: refuse(exchange, 400, "bad_request", "The address cannot be understood."); return;
	case E_REFUSED:
		status_ignore(response_header(http_exchange_response(exchange), "Allow", allow),
			      "the status says it too");
		refuse(exchange, 405, "method_not_allowed", "This address does not take that method.");
		return;
	default: refuse(exchange, 503, "temporarily_unavailable", "Try again in a moment.");
	}
}

void dispatch(struct http_exchange *exchange, void *ctx)
{
	struct daemon *daemon = ctx;
	struct request *req = http_exchange_request(exchange);
	const struct route *route;
	const char *allow = NULL;
	enum status status = router_find(daemon->router, req, &route, &allow);
	struct job *job;

	if (status != OK) {
		not_found(exchange, status, allow);
		return;
	}
	if (req->body_size > route->body_max) {
		refuse(exchange, 413, "too_large", "The body is too large for this address.");
		return;
	}
	job = arena_alloc(req->arena, sizeof(*job));
	if (!job) {
		refuse(exchange, 503, "temporarily_unavailable", "Try again in a moment.");
		return;
	}
	*job = (struct job){.daemon = daemon, .exchange = exchange, .route = route, .arrived_ms = clock_mono_ms()};
	if (live_app(&daemon->app, req->arena, &job->app) != OK) {
		refuse(exchange, 503, "temporarily_unavailable", "Try again in a moment.");
		return;
	}
	start(job);
}
