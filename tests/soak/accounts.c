#include "accounts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "core/totp_enrol.h"
#include "core/user.h"
#include "crypto/jose.h"

#define ARENA_MAX (4 * 1024 * 1024)
#define BATCH     256

struct phone_key {
	char jwk[512];
	char thumbprint[44];
};

struct batch {
	const struct person *people;
	const struct phone_key *keys; /* or NULL: no phones */
	const char *password;
	size_t count;
	bool one_account; /* only the first is an account, the others are more phones of it */
	int64_t now;
};

static void *zeroed(size_t count, size_t size)
{
	void *memory = calloc(count, size);

	if (!memory)
		fail("out of memory");
	return memory;
}

static enum status person_write(struct store_tx *tx, const struct batch *batch, size_t i)
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
					  .platform = "soak",
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
	const struct batch *batch = ctx;

	for (size_t i = 0; i < batch->count; i++)
		TRY(person_write(tx, batch, i));
	return OK;
}

static void batches_write(const struct core *core, const struct batch *all)
{
	for (size_t at = 0; at < all->count; at += BATCH) {
		struct batch batch = *all;

		batch.people += at;
		batch.keys += batch.keys ? at : 0;
		batch.count = all->count - at < BATCH ? all->count - at : BATCH;
		if (store_write(core->store, batch_write, &batch) != OK)
			fail("the accounts cannot be stored");
	}
}

static void phone_draw(const struct core *core, struct person *person, struct phone_key *key)
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
	if (!public_jwk || strlen(public_jwk) >= sizeof(key->jwk))
		fail("a device's key cannot be written");
	memcpy(key->jwk, public_jwk, strlen(public_jwk) + 1);
	jose_key_thumbprint(parsed, key->thumbprint);
}

void accounts_with_phone(const struct cluster *cluster, const char *prefix, struct person *people, size_t count)
{
	struct phone_key *keys = zeroed(count, sizeof(*keys));

	for (size_t i = 0; i < count; i++) {
		people[i] = (struct person){0};
		snprintf(people[i].name, sizeof(people[i].name), "%s.%zu", prefix, i);
		id_new(cluster->core.random, people[i].id);
		phone_draw(&cluster->core, &people[i], &keys[i]);
	}
	batches_write(&cluster->core,
		      &(struct batch){.people = people, .keys = keys, .count = count, .now = clock_now()});
	free(keys);
}

void account_with_phones(const struct cluster *cluster, const char *name, struct person *phones, size_t count)
{
	struct phone_key *keys = zeroed(count, sizeof(*keys));

	for (size_t i = 0; i < count; i++) {
		phones[i] = (struct person){0};
		if (i == 0)
			id_new(cluster->core.random, phones[0].id);
		snprintf(phones[i].name, sizeof(phones[i].name), "%s", name);
		memcpy(phones[i].id, phones[0].id, ID_SIZE);
		phone_draw(&cluster->core, &phones[i], &keys[i]);
	}
	batches_write(&cluster->core,
		      &(struct batch){
			      .people = phones, .keys = keys, .count = count, .one_account = true, .now = clock_now()});
	free(keys);
}

void account_plain(const struct cluster *cluster, const char *name, const char *stored_password,
		   struct person *ret_person)
{
	*ret_person = (struct person){0};
	snprintf(ret_person->name, sizeof(ret_person->name), "%s", name);
	id_new(cluster->core.random, ret_person->id);
	batches_write(&cluster->core, &(struct batch){.people = ret_person,
						      .password = stored_password,
						      .count = 1,
						      .now = clock_now()});
}

void accounts_forget(struct person *people, size_t count)
{
	for (size_t i = 0; i < count; i++)
		symbolon_device_free(&people[i].device);
}

void account_add_codes(const struct cluster *cluster, struct person *person)
{
	const struct totp_wish wish = {
		.user_id = person->id, .username = person->name, .label = "Soak", .algorithm = "SHA1", .digits = 6};
	scoped_arena *arena = arena_new(ARENA_MAX);
	struct totp_enrolment enrolment;
	struct otpauth otp;
	const char *problem = "failed";
	char code[16];
	const int64_t now = clock_now();

	if (totp_enrol_start(&cluster->core, arena, &wish, now, &enrolment) != OK ||
	    otpauth_parse(arena, enrolment.otpauth, &otp, &problem) != OK)
		fail("a code generator cannot be made: %s", problem);
	memcpy(person->seed, otp.seed, otp.seed_size);
	person->seed_size = otp.seed_size;
	person->otp = otp.params;
	person_code(person, now, code);
	if (totp_enrol_confirm(&cluster->core, arena, enrolment.id, code, now) != OK)
		fail("a code generator is not accepted");
}

