/*
 * symbolon-load: measures a daemon of its own from outside, with whole sign-ins, and prints each figure beside its
 * budget. bench/run prepares the folder and calls it; docs/performance.md says how to read the table.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <pthread.h>
#include <time.h>

#include "crowd.h"
#include "crypto/password.h"
#include "report.h"
#include "waiting.h"

#define IN_FLIGHT       64
#define PHONES          640
#define CODES           160
#define PUSH_ROUNDS     8     /* sign-ins of each phone that count, after one that warms up */
#define LARGE_ROUNDS    4     /* the same among many accounts */
#define EXTRA_ACCOUNTS  79200 /* 100 times PHONES + CODES */
#define SMALL_REQUESTS  40000
#define COLD_STARTS     5
#define IDLE_MS         3000
#define WAITING_FEW     1000
#define WAITING_MANY    15000
#define DESCRIPTORS_OWN 1500 /* beside the waiting pages: phones, visitors, files */

/* Short SHA-256 and HMAC of one push sign-in: an upper figure by reading the code. Five cookies, the login's read again
 * for each, ids of tokens and codes, PKCE, a body hash, details, answer, client secret, the keyed hash of the name. */
#define SHORT_HASHES 24

/* Microseconds an operation, by `openssl speed` in the same run. */
struct prices {
	double sign, verify, hash;
};

struct bench {
	struct daemon_under_test daemon;
	struct people people;
	struct site site;
	struct prices prices;
	const char *part;          /* the only one to run, or NULL for all */
	double push_us;            /* CPU of a push sign-in */
	double idle_writes_per_us; /* housekeeping's, not anybody's sign-in */
};

/* ---- pieces of work ---- */

static void push_work(struct visitor *visitor, size_t index, void *ctx)
{
	struct people *people = ctx;

	signin_push(visitor, &people->phones[index % people->phone_count]);
}

static void code_work(struct visitor *visitor, size_t index, void *ctx)
{
	struct people *people = ctx;

	signin_code(visitor, &people->codes[index], false);
}

static void password_work(struct visitor *visitor, size_t index, void *ctx)
{
	struct people *people = ctx;

	signin_code(visitor, &people->codes[index], true);
}

struct fetch {
	const char *target, *headers;
};

static void fetch_work(struct visitor *visitor, size_t index, void *ctx)
{
	const struct fetch *fetch = ctx;
	struct http_answer answer;

	http_call(&visitor->browser,
		  &(struct http_request){.method = "GET", .target = fetch->target, .headers = fetch->headers}, &answer);
	if (answer.status != 200 || answer.body_size == 0)
		fail("%s: status %d", fetch->target, answer.status);
}

static void run(const struct bench *bench, size_t count, void (*work)(struct visitor *, size_t, void *), void *ctx,
		struct crowd_result *ret_result)
{
	const struct crowd crowd = {
		.site = &bench->site, .visitors = IN_FLIGHT, .count = count, .work = work, .ctx = ctx};

	crowd_run(&crowd, &bench->daemon, ret_result);
}

static double each(double total, size_t count)
{
	return total / (double)count;
}

static double writes_each(const struct bench *bench, const struct crowd_result *result, size_t count)
{
	return each((double)result->spent.writes - bench->idle_writes_per_us * (double)result->spent.at_us, count);
}

static void idle_measure(struct bench *bench)
{
	struct reading before, after, spent;

	reading_take(&bench->daemon, &before);
	rest_ms(IDLE_MS);
	reading_take(&bench->daemon, &after);
	spent = reading_since(&before, &after);
	bench->idle_writes_per_us = (double)spent.writes / (double)spent.at_us;
}

/* ---- start and memory ---- */

static void start_measure(struct bench *bench)
{
	struct memory memory;
	int64_t best_us = INT64_MAX;

	for (int i = 0; i < COLD_STARTS; i++) {
		const int64_t took_us = daemon_start(&bench->daemon);

		best_us = took_us < best_us ? took_us : best_us;
		if (i < COLD_STARTS - 1)
			daemon_stop(&bench->daemon);
	}
	idle_measure(bench);
	memory_read(&bench->daemon, &memory);
	report_section("start and memory");
	report_line("fork to the first answer, best of 5", (double)best_us / 1000, "ms", 30, NULL);
	report_line("private memory, idle", (double)memory.written / 1e6, "MB", 6,
		    memory.is_exact ? NULL : "anonymous only: not run as root");
	if (memory.is_exact)
		report_line("  and file pages that nobody else maps now", (double)memory.private_clean / 1e6, "MB",
			    NO_BUDGET, NULL);
	report_line("resident, idle", (double)memory.resident / 1e6, "MB", NO_BUDGET, NULL);
}

