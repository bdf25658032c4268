#include "browser.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/json.h"

#define AGENT   "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
#define PUT_OFF 100

void tab_init(struct tab *tab, const struct site *site)
{
	*tab = (struct tab){0};
	visitor_init(&tab->visitor, site);
}

void tab_done(struct tab *tab)
{
	visitor_done(&tab->visitor);
}

void tab_forget(struct tab *tab)
{
	tab->jar = (struct jar){0};
	*tab->login = *tab->code = '\0';
}

/* ---- cookies ---- */

static void cookie_keep(char *kept, size_t size, const char *pair, size_t length)
{
	if (length >= size)
		fail("a cookie of %zu bytes", length);
	memcpy(kept, pair, length);
	kept[length] = '\0';
}

static void cookies_take(struct jar *jar, const char *headers)
{
	static const char name[] = "\r\nSet-Cookie: ";

	for (const char *at = headers; (at = strcasestr(at, name));) {
		const char *pair = at + sizeof(name) - 1;
		const size_t length = strcspn(pair, ";\r");

		at = pair;
		if (strncmp(pair, "__Host-symbolon-browser=", 24) == 0)
			cookie_keep(jar->browser, sizeof(jar->browser), pair, length);
		else if (strncmp(pair, "__Host-symbolon-session=", 24) == 0)
			cookie_keep(jar->session, sizeof(jar->session), pair, length);
		else if (strncmp(pair, "__Host-symbolon-known=", 22) == 0)
			cookie_keep(jar->known, sizeof(jar->known), pair, length);
	}
}

static void cookies_add(const struct jar *jar, char *out, size_t size)
{
	snprintf(out, size, "Cookie: %s%s%s%s%s\r\n", jar->browser, *jar->session ? "; " : "", jar->session,
		 *jar->known ? "; " : "", jar->known);
}

/* Everything that this browser says of itself. */
static const char *tab_headers(struct tab *tab, const char *more)
{
	char cookies[640] = "";

	if (*tab->jar.browser)
		cookies_add(&tab->jar, cookies, sizeof(cookies));
	snprintf(tab->request, sizeof(tab->request), AGENT "%s%s%s", tab->forwarded, cookies, more);
	return tab->request;
}

/* ---- the page ---- */

/* What follows `marker` in `text`, up to the next character of `end`; false when it is not there. */
static bool text_after(const char *text, const char *marker, const char *end, char *out, size_t size)
{
	const char *at = strstr(text, marker);
	const size_t length = at ? strcspn(at + strlen(marker), end) : 0;

	if (!at || length == 0 || length >= size)
		return false;
	memcpy(out, at + strlen(marker), length);
	out[length] = '\0';
	return true;
}

int tab_authorize(struct tab *tab, enum bench_client client)
{
	struct http_answer answer;
	char target[512];

	snprintf(target, sizeof(target),
		 "/authorize?client_id=%s&response_type=code&scope=openid&state=af0ifjsldkj&nonce=n-0S6_WzA2Mj"
		 "&redirect_uri=https%%3A%%2F%%2Fservice.example.org%%2Fcallback&code_challenge=" CHALLENGE
		 "&code_challenge_method=S256",
		 client_ids[client]);
	*tab->login = *tab->code = '\0';
	http_call(&tab->visitor.browser,
		  &(struct http_request){.method = "GET", .target = target, .headers = tab_headers(tab, "")}, &answer);
	cookies_take(&tab->jar, answer.headers);
	if (!text_after(answer.headers, "/signin/?login=", "&\r", tab->login, sizeof(tab->login)))
		text_after(answer.headers, "callback?code=", "&\r", tab->code, sizeof(tab->code));
	return answer.status;
}

int tab_post(struct tab *tab, const char *step, const char *body, struct http_answer *ret_answer)
{
	char target[128], more[128];
	int tries = 0;

	snprintf(target, sizeof(target), "/signin/v1/logins/%s/%s", tab->login, step);
	snprintf(more, sizeof(more), "Origin: %s\r\nContent-Type: application/json\r\n", tab->visitor.site->issuer);
	do {
		if (tries)
			rest_ms(100);
		http_call(&tab->visitor.browser, &(struct http_request){"POST", target, tab_headers(tab, more), body},
			  ret_answer);
	} while (ret_answer->status == 503 && ++tries < PUT_OFF);
	return ret_answer->status;
}

