#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/secret.h"
#include "internal.h"

enum { CONNECT_TIMEOUT_MS = 10000, ANSWER_TIMEOUT_MS = 20000, PATH_SIZE = 4096 };

static char ca_file[PATH_SIZE];

enum symbolon_result symbolon_ca_file_set(const char *path)
{
	return text_copy(ca_file, sizeof(ca_file), path ? path : "") ? SYMBOLON_OK : SYMBOLON_INVALID;
}

static void curl_begin(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

CURL *handle_new(const struct symbolon_device *device)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	bool loopback = issuer_is_loopback(device->issuer);

	pthread_once(&once, curl_begin);
	CURL *curl = curl_easy_init();
	if (!curl)
		return NULL;
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, loopback ? "http" : "https");
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (*ca_file) {
		curl_easy_setopt(curl, CURLOPT_CAINFO, ca_file);
		curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	}
	if (loopback)
		curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "symbolon-device/" SYMBOLON_VERSION);
	return curl;
}

enum symbolon_result url_format(const struct symbolon_device *device, const char *path, char ret_url[URL_SIZE_MAX])
{
	int size = snprintf(ret_url, URL_SIZE_MAX, "%s/device/v1%s", device->issuer, path);

	return size > 0 && size < URL_SIZE_MAX ? SYMBOLON_OK : SYMBOLON_INVALID;
}

void error_say(struct symbolon_error *ret_error, const char *message)
{
	if (ret_error)
		snprintf(ret_error->message, sizeof(ret_error->message), "%s", message);
}

/* Cuts at the last whole character that fits. */
static void text_fit(char *out, size_t out_size, const char *text)
{
	size_t size = text ? strnlen(text, out_size - 1) : 0;

	while (size > 0 && text[size] && ((unsigned char)text[size] & 0xc0) == 0x80)
		size--;
	if (size > 0)
		memcpy(out, text, size);
	out[size] = '\0';
}

/* Named as a string, or as an object with a name. */
static const char *settler_name(const json_t *json)
{
	const char *name = json_get_string(json, "settled_by");

	if (!name)
		name = json_get_string(json, "device");
	if (!name)
		name = json_get_string(json_object_get(json, "device"), "name");
	return name;
}

void error_read(const struct reply *reply, struct symbolon_error *ret_error)
{
	scoped_json *json = NULL;

	if (!ret_error)
		return;
	*ret_error = (struct symbolon_error){.http_status = reply->http_status, .retry_after_s = reply->retry_after_s};
	if (!reply->body.data || json_parse_limited(reply->body.data, reply->body.size, JSON_DEPTH_MAX, &json) != OK)
		return;
	text_fit(ret_error->code, sizeof(ret_error->code), json_get_string(json, "error"));
	text_fit(ret_error->message, sizeof(ret_error->message), json_get_string(json, "message"));
	text_fit(ret_error->state, sizeof(ret_error->state), json_get_string(json, "state"));
	text_fit(ret_error->settled_by, sizeof(ret_error->settled_by), settler_name(json));
	status_ignore(json_take_int(json, "server_time", 1, INT64_MAX / 2, &ret_error->server_time),
		      "0 says that it was not said");
}

enum symbolon_result http_result(int http_status)
{
	switch (http_status) {
	case 404: return SYMBOLON_NOT_FOUND;
	case 409: return SYMBOLON_CONFLICT;
	case 410: return SYMBOLON_GONE;
	case 429:
	case 502: /* a proxy in front, the server behind it not there */
	case 503:
	case 504: return SYMBOLON_LATER;
	default: return http_status >= 400 && http_status < 500 ? SYMBOLON_REFUSED : SYMBOLON_BAD_ANSWER;
	}
}

static size_t body_take(char *bytes, size_t one, size_t size, void *ctx)
{
	struct text *body = ctx;

	text_add_bytes(body, bytes, size);
	return body->failed ? 0 : size;
}

/* Adds one header; false when out of memory, and the list is as it was. */
static bool header_add(struct curl_slist **list, const char *name, const char *value)
{
	struct curl_slist *more = NULL;
	struct text line;

	text_init(&line, 8192);
	text_add(&line, name);
	text_add(&line, ": ");
	text_add(&line, value);
	if (!line.failed)
		more = curl_slist_append(*list, line.data);
	text_done(&line);
	if (more)
		*list = more;
	return more != NULL;
}

static enum symbolon_result headers_make(const char *authorization, bool has_body, struct curl_slist **ret_list)
{
	struct curl_slist *list = NULL;