/* ---- single requests ---- */

static void fetch_measure(const struct bench *bench, const char *name, struct fetch fetch, double budget)
{
	struct crowd_result result;

	run(bench, SMALL_REQUESTS / 8, fetch_work, &fetch, &result); /* warms up */
	free(result.latency_us);
	run(bench, SMALL_REQUESTS, fetch_work, &fetch, &result);
	free(result.latency_us);
	report_line(name, each((double)result.spent.cpu_us, SMALL_REQUESTS), "us", budget, NULL);
}

static void small_measure(const struct bench *bench)
{
	report_section("single requests, CPU each");
	fetch_measure(bench, "GET /healthz (the least that a request costs)", (struct fetch){.target = "/healthz"},
		      NO_BUDGET);
	fetch_measure(bench, "GET /.well-known/openid-configuration",
		      (struct fetch){.target = "/.well-known/openid-configuration"}, 25);
	fetch_measure(bench, "GET /jwks", (struct fetch){.target = "/jwks"}, 25);
}

static void userinfo_measure(const struct bench *bench, const char *access_token)
{
	char headers[2200];

	snprintf(headers, sizeof(headers), "Authorization: Bearer %s\r\n", access_token);
	report_section("with an access token, CPU each");
	fetch_measure(bench, "GET /userinfo", (struct fetch){.target = "/userinfo", .headers = headers}, 60);
}

/* ---- push sign-ins ---- */

static double cryptography_us(const struct bench *bench, const struct crowd_result *result, size_t count)
{
	return each((double)result->signed_things, count) * bench->prices.verify +
	       each((double)result->spent.signatures, count) * bench->prices.sign + SHORT_HASHES * bench->prices.hash;
}

static void push_report(struct bench *bench, const struct crowd_result *result, size_t count)
{
	const struct reading *spent = &result->spent;
	const double cpu_us = each((double)spent->cpu_us, count), cryptography = cryptography_us(bench, result, count);

	report_section("push sign-in, end to end, 64 in flight");
	report_line("sign-ins for each second of a core", 1e6 / cpu_us, "", NO_BUDGET,
		    "the daemon's CPU; the load generator's is not in it");
	report_line("sign-ins a second in this run", (double)count / ((double)spent->at_us / 1e6), "", NO_BUDGET,
		    "generator and daemon share the machine");
	report_line("time, median", (double)result->latency_us[count / 2] / 1000, "ms", NO_BUDGET,
		    "identify leaves on a grid of 50 ms");
	report_line("time, 99 of 100", (double)result->latency_us[count * 99 / 100] / 1000, "ms", NO_BUDGET, NULL);
	report_line("requests", each((double)result->requests, count), "", 8, NULL);
	report_line("durable writes", writes_each(bench, result, count), "", 5,
		    "one of them is a hint that nobody waits for: the phone has seen it");
	report_line("commits (group commit)", each((double)spent->commits, count), "", NO_BUDGET, NULL);
	report_line("reads", each((double)spent->reads, count), "", NO_BUDGET, NULL);
	report_line("round trips to the keyholder", each((double)spent->keyholder_calls, count), "", NO_BUDGET, NULL);
	report_line("ECDSA verifications", each((double)result->signed_things, count), "", NO_BUDGET, NULL);
	report_line("ECDSA signatures", each((double)spent->signatures, count), "", NO_BUDGET, NULL);
	report_line("CPU", cpu_us, "us", NO_BUDGET, NULL);
	report_line("  cryptography at openssl speed's prices", cryptography, "us", NO_BUDGET, NULL);
	report_line("  the rest", cpu_us - cryptography, "us", 600, "then 450");
	report_line("  CPU / cryptography", cpu_us / cryptography, "x", NO_BUDGET, "the distant aim is 2");
}

static void push_measure(struct bench *bench, char access_token[2048])
{
	struct people *people = &bench->people;
	const size_t count = people->phone_count * PUSH_ROUNDS;
	struct crowd_result result;

	for (size_t i = 0; i < people->phone_count; i++)
		phone_listen(&bench->site, &people->phones[i]);
	run(bench, people->phone_count, push_work, people, &result);
	free(result.latency_us);
	run(bench, count, push_work, people, &result);
	push_report(bench, &result, count);
	bench->push_us = each((double)result.spent.cpu_us, count);
	memcpy(access_token, result.access_token, sizeof(result.access_token));
	free(result.latency_us);
}

