#ifndef HTTP_FETCH_H
#define HTTP_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/*
 * Outgoing HTTPS over libcurl's multi interface: HTTP/2 where the other side speaks it, connections used again. One
 * thread starts requests and runs them; only fetch_wake may be called by others.
 *
 * Whoever names a URL to us must not be able to reach what is behind our firewall: https only, no redirect is followed,
 * no proxy is used whatever the environment says, and the address is judged when the socket is made, after the name has
 * been resolved (base/network.h, address_is_public). Answers are cut at 16 KiB of body and 32 KiB of headers.
 */
struct fetch;

struct fetch_settings {
	const char *ca_file; /* trusted instead of the system's certificates; or NULL */
	size_t limit;        /* at most so many requests under way */
};
/* E_NOMEM; E_IO: libcurl cannot start. The strings are borrowed until fetch_free. */
enum status must_check fetch_new(const struct fetch_settings *settings, struct fetch **ret_fetch);
/* What is under way is cancelled. Accepts NULL inside. */
void fetch_free(struct fetch **fetch);

enum fetch_outcome {
	FETCH_CANCELLED = 0,
	FETCH_ANSWERED,
	FETCH_TIMED_OUT,
	FETCH_UNREACHABLE, /* no name, no connection, no TLS, a certificate that is not trusted, half an answer */
	FETCH_PRIVATE,     /* its address is not public */
};

/* Good until `done` returns. */
struct fetch_reply {
	enum fetch_outcome outcome;
	int status;            /* of FETCH_ANSWERED */
	int64_t retry_after_s; /* 0: it said nothing */
	const char *problem;   /* libcurl's sentence; "" when it was answered */
	const char *text;      /* the beginning of the body */
};

/* A POST. Everything is borrowed until `done` is called, which happens once, in fetch_run or fetch_free. */
struct fetch_request {
	const char *url;
	const char *const *headers; /* "Name: value"; ends at NULL */
	const void *body;
	size_t body_size;
	const char *connect; /* "127.0.0.1:8443": connect there instead of to the URL's host; or NULL */
	bool allow_private;
	bool fresh; /* on a new connection: the one in use may be dead */
	int64_t timeout_ms;
	void (*done)(void *ctx, const struct fetch_reply *reply);
	void *ctx;
};
/* E_BUSY: the limit is reached. Then, and with E_NOMEM, `done` is not called. */
enum status must_check fetch_start(struct fetch *fetch, const struct fetch_request *request);
/* How many more may be started. */
size_t fetch_room(const struct fetch *fetch);
/* Works until something has ended, fetch_wake was called or the time is over. */
void fetch_run(struct fetch *fetch, int64_t timeout_ms);
/* Any thread. */
void fetch_wake(struct fetch *fetch);

#endif
