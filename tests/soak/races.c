#include <stdio.h>

#include "parts.h"
#include "race.h"
#include "tally.h"

/* Everything of which there is one, submitted by several at once to every node; `count` submissions in all. */
enum { TEAMS = 4, TEAM_SIZE = 8 };

static void race_judge(const struct race *race, const struct ledger *ledger)
{
	printf("  %s: %zu rounds, %zu submissions, %zu answered with success\n", race->name, ledger->rounds,
	       ledger->submissions, ledger->successes);
	printf("    turned red by: %s\n", race->mutation);
	tally(ledger->rounds > 0 && ledger->doubles == 0, "%s: %zu of %zu rounds had more than one success", race->name,
	      ledger->doubles, ledger->rounds);
	tally(ledger->none == 0, "%s: %zu rounds had none", race->name, ledger->none);
	tally(ledger->wrong_after == 0, "%s: what followed was wrong in %zu rounds", race->name, ledger->wrong_after);
}

void races_part(struct cluster *cluster, const struct size *size)
{
	const size_t each = size->count / race_count / TEAM_SIZE + 1;
	size_t submissions = 0;

	for (size_t i = 0; i < race_count; i++) {
		struct ledger ledger = {0};
		const int64_t begun_us = now_us();

		race_run(cluster, races[i], TEAMS, TEAM_SIZE, each, &ledger);
		race_judge(races[i], &ledger);
		printf("    %.1f s\n", (double)(now_us() - begun_us) / 1e6);
		submissions += ledger.submissions;
	}
	tally(submissions >= size->count, "%zu submissions in all, over %zu daemons", submissions, cluster->count);
}
