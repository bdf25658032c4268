#include "http/internal.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "http/peers.h"
#include "http/tls.h"

#define LOOPS_MAX      8 /* when not asked */
#define LOOPS_LIMIT    64
#define BACKLOG        1024
#define TAKEN_PAUSE_MS 10

static void defaults_fill(struct http_settings *settings)
{
	const struct {
		unsigned *value;
		unsigned otherwise;
	} list[] = {
		{&settings->idle_ms, 60000},         {&settings->header_ms, 10000},
		{&settings->body_ms, 20000},         {&settings->write_ms, 30000},
		{&settings->max_connections, 20000}, {&settings->stream_comment_ms, 25000},
		{&settings->stream_max_ms, 3600000},
	};

	for (size_t i = 0; i < ARRAY_COUNT(list); i++)
		if (*list[i].value == 0)
			*list[i].value = list[i].otherwise;
	if (settings->stream_backlog == 0)
		settings->stream_backlog = 65536;
	if (settings->request_memory == 0)
		settings->request_memory = 2 << 20;
	guard_limits_fill(&settings->limits);
}

static unsigned loops_wanted(unsigned asked)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (asked > 0)
		return asked < LOOPS_LIMIT ? asked : LOOPS_LIMIT;
	if (cores < 1)
		return 1;
	return cores > LOOPS_MAX ? LOOPS_MAX : (unsigned)cores;
}

static enum status invalid(const char *what, const char *value)
{
	log_error("http.settings", LOG_S("what", what), LOG_S("value", value));
	return E_INVALID;
}

/* "127.0.0.1:8080", "[::1]:8080" */
static enum status listen_parse(const char *text, struct sockaddr_in6 *ret_v6, struct sockaddr_in *ret_v4,
				int *ret_family)
{
	const char *colon = strrchr(text, ':');
	struct network parsed;
	char host[64];
	size_t size = colon ? (size_t)(colon - text) : 0;
	bool is_v6 = size > 2 && text[0] == '[' && text[size - 1] == ']';
	int64_t port;

	if (!colon || size == 0 || size >= sizeof(host) || text_parse_int(colon + 1, 0, 65535, &port) != OK)
		return E_INVALID;
	memcpy(host, text + (is_v6 ? 1 : 0), size - (is_v6 ? 2 : 0));
	host[size - (is_v6 ? 2 : 0)] = '\0';
	if (is_v6 != (strchr(host, ':') != NULL))
		return E_INVALID;
	TRY(address_parse(host, &parsed));
	if (is_v6 == parsed.is_v4)
		return E_INVALID;
	*ret_v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
	memcpy(&ret_v6->sin6_addr, parsed.bytes, 16);
	*ret_v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	memcpy(&ret_v4->sin_addr, parsed.bytes, 4);
	*ret_family = is_v6 ? AF_INET6 : AF_INET;
	return OK;
}

static int socket_bind(const struct sockaddr *address, socklen_t size, bool shared)
{
	int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (shared)
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
	if (address->sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, address, size) == 0 && (!shared || listen(fd, BACKLOG) == 0))
		return fd;
	close(fd);
	return -1;
}

static uint16_t port_of(int fd)
{
	struct sockaddr_storage address = {0};
	socklen_t size = sizeof(address);

	if (getsockname(fd, (struct sockaddr *)&address, &size) != 0)
		return 0;
	return ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
						   : ((struct sockaddr_in *)&address)->sin_port);
}

static enum status bind_trouble(const char *where)
{
	enum status status = errno == EADDRINUSE ? E_CONFLICT : E_IO;

	log_error("http.listen", LOG_S("address", where), LOG_S("why", strerror(errno)));
	return status;
}

/* Whoever is killed holds its port until the kernel has taken it apart; the one that follows is faster than that. */
static int socket_bind_patiently(const struct sockaddr *address, socklen_t size, unsigned taken_ms)
{
	const int64_t until = clock_mono_ms() + taken_ms;
	int fd = socket_bind(address, size, false);

	while (fd < 0 && errno == EADDRINUSE && clock_mono_ms() < until) {
		nanosleep(&(struct timespec){.tv_nsec = TAKEN_PAUSE_MS * 1000000L}, NULL);
		fd = socket_bind(address, size, false);
	}
	return fd;
}

