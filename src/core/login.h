#ifndef CORE_LOGIN_H
#define CORE_LOGIN_H

#include "core/authorize.h"
#include "core/policy.h"

/*
 * One sign-in in progress, bound to the browser that began it.
 *
 *   identify --name--> prove --all steps proven--> consent --allowed--> done --finish--> finished
 *      |                 |  `----(nothing to consent)------------------^
 *      `--policy refuses-+--> refused          any --time--> expired
 *
 * What is left to prove is computed, never stored: the decision's steps less the proofs of this login and of the
 * browser's session (if it is this user's and fresh enough for prompt and max_age). Tokens are issued in login_finish
 * only.
 *
 * E_NOT_FOUND: no such login. E_REFUSED: another browser's. E_EXPIRED: over. E_CONFLICT: not now, read the state again.
 * E_BUSY: a limit of attempts; *ret->retry_after says how long.
 */

/* What a request says about the browser. */
struct login_browser {
	const char *browser_token; /* cookie __Host-symbolon-browser, or NULL */
	const char *session_token; /* cookie __Host-symbolon-session, or NULL */
	const char *known_cookie;  /* cookie __Host-symbolon-known, or NULL */
	const char *ip;
	bool ip_trusted;
	const char *user_agent; /* or NULL */
};

/* What the page may see; everything lives in the arena. `json` is docs/signin-api.md's state. */
struct login_view {
	const char *login_id;
	const char *state;
	json_t *json;        /* freed with the arena */
	bool is_final;       /* the stream may end */
	bool finish_now;     /* done */
	int64_t retry_after; /* with E_BUSY */
	bool trusted;        /* a first proof was given, or this is a known browser */
	int64_t changes_at;  /* the state changes by itself at this time (expiry), 0: never */
};

/* ret_id is set when a page must be shown; otherwise ret_response says where the browser goes at once (SSO,
 * prompt=none). */
struct login_begun {
	char id[ID_SIZE];
	bool has_response;
	struct authorize_response response;
	const char *set_session; /* a new value for the cookie, or NULL */
	const char *set_known;
};
enum status must_check login_begin(const struct core *core, struct arena *arena, const struct authorize_result *request,
				   const struct login_browser *browser, int64_t now, struct login_begun *ret_begun);

enum status must_check login_state(const struct core *core, struct arena *arena, const char *id,
				   const struct login_browser *browser, int64_t now, struct login_view *ret_view);
enum status must_check login_identify(const struct core *core, struct arena *arena, const char *id,
				      const struct login_browser *browser, const char *username, int64_t now,
				      struct login_view *ret_view);
enum status must_check login_password(const struct core *core, struct arena *arena, const char *id,
				      const struct login_browser *browser, const char *password, int64_t now,
				      struct login_view *ret_view);
/* Whether a password may be tried now: asked before the hash queue is entered. E_BUSY with retry_after. */
enum status must_check login_password_may(const struct core *core, struct arena *arena, const char *id,
					  const struct login_browser *browser, int64_t now,
					  struct login_view *ret_view);
enum status must_check login_push(const struct core *core, struct arena *arena, const char *id,
				  const struct login_browser *browser, int64_t now, struct login_view *ret_view);
enum status must_check login_totp(const struct core *core, struct arena *arena, const char *id,
				  const struct login_browser *browser, const char *code, int64_t now,
				  struct login_view *ret_view);
enum status must_check login_recovery(const struct core *core, struct arena *arena, const char *id,
				      const struct login_browser *browser, const char *code, int64_t now,
				      struct login_view *ret_view);
enum status must_check login_pass(const struct core *core, struct arena *arena, const char *id,
				  const struct login_browser *browser, const char *code, int64_t now,
				  struct login_view *ret_view);
enum status must_check login_cancel(const struct core *core, struct arena *arena, const char *id,
				    const struct login_browser *browser, bool forget, int64_t now,
				    struct login_view *ret_view);
enum status must_check login_consent(const struct core *core, struct arena *arena, const char *id,
				     const struct login_browser *browser, bool allow, int64_t now,
				     struct login_view *ret_view);

struct login_finished {
	struct authorize_response response;
	const char *set_session; /* the new cookie value */
	const char *set_known;   /* or NULL */
};
/* `can_post_form` false: E_INVALID, and nothing happens, when the response is a form_post, which needs a page of its
 * own. */
enum status must_check login_finish(const struct core *core, struct arena *arena, const char *id,
				    const struct login_browser *browser, bool can_post_form, int64_t now,
				    struct login_finished *ret_finished);

#endif
