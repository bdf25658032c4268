#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "store/rows.h"

/*
 * What core may ask of the database. No SQL leaves this folder and no rule enters it.
 *
 * Everything happens inside a transaction, `struct store_tx`:
 *
 *   store_write(store, fn, ctx)   fn runs in a write transaction. Writers that arrive together share one commit
 *                                 (group commit): the first leads, runs the queued functions, a savepoint each,
 *                                 commits once with synchronous=FULL and wakes them. When store_write returns
 *                                 OK, the change is on disk.
 *                                 fn touches only `ctx` and the tx: it may run on another thread and more than
 *                                 once. So: no clock, no randomness, no keyholder, no network inside; outputs go
 *                                 to fixed-size members of ctx and are overwritten on a second run.
 *                                 fn returns OK to commit; any other status rolls back its own savepoint, and
 *                                 store_write returns that status.
 *   store_read(store, arena, fn, ctx)   fn runs in a read transaction (one snapshot) on this thread; it must not write.
 *
 * Neither fn calls store_write or store_read. Rows' strings live in the tx's arena: in a write (at most 4 MiB), until
 * fn returns; in a read, in the arena given.
 *
 * E_STORE      the database failed, or another process held it for 5 s; nothing was promised and nothing may be
 * granted. When a whole batch fails (disk full, I/O error, out of memory, corrupt), every writer of it gets E_STORE,
 *              also one whose fn had refused: its refusal may have rested on what is gone.
 * E_CONFLICT   *_insert: a unique key is taken. Updates with a condition: it held for no row.
 * E_NOT_FOUND  *_find, and *_set… and *_remove of one row by its key: it is not there. *_insert: the row that this one
 *              belongs to (its user, a message's device) is not there.
 * E_INVALID    a string that may not be NULL is; one is not UTF-8.
 * What ends, revokes or removes *all* of something is OK also when there was none.
 * After E_NOT_FOUND or E_INVALID from an insert, fn returns that status: some databases go no further in that
 * transaction.
 */
struct store;
struct store_tx;

typedef enum status (*store_fn)(struct store_tx *tx, void *ctx);

struct store_settings {
	const char *url;      /* "sqlite:/path/file.db"; "sqlite::memory:": a file in /dev/shm, gone after store_close;
				 "postgresql://user@host/database": libpq's connection URI */
	unsigned readers;     /* SQLite: read connections kept open, at most 64; 0 gives 4 */
	unsigned connections; /* PostgreSQL: connections kept open, at most 64; 0 gives 16 */
	const char *chain;    /* of the audit log: "node/writer", at most 96 characters; NULL gives "local/command" */
	bool create;          /* create the file (mode 0600) when it is not there; else E_NOT_FOUND */
	bool migrate;         /* bring the schema up to date when it is older or empty; else E_CONFLICT */
	bool contract; /* and take away what no version needs any more, if nobody else is connected: for `serve` */
};

/*
 * Opens, compares the checksum of every migration and brings the schema up to date. `problem` (may be NULL) gets one
 * sentence. E_CONFLICT: a migration was changed after it was applied, or the database is newer, older or not ours.
 * E_INVALID: the url.
 */
enum status must_check store_open(const struct store_settings *settings, struct store **ret_store, char problem[256]);
/* Writes what store_write_later still holds. Nobody may use the store any more, or be inside it. */
void store_close(struct store **store);

enum status must_check store_write(struct store *store, store_fn fn, void *ctx);
enum status must_check store_read(struct store *store, struct arena *arena, store_fn fn, void *ctx);
/*
 * A write that nobody waits for (hints such as "seen"): goes along with the next group commit, within about 20 ms;
 * dropped when 1,024 are waiting or the commit fails. free_ctx (may be NULL) is called once, whatever happens.
 */
void store_write_later(struct store *store, store_fn fn, void *ctx, void (*free_ctx)(void *));

struct arena *store_tx_arena(struct store_tx *tx);
/* The chain of the audit log that this writer adds to; "" in a read. */
const char *store_tx_chain(const struct store_tx *tx);