/*
 * With SO_REUSEPORT a second daemon of the same user would share the port unseen. A first socket without it
 * finds that out, and the port where none was asked for.
 */
static enum status address_probe(const char *where, const struct sockaddr *address, socklen_t size, unsigned taken_ms,
				 uint16_t *ret_port)
{
	int fd = socket_bind_patiently(address, size, taken_ms);

	if (fd < 0)
		return bind_trouble(where);
	*ret_port = port_of(fd);
	close(fd);
	return OK;
}

static enum status address_listen(struct http_server *server, size_t index)
{
	const char *where = server->settings.listen[index];
	struct sockaddr_in6 v6;
	struct sockaddr_in v4;
	int family;

	if (listen_parse(where, &v6, &v4, &family) != OK)
		return invalid("listen", where);
	{
		struct sockaddr *address = family == AF_INET6 ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4;
		socklen_t size = family == AF_INET6 ? sizeof(v6) : sizeof(v4);

		TRY(address_probe(where, address, size, server->settings.taken_ms, &server->ports[index]));
		v6.sin6_port = htons(server->ports[index]);
		v4.sin_port = htons(server->ports[index]);
		for (unsigned i = 0; i < server->loop_count; i++) {
			int fd = socket_bind(address, size, true);

			if (fd < 0)
				return bind_trouble(where);
			TRY(loop_listen(&server->loops[i], index, fd));
		}
	}
	return OK;
}

static enum status proxies_init(struct http_server *server)
{
	const struct http_settings *settings = &server->settings;

	server->networks = calloc(settings->trusted_proxy_count + 1, sizeof(server->networks[0]));
	if (!server->networks)
		return E_NOMEM;
	for (size_t i = 0; i < settings->trusted_proxy_count; i++)
		if (network_parse(settings->trusted_proxies[i], &server->networks[i]) != OK)
			return invalid("trusted_proxies", settings->trusted_proxies[i]);
	server->proxies = (struct proxies){server->networks, settings->trusted_proxy_count, settings->forwarded};
	return OK;
}

static enum status loops_init(struct http_server *server)
{
	unsigned count = loops_wanted(server->settings.loops);

	server->loops = calloc(count, sizeof(server->loops[0]));
	server->ports = calloc(server->settings.listen_count + 1, sizeof(server->ports[0]));
	if (!server->loops || !server->ports)
		return E_NOMEM;
	while (server->loop_count < count) {
		server->loop_count++; /* before: http_server_free() undoes half of one as well */
		TRY(loop_init(&server->loops[server->loop_count - 1], server, server->loop_count - 1));
	}
	return OK;
}

static enum status server_init(struct http_server *server)
{
	const struct http_settings *settings = &server->settings;

	TRY(proxies_init(server));
	if (settings->tls_certificate || settings->tls_key) {
		if (!settings->tls_certificate || !settings->tls_key)
			return invalid("tls", "a certificate and a key, both or neither");
		TRY(tls_new(settings->tls_certificate, settings->tls_key, &server->tls));
	}
	if (settings->max_per_address > 0) {
		server->peers = peers_new(settings->max_per_address);
		if (!server->peers)
			return E_NOMEM;
	}
	TRY(loops_init(server));
	for (size_t i = 0; i < settings->listen_count; i++)
		TRY(address_listen(server, i));
	return OK;
}

static void libevent_log(int severity, const char *message)
{
	if (severity == EVENT_LOG_ERR)
		log_error("libevent", LOG_S("message", message));
	else if (severity == EVENT_LOG_WARN)
		log_warn("libevent", LOG_S("message", message));
}

enum status http_server_new(const struct http_settings *settings, const struct http_handlers *handlers,
			    struct http_server **ret_server)
{
	struct http_server *server = calloc(1, sizeof(*server));
	enum status status;

