#include "stranger.h"

#include <ctype.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "parts.h"
#include "tabs.h"
#include "tally.h"

/*
 * What a stranger sees, byte for byte: whole lives of requests for names that exist and names that do not. What is
 * drawn at random (ids, numbers) and the clock are blotted out, sizes stay. An unknown name shows one of the forms that
 * policy allows, drawn by its keyed hash; each account's form must be among those.
 */
enum { IN_FLIGHT = 96, LIFE_MAX = 64 * 1024, FORMS_MAX = 64, UNKNOWN_TIMES = 4, WATCHED_MS = 2500 };

const char *const who_names[WHO_COUNT] = {"unknown name",    "with a phone",     "with nothing",
					  "with a password", "imported hash",    "suppressed, a phone",
					  "spent, a phone",  "disabled, a phone"};

#define IMPORTED                                                                                                       \
	"$6$soaksoaksoak$kX42v5oW66.8PojT5bWLyquaQLzH1b.sYTl7tV4sNEpppSuQJGO8qORrE1/jB3xmw4G2.sG5pbIhEgDJsd4GA/"

static bool has_phone(enum who who)
{
	return who == WHO_PHONE || who == WHO_CAUTION || who == WHO_SPENT || who == WHO_DISABLED;
}

static const char *hash_of(const struct cluster *cluster, enum who who)
{
	static const char *ours;

	if (!ours)
		ours = password_stored(cluster);
	return who == WHO_PASSWORD ? ours : who == WHO_IMPORTED ? IMPORTED : NULL;
}

static void account_make(const struct cluster *cluster, struct named *named, const char *name)
{
	if (named->who == WHO_UNKNOWN)
		snprintf(named->person.name, sizeof(named->person.name), "%s", name);
	else if (has_phone(named->who))
		account_with_phones(cluster, name, &named->person, 1);
	else
		account_plain(cluster, name, hash_of(cluster, named->who), &named->person);
	if (named->who == WHO_CAUTION)
		account_set_trouble(cluster, &named->person, TROUBLE_CAUTION);
	if (named->who == WHO_SPENT)
		account_set_trouble(cluster, &named->person, TROUBLE_SPENT);
	if (named->who == WHO_DISABLED)
		account_set_trouble(cluster, &named->person, TROUBLE_DISABLED);
}

void named_make(const struct cluster *cluster, enum who who, struct named *named, size_t count, size_t *serial)
{
	char name[32];

	for (size_t i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "demo.%08zu", ++*serial);
		named[i] = (struct named){.who = who};
		account_make(cluster, &named[i], name);
	}
}

void named_forget(struct named *named, size_t count)
{
	for (size_t i = 0; i < count; i++)
		accounts_forget(&named[i].person, 1);
	free(named);
}

/* ---- a life, written down ---- */

struct life {
	char *text;
	size_t size;
};

static void all_replace(char *text, const char *what, char by)
{
	for (char *at = text; *what && (at = strstr(at, what)); at += strlen(what))
		memset(at, by, strlen(what));
}

/* The digits behind each `key` become `by`, whatever their number. */
static void digits_blot(char *text, const char *key, char by)
{
	for (char *at = text; (at = strstr(at, key));)
		for (at += strlen(key); isdigit((unsigned char)*at); at++)
			*at = by;
}

static void line_blot(char *text, const char *name)
{
	char *at = strstr(text, name);

	if (at)
		memset(at + strlen(name), 'D', strcspn(at + strlen(name), "\r"));
}

static void life_add(struct life *life, const struct tab *tab, const struct named *named, const char *text)
{
	char *at = life->text + life->size;

	if (life->size + strlen(text) + 2 >= LIFE_MAX)
		fail("a life is longer than was thought");
	life->size += (size_t)sprintf(at, "%s\n", text);
	all_replace(at, tab->login, 'L');
	all_replace(at, named->person.name, 'U');
	digits_blot(at, "\"number\":\"", '#');
	digits_blot(at, "\"server_time\":", 'T');
	digits_blot(at, "\"expires_at\":", 'T');
	line_blot(at, "\r\nDate: ");
}

static void answer_add(struct life *life, const struct tab *tab, const struct named *named, const char *step,
		       const struct http_answer *answer)
{
	life_add(life, tab, named, step);
	life_add(life, tab, named, answer->headers);
	life_add(life, tab, named, answer->body);
}