/*
 * Changes when somebody else (the command) may have committed what concerns everything, not with this store's own
 * commits. SQLite: PRAGMA data_version. PostgreSQL, once store_listen was called: news of a command, and of having been
 * without news.
 */
enum status must_check store_version(struct store *store, int64_t *ret_version);

/*
 * News between the nodes of one PostgreSQL database; on SQLite there is one node, and nothing happens here.
 *
 * store_listen starts a thread with a connection of its own. `woken` is called on it for each topic that another node
 * has told of. store_tell never blocks: topics told within a moment leave as one NOTIFY (the same topic once). Call it
 * after the commit. News may be lost with a connection or a node, so whoever waits also looks by itself now and then.
 */
struct store_listener {
	void (*woken)(void *ctx, const char *topic);
	void *ctx;
};
enum status must_check store_listen(struct store *store, const struct store_listener *listener);
void store_tell(struct store *store, const char *topic);
/* No call of `woken` is under way afterwards. Nobody may tell meanwhile. store_close does it too. */
void store_listen_end(struct store *store);
/* Its clock minus ours in seconds, as last looked at; 0 on SQLite. */
int64_t store_clock_ahead(struct store *store);
/* Nodes whose clocks differ from the database's by more than this disagree on what has expired. */
enum { STORE_CLOCK_DIFFERENCE_MAX_S = 5 };
bool store_clock_agrees(struct store *store);
/* It takes more than a moment to answer: what reads belongs on a worker, not on a loop. */
bool store_is_remote(const struct store *store);

struct store_counters {
	uint64_t commits, writes, reads, failures, largest_batch;
	uint64_t repeats; /* transactions begun again: lost to another writer, or to a connection that broke */
};
void store_counters(struct store *store, struct store_counters *ret_counters);

/* For `doctor`: every page and every reference between rows. E_STORE with the first finding in `problem`. */
enum status must_check store_check(struct store *store, char problem[256]);

/* "postgresql://…" or "postgres://…". */
bool store_url_is_postgres(const char *url);

/* ---- users ---- */
enum status must_check store_user_insert(struct store_tx *tx, const struct user_row *row);
enum status must_check store_user_find(struct store_tx *tx, const char *id, struct user_row *ret_row);
/* By canonical (lower-case) name, else by canonical e-mail address when exactly one user has it. */
enum status must_check store_user_find_name(struct store_tx *tx, const char *name, struct user_row *ret_row);
/* By name. The row and its strings live until fn returns; stops at the first status that is not OK and returns it. */
enum status must_check store_user_each(struct store_tx *tx, enum status (*fn)(const struct user_row *row, void *ctx),
				       void *ctx);
enum status must_check store_user_set_password(struct store_tx *tx, const char *id, const char *hash, int64_t now);
/* Replaces the hash only if it is still `old_hash` (upgrade of an imported hash on use). */
enum status must_check store_user_upgrade_password(struct store_tx *tx, const char *id, const char *old_hash,
						   const char *new_hash, int64_t now);
/*
 * Disabling ends, in the same transaction, all that is under way: sessions, grants and tokens, pending challenges
 * (superseded, hidden ones too) and logins that are not over (refused). Enabling only enables.
 */
enum status must_check store_user_set_disabled(struct store_tx *tx, const char *id, bool disabled, int64_t now);
/* The rule after deny, wrong or report: sets the level (4, then 6) until `until`; 0 and 0 lift it. */
enum status must_check store_user_set_caution(struct store_tx *tx, const char *id, int level, int64_t until);
enum status must_check store_user_set_expect(struct store_tx *tx, const char *id, int64_t until); /* 0: used or none */
/* And all that hangs on it, but for audit. */
enum status must_check store_user_remove(struct store_tx *tx, const char *id);
enum status must_check store_user_set_groups(struct store_tx *tx, const char *id, const char *const *groups,
					     size_t count);
/* Sorted; both the array and the strings live in the tx's arena. */
enum status must_check store_user_groups(struct store_tx *tx, const char *id, const char *const **ret_groups,
					 size_t *ret_count);

