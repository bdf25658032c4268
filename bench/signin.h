#ifndef BENCH_SIGNIN_H
#define BENCH_SIGNIN_H

#include "daemon.h"
#include "people.h"

/* Of the verifier that code_post sends: RFC 7636 appendix B. */
#define CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

/* What every visitor needs to know. Immutable while a crowd runs. */
struct site {
	const struct http_place *place;
	const char *issuer;
	const struct people *people;
};

/*
 * One browser, its person's phone and the service behind it: three kept-alive connections, as a proxy in front of the
 * daemon and a service's client library keep them. A thread uses it alone.
 */
struct visitor {
	const struct site *site;
	struct http_client browser, phone, service;
	uint64_t requests;       /* of sign-ins, event streams included */
	uint64_t put_off;        /* passwords answered with 503 and tried again */
	uint64_t signed_things;  /* JWS of devices that the daemon had to verify */
	char access_token[2048]; /* of the last sign-in */
	char cookie[192];        /* of the login under way: one header line */
	char login[64];
};

void visitor_init(struct visitor *visitor, const struct site *site);
void visitor_done(struct visitor *visitor);

/* GET /authorize as a browser without cookies: a new login, in visitor->login and ->cookie. */
void login_begin(struct visitor *visitor, enum bench_client client);
/* The login's page waits: opens its event stream and takes the state that comes first. */
void login_wait(struct visitor *visitor, const struct http_place *place, struct http_stream *ret_stream);

/* Opens the phone's event stream; once, before its person signs in. */
void phone_listen(const struct site *site, struct person *person);

/* Whole sign-ins, from /authorize to an ID token in the service's hands. Any other outcome ends the program. */
void signin_push(struct visitor *visitor, struct person *person);
void signin_code(struct visitor *visitor, struct person *person, bool with_password);

/* The service redeems a code: POST /token. */
void code_post(struct visitor *visitor, enum bench_client client, const char *code, struct http_answer *ret_answer);

/* One POST of the sign-in page to the login in visitor->login; fails unless the answer is 200. */
void page_post(struct visitor *visitor, const char *step, const char *body, struct http_answer *ret_answer);

#endif
