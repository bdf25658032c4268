#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "core/device.h"
#include "race.h"

#define ARENA_MAX (1024 * 1024)

static struct tab *leader(struct team *team)
{
	return &team->racers[0].tab;
}

static void name_make(const struct team *team, const char *what, char out[32])
{
	snprintf(out, 32, "demo.%s.%zu.%zu", what, team->number, team->round);
}

static void need(bool is_fine, const struct team *team, const char *what, int status)
{
	if (!is_fine)
		fail("%s, team %zu, round %zu: %s: status %d", team->race->name, team->number, team->round, what,
		     status);
}

/* A new login of this racer's own browser, for `username`. */
static void login_open(struct racer *racer, enum bench_client client, const char *username,
		       struct http_answer *ret_answer)
{
	int status = tab_authorize(&racer->tab, client);

	need(status == 303 && *racer->tab.login, racer->team, "GET /authorize", status);
	status = tab_identify(&racer->tab, username, ret_answer);
	need(status == 200, racer->team, "identify", status);
}

static struct racer *winner(struct team *team)
{
	for (size_t i = 0; i < team->size; i++)
		if (team->racers[i].won)
			return &team->racers[i];
	fail("nobody won");
}

/* Some confirm-mode push of person->phones[0] that the leader's tab waits for. */
static void push_approve(struct team *team, const struct person *phone)
{
	struct symbolon_challenge *challenge;
	char id[64], body[4096], state[32];
	int status = 0;

	need(phone_pending(leader(team), phone, id, NULL), team, "no request on the phone", 0);
	challenge = phone_details(leader(team), phone, id, &status);
	need(challenge != NULL, team, "details", status);
	phone_answer_make(phone, challenge, SYMBOLON_APPROVE, NULL, body, sizeof(body));
	status = phone_answer_send(leader(team), phone, id, body, state);
	need(strcmp(state, "approved") == 0, team, "approve", status);
	symbolon_challenge_free(&challenge);
}

/* ---- an authorization code, redeemed by the team ---- */

/* A session: then each /authorize gives a code at once. */
static void code_begin(struct team *team)
{
	struct http_answer answer;
	char name[32];

	name_make(team, "session", name);
	account_with_phones(team->cluster, name, team->phones, 1);
	login_open(&team->racers[0], CLIENT_CONFIRM, name, &answer);
	push_approve(team, &team->phones[0]);
	need(tab_finish(leader(team)) == 200, team, "finish", 0);
}

static void code_prepare(struct team *team)
{
	const int status = tab_authorize(leader(team), CLIENT_CONFIRM);

	need(status == 303 && *leader(team)->code, team, "no code from a session", status);
	snprintf(team->thing, sizeof(team->thing), "%s", leader(team)->code);
}

static void code_submit(struct racer *racer)
{
	racer->won = tab_redeem(&racer->tab, CLIENT_CONFIRM, racer->team->thing, racer->token) == 200;
}

/* RFC 6749 4.1.2: the others' tries have revoked what the first was given. */
static bool code_judge(struct team *team)
{
	return tab_userinfo(leader(team), winner(team)->token) == 401;
}

static const struct race race_code = {
	.name = "authorization code",
	.mutation = "store_grant_redeem without \"AND redeemed_at = 0\"",
	.begin = code_begin,
	.prepare = code_prepare,
	.submit = code_submit,
	.judge = code_judge,
};

/* ---- an enrolment's link, redeemed by as many phones ---- */

static void enrolment_begin(struct team *team)
{
	char name[32];

	name_make(team, "enrol", name);
	account_plain(team->cluster, name, NULL, &team->person);
}

static void enrolment_prepare(struct team *team)
{
	scoped_arena *arena = arena_new(ARENA_MAX);
	struct enrolment_started started;

	if (enrolment_start(&team->cluster->core, arena, team->person.id, false, "soak", clock_now(), &started) != OK ||
	    symbolon_link_parse(started.link, &team->link) != SYMBOLON_OK)
		fail("an enrolment cannot be started");
}

static void enrolment_ready(struct racer *racer)
{
	const struct team *team = racer->team;
	struct symbolon_device *device;
	char *private_jwk, *jws;

	if (symbolon_key_generate(&private_jwk) != SYMBOLON_OK ||
	    symbolon_device_new(team->link.issuer, NULL, private_jwk, &device) != SYMBOLON_OK ||
	    symbolon_enrol_token(device, &team->link, "Phone", "soak", clock_now(), &jws) != SYMBOLON_OK)
		fail("a device cannot be made");
	if ((size_t)snprintf(racer->body, sizeof(racer->body), "%s", jws) >= sizeof(racer->body))
		fail("an enrolment is too long");
	symbolon_text_free(&jws);
	symbolon_text_free(&private_jwk);
	symbolon_device_free(&device);
}