/* ---- sign-ins with a code ---- */

static void *hash_some(void *arg)
{
	const struct password_params *params = arg;
	const uint8_t salt[16] = {1};
	uint8_t raw[32];

	for (int i = 0; i < 20; i++)
		if (password_stretch(PEOPLE_PASSWORD, params, salt, raw) != OK)
			fail("a password cannot be hashed");
	return NULL;
}

/* CPU of one hash, measured two at a time as the daemon's hashers run. */
static double hash_price_us(struct password_params params)
{
	struct timespec before, after;
	pthread_t threads[2];

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
	for (int i = 0; i < 2; i++)
		if (pthread_create(&threads[i], NULL, hash_some, &params) != 0)
			fail("a thread cannot be started");
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
	return ((double)(after.tv_sec - before.tv_sec) * 1e6 + (double)(after.tv_nsec - before.tv_nsec) / 1e3) / 40;
}

static void code_measure(struct bench *bench)
{
	struct people *people = &bench->people;
	const struct password_params chosen = {people->hash_memory_kib, people->hash_passes, people->hash_lanes};
	struct crowd_result result;
	double whole_us, hash_us;

	report_section("sign-in with a code, CPU each");
	run(bench, people->code_count, code_work, people, &result);
	report_line("code alone", each((double)result.spent.cpu_us, people->code_count), "us", 500, NULL);
	report_line("  requests", each((double)result.requests, people->code_count), "", 8, NULL);
	report_line("  durable writes", writes_each(bench, &result, people->code_count), "", 5, NULL);
	free(result.latency_us);
	hash_us = hash_price_us(chosen);
	run(bench, people->code_count, password_work, people, &result);
	whole_us = each((double)result.spent.cpu_us, people->code_count);
	report_line("password and code", whole_us, "us", NO_BUDGET,
		    "with the cheapest hash that is allowed, to see the rest");
	hash_us = (hash_us + hash_price_us(chosen)) / 2;
	report_line("  the hash at its price", hash_us, "us", NO_BUDGET, "7168 KiB, 1 pass, two at a time");
	report_line("  the rest", whole_us - hash_us, "us", 500, NULL);
	report_line("  durable writes", writes_each(bench, &result, people->code_count), "", 5, NULL);
	report_line("  passwords put off with 503, of 64 at once",
		    each((double)result.put_off * 100, people->code_count), "%", 0, "tried again until taken");
	report_line("argon2id as configured by default", hash_price_us(password_default), "us", NO_BUDGET,
		    "19456 KiB, 2 passes");
	free(result.latency_us);
}

/* ---- waiting pages ---- */

static void waiting_report(const struct bench *bench)
{
	struct rlimit limit;
	size_t counts[WAITING_STEPS] = {WAITING_FEW, WAITING_MANY};
	struct waiting_cost costs[WAITING_STEPS];
	char name[80];

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < WAITING_MANY + DESCRIPTORS_OWN)
		counts[1] = limit.rlim_cur > 2 * DESCRIPTORS_OWN + WAITING_FEW ? limit.rlim_cur - DESCRIPTORS_OWN
									       : 2 * WAITING_FEW;
	report_section("sign-in pages that wait (plain HTTP)");
	if (counts[1] != WAITING_MANY)
		printf("  only %zu pages: this account may open %lu files (ulimit -n)\n", counts[1],
		       (unsigned long)limit.rlim_cur);
	waiting_measure(&bench->daemon, &bench->site, counts, costs);
	for (size_t i = 0; i < WAITING_STEPS; i++) {
		snprintf(name, sizeof(name), "private memory of a page, %zu waiting", costs[i].count);
		report_line(name, costs[i].bytes_each, "B", 6000, NULL);
		snprintf(name, sizeof(name), "  CPU of a wake, %zu waiting", costs[i].count);
		report_line(name, costs[i].wake_us, "us", NO_BUDGET, NULL);
		snprintf(name, sizeof(name), "  CPU of the change alone, %zu waiting", costs[i].count);
		report_line(name, costs[i].change_us, "us", NO_BUDGET, NULL);
		snprintf(name, sizeof(name), "  of a core while %zu wait, between comments", costs[i].count);
		report_line(name, costs[i].idle_core * 100, "%", NO_BUDGET, NULL);
	}
	report_line("a wake, many / few waiting", costs[1].wake_us / costs[0].wake_us, "x", 1.3, NULL);
}

/* ---- many accounts ---- */

