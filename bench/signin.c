#include "signin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/json.h"

/* Of CHALLENGE: RFC 7636 appendix B. */
#define VERIFIER "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define AGENT    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"

#define STATE_MAX 8192

void visitor_init(struct visitor *visitor, const struct site *site)
{
	*visitor = (struct visitor){.site = site};
	http_client_init(&visitor->browser, site->place);
	http_client_init(&visitor->phone, site->place);
	http_client_init(&visitor->service, site->place);
}

void visitor_done(struct visitor *visitor)
{
	http_client_done(&visitor->browser);
	http_client_done(&visitor->phone);
	http_client_done(&visitor->service);
}

static void expect_status(const struct http_answer *answer, int status, const char *what)
{
	if (answer->status != status)
		fail("%s: status %d instead of %d: %.300s", what, answer->status, status, answer->body);
}

/* ---- the browser ---- */

static void browser_get(struct visitor *visitor, const char *target, const char *cookie, struct http_answer *ret_answer)
{
	char headers[512];

	snprintf(headers, sizeof(headers), AGENT "%s", cookie);
	visitor->requests++;
	http_call(&visitor->browser, &(struct http_request){.method = "GET", .target = target, .headers = headers},
		  ret_answer);
}

void login_begin(struct visitor *visitor, enum bench_client client)
{
	static const char page[] = "/signin/?login=";
	struct http_answer answer;
	char target[512], location[512], cookie[256];

	snprintf(target, sizeof(target),
		 "/authorize?client_id=%s&response_type=code&scope=openid&state=af0ifjsldkj&nonce=n-0S6_WzA2Mj"
		 "&redirect_uri=https%%3A%%2F%%2Fservice.example.org%%2Fcallback&code_challenge=" CHALLENGE
		 "&code_challenge_method=S256",
		 client_ids[client]);
	browser_get(visitor, target, "", &answer);
	expect_status(&answer, 303, "GET /authorize");
	http_header(&answer, "Location", location, sizeof(location));
	http_header(&answer, "Set-Cookie", cookie, sizeof(cookie));
	if (strncmp(location, page, sizeof(page) - 1) != 0 ||
	    strlen(location + sizeof(page) - 1) >= sizeof(visitor->login))
		fail("GET /authorize leads to %s", location);
	memcpy(visitor->login, location + sizeof(page) - 1, strlen(location + sizeof(page) - 1) + 1);
	snprintf(visitor->cookie, sizeof(visitor->cookie), "Cookie: %.*s\r\n", (int)strcspn(cookie, ";"), cookie);
}

static void page_get(struct visitor *visitor)
{
	struct http_answer answer;
	char target[128];

	snprintf(target, sizeof(target), "/signin/?login=%s", visitor->login);
	browser_get(visitor, target, visitor->cookie, &answer);
	expect_status(&answer, 200, target);
	if (!strstr(answer.body, "id=\"state\""))
		fail("%s: the page carries no state", target);
}

/* A full queue says 503: the page tries again after a moment (Retry-After: 1), and it is counted. */
static bool is_put_off(struct visitor *visitor, const struct http_answer *answer)
{
	if (answer->status != 503)
		return false;
	visitor->put_off++;
	rest_ms(200);
	return true;
}

void page_post(struct visitor *visitor, const char *step, const char *body, struct http_answer *ret_answer)
{
	char target[128], headers[512];

	snprintf(target, sizeof(target), "/signin/v1/logins/%s/%s", visitor->login, step);
	snprintf(headers, sizeof(headers), AGENT "%sOrigin: %s\r\nContent-Type: application/json\r\n", visitor->cookie,
		 visitor->site->issuer);
	do {
		visitor->requests++;
		http_call(&visitor->browser, &(struct http_request){"POST", target, headers, body}, ret_answer);
	} while (is_put_off(visitor, ret_answer));
	expect_status(ret_answer, 200, target);
}

void login_wait(struct visitor *visitor, const struct http_place *place, struct http_stream *ret_stream)
{
	char target[128], headers[512], state[STATE_MAX];

	snprintf(target, sizeof(target), "/signin/v1/logins/%s/events", visitor->login);
	snprintf(headers, sizeof(headers), AGENT "%sAccept: text/event-stream\r\n", visitor->cookie);
	visitor->requests++;
	http_stream_open(ret_stream, place,
			 &(struct http_request){.method = "GET", .target = target, .headers = headers});
	http_stream_wait(ret_stream, "state", state, sizeof(state));
}