static void enrolment_submit(struct racer *racer)
{
	struct http_answer answer;
	char target[128];

	snprintf(target, sizeof(target), "/device/v1/enrolments/%s", racer->team->link.id);
	http_call(&racer->tab.visitor.phone,
		  &(struct http_request){"POST", target, "Content-Type: application/jose\r\n", racer->body}, &answer);
	racer->won = answer.status == 202;
}

static const struct race race_enrolment = {
	.name = "enrolment",
	.mutation = "store_enrolment_move without \"AND state = 'open'\"",
	.begin = enrolment_begin,
	.prepare = enrolment_prepare,
	.ready = enrolment_ready,
	.submit = enrolment_submit,
};

/* ---- one challenge, answered by all phones of the person: two of three approve, the third denies ---- */

static void answer_begin(struct team *team)
{
	char name[32];

	name_make(team, "answer", name);
	account_with_phones(team->cluster, name, team->phones, team->size);
}

static void answer_prepare(struct team *team)
{
	struct http_answer answer;

	tab_forget(leader(team));
	login_open(&team->racers[0], CLIENT_PUSH, team->phones[0].name, &answer);
	answer_number(&answer, team->number_shown);
	need(*team->number_shown, team, "the page shows no number", answer.status);
	need(phone_pending(leader(team), &team->phones[0], team->thing, NULL), team, "no request on the phone", 0);
}

static bool denies(const struct racer *racer)
{
	return (racer->index + racer->team->round) % 3 == 2;
}

static void answer_ready(struct racer *racer)
{
	const struct team *team = racer->team;
	const struct person *phone = &team->phones[racer->index];
	int status = 0;
	struct symbolon_challenge *challenge = phone_details(&racer->tab, phone, team->thing, &status);

	need(challenge != NULL, team, "details", status);
	phone_answer_make(phone, challenge, denies(racer) ? SYMBOLON_DENY : SYMBOLON_APPROVE,
			  denies(racer) ? NULL : team->number_shown, racer->body, sizeof(racer->body));
	symbolon_challenge_free(&challenge);
}

static void answer_submit(struct racer *racer)
{
	const struct team *team = racer->team;
	char state[32];

	phone_answer_send(&racer->tab, &team->phones[racer->index], team->thing, racer->body, state);
	racer->won = *state != '\0';
}

/* What was acknowledged is what the page gets: done after an approval, nothing after a denial. */
static bool answer_judge(struct team *team)
{
	struct http_answer answer;
	const bool denied = denies(winner(team));
	const bool done = tab_state(leader(team), &answer) == 200 && answer_state_is(&answer, "done");

	if (denied || !done)
		return denied && !done && tab_finish(leader(team)) != 200;
	return tab_finish(leader(team)) == 200;
}

static const struct race race_answer = {
	.name = "challenge answer",
	.mutation = "store_challenge_settle without \"AND state = ?2\", and login_op_run without its version check",
	.begin = answer_begin,
	.prepare = answer_prepare,
	.ready = answer_ready,
	.submit = answer_submit,
	.judge = answer_judge,
};

/* ---- one TOTP step in as many logins ---- */

static void totp_prepare(struct team *team)
{
	char name[32];

	name_make(team, "step", name);
	account_plain(team->cluster, name, NULL, &team->person);
	account_add_codes(team->cluster, &team->person);
	person_code(&team->person, clock_now(), team->thing);
}

static void totp_ready(struct racer *racer)
{
	struct http_answer answer;

	tab_forget(&racer->tab);
	login_open(racer, CLIENT_CODE, racer->team->person.name, &answer);
}

static void code_type(struct racer *racer, const char *step, const char *code)
{
	struct http_answer answer;
	char body[128];

	snprintf(body, sizeof(body), "{\"code\":\"%s\"}", code);
	racer->won = tab_post(&racer->tab, step, body, &answer) == 200 && answer_state_is(&answer, "done");
}

static void totp_submit(struct racer *racer)
{
	code_type(racer, "totp", racer->team->thing);
}

static const struct race race_totp = {
	.name = "TOTP step",
	.mutation = "store_totp_use_step without \"AND last_step < ?\"",
	.prepare = totp_prepare,
	.ready = totp_ready,
	.submit = totp_submit,
};

/* ---- one recovery code in as many logins ---- */

static void recovery_prepare(struct team *team)
{
	char name[32];

	name_make(team, "recovery", name);
	account_plain(team->cluster, name, NULL, &team->person);
	account_add_recovery(team->cluster, &team->person, team->recovery);
}

static void recovery_ready(struct racer *racer)
{
	struct http_answer answer;

	tab_forget(&racer->tab);
	login_open(racer, CLIENT_RECOVERY, racer->team->person.name, &answer);
}

static void recovery_submit(struct racer *racer)
{
	code_type(racer, "recovery", racer->team->recovery[0]);
}

