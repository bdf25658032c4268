#include "race.h"

#include <stdlib.h>
#include <string.h>

#define STACK_SIZE (1024 * 1024)

static size_t wins_count(const struct team *team)
{
	size_t wins = 0;

	for (size_t i = 0; i < team->size; i++)
		wins += team->racers[i].won;
	return wins;
}

static void round_enter(struct team *team)
{
	struct ledger *ledger = team->ledger;
	const size_t wins = wins_count(team);

	ledger->rounds++;
	ledger->submissions += team->size;
	ledger->successes += wins;
	ledger->doubles += wins > 1;
	ledger->none += wins == 0;
	if (team->race->judge && wins == 1 && !team->race->judge(team))
		ledger->wrong_after++;
}

static bool leads(const struct racer *racer)
{
	return racer->index == 0;
}

static void round_run(struct racer *racer)
{
	struct team *team = racer->team;
	const struct race *race = team->race;

	racer->won = false;
	if (leads(racer))
		race->prepare(team);
	pthread_barrier_wait(&team->barrier);
	if (race->ready)
		race->ready(racer);
	pthread_barrier_wait(&team->barrier);
	race->submit(racer);
	pthread_barrier_wait(&team->barrier);
	if (race->settle && leads(racer))
		race->settle(team);
	if (race->settle)
		pthread_barrier_wait(&team->barrier);
	if (race->look)
		race->look(racer);
	pthread_barrier_wait(&team->barrier);
	if (leads(racer)) {
		round_enter(team);
		team->round++;
	}
	pthread_barrier_wait(&team->barrier);
}

static void *racer_run(void *arg)
{
	struct racer *racer = arg;

	while (racer->team->round < racer->team->rounds)
		round_run(racer);
	return NULL;
}

static void team_open(struct team *team)
{
	const struct cluster *cluster = team->cluster;

	pthread_barrier_init(&team->barrier, NULL, (unsigned)team->size);
	for (size_t i = 0; i < team->size; i++) {
		team->racers[i] = (struct racer){.team = team, .index = i};
		tab_init(&team->racers[i].tab, &cluster->sites[(team->number + i) % cluster->count]);
	}
	if (team->race->begin)
		team->race->begin(team);
}

static void team_close(struct team *team)
{
	for (size_t i = 0; i < team->size; i++)
		tab_done(&team->racers[i].tab);
	accounts_forget(team->phones, team->size);
	pthread_barrier_destroy(&team->barrier);
}

static void teams_run(struct team *teams, size_t count)
{
	pthread_attr_t attributes;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	for (size_t t = 0; t < count; t++)
		for (size_t i = 0; i < teams[t].size; i++)
			if (pthread_create(&teams[t].racers[i].thread, &attributes, racer_run, &teams[t].racers[i]) !=
			    0)
				fail("a thread cannot be started");
	for (size_t t = 0; t < count; t++)
		for (size_t i = 0; i < teams[t].size; i++)
			pthread_join(teams[t].racers[i].thread, NULL);
	pthread_attr_destroy(&attributes);
}

void race_run(struct cluster *cluster, const struct race *race, size_t teams, size_t size, size_t rounds,
	      struct ledger *ledger)
{
	struct team *all = calloc(teams, sizeof(*all));

	if (!all || size > TEAM_MAX)
		fail("out of memory");
	for (size_t t = 0; t < teams; t++) {
		all[t] = (struct team){.race = race,
				       .cluster = cluster,
				       .ledger = ledger,
				       .number = t,
				       .size = size,
				       .rounds = rounds / teams + (t < rounds % teams)};
		team_open(&all[t]);
	}
	teams_run(all, teams);
	for (size_t t = 0; t < teams; t++)
		team_close(&all[t]);
	free(all);
}