int tab_state(struct tab *tab, struct http_answer *ret_answer)
{
	char target[128];

	snprintf(target, sizeof(target), "/signin/v1/logins/%s", tab->login);
	http_call(&tab->visitor.browser,
		  &(struct http_request){.method = "GET", .target = target, .headers = tab_headers(tab, "")},
		  ret_answer);
	return ret_answer->status;
}

void tab_listen(struct tab *tab, struct http_stream *ret_stream)
{
	char target[128];

	snprintf(target, sizeof(target), "/signin/v1/logins/%s/events", tab->login);
	http_stream_open(ret_stream, tab->visitor.site->place,
			 &(struct http_request){.method = "GET",
						.target = target,
						.headers = tab_headers(tab, "Accept: text/event-stream\r\n")});
}

void tab_move(struct tab *tab)
{
	snprintf(tab->forwarded, sizeof(tab->forwarded), "X-Forwarded-For: 10.%u.%u.%u\r\n",
		 100 + random_below(&random_system, 100), 100 + random_below(&random_system, 100),
		 100 + random_below(&random_system, 100));
}

int tab_identify(struct tab *tab, const char *username, struct http_answer *ret_answer)
{
	char body[128];

	snprintf(body, sizeof(body), "{\"username\":\"%s\"}", username);
	return tab_post(tab, "identify", body, ret_answer);
}

int tab_finish(struct tab *tab)
{
	struct http_answer answer;

	*tab->code = '\0';
	tab_post(tab, "finish", "{}", &answer);
	cookies_take(&tab->jar, answer.headers);
	text_after(answer.body, "code=", "&\"", tab->code, sizeof(tab->code));
	return answer.status;
}

static json_t *answer_json(const struct http_answer *answer)
{
	json_t *json = NULL;

	if (json_parse_limited(answer->body, answer->body_size, 8, &json) != OK)
		fail("an answer with status %d that is no JSON: %.300s", answer->status, answer->body);
	return json;
}

static void text_copy(const char *text, char *out, size_t size)
{
	if (snprintf(out, size, "%s", text ? text : "") >= (int)size)
		fail("\"%s\" is longer than was thought", text);
}

bool answer_state_is(const struct http_answer *answer, const char *state)
{
	scoped_json *json = answer_json(answer);
	const char *is = json_get_string(json, "state");

	return is && strcmp(is, state) == 0;
}

void answer_number(const struct http_answer *answer, char out[16])
{
	scoped_json *json = answer_json(answer);

	text_copy(json_get_string(json_object_get(json, "challenge"), "number"), out, 16);
}

void answer_notice(const struct http_answer *answer, char out[32])
{
	scoped_json *json = answer_json(answer);

	text_copy(json_get_string(json, "notice"), out, 32);
}

/* ---- the service ---- */

int tab_redeem(struct tab *tab, enum bench_client client, const char *code, char access_token[2048])
{
	struct http_answer answer;

	code_post(&tab->visitor, client, code, &answer);
	*access_token = '\0';
	if (answer.status == 200)
		text_after(answer.body, "\"access_token\":\"", "\"", access_token, 2048);
	return answer.status;
}

int tab_userinfo(struct tab *tab, const char *access_token)
{
	struct http_answer answer;
	char headers[2200];

	snprintf(headers, sizeof(headers), "Authorization: Bearer %s\r\n", access_token);
	http_call(&tab->visitor.service,
		  &(struct http_request){.method = "GET", .target = "/userinfo", .headers = headers}, &answer);
	return answer.status;
}

/* ---- the phone ---- */

int phone_call(struct tab *tab, const struct person *person, const char *method, const char *target, const char *body,
	       struct http_answer *ret_answer)
{
	char url[256], headers[2048];
	char *authorization;

