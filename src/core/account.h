#ifndef CORE_ACCOUNT_H
#define CORE_ACCOUNT_H

#include "base/text.h"
#include "core/login.h"
#include "core/session.h"
#include "core/user.h"

/*
 * What a person does with their own account, on the account page (docs/account-api.md).
 *
 * Who is there is asked anew at every request: account_open reads the browser's session, the account and the policy for
 * the service "account" (client_account), and the session's proofs must satisfy it. Every change looks at session and
 * account once more in the transaction that makes it, so what was ended or disabled meanwhile changes nothing.
 *
 *   full   everything
 *   enrol  only by a temporary pass, which policy does not name: what is needed to get something to sign in with
 *
 * Fresh: all the proofs that policy asks of this account at its strongest (acr "mfa" where it can) were given within
 * ACCOUNT_FRESH_S. With access enrol it is the pass itself, for ACCOUNT_ENROL_S: it cannot be given again.
 *
 * Functions return OK, and
 *   E_REFUSED    the session is over, or the account disabled, since account_open
 *   E_NOT_FOUND  no such thing of this person: also when it is somebody else's
 *   E_CONFLICT, E_INVALID   account->problem is the machine word of docs/account-api.md
 *   E_EXPIRED    what was begun is over; E_BUSY: account->retry_after says how long
 */
enum { ACCOUNT_FRESH_S = 300, ACCOUNT_ENROL_S = 1800, ACCOUNT_TOTP_S = 900 };
enum { ACCOUNT_DEVICES_MAX = 20, ACCOUNT_TOTP_MAX = 10 };

enum account_access { ACCOUNT_NONE = 0, ACCOUNT_ENROL, ACCOUNT_FULL };

/* Lives in the request's arena, with all its strings. */
struct account {
	const struct core *core;
	struct arena *arena;
	const struct login_browser *browser;
	uint8_t browser_hash[32];
	int64_t now;
	struct session_row session;
	struct user_row user;
	struct user_factors has;
	const char *const *groups;
	size_t group_count;
	struct known_browser known;
	struct proof proofs[PROOFS_MAX]; /* of the session, as far as they stand */
	size_t proof_count;
	enum account_access access;
	int64_t fresh_until;  /* 0: not fresh */
	const char *detail;   /* of audit events: JSON with the reason and the browser */
	const char *problem;  /* static */
	const char *sentence; /* more exactly; or NULL */
	int64_t retry_after;
};

/* E_REFUSED: nobody is signed in in this browser, or not as the policy wants it for the account page. */
enum status must_check account_open(const struct core *core, struct arena *arena, const struct login_browser *browser,
				    int64_t now, struct account *ret_account);
bool account_is_fresh(const struct account *account);
/* Keeps the session from going idle; at most once a minute, and nobody waits for it. */
void account_touch(const struct account *account);

/* A sign-in of our own, which ends at /account/ or /account/#to. */
struct account_wish {
	bool fresh;     /* all proofs anew, as strong as the account can give */
	const char *to; /* 1 to 64 of a-z 0-9 - /; or NULL */
};
enum status must_check account_login_begin(const struct core *core, struct arena *arena,
					   const struct login_browser *browser, const struct account_wish *wish,
					   int64_t now, struct login_begun *ret_begun);

/* ---- what the page sees; the JSON belongs to the caller ---- */
enum status must_check account_overview(struct account *account, json_t **ret_json);
/* One member of the overview: "devices", "totp", "recovery", "browsers", "sessions", "password". */
enum status must_check account_part(struct account *account, const char *name, json_t **ret_json);
/* The newest `limit` before that id; INT64_MAX: of all. */
enum status must_check account_history(struct account *account, int64_t before, size_t limit, json_t **ret_json);
/* Everything, without what would let anybody in: one JSON document, added to `out`. */
enum status must_check account_export(struct account *account, struct text *out);

/* ---- devices ---- */
enum status must_check account_enrolment_start(struct account *account, bool with_totp, json_t **ret_json);
/* Only the session that began it. */
enum status must_check account_enrolment_look(struct account *account, const char *id, json_t **ret_json,
					      bool *ret_final);
/* One attempt. OK also when the digits were wrong: the state is then void. */
enum status must_check account_enrolment_confirm(struct account *account, const char *id, const char *digits,
						 json_t **ret_json);
enum status must_check account_enrolment_cancel(struct account *account, const char *id, json_t **ret_json);
enum status must_check account_device_rename(struct account *account, const char *id, const char *name);
/* A test message; it counts when the device has sent its echo. E_CONFLICT no_subscription; E_BUSY. */
enum status must_check account_device_test(struct account *account, const char *id);
enum status must_check account_device_remove(struct account *account, const char *id);

/* ---- codes ---- */
enum status must_check account_totp_start(struct account *account, const char *label, json_t **ret_json);
enum status must_check account_totp_confirm(struct account *account, const char *id, const char *code);
enum status must_check account_totp_rename(struct account *account, const char *id, const char *label);
enum status must_check account_totp_remove(struct account *account, const char *id);
enum status must_check account_recovery_issue(struct account *account, json_t **ret_json);

/* ---- the password; runs argon2 twice ---- */
/* Whether a try is possible now: asked before the hash queue is entered. */
enum status must_check account_password_may(struct account *account, const char *old);
/* `old` NULL where there is none. ret_token: the session's new cookie. */
enum status must_check account_password_change(struct account *account, const char *old, const char *new,
					       char ret_token[TOKEN_SIZE]);

/* ---- browsers and sessions ---- */
enum status must_check account_browser_remove(struct account *account, const char *id);
enum status must_check account_browser_remove_all(struct account *account);
enum status must_check account_session_end(struct account *account, const char *sid);
enum status must_check account_session_end_others(struct account *account);

#endif
