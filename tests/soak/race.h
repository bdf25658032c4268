#ifndef SOAK_RACE_H
#define SOAK_RACE_H

#include <pthread.h>
#include <stdatomic.h>

#include "accounts.h"
#include "browser.h"

/*
 * A race: one thing that may be used once, and a team of racers that submit it at the same moment to different nodes.
 * A round goes through the phases below; between them the whole team waits for its slowest. What counts is kept here,
 * outside of the system: which submissions were answered with success.
 */
enum { TEAM_MAX = 16 };

struct racer {
	struct team *team;
	pthread_t thread;
	size_t index; /* in its team; 0 leads */
	struct tab tab;
	bool won;
	char body[8192]; /* prepared for submit */
	char token[2048];
};

struct race {
	const char *name;
	const char *mutation;               /* the change of the product that turns this race red */
	void (*begin)(struct team *team);   /* once for each team */
	void (*prepare)(struct team *team); /* the leader: a new thing */
	void (*ready)(struct racer *racer); /* everybody; or NULL */
	void (*submit)(struct racer *racer);
	void (*settle)(struct team *team); /* the leader; or NULL */
	void (*look)(struct racer *racer); /* everybody: did it win after all? or NULL */
	bool (*judge)(struct team *team);  /* the leader: whether what follows from it is right too; or NULL */
};
extern const struct race *const races[];
extern const size_t race_count;

struct ledger {
	atomic_size_t submissions, successes, rounds, doubles, none, wrong_after;
};

struct team {
	const struct race *race;
	struct cluster *cluster;
	struct ledger *ledger;
	size_t number, round, rounds, size;
	pthread_barrier_t barrier;
	struct racer racers[TEAM_MAX];
	/* what the races keep */
	struct person phones[TEAM_MAX];
	struct person person;
	const char *password;
	char thing[256]; /* a code, an id */
	char number_shown[16];
	char recovery[RECOVERY_CODES][RECOVERY_CODE_SIZE];
	struct symbolon_link link;
	char known[384];
	size_t visible;
};

/* Runs one race with `teams` teams of `size` racers; the ledger says how it went. */
void race_run(struct cluster *cluster, const struct race *race, size_t teams, size_t size, size_t rounds,
	      struct ledger *ledger);

#endif
