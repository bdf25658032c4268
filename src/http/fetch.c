#include "http/fetch.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <curl/curl.h>

#include "base/network.h"

enum {
	BODY_MAX = 16 * 1024,
	HEADERS_MAX = 32 * 1024,
	TEXT_SIZE = 256,
	CONNECT_MS = 5000,
	CONNECTIONS_PER_HOST = 4,
	CONNECTIONS_IDLE = 16,
};

struct transfer {
	struct transfer *next;
	struct fetch_request request;
	CURL *easy;
	struct curl_slist *headers, *connect;
	size_t body_size, headers_size;
	bool is_private; /* an address was refused */
	char text[TEXT_SIZE];
	char problem[CURL_ERROR_SIZE];
};

struct fetch {
	CURLM *multi;
	const char *ca_file;
	size_t limit, count;
	struct transfer *transfers;
};

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;
static CURLcode curl_started;

static void curl_start(void)
{
	curl_started = curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* ---- begin and end ---- */

enum status fetch_new(const struct fetch_settings *settings, struct fetch **ret_fetch)
{
	struct fetch *fetch = calloc(1, sizeof(*fetch));

	if (!fetch)
		return E_NOMEM;
	*fetch = (struct fetch){.ca_file = settings->ca_file, .limit = settings->limit};
	pthread_once(&curl_once, curl_start);
	fetch->multi = curl_started == CURLE_OK ? curl_multi_init() : NULL;
	if (!fetch->multi) {
		free(fetch);
		return E_IO;
	}
	curl_multi_setopt(fetch->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
	curl_multi_setopt(fetch->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)CONNECTIONS_PER_HOST);
	curl_multi_setopt(fetch->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_IDLE);
	*ret_fetch = fetch;
	return OK;
}

static void transfer_free(struct transfer *transfer)
{
	curl_easy_cleanup(transfer->easy);
	curl_slist_free_all(transfer->headers);
	curl_slist_free_all(transfer->connect);
	free(transfer);
}

/* Takes it out of the list and tells; what `done` starts anew finds room. */
static void transfer_end(struct fetch *fetch, struct transfer *transfer, const struct fetch_reply *reply)
{
	struct transfer **at = &fetch->transfers;

	while (*at != transfer)
		at = &(*at)->next;
	*at = transfer->next;
	fetch->count--;
	curl_multi_remove_handle(fetch->multi, transfer->easy);
	transfer->request.done(transfer->request.ctx, reply);
	transfer_free(transfer);
}

void fetch_free(struct fetch **fetch)
{
	static const struct fetch_reply cancelled = {.outcome = FETCH_CANCELLED, .problem = "", .text = ""};
	struct fetch *gone = *fetch;

	*fetch = NULL;
	if (!gone)
		return;
	while (gone->transfers)
		transfer_end(gone, gone->transfers, &cancelled);
	curl_multi_cleanup(gone->multi);
	free(gone);
}

/* ---- what libcurl asks us ---- */

static bool address_is_allowed(const struct transfer *transfer, const struct curl_sockaddr *to)
{
	const struct sockaddr_in *v4 = (const void *)&to->addr;
	const struct sockaddr_in6 *v6 = (const void *)&to->addr;
	struct network address;

	if (to->family == AF_INET)
		address_from_bytes((const uint8_t *)&v4->sin_addr, true, &address);
	else if (to->family == AF_INET6)
		address_from_bytes((const uint8_t *)&v6->sin6_addr, false, &address);
	else
		return false;
	return transfer->request.allow_private || address_is_public(&address);
}

/* The last moment: the very address that the connection would go to. */
static curl_socket_t socket_open(void *ctx, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct transfer *transfer = ctx;

	if (purpose != CURLSOCKTYPE_IPCXN || !address_is_allowed(transfer, to)) {
		transfer->is_private = true;
		return CURL_SOCKET_BAD;
	}
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/* Anything but `size` ends the transfer; its status stays known. */
static size_t body_take(char *data, size_t one, size_t size, void *ctx)
{
	struct transfer *transfer = ctx;
	const size_t have = strlen(transfer->text);
	const size_t room = TEXT_SIZE - 1 - have;
	const size_t kept = strnlen(data, size < room ? size : room);

	memcpy(transfer->text + have, data, kept);
	transfer->body_size += one * size;
	return transfer->body_size > BODY_MAX ? 0 : size;
}

static size_t header_take(char *data, size_t one, size_t size, void *ctx)
{
	struct transfer *transfer = ctx;

	transfer->headers_size += one * size;
	return transfer->headers_size > HEADERS_MAX ? 0 : size;
}

/* ---- a request ---- */

static bool list_add(struct curl_slist **list, const char *line)
{
	struct curl_slist *longer = curl_slist_append(*list, line);

	if (longer)
		*list = longer;
	return longer != NULL;
}

static bool lists_make(struct transfer *transfer)
{
	const struct fetch_request *request = &transfer->request;
	char connect[128];
	bool good = list_add(&transfer->headers, "Expect:"); /* no waiting for 100 Continue */

	for (size_t i = 0; good && request->headers && request->headers[i]; i++)
		good = list_add(&transfer->headers, request->headers[i]);
	if (!good || !request->connect)
		return good;
	snprintf(connect, sizeof(connect), "::%s", request->connect); /* whatever host and port the URL has */
	return list_add(&transfer->connect, connect);
}

static void limits_set(CURL *easy, struct transfer *transfer)
{
	const struct fetch_request *request = &transfer->request;

	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, socket_open);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, body_take);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, header_take);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
}