/* ---- clients ---- */
enum status must_check store_client_insert(struct store_tx *tx, const struct client_row *row);
enum status must_check store_client_find(struct store_tx *tx, const char *id, struct client_row *ret_row);
enum status must_check store_client_each(struct store_tx *tx,
					 enum status (*fn)(const struct client_row *row, void *ctx), void *ctx);
/* And its grants, their tokens, and consents. */
enum status must_check store_client_remove(struct store_tx *tx, const char *id);
enum status must_check store_consent_set(struct store_tx *tx, const char *user_id, const char *client_id,
					 const char *scope, int64_t now);
/* By client. */
enum status must_check store_consent_list(struct store_tx *tx, const char *user_id, struct consent_row **ret_rows,
					  size_t *ret_count);
/* The scopes already granted, space-separated; E_NOT_FOUND when none. */
enum status must_check store_consent_find(struct store_tx *tx, const char *user_id, const char *client_id,
					  const char **ret_scope);

/* ---- logins ---- */
enum status must_check store_login_insert(struct store_tx *tx, const struct login_row *row);
enum status must_check store_login_find(struct store_tx *tx, const char *id, struct login_row *ret_row);
/* Writes the whole row if its version is still row->version; the stored version becomes row->version + 1. */
enum status must_check store_login_update(struct store_tx *tx, const struct login_row *row);
/*
 * Logins of a user begun by one browser that are not over (identify, prove, consent or done, and not expired at `now`)
 * get `state`; for "It's not me" and disable. browser_hash NULL: all.
 */
enum status must_check store_login_end_all(struct store_tx *tx, const char *user_id, const uint8_t *browser_hash,
					   const char *state, int64_t now);

/* ---- challenges ---- */
/* E_CONFLICT: this user has one pending. */
enum status must_check store_challenge_insert(struct store_tx *tx, const struct challenge_row *row);
enum status must_check store_challenge_find(struct store_tx *tx, const char *id, struct challenge_row *ret_row);
/* The one pending challenge of a user (offered to devices). */
enum status must_check store_challenge_find_pending(struct store_tx *tx, const char *user_id,
						    struct challenge_row *ret_row);
/*
 * The transition, once: only if the state is still `from` (and, when `unexpired_at` is not 0, expires_at >
 * unexpired_at). Sets the settled columns from `settle`; what is NULL there stays as it is, so consuming keeps the
 * answer.
 */
enum status must_check store_challenge_settle(struct store_tx *tx, const char *id, const char *from,
					      const struct challenge_settle *settle, int64_t unexpired_at);
/* Only the first time; E_CONFLICT otherwise. */
enum status must_check store_challenge_set_seen(struct store_tx *tx, const char *id, int64_t now);
/* "failed" of a queued one, "reached" of any that is not; E_CONFLICT otherwise: nothing has changed. */
enum status must_check store_challenge_set_delivery(struct store_tx *tx, const char *id, const char *to);
/* Newest first; hidden ones are not among them. */
enum status must_check store_challenge_recent(struct store_tx *tx, const char *user_id, size_t limit,
					      struct challenge_row **ret_rows, size_t *ret_count);
/* Pending ones past their time (expires_at <= now), the oldest first and at most `limit`, become expired. */
enum status must_check store_challenge_expire(struct store_tx *tx, int64_t now, size_t limit, size_t *ret_count);

/* ---- devices and enrolments ---- */
/* E_CONFLICT: this key is enrolled already. */
enum status must_check store_device_insert(struct store_tx *tx, const struct device_row *row);
enum status must_check store_device_find(struct store_tx *tx, const char *id, struct device_row *ret_row);
/* All states, newest first. */
enum status must_check store_device_list(struct store_tx *tx, const char *user_id, struct device_row **ret_rows,
					 size_t *ret_count);
/* Only if the state is still `from`. "revoked" and "void" set revoked_at. */
enum status must_check store_device_set_state(struct store_tx *tx, const char *id, const char *from, const char *to,
					      int64_t now);
/* NULLs drop it; what is known of the old one's health goes. */
enum status must_check store_device_set_push(struct store_tx *tx, const char *id, const struct push_subscription *push,
					     int64_t now);