void account_add_recovery(const struct cluster *cluster, const struct person *person,
			  char codes[RECOVERY_CODES][RECOVERY_CODE_SIZE])
{
	if (recovery_issue(&cluster->core, person->id, clock_now(), codes) != OK)
		fail("recovery codes cannot be issued");
}

struct known_new {
	struct browser_row row;
};

static enum status known_write(struct store_tx *tx, void *ctx)
{
	const struct known_new *known = ctx;

	TRY(store_browser_remove_all(tx, known->row.user_id));
	return store_browser_insert(tx, &known->row);
}

void account_set_known(const struct cluster *cluster, const struct person *person, char cookie[384], char id[ID_SIZE])
{
	char token[TOKEN_SIZE];
	struct known_new known = {.row = {.id = id,
					  .user_id = person->id,
					  .ip = "127.0.0.1",
					  .ua_label = "Firefox on Linux",
					  .created_at = clock_now(),
					  .used_at = clock_now()}};

	id_new(cluster->core.random, id);
	token_new(cluster->core.random, token);
	token_hash(token, known.row.token_hash);
	if (store_write(cluster->core.store, known_write, &known) != OK)
		fail("a known browser cannot be stored");
	snprintf(cookie, 384, "__Host-symbolon-known=%s.%s", id, token);
}

struct calm {
	const struct person *people;
	size_t count;
};

static enum status calm_write(struct store_tx *tx, void *ctx)
{
	const struct calm *calm = ctx;

	for (size_t i = 0; i < calm->count; i++) {
		TRY(store_user_set_caution(tx, calm->people[i].id, 0, 0));
		TRY(store_attempt_clear(tx, calm->people[i].id, "push"));
	}
	return OK;
}

void accounts_calm(const struct cluster *cluster, const struct person *people, size_t count)
{
	for (size_t at = 0; at < count; at += BATCH) {
		struct calm calm = {&people[at], count - at < BATCH ? count - at : BATCH};

		if (store_write(cluster->core.store, calm_write, &calm) != OK)
			fail("accounts cannot be reset");
	}
}

struct troubling {
	const struct person *person;
	enum account_trouble trouble;
	unsigned pushes;
};

static enum status trouble_write(struct store_tx *tx, void *ctx)
{
	const struct troubling *troubling = ctx;
	const char *id = troubling->person->id;
	const int64_t now = clock_now();

	if (troubling->trouble == TROUBLE_CAUTION)
		return store_user_set_caution(tx, id, 6, now + 86400);
	if (troubling->trouble == TROUBLE_DISABLED)
		return store_user_set_disabled(tx, id, true, now);
	for (unsigned i = 0; i < troubling->pushes; i++)
		TRY(store_attempt_insert(tx, id, "push", now));
	return OK;
}

void account_set_trouble(const struct cluster *cluster, const struct person *person, enum account_trouble trouble)
{
	struct troubling troubling = {person, trouble, cluster->core.settings->budget.pushes};

	if (store_write(cluster->core.store, trouble_write, &troubling) != OK)
		fail("an account cannot be changed");
}

/* ---- a password ---- */

struct stored {
	const char *user_id;
	struct user_row row;
};

static enum status stored_read(struct store_tx *tx, void *ctx)
{
	struct stored *stored = ctx;

	return store_user_find(tx, stored->user_id, &stored->row);
}

const char *password_stored(const struct cluster *cluster)
{
	const struct user_new user = {.name = "demo.password", .password = PEOPLE_PASSWORD};
	const char *problem = "failed";
	char id[ID_SIZE];
	struct stored stored = {.user_id = id};

	if (user_add(&cluster->core, cluster->arena, &user, clock_now(), id, &problem) != OK)
		fail("user %s: %s", user.name, problem);
	if (store_read(cluster->core.store, cluster->arena, stored_read, &stored) != OK)
		fail("user %s cannot be read", user.name);
	return stored.row.password;
}