static void step_add(struct life *life, struct tab *tab, const struct named *named, const char *step, const char *body)
{
	struct http_answer answer;

	tab_post(tab, step, body, &answer);
	answer_add(life, tab, named, step, &answer);
}

static void state_add(struct life *life, struct tab *tab, const struct named *named)
{
	struct http_answer answer;

	tab_state(tab, &answer);
	answer_add(life, tab, named, "state", &answer);
}

/* The person sees the request and says no, while the stranger's page waits. */
static void person_denies(struct tab *tab, const struct named *named)
{
	struct symbolon_challenge *challenge;
	char id[64], body[4096], state[32];
	int status;

	if (named->who != WHO_PHONE || !phone_pending(tab, &named->person, id, NULL))
		return;
	challenge = phone_details(tab, &named->person, id, &status);
	if (!challenge)
		fail("the phone gets no details: status %d", status);
	phone_answer_make(&named->person, challenge, SYMBOLON_DENY, NULL, body, sizeof(body));
	phone_answer_send(tab, &named->person, id, body, state);
	symbolon_challenge_free(&challenge);
	if (strcmp(state, "denied") != 0)
		fail("a denial was not taken");
}

/* What has come on the stream beyond the first state, chunk sizes and all. */
static void rest_add(struct life *life, struct tab *tab, const struct named *named, const struct http_stream *stream)
{
	char bytes[8192];
	const ssize_t got = recv(stream->fd, bytes, sizeof(bytes) - 1, MSG_DONTWAIT);

	if (stream->bytes)
		life_add(life, tab, named, stream->bytes);
	bytes[got > 0 ? got : 0] = '\0';
	life_add(life, tab, named, bytes);
}

static void end_await(struct tab *tab)
{
	struct http_answer answer;

	for (int i = 0; i < 100; i++) {
		tab_state(tab, &answer);
		if (strstr(answer.body, "\"status\":\"ended\""))
			return;
		rest_ms(200);
	}
	fail("a request does not end: %.500s", answer.body);
}

/*
 * The page's stream for nearly as long as the request lives: the person's doings make it read again, and none may show.
 */
static void events_add(struct life *life, struct tab *tab, const struct named *named)
{
	struct http_stream stream;
	char state[8192] = "";

	tab_listen(tab, &stream);
	http_stream_wait(&stream, "state", state, sizeof(state));
	life_add(life, tab, named, state);
	person_denies(tab, named);
	rest_ms(WATCHED_MS);
	rest_add(life, tab, named, &stream);
	http_stream_close(&stream);
	end_await(tab);
}

static void login_add(struct life *life, struct tab *tab, const struct named *named, enum bench_client client,
		      bool *ret_waits)
{
	struct http_answer answer;

	tab_forget(tab);
	tab_move(tab);
	if (tab_authorize(tab, client) != 303)
		fail("GET /authorize is refused");
	tab_identify(tab, named->person.name, &answer);
	*ret_waits = strstr(answer.body, "\"status\":\"sent\"") != NULL;
	answer_add(life, tab, named, "identify", &answer);
}

static void push_life(struct life *life, struct tab *tab, const struct named *named)
{
	bool waits;

	login_add(life, tab, named, CLIENT_SIX, &waits);
	if (waits)
		events_add(life, tab, named);
	state_add(life, tab, named);
	step_add(life, tab, named, "push", "{}");
	step_add(life, tab, named, "totp", "{\"code\":\"000000\"}");
	step_add(life, tab, named, "finish", "{}");
	step_add(life, tab, named, "cancel", "{}");
	state_add(life, tab, named);
}

static void password_life(struct life *life, struct tab *tab, const struct named *named)
{
	bool waits;

	login_add(life, tab, named, CLIENT_PASSWORD, &waits);
	step_add(life, tab, named, "password", "{\"password\":\"not that one\"}");
	step_add(life, tab, named, "totp", "{\"code\":\"000000\"}");
	step_add(life, tab, named, "push", "{}");
	state_add(life, tab, named);
	step_add(life, tab, named, "cancel", "{\"forget\":true}");
}

static void code_life(struct life *life, struct tab *tab, const struct named *named)
{
	bool waits;

	login_add(life, tab, named, CLIENT_CODE, &waits);
	step_add(life, tab, named, "totp", "{\"code\":\"000000\"}");
	state_add(life, tab, named);
	step_add(life, tab, named, "cancel", "{}");
}

