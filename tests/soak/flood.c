#include "flood.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tabs.h"
#include "tally.h"

enum { IN_FLIGHT = 64, PEOPLE = 512, SAMPLE_LEAST = 96, SAMPLE_MOST = 512, SLOWER_PERCENT = 150 };

struct crowding {
	struct person *people;
	atomic_size_t done, failed;
	_Atomic(const char *) trouble;
	int64_t *spent_us; /* of each, or NULL */
	const char *victim;
};

static void signin_work(struct tab *tab, size_t index, void *ctx)
{
	struct crowding *crowding = ctx;
	const int64_t begun_us = now_us();
	const char *trouble;

	tab_forget(tab);
	trouble = tab_signin(tab, &crowding->people[index % PEOPLE]);
	crowding->done++;
	crowding->failed += trouble != NULL;
	if (trouble)
		crowding->trouble = trouble;
	if (crowding->spent_us)
		crowding->spent_us[index] = now_us() - begun_us;
}

static int64_t cpu_spent_us(const struct cluster *cluster)
{
	struct reading reading;
	int64_t spent = 0;

	for (size_t i = 0; i < cluster->count; i++) {
		reading_take(&cluster->nodes[i], &reading);
		spent += reading.cpu_us;
	}
	return spent;
}

static struct person *people_new(struct cluster *cluster, const char *prefix)
{
	struct person *people = calloc(PEOPLE, sizeof(*people));

	if (!people)
		fail("out of memory");
	accounts_with_phone(cluster, prefix, people, PEOPLE);
	return people;
}

static void signins_run(struct cluster *cluster, struct crowding *crowding, size_t tabs, size_t count)
{
	tabs_run(&(struct tabs_work){
		.cluster = cluster, .tabs = tabs, .count = count, .work = signin_work, .ctx = crowding});
}

void concurrent_judge(struct cluster *cluster, size_t count)
{
	struct crowding crowding = {.people = people_new(cluster, "demo.crowd")};
	const int64_t begun_us = now_us();

	signins_run(cluster, &crowding, IN_FLIGHT, count);
	tally(crowding.done >= count && crowding.failed == 0,
	      "%zu sign-ins, %d at a time: %zu failed%s%s; %.0f a second", crowding.done, IN_FLIGHT, crowding.failed,
	      crowding.trouble ? ", last at: " : "", crowding.trouble ? crowding.trouble : "",
	      (double)count * 1e6 / (double)(now_us() - begun_us));
	accounts_forget(crowding.people, PEOPLE);
	free(crowding.people);
}

/* ---- logins that nobody finishes ---- */

static void abandon_work(struct tab *tab, size_t index, void *ctx)
{
	struct crowding *crowding = ctx;
	struct http_answer answer;
	char name[48];

	tab_forget(tab);
	crowding->failed += tab_authorize(tab, CLIENT_CONFIRM) != 303;
	crowding->done++;
	if (index % 4 == 0) /* names that nobody has, and one that somebody has */
		snprintf(name, sizeof(name), "demo.nobody.%zu", index);
	if (index % 2 == 0)
		crowding->failed += tab_identify(tab, index % 4 == 0 ? name : crowding->victim, &answer) != 200;
}

struct cost {
	double cpu_us;
	int64_t median_us;
};

static int ascending(const void *a, const void *b)
{
	const int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

	return (left > right) - (left < right);
}

/* What a sign-in costs now, one at a time; the first few of a kind are not counted. */
static struct cost cost_measure(struct cluster *cluster, struct crowding *crowding, size_t sample)
{
	int64_t spent[SAMPLE_MOST], cpu_us;
	struct cost cost;

	crowding->spent_us = NULL;
	signins_run(cluster, crowding, cluster->count, sample / 8);
	crowding->spent_us = spent;
	cpu_us = cpu_spent_us(cluster);
	signins_run(cluster, crowding, cluster->count, sample);
	cost.cpu_us = (double)(cpu_spent_us(cluster) - cpu_us) / (double)sample;
	qsort(spent, sample, sizeof(*spent), ascending);
	cost.median_us = spent[sample / 2];
	return cost;
}

static void slower_judge(const struct cost *before, const struct cost *after)
{
	tally(after->cpu_us * 100 <= before->cpu_us * SLOWER_PERCENT, "CPU of a sign-in: %.0f us before, %.0f us after",
	      before->cpu_us, after->cpu_us);
	tally(after->median_us * 100 <= before->median_us * SLOWER_PERCENT,
	      "time of a sign-in, median: %.1f ms before, %.1f ms after", (double)before->median_us / 1000,
	      (double)after->median_us / 1000);
}

/* One that was begun before them all, by the very person whose name they take. */
static void early_judge(struct tab *early, const struct person *person)
{
	struct http_answer answer;
	char id[64] = "", body[4096], state[32] = "";
	struct symbolon_challenge *challenge = NULL;
	int status = 0;

	if (tab_post(early, "push", "{}", &answer) == 200 && phone_pending(early, person, id, NULL))
		challenge = phone_details(early, person, id, &status);
	if (challenge) {
		phone_answer_make(person, challenge, SYMBOLON_APPROVE, NULL, body, sizeof(body));
		phone_answer_send(early, person, id, body, state);
		symbolon_challenge_free(&challenge);
	}
	tally(strcmp(state, "approved") == 0 && tab_finish(early) == 200 && *early->code,
	      "a sign-in begun before them is finished after them");
}

void abandoned_judge(struct cluster *cluster, size_t count)
{
	const size_t sample = count / 100 < SAMPLE_LEAST  ? SAMPLE_LEAST
			      : count / 100 > SAMPLE_MOST ? SAMPLE_MOST
							  : count / 100;
	struct crowding crowding = {.people = people_new(cluster, "demo.real")}, flood = {0};
	struct cost before, after;
	struct http_answer answer;
	struct tab early;
	int64_t begun_us;

	before = cost_measure(cluster, &crowding, sample);
	flood.victim = crowding.people[0].name;
	tab_init(&early, &cluster->sites[0]);
	if (tab_authorize(&early, CLIENT_CONFIRM) != 303 || tab_identify(&early, flood.victim, &answer) != 200)
		fail("a sign-in did not begin");
	begun_us = now_us();
	tabs_run(&(struct tabs_work){
		.cluster = cluster, .tabs = IN_FLIGHT, .count = count, .work = abandon_work, .ctx = &flood});
	tally(flood.done >= count && flood.failed == 0, "%zu sign-ins begun and left, %zu refused; in %.0f s",
	      flood.done, flood.failed, (double)(now_us() - begun_us) / 1e6);
	early_judge(&early, &crowding.people[0]);
	tab_done(&early);
	after = cost_measure(cluster, &crowding, sample);
	slower_judge(&before, &after);
	tally(crowding.failed == 0, "real sign-ins before and after: %zu, %zu failed", crowding.done, crowding.failed);
	accounts_forget(crowding.people, PEOPLE);
	free(crowding.people);
}
