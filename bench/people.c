#include "people.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "core/client.h"
#include "core/keyring.h"
#include "core/totp_enrol.h"
#include "core/user.h"
#include "crypto/jose.h"

#define ARENA_MAX (64 * 1024 * 1024)
#define BATCH     256
#define PERIOD_S  30

const char *const client_ids[CLIENT_COUNT] = {
	[CLIENT_PUSH] = "bench-push",         [CLIENT_CODE] = "bench-code",     [CLIENT_PASSWORD] = "bench-password",
	[CLIENT_CONFIRM] = "bench-confirm",   [CLIENT_CHOOSE] = "bench-choose", [CLIENT_SIX] = "bench-six",
	[CLIENT_RECOVERY] = "bench-recovery", [CLIENT_KNOWN] = "bench-known",
};

void core_open_config(struct core *core, struct arena *arena, const char *config)
{
	char problem[256] = "cannot be opened";
	struct text errors;

	*core = (struct core){.random = &random_system};
	text_init(&errors, 16 * 1024);
	if (settings_load(arena, config, &core->settings, &errors) != OK)
		fail("%s: %s", config, errors.size ? errors.data : "cannot be read");
	text_done(&errors);
	if (store_open(&(struct store_settings){.url = core->settings->database, .migrate = true, .readers = 1},
		       &core->store, problem) != OK ||
	    keyholder_open(core->settings->kek, &core->keyholder, problem) != OK)
		fail("%s: %s", config, problem);
	if (keyring_open(core->store, &core->keyring) != OK)
		fail("%s: the keys cannot be read", config);
}

void core_close_config(struct core *core)
{
	keyring_close(&core->keyring);
	keyholder_close(&core->keyholder);
	store_close(&core->store);
}

void *zeroed(size_t count, size_t size)
{
	void *memory = calloc(count ? count : 1, size);

	if (!memory)
		fail("out of memory");
	return memory;
}

/* ---- clients ---- */

static void clients_make(const struct core *core, struct arena *arena, struct people *people)
{
	static const char *const uris[] = {CLIENT_REDIRECT};

	for (size_t i = 0; i < ARRAY_COUNT(client_ids); i++) {
		const struct client_new client = {.id = client_ids[i],
						  .name = "Bench",
						  .redirect_uris = uris,
						  .redirect_uri_count = 1};
		const char *problem = "failed";

		if (client_add(core, arena, &client, clock_now(), people->client_secret[i], &problem) != OK)
			fail("client %s: %s", client_ids[i], problem);
	}
}

/* ---- accounts in batches, as rows: one commit for many ---- */

static enum status person_write(struct store_tx *tx, const struct people_batch *batch, size_t i)
{
	const struct person *person = &batch->people[i];
	const struct user_row user = {.id = person->id,
				      .name = person->name,
				      .display_name = "",
				      .email = "",
				      .password = batch->password,
				      .password_at = batch->password ? batch->now : 0,
				      .created_at = batch->now,
				      .updated_at = batch->now};
	const struct device_row device = {.id = person->device_id,
					  .user_id = person->id,
					  .name = "Phone",
					  .platform = "bench",
					  .jwk = batch->keys ? batch->keys[i].jwk : "",
					  .thumbprint = batch->keys ? batch->keys[i].thumbprint : "",
					  .state = "active",
					  .enrolment_id = "",
					  .created_at = batch->now};

	if (i == 0 || !batch->one_account)
		TRY(store_user_insert(tx, &user));
	return batch->keys ? store_device_insert(tx, &device) : OK;
}

static enum status batch_write(struct store_tx *tx, void *ctx)
{
	const struct people_batch *batch = ctx;

	for (size_t i = 0; i < batch->count; i++)
		TRY(person_write(tx, batch, i));
	return OK;
}

void people_write(const struct core *core, const struct people_batch *all)
{
	for (size_t at = 0; at < all->count; at += BATCH) {
		struct people_batch batch = *all;

		batch.people += at;
		batch.keys += batch.keys ? at : 0;
		batch.count = all->count - at < BATCH ? all->count - at : BATCH;
		if (store_write(core->store, batch_write, &batch) != OK)
			fail("the accounts cannot be stored");
	}
}

