#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/daemon.h"

#define METRICS_MAX (64 * 1024)

/* Prometheus text format 0.0.4. Counts only: no name, address or id of anybody. */

static void head(struct text *out, const char *name, const char *type, const char *help)
{
	text_add_format(out, "# HELP symbolon_%s %s\n# TYPE symbolon_%s %s\n", name, help, name, type);
}

static void one(struct text *out, const char *name, const char *type, const char *help, uint64_t value)
{
	head(out, name, type, help);
	text_add_format(out, "symbolon_%s %" PRIu64 "\n", name, value);
}

static void http_part(struct text *out, const struct daemon *daemon)
{
	struct http_counters counters;

	http_server_counters(daemon->server, &counters);
	head(out, "http_answers_total", "counter", "Answers by status class.");
	for (int i = 1; i < 6; i++)
		text_add_format(out, "symbolon_http_answers_total{class=\"%dxx\"} %" PRIu64 "\n", i,
				counters.answers[i]);
	head(out, "http_refused_total", "counter", "Requests that the guard refused, by reason.");
	for (int i = 0; i < GUARD_REASON_COUNT; i++)
		if (counters.refused[i])
			text_add_format(out, "symbolon_http_refused_total{reason=\"%s\"} %" PRIu64 "\n",
					guard_reason_name((enum guard_reason)i), counters.refused[i]);
	one(out, "http_requests_total", "counter", "Complete requests.", counters.requests);
	one(out, "http_connections", "gauge", "Connections open now.", counters.connections);
	one(out, "http_turned_away_total", "counter", "Connections over a limit.", counters.turned_away);
	one(out, "http_timed_out_total", "counter", "Connections closed because they were too slow.",
	    counters.timed_out);
	one(out, "streams", "gauge", "Event streams open now.", counters.streams);
	one(out, "streams_dropped_total", "counter", "Event streams dropped because the reader was too slow.",
	    counters.streams_dropped);
}

static void store_part(struct text *out, const struct daemon *daemon)
{
	struct store_counters counters;

	store_counters(daemon->app.core.store, &counters);
	one(out, "store_commits_total", "counter", "Commits.", counters.commits);
	one(out, "store_writes_total", "counter", "Writes; several share a commit.", counters.writes);
	one(out, "store_reads_total", "counter", "Reads.", counters.reads);
	one(out, "store_failures_total", "counter", "Failures of the database.", counters.failures);
	one(out, "store_repeats_total", "counter", "Transactions begun again: lost to another writer or a connection.",
	    counters.repeats);
	one(out, "store_largest_batch", "gauge", "The most writes that shared a commit.", counters.largest_batch);
}

static void keyholder_part(struct text *out, const struct daemon *daemon)
{
	struct keyholder_counters counters;

	keyholder_counters(daemon->app.core.keyholder, &counters);
	one(out, "keyholder_calls_total", "counter", "Round trips to the keyholder.", counters.calls);
	one(out, "keyholder_signatures_total", "counter", "Tokens signed.", counters.signatures);
	one(out, "keyholder_totp_checks_total", "counter", "TOTP codes checked.", counters.totp_checks);
	one(out, "keyholder_refusals_total", "counter", "Requests that the keyholder refused.", counters.refusals);
}

static void push_part(struct text *out, const struct daemon *daemon)
{
	const struct push_counters *counters = push_sender_counters(daemon->push_sender);

	one(out, "push_delivered_total", "counter", "Messages that a push service took.", counters->delivered);
	one(out, "push_retried_total", "counter", "Messages to be sent again.", counters->retried);
	one(out, "push_dropped_total", "counter", "Messages given up, or that nobody waited for any more.",
	    counters->dropped);
	one(out, "push_unsubscribed_total", "counter", "Subscriptions that a push service knew no more.",
	    counters->unsubscribed);
}

static uint64_t resident_bytes(void)
{
	unsigned long size = 0, resident = 0;
	FILE *file = fopen("/proc/self/statm", "re");

	if (!file)
		return 0;
	if (fscanf(file, "%lu %lu", &size, &resident) != 2)
		resident = 0;
	fclose(file);
	return (uint64_t)resident * 4096;
}

static void process_part(struct text *out, struct daemon *daemon)
{
	one(out, "workers_waiting", "gauge", "Requests in the workers' queue.", workers_waiting(daemon->workers));
	one(out, "hashers_waiting", "gauge", "Passwords in the hash queue.", workers_waiting(daemon->hashers));
	one(out, "troubles_total", "counter", "Requests answered with 5xx because something failed here.",
	    atomic_load(&daemon->troubles));
	one(out, "resident_bytes", "gauge", "Resident memory.", resident_bytes());
	head(out, "build_info", "gauge", "The version.");
	text_add_format(out, "symbolon_build_info{version=\"%s\"} 1\n", SYMBOLON_VERSION);
}

void metrics_answer(struct http_exchange *exchange, void *ctx)
{
	struct daemon *daemon = ctx;
	struct response *res = http_exchange_response(exchange);
	struct text out;

	text_init(&out, METRICS_MAX);
	if (strcmp(http_exchange_request(exchange)->path, "/metrics") == 0) {
		http_part(&out, daemon);
		store_part(&out, daemon);
		keyholder_part(&out, daemon);
		push_part(&out, daemon);
		process_part(&out, daemon);
		response_status(res, 200);
		status_ignore(response_body(res, "text/plain; version=0.0.4; charset=utf-8", out.data, out.size),
			      "an empty answer shows it");
	} else {
		status_ignore(response_text(res, 404, "Metrics are at /metrics.\n"), "the status says it");
	}
	text_done(&out);
	http_exchange_send(exchange);
}
