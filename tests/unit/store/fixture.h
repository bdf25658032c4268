#ifndef TESTS_STORE_FIXTURE_H
#define TESTS_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "store/sql.h"

/*
 * A fresh store for each test: in memory or on disk, as the group says. Checks inside a transaction must not jump out
 * of it, so CHECK returns, and what runs the transaction asserts that it came back OK.
 */
#define CHECK(condition_)                                                                                              \
	do {                                                                                                           \
		if (!(condition_)) {                                                                                   \
			print_error("%s:%d: %s\n", __FILE__, __LINE__, #condition_);                                   \
			return E_IO;                                                                                   \
		}                                                                                                      \
	} while (0)

/* What the database refuses makes a transaction void on some: the attempt is undone, so that the test goes on. */
#define CHECK_ATTEMPT(tx_, call_, wanted_)                                                                             \
	do {                                                                                                           \
		enum status got_;                                                                                      \
		TRY(sql_run(tx_, SQL("SAVEPOINT attempt"), NULL));                                                     \
		got_ = (call_);                                                                                        \
		if (got_ != OK)                                                                                        \
			TRY(sql_run(tx_, SQL("ROLLBACK TO SAVEPOINT attempt"), NULL));                                 \
		TRY(sql_run(tx_, SQL("RELEASE SAVEPOINT attempt"), NULL));                                             \
		CHECK(got_ == (wanted_));                                                                              \
	} while (0)

struct fixture {
	struct store *store;
	char folder[64];
	char url[256];
};

enum { NOW = 1790000000 };

int memory_setup(void **state);
int disk_setup(void **state);
int postgres_setup(void **state);
int fixture_teardown(void **state);

/* A folder under the working directory (a real disk, not tmpfs), and its removal. */
void folder_make(char folder[64]);
void folder_remove(const char *folder);
struct store *store_at(const char *url);

void write_ok(struct store *store, enum status (*fn)(struct store_tx *tx, void *ctx), void *ctx);
void read_ok(struct store *store, enum status (*fn)(struct store_tx *tx, void *ctx), void *ctx);

/* Rows that are complete and valid; ids and hashes follow from the words given. */
struct user_row user_row_of(const char *id);
struct client_row client_row_of(const char *id);
struct login_row login_row_of(const char *id, const char *user_id);
struct challenge_row challenge_row_of(const char *id, const char *user_id);
struct device_row device_row_of(const char *id, const char *user_id);
struct enrolment_row enrolment_row_of(const char *id, const char *user_id);
struct totp_row totp_row_of(const char *id, const char *user_id);
struct recovery_row recovery_row_of(const char *selector, const char *user_id);
struct session_row session_row_of(const char *sid, const char *user_id);
struct browser_row browser_row_of(const char *id, const char *user_id);
struct grant_row grant_row_of(const char *id, const char *user_id);
struct token_row token_row_of(const char *name, const char *grant_id);
void hash_of(const char *name, uint8_t hash[32]);

/* The users "demo" and "other", and the client "app". */
enum status people_insert(struct store_tx *tx, void *ctx);

#endif
