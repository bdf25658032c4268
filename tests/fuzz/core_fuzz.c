#include "core_fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "core/keyring.h"
#include "core/policy.h"
#include "crypto/hash.h"
#include "keyholder/client.h"

#define WORLD_TURNS 500

static const char yaml[] = "issuer: https://id.example.org\npolicy: { default: { ask: [\"push:enter:2\"] } }\n";
static const char decision[] = "{\"policy\":\"%s\",\"outcome\":\"ask\",\"rule\":\"default\","
			       "\"asked\":[[\"push:enter:2\"]],\"why_key\":\"enter_default\",\"why\":\"Why.\"}";
static const char params[] = "{\"redirect_uri\":\"https://app.example.org/"
			     "cb\",\"response_mode\":\"query\",\"scope\":\"openid\",\"max_age\":-1}";

static struct world *the_world;

void must(bool holds)
{
	if (!holds)
		abort();
}

static enum status people_write(struct store_tx *tx, void *ctx)
{
	const struct world *world = ctx;
	const struct user_row user = {
		.id = world->user_id, .name = "demo", .display_name = "", .email = "", .created_at = FUZZ_NOW};
	const struct client_row client = {.id = "app",
					  .name = "App",
					  .redirect_uris = "[\"https://app.example.org/cb\"]",
					  .logout_uris = "[]",
					  .alg = "ES256",
					  .created_at = FUZZ_NOW};

	TRY(store_user_insert(tx, &user));
	TRY(store_client_insert(tx, &client));
	return store_device_insert(tx, &world->device);
}

static enum status challenge_write(struct store_tx *tx, void *ctx)
{
	const struct world *world = ctx;
	struct login_row login = {.id = world->challenge_id,
				  .client_id = "app",
				  .params = params,
				  .state = "prove",
				  .user_id = world->user_id,
				  .subject = world->user_id,
				  .username = "demo",
				  .proofs = "[]",
				  .decision = world->decision,
				  .challenge_id = world->challenge_id,
				  .ip = "192.0.2.7",
				  .user_agent = "",
				  .ua_label = "A browser",
				  .created_at = FUZZ_NOW,
				  .expires_at = FUZZ_NOW + 600};
	struct challenge_row challenge = {.id = world->challenge_id,
					  .login_id = world->challenge_id,
					  .user_id = world->user_id,
					  .mode = "enter",
					  .digits = 2,
					  .number = "42",
					  .code = "",
					  .nonce = "NNNNNNNNNNNNNNNNNNNNNN",
					  .details = "{}",
					  .state = "pending",
					  .why = "Why.",
					  .client_name = "App",
					  .created_at = FUZZ_NOW,
					  .expires_at = FUZZ_NOW + 120};

	sha256("{}", 2, challenge.shown);
	TRY(store_login_insert(tx, &login));
	return store_challenge_insert(tx, &challenge);
}

static void challenge_make(struct world *world)
{
	snprintf(world->challenge_id, sizeof(world->challenge_id), "c%021u", world->settled);
	must(store_write(world->core.store, challenge_write, world) == OK);
}

static void device_make(struct world *world)
{
	char thumbprint[44];

	must(jose_key_generate(JOSE_ES256, &world->key) == OK);
	if (jose_key_thumbprint(world->key, thumbprint) != OK)
		abort();
	world->device = (struct device_row){.id = "DDDDDDDDDDDDDDDDDDDDDD",
					    .user_id = world->user_id,
					    .name = "A phone",
					    .platform = "",
					    .jwk = jose_key_public(world->arena, world->key, NULL),
					    .thumbprint = arena_strdup(world->arena, thumbprint),
					    .state = "active",
					    .enrolment_id = "e",
					    .created_at = FUZZ_NOW};
}

static struct world *world_new(void)
{
	static const uint8_t kek[32] = "a key-encryption key for tests";
	const struct store_settings store = {.url = "sqlite::memory:", .readers = 1, .create = true, .migrate = true};
	struct world *world = calloc(1, sizeof(*world));
	struct keyholder_transport transport;
	const struct settings *settings;
	struct text errors;

	must(world != NULL);
	log_level_set(LOG_ERROR_);
	world->arena = arena_new(16 << 20);
	text_init(&errors, 4096);
	must(settings_parse(world->arena, "/etc/symbolon.yaml", yaml, strlen(yaml), &settings, &errors) == OK);
	text_done(&errors);
	world->settings = *settings;
	snprintf(world->decision, sizeof(world->decision), decision, policy_mark(settings->policy));
	world->random = random_seed(&world->seeded, 7);
	world->core = (struct core){.settings = &world->settings, .random = &world->random};
	must(store_open(&store, &world->core.store, NULL) == OK);
	must(transport_local_new(kek, &transport) == OK && keyholder_connect(&transport, &world->core.keyholder) == OK);
	must(keyring_init(world->core.store, world->core.keyholder, FUZZ_NOW) == OK);
	must(keyring_open(world->core.store, &world->core.keyring) == OK);
	memcpy(world->user_id, "UUUUUUUUUUUUUUUUUUUUUU", ID_SIZE);
	device_make(world);
	must(store_write(world->core.store, people_write, world) == OK);
	challenge_make(world);
	return world;
}

static void world_free(struct world *world)
{
	keyring_close(&world->core.keyring);
	store_close(&world->core.store);
	keyholder_close(&world->core.keyholder);
	jose_key_free(&world->key);
	arena_free(world->arena);
	free(world);
}

static void world_end(void)
{
	world_free(the_world);
}

struct world *world_get(void)
{
	if (!the_world) {
		the_world = world_new();
		must(atexit(world_end) == 0);
	}
	return the_world;
}

struct world *world_turn(struct world *world)
{
	if (++world->settled < WORLD_TURNS)
		return world;
	world_free(world);
	the_world = world_new();
	return the_world;
}

struct world *world_next_challenge(struct world *world)
{
	struct world *next = world_turn(world);

	if (next->settled > 0)
		challenge_make(next);
	return next;
}

/* ---- bent signatures ---- */

static void members_bend(json_t *object, const json_t *change)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)change, key, value) {
		if (json_is_null(value))
			json_object_del(object, key);
		else
			must(json_object_set(object, key, value) == 0);
	}
}

static bool bend(json_t *object, const char *text, size_t size)
{
	scoped_json *change = NULL;

	if (size == 0)
		return true;
	if (json_parse_limited(text, size, 6, &change) != OK || !json_is_object(change))
		return false;
	members_bend(object, change);
	return true;
}

bool bent_sign(struct arena *arena, const struct jose_key *key, json_t *header, json_t *claims, const char *text,
	       struct bent *ret_bent)
{
	const size_t first = strcspn(text, "\n");
	const char *rest = text + first + (text[first] == '\n');
	const char *payload;
	char *jws;

	if (!bend(header, text, first) || !bend(claims, rest, strlen(rest)))
		return false;
	payload = json_format(arena, claims);
	if (!payload || jose_sign(arena, key, header, payload, strlen(payload), &jws) != OK)
		return false;
	*ret_bent = (struct bent){.header = header, .claims = claims, .jws = jws};
	return true;
}

bool claim_equals(const json_t *claims, const char *name, const char *value)
{
	const char *claim = json_get_string(claims, name);

	return claim && strcmp(claim, value) == 0;
}