/* A test message is on its way: only the newest one's nonce counts. */
enum status must_check store_device_set_push_nonce(struct store_tx *tx, const char *id, const char *nonce,
						   int64_t until);
/* It has come back: push_ok_at, and push_since the first time. E_CONFLICT: not that nonce, or too late. */
enum status must_check store_device_echo(struct store_tx *tx, const char *id, const char *nonce, int64_t now);
/* What a push service said, noted if the subscription is still that one; OK also when it is not. */
enum status must_check store_device_push_accepted(struct store_tx *tx, const char *id, const char *endpoint,
						  int64_t now);
enum status must_check store_device_push_failed(struct store_tx *tx, const char *id, const char *endpoint,
						const char *failure, int64_t now);
/* The push service knows it no more ("gone"). E_CONFLICT: the device has another one by now. */
enum status must_check store_device_push_drop(struct store_tx *tx, const char *id, const char *endpoint, int64_t now);
/* Active devices whose subscription was made with that VAPID key. */
enum status must_check store_device_count_kid(struct store_tx *tx, const char *kid, int64_t *ret_count);
/* Only an active one. */
enum status must_check store_device_set_name(struct store_tx *tx, const char *id, const char *name);
enum status must_check store_device_set_seen(struct store_tx *tx, const char *id, int64_t now);
/* Once in `within_s`: E_CONFLICT when the device reported later than now - within_s. */
enum status must_check store_device_report(struct store_tx *tx, const char *id, int64_t now, int64_t within_s);
enum status must_check store_enrolment_insert(struct store_tx *tx, const struct enrolment_row *row);
enum status must_check store_enrolment_find(struct store_tx *tx, const char *id, struct enrolment_row *ret_row);
enum status must_check store_enrolment_find_code(struct store_tx *tx, const uint8_t code_hash[32],
						 struct enrolment_row *ret_row);
/* Only if the state is still `from`; device_id and digits are set when not NULL. */
enum status must_check store_enrolment_move(struct store_tx *tx, const char *id, const char *from, const char *to,
					    const char *device_id, const char *digits);
/* Those made by one session that no device has come to yet become void. */
enum status must_check store_enrolment_void_made_by(struct store_tx *tx, const char *made_by);
/* The typed code works once: E_CONFLICT after. */
enum status must_check store_enrolment_take_code(struct store_tx *tx, const char *id);

/* ---- replay: one row, once ---- */
/* E_CONFLICT when (scope, value) was there already. Rows go when they have expired. */
enum status must_check store_replay_insert(struct store_tx *tx, const char *scope, const char *value,
					   int64_t expires_at);

/* ---- totp and recovery ---- */
enum status must_check store_totp_insert(struct store_tx *tx, const struct totp_row *row);
enum status must_check store_totp_list(struct store_tx *tx, const char *user_id, struct totp_row **ret_rows,
				       size_t *ret_count);
enum status must_check store_totp_find(struct store_tx *tx, const char *id, struct totp_row *ret_row);
/* E_CONFLICT unless last_step < step. */
enum status must_check store_totp_use_step(struct store_tx *tx, const char *id, int64_t step, int64_t now);
enum status must_check store_totp_set_state(struct store_tx *tx, const char *id, const char *from, const char *to);
/* Only an active one. */
enum status must_check store_totp_set_label(struct store_tx *tx, const char *id, const char *label);
enum status must_check store_totp_remove(struct store_tx *tx, const char *id);
enum status must_check store_totp_remove_pending(struct store_tx *tx, const char *user_id);
enum status must_check store_recovery_insert(struct store_tx *tx, const struct recovery_row *row);
enum status must_check store_recovery_find(struct store_tx *tx, const char *selector, struct recovery_row *ret_row);
/* E_CONFLICT when used. */
enum status must_check store_recovery_use(struct store_tx *tx, const char *selector, int64_t now);
enum status must_check store_recovery_remove_all(struct store_tx *tx, const char *user_id);
enum status must_check store_recovery_count(struct store_tx *tx, const char *user_id, int64_t *ret_unused);
/* When the newest was made; 0: there are none. */
enum status must_check store_recovery_issued(struct store_tx *tx, const char *user_id, int64_t *ret_at);

