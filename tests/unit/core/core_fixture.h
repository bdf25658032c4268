#ifndef TESTS_CORE_FIXTURE_H
#define TESTS_CORE_FIXTURE_H

#include "../base/cmocka_all.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "base/json.h"
#include "core/challenge.h"
#include "core/client.h"
#include "core/device.h"
#include "core/login.h"
#include "core/login_internal.h"
#include "core/recovery.h"
#include "core/totp_enrol.h"
#include "core/user.h"
#include "crypto/jose.h"

/* Core as the daemon has it: a real store and keyholder, keys that sign, settings from YAML; only time and chance are
 * ours. */
struct core_test {
	struct core core;
	struct settings settings; /* what was loaded, with cheap passwords */
	struct arena *arena;      /* for the test's own thread */
	int64_t now;
	char user_id[ID_SIZE]; /* demo */
	/* Runs once, just before the keyholder is called the next time: another request that comes in between. */
	void (*between)(struct core_test *test);
	pthread_mutex_t lock;
	char wakes[64][128];
	size_t wake_count;
	struct jose_key *keys[32];
	size_t key_count;
	struct random random;
	struct random_seeded seeded;
	struct random locked;
};

#define CORE_NOW           1790000000
#define DEMO_PASSWORD      "staple-horse-7"
#define IS(expr_, status_) assert_string_equal(status_name(expr_), status_name(status_))

/* On this database, which is new; core_setup: in memory, with the fixture's own organisation. */
struct core_test *core_make(const char *url, const char *organisation_yaml);
int core_setup(void **state);
int core_teardown(void **state);
bool woke(const struct core_test *test, const char *kind, const char *id);

void user_make(struct core_test *test, const char *name, const char *password, char ret_id[ID_SIZE]);
void user_disable(struct core_test *test, const char *id);
struct user_row user_row_now(struct core_test *test, const char *id);
struct challenge_row challenge_now(struct core_test *test, const char *id);
struct login_row login_row_now(struct core_test *test, const char *id);
int64_t attempts(struct core_test *test, const char *subject, const char *kind);
bool audited(struct core_test *test, const char *event);
void write_now(struct core_test *test, store_fn fn, void *ctx);
void read_now(struct core_test *test, store_fn fn, void *ctx);

/* A device with a key of its own, active. */
struct phone {
	struct device_row row; /* strings in the test's arena */
	struct jose_key *key;  /* the fixture's */
	char id[ID_SIZE];
};
void phone_make(struct core_test *test, const char *user_id, struct phone *ret_phone);

/* Time-based codes and recovery codes. */
struct codes {
	uint8_t seed[64];
	size_t seed_size;
	char id[ID_SIZE];
};
void totp_make(struct core_test *test, const char *user_id, struct codes *ret_codes);
void totp_code(const struct codes *codes, int64_t at, char out[16]);

/* A browser with its cookies. */
struct browser {
	char token[TOKEN_SIZE], session[TOKEN_SIZE], known[KNOWN_COOKIE_SIZE];
	const char *ip;
};
struct browser browser_new(struct core_test *test);
struct login_browser browser_sends(const struct browser *browser);

/* A sign-in that needs a page: its id. The rest of the request by its parameters; NULL for the usual. */
const char *login_new(struct core_test *test, const struct browser *browser, const char *client);
enum status login_ask_for(struct core_test *test, struct browser *browser, const struct authorize_raw *raw,
			  struct login_begun *ret_begun);
struct authorize_raw raw_for(struct core_test *test, const char *client);

/* Each event of a page, with its status; the state stays in *ret_view (may be NULL). */
enum status page_identify(struct core_test *test, const struct browser *browser, const char *id, const char *name,
			  struct login_view *ret_view);
enum status page_password(struct core_test *test, const struct browser *browser, const char *id, const char *password,
			  struct login_view *ret_view);
enum status page_push(struct core_test *test, const struct browser *browser, const char *id,
		      struct login_view *ret_view);
enum status page_totp(struct core_test *test, const struct browser *browser, const char *id, const char *code,
		      struct login_view *ret_view);
enum status page_recovery(struct core_test *test, const struct browser *browser, const char *id, const char *code,
			  struct login_view *ret_view);
enum status page_cancel(struct core_test *test, const struct browser *browser, const char *id, bool forget,
			struct login_view *ret_view);
enum status page_consent(struct core_test *test, const struct browser *browser, const char *id, bool allow,
			 struct login_view *ret_view);
enum status page_state(struct core_test *test, const struct browser *browser, const char *id,
		       struct login_view *ret_view);
/* Takes the cookies when it is OK. */
enum status page_finish(struct core_test *test, struct browser *browser, const char *id,
			struct login_finished *ret_finished);
const char *page_word(struct core_test *test, const struct browser *browser, const char *id, const char *key);
/* The id of the challenge that the login waits for, or NULL. */
const char *challenge_of(struct core_test *test, const char *login_id);

/* The answer of a phone; what is set in `change` replaces the right value. */
struct answer_change {
	const char *typ, *aud, *kid, *nonce, *shown, *number, *challenge, *decision, *without;
	int64_t iat;
	const struct jose_key *key;
};
const char *answer_sign(struct core_test *test, struct arena *arena, const struct phone *phone,
			const char *challenge_id, const struct answer_change *change);
enum status answer_send(struct core_test *test, const struct phone *phone, const char *challenge_id, const char *jws,
			struct challenge_settled *ret_settled);
/* Signs and sends; for choose and enter the number is the right one. */
enum status answer(struct core_test *test, const struct phone *phone, const char *challenge_id, const char *decision);

/* In as demo at a client that asks for password and push: a session and a known browser. */
void sign_in(struct core_test *test, struct browser *browser, const struct phone *phone, const char *client);

#endif
