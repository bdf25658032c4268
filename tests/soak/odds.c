#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accounts.h"
#include "odds.h"
#include "parts.h"
#include "statistics.h"
#include "tabs.h"
#include "tally.h"

/* Guesses at `choose` and `enter` with two digits, and whether all that is drawn is uniform. */
enum { PEOPLE = 2000, IN_FLIGHT = 48, PAIRS = 100 };

struct drawn {
	atomic_size_t wins, trials, contradictions;
	atomic_size_t number[PAIRS]; /* on the page */
	atomic_size_t decoy[PAIRS];  /* shown by the phone and not on the page */
	atomic_size_t position[3];   /* where the right one stands */
	atomic_size_t first[PAIRS];  /* what stands first */
	atomic_size_t order[2];      /* whether the left one of two decoys is the smaller */
};

struct guessing {
	struct cluster *cluster;
	enum bench_client client;
	struct person *people;
	size_t begun; /* names of people already used */
	struct drawn drawn;
};

static size_t pair_of(const char *number)
{
	if (strlen(number) != 2)
		fail("\"%s\" is no number of two digits", number);
	return (size_t)(number[0] - '0') * 10 + (size_t)(number[1] - '0');
}

static void choices_note(struct drawn *drawn, const struct symbolon_challenge *challenge, const char *number)
{
	const char *decoys[3] = {NULL};
	size_t found = 0;

	drawn->first[pair_of(challenge->choices[0])]++;
	for (size_t i = 0; i < 3; i++) {
		if (strcmp(challenge->choices[i], number) == 0)
			drawn->position[i]++;
		else
			decoys[found++] = challenge->choices[i];
	}
	if (found != 2)
		fail("the number %s is not once among three", number);
	drawn->decoy[pair_of(decoys[0])]++;
	drawn->decoy[pair_of(decoys[1])]++;
	drawn->order[pair_of(decoys[0]) < pair_of(decoys[1])]++;
}

/* A person who answers at random. */
static void guess_make(const struct symbolon_challenge *challenge, char guess[16])
{
	if (challenge->mode == SYMBOLON_CHOOSE)
		snprintf(guess, 16, "%s", challenge->choices[random_below(&random_system, 3)]);
	else
		random_digits(&random_system, challenge->digits, guess);
}

static void login_to(struct tab *tab, enum bench_client client, const char *name, char number[16])
{
	struct http_answer answer;

	tab_forget(tab);
	if (tab_authorize(tab, client) != 303 || tab_identify(tab, name, &answer) != 200)
		fail("a sign-in of %s did not begin", name);
	answer_number(&answer, number);
}

bool request_answer(struct tab *tab, const struct person *person, const char *id, const char *guess)
{
	struct symbolon_challenge *challenge;
	char body[4096], state[32];
	int status;

	challenge = phone_details(tab, person, id, &status);
	if (!challenge)
		return false; /* it has ended meanwhile */
	phone_answer_make(person, challenge, SYMBOLON_APPROVE, guess, body, sizeof(body));
	phone_answer_send(tab, person, id, body, state);
	symbolon_challenge_free(&challenge);
	return strcmp(state, "approved") == 0;
}

static void guess_work(struct tab *tab, size_t index, void *ctx)
{
	struct guessing *guessing = ctx;
	const struct person *person = &guessing->people[index];
	struct drawn *drawn = &guessing->drawn;
	char number[16], id[64], guess[16], body[4096], state[32];
	struct symbolon_challenge *challenge;
	int status;

	login_to(tab, guessing->client, person->name, number);
	if (!phone_pending(tab, person, id, NULL) || !(challenge = phone_details(tab, person, id, &status)))
		fail("no request on the phone of %s", person->name);
	drawn->number[pair_of(number)]++;
	if (challenge->mode == SYMBOLON_CHOOSE)
		choices_note(drawn, challenge, number);
	guess_make(challenge, guess);
	phone_answer_make(person, challenge, SYMBOLON_APPROVE, guess, body, sizeof(body));
	phone_answer_send(tab, person, id, body, state);
	symbolon_challenge_free(&challenge);
	drawn->trials++;
	drawn->wins += strcmp(state, "approved") == 0;
	drawn->contradictions += (strcmp(state, "approved") == 0) != (strcmp(guess, number) == 0);
}

