#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flood.h"
#include "parts.h"
#include "tabs.h"
#include "tally.h"

/*
 * Push bombing: sign-ins of one person begun from 100 addresses at all nodes. What
 * popped up is read from the store, where each request says so.
 */
enum { ADDRESSES = 100, WINDOW_POPUPS = 3, POPUPS = 10, WINDOWS = 8, BETWEEN_S = 660, FIRST_ADDRESS = 0x000101 };

struct bombing {
	struct cluster *cluster;
	struct person victim;
	struct http_place places[ADDRESSES];
	struct site sites[ADDRESSES];
	atomic_size_t starts, refused;
	atomic_bool over;
	char known[384];
	size_t own, own_failed;
	int64_t own_worst_us;
	char own_trouble[64];
};

static void addresses_make(struct bombing *bombing)
{
	for (size_t i = 0; i < ADDRESSES; i++) {
		const struct site *site = &bombing->cluster->sites[i % bombing->cluster->count];

		bombing->places[i] = *site->place;
		bombing->places[i].source = FIRST_ADDRESS + (uint32_t)i;
		bombing->sites[i] = *site;
		bombing->sites[i].place = &bombing->places[i];
	}
}

/* A bot without cookies: each start is another browser. */
static void start_work(struct tab *tab, size_t index, void *ctx)
{
	struct bombing *bombing = ctx;
	struct http_answer answer;

	tab_forget(tab);
	if (tab_authorize(tab, CLIENT_CONFIRM) != 303 || tab_identify(tab, bombing->victim.name, &answer) != 200)
		bombing->refused++;
	bombing->starts++;
	/* Now and then a bot makes room for the next, or nothing but the first would ever hold the place. */
	if (index % 2 == 0)
		tab_post(tab, "cancel", "{}", &answer);
}

static void bomb(struct bombing *bombing, size_t starts)
{
	tabs_run(&(struct tabs_work){.cluster = bombing->cluster,
				     .sites = bombing->sites,
				     .site_count = ADDRESSES,
				     .tabs = ADDRESSES,
				     .count = starts,
				     .work = start_work,
				     .ctx = bombing});
}

/* The person at the known browser, signing in again and again. */
static void *person_run(void *ctx)
{
	struct bombing *bombing = ctx;
	struct tab tab;

	tab_init(&tab, &bombing->cluster->sites[0]);
	memcpy(tab.jar.known, bombing->known, sizeof(tab.jar.known));
	snprintf(tab.jar.browser, sizeof(tab.jar.browser), "__Host-symbolon-nothing=0");
	while (!bombing->over) {
		const int64_t begun_us = now_us();
		const char *trouble = tab_signin(&tab, &bombing->victim);
		const int64_t spent_us = now_us() - begun_us;

		bombing->own++;
		bombing->own_failed += trouble != NULL;
		if (trouble)
			snprintf(bombing->own_trouble, sizeof(bombing->own_trouble), ", last at: %s", trouble);
		if (spent_us > bombing->own_worst_us)
			bombing->own_worst_us = spent_us;
		rest_ms(100);
	}
	tab_done(&tab);
	return NULL;
}

/* ---- what popped up ---- */

struct popups {
	const char *user_id;
	size_t limit;
	size_t strangers, own, challenges;
};

static enum status popups_read(struct store_tx *tx, void *ctx)
{
	struct popups *popups = ctx;
	struct challenge_row *rows;
	size_t count;

	TRY(store_challenge_recent(tx, popups->user_id, popups->limit, &rows, &count));
	popups->challenges = count;
	for (size_t i = 0; i < count; i++) {
		popups->own += rows[i].popup && rows[i].known_browser;
		popups->strangers += rows[i].popup && !rows[i].known_browser;
	}
	return OK;
}

static struct popups popups_count(struct bombing *bombing, size_t limit)
{
	struct popups popups = {.user_id = bombing->victim.id, .limit = limit};
	scoped_arena *arena = arena_new(1024 * 1024 * 1024);

	if (store_read(bombing->cluster->core.store, arena, popups_read, &popups) != OK)
		fail("the challenges cannot be read");
	return popups;
}

static void bombing_judge(struct bombing *bombing, size_t starts)
{
	const struct popups popups = popups_count(bombing, 4 * starts + 1000);

	tally(bombing->starts >= starts && bombing->refused == 0, "%zu sign-ins begun from %d addresses over %zu nodes",
	      bombing->starts, ADDRESSES, bombing->cluster->count);
	/* May be none: the person's own request can hold the place all the time. That they can pop up shows the patient
	 * bot. */
	tally(popups.strangers <= WINDOW_POPUPS,
	      "of strangers' requests %zu popped up, at most %d in 10 minutes (%zu requests kept)", popups.strangers,
	      WINDOW_POPUPS, popups.challenges);
	tally(bombing->own > 0 && bombing->own_failed == 0,
	      "the person's own sign-ins in a known browser meanwhile: %zu, %zu failed%s; the slowest took %.0f ms",
	      bombing->own, bombing->own_failed, bombing->own_trouble, (double)bombing->own_worst_us / 1000);
	tally(popups.own == bombing->own, "and %zu of them popped up", popups.own);
}

/* ---- ten in all: a patient bot that starts three times in each window ---- */

static void patient_judge(struct cluster *cluster)
{
	struct bombing bombing = {.cluster = cluster};
	struct tab tab;
	struct http_answer answer;
	size_t most = 0, before = 0, now = 0;

	account_with_phones(cluster, "demo.patient", &bombing.victim, 1);
	for (int window = 0; window < WINDOWS; window++, before = now) {
		tab_init(&tab, &cluster->sites[(size_t)window % cluster->count]);
		if (tab_authorize(&tab, CLIENT_CONFIRM) != 303 ||
		    tab_identify(&tab, bombing.victim.name, &answer) != 200)
			fail("a sign-in did not begin");
		for (int i = 1; i < WINDOW_POPUPS + 1; i++)
			tab_post(&tab, "push", "{}", &answer);
		tab_done(&tab);
		now = popups_count(&bombing, 1000).strangers;
		most = now - before > most ? now - before : most;
		cluster_clock_add(BETWEEN_S);
	}
	tally(now > 0 && now <= POPUPS && most <= WINDOW_POPUPS,
	      "a patient bot over %d windows: %zu popped up, at most %zu in a window; the limits are %d and %d",
	      WINDOWS, now, most, POPUPS, WINDOW_POPUPS);
	accounts_forget(&bombing.victim, 1);
}

void bombing_part(struct cluster *cluster, const struct size *size)
{
	static struct bombing bombing;
	char id[ID_SIZE];
	pthread_t person;

	bombing.cluster = cluster;
	account_with_phones(cluster, "demo.victim", &bombing.victim, 1);
	account_set_known(cluster, &bombing.victim, bombing.known, id);
	addresses_make(&bombing);
	bomb(&bombing, 1); /* before the person is there, who else may hold the place all the time */
	if (pthread_create(&person, NULL, person_run, &bombing) != 0)
		fail("a thread cannot be started");
	bomb(&bombing, size->count);
	bombing.over = true;
	pthread_join(person, NULL);
	bombing_judge(&bombing, size->count);
	concurrent_judge(cluster, size->count);
	abandoned_judge(cluster, 10 * size->count);
	patient_judge(cluster);
	accounts_forget(&bombing.victim, 1);
}