/* ---- temporary passes ---- */
/* E_CONFLICT: this user has one that is neither used nor ended. */
enum status must_check store_pass_insert(struct store_tx *tx, const struct pass_row *row);
enum status must_check store_pass_find(struct store_tx *tx, const char *id, struct pass_row *ret_row);
/* The one in force at `now`. */
enum status must_check store_pass_find_live(struct store_tx *tx, const char *user_id, int64_t now,
					    struct pass_row *ret_row);
/* Newest first. */
enum status must_check store_pass_list(struct store_tx *tx, const char *user_id, struct pass_row **ret_rows,
				       size_t *ret_count);
/* E_CONFLICT when used, ended or expired. */
enum status must_check store_pass_use(struct store_tx *tx, const char *id, int64_t now);
/* E_CONFLICT when used or ended. */
enum status must_check store_pass_end(struct store_tx *tx, const char *id, int64_t now);
enum status must_check store_pass_end_all(struct store_tx *tx, const char *user_id, int64_t now);

/* ---- sessions and known browsers ---- */
enum status must_check store_session_insert(struct store_tx *tx, const struct session_row *row);
/* E_NOT_FOUND also when it was ended (idle_until and ends_at are the caller's to compare). */
enum status must_check store_session_find(struct store_tx *tx, const uint8_t token_hash[32],
					  struct session_row *ret_row);
/* Ended ones too. */
enum status must_check store_session_find_sid(struct store_tx *tx, const char *sid, struct session_row *ret_row);
/* Everything but sid, user, created_at and ended_at, if it has not ended. Gives a new token (rise of privilege) when
 * token_hash differs. */
enum status must_check store_session_update(struct store_tx *tx, const struct session_row *row);
/* It is in use: only used_at and idle_until, if it has not ended and was not used later. E_CONFLICT otherwise. */
enum status must_check store_session_touch(struct store_tx *tx, const char *sid, int64_t now, int64_t idle_until);
/* E_CONFLICT when it has ended already or is not there. Its grants and their tokens are revoked too. */
enum status must_check store_session_end(struct store_tx *tx, const char *sid, int64_t now);
/* browser_hash NULL: all of the user's. Their grants and tokens are revoked too. */
enum status must_check store_session_end_all(struct store_tx *tx, const char *user_id, const uint8_t *browser_hash,
					     int64_t now);
/* All of the user's but this one. */
enum status must_check store_session_end_others(struct store_tx *tx, const char *user_id, const char *sid, int64_t now);
/* Not ended, the last used first. */
enum status must_check store_session_list(struct store_tx *tx, const char *user_id, struct session_row **ret_rows,
					  size_t *ret_count);
enum status must_check store_browser_insert(struct store_tx *tx, const struct browser_row *row);
enum status must_check store_browser_find(struct store_tx *tx, const char *id, struct browser_row *ret_row);
/* Only if token_hash is still `old_hash`: the old one becomes previous_hash. */
enum status must_check store_browser_rotate(struct store_tx *tx, const char *id, const uint8_t old_hash[32],
					    const uint8_t new_hash[32], int64_t now);
enum status must_check store_browser_remove(struct store_tx *tx, const char *id);
enum status must_check store_browser_remove_all(struct store_tx *tx, const char *user_id);
/* Oldest use first. */
enum status must_check store_browser_list(struct store_tx *tx, const char *user_id, struct browser_row **ret_rows,
					  size_t *ret_count);

/* ---- grants ---- */
enum status must_check store_grant_insert(struct store_tx *tx, const struct grant_row *row);
enum status must_check store_grant_find_code(struct store_tx *tx, const uint8_t code_hash[32],
					     struct grant_row *ret_row);
