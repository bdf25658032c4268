#ifndef BENCH_PEOPLE_H
#define BENCH_PEOPLE_H

#include "core/core.h"
#include "crypto/otp.h"
#include "http_client.h"
#include "symbolon-device.h"

/*
 * The accounts that sign in, put into the store before the daemon starts, and what their owners hold: a phone with its
 * key, a code generator, a password. Made through core and store as the command does; only the devices are rows
 * without an enrolment, whose cost is not measured here.
 */
struct person {
	char name[32];
	char id[ID_SIZE];
	char device_id[ID_SIZE];
	struct symbolon_device *device; /* people with a phone */
	struct http_stream events;      /* the phone's, once it is open */
	uint8_t seed[OTP_SEED_MAX];     /* people with a code generator */
	size_t seed_size;
	struct otp_params otp;
	int64_t last_step;
};

#define PEOPLE_PASSWORD "a password for the bench"

/* Clients, whose rules bench/run and tests/soak/lib have put into the policy. The bench uses the first three. */
enum bench_client {
	CLIENT_PUSH,
	CLIENT_CODE,
	CLIENT_PASSWORD,
	CLIENT_CONFIRM,
	CLIENT_CHOOSE,
	CLIENT_SIX,
	CLIENT_RECOVERY,
	CLIENT_KNOWN,
	CLIENT_COUNT
};
extern const char *const client_ids[CLIENT_COUNT];
#define CLIENT_REDIRECT "https://service.example.org/callback"

struct people {
	struct person *phones; /* each with one device, no password */
	size_t phone_count;
	struct person *codes; /* each with a password and a code generator */
	size_t code_count;
	char client_secret[CLIENT_COUNT][TOKEN_SIZE]; /* of the clients below */
	uint32_t hash_memory_kib, hash_passes, hash_lanes;
};

/* The store and the keys of a configuration, as the command opens them: beside a daemon or without one. */
void core_open_config(struct core *core, struct arena *arena, const char *config);
void core_close_config(struct core *core);

/* ---- accounts as rows: one commit for many ---- */

struct phone_key {
	char jwk[512];
	char thumbprint[44];
};
struct people_batch {
	const struct person *people;
	const struct phone_key *keys; /* or NULL: no phones */
	const char *password;         /* as stored, or NULL */
	size_t count;
	bool one_account; /* only the first is an account, the others are more phones of it */
	int64_t now;
};
void people_write(const struct core *core, const struct people_batch *all);
/* Draws a device and its key; the person's id is the caller's. */
void phone_draw(const struct core *core, struct person *person, struct phone_key *ret_key);
/* A code generator for an account that is there. */
void person_add_codes(const struct core *core, struct person *person);
/* Zeroed memory; there always is some. */
void *zeroed(size_t count, size_t size);

/* phone_count and code_count are set by the caller. */
void people_make(const char *config, struct people *people);
/* More accounts, with nothing, that only fill the tables. The daemon is not running. */
void people_extra(const char *config, size_t count);
/* The code that the person types next: each step once. */
void person_code(struct person *person, int64_t now, char out[16]);

#endif