static bool state_is(const char *text, const char *wanted)
{
	scoped_json *state = NULL;
	const char *is =
		json_parse_limited(text, strlen(text), 8, &state) == OK ? json_get_string(state, "state") : NULL;

	if (!is)
		fail("a state that cannot be read: %.300s", text);
	return strcmp(is, wanted) == 0;
}

/* The number that the page shows. */
static void number_read(const char *text, char out[16])
{
	scoped_json *state = NULL;
	const char *number = NULL;

	if (json_parse_limited(text, strlen(text), 8, &state) == OK)
		number = json_get_string(json_object_get(state, "challenge"), "number");
	if (!number || strlen(number) >= 16)
		fail("identify: the state shows no number: %.300s", text);
	memcpy(out, number, strlen(number) + 1);
}

/* ---- the phone ---- */

/* One signed request of a device: its Authorization and content headers. */
static void device_headers(const struct site *site, const struct person *person, const char *method, const char *target,
			   const char *body, char *out, size_t size)
{
	char url[256];
	char *authorization;

	snprintf(url, sizeof(url), "%s%s", site->issuer, target);
	if (symbolon_request_authorization(person->device, method, url, body, body ? strlen(body) : 0, clock_now(),
					   &authorization) != SYMBOLON_OK)
		fail("a device's request cannot be signed");
	if ((size_t)snprintf(out, size, "Authorization: %s\r\n%s", authorization,
			     body ? "Content-Type: application/json\r\n" : "") >= size)
		fail("a device's request is too long");
	symbolon_text_free(&authorization);
}

void phone_listen(const struct site *site, struct person *person)
{
	char headers[2048];

	device_headers(site, person, "GET", "/device/v1/events", NULL, headers, sizeof(headers));
	http_stream_open(&person->events, site->place,
			 &(struct http_request){.method = "GET", .target = "/device/v1/events", .headers = headers});
}

static void device_call(struct visitor *visitor, const struct person *person, const char *method, const char *target,
			const char *body, struct http_answer *ret_answer)
{
	char headers[2048];

	device_headers(visitor->site, person, method, target, body, headers, sizeof(headers));
	visitor->requests++;
	visitor->signed_things++;
	http_call(&visitor->phone, &(struct http_request){method, target, headers, body}, ret_answer);
	expect_status(ret_answer, 200, target);
}

/* The stream says that a request is there; fetch its details. */
static struct symbolon_challenge *challenge_fetch(struct visitor *visitor, struct person *person)
{
	struct symbolon_challenge *challenge;
	struct http_answer answer;
	scoped_json *event = NULL;
	char data[512], target[128];
	const char *id;

	http_stream_wait(&person->events, "challenge", data, sizeof(data));
	id = json_parse_limited(data, strlen(data), 4, &event) == OK ? json_get_string(event, "id") : NULL;
	if (!id)
		fail("an event without an id: %s", data);
	snprintf(target, sizeof(target), "/device/v1/challenges/%s", id);
	device_call(visitor, person, "GET", target, NULL, &answer);
	if (symbolon_details_parse(answer.body, answer.body_size, &challenge) != SYMBOLON_OK)
		fail("%s: details that cannot be read: %.300s", target, answer.body);
	return challenge;
}

static void challenge_approve(struct visitor *visitor, struct person *person, const char *number)
{
	struct symbolon_challenge *challenge = challenge_fetch(visitor, person);
	struct http_answer answer;
	char target[128], body[4096];
	char *jws;

	if (symbolon_answer_make(person->device, challenge, SYMBOLON_APPROVE, number, clock_now(), &jws) != SYMBOLON_OK)
		fail("an answer cannot be signed");
	snprintf(target, sizeof(target), "/device/v1/challenges/%s/answer", challenge->id);
	if ((size_t)snprintf(body, sizeof(body), "{\"answer\":\"%s\"}", jws) >= sizeof(body))
		fail("an answer is too long");
	visitor->signed_things++;
	device_call(visitor, person, "POST", target, body, &answer);
	if (!strstr(answer.body, "\"approved\""))
		fail("%s: %.300s", target, answer.body);
	symbolon_text_free(&jws);
	symbolon_challenge_free(&challenge);
}