/* E_CONFLICT when redeemed, revoked or expired. */
enum status must_check store_grant_redeem(struct store_tx *tx, const char *id, int64_t now);
enum status must_check store_grant_revoke(struct store_tx *tx, const char *id, int64_t now); /* and its access tokens */
enum status must_check store_grant_revoke_login(struct store_tx *tx, const char *login_id, int64_t now);
enum status must_check store_grant_revoke_user(struct store_tx *tx, const char *user_id, int64_t now);
/* E_CONFLICT also when its grant is revoked or not there. */
enum status must_check store_token_insert(struct store_tx *tx, const struct token_row *row);
/*
 * The row's revoked_at is not 0 when the token, its grant or the session of its grant was revoked or ended, or its user
 * is disabled; expires_at is the caller's to compare.
 */
enum status must_check store_token_find(struct store_tx *tx, const uint8_t token_hash[32], struct token_row *ret_row);

/* ---- attempts: what budgets and limits count ---- */
/* subject: a user's id, or a keyed hash for names that do not exist, or an address block. kind: "push", "totp", … */
enum status must_check store_attempt_insert(struct store_tx *tx, const char *subject, const char *kind, int64_t now);
/* At `since` or later. */
enum status must_check store_attempt_count(struct store_tx *tx, const char *subject, const char *kind, int64_t since,
					   int64_t *ret_count);
/* 0 when none. */
enum status must_check store_attempt_last(struct store_tx *tx, const char *subject, const char *kind, int64_t *ret_at);
enum status must_check store_attempt_clear(struct store_tx *tx, const char *subject, const char *kind);

/* ---- outbox ---- */
/*
 * Messages to send. A sender claims some for a while by moving their not_before ahead, so that many nodes share the
 * work; a claim that was not kept (the node died) runs out, and the message is anybody's again: sent at least once,
 * seldom twice.
 */
enum status must_check store_outbox_insert(struct store_tx *tx, const struct outbox_row *row);
enum status must_check store_outbox_find(struct store_tx *tx, const char *id, struct outbox_row *ret_row);
enum status must_check store_outbox_pending(struct store_tx *tx, int64_t *ret_count);
/* When the next one may be claimed, of those that are not over; -1: none. */
enum status must_check store_outbox_next(struct store_tx *tx, int64_t now, int64_t *ret_at);
struct outbox_claim {
	const char *by;
	int64_t now, until;
	size_t limit;
};
/* The oldest that are due and nobody's; each is one try more. */
enum status must_check store_outbox_claim(struct store_tx *tx, const struct outbox_claim *claim, const char ***ret_ids,
					  size_t *ret_count);
/* Given back for a later try. OK also when it is not `by`'s any more. */
enum status must_check store_outbox_retry(struct store_tx *tx, const char *id, const char *by, int64_t not_before);
/* Everything that `by` had claimed: it begins anew, or ends. */
enum status must_check store_outbox_release(struct store_tx *tx, const char *by, int64_t now);
/* OK also when it is not there. */
enum status must_check store_outbox_remove(struct store_tx *tx, const char *id);
enum status must_check store_outbox_remove_device(struct store_tx *tx, const char *device_id);

/* ---- audit: append-only; core/audit.h makes and checks the chains ---- */
/* E_CONFLICT: that place in the chain is taken. */
enum status must_check store_audit_insert(struct store_tx *tx, const struct audit_row *row);
enum status must_check store_audit_find(struct store_tx *tx, int64_t id, struct audit_row *ret_row);
/* The newest of a chain, or of its rows up to a place; INT64_MAX: of all. */
enum status must_check store_audit_last(struct store_tx *tx, const char *chain, int64_t up_to,
					struct audit_place *ret_place);
/* In the chain's order, seq > after. */
enum status must_check store_audit_page(struct store_tx *tx, const char *chain, int64_t after, size_t limit,
					struct audit_row **ret_rows, size_t *ret_count);
enum status must_check store_audit_count(struct store_tx *tx, const char *chain, int64_t up_to, int64_t *ret_count);
/* Rows without a chain; and those of them that are newer than the first row with one, which nobody writes. */
enum status must_check store_audit_unchained(struct store_tx *tx, int64_t *ret_count, int64_t *ret_late);
/* What is kept long enough: the chain's rows up to that one; and the oldest without a chain. */
/* Rows of the log, and of chains, whose chain is no name that a chain can have. */
enum status must_check store_audit_nameless(struct store_tx *tx, int64_t *ret_count);
enum status must_check store_audit_remove(struct store_tx *tx, const char *chain, int64_t up_to);
enum status must_check store_audit_remove_unchained(struct store_tx *tx, int64_t before, size_t limit,
						    size_t *ret_removed);
