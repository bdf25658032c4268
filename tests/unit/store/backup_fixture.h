#ifndef TESTS_STORE_BACKUP_FIXTURE_H
#define TESTS_STORE_BACKUP_FIXTURE_H

#include "fixture.h"
#include "store/backup.h"

#define TEST(name_) cmocka_unit_test_setup_teardown(name_, disk_setup, fixture_teardown)

enum { MADE = NOW, RESTORED = NOW + 3600 };

/* No SHA-256 here: only different for different content. */
uint64_t bytes_mix(uint64_t mixed, const void *data, size_t size);

enum status backup_try(struct store *store, const char *path, bool may_replace);
enum status file_open(const char *path, struct backup_file **ret_file);
/* `settings` without url, and without now for RESTORED. */
enum status restore_try(const char *path, const char *url, struct restore_settings settings,
			struct restored *ret_restored);
/* What a backup needs to be one: a MAC key. */
enum status key_add(struct store_tx *tx, void *ctx);
/* Whether opening it, or its sum, tells that it was altered. */
bool is_found_out(const char *path);
/* A hand in the file. */
void file_alter(const char *path, const char *script);
/* What `count` reads from a database that must be sound. */
int64_t number_at(const char *url, store_fn count);

#endif
