#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/postgres.h"
#include "store/store_internal.h"

/*
 * News between nodes: one thread, one connection that listens and tells. While one NOTIFY is on its way the next topics
 * gather, so a busy node sends few and full ones. (NOTIFY inside the transactions themselves halves the commit rate:
 * PostgreSQL then takes one lock for all commits.)
 *
 * The payload is topics with blanks between; "*" is everything.
 */
enum { GATHERED_MAX = 64 * 1024, PAYLOAD_MAX = 7900, LOOK_MS = 10000, RECONNECT_MS = 500, ANSWER_MS = 12000 };

static const char everything[] = "*";

struct news {
	struct store *store;
	struct store_listener listener;
	pthread_t thread;
	int wake; /* eventfd */
	pthread_mutex_t lock;
	struct text gathered; /* " topic topic"; under the lock */
	atomic_bool is_stopping;
	atomic_int_fast64_t version, clock_ahead;
	PGconn *link; /* the thread's */
	int64_t looked_ms;
};

/* ---- what came ---- */

static void payload_read(struct news *news, char *payload)
{
	char *rest = payload;
	const char *topic;

	while ((topic = strsep(&rest, " "))) {
		if (strcmp(topic, everything) == 0)
			atomic_fetch_add(&news->version, 1);
		else if (*topic)
			news->listener.woken(news->listener.ctx, topic);
	}
}

static void notifies_read(struct news *news)
{
	PGnotify *notify;

	while ((notify = PQnotifies(news->link))) {
		if (notify->be_pid != PQbackendPID(news->link))
			payload_read(news, notify->extra);
		PQfreemem(notify);
	}
}

/* ---- what goes ---- */

/* Takes as many whole topics as one NOTIFY holds. */
static void payload_take(struct news *news, char payload[PAYLOAD_MAX + 1])
{
	struct text *gathered = &news->gathered;
	size_t size;

	pthread_mutex_lock(&news->lock);
	size = gathered->size;
	if (size > PAYLOAD_MAX) {
		size = PAYLOAD_MAX;
		while (size > 0 && gathered->data[size] != ' ')
			size--;
	}
	memcpy(payload, gathered->data ? gathered->data : "", size);
	payload[size] = '\0';
	if (gathered->data && size > 0) {
		memmove(gathered->data, gathered->data + size, gathered->size - size + 1);
		gathered->size -= size;
	}
	pthread_mutex_unlock(&news->lock);
}

#ifdef SYMBOLON_TESTING
static int patience_ms(void)
{
	const char *shorter = getenv("SYMBOLON_TEST_NEWS_MS");

	return shorter ? (int)strtol(shorter, NULL, 10) : ANSWER_MS;
}
#else
static int patience_ms(void)
{
	return ANSWER_MS;
}
#endif

/* A server that stands still must not keep this thread: who has no news looks by itself. */
static bool text_send(struct news *news, const char *text, const char *parameter, int64_t *ret_number)
{
	struct postgres asking = {.link = news->link, .patience_ms = patience_ms()};
	PGresult *result = postgres_answer(&asking, PQsendQueryParams(news->link, text, parameter ? 1 : 0, NULL,
								      &parameter, NULL, NULL, 0));
	const bool is_fine = postgres_is_fine(result);

	if (is_fine && ret_number)
		*ret_number = PQntuples(result) > 0 ? strtoll(PQgetvalue(result, 0, 0), NULL, 10) : 0;
	PQclear(result);
	return is_fine;
}

static void gathered_add(struct news *news, const char *topic)
{
	struct text *gathered = &news->gathered;

	if (gathered->size + strlen(topic) + 1 > GATHERED_MAX) {
		gathered->size = 0;
		topic = everything;
	}
	text_add_format(gathered, " %s", topic);
}

/* False when the connection is gone; what could not be told waits for the next one. */
static bool gathered_send(struct news *news)
{
	char payload[PAYLOAD_MAX + 1];

	payload_take(news, payload);
	while (payload[0]) {
		if (!text_send(news, "SELECT pg_notify('symbolon', $1)", payload + 1, NULL)) {
			pthread_mutex_lock(&news->lock);
			gathered_add(news, payload + 1);
			pthread_mutex_unlock(&news->lock);
			return false;
		}
		payload_take(news, payload);
	}
	return true;
}

/* ---- the thread ---- */

static bool clock_look(struct news *news)
{
	const int64_t begun_ms = clock_mono_ms();
	int64_t theirs = 0;

	if (!text_send(news, "SELECT extract(epoch FROM clock_timestamp())::bigint", NULL, &theirs))
		return false;
	news->looked_ms = clock_mono_ms();
	if (news->looked_ms - begun_ms < 1000) /* an answer that was long on its way says nothing of the time */
		atomic_store(&news->clock_ahead, theirs - clock_now());
	return true;
}

