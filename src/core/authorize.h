#ifndef CORE_AUTHORIZE_H
#define CORE_AUTHORIZE_H

#include "core/core.h"

/* An authorization request as it came: the parameters by their wire names, NULL when absent. Repeated ones were refused
 * before. */
struct authorize_raw {
	const char *client_id, *redirect_uri, *response_type, *response_mode, *scope, *state, *nonce, *prompt, *max_age,
		*login_hint, *acr_values, *ui_locales, *code_challenge, *code_challenge_method, *request, *request_uri,
		*id_token_hint;
};

/* The same, understood. Strings live in the arena. */
struct authorize_params {
	const char *redirect_uri;
	const char *response_mode; /* "query" or "form_post" */
	const char *scope;         /* only what we know: openid profile email */
	const char *state, *nonce, *login_hint, *acr_values, *ui_locales, *code_challenge; /* or NULL */
	bool prompt_none, prompt_login, prompt_consent, prompt_select_account;
	int64_t max_age; /* -1: not asked */
};

/* Where a refusal may go. */
enum authorize_answer {
	AUTHORIZE_PAGE = 0, /* unknown client or redirect: an error page for people, never a redirect */
	AUTHORIZE_REDIRECT, /* the error goes back to the client */
	AUTHORIZE_GO,       /* fine */
};
struct authorize_result {
	enum authorize_answer answer;
	struct oauth_error error;       /* for PAGE: code "unknown_client" or "bad_redirect_uri" or "bad_request" */
	struct authorize_params params; /* for REDIRECT: redirect_uri, response_mode and state are set */
	struct client_row client;
};
enum status must_check authorize_check(const struct core *core, struct arena *arena, const struct authorize_raw *raw,
				       struct authorize_result *ret_result);

/* The same without the store: `client` is the one of raw->client_id, or NULL. */
enum status must_check authorize_judge(struct arena *arena, const struct authorize_raw *raw,
				       const struct client_row *client, struct authorize_result *ret_result);

/* As stored in login_row.params, and back. */
char *authorize_params_format(struct arena *arena, const struct authorize_params *params);
enum status must_check authorize_params_parse(struct arena *arena, const char *json,
					      struct authorize_params *ret_params);

/*
 * The authorization response: redirect_uri with code or error, state and iss (RFC 9207) added, keeping what the URI
 * has. For form_post the fields are given instead and `location` is the bare URI.
 */
struct authorize_response {
	const char *location;
	struct {
		const char *name, *value;
	} fields[6];
	size_t field_count;
	bool form_post;
};
enum status must_check authorize_response_code(const struct core *core, struct arena *arena,
					       const struct authorize_params *params, const char *code,
					       struct authorize_response *ret_response);
enum status must_check authorize_response_error(const struct core *core, struct arena *arena,
						const struct authorize_params *params, const struct oauth_error *error,
						struct authorize_response *ret_response);

#endif
