#ifndef CORE_LOGIN_INTERNAL_H
#define CORE_LOGIN_INTERNAL_H

#include "core/client.h"
#include "core/login.h"
#include "core/session.h"
#include "core/throttle.h"
#include "core/user.h"

/* For the login_*.c, factor_*.c and challenge*.c files only. */

#define APPROVAL_LIFE_S 120 /* a proven login is finished within two minutes */

/* A login with everything that bears on it, as read in one snapshot. Strings live in the request's arena. */
struct login {
	struct login_row row;
	struct authorize_params params;
	struct client_row client;
	struct user_row user;
	bool has_user;
	struct decision decision; /* policy's */
	struct decision facade; /* what a stranger is shown when policy refuses this account: what a name that does not
				   exist gets */
	bool has_decision, has_facade;
	struct proof own[PROOFS_MAX];
	size_t own_count;
	struct proof all[2 * PROOFS_MAX]; /* with those of the browser's session that count for this request */
	size_t all_count;
	struct session_row session;
	bool has_session; /* the browser's session, and it is this user's */
	struct challenge_row challenge;
	bool has_challenge;
	struct known_browser known;
	bool consent_needed;
};

/*
 * One operation on a login: read it, let `prepare` work on the copy, then `write` in one transaction that begins with
 * the versioned update of the row. When another request was faster, all of it is done again on the fresh state (at most
 * four times, then E_CONFLICT).
 */
struct login_op {
	const struct core *core;
	struct arena *arena;
	const char *id;
	const struct login_browser *browser; /* NULL: a device's answer works on it */
	uint8_t browser_hash[32];
	int64_t now;
	struct login login;
	/* prepare: OK goes on to the write; anything else ends the operation with it. */
	enum status (*prepare)(struct login_op *op);
	/* What the transaction does beside the update; may be NULL. It may run twice. */
	enum status (*write)(struct store_tx *tx, struct login_op *op);
	void *more;               /* the operation's own */
	const char *verified_for; /* the subject that a password or code was looked at for, before the transaction; or
				     NULL */
	const char *event;        /* an audit event to write, or NULL */
	const char *event_detail; /* JSON, or NULL */
	int64_t retry_after;
	bool no_form; /* finishing: a form_post response cannot be given here */
};

void login_op_init(struct login_op *op, const struct core *core, struct arena *arena, const char *id,
		   const struct login_browser *browser, int64_t now);
/* Reads into op->login and checks browser and time. */
enum status must_check login_op_load(struct login_op *op);
enum status must_check login_op_run(struct login_op *op);
/* What was written is what is shown: the copy is up to date, and what happens from now on the page hears by its stream.
 */
enum status must_check login_op_show(struct login_op *op, struct login_view *ret_view);
/* Run, then show. */
enum status must_check login_op_finish(struct login_op *op, struct login_view *ret_view);

/* Pure, on the copy: */
bool login_may(const char *from, const char *to);     /* the table */
void login_move(struct login *login, const char *to); /* asserts the table */
bool login_is_trusted(const struct login *login);     /* a first proof was given, or this is a known browser */
const struct decision *login_shown_decision(const struct login *login);
const struct step *login_step(const struct login *login); /* what is to be proven now; NULL when nothing */
const struct ask *login_ask(const struct login *login, enum factor factor); /* of that step; NULL when not asked for */
void login_proofs_merge(struct login *login, int64_t now);                  /* own + session → all */
enum status must_check login_prove(struct login_op *op, const struct ask *ask); /* adds a proof and moves on */
void login_advance(struct login *login); /* prove → consent → done as far as the proofs allow */
struct throttle_who login_who(const struct login_op *op);

/* Sets consent_needed from the client, the request and what the user has granted before. */
enum status must_check login_consent_read(struct store_tx *tx, struct login *login);

/* Evaluates policy for op->login.user (or for a name that does not exist) and stores the decision in the copy. */
enum status must_check login_decide(struct login_op *op, const char *const *groups, size_t group_count,
				    const struct user_factors *has, const uint8_t draw[32]);

/* A push: drawn before the transaction, started inside it. */
struct push_draft {
	struct challenge_row row;
	char id[ID_SIZE];
	int caution;                  /* of the user as read: the transaction checks that it still is */
	struct ask asked;             /* by policy: the transaction checks that it was made long enough */
	bool expected;                /* a device has said that it expects a sign-in */
	bool blocked;                 /* another browser's request holds the place: this one waits unseen */
	char replaced_login[ID_SIZE]; /* the login whose request made room; "" for none */
};
enum status must_check push_draft(struct login_op *op, const struct ask *ask, struct push_draft *ret_draft);
enum status must_check push_start(struct store_tx *tx, struct login_op *op, struct push_draft *draft);
/* After the commit: the user's devices and the page whose place was taken may look. NULL: nothing was started. */
void push_wake(const struct login_op *op, const struct push_draft *draft);
/* The push that the present step offers first, so that it may go out without being asked for; NULL when there is none.
 */
const struct ask *login_first_push(const struct login *login);
/*
 * The login's own pending push ends: its page cancels, or another way was used. Only this, an answer and time free the
 * place; what it cost of the budget stays spent.
 */
enum status must_check login_challenge_drop(struct store_tx *tx, struct login_op *op);

/* Whether a TOTP or recovery code may be tried now; loads the login. E_BUSY with retry_after, E_CONFLICT when it is not
 * asked for. */
enum status must_check login_code_may(struct login_op *op, enum factor factor, struct login_view *ret_view);

/* {"id":…}: exactly the bytes that devices get. */
char *challenge_details_format(struct arena *arena, const struct core *core, const struct login *login,
			       const struct challenge_row *row, const char *const choices[3]);

/* The state JSON of docs/signin-api.md. */
enum status must_check login_view_build(struct login_op *op, struct login_view *ret_view);

/* Issues code, session and known browser for a login that is done; `insert` when the login has no row yet. */
enum status must_check login_complete(struct login_op *op, bool insert, struct login_finished *ret_finished);

#endif
