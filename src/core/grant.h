#ifndef CORE_GRANT_H
#define CORE_GRANT_H

#include "core/core.h"

/*
 * What a client was given. Issued in one place, inside the transaction that finishes a login, from recorded proofs;
 * redeemed once.
 *
 *   issued --redeem--> redeemed --reuse--> revoked (with its tokens)
 *      `----expire (60 s)
 */
struct grant_new {
	const char *client_id, *user_id, *login_id, *sid, *redirect_uri, *scope, *nonce, *code_challenge, *acr, *amr;
	int64_t auth_time;
	char id[ID_SIZE];
	char code[TOKEN_SIZE]; /* drawn before the transaction */
};
void grant_draw(const struct random *random, struct grant_new *grant);
/* Inside a write transaction. E_REFUSED when acr or amr is empty: no token without evidence. */
enum status must_check grant_issue(struct store_tx *tx, const struct grant_new *grant, int64_t now, int64_t life_s);

struct token_request {
	const char *grant_type, *code, *redirect_uri, *code_verifier, *client_id, *client_secret;
	enum { CLIENT_AUTH_NONE, CLIENT_AUTH_BASIC, CLIENT_AUTH_POST } client_auth;
	const char *ip;
};
struct token_set {
	const char *access_token; /* RFC 9068 JWT */
	const char *id_token;
	const char *scope;
	int64_t expires_in;
};
/*
 * RFC 6749 4.1.3, RFC 7636 4.6. A refusal leaves ret_tokens empty and sets *ret_refusal. Order: client authentication,
 * then the code. Signing happens before the commit (outside the transaction), the commit before the answer: a lost
 * answer costs the code, never a double.
 */
enum status must_check grant_redeem(const struct core *core, struct arena *arena, const struct token_request *request,
				    int64_t now, struct token_set *ret_tokens, struct oauth_error *ret_refusal);

/* UserInfo: the claims that the token's scope allows, as JSON text; E_REFUSED when the token is not in force. */
enum status must_check userinfo_get(const struct core *core, struct arena *arena, const char *access_token, int64_t now,
				    char **ret_json);

/* An id_token_hint of ours (expired is fine): its sub, sid and aud. E_REFUSED otherwise. */
struct id_token_hint {
	const char *sub, *sid, *client_id;
};
enum status must_check id_token_hint_check(const struct core *core, struct arena *arena, const char *jwt,
					   struct id_token_hint *ret_hint);

#endif
