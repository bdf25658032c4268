#include "waiting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VISITORS  64
#define UNWATCHED 512 /* logins without a page, for comparison */
#define CHANGES   500 /* pairs in a batch; watched and unwatched batches take turns */
#define BATCHES   8
#define IDLE_MS   3000

struct page {
	char login[64];
	char cookie[192];
	struct http_stream stream;
};

struct room {
	const struct http_place *place;
	struct page *pages;
	size_t first, count; /* which of them a crowd works on */
};

static void begin_one(struct visitor *visitor, size_t index, void *ctx)
{
	struct room *room = ctx;
	struct page *page = &room->pages[index];

	login_begin(visitor, CLIENT_PASSWORD);
	memcpy(page->login, visitor->login, sizeof(page->login));
	memcpy(page->cookie, visitor->cookie, sizeof(page->cookie));
}

static void page_enter(struct visitor *visitor, const struct page *page)
{
	memcpy(visitor->login, page->login, sizeof(page->login));
	memcpy(visitor->cookie, page->cookie, sizeof(page->cookie));
}

/* From many addresses, so that one address's ports are enough. */
static void open_one(struct visitor *visitor, size_t index, void *ctx)
{
	struct room *room = ctx;
	struct page *page = &room->pages[room->first + index];
	struct http_place place = *room->place;

	place.source = 256 + (uint32_t)(index % 200);
	page_enter(visitor, page);
	login_wait(visitor, &place, &page->stream);
}

static void change(struct visitor *visitor, struct page *page, const char *step, const char *body)
{
	struct http_answer answer;
	char state[8192];

	page_post(visitor, step, body, &answer);
	if (page->stream.fd >= 0)
		http_stream_wait(&page->stream, "state", state, sizeof(state));
}

/*
 * Two changes, and then all is as before: the name is given, so that the page asks for the password; and "start over".
 * Each is one durable write and a wake, and a page that watches hears of each before the next. The pages are spread
 * over all that wait.
 */
static void change_twice(struct visitor *visitor, size_t index, void *ctx)
{
	struct room *room = ctx;
	const size_t apart = room->count / CHANGES ? room->count / CHANGES : 1;
	struct page *page = &room->pages[room->first + index * apart % room->count];
	char body[64];

	page_enter(visitor, page);
	snprintf(body, sizeof(body), "{\"username\":\"%s\"}", visitor->site->people->codes[0].name);
	change(visitor, page, "identify", body);
	change(visitor, page, "cancel", "{\"forget\":true}");
}

static int64_t crowd_cpu_us(const struct daemon_under_test *daemon, const struct site *site, struct room *room,
			    size_t count, void (*work)(struct visitor *, size_t, void *))
{
	const struct crowd crowd = {.site = site, .visitors = VISITORS, .count = count, .work = work, .ctx = room};
	struct crowd_result result;

	crowd_run(&crowd, daemon, &result);
	free(result.latency_us);
	return result.spent.cpu_us;
}

/* Watched and unwatched batches take turns, so that what else the machine does meets both. */
static void changes_measure(const struct daemon_under_test *daemon, const struct site *site, struct page *pages,
			    struct waiting_cost *cost, size_t total)
{
	struct room watched = {site->place, pages, 0, cost->count};
	struct room unwatched = {site->place, pages, total, UNWATCHED};
	int64_t with_us = 0, without_us = 0;

	for (int i = 0; i < BATCHES; i++) {
		with_us += crowd_cpu_us(daemon, site, &watched, CHANGES, change_twice);
		without_us += crowd_cpu_us(daemon, site, &unwatched, CHANGES, change_twice);
	}
	cost->change_us = (double)without_us / (BATCHES * CHANGES * 2);
	cost->wake_us = (double)(with_us - without_us) / (BATCHES * CHANGES * 2);
}

static double idle_measure(const struct daemon_under_test *daemon)
{
	struct reading before, after, spent;

	reading_take(daemon, &before);
	rest_ms(IDLE_MS);
	reading_take(daemon, &after);
	spent = reading_since(&before, &after);
	return (double)spent.cpu_us / (double)spent.at_us;
}

static int64_t private_bytes(const struct daemon_under_test *daemon)
{
	struct memory memory;

	memory_read(daemon, &memory);
	return memory.written;
}

void waiting_measure(const struct daemon_under_test *daemon, const struct site *site,
		     const size_t counts[WAITING_STEPS], struct waiting_cost ret_costs[WAITING_STEPS])
{
	const size_t total = counts[WAITING_STEPS - 1];
	struct page *pages = calloc(total + UNWATCHED, sizeof(*pages));
	struct room room = {.place = site->place, .pages = pages};
	int64_t before;

	if (!pages)
		fail("out of memory");
	for (size_t i = 0; i < total + UNWATCHED; i++)
		pages[i].stream.fd = -1;
	crowd_cpu_us(daemon, site, &room, total + UNWATCHED, begin_one);
	rest_ms(500);
	before = private_bytes(daemon);
	for (size_t step = 0; step < WAITING_STEPS; step++) {
		crowd_cpu_us(daemon, site, &room, counts[step] - room.first, open_one);
		room.first = counts[step];
		ret_costs[step] = (struct waiting_cost){.count = counts[step]};
		ret_costs[step].bytes_each = (double)(private_bytes(daemon) - before) / (double)counts[step];
		ret_costs[step].idle_core = idle_measure(daemon);
		changes_measure(daemon, site, pages, &ret_costs[step], total);
	}
	for (size_t i = 0; i < total; i++)
		http_stream_close(&pages[i].stream);
	free(pages);
}