	if (!header_add(&list, "Accept", "application/json") ||
	    (has_body && !header_add(&list, "Content-Type", "application/json")) ||
	    (authorization && !header_add(&list, "Authorization", authorization))) {
		curl_slist_free_all(list);
		return SYMBOLON_NO_MEMORY;
	}
	*ret_list = list;
	return SYMBOLON_OK;
}

static void request_prepare(CURL *curl, const struct call *call, const char *url, struct curl_slist *headers,
			    struct text *body)
{
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
	if (call->body) {
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)strlen(call->body));
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call->body);
	}
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call->method);
	/*
	 * On a kept connection that turns out to be closed curl sends the very same request again by itself; the server
	 * would take it for a replay. What changes something gets a connection of its own, and is repeated by us,
	 * signed anew.
	 */
	curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, strcmp(call->method, "GET") == 0 ? 0L : 1L);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)ANSWER_TIMEOUT_MS);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, body_take);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
}

static enum symbolon_result transfer(CURL *curl, struct reply *reply, struct symbolon_error *ret_error)
{
	char why[CURL_ERROR_SIZE] = "";
	long http_status = 0;
	curl_off_t retry_after = 0;

	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why);
	CURLcode code = curl_easy_perform(curl);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, NULL);
	if (code == CURLE_WRITE_ERROR) {
		error_say(ret_error, "the server's answer is longer than 64 KiB");
		return SYMBOLON_BAD_ANSWER;
	}
	if (code != CURLE_OK) {
		error_say(ret_error, *why ? why : curl_easy_strerror(code));
		return SYMBOLON_UNREACHABLE;
	}
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &http_status);
	curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &retry_after);
	reply->http_status = (int)http_status;
	reply->retry_after_s = retry_after;
	return SYMBOLON_OK;
}

static enum symbolon_result authorize(const struct symbolon_device *device, const struct call *call, const char *url,
				      char **ret_authorization)
{
	if (call->kind == CALL_UNSIGNED)
		return SYMBOLON_OK;
	return symbolon_request_authorization(device, call->method, url, call->body,
					      call->body ? strlen(call->body) : 0, symbolon_device_now(device),
					      ret_authorization);
}

/* One request and its answer, whatever the status. */
static enum symbolon_result call_once(struct symbolon_device *device, const struct call *call, struct reply *ret_reply,
				      struct symbolon_error *ret_error)
{
	char url[URL_SIZE_MAX];
	char *authorization = NULL;
	struct reply reply = {0};

	if (!device->curl)
		device->curl = handle_new(device);
	if (!device->curl)
		return SYMBOLON_NO_MEMORY;
	TRY_RESULT(url_format(device, call->path, url));
	TRY_RESULT(authorize(device, call, url, &authorization));
	struct curl_slist *headers = NULL;
	enum symbolon_result result = headers_make(authorization, call->body != NULL, &headers);
	symbolon_text_free(&authorization);
	TRY_RESULT(result);
	text_init(&reply.body, REPLY_MAX);
	request_prepare(device->curl, call, url, headers, &reply.body);
	result = transfer(device->curl, &reply, ret_error);
	curl_easy_setopt(device->curl, CURLOPT_HTTPHEADER, NULL);
	curl_slist_free_all(headers);
	if (result != SYMBOLON_OK) {
		text_done(&reply.body);
		return result;
	}
	*ret_reply = reply;
	return SYMBOLON_OK;
}

enum symbolon_result call_send(struct symbolon_device *device, const struct call *call, struct reply *ret_reply,
			       struct symbolon_error *ret_error)
{
	struct symbolon_error mine, *error = ret_error ? ret_error : &mine;
	struct reply reply = {0};

	*error = (struct symbolon_error){0};
	for (int attempt = 0;; attempt++) {
		TRY_RESULT(call_once(device, call, &reply, error));
		if (reply.http_status >= 200 && reply.http_status < 300)
			break;
		error_read(&reply, error);
		text_done(&reply.body);
		bool off = call->kind == CALL_SIGNED && skew_learn(device, error);
		if (!off || attempt > 0)
			return http_result(error->http_status);
	}
	*ret_reply = reply;
	return SYMBOLON_OK;
}

enum symbolon_result call_json(struct symbolon_device *device, const struct call *call, json_t **ret_json,
			       struct symbolon_error *ret_error)
{
	scoped_reply reply = {0};

	TRY_RESULT(call_send(device, call, &reply, ret_error));
	enum status parsed =
		json_parse_limited(reply.body.data ? reply.body.data : "", reply.body.size, JSON_DEPTH_MAX, ret_json);
	if (parsed != OK)
		error_say(ret_error, "the server's answer is not JSON");
	return result_of(parsed, SYMBOLON_BAD_ANSWER);
}