	snprintf(url, sizeof(url), "%s%s", tab->visitor.site->issuer, target);
	if (symbolon_request_authorization(person->device, method, url, body, body ? strlen(body) : 0, clock_now(),
					   &authorization) != SYMBOLON_OK)
		fail("a device's request cannot be signed");
	snprintf(headers, sizeof(headers), "Authorization: %s\r\n%s", authorization,
		 body ? "Content-Type: application/json\r\n" : "");
	symbolon_text_free(&authorization);
	http_call(&tab->visitor.phone, &(struct http_request){method, target, headers, body}, ret_answer);
	return ret_answer->status;
}

bool phone_pending(struct tab *tab, const struct person *person, char id[64], bool *ret_popup)
{
	struct http_answer answer;
	scoped_json *json = NULL;
	const json_t *first;

	if (phone_call(tab, person, "GET", "/device/v1/challenges", NULL, &answer) != 200)
		fail("GET /device/v1/challenges: status %d: %.200s", answer.status, answer.body);
	json = answer_json(&answer);
	first = json_array_get(json_object_get(json, "challenges"), 0);
	if (!first)
		return false;
	text_copy(json_get_string(first, "id"), id, 64);
	if (ret_popup)
		*ret_popup = json_is_true(json_object_get(first, "popup"));
	return true;
}

struct symbolon_challenge *phone_details(struct tab *tab, const struct person *person, const char *id, int *ret_status)
{
	struct symbolon_challenge *challenge = NULL;
	struct http_answer answer;
	char target[128];

	snprintf(target, sizeof(target), "/device/v1/challenges/%s", id);
	*ret_status = phone_call(tab, person, "GET", target, NULL, &answer);
	if (*ret_status != 200)
		return NULL;
	if (symbolon_details_parse(answer.body, answer.body_size, &challenge) != SYMBOLON_OK)
		fail("%s: details that cannot be read: %.300s", target, answer.body);
	return challenge;
}

void phone_answer_make(const struct person *person, const struct symbolon_challenge *challenge,
		       enum symbolon_decision decision, const char *number, char *out, size_t size)
{
	char *jws;

	if (symbolon_answer_make(person->device, challenge, decision, number, clock_now(), &jws) != SYMBOLON_OK)
		fail("an answer cannot be signed");
	if ((size_t)snprintf(out, size, "{\"answer\":\"%s\"}", jws) >= size)
		fail("an answer is too long");
	symbolon_text_free(&jws);
}

int phone_answer_send(struct tab *tab, const struct person *person, const char *id, const char *body, char state[32])
{
	struct http_answer answer;
	char target[128];

	snprintf(target, sizeof(target), "/device/v1/challenges/%s/answer", id);
	*state = '\0';
	if (phone_call(tab, person, "POST", target, body, &answer) == 200)
		text_after(answer.body, "\"state\":\"", "\"", state, 32);
	return answer.status;
}

/* ---- a whole sign-in ---- */

static const char *request_approve(struct tab *tab, const struct person *person)
{
	struct symbolon_challenge *challenge;
	char id[64], body[4096], state[32];
	int status;

	if (!phone_pending(tab, person, id, NULL))
		return "the phone shows no request";
	challenge = phone_details(tab, person, id, &status);
	if (!challenge)
		return "details";
	phone_answer_make(person, challenge, SYMBOLON_APPROVE, NULL, body, sizeof(body));
	phone_answer_send(tab, person, id, body, state);
	symbolon_challenge_free(&challenge);
	return strcmp(state, "approved") == 0 ? NULL : "answer";
}

const char *tab_signin(struct tab *tab, const struct person *person)
{
	struct http_answer answer;
	char access_token[2048];
	const char *trouble;

	*tab->jar.session = '\0';
	if (tab_authorize(tab, CLIENT_CONFIRM) != 303 || !*tab->login)
		return "authorize";
	if (tab_identify(tab, person->name, &answer) != 200)
		return "identify";
	trouble = request_approve(tab, person);
	if (trouble)
		return trouble;
	if (tab_state(tab, &answer) != 200 || !answer_state_is(&answer, "done"))
		return "the page is not done";
	if (tab_finish(tab) != 200 || !*tab->code)
		return "finish";
	return tab_redeem(tab, CLIENT_CONFIRM, tab->code, access_token) == 200 && *access_token ? NULL : "token";
}