/* What tells of one person, by id > after: rows with their id; without user_id, rows that have only the name. */
struct audit_of {
	const char *user_id;
	const char *username;
};
enum status must_check store_audit_of(struct store_tx *tx, const struct audit_of *of, int64_t after, size_t limit,
				      struct audit_row **ret_rows, size_t *ret_count);
/* Content and salt go; `mac` (32 bytes; NULL for a row without a chain) says by whom. E_CONFLICT: gone, or erased. */
enum status must_check store_audit_erase(struct store_tx *tx, int64_t id, const uint8_t *mac, int64_t now);
enum status must_check store_chain_insert(struct store_tx *tx, const struct chain_row *row);
enum status must_check store_chain_find(struct store_tx *tx, const char *chain, struct chain_row *ret_row);
/* The first name after that one ("" for the first of all), of all that there is a trace of; E_NOT_FOUND at the end. */
enum status must_check store_chain_next(struct store_tx *tx, const char *after, const char **ret_chain);
/* E_CONFLICT unless base_seq and head_seq are still those of `from`. */
enum status must_check store_chain_move(struct store_tx *tx, const struct chain_row *from, const struct chain_row *to);
/* Oldest first, id > after; user_id NULL: everybody. */
enum status must_check store_audit_list(struct store_tx *tx, int64_t after, const char *user_id, size_t limit,
					struct audit_row **ret_rows, size_t *ret_count);
enum status must_check store_audit_newest(struct store_tx *tx, const char *user_id, size_t limit,
					  struct audit_row **ret_rows, size_t *ret_count);
/* One person's, newest first, id < before. */
enum status must_check store_audit_before(struct store_tx *tx, const char *user_id, int64_t before, size_t limit,
					  struct audit_row **ret_rows, size_t *ret_count);

/* ---- keys ---- */
enum status must_check store_key_insert(struct store_tx *tx, const struct key_row *row);
/* Purpose NULL: all; newest first. */
enum status must_check store_key_list(struct store_tx *tx, const char *purpose, struct key_row **ret_rows,
				      size_t *ret_count);
/* All purposes, without the retired ones, of which there are more with every rotation. */
enum status must_check store_key_list_in_use(struct store_tx *tx, struct key_row **ret_rows, size_t *ret_count);
enum status must_check store_key_set_state(struct store_tx *tx, const char *kid, const char *state, int64_t now);

/* ---- meta ---- */
enum status must_check store_meta_get(struct store_tx *tx, const char *key, const char **ret_value);
enum status must_check store_meta_set(struct store_tx *tx, const char *key, const char *value);
/* 0 when it is not there. */
enum status must_check store_meta_number(struct store_tx *tx, const char *key, int64_t *ret_number);

/*
 * After a restore, in the same transaction: sessions ended; grants, codes, refresh families and tokens revoked; logins
 * refused; pending and unused approved challenges superseded; enrolments and devices that were not confirmed void;
 * known browsers, messages and unconfirmed TOTP seeds gone; unused passes ended; TOTP steps spent up to now and
 * `totp_window` beyond; unused recovery codes used, unless kept. Sets the rows `epoch` and `restored_at` of meta.
 */
struct epoch_raise {
	int64_t epoch, now;
	unsigned totp_window;
	bool keep_recovery;
};
enum status must_check store_epoch_raise(struct store_tx *tx, const struct epoch_raise *raise);

/*
 * Deletes what is over, at most `limit` rows of each kind: replay rows, enrolments, tokens, codes, messages and logins
 * that never got a name when they expire; a grant with its last token; other logins and sessions after two days;
 * challenges, attempts and passes after 31 days. Devices, browsers, users, keys and the audit log stay (audit_retain).
 */
enum status must_check store_sweep(struct store_tx *tx, int64_t now, size_t limit, size_t *ret_removed);

#endif
