#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "odds.h"
#include "statistics.h"
#include "tabs.h"
#include "tally.h"

enum { IN_FLIGHT = 48, ATTACKERS = 64, ROLLS = 20, POPUPS = 3, STEPS_LEAST = 4, STEPS_MOST = 480, DIGITS = 6 };
#define MONTH_S (30 * 86400)

static void login_begun(struct tab *tab, enum bench_client client, const char *name, struct http_answer *ret_answer)
{
	tab_forget(tab);
	if (tab_authorize(tab, client) != 303 || tab_identify(tab, name, ret_answer) != 200)
		fail("a sign-in of %s did not begin", name);
}

/* ---- starting again until the favourite number comes up ---- */

struct rerolling {
	struct cluster *cluster;
	const struct person *people;
	atomic_size_t attacks, wins, rolls, popups;
};

/* What this person types, whatever the page shows: as long as it is asked for. */
static const char *favourite(const char *number)
{
	static const char longest[] = "42424242";

	return longest + (sizeof(longest) - 1 - strlen(number));
}

/*
 * The strongest form: the person needs longer than the attacker to start again, and answers only a request that popped
 * up, always with the favourite.
 */
static void reroll_work(struct tab *tab, size_t index, void *ctx)
{
	struct rerolling *rerolling = ctx;
	const struct person *person = &rerolling->people[index];
	struct http_answer answer;
	char number[16] = "", id[64];
	bool popup = false;
	int rolls = 0;

	login_begun(tab, CLIENT_PUSH, person->name, &answer);
	for (answer_number(&answer, number); ++rolls < ROLLS && strcmp(number, favourite(number)) != 0;) {
		if (tab_post(tab, "push", "{}", &answer) != 200)
			fail("starting again: status %d: %.200s", answer.status, answer.body);
		answer_number(&answer, number);
	}
	rerolling->attacks++;
	rerolling->rolls += (size_t)rolls;
	if (!phone_pending(tab, person, id, &popup))
		fail("no request on the phone of %s", person->name);
	rerolling->popups += popup;
	rerolling->wins += popup && request_answer(tab, person, id, favourite(number));
	tab_post(tab, "cancel", "{}", &answer); /* the place is free for the next attack */
}

static void reroll_run(struct rerolling *rerolling, size_t people_count, size_t attacks)
{
	rerolling->attacks = rerolling->wins = rerolling->rolls = rerolling->popups = 0;
	for (size_t done = 0; done < attacks; done += people_count) {
		accounts_calm(rerolling->cluster, rerolling->people, people_count);
		tabs_run(&(struct tabs_work){.cluster = rerolling->cluster,
					     .tabs = IN_FLIGHT,
					     .count = attacks - done < people_count ? attacks - done : people_count,
					     .work = reroll_work,
					     .ctx = rerolling});
	}
}

/* Three numbers pop up, of which the second has four digits and the third six. */
void reroll_judge(struct cluster *cluster, struct person *people, size_t people_count, size_t attacks)
{
	const double within_budget = 1 - 0.99 * 0.9999 * 0.999999, of_equal_length = 1 - pow(0.99, POPUPS);
	struct rerolling rerolling = {.cluster = cluster, .people = people};
	struct share share;

	reroll_run(&rerolling, people_count, attacks);
	share = share_check(rerolling.wins, rerolling.attacks, within_budget);
	if (!share.fits) {
		printf("a miss; once more on four times the sample\n");
		reroll_run(&rerolling, people_count, 4 * attacks);
		share = share_check(rerolling.wins, rerolling.attacks, within_budget);
	}
	printf("  re-rolling: %zu numbers seen in %zu attacks; three numbers of two digits would win %.5f\n",
	       rerolling.rolls, rerolling.attacks, of_equal_length);
	tally(share.fits,
	      "re-rolling for a favourite number: %zu of %zu, %.5f; interval %.5f to %.5f; the three numbers that pop "
	      "up, of two, four and six digits, give %.5f",
	      rerolling.wins, rerolling.attacks, share.seen, share.low, share.high, within_budget);
}

/* The month in as many steps as leave each attacker some ten tries in one. */
static size_t steps_for(size_t tries)
{
	const size_t steps = tries / ATTACKERS / 10;

	return steps < STEPS_LEAST ? STEPS_LEAST : steps > STEPS_MOST ? STEPS_MOST : steps;
}

/* ---- codes ---- */

struct codes {
	const char *name;
	size_t tries_each;
	atomic_size_t tries, judged, wins, turned_away;
};

static void code_try(struct tab *tab, struct codes *codes, bool *is_over)
{
	struct http_answer answer;
	char code[16], body[64];
	int status;

	random_digits(&random_system, DIGITS, code);
	snprintf(body, sizeof(body), "{\"code\":\"%s\"}", code);
	status = tab_post(tab, "totp", body, &answer);
	codes->tries++;
	if (status == 429) {
		codes->turned_away++;
		return;
	}
	if (status != 200)
		fail("totp: status %d: %.200s", status, answer.body);
	codes->judged++;
	*is_over = answer_state_is(&answer, "done");
	codes->wins += *is_over;
}

static void codes_work(struct tab *tab, size_t index, void *ctx)
{
	struct codes *codes = ctx;
	struct http_answer answer;
	bool is_over = false;

	login_begun(tab, CLIENT_CODE, codes->name, &answer);
	for (size_t i = 0; i < codes->tries_each && !is_over; i++)
		code_try(tab, codes, &is_over);
}

