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
 * A list of otpauth URIs, one a line; empty lines and lines that begin with # do not count. Calls `otp` for each good
 * line, `problem` for each other, with the line's number. At most 2,000 lines count; E_INVALID for more, and for NULs.
 */
struct code_list_sink {
	void (*otp)(void *ctx, size_t line, const char *uri);
	void (*problem)(void *ctx, size_t line, const char *sentence);
	void *ctx;
};
enum status must_check code_list_parse(const char *bytes, size_t size, const struct code_list_sink *sink);

#endif
