#ifndef CORE_TOTP_ENROL_H
#define CORE_TOTP_ENROL_H

#include "core/core.h"

/* Codes of any authenticator app. A seed is pending until one correct code has shown that somebody has it. */
struct totp_enrolment {
	char id[ID_SIZE];
	const char *otpauth; /* shown once */
};
struct totp_wish {
	const char *user_id, *username, *label;
	const char *algorithm; /* SHA1, SHA256, SHA512 */
	unsigned digits;       /* 6 to 8 */
	bool replaces;         /* what was begun and not confirmed goes */
};
/* Who did it, for the audit log. */
struct totp_by {
	const char *detail; /* JSON with the reason */
	const char *ip;
};
enum status must_check totp_enrol_start(const struct core *core, struct arena *arena, const struct totp_wish *wish,
					int64_t now, struct totp_enrolment *ret_enrolment);
/* E_NOT_FOUND: the code is wrong. E_CONFLICT: not pending any more. E_BUSY: too many tries. The step is used up. */
enum status must_check totp_enrol_confirm(const struct core *core, struct arena *arena, const char *id,
					  const char *code, int64_t now);
enum status must_check totp_enrol_confirm_by(const struct core *core, struct arena *arena, const char *id,
					     const char *code, const struct totp_by *by, int64_t now);
/* E_NOT_FOUND when it is not this user's. */
enum status must_check totp_remove(const struct core *core, const char *user_id, const char *id, int64_t now);

#endif
