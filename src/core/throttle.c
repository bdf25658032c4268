#include "core/throttle.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define DAY_S             86400
#define MONTH_S           (30 * DAY_S)
#define PASSWORD_FREE     5    /* failures from one block before it must wait */
#define PASSWORD_WAIT_S   30   /* then 30 s, doubled at each failure … */
#define PASSWORD_WAIT_MAX 3600 /* … up to an hour */
#define PASSWORD_FAILURES 100  /* SP 800-63B-4 3.2.2: at most 100 failures in a row from unknown browsers */

void address_block(const char *ip, char out[64])
{
	struct in_addr v4;
	struct in6_addr v6;
	char text[INET6_ADDRSTRLEN];

	if (ip && inet_pton(AF_INET, ip, &v4) == 1) {
		v4.s_addr &= htonl(0xffffff00u);
		snprintf(out, 64, "%s/24", inet_ntop(AF_INET, &v4, text, sizeof(text)));
	} else if (ip && inet_pton(AF_INET6, ip, &v6) == 1) {
		memset(v6.s6_addr + 6, 0, 10);
		snprintf(out, 64, "%s/48", inet_ntop(AF_INET6, &v6, text, sizeof(text)));
	} else {
		snprintf(out, 64, "unknown");
	}
}

/* The account as seen from this browser: a known one counts apart. */
static void account_key(const struct throttle_who *who, char out[THROTTLE_KEY_SIZE])
{
	if (who->known_id)
		snprintf(out, THROTTLE_KEY_SIZE, "%s#%s", who->subject, who->known_id);
	else
		snprintf(out, THROTTLE_KEY_SIZE, "%s", who->subject);
}

static void account_block_key(const struct throttle_who *who, char out[THROTTLE_KEY_SIZE])
{
	char block[64];

	if (who->known_id) {
		account_key(who, out);
		return;
	}
	address_block(who->ip, block);
	snprintf(out, THROTTLE_KEY_SIZE, "%s@%s", who->subject, block);
}

/* E_BUSY when `limit` attempts were made since now - window_s. */
static enum status within(struct store_tx *tx, const char *subject, const char *kind, int64_t limit, int64_t now,
			  int64_t window_s, int64_t *ret_wait)
{
	int64_t count = 0, last = 0;

	TRY(store_attempt_count(tx, subject, kind, now - window_s, &count));
	if (count < limit)
		return OK;
	TRY(store_attempt_last(tx, subject, kind, &last));
	*ret_wait = last + window_s - now;
	if (*ret_wait < 1)
		*ret_wait = 1;
	return E_BUSY;
}

static int64_t password_wait(int64_t failures)
{
	int64_t wait = PASSWORD_WAIT_S;

	if (failures < PASSWORD_FREE)
		return 0;
	for (int64_t i = PASSWORD_FREE; i < failures && wait < PASSWORD_WAIT_MAX; i++)
		wait *= 2;
	return wait < PASSWORD_WAIT_MAX ? wait : PASSWORD_WAIT_MAX;
}

enum status throttle_password(struct store_tx *tx, const struct settings *settings, const struct throttle_who *who,
			      int64_t now, int64_t *ret_wait)
{
	char key[THROTTLE_KEY_SIZE], block[64];
	int64_t failures = 0, last = 0, wait;

	account_block_key(who, key);
	TRY(store_attempt_count(tx, key, "password", now - DAY_S, &failures));
	wait = password_wait(failures);
	if (wait) {
		TRY(store_attempt_last(tx, key, "password", &last));
		if (last + wait > now) {
			*ret_wait = last + wait - now;
			return E_BUSY;
		}
	}
	if (who->known_id)
		return OK;
	address_block(who->ip, block);
	TRY(within(tx, block, "spray", settings->budget.password_spray, now, 3600, ret_wait));
	return within(tx, who->subject, "password", PASSWORD_FAILURES, now, MONTH_S, ret_wait);
}

enum status throttle_password_failed(struct store_tx *tx, const struct throttle_who *who, int64_t now)
{
	char key[THROTTLE_KEY_SIZE], block[64];

	account_block_key(who, key);
	TRY(store_attempt_insert(tx, key, "password", now));
	if (who->known_id)
		return OK;
	address_block(who->ip, block);
	TRY(store_attempt_insert(tx, block, "spray", now));
	return store_attempt_insert(tx, who->subject, "password", now);
}

enum status throttle_password_passed(struct store_tx *tx, const struct throttle_who *who)
{
	char key[THROTTLE_KEY_SIZE];

	account_block_key(who, key);
	return store_attempt_clear(tx, key, "password");
}

/* At most the budget's number of failures of one kind, in a window and in a month. */
static enum status failures_within(struct store_tx *tx, const struct settings *settings, const struct throttle_who *who,
				   const char *kind, int64_t now, int64_t *ret_wait)
{
	char key[THROTTLE_KEY_SIZE];

	account_key(who, key);
	TRY(within(tx, key, kind, settings->budget.code_failures, now, settings->budget.code_failures_s, ret_wait));
	return within(tx, key, kind, settings->budget.code_failures_month, now, MONTH_S, ret_wait);
}

static enum status failure_count(struct store_tx *tx, const struct throttle_who *who, const char *kind, int64_t now)
{
	char key[THROTTLE_KEY_SIZE];

	account_key(who, key);
	return store_attempt_insert(tx, key, kind, now);
}

enum status throttle_pass(struct store_tx *tx, const struct settings *settings, const struct throttle_who *who,
			  int64_t now, int64_t *ret_wait)
{
	return failures_within(tx, settings, who, "pass", now, ret_wait);
}

enum status throttle_pass_failed(struct store_tx *tx, const struct throttle_who *who, int64_t now)
{
	return failure_count(tx, who, "pass", now);
}

static const char *code_kind(bool first)
{
	return first ? "code-first" : "code";
}

enum status throttle_code(struct store_tx *tx, const struct settings *settings, const struct throttle_who *who,
			  bool first, int64_t now, int64_t *ret_wait)
{
	return failures_within(tx, settings, who, code_kind(first), now, ret_wait);
}

enum status throttle_code_failed(struct store_tx *tx, const struct throttle_who *who, bool first, int64_t now)
{
	return failure_count(tx, who, code_kind(first), now);
}

enum status throttle_push(struct store_tx *tx, const struct settings *settings, const struct throttle_who *who,
			  int64_t now, bool *ret_popup)
{
	char key[THROTTLE_KEY_SIZE];
	int64_t recent = 0, all = 0;

	account_key(who, key);
	TRY(store_attempt_count(tx, key, "push", now - settings->budget.window_s, &recent));
	TRY(store_attempt_count(tx, key, "push", 0, &all));
	/* Once all are spent one in each window keeps them spent: a flood must not make each look at the count dearer.
	 */
	if (all < settings->budget.pushes || recent == 0)
		TRY(store_attempt_insert(tx, key, "push", now));
	*ret_popup = recent < settings->budget.window_pushes && all < settings->budget.pushes;
	return OK;
}

enum status throttle_push_count(struct store_tx *tx, const struct throttle_who *who, int64_t *ret_count)
{
	if (!who->known_id)
		return store_attempt_count(tx, who->subject, "push", 0, ret_count);
	*ret_count = 0;
	return OK;
}

enum status throttle_push_approved(struct store_tx *tx, const struct throttle_who *who)
{
	char key[THROTTLE_KEY_SIZE];

	account_key(who, key);
	return store_attempt_clear(tx, key, "push");
}
