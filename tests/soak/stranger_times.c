#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "stranger.h"
#include "statistics.h"
#include "tabs.h"
#include "tally.h"

/*
 * Times that Welch's test cannot tell apart (|t| < 4.5, as dudect has it): every other login is of an unknown name, the
 * ones between take turns. Each name is used once, from an address of its own, so that no delay is due.
 */
enum { IN_FLIGHT = 6, KINDS = WHO_COUNT - 1, T_MOST_TIMES_10 = 45 };

struct timing {
	struct named *named;
	pthread_mutex_t lock;
	struct moments identify[WHO_COUNT], password[WHO_COUNT];
};

static void moments_note(struct timing *timing, struct moments *moments, int64_t begun_us)
{
	const double spent_ms = (double)(now_us() - begun_us) / 1000;

	pthread_mutex_lock(&timing->lock);
	moments_add(moments, spent_ms);
	pthread_mutex_unlock(&timing->lock);
}

static void timing_work(struct tab *tab, size_t index, void *ctx)
{
	struct timing *timing = ctx;
	const struct named *named = &timing->named[index];
	/* Both clients in turn: a push starts with identify, or a password is hashed. */
	const bool types = (index / 2) % 2 == 0;
	struct http_answer answer;
	int64_t begun_us;

	tab_forget(tab);
	tab_move(tab);
	if (tab_authorize(tab, types ? CLIENT_PASSWORD : CLIENT_SIX) != 303)
		fail("GET /authorize is refused");
	begun_us = now_us();
	if (tab_identify(tab, named->person.name, &answer) != 200)
		fail("identify: status %d", answer.status);
	if (!types) {
		moments_note(timing, &timing->identify[named->who], begun_us);
		return;
	}
	begun_us = now_us();
	tab_post(tab, "password", "{\"password\":\"not that one\"}", &answer);
	if (answer.status == 409)
		return; /* the name's form is a refusal, for some of every kind */
	if (answer.status != 200)
		fail("password: status %d: %.200s", answer.status, answer.body);
	moments_note(timing, &timing->password[named->who], begun_us);
}

static void timing_run(struct cluster *cluster, struct timing *timing, size_t logins, size_t *serial)
{
	*timing = (struct timing){.named = calloc(logins, sizeof(struct named))};
	if (!timing->named)
		fail("out of memory");
	pthread_mutex_init(&timing->lock, NULL);
	for (size_t i = 0; i < logins; i++) /* pairs of four: two for each client */
		named_make(cluster, i % 2 == 0 ? WHO_UNKNOWN : (enum who)(1 + i / 4 % KINDS), &timing->named[i], 1,
			   serial);
	tabs_run(&(struct tabs_work){
		.cluster = cluster, .tabs = IN_FLIGHT, .count = logins, .work = timing_work, .ctx = timing});
	named_forget(timing->named, logins);
}

static bool t_judge(bool say, const char *step, const struct moments *all)
{
	bool fit = true;

	for (int who = WHO_UNKNOWN + 1; who < WHO_COUNT; who++) {
		const double t = welch_t(&all[WHO_UNKNOWN], &all[who]);

		fit &= fabs(t) * 10 < T_MOST_TIMES_10;
		if (say)
			tally(fabs(t) * 10 < T_MOST_TIMES_10,
			      "%s, unknown name %.3f ms (%zu), %s %.3f ms (%zu): t = %.2f, at most 4.5", step,
			      all[WHO_UNKNOWN].mean, all[WHO_UNKNOWN].count, who_names[who], all[who].mean,
			      all[who].count, t);
	}
	return fit;
}

void times_judge(struct cluster *cluster, size_t logins, size_t *serial)
{
	struct timing timing;

	timing_run(cluster, &timing, logins, serial);
	if (!t_judge(false, "identify", timing.identify) || !t_judge(false, "password", timing.password)) {
		printf("a miss; once more on four times the sample\n");
		timing_run(cluster, &timing, 4 * logins, serial);
	}
	t_judge(true, "identify", timing.identify);
	t_judge(true, "password", timing.password);
}
