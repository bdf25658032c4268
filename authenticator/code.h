#ifndef AUTHENTICATOR_CODE_H
#define AUTHENTICATOR_CODE_H

#include "base/arena.h"
#include "base/json.h"
#include "crypto/otp.h"

/* Entries of the vault's list of codes: {"uri": "otpauth://…", "added_at": …}. */

/* "Issuer:account", or the account alone; "?" when the entry cannot be read. */
const char *code_id(struct arena *arena, const json_t *item);
enum status must_check code_read(struct arena *arena, const json_t *item, struct otpauth *ret_otp);
/* Part of the id, either case (ASCII). */
bool code_matches(struct arena *arena, const json_t *item, const char *wanted);

/*
 * The codes of a vault, read once, to add others to: nothing is overwritten, and the same code is not added twice.
 * E_NOMEM and nothing else. `codes` is borrowed and grows; code_set_free.
 */
struct code_set;
enum code_fate { CODE_NEW, CODE_SAME, CODE_BESIDE /* added; another secret is there under the same name */ };
enum status must_check code_set_new(json_t *codes, struct code_set **ret_set);
void code_set_free(struct code_set **set);
/*
 * `entry` is one of the vault's list, its "added_at" set to `now` when absent; members beside the address are kept.
 * E_INVALID: its address is none, with a sentence in *ret_problem.
 */
enum status must_check code_set_add(struct code_set *set, const json_t *entry, int64_t now, enum code_fate *ret_fate,
				    const char **ret_problem);

#endif