/* ---- the forms that lives take ---- */

struct form {
	char *text;
	size_t counts[WHO_COUNT];
};

struct looking {
	struct named *named;
	void (*live)(struct life *life, struct tab *tab, const struct named *named);
	pthread_mutex_t lock;
	struct form forms[FORMS_MAX];
	size_t form_count;
};

static void form_note(struct looking *looking, enum who who, char *text)
{
	size_t i = 0;

	pthread_mutex_lock(&looking->lock);
	while (i < looking->form_count && strcmp(looking->forms[i].text, text) != 0)
		i++;
	if (i == FORMS_MAX)
		fail("more than %d different lives:\n%s", FORMS_MAX, text);
	if (i == looking->form_count)
		looking->forms[looking->form_count++].text = text;
	else
		free(text);
	looking->forms[i].counts[who]++;
	pthread_mutex_unlock(&looking->lock);
}

static void look_work(struct tab *tab, size_t index, void *ctx)
{
	struct looking *looking = ctx;
	struct life life = {.text = calloc(1, LIFE_MAX)};

	if (!life.text)
		fail("out of memory");
	looking->live(&life, tab, &looking->named[index]);
	form_note(looking, looking->named[index].who, life.text);
}

/* How many of this kind had a life that no unknown name had. */
static size_t telling_count(const struct looking *looking, enum who who)
{
	size_t telling = 0;

	for (size_t i = 0; i < looking->form_count; i++)
		if (looking->forms[i].counts[WHO_UNKNOWN] == 0)
			telling += looking->forms[i].counts[who];
	return telling;
}

static void form_show(const struct looking *looking)
{
	for (size_t i = 0; i < looking->form_count; i++)
		if (looking->forms[i].counts[WHO_UNKNOWN] == 0)
			printf("---- a life that no unknown name had\n%s", looking->forms[i].text);
}

static void forms_judge(const struct looking *looking, const char *what, size_t each)
{
	bool tells = false;

	for (size_t i = 0; i < looking->form_count; i++) {
		printf("  %s, form %zu, %zu bytes:", what, i + 1, strlen(looking->forms[i].text));
		for (int who = 0; who < WHO_COUNT; who++)
			printf(" %s %zu%s", who_names[who], looking->forms[i].counts[who],
			       who < WHO_COUNT - 1 ? ";" : "\n");
	}
	for (int who = WHO_UNKNOWN + 1; who < WHO_COUNT; who++)
		tells |= !tally(telling_count(looking, who) == 0, "%s, %s: %zu of %zu lives that no unknown name had",
				what, who_names[who], telling_count(looking, who), each);
	if (tells)
		form_show(looking);
}

static void look(struct cluster *cluster, const char *what, size_t each, size_t *serial,
		 void (*live)(struct life *, struct tab *, const struct named *))
{
	const size_t count = each * (WHO_COUNT - 1 + UNKNOWN_TIMES);
	struct looking looking = {.live = live, .named = calloc(count, sizeof(struct named))};
	struct named *at = looking.named;

	if (!looking.named)
		fail("out of memory");
	pthread_mutex_init(&looking.lock, NULL);
	for (int who = 0; who < WHO_COUNT; who++) {
		const size_t some = who == WHO_UNKNOWN ? UNKNOWN_TIMES * each : each;

		named_make(cluster, who, at, some, serial);
		at += some;
	}
	tabs_run(&(struct tabs_work){
		.cluster = cluster, .tabs = IN_FLIGHT, .count = count, .work = look_work, .ctx = &looking});
	forms_judge(&looking, what, each);
	for (size_t i = 0; i < looking.form_count; i++)
		free(looking.forms[i].text);
	named_forget(looking.named, count);
}

/* `count` logins are timed; a fortieth as many lives of each kind are compared. */
void stranger_part(struct cluster *cluster, const struct size *size)
{
	const size_t each = size->count / 40 < 32 ? 32 : size->count / 40 > 250 ? 250 : size->count / 40;
	size_t serial = 0;

	look(cluster, "push first", each, &serial, push_life);
	look(cluster, "password first", each, &serial, password_life);
	look(cluster, "code first", each, &serial, code_life);
	times_judge(cluster, size->count, &serial);
}