static void codes_run(struct cluster *cluster, struct codes *codes, size_t tries)
{
	const size_t steps = steps_for(tries);

	codes->tries_each = tries / steps / ATTACKERS + 1;
	codes->tries = codes->judged = codes->wins = codes->turned_away = 0;
	for (size_t step = 0; step < steps; step++) {
		tabs_run(&(struct tabs_work){
			.cluster = cluster, .tabs = ATTACKERS, .count = ATTACKERS, .work = codes_work, .ctx = codes});
		cluster_clock_add((int64_t)(MONTH_S / steps));
	}
}

void codes_judge(struct cluster *cluster, size_t tries)
{
	const unsigned most = cluster->core.settings->budget.code_failures_month;
	struct codes codes = {0};
	struct person people[2];

	account_plain(cluster, "demo.codes", NULL, &people[0]);
	account_add_codes(cluster, &people[0]);
	codes.name = people[0].name;
	codes_run(cluster, &codes, tries);
	if (codes.wins > 0) { /* fifty guesses win 1.5 times in ten thousand: once more, at somebody else */
		printf("a miss; once more on four times the sample\n");
		account_plain(cluster, "demo.codes.again", NULL, &people[1]);
		account_add_codes(cluster, &people[1]);
		codes.name = people[1].name;
		codes_run(cluster, &codes, 4 * tries);
	}
	tally(codes.tries >= tries && codes.wins == 0,
	      "codes of one generator: %zu tries in 30 days, %zu turned away, %zu judged, %zu accepted", codes.tries,
	      codes.turned_away, codes.judged, codes.wins);
	tally(codes.judged > 0 && codes.judged <= most, "codes judged: %zu, at most %u", codes.judged, most);
}

/* ---- six digits on the phone ---- */

struct six {
	const struct person *person;
	size_t tries_each;
	atomic_size_t tries, popups, wins, digit[DIGITS][10];
};

static void number_note(struct six *six, const struct http_answer *answer)
{
	char number[16];

	answer_number(answer, number);
	if (strlen(number) < DIGITS)
		fail("\"%s\" is no number of six digits", number);
	six->tries++;
	for (int i = 0; i < DIGITS; i++)
		six->digit[i][number[i] - '0']++;
}

static void six_work(struct tab *tab, size_t index, void *ctx)
{
	struct six *six = ctx;
	struct http_answer answer;

	login_begun(tab, CLIENT_SIX, six->person->name, &answer);
	number_note(six, &answer);
	for (size_t i = 1; i < six->tries_each; i++) {
		if (tab_post(tab, "push", "{}", &answer) != 200)
			fail("push: status %d: %.200s", answer.status, answer.body);
		number_note(six, &answer);
	}
}

/* The person answers whatever has popped up, at random. */
static void six_answer(struct tab *tab, size_t index, void *ctx)
{
	struct six *six = ctx;
	char id[64], guess[16];
	bool popup = false;

	if (!phone_pending(tab, six->person, id, &popup) || !popup)
		return;
	random_digits(&random_system, DIGITS, guess);
	six->popups++;
	six->wins += request_answer(tab, six->person, id, guess);
}

static void six_run(struct cluster *cluster, struct six *six, size_t tries)
{
	struct tabs_work attack = {
		.cluster = cluster, .tabs = ATTACKERS, .count = ATTACKERS, .work = six_work, .ctx = six};
	const struct tabs_work answer = {.cluster = cluster, .tabs = 1, .count = 1, .work = six_answer, .ctx = six};
	const size_t steps = steps_for(tries);

	six->tries_each = tries / steps / ATTACKERS;
	for (size_t step = 0; step < steps; step++) {
		const size_t tries_each = six->tries_each;

		/* one start that the person has time to answer, then all the others */
		attack.count = 1;
		six->tries_each = 1;
		tabs_run(&attack);
		tabs_run(&answer);
		attack.count = ATTACKERS;
		six->tries_each = tries_each + 1;
		tabs_run(&attack);
		tabs_run(&answer);
		six->tries_each = tries_each;
		cluster_clock_add((int64_t)(MONTH_S / steps));
	}
}

static bool digits_judge(const struct six *six, bool say)
{
	bool fit = true;

	for (int i = 0; i < DIGITS; i++) {
		size_t counts[10];

		for (int j = 0; j < 10; j++)
			counts[j] = six->digit[i][j];
		const struct uniformity result = uniformity_check(counts, 10);

		fit &= result.fits;
		if (say)
			tally(result.fits, "six digits, place %d: chi-squared %.1f of %zu degrees, at most %.1f", i + 1,
			      result.chi_squared, result.degrees, result.most);
	}
	return fit;
}

void six_judge(struct cluster *cluster, size_t tries)
{
	const unsigned most = cluster->core.settings->budget.pushes;
	struct person people[2] = {0};
	struct six six = {.person = &people[0]};

	accounts_with_phone(cluster, "demo.six", people, 2);
	six_run(cluster, &six, tries);
	if (six.wins > 0 || !digits_judge(&six, false)) {
		printf("a miss; once more on four times the sample\n");
		six = (struct six){.person = &people[1]};
		six_run(cluster, &six, 4 * tries);
	}
	tally(six.tries >= tries && six.wins == 0,
	      "six digits: %zu requests in 30 days, %zu popped up and were answered at random, %zu approved", six.tries,
	      six.popups, six.wins);
	tally(six.popups > 0 && six.popups <= most, "requests that popped up: %zu, at most %u", six.popups, most);
	digits_judge(&six, true);
	accounts_forget(people, 2);
}