static bool tls_set(CURL *easy, const char *ca_file)
{
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (!ca_file)
		return true;
	return curl_easy_setopt(easy, CURLOPT_CAPATH, NULL) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file) == CURLE_OK;
}

static bool easy_make(const struct fetch *fetch, struct transfer *transfer)
{
	const struct fetch_request *request = &transfer->request;
	CURL *easy = curl_easy_init();

	transfer->easy = easy;
	if (!easy || !lists_make(transfer) || !tls_set(easy, fetch->ca_file))
		return false;
	limits_set(easy, transfer);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, (long)request->fresh);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
	curl_easy_setopt(easy, CURLOPT_CONNECT_TO, transfer->connect);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)request->body_size);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "Symbolon");
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->problem);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
	return curl_easy_setopt(easy, CURLOPT_URL, request->url) == CURLE_OK;
}

enum status fetch_start(struct fetch *fetch, const struct fetch_request *request)
{
	struct transfer *transfer;

	if (fetch_room(fetch) == 0)
		return E_BUSY;
	transfer = calloc(1, sizeof(*transfer));
	if (!transfer)
		return E_NOMEM;
	transfer->request = *request;
	if (!easy_make(fetch, transfer) || curl_multi_add_handle(fetch->multi, transfer->easy) != CURLM_OK) {
		transfer_free(transfer);
		return E_NOMEM;
	}
	transfer->next = fetch->transfers;
	fetch->transfers = transfer;
	fetch->count++;
	return OK;
}

size_t fetch_room(const struct fetch *fetch)
{
	return fetch->limit - fetch->count;
}

/* ---- running ---- */

/* A body that was too long, or one that broke off, was an answer all the same: its status has been read whole. */
static enum fetch_outcome outcome_of(const struct transfer *transfer, CURLcode code, long status)
{
	if (code == CURLE_OPERATION_TIMEDOUT)
		return FETCH_TIMED_OUT;
	if (transfer->is_private && code == CURLE_COULDNT_CONNECT)
		return FETCH_PRIVATE;
	if (code == CURLE_OK || (code == CURLE_WRITE_ERROR && transfer->body_size > BODY_MAX))
		return status > 0 ? FETCH_ANSWERED : FETCH_UNREACHABLE;
	return FETCH_UNREACHABLE;
}

static void transfer_finish(struct fetch *fetch, struct transfer *transfer, CURLcode code)
{
	struct fetch_reply reply = {.problem = transfer->problem, .text = transfer->text};
	curl_off_t retry_after = 0;
	long status = 0;

	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &retry_after);
	reply.outcome = outcome_of(transfer, code, status);
	reply.status = (int)status;
	reply.retry_after_s = retry_after > 0 ? (int64_t)retry_after : 0;
	if (reply.outcome == FETCH_ANSWERED)
		reply.problem = "";
	else if (!*transfer->problem)
		reply.problem = curl_easy_strerror(code);
	transfer_end(fetch, transfer, &reply);
}

static bool ended_finish(struct fetch *fetch)
{
	bool any = false;
	int left = 0;
	CURLMsg *message;

	while ((message = curl_multi_info_read(fetch->multi, &left))) {
		const CURLcode code = message->data.result;
		struct transfer *transfer = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
		transfer_finish(fetch, transfer, code);
		any = true;
	}
	return any;
}

void fetch_run(struct fetch *fetch, int64_t timeout_ms)
{
	int running = 0;

	curl_multi_perform(fetch->multi, &running);
	if (ended_finish(fetch))
		return;
	curl_multi_poll(fetch->multi, NULL, 0, (int)timeout_ms, NULL);
	curl_multi_perform(fetch->multi, &running);
	ended_finish(fetch);
}

void fetch_wake(struct fetch *fetch)
{
	curl_multi_wakeup(fetch->multi);
}
