#ifndef SOAK_ODDS_H
#define SOAK_ODDS_H

#include "accounts.h"
#include "browser.h"

/* Attackers who keep trying; each tallies its tests. */

/* `attacks` on people who always type 42, by somebody who starts again until the page shows 42. */
void reroll_judge(struct cluster *cluster, struct person *people, size_t people_count, size_t attacks);
/* `tries` codes at one account's generator within 30 days of the test clock. */
void codes_judge(struct cluster *cluster, size_t tries);
/* `tries` requests of six digits at one person, who answers all that pop up, within 30 days of the test clock. */
void six_judge(struct cluster *cluster, size_t tries);

/* The person types `guess`; whether it was approved. */
bool request_answer(struct tab *tab, const struct person *person, const char *id, const char *guess);

#endif