static void accounts_measure(struct bench *bench)
{
	struct people *people = &bench->people;
	const size_t count = people->phone_count * LARGE_ROUNDS;
	struct crowd_result result;

	for (size_t i = 0; i < people->phone_count; i++) {
		http_stream_close(&people->phones[i].events);
		phone_listen(&bench->site, &people->phones[i]);
	}
	run(bench, people->phone_count, push_work, people, &result);
	free(result.latency_us);
	run(bench, count, push_work, people, &result);
	report_section("push sign-in among 100 times the accounts");
	report_line("CPU", each((double)result.spent.cpu_us, count), "us", NO_BUDGET, NULL);
	report_line("CPU / CPU among few accounts", each((double)result.spent.cpu_us, count) / bench->push_us, "x", 1.1,
		    NULL);
	free(result.latency_us);
}

/* ---- the whole ---- */

static bool wants(const struct bench *bench, const char *part)
{
	return !bench->part || strcmp(bench->part, part) == 0;
}

/* A daemon of its own for what follows. */
static void fresh_daemon(struct bench *bench)
{
	if (bench->daemon.pid)
		daemon_stop(&bench->daemon);
	daemon_start(&bench->daemon);
}

static void signins_measure(struct bench *bench)
{
	char access_token[2048] = "";

	push_measure(bench, access_token);
	userinfo_measure(bench, access_token);
}

static void everything(struct bench *bench)
{
	start_measure(bench);
	if (wants(bench, "requests"))
		small_measure(bench);
	if (wants(bench, "push") || wants(bench, "accounts"))
		signins_measure(bench);
	if (wants(bench, "codes"))
		code_measure(bench);
	if (wants(bench, "waiting")) {
		fresh_daemon(bench);
		waiting_report(bench);
	}
	daemon_stop(&bench->daemon);
	if (wants(bench, "accounts")) {
		people_extra(bench->daemon.config, EXTRA_ACCOUNTS);
		fresh_daemon(bench);
		accounts_measure(bench);
		daemon_stop(&bench->daemon);
	}
}

static void descriptors_raise(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static double number(const char *text)
{
	char *end;
	const double value = strtod(text, &end);

	if (end == text || *end || value <= 0)
		fail("\"%s\" is not a number above 0", text);
	return value;
}

static void option_take(struct bench *bench, int option, const char *value)
{
	switch (option) {
	case 'p': bench->daemon.program = value; break;
	case 'c': bench->daemon.config = value; break;
	case 'l': bench->daemon.log = value; break;
	case 'o': bench->daemon.place.port = (uint16_t)number(value); break;
	case 'm': bench->daemon.metrics.port = (uint16_t)number(value); break;
	case 's': bench->prices.sign = number(value); break;
	case 'v': bench->prices.verify = number(value); break;
	case 'a': bench->part = value; break;
	case 'h': bench->prices.hash = number(value); break;
	default: exit(2);
	}
}

static void options_read(struct bench *bench, int argc, char **argv)
{
	static const struct option options[] = {
		{"program", required_argument, NULL, 'p'},   {"config", required_argument, NULL, 'c'},
		{"log", required_argument, NULL, 'l'},       {"port", required_argument, NULL, 'o'},
		{"metrics", required_argument, NULL, 'm'},   {"sign-us", required_argument, NULL, 's'},
		{"verify-us", required_argument, NULL, 'v'}, {"hash-us", required_argument, NULL, 'h'},
		{"part", required_argument, NULL, 'a'},      {0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		option_take(bench, option, optarg);
	if (!bench->daemon.program || !bench->daemon.config || !bench->daemon.log || !bench->daemon.place.port ||
	    !bench->daemon.metrics.port || bench->prices.sign <= 0 || bench->prices.verify <= 0 ||
	    bench->prices.hash <= 0) {
		fprintf(stderr, "symbolon-load is run by bench/run (./run bench), which gives it what it needs\n");
		exit(2);
	}
}

int main(int argc, char **argv)
{
	static char host[32], issuer[40];
	struct bench bench = {.people = {.phone_count = PHONES, .code_count = CODES}};

	options_read(&bench, argc, argv);
	snprintf(host, sizeof(host), "127.0.0.1:%u", bench.daemon.place.port);
	snprintf(issuer, sizeof(issuer), "http://%s", host);
	bench.daemon.place.host = bench.daemon.metrics.host = host;
	bench.site = (struct site){&bench.daemon.place, issuer, &bench.people};
	descriptors_raise();
	people_make(bench.daemon.config, &bench.people);
	everything(&bench);
	printf("\n%u over budget\n", report_over());
	return 0;
}
