#include "accounts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "core/pass.h"
#include "core/totp_enrol.h"
#include "core/user.h"
#include "crypto/jose.h"

#define ARENA_MAX (4 * 1024 * 1024)
#define BATCH     256

void accounts_with_phone(const struct cluster *cluster, const char *prefix, struct person *people, size_t count)
{
	struct phone_key *keys = zeroed(count, sizeof(*keys));

	for (size_t i = 0; i < count; i++) {
		people[i] = (struct person){0};
		snprintf(people[i].name, sizeof(people[i].name), "%s.%zu", prefix, i);
		id_new(cluster->core.random, people[i].id);
		phone_draw(&cluster->core, &people[i], &keys[i]);
	}
	people_write(&cluster->core,
		     &(struct people_batch){.people = people, .keys = keys, .count = count, .now = clock_now()});
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
	people_write(&cluster->core,
		     &(struct people_batch){
			     .people = phones, .keys = keys, .count = count, .one_account = true, .now = clock_now()});
	free(keys);
}

void account_plain(const struct cluster *cluster, const char *name, const char *stored_password,
		   struct person *ret_person)
{
	*ret_person = (struct person){0};
	snprintf(ret_person->name, sizeof(ret_person->name), "%s", name);
	id_new(cluster->core.random, ret_person->id);
	people_write(&cluster->core, &(struct people_batch){.people = ret_person,
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
	person_add_codes(&cluster->core, person);
}

void account_add_recovery(const struct cluster *cluster, const struct person *person,
			  char codes[RECOVERY_CODES][RECOVERY_CODE_SIZE])
{
	if (recovery_issue(&cluster->core, person->id, clock_now(), codes) != OK)
		fail("recovery codes cannot be issued");
}

void account_add_pass(const struct cluster *cluster, const struct person *person, char out[64])
{
	struct pass_issued issued;

	if (pass_issue(&cluster->core, &(struct pass_wish){person->id, PASS_LENGTH, 3600}, clock_now(), &issued) != OK)
		fail("a pass cannot be issued");
	snprintf(out, 64, "%s", issued.text);
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