static void guesses_run(struct guessing *guessing, size_t count)
{
	guessing->drawn = (struct drawn){0};
	for (size_t done = 0; done < count; done += PEOPLE) {
		accounts_calm(guessing->cluster, guessing->people, PEOPLE);
		tabs_run(&(struct tabs_work){.cluster = guessing->cluster,
					     .tabs = IN_FLIGHT,
					     .count = count - done < PEOPLE ? count - done : PEOPLE,
					     .work = guess_work,
					     .ctx = guessing});
	}
}

/* ---- what came out; `say` false: only whether it fits ---- */

static bool share_judge(bool say, const char *what, size_t hits, size_t count, double expected)
{
	const struct share share = share_check(hits, count, expected);

	if (say)
		tally(share.fits, "%s: %zu of %zu, %.5f; interval %.5f to %.5f, expected %.5f", what, hits, count,
		      share.seen, share.low, share.high, expected);
	return share.fits;
}

static bool uniform_judge(bool say, const char *what, const atomic_size_t *counts, size_t cells)
{
	size_t plain[PAIRS];

	for (size_t i = 0; i < cells; i++)
		plain[i] = counts[i];
	const struct uniformity result = uniformity_check(plain, cells);

	if (say)
		tally(result.fits, "%s: chi-squared %.1f of %zu degrees, at most %.1f", what, result.chi_squared,
		      result.degrees, result.most);
	return result.fits;
}

static bool enter_judge(const struct drawn *drawn, bool say)
{
	bool fits = share_judge(say, "enter, two digits, answered at random", drawn->wins, drawn->trials, 0.01);

	return uniform_judge(say, "enter: numbers", drawn->number, PAIRS) && fits;
}

static bool choose_judge(const struct drawn *drawn, bool say)
{
	bool fits = share_judge(say, "choose, answered at random", drawn->wins, drawn->trials, 1.0 / 3);

	fits &= uniform_judge(say, "choose: numbers", drawn->number, PAIRS);
	fits &= uniform_judge(say, "choose: decoys", drawn->decoy, PAIRS);
	fits &= uniform_judge(say, "choose: positions of the right one", drawn->position, 3);
	fits &= uniform_judge(say, "choose: what stands first", drawn->first, PAIRS);
	fits &= uniform_judge(say, "choose: order of the two decoys", drawn->order, 2);
	return fits;
}

/* A miss is run once more, on four times the sample. */
static void guesses_judge(struct guessing *guessing, size_t count, bool (*judge)(const struct drawn *, bool))
{
	guesses_run(guessing, count);
	if (!judge(&guessing->drawn, false)) {
		printf("a miss; once more on four times the sample\n");
		guesses_run(guessing, 4 * count);
	}
	judge(&guessing->drawn, true);
	tally(guessing->drawn.contradictions == 0, "approved without the page's number, or the reverse: %zu",
	      guessing->drawn.contradictions);
}

static void time_say(int64_t *begun_us)
{
	printf("  %.1f s\n", (double)(now_us() - *begun_us) / 1e6);
	*begun_us = now_us();
}

void odds_part(struct cluster *cluster, const struct size *size)
{
	struct guessing guessing = {.cluster = cluster, .people = calloc(PEOPLE, sizeof(struct person))};

	int64_t begun_us = now_us();

	if (!guessing.people)
		fail("out of memory");
	accounts_with_phone(cluster, "demo.guess", guessing.people, PEOPLE);
	guessing.client = CLIENT_PUSH;
	guesses_judge(&guessing, size->count, enter_judge);
	time_say(&begun_us);
	guessing.client = CLIENT_CHOOSE;
	guesses_judge(&guessing, size->count, choose_judge);
	time_say(&begun_us);
	reroll_judge(cluster, guessing.people, PEOPLE, size->count / 10);
	time_say(&begun_us);
	codes_judge(cluster, size->count * 10);
	time_say(&begun_us);
	six_judge(cluster, size->count * 10);
	time_say(&begun_us);
	accounts_forget(guessing.people, PEOPLE);
	free(guessing.people);
}

void rerolls_part(struct cluster *cluster, const struct size *size)
{
	struct person *people = calloc(PEOPLE, sizeof(*people));

	if (!people)
		fail("out of memory");
	accounts_with_phone(cluster, "demo.reroll", people, PEOPLE);
	reroll_judge(cluster, people, PEOPLE, size->count);
	accounts_forget(people, PEOPLE);
	free(people);
}
