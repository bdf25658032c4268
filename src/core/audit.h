#ifndef CORE_AUDIT_H
#define CORE_AUDIT_H

#include "core/core.h"

/*
 * The audit log: append-only, written in the transaction of what it tells, in chains that show every later change.
 * docs/audit.md has the format to the byte, for whoever writes a verifier of their own.
 *
 * Each writer (the daemon of a node, its commands) has a chain, so writers never wait for each other. A row's hash
 * covers the hash of the row before, its place, time and event, and a commitment to the rest: SHA-256 over a random
 * salt and everything personal. So the personal part can be erased, salt and all, without breaking the chain, and
 * nobody can guess what it was. The keyholder puts a MAC on the newest hash of a chain (its head) within about a
 * second; it covers the chain's base too, which is where retention has removed what was before.
 *
 * Who can write the database but has no keyholder cannot change, remove, insert or swap a row under a MAC unseen, nor
 * take away or begin anew a chain: a list of them is under a MAC too. Such
 * a one can put the whole back to an earlier state, with the MAC it had then: a head kept outside finds that.
 */
enum { AUDIT_SALT_SIZE = 16 };

/* `row->at` and `row->event` are required; the chain's members are filled in here. */
enum status must_check audit_write(struct store_tx *tx, const struct audit_row *row);

/* ---- hashes; the row's salt, and for the second its prev and commitment, have their right sizes ---- */
enum status must_check audit_commitment(const struct audit_row *row, uint8_t ret_commitment[32]);
enum status must_check audit_hash(const struct audit_row *row, uint8_t ret_hash[32]);
bool audit_sizes_fit(const struct audit_row *row);
/*
 * What is wrong with a row that stands after `place`, as the end of a sentence that begins with its place; NULL:
 * nothing. Erased rows need the keyholder's word: audit_erased_check.
 */
const char *audit_row_fault(const struct audit_row *row, const struct audit_place *place);

/* The list of chains (audit_internal.h) of an installation with none yet, and writing it; `before` NULL: the first. */
enum status must_check audit_roll_format(struct keyholder *keyholder, const struct sealed_key *key, struct arena *arena,
					 const char *names, char **ret_roll);
enum status must_check audit_roll_write(struct store_tx *tx, const char *before, const char *after);

/* ---- the keyholder's word; E_REFUSED: it is not (also: no such key) ---- */
enum status must_check audit_head_mac(const struct core *core, struct chain_row *head);
enum status must_check audit_head_check(const struct core *core, struct arena *arena, const struct chain_row *head);
enum status must_check audit_erased_check(const struct core *core, const struct audit_row *row);

/*
 * Puts a MAC on every head that has moved. Never inside a store transaction. E_REFUSED: a head does not follow from the
 * one that had the MAC before, or that one was changed; it is left as it is, so that what happened stays to be seen,
 * and the others are done.
 */
enum status must_check audit_heads_move(const struct core *core, int64_t now);

/* Whether every head fits its MAC and the row it points to: a quick look, not audit_verify. E_REFUSED: one does not. */
enum status must_check audit_heads_check(const struct core *core);

/*
 * Removes the beginnings of chains that are older than settings->audit_keep_s, as far as they are whole and under a
 * MAC, a limited number of rows in a call. E_REFUSED: a beginning is not whole, and stays.
 */
enum status must_check audit_retain(const struct core *core, int64_t now, size_t *ret_removed);

/*
 * Erases what the log says of one person: rows with that id, and rows that have the name but no id. Commitments and
 * places stay. Writes "audit.erased" with the number.
 */
enum status must_check audit_erase(const struct core *core, const struct audit_of *of, int64_t now, size_t *ret_count);

#endif