void phone_draw(const struct core *core, struct person *person, struct phone_key *ret_key)
{
	scoped_arena *arena = arena_new(ARENA_MAX);
	scoped_jose_key *parsed = NULL;
	const char *public_jwk;
	char *private_jwk;

	id_new(core->random, person->device_id);
	if (symbolon_key_generate(&private_jwk) != SYMBOLON_OK ||
	    jose_key_parse(private_jwk, strlen(private_jwk), &parsed) != OK ||
	    symbolon_device_new(core->settings->issuer, person->device_id, private_jwk, &person->device) != SYMBOLON_OK)
		fail("a device's key cannot be made");
	symbolon_text_free(&private_jwk);
	public_jwk = jose_key_public(arena, parsed, NULL);
	if (!public_jwk || strlen(public_jwk) >= sizeof(ret_key->jwk))
		fail("a device's key cannot be written");
	memcpy(ret_key->jwk, public_jwk, strlen(public_jwk) + 1);
	if (jose_key_thumbprint(parsed, ret_key->thumbprint) != OK)
		fail("a device's key has no thumbprint");
}

static void phones_make(const struct core *core, struct people *people)
{
	struct phone_key *keys = zeroed(people->phone_count, sizeof(*keys));

	people->phones = zeroed(people->phone_count, sizeof(*people->phones));
	for (size_t i = 0; i < people->phone_count; i++) {
		snprintf(people->phones[i].name, sizeof(people->phones[i].name), "demo.phone.%zu", i);
		id_new(core->random, people->phones[i].id);
		phone_draw(core, &people->phones[i], &keys[i]);
	}
	people_write(core, &(struct people_batch){.people = people->phones,
						  .keys = keys,
						  .count = people->phone_count,
						  .now = clock_now()});
	free(keys);
}

/* ---- people with a password and a code generator ---- */

void person_add_codes(const struct core *core, struct person *person)
{
	const struct totp_wish wish = {
		.user_id = person->id, .username = person->name, .label = "Bench", .algorithm = "SHA1", .digits = 6};
	scoped_arena *arena = arena_new(ARENA_MAX);
	struct totp_enrolment enrolment;
	struct otpauth otp;
	const char *problem = "failed";
	char code[16];
	const int64_t now = clock_now();

	if (totp_enrol_start(core, arena, &wish, now, &enrolment) != OK ||
	    otpauth_parse(arena, enrolment.otpauth, &otp, &problem) != OK)
		fail("a code generator cannot be made: %s", problem);
	memcpy(person->seed, otp.seed, otp.seed_size);
	person->seed_size = otp.seed_size;
	person->otp = otp.params;
	person_code(person, now, code); /* the step before this one */
	if (totp_enrol_confirm(core, arena, enrolment.id, code, now) != OK)
		fail("a code generator is not accepted");
}

static void code_make(const struct core *core, struct arena *arena, struct person *person)
{
	const struct user_new user = {.name = person->name, .password = PEOPLE_PASSWORD};
	const char *problem = "failed";

	if (user_add(core, arena, &user, clock_now(), person->id, &problem) != OK)
		fail("user %s: %s", person->name, problem);
	person_add_codes(core, person);
}

static void codes_make(const struct core *core, struct arena *arena, struct people *people)
{
	people->codes = zeroed(people->code_count, sizeof(*people->codes));
	for (size_t i = 0; i < people->code_count; i++) {
		snprintf(people->codes[i].name, sizeof(people->codes[i].name), "demo.code.%zu", i);
		code_make(core, arena, &people->codes[i]);
	}
}

void person_code(struct person *person, int64_t now, char out[16])
{
	const int64_t first = now / PERIOD_S - 1;
	const int64_t step = person->last_step + 1 > first ? person->last_step + 1 : first;

	if (step > now / PERIOD_S + 1)
		fail("%s has no code left: each step of 30 s is good once", person->name);
	if (otp_code(person->seed, person->seed_size, &person->otp, step, out) != OK)
		fail("a code cannot be computed");
	person->last_step = step;
}

/* ---- accounts that only fill the tables ---- */

void people_extra(const char *config, size_t count)
{
	scoped_arena *arena = arena_new(ARENA_MAX);
	struct person *people = zeroed(count, sizeof(*people));
	struct core core;

	core_open_config(&core, arena, config);
	for (size_t i = 0; i < count; i++) {
		id_new(core.random, people[i].id);
		snprintf(people[i].name, sizeof(people[i].name), "demo.extra.%zu", i);
	}
	people_write(&core, &(struct people_batch){.people = people, .count = count, .now = clock_now()});
	core_close_config(&core);
	free(people);
}

void people_make(const char *config, struct people *people)
{
	scoped_arena *arena = arena_new(ARENA_MAX);
	struct core core;

	core_open_config(&core, arena, config);
	people->hash_memory_kib = core.settings->password.memory_kib;
	people->hash_passes = core.settings->password.passes;
	people->hash_lanes = core.settings->password.lanes;
	clients_make(&core, arena, people);
	phones_make(&core, people);
	codes_make(&core, arena, people);
	core_close_config(&core);
}