static const struct race race_recovery = {
	.name = "recovery code",
	.mutation = "store_recovery_use without \"AND used_at = 0\"",
	.prepare = recovery_prepare,
	.ready = recovery_ready,
	.submit = recovery_submit,
};

/* ---- one temporary pass in as many logins ---- */

static void pass_prepare(struct team *team)
{
	char name[32];

	name_make(team, "pass", name);
	account_plain(team->cluster, name, NULL, &team->person);
	account_add_pass(team->cluster, &team->person, team->thing);
}

static void pass_submit(struct racer *racer)
{
	code_type(racer, "pass", racer->team->thing);
}

static const struct race race_pass = {
	.name = "temporary pass",
	.mutation = "store_pass_use without \"AND used_at = 0\"",
	.prepare = pass_prepare,
	.ready = recovery_ready,
	.submit = pass_submit,
};

/* ---- a known browser's token, rotated by as many logins that finish ---- */

static void known_begin(struct team *team)
{
	static pthread_mutex_t once = PTHREAD_MUTEX_INITIALIZER;
	static const char *stored;
	char name[32];

	pthread_mutex_lock(&once);
	if (!stored)
		stored = password_stored(team->cluster);
	pthread_mutex_unlock(&once);
	name_make(team, "known", name);
	account_plain(team->cluster, name, stored, &team->person);
}

static void known_prepare(struct team *team)
{
	account_set_known(team->cluster, &team->person, team->known, team->thing);
}

static void known_ready(struct racer *racer)
{
	struct http_answer answer;
	int status;

	tab_forget(&racer->tab);
	memcpy(racer->tab.jar.known, racer->team->known, sizeof(racer->tab.jar.known));
	snprintf(racer->tab.jar.browser, sizeof(racer->tab.jar.browser), "__Host-symbolon-nothing=0");
	login_open(racer, CLIENT_KNOWN, racer->team->person.name, &answer);
	status = tab_post(&racer->tab, "password", "{\"password\":\"" PEOPLE_PASSWORD "\"}", &answer);
	need(status == 200 && answer_state_is(&answer, "done"), racer->team, "password", status);
}

/* Everybody may sign in; but one alone gets the old pair's successor, the others a pair of their own. */
static void known_submit(struct racer *racer)
{
	const char *pair = racer->tab.jar.known + strlen("__Host-symbolon-known=");
	const int status = tab_finish(&racer->tab);

	need(status == 200 && *racer->tab.code, racer->team, "finish", status);
	racer->won = strncmp(pair, racer->team->thing, ID_SIZE - 1) == 0;
}

static const struct race race_known = {
	.name = "known-browser rotation",
	.mutation = "store_browser_rotate without \"AND token_hash = ?2\"",
	.begin = known_begin,
	.prepare = known_prepare,
	.ready = known_ready,
	.submit = known_submit,
};

/* ---- the place of the one pending request, wanted by as many strangers' browsers ---- */

static void slot_begin(struct team *team)
{
	char name[32];

	name_make(team, "slot", name);
	account_with_phones(team->cluster, name, team->phones, 1);
}

static void slot_prepare(struct team *team)
{
	team->visible = 0;
}

static void slot_ready(struct racer *racer)
{
	int status;

	tab_forget(&racer->tab);
	status = tab_authorize(&racer->tab, CLIENT_CONFIRM);
	need(status == 303 && *racer->tab.login, racer->team, "GET /authorize", status);
}

static void slot_submit(struct racer *racer)
{
	struct http_answer answer;
	const int status = tab_identify(&racer->tab, racer->team->phones[0].name, &answer);

	need(status == 200, racer->team, "identify", status);
}

/* The person approves whatever the phone shows, until it shows nothing. */
static void slot_settle(struct team *team)
{
	char id[64];

	while (phone_pending(leader(team), &team->phones[0], id, NULL) && team->visible < team->size) {
		push_approve(team, &team->phones[0]);
		team->visible++;
	}
}

static void slot_look(struct racer *racer)
{
	struct http_answer answer;

	racer->won = tab_state(&racer->tab, &answer) == 200 && answer_state_is(&answer, "done");
}

static bool slot_judge(struct team *team)
{
	return team->visible == 1 && tab_finish(&winner(team)->tab) == 200;
}

static const struct race race_slot = {
	.name = "pending slot",
	.mutation =
		"place_take that returns OK before it looks who holds the place, and no index challenges_one_pending",
	.begin = slot_begin,
	.prepare = slot_prepare,
	.ready = slot_ready,
	.submit = slot_submit,
	.settle = slot_settle,
	.look = slot_look,
	.judge = slot_judge,
};

const struct race *const races[] = {&race_code,     &race_enrolment, &race_answer, &race_totp,
				    &race_recovery, &race_pass,      &race_known,  &race_slot};
const size_t race_count = ARRAY_COUNT(races);
