#include "fixture.h"

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include "server.h"

void folder_make(char folder[64])
{
	snprintf(folder, 64, "store-test-XXXXXX");
	assert_non_null(mkdtemp(folder));
}

void folder_remove(const char *folder)
{
	DIR *dir = opendir(folder);
	char path[400];

	for (struct dirent *entry = dir ? readdir(dir) : NULL; entry; entry = readdir(dir)) {
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (entry->d_name[0] != '.')
			unlink(path);
	}
	if (dir)
		closedir(dir);
	rmdir(folder);
}

struct store *store_at(const char *url)
{
	const struct store_settings settings = {.url = url, .create = true, .migrate = true};
	struct store *store = NULL;
	char problem[256] = "";

	if (store_open(&settings, &store, problem) != OK)
		fail_msg("%s", problem);
	return store;
}

static int setup(void **state, const char *url)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	folder_make(fixture->folder);
	snprintf(fixture->url, sizeof(fixture->url), "sqlite:%s/test.db", fixture->folder);
	fixture->store = store_at(url ? url : fixture->url);
	write_ok(fixture->store, people_insert, NULL);
	*state = fixture;
	return 0;
}

int memory_setup(void **state)
{
	return setup(state, "sqlite::memory:");
}

int disk_setup(void **state)
{
	return setup(state, NULL);
}

int postgres_setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	folder_make(fixture->folder);
	server_schema_url(fixture->url);
	fixture->store = store_at(fixture->url);
	write_ok(fixture->store, people_insert, NULL);
	*state = fixture;
	return 0;
}

int fixture_teardown(void **state)
{
	struct fixture *fixture = *state;

	store_close(&fixture->store);
	folder_remove(fixture->folder);
	free(fixture);
	return 0;
}

void write_ok(struct store *store, enum status (*fn)(struct store_tx *tx, void *ctx), void *ctx)
{
	assert_string_equal(status_name(store_write(store, fn, ctx)), "OK");
}

void read_ok(struct store *store, enum status (*fn)(struct store_tx *tx, void *ctx), void *ctx)
{
	struct arena *arena = arena_new(16 << 20);
	enum status status = store_read(store, arena, fn, ctx);

	arena_free(arena);
	assert_string_equal(status_name(status), "OK");
}

/* No secret here: only different for different names. */
void hash_of(const char *name, uint8_t hash[32])
{
	uint64_t mixed = 0xcbf29ce484222325u;

	for (size_t i = 0; name[i]; i++)
		mixed = (mixed ^ (unsigned char)name[i]) * 0x100000001b3u;
	for (size_t i = 0; i < 32; i++) {
		mixed = (mixed ^ i) * 0x100000001b3u;
		hash[i] = (uint8_t)(mixed >> 40);
	}
}

struct user_row user_row_of(const char *id)
{
	return (struct user_row){
		.id = id, .name = id, .display_name = "Demo", .email = "", .created_at = NOW, .updated_at = NOW};
}

struct client_row client_row_of(const char *id)
{
	return (struct client_row){
		.id = id, .name = "App", .redirect_uris = "[]", .logout_uris = "[]", .alg = "ES256", .created_at = NOW};
}

struct login_row login_row_of(const char *id, const char *user_id)
{
	struct login_row row = {.id = id,
				.version = 1,
				.client_id = "app",
				.params = "{}",
				.state = "identify",
				.user_id = user_id,
				.subject = user_id,
				.proofs = "[]",
				.ip = "192.0.2.1",
				.user_agent = "test",
				.ua_label = "Firefox on Linux",
				.created_at = NOW,
				.expires_at = NOW + 600};

	hash_of("browser", row.browser_hash);
	return row;
}

struct challenge_row challenge_row_of(const char *id, const char *user_id)
{
	return (struct challenge_row){.id = id,
				      .login_id = "login",
				      .user_id = user_id,
				      .mode = "enter",
				      .digits = 2,
				      .number = "17",
				      .code = "",
				      .nonce = "nonce",
				      .details = "{}",
				      .state = "pending",
				      .why = "Because.",
				      .client_name = "App",
				      .created_at = NOW,
				      .expires_at = NOW + 120};
}

struct device_row device_row_of(const char *id, const char *user_id)
{
	return (struct device_row){.id = id,
				   .user_id = user_id,
				   .name = "Phone",
				   .platform = "Android",
				   .jwk = "{}",
				   .thumbprint = id,
				   .state = "confirm",
				   .enrolment_id = "enrolment",
				   .created_at = NOW};
}

struct enrolment_row enrolment_row_of(const char *id, const char *user_id)
{
	struct enrolment_row row = {.id = id,
				    .user_id = user_id,
				    .sealed_secret = (const uint8_t *)"sealed",
				    .sealed_size = 6,
				    .state = "open",
				    .made_by = "command",
				    .created_at = NOW,
				    .expires_at = NOW + 600};

	hash_of(id, row.code_hash);
	return row;
}

struct totp_row totp_row_of(const char *id, const char *user_id)
{
	return (struct totp_row){.id = id,
				 .user_id = user_id,
				 .label = "App",
				 .sealed_seed = (const uint8_t *)"sealed",
				 .sealed_size = 6,
				 .algorithm = "SHA1",
				 .digits = 6,
				 .period = 30,
				 .state = "pending",
				 .created_at = NOW};
}

struct recovery_row recovery_row_of(const char *selector, const char *user_id)
{
	return (struct recovery_row){.selector = selector, .user_id = user_id, .created_at = NOW};
}

struct session_row session_row_of(const char *sid, const char *user_id)
{
	struct session_row row = {.sid = sid,
				  .user_id = user_id,
				  .proofs = "[]",
				  .acr = "mfa",
				  .amr = "[]",
				  .auth_time = NOW,
				  .ip = "192.0.2.1",
				  .ua_label = "Firefox on Linux",
				  .created_at = NOW,
				  .used_at = NOW,
				  .idle_until = NOW + 3600,
				  .ends_at = NOW + 36000};

	hash_of(sid, row.token_hash);
	hash_of("browser", row.browser_hash);
	return row;
}

struct browser_row browser_row_of(const char *id, const char *user_id)
{
	struct browser_row row = {.id = id,
				  .user_id = user_id,
				  .ip = "192.0.2.1",
				  .ua_label = "Firefox on Linux",
				  .created_at = NOW,
				  .used_at = NOW};

	hash_of(id, row.token_hash);
	return row;
}

struct grant_row grant_row_of(const char *id, const char *user_id)
{
	struct grant_row row = {.id = id,
				.client_id = "app",
				.user_id = user_id,
				.login_id = "login",
				.sid = "session",
				.redirect_uri = "https://app.example.org/cb",
				.scope = "openid",
				.acr = "mfa",
				.amr = "[]",
				.auth_time = NOW,
				.created_at = NOW,
				.expires_at = NOW + 60};

	hash_of(id, row.code_hash);
	return row;
}

struct token_row token_row_of(const char *name, const char *grant_id)
{
	struct token_row row = {.grant_id = grant_id,
				.client_id = "app",
				.user_id = "demo",
				.scope = "openid",
				.created_at = NOW,
				.expires_at = NOW + 3600};

	hash_of(name, row.token_hash);
	return row;
}

enum status people_insert(struct store_tx *tx, void *ctx)
{
	const struct user_row demo = user_row_of("demo");
	const struct user_row other = user_row_of("other");
	const struct client_row app = client_row_of("app");

	TRY(store_user_insert(tx, &demo));
	TRY(store_user_insert(tx, &other));
	return store_client_insert(tx, &app);
}
