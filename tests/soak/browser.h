#ifndef SOAK_BROWSER_H
#define SOAK_BROWSER_H

#include "signin.h"

/*
 * A browser that may be refused: unlike the visitor of the bench it takes any answer, keeps cookies, and can be many
 * browsers on one connection. A thread uses it alone.
 */
struct jar {
	char browser[96], session[96], known[384]; /* "name=value", "" when there is none */
};

struct tab {
	struct visitor visitor;
	struct jar jar;
	char forwarded[80]; /* "X-Forwarded-For: …\r\n" or "": what a trusted proxy would say */
	char login[64];
	char code[128]; /* when /authorize led straight back to the service */
	char request[2048];
};

void tab_init(struct tab *tab, const struct site *site);
void tab_done(struct tab *tab);
/* A browser without cookies and without a login. */
void tab_forget(struct tab *tab);

/* GET /authorize with the tab's cookies; then tab->login or tab->code is set. The status. */
int tab_authorize(struct tab *tab, enum bench_client client);
/* A step of the page; the status. A 503 is tried again, as the page does, up to 100 times. */
int tab_post(struct tab *tab, const char *step, const char *body, struct http_answer *ret_answer);
int tab_state(struct tab *tab, struct http_answer *ret_answer);
int tab_identify(struct tab *tab, const char *username, struct http_answer *ret_answer);
/* The page's event stream; http_stream_close. */
void tab_listen(struct tab *tab, struct http_stream *ret_stream);
/* From an address of its own, as a trusted proxy would report it. */
void tab_move(struct tab *tab);
/* POST finish: takes the cookies, and the code into tab->code. */
int tab_finish(struct tab *tab);
/* POST /token with a code; the access token when there is one, else "". */
int tab_redeem(struct tab *tab, enum bench_client client, const char *code, char access_token[2048]);
/* GET /userinfo. */
int tab_userinfo(struct tab *tab, const char *access_token);

/* Members of a state. */
bool answer_state_is(const struct http_answer *answer, const char *state);
/* "" when the state has none. */
void answer_number(const struct http_answer *answer, char out[16]);
void answer_notice(const struct http_answer *answer, char out[32]);

/* A signed request of a phone. */
int phone_call(struct tab *tab, const struct person *person, const char *method, const char *target, const char *body,
	       struct http_answer *ret_answer);
/* The phone's newest pending challenge; false when there is none. `ret_popup` may be NULL. */
bool phone_pending(struct tab *tab, const struct person *person, char id[64], bool *ret_popup);
/* NULL with the status when there are no details to be had. */
struct symbolon_challenge *phone_details(struct tab *tab, const struct person *person, const char *id, int *ret_status);
/* Makes the body of an answer: {"answer": …}. */
void phone_answer_make(const struct person *person, const struct symbolon_challenge *challenge,
		       enum symbolon_decision decision, const char *number, char *out, size_t size);
/* Sends it; the state that the daemon acknowledged, "" when it refused. */
int phone_answer_send(struct tab *tab, const struct person *person, const char *id, const char *body, char state[32]);

/*
 * A whole sign-in by a push in confirm mode, from /authorize with the tab's cookies to an access token. NULL when all
 * went well, else the step that did not.
 */
const char *tab_signin(struct tab *tab, const struct person *person);

#endif