/* ---- the service ---- */

/* The page's last step; gives the authorization code. */
static void finish(struct visitor *visitor, char *code, size_t size)
{
	struct http_answer answer;
	const char *begin;
	size_t length;

	page_post(visitor, "finish", "{}", &answer);
	begin = strstr(answer.body, "code=");
	length = begin ? strcspn(begin + 5, "&\"") : 0;
	if (length == 0 || length >= size)
		fail("finish: no code: %.300s", answer.body);
	memcpy(code, begin + 5, length);
	code[length] = '\0';
}

void code_post(struct visitor *visitor, enum bench_client client, const char *code, struct http_answer *ret_answer)
{
	char pair[128], basic[192], headers[320], body[512];

	snprintf(pair, sizeof(pair), "%s:%s", client_ids[client], visitor->site->people->client_secret[client]);
	base64_format(pair, strlen(pair), basic);
	snprintf(headers, sizeof(headers),
		 "Authorization: Basic %s\r\nContent-Type: application/x-www-form-urlencoded\r\n", basic);
	snprintf(body, sizeof(body),
		 "grant_type=authorization_code&code=%s&code_verifier=" VERIFIER
		 "&redirect_uri=https%%3A%%2F%%2Fservice.example.org%%2Fcallback",
		 code);
	http_call(&visitor->service, &(struct http_request){"POST", "/token", headers, body}, ret_answer);
}

static void code_redeem(struct visitor *visitor, enum bench_client client, const char *code)
{
	struct http_answer answer;
	scoped_json *tokens = NULL;
	const char *access_token, *id_token;

	visitor->requests++;
	code_post(visitor, client, code, &answer);
	expect_status(&answer, 200, "POST /token");
	if (json_parse_limited(answer.body, answer.body_size, 4, &tokens) != OK)
		fail("POST /token: %.300s", answer.body);
	access_token = json_get_string(tokens, "access_token");
	id_token = json_get_string(tokens, "id_token");
	if (!id_token || strlen(id_token) < 100 || !access_token ||
	    strlen(access_token) >= sizeof(visitor->access_token))
		fail("POST /token: tokens are missing: %.300s", answer.body);
	memcpy(visitor->access_token, access_token, strlen(access_token) + 1);
}

/* ---- whole sign-ins ---- */

static void identify(struct visitor *visitor, const struct person *person, struct http_answer *ret_answer)
{
	char body[64];

	snprintf(body, sizeof(body), "{\"username\":\"%s\"}", person->name);
	page_post(visitor, "identify", body, ret_answer);
}

static void finish_and_redeem(struct visitor *visitor, enum bench_client client)
{
	char code[128];

	finish(visitor, code, sizeof(code));
	code_redeem(visitor, client, code);
}

void signin_push(struct visitor *visitor, struct person *person)
{
	struct http_answer answer;
	struct http_stream page;
	char number[16], state[STATE_MAX];

	login_begin(visitor, CLIENT_PUSH);
	page_get(visitor);
	identify(visitor, person, &answer);
	number_read(answer.body, number);
	login_wait(visitor, visitor->site->place, &page);
	challenge_approve(visitor, person, number);
	do {
		http_stream_wait(&page, "state", state, sizeof(state));
	} while (!state_is(state, "done"));
	http_stream_close(&page);
	finish_and_redeem(visitor, CLIENT_PUSH);
}

static void post_done_or(struct visitor *visitor, const char *step, const char *body, const char *state)
{
	struct http_answer answer;

	page_post(visitor, step, body, &answer);
	if (!state_is(answer.body, state))
		fail("%s: not %s: %.300s", step, state, answer.body);
}

void signin_code(struct visitor *visitor, struct person *person, bool with_password)
{
	const enum bench_client client = with_password ? CLIENT_PASSWORD : CLIENT_CODE;
	struct http_answer answer;
	char code[16], body[64];

	login_begin(visitor, client);
	page_get(visitor);
	identify(visitor, person, &answer);
	if (with_password)
		post_done_or(visitor, "password", "{\"password\":\"" PEOPLE_PASSWORD "\"}", "prove");
	person_code(person, clock_now(), code);
	snprintf(body, sizeof(body), "{\"code\":\"%s\"}", code);
	post_done_or(visitor, "totp", body, "done");
	finish_and_redeem(visitor, client);
}
