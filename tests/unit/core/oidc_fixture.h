#ifndef TESTS_CORE_OIDC_FIXTURE_H
#define TESTS_CORE_OIDC_FIXTURE_H

#include "../store/fixture.h"

#include "core/core.h"
#include "core/grant.h"
#include "core/keyring.h"

/*
 * A whole core on a database on disk with a keyholder of its own, one person ("demo", in the groups of no one), whose
 * browser has the session "session", and the clients
 *   web     confidential, secret in web_secret, https://app.example.org/cb
 *   rsa     the same with RS256 ID tokens
 *   native  public, http://127.0.0.1/cb
 */
#define ISSUER "https://id.example.org"
#define WEB_CB "https://app.example.org/cb"

struct oidc {
	struct fixture *fixture;
	struct arena *arena;
	struct core core;
	char kek[128];
	char web_secret[TOKEN_SIZE], rsa_secret[TOKEN_SIZE];
	unsigned wakes;
};

int oidc_setup(void **state);
int oidc_teardown(void **state);

/* A code as login_finish gives it, for web; change what you like before oidc_issue. */
struct grant_new oidc_grant(const struct oidc *oidc);
void oidc_issue(const struct oidc *oidc, const struct grant_new *grant, int64_t now);
/* The request that web makes for this code. */
struct token_request oidc_request(const struct oidc *oidc, const char *code);
/* "" when the tokens came, else the error's code. */
const char *oidc_redeem(const struct oidc *oidc, const struct token_request *request, int64_t now,
			struct token_set *ret_tokens);

/* The payload of a token whose signature holds under our published keys; fails the test otherwise. */
const json_t *oidc_verified(const struct oidc *oidc, const char *jwt, const char *typ, const char *alg);

#endif
