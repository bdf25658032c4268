#include "backup_fixture.h"

#include <stdlib.h>

uint64_t bytes_mix(uint64_t mixed, const void *data, size_t size)
{
	for (size_t i = 0; i < size; i++)
		mixed = (mixed ^ ((const uint8_t *)data)[i]) * 0x100000001b3u;
	return mixed;
}

struct mix {
	uint64_t value;
};

static void *mix_begin(void)
{
	struct mix *mix = calloc(1, sizeof(*mix));

	mix->value = 0xcbf29ce484222325u;
	return mix;
}

static void mix_add(void *ctx, const void *data, size_t size)
{
	struct mix *mix = ctx;

	mix->value = bytes_mix(mix->value, data, size);
}

static void mix_end(void *ctx, char ret_hex[65])
{
	struct mix *mix = ctx;

	snprintf(ret_hex, 65, "%016llx", (unsigned long long)mix->value);
	free(mix);
}

static const struct backup_hasher mixer = {mix_begin, mix_add, mix_end};

enum status backup_try(struct store *store, const char *path, bool may_replace)
{
	const struct backup_settings settings = {.path = path,
						 .may_replace = may_replace,
						 .issuer = "https://id.example.org",
						 .now = MADE};
	struct backup *backup = NULL;
	char problem[256] = "";
	enum status status = backup_begin(store, &settings, &mixer, &backup, problem);

	if (status == OK)
		status = backup_finish(backup, "mac", problem);
	backup_close(&backup);
	return status;
}

enum status file_open(const char *path, struct backup_file **ret_file)
{
	char problem[256] = "";

	return backup_file_open(path, &mixer, ret_file, problem);
}

enum status restore_try(const char *path, const char *url, struct restore_settings settings,
			struct restored *ret_restored)
{
	struct backup_file *file = NULL;
	char problem[256] = "";
	enum status status = file_open(path, &file);

	settings.url = url;
	settings.now = settings.now ? settings.now : RESTORED;
	if (status == OK)
		status = store_restore(file, &settings, ret_restored, problem);
	if (file)
		backup_file_close(&file);
	return status;
}

enum status key_add(struct store_tx *tx, void *ctx)
{
	return store_key_insert(tx, &(struct key_row){.kid = "mac",
						      .purpose = "mac",
						      .alg = "HS256",
						      .sealed = (const uint8_t *)"sealed",
						      .sealed_size = 6,
						      .state = "current",
						      .created_at = NOW,
						      .changed_at = NOW});
}

bool is_found_out(const char *path)
{
	struct backup_file *file = NULL;
	bool found = true;

	if (file_open(path, &file) == OK)
		found = strcmp(backup_file_facts(file)->sha256, backup_file_facts(file)->computed_sha256) != 0;
	if (file)
		backup_file_close(&file);
	return found;
}

void file_alter(const char *path, const char *script)
{
	struct connection *connection = NULL;
	char problem[256] = "";

	assert_int_equal(
		connection_open(&driver_sqlite,
				&(struct connection_settings){.target = path, .may_write = true, .is_file = true},
				&connection, problem),
		OK);
	assert_int_equal(connection_script(connection, script), OK);
	connection_close(&connection);
}

int64_t number_at(const char *url, store_fn count)
{
	struct store *store = store_at(url);
	int64_t number = -1;

	read_ok(store, count, &number);
	assert_int_equal(store_check(store, NULL), OK);
	store_close(&store);
	return number;
}