	if (!server)
		return E_NOMEM;
	event_set_log_callback(libevent_log);
	server->settings = *settings;
	server->handlers = *handlers;
	defaults_fill(&server->settings);
	status = server_init(server);
	if (status == OK)
		*ret_server = server;
	else
		http_server_free(&server);
	return status;
}

enum status http_server_start(struct http_server *server)
{
	for (unsigned i = 0; i < server->loop_count; i++) {
		enum status status = loop_start(&server->loops[i]);

		if (status != OK) {
			http_server_stop(server, 0);
			return status;
		}
	}
	return OK;
}

enum status http_server_reload_tls(struct http_server *server)
{
	return server->tls ? tls_reload(server->tls) : OK;
}

struct drain {
	struct inbox_item item; /* first */
	struct http_loop *loop;
	int64_t until_ms;
};

/* It lies in http_server_stop()'s frame, which waits for the loop. */
static void drain_run(struct inbox_item *item)
{
	struct drain *drain = (struct drain *)item;

	loop_drain(drain->loop, drain->until_ms);
}

void http_server_stop(struct http_server *server, unsigned deadline_ms)
{
	struct drain drains[LOOPS_LIMIT] = {0};
	int64_t until_ms = clock_mono_ms() + deadline_ms;

	for (unsigned i = 0; i < server->loop_count; i++) {
		struct http_loop *loop = &server->loops[i];

		drains[i] = (struct drain){{NULL, drain_run}, loop, until_ms};
		if (loop->is_running && !loop_push(loop, &drains[i].item))
			log_error("http.stop", LOG_N("loop", i));
	}
	for (unsigned i = 0; i < server->loop_count; i++) {
		struct http_loop *loop = &server->loops[i];

		if (loop->is_running)
			pthread_join(loop->thread, NULL);
		loop->is_running = false;
	}
}

void http_server_free(struct http_server **server)
{
	if (!*server)
		return;
	http_server_stop(*server, 0);
	for (unsigned i = 0; i < (*server)->loop_count; i++)
		loop_done(&(*server)->loops[i]);
	tls_free(&(*server)->tls);
	peers_free(&(*server)->peers);
	free((*server)->loops);
	free((*server)->ports);
	free((*server)->networks);
	free(*server);
	*server = NULL;
}

uint16_t http_server_port(const struct http_server *server, size_t index)
{
	return server->ports[index];
}

unsigned http_server_loop_count(const struct http_server *server)
{
	return server->loop_count;
}

struct http_loop *http_server_loop(struct http_server *server, unsigned index)
{
	return &server->loops[index];
}

static uint64_t counter_get(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

static void counters_sum(const struct loop_counters *loop, struct http_counters *sum)
{
	sum->connections += counter_get(&loop->connections);
	sum->accepted += counter_get(&loop->accepted);
	sum->turned_away += counter_get(&loop->turned_away);
	sum->requests += counter_get(&loop->requests);
	sum->bytes_in += counter_get(&loop->bytes_in);
	sum->bytes_out += counter_get(&loop->bytes_out);
	sum->timed_out += counter_get(&loop->timed_out);
	sum->tls_failed += counter_get(&loop->tls_failed);
	sum->streams += counter_get(&loop->streams);
	sum->streams_opened += counter_get(&loop->streams_opened);
	sum->streams_dropped += counter_get(&loop->streams_dropped);
	for (size_t i = 0; i < ARRAY_COUNT(sum->answers); i++)
		sum->answers[i] += counter_get(&loop->answers[i]);
	for (size_t i = 0; i < GUARD_REASON_COUNT; i++)
		sum->refused[i] += counter_get(&loop->refused[i]);
}

void http_server_counters(const struct http_server *server, struct http_counters *ret_counters)
{
	memset(ret_counters, 0, sizeof(*ret_counters));
	for (unsigned i = 0; i < server->loop_count; i++)
		counters_sum(&server->loops[i].counters, ret_counters);
}