/* Whoever was without news has missed some: everything may have changed. */
static bool link_open(struct news *news)
{
	char problem[256] = "";

	if (postgres_connect(news->store->target, news->store->name, &news->link, problem) != OK) {
		log_warn("news.unconnected", LOG_S("problem", problem));
		return false;
	}
	if (!text_send(news, "LISTEN symbolon", NULL, NULL) || !clock_look(news))
		return false;
	atomic_fetch_add(&news->version, 1);
	return true;
}

static void link_close(struct news *news)
{
	PQfinish(news->link);
	news->link = NULL;
}

static void rest(struct news *news, int timeout_ms)
{
	struct pollfd wanted[] = {{.fd = news->wake, .events = POLLIN},
				  {.fd = news->link ? PQsocket(news->link) : -1, .events = POLLIN}};
	eventfd_t count;

	if (poll(wanted, 2, timeout_ms) > 0 && wanted[0].revents)
		eventfd_read(news->wake, &count);
}

/* False when the connection is gone. */
static bool turn(struct news *news)
{
	if (!PQconsumeInput(news->link))
		return false;
	notifies_read(news);
	if (!gathered_send(news))
		return false;
	notifies_read(news); /* what came while it was sent */
	return clock_mono_ms() - news->looked_ms < LOOK_MS || clock_look(news);
}

static void *news_run(void *argument)
{
	struct news *news = argument;

	while (!atomic_load(&news->is_stopping)) {
		if (!news->link && !link_open(news)) {
			link_close(news);
			rest(news, RECONNECT_MS);
			continue;
		}
		if (!turn(news)) {
			log_warn("news.lost", LOG_S("problem", PQerrorMessage(news->link)));
			link_close(news);
			rest(news, RECONNECT_MS);
			continue;
		}
		rest(news, LOOK_MS / 10);
	}
	if (news->link)
		gathered_send(news);
	link_close(news);
	return NULL;
}

/* ---- from outside ---- */

static void news_free(struct news *news)
{
	if (news->wake >= 0)
		close(news->wake);
	pthread_mutex_destroy(&news->lock);
	text_done(&news->gathered);
	free(news);
}

enum status store_listen(struct store *store, const struct store_listener *listener)
{
	struct news *news;

	if (!store->driver->many_writers)
		return OK;
	news = calloc(1, sizeof(*news));
	if (!news)
		return E_NOMEM;
	news->store = store;
	news->listener = *listener;
	news->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&news->lock, NULL);
	text_init(&news->gathered, 2 * GATHERED_MAX);
	if (news->wake < 0 || pthread_create(&news->thread, NULL, news_run, news) != 0) {
		news_free(news);
		return E_NOMEM;
	}
	store->news = news;
	return OK;
}

static bool is_gathered(const struct text *gathered, const char *topic)
{
	const char *found = gathered->size ? strstr(gathered->data, topic) : NULL;
	const char after = found ? found[strlen(topic)] : 'x';

	return found && found[-1] == ' ' && (after == ' ' || after == '\0');
}

void store_tell(struct store *store, const char *topic)
{
	struct news *news = store->news;

	if (!news)
		return;
	pthread_mutex_lock(&news->lock);
	if (!is_gathered(&news->gathered, topic))
		gathered_add(news, topic);
	pthread_mutex_unlock(&news->lock);
	eventfd_write(news->wake, 1);
}

void store_listen_end(struct store *store)
{
	struct news *news = store->news;

	if (!news)
		return;
	atomic_store(&news->is_stopping, true);
	eventfd_write(news->wake, 1);
	pthread_join(news->thread, NULL);
	news_free(news);
	store->news = NULL;
}

enum status news_version(struct store *store, int64_t *ret_version)
{
	*ret_version = store->news ? atomic_load(&store->news->version) : 0;
	return OK;
}

int64_t store_clock_ahead(struct store *store)
{
	return store->news ? atomic_load(&store->news->clock_ahead) : 0;
}

bool store_clock_agrees(struct store *store)
{
	return llabs(store_clock_ahead(store)) <= STORE_CLOCK_DIFFERENCE_MAX_S;
}

bool store_is_remote(const struct store *store)
{
	return store->driver->many_writers;
}

/* Said on a connection of the pool, after the commit; a node that misses it looks by itself within seconds. */
void news_of_write(struct store *store)
{
	struct connection *connection = NULL;

	if (store->news || pool_take(&store->pool, &connection) != OK)
		return;
	status_ignore(connection_script(connection, "NOTIFY symbolon, '*'"), "nodes look by themselves now and then");
	pool_give(&store->pool, connection);
}
